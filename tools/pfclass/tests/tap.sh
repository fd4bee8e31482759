# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What the tool's tests write: TAP of commands whose output is in $dir/out and
# $dir/err. To be sourced; $dir is the caller's.

number=0
failed=0
skipped=0
passed=0

pass() {
	number=$((number + 1))
	passed=$((passed + 1))
	echo "ok $number $1"
}

fail() {
	number=$((number + 1))
	failed=$((failed + 1))
	echo "not ok $number $1"
	# shellcheck disable=SC2154 # the caller's
	sed 's/^/# stdout: /' "$dir/out" | head -n 20
	sed 's/^/# stderr: /' "$dir/err" | head -n 20
}

skip() {
	number=$((number + 1))
	skipped=$((skipped + 1))
	echo "ok $number $1 # SKIP $2"
}

# run COMMAND...: its exit status is in $status, for the caller.
# shellcheck disable=SC2034
run() {
	status=0
	"$@" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
}

# shows NAME STATUS PATTERN...: what was run last ended with STATUS, and each pattern is in
# its output.
shows() {
	name=$1 why=
	[ "$status" -eq "$2" ] || why="exit status $status, expected $2"
	shift 2
	for pattern; do
		grep -Eq -- "$pattern" "$dir/out" || why="no \"$pattern\""
	done
	if [ -z "$why" ]; then
		pass "$name"
	else
		echo "# $why"
		fail "$name"
	fi
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		echo "# \"$2\" instead of \"$3\""
		fail "$1"
	fi
}

# The plan and the totals: to be called last.
tap_end() {
	echo "1..$number"
	echo "# $passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}
