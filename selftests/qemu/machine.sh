# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A Debian to install packages on: a disk for the guest, with the selected stock kernel of
# its suite and architecture, systemd, and DKMS with what it builds with. Its packages are
# installed by dpkg and apt in a guest, once. A second kernel, and what the tool depends on,
# is at hand in /repo, where the guest's apt looks. Source it after lib.sh; guest/machine.sh
# boots it.

# machine_ready FLAVOUR: sets M_DISK to the disk, as the tools' root sees it; FLAVOUR is the
# second kernel's.
# shellcheck disable=SC2034 # used by those who source this file
machine_ready()
{
	local wanted

	M_DISK=/machine/$K_SUITE-$K_ARCH.ext4
	wanted="$K_RELEASE $1 $(cat "$QEMU_DIR/machine.sh" "$QEMU_DIR/packages" \
		"$QEMU_DIR/guest/machine-install.sh" | sha256sum | cut -c1-16)"
	[ "$(cat "$CACHE/root/$TOOLS_SUITE$M_DISK.of" 2>/dev/null)" = "$wanted" ] ||
		with_lock "machine-$K_SUITE-$K_ARCH" machine_make "$1" "$wanted"
}

# machine_qemu DISK: the arguments that attach it.
machine_qemu()
{
	echo "-drive file=$1,format=raw,if=none,id=machine,cache=unsafe" \
		"-device virtio-blk-pci,drive=machine,serial=machine"
}

machine_make()
{
	local root=$CACHE/root/$TOOLS_SUITE dir=$CACHE/root/$TOOLS_SUITE${M_DISK%.ext4}
	local a=$CACHE/apt/$K_SUITE p
	local -a first install more

	[ "$(cat "$root$M_DISK.of" 2>/dev/null)" != "$2" ] || return 0
	rm -rf "$dir"
	mkdir -p "$root/machine"
	root_new "$dir"
	rm -r "$dir/.have" "$dir/build" "$dir/etc/passwd" "$dir/etc/group"
	mkdir -p "$dir/repo" "$dir/sys" "$dir/run" "$dir/machine" "$dir/var/lib/dpkg"
	touch "$dir/var/lib/dpkg/status"
	mapfile -t first < <(root_packages "$K_SUITE" machine-first)
	mapfile -t install < <(root_packages "$K_SUITE" machine)
	install+=("linux-image-$K_RELEASE" "linux-headers-$K_RELEASE" "linux-headers-${K_FROM#deb:}")
	mapfile -t more < <(root_packages "$K_SUITE" machine-repo)
	more+=("linux-image-$1" "linux-headers-$1")
	suite_update "$K_SUITE"
	with_lock fetch suite_download "$K_SUITE" "a Debian of $K_SUITE" "$a" \
		-o "APT::Architecture=$K_ARCH" -o "Dir::Cache::archives=$dir/repo" \
		install --download-only "${first[@]}" "${install[@]}" "${more[@]}"
	rm -rf "$dir/repo/partial" "$dir/repo/lock"
	for p in $(machine_first "$K_SUITE" "$K_ARCH" "${first[@]}"); do
		unpack "$dir" "$dir/repo/$p"
		echo "$p"
	done >"$dir/repo/first"
	[ -e "$dir/usr/bin/awk" ] || ln -s mawk "$dir/usr/bin/awk"
	echo "${install[*]}" >"$dir/repo/install"
	root_group "$TOOLS_SUITE" deb
	root_install "$TOOLS_SUITE" image e2fsprogs
	in_root "$TOOLS_SUITE" "${M_DISK%.ext4}/repo" dpkg-scanpackages -m . \
		>"$dir/repo/Packages" 2>"$CACHE/log/machine-$K_SUITE-$K_ARCH"
	run_logged "$CACHE/log/machine-$K_SUITE-$K_ARCH" in_root "$TOOLS_SUITE" /machine \
		/sbin/mke2fs -q -F -t ext4 -d "$(basename "$dir")" "${M_DISK##*/}.new" 4G ||
		die "mke2fs failed"
	rm -rf "$dir"
	say "installing a Debian of $K_SUITE for $K_ARCH in a guest (minutes)"
	run_logged "$CACHE/log/machine-$K_SUITE-$K_ARCH" "$QEMU_DIR/run" --kernel "$K_NAME" \
		--kvm --no-load --no-userland --timeout 3000 --job machine-install \
		--qemu "$(machine_qemu "$M_DISK.new")" || die "the installation failed"
	mv "$root$M_DISK.new" "$root$M_DISK"
	echo "$2" >"$root$M_DISK.of"
}

# machine_first SUITE ARCH PACKAGE...: the files of these and of what they depend on.
machine_first()
{
	local suite=$1 arch=$2

	shift 2
	suite_apt "$suite" apt-get -qq -s -o "APT::Architecture=$arch" install "$@" |
		sed -n 's/^Inst \([^ :]*\)\(:[^ ]*\)\? (\([^ ]*\) .*\[\([a-z0-9]*\)\]).*/\1_\3_\4.deb/p' |
		sed 's/:/%3a/'
}
