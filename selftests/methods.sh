#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The same faults, counted by every method that this kernel allows, with each backend, with
# and without accounting. A method that the kernel does not allow is a skip with its
# reason; the counts must be exact.
#
# PFC_ROWS=0: only whether each method finds its class; run no row.

set -eu

here=$(cd "$(dirname "$0")" && pwd -P)
lib=$here/lib
[ -d "$lib" ] || lib=$here
# shellcheck source=selftests/lib/module.sh
. "$lib/module.sh"

# A class, and rows that tell it from its neighbours.
classes='
anon     anon_read anon_write anon_kernel swap_read
wp       wp_zero wp_fork_reaped swap_write_shared
swap     swap_read swap_write_shared
numa     numa_remote
af       af_read wp_fork_reaped dirty_hole
file     file_around file_read file_cow
hugetlb  hugetlb_read hugetlb_cow
'
methods="direct call-site in-visit caller-filter inferred"

# Whole configurations, and the rows that each is tried with.
settings='backend=kprobe backend=ftrace account=0 backend=ftrace,account=0
account=0,probe_numa=caller-filter'
all_rows="anon_read anon_write wp_zero wp_fork_reaped swap_read swap_write_shared
numa_remote af_read dirty_hole file_around file_cow hugetlb_cow"

# reason CLASS: why "probes" has it unavailable.
reason()
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

# methods_of CLASS: those that "probes" shows.
methods_of()
{
	awk -v class="$1" '("," $1 ",") ~ "," class "," { print $2 }' "$dir/probes" | sort -u
}

# rows TEXT ROW...: each is exact, or a skip with its reason.
rows()
{
	prefix=$1
	shift
	[ "${PFC_ROWS-1}" != 0 ] || return 0
	for row; do
		text=$("$here/trigger" "$row" 2>&1) && rc=0 || rc=$?
		case $rc in
		0) ok "$prefix: $row" ;;
		4) skip "$prefix: $row" "$(echo "$text" | sed -n 's/.*: skipped: //p')" ;;
		*)
			echo "$text" | sed 's/^/# /'
			not_ok "$prefix: $row"
			;;
		esac
	done
}

# load TEXT PARAMETERS
load()
{
	load_module "$params $2" && return
	echo "# insmod pfclass.ko $params $2 failed"
	not_ok "$1"
	return 1
}

# try_setting SETTING ROW...
try_setting()
{
	text="$1 loads"
	case $1 in
	*backend=ftrace*) has_tracer || { skip "$text" "$no_tracer"; return; } ;;
	esac
	load "$text" "$(echo "$1" | tr ',' ' ')" || return 0
	ok "$text"
	rows "$@"
	rmmod pfclass
}

# try_method CLASS METHOD ROW...
try_method()
{
	class=$1 method=$2
	shift 2
	text="$class is found by $method"
	load "$text" "probe_$class=$method" || return 0
	found=$(methods_of "$class" | tr '\n' ' ')
	if grep -qx "$class unavailable" "$dir/stats"; then
		skip "$text" "$(reason "$class")"
	elif [ "${found#*"$method "}" != "$found" ]; then
		ok "$text"
		rows "$class by $method" "$@"
	else
		# Not as asked for, and exact all the same.
		skip "$text" "found by ${found% }"
		rows "$class by ${found% }, not $method" "$@"
	fi
	rmmod pfclass
}

[ -x "$here/trigger" ] || skip_all "no $here/trigger"
take_over
trap put_back EXIT
trap 'exit 1' INT TERM HUP

echo "TAP version 13"
for setting in $settings; do
	# shellcheck disable=SC2086 # words
	try_setting "$setting" $all_rows
done
while read -r class class_rows; do
	[ -n "$class" ] || continue
	for method in $methods; do
		# shellcheck disable=SC2086 # words
		try_method "$class" "$method" $class_rows </dev/null
	done
done <<END
$classes
END
tap_end
