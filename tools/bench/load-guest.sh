# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of `tools/bench/load`. Writes for load.py:
#   @release TEXT
#   @mode MODE
#   @insmod NS, @rmmod NS      the system calls, without a probe
#   @read FILE NS SIZE         the median of reads of a file
#   @traced NS                 the system call with a probe on each step
#   @step FUNCTION CALLS NS OWN   of that one; OWN is without other steps in it
#   @done

set -u
cd /pfclass || exit 1
pfclass=/sys/kernel/debug/pfclass

fail()
{
	echo "@failed $*"
	exit 1
}

load()
{
	# shellcheck disable=SC2086 # words
	./faultcost --insmod pfclass.ko $mode 2>&1 ||
		fail "$mode: $(dmesg | grep 'pfclass: ' | tail -n 1)"
}

# Once, as it is.
plain()
{
	took=$(load) || { echo "$took"; exit 1; }
	echo "@insmod $took"
	for file in stats percpu; do
		echo "@read $file $(./faultcost --read $pfclass/$file)"
	done
	echo "@rmmod $(./faultcost --rmmod pfclass)" || fail "rmmod"
}

# Again, with a probe at both ends of each step.
traced()
{
	insmod pfc_steps.ko "steps=$steps" || fail "insmod pfc_steps.ko"
	took=$(load) || { echo "$took"; exit 1; }
	echo "@traced $took"
	sed 's/^/@step /' /sys/module/pfc_steps/parameters/result
	rmmod pfclass || fail "rmmod pfclass"
	rmmod pfc_steps || fail "rmmod pfc_steps"
}

steps=$(sed -n '/^#/d; /| tracing$/d; s/.*| *//p' load-steps | tr '\n' ',')
steps=${steps%,}
echo "@release $(uname -r)"
echo "@cpus $(grep -c ^processor /proc/cpuinfo)"
echo "$PFC_MODES" | tr ';' '\n' >/tmp/modes
while read -r mode <&3; do
	echo "@mode $mode"
	plain
	[ "$PFC_TRACED" = 0 ] || traced
done 3</tmp/modes
echo @done
