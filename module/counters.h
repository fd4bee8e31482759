/* SPDX-License-Identifier: GPL-2.0 */
/* lint: allow MACRO_ARG_PRECEDENCE throughout: a member's name takes no parentheses */
/*
 * Per-cpu counters: written by the CPU they belong to, read by anybody.
 */
#ifndef PFC_COUNTERS_H
#define PFC_COUNTERS_H

#include <linux/bitops.h>
#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <asm/barrier.h>
#include "classify.h"

#define PFC_MAX_PLACES	40

/* What one place can say: only the access-flag tail says more than one thing. */
#define PFC_NR_VARIANTS	3

/**
 * struct pfc_place_counters - the firings of one place
 * @hit: those that count, by what the place said
 * @elsewhere: those that do not: another caller, or outside the filter
 */
struct pfc_place_counters {
	u64 hit[PFC_NR_VARIANTS];
	u64 elsewhere;
};

/**
 * struct pfc_counters - all that one CPU counts; nothing but u64
 * @begun: faults whose commit has begun; all but @refused are ends of visits
 * @faults: faults whose commit is done; @begun == @faults: at rest
 * @retries: visits that ended in VM_FAULT_RETRY
 * @refused: of @faults, those that the architecture refused: no visit completed them
 * @inferred: faults that met no place and were judged by the entry before and after
 * @disagreed: visits whose mark contradicts the entry before
 * @lost: visits that got no frame, and frames whose end was not seen
 * @cell: completed faults by leaf and split (accounting)
 * @place: firings by place
 */
struct pfc_counters {
	u64 begun;
	u64 faults;
	u64 retries;
	u64 refused;
	u64 inferred;
	u64 disagreed;
	u64 lost;
	u64 cell[PFC_NR_LEAVES][PFC_NR_SPLITS];
	struct pfc_place_counters place[PFC_MAX_PLACES];
};

/*
 * Private to counters.c and the three writers below. raw_cpu_inc() suffices:
 * the writers run with preemption disabled, and only in process context, since
 * nothing else faults through handle_mm_fault().
 */
extern struct pfc_counters __percpu *pfc_counters;

#define pfc_count(field)	raw_cpu_inc(pfc_counters->field)

/**
 * pfc_count_fault() - count a completed fault
 * @leaf: from pfc_classify(); PFC_LEAF_UNCLASSIFIED counts in no class
 * @split: from pfc_classify_split()
 *
 * The cell lies between the two counts of the same fault, so that a reader on
 * another CPU knows when it saw one without the other.
 *
 * Context: probe handlers; preemption disabled.
 */
static __always_inline void pfc_count_fault(unsigned int leaf, unsigned int split)
{
	struct pfc_counters *c = raw_cpu_ptr(pfc_counters);

	WRITE_ONCE(c->begun, c->begun + 1);
	smp_wmb(); /* pairs with pfc_counters_copy() */
	if (likely(leaf < PFC_NR_LEAVES))
		c->cell[leaf][split]++;
	smp_wmb(); /* pairs with pfc_counters_copy() */
	WRITE_ONCE(c->faults, c->faults + 1);
}

#define PFC_NR_BUCKETS	48	/* 2^48 ns are 78 hours, the last bucket is open */

/**
 * struct pfc_latency - how long the faults of one CPU took; nothing but u64
 * @bucket: by class, faults that took 2^n to 2^(n+1)-1 ns; the first one 0 too
 * @sum: by class, their nanoseconds
 */
struct pfc_latency {
	u64 bucket[PFC_NR_CLASSES][PFC_NR_BUCKETS];
	u64 sum[PFC_NR_CLASSES];
};

extern struct pfc_latency __percpu *pfc_latency;	/* NULL: latency=0 */
DECLARE_STATIC_KEY_FALSE(pfc_measures);			/* latency=1 */

static __always_inline void pfc_count_latency(enum pfc_class class, u64 ns)
{
	unsigned int n = ns ? __fls(ns) : 0;

	if (n >= PFC_NR_BUCKETS)
		n = PFC_NR_BUCKETS - 1;
	raw_cpu_inc(pfc_latency->bucket[class][n]);
	raw_cpu_add(pfc_latency->sum[class], ns);
}

void pfc_latency_total(struct pfc_latency *out);
int pfc_counters_init(bool latency);
void pfc_counters_exit(void);
bool pfc_counters_read(unsigned int cpu, struct pfc_counters *out);
void pfc_counters_total(struct pfc_counters *out);
void pfc_counters_reset(void);
bool pfc_pgfault(u64 *since_reset);
u64 pfc_counters_leaf(const struct pfc_counters *c, unsigned int leaf);
u64 pfc_counters_class(const struct pfc_counters *c, enum pfc_class class);

#endif /* PFC_COUNTERS_H */
