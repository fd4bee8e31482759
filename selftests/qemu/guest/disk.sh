# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# disk SERIAL: the device of the disk with this serial number, ready to be mounted as ext4.

disk()
{
	modprobe -q crc32c_generic
	modprobe -q ext4
	for disk in /sys/block/vd*; do
		[ "$(cat "$disk/serial" 2>/dev/null)" = "$1" ] || continue
		echo "/dev/${disk##*/}"
		return
	done
	return 1
}
