# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# located.sh CLASS...: loads the module with the probe points that `pfclass locate`
# finds in this kernel's vmlinux, where that is at hand: each class is counted there
# and nowhere else, exactly. If any class is inlined, locate must find at least these. Those
# that the module does not count by itself with account=0 are counted so, too.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
vmlinux=/pfclass/vmlinux

one_given_row()
{
	[ "$(grep -c "^$1[, ]" "$pfclass/probes")" = "$2" ] &&
		[ "$(grep -cE "^$1(,[a-z]+)* given " "$pfclass/probes")" = "$2" ]
}

# rises CLASS ROW: by 100, if a process makes 100 more faults of the row. The class's tests
# filter by address, which these probes do not know without accounting.
rises()
{
	for n in 7 107; do
		pfclass stat -x , -o /tmp/rises.$n -- /pfclass/tests/trigger -b "$2" $n >/dev/null ||
			return
	done
	rose=$(awk -F, -v class="$1" '$2 == class { print $1 - last; last = $1 }' \
		/tmp/rises.7 /tmp/rises.107 | tail -n 1)
	echo "# $1 rose by $rose"
	[ "$rose" = 100 ]
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
# Its compiler inlined these as well, at entries that are proven.
[ "$PFC_KERNEL" != x86 ] || set -- "$@" anon file
# 13: some inlined class has no probe point that is certain.
check "pfclass locate" [ "$status" = 0 -o "$status" = 13 ]
for class; do
	if [ "$class" = numa ] && [ ! -e /proc/sys/kernel/numa_balancing ]; then
		skip "numa is located" "the kernel has no NUMA balancing"
		continue
	fi
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
case $params in
*probe_anon=* | *probe_file=*) ;;
*) exit ;;
esac
backend=
! has_tracer || backend=backend=ftrace
PFC_PARAMS="account=0 $backend $PFC_PARAMS"
check "insmod with account=0, too" load
aslr=/proc/sys/kernel/randomize_va_space
random=$(cat $aslr)
echo 0 >$aslr
for param in $params; do
	case $param in
	probe_anon=*)
		check "anon_read is exact with account=0" rises anon anon_read
		check "anon_write is exact with account=0" rises anon anon_write
		;;
	probe_file=*)
		check "file_read is exact with account=0" rises file file_read
		check "file_cow is exact with account=0" rises file file_cow
		;;
	esac
done
echo "$random" >$aslr
check "rmmod pfclass" rmmod pfclass
