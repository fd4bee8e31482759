# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The guest's part of `make check`: every test through the kselftest runner,
# one at a time, then the scenarios. Lines that begin with @ tell the host
# what the TAP between them belongs to:
#   @begin NAME, @log LINE (a line that the kernel's log should not hold),
#   @end NAME SECONDS, and last of all @done. For selftests/golden: @release, @stats and
#   @probes, @all when TESTS= left none out, @quick NAME for a test that runs shortened,
#   @left NAME for a scenario that takes minutes. Of a module that was built for gcov,
#   @gcda FILE COUNTS (packed, as base64).

set -u
here=/pfclass/guest
# shellcheck source=selftests/qemu/guest/log.sh
. $here/log.sh

# one NAME CMD...: a test between its marks.
one()
{
	name=$1
	shift
	mark="pfclass-check: $name $$"
	echo "$mark" >/dev/kmsg
	echo "@begin $name"
	begun=$(cut -d. -f1 /proc/uptime)
	"$@" 2>&1
	unexpected_log "$mark" "$name"
	echo "@end $name $(($(cut -d. -f1 /proc/uptime) - begun))"
}

loaded()
{
	grep -q '^pfclass ' /proc/modules
}

wanted()
{
	[ -z "$PFC_TESTS" ] && return
	for w in $PFC_TESTS; do
		[ "$w" != "$1" ] || return 0
	done
	return 1
}

# quick NAME: what the table of slow tests says of it, or nothing.
quick()
{
	[ "$PFC_FULL" = 1 ] || awk -v t="$1" -v k="$PFC_KERNEL" '
		!/^#/ && $1 == t && ($3 == "" || $3 == k) { what = $2 }
		END { print what }' "$here/slow"
}

# Reads FILE's lines NAME PARAMS SCRIPT ARG...
scenarios()
{
	grep -v '^#' "$here/scenarios" | while read -r name params script args; do
		wanted "$name" || continue
		[ "$(quick "$name")" != - ] || { echo "@left $name"; continue; }
		[ "$params" != - ] || params=
		# As far as this kernel can be asked for it.
		has_tracer || params=$(echo "$params" | sed 's/backend=ftrace,*//; s/,$//')
		! loaded || rmmod pfclass
		# shellcheck disable=SC2086 # words
		PFC_PARAMS=$(echo "$params" | tr ',' ' ') \
			one "$name" sh "$here/scenario/$script.sh" $args
	done
}

load()
{
	# shellcheck disable=SC2086 # parameters, one word each
	insmod /pfclass/pfclass.ko $PFC_PARAMS &&
		echo "ok 1 insmod pfclass.ko" || echo "not ok 1 insmod pfclass.ko"
}

unload()
{
	rmmod pfclass && [ ! -e "$pfclass" ] &&
		echo "ok 1 rmmod pfclass" || echo "not ok 1 rmmod pfclass"
}

# counts: of gcov, so far. The kernel keeps them after rmmod.
counts()
{
	find /sys/kernel/debug/gcov -path '*/pfclass-*.gcda' 2>/dev/null | while read -r file; do
		echo "@gcda ${file##*/} $(gzip -c "$file" | base64 | tr -d '\n')"
	done
}

# What is in full takes longer than the tests' own limit allows.
patience=
[ "$PFC_FULL" != 1 ] || patience="-o 3600"

one load load
[ -n "$PFC_TESTS" ] || echo "@all"
echo "@release $(uname -r)"
for file in stats probes; do
	sed "s/^/@$file /" "$pfclass/$file"
done
# shellcheck disable=SC2013 # names, without spaces
for test in $(sed 's/^pfclass://' /pfclass/kselftest/kselftest-list.txt); do
	wanted "$test" || continue
	quick=$(quick "$test")
	if [ "$quick" = - ]; then
		one "$test" echo "ok 1 all of it # SKIP it takes minutes: FULL=1"
		continue
	fi
	[ -z "$quick" ] || echo "@quick $test"
	loaded || one "load-before-$test" load
	# shellcheck disable=SC2086 # nothing, or NAME=VALUE
	one "$test" env $quick /pfclass/kselftest/run_kselftest.sh $patience -t "pfclass:$test"
done
loaded || one load-again load
one unload unload
counts
scenarios
counts
echo @done
