# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Watches come and go under load, 10^5 of them: what stays counts exactly, and nothing is left
# of those that went.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
out=/tmp/comings.$$

check "insmod pfclass.ko $PFC_PARAMS" load
# A watch that goes waits for the handlers: without this, for some ticks.
echo 1 >/sys/kernel/rcu_expedited
PFC_COMINGS=${PFC_COMINGS:-100000} /pfclass/tests/watch -t come_and_go_under_load >$out 2>&1
status=$?
sed -n 's/^# watch.c:[^ ]*load:/# /p' $out
check "${PFC_COMINGS:-100000} watches come and go" [ $status = 0 ]
check "and none is left" [ ! -s "$pfclass/watches" ]
check "rmmod pfclass" rmmod pfclass
rm -f $out
