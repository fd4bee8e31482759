# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of scaling.sh: every mode of $PFC_MODES in turn.

set -u
cd /pfclass || exit 1
status=0
cpus=$(grep -c '^processor' /proc/cpuinfo)
echo "$PFC_MODES" | tr ';' '\n' >/tmp/modes
while read -r mode <&3; do
	# shellcheck disable=SC2086 # words
	if ! insmod pfclass.ko $mode; then
		echo "not ok $cpus CPUs, $mode: insmod failed"
		status=1
		continue
	fi
	if result=$(./faultcost --scale --filter=addr --passes=40 2>&1); then
		# shellcheck disable=SC2086 # words
		set -- $result
		echo "ok $1 CPUs, $mode: $2 faults, each counted once by its CPU"
	else
		echo "not ok $cpus CPUs, $mode: $result"
		status=1
	fi
	rmmod pfclass
done 3</tmp/modes
exit $status
