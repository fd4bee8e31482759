# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The module with these parameters is exact beside the neighbours whose names match the argument.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

check "insmod pfclass.ko $PFC_PARAMS" load
PFC_ONLY=$1 /pfclass/tests/neighbours.sh >/tmp/company 2>&1
sed 's/^/# /' /tmp/company
check "exact beside them" sh -c 'grep -q "^ok [^#]*$" /tmp/company && ! grep -q "^not ok" /tmp/company'
rm -f /tmp/company
check "rmmod pfclass" rmmod pfclass
