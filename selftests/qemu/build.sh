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
		! -name built-as ! \( -perm /111 ! -name '*.*' \) 2>/dev/null |
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

# module_ready: sets K_KO to the module, built for the selected kernel.
# shellcheck disable=SC2034 # used by those who source this file
module_ready()
{
	K_KO=$CACHE/build/$K_NAME/pfclass.ko
	with_lock "module-$K_NAME" module_build
}

module_build()
{
	local list key out=$CACHE/build/$K_NAME dir

	list=$(sources Kbuild module include)
	[ -n "$list" ] || die "$SRC holds no Kbuild, module or include"
	key=$(sources_key "$list")-$K_RELEASE
	[ "$(cat "$out/key" 2>/dev/null)" != "$key" ] || return 0
	say "building pfclass.ko for $K_NAME ($K_RELEASE)"
	dir=$CACHE/root/$K_SUITE/build/module-$K_NAME
	sources_copy "$list" "$dir"
	run_logged "$CACHE/log/module-$K_NAME" module_make \
		"/build/module-$K_NAME" modules ||
		die "pfclass.ko does not build for $K_NAME"
	grep -E 'warning:|WARNING:' "$CACHE/log/module-$K_NAME" >&2 || :
	mkdir -p "$out"
	cp "$dir/pfclass.ko" "$out/pfclass.ko.new"
	mv "$out/pfclass.ko.new" "$out/pfclass.ko"
	echo "$key" >"$out/key"
}

# module_make DIR MAKE-ARG...: the kernel's own build system, in the root.
module_make()
{
	local dir=$1

	shift
	in_root "$K_SUITE" / make -C "$K_KDIR" M="$dir" ARCH="$K_KARCH" \
		CROSS_COMPILE="$K_CROSS" CC="$K_CC" -j"$(nproc)" "$@"
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
	tar -x -f "$CACHE/$KSRC_PACKAGE.tar.xz" -C "$root/$KSRC" --strip-components=1 \
		--no-same-owner --wildcards --no-wildcards-match-slash \
		'*/tools/testing/selftests/*.*' \
		'*/tools/testing/selftests/Makefile' \
		'*/tools/testing/selftests/kselftest' \
		'*/tools/scripts' '*/tools/build' '*/scripts' '*/COPYING' \
		'*/LICENSES' '*/Documentation/process' '*/.clang-format' ||
		die "cannot unpack $KSRC_PACKAGE"
	rm -rf "$tmp"
	touch "$root/$KSRC/.complete"
}

# userland_ready WHAT...: builds the tool (tools) and the tests (selftests) for
# the guest, statically linked, into U_DIR/WHAT.
userland_ready()
{
	local what

	U_DIR=$CACHE/build/userland-$K_ARCH
	for what; do
		with_lock "userland-$K_ARCH-$what" userland_build "$what"
	done
}

userland_build()
{
	local what=$1 list key root=$CACHE/root/$TOOLS_SUITE
	local log=$CACHE/log/userland-$K_ARCH-$1 name=/build/userland-$K_ARCH-$1
	local out=$U_DIR/$1 dir
	local -a vars

	list=$(sources include "$what" | grep -v '^selftests/qemu/' || :)
	vars=(ARCH="$K_KARCH" CROSS_COMPILE="$K_CROSS" STATIC=1
		PKG_CONFIG_LIBDIR="/usr/lib/$K_TRIPLET/pkgconfig:/usr/share/pkgconfig")
	key=$(sources_key "$list")-$(echo "${vars[@]}" | sha256sum | cut -c1-8)
	[ "$(cat "$out.key" 2>/dev/null)" != "$key" ] || return 0
	root_group "$TOOLS_SUITE" build userland
	dir=$root$name
	sources_copy "$list" "$dir"
	rm -rf "$dir/out"
	mkdir -p "$dir/out"
	if [ ! -e "$dir/$what/Makefile" ]; then
		say "there is no $what/Makefile: the guest goes without"
	elif [ "$what" = tools ]; then
		say "building the tool for $K_ARCH"
		run_logged "$log" in_root "$TOOLS_SUITE" "$name" \
			make -C tools "${vars[@]}" -j"$(nproc)" ||
			die "the tool does not build for $K_ARCH"
		grep 'warning:' "$log" >&2 || :
		cp "$dir/tools/pfclass" "$dir/out/"
	else
		ksrc_ready
		say "building the tests for $K_ARCH"
		run_logged "$log" in_root "$TOOLS_SUITE" "$name" \
			make -C selftests "${vars[@]}" -j"$(nproc)" \
			KSRC="$KSRC" INSTALL_PATH="$name/out/pfclass" install ||
			die "the tests do not build for $K_ARCH"
		grep 'warning:' "$log" | grep -v "^$KSRC" >&2 || :
		# What the kernel's own selftests/Makefile adds to an install.
		in_root "$TOOLS_SUITE" "$name" make -s -C selftests "${vars[@]}" \
			KSRC="$KSRC" COLLECTION=pfclass emit_tests \
			2>"$log" >"$dir/out/kselftest-list.txt" ||
			die "the tests cannot be listed"
		cp -r "$root$KSRC/tools/testing/selftests/run_kselftest.sh" \
			"$root$KSRC/tools/testing/selftests/kselftest" "$dir/out/"
	fi
	rm -rf "$out.new"
	mkdir -p "$U_DIR"
	cp -a "$dir/out" "$out.new"
	rm -rf "$out"
	mv "$out.new" "$out"
	echo "$key" >"$out.key"
}
