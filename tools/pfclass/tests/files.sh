# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the tests of the tool share that need the module's files: MAKE_FILES writes
# them into $files below $root. To be sourced with PFCLASS MAKE_FILES as arguments.

if [ $# -ne 2 ]; then
	echo "usage: ${0##*/} PFCLASS MAKE_FILES" >&2
	exit 2
fi
tool=$1
make_files=$2
# shellcheck source=tools/pfclass/tests/tap.sh
. "$(dirname "$0")/tap.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/pfclass-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
root=$dir/debug
files=$root/pfclass
mkdir "$root"
chmod 755 "$dir" "$root"

# value KEY: what stats has for it; a pattern with nothing there would fit anything
value() {
	sed -n "s/^$1 //p" "$files/stats" | grep . || echo "no-$1-in-stats"
}

# fresh_from BASE: counters from BASE upwards in the order of the file
fresh_from() {
	rm -rf "$files"
	"$make_files" "$root" "$1"
}

fresh() {
	fresh_from 0
}

# error NAME STATUS PATTERN COMMAND...: one line on stderr, nothing on stdout
error() {
	name=$1 want=$2 pattern=$3
	shift 3
	run "$@"
	if [ "$status" -eq "$want" ] && [ ! -s "$dir/out" ] &&
	   [ "$(wc -l <"$dir/err")" -eq 1 ] && grep -q "$pattern" "$dir/err"; then
		pass "$name"
	else
		echo "# exit status $status, expected $want and \"$pattern\""
		fail "$name"
	fi
}

# good NAME PATTERN COMMAND...: exit status 0, nothing on stderr
good() {
	name=$1 pattern=$2
	shift 2
	run "$@"
	if [ "$status" -eq 0 ] && [ ! -s "$dir/err" ] &&
	   grep -Eq -- "$pattern" "$dir/out"; then
		pass "$name"
	else
		echo "# exit status $status, expected 0 and \"$pattern\""
		fail "$name"
	fi
}

stat() {
	"$tool" stat -D "$root" "$@"
}

# full_disk NAME SUBCOMMAND: standard output takes no more
full_disk() {
	[ -c /dev/full ] || { skip "$1" "no /dev/full"; return; }
	# shellcheck disable=SC2016 # expanded by the inner shell
	run sh -c 'exec "$0" "$2" -D "$1" >/dev/full' "$tool" "$root" "$2"
	if [ "$status" -eq 1 ] && grep -q "cannot write" "$dir/err"; then
		pass "$1"
	else
		fail "$1"
	fi
}

# garbled NAME STATUS PATTERN FILE SUBCOMMAND: stdin becomes FILE
garbled() {
	fresh
	cat >"$files/$4"
	# shellcheck disable=SC2086 # a subcommand and its options
	error "$1" "$2" "$3" "$tool" $5 -D "$root"
}

# usage_status STATUS NAME PATTERN ARGUMENT...: that status, nothing on stdout
usage_status() {
	want=$1 name=$2 pattern=$3
	shift 3
	run "$tool" "$@"
	if [ "$status" -eq "$want" ] && [ ! -s "$dir/out" ] &&
	   grep -q -- "$pattern" "$dir/err"; then
		pass "usage: $name"
	else
		echo "# exit status $status, expected $want"
		fail "usage: $name"
	fi
}

usage() {
	usage_status 2 "$@"
}

# With a command the low statuses are the command's.
usage_around() {
	usage_status 125 "$@"
}
