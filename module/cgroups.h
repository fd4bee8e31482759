/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The faults that the root wants, by class and control group (cgroups=N). Knows neither
 * probes nor what a cgroup is made of.
 */
#ifndef PFC_CGROUPS_H
#define PFC_CGROUPS_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <compat/compat.h>
#include "classify.h"

/* A full table is searched by a handler whenever a CPU turns to another group. */
#define PFC_CGROUPS_MAX	4096

/**
 * struct pfc_cgroup_hint - the group that a CPU counted for last
 * @cgroup: the group
 * @turn: pfc_cgroups_turn when its row was found
 * @fault: this CPU's counters of that row, by class
 */
struct pfc_cgroup_hint {
	const struct cgroup *cgroup;
	unsigned long turn;
	u64 *fault;
};

DECLARE_STATIC_KEY_FALSE(pfc_by_cgroup);		/* cgroups=N */
DECLARE_PER_CPU(struct pfc_cgroup_hint, pfc_cgroup_hint);
/* Another one whenever a row is taken from a group, or becomes free. */
extern unsigned long pfc_cgroups_turn;

/**
 * pfc_cgroups_hinted() - the row of the current task's group, if this CPU used it last
 *
 * Context: probe handlers; preemption disabled, and not enabled before the fault is counted.
 * Return: this CPU's counters by class, or NULL: ask pfc_cgroups_row().
 */
static __always_inline u64 *pfc_cgroups_hinted(void)
{
	const struct pfc_cgroup_hint *hint = raw_cpu_ptr(&pfc_cgroup_hint);

	if (likely(hint->cgroup == pfc_compat_cgroup_mine() &&
		   hint->turn == READ_ONCE(pfc_cgroups_turn)))
		return hint->fault;
	return NULL;
}

/**
 * pfc_cgroups_on() - whether there are rows
 *
 * Context: any.
 * Return: false: cgroups=0.
 */
static inline bool pfc_cgroups_on(void)
{
	return static_key_enabled(&pfc_by_cgroup);
}

u64 *pfc_cgroups_row(void);
int pfc_cgroups_init(unsigned int count);
void pfc_cgroups_exit(void);
void pfc_cgroups_reset(void);
int pfc_cgroups_show(struct seq_file *m, const bool *available);

#endif /* PFC_CGROUPS_H */
