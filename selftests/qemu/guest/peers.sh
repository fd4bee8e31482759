# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Where a disk with other programs is attached (--peers): mounts it below /peers and puts
# them into the PATH. They run in a root of their own, which has the guest's /proc, /sys,
# /dev, /tmp and /pfclass.

# shellcheck source=selftests/qemu/guest/disk.sh
. /pfclass/guest/disk.sh
disk=$(disk peers) || exit 0
mkdir -p /peers
mount -o ro -t ext4 "$disk" /peers || exit
for dir in proc sys dev tmp pfclass; do
	mount --rbind "/$dir" "/peers/$dir"
done
# The shell stays here, where the other programs are.
for loader in /peers/lib/ld-linux-*.so.* /peers/lib64/ld-linux-*.so.*; do
	[ -e "$loader" ] || continue
	cat >/bin/bash <<-END
	#!/bin/busybox sh
	exec $loader --argv0 bash --library-path $(echo /peers/usr/lib/*-linux-gnu) \
		/peers/usr/bin/bash --rcfile /pfclass/guest/bashrc "\$@"
	END
	chmod 755 /bin/bash
done
for tool in perf trace-cmd bpftrace gnuplot redis-server redis-cli redis-benchmark; do
	name=$tool
	# Unpacked, not installed, it has not the name that its alternative has.
	[ "$tool" != gnuplot ] || name=gnuplot-nox
	# Debian's older perf is a script for bash before the one of a version.
	for path in /peers/usr/bin/perf_*; do
		[ "$tool" != perf ] || [ ! -x "$path" ] || name=${path##*/}
	done
	printf '#!/bin/busybox sh\nHOME=/tmp exec chroot /peers %s "$@"\n' \
		"$name" >"/bin/$tool"
	chmod 755 "/bin/$tool"
done
