#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# top.sh PFCLASS MAKE_FILES: "top" of recorded histograms, as tables, as JSON and on the
# screen of tmux. Needs no module. TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"

hist=$dir/hist

# entry NAME TID TGID CLASS N
entry() {
	printf '{ common_pid: %-16s[%10u], tgid: %10u, class: %10u } hitcount: %10u\n' "$@"
}

# hist DROPPED: entries from standard input; the file appears at once, as in tracefs
hist() {
	{
		cat <<'HEAD'
# event histogram
#
# trigger info: hist:keys=common_pid.execname,tgid,class:vals=hitcount:sort=hitcount:size=16384 [active]
#

HEAD
		cat
		printf '\nTotals:\n    Hits: 1\n    Entries: 1\n    Dropped: %s\n' "$1"
	} >"$dir/new"
	mv "$dir/new" "$hist"
}

# rows: of the last table that was printed, without more blanks than one
rows() {
	awk '/; dropped / { n = 0; next } /(^| )faults / && !n { n = 1; next }
		n && NF { row[n++] = $0 }
		END { for (i = 1; i < n; i++) print row[i] }' "$dir/out" | sed 's/^ *//' | tr -s ' '
}

# table ARGUMENT...: one table of counts
table() {
	run "$tool" top -b -t -n 1 -d 0.1 "$@" "$hist"
}

echo "TAP version 13"

# A name may hold anything. Threads 51 and 52 are of process 50; 52 also touched the memory of
# 60 (ptrace), and nothing else is known of it.
{
	entry "bash" 40 40 0 23
	entry "bash" 40 40 1 7
	entry "worker/1" 51 50 0 100
	entry "main" 50 50 0 1000
	entry "a ], tgid: 9, c" 60 60 7 31
	entry "gdb" 60 50 0 2
} | hist 5
table
is "a row a process, the most faults first" "$(rows | cut -d ' ' -f 1-5)" "50 ? 1100 1100 0
60 ? 33 2 0
40 ? 30 23 7"
is "the name is that of the first thread, whatever it is" \
	"$(rows | sed 's/.* 0 0 0 0 //; s/^0 //' | head -n 2)" "main
a ], tgid: 9, c"
is "what was dropped is shown" "$(sed -n 's/.*dropped \([0-9]*\)$/\1/p' "$dir/out")" 5
table -g command -r
is "by command, the smallest first" "$(rows | awk '{ print $1, $NF }')" "30 bash
33 c
1100 main"
table -g user
is "whose user is not known" "$(rows | awk '{ print $1, $NF }')" "1163 ?"
table -s pid
is "sorted by ID" "$(rows | cut -d ' ' -f 1 | tr '\n' ' ')" "40 50 60 "
table -s command
is "sorted by command" "$(rows | cut -d ' ' -f 1 | tr '\n' ' ')" "60 40 50 "
table -s wp
is "sorted by a class" "$(rows | head -n 1 | cut -d ' ' -f 1)" 40
table -c wp,file
is "some classes: rows without them are left out" \
	"$(rows | awk '{ print $1, $3, $4, $5 }' | tr '\n' ' ')" "60 31 0 31 40 7 7 0 "
is "some classes: the columns" "$(sed -n 2p "$dir/out" | tr -s ' ')" \
	"pid user faults wp file command"
table -f 'command=*a*' -f 'faults>30'
is "filters: all must hold" "$(rows | cut -d ' ' -f 1 | tr '\n' ' ')" "50 60 "
is "and they are shown" "$(sed -n 2p "$dir/out")" "only command=*a* faults>30"
table -f pid=40
is "one process" "$(rows | cut -d ' ' -f 1)" 40
table -f 'wp<1' -f 'anon=2'
is "numbers" "$(rows | cut -d ' ' -f 1)" 60
table -f 'command=none'
is "no row" "$(rows)" ""
shows "no row: 0 faults" 0 '^0 faults, 0 rows'
run "$tool" top -j -t -n 1 -d 0.1 "$hist"
is "JSON" "$(sed 's/.*"rows"/"rows"/; s/"classes":{[^}]*}/{}/g' "$dir/out")" \
	'"rows":[{"pid":50,"command":"main","user":"?","cgroup":"?","faults":1100,{}},{"pid":60,"command":"a ], tgid: 9, c","user":"?","cgroup":"?","faults":33,{}},{"pid":40,"command":"bash","user":"?","cgroup":"?","faults":30,{}}]}'
shows "JSON: a class" 0 '"pid":40.*"classes":\{"anon":23,"wp":7,"swap":0,' '"dropped":5,'
entry "$(printf 'x\033[31m\ny')" 7 7 77 3 | hist 0
table
is "control sequences do not reach the terminal, and a name may have two lines" \
	"$(rows | awk '{ print $1, $NF }')" "7 x?[31m?y"
is "a class of the future" "$(sed -n 2p "$dir/out" | awk '{ print $(NF - 1) }')$(rows |
	awk '{ print $(NF - 1) }')" "other3"
hist 0 </dev/null
table
is "an empty histogram" "$(sed -n 1p "$dir/out" | cut -d , -f 1-2)$(rows)" "0 faults, 0 rows"

# Rates: 100, then 107, then somebody else's histogram begins anew.
entry "bash" 40 40 0 100 | hist 0
(
	sleep 1.5
	{
		entry "bash" 40 40 0 107
		entry "new" 41 41 1 400
	} | hist 3
	sleep 1
	entry "bash" 40 40 0 9 | hist 0
) &
run timeout 20 "$tool" top -j -n 3 -d 1 "$hist"
wait
is "each reading counts what came since the last" \
	"$(sed 's/.*"dropped":\([0-9]*\).*"rows":/\1 /; s/"classes":{[^}]*}//g; s/"user":"?","cgroup":"?",//g; s/}$//' "$dir/out")" \
	'0 []
3 [{"pid":41,"command":"new","faults":400,},{"pid":40,"command":"bash","faults":7,}]
3 [{"pid":40,"command":"bash","faults":9,}]'
entry "bash" 40 40 0 100 | hist 0
(
	sleep 0.5
	{
		entry "bash" 40 40 0 101
		entry "new" 41 41 1 500
	} | hist 0
) &
run timeout 20 "$tool" top -b -n 1 -d 2 "$hist"
wait
shows "faults per second; few are not 0" 0 '^ *41 \? +[12][0-9]{2} ' '^ *40 \? +0\.[1-9] +0\.[1-9] +0 '

# What makes no sense.
: >"$hist"
error "an empty file" 6 "complete" "$tool" top -b -n 1 -d 0.1 "$hist"
error "no such file" 1 "No such file" "$tool" top -b -n 1 -d 0.1 "$dir/none"
error "a directory" 1 "Is a directory" "$tool" top -b -n 1 -d 0.1 "$dir"
error "something else" 6 "is not of a histogram" "$tool" top -b -n 1 -d 0.1 "$0"
head -c 300000 /dev/urandom >"$hist"
run "$tool" top -b -n 1 -d 0.1 "$hist"
is "noise" "$status" 6
entry "bash" 40 40 0 100 | hist 0
# spoilt NAME SED
spoilt() {
	sed "$2" "$hist" >"$dir/spoilt"
	error "$1" 6 "is not of a histogram\|complete" "$tool" top -b -n 1 -d 0.1 "$dir/spoilt"
}
spoilt "other keys" 's/tgid: /address: /'
spoilt "fewer keys" 's/, class: *[0-9]*//'
spoilt "no number" 's/hitcount: .*/hitcount: x/'
spoilt "more than a number" 's/hitcount: .*/& 7/'
spoilt "the end is missing" '/Totals/q'
spoilt "cut off in an entry" '/common_pid: /{s/, tgid.*//;q}'
spoilt "cut off in a name" '/common_pid: /{s/: ba.*/: ba/;q}'

# Many.
awk 'BEGIN {
	for (i = 1; i <= 16384; i++)
		printf "{ common_pid: %-16s[%10u], tgid: %10u, class: %10u } hitcount: %10u\n",
			"name" i % 1000, 100000 - int(i / 4), 100000 - int(i / 4), i % 4, i }' </dev/null | hist 0
run timeout 20 "$tool" top -b -t -n 1 -d 0.1 -g command "$hist"
is "many entries" "$(rows | awk '{ sum += $1 } END { print NR, sum }')" "251 $((16384 * 16385 / 2))"

# The command line.
usage "no such column" "no column" top -b -s zz
usage "no such class" "no class" top -b -c anon,zz
usage "a class that is a column" "no class" top -b -c pid
usage "no such group" "process, command" top -b -g faults
usage "no filter" "COLUMN=VALUE" top -b -f wp
usage "a filter without a value" "COLUMN=VALUE" top -b -f wp=
usage "a filter of no number" "is a number" top -b -f wp=x
usage "a filter of text that is less" "is text" top -b -f 'user<a'
usage "no interval" "seconds" top -b -d 0
usage "no iterations" "number from 1" top -b -n 0
usage "two files" "too many" top -b a b
error "no terminal" 2 "to print tables: -b" "$tool" top "$hist"
if [ ! -d /sys/module/pfclass ]; then
	error "the module is not loaded" 3 "not loaded" "$tool" top -b -n 1
fi
fresh
echo 0 >"$files/enabled"
error "the probes are disarmed" 9 "pfclass enable" "$tool" top -b -n 1 -D "$root"
fresh
sed 's/^faults .*/faults unavailable/' "$files/stats" >"$dir/edited"
cat "$dir/edited" >"$files/stats"
error "no accounting" 19 "account=1" "$tool" top -b -n 1 -D "$root"

# Ends.
"$tool" top -b -d 0.1 "$hist" >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 1
kill -INT "$pid"
status=0
wait "$pid" || status=$?
is "a signal ends it cleanly" "$status$(cat "$dir/err")$(tail -c 1 "$dir/out" | od -A n -c | tr -d ' ')" "0\\n"
# Beneath nohup it would be ignored.
env --default-signal=HUP "$tool" top -b -d 60 "$hist" >"$dir/out" 2>"$dir/err" &
pid=$!
sleep 0.5
kill -HUP "$pid"
status=0
wait "$pid" || status=$?
is "so does a terminal that goes" "$status$(cat "$dir/err")" 0
[ ! -c /dev/full ] || {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run sh -c 'exec "$0" top -b -d 0.1 "$1" >/dev/full' "$tool" "$hist"
	is "a full disk is noticed" "$status$(grep -c 'cannot write' "$dir/err")" 11
}

# The screen.
if ! command -v tmux >/dev/null; then
	skip "the screen" "tmux is not installed"
	tap_end
	exit
fi
export TMUX_TMPDIR="$dir" LC_ALL=C.UTF-8
unset TMUX
servers=0

# new_server: the one before may still be ending.
new_server() {
	servers=$((servers + 1))
	tmux="tmux -L top$servers -f /dev/null"
}

# screen COLUMNS LINES ARGUMENT...: top in a terminal of that size
screen() {
	columns=$1 lines=$2
	shift 2
	new_server
	# shellcheck disable=SC2086 # a command and its options
	$tmux new-session -d -x "$columns" -y "$lines" \
		"exec sh -c 'trap : INT QUIT; echo before; stty -g >$dir/before; $tool top $* 2>$dir/err; echo status \$?; stty -g >$dir/after; cat'"
	see
}

# see: $dir/out is what the screen shows once it changes no more
see() {
	sleep 0.6
	# shellcheck disable=SC2086 # a command and its options
	$tmux capture-pane -p >"$dir/out"
	status=0
}

# keys KEY...
keys() {
	# shellcheck disable=SC2086 # a command and its options
	$tmux send-keys -- "$@"
	see
}

# fits COLUMNS LINES: no line is longer, there are not more, the last column is there
fits() {
	awk -v columns="$1" 'length > columns { bad = 1 } END { exit bad }' "$dir/out" &&
		[ "$(wc -l <"$dir/out")" -eq "$2" ] && sed -n 3p "$dir/out" | grep -q 'command$'
}

end() {
	# shellcheck disable=SC2086 # a command and its options
	$tmux kill-server
}

for size in "80 24" "200 50" "40 5"; do
	columns=${size% *} lines=${size#* }
	for n in 0 1 1000; do
		awk -v n="$n" 'BEGIN {
			for (i = 1; i <= n; i++)
				for (class = 0; class < 12; class++)
					printf "{ common_pid: %-16s[%10u], tgid: %10u, class: %10u } hitcount: %10u\n",
						"name" i, i, i, class, (n - i + 1) * 1000 + class }' </dev/null | hist 0
		screen "$columns" "$lines" -t -d 0.2 "$hist"
		want=$n
		[ "$n" -le $((lines - 3)) ] || want=$((lines - 3))
		if fits "$columns" "$lines" && [ "$(grep -c 'name[0-9]*$' "$dir/out")" -eq "$want" ] &&
		   grep -q " $n row" "$dir/out"; then
			pass "$n rows in $columns columns and $lines lines"
		else
			fail "$n rows in $columns columns and $lines lines"
		fi
		[ "$n" = 1000 ] || end
	done
	keys End
	is "$size: to the end" "$(sed -n "${lines}p" "$dir/out" | awk '{ print $NF }')" name1000
	keys PPage PPage Home Down
	is "$size: and back, and a line down" "$(sed -n 4p "$dir/out" | awk '{ print $NF }')" name2
	end
done

{
	entry "bash" 40 40 0 23
	entry "bash" 41 41 1 400
	entry "make" 50 50 6 100
} | hist 5
screen 80 12 -t -d 0.2 "$hist"
shows "what was dropped" 0 'dropped 5$'
keys g
shows "g: by command" 0 '^ *423 .* bash$' 'by command, sorted by faults'
keys '>'
shows "g and >: sorted by the next column" 0 'sorted by anon'
keys R
shows "R: reversed" 0 'sorted by anon, reversed'
is "R: the order" "$(sed -n 4p "$dir/out" | awk '{ print $NF }')" make
keys t
shows "t: rates" 0 '^0 faults/s, 0 rows'
keys t h
shows "h: the keys" 0 '^q +quit'
keys x
shows "any key: the rows again" 0 '^ *423 .* bash$'
keys c spurious Enter
shows "c: a class" 0 '^ *faults +spurious +command$' '^ *100 +100 make$'
keys c zz Enter
shows "c: no class" 0 'no class "zz"'
keys c Enter
shows "c: all classes again" 0 '^ *423 .* bash$'
keys f 'command=b*' Enter
shows "f: a filter" 0 'only command=b\*$' '^423 faults, 1 row,'
keys "="
shows "=: no filter" 0 '^523 faults, 2 rows,'
keys d 0.3 Enter
shows "d: an interval" 0 '^523 faults, 2 rows,'
# shellcheck disable=SC2086 # a command and its options
$tmux resize-window -x 40 -y 8
see
is "a smaller window" "$(awk 'length > 40' "$dir/out"; sed -n 3p "$dir/out" | awk '{ print $NF }')" command
keys q
shows "q: the screen is as it was" 0 '^before$' '^status 0$'
is "and the terminal" "$(cat "$dir/after")" "$(cat "$dir/before")"
end
screen 80 12 -t -d 60 "$hist"
keys C-c
shows "^C: the screen is as it was" 0 '^before$' '^status 0$'
is "^C: and the terminal" "$(cat "$dir/after")" "$(cat "$dir/before")"
end
screen 80 12 -t -d 60 "$hist"
keys "C-\\"
shows "^\\: the screen is as it was" 0 '^before$' '^status 0$'
end
screen 80 12 -t -d 0.2 "$hist"
rm "$hist"
see
shows "an error: the screen is as it was" 0 '^before$' '^status 1$'
is "an error: it is reported" "$(cat "$dir/err")" "pfclass: cannot read $hist: No such file or directory"
end
entry x 1 1 0 1 | hist 0
screen 80 12 -t "$hist" -n 1 -d 0.2
shows "-n: it ends" 0 '^status 0$'
end
new_server
# shellcheck disable=SC2086 # a command and its options
$tmux new-session -d -x 80 -y 12 "sh -c 'TERM=no-such-type $tool top $hist; echo status \$?; cat'"
see
shows "a terminal that is not known" 0 'type "no-such-type" is not known' '^status 1$'
end

tap_end
