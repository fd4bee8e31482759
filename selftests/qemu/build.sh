# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Builds what comes from the project's sources: the module for the selected kernel,
# the tool and the tests for the guest. Sourced by lib.sh.

# sources DIR...: the source files below the project's top; what make leaves
# there (objects, programs: executable and without a suffix) is not among them.
sources()
{
	(cd "$SRC" && find "$@" -type f ! -name '*.o' ! -name '*.ko' \
		! -name '*.mod' ! -name '*.mod.c' ! -name '.*' ! -name '*.order' \
		! -name '*.symvers' ! -name '*.a' ! -name '*.d' \
		! -name built-as ! -path 'selftests/unit/out/*' ! -path '*/empty/*' \
		! \( -perm /111 ! -name '*.*' \) 2>/dev/null |
		sort) || :
}

# sources_key FILE-LIST: one hash for names and contents.
sources_key()
{
	(cd "$SRC" && printf '%s' "$1" | tr '\n' '\0' |
		xargs -0 -r sha256sum | sha256sum | cut -c1-16)
}

# sources_copy FILE-LIST DIR: only what changed, so that make is incremental;
# what is gone from the list is gone from the directory.
sources_copy()
{
	local list=$1 dir=$2 f

	mkdir -p "$dir"
	if [ "$(cat "$dir/.list" 2>/dev/null)" != "$list" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
	fi
	while read -r f; do
		[ -n "$f" ] || continue
		cmp -s "$SRC/$f" "$dir/$f" && continue
		mkdir -p "$(dirname "$dir/$f")"
		cp -p "$SRC/$f" "$dir/$f"
		touch "$dir/$f"
	done <<<"$list"
	printf '%s\n' "$list" >"$dir/.list"
}

# built NAME KEY CMD ARG...: sets BUILT to a directory that CMD has filled; it gets that
# directory as its last argument. KEY stands for all that the content is made from, so
# that clones that share a cache never take each other's, and one process at a time
# builds what has the same name. The four newest stay, and what the last hour used.
built()
{
	BUILT=$CACHE/build/$1/$2
	with_lock "build-$1" built_locked "$@"
}

built_locked()
{
	local dir=$CACHE/build/$1 out=$CACHE/build/$1/$2 old

	shift 2
	if [ -d "$out" ]; then
		touch "$out"
		return
	fi
	rm -rf "$dir/"*.new
	mkdir -p "$out.new"
	"$@" "$out.new"
	mv "$out.new" "$out"
	# shellcheck disable=SC2012 # names without blanks
	ls -t "$dir" | tail -n +5 | while read -r old; do
		find "$dir/$old" -maxdepth 0 -mmin +60 -exec rm -rf {} +
	done
}

# PFC_COVERAGE=1 in the environment builds modules for gcov, and keeps its notes.

# module_ready: sets K_KO to the module, built for the selected kernel.
# shellcheck disable=SC2034 # used by those who source this file
module_ready()
{
	module_part pfclass . Kbuild module include
	K_KO=$BUILT/pfclass.ko
}

# neighbour_ready: sets K_NEIGHBOUR to the tests' own module, likewise.
# shellcheck disable=SC2034 # used by those who source this file
neighbour_ready()
{
	module_part pfc_neighbour selftests/neighbours selftests/neighbours
	K_NEIGHBOUR=$BUILT/pfc_neighbour.ko
}

# module_part NAME DIR SOURCE...: has NAME.ko, by the Kbuild of DIR below the project's
# top, built into BUILT.
module_part()
{
	local name=$1 dir=$2 list key

	shift 2
	list=$(sources "$@")
	[ -n "$list" ] || die "$SRC holds no $*"
	key=$(echo "$(sources_key "$list") $K_RELEASE $(cat "$K_DIR/complete")${PFC_COVERAGE:+ gcov}" |
		sha256sum | cut -c1-16)
	built "$name-$K_NAME" "$key" module_build "$name" "$dir" "$list"
}

# module_build NAME DIR FILE-LIST OUT
module_build()
{
	local name=$1 dir=$2 list=$3 out=$4 root=$K_ROOT build=/build/$1-$K_NAME

	# The build directory as make sees it: on the host for the user's own kernel.
	[ "$K_NAME" != own ] || root='' build=$K_ROOT$build
	say "building $name.ko for $K_NAME ($K_RELEASE)"
	sources_copy "$list" "$root$build"
	run_logged "$CACHE/log/$name-$K_NAME" module_make "$build/$dir" modules ||
		die "$name.ko does not build for $K_NAME"
	grep -E 'warning:|WARNING:' "$CACHE/log/$name-$K_NAME" >&2 || :
	cp "$root$build/$dir/$name.ko" "$out/"
	[ ! -e "$root$build/$dir/${name}_kunit.ko" ] ||
		cp "$root$build/$dir/${name}_kunit.ko" "$out/"
	[ -z "${PFC_COVERAGE:-}" ] || (cd "$root$build/$dir" && find . -name '*.gcno' -exec \
		cp --parents -t "$out" {} +)
}

# module_make DIR MAKE-ARG...: the kernel's own build system, on a directory of its root.
module_make()
{
	local dir=$1

	shift
	kernel_make M="$dir" ${PFC_COVERAGE:+GCOV_PROFILE=y} "$@"
}

# ksrc_ready: the kselftest framework and the kernel's checkers, unpacked from
# the kernel's source package into $KSRC of the tools' root.
ksrc_ready()
{
	[ -e "$CACHE/root/$TOOLS_SUITE/$KSRC/.complete" ] ||
		with_lock ksrc ksrc_fetch
}

ksrc_fetch()
{
	local root=$CACHE/root/$TOOLS_SUITE tmp=$CACHE/ksrc.tmp

	[ -e "$root/$KSRC/.complete" ] && return
	root_group "$TOOLS_SUITE" build
	rm -rf "$tmp" "${root:?}/$KSRC"
	mkdir -p "$tmp/debs" "$tmp/deb" "$root/$KSRC"
	suite_download "$TOOLS_SUITE" "the kselftest framework" "$tmp/debs" \
		download "$KSRC_PACKAGE"
	unpack "$tmp/deb" "$tmp/debs/"*.deb
	say "unpacking $KSRC_PACKAGE"
	mv "$tmp/deb$KSRC.tar.xz" "$CACHE/$KSRC_PACKAGE.tar.xz"
	in_root "$TOOLS_SUITE" / xz -dc <"$CACHE/$KSRC_PACKAGE.tar.xz" |
		tar -x -C "$root/$KSRC" --strip-components=1 --no-same-owner \
		--wildcards --no-wildcards-match-slash \
		'*/tools/testing/selftests/*.*' \
		'*/tools/testing/selftests/Makefile' \
		'*/tools/testing/selftests/kselftest' \
		'*/tools/scripts' '*/tools/build' '*/scripts' '*/COPYING' \
		'*/LICENSES' '*/Documentation/process' '*/.clang-format' ||
		die "cannot unpack $KSRC_PACKAGE"
	rm -rf "$tmp"
	touch "$root/$KSRC/.complete"
}

# userland_ready: builds the tool and the tests for the guest, statically linked, into
# U_TOOLS and U_SELFTESTS.
# shellcheck disable=SC2034 # used by those who source this file
userland_ready()
{
	root_group "$TOOLS_SUITE" build userland
	ksrc_ready
	userland_part tool tools/pfclass Documentation/classes module selftests/unit
	U_TOOLS=$BUILT
	userland_part tests selftests
	U_SELFTESTS=$BUILT
}

# userland_part WHAT DIR SOURCE...: has WHAT_build make what is in DIR, from the SOURCEs,
# too, into BUILT.
userland_part()
{
	local list key

	list=$(sources include "${@:2}" | grep -vE '^selftests/(qemu|golden)/' || :)
	key=$(echo "$(sources_key "$list") $(cat "$QEMU_DIR/build.sh")" |
		sha256sum | cut -c1-16)
	built "$1-$K_ARCH" "$key" userland_build "$1" "$2" "$list"
}

# userland_build WHAT DIR FILE-LIST OUT
userland_build()
{
	local log=$CACHE/log/$1-$K_ARCH

	sources_copy "$3" "$CACHE/root/$TOOLS_SUITE/build/$1-$K_ARCH"
	say "building the $1 for $K_ARCH"
	"$1_build" "/build/$1-$K_ARCH" "$2" "$log" "$4" ||
		die "the $1 cannot be built for $K_ARCH"
	grep 'warning:' "$log" | grep -v "^$KSRC" >&2 || :
}

# userland_make COPY DIR ARG...: make for the guest in DIR of a copy of the sources.
userland_make()
{
	in_root "$TOOLS_SUITE" "$1" make -C "$2" ARCH="$K_KARCH" CROSS_COMPILE="$K_CROSS" \
		STATIC=1 KSRC="$KSRC" -j"$(nproc)" \
		PKG_CONFIG_LIBDIR="/usr/lib/$K_TRIPLET/pkgconfig:/usr/share/pkgconfig" \
		"${@:3}"
}

# tool_build COPY DIR LOG OUT
tool_build()
{
	run_logged "$3" userland_make "$1" "$2" &&
	cp "$CACHE/root/$TOOLS_SUITE$1/$2/pfclass" "$4/"
}

# tests_build COPY DIR LOG OUT: an install as the kernel's own selftests/Makefile makes it.
tests_build()
{
	local root=$CACHE/root/$TOOLS_SUITE selftests=$KSRC/tools/testing/selftests

	rm -rf "$root$1/out"
	run_logged "$3" userland_make "$1" "$2" INSTALL_PATH="$1/out/pfclass" install &&
	userland_make "$1" "$2" -s COLLECTION=pfclass emit_tests \
		>"$4/kselftest-list.txt" 2>>"$3" &&
	cp -a "$root$1/out/." "$root$selftests/run_kselftest.sh" \
		"$root$selftests/kselftest" "$4/"
}
