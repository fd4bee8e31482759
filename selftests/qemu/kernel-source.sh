# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds a kernel from Debian's source package with the fragments of its line in the
# table. Sourced by lib.sh.

# kernel_build PACKAGE:CONFIG[,CONFIG]...: from the source package, with tinyconfig
# and the fragments. The tree stays: modules are built in it, and a changed fragment
# rebuilds only what it changes. Kernels that begin with the same fragment share it.
kernel_build()
{
	local configs=${1#*:} root=$CACHE/root/$K_SUITE new=$K_DIR.new tree
	local log=$CACHE/log/kernel-$K_NAME release

	[ "${1%%:*} $K_SUITE" = "$KSRC_PACKAGE $TOOLS_SUITE" ] ||
		die "kernels: $K_NAME: only $KSRC_PACKAGE of $TOOLS_SUITE is at hand"
	root_group "$K_SUITE" build userland reference
	ksrc_ready
	tree=${configs%%,*}
	tree=kernel-${tree%.config}
	with_lock "tree-$tree" kernel_build_locked "$configs" "$root" "/build/$tree"
}

kernel_build_locked()
{
	local configs=$1 root=$2 name=$3 config stage=/tmp/install-$K_NAME arg
	local image=Image
	local -a make=(make -C "$name" ARCH="$K_KARCH" CROSS_COMPILE="$K_CROSS"
		-j"$(nproc)")

	if [ ! -e "$root$name/.unpacked" ]; then
		say "unpacking $KSRC_PACKAGE"
		rm -rf "${root:?}$name"
		mkdir -p "$root$name"
		tar -x -f "$CACHE/$KSRC_PACKAGE.tar.xz" -C "$root$name" \
			--strip-components=1 --no-same-owner ||
			die "cannot unpack $KSRC_PACKAGE"
		touch "$root$name/.unpacked"
	fi
	for config in ${configs//,/ }; do
		cat "$QEMU_DIR/$config"
	done >"$root$name/pfclass.config"
	while read -r arg; do
		make+=("$arg")
	done < <(sed -n 's/^# make: //p' "$root$name/pfclass.config")
	[ "$K_KARCH" = arm64 ] || image=bzImage
	say "building the $K_NAME kernel (5 minutes or more)"
	{
		run_logged "$log" in_root "$K_SUITE" / "${make[@]}" \
			KCONFIG_ALLCONFIG=pfclass.config tinyconfig &&
		kernel_config_kept "$root$name" &&
		run_logged "$log" in_root "$K_SUITE" / "${make[@]}" "$image" modules &&
		run_logged "$log-install" in_root "$K_SUITE" / "${make[@]}" \
			INSTALL_MOD_PATH="$stage" modules_install &&
		run_logged "$log-vmlinux" in_root "$K_SUITE" "$name" \
			"${K_CROSS}objcopy" --compress-debug-sections=zlib vmlinux \
			vmlinux.small
	} || die "the $K_NAME kernel does not build"
	release=$(cat "$root$name/include/config/kernel.release")
	mkdir -p "$new/image/usr/lib/modules"
	mv "$root$stage/lib/modules/$release" "$new/image/usr/lib/modules/"
	rm -rf "${root:?}$stage"
	rm -f "$new/image/usr/lib/modules/$release/"{build,source}
	cp "$root$name/arch/${K_KARCH%_64}/boot/$image" "$new/vmlinuz"
	mv "$root$name/vmlinux.small" "$new/vmlinux"
	cp "$root$name/.config" "$new/"
	kernel_modules "$new" "$release"
	echo "$release" >"$new/release"
	echo "$name" >"$new/kdir"
	echo "${K_CROSS}gcc" >"$new/cc"
}

# kernel_config_kept TREE: every option of the fragment survived kconfig.
kernel_config_kept()
{
	local line lost=

	while read -r line; do
		case $line in
		"" | \#*) continue ;;
		*=n) ! grep -q "^${line%=n}=" "$1/.config" || lost="$lost $line" ;;
		*) grep -qxF "$line" "$1/.config" || lost="$lost $line" ;;
		esac
	done <"$1/pfclass.config"
	[ -z "$lost" ] || die "kconfig dropped:$lost"
}
