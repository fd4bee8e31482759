# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# With kprobes disarmed for the whole system no probe fires: insmod must fail rather
# than count zeros. Once they are armed again, the module loads.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

before=$(wc -l <$kprobes/list)
dmesg >/tmp/before
echo 0 >$kprobes/enabled
check "insmod fails while kprobes are disarmed" fails load 2>/tmp/error
check "the log names kprobes" sh -c '
	. /pfclass/guest/tap.sh
	new_log /tmp/before | grep -qi "pfclass: .*kprobes"'
new_log /tmp/before | sed 's/^/# /'
check "nothing is left behind" nothing_left "$before"
echo 1 >$kprobes/enabled
check "insmod succeeds when they are armed again" load
check "rmmod" rmmod pfclass
