# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# unavailable.sh CLASS[,CLASS]... OTHER...: loads the module so that the classes have
# no probe point: it reports them unavailable, with the reason, and the other classes
# still count exactly.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

classes=$(echo "$1" | tr ',' ' ')
shift

stats_say_unavailable()
{
	grep -q "^$1 unavailable\$" $debugfs/stats
}

log_gives_reason()
{
	new_log /tmp/before | grep -q "pfclass: $1 is unavailable: .*no_such_symbol"
}

probes_give_reason()
{
	grep "^$1 " $debugfs/probes | grep -q no_such_symbol
}

top_says_unavailable()
{
	pfclass top -b -n 1 -d 0.1 >/tmp/top &&
	grep -qE "^unavailable:(.*) $1( |\$)" /tmp/top && fails grep -q " $1 .*command" /tmp/top
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
for other; do
	check "stats: $other is not unavailable" \
		fails stats_say_unavailable "$other"
	tests_pass "$other"
done
check "rmmod" rmmod pfclass
