# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2086,SC2154,SC2317,SC2329 # words; called by name, used there
#
# What the tests in company share, on top of lib/module.sh: attaching neighbours, and judging
# what pfclass counts beside them.
#
#   PFC_NEIGHBOUR_KO=FILE  pfc_neighbour.ko (default: beside these files or pfclass.ko)
#   PFC_ALL=1              more rows and a larger load in each test
#   PFC_ONLY=REGEX         only the tests whose names match
#   PFC_PEERS=DIR          a root with perf and bpftrace (default /peers)
#
# A comment "# verdict: NAME VERDICT" tells for each test what it was:
#   exact         every row, and the books
#   unavailable   some rows' class is, and says so; the rest is exact
#   missed        something is wrong, and `missed` counts it, but no class is unavailable
#   WRONG         something is wrong, and nothing says so

lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/module.sh
. "$lib/module.sh"

full=${PFC_ALL:-0}
only=${PFC_ONLY:-.}
peers=${PFC_PEERS:-/peers}
tmp=/tmp/pfclass-neighbours.$$
kprobes=$debugfs/kprobes/enabled
attached=''
tracing=/sys/kernel/tracing
[ -e $tracing/trace ] || tracing=/sys/kernel/debug/tracing

# beside NAME: a file or program of these tests, installed or in the source tree.
beside()
{
	for path in "$here/$1" "$here/neighbours/$1"; do
		[ ! -e "$path" ] || { echo "$path"; return; }
	done
}

trigger=$(beside trigger)
load=$(beside load)
books=$(beside books)
sleepers=$(beside sleepers)
reload=$(beside reload)

# settle: wait, 5 s at most, while the module says that kprobes have just been switched.
settle()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -q 'has just been' "$dir/probes" 2>/dev/null || return 0
		sleep 0.5
	done
}

# begin_company: skips the whole test where it cannot be had; the module is unloaded.
begin_company()
{
	for path in "$trigger" "$load" "$books" "$sleepers" "$reload"; do
		[ -x "$path" ] || skip_all "trigger, load, books, sleepers and reload are not all here"
	done
	take_over
	mkdir -p $tmp
	trap end_company EXIT
	trap 'exit 1' INT TERM HUP
	neighbour_ko=
	for path in "${PFC_NEIGHBOUR_KO-}" "$here/pfc_neighbour.ko" \
		"${ko%/*}/pfc_neighbour.ko"; do
		[ -z "$path" ] || [ ! -e "$path" ] || neighbour_ko=$path
	done
	mount_peers
	if [ "$full" != 0 ]; then
		rows=$full_rows
		mix=$full_mix
	fi
	echo "TAP version 13"
}

# A neighbour, or kprobes that are off, would be in company of the tests that follow.
end_company()
{
	[ -z "$attached" ] || detach
	[ "$(cat "$kprobes" 2>/dev/null)" != 0 ] || { echo 1 >"$kprobes"; settle; }
	put_back
	rm -rf $tmp
}

# What is made to fault in each state: rows of the classes, and a mixed load.
rows="anon_write wp_fork_reaped swap_write_shared af_read file_around"
alone_rows="anon_write wp_fork_reaped"
full_rows="$rows wp_zero file_cow anon_read swap_read dirty_hole numa_remote thp_anon hugetlb_cow"
mix="-f 1000 -j 2"
full_mix="-f 5000 -j 4"

# ---- the peers' tools --------------------------------------------------------------

mount_peers()
{
	[ ! -e "$peers/usr" ] || return 0
	for disk in /sys/block/vd*; do
		[ "$(cat "$disk/serial" 2>/dev/null)" = peers ] || continue
		mkdir -p "$peers"
		modprobe -q crc32c_generic
		modprobe -q ext4
		mount -o ro -t ext4 "/dev/${disk##*/}" "$peers" || return 1
		mount -t proc proc "$peers/proc"
		mount --rbind /sys "$peers/sys"
		mount --rbind /dev "$peers/dev"
		mount --bind /tmp "$peers/tmp"
		return
	done
	return 1
}

# tool NAME ARG...: a program of the peers' root in place of this shell.
tool()
{
	name=$1
	shift
	# Debian's older perf is a script for bash before the one of a version.
	if [ "$name" = perf ]; then
		for path in "$peers"/usr/bin/perf_*; do
			[ ! -x "$path" ] || name=${path##*/}
		done
	fi
	HOME=/tmp exec chroot "$peers" "$name" "$@"
}

have()
{
	for path in "$peers/usr/bin/$1" "$peers/usr/bin/$1"_*; do
		[ ! -x "$path" ] || return 0
	done
	why="there is no $1"
	return 1
}

# background CMD...: sets pid.
background()
{
	("$@") >$tmp/said 2>&1 </dev/null &
	pid=$!
}

# wait_for SECONDS CMD...: until it succeeds, or the one in the background is gone.
wait_for()
{
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		if [ $tries = 0 ] || ! kill -0 "$pid" 2>/dev/null; then
			why=$(grep -i -m 1 error $tmp/said || grep -v '^$' $tmp/said | tail -n 1)
			why=${why:-it does not start}
			end_background
			return 1
		fi
		sleep 0.1
	done
}

end_background()
{
	[ -n "$pid" ] || return 0
	kill -INT "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=
}

# ---- neighbours: attach_HOW WITH TARGETS, detach_HOW, hits_HOW ------------------------
#
# attach HOW WITH TARGETS fails with why where this machine has no such neighbour, detach ends
# the one that is attached; hits prints how often it fired, or - where that means nothing.

attach()
{
	attached=$1
	attach_"$1" "$2" "$3" || { attached=''; return 1; }
}

detach()
{
	detach_"$attached"
	attached=''
}

attach_module()
{
	[ -n "$neighbour_ko" ] || { why="there is no pfc_neighbour.ko"; return 1; }
	insmod "$neighbour_ko" "kind=$1" "targets=$(echo "$2" | tr ' ' ',')" 2>$tmp/err ||
		{ why="insmod pfc_neighbour.ko kind=$1: $(sed 's/.*: //' $tmp/err)"; return 1; }
}

detach_module()
{
	rmmod pfc_neighbour
}

hits_module()
{
	cat /sys/module/pfc_neighbour/parameters/hits
}

attach_event()
{
	[ -e $tracing/kprobe_events ] || { why="no kprobe_events"; return 1; }
	i=0
	for target in $2; do
		i=$((i + 1))
		echo "$1:neighbours/n$i $target" >>$tracing/kprobe_events 2>/dev/null ||
			echo "# $1:$target is refused"
	done
	echo 1 >$tracing/events/neighbours/enable || { why="none is accepted"; return 1; }
}

detach_event()
{
	echo 0 >$tracing/events/neighbours/enable
	echo >$tracing/kprobe_events
}

hits_event()
{
	awk '{ n += $2 } END { print n + 0 }' $tracing/kprobe_profile
}

attach_tracer()
{
	grep -qw "$1" $tracing/available_tracers 2>/dev/null ||
		{ why="the kernel has no $1 tracer"; return 1; }
	echo >$tracing/set_ftrace_filter
	set -f
	for target in $2; do
		echo "$target" >>$tracing/set_ftrace_filter 2>/dev/null ||
			echo "# $target is not traced"
	done
	set +f
	echo "$1" >$tracing/current_tracer || { why="the kernel refuses the $1 tracer"; return 1; }
}

detach_tracer()
{
	echo nop >$tracing/current_tracer
	echo >$tracing/set_ftrace_filter
	echo >$tracing/trace
}

hits_tracer()
{
	awk '/^(entries|overrun|commit overrun|dropped events):/ { n += $NF } END { print n + 0 }' \
		$tracing/per_cpu/cpu*/stats
}

# Before 0.20 bpftrace called fentry kfunc, and fexit kretfunc.
attach_bpftrace()
{
	have bpftrace || return 1
	[ -e $tmp/bpftrace ] || (tool bpftrace --version) >$tmp/bpftrace 2>&1
	word=$1
	if grep -Eq 'v0\.(1?[0-9])\.' $tmp/bpftrace; then
		case $word in
		fentry) word=kfunc ;;
		fexit) word=kretfunc ;;
		esac
	fi
	probes=
	for target in $2; do
		grep -Eq "^$target( |\$)" $tracing/available_filter_functions &&
			probes="$probes,$word:$target"
	done
	[ -n "$probes" ] || { why="none of them is traced"; return 1; }
	background tool bpftrace -e "BEGIN { printf(\"ready\\n\"); } ${probes#,} { @ = count(); }"
	wait_for 180 grep -q '^ready' $tmp/said
}

detach_bpftrace()
{
	end_background
	hits=$(sed -n 's/^@: //p' $tmp/said)
}

# It prints them when it ends.
hits_bpftrace()
{
	echo -
}

attach_perfprobe()
{
	have perf || return 1
	added=
	events=
	i=0
	# By number: newer versions leave out underscores at the start of a name, and then two
	# of these are one.
	for target in $2; do
		i=$((i + 1))
		added="$added -a neighbour:n$i=$target"
		events="$events -e neighbour:n$i"
	done
	# shellcheck disable=SC2086 # words
	(tool perf probe $added) >$tmp/said 2>&1 </dev/null ||
		{ why="perf probe: $(grep -v '^$' $tmp/said | tail -n 1)"; return 1; }
	rm -f $tmp/counted
	# It writes once it counts.
	# shellcheck disable=SC2086 # words
	background tool perf stat -x, -a -I 500 -o $tmp/counted $events
	wait_for 60 grep -sq '^ *[0-9]' $tmp/counted
}

detach_perfprobe()
{
	end_background
	hits=$(awk -F, '$1 ~ /^ *[0-9]/ { n += $2 } END { print n + 0 }' $tmp/counted)
	(tool perf probe -q -d 'neighbour:*') >/dev/null 2>&1 </dev/null
}

hits_perfprobe()
{
	echo -
}

attach_perf()
{
	have perf || return 1
	rm -f $tmp/perf.data
	# shellcheck disable=SC2046 # words
	background tool perf $(echo "$1" | tr ',' ' ') -o $tmp/perf.data
	wait_for 60 test -s $tmp/perf.data
}

detach_perf()
{
	end_background
	hits=$(wc -c <$tmp/perf.data)
}

hits_perf()
{
	echo -
}

# A setting of the system; its file is the target.
attach_setting()
{
	setting=${2% }
	[ -w "$setting" ] || { why="there is no $setting"; return 1; }
	old=$(cat "$setting")
	echo "$1" >"$setting" || { why="$setting does not take $1"; return 1; }
}

detach_setting()
{
	echo "$old" >"$setting"
}

hits_setting()
{
	echo -
}

# ---- verdicts ------------------------------------------------------------------------

# The worst so far, of exact unavailable missed WRONG: 0 to 3.
severity=0

worse()
{
	[ "$1" -le "$severity" ] || severity=$1
}

word()
{
	set -- "$1" exact unavailable missed WRONG
	shift "$1"
	echo "$2"
}

# Why the row is wrong, of the lines that trigger wrote. A class may be unavailable, where its
# row in "probes" (CLASS METHOD WHERE BACKEND STATE HITS MISSED REASON) says why.
judge()
{
	wrong=$(sed -n 's/^wrong: //p' $tmp/row)
	rest=$(echo "$wrong" |
		grep -Ev "' is unavailable:( [^ ]+){7} ([^-0-9]|[0-9]+ lost:)")
	# Its faults are in no class, then.
	[ "$rest" = "$wrong" ] ||
		rest=$(echo "$rest" | grep -Ev '^(unclassified|missed): ')
	if [ -z "$wrong" ]; then
		echo "$row: trigger ended with $1: $(tail -n 1 $tmp/row)" >>$tmp/details
		return 3
	fi
	[ -n "$rest" ] || {
		echo "$wrong" | grep 'unavailable' | sed "s/^/$row: /" >>$tmp/details
		return 1
	}
	echo "$wrong" | head -n 2 | sed "s/^/$row: /" >>$tmp/details
	! echo "$rest" | grep -q '^missed: counted' || return 2
	return 3
}

# state WHAT ROWS: every row, and the books.
state()
{
	: >$tmp/details
	ran=0
	# A neighbour that is a process faults, too: the machine's counters are then not the row's.
	guest=${PFC_GUEST-}
	[ -z "${pid-}" ] || guest=
	# shellcheck disable=SC2086 # names
	for row in $2; do
		PFC_GUEST=$guest "$trigger" "$row" >$tmp/row 2>&1 && rc=0 || rc=$?
		case $rc in
		0) ran=$((ran + 1)) ;;
		4) ;;
		*)
			judge $rc && rc=0 || rc=$?
			worse $rc
			;;
		esac
	done
	rc=0
	# With hits alone there are no totals, and no books.
	if [ "${params-}" = "${params#*account=N}" ]; then
		# shellcheck disable=SC2086 # words
		"$books" "$load" -q $mix >$tmp/books 2>&1 || rc=$?
	fi
	case $rc in
	0) ;;
	1 | 3 | 4)
		sed 's/^/books: /' $tmp/books >>$tmp/details
		case $rc in
		1) worse 3 ;;
		3) worse 2 ;;
		4) worse 1 ;;
		esac
		;;
	*)
		sed 's/^/books: /' $tmp/books >>$tmp/details
		worse 3
		;;
	esac
	# Nothing was tried unless something was exact, or reported as unavailable.
	if [ $ran = 0 ] && [ "$severity" = 0 ]; then
		echo "no row ran: $(tail -n 1 $tmp/row)" >>$tmp/details
		worse 3
	fi
	sed "s/^/# $1: /" $tmp/details | cut -c1-220
}

