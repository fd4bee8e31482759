# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# A kernel that is locked down with the module loaded lets debugfs be read, but not written:
# what the tool writes goes to /proc/pfclass. There is no way back: no module can be loaded
# after this.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
lockdown=/sys/kernel/security/lockdown
out=/tmp/lockdown.$$

# works MODE: reads and writes with the kernel in that mode.
works()
{
	check "$1: debugfs cannot be written" fails sh -c "echo 1 >$pfclass/reset" 2>/dev/null
	check "$1: debugfs cannot be read where it could be written" \
		fails cat "$pfclass/filter" 2>/dev/null
	check "$1: debugfs can be read where it cannot" grep -q '^faults [1-9]' "$pfclass/stats"
	for command in "stat" "stat -P" "latency -s" "probes" "prometheus" "filter" "disable" \
			"enable" "filter tgid=1" "filter clear"; do
		# shellcheck disable=SC2086 # words
		check "$1: $command" sh -c "pfclass $command >/dev/null"
	done
	check "$1: stat -- CMD" sh -c \
		"pfclass stat -o $out -- /pfclass/tests/trigger -b anon_write >/dev/null &&
		 [ \$(sed -n 's/^anon  *\([0-9]*\).*/\1/p' $out) -ge 23 ]"
	pfclass disable
	pfclass reset
	check "$1: reset" grep -qx 'faults 0' "$pfclass/stats"
	pfclass enable
}

mount -t securityfs none /sys/kernel/security 2>/dev/null
if [ ! -w $lockdown ]; then
	skip "lockdown" "this kernel has none"
	exit
fi
check "insmod pfclass.ko $PFC_PARAMS" load
grep -qF '[integrity]' $lockdown || echo integrity >$lockdown
works integrity
echo confidentiality >$lockdown
works confidentiality
umount /sys/kernel/debug
check "without debugfs" sh -c "pfclass stat -j | grep -q '\"faults\": [1-9]'"
mount -t debugfs debugfs /sys/kernel/debug
check "rmmod pfclass" rmmod pfclass
rm -f $out
