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

/* What reads as zero, by CPU number. */
static struct pfc_counters *pfc_baseline;
static DEFINE_MUTEX(pfc_baseline_lock);

struct pfc_latency __percpu *pfc_latency;
DEFINE_STATIC_KEY_FALSE(pfc_measures);
static struct pfc_latency *pfc_latency_baseline;	/* of all CPUs */
static u64 pfc_pgfault_baseline;

/* Each counter is read whole, and once; nothing need be consistent with anything else. */
static void pfc_counters_copy(unsigned int cpu, struct pfc_counters *out)
{
	const u64 *from = (const u64 *)per_cpu_ptr(pfc_counters, cpu);
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
		sum[i] += subtract ? -from[i] : from[i];
}

/**
 * pfc_counters_init() - make the counters
 * @latency: the histograms too
 *
 * Context: may sleep. Balanced by pfc_counters_exit().
 * Return: 0 or -ENOMEM.
 */
int pfc_counters_init(bool latency)
{
	pfc_counters = alloc_percpu(struct pfc_counters);
	pfc_baseline = vzalloc(array_size(nr_cpu_ids, sizeof(*pfc_baseline)));
	if (latency) {
		pfc_latency = alloc_percpu(struct pfc_latency);
		pfc_latency_baseline = vzalloc(sizeof(*pfc_latency_baseline));
	}
	if (pfc_counters && pfc_baseline && (!latency || (pfc_latency && pfc_latency_baseline))) {
		if (latency)
			static_branch_enable(&pfc_measures);
		return 0;
	}
	pfc_counters_exit();
	return -ENOMEM;
}

/**
 * pfc_counters_exit() - free the counters
 *
 * Context: may sleep; no handler runs and none will.
 */
void pfc_counters_exit(void)
{
	vfree(pfc_latency_baseline);
	free_percpu(pfc_latency);
	pfc_latency_baseline = NULL;
	pfc_latency = NULL;
	vfree(pfc_baseline);
	free_percpu(pfc_counters);
}

static void pfc_latency_sum(struct pfc_latency *out)
{
	unsigned int cpu;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu)
		pfc_add(out, per_cpu_ptr(pfc_latency, cpu), sizeof(*out), false);
}

/**
 * pfc_latency_total() - the histograms of all possible CPUs since the last reset
 * @out: filled in
 *
 * Context: may sleep; pfc_latency is not NULL.
 */
void pfc_latency_total(struct pfc_latency *out)
{
	mutex_lock(&pfc_baseline_lock);
	pfc_latency_sum(out);
	pfc_add(out, pfc_latency_baseline, sizeof(*out), true);
	mutex_unlock(&pfc_baseline_lock);
}

/**
 * pfc_counters_read() - what one CPU counted since the last reset
 * @cpu: a possible CPU, online or not
 * @out: filled in
 *
 * Context: may sleep.
 * Return: true if that CPU ever counted anything, resets notwithstanding.
 */
bool pfc_counters_read(unsigned int cpu, struct pfc_counters *out)
{
	bool ever;

	pfc_counters_copy(cpu, out);
	ever = memchr_inv(out, 0, sizeof(*out));
	mutex_lock(&pfc_baseline_lock);
	pfc_add(out, &pfc_baseline[cpu], sizeof(*out), true);
	mutex_unlock(&pfc_baseline_lock);
	return ever;
}

/**
 * pfc_counters_total() - what all possible CPUs counted since the last reset
 * @out: filled in
 *
 * Context: may sleep.
 */
void pfc_counters_total(struct pfc_counters *out)
{
	struct pfc_counters *one = kmalloc(sizeof(*one), GFP_KERNEL | __GFP_NOFAIL);
	unsigned int cpu;

	memset(out, 0, sizeof(*out));
	for_each_possible_cpu(cpu) {
		pfc_counters_read(cpu, one);
		pfc_add(out, one, sizeof(*out), false);
	}
	kfree(one);
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
 * @since_reset: filled in: what the event PGFAULT grew by since the last reset
 *
 * Counted by handle_mm_fault() at the beginning of each visit before 6.4, and by
 * mm_account_fault() at the end of those that are not retried since.
 *
 * Context: may sleep.
 * Return: true if this kernel counts it (CONFIG_VM_EVENT_COUNTERS).
 */
bool pfc_pgfault(u64 *since_reset)
{
	mutex_lock(&pfc_baseline_lock);
	*since_reset = pfc_pgfault_now() - pfc_pgfault_baseline;
	mutex_unlock(&pfc_baseline_lock);
	return IS_ENABLED(CONFIG_VM_EVENT_COUNTERS);
}

/**
 * pfc_counters_reset() - make every counter read zero
 *
 * Context: may sleep.
 */
void pfc_counters_reset(void)
{
	unsigned int cpu;

	mutex_lock(&pfc_baseline_lock);
	for_each_possible_cpu(cpu)
		pfc_counters_copy(cpu, &pfc_baseline[cpu]);
	if (pfc_latency)
		pfc_latency_sum(pfc_latency_baseline);
	pfc_pgfault_baseline = pfc_pgfault_now();
	mutex_unlock(&pfc_baseline_lock);
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
