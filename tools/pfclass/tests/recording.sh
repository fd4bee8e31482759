#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# recording.sh PFCLASS MAKE_FILES: "fold" and "heatmap" of recordings in the forms that perf,
# trace-cmd and tracefs print. Needs no module. TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"

echo "TAP version 13"

# event COMM_PID CPU TIME NAME CLASS REFINEMENT ADDRESS NS TGID
event() {
	echo "$1 [$2] $3: $4: class=$5 refinement=$6 address=$7 pc=0x4029c8 access=read" \
		"origin=user ret=0 ns=$8 tgid=$9"
}

# folds NAME FILE LINES: what fold prints of it
folds() {
	run "$tool" fold "$2"
	echo "$3" >"$dir/want"
	if [ "$status" -eq 0 ] && [ ! -s "$dir/err" ] && cmp -s "$dir/out" "$dir/want"; then
		pass "$1"
	else
		sed 's/^/# wanted: /' "$dir/want"
		fail "$1"
	fi
}

# From perf script, 6.12: a stack with the module's own frames, symbols with an offset, blanks
# and brackets, objects without symbols; another event in between; a short name.
{
	event "my prog     210" 001 50.155075 "pfclass:fault" file file_cow 0x4c195c 1000 210
	cat <<'STACK'
	ffffac23ca5105a8 pfc_event_emit+0xc8 ([pfclass])
	ffffac241eb47400 el1h_64_sync_handler+0x70 ([kernel.kallsyms])
	ffffac241df864d0 handle_mm_fault+0x108 ([kernel.kallsyms])
	ffffac241dc35fd0 [unknown] ([kernel.kallsyms])
	          405bd4 std::map<int, a;b>::at(int const&)+0x30 (/usr/lib/lib c++.so)
	          400940 [unknown] (/pfclass/kselftest/pfclass/faults)
	    ffffa7ed054c [unknown] ([unknown])

swapper       0 [000]    50.155080: sched:sched_switch: prev_comm=swapper/0
	ffffac241dc35fd0 schedule+0x48 ([kernel.kallsyms])

STACK
	event "          a;b [2] 210/211" 000 50.155090 "pfclass:fault" af - 0x5000 500 210
	echo
	event "          a;b [2] 210/211" 000 50.155090 "   pfclass:af" af - 0x5000 500 210
	echo
	event "my prog     210" 001 50.155099 "pfclass:fault" file file_cow 0x4c195c 40 210
	sed 's/^/	/' <<'STACK'
ffffac241df864d0 handle_mm_fault.isra.0+0x108 ([kernel.kallsyms])

STACK
} >"$dir/perf"
folds "perf script" "$dir/perf" 'a:b [2];af 1
my prog;file;file_cow;[unknown];[faults];std::map<int, a:b>::at(int const&);[kernel.kallsyms];handle_mm_fault 1
my prog;file;file_cow;handle_mm_fault.isra.0 1'
run "$tool" fold -n "$dir/perf"
if [ "$(sed 's/.* //' "$dir/out" | tr '\n' ,)" = 500,1000,40, ]; then
	pass "by nanoseconds"
else
	fail "by nanoseconds"
fi
run sh -c '"$0" fold <"$1"' "$tool" "$dir/perf"
if [ "$(wc -l <"$dir/out")" -eq 3 ]; then
	pass "from standard input"
else
	fail "from standard input"
fi
grep -v 'pfclass:fault' "$dir/perf" >"$dir/single"
folds "an event of one class counts if there is no other" "$dir/single" 'a:b [2];af 1'

# From tracefs, 6.12: stacks come later, in between those of another CPU; with record-tgid.
{
	cat <<'HEAD'
# tracer: nop
#
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
HEAD
	event "              sh-181     " 001 33.384587 fault wp wp_copy 0xffffef496150 388560 181 |
		sed 's/\] /] d.... /'
	event "     my-prog 2-219     (    219) " 000 33.385701 fault wp wp_copy 0x197530f0 233744 219 |
		sed 's/\] /] d.... /'
	cat <<'STACK'
     my-prog 2-219     (    219) [000] d....    33.389497: <stack trace>
 => pfc_event_emit
 => handle_mm_fault
 => do_mem_abort
     my-prog 2-219     (    219) [000] d....    33.389769: <user stack trace>
 =>  <000000000048b4e4>
 => /bin/busy box[+0x5504]
              sh-181     [001] d....    33.390858: <stack trace>
 => handle_mm_fault
 => do_page_fault
           <...>-182     [001] d....    33.390860: sched_switch: prev_comm=x
           <...>-182     [001] d....    33.390861: <stack trace>
 => schedule
STACK
} >"$dir/tracefs"
folds "tracefs" "$dir/tracefs" 'my-prog 2;wp;wp_copy;[busy box];[unknown];do_mem_abort;handle_mm_fault 1
sh;wp;wp_copy;do_page_fault;handle_mm_fault 1'

# From trace-cmd report, 3.3.
{
	echo "cpus=2"
	event "       trace-cmd-245   " 000 47.420603 "fault:               " file file_read 0x5000 1 245 |
		sed 's/\] /] d.... /; s/:  *:/: /'
	cat <<'STACK'
       trace-cmd-245   [000] d....    47.420635: kernel_stack:         <stack trace >
=> pfc_event_emit (ffffa6850c0035a8)
=> handle_mm_fault (ffffa68561d864d0)
=> do_mem_abort (ffffa68561a35fd0)
STACK
} >"$dir/trace-cmd"
folds "trace-cmd report" "$dir/trace-cmd" 'trace-cmd;file;file_read;do_mem_abort;handle_mm_fault 1'

# What cannot be read, and what is incomplete.
: >"$dir/empty"
for command in fold heatmap; do
	error "$command: an empty file" 6 "no event of pfclass; record some" \
		"$tool" $command "$dir/empty"
	error "$command: no such file" 1 "No such file" "$tool" $command "$dir/none"
	error "$command: a directory" 1 "Is a directory" "$tool" $command "$dir"
	error "$command: something else" 6 "no event" "$tool" $command "$0"
	# shellcheck disable=SC2016 # expanded by the inner shell
	error "$command: noise" 6 "no event" sh -c 'head -c 300000 /dev/urandom | "$0" "$1"' \
		"$tool" $command
	# shellcheck disable=SC2016 # expanded by the inner shell
	if ! sh -c 'ulimit -v 200000; exec "$0" --version' "$tool" >/dev/null 2>&1; then
		# The address sanitizer's shadow alone takes more.
		skip "$command: no line ends" "this program does not run in 200 MB"
	else
		# shellcheck disable=SC2016 # expanded by the inner shell
		error "$command: no line ends" 6 "no event" sh -c '
			head -c 30000000 /dev/zero | tr "\\0" x |
			(ulimit -v 200000; exec "$0" "$1")' "$tool" $command
	fi
	usage "$command: two files" "too many" $command a b
	usage "$command: JSON" "format of its own" $command -j a
done
head -n 1 "$dir/perf" | sed 's/ ns=.*//' >"$dir/cut"
error "an event that is cut off" 6 "1 lines with an event make no sense" "$tool" fold "$dir/cut"
sed 's/ ns=[0-9]*/ ns=0/' "$dir/perf" >"$dir/zero"
error "no durations" 16 "latency=1" "$tool" fold --ns "$dir/zero"
error "heatmap: no durations" 16 "latency=1" "$tool" heatmap -l "$dir/zero"
error "heatmap: no such process" 15 "process 9" "$tool" heatmap -p 9 "$dir/perf"
{
	echo "CPU:1 [LOST 31 EVENTS]"
	cat "$dir/tracefs"
} >"$dir/lost"
run "$tool" fold "$dir/lost"
if [ "$status" -eq 0 ] && [ "$(wc -l <"$dir/out")" -eq 2 ] && grep -q "lost 31 events" "$dir/err"; then
	pass "what was lost is reported"
else
	fail "what was lost is reported"
fi
mkdir "$dir/bin"
printf 'PERFILE2....' >"$dir/perf.data"
printf '\027\010\104tracing6' >"$dir/trace.dat"
error "perf is not installed" 1 "cannot run perf" env PATH="$dir/bin" "$tool" fold "$dir/perf.data"
error "gnuplot is not installed" 1 "cannot run gnuplot" \
	env PATH="$dir/bin" "$tool" heatmap "$dir/perf"
# What perf and trace-cmd are asked for; a path with blanks.
for program in perf trace-cmd; do
	cat >"$dir/bin/$program" <<SCRIPT
#!/bin/sh
echo "$program \$*" >>"$dir/asked"
cat "$dir/$program"
SCRIPT
	chmod 755 "$dir/bin/$program"
done
mv "$dir/perf.data" "$dir/my perf.data"
for file in "my perf.data" trace.dat; do
	run env PATH="$dir/bin:$PATH" "$tool" fold "$dir/$file"
	cat "$dir/out"
done >"$dir/both"
if [ "$(wc -l <"$dir/both")" -eq 4 ] && [ "$(cat "$dir/asked")" = \
"perf script --no-inline -i $dir/my perf.data
trace-cmd report -i $dir/trace.dat" ]; then
	pass "perf and trace-cmd are asked for their text"
else
	cp "$dir/asked" "$dir/err"
	fail "perf and trace-cmd are asked for their text"
fi
printf '#!/bin/sh\nexit 3\n' >"$dir/bin/perf"
run env PATH="$dir/bin:$PATH" "$tool" fold "$dir/my perf.data"
if [ "$status" -eq 1 ] && grep -q "perf failed" "$dir/err"; then
	pass "perf fails"
else
	fail "perf fails"
fi
[ ! -c /dev/full ] || {
	# shellcheck disable=SC2016 # expanded by the inner shell
	run sh -c 'exec "$0" fold "$1" >/dev/full' "$tool" "$dir/perf"
	if [ "$status" -eq 1 ] && grep -q "cannot write" "$dir/err"; then
		pass "a full disk is noticed"
	else
		fail "a full disk is noticed"
	fi
}

# Many events.
awk 'BEGIN {
	for (i = 0; i < 200000; i++)
		printf "prog%d %d [00%d] %d.%06d: pfclass:fault: class=%s refinement=- address=0x%x " \
			"pc=0x0 access=read origin=user ret=0 ns=%d tgid=%d\n\t  %x f%d+0x1 (/bin/x)\n\n",
			i % 10, i % 10 + 1, i % 4, 10 + i / 50000, i % 50000, i % 3 ? "anon" : "wp",
			(i % 5000) * 4096 + (i % 3 ? 0 : 1099511627776), (i % 1000 + 1) * (i % 3 ? 1 : 1000), i % 10 + 1,
			i + 4096, i % 100 }' </dev/null >"$dir/many"
run timeout 60 "$tool" fold "$dir/many"
if [ "$status" -eq 0 ] && [ "$(awk '{ n += $NF } END { print n, NR }' "$dir/out")" = "200000 200" ]; then
	pass "many events"
else
	fail "many events"
fi
if flamegraph=$(command -v flamegraph.pl || ls /usr/share/perl5/Devel/NYTProf/flamegraph.pl) 2>/dev/null; then
	cp "$dir/out" "$dir/folded"
	run perl "$flamegraph" "$dir/folded"
	if [ "$status" -eq 0 ] && grep -q '<title>f7 (' "$dir/out" && [ ! -s "$dir/err" ]; then
		pass "flamegraph.pl takes it"
	else
		fail "flamegraph.pl takes it"
	fi
else
	skip "flamegraph.pl takes it" "it is not installed"
fi

# Pictures.
usage "heatmap: another format" "\.png or \.svg" heatmap -o a.jpg "$dir/perf"
usage "heatmap: no size" "WxH\|size" heatmap -s 12 "$dir/perf"
usage "heatmap: too small" "20x10" heatmap -s 3x3 "$dir/perf"
usage "heatmap: no process" "process ID" heatmap -p x "$dir/perf"
if ! command -v gnuplot >/dev/null; then
	skip "heatmap" "gnuplot is not installed"
	tap_end
	exit
fi
# draws NAME COLUMNS LINES ARGUMENT...: no line is longer or more, and each class is there
draws() {
	name=$1 columns=$2 lines=$3
	shift 3
	run env COLUMNS="$columns" LINES="$lines" "$tool" heatmap "$@"
	if [ "$status" -eq 0 ] && [ "$(wc -l <"$dir/out")" -lt "$lines" ] &&
	   [ "$(awk -v c="$columns" 'length > c' "$dir/out" | wc -l)" -eq 0 ] &&
	   grep -q 'anon 133333 *a' "$dir/out" && grep -q 'wp 66667 *w' "$dir/out" &&
	   grep -q '|.*a.*|' "$dir/out" && grep -q '|.*w.*|' "$dir/out"; then
		pass "$name"
	else
		fail "$name"
	fi
}

draws "heatmap on 80 columns" 80 24 "$dir/many"
if grep -q "0x10000.*-|" "$dir/out" && grep -q " 0x0 .*-" "$dir/out"; then
	pass "heatmap: addresses"
else
	fail "heatmap: addresses"
fi
draws "heatmap on 200 columns" 200 50 "$dir/many"
draws "heatmap: durations" 80 24 -l "$dir/many"
good "heatmap: one process" "anon 13333 *a" "$tool" heatmap -p 3 "$dir/many"
for class in wp anon anon wp file anon; do
	event "x 1" 000 5.0 pfclass:fault $class - 0x5000 9 1
done >"$dir/cell"
run "$tool" heatmap "$dir/cell"
if grep -q '| *a *|' "$dir/out" && ! grep -q '| *[wF] *|' "$dir/out" && grep -q 'wp 2 *w' "$dir/out"; then
	pass "heatmap: a cell has the letter of its most frequent class"
else
	fail "heatmap: a cell has the letter of its most frequent class"
fi
grep "wp_copy.*tgid=181" "$dir/tracefs" >"$dir/one"
good "heatmap: one fault" "wp 1 " "$tool" heatmap "$dir/one"
good "heatmap: the duration of one fault" "wp 1 " "$tool" heatmap -l "$dir/one"
sed 's/class=anon/class=future/' "$dir/many" >"$dir/future"
good "heatmap: a class of the future" "other 133333 *[?]" "$tool" heatmap "$dir/future"
for size in 300x200 1200x800; do
	run "$tool" heatmap -s $size -o "$dir/a b'c.png" "$dir/many"
	# The size is in the PNG's header.
	got=$(od -A n -t u1 -j 16 -N 8 "$dir/a b'c.png" 2>/dev/null |
		awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }')
	if [ "$status" -eq 0 ] && [ ! -s "$dir/out" ] && [ "$got" = $size ]; then
		pass "heatmap: a PNG of $size"
	else
		fail "heatmap: a PNG of $size"
	fi
done
run "$tool" heatmap -l -o "$dir/a.svg" "$dir/many"
if [ "$status" -eq 0 ] && grep -q '</svg>' "$dir/a.svg" && grep -q 'wp 66667' "$dir/a.svg"; then
	pass "heatmap: an SVG"
else
	fail "heatmap: an SVG"
fi
error "heatmap: a file that cannot be written" 1 "cannot write" \
	"$tool" heatmap -o "$dir/none/a.png" "$dir/many"

# ^C: timeout sends it to gnuplot, too.
printf '#!/bin/sh\necho half a picture\nexec sleep 30\n' >"$dir/bin/gnuplot"
chmod 755 "$dir/bin/gnuplot"
run timeout -s INT 1 env PATH="$dir/bin:$PATH" "$tool" heatmap -o "$dir/half.svg" "$dir/perf"
if [ "$status" -eq 124 ] && [ ! -e "$dir/half.svg" ]; then
	pass "heatmap: ^C leaves no half picture"
else
	fail "heatmap: ^C leaves no half picture"
fi
for command in fold heatmap; do
	# shellcheck disable=SC2016 # expanded by the inner shell
	run sh -c '(cat "$2"; sleep 2) | timeout -s INT 1 "$0" "$1"' "$tool" $command "$dir/perf"
	if [ "$status" -eq 124 ] && [ ! -s "$dir/out" ]; then
		pass "$command: ^C while it reads"
	else
		fail "$command: ^C while it reads"
	fi
done

tap_end
