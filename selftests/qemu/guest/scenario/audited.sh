# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# audited.sh: what `pfclass locate --audit` says of this kernel's vmlinux, where that is at
# hand, is what the module finds in the kernel that runs, row by row.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
vmlinux=/pfclass/vmlinux

if [ ! -e $vmlinux ]; then
	skip "pfclass locate --audit" "the vmlinux of a stock kernel is not fetched"
	exit
fi
pfclass locate --audit $vmlinux >/tmp/audit 2>&1
status=$?
# 1: the compiler inlined more than in the newest kernel that is known.
check "pfclass locate --audit" [ "$status" -le 1 ]
sed '1,/^$/d; s/^/# /' /tmp/audit
check "it names the kernel that runs" grep -q "^Linux $(uname -r), " /tmp/audit
check "the fault path has nothing that is not known" fails grep -E '^(new|cannot) ' /tmp/audit
awk '!NF { exit } { print $1, $2, $3 }' /tmp/audit >/tmp/audited
check "insmod" load
awk '{ print $1, $2, $3 }' "$pfclass/probes" >/tmp/found
diff /tmp/audited /tmp/found | sed 's/^/# /'
check "each row is that of probes" cmp -s /tmp/audited /tmp/found
check "rmmod" rmmod pfclass
