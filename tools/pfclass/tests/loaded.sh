#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# loaded.sh: "pfclass verify" where the module is loaded, as root, in a guest:
#
#   selftests/qemu/run --kernel 6.12 --file tools/pfclass/tests/tap.sh \
#	--script tools/pfclass/tests/loaded.sh
#
# PFC_TOOL and PFC_LOAD name other programs than the guest's. TAP on standard output.

set -u
tool=${PFC_TOOL:-pfclass}
load=${PFC_LOAD:-/pfclass/tests/load}
debugfs=/sys/kernel/debug/pfclass
groups=/sys/fs/cgroup
# shellcheck source=tools/pfclass/tests/tap.sh
. "$(dirname "$0")/tap.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/pfclass-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# The number of faults that a row compared.
compared() {
	awk -v source="$1" '$1 != "Linux" && index($0, source) {
		for (i = 1; i < NF; i++)
			if ($i == source) { print $(i + 1); exit } }' "$dir/out"
}

echo "TAP version 13"
echo "# Linux $(uname -r)"

"$load" -t 0 -j 4 >/dev/null 2>&1 &
pid=$!
sleep 2
run "$tool" verify 4
kill -KILL "$pid"
wait "$pid" 2>/dev/null
shows "under a load the books balance" 0 ' == pgfault +stats .* (equal|within [0-9]+)$' \
	' == pgfault +vmstat .* (equal|within [0-9]+)$' \
	'^\*_major == pgmajfault +vmstat .* (equal|within [0-9]+)$' ' 0 off, '
sed 's/^/# /' "$dir/out"
faults=$(compared stats)
if [ "${faults:-0}" -ge 1000 ]; then
	pass "and there were faults to compare"
else
	fail "and there were faults to compare"
fi

# A reading that is wrong: the module's files, with 5000 faults too many.
fake=$dir/fake
mkdir -p "$fake/pfclass"
cat "$debugfs/stats" >"$fake/pfclass/stats"
echo 1 >"$fake/pfclass/enabled"
echo clear >"$fake/pfclass/filter"
awk '$1 == "faults" || $1 == "visits" { $2 += 5000 } { print }' "$fake/pfclass/stats" \
	>"$fake/wrong"
(
	sleep 1
	cat "$fake/wrong" >"$fake/pfclass/stats"
) &
run "$tool" verify -D "$fake" 3
wait
shows "5000 faults too many are off" 1 ' == pgfault +stats +5000 +0 +off by more than'

# A command.
memory=
if echo +memory >"$groups/cgroup.subtree_control" 2>/dev/null; then
	memory=1
fi
run "$tool" verify -- "$load" -f 20000 -j 4
shows "a command: getrusage()" 0 '^faults - error == minflt \+ majflt .* (equal|within [0-9]+)$' \
	'^\*_major == majflt +getrusage .* equal$' 'not comparable: the counters are those of the'
sed 's/^/# /' "$dir/out" | grep -v 'those of the command'
if [ -n "$memory" ]; then
	shows "a command: memory.stat" 0 ' == pgfault +memory.stat .* (equal|within [0-9]+)$' \
		'== pgmajfault +memory.stat .* (equal|within [0-9]+)$'
else
	skip "a command: memory.stat" "no memory controller in cgroup v2 here"
fi
run "$tool" verify -- sh -c 'for i in 1 2 3 4 5 6 7 8; do cat /proc/self/maps; done >/dev/null'
shows "a command: of all descendants" 0 '^faults - error == minflt \+ majflt .* equal$'
run "$tool" verify -- sh -c 'sleep 3 >/dev/null 2>&1 &'
shows "a command: a descendant that goes on" "$([ -n "$memory" ] && echo 0 || echo 125)" \
	'getrusage .* not comparable: descendants of the command have not ended'
run "$tool" verify -- /no/such/command
shows "a command that is not found" 127
run "$tool" verify -- /tmp
shows "a command that cannot be run" 126
if [ "$(cat "$debugfs/filter")" = clear ]; then
	pass "the filter is restored"
else
	fail "the filter is restored"
fi

# Filters.
if [ -n "$memory" ] && mkdir "$groups/pfclass-test"; then
	"$tool" filter cgroup=/pfclass-test
	sh -c 'echo $$ >"$0/pfclass-test/cgroup.procs"; sleep 1; exec "$1" -f 20000 -j 2' \
		"$groups" "$load" >/dev/null 2>&1 &
	pid=$!
	sleep 0.5
	run "$tool" verify 6
	wait "$pid"
	shows "a filter by control group" 0 'pgfault +memory.stat .* (equal|within [0-9]+)$' \
		'vmstat .* not comparable: a filter is set'
	rmdir "$groups/pfclass-test"
else
	skip "a filter by control group" "no memory controller in cgroup v2 here"
fi
"$tool" filter tgid=1
run "$tool" verify 0.1
shows "a filter by process: nothing to compare" 125 ' 0 equal, 0 within bounds, 0 off'
"$tool" filter clear

tap_end
