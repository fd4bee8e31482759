# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds a kernel from Debian's source package with the fragments of its line in the
# table. Sourced by lib.sh.

# kernel_build PACKAGE:FRAGMENTS: the source is unpacked once for all kernels; the
# objects stay, since modules are built in their directory and a changed fragment
# rebuilds only what it changes.
kernel_build()
{
	local llvm

	[ "${1%%:*} $K_SUITE" = "$KSRC_PACKAGE $TOOLS_SUITE" ] ||
		die "kernels: $K_NAME: the source must be $KSRC_PACKAGE of $TOOLS_SUITE"
	llvm=$(config_says llvm)
	root_group "$K_SUITE" build userland reference ${llvm:+clang}
	ksrc_ready
	with_lock ksrc kernel_unpack
	kernel_build_in "/build/kernel-$K_NAME" "$llvm"
}

kernel_unpack()
{
	local dir=$K_ROOT/build/$KSRC_PACKAGE

	[ ! -e "$dir/.unpacked" ] || return 0
	say "unpacking $KSRC_PACKAGE"
	rm -rf "$dir"
	mkdir -p "$dir"
	in_root "$K_SUITE" / xz -dc <"$CACHE/$KSRC_PACKAGE.tar.xz" |
		tar -x -C "$dir" --strip-components=1 --no-same-owner ||
		die "cannot unpack $KSRC_PACKAGE"
	touch "$dir/.unpacked"
}

# kernel_build_in TREE LLVM
kernel_build_in()
{
	local tree=$1 dir=$K_ROOT$1 new=$K_DIR.new stage=/tmp/install-$K_NAME
	local log=$CACHE/log/kernel-$K_NAME base release arg image=Image
	local -a make=(in_root "$K_SUITE" / make -C "/build/$KSRC_PACKAGE" O="$tree"
		ARCH="$K_KARCH" CROSS_COMPILE="$K_CROSS" ${2:+"LLVM=$2"} -j"$(nproc)")

	mkdir -p "$dir"
	# Modules are built there: from now on none fits the kernel that was built before.
	rm -f "$K_DIR/complete"
	configs >"$dir/pfclass.config"
	while read -r arg; do
		make+=("$arg")
	done < <(sed -n 's/^# make: //p' "$dir/pfclass.config")
	base=$(config_says base)
	[ "$K_KARCH" = arm64 ] || image=bzImage
	say "building the $K_NAME kernel (5 minutes or more)"
	{
		run_logged "$log" "${make[@]}" KCONFIG_ALLCONFIG="$tree/pfclass.config" \
			"${base:-allnoconfig}" &&
		kernel_config_kept "$dir" &&
		run_logged "$log" "${make[@]}" "$image" modules &&
		run_logged "$log-install" "${make[@]}" INSTALL_MOD_PATH="$stage" \
			modules_install
	} || die "the $K_NAME kernel does not build"
	release=$(cat "$dir/include/config/kernel.release")
	mkdir -p "$new/image/usr/lib/modules"
	mv "$K_ROOT$stage/lib/modules/$release" "$new/image/usr/lib/modules/"
	rm -rf "${K_ROOT:?}$stage"
	rm -f "$new/image/usr/lib/modules/$release/"{build,source}
	cp "$dir/arch/${K_KARCH%_64}/boot/$image" "$new/vmlinuz"
	if grep -qx CONFIG_DEBUG_INFO=y "$dir/.config"; then
		run_logged "$log-vmlinux" in_root "$K_SUITE" "$tree" \
			"${K_CROSS}objcopy" --compress-debug-sections=zlib vmlinux \
			vmlinux.small || die "objcopy of vmlinux failed"
		mv "$dir/vmlinux.small" "$new/vmlinux"
	fi
	cp "$dir/.config" "$new/"
	kernel_modules "$new" "$release"
	echo "$release" >"$new/release"
	echo "$tree" >"$new/kdir"
	if [ -n "$2" ]; then
		echo "clang$2" >"$new/cc"
	else
		echo "${K_CROSS}gcc" >"$new/cc"
	fi
}

# kernel_config_kept TREE: every option of the fragments survived kconfig, as the last of
# them has it.
kernel_config_kept()
{
	local line lost=

	while read -r line; do
		case $line in
		*=n) ! grep -q "^${line%=n}=" "$1/.config" || lost="$lost $line" ;;
		*) grep -qxF "$line" "$1/.config" || lost="$lost $line" ;;
		esac
	done < <(awk -F= '/^CONFIG_/ { last[$1] = $0 } END { for (name in last) print last[name] }' \
		"$1/pfclass.config")
	[ -z "$lost" ] || die "kconfig dropped:$lost"
}
