# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Other programs for the guest, from Debian packages of the guest's own suite and
# architecture: perf, trace-cmd and bpftrace, gnuplot, redis as something to look at, and a
# shell with completion, with all that they depend on, on a disk of their own. Source it
# after lib.sh. The guest finds the disk by its serial number, "peers".

PEERS_PACKAGES="linux-perf trace-cmd bpftrace gnuplot-nox ncurses-base redis-server"
PEERS_PACKAGES="$PEERS_PACKAGES bash bash-completion"

# peers_ready: makes the disk for the selected kernel; sets PEERS to its path in
# the tools' root and PEERS_QEMU to the arguments that attach it.
# shellcheck disable=SC2034 # used by those who source this file
peers_ready()
{
	local root=$CACHE/root/$TOOLS_SUITE

	PEERS=/peers/$K_SUITE-$K_ARCH.ext4
	PEERS_QEMU="-drive file=$PEERS,format=raw,if=none,id=peers,readonly=on"
	PEERS_QEMU="$PEERS_QEMU -device virtio-blk-pci,drive=peers,serial=peers"
	[ "$(cat "$root$PEERS.of" 2>/dev/null)" = "$PEERS_PACKAGES" ] ||
		with_lock "peers-$K_SUITE-$K_ARCH" peers_make
}

peers_make()
{
	local root=$CACHE/root/$TOOLS_SUITE name=${PEERS##*/} dir
	local -a packages

	[ "$(cat "$root$PEERS.of" 2>/dev/null)" != "$PEERS_PACKAGES" ] || return 0
	root_install "$TOOLS_SUITE" image e2fsprogs
	name=${name%.ext4}
	dir=$root/peers/$name
	rm -rf "$dir"
	mkdir -p "$root/peers"
	read -ra packages <<<"$PEERS_PACKAGES"
	# As on a machine of that architecture: perf depends on that architecture's perl.
	with_lock fetch root_install_locked "$K_SUITE" peers "$dir" \
		"$dir/.have/peers" -o "APT::Architecture=$K_ARCH" "${packages[@]}"
	rm -rf "$dir"/usr/share/{doc,man,locale,info} "$dir/.have"
	mkdir -p "$dir/sys" "$dir/run" "$dir/pfclass"
	say "making a disk of them"
	run_logged "$CACHE/log/peers-$name" in_root "$TOOLS_SUITE" /peers \
		/sbin/mke2fs -q -F -t ext4 -O ^has_journal -d "$name" "$name.new" 1G ||
		die "mke2fs failed"
	mv "$root/peers/$name.new" "$root$PEERS"
	echo "$PEERS_PACKAGES" >"$root$PEERS.of"
	rm -rf "$dir"
}
