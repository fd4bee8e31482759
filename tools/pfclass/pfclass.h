/* SPDX-License-Identifier: GPL-2.0 */
/* What the subcommands share: exit statuses, common options, their entries. */
#ifndef PFC_TOOL_H
#define PFC_TOOL_H

#include <argp.h>
#include <stdbool.h>

/**
 * enum pfc_exit - exit statuses, documented in pfclass(1)
 * @PFC_EXIT_OK: done
 * @PFC_EXIT_FAILURE: a system call failed (memory, a full disk)
 * @PFC_EXIT_USAGE: the command line makes no sense
 * @PFC_EXIT_NOT_LOADED: the module is not loaded
 * @PFC_EXIT_NO_DEBUGFS: debugfs is not mounted, or this kernel has none
 * @PFC_EXIT_PERMISSION: not root, or kernel lockdown
 * @PFC_EXIT_GARBLED: a file does not read as the contract says
 * @PFC_EXIT_GONE: the module was unloaded while it was read
 * @PFC_EXIT_ABI: the module speaks another ABI
 * @PFC_EXIT_REFUSED: the module refused what was written
 * @PFC_EXIT_NOT_ELF: locate: the file cannot be read as an ELF file
 * @PFC_EXIT_NO_DWARF: locate: the file has no debugging information
 * @PFC_EXIT_BUILD_ID: locate: the file is not the running kernel's
 * @PFC_EXIT_NOT_LOCATED: locate: an inlined function has no exact place
 * @PFC_EXIT_NO_CGROUP: stat: no control group can be made for the command
 * @PFC_EXIT_NO_PROCESS: stat: there is no such process
 * @PFC_EXIT_NO_LATENCY: latency: the module does not measure it
 */
enum pfc_exit {
	PFC_EXIT_OK,
	PFC_EXIT_FAILURE,
	PFC_EXIT_USAGE,
	PFC_EXIT_NOT_LOADED,
	PFC_EXIT_NO_DEBUGFS,
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
};

/**
 * struct pfc_options - options that stand before or after a subcommand
 * @debugfs: where debugfs is, NULL to look for it
 * @json: print JSON
 */
struct pfc_options {
	const char *debugfs;
	bool json;
};

extern const struct argp pfc_common_argp;

int pfc_cmd_stat(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_latency(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_probes(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_control(int argc, char **argv, struct pfc_options *options);
int pfc_cmd_locate(int argc, char **argv, struct pfc_options *options);

#endif /* PFC_TOOL_H */
