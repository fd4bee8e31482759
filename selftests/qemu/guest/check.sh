# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of `make check`: every test through the kselftest runner,
# one at a time, then the scenarios. Lines that begin with @ tell the host
# what the TAP between them belongs to:
#   @begin NAME, @log LINE (a line that the kernel's log should not hold),
#   @end NAME SECONDS, and last of all @done. For selftests/golden: @release, @stats and
#   @probes, @all when TESTS= left none out, @quick NAME for a test that runs shortened,
#   @left NAME for a scenario that takes minutes.

set -u
here=/pfclass/guest

# kernel_log MARK: what the kernel itself said since, at warning level or
# worse, except what expected-log allows for this test.
unexpected_log()
{
	dmesg -r | awk -v mark="$1" -v test="$2" -v allowed="$here/expected-log" '
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
	}'
}

# one NAME CMD...: a test between its marks.
one()
{
	name=$1
	shift
	mark="pfclass-check: $name $$"
	echo "$mark" >/dev/kmsg
	echo "@begin $name"
	begun=$(cut -d. -f1 /proc/uptime)
	"$@" 2>&1
	unexpected_log "$mark" "$name"
	echo "@end $name $(($(cut -d. -f1 /proc/uptime) - begun))"
}

loaded()
{
	grep -q '^pfclass ' /proc/modules
}

wanted()
{
	[ -z "$PFC_TESTS" ] && return
	for w in $PFC_TESTS; do
		[ "$w" != "$1" ] || return 0
	done
	return 1
}

# quick NAME: what the table of slow tests says of it, or nothing.
quick()
{
	[ "$PFC_FULL" = 1 ] || awk -v t="$1" -v k="$PFC_KERNEL" '
		!/^#/ && $1 == t && ($3 == "" || $3 == k) { what = $2 }
		END { print what }' "$here/slow"
}

# Reads FILE's lines NAME PARAMS SCRIPT ARG...
scenarios()
{
	grep -v '^#' "$here/scenarios" | while read -r name params script args; do
		wanted "$name" || continue
		[ "$(quick "$name")" != - ] || { echo "@left $name"; continue; }
		[ "$params" != - ] || params=
		! loaded || rmmod pfclass
		# shellcheck disable=SC2086 # words
		PFC_PARAMS=$(echo "$params" | tr ',' ' ') \
			one "$name" sh "$here/scenario/$script.sh" $args
	done
}

load()
{
	# shellcheck disable=SC2086 # parameters, one word each
	insmod /pfclass/pfclass.ko $PFC_PARAMS &&
		echo "ok 1 insmod pfclass.ko" || echo "not ok 1 insmod pfclass.ko"
}

unload()
{
	rmmod pfclass && [ ! -e /sys/kernel/debug/pfclass ] &&
		echo "ok 1 rmmod pfclass" || echo "not ok 1 rmmod pfclass"
}

# What is in full takes longer than the tests' own limit allows.
patience=
[ "$PFC_FULL" != 1 ] || patience="-o 3600"

one load load
[ -n "$PFC_TESTS" ] || echo "@all"
echo "@release $(uname -r)"
for file in stats probes; do
	sed "s/^/@$file /" "/sys/kernel/debug/pfclass/$file"
done
# shellcheck disable=SC2013 # names, without spaces
for test in $(sed 's/^pfclass://' /pfclass/kselftest/kselftest-list.txt); do
	wanted "$test" || continue
	quick=$(quick "$test")
	if [ "$quick" = - ]; then
		one "$test" echo "ok 1 all of it # SKIP it takes minutes: FULL=1"
		continue
	fi
	[ -z "$quick" ] || echo "@quick $test"
	loaded || one "load-before-$test" load
	# shellcheck disable=SC2086 # nothing, or NAME=VALUE
	one "$test" env $quick /pfclass/kselftest/run_kselftest.sh $patience -t "pfclass:$test"
done
loaded || one load-again load
one unload unload
scenarios
echo @done
