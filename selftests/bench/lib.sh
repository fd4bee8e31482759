# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts in this directory share, on top of the guests' own.

# shellcheck source=selftests/qemu/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../qemu/lib.sh"

# faultcost_ready ARCH: builds faultcost for the guest; sets FAULTCOST.
faultcost_ready()
{
	local dir=$CACHE/root/$TOOLS_SUITE/build/bench-$1 f

	FAULTCOST=$dir/faultcost
	mkdir -p "$dir"
	for f in selftests/bench/faultcost.c include/uapi/pfclass.h; do
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
