#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Loads and unloads the module again and again while faults are running and
# its files are being read; then the log and the files must be as they were.
#
# PFC_CYCLES=N: how often (default 200).

set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/module.sh
. "$lib/module.sh"
cycles=${PFC_CYCLES:-200}
loads=''
reader=''

stop()
{
	for pid in $loads $reader; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	loads=''
	reader=''
}

# shellcheck disable=SC2317,SC2329 # called by the trap
finish()
{
	stop
	put_back
}

# What the kernel complained of since the mark. The first load logs that it taints the
# kernel; a slow emulator makes timers late.
complaints()
{
	kernel_log | awk -v mark="$1" '
	index($0, mark) { on = 1; next }
	!on { next }
	/loading out-of-tree module taints kernel/ ||
	/module verification failed: signature/ ||
	/hrtimer: interrupt took/ { next }
	/WARNING:|BUG:|Oops|Call [Tt]race|INFO:.*(stall|blocked|possible)/ { print "# " $0; next }
	{
		level = $0
		sub(/^</, "", level)
		sub(/>.*/, "", level)
		# Facility and level in one number.
		if (level % 8 <= 4)
			print "# " $0
	}'
}

[ -x "$here/load" ] || skip_all "no $here/load"
take_over
trap finish EXIT
trap 'exit 1' INT TERM HUP

echo "TAP version 13"
mark="pfclass lifecycle $$"
echo "$mark" >/dev/kmsg
probes_before=$(probes_in_place)

# shellcheck disable=SC2086 # words
check "loads" load_module "$params"
check "does not load twice" fails insmod "$ko" 2>/dev/null

# A file that is only read does not hold the module, and outlives it.
exec 3<"$dir/stats"
read -r first <&3 || first=
check "a file can be read" [ "$first" = "abi 1" ]
exec 4<"$dir/stats"
check "unloads while files are open" rmmod pfclass
check "a file of a module that is gone cannot be read" fails cat <&4 2>/dev/null
exec 3<&- 4<&-
check "loads again" load_module "$params"
# One that is written holds it, in debugfs.
exec 3>"$dir/reset"
if [ -n "$debugfs" ]; then
	check "is busy while a control file is open" fails rmmod pfclass 2>/dev/null
else
	skip "is busy while a control file is open" "files of /proc keep no module in"
fi
exec 3>&-
check "unloads when it is closed" rmmod pfclass

# Nice, so that most of the time goes to what is tested.
"$here/load" -n -q -t 0 -j 2 &
loads=$!
(
	while :; do
		cat "$dir/stats" "$dir/percpu" "$dir/probes" >/dev/null 2>&1 || :
		sleep 0.05
	done
) &
reader=$!

i=0
why=
busy=0
while [ "$i" -lt "$cycles" ] && [ -z "$why" ]; do
	i=$((i + 1))
	load_module "$params" || { why="insmod failed in cycle $i"; break; }
	[ -e "$dir/stats" ] || why="no $dir/stats in cycle $i"
	# The reader may have a file open: then it is busy, for a moment.
	tries=0
	until rmmod pfclass 2>/dev/null; do
		busy=$((busy + 1))
		tries=$((tries + 1))
		[ "$tries" -lt 1000 ] || { why="rmmod failed in cycle $i"; break; }
	done
	[ -n "$why" ] || [ ! -e "$dir" ] || why="$dir is left over in cycle $i"
done
[ -z "$why" ] || echo "# $why"
echo "# $i cycles; rmmod found a file open $busy times"
kill -0 "$loads" 2>/dev/null || why="the load ended early"
stop
check "$cycles times loaded and unloaded while faults were running" [ -z "$why" ]

probes_after=$(probes_in_place)
[ "$probes_before" = "$probes_after" ] ||
	echo "# kprobes before: $probes_before, after: $probes_after"
# shellcheck disable=SC2317,SC2329 # called by check
nothing_left()
{
	[ "$probes_before" = "$probes_after" ] && [ ! -e "$dir" ] && ! loaded
}
check "leaves no kprobe and no files" nothing_left

log=$(complaints "$mark")
[ -z "$log" ] || echo "$log"
check "leaves nothing in the log" [ -z "$log" ]

load_module "$params" || :
if [ -x "$here/trigger" ]; then
	text=$("$here/trigger" anon_write 2>&1) && status=0 || status=$?
	[ "$status" = 0 ] || echo "$text" | sed 's/^/# /'
	if [ "$status" = 4 ]; then
		skip "counts as before" "$(echo "$text" | sed -n 's/.*: skipped: //p')"
	else
		result "$status" "counts as before"
	fi
else
	skip "counts as before" "no $here/trigger"
fi
tap_end
