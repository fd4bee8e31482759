# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts in this directory share: the cache, the private apt, the
# private build roots, the kernels' table.
#
# Everything that is fetched or built lives in the cache, nothing in the clone
# and nothing on the host: packages are downloaded by an apt with a state
# directory of its own, unpacked (never installed) into a root directory, and
# used from there by chroot, as root or in a user namespace.

# A user's PATH lacks chroot.
PATH=$PATH:/usr/sbin:/sbin
QEMU_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$QEMU_DIR/../.." && pwd)
CACHE=${PFCLASS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pfclass}
# Where the sources are; another tree can be tested with these scripts.
SRC=${PFCLASS_SRC:-$TOP}
# The root that holds QEMU, the userland's compilers and the lint tools.
TOOLS_SUITE=trixie
KSRC_PACKAGE=linux-source-6.12
KSRC=/usr/src/$KSRC_PACKAGE

die()
{
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

say()
{
	printf '  %s\n' "$*" >&2
}

# run_logged LOG CMD...: the command's output goes to LOG; its end is shown
# when it fails.
run_logged()
{
	local log=$1 rc=0

	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 || rc=$?
	if [ "$rc" != 0 ]; then
		tail -n 30 "$log" >&2
		printf '  (whole log: %s)\n' "$log" >&2
	fi
	return "$rc"
}

# with_lock NAME CMD...: one process at a time for each name.
with_lock()
{
	local name=$1

	shift
	mkdir -p "$CACHE/lock"
	(
		if ! flock -n 9; then
			say "waiting for another run to finish with $name"
			flock 9
		fi
		"$@" 9>&-
	) 9>"$CACHE/lock/$name"
}

need_host()
{
	local tool

	for tool in apt-get dpkg-deb tar unshare chroot flock sha256sum timeout; do
		command -v "$tool" >/dev/null ||
			die "this host has no $tool; a Debian 12 or 13 system is needed"
	done
}

# ---- the kernels' table ----------------------------------------------------

kernel_names()
{
	awk '!/^#/ && NF { print $1 }' "$QEMU_DIR/kernels"
}

# kernel_select NAME: sets the K_ variables from the line of that name.
# shellcheck disable=SC2034 # used by those who source this file
kernel_select()
{
	local line

	line=$(awk -v n="$1" '!/^#/ && $1 == n' "$QEMU_DIR/kernels")
	[ -n "$line" ] ||
		die "no kernel '$1'; there are: $(kernel_names | tr '\n' ' ')"
	read -r K_NAME K_ARCH K_SUITE K_FROM K_CPUS <<<"$line"
	K_DIR=$CACHE/kernel/$K_NAME
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
		die "kernels: $1: architecture '$K_ARCH' is not known here"
		;;
	esac
	K_CROSS=
	[ "$K_ARCH" = "$(dpkg --print-architecture)" ] || K_CROSS=$K_TRIPLET-
}

# ---- the private apt -------------------------------------------------------

# mirror main|security: the address that this machine's own apt uses.
mirror()
{
	local uri=

	case $1 in
	main)
		# shellcheck disable=SC2016 # apt's own variables
		uri=${PFCLASS_MIRROR:-$(apt-get indextargets \
			--format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
			awk '$2 ~ /^(bullseye|bookworm|trixie|forky|duke|sid|stable|testing|unstable)(-updates)?$/ { print $1; exit }')}
		[ -n "$uri" ] ||
			die "this machine's apt names no Debian mirror; set PFCLASS_MIRROR=URI"
		;;
	security)
		# shellcheck disable=SC2016 # apt's own variables
		uri=${PFCLASS_SECURITY_MIRROR:-$(apt-get indextargets \
			--format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
			awk '$2 ~ /-security$/ { print $1; exit }')}
		;;
	esac
	printf '%s' "$uri"
}

# suite_apt SUITE TOOL ARG...: apt-get or apt-cache with the suite's own state.
suite_apt()
{
	local a=$CACHE/apt/$1 tool=$2

	shift 2
	"$tool" \
		-o Dir::Etc::sourcelist="$a/sources.list" \
		-o Dir::Etc::sourceparts="$a/none" \
		-o Dir::Etc::preferences="$a/none/preferences" \
		-o Dir::Etc::preferencesparts="$a/none" \
		-o Dir::State="$a/state" \
		-o Dir::State::lists="$a/lists" \
		-o Dir::State::status="$a/status" \
		-o Dir::Cache="$a/cache" \
		-o Dir::Cache::pkgcache=pkgcache.bin \
		-o Dir::Cache::srcpkgcache=srcpkgcache.bin \
		-o Dir::Cache::archives="$a/archives" \
		-o APT::Architecture="$(dpkg --print-architecture)" \
		-o APT::Architectures::="$(dpkg --print-architecture)" \
		-o APT::Architectures::=amd64 \
		-o APT::Architectures::=arm64 \
		-o APT::Install-Recommends=false \
		-o APT::Sandbox::User= \
		-o APT::Get::List-Cleanup=false \
		-o Acquire::Languages=none \
		-o Acquire::Retries=3 \
		-o DPkg::Use-Pty=false \
		"$@"
}

# suite_update SUITE: reads the suite's package lists, unless that is done.
suite_update()
{
	[ -e "$CACHE/apt/$1/updated" ] || with_lock "apt-$1" suite_update_locked "$1"
}

suite_update_locked()
{
	local suite=$1 a=$CACHE/apt/$1 main security options key

	[ -e "$a/updated" ] && return
	key=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -e "$key" ] || die "no $key; install debian-archive-keyring"
	mkdir -p "$a/none" "$a/state" "$a/lists/partial" "$a/cache" \
		"$a/archives/partial"
	: >"$a/status"
	main=$(mirror main)
	security=$(mirror security)
	options="signed-by=$key"
	case $suite in
	sid)
		# Has no updates; its Release file may be past its date.
		options="$options check-valid-until=no"
		security=
		;;
	bullseye)
		# Past its support: the security archive names files that are gone.
		security=
		;;
	esac
	{
		echo "deb [$options] $main $suite main"
		[ -z "$security" ] ||
			echo "deb [$options] $security $suite-security main"
	} >"$a/sources.list"
	say "reading the package lists of $suite"
	run_logged "$CACHE/log/apt-$suite" suite_apt "$suite" apt-get -q update ||
		die "cannot read the package lists of $suite"
	touch "$a/updated"
}

# suite_forget SUITE: the next fetch reads the package lists anew.
suite_forget()
{
	rm -f "$CACHE/apt/$1/updated"
}

# megabytes: sums the sizes in the output of apt-get --print-uris.
megabytes()
{
	awk '{ s += $3 } END { printf "%d packages, %d MB", NR, s / 1e6 + 0.5 }'
}

# suite_download SUITE WHAT DIR GET-ARG...: apt-get, run in DIR.
suite_download()
{
	local suite=$1 what=$2 dir=$3 try

	shift 3
	for try in 1 2; do
		suite_update "$suite"
		say "fetching $what ($(suite_apt "$suite" apt-get -qq --print-uris \
			"$@" 2>/dev/null | megabytes))"
		if (cd "$dir" &&
		    run_logged "$CACHE/log/fetch-$suite" \
			suite_apt "$suite" apt-get -q -y "$@"); then
			return
		fi
		# Lists that are older than the mirror name files that are gone.
		[ "$try" = 2 ] || suite_forget "$suite"
	done
	die "cannot fetch $what"
}

# unpack DIR DEB...: unpacks packages without installing them.
unpack()
{
	local dir=$1 deb

	shift
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$dir" --keep-directory-symlink --no-same-owner ||
			die "cannot unpack $deb"
	done
}

# ---- build roots -----------------------------------------------------------

# root_new DIR: the empty frame of a root, merged /usr as packages expect it.
root_new()
{
	local dir=$1 d

	mkdir -p "$dir/dev" "$dir/proc" "$dir/tmp" "$dir/etc" "$dir/build" \
		"$dir/root" "$dir/.have"
	for d in bin sbin lib lib64; do
		mkdir -p "$dir/usr/$d"
		ln -s "usr/$d" "$dir/$d"
	done
	echo 'root:x:0:0:root:/root:/bin/sh' >"$dir/etc/passwd"
	echo 'root:x:0:' >"$dir/etc/group"
}

# root_finish DIR: what maintainer scripts would have done.
root_finish()
{
	local dir=$1

	[ -e "$dir/usr/bin/sh" ] || ln -s dash "$dir/usr/bin/sh"
	[ -e "$dir/usr/bin/awk" ] || ln -s mawk "$dir/usr/bin/awk"
}

# root_packages SUITE GROUP: the packages of a group, from the table.
root_packages()
{
	awk -v s="$1" -v g="$2" '!/^#/ && ($1 == s || $1 == "*") && $2 == g {
		for (i = 3; i <= NF; i++) print $i }' "$QEMU_DIR/packages"
}

# root_install SUITE GROUP PACKAGE...: unpacks packages and all that they
# depend on into the suite's root; later calls only test a stamp.
root_install()
{
	local suite=$1 group=$2 root=$CACHE/root/$1 stamp

	shift 2
	stamp=$root/.have/$group-$(printf '%s\n' "$@" | sha256sum | cut -c1-12)
	[ -e "$stamp" ] && return
	with_lock fetch root_install_locked "$suite" "$group" "$root" "$stamp" "$@"
}

root_install_locked()
{
	local suite=$1 group=$2 root=$3 stamp=$4 a=$CACHE/apt/$1 debs

	shift 4
	[ -e "$stamp" ] && return
	suite_download "$suite" "$group of the $suite root" "$a" \
		install --download-only "$@"
	mapfile -t debs < <(suite_apt "$suite" apt-get -qq -s install "$@" |
		sed -n 's/^Inst \([^ :]*\)\(:[^ ]*\)\? (\([^ ]*\) .*\[\([a-z0-9]*\)\]).*/\1_\3_\4.deb/p' |
		sed "s/:/%3a/; s#^#$a/archives/#")
	[ ${#debs[@]} != 0 ] || die "no packages for $group of $suite"
	[ -d "$root" ] || {
		rm -rf "$root.new"
		root_new "$root.new"
		mv "$root.new" "$root"
	}
	say "unpacking ${#debs[@]} packages"
	unpack "$root" "${debs[@]}"
	root_finish "$root"
	rm -f "${debs[@]}"
	touch "$stamp"
}

# root_group SUITE GROUP...: root_install for groups of the table.
root_group()
{
	local suite=$1 group packages

	shift
	for group; do
		mapfile -t packages < <(root_packages "$suite" "$group")
		root_install "$suite" "$group" "${packages[@]}"
	done
}

# in_root SUITE DIR CMD...: runs a command inside a root, in directory DIR.
# /dev and /proc are the host's. Where mount namespaces are forbidden to root
# (an unprivileged container), a plain chroot with device nodes must do.
in_root()
{
	local root=$CACHE/root/$1 dir=$2 flags=-m mount=
	local -a env=(env -i -C "$dir" HOME=/root LC_ALL=C TERM="${TERM:-dumb}"
		PATH=/usr/sbin:/usr/bin:/sbin:/bin)

	shift 2
	[ "$(id -u)" = 0 ] || flags=-rm
	if [ -z "${PFC_NO_UNSHARE-}" ]; then
		PFC_NO_UNSHARE=0
		unshare $flags true 2>/dev/null || PFC_NO_UNSHARE=1
	fi
	if [ "$PFC_NO_UNSHARE" = 0 ]; then
		# shellcheck disable=SC2016 # expanded by the inner shell
		mount='mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'
		exec_or_run unshare $flags sh -c "$mount" "$root" "${env[@]}" "$@"
		return
	fi
	[ "$(id -u)" = 0 ] ||
		die "user namespaces are off (sysctl kernel.unprivileged_userns_clone or an AppArmor rule): run as root"
	[ -e "$root/dev/null" ] || {
		mknod -m 666 "$root/dev/null" c 1 3
		mknod -m 666 "$root/dev/zero" c 1 5
		mknod -m 666 "$root/dev/full" c 1 7
		mknod -m 666 "$root/dev/urandom" c 1 9
	}
	exec_or_run chroot "$root" "${env[@]}" "$@"
}

# A caller that wants the command's own process id sets PFC_EXEC.
exec_or_run()
{
	if [ -n "${PFC_EXEC-}" ]; then
		exec "$@"
	else
		"$@"
	fi
}

# ---- kernels ---------------------------------------------------------------

# depends SUITE PACKAGE: the packages that it depends on, first alternatives.
depends()
{
	suite_apt "$1" apt-cache show --no-all-versions "$2" |
		sed -n 's/^\(Pre-\)\?Depends: //p' | tr ',' '\n' |
		sed 's/^ *//; s/[ |(].*//' | sort -u
}

# closure SUITE ARCH REGEX PACKAGE: the package and, by way of names that
# match, those it stands for: meta packages name the real ones.
closure()
{
	local suite=$1 arch=$2 regex=$3 package=$4 next

	printf '%s\n' "$package"
	for next in $(depends "$suite" "$package:$arch" | grep -E "$regex" || :); do
		next=${next%%:*}
		closure "$suite" "$arch" "$regex" "$next"
	done
}

# kernel_ready: fetches the selected kernel, its headers and its compiler.
kernel_ready()
{
	root_group "$K_SUITE" build
	[ "$(cat "$K_DIR/complete" 2>/dev/null)" = "$(kernel_wanted)" ] ||
		with_lock "kernel-$K_NAME" kernel_fetch
	K_RELEASE=$(cat "$K_DIR/release")
	K_KDIR=$(cat "$K_DIR/kdir")
	K_CC=$(cat "$K_DIR/cc")
}

# kernel_wanted: what the cached kernel must have been made from.
kernel_wanted()
{
	local configs

	case $K_FROM in
	src:*)
		configs=${K_FROM##*:}
		# shellcheck disable=SC2086 # names
		echo "$K_FROM $(cd "$QEMU_DIR" && cat ${configs//,/ } |
			sha256sum | cut -c1-16)"
		;;
	*) echo "$K_FROM" ;;
	esac
}

kernel_fetch()
{
	[ "$(cat "$K_DIR/complete" 2>/dev/null)" != "$(kernel_wanted)" ] || return 0
	rm -rf "$K_DIR.new"
	mkdir -p "$K_DIR.new"
	case $K_FROM in
	deb:*)
		kernel_fetch_deb "${K_FROM#deb:}"
		;;
	src:*)
		kernel_build "${K_FROM#src:}"
		;;
	*)
		die "kernels: $K_NAME: cannot read '$K_FROM'"
		;;
	esac
	# apt's index of the lists: large, and quickly made anew.
	rm -f "$CACHE/apt/$K_SUITE/cache/"*.bin
	kernel_wanted >"$K_DIR.new/complete"
	rm -rf "$K_DIR"
	mv "$K_DIR.new" "$K_DIR"
}

kernel_fetch_deb()
{
	local flavour=$1 root=$CACHE/root/$K_SUITE a=$CACHE/apt/$K_SUITE
	local new=$K_DIR.new images headers gcc release vmlinuz p
	local -a debs

	suite_update "$K_SUITE"
	images=$(closure "$K_SUITE" "$K_ARCH" '^linux-(image|binary|modules)-' \
		"linux-image-$flavour" | sort -u)
	headers=$(closure "$K_SUITE" "$K_ARCH" '^linux-(headers|kbuild)-' \
		"linux-headers-$flavour" | sort -u)
	gcc=$(for p in $headers; do
		depends "$K_SUITE" "$p:$K_ARCH"
	done | sed -n 's/^\(gcc-[0-9]*\).*/\1/p' | sort -u | head -n 1)
	[ -n "$gcc" ] || die "linux-headers-$flavour of $K_SUITE names no compiler"
	root_group "$K_SUITE" build
	if [ -n "$K_CROSS" ]; then
		root_install "$K_SUITE" "compiler-$K_ARCH" "$gcc-$K_TRIPLET"
	else
		root_install "$K_SUITE" "compiler-$K_ARCH" "$gcc"
	fi

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
	unpack "$root" "${debs[@]}"
	rm -rf "$new/debs"

	release=$(cd "$new/image/lib/modules" && echo *)
	# /boot/vmlinuz-RELEASE, in newer packages beside the modules.
	vmlinuz=$(find "$new/image" -name "vmlinuz-$release" -o -name vmlinuz |
		head -n 1)
	[ -n "$vmlinuz" ] || die "the image packages of $K_NAME hold no vmlinuz"
	[ -e "$root/usr/src/linux-headers-$release/Makefile" ] ||
		die "the header packages of $K_NAME hold no linux-headers-$release"
	mv "$vmlinuz" "$new/vmlinuz"
	kernel_modules "$new" "$release"
	echo "$release" >"$new/release"
	echo "/usr/src/linux-headers-$release" >"$new/kdir"
	echo "$K_CROSS$gcc" >"$new/cc"
}

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
	local new=$1 release=$2 stage=$CACHE/root/$K_SUITE/tmp/depmod.$$

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

# ---- what is built ---------------------------------------------------------

# sources DIR...: the source files below the project's top; what make leaves
# there (objects, programs: executable and without a suffix) is not among them.
sources()
{
	(cd "$SRC" && find "$@" -type f ! -name '*.o' ! -name '*.ko' \
		! -name '*.mod' ! -name '*.mod.c' ! -name '.*' ! -name '*.order' \
		! -name '*.symvers' ! -name '*.a' ! -name '*.d' \
		! -name built-as ! -path 'selftests/unit/out/*' ! \( -perm /111 ! -name '*.*' \) 2>/dev/null |
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
	rm -f "$out/pfclass_kunit.ko"
	[ ! -e "$dir/pfclass_kunit.ko" ] || cp "$dir/pfclass_kunit.ko" "$out/"
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

# ---- the guest -------------------------------------------------------------

# Modules that every guest can modprobe, with all that they depend on. Those
# that a kernel has built in are skipped by depmod's own list.
GUEST_MODULES="virtio_pci virtio_mmio virtio_console virtio_blk zram ext4 loop"
# Asked for by name at run time (ext4's checksums, a test of device memory), by
# kernels that have them.
GUEST_MODULES_IF_ANY="crc32c_generic test_hmm"

# busybox_ready: sets B_BUSYBOX to a static busybox of the guest.
busybox_ready()
{
	B_BUSYBOX=$CACHE/busybox/$K_ARCH/bin/busybox
	[ -e "$B_BUSYBOX" ] || with_lock fetch busybox_fetch
}

busybox_fetch()
{
	local dir=$CACHE/busybox/$K_ARCH tmp=$CACHE/busybox/$K_ARCH.new

	[ -e "$B_BUSYBOX" ] && return
	rm -rf "$tmp"
	mkdir -p "$tmp/debs" "$tmp/unpacked" "$tmp/bin"
	suite_download "$TOOLS_SUITE" "busybox for the guest" "$tmp/debs" \
		download "busybox-static:$K_ARCH"
	unpack "$tmp/unpacked" "$tmp/debs/"*.deb
	mv "$(find "$tmp/unpacked" -name busybox -type f -perm -1)" "$tmp/bin/"
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
base_ready()
{
	busybox_ready
	B_CPIO=$CACHE/build/$K_NAME/base.cpio
	with_lock "base-$K_NAME" base_pack
}

base_pack()
{
	local root=$CACHE/root/$TOOLS_SUITE stage key f mods to more=

	key=$K_RELEASE-$(cat "$QEMU_DIR/guest/init" "$B_BUSYBOX" \
		<(echo "$GUEST_MODULES $GUEST_MODULES_IF_ANY") | sha256sum | cut -c1-16)
	[ "$(cat "$B_CPIO.key" 2>/dev/null)" != "$key" ] || return 0
	root_group "$TOOLS_SUITE" build
	stage=$root/tmp/base-$K_NAME
	mods=$stage/lib/modules/$K_RELEASE
	rm -rf "$stage"
	mkdir -p "$stage/bin" "$mods" "$stage/dev" "$stage/proc" "$stage/sys" \
		"$stage/tmp" "$stage/etc" "$stage/root" "$stage/mnt" "$stage/run"
	cp "$B_BUSYBOX" "$stage/bin/"
	ln -s busybox "$stage/bin/sh"
	cp "$QEMU_DIR/guest/init" "$stage/init"
	chmod 755 "$stage/init"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$stage/etc/passwd"
	echo 'root:x:0:' >"$stage/etc/group"
	for f in $GUEST_MODULES_IF_ANY; do
		! grep -q "/$f\.ko" "$K_DIR/lib/modules/$K_RELEASE/modules.dep" ||
			more="$more $f"
	done
	# shellcheck disable=SC2086 # lists
	module_closure $GUEST_MODULES $more >"$stage.list" ||
		die "kernel $K_NAME lacks a guest module"
	while read -r f; do
		to=$mods/$f
		mkdir -p "${to%/*}"
		case $f in
		*.xz) xz -dc "$K_DIR/lib/modules/$K_RELEASE/$f" >"${to%.xz}" ;;
		*.zst) zstd -qdc "$K_DIR/lib/modules/$K_RELEASE/$f" >"${to%.zst}" ;;
		*) cp "$K_DIR/lib/modules/$K_RELEASE/$f" "$to" ;;
		esac
	done <"$stage.list"
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
	mkdir -p "${B_CPIO%/*}"
	pack "/tmp/base-$K_NAME" "$B_CPIO.new"
	mv "$B_CPIO.new" "$B_CPIO"
	rm -rf "$stage" "$stage.list"
	echo "$key" >"$B_CPIO.key"
}

# pack DIR FILE: DIR (as the tools' root sees it) into an initramfs FILE.
pack()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_root "$TOOLS_SUITE" "$1" sh -c \
		'find . | sort | cpio -o -H newc -R 0:0 --quiet' >"$2"
}
