# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A private apt and private build roots: packages are downloaded by an apt with a
# state directory of its own, unpacked (never installed) into a root below the cache,
# and used from there by chroot, as root or in a user namespace. Knows nothing of
# kernels. Sourced by lib.sh.

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

# suite_update SUITE: reads the suite's package lists, once.
suite_update()
{
	[ -e "$CACHE/apt/$1/updated" ] || with_lock "apt-$1" suite_update_locked "$1"
}

suite_update_locked()
{
	local suite=$1 a=$CACHE/apt/$1 main security options

	[ -e "$a/updated" ] && return
	mkdir -p "$a/none" "$a/state" "$a/lists/partial" "$a/cache" \
		"$a/archives/partial"
	: >"$a/status"
	main=$(mirror main)
	security=$(mirror security)
	options="signed-by=$ARCHIVE_KEYRING"
	case $suite in
	sid)
		# No updates; the Release file of a slow mirror may be past its date.
		options="$options check-valid-until=no"
		security=
		;;
	bullseye)
		# No longer supported: its security archive lists files that are gone.
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

# suite_forget SUITE: the next fetch reads the package lists again.
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

# ---- build roots

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

# root_finish DIR: what the packages' maintainer scripts do.
root_finish()
{
	local dir=$1

	[ -e "$dir/usr/bin/sh" ] || ln -s dash "$dir/usr/bin/sh"
	[ -e "$dir/usr/bin/awk" ] || ln -s mawk "$dir/usr/bin/awk"
	echo 'include /etc/ld.so.conf.d/*.conf' >"$dir/etc/ld.so.conf"
	mkdir -p "$dir/etc/dpkg/origins"
	ln -sf debian "$dir/etc/dpkg/origins/default"
	[ ! -d "$dir/usr/share/ca-certificates" ] || {
		mkdir -p "$dir/etc/ssl/certs"
		find "$dir/usr/share/ca-certificates" -name '*.crt' -exec cat {} + \
			>"$dir/etc/ssl/certs/ca-certificates.crt"
	}
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
	local suite=$1 group=$2 root=$3 stamp=$4 a=$CACHE/apt/$1 have=$3/.have/packages debs new

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
	# Files of the root may be in use: a program that maps a half-written library dies.
	touch "$have"
	mapfile -t new < <(printf '%s\n' "${debs[@]}" | awk -F/ -v list="$have" '
		BEGIN { while ((getline deb <list) > 0) have[deb] }
		!($NF in have)')
	say "unpacking ${#new[@]} packages"
	unpack "$root" ${new[@]+"${new[@]}"}
	root_record "$root" ${new[@]+"${new[@]}"}
	root_finish "$root"
	[ ${#new[@]} = 0 ] || printf '%s\n' "${new[@]##*/}" >>"$have"
	rm -f "${debs[@]}"
	touch "$stamp"
}

# root_record DIR DEB...: enters packages into the root's dpkg database, as installed:
# dpkg-checkbuilddeps and dpkg-shlibdeps read it there. Only libraries have their files
# listed. No maintainer script runs.
root_record()
{
	local db=$1/var/lib/dpkg deb name control file

	shift
	mkdir -p "$db/info" "$db/updates" "$db/paragraph" "$db/triggers"
	echo 1 >"$db/info/format"
	printf '%s\n' amd64 arm64 >"$db/arch"
	control=$(mktemp -d)
	for deb; do
		rm -rf "$control"
		dpkg-deb -e "$deb" "$control"
		name=$(awk '/^(Package|Architecture|Multi-Arch): / { is[$1] = $2 }
			is["Multi-Arch:"] == "same" { suffix = ":" is["Architecture:"] }
			END { print is["Package:"] suffix }' "$control/control")
		sed '/^Package:/a Status: install ok installed' "$control/control" \
			>"$db/paragraph/$name"
		: >"$db/info/$name.list"
		if [ -e "$control/shlibs" ] || [ -e "$control/symbols" ]; then
			dpkg-deb --fsys-tarfile "$deb" | tar -t |
				sed -n 's#^\./\(..*[^/]\)/*$#/\1#p' >"$db/info/$name.list"
		fi
		for file in shlibs symbols; do
			[ ! -e "$control/$file" ] || cp "$control/$file" "$db/info/$name.$file"
		done
	done
	rm -rf "$control"
	awk 'FNR == 1 && NR > 1 { print "" } { print }' "$db/paragraph/"* >"$db/status"
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
# (an unprivileged container), a plain chroot with device nodes must do. The
# directory PFC_BIND of the host, if set, is /mnt there.
in_root()
{
	local root=$CACHE/root/$1 dir=$2 flags=-m mount=
	local -x PFC_BIND=${PFC_BIND-}
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
		mount='mount --rbind /dev "$0/dev" && mount --rbind /proc "$0/proc" &&
			{ [ -z "$PFC_BIND" ] || mount --bind "$PFC_BIND" "$0/mnt"; } &&
			exec chroot "$0" "$@"'
		mkdir -p "$root/mnt"
		exec_or_run unshare $flags sh -c "$mount" "$root" "${env[@]}" "$@"
		return
	fi
	[ "$(id -u)" = 0 ] ||
		die "user namespaces are off (sysctl kernel.unprivileged_userns_clone or an AppArmor rule): run as root"
	[ -z "${PFC_BIND-}" ] || die "a shared directory takes mount namespaces"
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
