// SPDX-License-Identifier: GPL-2.0
/*
 * Reading the per-cpu counters without stopping a writer, and making them read
 * zero without touching another CPU's.
 */
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "counters.h"

struct pfc_counters __percpu *pfc_counters;
DEFINE_STATIC_KEY_FALSE(pfc_measures);

/* Baselines change and are subtracted as a whole. */
static DEFINE_MUTEX(pfc_baseline_lock);

/* Each counter is read whole, and once; nothing need be consistent with anything else. */
static void pfc_counters_copy(const struct pfc_counter_set *set, unsigned int cpu,
			      struct pfc_counters *out)
{
	const u64 *from = (const u64 *)per_cpu_ptr(set->counters, cpu);
	u64 *to = (u64 *)out;
	size_t i;

	for (i = 0; i < sizeof(*out) / sizeof(u64); i++)
		to[i] = READ_ONCE(from[i]);
}

/* Structures of nothing but u64. */
static void pfc_add(void *to, const void *what, size_t size, bool subtract)
{
	const u64 *from = what;
	u64 *sum = to;
	size_t i;

	for (i = 0; i < size / sizeof(u64); i++)
		sum[i] += subtract ? -READ_ONCE(from[i]) : READ_ONCE(from[i]);
}

/**
 * pfc_counters_init() - make a set of counters
 * @set: the set; zero
 * @latency: the histograms too
 *
 * Context: may sleep. Balanced by pfc_counters_exit().
 * Return: 0 or -ENOMEM.
 */
int pfc_counters_init(struct pfc_counter_set *set, bool latency)
{
	set->counters = alloc_percpu(struct pfc_counters);
	set->baseline = vzalloc(array_size(nr_cpu_ids, sizeof(*set->baseline)));
	if (latency) {
		set->latency = alloc_percpu(struct pfc_latency);
		set->latency_baseline = vzalloc(sizeof(*set->latency_baseline));
	}
	if (set->counters && set->baseline &&
	    (!latency || (set->latency && set->latency_baseline)))
		return 0;
	pfc_counters_exit(set);
	return -ENOMEM;
}

/**
 * pfc_counters_exit() - free the counters of a set
 * @set: from pfc_counters_init()
 *
 * Context: may sleep; no handler uses them and none will.
 */
void pfc_counters_exit(struct pfc_counter_set *set)
{
	vfree(set->latency_baseline);
	free_percpu(set->latency);
	vfree(set->baseline);
	free_percpu(set->counters);
	memset(set, 0, sizeof(*set));
}

static void pfc_latency_sum(const struct pfc_counter_set *set, struct pfc_latency *out)
{
	unsigned int cpu;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu)
		pfc_add(out, per_cpu_ptr(set->latency, cpu), sizeof(*out), false);
}

/**
 * pfc_latency_total() - the histograms of all possible CPUs since the last reset
 * @set: its @latency is not NULL
 * @out: filled in
 *
 * Context: may sleep.
 */
void pfc_latency_total(const struct pfc_counter_set *set, struct pfc_latency *out)
{
	mutex_lock(&pfc_baseline_lock);
	pfc_latency_sum(set, out);
	pfc_add(out, set->latency_baseline, sizeof(*out), true);
	mutex_unlock(&pfc_baseline_lock);
}

/**
 * pfc_counters_read() - what one CPU counted since the last reset
 * @set: of the counters
 * @cpu: a possible CPU, online or not
 * @out: filled in
 *
 * Context: may sleep.
 * Return: true if that CPU ever counted anything, resets notwithstanding.
 */
bool pfc_counters_read(const struct pfc_counter_set *set, unsigned int cpu,
		       struct pfc_counters *out)
{
	bool ever;

	pfc_counters_copy(set, cpu, out);
	ever = memchr_inv(out, 0, sizeof(*out));
	mutex_lock(&pfc_baseline_lock);
	pfc_add(out, &set->baseline[cpu], sizeof(*out), true);
	mutex_unlock(&pfc_baseline_lock);
	return ever;
}

/**
 * pfc_counters_total() - what all possible CPUs counted since the last reset
 * @set: of the counters
 * @out: filled in
 *
 * Context: may sleep.
 */
void pfc_counters_total(const struct pfc_counter_set *set, struct pfc_counters *out)
{
	struct pfc_counters *one = kmalloc(sizeof(*one), GFP_KERNEL | __GFP_NOFAIL);
	unsigned int cpu;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu) {
		pfc_counters_read(set, cpu, one);
		pfc_add(out, one, sizeof(*out), false);
	}
	kfree(one);
}

/**
 * pfc_counters_lost() - the visits and hits that got lost
 *
 * Whose they were, nobody knows: the root counts them, and no reset changes this number.
 *
 * Context: may sleep.
 * Return: their number since the counters were made.
 */
u64 pfc_counters_lost(void)
{
	const struct pfc_counters *c;
	unsigned int cpu, i;
	u64 lost = 0;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(pfc_counters, cpu);
		lost += READ_ONCE(c->lost) + READ_ONCE(c->lost_ends);
		for (i = 0; i < PFC_MAX_PROBES; i++)
			lost += READ_ONCE(c->probe[i].lost);
	}
	return lost;
}

/* What the kernel counted of all faults since it booted; 0 where it does not count. */
static u64 pfc_pgfault_now(void)
{
#ifdef CONFIG_VM_EVENT_COUNTERS
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[PGFAULT];
#else
	return 0;
#endif
}

/**
 * pfc_pgfault() - the kernel's own count of faults
 * @set: whose reset counts
 * @since_reset: filled in: what the event PGFAULT grew by since the last reset
 *
 * Counted by handle_mm_fault() at the beginning of each visit before 6.4, and by
 * mm_account_fault() at the end of those that are not retried since.
 *
 * Context: may sleep.
 * Return: true if this kernel counts it (CONFIG_VM_EVENT_COUNTERS).
 */
bool pfc_pgfault(const struct pfc_counter_set *set, u64 *since_reset)
{
	mutex_lock(&pfc_baseline_lock);
	*since_reset = pfc_pgfault_now() - set->pgfault_baseline;
	mutex_unlock(&pfc_baseline_lock);
	return IS_ENABLED(CONFIG_VM_EVENT_COUNTERS);
}

/**
 * pfc_counters_reset() - make every counter of a set read zero
 * @set: the set
 *
 * Context: may sleep.
 */
void pfc_counters_reset(struct pfc_counter_set *set)
{
	unsigned int cpu;

	mutex_lock(&pfc_baseline_lock);
	for_each_possible_cpu(cpu)
		pfc_counters_rebase(set, cpu);
	if (set->latency)
		pfc_latency_sum(set, set->latency_baseline);
	set->pgfault_baseline = pfc_pgfault_now();
	mutex_unlock(&pfc_baseline_lock);
}

/**
 * pfc_counters_rebase() - make the counters of one CPU read zero
 * @set: the set
 * @cpu: the CPU
 *
 * Context: any; the caller holds off readers, and other resets.
 */
void pfc_counters_rebase(struct pfc_counter_set *set, unsigned int cpu)
{
	pfc_counters_copy(set, cpu, &set->baseline[cpu]);
}

/**
 * pfc_counters_leaf() - the faults of one leaf (accounting)
 * @c: counters that were read
 * @leaf: a leaf, less than PFC_NR_CELLS
 *
 * Context: any.
 * Return: their number.
 */
u64 pfc_counters_leaf(const struct pfc_counters *c, unsigned int leaf)
{
	unsigned int split;
	u64 sum = 0;

	for (split = 0; split < PFC_NR_SPLITS; split++)
		sum += c->cell[leaf][split];
	return sum;
}

/**
 * pfc_counters_class() - the faults of one class (accounting)
 * @c: counters that were read
 * @class: a class
 *
 * Context: any.
 * Return: their number.
 */
u64 pfc_counters_class(const struct pfc_counters *c, enum pfc_class class)
{
	unsigned int leaf;
	u64 sum = 0;

	for (leaf = 0; leaf < PFC_NR_CELLS; leaf++)
		if (pfc_leaf_class(leaf) == class)
			sum += pfc_counters_leaf(c, leaf);
	return sum;
}

/**
 * pfc_counters_refinement() - the faults of one refinement (accounting)
 * @c: counters that were read
 * @refinement: a refinement
 *
 * Context: any.
 * Return: their number.
 */
u64 pfc_counters_refinement(const struct pfc_counters *c, enum pfc_refinement refinement)
{
	u64 sum = pfc_counters_leaf(c, PFC_LEAF_REFINED + refinement);

	if (refinement == PFC_ERROR_SEGV)
		sum += pfc_counters_leaf(c, PFC_LEAF_REFUSED);
	return sum;
}

/**
 * pfc_counters_faults() - all completed faults (accounting)
 * @c: counters that were read
 *
 * Context: any.
 * Return: the sum of all classes and of what fitted none.
 */
u64 pfc_counters_faults(const struct pfc_counters *c)
{
	u64 sum = pfc_counters_leaf(c, PFC_LEAF_UNCLASSIFIED);
	enum pfc_class class;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		sum += pfc_counters_class(c, class);
	return sum;
}

/**
 * pfc_counters_visits() - all completed visits (accounting)
 * @c: counters that were read
 *
 * Context: any.
 * Return: their number: those that completed a fault, and those that are retried.
 */
u64 pfc_counters_visits(const struct pfc_counters *c)
{
	return pfc_counters_faults(c) + c->retries - pfc_counters_leaf(c, PFC_LEAF_REFUSED);
}
