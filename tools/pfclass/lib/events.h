/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module's event pfclass:fault while it happens, by perf_event_open(). Nothing of it
 * stays behind when this program ends, however it does.
 */
#ifndef PFC_EVENTS_H
#define PFC_EVENTS_H

#include <stdint.h>
#include <sys/types.h>

/**
 * struct pfc_fault - one fault
 * @when: nanoseconds of CLOCK_MONOTONIC, at its end
 * @address: the faulting address
 * @class: a number of enum pfc_class; newer modules have more
 * @refinement: a number of enum pfc_refinement, or more
 * @access: a number of enum pfc_access
 */
struct pfc_fault {
	uint64_t when;
	uint64_t address;
	unsigned int class;
	unsigned int refinement;
	unsigned int access;
};

/**
 * struct pfc_events - the faults in the memory of a process
 * @cpus: a buffer for each CPU
 * @nr: their number
 * @size: of a buffer, bytes
 * @at: where the event has these fields, by enum in events.c
 * @lost: events for which there was no room
 */
struct pfc_events {
	struct pfc_events_cpu *cpus;
	size_t nr;
	size_t size;
	unsigned int at[4];
	uint64_t lost;
};

int pfc_events_open(struct pfc_events *events, pid_t tgid);
void pfc_events_drain(struct pfc_events *events,
		      void (*take)(const struct pfc_fault *fault, void *to), void *to);
void pfc_events_close(struct pfc_events *events);

#endif /* PFC_EVENTS_H */
