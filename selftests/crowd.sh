#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # words and paths without blanks; called by name
#
# pfclass under crowds, wrong parameters and bad moments: each test is called by what it
# shows. company.sh has the variables that choose among them.
#
#   PFC_RANDOM=N   loads with random probe points (default 3; with PFC_ALL=1: 200)
#   PFC_SEED=N     which ones (default 1)

set -u

here=$(cd "$(dirname "$0")" && pwd -P)
company=$here/neighbours
[ -d "$company" ] || company=$here
# shellcheck source=selftests/neighbours/company.sh
. "$company/company.sh"

# load_with PARAMETERS: as the module was loaded, but for these; why, if not.
load_with()
{
	load_module "$params $1" 2>$tmp/err && return
	why="insmod: $(dmesg | grep 'pfclass: ' | tail -n 1 | sed 's/.*pfclass: //')"
	return 1
}

stat_of()
{
	awk -v key="$1" '$1 == key { print $2 }' "$dir/stats"
}

# exactly CMD...: the books over it are exact; says what they were, if not.
exactly()
{
	"$books" "$@" >$tmp/books 2>&1 && return
	sed 's/^/# /' $tmp/books
	return 1
}

# rows_exact: every row of the quick form, and the books.
rows_exact()
{
	severity=0
	state "$1" "$rows"
	[ $severity = 0 ]
}

splats()
{
	kernel_log | grep -cE 'WARNING:|BUG:|Oops|Call [Tt]race:|INFO: .*(stall|blocked)'
}

# ---- crowds ----------------------------------------------------------------------------

# As many tasks inside a fault as frames= says, or less, miss nothing.
crowd()
{
	load_with "frames=$2" || return 1
	exactly "$sleepers" "$1" sleep wake touch && rc=0 || rc=$?
	rmmod pfclass
	return $rc
}

test_600_sleepers_with_1024_frames()
{
	crowd 600 1024
}

test_900_sleepers_with_1024_frames()
{
	crowd 900 1024
}

test_2000_sleepers_with_4096_frames()
{
	crowd 2000 4096
}

# More tasks than frames: what lacks is missed, nothing else; when they are gone all is
# as before.
test_a_crowd_beyond_the_frames_is_counted()
{
	load_with frames=64 || return 1
	"$books" "$sleepers" 400 sleep wake touch >$tmp/books 2>&1 && rc=0 || rc=$?
	if [ $rc != 3 ]; then
		echo "# expected missed: $(cat $tmp/books)"
		return 1
	fi
	rows_exact "after the crowd" && rc=0 || rc=$?
	# A reset forgets what was missed, in every file.
	echo 1 >"$dir/reset"
	[ "$(stat_of missed)" = 0 ] || { echo "# reset: missed $(stat_of missed)"; rc=1; }
	! awk 'NR > 1 && $7 ~ /^[0-9]+$/ && $7 > 0 { print "# reset: " $0; n++ } END { exit !n }' \
		"$dir/probes" || rc=1
	rmmod pfclass
	return $rc
}

# Tasks that are killed in a fault leave nothing to those that get their task_struct:
# faults at the same addresses have their own latency, and rows and books are exact.
test_killed_tasks_leave_nothing_behind()
{
	load_with "frames=1024 latency=1" || return 1
	rounds=3
	while [ $rounds -gt 0 ]; do
		rounds=$((rounds - 1))
		"$sleepers" 150 sleep1 "=sleep 2" die >/dev/null 2>&1
		# Tasks are freed after a grace period.
		sleep 1
		echo 1 >"$dir/reset"
		exactly "$sleepers" 150 touch1 || { rmmod pfclass; return 1; }
		# Nobody has slept since.
		if awk '$2 ~ /^[0-9]+$/ && $2 >= 1073741824 { print "# latency: " $0; n++ }
			END { exit !n }' "$dir/latency"; then
			rmmod pfclass
			return 1
		fi
	done
	rows_exact "after the killed" && rc=0 || rc=$?
	rmmod pfclass
	return $rc
}

# ---- bad moments -----------------------------------------------------------------------

# Kprobes are switched off while tasks are in a fault, and on again when they are in
# another: what begins after that is exact, and nothing is taken for an older visit.
test_kprobes_off_and_on_during_faults()
{
	[ -w "$kprobes" ] || { why="no $kprobes"; return 4; }
	load_with "frames=1024" || return 1
	cat >$tmp/after <<-END
	#!/bin/sh
	awk '{ print \$1, \$2 }' $dir/stats >\$1
	END
	chmod 755 $tmp/after
	"$sleepers" 100 filter sleep "=echo 0 >$kprobes" wake sleep "=echo 1 >$kprobes" \
		"=while grep -q 'has just been' $dir/probes; do sleep 0.2; done" \
		"=$tmp/after $tmp/a" wake "=$tmp/after $tmp/b" touch "=$tmp/after $tmp/c" \
		sleep wake "=$tmp/after $tmp/d" >$tmp/said 2>&1 || { cat $tmp/said; return 1; }
	echo clear >"$dir/filter"
	# What was in flight when they came back may be missed. What begins later may not.
	awk '
	FILENAME != file { file = FILENAME; part++ }
	{ at[part, $1] = $2 }
	function delta(p, key) { return at[p, key] - at[p - 1, key] }
	function want(p, key, value, what) {
		if (delta(p, key) == value)
			return
		print "# " what ": " key " " delta(p, key) ", expected " value
		bad = 1
	}
	END {
		# Of the 100 visits that end first none was seen to begin. Of those that follow
		# one or another may be retried for a lock.
		if (delta(2, "retries") >= 50)
			want(2, "retries", 0, "woken")
		want(2, "faults", 100, "woken")
		want(2, "anon", 0, "woken")
		want(2, "unclassified", 0, "woken")
		want(3, "faults", 100, "touch")
		want(3, "anon", 100, "touch")
		want(3, "retries", 0, "touch")
		want(3, "missed", 0, "touch")
		want(4, "faults", 100, "sleep")
		want(4, "retries", 100, "sleep")
		want(4, "missed", 0, "sleep")
		exit bad
	}' $tmp/a $tmp/b $tmp/c $tmp/d && rc=0 || rc=$?
	[ $rc != 0 ] || rows_exact "afterwards" || rc=1
	rmmod pfclass
	return $rc
}

# perf takes a stack in each page fault, of everybody, from its own start to its end.
test_perf_record_of_page_faults_misses_nothing()
{
	have perf || return 4
	load_with "" || return 1
	cp "$load" $tmp/load
	# shellcheck disable=SC2016 # expanded by the inner shell
	exactly sh -c '
		here=$1 PFC_PEERS=$2
		. "$3/company.sh"
		tool perf record -q -g -e page-faults -a -o "$4/perf.data" -- \
			"$4/load" -q -f 17000 -j 4 >"$4/said" 2>&1' \
		sh "$here" "$peers" "$company" $tmp && rc=0 || rc=$?
	[ -s $tmp/perf.data ] || { echo "# $(tail -n 1 $tmp/said)"; rc=1; }
	rmmod pfclass
	return $rc
}

# A reader opens the files again and again while the module goes: no WARNING. Where it is
# there, the kernel must not end for it, hence the setting.
test_open_against_rmmod()
{
	was_warn=$(cat /proc/sys/kernel/panic_on_warn)
	echo 0 >/proc/sys/kernel/panic_on_warn
	begin=$(splats)
	# Without a fork, so that it is in open() or has a file open most of the time.
	while :; do
		for file in stats percpu probes latency cgroups; do
			read -r _ <"$dir/$file"
		done
	done 2>/dev/null &
	reader=$!
	# A cycle takes seconds where a machine is emulated and busy. So time ends it, too, but
	# not too early.
	wanted=30 cycles=0 rc=0
	[ "$full" = 0 ] || wanted=300
	end=$(($(cut -d. -f1 /proc/uptime) + 2 * wanted))
	while [ $rc = 0 ] && [ $cycles -lt $wanted ] &&
		[ "$(cut -d. -f1 /proc/uptime)" -lt $end ]; do
		# Nor does a reader keep the module in.
		load_with "" && rmmod pfclass || rc=1
		cycles=$((cycles + 1))
	done
	kill $reader
	wait $reader 2>/dev/null
	echo "$was_warn" >/proc/sys/kernel/panic_on_warn
	echo "# $cycles cycles"
	[ $rc = 0 ] && [ $cycles -ge $((wanted / 10)) ] && [ "$(splats)" = "$begin" ]
}

# Where somebody makes a function of the dispatcher begin elsewhere, whether before insmod
# or after, nobody knows what runs instead: every class is unavailable, and the reason names
# the function, until it is gone and the counters were reset.
test_a_livepatched_dispatcher_is_unavailable()
{
	has_tracer || { why=$no_tracer; return 4; }
	load_with "" || return 1
	# Those that hold probes, entries aside: of the visit's end, and of calls.
	functions=$(awk '$3 ~ /\+0x[0-9a-f]*$/ && ($1 == "visit" || $2 == "call-site") {
			sub(/\+.*/, "", $3); print $3 }' "$dir/probes" | sort -u)
	rmmod pfclass
	for function in $functions; do
		for order in after before; do
			[ $order = after ] || attach module livepatch "$function" || return 4
			if [ $order = before ] && [ "$(moved)" = 0 ]; then
				# It goes the old way, and is counted.
				detach
				continue
			fi
			load_with "" || return 1
			[ $order = before ] || attach module livepatch "$function" || return 4
			"$load" -q -f 200
			is_livepatched "$function" "is livepatched" && rc=0 || rc=$?
			# A reset does not help while it is there.
			echo 1 >"$dir/reset"
			is_livepatched "$function" "is livepatched" || rc=1
			detach
			is_livepatched "$function" "was livepatched" || rc=1
			echo 1 >"$dir/reset"
			[ $rc != 0 ] || rows_exact "$function, $order insmod: afterwards" || rc=1
			rmmod pfclass
			[ $rc = 0 ] || { echo "# $function, $order insmod"; return 1; }
		done
	done
}

moved()
{
	cat /sys/module/pfc_neighbour/parameters/moved
}

is_livepatched()
{
	! grep -E '^(anon|numa|none|faults) [0-9]' "$dir/stats" | sed 's/^/# /' | grep . &&
		grep -q "^none .*$1() $2" "$dir/probes"
}

# ---- probes ------------------------------------------------------------------------------

# Each exit of handle_mm_fault() shows its own hits: together they are as many as it is
# entered, and no two show one total.
test_each_exit_shows_its_own_hits()
{
	load_with "" || return 1
	"$load" -q -f 3000
	awk '
	$1 != "visit" || $3 !~ /\+0x/ { next }
	$3 ~ /\+0x[048]$/ { entries = $6; next }
	{ exits[++n] = $6; sum += $6 }
	END {
		print "# entered " entries ", left " sum " by " n " exits"
		exit !n ? 4 : sum > entries + 2 || sum + 2 < entries
	}' "$dir/probes" && rc=0 || rc=$?
	[ $rc != 4 ] || why="the exit is a kretprobe"
	rmmod pfclass
	return $rc
}

# Of a class that cannot be counted no latency is known: that is no 0.
test_latency_of_an_unavailable_class_is_no_zero()
{
	load_with "latency=1 probe_wp=vfs_read" || return 1
	"$load" -q -f 1000
	awk '$2 == "count" && ($1 == "wp" || $1 == "anon") { value[$1] = $3; print "# " $0 }
		END { exit value["wp"] != "unavailable" || value["anon"] !~ /^[1-9]/ }' \
		"$dir/latency" && rc=0 || rc=$?
	rmmod pfclass
	return $rc
}

# ---- parameters ----------------------------------------------------------------------------

# tried PARAMETER VALUE: the module does not load, or the class is unavailable; whichever,
# the machine survives faults.
tried()
{
	load_with "$1=$2" || return 0
	"$load" -q -f 400 -j 2
	if ! grep -q "^${1#probe_} unavailable" "$dir/stats"; then
		echo "# $1=$2 is taken for ${1#probe_}"
		rmmod pfclass
		return 1
	fi
	rmmod pfclass
}

# A probe point of another class: what ptep_set_access_flags() is given is not where it is read.
test_a_wrong_probe_af_is_refused()
{
	begin=$(splats)
	for wrong in do_swap_page handle_mm_fault vm_normal_page do_wp_page; do
		grep -q " [tT] $wrong\$" /proc/kallsyms || continue
		echo "# probe_af=$wrong"
		tried probe_af $wrong || return 1
	done
	# No part of a fault at all.
	tried probe_wp vfs_read || return 1
	[ "$(splats)" = "$begin" ]
}

# Each parameter has a probe point of its own in each load: in the dispatcher, in a function
# of memory management, or anywhere; in turn one has as many in the dispatcher as the module
# takes. The kernel's log names them before they are tried.
test_random_probes_do_no_harm()
{
	count=${PFC_RANDOM:-3}
	[ "$full" = 0 ] || count=${PFC_RANDOM:-200}
	load_with "" || return 1
	parameters=$(cd /sys/module/pfclass/parameters && echo probe_*)
	rmmod pfclass
	# Where an instruction may begin. Between those, all points of a list would be refused.
	[ "$(uname -m)" = x86_64 ] && step=1 many=1 || step=4 many=16
	awk '$2 ~ /^[tT]$/ && $4 == "" && $3 !~ /^[.$]|__pfx|__cfi/ { print $3, $1 }' /proc/kallsyms |
	awk -v seed="${PFC_SEED:-1}" -v count="$count" -v parameters="$parameters" -v step=$step \
		-v many=$many '
	function any(list, n) { return list[int(rand() * n) + 1] }
	function low(hex, n, c) {
		for (c = length(hex) - 6; c <= length(hex); c++)
			n = n * 16 + index("123456789abcdef", substr(hex, c, 1))
		return n
	}
	function at(name, size) { return sprintf("%s+0x%x", name, int(rand() * size / step) * step) }
	function inside(name) {
		name = any(inner, i)
		return at(name, size[name])
	}
	function point(where) {
		where = rand()
		return where < 0.4 ? inside() : where < 0.6 ? any(near, n) "+0x0" :
		       at(where < 0.9 ? any(near, n) : any(all, a), 400)
	}
	function points(number, list) {
		for (list = inside(); --number; )
			list = list "," inside()
		return list
	}
	last in size && !size[last] { size[last] = low($2) - address }
	{ all[++a] = last = $1 }
	/^(__)?handle_(mm|pte)_fault |^do_pte_missing / {
		inner[++i] = $1
		size[$1] = 0
		address = low($2)
	}
	$1 ~ /fault|page|folio|vma|pte|pmd|swap|rmap|anon|hugetlb|lru/ { near[++n] = $1 }
	END {
		srand(seed)
		k = split(parameters, parameter)
		for (l = 1; l <= count; l++) {
			line = ""
			for (p = 1; p <= k; p++)
				line = line parameter[p] "=" \
				       (l % k + 1 == p ? points(many) : point()) " "
			print line
		}
	}' >$tmp/random
	# On a serial console, what insmod notes of each point takes longer than insmod.
	level=$(cut -f 1 /proc/sys/kernel/printk)
	dmesg -n 5
	sed "s|^|$params |" $tmp/random | "$reload" "$ko" pfclass >$tmp/said && rc=0 || rc=$?
	dmesg -n "$level"
	sed 's/^/# /' $tmp/said
	return $rc
}

# ---- all of them, the dangerous ones last ----------------------------------------------------

begin_company
for name in 600_sleepers_with_1024_frames 900_sleepers_with_1024_frames \
	2000_sleepers_with_4096_frames a_crowd_beyond_the_frames_is_counted \
	killed_tasks_leave_nothing_behind kprobes_off_and_on_during_faults \
	perf_record_of_page_faults_misses_nothing each_exit_shows_its_own_hits \
	latency_of_an_unavailable_class_is_no_zero a_livepatched_dispatcher_is_unavailable \
	open_against_rmmod a_wrong_probe_af_is_refused random_probes_do_no_harm; do
	echo "$name" | grep -Eq -e "$only" || continue
	why=
	test_$name </dev/null && rc=0 || rc=$?
	! loaded || rmmod pfclass
	if [ $rc = 4 ]; then
		result 0 "$name # SKIP $why"
	else
		[ $rc = 0 ] || [ -z "$why" ] || echo "# $why"
		result $rc "$name"
	fi
done
tap_end
