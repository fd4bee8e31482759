#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# verify.sh PFCLASS MAKE_FILES: the verdicts of "pfclass verify" on files that change
# between its two readings. Needs no module. TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"

sys=$dir/sys
thp=$sys/sys/kernel/mm/transparent_hugepage

# kernel RELEASE: the files of a kernel on which nothing has happened yet.
kernel() {
	fresh
	rm -rf "$sys"
	mkdir -p "$sys/proc/sys/kernel" "$thp"
	echo "$1" >"$sys/proc/sys/kernel/osrelease"
	echo "procs_blocked 0" >"$sys/proc/stat"
	for key in pgfault pgmajfault numa_hint_faults thp_fault_alloc thp_fault_fallback \
		   thp_collapse_alloc; do
		echo "$key 1000"
	done >"$sys/proc/vmstat"
	# make_files leaves the last class unavailable.
	sed "s/ unavailable/ 5/" "$files/stats" >"$dir/stats"
	cat "$dir/stats" >"$files/stats"
	cp "$sys/proc/vmstat" "$dir/vmstat"
}

# grow FILE KEY N...: in the copy that will be there at the second reading.
grow() {
	file=$dir/$1
	shift
	while [ $# -gt 0 ]; do
		awk -v k="$1" -v n="$2" '
			$1 == k { $2 += n; found = 1 } { print } END { exit !found }' \
			"$file" >"$dir/grown" || echo "# no $1 in $file"
		mv "$dir/grown" "$file"
		shift 2
	done
}

# unavailable KEY...: in both readings of stats.
unavailable() {
	for key; do
		for file in "$dir/stats" "$files/stats"; do
			sed "s/^$key .*/$key unavailable/" "$file" >"$dir/edited"
			cat "$dir/edited" >"$file"
		done
	done
}

# meanwhile COMMAND...: run it while the tool waits, then interrupt that. The tool's
# exit status is in $status.
meanwhile() {
	# shellcheck disable=SC2086 # options
	"$tool" verify $options -D "$root" --root "$sys" 1000 >"$dir/out" 2>"$dir/err" \
		</dev/null &
	pid=$!
	# It sleeps between its two readings and at no other time.
	until grep -q "^State:.S" "/proc/$pid/status" && grep -qx pfclass "/proc/$pid/comm"; do
		sleep 0.05
	done
	"$@"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
}

second_reading() {
	cat "$dir/stats" >"$files/stats"
	cat "$dir/vmstat" >"$sys/proc/vmstat"
	[ ! -d "$dir/later" ] || cp -r "$dir/later/." "$thp/"
}

# verify NAME STATUS PATTERN...: each pattern is in the output; stderr is empty.
verify() {
	meanwhile second_reading
	if [ -s "$dir/err" ]; then
		echo "# something on standard error"
		fail "$1"
	else
		shows "$@"
	fi
}

options=
echo "TAP version 13"

kernel 6.12.1
grow stats faults 100 visits 103 refused 3 pgfault 97 anon 97 error 3
grow vmstat pgfault 97
verify "since 6.4 pgfault is faults less refused" 0 \
	'^faults - \[refused\] == pgfault +stats +97 +97 +equal$' \
	'^faults - \[refused\] == pgfault +vmstat +97 +97 +equal$' \
	' 0 off, '

kernel 6.1.0
grow stats faults 100 visits 130 retries 33 refused 3 pgfault 130
grow vmstat pgfault 130
verify "before 6.4 pgfault is visits" 0 \
	'^visits == pgfault +stats +130 +130 +equal$' \
	'^visits == pgfault +vmstat +130 +130 +equal$'

kernel 6.12.1
grow stats faults 100000 pgfault 109999
grow vmstat pgfault 100000
verify "a wrong number is off, and the status is 1" 1 \
	'^faults - \[refused\] == pgfault +stats +100000 +109999 +off by more than [0-9]+$' \
	'^faults - \[refused\] == pgfault +vmstat +100000 +100000 +equal$' \
	'in flight on [0-9]+ CPUs' ' 1 off, '
options=-j
kernel 6.12.1
grow stats faults 100000 pgfault 90000
grow vmstat pgfault 100000
verify "JSON: too many is off, too" 1 '"balanced": false' '"verdict": "off"' \
	'"left": 100000' '"right": 90000'
options=

kernel 6.12.1
grow stats faults 100 pgfault 101
grow vmstat pgfault 100
verify "a fault in flight is within bounds" 0 \
	'^faults - \[refused\] == pgfault +stats +100 +101 +within [0-9]+$' 'in flight'

kernel 6.12.1
grow stats faults 100 missed 900 pgfault 1000
grow vmstat pgfault 1000
verify "what was missed is in the bound" 0 \
	'^faults - \[refused\] == pgfault +stats +100 +1000 +within ' '900 missed'
kernel 6.12.1
grow stats faults 1000 missed 900 pgfault 100
grow vmstat pgfault 1000
verify "but not in the other direction" 1 \
	'^faults - \[refused\] == pgfault +stats +1000 +100 +off '

kernel 6.12.1
unavailable refused
grow stats faults 50 pgfault 50
grow vmstat pgfault 50
verify "x86: what is not counted is not subtracted" 0 \
	'^faults - \[refused\] == pgfault +stats +50 +50 +equal$'

kernel 6.12.1
unavailable pgfault
verify "a kernel without vm events" 0 \
	'^faults - \[refused\] == pgfault +stats +- +- +not comparable' 'stats has no pgfault'

kernel 6.12.1
unavailable numa
grow vmstat numa_hint_faults 5
verify "an unavailable class is not comparable" 0 \
	'^numa \+ thp_numa == numa_hint_faults +vmstat +- +- +not comparable: ' \
	'not comparable: numa is unavailable; .*pfclass probes$'

kernel 6.12.1
grow stats numa 100000 thp_numa 5000
grow vmstat numa_hint_faults 101000
verify "hint faults: the kernel counts fewer, up to thp_numa" 0 \
	'^numa \+ thp_numa == .* +105000 +101000 +within ' 'one huge page at once'
kernel 6.12.1
grow stats numa 100000 thp_numa 5000
grow vmstat numa_hint_faults 109000
verify "hint faults: but not more" 1 '^numa \+ thp_numa == .* +105000 +109000 +off '
kernel 6.12.1
sed -i '/numa_hint_faults/d' "$dir/vmstat" "$sys/proc/vmstat"
verify "a key that the kernel has not" 0 'not comparable' 'vmstat has no numa_hint_faults'

kernel 6.12.1
grow stats anon_major 5 file_major 1000 retries 50
grow vmstat pgmajfault 1040
verify "major faults: within what was retried" 0 \
	'^\*_major == pgmajfault +vmstat +1005 +1040 +within '
kernel 6.12.1
grow stats anon_major 5 file_major 1000 retries 50
grow vmstat pgmajfault 2040
verify "major faults: no more than that" 1 '^\*_major == pgmajfault +vmstat +1005 +2040 +off '
kernel 6.12.1
grow stats file_major 1000
grow vmstat pgmajfault 2040 thp_collapse_alloc 2
verify "major faults: not comparable with khugepaged" 0 \
	'^\*_major == pgmajfault +vmstat +- +- +not comparable' 'thp_collapse_alloc grew by 2'

kernel 6.12.1
grow stats thp_anon 10000 thp_wp 3
grow vmstat thp_fault_alloc 9000
verify "huge pages: at most" 0 '^thp_anon >= thp_fault_alloc +vmstat +10000 +9000 +within '
kernel 6.12.1
grow stats thp_anon 10000
grow vmstat thp_fault_alloc 20000
verify "huge pages: not more" 1 '^thp_anon >= thp_fault_alloc +vmstat +10000 +20000 +off '

kernel 6.1.0
verify "sizes of huge pages: not before 6.10" 0 \
	'hugepages has no anon_fault_alloc:pmd; kernels have it since 6.10'
kernel 6.12.1
echo 2097152 >"$thp/hpage_pmd_size"
for size in 64 128 2048; do
	mkdir -p "$thp/hugepages-${size}kB/stats" "$dir/later/hugepages-${size}kB/stats"
	echo 7 >"$thp/hugepages-${size}kB/stats/anon_fault_alloc"
	echo $((7 + size)) >"$dir/later/hugepages-${size}kB/stats/anon_fault_alloc"
done
grow stats thp_anon 2047 thp_wp 1 anon_alloc 5000
verify "sizes of huge pages" 0 \
	'^thp_anon \+ thp_wp >= anon_fault_alloc:pmd +hugepages +2048 +2048 +equal$' \
	'^anon_alloc .* >= anon_fault_alloc:smaller +hugepages +5000 +192 +within [0-9]+$'
rm -r "$dir/later"

kernel 6.12.1
echo "tgid=77" >"$files/filter"
verify "with a filter nothing is comparable" 125 'a filter is set; .*pfclass filter clear' \
	'0 equal, 0 within bounds, 0 off'
options=-j
verify "with a filter nothing is balanced" 125 '"balanced": null'
options=

# Errors.
kernel 6.12.1
sed 's/ [0-9]*$/ 0/; s/^abi.*/abi 1/' "$files/stats" >"$dir/stats"
meanwhile second_reading
if [ "$status" -eq 125 ] && [ ! -s "$dir/out" ] && grep -q "were reset.*run it again" "$dir/err"; then
	pass "counters that were reset"
else
	fail "counters that were reset"
fi
kernel 6.12.1
echo 0 >"$files/enabled"
error "disarmed probes" 125 "pfclass enable" "$tool" verify -D "$root" --root "$sys"
error "no such kernel" 125 "osrelease" "$tool" verify -D "$root" --root "$dir/nowhere"
rm -rf "$files"
error "no module" 125 "not loaded\|is loaded but" "$tool" verify -D "$root" --root "$sys"
usage_around "verify: no interval" "INTERVAL" verify soon
usage_around "verify: an interval and a command" "exclude" verify 1 -- true
usage_around "verify: no command" "command after" verify --

tap_end
