/* SPDX-License-Identifier: GPL-2.0 */
/* The exit statuses, which pfclass(8) documents. */
#ifndef PFC_EXIT_H
#define PFC_EXIT_H

/**
 * enum pfc_exit - exit statuses
 * @PFC_EXIT_OK: success
 * @PFC_EXIT_FAILURE: a system call failed (memory, a full disk)
 * @PFC_EXIT_USAGE: wrong usage
 * @PFC_EXIT_NOT_LOADED: the module is not loaded
 * @PFC_EXIT_NO_FILES: the module is loaded but its files are not where they are looked for
 * @PFC_EXIT_PERMISSION: not root, or kernel lockdown
 * @PFC_EXIT_GARBLED: a file does not have the documented format
 * @PFC_EXIT_GONE: the module was unloaded during a read
 * @PFC_EXIT_ABI: the module has another ABI version
 * @PFC_EXIT_REFUSED: the module refused what was written
 * @PFC_EXIT_NOT_ELF: locate: the file is no ELF file of a kernel
 * @PFC_EXIT_NO_DWARF: locate: the file has no debugging information
 * @PFC_EXIT_BUILD_ID: locate: the file is not the running kernel's
 * @PFC_EXIT_NOT_LOCATED: locate: an inlined function has no exact probe point
 * @PFC_EXIT_NO_CGROUP: no control group can be made for the command
 * @PFC_EXIT_NO_PROCESS: stat: no such process
 * @PFC_EXIT_NO_LATENCY: latency: the module does not measure it
 * @PFC_EXIT_NO_WATCH: there is no such watch
 * @PFC_EXIT_NO_ROWS: stat -C: the module counts no control groups
 * @PFC_EXIT_NO_EVENTS: top: the kernel or the module has no trace events to count
 * @PFC_EXIT_NO_AF: wss: the kernel does not see accesses here
 * @PFC_EXIT_SELF: around a command, and verify: pfclass itself failed
 * @PFC_EXIT_NOT_RUN: the command was found but cannot be run
 * @PFC_EXIT_NOT_FOUND: the command was not found
 */
enum pfc_exit {
	PFC_EXIT_OK,
	PFC_EXIT_FAILURE,
	PFC_EXIT_USAGE,
	PFC_EXIT_NOT_LOADED,
	PFC_EXIT_NO_FILES,
	PFC_EXIT_PERMISSION,
	PFC_EXIT_GARBLED,
	PFC_EXIT_GONE,
	PFC_EXIT_ABI,
	PFC_EXIT_REFUSED,
	PFC_EXIT_NOT_ELF,
	PFC_EXIT_NO_DWARF,
	PFC_EXIT_BUILD_ID,
	PFC_EXIT_NOT_LOCATED,
	PFC_EXIT_NO_CGROUP,
	PFC_EXIT_NO_PROCESS,
	PFC_EXIT_NO_LATENCY,
	PFC_EXIT_NO_WATCH,
	PFC_EXIT_NO_ROWS,
	PFC_EXIT_NO_EVENTS,
	PFC_EXIT_NO_AF,
	PFC_EXIT_SELF = 125,
	PFC_EXIT_NOT_RUN,
	PFC_EXIT_NOT_FOUND,
};

#endif /* PFC_EXIT_H */
