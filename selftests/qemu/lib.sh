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

# shellcheck source=selftests/qemu/roots.sh
. "$QEMU_DIR/roots.sh"
# shellcheck source=selftests/qemu/kernels.sh
. "$QEMU_DIR/kernels.sh"
# shellcheck source=selftests/qemu/kernel-source.sh
. "$QEMU_DIR/kernel-source.sh"
# shellcheck source=selftests/qemu/build.sh
. "$QEMU_DIR/build.sh"
# shellcheck source=selftests/qemu/guest.sh
. "$QEMU_DIR/guest.sh"
