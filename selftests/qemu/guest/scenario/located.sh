# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# located.sh CLASS...: loads the module with the probe points that `pfclass locate`
# finds in this kernel's vmlinux, where that is at hand: each class is counted there
# and nowhere else, exactly. If any class is inlined, locate must find at least these.

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
echo "$params" | sed 's/^/# /'
# 13: some inlined class has no probe point that is certain.
check "pfclass locate" [ "$status" = 0 -o "$status" = 13 ]
for class; do
	check "$class is located" sh -c "echo '$params' | grep -q '^probe_$class='"
done
PFC_PARAMS=$(echo "$params" | tr '\n' ' ')
check "insmod with what it printed" load
for param in $params; do
	class=${param%%=*}
	class=${class#probe_}
	points=$(echo "${param#*=}" | tr ',' '\n' | wc -l)
	check "probes: $class is given" one_given_row "$class" "$points"
	tests_pass "$class"
done
check "rmmod" rmmod pfclass
