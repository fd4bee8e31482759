# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The unit tests as KUnit, where the kernel has it: kunit.sh SUITE... (without pfclass_).

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
results=/sys/kernel/debug/kunit

# suite_passes NAME: its verdict is ok, and it holds more than that.
suite_passes()
{
	awk '
	/^ *not ok / || / (EXPECTATION|ASSERTION) FAILED at / { print "#   " $0 }
	/^        ok / || /^    ok / { n++ }
	{ last = $0 }
	END { exit !(n && last ~ /^ok /) }' "$results/pfclass_$1/results"
}

if [ ! -e /pfclass/pfclass_kunit.ko ]; then
	skip "KUnit" "this kernel has no CONFIG_KUNIT"
	exit
fi
# Its tables are its own, whatever pfclass.ko counts meanwhile.
check "insmod pfclass.ko" load
check "insmod pfclass_kunit.ko" insmod /pfclass/pfclass_kunit.ko
check "there are $# suites" sh -c "[ \$(ls -d $results/pfclass_* | wc -l) = $# ]"
for suite; do
	check "KUnit: $suite" suite_passes "$suite"
done
check "rmmod pfclass_kunit" rmmod pfclass_kunit
check "rmmod pfclass" rmmod pfclass
