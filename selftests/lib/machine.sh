# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # what is set here is used there
#
# What the tests in shell ask of this machine.

# Where tracefs is; in debugfs it is mounted by the first access.
tracefs=/sys/kernel/tracing
[ -e $tracefs/events ] || tracefs=/sys/kernel/debug/tracing

# Whether there is a function tracer, which backend=ftrace takes; and the reason if not.
has_tracer()
{
	[ -e $tracefs/available_filter_functions ]
}
no_tracer="the kernel has no function tracer"

# Where debugfs is, nothing where it is not mounted; and the module's files.
debugfs=$(awk '$3 == "debugfs" { print $2; exit }' /proc/mounts)
pfclass=${debugfs:-/proc}/pfclass

# probes_in_place: how many kprobes there are; nothing where debugfs, which lists them, is not
# mounted.
probes_in_place()
{
	[ -z "$debugfs" ] || wc -l <"$debugfs/kprobes/list"
}

# Bytes of a page.
page=$(getconf PAGESIZE 2>/dev/null || awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)

# kernel_log: what dmesg -r says, without data races (KCSAN) of others, which kernels have: where
# neither access is in a function of pfclass.
kernel_log()
{
	dmesg -r | awk '
	/BUG: KCSAN:/ { report = line; ours = 0; line = "" }
	report == "" {
		if (line != "")
			print line
		# What a report of KCSAN, or of others, begins with.
		line = /==========/ ? $0 : ""
		if (line == "")
			print
		next
	}
	{ report = report "\n" $0 }
	top { ours = ours || /\[pfclass\]/ }
	{ top = / by (task|interrupt)/ }
	/==========/ {
		if (ours)
			print report
		report = ""
		next
	}
	# Others may come between.
	/WARNING:|Oops/
	END { if (line != "") print line }'
}
