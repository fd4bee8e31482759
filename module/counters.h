/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Per-CPU counters: written by their own CPU only, read by all.
 */
#ifndef PFC_COUNTERS_H
#define PFC_COUNTERS_H

#include <linux/bitops.h>
#include <linux/jump_label.h>
#include <linux/kcsan-checks.h>
#include <linux/percpu.h>
#include <asm/barrier.h>
#include "classify.h"

#define PFC_MAX_PROBES	40

/* What one probe can say: only ptep_set_access_flags() says more than one thing. */
#define PFC_NR_VARIANTS	3

/**
 * struct pfc_probe_counters - the hits of one probe
 * @hit: those that count, by what the probe says
 * @ignored: those that do not: outside any visit, a leaf's own, or filtered out
 * @lost: those whose caller is unknown (account=0: another's return probe hides it)
 */
struct pfc_probe_counters {
	u64 hit[PFC_NR_VARIANTS];
	u64 ignored;
	u64 lost;
};

/**
 * struct pfc_counters - all that one CPU counts; nothing but u64
 * @cell: completed faults by leaf and split (accounting): their sum is all faults
 * @retries: visits that ended in VM_FAULT_RETRY
 * @inferred: faults that met no probe and were judged by the entry before and after
 * @disagreed: visits whose mark contradicts the entry before
 * @lost: visits that got no frame
 * @lost_ends: frames whose end was not seen
 * @filtered: visits that the root's filter does not want
 * @probe: hits by probe
 */
struct pfc_counters {
	u64 cell[PFC_NR_CELLS][PFC_NR_SPLITS];
	u64 retries;
	u64 inferred;
	u64 disagreed;
	u64 lost;
	u64 lost_ends;
	u64 filtered;
	struct pfc_probe_counters probe[PFC_MAX_PROBES];
};

/*
 * A counter of this CPU. raw_cpu_add() suffices: the writers run with preemption disabled,
 * and only in process context, since nothing else faults through handle_mm_fault(). Readers
 * on other CPUs use READ_ONCE(), and see it before or after: a race that KCSAN need not report.
 */
#define pfc_cpu_add(counter, n)							\
do {										\
	kcsan_disable_current();						\
	raw_cpu_add(counter, n);						\
	kcsan_enable_current();							\
} while (0)
#define pfc_cpu_inc(counter)	pfc_cpu_add(counter, 1)

/* Those of the root's set. Private to counters.c and the writers below. */
extern struct pfc_counters __percpu *pfc_counters;

#define pfc_count(field)	pfc_cpu_inc(pfc_counters->field)

/**
 * pfc_count_fault() - count a completed fault
 * @leaf: from pfc_classify(), or PFC_LEAF_UNCLASSIFIED, or PFC_LEAF_REFUSED
 * @split: from pfc_classify_split()
 *
 * One cell and nothing else, so that no reader can see a fault by halves.
 *
 * Context: probe handlers; preemption disabled.
 */
static __always_inline void pfc_count_fault(unsigned int leaf, unsigned long split)
{
	pfc_cpu_inc(pfc_counters->cell[leaf][split]);
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

/**
 * struct pfc_counter_set - what one observer counts
 * @counters: by CPU
 * @latency: by CPU, or NULL: latency=0
 * @baseline: what reads as zero of @counters, by CPU number
 * @latency_baseline: likewise of @latency, of all CPUs
 * @pgfault_baseline: likewise of the kernel's own count
 */
struct pfc_counter_set {
	struct pfc_counters __percpu *counters;
	struct pfc_latency __percpu *latency;
	struct pfc_counters *baseline;
	struct pfc_latency *latency_baseline;
	u64 pgfault_baseline;
};

DECLARE_STATIC_KEY_FALSE(pfc_measures);			/* latency=1 */

static __always_inline void pfc_count_latency(struct pfc_latency __percpu *latency,
					      enum pfc_class class, u64 ns)
{
	unsigned int n = ns ? __fls(ns) : 0;

	if (n >= PFC_NR_BUCKETS)
		n = PFC_NR_BUCKETS - 1;
	pfc_cpu_inc(latency->bucket[class][n]);
	pfc_cpu_add(latency->sum[class], ns);
}

void pfc_latency_total(const struct pfc_counter_set *set, struct pfc_latency *out);
int pfc_counters_init(struct pfc_counter_set *set, bool latency);
void pfc_counters_exit(struct pfc_counter_set *set);
bool pfc_counters_read(const struct pfc_counter_set *set, unsigned int cpu,
		       struct pfc_counters *out);
void pfc_counters_total(const struct pfc_counter_set *set, struct pfc_counters *out);
void pfc_counters_reset(struct pfc_counter_set *set);
void pfc_counters_rebase(struct pfc_counter_set *set, unsigned int cpu);
u64 pfc_counters_lost(void);
bool pfc_pgfault(const struct pfc_counter_set *set, u64 *since_reset);
u64 pfc_counters_leaf(const struct pfc_counters *c, unsigned int leaf);
u64 pfc_counters_class(const struct pfc_counters *c, enum pfc_class class);
u64 pfc_counters_refinement(const struct pfc_counters *c, enum pfc_refinement refinement);
u64 pfc_counters_faults(const struct pfc_counters *c);
u64 pfc_counters_visits(const struct pfc_counters *c);

#endif /* PFC_COUNTERS_H */
