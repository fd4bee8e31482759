#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # paths without blanks
#
# The trace events, through tracefs and through perf, trace-cmd and bpftrace where they
# are installed: each sees as many as `stats` counts. Traces go to an instance of tracefs,
# so that others' traces stay; trace-cmd, which cannot extract one, runs only where the
# global buffer is not in use. The tools are searched for in $PATH and below $PFC_PEERS
# (default /peers), a root of their own.

peers=${PFC_PEERS:-/peers}
tmp=/tmp/pfclass-events.$$
n=23
address=0x5500000000

here=$(cd "$(dirname "$0")" && pwd -P)
lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/tap.sh
. "$lib/tap.sh"
# shellcheck source=selftests/lib/machine.sh
. "$lib/machine.sh"

# is WANT GOT TEXT, and the end of what the command wrote
is()
{
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		show_output
		not_ok "$3: $2, wanted $1"
	fi
}

show_output()
{
	for file in out err; do
		[ ! -s $tmp/$file ] || tail -n 12 $tmp/$file | cut -c1-240 | sed 's/^/# /'
	done
}

[ "$(id -u)" = 0 ] || skip_all "not root"
[ -r $pfclass/stats ] || skip_all "pfclass is not loaded"
[ -e $tracefs/events/pfclass/fault ] || skip_all "no events below $tracefs"
grep -q '^faults [0-9]' $pfclass/stats || skip_all "no accounting (account=0), no events"

tracing=$tracefs/instances/pfclass-events.$$
witness=$tracefs/instances/pfclass-witness.$$
old_filter=$(cat $pfclass/filter)
# shellcheck disable=SC2317,SC2329 # called by the trap
cleanup()
{
	for dir in "$tracing" "$witness"; do
		[ ! -e "$dir" ] || rmdir "$dir"
	done
	echo "$old_filter" >$pfclass/filter
	rm -rf $tmp
}
trap cleanup EXIT
trap 'exit 1' INT TERM
mkdir -p $tmp
mkdir "$tracing" || skip_all "no instances of tracefs"
echo "TAP version 13"

end=$(printf '0x%x' $((address + n * page)))
echo "addr=$address-$end" >$pfclass/filter

value()
{
	awk -v key="$1" '$1 == key { print $2 }' $pfclass/stats
}

swap_is_on()
{
	[ "$(wc -l </proc/swaps)" -gt 1 ]
}

# Where the CPU sets the access flag there is no fault of class af.
cp "$here/faults" $tmp/
faults="$tmp/faults"
before=$(value af)
if ! $faults af $n $address; then
	not_ok "faults runs"
	tap_end
fi
has_af=$(($(value af) - before))

# Kinds that this machine can make; each makes n of its class, and n anon more.
kinds="anon wp"
if [ "$has_af" = 0 ]; then
	skip "af" "the CPU sets the access flag itself"
else
	kinds="$kinds af"
fi
if swap_is_on; then
	kinds="$kinds swap"
else
	skip "swap" "no swap"
fi

# counted KIND CMD...: runs it, sets delta to what stats counted of the class. stdout and
# stderr are kept apart, for lines to stay whole (Debian 13's perf complains of each
# address that it cannot unwind).
counted()
{
	class=$1
	shift
	before=$(value "$class")
	"$@" >$tmp/out 2>$tmp/err
	delta=$(($(value "$class") - before))
}

# ---- tracefs ------------------------------------------------------------------

for event in fault anon wp swap numa af; do
	[ -e "$tracing/events/pfclass/$event/format" ] || not_ok "no event pfclass:$event"
done
for kind in $kinds; do
	echo >"$tracing/trace"
	echo 1 >"$tracing/events/pfclass/$kind/enable"
	counted "$kind" $faults "$kind" $n $address
	echo 0 >"$tracing/events/pfclass/$kind/enable"
	grep " $kind: " "$tracing/trace" >$tmp/out
	is "$delta" "$(wc -l <$tmp/out)" "tracefs: pfclass:$kind is seen as often as counted"
	is $n "$delta" "tracefs: $kind faults"
	# Every page once; the text has no number that only this build of it knows.
	is $n "$(sed "s/.* address=\(0x[0-9a-f]*\) .*/\1/" $tmp/out | sort -u | wc -l)" \
		"tracefs: $kind, each page once"
	is $n "$(grep -cE "class=$kind refinement=[a-z_-]+ address=0x[0-9a-f]+ pc=0x[0-9a-f]+ access=(read|write) origin=user ret=(0|[A-Z_|]+) ns=[0-9]+ tgid=[0-9]+$" $tmp/out)" \
		"tracefs: $kind is printed in words"
	is 0 "$(grep -c '0xffff' $tmp/out)" "tracefs: $kind shows no kernel address"
done

# Only the scanner of NUMA balancing makes hint faults: a row of the trigger table waits for it.
echo >"$tracing/trace"
echo 1 >"$tracing/events/pfclass/numa/enable"
"$here/trigger" numa_remote </dev/null >$tmp/out 2>$tmp/err && rc=0 || rc=$?
echo 0 >"$tracing/events/pfclass/numa/enable"
if [ $rc = 4 ]; then
	skip "tracefs: pfclass:numa" "numa_remote: $(tail -n 1 $tmp/out)"
else
	is "0 $(awk '$1 == "numa" { print $2 }' $tmp/out)" \
		"$rc $(grep -c ' numa: class=numa ' "$tracing/trace")" \
		"tracefs: pfclass:numa is seen as often as counted"
fi

echo >"$tracing/trace"
echo "address >= $address && address < $(printf '0x%x' $((address + 5 * page)))" \
	>"$tracing/events/pfclass/fault/filter"
echo 1 >"$tracing/events/pfclass/fault/enable"
$faults anon $n $address
is 5 "$(grep -c ' fault: ' "$tracing/trace")" "tracefs: filter by address"
echo >"$tracing/trace"
echo 'comm == "faults"' >"$tracing/events/pfclass/fault/filter"
$faults anon $n $address
cp $tmp/faults $tmp/others
$tmp/others anon $n $address
is $n "$(grep -c ' fault: ' "$tracing/trace")" "tracefs: filter by comm"
echo >"$tracing/trace"
$faults anon $n $address
tgid=$(sed -n 's/.* tgid=\([0-9]*\)$/\1/p' "$tracing/trace" | sort -u)
is 1 "$(echo "$tgid" | wc -w)" "tracefs: one tgid"
echo "tgid == $tgid" >"$tracing/events/pfclass/fault/filter"
echo >"$tracing/trace"
$faults anon $n $address
is 0 "$(grep -c ' fault: ' "$tracing/trace")" "tracefs: filter by the tgid of one that ended"
echo 0 >"$tracing/events/pfclass/fault/filter"
echo >"$tracing/trace"
$faults wp $n $address
is $((2 * n)) "$(grep -c ' fault: ' "$tracing/trace")" "tracefs: pfclass:fault has every class"
is $n "$(grep -c ' fault: class=wp refinement=wp_copy' "$tracing/trace")" \
	"tracefs: the refinement"
echo 0 >"$tracing/events/pfclass/fault/enable"

if echo 'hist:keys=class,access:vals=hitcount' >"$tracing/events/pfclass/fault/trigger" \
	2>/dev/null; then
	$faults wp $n $address
	cat "$tracing/events/pfclass/fault/hist" >$tmp/out
	is 2 "$(grep -c "hitcount: *$n\$" $tmp/out)" "hist trigger: two classes, $n of each"
	echo '!hist:keys=class,access:vals=hitcount' >"$tracing/events/pfclass/fault/trigger"
else
	skip "hist trigger" "the kernel has none (CONFIG_HIST_TRIGGERS)"
fi
# Off, nothing is emitted.
echo >"$tracing/trace"
$faults anon $n $address
is 0 "$(grep -c 'class=' "$tracing/trace")" "tracefs: nothing when it is off"

# ---- tools --------------------------------------------------------------------

# Their packages, on a disk of their own in the harness's guest.
if [ ! -e "$peers/usr" ]; then
	for disk in /sys/block/vd*; do
		[ "$(cat "$disk/serial" 2>/dev/null)" = peers ] || continue
		mkdir -p "$peers"
		modprobe -q crc32c_generic
		modprobe -q ext4
		mount -o ro -t ext4 "/dev/${disk##*/}" "$peers" || continue
		mount -t proc proc "$peers/proc"
		mount --rbind /sys "$peers/sys"
		mount --rbind /dev "$peers/dev"
		mount --bind /tmp "$peers/tmp"
		if [ -d "$peers/pfclass" ] && [ -d /pfclass ]; then
			mount --bind /pfclass "$peers/pfclass"
		fi
	done
fi

# tool NAME ARG...
tool()
{
	name=$1
	shift
	if [ ! -e "$peers/usr" ]; then
		"$name" "$@"
		return
	fi
	# Debian's older perf is a script for bash before the one of a version.
	if [ "$name" = perf ]; then
		for path in "$peers"/usr/bin/perf_*; do
			[ ! -x "$path" ] || name=${path##*/}
		done
	fi
	HOME=/tmp chroot "$peers" "$name" "$@"
}

have()
{
	if [ -e "$peers/usr" ]; then
		for path in "$peers/usr/bin/$1" "$peers/usr/bin/$1"_*; do
			[ ! -x "$path" ] || return 0
		done
		return 1
	else
		command -v "$1" >/dev/null 2>&1
	fi
}

# A witness beside perf: the same events in a trace of their own.
watch_begin()
{
	mkdir "$witness"
	echo 1 >"$witness/events/pfclass/$1/enable"
}

watch_end()
{
	echo 0 >"$witness/events/pfclass/$1/enable"
	grep " $1: " "$witness/trace" >$tmp/witness
	rmdir "$witness"
}

# What the witness saw and perf does not show, and what perf says that it lost.
unlike_the_witness()
{
	tool perf report -D -i $tmp/perf.data 2>/dev/null >$tmp/dump
	echo "# perf's file has $(grep -c PERF_RECORD_SAMPLE $tmp/dump) samples," \
		"$(grep -c PERF_RECORD_LOST $tmp/dump) records of losses;" \
		"the trace has $(wc -l <$tmp/witness)"
	while read -r line; do
		at=${line##* address=}
		grep -q " address=${at%% *} " $tmp/out || echo "# not in perf's: $line"
	done <$tmp/witness
}

if have perf; then
	for kind in $kinds; do
		counted "$kind" tool perf stat -x, -e "pfclass:$kind" -- \
			$faults "$kind" $n $address
		is $n "$delta" "perf stat: $kind faults"
		is "$delta" "$(sed -n "s/^\([0-9]*\),.*pfclass:$kind.*/\1/p" $tmp/err)" \
			"perf stat -e pfclass:$kind"
	done
	for kind in $kinds; do
		watch_begin "$kind"
		counted "$kind" tool perf record -q -g -e "pfclass:$kind" -o $tmp/perf.data -- \
			$faults "$kind" $n $address
		watch_end "$kind"
		delta_was=$delta
		is $n "$delta" "perf record: $kind faults"
		tool perf script --no-inline -i $tmp/perf.data >$tmp/out 2>$tmp/err
		seen=$(grep -c "pfclass:$kind: class=$kind refinement=" $tmp/out)
		[ "$delta_was" = "$seen" ] || unlike_the_witness "$kind"
		is "$delta_was" "$seen" \
			"perf record -e pfclass:$kind -g; perf script parses every one"
		if grep -q 'handle_mm_fault' $tmp/out; then
			ok "perf script: $kind, the kernel's stack"
		else
			show_output
			not_ok "perf script: $kind, the kernel's stack"
		fi
		case $kind in
		anon) ;;	# some are the kernel's: clear_user()
		*)
			seen=$(grep -cE '^[[:space:]]+[0-9a-f]+ pfc_(read|write)_pages\+0x' $tmp/out)
			# Show the samples that lack it.
			awk -v RS= '!/pfc_(read|write)_pages/' $tmp/out >$tmp/lacking
			mv $tmp/lacking $tmp/out
			: >$tmp/err
			is $n "$seen" "perf script: $kind, the user's stack"
			;;
		esac
	done
else
	skip "perf" "no perf"
fi

# Not `trace-cmd record CMD`: on a busy machine its recorders, a process for each CPU, may
# not be up before CMD ends, and then save nothing, silently.
trace_in_use()
{
	[ "$(cat "$tracefs/current_tracer")" != nop ] || grep -q . "$tracefs/set_event" ||
		grep -qv '^#' "$tracefs/trace"
}

if have trace-cmd && trace_in_use; then
	skip "trace-cmd" "the trace buffer is in use"
elif have trace-cmd; then
	set --
	before=
	for kind in $kinds; do
		set -- "$@" -e "pfclass:$kind"
		before="$before $(value "$kind")"
	done
	: >$tmp/out
	{
		tool trace-cmd start "$@"
		for kind in $kinds; do
			$faults "$kind" $n $address
		done
		tool trace-cmd stop
		tool trace-cmd extract -o $tmp/trace.dat
	} >$tmp/err 2>&1
	# shellcheck disable=SC2086 # numbers
	set -- $before
	for kind in $kinds; do
		echo "$kind $(($(value "$kind") - $1))"
		shift
	done >$tmp/deltas
	tool trace-cmd report -i $tmp/trace.dat >$tmp/out 2>>$tmp/err
	while read -r kind delta; do
		seen=$(grep -cE " $kind: +class=$kind refinement=[a-z_-]+ address=0x" $tmp/out)
		is "$delta" "$seen" "trace-cmd start -e pfclass:$kind, extract, report"
	done <$tmp/deltas
	tool trace-cmd reset >$tmp/err 2>&1
else
	skip "trace-cmd" "no trace-cmd"
fi

# bpftrace_has NAME VALUE: what the program printed of a map.
bpftrace_has()
{
	grep -qx "@$1: $2" $tmp/out
}

if ! have bpftrace; then
	skip "bpftrace" "no bpftrace"
elif ! tool bpftrace -e 'tracepoint:sched:sched_switch { @ = count(); exit(); }' >$tmp/out 2>&1; then
	# Debian 11's wants the headers of the kernel.
	skip "bpftrace" "this one cannot count sched:sched_switch either"
else
	for kind in $kinds; do
		counted "$kind" tool bpftrace -e "tracepoint:pfclass:$kind { @n = count(); }" \
			-c "$faults $kind $n $address"
		if [ "$delta" = $n ] && bpftrace_has n $n; then
			ok "bpftrace tracepoint:pfclass:$kind"
		else
			show_output
			not_ok "bpftrace tracepoint:pfclass:$kind: $delta counted"
		fi
	done
	# Debian 13's dies of the fields of whatever tracepoint (arm64, bpftrace 0.23).
	if tool bpftrace -e 'tracepoint:sched:sched_switch { @ = args->prev_pid; exit(); }' \
		>$tmp/out 2>&1; then
		for kind in $kinds; do
			counted "$kind" tool bpftrace -e "tracepoint:pfclass:$kind {
				@write = sum(args->access);
				@pages[args->address] = count();
				@least = min(args->address - $address); }" \
				-c "$faults $kind $n $address"
			case $kind in
			anon | wp) writes=$n ;;
			*) writes=0 ;;
			esac
			is $n "$(grep -cE '^@pages\[[0-9]+\]: 1$' $tmp/out)" \
				"bpftrace: $kind, each address once"
			if bpftrace_has write $writes && bpftrace_has least 0; then
				ok "bpftrace: $kind, access and first address"
			else
				show_output
				not_ok "bpftrace: $kind, access and first address"
			fi
		done
	else
		skip "bpftrace: fields of the events" \
			"this bpftrace cannot read those of sched:sched_switch either"
	fi
fi

tap_end
