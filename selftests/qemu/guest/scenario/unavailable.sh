# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# unavailable.sh CLASS[,CLASS]... OTHER...: loads the module so that the classes have
# no probe point: it reports them unavailable, with the reason, their faults are not
# taken for another's, and the other classes still count exactly, but for one that
# cannot be distinguished from them without their probe, and says so.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

classes=$(echo "$1" | tr ',' ' ')
shift
trigger=/pfclass/tests/trigger

log_gives_reason()
{
	new_log /tmp/before | grep -q "pfclass: $1 is unavailable: .*no_such_symbol"
}

probes_give_reason()
{
	grep "^$1 " "$pfclass/probes" | grep -q no_such_symbol
}

top_says_unavailable()
{
	pfclass top -b -n 1 -d 0.1 >/tmp/top &&
	grep -qE "^unavailable:(.*) $1( |\$)" /tmp/top && fails grep -q " $1 .*command" /tmp/top
}

# Whatever a row of the class counts elsewhere than in "unclassified" is wrong.
not_taken_for_another()
{
	rows=$($trigger -l | cut -d ' ' -f 1 | grep "^$1_") || return
	for row in $rows; do
		$trigger "$row" | grep '^wrong: ' |
			grep -v "' is unavailable: \|^wrong: unclassified: " >/tmp/wrong
		[ ! -s /tmp/wrong ] || return
	done
}

dmesg >/tmp/before
check "insmod with $PFC_PARAMS" load
for class in $classes; do
	check "stats: $class is unavailable" stats_say_unavailable "$class"
	check "probes: the row of $class gives the reason" \
		probes_give_reason "$class"
	check "the log gives the reason of $class" log_gives_reason "$class"
	[ ! -e /sys/kernel/tracing/events/pfclass/fault/hist ] ||
		check "top: $class is unavailable and has no column" top_says_unavailable "$class"
done
for class in $classes; do
	check "no fault of class $class is taken for another's" not_taken_for_another "$class"
	sed 's/^/# /' /tmp/wrong
done
for other; do
	why=$(awk -v class="$other" '$1 == class && $2 == "unavailable"' "$pfclass/probes")
	if [ -n "$why" ] && ! fails stats_say_unavailable "$other"; then
		skip "the tests of $other pass" "${why#* - - off - - }"
		continue
	fi
	check "stats: $other is not unavailable" \
		fails stats_say_unavailable "$other"
	tests_pass "$other"
done
check "rmmod" rmmod pfclass
