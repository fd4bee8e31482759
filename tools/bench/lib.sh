# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts in this directory share, on top of the guests' own.

# shellcheck source=selftests/qemu/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../selftests/qemu/lib.sh"

# One virtual nanosecond is one instruction, and nothing depends on the hour.
# shellcheck disable=SC2034 # used by those who source this file
ICOUNT="-M virt,dtb-kaslr-seed=off -seed 1 -rtc base=2026-01-01,clock=vm -icount shift=0,sleep=off"

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
extra_ready()
{
	local list key dir name=$1 out=$CACHE/build/$K_NAME

	EXTRA=$out/pfc_$name.ko
	list=$(sources "tools/bench/$name")
	key=$(sources_key "$list")-$K_RELEASE
	[ "$(cat "$out/$name.key" 2>/dev/null)" != "$key" ] || return 0
	say "building pfc_$name.ko for $K_NAME"
	dir=$CACHE/root/$K_SUITE/build/$name-$K_NAME
	sources_copy "$list" "$dir"
	run_logged "$CACHE/log/$name-$K_NAME" module_make \
		"/build/$name-$K_NAME/tools/bench/$name" modules ||
		die "pfc_$name.ko does not build for $K_NAME"
	mkdir -p "$out"
	cp "$dir/tools/bench/$name/pfc_$name.ko" "$out/"
	echo "$key" >"$out/$name.key"
}

# floor_ready, steps_ready: likewise; sets FLOOR, STEPS.
floor_ready()
{
	extra_ready floor
	# shellcheck disable=SC2034 # used by those who source this file
	FLOOR=$EXTRA
}

steps_ready()
{
	extra_ready steps
	# shellcheck disable=SC2034 # used by those who source this file
	STEPS=$EXTRA
}
