#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # paths without blanks; functions that others call
#
# `pfclass top`: what it shows of a process is what a watch counts, others' traces stay as
# they are, and it leaves nothing behind, or what it left goes at the next start.

tool=${PFC_TOOL:-pfclass}
tmp=/tmp/pfclass-top.$$
n=101
address=0x5500000000

here=$(cd "$(dirname "$0")" && pwd -P)
lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/tap.sh
. "$lib/tap.sh"
# shellcheck source=selftests/lib/machine.sh
. "$lib/machine.sh"

[ "$(id -u)" = 0 ] || skip_all "not root"
[ -r $pfclass/stats ] || skip_all "pfclass is not loaded"
[ -e $tracefs/events/pfclass/fault ] || skip_all "no events below $tracefs"
"$tool" top --usage >/dev/null 2>&1 || skip_all "no pfclass tool with top (PFC_TOOL=FILE)"
grep -q '^faults [0-9]' $pfclass/stats || skip_all "no accounting (account=0), no events"

old_enabled=$(cat $pfclass/enabled)
old_filter=$(cat $pfclass/filter)
pids=
group=/sys/fs/cgroup/pfclass-top-test
cleanup()
{
	for pid in $pids; do
		kill -KILL "$pid" 2>/dev/null
	done
	wait
	"$tool" watch remove "top-test.$$" 2>/dev/null
	echo '!hist:keys=class' 2>/dev/null >$tracefs/events/pfclass/fault/trigger
	[ ! -d $group ] || rmdir $group
	echo "$old_enabled" >$pfclass/enabled
	echo "$old_filter" >$pfclass/filter
	# What was killed above.
	for dir in "$tracefs"/instances/pfclass-top.*; do
		[ ! -d "$dir" ] || rmdir "$dir"
	done
	rm -rf $tmp
}
trap cleanup EXIT
trap 'exit 1' INT TERM
mkdir -p $tmp

nr_instances()
{
	find $tracefs/instances -maxdepth 1 -name 'pfclass-top.*' | wc -l
}

echo "TAP version 13"
if [ ! -e $tracefs/events/pfclass/fault/hist ]; then
	status=0
	"$tool" top -b -n 1 >$tmp/out 2>$tmp/err || status=$?
	is 19 $status "a kernel without histograms: the exit status"
	check "and what to do" grep -q 'CONFIG_HIST_TRIGGERS.*instead' $tmp/err
	is 0 "$(nr_instances)" "and no instance is left"
	tap_end
fi

# wait_for CMD...: until it succeeds, 20 s at most.
wait_for()
{
	i=0
	while [ $i -lt 200 ]; do
		"$@" && return
		sleep 0.1
		i=$((i + 1))
	done
	return 1
}

is_stopped()
{
	grep -q '^State:.T' "/proc/$1/status" 2>/dev/null
}

# counting PID: that top counts.
counting()
{
	grep -q '^hist:' "$tracefs/instances/pfclass-top.$1."*/events/pfclass/fault/trigger \
		2>/dev/null
}

# stopped CMD...: a process that will run the command when it gets SIGCONT, in $stopped.
stopped()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	sh -c 'kill -STOP $$; exec "$@"' sh "$@" &
	stopped=$!
	pids="$pids $stopped"
	wait_for is_stopped $stopped
}

# begin FILE ARG...: a top, in $top.
begin()
{
	out=$1
	shift
	"$tool" top -b -t -d 0.2 "$@" >"$out" 2>"$out.err" &
	top=$!
	pids="$pids $top"
	wait_for counting $top
}

# last FILE: the last table of a top as "column value" lines, one row.
last()
{
	awk '/ dropped / { head = 0; next }
		/(^| )faults / && !head { head = NR; n = split($0, name); next }
		head && NF { for (i = 1; i <= n; i++) value[name[i]] = $i }
		END { for (i = 1; i <= n; i++) print name[i], value[name[i]] }' "$1"
}

# numbers FILE: of which the classes, and all faults.
numbers()
{
	last "$1" | grep -vE '^(pid|user|command|cgroup) '
}

# watched: what the watch counted, in the same form; what is unavailable is left out.
watched()
{
	"$tool" stat -w "top-test.$$" -x ' ' >$tmp/watch
	numbers "$1" | while read -r key _; do
		awk -v key="$key" '$2 == key { print key, $1 }' $tmp/watch
	done
}

# more_tables FILE N: it has N tables, or more.
more_tables()
{
	[ "$(grep -c ' dropped ' "$1")" -ge "$2" ]
}

# settled FILE: two tables after what happened until now.
settled()
{
	wait_for more_tables "$1" $(($(grep -c ' dropped ' "$1") + 2))
}

# same FILE TEXT: what the file's last table has is what the watch has, and more than nothing.
same()
{
	numbers "$1" >$tmp/got
	watched "$1" >$tmp/wanted
	if [ -s $tmp/got ] && cmp -s $tmp/got $tmp/wanted && grep -q "^faults [1-9]" $tmp/got; then
		ok "$2"
		return
	fi
	sed 's/^/# top: /' $tmp/got
	sed 's/^/# watch: /' $tmp/wanted
	sed 's/^/# /' "$1.err"
	not_ok "$2"
}

gone()
{
	[ ! -d "/proc/$1" ]
}

root_faults()
{
	awk '$1 == "faults" { print $2 }' $pfclass/stats
}

# ---- what somebody else traces

echo 'hist:keys=class' >$tracefs/events/pfclass/fault/trigger
echo 1 >$tracefs/events/sched/sched_process_fork/enable
grep -v '^#' $tracefs/events/pfclass/fault/trigger >$tmp/trigger
cat $tracefs/set_event >$tmp/set_event
root=$(root_faults)

# ---- one process

stopped "$here/faults" wp $n $address
begin $tmp/one -f "pid=$stopped"
begin $tmp/two -f "pid=$stopped"
"$tool" watch add "top-test.$$" "tgid=$stopped"
check "the module cannot be unloaded meanwhile" fails rmmod pfclass 2>/dev/null
kill -CONT "$stopped"
wait "$stopped"
settled $tmp/one
same $tmp/one "a process that has ended: each class is what a watch counts"
is 1 "$(numbers $tmp/one | awk -v n=$n '$1 == "wp" { print ($2 >= n) }')" "and its faults are there"
settled $tmp/two
same $tmp/two "two at once"
is faults "$(last $tmp/one | awk '$1 == "command" { print $2 }')" "its name"

# ---- ends

one=${pids% *}
one=${one##* }
kill -KILL "$one"
wait "$one" 2>/dev/null
is 2 "$(nr_instances)" "SIGKILL leaves an instance"
begin $tmp/three -g user
is 2 "$(nr_instances)" "the next start removes it, and not that of another top"
kill -INT "$top"
wait "$top"
is 0 $? "SIGINT: the exit status"
is 1 "$(nr_instances)" "and its instance is gone"
two=${pids% *}
two=${two##* }
settled $tmp/two
same $tmp/two "the other one has gone on"
kill -TERM "$two"
wait "$two"
is 0 $? "SIGTERM: the exit status"
is 0 "$(nr_instances)" "and its instance is gone"
"$tool" top -b -d 0.1 2>$tmp/err | head -n 1 >$tmp/out
wait_for fails ls -d $tracefs/instances/pfclass-top.* 2>/dev/null
is 0 "$(nr_instances)" "its reader goes: the instance is gone"
"$tool" watch remove "top-test.$$"

# ---- a control group, and a process that lives

if mkdir $group 2>/dev/null; then
	# shellcheck disable=SC2016 # expanded by the inner shell
	sh -c 'echo $$ >'$group'/cgroup.procs; kill -STOP $$
		for i in 1 2 3 4 5 6 7; do /bin/true; done; kill -STOP $$' &
	alive=$!
	pids="$pids $alive"
	wait_for is_stopped $alive
	begin $tmp/group -g cgroup -f cgroup=/pfclass-top-test -f "pid=$alive"
	begin $tmp/name -g command -f "pid=$alive"
	"$tool" watch add "top-test.$$" "tgid=$alive"
	kill -CONT $alive
	settled $tmp/group
	wait_for is_stopped $alive
	settled $tmp/group
	same $tmp/group "by control group: a process that lives"
	settled $tmp/name
	same $tmp/name "by command"
	is "$(cat /proc/$alive/comm)" "$(last $tmp/name | awk '$1 == "command" { print $2 }')" \
		"its name is what /proc says"
	"$tool" watch remove "top-test.$$"
	for pid in $alive $pids; do
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	wait_for gone "$alive"
	rmdir $group
else
	skip "by control group" "no cgroup v2"
fi

# ---- the module's own filter

echo "tgid=1 addr=0x1000-0x2000" >$pfclass/filter
"$tool" top -b -n 1 -d 0.1 >$tmp/out
echo "$old_filter" >$pfclass/filter
check "the module's filter is shown" \
	grep -q "the module's filter: tgid=1 addr=0x1000-0x2000" $tmp/out

# ---- errors

echo 0 >$pfclass/enabled
"$tool" top -b -n 1 >$tmp/out 2>$tmp/err
is 9 $? "the probes are disarmed: the exit status"
check "and what to do" grep -q 'pfclass enable' $tmp/err
echo 1 >$pfclass/enabled
"$tool" top </dev/null >$tmp/out 2>$tmp/err
is 2 $? "no terminal: the exit status"
check "and what to do" grep -q -- '-b' $tmp/err

# ---- what somebody else traces is as it was

grep -v '^#' $tracefs/events/pfclass/fault/trigger | cmp -s - $tmp/trigger
result $? "somebody else's histogram is as it was"
cmp -s $tracefs/set_event $tmp/set_event
result $? "and so are the events that are on"
check "and the counters of the root went on" [ "$(root_faults)" -gt "$root" ]
echo 0 >$tracefs/events/sched/sched_process_fork/enable
echo '!hist:keys=class' >$tracefs/events/pfclass/fault/trigger
"$tool" top -b -n 1 -d 0.1 >/dev/null
is 0 "$(nr_instances)" "no instance is left"
tap_end
