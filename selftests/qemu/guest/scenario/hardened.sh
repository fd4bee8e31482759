# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# No file and no line of the log shows an address of the kernel, whatever kptr_restrict says;
# with kptr_restrict=2 every class is found as without; and nothing is open to another user.

# shellcheck source=selftests/qemu/guest/tap.sh
. /pfclass/guest/tap.sh
proc=/proc/pfclass
own=/sys/module/pfclass/parameters
events=/sys/kernel/tracing/events/pfclass
kptr=/proc/sys/kernel/kptr_restrict
# The user is another.
echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>/etc/passwd

# addresses: the lines of its input with a number of the kernel's half.
addresses()
{
	grep -nE '(^|[^0-9a-fA-F])[89a-fA-F][0-9a-fA-F]{15}([^0-9a-fA-F]|$)'
}

# texts: all that the module shows, and what it said since /tmp/before.
texts()
{
	find "$pfclass" $proc $own $events -type f ! -name reset ! -name trigger | while read -r file; do
		echo "== $file"
		cat "$file" 2>/dev/null
	done
	echo "== log"
	new_log /tmp/before | grep pfclass
}

# as_nobody CMD...
as_nobody()
{
	su nobody -s /bin/sh -c "$*" 2>/dev/null
}

is 1 "$(echo 'x (0xffff800080012345)' | addresses | wc -l)" "an address is found"
is 0 "$(echo '18446744073709551615 a0123456789abcdef0 7fff800080012345' | addresses | wc -l)" \
	"and nothing else"
for restrict in 0 2; do
	echo $restrict >$kptr
	dmesg >/tmp/before
	check "kptr_restrict=$restrict: insmod pfclass.ko $PFC_PARAMS" load
	check "kptr_restrict=$restrict: it counts" sh -c "/pfclass/tests/trigger anon_write >/dev/null"
	# For the files of a watch, and a refusal in the log.
	echo "add test addr=0x1000-0x2000" >$proc/watches
	check "a filter is refused" fails sh -c "echo no >$proc/filter" 2>/dev/null
	texts >/tmp/texts
	check "every file was read" [ "$(grep -c '^== ' /tmp/texts)" -ge 30 ]
	addresses </tmp/texts | sed 's/^/# /' >/tmp/found
	head -n 20 /tmp/found
	check "kptr_restrict=$restrict: no address is shown" [ ! -s /tmp/found ]
	awk '{ print $1, $2, $3, $4 }' "$pfclass/probes" >/tmp/probes.$restrict
	[ $restrict = 2 ] || rmmod pfclass
done
check "kptr_restrict=2 hides symbols" sh -c "! grep -v '^0000000000000000 ' /proc/kallsyms | grep -q ."
check "and the probes are the same" cmp -s /tmp/probes.0 /tmp/probes.2

check "the other user is one" [ "$(as_nobody id -u)" = 65534 ]
check "and reads what is open to all" as_nobody "read -r x </proc/version"
find "$pfclass" $proc -type f >/tmp/files
check "there are files" [ "$(wc -l </tmp/files)" -ge 20 ]
while read -r file; do
	as_nobody "read -r x <$file && echo \"# $file can be read by anybody\""
	as_nobody "echo 1 >$file && echo \"# $file can be written by anybody\""
done </tmp/files >/tmp/open
cat /tmp/open
check "no file is open to another user" [ ! -s /tmp/open ]
for file in "$own"/*; do
	as_nobody "echo 1 >$file && echo \"# $file can be written by anybody\""
	! { echo 1 >"$file"; } 2>/dev/null || echo "# $file can be written"
done >/tmp/open
cat /tmp/open
check "no parameter can be written" [ ! -s /tmp/open ]
check "rmmod pfclass" rmmod pfclass
echo 0 >$kptr
