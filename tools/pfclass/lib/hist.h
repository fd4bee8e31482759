/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What tracefs prints of histograms: of the module's event by thread, process and class, and
 * of the threads that ended.
 */
#ifndef PFC_HIST_H
#define PFC_HIST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A histogram may have three keys. The name is that of the thread when its entry began. */
#define PFC_HIST_FAULTS	"common_pid.execname,tgid,class"
#define PFC_HIST_ENDED	"common_pid.execname"
#define PFC_HIST_COMM	16

/**
 * struct pfc_hist_entry - the faults of one class that one thread took, or its end
 * @tid: the thread
 * @tgid: the process that owns the memory; unless it is another's, the thread's; or 0
 * @class: its number, which may be newer than this tool; or 0
 * @comm: the thread's name when the first of them happened, or it ended
 * @n: their number
 */
struct pfc_hist_entry {
	pid_t tid;
	pid_t tgid;
	unsigned int class;
	char comm[PFC_HIST_COMM + 1];
	uint64_t n;
};

/**
 * struct pfc_hist - one reading
 * @entries: ascending by thread, process, class
 * @nr: their number
 * @dropped: faults that had no room
 */
struct pfc_hist {
	struct pfc_hist_entry *entries;
	size_t nr;
	uint64_t dropped;
};

int pfc_hist_compare(const struct pfc_hist_entry *a, const struct pfc_hist_entry *b);
int pfc_parse_hist(const char *path, const char *keys, char *text, struct pfc_hist *hist);
void pfc_free_hist(struct pfc_hist *hist);

#endif /* PFC_HIST_H */
