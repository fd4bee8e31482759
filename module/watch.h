/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who counts: the root, and any number of watches beside it, each with a filter and
 * counters of its own.
 */
#ifndef PFC_WATCH_H
#define PFC_WATCH_H

#include <linux/jump_label.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <pfclass.h>
#include "counters.h"
#include "filter.h"

/**
 * struct pfc_watch - one observer
 * @next: the next one, or NULL
 * @filter: the faults that it wants; never NULL
 * @set: its counters
 * @missed_base: what reads as zero of pfc_probes_missed()
 * @name: as users know it; the root has none
 * @holder: the open file with which it goes, or NULL
 * @files: its directory, see files.c
 *
 * Handlers run with preemption disabled; who changes @next or @filter waits for that.
 */
struct pfc_watch {
	struct pfc_watch __rcu *next;
	struct pfc_filter __rcu *filter;
	struct pfc_counter_set set;
	u64 missed_base;
	char name[PFC_WATCH_NAME + 1];
	const void *holder;
	void *files;
};

/**
 * struct pfc_watch_command - what was written to "watches"
 * @name: of the watch; not yet one that it may have
 * @filter: the words of its filter, or empty
 * @add: it is added, not removed
 * @hold: it goes with the file through which it is added
 */
struct pfc_watch_command {
	const char *name;
	char *filter;
	bool add;
	bool hold;
};

/* The first one. Its files are the top ones, and events are of the faults that it wants. */
extern struct pfc_watch pfc_root;

/* Every observer that wants a fault of the current task at ADDRESS, see pfc_filter_wants(). */
#define pfc_for_each_wanting_from(watch, first, address)			\
	for ((watch) = (first); (watch); (watch) = rcu_dereference_sched((watch)->next)) \
		if (pfc_filter_wants(rcu_dereference_sched((watch)->filter), address))
#define pfc_for_each_wanting(watch, address)					\
	pfc_for_each_wanting_from(watch, &pfc_root, address)

extern unsigned int pfc_watches_max;

int pfc_watch_init(bool latency);
void pfc_watch_exit(void);
int pfc_watch_parse(char *text, struct pfc_watch_command *command);
struct pfc_watch *pfc_watch_make(const char *name, char *text);
void pfc_watch_free(struct pfc_watch *watch);
void pfc_watch_start(struct pfc_watch *watch);
void pfc_watch_stop(struct pfc_watch *watch);
struct pfc_watch *pfc_watch_next(const struct pfc_watch *watch);
int pfc_watch_set_filter(struct pfc_watch *watch, char *text);
void pfc_watch_show_filter(struct seq_file *m, const struct pfc_watch *watch);
bool pfc_watch_by_address(const struct pfc_watch *watch);

#endif /* PFC_WATCH_H */
