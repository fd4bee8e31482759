#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# errors.sh PFCLASS MAKE_FILES: the errors for files that are missing, forbidden, cut
# off or garbled, and for wrong usage. Needs no module. TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"

echo "TAP version 13"

# Nothing there.
if [ -d /sys/module/pfclass ]; then
	error "the module is loaded, its files are missing" 4 "is loaded but" stat
else
	error "module is not loaded" 3 "not loaded.*insmod" stat
fi
error "debugfs directory does not exist" 4 "No such file" \
	"$tool" stat -D "$dir/nowhere"
mkdir "$files"
error "the debugfs directory has too long a name" 2 "too long; name a shorter one" \
	"$tool" stat -D "/$(printf '%05000d' 0)"
error "a file is missing" 8 "no file \"stats\"" stat
fresh
rm "$files/percpu" "$files/probes"
error "percpu is missing" 8 "no file \"percpu\"" stat --percpu
error "probes is missing" 8 "no file \"probes\"" "$tool" probes -D "$root"

if [ "$(id -u)" -ne 0 ]; then
	nobody="env"
else
	nobody="$make_files -u"
fi
fresh
if ! $nobody "$tool" --version >/dev/null 2>&1; then
	skip "no permission for debugfs" "cannot become another user"
	skip "no permission for a file" "cannot become another user"
else
	chmod 000 "$root"
	# shellcheck disable=SC2086 # a command and its options
	error "no permission for debugfs" 5 "run this as root" \
		$nobody "$tool" stat -D "$root"
	chmod 755 "$root"
	chmod 000 "$files/stats"
	# shellcheck disable=SC2086 # a command and its options
	error "no permission for a file" 5 "run this as root" \
		$nobody "$tool" stat -D "$root"
fi

# Garbled.
garbled "stats is empty" 6 "stats:1: the file is empty" stats stat </dev/null
garbled "another ABI" 8 "ABI 2, this tool ABI 1" stats stat <<EOF
abi 2
EOF
garbled "no ABI" 6 "stats:1: .*abi N" stats stat <<EOF
faults 3
EOF
garbled "an ABI that is no number" 6 "abi N" stats stat <<EOF
abi one
EOF
garbled "no ABI, for probes too" 6 "abi N" stats probes <<EOF
abi
EOF

# spoil NAME PATTERN SED: change stats by a sed script
spoil() {
	fresh
	sed "$3" "$files/stats" >"$dir/spoiled"
	cat "$dir/spoiled" >"$files/stats"
	error "$1" 6 "$2" stat
}

spoil "a value that is no number" "stats:7: .*is not a key" '7s/ .*/ 12x/'
spoil "a negative value" "stats:7: .*is not a key" '7s/ .*/ -1/'
spoil "a value above 64 bits" "stats:7: .*is not a key" \
	'7s/ .*/ 18446744073709551616/'
spoil "a line without a value" "stats:7: .*is not a key" '7s/ .*//'
spoil "two values" "stats:7: .*is not a key" '7s/$/ 1/'
spoil "two blanks" "stats:7: .*is not a key" '7s/ /  /'
spoil "an empty line" "stats:7: .*is not a key" '7s/.*//'
spoil "an upper-case key" "stats:7: .*is not a key" '7s/^./X/'
spoil "a key twice" "stats:8: .*appears twice" '7{p;}'
# shellcheck disable=SC2016 # sed's last line
spoil "a key that is newer than the tool twice" "appears twice" '$s/$/\nnewer 1\nnewer 2/'
spoil "a class is missing" "ends without the key" '7d'
spoil "the end is missing" "ends without the key" '9q'

fresh
sed 12q "$files/stats" | head -c -2 >"$dir/spoiled"
cat "$dir/spoiled" >"$files/stats"
error "stats is cut off in a line" 6 "cut off" stat
fresh
printf 'abi 1\nfaults\0 3\n' >"$files/stats"
error "a NUL byte" 6 "NUL byte" stat
fresh
printf 'abi 1\n\033[31mx 3\n' >"$files/stats"
run stat
if [ "$status" -eq 6 ] && ! grep -q "$(printf '\033')" "$dir/err"; then
	pass "control sequences do not reach the terminal"
else
	fail "control sequences do not reach the terminal"
fi
fresh
rm "$files/stats"
ln -s /dev/zero "$files/stats"
error "stats does not end" 6 "does not end" stat
fresh
rm "$files/stats"
mkdir "$files/stats"
error "stats is a directory" 1 "Is a directory" stat

garbled "percpu is empty" 6 "percpu:1: the file is empty" percpu "stat -P" </dev/null
garbled "percpu without header" 6 "percpu:1: .*cpu" percpu "stat -P" <<EOF
0 1 2
EOF
garbled "percpu with a short row" 6 "percpu:2: " percpu "stat -P" <<EOF
cpu anon wp
0 1
EOF
garbled "percpu with a long row" 6 "percpu:2: " percpu "stat -P" <<EOF
cpu anon wp
0 1 2 3
EOF
garbled "percpu with a CPU twice" 6 "percpu:3: .*order" percpu "stat -P" <<EOF
cpu anon wp
0 1 2
0 1 2
EOF
garbled "percpu with a bad number" 6 "percpu:2: " percpu "stat -P" <<EOF
cpu anon wp
0 1 two
EOF
garbled "cgroups without ids" 6 "cgroups:1: .*cgroup id" cgroups "stat -C" <<EOF
cgroup anon wp
EOF
garbled "cgroups with a group that has no id" 6 "cgroups:2: .*path and a number" cgroups "stat -C" <<EOF
cgroup id anon wp
/a - 1 2
EOF
garbled "cgroups with an id of no group" 6 "cgroups:2: .*path and a number" cgroups "stat -C" <<EOF
cgroup id anon wp
(removed) 7 1 2
EOF
garbled "cgroups with a short row" 6 "cgroups:2: " cgroups "stat -C" <<EOF
cgroup id anon wp
/a 7 1
EOF
garbled "no rows of groups" 18 "cgroups=64" cgroups "stat -C" <<EOF
cgroup id anon wp
(removed) - unavailable unavailable
(other) - unavailable unavailable
EOF
garbled "probes with another header" 6 "probes:1: .*header" probes probes <<EOF
class how place
EOF
garbled "probes with a short row" 6 "probes:2: .*columns" probes probes <<EOF
class how place backend state hits missed reason
anon direct do_anonymous_page+0x0
EOF
garbled "probes with bad hits" 6 "probes:2: .*hits" probes probes <<EOF
class how place backend state hits missed reason
anon direct do_anonymous_page+0x0 kprobe armed many 0 -
EOF

# The module goes away.
fresh
(
	sleep 1
	rm -rf "$files"
) &
run timeout 20 "$tool" stat -D "$root" 0.3
wait
if [ "$status" -eq 7 ] && grep -q "disappeared.*unloaded" "$dir/err" &&
   [ -s "$dir/out" ]; then
	pass "files disappear between two readings"
else
	fail "files disappear between two readings"
fi

# The command line.
fresh
usage "no command" "command is missing"
usage "unknown command" "no command \"frobnicate\"" frobnicate
usage "unknown option" "option" stat --frobnicate
usage_around "groups of a command" "not those of a command" stat -C -- true
usage "groups of a watch" "not those of a command" stat -C -w web
usage "interval is no number" "INTERVAL" stat soon
usage "interval is zero" "INTERVAL" stat 0
usage "interval is negative" "option" stat -1
usage "interval is not finite" "INTERVAL" stat inf
usage "interval is nan" "INTERVAL" stat nan
usage "count is zero" "COUNT" stat 1 0
usage "-w and -p" "-w excludes -p" stat -w a -p 1
usage "count is negative" "option" stat 1 -3
usage "count overflows" "COUNT" stat 1 99999999999999999999
usage_around "an unknown option and a command" "option" stat --frobnicate -- true
usage "three arguments" "too many" stat 1 2 3
usage_around "no command after --" "command after" stat --
usage_around "a count and a command" "excludes COUNT" stat 1 2 -- true
usage_around "a process and a command" "exclude" stat -p 1 -- true
usage "process is no number" "process ID" stat -p x
usage "process is 0" "process ID" stat -p 0
usage "latency has three arguments" "many" latency 1 2 3
usage "wss: nothing" "PID or a command" wss
usage "wss: process is no number" "process ID" wss redis
usage "wss: interval is zero" "INTERVAL" wss 1 0
usage "wss: count is zero" "COUNT" wss 1 1 0
usage "wss: four words" "too many" wss 1 1 1 1
usage "wss: a map as JSON" "exclude each other" wss -j -m 1
usage "wss: another format" "\.png or \.svg" wss -o a.jpg 1
usage "wss: no size" "size" wss -s 1 1
usage "latency: interval is no number" "INTERVAL" latency soon
usage "latency: count is zero" "COUNT" latency 1 0

usage "an empty separator" "separator" stat -x ""
usage "JSON and CSV" "exclude" stat -j -x,
usage "an argument to reset" "no argument" reset 1

usage "two patterns" "too many" list a b
error "a pattern that matches nothing" 2 "no key matches" "$tool" list 'zz*'

# Around a command.
fresh
error "a command: the module is not there" 125 "No such file" \
	"$tool" stat -D "$dir/nowhere" -- true
fresh
echo 0 >"$files/enabled"
error "a command: the probes are disarmed" 125 "pfclass enable" stat -- true
fresh
run stat -- true
if [ "$status" -eq 125 ] && grep -q "control group" "$dir/err"; then
	skip "a command that is not found" "no control group can be made here"
	skip "a command that cannot be run" "no control group can be made here"
	skip "a command's own status" "no control group can be made here"
else
	error "a command that is not found" 127 "not found" stat -- "$dir/no/such/command"
	error "a command that cannot be run" 126 "cannot run" stat -- "$dir"
	run stat -- sh -c 'exit 2'
	if [ "$status" -eq 2 ] && grep -q '^anon ' "$dir/err"; then
		pass "a command's own status"
	else
		fail "a command's own status"
	fi
fi

tap_end
