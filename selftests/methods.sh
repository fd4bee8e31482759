#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The same faults under every way of counting them that this kernel allows: each
# class found in each of the ways, each backend, with and without accounting.
# All must agree, which is to say, be exact.
#
#   PFC_KO=FILE    see reload.sh

set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
# shellcheck source=selftests/reload.sh
. "$here/reload.sh"

# A class, and rows of the trigger table that tell it from its neighbours.
classes='
anon     anon_read anon_write anon_kernel swap_read
wp       wp_zero wp_fork_reaped swap_write_shared
swap     swap_read swap_write_shared
numa     numa_remote
af       af_read wp_fork_reaped dirty_hole
file     file_around file_read file_cow
hugetlb  hugetlb_read hugetlb_cow
'
ways="direct call-site caller-filter inferred"

# Whole configurations, and the rows that each is tried with.
settings='backend=kprobe backend=ftrace account=0 backend=ftrace,account=0'
all_rows="anon_read anon_write wp_zero wp_fork_reaped swap_read swap_write_shared
numa_remote af_read dirty_hole file_around file_cow hugetlb_cow"

# Why "probes" has no place for a class.
why_not()
{
	awk -v class="$1" '{
		n = split($1, keys, ",")
		for (i = 1; i <= n; i++)
			if (keys[i] == class && $2 == "unavailable") {
				for (i = 8; i <= NF; i++)
					printf "%s%s", $i, i < NF ? " " : ""
				exit
			}
	}' "$dir/probes"
}

# found CLASS WAY: does "probes" say so?
found()
{
	grep -Eq "^([a-z]+,)*$1(,[a-z]+)* $2 " "$dir/probes"
}

# rows NAME...: 0 if every one is exact or not for this machine; sets ran.
rows()
{
	status=0
	ran=0
	for row; do
		text=$("$here/trigger" "$row" 2>&1) && rc=0 || rc=$?
		case $rc in
		0) ran=$((ran + 1)) ;;
		4) ;;
		*)
			status=1
			echo "# $row:"
			echo "$text" | sed 's/^/#   /'
			;;
		esac
	done
	return "$status"
}

# try NAME PARAMETERS CLASS WAY ROW...: CLASS and WAY are empty for settings.
try()
{
	name=$1 given=$2 class=$3 way=$4
	shift 4
	if ! load_module "$params $given"; then
		echo "# insmod pfclass.ko $params $given failed"
		result 1 "$name"
		return
	fi
	if [ -n "$class" ] && grep -q "^$class unavailable$" "$dir/stats"; then
		result 0 "$name # SKIP $(why_not "$class")"
	else
		rows "$@" && rc=0 || rc=$?
		[ "$rc$ran" != 00 ] || name="$name # SKIP no row is for this machine"
		# What has no place of that kind may be inferred all the same.
		[ "$rc" != 0 ] || [ -z "$way" ] || found "$class" "$way" ||
			name="$name # SKIP exact, but there is no such place"
		result "$rc" "$name"
	fi
	rmmod pfclass
}

[ -x "$here/trigger" ] || skip_all "there is no $here/trigger"
take_over
trap put_back EXIT
trap 'exit 1' INT TERM HUP

echo "TAP version 13"
echo "1..$(($(echo "$classes" | grep -c .) * $(echo "$ways" | wc -w) +
	$(echo "$settings" | wc -w)))"

for setting in $settings; do
	# shellcheck disable=SC2086 # words
	try "$setting" "$(echo "$setting" | tr ',' ' ')" '' '' $all_rows
done

while read -r class class_rows; do
	[ -n "$class" ] || continue
	for way in $ways; do
		# shellcheck disable=SC2086 # words
		try "$class, $way" "probe_$class=$way" "$class" "$way" \
			$class_rows </dev/null
	done
done <<EOF
$classes
EOF
exit "$bad"
