# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts in this directory share, on top of the guests' own.

# shellcheck source=selftests/qemu/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../selftests/qemu/lib.sh"

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# One virtual nanosecond is one instruction, and nothing depends on the hour.
ICOUNT="-seed 1 -rtc base=2026-01-01,clock=vm -icount shift=0,sleep=off"

# What is measured by default.
# shellcheck disable=SC2034 # used by those who source this file
DEFAULT_MODES="backend=kprobe account=0;backend=kprobe account=1;\
backend=ftrace account=0;backend=ftrace account=1"

# work_ready NAME FILE...: makes the directory $work inside the tools' root, which has
# Python, with the benchmark's programs in Python and copies of the files.
# shellcheck disable=SC2317,SC2329 # called by the trap
work_ready()
{
	root_group "$TOOLS_SUITE" bench
	work=$(mktemp -d "$CACHE/root/$TOOLS_SUITE/tmp/$1.XXXXXX")
	shift
	# Guests that run in the background end with their script.
	work_end()
	{
		local pids

		pids=$(jobs -pr)
		# shellcheck disable=SC2086 # process IDs
		[ -z "$pids" ] || kill $pids 2>/dev/null || :
		rm -rf "$work"
	}
	trap work_end EXIT
	trap 'exit 130' INT TERM
	cp "$BENCH_DIR/"*.py "$@" "$work/"
}

in_work()
{
	in_root "$TOOLS_SUITE" "/tmp/${work##*/}" "$@"
}

# module_sources: the module's sources in $work/src, for a hash of them.
module_sources()
{
	sources_copy "$(sources Kbuild module include)" "$work/src"
}

# machine_of ARCH: sets BENCH_CPU, and MACHINE to QEMU's arguments for the same guest each
# time.
# shellcheck disable=SC2034 # used by those who source this file
machine_of()
{
	case $1 in
	arm64) BENCH_CPU=cortex-a57 MACHINE="-M virt,dtb-kaslr-seed=off $ICOUNT" ;;
	amd64) BENCH_CPU=Skylake-Client MACHINE=$ICOUNT ;;
	esac
}

# bench_ready KERNEL: selects the kernel, builds faultcost and has what a boot takes.
bench_ready()
{
	kernel_select "$1"
	kernel_ready
	faultcost_ready "$K_ARCH"
	machine_of "$K_ARCH"
}

# arm64_ready KERNEL: for what knows the instructions of that one only.
arm64_ready()
{
	bench_ready "$1"
	[ "$K_ARCH" = arm64 ] || die "$1: this measures arm64 kernels only"
}

# boot KERNEL GUEST-SCRIPT ARG...: selftests/qemu/run as all measurements need it.
boot()
{
	local kernel=$1 script=$BENCH_DIR/$2

	shift 2
	"$QEMU_DIR/run" --kernel "$kernel" --cpu "$BENCH_CPU" --no-load --no-userland \
		--script "$script" --file "$FAULTCOST" --append nokaslr --timeout 900 "$@"
}

# faultcost_ready ARCH: builds faultcost for the guest; sets FAULTCOST.
faultcost_ready()
{
	local dir=$CACHE/root/$TOOLS_SUITE/build/bench-$1 f

	FAULTCOST=$dir/faultcost
	mkdir -p "$dir"
	for f in tools/bench/faultcost.c include/uapi/pfclass.h; do
		cmp -s "$SRC/$f" "$dir/${f##*/}" || {
			cp "$SRC/$f" "$dir/"
			rm -f "$FAULTCOST"
		}
	done
	[ ! -e "$FAULTCOST" ] || return 0
	root_group "$TOOLS_SUITE" build userland
	say "building faultcost for $1"
	run_logged "$CACHE/log/bench-$1" in_root "$TOOLS_SUITE" "/build/bench-$1" \
		"${K_CROSS}gcc" -O2 -std=gnu11 -Wall -Wextra \
		-Wno-missing-field-initializers -static -I. \
		-o faultcost faultcost.c || die "faultcost does not build"
}

# extra_ready NAME: builds the benchmark's own module pfc_NAME.ko; sets EXTRA.
# shellcheck disable=SC2034 # used by those who source this file
extra_ready()
{
	module_part "pfc_$1" "tools/bench/$1" "tools/bench/$1" selftests/neighbours/hits.h
	EXTRA=$BUILT/pfc_$1.ko
}
