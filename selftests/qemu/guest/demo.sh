# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of `make demo`: load, fault, show, unload.

set -eu
debugfs=/sys/kernel/debug/pfclass

step()
{
	printf '\n\033[1m%s\033[0m\n' "$*"
}

step "Linux $(uname -r) on ${PFC_CPU}: insmod pfclass.ko ${PFC_PARAMS}"
# shellcheck disable=SC2086 # parameters, one word each
insmod /pfclass/pfclass.ko $PFC_PARAMS

step "Making each of the five kinds of fault happen"
/pfclass/tests/demo

step "cat $debugfs/stats   (the five; the file has more keys)"
grep -E '^(abi|anon|wp|swap|numa|af|missed|faults) ' $debugfs/stats

step "cat $debugfs/percpu"
cat $debugfs/percpu

step "cat $debugfs/probes   (how and where each class is counted)"
cat $debugfs/probes

step "pfclass stat"
pfclass stat

step "pfclass probes"
pfclass probes

step "rmmod pfclass"
rmmod pfclass
[ ! -e $debugfs ]
echo "gone, without a trace in the log"
