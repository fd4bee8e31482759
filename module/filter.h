/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose faults are counted. Without a filter nothing is paid for it.
 */
#ifndef PFC_FILTER_H
#define PFC_FILTER_H

#include <linux/jump_label.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <compat/compat.h>

/**
 * struct pfc_filter - what a fault must be to count; replaced as a whole
 * @tgid: of the task that faults, or 0
 * @cgroup: that the task must be in or below, or NULL; a reference is held
 * @start: first address
 * @size: bytes from there; 0: any address
 */
struct pfc_filter {
	pid_t tgid;
	struct cgroup *cgroup;
	unsigned long start;
	unsigned long size;
};

extern struct pfc_filter __rcu *pfc_filter;
DECLARE_STATIC_KEY_FALSE(pfc_filter_set);

/* Evaluate ADDRESS only when there is a filter. */
#define pfc_filter_wants(address) \
	(!static_branch_unlikely(&pfc_filter_set) || pfc_filter_match(address))

static __always_inline bool pfc_filter_match(unsigned long address)
{
	/* Handlers run with preemption disabled; the writer waits for that. */
	const struct pfc_filter *f = rcu_dereference_sched(pfc_filter);

	return !f || ((!f->tgid || f->tgid == current->tgid) &&
		      (!f->size || address - f->start < f->size) &&
		      (!f->cgroup || pfc_compat_in_cgroup(f->cgroup)));
}

int pfc_filter_write(char *text);
void pfc_filter_show(struct seq_file *m);
bool pfc_filter_by_address(void);
void pfc_filter_exit(void);

#endif /* PFC_FILTER_H */
