# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# With latency=1 the module measures how long faults take, and the tool shows it.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
out=/tmp/latency.$$

# sums: every class's buckets sum to its count, and its sum is between what they
# can be.
sums()
{
	awk '
	$2 == "count" { count[$1] = $3; next }
	$2 == "sum" { sum[$1] = $3; next }
	$1 != "abi" { n[$1] += $3; low[$1] += $2 * $3; high[$1] += 2 * ($2 ? $2 : 1) * $3 }
	END {
		for (class in count) {
			if (count[class] == "unavailable")
				continue
			seen++
			if (n[class] + 0 != count[class] + 0 || sum[class] < low[class] + 0 ||
			    sum[class] > high[class] + 0) {
				print "# " class ": " count[class] " faults, " n[class] \
					" in buckets, " sum[class] " ns"
				bad = 1
			}
		}
		exit bad || !seen
	}' "$pfclass/latency"
}

check "insmod pfclass.ko $PFC_PARAMS" load
/pfclass/tests/uffd >$out 2>&1
grep -E 'fault_that_sleeps|^not ok' $out | grep -v '^# *RUN' | sed 's/^\(not \)*ok/# &/'
check "a fault that sleeps 50 ms is in its bucket" \
	grep -qE '^ok [0-9]+ .*fault_that_sleeps_50_ms_is_in_its_bucket$' $out
echo 0 >"$pfclass/enabled"
check "buckets sum to the counts" sums
check "the mean is the sum by the count" sh -c \
	"pfclass latency -j >$out && grep -q '\"mean_ns\": [1-9]' $out"
check "pfclass latency" sh -c "pfclass latency >$out && grep -q '#' $out"
echo 1 >"$pfclass/enabled"
check "pfclass latency at intervals" sh -c "pfclass latency -s 0.2 5 >$out &&
	[ \$(grep -c ^elapsed $out) = 5 ] && grep -q '^[a-z]* .* <.*s ' $out"
echo 0 >"$pfclass/enabled"
echo 1 >"$pfclass/reset"
check "reset" sh -c "! grep -E ' (count|sum) [1-9]' $pfclass/latency"
check "rmmod pfclass" rmmod pfclass
insmod /pfclass/pfclass.ko
check "without latency=1 it says unavailable" grep -qx 'anon count unavailable' "$pfclass/latency"
pfclass latency >/dev/null 2>&1
check "and the tool says how to have it" [ $? = 16 ]
rmmod pfclass
rm -f $out
