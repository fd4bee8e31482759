# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script here and in the neighbouring directories shares: where things
# are, messages, locks. The rest is in the files that it sources at the end.
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
ARCHIVE_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
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

# What these scripts run on the host: package, then commands.
HOST_COMMANDS='
apt		apt-get apt-cache
coreutils	chroot mktemp sha256sum timeout truncate
diffutils	cmp
dpkg		dpkg dpkg-deb
findutils	find xargs
grep		grep
make		make
mawk		awk
mount		mount
sed		sed
tar		tar
util-linux	flock unshare
'

# need_host: dies with the packages that this machine lacks.
need_host()
{
	local package commands command missing=

	command -v apt-get dpkg >/dev/null ||
		die "a Debian 12 or 13 system is needed: this host has no apt"
	while read -r package commands; do
		for command in $commands; do
			command -v "$command" >/dev/null ||
				missing="$missing $command (package $package)"
		done
	done <<<"$HOST_COMMANDS"
	[ -z "$missing" ] || die "this host lacks:$missing"
	[ -e "$ARCHIVE_KEYRING" ] ||
		die "this host lacks: $ARCHIVE_KEYRING (package debian-archive-keyring)"
}

# options ARG...: sets a script's variables from its command line. What the script's
# usage() prints is the table, a line an option:
#   "  --name WORD  text"   takes a value
#   "  --name       text"   takes none: the variable becomes 1
# The variable has the option's name, with _ for -. "(repeatable)" in the text makes
# it an array. The script gives each its default beforehand.
options()
{
	local kind name

	while [ $# -gt 0 ]; do
		case $1 in
		--help | -h) usage; exit 0 ;;
		esac
		kind=$(usage | awk -v option="$1" '
			index($0, "  --") == 1 && $1 == option {
				print /\(repeatable\)/ ? "list" : /^ *[^ ]+ [^ ]/ ? "value" : "flag"
			}')
		[ -n "$kind" ] || die "unknown option $1; see --help"
		name=${1#--}
		name=${name//-/_}
		if [ "$kind" = flag ]; then
			printf -v "$name" 1
			shift
			continue
		fi
		[ $# -gt 1 ] || die "$1 takes a value; see --help"
		case $kind in
		value) printf -v "$name" %s "$2" ;;
		list) eval "$name+=(\"\$2\")" ;;
		esac
		shift 2
	done
}

# shellcheck source=selftests/qemu/roots.sh
. "$QEMU_DIR/roots.sh"
# shellcheck source=selftests/qemu/kernels.sh
. "$QEMU_DIR/kernels.sh"
# shellcheck source=selftests/qemu/kernel-source.sh
. "$QEMU_DIR/kernel-source.sh"
# shellcheck source=selftests/qemu/kernel-own.sh
. "$QEMU_DIR/kernel-own.sh"
# shellcheck source=selftests/qemu/build.sh
. "$QEMU_DIR/build.sh"
# shellcheck source=selftests/qemu/coverage.sh
. "$QEMU_DIR/coverage.sh"
# shellcheck source=selftests/qemu/guest.sh
. "$QEMU_DIR/guest.sh"
