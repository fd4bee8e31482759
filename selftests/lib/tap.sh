# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# TAP for the tests in shell. (The kernel's kselftest/ktap_helpers.sh prints no reason
# with a skip, and splits the arguments of a command at blanks.)

tap_n=0
tap_failed=0

ok()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n $*"
}

not_ok()
{
	tap_n=$((tap_n + 1))
	tap_failed=1
	echo "not ok $tap_n $*"
}

# skip TEXT REASON
skip()
{
	ok "$1 # SKIP $2"
}

skip_all()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit 4
}

# result STATUS TEXT
result()
{
	if [ "$1" = 0 ]; then
		ok "$2"
	else
		not_ok "$2"
	fi
}

# check TEXT CMD...: ok when the command succeeds.
check()
{
	text=$1
	shift
	"$@" && status=0 || status=$?
	result "$status" "$text"
}

# is WANT GOT TEXT
is()
{
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3: $2, wanted $1"
	fi
}

# fails CMD...
fails()
{
	! "$@"
}

# The plan, last of all, and the exit status.
tap_end()
{
	echo "1..$tap_n"
	exit "$tap_failed"
}
