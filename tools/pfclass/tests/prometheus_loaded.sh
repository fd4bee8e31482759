#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# prometheus_loaded.sh: "pfclass prometheus" where the module is loaded, in a guest:
#
#   selftests/qemu/run --kernel 6.12 --params latency=1 \
#	--file tools/pfclass/tests/tap.sh --file tools/pfclass/tests/metrics.awk \
#	--script tools/pfclass/tests/prometheus_loaded.sh
#
# Ends with a kernel that is locked down. TAP on standard output.

set -u
tool=${PFC_TOOL:-pfclass}
load=${PFC_LOAD:-/pfclass/tests/load}
module=${PFC_MODULE:-/pfclass/pfclass.ko}
debugfs=/sys/kernel/debug/pfclass
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tools/pfclass/tests/tap.sh
. "$here/tap.sh"
dir=$(mktemp -d "${TMPDIR:-/tmp}/pfclass-test.XXXXXX")
trap 'rm -rf "$dir"' EXIT

# still NAME: the counters, while no probe is armed, equal the metrics.
still() {
	"$tool" disable
	"$tool" prometheus -o "$dir/prom" 2>"$dir/err"
	cat "$debugfs/stats" >"$dir/stats"
	cat "$debugfs/latency" >"$dir/latency"
	awk -f "$here/metrics.awk" "$dir/prom" >"$dir/metrics"
	sed '/^abi /d; /^faults /d; /^pgfault /d; / unavailable$/d' "$dir/stats" | sort >"$dir/out"
	compare "$1: every counter equals stats" "$dir/out" "$dir/metrics"
	sum 'pfclass_faults_total' | grep . >"$dir/metrics"
	awk '$1 == "faults" { print $2 }' "$dir/stats" >"$dir/out"
	compare "$1: the sum of the classes is all faults" "$dir/out" "$dir/metrics"
	sed '/unclassified/d' "$dir/prom" >"$dir/classified"
	mv "$dir/classified" "$dir/prom"
	sum pfclass_faults_total >"$dir/out"
	for family in access origin; do
		sum "pfclass_faults_by_${family}_total" >"$dir/metrics"
		compare "$1: the sum by $family is all classified faults" "$dir/out" "$dir/metrics"
	done
	awk '$2 == "count" && $3 != "unavailable" { print $1, $3 }' "$dir/latency" >"$dir/out"
	sed -n 's/^pfclass_fault_duration_seconds_count{class="\([a-z]*\)"}/\1/p' "$dir/prom" \
		>"$dir/metrics"
	compare "$1: the histograms count what latency counts" "$dir/out" "$dir/metrics"
	"$tool" enable
}

# sum FAMILY
sum() {
	awk -v family="$1" 'index($1, family "{") == 1 { sum += $2 }
		END { printf "%.0f\n", sum }' "$dir/prom"
}

compare() {
	if [ -s "$2" ] && cmp -s "$2" "$3" && [ ! -s "$dir/err" ]; then
		pass "$1"
	else
		diff "$2" "$3" | sed 's/^/# /'
		fail "$1"
	fi
}

# gauge NAME VALUE: the line is exactly that; VALUE "": there is none.
gauge() {
	run "$tool" prometheus
	if [ "$status" -eq 0 ] && [ ! -s "$dir/err" ] &&
	   [ "$(sed -n 's/^pfclass_filter_active //p' "$dir/out")" = "$2" ]; then
		pass "$1"
	else
		fail "$1"
	fi
}

echo "TAP version 13"
echo "# Linux $(uname -r)"
"$load" -f 20000 -j 4 >/dev/null 2>&1
still "loaded"
faults=$(sum pfclass_faults_total)
if [ "$faults" -ge 20000 ]; then
	pass "and there were faults to compare"
else
	fail "and there were faults to compare"
fi
echo "# $(grep -c '^pfclass_' "$dir/prom") series, $(grep -c '^pfclass_fault_dur' "$dir/prom") of them of histograms"

gauge "no filter" 0
"$tool" filter tgid=1
gauge "a filter" 1
"$tool" filter clear

rmmod pfclass
run "$tool" prometheus -o "$dir/prom"
if [ "$status" -eq 3 ] && [ -s "$dir/prom" ]; then
	pass "unloaded: an error, and FILE is left alone"
else
	fail "unloaded: an error, and FILE is left alone"
fi
insmod "$module" account=0
"$load" -f 1000 -j 2 >/dev/null 2>&1
"$tool" disable
"$tool" prometheus -o "$dir/prom" 2>"$dir/err"
awk -f "$here/metrics.awk" "$dir/prom" >"$dir/metrics"
sed '/^abi /d; /^faults /d; /^pgfault /d; / unavailable$/d' "$debugfs/stats" | sort >"$dir/out"
compare "account=0: every counter equals stats" "$dir/out" "$dir/metrics"
rmmod pfclass
insmod "$module" latency=1
still "reloaded"
if [ "$(sum pfclass_faults_total)" -lt "$faults" ]; then
	pass "reloaded: the counters began at 0"
else
	fail "reloaded: the counters began at 0"
fi

lockdown=/sys/kernel/security/lockdown
mount -t securityfs none /sys/kernel/security 2>/dev/null
if [ -w $lockdown ] && echo integrity >$lockdown; then
	gauge "locked down: the filter is read all the same" 0
	awk -f "$here/metrics.awk" "$dir/out" >"$dir/metrics"
	if grep -q '^anon [0-9]' "$dir/metrics"; then
		pass "locked down: the counters"
	else
		fail "locked down: the counters"
	fi
else
	skip "locked down" "this kernel has no lockdown"
fi
tap_end
