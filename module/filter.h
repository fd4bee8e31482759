/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose faults are wanted.
 */
#ifndef PFC_FILTER_H
#define PFC_FILTER_H

#include <linux/bits.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <pfclass.h>
#include <compat/compat.h>

/* Words of a filter, in @asks of struct pfc_filter. */
enum pfc_filter_word {
	PFC_FILTER_BY_TGID	= BIT(0),
	PFC_FILTER_BY_PID	= BIT(1),
	PFC_FILTER_BY_COMM	= BIT(2),
	PFC_FILTER_BY_CGROUP	= BIT(3),
	PFC_FILTER_BY_ADDR	= BIT(4),
};

/**
 * struct pfc_filter - what a fault must be to be wanted; replaced as a whole
 * @asks: bit set of enum pfc_filter_word; the rest is of no meaning without its bit
 * @tgid: of the task that faults: one of these, which end with a 0
 * @pid: likewise
 * @comm: of the task that faults
 * @start: first address
 * @size: bytes from there
 * @cgroup: that the task must be in or below; a reference is held
 * @level: of @cgroup, below the root
 */
struct pfc_filter {
	unsigned int asks;
	pid_t tgid[PFC_FILTER_IDS + 1];
	pid_t pid[PFC_FILTER_IDS + 1];
	char comm[TASK_COMM_LEN];
	unsigned long start;
	unsigned long size;
	struct cgroup *cgroup;
	int level;
};

/* Asks for nothing. */
extern struct pfc_filter pfc_filter_none;

/* Whether a list, which is not empty, has an id. */
static __always_inline bool pfc_filter_lists(const pid_t *list, pid_t id)
{
	do {
		if (*list == id)
			return true;
	} while (*++list);
	return false;
}

/* strcmp(), which is not to be called by a handler. */
static __always_inline bool pfc_filter_is_comm(const char *comm)
{
	unsigned int i;

	for (i = 0; i < TASK_COMM_LEN && comm[i] == READ_ONCE(current->comm[i]); i++)
		if (!comm[i])
			return true;
	return false;
}

static __always_inline bool pfc_filter_wants_task(const struct pfc_filter *f)
{
	if (f->asks & PFC_FILTER_BY_TGID && !pfc_filter_lists(f->tgid, current->tgid))
		return false;
	if (f->asks & PFC_FILTER_BY_PID && !pfc_filter_lists(f->pid, current->pid))
		return false;
	if (f->asks & PFC_FILTER_BY_COMM && !pfc_filter_is_comm(f->comm))
		return false;
	return !(f->asks & PFC_FILTER_BY_CGROUP) ||
	       pfc_compat_in_cgroup(f->cgroup, f->level);
}

/*
 * Whether FILTER wants a fault of the current task; preemption is disabled. ADDRESS is
 * evaluated only when the filter asks for it.
 */
#define pfc_filter_wants(filter, address) ({					\
	const struct pfc_filter *f_ = (filter);					\
										\
	!f_->asks || (pfc_filter_wants_task(f_) &&				\
		      (!(f_->asks & PFC_FILTER_BY_ADDR) ||			\
		       (address) - f_->start < f_->size));			\
})

struct pfc_filter *pfc_filter_make(char *text);
void pfc_filter_free(struct pfc_filter *f);
void pfc_filter_show(struct seq_file *m, const struct pfc_filter *f);

#endif /* PFC_FILTER_H */
