# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034 # what is set here is used there
#
# What the tests in shell ask of this machine.

# Where tracefs is; in debugfs it is mounted by the first access.
tracefs=/sys/kernel/tracing
[ -e $tracefs/events ] || tracefs=/sys/kernel/debug/tracing

# Bytes of a page.
page=$(getconf PAGESIZE 2>/dev/null || awk '/^KernelPageSize/ { print $2 * 1024; exit }' /proc/self/smaps)
