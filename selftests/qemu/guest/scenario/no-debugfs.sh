# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Without debugfs, be it not mounted or switched off (debugfs=off), the tool works by
# /proc/pfclass.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
proc=/proc/pfclass
out=/tmp/no-debugfs.$$

# counter KEY: of what the tool has read.
counter()
{
	sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p" $out
}

mounted=
# The kernel mounts tracefs there for who looks, and takes it away some minutes later.
umount /sys/kernel/debug/tracing 2>/dev/null || :
! umount /sys/kernel/debug 2>/dev/null || mounted=1
check "there is no debugfs" fails grep -q ' debugfs ' /proc/mounts
check "insmod pfclass.ko $PFC_PARAMS" load
check "only the owner may look into /proc/pfclass" \
	[ "$(stat -c '%a %u' $proc $proc/stats $proc/filter $proc/reset | tr '\n' ,)" = \
	"500 0,400 0,600 0,200 0," ]
check "stat" sh -c "pfclass stat -j >$out"
check "stat counts" [ "$(counter anon)" -gt 0 ]
check "stat -- CMD" sh -c "pfclass stat -j -o $out -- /pfclass/tests/trigger -b anon_write >/dev/null"
check "stat -- CMD counts the command" [ "$(counter anon)" -ge 23 ]
check "stat -- CMD restores the filter" grep -qx clear $proc/filter
check "stat -P" sh -c "pfclass stat -P | grep -q '^sum '"
check "latency" sh -c "pfclass latency -s | grep -q '^anon .* <.* us'"
check "probes" sh -c "pfclass probes | grep -q '^visit '"
check "prometheus" sh -c "pfclass prometheus | grep -q 'faults_total{class=\"anon\"} [1-9]'"
check "verify" sh -c "pfclass verify 1 >$out"
grep -v 'not comparable' $out | sed 's/^/# /'
check "filter" sh -c "pfclass filter tgid=1 && pfclass filter | grep -qx tgid=1 && pfclass filter clear"
check "disable" sh -c "pfclass disable && grep -qx 0 $proc/enabled"
pfclass reset
check "reset" sh -c "pfclass stat -j | grep -q '\"faults\": 0,'"
check "enable" sh -c "pfclass enable && grep -qx 1 $proc/enabled"
check "rmmod pfclass" rmmod pfclass
check "no files are left" [ ! -e $proc ]
pfclass stat >/dev/null 2>$out
check "and the tool says that the module is not loaded" [ $? = 3 ]
check "and where it looked" grep -q '/sys/kernel/debug/pfclass, no /proc/pfclass' $out
[ -z "$mounted" ] || mount -t debugfs debugfs /sys/kernel/debug
rm -f $out
