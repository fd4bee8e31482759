# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2317,SC2329 # called by name
#
# The guest's part of `make bench`: sets up every row of /pfclass/modes in turn
# and measures it. It writes for report.py:
#   @meta KEY VALUE      about the machine
#   @row N               row N of the modes follows; 0 is the baseline
#   KIND ...             a line of faultcost
#   @left-out REASON     why there is nothing to show for the row
#   @failed REASON       what went wrong with it
#   @note TEXT           a warning of the tool
#   @done                the last line

set -u
cd /pfclass || exit 1
pfclass=/sys/kernel/debug/pfclass
tracing=/sys/kernel/tracing
[ -e $tracing/trace ] || tracing=/sys/kernel/debug/tracing
failed=0

fail()
{
	echo "@failed $*"
	failed=1
}

# set_first VALUE FILE...: writes to the first of the files that exists.
set_first()
{
	value=$1
	shift
	for file; do
		[ ! -w "$file" ] || { echo "$value" >"$file"; return; }
	done
}

# The NUMA scanner as quick as it gets; read when a program starts.
numa=/sys/kernel/debug/sched/numa_balancing
old=/proc/sys/kernel/numa_balancing_
set_first 1 $numa/scan_delay_ms ${old}scan_delay_ms
set_first 16 $numa/scan_size_mb ${old}scan_size_mb
set_first 10 $numa/scan_period_min_ms ${old}scan_period_min_ms
set_first 20 $numa/scan_period_max_ms ${old}scan_period_max_ms

kinds_of()
{
	[ "$1" = all ] || echo "--kinds=$1"
}

# zram as new: what is in it, and where, changes what a page in it costs.
fresh_swap()
{
	[ -e /sys/block/zram0/reset ] || return
	swapoff /dev/zram0 2>/dev/null
	echo 1 >/sys/block/zram0/reset
	echo 256M >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null && swapon /dev/zram0
}

# faultcost's words: a failure of the tool is one of the row.
measure()
{
	fresh_swap
	./faultcost "$@" 2>/tmp/err || fail "$(head -n 1 /tmp/err)"
}

baseline()
{
	echo "@row 0"
	measure
}

why_insmod()
{
	dmesg | grep 'pfclass: ' | tail -n 1 | sed 's/.*pfclass: //'
}

# row_pfclass KINDS WORD...: module parameters, and words with a +:
#   +filter=LIST  as faultcost takes it
#   +watch=LIST   likewise
#   +watches=N    so many of these watches
#   +disarm       write 0 to "enabled"
#   +events       switch the trace events on
row_pfclass()
{
	kinds=$1 params='' filter='' watch='' watches='' want=1 disarm='' events=''
	shift
	for word; do
		case $word in
		+filter=*) filter=${word#+filter=} ;;
		+watch=*) watch=${word#+watch=} ;;
		+watches=*) watches=${word#+watches=} ;;
		+disarm) disarm=1 want=0 ;;
		+events) events=1 ;;
		enabled=0) params="$params $word" want=0 ;;
		*) params="$params $word" ;;
		esac
	done
	case $filter in *other*) want=0 ;; esac
	# shellcheck disable=SC2086 # words
	if ! insmod pfclass.ko $params 2>/tmp/err; then
		echo "@left-out insmod$params: $(sed 's/.*: //; q' /tmp/err): $(why_insmod)"
		return
	fi
	# The kernel ignores a parameter that a module does not have.
	for word in $params; do
		file=/sys/module/pfclass/parameters/${word%%=*}
		if [ ! -e "$file" ]; then
			echo "@left-out the module has no parameter ${word%%=*}"
			rmmod pfclass
			return
		fi
	done
	if [ -n "$events" ] && [ ! -e "$tracing/events/pfclass/enable" ]; then
		echo "@left-out the module has no trace events"
		rmmod pfclass
		return
	fi
	[ -z "$disarm" ] || echo 0 >"$pfclass/enabled"
	[ -z "$events" ] || echo 1 >"$tracing/events/pfclass/enable"
	# shellcheck disable=SC2046 # nothing or one word
	measure --check="$want" $(kinds_of "$kinds") ${filter:+--filter="$filter"} \
		${watch:+--watch="$watch"} ${watches:+--watches="$watches"}
	[ -z "$events" ] || echo 0 >"$tracing/events/pfclass/enable"
	rmmod pfclass || fail "rmmod pfclass"
}

# The benchmark's own probes: parameters of pfc_floor.ko.
row_floor()
{
	kinds=$1
	shift
	if ! insmod pfc_floor.ko "$@" 2>/tmp/err; then
		echo "@left-out insmod pfc_floor.ko $*: $(sed 's/.*: //; q' /tmp/err)"
		return
	fi
	# shellcheck disable=SC2046 # nothing or one word
	measure --hits=/sys/module/pfc_floor/parameters/hits $(kinds_of "$kinds")
	rmmod pfc_floor || fail "rmmod pfc_floor"
}

# Words for the set-ups of other tools, each runs what follows it.
#
# with_probe FUNCTION CMD...: while probe:FUNCTION is a kprobe event.
with_probe()
{
	probe=$1
	shift
	if ! echo "p:probe/$probe $probe" >>"$tracing/kprobe_events"; then
		echo "@left-out the kernel refuses a kprobe event on $probe"
		return
	fi
	"$@"
	echo "-:probe/$probe" >>"$tracing/kprobe_events"
}

# with_file FILE VALUE AFTER CMD...: while FILE of tracefs holds VALUE.
with_file()
{
	path=$tracing/$1 value=$2 after=$3
	shift 3
	if ! echo "$value" >"$path"; then
		echo "@left-out $path does not take $value"
		return
	fi
	# The same names serve a with_file inside this one.
	(cmd_path=$path cmd_after=$after; "$@"; echo "$cmd_after" >"$cmd_path")
}

# The peers' packages, unpacked on a disk of their own.
mount_peers()
{
	for disk in /sys/block/vd*; do
		[ "$(cat "$disk/serial" 2>/dev/null)" = peers ] || continue
		mkdir -p /peers
		insmod crc32c_generic.ko 2>/dev/null
		modprobe -q ext4
		mount -o ro -t ext4 "/dev/${disk##*/}" /peers || return
		mount -t proc proc /peers/proc
		mount --rbind /sys /peers/sys
		mount --rbind /dev /peers/dev
		mount --bind /tmp /peers/tmp
		[ ! -d $tracing ] || mount -t tracefs tracefs $tracing 2>/dev/null
		return
	done
}

# Before 0.20 bpftrace called an fentry probe kfunc.
bpftrace()
{
	case ${bpftrace_version=$(chroot /peers bpftrace --version)} in
	*v0.[0-9].* | *v0.1[0-9].*)
		[ "$1" != -e ] || {
			program=$(echo "$2" | sed 's/fentry:/kfunc:/g')
			shift 2
			set -- -e "$program" "$@"
		}
		;;
	esac
	chroot /peers bpftrace "$@"
}

perf()
{
	tool=perf
	# Older packages have one program a kernel version behind a bash script.
	for path in /peers/usr/bin/perf_*; do
		[ ! -x "$path" ] || tool=${path##*/}
	done
	chroot /peers "$tool" "$@"
}

# A tool is right if it ran the measurement to its end.
row_command()
{
	kinds=$(kinds_of "$1") command=$2
	cp faultcost /tmp/faultcost
	fresh_swap
	eval "$(echo "$command" | sed "s|%|/tmp/faultcost $kinds|")" \
		>/tmp/printed 2>&1 </dev/null
	status=$?
	grep '^@left-out' /tmp/printed && return
	if grep -E '^[a-z]+ (mean|median) ' /tmp/printed; then
		# Some go on with what they could attach.
		grep -i 'warning' /tmp/printed | head -n 1 | sed 's/^/@note /'
		return
	fi
	echo "@left-out status $status: $({ grep -iE 'error|fatal|fail' /tmp/printed ||
		grep -v '^$' /tmp/printed; } | head -n 2 | tr '\n' ' ' | cut -c1-240)"
}

row()
{
	group=$1 kinds=$2 setup=$3
	case $group in
	pfclass | floor)
		# shellcheck disable=SC2086 # words
		"row_$group" "$kinds" $setup
		;;
	tracefs | peer)
		row_command "$kinds" "$setup"
		;;
	*)
		fail "group $group is not known"
		;;
	esac
}

trim()
{
	echo "$1" | sed 's/^[ \t]*//; s/[ \t]*$//'
}

mount_peers
echo "@meta release $(uname -r)"
echo "@meta version $(uname -v)"
if [ -d /peers ]; then
	echo "@meta perf $(perf version 2>&1 | tail -n 1)"
	echo "@meta bpftrace $(bpftrace --version 2>&1 | tail -n 1)"
fi
# The first pages in swap find everything else of their kind still empty.
./faultcost --kinds=swap --passes=4 >/dev/null 2>&1
baseline
number=0
while IFS='|' read -r group kinds setup _; do
	case $group in '#'* | '') continue ;; esac
	number=$((number + 1))
	group=$(trim "$group")
	case " $PFC_GROUPS " in *" $group "*) ;; *) continue ;; esac
	echo "@row $number"
	row "$group" "$(trim "$kinds")" "$(trim "$setup")" </dev/null
done </pfclass/modes
baseline
echo @done
exit $failed
