#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # paths without blanks
#
# pfclass wss: of a program whose working set is known (toucher), against what smaps says is
# Referenced, and against DAMON where the kernel has it. Needs the tool in $PATH.

tmp=/tmp/pfclass-wss.$$

here=$(cd "$(dirname "$0")" && pwd -P)
lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/tap.sh
. "$lib/tap.sh"
# shellcheck source=selftests/lib/machine.sh
. "$lib/machine.sh"

[ "$(id -u)" = 0 ] || skip_all "not root"
[ -r $pfclass/stats ] || skip_all "pfclass is not loaded"
[ -e $tracefs/events/pfclass/fault ] || skip_all "no events below $tracefs"
grep -q '^faults [0-9]' $pfclass/stats || skip_all "no accounting (account=0), no events"
command -v pfclass >/dev/null || skip_all "no pfclass in PATH"
[ -w /proc/self/clear_refs ] || skip_all "no /proc/PID/clear_refs"

toucher=
thp=/sys/kernel/mm/transparent_hugepage
huge=$(($(cat $thp/hpage_pmd_size 2>/dev/null || echo 0) / 1024))
damon=/sys/kernel/mm/damon/admin/kdamonds
# shellcheck disable=SC2317,SC2329 # called by the trap
cleanup()
{
	[ -z "$toucher" ] || kill -KILL "$toucher" 2>/dev/null
	[ ! -e $tmp/thp ] || while read -r word file; do
		echo "$word" >"$file"
	done <$tmp/thp
	rm -rf $tmp
}
trap cleanup EXIT
trap 'exit 1' INT TERM
mkdir -p $tmp
echo "TAP version 13"

# run CMD...: its exit status goes to status.
run()
{
	status=0
	"$@" >$tmp/out 2>$tmp/err || status=$?
}

# shows TEXT STATUS PATTERN...: the last command ended so and printed that.
shows()
{
	text=$1 why=
	[ "$status" = "$2" ] || why="exit status $status, wanted $2"
	shift 2
	for pattern; do
		grep -Eq -- "$pattern" $tmp/out $tmp/err || why="no $pattern"
	done
	[ -z "$why" ] || sed 's/^/# /' $tmp/out $tmp/err | head -n 40
	check "$text${why:+: $why}" [ -z "$why" ]
}

kb=$((page / 1024))

# Huge pages for those who ask.
for file in $thp/enabled $thp/hugepages-${huge}kB/enabled; do
	[ -w "$file" ] || continue
	echo "$(sed 's/.*\[\(.*\)\].*/\1/' "$file") $file" >>$tmp/thp
	echo madvise >"$file"
done

"$here/toucher" >$tmp/ready &
toucher=$!
for _ in $(seq 100); do
	[ ! -s $tmp/ready ] || break
	sleep 0.1
done
has=$(cat $tmp/ready)
case $has in ready*) ;; *) not_ok "toucher runs"; tap_end ;; esac

# What no kernel can answer, and what is no question.
run pfclass wss 99999999
shows "no such process" 15 "no process has the ID"
run pfclass wss 2
case $status in
20) ;;
*) shows "a kernel thread" 15 "no memory" ;;
esac

run pfclass wss "$toucher" 0.5 1
if [ "$status" = 20 ]; then
	shows "the CPU sets the access flag: an error says so" 20 "sets the access flag itself"
	# The witness: after clear_refs, touched pages took no fault.
	before=$(awk '$1 == "af" { print $2 }' $pfclass/stats)
	echo 1 >"/proc/$toucher/clear_refs"
	echo 4 >"/proc/$toucher/clear_refs"
	sleep 0.5
	is 0 "$(($(awk '$1 == "af" { print $2 }' $pfclass/stats) - before))" "and no fault is of class af"
	tap_end
fi
shows "one interval" 0 "^elapsed .* mapping" " total$"
is "" "$(cat $pfclass/watches)" "no watch stays"

# field COLUMN ADDRESS [INTERVAL]: kB of the mapping that begins there
# Columns: rss swap referenced touched read write exec new mapping
field()
{
	awk -v n="$1" -v at="$2" -v want="${3:-1}" '
		$1 == "elapsed" { interval++ }
		interval == want && index($0, " " at "-") {
			# The first column is empty.
			print $n
			exit
		}' $tmp/out
}

# working_set ADDRESS WORDS: touched, read, write, exec and new of the mapping, in kB
working_set()
{
	for interval in 1 2 3; do
		is "$2" "$(field 4 "$1" $interval) $(field 5 "$1" $interval) $(field 6 "$1" $interval) $(field 7 "$1" $interval) $(field 8 "$1" $interval)" \
			"interval $interval: $3"
	done
}

run pfclass wss "$toucher" 1 3
shows "three intervals" 0
sed 's/^/# /' $tmp/out | head -n 12
working_set 5500000000 "$((20 * kb)) $((7 * kb)) $((13 * kb)) 0 0" "7 pages read, 13 written, of 400"
for interval in 1 2 3; do
	is "$((400 * kb)) $((20 * kb))" "$(field 1 5500000000 $interval) $(field 3 5500000000 $interval)" \
		"interval $interval: smaps says 400 pages resident, 20 referenced"
done
working_set 5700000000 "$((3 * kb)) $((3 * kb)) 0 0 0" "3 of 31 shared pages, whatever the child touches"
is "$((3 * kb))" "$(field 3 5700000000 2)" "and smaps says so"
case $has in
*swap*) working_set 5600000000 "$((5 * kb)) $((5 * kb)) 0 0 $((5 * kb))" "5 of 11 swapped pages, all new" ;;
*) skip "swapped pages" "no swap" ;;
esac
case $has in
*huge*)
	working_set 5800000000 "$((2 * huge)) $huge $huge 0 0" "2 of 3 huge pages"
	is $((2 * huge)) "$(field 3 5800000000 2)" "and smaps says so"
	;;
*) skip "huge pages" "there are none" ;;
esac
is "" "$(cat $tmp/err)" "no fault was lost, none without an event"

# As numbers: the total is the sum of the mappings.
run pfclass wss -j "$toucher" 1 2
shows "JSON" 0 '"touched":[1-9]'
is 2 "$(wc -l <$tmp/out)" "an object a line"
is "" "$(awk '
	# The first "touched" is the total.
	{ n = split($0, word, /"touched":/); sum = 0
	  for (i = 3; i <= n; i++) sum += word[i] + 0
	  if (n < 5 || sum != word[2] + 0) print word[2] + 0, "is not", sum }' $tmp/out)" "the total is the sum"
run pfclass wss -t "$toucher" 0.5 4
is "5 1" "$(wc -l <$tmp/out) $(grep -c elapsed $tmp/out)" "-t: a header and a line an interval"

# ^C, and the end of the process, and a tool that is killed.
# (In the background SIGINT is ignored.) Not every timeout ends as the command does.
run timeout -s INT 3 pfclass wss "$toucher" 30
[ $status != 124 ] || status=0
shows "^C prints what there was until then" 0 "^ *[0-9]\.[0-9]+ .* total$"
is "" "$(cat $pfclass/watches)" "and the watch goes"
pfclass wss "$toucher" 30 >$tmp/out 2>$tmp/err &
pid=$!
sleep 2
is 1 "$(wc -l <$pfclass/watches)" "it has one watch"
kill -KILL $pid
wait $pid 2>/dev/null
is "" "$(cat $pfclass/watches)" "killed, it leaves nothing behind"
run pfclass wss 0.5 -- "$here/toucher" 2
shows "a command, to its end" 0 "5500000000-" " total$" "^ready"
run pfclass wss -- sh -c 'exit 7'
shows "the status is the command's" 7
run pfclass wss -- /no/such/program
shows "a command that is not there" 127 "not found"

# Much memory: no fault may be lost.
awk 'BEGIN { for (;;) for (i = 0; i < 150000; i++) a[i] = "x" i }' </dev/null &
many=$!
sleep 8
run pfclass wss -t $many 2 2
kill -KILL $many
wait $many 2>/dev/null
cat $tmp/out | sed 's/^/# /'
shows "a process that touches much" 0
is "" "$(cat $tmp/err)" "no fault was lost"
is "" "$(awk '$1 != "elapsed" && ($4 > $2 || $5 < 1024 || $5 > $2 || $5 != $6 + $7 + $8)' $tmp/out)" \
	"and more than a megabyte is touched, no more than is resident"

# Others.
pfclass filter tgid=1
run pfclass wss "$toucher" 0.5 1
shows "a filter would hide events: refused" 9 "filter .tgid=1. is set"
pfclass filter clear
pfclass disable
run pfclass wss "$toucher" 0.5 1
shows "disarmed" 9 "disarmed"
pfclass enable
pfclass wss "$toucher" 1 2 >$tmp/other &
run pfclass wss "$toucher" 1 2
wait $!
shows "two at a time do not fail" 0 "5500000000-"

# A map, where gnuplot is.
if command -v gnuplot >/dev/null; then
	run env COLUMNS=80 LINES=24 pfclass wss -m "$toucher" 0.5 4
	shows "a map" 0 "\|.*r.*\|" "\|.*w.*\|" "seconds"
	is "" "$(awk 'length > 80' $tmp/out)" "no line is longer than 80 columns"
	run pfclass wss -o $tmp/a.svg "$toucher" 0.5 2
	shows "tables, and an SVG" 0 "5500000000-"
	check "which is complete" grep -q "</svg>" $tmp/a.svg
else
	run pfclass wss -m "$toucher" 0.5 1
	shows "a map without gnuplot" 1 "cannot run gnuplot"
fi

# DAMON looks at samples and at regions: the same order, not the same number.
# put VALUE FILE, below the context
put()
{
	echo "$1" >"$context/$2"
}

damon()
{
	echo 1 >$damon/nr_kdamonds
	echo 1 >$damon/0/contexts/nr_contexts
	context=$damon/0/contexts/0
	# Of the 400 pages only: at last regions of a page or a few. toucher touches its pages
	# more often than every 100 ms.
	put fvaddr operations
	put 1 targets/nr_targets
	put "$toucher" targets/0/pid_target
	put 1 targets/0/regions/nr_regions
	put $((0x5500000000)) targets/0/regions/0/start
	put $((0x5500000000 + 400 * page)) targets/0/regions/0/end
	put 100000 monitoring_attrs/intervals/sample_us
	put 400000 monitoring_attrs/intervals/aggr_us
	put 10 monitoring_attrs/nr_regions/min
	put 800 monitoring_attrs/nr_regions/max
	put 1 schemes/nr_schemes
	put stat schemes/0/action
	put 1 schemes/0/access_pattern/nr_accesses/min
	put 100 schemes/0/access_pattern/nr_accesses/max
	put $((1 << 30)) schemes/0/access_pattern/sz/max
	put 100000 schemes/0/access_pattern/age/max
	echo on >$damon/0/state || return
	sleep 15
	echo update_schemes_tried_bytes >$damon/0/state &&
		found=$(($(cat $context/schemes/0/tried_regions/total_bytes) / 1024))
	echo off >$damon/0/state
	echo 0 >$damon/nr_kdamonds
}

if [ -e $damon/nr_kdamonds ]; then
	found=none
	damon 2>$tmp/err
	cat $tmp/err
	echo "# DAMON: $found kB; wss: $((20 * kb)) kB"
	case $found in
	none) skip "DAMON" "it does not start" ;;
	*)
		status=0
		[ $((found * 4)) -ge $((20 * kb)) ] && [ $found -le $((4 * 20 * kb)) ] || status=1
		result $status "DAMON estimates a working set of that order: $found kB"
		;;
	esac
else
	skip "DAMON" "this kernel has none"
fi

tap_end
