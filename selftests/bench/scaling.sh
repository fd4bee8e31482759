#!/bin/bash
# SPDX-License-Identifier: GPL-2.0

set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=selftests/bench/lib.sh
. "$here/lib.sh"

usage()
{
	cat <<EOT
Usage: selftests/bench/scaling.sh [--kernel K] [--cpus "N..."] [--modes "P;..."]
Lets every CPU of a guest fault at once, a known number of times each, and
checks that each CPU's own counter rose by exactly that, that the sum is right
and nothing was missed. Prints a line for every number of CPUs and every mode.

  --kernel K        a kernel of selftests/qemu/kernels (default 6.12)
  --cpus "N..."     numbers of guest CPUs (default "1 2 4 8")
  --modes "P;..."   module parameters (default: both backends, with and without
                    accounting)
EOT
}

kernel=6.12 cpus="1 2 4 8"
modes="backend=kprobe account=0;backend=kprobe account=1;backend=ftrace account=0;backend=ftrace account=1"
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage; exit 0 ;;
	esac
	[ $# -gt 1 ] || die "$1 is no option or lacks its value; see --help"
	case $1 in
	--kernel) kernel=$2 ;;
	--cpus) cpus=$2 ;;
	--modes) modes=$2 ;;
	*) die "unknown option $1; see --help" ;;
	esac
	shift 2
done

need_host
kernel_select "$kernel"
kernel_ready
faultcost_ready "$K_ARCH"
status=0
for n in $cpus; do
	"$QEMU_DIR/run" --kernel "$kernel" --smp "$n" --no-load --no-userland \
		--script "$here/scaling-guest.sh" --file "$FAULTCOST" \
		--env "PFC_MODES=$modes" --timeout 600 || status=1
done
exit "$status"
