# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module must refuse to load, log the reason and leave nothing behind.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

before=$(wc -l <$kprobes/list)
dmesg >/tmp/before
check "insmod with $PFC_PARAMS fails" fails load 2>/tmp/error
check "the log says why" sh -c '
	. /pfclass/guest/tap.sh
	new_log /tmp/before | grep -q "pfclass: .*"'
new_log /tmp/before | sed 's/^/# /'
check "nothing is left behind" nothing_left "$before"
