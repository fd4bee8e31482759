#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# reader.sh PFCLASS MAKE_FILES: the tool finds the module's files in debugfs, else in /proc.
# /proc is a directory of the test's own, in a mount namespace: needs root, and no module.
# TAP on standard output.

set -eu
# shellcheck source=tools/pfclass/tests/files.sh
. "$(dirname "$0")/files.sh"

echo "TAP version 13"
proc=$dir/proc

# with_proc COMMAND...: with that /proc.
with_proc() {
	# In a chroot only /proc is a mount point.
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m --propagation unchanged sh -c 'mount --make-rprivate /proc &&
		mount --bind "$0" /proc && exec "$@"' "$proc" "$@"
}

# both: debugfs has counters from 0 upwards, /proc from 1000.
both() {
	fresh
	rm -rf "$proc"
	mkdir -p "$proc/self"
	# The sanitizers say so if they cannot read what they run.
	ln -s "$tool" "$proc/self/exe"
	"$make_files" "$proc" 1000
	echo "none $root debugfs rw 0 0" >"$proc/mounts"
}

# anon DIR: the counter in its files.
anon() {
	sed -n 's/^anon //p' "$1/pfclass/stats"
}

both
if ! with_proc true 2>/dev/null; then
	skip "debugfs, else /proc" "needs root and mount namespaces"
	tap_end
	exit
fi
good "debugfs comes first" "^anon +$(anon "$root") " with_proc "$tool" stat
rm -r "$files"
good "debugfs has no files: /proc" "^anon +$(anon "$proc") " with_proc "$tool" stat
: >"$proc/mounts"
good "debugfs is not mounted: /proc" "^anon +$(anon "$proc") " with_proc "$tool" stat
rm "$proc/mounts"
good "nobody knows what is mounted: /proc" "^anon +$(anon "$proc") " with_proc "$tool" stat
good "stat at intervals" '^ +0\.0' with_proc "$tool" stat 0.01 1
good "stat -P" '^ *3 +1000 ' with_proc "$tool" stat -P
good "probes" '^visit ' with_proc "$tool" probes
good "prometheus" "^pfclass_faults_total.*anon.* $(anon "$proc")" with_proc "$tool" prometheus
good "filter" "^clear$" with_proc "$tool" filter
for command in reset disable; do
	with_proc "$tool" "$command"
done
if [ "$(cat "$proc/pfclass/reset")" = 1 ] && [ "$(cat "$proc/pfclass/enabled")" = 0 ]; then
	pass "reset and disable write in /proc"
else
	fail "reset and disable write in /proc"
fi
error "-D names the only directory" 4 "^pfclass: $dir/none: No such file" \
	with_proc "$tool" stat -D "$dir/none"
good "-D /proc" "^anon +$(anon "$proc") " with_proc "$tool" stat -D /proc

# What is in one of them only.
both
rm "$files/probes"
good "a file that only /proc has" '^visit ' with_proc "$tool" probes
rm "$proc/pfclass/probes"
error "a file that neither has" 8 "$root/pfclass has no file \"probes\"" with_proc "$tool" probes
both
rm "$files/stats"
printf 'abi 1\nanon x\n' >"$proc/pfclass/stats"
error "an error names the file that was read" 6 "^pfclass: /proc/pfclass/stats:2: " \
	with_proc "$tool" stat

# Errors of both.
both
chmod 000 "$root" "$proc/pfclass"
error "no permission for either" 5 \
	"read $root/pfclass/stats or /proc/pfclass/stats; run this as root" \
	with_proc "$make_files" -u "$tool" stat
chmod 755 "$proc/pfclass"
good "no permission for debugfs: /proc" "^anon +$(anon "$proc") " \
	with_proc "$make_files" -u "$tool" stat
chmod 755 "$root"
rm -r "$files" "$proc/pfclass"
if [ -d /sys/module/pfclass ]; then
	error "neither has it" 4 "is loaded but has no $files and no /proc/pfclass" \
		with_proc "$tool" stat
else
	error "neither has it" 3 "not loaded (no $files, no /proc/pfclass)" with_proc "$tool" stat
fi

# The module is reloaded, and only /proc is there.
both
(
	sleep 0.5
	rm -r "$files"
) &
run with_proc timeout 20 "$tool" stat -x, 0.3 3
wait
if [ "$status" -eq 0 ] && [ "$(wc -l <"$dir/out")" -ge 3 ]; then
	pass "debugfs disappears between two readings: /proc"
else
	fail "debugfs disappears between two readings: /proc"
fi
(
	sleep 0.5
	rm -r "$proc/pfclass"
) &
run with_proc timeout 20 "$tool" stat 0.3
wait
if [ "$status" -eq 7 ] && grep -q "^pfclass: /proc/pfclass/stats disappeared" "$dir/err"; then
	pass "both have disappeared"
else
	fail "both have disappeared"
fi

tap_end
