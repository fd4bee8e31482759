# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of `tools/bench/trace`: for every mode of $PFC_MODES
# loads the module, prints its symbols and takes faults of the kind that is
# traced for as long as the host observes. "-" is no module;
# "floor ..." is the benchmark's own one.
#   @mode MODE    what follows is of this one
#   ADDR t NAME   a symbol
#   @observe      faults are being taken now
#   @done

set -u
cd /pfclass || exit 1
echo "@release $(uname -r)"
grep -F -v '[' /proc/kallsyms | grep ' [tTwW] '
echo "$PFC_MODES" | tr ';' '\n' >/tmp/modes
while read -r mode <&3; do
	echo "@mode $mode"
	# shellcheck disable=SC2086 # words
	case $mode in
	-) module='' ;;
	floor\ *) module=pfc_floor && insmod pfc_floor.ko ${mode#floor } || exit 1 ;;
	*) module=pfclass && insmod pfclass.ko $mode || exit 1 ;;
	esac
	[ -z "$module" ] || grep -F "[$module]" /proc/kallsyms
	echo "@observe"
	# The host slows the guest down a hundredfold as soon as it has read that.
	./faultcost --kinds="$PFC_KIND" --pages=96 --plain="$PFC_PASSES" || exit 1
	[ -z "$module" ] || rmmod "$module" || exit 1
done 3</tmp/modes
echo "@done"
