# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A kernel that the user has built: "own" as a kernel's name. PFC_IMAGE is what QEMU
# boots, PFC_KDIR the directory that it was built in. The module is built there by this
# host's own compiler, everything else is as for the kernels of the table. Sourced by
# lib.sh.

# kernel_own_line: sets what kernel_select reads from the table for others.
# shellcheck disable=SC2034 # used by those who source this file
kernel_own_line()
{
	local config=${PFC_KDIR-}/include/config/auto.conf

	if [ -z "${PFC_IMAGE-}" ] || [ -z "${PFC_KDIR-}" ]; then
		die "a kernel of your own takes both: IMAGE=FILE KDIR=DIRECTORY"
	fi
	[ -r "$PFC_IMAGE" ] || die "cannot read IMAGE=$PFC_IMAGE"
	[ "$(head -c 4 "$PFC_IMAGE" | tr -d '\177')" != ELF ] ||
		die "IMAGE=$PFC_IMAGE is an ELF file: QEMU boots arch/*/boot/Image or bzImage"
	[ -d "$PFC_KDIR" ] || die "KDIR=$PFC_KDIR does not exist"
	PFC_KDIR=$(cd "$PFC_KDIR" && pwd)
	[ -r "$config" ] || die "KDIR=$PFC_KDIR is not configured, or no kernel was built in it"
	K_NAME=own K_SUITE=$TOOLS_SUITE K_FROM=own:$PFC_KDIR
	if grep -qx CONFIG_X86_64=y "$config"; then
		K_ARCH=amd64 K_CPUS=max
	elif grep -qx CONFIG_ARM64_16K_PAGES=y "$config"; then
		K_ARCH=arm64 K_CPUS=cortex-a35,max
	elif grep -qx CONFIG_ARM64=y "$config"; then
		K_ARCH=arm64 K_CPUS=cortex-a57,max
	else
		die "the kernel in KDIR=$PFC_KDIR is for neither arm64 nor x86_64"
	fi
}

# kernel_own_make ARG...: make on this host. CROSS_COMPILE and LLVM are taken from the
# environment or, like the compiler's kind, from the kernel's configuration.
# shellcheck disable=SC2153 # kernel_select sets K_KARCH
kernel_own_make()
{
	local config=$PFC_KDIR/include/config/auto.conf cross=${CROSS_COMPILE-}
	local llvm=${LLVM-} cc

	if [ -z "$llvm" ] && grep -qx CONFIG_CC_IS_CLANG=y "$config"; then
		llvm=1
	elif [ -z "$llvm$cross" ]; then
		cc=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$config")
		case $cc in
		*-gcc | *-gcc-[0-9]*) cross=${cc%gcc*} ;;
		esac
	fi
	env -u MAKEFLAGS -u MFLAGS -u MAKEOVERRIDES make -C "$PFC_KDIR" ARCH="$K_KARCH" \
		CROSS_COMPILE="$cross" ${llvm:+"LLVM=$llvm"} -j"$(nproc)" "$@"
}

# kernel_own_wanted: changes when the kernel or one of its modules was rebuilt.
kernel_own_wanted()
{
	local release

	release=$(cat "$PFC_KDIR/include/config/kernel.release")
	echo "$K_FROM" "$({
		sha256sum <"$PFC_IMAGE"
		sha256sum <"$PFC_KDIR/include/config/auto.conf"
		# The list has .o or .ko, depending on the kernel's version.
		(cd "$PFC_KDIR" && sed 's/\.k*o$/.ko/' modules.order | xargs -r stat -c '%n %Y')
		stat -c '%n %Y' "/lib/modules/$release/modules.dep"
	} 2>/dev/null | sha256sum | cut -c1-16)"
}

# kernel_own_copy: the image, and the modules where the kernel has any.
kernel_own_copy()
{
	local new=$K_DIR.new config=$PFC_KDIR/include/config/auto.conf release option
	local missing='' modular=''

	while read -r option; do
		case $(sed -n "s/^$option=//p" "$config") in
		y) ;;
		m) modular="$modular $option" ;;
		*) missing="$missing $option" ;;
		esac
	done < <(sed -n 's/^\(CONFIG_[A-Z0-9_]*\)=y$/\1/p' "$QEMU_DIR/configs/guest.config")
	[ -z "$missing" ] ||
		die "the kernel in KDIR=$PFC_KDIR lacks what a guest needs:$missing"
	release=$(cat "$PFC_KDIR/include/config/kernel.release")
	mkdir -p "$new/image/usr/lib/modules/$release"
	cp "$PFC_IMAGE" "$new/vmlinuz"
	if [ -s "$PFC_KDIR/modules.order" ]; then
		say "installing the modules of $release"
		run_logged "$CACHE/log/modules-own" kernel_own_make INSTALL_MOD_STRIP=1 \
			INSTALL_MOD_PATH="$new/image/usr" modules_install ||
			die "make modules_install fails in KDIR=$PFC_KDIR"
	elif [ -d "/lib/modules/$release/kernel" ]; then
		# Headers of a kernel that is installed on this host.
		cp -a "/lib/modules/$release/." "$new/image/usr/lib/modules/$release/"
	elif [ -n "$modular" ]; then
		die "modules that a guest needs are neither in KDIR=$PFC_KDIR nor in" \
			"/lib/modules/$release:$modular"
	elif [ -e "$PFC_KDIR/modules.builtin" ]; then
		cp "$PFC_KDIR/modules.builtin" "$new/image/usr/lib/modules/$release/"
	fi
	rm -f "$new/image/usr/lib/modules/$release/"{build,source}
	kernel_modules "$new" "$release"
	echo "$release" >"$new/release"
	echo "$PFC_KDIR" >"$new/kdir"
	: >"$new/cc"
}
