# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the kernel's log should not hold.

# shellcheck source=selftests/lib/machine.sh
. /pfclass/tests/machine.sh

# unexpected_log MARK TEST: what the kernel itself said since, at warning level or
# worse, except what expected-log allows for this test.
unexpected_log()
{
	kernel_log | awk -v mark="$1" -v test="$2" -v allowed=/pfclass/guest/expected-log '
	BEGIN {
		while ((getline line < allowed) > 0) {
			if (line ~ /^#/ || line == "")
				continue
			name = line
			sub(/[ \t].*/, "", name)
			sub(/^[^ \t]*[ \t]+/, "", line)
			if (name == "*" || name == test)
				pattern[++n] = line
		}
	}
	index($0, mark) { on = 1; next }
	!on { next }
	{
		level = $0
		sub(/^</, "", level)
		sub(/>.*/, "", level)
		if (level + 0 > 4 && $0 !~ /BUG:|WARNING:|Oops|Call trace/)
			next
		text = $0
		sub(/^<[0-9]*>/, "", text)
		sub(/^\[[ 0-9.]*\] /, "", text)
		for (i = 1; i <= n; i++)
			if (text ~ pattern[i])
				next
		print "@log " text
	}
	END { if (!on) print "@log (what was said during this test is lost: log_buf_len=)" }'
}
