# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Makes a Debian of the packages on the disk "machine": first those in /repo/first, by
# dpkg, then those named in /repo/install, by apt.

set -e
# shellcheck source=selftests/qemu/guest/disk.sh
. /pfclass/guest/disk.sh
mkdir -p /machine
mount -t ext4 "$(disk machine)" /machine
for dir in proc sys dev tmp; do
	mount --rbind /$dir /machine/$dir
done
cat >/machine/tmp/install <<'END'
set -e
cd /repo
mkdir -p /etc/dpkg/dpkg.cfg.d
echo force-unsafe-io >/etc/dpkg/dpkg.cfg.d/unsafe-io
export DEBIAN_FRONTEND=noninteractive INITRD=No PATH=/usr/sbin:/usr/bin
# As debootstrap: each of these needs the others.
dpkg --force-depends -i base-passwd_*.deb base-files_*.deb
dpkg --force-depends -i $(cat first)
echo "deb [trusted=yes] file:/repo ./" >/etc/apt/sources.list
apt-get -q update
apt-get -q -y install $(cat install)
apt-get -q check
echo machine >/etc/hostname
END
# By its path: busybox would run its own shell, and its own dpkg.
chroot /machine /bin/sh /tmp/install
umount /machine/tmp /machine/sys /machine/proc || :
sync
