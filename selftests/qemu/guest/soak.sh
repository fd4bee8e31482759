# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2086,SC2317,SC2329 # words and paths without blanks; called by name
#
# The guest's part of `make soak`: rounds of everything that disturbs a page fault, or pfclass,
# under a mixed load, each followed by a quiet stretch over which the books must balance. TAP:
# a result for each round, then for what is left at the end.
#
#   PFC_MINUTES=N   how long (default 2)
#   PFC_SEED=N      of all that is random (default 1): which disturbers are in which round, and
#                   what each of them does; not when, of course
#   PFC_ONLY=REGEX  only these disturbers: the functions do_NAME below
#   PFC_ROUND=N     only this round, and the first one

set -u
# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
# shellcheck source=selftests/qemu/guest/log.sh
. /pfclass/guest/log.sh
# shellcheck source=selftests/lib/leaks.sh
. /pfclass/tests/leaks.sh

minutes=${PFC_MINUTES:-2} seed=${PFC_SEED:-1} only=${PFC_ONLY:-.} one=${PFC_ROUND:-}
tests=/pfclass/tests tmp=/tmp/soak cgroups=/sys/fs/cgroup
# What can be written is opened here: see "Limits" in debugfs.rst, and a WARN ends this guest.
control=/proc/pfclass
neighbour=/sys/module/pfc_neighbour
# Seconds that a round is disturbed, and quiet.
disturbed=$((8 + minutes / 2)) quiet=3
[ $disturbed -le 20 ] || disturbed=20 quiet=10
# What a load takes of the machine: the rest is little enough for the kernel to swap.
megabytes=$(awk '/^MemAvailable/ { print int($2 * 9 / 10240) }' /proc/meminfo)
# kB that may be gone at the end; a leak for each watch is more.
bound=512

mkdir -p $tmp
cd $tmp || exit

now()
{
	cut -d. -f1 /proc/uptime
}

# random N: sets r to a number below N, by the stream of this shell.
random()
{
	state=$(((state * 1103515245 + 12345) & 2147483647))
	r=$(((state >> 8) % $1))
}

# one_of WORD...: sets word.
one_of()
{
	random $#
	shift "$r"
	word=$1
}

# put TEXT FILE: where there is one, and it takes it.
put()
{
	[ ! -w "$2" ] || echo "$1" >"$2"
} 2>/dev/null

# pause TENTHS: up to so many tenths of a second.
pause()
{
	random "$1"
	sleep $((r / 10)).$((r % 10))
}

loaded()
{
	grep -q '^pfclass ' /proc/modules
}

# ---- what disturbs: do_NAME is one turn, end_NAME is called behind the last ---------------

# Each CPU but the first.
do_cpus()
{
	one_of /sys/devices/system/cpu/cpu[1-9]*/online
	put 0 "$word"
	pause 10
	put 1 "$word"
}

do_enabled()
{
	put 0 $control/enabled
	pause 5
	put 1 $control/enabled
	pause 5
}

end_enabled()
{
	put 1 $control/enabled
}

do_filter()
{
	one_of "tgid=1" "comm=load" "addr=0x1000-0xffffffff" "cgroup=/" "pid=1,2,3 comm=sh" nonsense
	put "$word" $control/filter
	pause 5
}

end_filter()
{
	put clear $control/filter
}

# Held ones and others, with filters that change, files that are read, and reset.
do_watches()
{
	with_watches 3>$control/watches || return
	for i in 4 5 6; do
		put "remove soak.$i" $control/watches
	done
} 2>/dev/null

with_watches()
{
	for i in 1 2 3 4 5 6; do
		one_of "hold" "hold comm=load" "hold tgid=1" "comm=load" ""
		echo "add soak.$i $word" >&3
	done
	cat $control/watches $control/watch/soak.1/stats $pfclass/watch/*/stats >/dev/null
	one_of clear "comm=sh" "addr=0-0x100000"
	put "$word" $control/watch/soak.2/filter
	put 1 $control/watch/soak.3/reset
	pause 5
	for i in 1 2 3; do
		echo "remove soak.$i" >&3
	done
}

# Every file, here and there; and what they show begins anew.
do_files()
{
	for file in stats percpu probes latency cgroups; do
		cat $pfclass/$file
	done
	for file in "$control"/*; do
		[ ! -f "$file" ] || cat "$file"
	done
	pause 5
	put 1 $control/reset
} >/dev/null 2>&1

do_tool()
{
	one_of "stat -j" "stat -P" "prometheus" "latency -s" "probes" "stat -- $tests/faults anon 9 0x10000000" \
		"verify 0.1" "watch" "top -b -n 1 -d 0.2" "wss -n 2 -i 0.2 -p $$"
	pfclass -D /proc $word
} >/dev/null 2>&1

# Groups with a load that must swap, which moves to another one and then is over or killed.
do_groups()
{
	turn=$((turn + 1))
	a=$cgroups/soak.$turn.a b=$cgroups/soak.$turn.b
	mkdir $a $b
	put 24M $a/memory.max
	put 24M $b/memory.high
	sh -c "echo 0 >$a/cgroup.procs && exec $tests/load -q -n -f 4000 -j 2 -m 32 -s $state" &
	pid=$!
	pause 10
	put $pid $b/cgroup.procs
	pause 10
	kill -KILL $pid
	wait $pid
	put 1 $b/cgroup.kill
	for dir in $a $b; do
		i=0
		until rmdir $dir || [ $i -gt 20 ]; do
			i=$((i + 1))
			sleep 0.1
		done
	done
} 2>/dev/null

# The parameters that stay are those of the last turn: load_for_round() follows.
do_module()
{
	rmmod pfclass
	one_of "" "backend=ftrace" "latency=1" "cgroups=3" "backend=ftrace cgroups=40 latency=1" \
		"account=0" "account=0 backend=ftrace" "frames=8" "enabled=0" "probe_wp=vfs_read"
	insmod /pfclass/pfclass.ko $word
	pause 15
} 2>/dev/null

# Somebody else's probes on the same functions.
do_neighbours()
{
	one_of kprobe post kretprobe fprobe ftrace regs
	insmod /pfclass/pfc_neighbour.ko kind="$word" targets="$functions" || return
	pause 10
	rmmod pfc_neighbour
} 2>/dev/null

# All kprobes and all of ftrace, by root.
do_switches()
{
	one_of /sys/kernel/debug/kprobes/enabled /proc/sys/kernel/ftrace_enabled
	put 0 "$word"
	pause 10
	put 1 "$word"
	pause 20
}

do_tracers()
{
	one_of function function_graph nop
	for function in $(echo "$functions" | tr ',' ' '); do
		put "$function" $tracefs/set_ftrace_filter
	done
	put "$word" $tracefs/current_tracer
	put 1 $tracefs/events/pfclass/fault/enable
	pause 10
	end_tracers
}

end_tracers()
{
	put 0 $tracefs/events/pfclass/fault/enable
	put nop $tracefs/current_tracer
	put "" $tracefs/set_ftrace_filter
	put "" $tracefs/trace
}

# Tasks that sleep in a fault, which userfaultfd serves, or are killed there.
do_crowd()
{
	one_of "60 sleep wake touch" "40 sleep1 wake touch1" "60 sleep =true die"
	$tests/sleepers $word
} >/dev/null 2>&1

# Every row there is: one after the other, from a random one on.
do_rows()
{
	[ "$turn" != 0 ] || random "$(wc -l <rows)"
	[ "$turn" != 0 ] || turn=$r
	turn=$((turn + 1))
	row=$(sed -n "$((turn % $(wc -l <rows) + 1))p" rows)
	timeout 20 $tests/trigger -b "$row"
} >/dev/null 2>&1

# What the kernel does to memory when somebody asks for it.
do_memory()
{
	one_of drop_caches compact_memory drop_caches swap
	case $word in
	swap)
		swapoff /dev/zram0 && swapon /dev/zram0
		;;
	*)
		put 3 /proc/sys/vm/$word
		;;
	esac
	put 1000 /sys/kernel/mm/ksm/pages_to_scan
	one_of 0 1 1 2
	put "$word" /sys/kernel/mm/ksm/run
	pause 20
} 2>/dev/null

end_memory()
{
	grep -q zram0 /proc/swaps || swapon /dev/zram0
	put 1 /sys/kernel/mm/ksm/run
}

disturbers=$(printf '%s\n' cpus enabled filter watches files tool groups module neighbours switches \
	tracers crowd rows memory | grep -E -e "$only" | tr '\n' ' ')
# Those that may make pfclass lose hits: it counts them in "missed".
explains=" neighbours switches tracers crowd module "

# disturb NAME NUMBER: turn by turn until it is enough; leaves how many there were.
disturb()
{
	state=$(((seed * 7919 + round * 104729 + $2 * 15485863) & 2147483647))
	turn=0 turns=0
	until [ -e stop ]; do
		"do_$1" </dev/null
		turns=$((turns + 1))
		pause 3
	done
	! type "end_$1" >/dev/null 2>&1 || "end_$1"
	echo $turns >"turns.$1"
}

# ---- a round ----------------------------------------------------------------------------

# The machine does to memory what it can, all the time.
mix_up()
{
	while read -r value file; do
		put "$value" "$file"
	done <<-END
	1 /sys/kernel/debug/sched/numa_balancing/scan_delay_ms
	100 /sys/kernel/debug/sched/numa_balancing/scan_period_min_ms
	200 /sys/kernel/debug/sched/numa_balancing/scan_period_max_ms
	1 /proc/sys/kernel/numa_balancing_scan_delay_ms
	100 /proc/sys/kernel/numa_balancing_scan_period_min_ms
	200 /proc/sys/kernel/numa_balancing_scan_period_max_ms
	1 /proc/sys/kernel/numa_balancing
	always /sys/kernel/mm/transparent_hugepage/enabled
	inherit /sys/kernel/mm/transparent_hugepage/hugepages-2048kB/enabled
	madvise /sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled
	1 /sys/kernel/mm/transparent_hugepage/khugepaged/defrag
	100 /sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
	20 /sys/kernel/mm/ksm/sleep_millisecs
	1 /sys/kernel/mm/ksm/run
	16 /proc/sys/vm/nr_hugepages
	END
}

# Likewise the other way round, as the guest's init leaves it.
mix_down()
{
	put 0 /proc/sys/kernel/numa_balancing
	put madvise /sys/kernel/mm/transparent_hugepage/enabled
	put never /sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled
	put never /sys/kernel/mm/transparent_hugepage/hugepages-2048kB/enabled
	put 0 /sys/kernel/mm/transparent_hugepage/khugepaged/defrag
	put 2 /sys/kernel/mm/ksm/run
	put 0 /sys/kernel/mm/ksm/run
	put 0 /proc/sys/vm/nr_hugepages
}

# complain TEXT: the round is wrong.
complain()
{
	echo "# $*"
	wrong=1
}

# choose: the disturbers of this round: one in turn, three by chance; all in each fifth.
choose()
{
	set -- $disturbers
	if [ $# -le 1 ] || [ $((round % 5)) = 0 ]; then
		chosen=$*
		return
	fi
	shift $((round % $#))
	chosen=$1
	for _ in 1 2 3; do
		one_of $disturbers
		echo " $chosen " | grep -q " $word " || chosen="$chosen $word"
	done
}

load_for_round()
{
	! loaded || rmmod pfclass || return
	one_of "" "backend=ftrace" "latency=1" "cgroups=16" "cgroups=3 backend=ftrace latency=1"
	insmod /pfclass/pfclass.ko $word || return
	parameters=$word
}

missed()
{
	awk '$1 == "missed" { print $2 }' $pfclass/stats
}

# explained: whether one of the disturbers may be why something was missed.
explained()
{
	for name in $chosen; do
		case $explains in *" $name "*) return 0 ;; esac
	done
	return 1
}

# settle: wait, 10 s at most, while the module says that kprobes have just been switched.
settle()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q 'has just been' $pfclass/probes || return 0
		sleep 1
	done
}

# wait_for PID...: a disturber that does not end is one that hangs.
wait_for()
{
	patience=$(($(now) + 300))
	for pid; do
		while kill -0 "$pid" 2>/dev/null && [ "$(now)" -lt $patience ]; do
			sleep 0.2
		done
		if kill -0 "$pid" 2>/dev/null; then
			complain "a disturber hangs:"
			ps | tail -n 20 | sed 's/^/# /'
			echo w >/proc/sysrq-trigger
			kill -KILL "$pid"
		fi
		wait "$pid" 2>/dev/null
	done
}

# balance: the quiet stretch. The load goes on, and nobody does anything else.
balance()
{
	settle
	echo 1 >$pfclass/reset
	pfclass verify $quiet >out.verify 2>&1 && rc=0 || rc=$?
	[ $rc = 0 ] || {
		complain "pfclass verify ended with $rc:"
		sed 's/^/# /' out.verify
	}
	kill -KILL "$load"
	wait "$load" 2>/dev/null
	# Alone it can be compared to the last fault.
	$tests/books $tests/load -q -f 2000 -j 4 -m 64 -s "$round" >out.books 2>&1 && rc=0 || rc=$?
	[ $rc = 0 ] || complain "books: $(cat out.books)"
}

turns_of()
{
	if [ -s "turns.$1" ]; then
		cat "turns.$1"
	else
		echo none
	fi
}

run_round()
{
	wrong=0 state=$(((seed * 31337 + round * 65537) & 2147483647))
	begun=$(now)
	choose
	load_for_round || { complain "insmod: $(dmesg | tail -n 1)"; return 1; }
	$tests/load -q -n -t 0 -j 4 -m "$megabytes" -s $((seed + round)) &
	load=$!
	rm -f stop turns.*
	pids=
	n=0
	for name in $disturbers; do
		n=$((n + 1))
		case " $chosen " in *" $name "*) ;; *) continue ;; esac
		disturb "$name" $n &
		pids="$pids $!"
	done
	sleep "$1"
	: >stop
	wait_for $pids
	lost=-
	! loaded || lost=$(missed)
	explained || [ "$lost" = 0 ] || complain "missed $lost, and nothing explains it"
	[ "${lost#-}" = "" ] || sum_missed=$((sum_missed + lost))
	case " $chosen " in *" module "*) load_for_round || complain "insmod: $(dmesg | tail -n 1)" ;; esac
	kill -0 $load 2>/dev/null || complain "the load ended early"
	balance
	faults=$(awk '{ for (i = 1; i < NF; i++) if ($i == "faults") print $(i + 1) }' out.books)
	echo "# round $round, $(($(now) - begun)) s, '$parameters': $(for name in $chosen; do
		echo "$name $(turns_of "$name")"; done | tr '\n' ' ')missed $lost; $(tail -n 1 out.verify |
		sed 's/^[^:]*: //'); books of $faults faults"
	for name in $chosen; do
		echo "$name $(turns_of "$name")"
		[ "$(turns_of "$name")" != none ] || complain "$name ended early" >&2
	done >>turns
	return $wrong
}

# ---- memory ------------------------------------------------------------------------------

# used: kB of each kind of memory; of the slabs only what is in their objects (a slab with one
# object left is as large as a full one), and by cache, for the one who has to look for it.
used()
{
	awk '
		/^(Percpu|VmallocUsed):/ { sub(":", "", $1); print $1, $2 }
		/^Slab:/ { slab = $2 }
		FILENAME == "/proc/slabinfo" && FNR > 2 {
			print "objects/" $1, int($2 * $4 / 1024)
			free += ($3 - $2) * $4
		}
		END { print "objects", slab - int(free / 1024) }' /proc/meminfo /proc/slabinfo
}

# memory_settles FILE: what is used when the kernel has freed what it can.
memory_settles()
{
	sync
	for _ in 1 2 3; do
		put 3 /proc/sys/vm/drop_caches
		sleep 1
	done
	for cache in /sys/kernel/slab/*/shrink; do
		put 1 "$cache"
	done
	used >"$1"
}

# memory_is_back: within the bound, or within a minute.
memory_is_back()
{
	i=0
	while :; do
		memory_settles at_end
		awk -v bound=$bound -v groups="$(awk '/dying_d/ { print $2 }' $cgroups/cgroup.stat)" '
			NR == FNR { was[$1] = $2; next }
			/\// {
				if ($2 > was[$1] + 8)
					grown = grown sprintf(" %s %+d", substr($1, 9), $2 - was[$1])
				next
			}
			{ text = text sprintf("%s %d kB, was %d; ", $1, $2, was[$1]); bad += $2 > was[$1] + bound }
			END {
				print "# " text "removed groups that are kept: " groups
				print "# caches that have grown by more than 8 kB:" grown
				exit bad > 0
			}' at_begin at_end >out.memory && break
		i=$((i + 1))
		[ $i -lt 15 ] || break
	done
	cat out.memory
	[ $i -lt 15 ]
}

# programs: set pids to all processes but kernel threads.
programs()
{
	pids=
	for proc in /proc/[0-9]*; do
		[ ! -e "$proc/exe" ] || pids="$pids ${proc#/proc/}"
	done
}

# end_programs: report what is still running and where it sleeps, and kill it: the guest does not
# end while anybody holds its output.
end_programs()
{
	# busybox's timeout looks every second whether its command has ended.
	sleep 2
	programs
	for pid in $pids; do
		case "$programs_before $$ " in *" $pid "*) continue ;; esac
		echo "# left over: $pid, parent $(awk '/^PPid/ { print $2 }' /proc/$pid/status)," \
			"$(tr '\0' ' ' </proc/$pid/cmdline): $(tr '\n' ' ' </proc/$pid/stack)"
		kill -KILL "$pid"
	done
} 2>/dev/null

# ---- all of it -----------------------------------------------------------------------------

left()
{
	cat $debugfs/kprobes/list
	cut -d')' -f1 $tracefs/enabled_functions
	ls -d $pfclass /proc/pfclass /sys/module/pfclass $tracefs/events/pfclass $neighbour
} 2>/dev/null

rows_exact()
{
	bad=0 n=0
	while read -r row; do
		# NUMA balancing scans timeout's watcher, too: the machine's counters are not this row's.
		PFC_GUEST='' timeout 60 $tests/trigger "$row" </dev/null >out.row 2>&1 && rc=0 || rc=$?
		[ $rc != 0 ] || n=$((n + 1))
		case $rc in
		0 | 4) ;;
		*)
			bad=1
			sed "s/^/# $row: /" out.row
			;;
		esac
	done <rows
	echo "# $n rows"
	return $bad
}

echo "TAP version 13"
echo "# Linux $(uname -r), $(nproc) CPUs, $minutes minutes, seed $seed: make soak KERNEL=$PFC_KERNEL" \
	"MINUTES=$minutes SEED=$seed ROUND=N does round N alone"
mark="pfclass-soak $$"
echo "$mark" >/dev/kmsg
programs
programs_before=$pids
put +memory $cgroups/cgroup.subtree_control
$tests/trigger -l | awk '{ print $1 }' >rows
state=1 round=0 sum_missed=0 parameters=
insmod /pfclass/pfclass.ko || { not_ok "insmod"; tap_end; }
functions=$(awk 'NR > 1 && $3 ~ /\+0x/ { sub(/\+.*/, "", $3); print $3 }' $pfclass/probes | sort -u |
	tr '\n' ',')
rmmod pfclass
left >left_before
leaks_begin
mix_up
: >turns
start=$(now) end=$(($(now) + 60 * minutes))

# The first round has them all, and is there for the memory that the kernel takes once; like a
# stack for each task, with the first function_graph tracer (register_ftrace_graph()).
check "round 0" run_round $disturbed
rmmod pfclass
put function_graph $tracefs/current_tracer
end_tracers
memory_settles at_begin
while [ "$(now)" -lt $end ] || [ $round -lt 2 ]; do
	round=$((round + 1))
	[ -z "$one" ] || round=$one
	check "round $round" run_round $disturbed
	[ -z "$one" ] || break
done

! loaded || rmmod pfclass
left >left_after
check "nothing is left behind" cmp -s left_before left_after
mix_down
check "memory is back, within $bound kB" memory_is_back
insmod /pfclass/pfclass.ko
check "every row is exact" rows_exact
check "rmmod" rmmod pfclass
if [ -n "$no_kmemleak" ]; then
	skip "kmemleak finds nothing" "$no_kmemleak"
else
	check "kmemleak finds nothing" leaks
fi
end_programs
unexpected_log "$mark" soak | sed 's/^@log/#/' >log
cat log
check "nothing in the log" [ ! -s log ]
echo "# $round rounds in $(($(now) - start)) s; missed $sum_missed; turns:" \
	"$(awk '{ n[$1] += $2 } END { for (name in n) printf "%s %d ", name, n[name] }' turns)"
tap_end
