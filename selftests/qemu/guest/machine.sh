# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Sourced by init where PFC_MACHINE is set: hands over to the Debian on the disk "machine",
# where systemd starts the job once everything else is up. What it needs for that is in
# /run: nothing is added to the disk.

# shellcheck source=selftests/qemu/guest/disk.sh
. /pfclass/guest/disk.sh
swapoff -a
mkdir -p /machine
if ! mount -t ext4 "$(disk machine)" /machine; then
	echo "pfclass: no disk with a Debian" >/dev/console
	poweroff -f
fi
mkdir -p /run/systemd/system/multi-user.target.wants
cp -a /pfclass /run/
tar -x -f /pfclass/packages.tar -C /run/pfclass
cat >/run/pfclass/unit <<'END'
. /run/pfclass/env

cd /root
# udev may still be busy with them.
for port in out log verdict; do
	until [ -c /dev/virtio-ports/pfclass.$port ]; do
		sleep 1
	done
done
{
	sh /run/pfclass/job.sh
	echo $? >/run/status
} 2>&1 | cat >/dev/virtio-ports/pfclass.out
dmesg >/dev/virtio-ports/pfclass.log
echo "exit $(cat /run/status)" >/dev/virtio-ports/pfclass.verdict
systemctl poweroff
END
cat >/run/systemd/system/pfclass-job.service <<'END'
[Unit]
After=multi-user.target
[Service]
Environment=HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
ExecStart=/bin/sh /run/pfclass/unit
END
ln -s ../pfclass-job.service /run/systemd/system/multi-user.target.wants/
for dir in proc sys dev run; do
	mount --move /$dir /machine/$dir
done
exec switch_root /machine /sbin/init
