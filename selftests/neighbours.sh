#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2086 # words and paths without blanks
#
# pfclass in company: with others' probes on the same functions, attached and removed in
# every order, each row is exact, or its class is unavailable and says why; and the books
# balance. neighbours.table lists the neighbours; company.sh has the variables that choose
# among them. A test is called NEIGHBOUR-ORDER-BACKEND.

set -u

here=$(cd "$(dirname "$0")" && pwd -P)
company=$here/neighbours
[ -d "$company" ] || company=$here
# shellcheck source=selftests/neighbours/company.sh
. "$company/company.sh"

# ---- one test ------------------------------------------------------------------------

# targets_of WORD: by what "probes" listed, see the table.
targets_of()
{
	case $1 in
	# Not all: emulated on a busy machine, that was a soft lockup when the kernel patched
	# 45,000 functions (5.10), and when insmod read its types (6.12).
	mm) echo '*fault*' '*page*' '*folio*' '*pte*' '*pmd*' '*vma*' '*mm_*' '*swap*' '*anon*' ;;
	points) cat $tmp/points ;;
	entries) cat $tmp/entries ;;
	visit) echo handle_mm_fault ;;
	rets) cat $tmp/rets ;;
	ret) head -n 1 $tmp/rets ;;
	*) echo "$1" ;;
	esac | tr '\n' ' '
}

# scout: where pfclass has its probes with this backend, alone.
scout()
{
	load_module "$params backend=$backend" || return 1
	awk 'NR > 1 && $3 ~ /\+0x/ { print $3 }' "$dir/probes" | sort -u >$tmp/points
	awk 'NR > 1 && $1 == "visit" && $3 ~ /^handle_mm_fault\+0x.../ { print $3 }' \
		"$dir/probes" | sort -u >$tmp/rets
	sed 's/+.*//' $tmp/points | sort -u >$tmp/entries
	rmmod pfclass
}

rmmod_ok()
{
	rmmod pfclass 2>$tmp/err && return
	echo "# rmmod: $(cat $tmp/err)"
	worse 3
}

# company NAME HOW WITH TARGETS ORDER MAY BACKEND
company()
{
	what=$1-$5-$7
	how=$2 with=$(echo "$3" | tr ',' ' ') may=$6 backend=$7
	targets=$(targets_of "$4")
	severity=0 why='' pid='' hits=''
	begun=$(cut -d. -f1 /proc/uptime)
	if [ -z "$targets" ]; then
		result 0 "$what # SKIP pfclass has no such probe on this kernel"
		return
	fi
	case $5 in b?) attach "$how" "$3" "$targets" || { result 0 "$what # SKIP $why"; return; } ;; esac
	if ! load_module "$params backend=$backend" 2>$tmp/err; then
		echo "# insmod: $(dmesg | grep 'pfclass: ' | tail -n 1)"
		worse 1
	else
		case $5 in
		a?) attach "$how" "$3" "$targets" ||
			{ rmmod_ok; result 0 "$what # SKIP $why"; return; } ;;
		esac
		# What differs from the other two orders comes later.
		case $full$5 in
		1aa | 1bb) state together "$alone_rows" ;;
		*) state together "$rows" ;;
		esac
	fi
	hits=$(hits_"$how")
	case $5 in
	?b)
		detach
		if loaded; then
			# Nothing is left of the neighbour, whatever was allowed beside it.
			together=$severity severity=0
			settle
			state "alone again" "$alone_rows"
			[ "$severity" = 0 ] || may=
			worse "$together"
			rmmod_ok
		fi
		;;
	?a)
		! loaded || rmmod_ok
		detach
		;;
	esac
	case $hits in
	'' | 0)
		echo "# the neighbour saw nothing: pfclass hides the functions from it, or this tests nothing"
		worse 3
		;;
	esac
	verdict=$(word $severity)
	echo "# verdict: $what $verdict ($(($(cut -d. -f1 /proc/uptime) - begun)) s)"
	case $verdict in
	exact | "$may") result 0 "$what" ;;
	*) result 1 "$what" ;;
	esac
}

# chosen BACKEND: the tests, one a line.
chosen()
{
	grep -Ev '^(#|$)' "$(beside neighbours.table)" |
		while read -r name how with targets kprobe ftrace may; do
			orders=$kprobe
			[ "$1" = kprobe ] || orders=$ftrace
			if [ "$full" != 0 ]; then
				# bpftrace and perf take their time to begin.
				case $how in
				bpftrace | perf*) orders="ab ba" ;;
				*) orders="aa ab ba bb" ;;
				esac
			fi
			for order in $orders; do
				[ "$order" != - ] || continue
				echo "$name-$order-$1" | grep -Eq -e "$only" || continue
				echo "$name $how $with $targets $order $may $1"
			done
		done
}

begin_company
for backend in kprobe ftrace; do
	chosen $backend >$tmp/chosen
	# Not every kernel has what backend=ftrace needs.
	reason=
	if [ $backend = ftrace ] && ! has_tracer; then
		reason=$no_tracer
	elif [ -s $tmp/chosen ] && ! scout; then
		reason="insmod: $(dmesg | sed -n 's/.*pfclass: //p' | tail -n 1)"
	fi
	if [ -n "$reason" ]; then
		while read -r name _ _ _ order _; do
			result 0 "$name-$order-$backend # SKIP $reason"
		done <$tmp/chosen
		continue
	fi
	while read -r line; do
		# shellcheck disable=SC2086 # words
		company $line </dev/null
	done <$tmp/chosen
done
tap_end
