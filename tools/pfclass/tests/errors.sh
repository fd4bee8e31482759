#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# errors.sh PFCLASS MAKE_FILES: what the tool says of files that are missing,
# forbidden, cut off or garbled, and what it makes of good ones. Needs no module:
# MAKE_FILES writes files of the documented format. TAP on standard output.

set -eu

if [ $# -ne 2 ]; then
	echo "usage: errors.sh PFCLASS MAKE_FILES" >&2
	exit 2
fi
tool=$1
make_files=$2
# shellcheck source=tools/tests/tap.sh
. "$(dirname "$0")/tap.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/pfclass-errors.XXXXXX")
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

fresh() {
	rm -rf "$files"
	"$make_files" "$root" "${1:-0}"
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

# garbled NAME STATUS PATTERN FILE SUBCOMMAND: stdin becomes FILE
garbled() {
	fresh
	cat >"$files/$4"
	# shellcheck disable=SC2086 # a subcommand and its options
	error "$1" "$2" "$3" "$tool" $5 -D "$root"
}

echo "TAP version 13"

# Nothing there.
if [ -d /sys/module/pfclass ]; then
	error "module is loaded, its files are elsewhere" 4 "is loaded but" stat
else
	error "module is not loaded" 3 "not loaded.*insmod" stat
fi
error "debugfs directory does not exist" 4 "No such file" \
	"$tool" stat -D "$dir/nowhere"
mkdir "$files"
error "a file is missing" 8 "no file \"stats\"" stat
fresh
rm "$files/percpu" "$files/probes"
error "percpu is missing" 8 "no file \"percpu\"" stat --percpu
error "probes is missing" 8 "no file \"probes\"" "$tool" probes -D "$root"

if ! grep -q ' debugfs ' /proc/mounts; then
	error "debugfs is not mounted" 4 "debugfs" "$tool" stat
elif [ "$(id -u)" -ne 0 ]; then
	skip "debugfs is not mounted" "needs root to unmount it in a namespace"
elif ! unshare -m true 2>/dev/null; then
	skip "debugfs is not mounted" "no mount namespaces here"
else
	# shellcheck disable=SC2016 # expanded by the inner shell
	error "debugfs is not mounted" 4 "debugfs" \
		unshare -m sh -c '
		mount --make-rprivate / 2>/dev/null || :
		while umount /sys/kernel/debug 2>/dev/null; do :; done
		exec "$0" stat' "$tool"
fi

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
usage() {
	name=$1 pattern=$2
	shift 2
	run "$tool" "$@"
	if [ "$status" -eq 2 ] && [ ! -s "$dir/out" ] &&
	   grep -q -- "$pattern" "$dir/err"; then
		pass "usage: $name"
	else
		fail "usage: $name"
	fi
}
usage "no command" "command is missing"
usage "unknown command" "no command \"frobnicate\"" frobnicate
usage "unknown option" "option" stat --frobnicate
usage "interval is no number" "INTERVAL" stat soon
usage "interval is zero" "INTERVAL" stat 0
usage "interval is negative" "option" stat -1
usage "interval is not finite" "INTERVAL" stat inf
usage "interval is nan" "INTERVAL" stat nan
usage "count is zero" "COUNT" stat 1 0
usage "count is negative" "option" stat 1 -3
usage "count overflows" "COUNT" stat 1 99999999999999999999
usage "three arguments" "too many" stat 1 2 3
usage "no command after --" "command after" stat --
usage "a count and a command" "no COUNT" stat 1 2 -- true
usage "a process and a command" "exclude" stat -p 1 -- true
usage "process is no number" "number of a process" stat -p x
usage "process is 0" "number of a process" stat -p 0
usage "latency has an argument" "many" latency 1

# Latency.
fresh
rm -f "$files/latency"
error "latency is missing" 8 "no file \"latency\"" "$tool" latency -D "$root"
printf 'abi 1\nanon count unavailable\n' >"$files/latency"
error "latency is off" 16 "latency=1" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3\nanon sum 4500\nanon 1024 2\nanon 2048 1\n' >"$files/latency"
good "latency" "^1.02 us +2.05 us +2 +#+$" "$tool" latency -D "$root"
good "latency: mean" "^anon +3 +1.50 us +4.50 us$" "$tool" latency -s -D "$root"
good "latency: JSON" '"mean_ns": 1500.0' "$tool" latency -j -D "$root"
printf 'abi 1\nanon count 0\nanon sum 0\nfuture count 3\n' >"$files/latency"
good "latency: nothing, and a class of the future" "^anon +0$" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3\nanon 1024 2\nanon 1024 1\n' >"$files/latency"
error "latency: a bucket twice" 6 "makes no sense" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3 3\n' >"$files/latency"
error "latency: four words" 6 "CLASS WHAT NUMBER" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3' >"$files/latency"
error "latency: cut off" 6 "cut off" "$tool" latency -D "$root"
usage "an empty separator" "separator" stat -x ""
usage "JSON and CSV" "exclude" stat -j -x,
usage "an argument to reset" "no argument" reset 1

# What is good.
good "help has examples" "EXAMPLES" "$tool" --help
good "help of a command has examples" "EXAMPLES" "$tool" stat --help
good "an unavailable class is said to be so" "^error +unavailable" stat
run stat
if grep -Eq "^error +0" "$dir/out"; then
	fail "an unavailable class is not 0"
else
	pass "an unavailable class is not 0"
fi
good "options stand before the command too" '"abi": 1' \
	"$tool" -j -D "$root" stat
good "JSON has null for what is unavailable" '"error": null' stat -j
good "JSON lists what is unavailable" '^ +"error",' stat -j
good "CSV" "^$(value wp),wp," stat -x,
good "CSV has unavailable as a word" "^unavailable;error;$" stat "-x;"
good "percpu sums" "^sum +0 +2 +4" stat --percpu
good "percpu leaves out what is unavailable, and says so" \
	"^unavailable: error" stat --percpu
good "CSV of percpu" "^CPU3,1,wp," stat -P -x,
good "probes" "^visit +direct +handle_mm_fault" "$tool" probes -D "$root"
good "probes: the reason below the row" "^    no such symbol here" \
	"$tool" probes -D "$root"
good "probes: JSON" '"reason": "no such symbol here"' "$tool" probes -j -D "$root"
fresh 18446744073709551000
good "large numbers are exact in JSON" "\"anon\": \"$(value anon)\"" stat -j
good "large numbers are exact in the table" "^anon +$(value anon)" stat
fresh
printf 'tomorrow_key 5\n' >>"$files/stats"
good "a key of a newer module is shown" "^tomorrow_key +5" stat
good "a key of a newer module is in JSON" '"tomorrow_key": 5' stat -j

fresh
grep -v '^anon_' "$files/stats" >"$dir/spoiled"
cat "$dir/spoiled" >"$files/stats"
run stat -j
if [ "$status" -eq 0 ] && grep -q '"wp_copy"' "$dir/out" &&
   ! grep -q '"anon_' "$dir/out"; then
	pass "a key that the module does not know is not invented"
else
	fail "a key that the module does not know is not invented"
fi

fresh
run timeout 20 "$tool" stat -D "$root" 0.05 3
if [ "$status" -eq 0 ] && [ "$(grep -Ec '^ *0 ' "$dir/out")" -eq 3 ]; then
	pass "COUNT lines, the first a difference too"
else
	fail "COUNT lines, the first a difference too"
fi

# Differences: 1000 more of everything, in the second of three intervals.
fresh
cp "$files/stats" "$dir/before"
"$make_files" "$root" 1000
mv "$files/stats" "$dir/after"
cp "$dir/before" "$files/stats"
(
	sleep 1.5
	cp "$dir/after" "$dir/new"
	mv "$dir/new" "$files/stats"
) &
run timeout 20 "$tool" stat -D "$root" 1 3
wait
if [ "$status" -eq 0 ] &&
   [ "$(grep -Eo '^ *[0-9]+' "$dir/out" | tr -d ' ' | tr '\n' ' ')" = "0 1000 0 " ]; then
	pass "each line is a difference"
else
	fail "each line is a difference"
fi
cp "$dir/after" "$files/stats"
(
	sleep 1.5
	cp "$dir/before" "$dir/new"
	mv "$dir/new" "$files/stats"
) &
run timeout 20 "$tool" stat -D "$root" -j 1 2
wait
if [ "$status" -eq 0 ] && [ "$(wc -l <"$dir/out")" -eq 2 ] &&
   sed -n 2p "$dir/out" | grep -q "\"reset\":true.*\"wp\":$(value wp),"; then
	pass "counters that began anew are noticed"
else
	fail "counters that began anew are noticed"
fi

# Interrupted.
fresh
"$tool" stat -D "$root" 0.2 >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 1
kill -TERM "$pid"
status=0
wait "$pid" || status=$?
if [ "$status" -eq 0 ] && [ "$(wc -l <"$dir/out")" -ge 3 ] && [ ! -s "$dir/err" ]; then
	pass "a signal ends it cleanly"
else
	fail "a signal ends it cleanly"
fi

if [ -c /dev/full ]; then
	run sh -c 'exec "$0" stat -D "$1" >/dev/full' "$tool" "$root"
	if [ "$status" -eq 1 ] && grep -q "cannot write" "$dir/err"; then
		pass "a full disk is noticed"
	else
		fail "a full disk is noticed"
	fi
else
	skip "a full disk is noticed" "no /dev/full"
fi

# Written as the contract says.
fresh
run "$tool" reset -D "$root"
if [ "$status" -eq 0 ] && [ "$(cat "$files/reset")" = 1 ]; then
	pass "reset writes 1"
else
	fail "reset writes 1"
fi
run "$tool" filter tgid=1 addr=0x1000-0x2000 -D "$root"
if [ "$status" -eq 0 ] && grep -qx "tgid=1 addr=0x1000-0x2000" "$files/filter"; then
	pass "filter writes its words on one line"
else
	fail "filter writes its words on one line"
fi
good "filter without words shows it" "^tgid=1 addr=" "$tool" filter -D "$root"

tap_end
