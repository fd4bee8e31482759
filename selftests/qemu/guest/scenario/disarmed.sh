# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# With kprobes disarmed for the whole system no probe fires: insmod must fail rather
# than count zeros. Once they are armed again, the module loads.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

echo 0 >$kprobes/enabled
load_is_refused "insmod fails while kprobes are disarmed" kprobes
# The ends of visits are kprobes whatever the backend; they would stay dead for ever.
PFC_PARAMS=backend=ftrace
load_is_refused "insmod backend=ftrace fails, too" kprobes
PFC_PARAMS=
echo 1 >$kprobes/enabled
check "insmod succeeds when they are armed again" load
check "rmmod" rmmod pfclass
