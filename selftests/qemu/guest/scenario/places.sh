# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Places that the user names: a wrong one leaves its class unavailable, the reason says what is
# wrong; and a right one knows no address, which a filter by address says.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

rows()
{
	grep '^wp ' "$pfclass/probes"
}

# says_why REGEXP: a row says so; what they say is shown.
says_why()
{
	rows | sed 's/^/# /'
	rows | grep -q "$1"
}

# wrong PLACE REGEXP
wrong()
{
	PFC_PARAMS=probe_wp=$1
	check "insmod with $PFC_PARAMS" load
	check "wp is unavailable" stats_say_unavailable wp
	check "the reason says what is wrong" says_why "$2"
	check "rmmod" rmmod pfclass
}

check "insmod" load
place=$(rows | awk '$3 ~ /^[a-z_]/ { print $3; exit }')
check "rmmod" rmmod pfclass
wrong handle_mm_fault+x "no number after handle_mm_fault+"
wrong handle_mm_fault+1 "refuses a kprobe there\|not the beginning of an instruction"
wrong handle_mm_fault+0x1000000 "neither in handle_mm_fault() nor called by it"
PFC_PARAMS="account=0 probe_wp=$place"
if [ -z "$place" ]; then
	skip "a filter by address" "wp has no place of its own"
	exit
fi
check "insmod with $PFC_PARAMS" load
check "wp is available" fails stats_say_unavailable wp
echo addr=0x1000-0x2000 >"$pfclass/filter"
check "a filter by address, and wp is unavailable" stats_say_unavailable wp
check "the reason says so" says_why "does not know the address"
echo clear >"$pfclass/filter"
echo "add w addr=0x1000-0x2000" >"$pfclass/watches"
check "a watch by address, and wp is available" fails stats_say_unavailable wp
check "but not in the watch" stats_say_unavailable wp w
check "the reason says so, too" says_why "in watch w: .* does not know the address"
check "rmmod" rmmod pfclass
