# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# TAP for the scripts in scenario/.

tap_n=0

# check TEXT CMD...: one result, ok when the command succeeds.
check()
{
	tap_text=$1
	shift
	tap_n=$((tap_n + 1))
	if "$@"; then
		echo "ok $tap_n $tap_text"
	else
		echo "not ok $tap_n $tap_text"
	fi
}

skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n $1 # SKIP $2"
}

debugfs=/sys/kernel/debug/pfclass
kprobes=/sys/kernel/debug/kprobes

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

fails()
{
	! "$@"
}

# new_log FILE: the log's lines since FILE was written by `dmesg >FILE`.
new_log()
{
	dmesg | tail -n +$(($(wc -l <"$1") + 1))
}

# nothing_left BEFORE: no module, no debugfs entry, no kprobe is left behind.
nothing_left()
{
	[ ! -e "$debugfs" ] && ! grep -q '^pfclass ' /proc/modules &&
		[ "$(wc -l <$kprobes/list)" = "$1" ]
}
