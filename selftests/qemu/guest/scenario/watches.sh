# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# As many watches as fifty observers want: selftests/watch.c with watches=64, fifty runs of
# the tool at once, and rmmod while watches are held.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
dir=/tmp/watches.$$
mkdir -p $dir
# A process makes the same faults each time, to the last page of its stack.
echo 0 >/proc/sys/kernel/randomize_va_space

# one N FILE: what N faults of a process are in a watch of its own.
one()
{
	pfclass stat -x, -o "$2" -- /pfclass/tests/faults anon "$1" 0x10000000
}

anon()
{
	awk -F, '$2 == "anon" { print $1 }' "$1"
}

# fifty: each counts what it counts alone.
fifty()
{
	base=$(($(anon $dir/alone) - 1))
	i=1
	while [ $i -le 50 ]; do
		one $i $dir/$i &
		i=$((i + 1))
	done
	wait
	i=1 bad=0
	while [ $i -le 50 ]; do
		[ "$(anon $dir/$i)" = $((base + i)) ] || {
			echo "# $i: $(anon $dir/$i), not $((base + i))"
			bad=1
		}
		i=$((i + 1))
	done
	return $bad
}

check "insmod pfclass.ko $PFC_PARAMS" load
/pfclass/tests/watch >$dir/watch 2>&1
status=$?
[ $status = 0 ] || grep -E '^(not ok|# [^ ]*\.c:)' $dir/watch | sed 's/^not ok/# &/'
check "fifty at once, and all else of selftests/watch.c" [ $status = 0 ]
one 1 $dir/alone
if [ "$(anon $dir/alone)" = unavailable ]; then
	skip "fifty runs of the tool at once, each as alone" "anon is unavailable here"
else
	check "fifty runs of the tool at once, each as alone" fifty
fi
check "and none is left" [ ! -s "$pfclass/watches" ]

# An open file of /proc does not keep the module in; one of debugfs does.
exec 3>/proc/pfclass/watches
echo "add held hold" >&3
echo "add kept" >&3
exec 4</proc/pfclass/watch/held/stats 5<"$pfclass/watch/kept/stats"
check "rmmod while a watch is held and its files are open" rmmod pfclass
check "which then end" sh -c "! cat <&4 && ! cat <&5" 2>/dev/null
exec 3>&- 4<&- 5<&-
check "insmod pfclass.ko again" load
check "nothing is left of them" [ ! -s "$pfclass/watches" ]
check "rmmod pfclass" rmmod pfclass
rm -rf $dir
