#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086,SC2317,SC2329 # words and paths without blanks; called by name
#
# Each allocation and each registration of insmod, and of what is written to the files, fails
# once: each time the error is the right one, nothing is left behind, and the next try works.
# How many there are is counted (progs/failing.c). pfc_neighbour.ko makes those of insmod
# fail that are pfclass's own: the kernel's loader does not survive the failure of each of
# its own (6.12: a use after free in event_file_put()). It refuses registrations on any
# arm64 kernel; allocations fail where the kernel has CONFIG_FAULT_INJECTION.
#
#   PFC_STRIDE=N    only every Nth step of insmod (default: each)
#   PFC_ONLY=REGEX  only the tests whose names match

set -u

here=$(cd "$(dirname "$0")" && pwd -P)
company=$here/neighbours
[ -d "$company" ] || company=$here
# shellcheck source=selftests/neighbours/company.sh
. "$company/company.sh"
# shellcheck source=selftests/lib/leaks.sh
. "$lib/leaks.sh"

failing=$(beside failing)
[ -n "$failing" ] || failing=$here/progs/failing
knob=/sys/module/pfc_neighbour/parameters/refuse
stride=${PFC_STRIDE:-1}
# What pfclass calls to be called itself, and to take a fault of its own.
registrations="register_kprobe register_kretprobe enable_kprobe register_ftrace_function
ftrace_set_filter_ip vm_mmap"
ebusy=16

# Settings of fault injection, by their files.
settings="failslab/ignore-gfp-wait failslab/verbose fail_page_alloc/ignore-gfp-wait
fail_page_alloc/ignore-gfp-highmem fail_page_alloc/min-order fail_page_alloc/verbose"

# injection: allocations that may sleep fail, too, and single pages; nothing is logged.
injection()
{
	if [ ! -e /proc/self/fail-nth ] || [ ! -e $debugfs/failslab ] ||
		[ ! -e $debugfs/fail_page_alloc ]; then
		why="the kernel has no FAULT_INJECTION_DEBUG_FS, FAILSLAB and FAIL_PAGE_ALLOC"
		return 1
	fi
	for file in $settings; do
		[ -e "$tmp/$file" ] || {
			mkdir -p "$tmp/${file%/*}"
			cat $debugfs/$file >"$tmp/$file"
		}
		case $file in
		*ignore*) echo N >$debugfs/$file ;;
		*) echo 0 >$debugfs/$file ;;
		esac
	done
}

end_failures()
{
	[ -z "${expedited-}" ] || echo "$expedited" >$rcu
	for file in $settings; do
		[ ! -e "$tmp/$file" ] || cat "$tmp/$file" >$debugfs/$file
	done
	end_company
}

# registrations PARAMETERS ACTION: pfclass's calls are refused in turn.
registrations()
{
	attach module refuse "$registrations" || return 4
	"$failing" -s $stride -e $ebusy -k $knob "$ko" "$params $1" "$2" && rc=0 || rc=$?
	detach
	return $rc
}

# allocations_of_load PARAMETERS
allocations_of_load()
{
	injection && attach module allocs do_one_initcall || return 4
	"$failing" -s $stride -k $knob "$ko" "$params $1" load && rc=0 || rc=$?
	detach
	return $rc
}

# allocations ACTION: with as much to allocate as there can be.
allocations()
{
	injection || return 4
	if [ "$1" = unload ] && [ -n "$(find "$debugfs/gcov" -name 'frames.gcda' 2>/dev/null)" ]; then
		why="gcov copies the module's counts at rmmod"
		return 4
	fi
	"$failing" "$ko" "$params latency=1 cgroups=2" "$1"
}

# Unlike in crowd.sh a call trace alone is none: a vmalloc() that fails prints one.
splats()
{
	kernel_log | grep -cE 'WARNING:|BUG:|Oops|INFO: .*(stall|blocked)'
}

# is_leaked: whether anything was lost, where that is known.
is_leaked()
{
	if [ -n "$no_kmemleak" ]; then
		why=$no_kmemleak
		return 4
	fi
	leaks
}

begin_company
trap end_failures EXIT
# Each probe that goes waits for the handlers: without this, for some ticks.
rcu=/sys/kernel/rcu_expedited
if [ -w $rcu ]; then
	expedited=$(cat $rcu)
	echo 1 >$rcu
fi
begun=$(splats)
leaks_begin

# run NAME CMD...
run()
{
	name=$1
	shift
	echo "$name" | grep -Eq -e "$only" || return
	why=
	"$@" </dev/null && rc=0 || rc=$?
	! loaded || rmmod pfclass
	if [ $rc = 4 ]; then
		result 0 "$name # SKIP $why"
	else
		result $rc "$name"
	fi
}

for backend in kprobe ftrace; do
	for account in 1 0; do
		parameters="backend=$backend account=$account"
		load_module "$params $parameters" 2>/dev/null || continue
		rmmod pfclass
		run "load-$backend-$account-registrations" registrations "$parameters" load
	done
done
# As much as there can be, and as little.
run load-all-allocations allocations_of_load "latency=1 cgroups=2 watches=2"
run load-less-allocations allocations_of_load "account=0"
run enable-registrations registrations "" enable
for action in watch unwatch enable disable filter unfilter reset read unload; do
	run "$action-allocations" allocations $action
done
run nothing-is-leaked is_leaked
run nothing-in-the-log [ "$(splats)" = "$begun" ]
tap_end
