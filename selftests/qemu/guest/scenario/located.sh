# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module with the places that `pfclass locate` finds in this kernel's vmlinux,
# where that is at hand: each class is counted there and nowhere else, exactly.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
vmlinux=/pfclass/vmlinux

one_given_row()
{
	[ "$(grep -c "^$1[, ]" $debugfs/probes)" = "$2" ] &&
		[ "$(grep -cE "^$1(,[a-z]+)* given " $debugfs/probes)" = "$2" ]
}

if [ ! -e $vmlinux ]; then
	skip "pfclass locate" "the vmlinux of a stock kernel is not fetched"
	exit
fi
# Compares build ids with the running kernel's, too.
params=$(pfclass locate $vmlinux 2>/tmp/locate.err)
status=$?
sed 's/^/# /' /tmp/locate.err
if [ -z "$params" ] && grep -q "no class's function is inlined" /tmp/locate.err; then
	skip "pfclass locate" "no class's function is inlined in this kernel"
	exit
fi
check "pfclass locate" [ "$status" = 0 ]
echo "$params" | sed 's/^/# /'
PFC_PARAMS=$(echo "$params" | tr '\n' ' ')
check "insmod with what it printed" load
for param in $params; do
	class=${param%%=*}
	class=${class#probe_}
	places=$(echo "${param#*=}" | tr ',' '\n' | wc -l)
	check "probes: $class is given" one_given_row "$class" "$places"
	/pfclass/kselftest/run_kselftest.sh -t "pfclass:$class" >/tmp/class 2>&1
	check "the tests of $class pass" grep -q '^ok 1 selftests' /tmp/class
	grep '^ok 1 selftests' /tmp/class >/dev/null || cat /tmp/class
done
check "rmmod" rmmod pfclass
