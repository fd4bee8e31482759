# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# A kernel that loads only modules signed with a key that it trusts, and is locked down from
# the start. Wants signed.ko and foreign.ko in /pfclass; see selftests/qemu/signed-tests.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh

# refused FILE TEXT: with the words that the documents explain.
refused()
{
	check "$2 is refused" fails insmod "/pfclass/$1" 2>/tmp/error
	sed 's/^/# /' /tmp/error
	check "Key was rejected by service" grep -q "Key was rejected by service" /tmp/error
}

mount -t securityfs none /sys/kernel/security 2>/dev/null
check "this kernel enforces signatures" grep -qx Y /sys/module/module/parameters/sig_enforce
check "it is locked down" grep -qF '[integrity]' /sys/kernel/security/lockdown
refused pfclass.ko "a module without a signature"
refused foreign.ko "a module signed with another key"
pfclass stat >/dev/null 2>/tmp/error
is 3 $? "the tool's status"
check "the tool says what to do" grep -q 'mokutil --import /var/lib/dkms/mok.pub' /tmp/error
cp /pfclass/signed.ko /pfclass/pfclass.ko
load
is O "$(cat /sys/module/pfclass/taint)" "a module that make sign has signed loads, as trusted"
rmmod pfclass
# shellcheck source=selftests/qemu/guest/scenario/lockdown.sh
. /pfclass/guest/scenario/lockdown.sh
# That left the kernel locked down for confidentiality.
check "a signed module loads then, too" load
check "and counts" sh -c \
	"pfclass stat -o $out -- /pfclass/tests/trigger -b anon_write >/dev/null &&
	 [ \$(sed -n 's/^anon  *\([0-9]*\).*/\1/p' $out) -ge 23 ]"
check "rmmod pfclass" rmmod pfclass
rm -f $out
