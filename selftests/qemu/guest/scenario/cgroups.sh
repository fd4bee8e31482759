# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Rows of control groups: selftests/cgroups.c with so many groups that come and go (the
# argument), groups that are removed while their rows are in use, and what is refused.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
out=/tmp/cgroups.$$

# references: how many removed groups the kernel keeps.
references()
{
	awk '$1 == "nr_dying_descendants" { print $2 }' /sys/fs/cgroup/cgroup.stat
}

# released: none of this test's is kept, once the kernel's workers had their turn. One of another
# test's may be: the memory controller's batches of pages hold it (5.10, after "swap").
kept=$(references)
released()
{
	i=0
	while [ "$(references)" -gt "$kept" ]; do
		[ $i -lt 30 ] || { echo "# $(references) are left, $kept before"; return 1; }
		i=$((i + 1))
		sleep 1
	done
}

# comes_and_goes: insmod and rmmod under load, while a group with a row goes.
comes_and_goes()
{
	/pfclass/tests/load -n -q -t 0 -j 2 &
	pid=$!
	i=0
	while [ $i -lt 10 ] && load; do
		i=$((i + 1))
		mkdir -p /sys/fs/cgroup/pfc.cycle
		sh -c 'echo 0 >/sys/fs/cgroup/pfc.cycle/cgroup.procs && ls / >/dev/null'
		grep -q '^/pfc.cycle ' "$pfclass/cgroups" || i=100
		rmdir /sys/fs/cgroup/pfc.cycle
		rmmod pfclass || i=200
	done
	kill -KILL $pid
	wait $pid 2>/dev/null
	[ $i = 10 ] || { echo "# $i"; return 1; }
}

# metrics_sum: those of the groups to those of all.
metrics_sum()
{
	pfclass prometheus | awk '
		match($1, /class="[a-z]*"/) { class = substr($1, RSTART, RLENGTH) }
		/^pfclass_cgroup_faults_total/ { groups[class] += $2 }
		/^pfclass_faults_total/ && !/unclassified/ { n++; all[class] = $2 }
		END {
			for (class in all)
				if (all[class] != groups[class]) {
					print "# " class ": " all[class] ", groups " groups[class]
					bad = 1
				}
			exit bad || !n
		}'
}

check "insmod pfclass.ko $PFC_PARAMS" load
PFC_CGROUPS_MADE=$1 /pfclass/tests/cgroups >$out 2>&1
status=$?
[ $status = 0 ] || grep -E '^(not ok|# [^ ]*\.c:)' $out | sed 's/^not ok/# &/'
grep 'groups: ' $out
check "all of selftests/cgroups.c, $1 groups come and go" [ $status = 0 ]
check "the kernel keeps no removed group" released
pfclass stat --per-cgroup 1 2 >$out
check "pfclass stat --per-cgroup 1 2" [ "$(grep -c ' sum ' $out)" = 2 ]
pfclass disable
check "pfclass prometheus: the groups sum to the classes" metrics_sum
mkdir -p /sys/fs/cgroup/pfc.held
sh -c 'echo 0 >/sys/fs/cgroup/pfc.held/cgroup.procs && ls / >/dev/null'
check "rmdir of a group that has a row" rmdir /sys/fs/cgroup/pfc.held
check "rmmod right after it" rmmod pfclass
check "the kernel keeps no removed group then" released
check "insmod and rmmod under load" comes_and_goes
PFC_PARAMS=cgroups=5000
load_is_refused "cgroups=5000 is refused" 'cgroups=5000 is out of range'
PFC_PARAMS="cgroups=4 account=0"
load_is_refused "account=0 is refused with it" 'cgroups=4 needs account=1'
rm -f $out
