# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of `tools/bench/local-test`: bench-local where it cannot
# run, and where it can.

set -u
cd /pfclass || exit 1
status=0
mkdir -p b/tools/bench
cp local b/tools/bench/
local="sh b/tools/bench/local --faultcost ./faultcost --passes 4"
chmod 755 local faultcost
echo 'nobody:x:65534:65534::/:/bin/sh' >>/etc/passwd

ok()
{
	echo "ok $*"
}

not_ok()
{
	echo "not ok $*"
	cat /tmp/printed
	status=1
}

# refused WHAT TEXT CMD...: it ends with a status and one line that holds TEXT.
refused()
{
	what=$1 text=$2
	shift 2
	if "$@" >/tmp/printed 2>&1; then
		not_ok "$what: it went on"
	elif [ "$(wc -l </tmp/printed)" != 1 ] || ! grep -q "$text" /tmp/printed; then
		not_ok "$what"
	else
		ok "$what: $(cat /tmp/printed)"
	fi
}

# shellcheck disable=SC2086 # words
{
refused "no module" "the module is not loaded" $local
insmod pfclass.ko || exit 1
refused "not root" "run as root" su nobody -c "$local"
refused "an unknown option" "unknown option --nonsense" $local --nonsense 1
umount /sys/kernel/debug/tracing 2>/dev/null
umount /sys/kernel/debug
refused "no debugfs" "mount -t debugfs" $local
mount -t debugfs debugfs /sys/kernel/debug
refused "an unknown kind" "nonsense" $local --kinds nonsense
rmmod pfclass
}
for mode in "backend=kprobe" "backend=ftrace account=0"; do
	# shellcheck disable=SC2086 # words
	insmod pfclass.ko $mode enabled=0 || exit 1
	# shellcheck disable=SC2086 # words
	if $local >/tmp/printed 2>&1 && grep -q '^NOT A REAL MACHINE' /tmp/printed &&
	   grep -q '^anon ' /tmp/printed; then
		ok "$mode"
		cat /tmp/printed
	else
		not_ok "$mode"
	fi
	if [ "$(cat /sys/kernel/debug/pfclass/enabled)" = 0 ]; then
		ok "$mode: left disabled, as it was"
	else
		not_ok "$mode: it is enabled now"
	fi
	rmmod pfclass
done
exit $status
