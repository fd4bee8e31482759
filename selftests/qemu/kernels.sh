# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Reads the table of kernels and makes the selected one ready: image, modules, build
# directory, compiler. Stock kernels are fetched here; kernel-source.sh builds the
# others. Sourced by lib.sh.

kernel_names()
{
	awk '!/^#/ && NF { print $1 }' "$QEMU_DIR/kernels"
}

# kernel_select NAME: sets the K_ variables from the line of that name.
# shellcheck disable=SC2034 # used by those who source this file
kernel_select()
{
	local line

	if [ "$1" = own ]; then
		kernel_own_line
	else
		line=$(awk -v n="$1" '!/^#/ && $1 == n' "$QEMU_DIR/kernels")
		[ -n "$line" ] ||
			die "no kernel '$1'; there are: $(kernel_names | tr '\n' ' ')"
		read -r K_NAME K_ARCH K_SUITE K_FROM K_CPUS <<<"$line"
	fi
	K_DIR=$CACHE/kernel/$K_NAME
	K_ROOT=$CACHE/root/$K_SUITE
	case $K_ARCH in
	arm64)
		K_KARCH=arm64 K_TRIPLET=aarch64-linux-gnu
		K_QEMU=qemu-system-aarch64 K_QEMU_GROUP=qemu
		K_CONSOLE=ttyAMA0
		;;
	amd64)
		K_KARCH=x86_64 K_TRIPLET=x86_64-linux-gnu
		K_QEMU=qemu-system-x86_64 K_QEMU_GROUP=qemu-x86
		K_CONSOLE=ttyS0
		;;
	*)
		die "kernels: $1: architecture '$K_ARCH' is not supported"
		;;
	esac
	K_CROSS=
	[ "$K_ARCH" = "$(dpkg --print-architecture)" ] || K_CROSS=$K_TRIPLET-
	K_MEM=$(config_says mem)
	K_MEM=${K_MEM:-1G}
	K_APPEND=$(config_says append)
	# At boot x86 expects four ticks in the time of ten, and panics otherwise. On a busy host
	# the emulated timer is later than that; as a KVM guest the kernel does not check, either.
	[ "$K_ARCH" != amd64 ] || K_APPEND="no_timer_check $K_APPEND"
}

# configs: the selected kernel's fragments, one after the other; of a stock one mostly none.
configs()
{
	local fragment

	case $K_FROM in
	own:*) ;;
	*:*:*)
		for fragment in $(tr ',' ' ' <<<"${K_FROM##*:}"); do
			cat "$QEMU_DIR/configs/$fragment.config" ||
				die "kernels: $K_NAME: no fragment '$fragment'"
		done
		;;
	esac
}

# config_says KEY: the value of the last comment "# KEY: VALUE" in the fragments.
config_says()
{
	configs | sed -n "s/^# $1: //p" | tail -n 1
}

# kernel_ready: fetches or builds the selected kernel, its headers and its compiler.
# shellcheck disable=SC2034 # used by those who source this file
kernel_ready()
{
	root_group "$K_SUITE" build
	[ "$(cat "$K_DIR/complete" 2>/dev/null)" = "$(kernel_wanted)" ] ||
		with_lock "kernel-$K_NAME" kernel_fetch
	K_RELEASE=$(cat "$K_DIR/release")
	K_KDIR=$(cat "$K_DIR/kdir")
	K_CC=$(cat "$K_DIR/cc")
	K_LLVM=$(config_says llvm)
}

# kernel_make ARG...: make in the selected kernel's build directory, with the compiler
# that the kernel was built with.
kernel_make()
{
	if [ "$K_NAME" = own ]; then
		kernel_own_make "$@"
	else
		in_root "$K_SUITE" / make -C "$K_KDIR" ARCH="$K_KARCH" \
			CROSS_COMPILE="$K_CROSS" CC="$K_CC" \
			${K_LLVM:+"LLVM=$K_LLVM"} -j"$(nproc)" "$@"
	fi
}

# kernel_wanted: what the cached kernel must have been made from.
kernel_wanted()
{
	case $K_FROM in
	src:*)
		echo "$K_FROM $(configs | grep -E '^CONFIG_|^# [a-z]+: ' |
			sha256sum | cut -c1-16)"
		;;
	own:*) kernel_own_wanted ;;
	*) echo "$K_FROM" ;;
	esac
}

kernel_fetch()
{
	[ "$(cat "$K_DIR/complete" 2>/dev/null)" != "$(kernel_wanted)" ] || return 0
	rm -rf "$K_DIR.new"
	mkdir -p "$K_DIR.new"
	case $K_FROM in
	deb:*) kernel_fetch_deb "$(cut -d: -f2 <<<"$K_FROM")" ;;
	src:*) kernel_build "${K_FROM#src:}" ;;
	own:*) kernel_own_copy ;;
	*) die "kernels: $K_NAME: cannot read '$K_FROM'" ;;
	esac
	# apt's index of the lists: large, and quickly made again.
	rm -f "$CACHE/apt/$K_SUITE/cache/"*.bin
	kernel_wanted >"$K_DIR.new/complete"
	rm -rf "$K_DIR"
	mv "$K_DIR.new" "$K_DIR"
}

# depends SUITE PACKAGE: the packages that it depends on, first alternatives.
depends()
{
	suite_apt "$1" apt-cache show --no-all-versions "$2" |
		sed -n 's/^\(Pre-\)\?Depends: //p' | tr ',' '\n' |
		sed 's/^ *//; s/[ |(].*//' | sort -u
}

# closure SUITE ARCH REGEX PACKAGE: the package and those that it depends on, as far
# as their names match: meta packages depend on the real ones.
closure()
{
	local suite=$1 arch=$2 regex=$3 package=$4 next

	printf '%s\n' "$package"
	for next in $(depends "$suite" "$package:$arch" | grep -E "$regex" || :); do
		next=${next%%:*}
		closure "$suite" "$arch" "$regex" "$next"
	done
}

kernel_fetch_deb()
{
	local flavour=$1
	local new=$K_DIR.new images headers needs gcc release vmlinuz p
	local -a debs

	suite_update "$K_SUITE"
	images=$(closure "$K_SUITE" "$K_ARCH" '^linux-(image|binary|modules)-' \
		"linux-image-$flavour" | sort -u)
	headers=$(closure "$K_SUITE" "$K_ARCH" '^linux-(headers|kbuild|compiler)-' \
		"linux-headers-$flavour" | sort -u)
	# The compiler, and the libraries of kbuild's own programs (objtool's libelf).
	needs=$(for p in $headers; do
		depends "$K_SUITE" "$p:$K_ARCH"
	done | grep -v '^linux-' | sort -u)
	gcc=$(sed -n 's/^\(gcc-[0-9]*\).*/\1/p' <<<"$needs" | head -n 1)
	[ -n "$gcc" ] || die "linux-headers-$flavour of $K_SUITE names no compiler"
	root_group "$K_SUITE" build
	# shellcheck disable=SC2046 # a list of names
	root_install "$K_SUITE" "compiler-$K_ARCH" \
		"$gcc${K_CROSS:+-$K_TRIPLET}" $(grep '^lib' <<<"$needs")

	# shellcheck disable=SC2086 # lists of names
	kernel_download "$K_SUITE" "$K_ARCH" "$new/debs" $images $headers
	for p in $images; do
		debs+=("$new/debs/${p}"_*.deb)
	done
	mkdir -p "$new/image/usr/lib"
	ln -s usr/lib "$new/image/lib"
	say "unpacking the kernel"
	unpack "$new/image" "${debs[@]}"
	debs=()
	for p in $headers; do
		debs+=("$new/debs/${p}"_*.deb)
	done
	unpack "$K_ROOT" "${debs[@]}"
	rm -rf "$new/debs"

	release=$(cd "$new/image/lib/modules" && echo *)
	# /boot/vmlinuz-RELEASE, in newer packages beside the modules.
	vmlinuz=$(find "$new/image" -name "vmlinuz-$release" -o -name vmlinuz |
		head -n 1)
	[ -n "$vmlinuz" ] || die "the image packages of $K_NAME hold no vmlinuz"
	[ -e "$K_ROOT/usr/src/linux-headers-$release/Makefile" ] ||
		die "the header packages of $K_NAME hold no linux-headers-$release"
	mv "$vmlinuz" "$new/vmlinuz"
	kernel_modules "$new" "$release"
	echo "$release" >"$new/release"
	echo "/usr/src/linux-headers-$release" >"$new/kdir"
	echo "$K_CROSS$gcc" >"$new/cc"
}

# kernel_download SUITE ARCH DIR PACKAGE...: kernel packages by name, without
# what they depend on. kbuild holds programs that run on this machine.
kernel_download()
{
	local suite=$1 arch=$2 dir=$3 p
	local -a names

	shift 3
	for p; do
		case $p in
		linux-kbuild-* | *-common | *-common-*) names+=("$p") ;;
		*) names+=("$p:$arch") ;;
		esac
	done
	mkdir -p "$dir"
	suite_download "$suite" "kernel $K_NAME" "$dir" download "${names[@]}"
}

# kernel_modules NEW RELEASE: modules.dep, by the root's own depmod.
kernel_modules()
{
	local new=$1 release=$2 stage=$K_ROOT/tmp/depmod.$$

	mkdir -p "$stage/lib/modules"
	mv "$new/image/usr/lib/modules/$release" "$stage/lib/modules/"
	run_logged "$CACHE/log/depmod-$K_NAME" in_root "$K_SUITE" / \
		depmod -b "/tmp/depmod.$$" "$release" ||
		die "depmod failed for $K_NAME"
	# Newer packages have no list of what is built in.
	[ -e "$stage/lib/modules/$release/modules.builtin" ] ||
		: >"$stage/lib/modules/$release/modules.builtin"
	mkdir -p "$new/lib/modules"
	mv "$stage/lib/modules/$release" "$new/lib/modules/"
	rm -rf "$stage" "$new/image"
}
