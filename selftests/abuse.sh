#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Random reads and writes of every file of the module, by several processes, see
# progs/abuse.c: of files below pfclass/ and of its parameters, and of files that stay open
# while the module goes and comes. Afterwards it counts exactly, and unloads.
#
# PFC_ABUSES=N: how many operations (default 1000000; while the module goes and comes, which
# takes longer, 10000 at most), PFC_SEED=N: which ones (default 1).

set -u

here=$(cd "$(dirname "$0")" && pwd -P)
lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/module.sh
. "$lib/module.sh"
abuses=${PFC_ABUSES:-1000000}
seed=${PFC_SEED:-1}
proc=/proc/pfclass
own=/sys/module/pfclass/parameters
said=/tmp/pfclass-abuse.$$

for program in abuse trigger; do
	[ -x "$here/$program" ] || skip_all "no $here/$program"
done
take_over
# Each refusal is in the log; on a console it would take longer than all the rest.
printk=$(cat /proc/sys/kernel/printk)
echo 5 >/proc/sys/kernel/printk
trap 'put_back; rm -f $said; echo "$printk" >/proc/sys/kernel/printk' EXIT
trap 'exit 1' INT TERM HUP

# shellcheck disable=SC2317,SC2329 # called by check
nothing_left()
{
	[ ! -e "$dir" ] && [ ! -e "$proc" ]
}

# counts: nobody's watch is left, and a row of a known number of faults is exact.
counts()
{
	cut -d' ' -f1 "$dir/watches" | while read -r name; do
		echo "remove $name" >"$dir/watches"
	done
	is '' "$(cat "$dir/watches")" "$1: no watch is left"
	echo clear >"$dir/filter"
	echo 1 >"$dir/enabled"
	echo 1 >"$dir/reset"
	"$here/trigger" anon_write >$said && rc=0 || rc=$?
	[ "$rc" = 0 ] || sed 's/^/# /' $said
	check "$1: it counts exactly" [ "$rc" = 0 ]
	check "$1: nothing is unclassified" grep -qx 'unclassified 0' "$dir/stats"
}

echo "TAP version 13"
check "loads" load_module "$params latency=1 watches=4 cgroups=8"
check "random reads and writes" \
	"$here/abuse" -n "$abuses" -s "$seed" "$dir" $proc $own
counts "afterwards"

# While it goes and comes, its files stay open and are used.
"$here/abuse" -r -n "$((abuses < 10000 ? abuses : 10000))" -s "$((seed + 1000))" "$dir" \
	$proc $own >$said &
abuser=$!
until grep -q begun $said || ! kill -0 $abuser 2>/dev/null; do
	sleep 0.1
done
cycles=0
busy=0
while kill -0 $abuser 2>/dev/null && [ $busy = 0 ]; do
	rmmod pfclass && load_module "$params latency=1 watches=4" || busy=1
	cycles=$((cycles + 1))
done
[ $busy = 0 ] || kill $abuser
wait $abuser
result $? "random reads and writes over rmmod and insmod"
cat $said
echo "# $cycles cycles"
check "rmmod and insmod under them" [ $busy = 0 ]
counts "after these"
check "rmmod" rmmod pfclass
check "nothing is left" nothing_left
tap_end
