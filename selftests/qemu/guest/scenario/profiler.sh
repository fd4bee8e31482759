# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The function profiler agrees with every method and backend: see selftests/profiler.c,
# which also runs once with the module's defaults.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

if [ ! -e /sys/kernel/tracing/function_profile_enabled ]; then
	skip "hits and calls, $PFC_PARAMS" \
		"the kernel has no function profiler (CONFIG_FUNCTION_PROFILER)"
	exit
fi
check "insmod pfclass.ko $PFC_PARAMS" load
/pfclass/tests/profiler >/tmp/profiler 2>&1
grep -E '^# .*:|SKIP' /tmp/profiler | sed 's/^ok/# ok/; s/# SKIP/skipped:/'
check "hits and calls, $PFC_PARAMS" grep -qE '^ok [0-9]+ [^#]*$' /tmp/profiler
rm -f /tmp/profiler
check "rmmod pfclass" rmmod pfclass
