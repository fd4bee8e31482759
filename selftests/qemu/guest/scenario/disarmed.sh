# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# With kprobes disarmed for the whole system no probe fires: insmod must fail rather
# than count zeros. Once they are armed again, the module loads.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

switch=$debugfs/kprobes/enabled
[ -w "$switch" ] || { skip "kprobes can be disarmed" "debugfs is not mounted"; exit; }
echo 0 >"$switch"
load_is_refused "insmod fails while kprobes are disarmed" kprobes
# The ends of visits are kprobes whatever the backend; they would stay dead for ever.
if has_tracer; then
	PFC_PARAMS=backend=ftrace
	load_is_refused "insmod backend=ftrace fails, too" kprobes
else
	skip "insmod backend=ftrace fails, too" "$no_tracer"
fi
PFC_PARAMS=
echo 1 >"$switch"
check "insmod succeeds when they are armed again" load
check "rmmod" rmmod pfclass
# The two faults that insmod takes to see probes fire are of these classes.
PFC_PARAMS="account=0 probe_anon=no_such_symbol probe_wp=no_such_symbol"
check "insmod succeeds where its own faults meet no probe" load
check "rmmod" rmmod pfclass
