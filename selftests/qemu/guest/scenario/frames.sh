# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module with fewer frames than there are tasks inside a fault at a time.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

check "insmod pfclass.ko $PFC_PARAMS" load
/pfclass/tests/uffd -t visit_without_a_frame_is_missed >/tmp/frames 2>&1
grep '^# .*:' /tmp/frames
check "more tasks than frames: none is missed that has one, and each other is counted" \
	grep -qE '^ok [0-9]+ [^#]*$' /tmp/frames
rm -f /tmp/frames
check "rmmod pfclass" rmmod pfclass
