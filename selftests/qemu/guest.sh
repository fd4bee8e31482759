# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packs the guest's root file system, an initramfs. Sourced by lib.sh.

# Modules that every guest can modprobe, with all that they depend on. Those
# that a kernel has built in are skipped by depmod's own list.
GUEST_MODULES="virtio_pci virtio_console virtio_blk"
# What only tests use: stock kernels have it, others need not.
GUEST_MODULES_STOCK="virtio_mmio zram ext4 loop"
# Where the kernel has them: ext4's checksums, device memory, a shared directory, QEMU's
# note for memory dumps, the network.
GUEST_MODULES_IF_ANY="crc32c_generic test_hmm 9p 9pnet_virtio qemu_fw_cfg virtio_net"

# program_ready NAME PACKAGE: sets PROGRAM to a program of the guest's architecture, without
# the libraries that it may need.
program_ready()
{
	PROGRAM=$CACHE/$1/$K_ARCH/bin/$1
	[ -e "$PROGRAM" ] || with_lock fetch program_fetch "$@"
}

program_fetch()
{
	local dir=$CACHE/$1/$K_ARCH tmp=$CACHE/$1/$K_ARCH.new

	[ -e "$PROGRAM" ] && return
	rm -rf "$tmp"
	mkdir -p "$tmp/debs" "$tmp/unpacked" "$tmp/bin"
	suite_download "$TOOLS_SUITE" "$1 for the guest" "$tmp/debs" download "$2:$K_ARCH"
	unpack "$tmp/unpacked" "$tmp/debs/"*.deb
	mv "$(find "$tmp/unpacked" -path "*/bin/$1" -type f)" "$tmp/bin/"
	rm -rf "$tmp/debs" "$tmp/unpacked" "$dir"
	mv "$tmp" "$dir"
}

# module_closure NAME...: the files of modules, with what they depend on.
module_closure()
{
	awk -v want="$*" '
	function base(path) {
		sub(/.*\//, "", path)
		sub(/\.ko.*/, "", path)
		gsub(/-/, "_", path)
		return path
	}
	FILENAME ~ /dep$/ {
		split($0, half, ":")
		file[base(half[1])] = half[1]
		deps[half[1]] = half[2]
		next
	}
	{ builtin[base($0)] = 1; listed = 1 }
	END {
		n = split(want, names, " ")
		for (i = 1; i <= n; i++) {
			if (names[i] in builtin)
				continue
			if (!(names[i] in file)) {
				if (!listed)
					continue
				print names[i] > "/dev/stderr"
				exit 1
			}
			need[file[names[i]]] = 1
			m = split(deps[file[names[i]]], d, " ")
			for (j = 1; j <= m; j++)
				need[d[j]] = 1
		}
		for (path in need)
			print path
	}' "$K_DIR/lib/modules/$K_RELEASE/modules.dep" \
		"$K_DIR/lib/modules/$K_RELEASE/modules.builtin"
}

# base_ready: sets B_CPIO to the part of the initramfs that changes with the
# kernel and with guest/init only.
# shellcheck disable=SC2034 # used by those who source this file
base_ready()
{
	local key

	program_ready busybox busybox-static
	root_group "$TOOLS_SUITE" build
	key=$(cat "$QEMU_DIR/guest/init" "$PROGRAM" "$K_DIR/complete" \
		<(echo "$K_RELEASE $GUEST_MODULES $GUEST_MODULES_STOCK \
			$GUEST_MODULES_IF_ANY") |
		sha256sum | cut -c1-16)
	built "base-$K_NAME" "$key" base_pack
	B_CPIO=$BUILT/base.cpio
}

# base_pack OUT
base_pack()
{
	local stage=$CACHE/root/$TOOLS_SUITE/tmp/base-$K_NAME
	local mods=$stage/lib/modules/$K_RELEASE f need=$GUEST_MODULES more=
	local maybe=$GUEST_MODULES_IF_ANY

	rm -rf "$stage"
	mkdir -p "$stage/bin" "$mods" "$stage/dev" "$stage/proc" "$stage/sys" \
		"$stage/tmp" "$stage/etc" "$stage/root" "$stage/mnt" "$stage/run"
	cp "$PROGRAM" "$stage/bin/"
	ln -s busybox "$stage/bin/sh"
	cp "$QEMU_DIR/guest/init" "$stage/init"
	chmod 755 "$stage/init"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$stage/etc/passwd"
	echo 'root:x:0:' >"$stage/etc/group"
	case $K_FROM in
	deb:*) need="$need $GUEST_MODULES_STOCK" ;;
	*) maybe="$maybe $GUEST_MODULES_STOCK" ;;
	esac
	for f in $maybe; do
		! grep -q "/$f\.ko" "$K_DIR/lib/modules/$K_RELEASE/modules.dep" ||
			more="$more $f"
	done
	# shellcheck disable=SC2086 # lists
	module_closure $need $more >"$stage.list" ||
		die "kernel $K_NAME lacks a guest module"
	while read -r f; do
		mkdir -p "$mods/${f%/*}"
		cp "$K_DIR/lib/modules/$K_RELEASE/$f" "$mods/$f"
	done <"$stage.list"
	in_root "$TOOLS_SUITE" "/tmp/base-$K_NAME" find . -name '*.ko.xz' -exec xz -d {} + \
		-o -name '*.ko.zst' -exec zstd -qd --rm {} +
	sed -E 's/\.ko\.(xz|zst)/.ko/g' "$K_DIR/lib/modules/$K_RELEASE/modules.dep" |
		awk -v list="$stage.list" '
		BEGIN {
			while ((getline f < list) > 0) {
				sub(/\.(xz|zst)$/, "", f)
				have[f ":"] = 1
			}
		}
		$1 in have' >"$mods/modules.dep"
	cp "$K_DIR/lib/modules/$K_RELEASE/modules.builtin" "$mods/"
	pack "/tmp/base-$K_NAME" "$1/base.cpio"
	rm -rf "$stage" "$stage.list"
}

# pack DIR FILE: DIR (as the tools' root sees it) into an initramfs FILE.
pack()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_root "$TOOLS_SUITE" "$1" sh -c \
		'find . | sort | cpio -o -H newc -R 0:0 --quiet' >"$2"
}
