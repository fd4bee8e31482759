/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's trace events from a recording of perf or trace-cmd, or from tracefs: the text
 * that those tools print. Knows nothing of what is made of them.
 */
#ifndef PFC_RECORDING_H
#define PFC_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PFC_MOST_FRAMES	256	/* perf records 127 by default */

/**
 * struct pfc_event - one fault
 * @comm: the task's name
 * @class: its key; a class that is newer than this tool has its own
 * @refinement: its key, or "-"
 * @when: nanoseconds
 * @address: the faulting address
 * @ns: how long it took, 0 if that was not measured
 * @tgid: the process that owns the memory
 * @single: from the event of one class, not from that of all faults
 * @frames: the functions of its stack, the innermost first
 * @nr_frames: their number
 */
struct pfc_event {
	const char *comm;
	const char *class;
	const char *refinement;
	uint64_t when;
	uint64_t address;
	uint64_t ns;
	unsigned int tgid;
	bool single;
	char *frames[PFC_MOST_FRAMES];
	size_t nr_frames;
};

int pfc_read_recording(const char *path, void (*take)(const struct pfc_event *event, void *to),
		       void *to);

#endif /* PFC_RECORDING_H */
