#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# output.sh PFCLASS MAKE_FILES: what the tool prints of good files, and what it writes.
# Needs no module. TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"

echo "TAP version 13"
fresh

# cell ROW COLUMN: of the table whose header begins with "class"
cell() {
	awk -v row="$1" -v column="$2" '
		$1 == "class" { for (i = 1; i <= NF; i++) at[$i] = i; next }
		$1 == row && (column in at) { print $at[column]; exit }
		!NF { exit }' "$dir/out"
}

run stat
is "the table: columns" "$(sed -n 1p "$dir/out" | tr -s ' ')" \
	"class total read write exec user kernel gup major"
is "the table: a total" "$(cell wp total)" "$(value wp)"
is "the table: a split" "$(cell wp gup)" "$(value wp_gup)"
is "the table: a row for each class and no other" \
	"$(awk '!NF { exit } NR > 1 { print $1 }' "$dir/out" | tr '\n' ' ')" \
	"$(sed -n '1s/^cpu //p' "$files/percpu") "
is "the table: reads of files that cannot be derived" "$(cell file read)" "-"
is "the table: a split of an unavailable class" "$(cell error major)" "-"
good "refinements are a table of their own" '^wp_copy +[0-9]+$' stat -v
run stat
is "refinements that count a sibling's faults have a column of their own" \
	"$(awk '$1 == "refinement" { n = index($0, "of which") }
		$1 == "swap_wp" || $1 == "af_dirty" { if (length($0) == n + 7) print $1 }
		' "$dir/out" | tr '\n' ' ')" "swap_wp af_dirty "
is "totals are one row" "$(grep -A 1 '^faults ' "$dir/out" | tail -n 1 | awk '{ print $1, $7 }')" \
	"$(value faults) $(value pgfault)"
sed 's/^file [0-9]*/file 9000/' "$files/stats" >"$dir/edited"
cat "$dir/edited" >"$files/stats"
run stat
is "the table: reads of files are the rest" "$(cell file read)" \
	"$((9000 - $(value file_write) - $(value file_exec)))"
sed -E 's/^(.*_(read|write|exec|user|kernel|gup|major)) .*/\1 unavailable/' "$files/stats" \
	>"$dir/edited"
cat "$dir/edited" >"$files/stats"
run stat
is "the table: no column that is unavailable for every class" \
	"$(sed -n 1p "$dir/out" | tr -s ' ')" "class total"
good "the table: and they are listed" \
	'^unavailable: every split by access, origin and outcome$' stat
fresh

# The keys and their meaning.
good "list" '^  wp_reuse +the page had no other user' "$tool" list
run "$tool" list
is "list: every key of stats but the ABI" \
	"$(awk '/^  / { print $1 }' "$dir/out")" "$(sed '1d; s/ .*//' "$files/stats")"
is "list: the kinds" "$(grep -v '^  ' "$dir/out" | tr '\n' ' ')" \
	"totals  classes  refinements  splits "
run "$tool" list numa
is "list: a class" "$(awk '/^  / { print $1 }' "$dir/out" | tr '\n' ' ')" \
	"numa numa_read numa_write numa_exec numa_user numa_kernel numa_gup numa_major "
good "list: a class begins with what its page says" \
	'^The first touch of a page of private anonymous memory' "$tool" list anon
good "list: the paragraph to its end" '^allocator that keeps memory .* bring it down\.$' \
	"$tool" list anon
awk '$1 !~ /_/' "$files/stats" | sed '1,/^pgfault /d; s/ .*//' >"$dir/classes"
while read -r class; do
	run "$tool" list "$class"
	# A paragraph, a blank line, the table.
	is "list: $class has a paragraph, without markup" "$(awk '
		/[`<>]/ { print "markup: " $0 }
		!NF && !blank { blank = NR }
		blank && NR == blank + 1 { print (blank > 2), $0 }' "$dir/out")" "1 classes"
done <"$dir/classes"
run "$tool" list 'wp*'
is "list: a pattern prints no paragraph" "$(head -n 1 "$dir/out")" "classes"
run "$tool" list 'thp_?[n]*'
is "list: a pattern" "$(awk '/^  / { print $1 }' "$dir/out" | tr '\n' ' ')" "thp_anon "
good "list: JSON" '"meaning": "do_anonymous_page"' "$tool" list -j anon

# One version.
manuals=$(dirname "$0")/../man
man=$manuals/pfclass.8

# commands: those of the manual's synopsis.
commands() {
	sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESC/s/^\.Cm //p' "$man" | sort -u
}

is "the manual has the tool's version" "$(sed -n 's/^\.Os //p' "$manuals"/*.8 | sort -u)" \
	"$("$tool" --version)"
is "the manual has every command of the help" \
	"$("$tool" --help | sed -n '/^Commands/,/COMMAND/s/^  \([a-z]\)/\1/p' |
		sed 's/, /,/; s/ .*//' | tr ',' '\n' | sort -u)" \
	"$(commands)"

# Options that every subcommand takes are described once.
for command in $(commands); do
	if [ -e "$manuals/pfclass-$command.8" ]; then
		cat "$manuals/pfclass-$command.8"
	else
		sed -n "/^\.Ss pfclass $command/,/^\.S[sh]/p" "$man"
	fi >"$dir/manual"
	is "the manual has every option of $command" \
		"$("$tool" "$command" --usage | grep -o -e '--[a-z][a-z-]*' | sort -u |
			grep -v -x -e --json -e --debugfs -e --help -e --usage -e --version)" \
		"$(sed -n 's/^\.It Fl . , Fl \\-\([a-z\\-]*\).*/--\1/p' "$dir/manual" |
			tr -d '\134' | sort -u)"
done

# What is good.
good "help has examples" "EXAMPLES" "$tool" --help
good "help of a command has examples" "EXAMPLES" "$tool" stat --help
good "an unavailable class is reported as such" "^error +unavailable" stat
run stat
if grep -Eq "^error +0" "$dir/out"; then
	fail "an unavailable class is not 0"
else
	pass "an unavailable class is not 0"
fi
good "options before the command" '"abi": 1' \
	"$tool" -j -D "$root" stat
good "JSON has null for what is unavailable" '"error": null' stat -j
good "JSON lists what is unavailable" '^ +"error",' stat -j
good "CSV" "^$(value wp),wp," stat -x,
good "CSV has unavailable as a word" "^unavailable;error;$" stat "-x;"
good "percpu sums" "^sum +0 +2 +4" stat --percpu
good "percpu lists what is unavailable instead of a column" \
	"^unavailable: error" stat --percpu
good "CSV of percpu" "^CPU3,1,wp," stat -P -x,
cp "$files/percpu" "$dir/percpu"
awk 'BEGIN {
	for (i = 1; i <= 64; i++) {
		names = names " class" i
		counts = counts " " i
	}
	print "cpu" names "\n0" counts
}' >"$files/percpu"
run stat -P
is "the 64th class is aligned like the others" \
	"$(awk 'NF == 65 { print length($0) }' "$dir/out" | sort -u | wc -l)" 1
cp "$dir/percpu" "$files/percpu"
good "groups, by row" "^/c +0 +2 +4" stat --per-cgroup
run stat -C
is "groups: the most faults first, those that are no group last" \
	"$(awk '!NF || /^unavailable/ { exit } NR > 1 { print $1 }' "$dir/out" | tr '\n' ' ')" \
	'/c /a\040b.slice/x\134x2d".scope (removed) (other) sum '
good "groups: the sum" "^sum +0 +10 +20" stat -C
good "groups without faults with -v" "^/ +0 +0" stat -C -v
good "CSV of groups" '^/a.040b.slice/x.134x2d".scope,1,wp,' stat -C -x,
good "JSON of groups: the path" '"cgroup": "/a b.slice/x[\]{2}x2d[\]".scope"' stat -C -j
good "JSON of groups: the id" '"id": 4294967377' stat -C -j
good "JSON of groups: no id" '"id": null' stat -C -j
# A group goes between two readings, after five faults more.
awk '$1 == "/c" { for (i = 3; i <= NF; i++) was[i] = $i; next }
	$1 == "(removed)" { for (i = 3; i < NF; i++) $i += was[i]; $4 += 5 }
	{ print }' "$files/cgroups" >"$dir/edited"
(
	sleep 1
	cat "$dir/edited" >"$files/cgroups"
) &
run stat -C 3 1
is "what a group had counted before is not counted again when it goes" \
	"$(awk '$1 ~ /^[0-9]/ { print $2, $3, $4, $5 }' "$dir/out" | tr '\n' ' ')" \
	"(removed) 0 5 0 sum 0 5 0 "
wait
fresh
good "probes" "^visit +direct +handle_mm_fault" "$tool" probes -D "$root"
good "probes: the reason below the row" "^    no such symbol here" \
	"$tool" probes -D "$root"
good "probes: JSON" '"reason": "no such symbol here"' "$tool" probes -j -D "$root"
fresh_from 18446744073709551000
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
if [ "$status" -eq 0 ] && [ "$(grep -Ec '^ *0\.[0-9]{3} +0 ' "$dir/out")" -eq 3 ]; then
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
   [ "$(awk '$1 ~ /^[0-9]/ { printf "%.0f:%s ", $1, $2 }' "$dir/out")" = "1:0 2:1000 3:0 " ]; then
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
	pass "counters that were reset are noticed"
else
	fail "counters that were reset are noticed"
fi

# Interrupted.
fresh
"$tool" stat -D "$root" 0.2 >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 1
kill -TERM "$pid" || :
status=0
wait "$pid" || status=$?
if [ "$status" -eq 0 ] && [ "$(wc -l <"$dir/out")" -ge 3 ] && [ ! -s "$dir/err" ]; then
	pass "a signal ends it cleanly"
else
	fail "a signal ends it cleanly"
fi

full_disk "a full disk is noticed" stat

# What is written.
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

# Watches.
fresh
mkdir -p "$files/watch/web"
sed 's/^anon .*/anon 4711/' "$files/stats" >"$files/watch/web/stats"
echo "web tgid=7" >"$files/watches"
good "watch lists them" "^web tgid=7$" "$tool" watch -D "$root"
good "stat of a watch" "^anon +4711 " stat -w web
good "stat of no watch is the root's" "^anon +$(value anon) " stat
error "there is no such watch" 17 "no watch other; pfclass watch" stat -w other
error "nor one that is another file" 17 "no watch" stat -w ../..
run "$tool" watch add db tgid=1,2 comm=postgres -D "$root"
if [ "$status" -eq 0 ] && grep -qx "add db tgid=1,2 comm=postgres" "$files/watches"; then
	pass "watch writes its words on one line"
else
	fail "watch writes its words on one line"
fi

# Latency.
fresh
rm -f "$files/latency"
error "latency is missing" 8 "no file \"latency\"" "$tool" latency -D "$root"
printf 'abi 1\nanon count unavailable\n' >"$files/latency"
error "latency is off" 16 "latency=1" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3\nanon sum 4500\nanon 1024 2\nanon 2048 1\n' >"$files/latency"
good "latency" "^1.02 us +2.05 us +2 +#+$" "$tool" latency -D "$root"
good "latency: mean" "^anon +3 +1.50 us +<2.05 us +<4.10 us +<4.10 us +<4.10 us +4.50 us$" \
	"$tool" latency -s -D "$root"
good "latency: JSON" '"mean_ns": 1500.0' "$tool" latency -j -D "$root"

# percentiles OF BUCKETS...: FROM:COUNT each; what p50 to p99.9 are for it
percentiles() {
	printf 'abi 1\nanon count 1\nanon sum 1\n' >"$files/latency"
	for bucket; do
		echo "anon ${bucket%:*} ${bucket#*:}" >>"$files/latency"
	done
	run "$tool" latency -s -D "$root"
	awk '$1 == "anon" { gsub(/ +/, " "); sub(/^anon 1 1 ns /, ""); sub(/ 1 ns$/, ""); print }' \
		"$dir/out"
}

is "latency: a percentile that ends a bucket is in it" \
	"$(percentiles 1024:500 2048:400 4096:90 8192:9 16384:1)" "<2.05 us <4.10 us <8.19 us <16.4 us"
is "latency: a percentile that begins a bucket is in it" \
	"$(percentiles 1024:499 2048:400 4096:90 8192:9 16384:2)" "<4.10 us <8.19 us <16.4 us <32.8 us"
is "latency: a percentile is rounded up" \
	"$(percentiles 1024:1 2048:1 4096:1)" "<4.10 us <8.19 us <8.19 us <8.19 us"
is "latency: one fault, in the first bucket" "$(percentiles 0:1)" "<2 ns <2 ns <2 ns <2 ns"
is "latency: very many faults" "$(percentiles 1024:18446744073709551000 2048:600)" \
	"<2.05 us <2.05 us <2.05 us <2.05 us"
# shellcheck disable=SC2016 # expanded by the inner shell
good "latency: percentiles in JSON" \
	'"p99.9":\{"from_ns":1024,"below_ns":2048\}' sh -c '"$0" latency -j -D "$1" | tr -d " \n"' \
	"$tool" "$root"

# Bars are as long as the screen allows.
printf 'abi 1\nanon count 3\nanon sum 4500\nanon 1024 20000000000\nanon 2048 1\n' >"$files/latency"
for columns in 45 80 200; do
	run env COLUMNS=$columns "$tool" latency -D "$root"
	is "latency: bars on $columns columns" "$(awk -v columns=$columns '
		/#/ { if (length > most) most = length; bars++ }
		END { print bars, (most <= columns && most > columns - 5) }' \
		"$dir/out")" "2 1"
done
run env COLUMNS=80 "$tool" latency -D "$root"
is "latency: the smallest bucket has a bar" "$(sed -n 's/.* 1  *\(#*\)$/\1/p' "$dir/out")" "#"
is "latency: no line is longer than 80 columns" "$(awk 'length > 80' "$dir/out")" ""

# In intervals.
printf 'abi 1\nanon count 3\nanon sum 3000\nanon 512 2\nanon 1024 1\nwp count 2\nwp sum 9\nwp 4 2\nnuma count unavailable\n' >"$dir/before"
printf 'abi 1\nanon count 7\nanon sum 13000\nanon 512 2\nanon 1024 4\nanon 2048 1\nwp count 2\nwp sum 9\nwp 4 2\nnuma count unavailable\n' >"$dir/after"
# between BEFORE AFTER ARGUMENT...: "latency" changes in the second of three intervals
between() {
	cp "$dir/$1" "$files/latency"
	(
		sleep 0.75
		cp "$dir/$2" "$dir/new"
		mv "$dir/new" "$files/latency"
	) &
	shift 2
	run timeout 20 "$tool" latency -D "$root" "$@" 0.5 3
	wait
}

between before after -s
is "latency: each interval has a table" \
	"$(awk '$1 == "elapsed" { printf "%.0f:", 2 * $2 } $1 == "anon" { printf "%s,%s,%s,%s,", $2, $3 $4, $5 $6, $NF }
		$1 == "wp" { printf "wp" } $1 == "numa" { printf "%s", $2 } !NF { print "" }' "$dir/out" |
		tr '\n' ' ')" "1:unavailable 2:4,2.50us,<2.05us,us,unavailable 3:unavailable "
is "latency: nothing is wrong" "$status$(cat "$dir/err")" 0
between before after
is "latency: each interval has its histograms" "$(grep -c '#' "$dir/out")" 2
between before after -j
is "latency: JSON lines" "$(sed -n 's/.*"reset":false.*"anon":{"count":\([0-9]*\),"sum_ns":\([0-9]*\),.*/\1 \2/p' \
	"$dir/out" | tr '\n' ,)" "0 0,4 10000,0 0,"
between after before -j
is "latency: a reset is noticed" "$(sed -n 's/.*"reset":true.*"anon":{"count":\([0-9]*\),.*/\1/p' "$dir/out")" 3
between after before -s
if [ "$status" -eq 0 ] && grep -q "were reset" "$dir/err"; then
	pass "latency: a reset is reported"
else
	fail "latency: a reset is reported"
fi
cp "$dir/before" "$files/latency"
"$tool" latency -D "$root" 60 >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 0.5
# One that has ended already fails below, and says of what.
kill -INT "$pid" || :
kill -TERM "$pid" || :
status=0
wait "$pid" || status=$?
if [ "$status" -eq 0 ] && [ ! -s "$dir/out" ] && [ ! -s "$dir/err" ]; then
	pass "latency: a signal ends it cleanly"
else
	fail "latency: a signal ends it cleanly"
fi
full_disk "latency: a full disk is noticed" latency

printf 'abi 1\nanon count 0\nanon sum 0\nfuture count 3\n' >"$files/latency"
good "latency: nothing, and a class of the future" "^anon +0$" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3\nanon 1024 2\nanon 1024 1\n' >"$files/latency"
error "latency: a bucket twice" 6 "makes no sense" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3 3\n' >"$files/latency"
error "latency: four words" 6 "CLASS WHAT NUMBER" "$tool" latency -D "$root"
printf 'abi 1\nanon count 3' >"$files/latency"
error "latency: cut off" 6 "cut off" "$tool" latency -D "$root"
tap_end
