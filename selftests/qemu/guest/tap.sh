# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# For the scripts in scenario/: what the tests have, and the module.

# shellcheck source=selftests/lib/tap.sh
. /pfclass/tests/tap.sh
# shellcheck source=selftests/lib/machine.sh
. /pfclass/tests/machine.sh

load()
{
	# shellcheck disable=SC2086 # parameters, one word each
	insmod /pfclass/pfclass.ko $PFC_PARAMS
}

# tests_pass NAME: one result for the rows of a class, with what the test said if it failed.
tests_pass()
{
	"/pfclass/tests/$1" -F pages >/tmp/tests_pass 2>&1 && tap_status=0 || tap_status=$?
	if [ "$tap_status" = 4 ]; then
		skip "the tests of $1 pass" "there are none for this machine"
		return
	fi
	[ "$tap_status" = 0 ] || sed 's/^/# /' /tmp/tests_pass
	check "the tests of $1 pass" [ "$tap_status" = 0 ]
}

# new_log FILE: the log's lines since FILE was written by `dmesg >FILE`.
new_log()
{
	dmesg | tail -n +$(($(wc -l <"$1") + 1))
}

# load_is_refused TEXT REGEXP: insmod fails, the log says why, and neither the module nor
# its files nor a kprobe is left behind.
load_is_refused()
{
	kprobes_before=$(probes_in_place)
	dmesg >/tmp/before
	check "$1" fails load 2>/tmp/error
	# The kernel's own words on the first module of this kind are no reason.
	new_log /tmp/before | grep -v taint >/tmp/said
	check "the log says why" grep -qi "pfclass: .*$2" /tmp/said
	sed 's/^/# /' /tmp/said
	check "nothing is left behind" nothing_left
}

# stats_say_unavailable CLASS [WATCH]
stats_say_unavailable()
{
	grep -q "^$1 unavailable\$" "$pfclass/${2:+watch/$2/}stats"
}

nothing_left()
{
	[ ! -e "$pfclass" ] && ! grep -q '^pfclass ' /proc/modules &&
		[ "$(probes_in_place)" = "$kprobes_before" ]
}
