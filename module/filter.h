/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose faults are counted. Without a filter nothing is paid for it.
 */
#ifndef PFC_FILTER_H
#define PFC_FILTER_H

#include <linux/bits.h>
#include <linux/jump_label.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <compat/compat.h>

/* Words of a filter, in @asks of struct pfc_filter. */
enum pfc_filter_word {
	PFC_FILTER_BY_TGID	= BIT(0),
	PFC_FILTER_BY_ADDR	= BIT(1),
	PFC_FILTER_BY_CGROUP	= BIT(2),
};

/**
 * struct pfc_filter - what a fault must be to count; replaced as a whole
 * @asks: bit set of enum pfc_filter_word; the rest is of no meaning without its bit
 * @tgid: of the task that faults
 * @start: first address
 * @size: bytes from there
 * @cgroup: that the task must be in or below; a reference is held
 * @level: of @cgroup, below the root
 */
struct pfc_filter {
	unsigned int asks;
	pid_t tgid;
	unsigned long start;
	unsigned long size;
	struct cgroup *cgroup;
	int level;
};

/* Never NULL: without a filter it is one that asks for nothing. */
extern struct pfc_filter __rcu *pfc_filter;
DECLARE_STATIC_KEY_FALSE(pfc_filter_set);

/*
 * Handlers run with preemption disabled; the writer waits for that. ADDRESS is
 * evaluated only when the filter asks for it.
 */
#define pfc_filter_wants(address)						\
	(!static_branch_unlikely(&pfc_filter_set) || ({				\
		const struct pfc_filter *f_ = rcu_dereference_sched(pfc_filter); \
										\
		pfc_filter_wants_task(f_) &&					\
		(!(f_->asks & PFC_FILTER_BY_ADDR) ||				\
		 (address) - f_->start < f_->size);				\
	}))

static __always_inline bool pfc_filter_wants_task(const struct pfc_filter *f)
{
	if (f->asks & PFC_FILTER_BY_TGID && f->tgid != current->tgid)
		return false;
	return !(f->asks & PFC_FILTER_BY_CGROUP) ||
	       pfc_compat_in_cgroup(f->cgroup, f->level);
}

int pfc_filter_write(char *text);
void pfc_filter_show(struct seq_file *m);
bool pfc_filter_by_address(void);
void pfc_filter_exit(void);

#endif /* PFC_FILTER_H */
