// SPDX-License-Identifier: GPL-2.0
/*
 * The rows of control groups: how a handler finds one without a lock, and how one is taken
 * from a group that was removed while handlers run.
 *
 * A row is a slot of a table, in which a group may have any. Handlers look for it from the
 * slot on that the group's address hashes to, through the whole table: so a slot that becomes
 * free hides none behind it. They claim the first free one, which holds a reference to the
 * group: its address is nobody else's meanwhile. What was found is remembered by the CPU,
 * and that is all that most faults read.
 *
 * A row changes hands in three steps: handlers are made not to find it, and all hints are
 * void; when no handler can be counting in it any more, its counts are added to those of
 * the removed; then it is free.
 */
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/workqueue.h>
#include <pfclass.h>
#include "cgroups.h"
#include "event.h"
#include "pfc_claim.h"
#include "watch.h"

/* How long a removed group keeps its row, if nobody reads the file. */
#define PFC_CGROUPS_INTERVAL	HZ

/* Instead of a group: the row was taken from one. */
#define PFC_CGROUP_TAKEN	1UL

/**
 * struct pfc_cgroup_count - what one CPU counts in one row
 * @fault: by class; the last one is of faults that fit none
 * @base: what reads as zero of it
 */
struct pfc_cgroup_count {
	u64 fault[PFC_NR_CLASSES + 1];
	u64 base[PFC_NR_CLASSES + 1];
};

/**
 * struct pfc_cgroup_slot - one row
 * @cgroup: whose, or 0: free, or PFC_CGROUP_TAKEN
 * @held: whether its reference is held; if not, a handler is about to take it
 * @was: from whom it was taken
 * @count: its counts
 */
struct pfc_cgroup_slot {
	unsigned long cgroup;
	bool held;
	struct cgroup *was;
	struct pfc_cgroup_count __percpu *count;
};

DEFINE_STATIC_KEY_FALSE(pfc_by_cgroup);
DEFINE_PER_CPU(struct pfc_cgroup_hint, pfc_cgroup_hint);
unsigned long pfc_cgroups_turn;

static struct pfc_cgroup_slot *pfc_cgroup_slots;
static unsigned int pfc_nr_cgroup_slots;
/* Of groups that found no row, and of those that had one and are gone. */
static struct pfc_cgroup_count __percpu *pfc_cgroups_other;
static u64 pfc_cgroups_removed[PFC_NR_CLASSES + 1];
/* Serialises all but handlers. */
static DEFINE_MUTEX(pfc_cgroups_lock);

/* The row of a group; if it has none, one that was free a moment ago, or NULL. */
static struct pfc_cgroup_slot *pfc_cgroups_find(const struct cgroup *cgroup)
{
	unsigned int i = reciprocal_scale(hash_64((unsigned long)cgroup, 32),
					  pfc_nr_cgroup_slots), n;
	struct pfc_cgroup_slot *free = NULL;
	unsigned long whose;

	for (n = 0; n < pfc_nr_cgroup_slots; n++) {
		whose = READ_ONCE(pfc_cgroup_slots[i].cgroup);
		if (whose == (unsigned long)cgroup)
			return &pfc_cgroup_slots[i];
		if (!whose && !free)
			free = &pfc_cgroup_slots[i];
		if (++i == pfc_nr_cgroup_slots)
			i = 0;
	}
	return free;
}
NOKPROBE_SYMBOL(pfc_cgroups_find);

/* The counts of a group; it gets a row if there is one. */
static struct pfc_cgroup_count __percpu *pfc_cgroups_claim(struct cgroup *cgroup)
{
	struct pfc_cgroup_slot *slot;

	/* Each turn but the last, somebody else got a row: perhaps for the same group. */
	do {
		slot = pfc_cgroups_find(cgroup);
		if (!slot)
			return pfc_cgroups_other;
		if (READ_ONCE(slot->cgroup) == (unsigned long)cgroup)
			return slot->count;
	} while (!pfc_arch_claim(&slot->cgroup, (unsigned long)cgroup));
	/* A group of which the current task is, or was when this handler began, has references. */
	pfc_compat_cgroup_hold(cgroup);
	smp_store_release(&slot->held, true); /* pairs with pfc_cgroups_held() */
	return slot->count;
}
NOKPROBE_SYMBOL(pfc_cgroups_claim);

/**
 * pfc_cgroups_row() - the row of the current task's group
 *
 * Context: probe handlers; preemption disabled, and not enabled before the fault is counted.
 * Return: this CPU's counters by class.
 */
u64 *pfc_cgroups_row(void)
{
	struct pfc_cgroup_hint *hint = raw_cpu_ptr(&pfc_cgroup_hint);
	u64 *fault = pfc_cgroups_hinted();
	struct cgroup *cgroup;
	unsigned long turn;

	if (fault)
		return fault;
	cgroup = pfc_compat_cgroup_mine();
	/* Before the table is read: pairs with pfc_cgroups_next_turn(). */
	turn = smp_load_acquire(&pfc_cgroups_turn);
	hint->fault = raw_cpu_ptr(pfc_cgroups_claim(cgroup))->fault;
	hint->turn = turn;
	hint->cgroup = cgroup;
	return hint->fault;
}
NOKPROBE_SYMBOL(pfc_cgroups_row);

/* All hints are void. */
static void pfc_cgroups_next_turn(void)
{
	/* Who sees it sees the table as it is now: pairs with pfc_cgroups_row(). */
	smp_store_release(&pfc_cgroups_turn, pfc_cgroups_turn + 1);
}

/* The group of a row, of which a reference is held; or NULL. */
static struct cgroup *pfc_cgroups_held(const struct pfc_cgroup_slot *slot)
{
	unsigned long cgroup = READ_ONCE(slot->cgroup);

	if (!cgroup || cgroup == PFC_CGROUP_TAKEN)
		return NULL;
	/* A handler that got so far is not interrupted for long. */
	while (!smp_load_acquire(&slot->held))
		cpu_relax();
	return (struct cgroup *)cgroup;
}

/* Add what was counted in a row since the last reset. */
static void pfc_cgroups_add(u64 *sum, const struct pfc_cgroup_count __percpu *count)
{
	const struct pfc_cgroup_count *c;
	unsigned int cpu, i;

	for_each_possible_cpu(cpu) {
		c = per_cpu_ptr(count, cpu);
		for (i = 0; i <= PFC_NR_CLASSES; i++)
			sum[i] += READ_ONCE(c->fault[i]) - c->base[i];
	}
}

/* What one CPU counted in a row reads as zero; that CPU does not count in it meanwhile. */
static void pfc_cgroups_rebase(const struct pfc_cgroup_count __percpu *count, unsigned int cpu)
{
	struct pfc_cgroup_count *c = per_cpu_ptr((struct pfc_cgroup_count __percpu *)count, cpu);

	memcpy(c->base, c->fault, sizeof(c->base));
}

/* Take the rows from groups that were removed. */
static void pfc_cgroups_reap(void)
{
	struct pfc_cgroup_slot *slot, *end = pfc_cgroup_slots + pfc_nr_cgroup_slots;
	unsigned int cpu, taken = 0;

	lockdep_assert_held(&pfc_cgroups_lock);
	for (slot = pfc_cgroup_slots; slot < end; slot++) {
		slot->was = pfc_cgroups_held(slot);
		if (!slot->was || !pfc_compat_cgroup_is_removed(slot->was))
			continue;
		WRITE_ONCE(slot->cgroup, PFC_CGROUP_TAKEN);
		taken++;
	}
	if (!taken)
		return;
	pfc_cgroups_next_turn();
	/* Handlers that found one of the rows before this count in it; they still count. */
	synchronize_rcu();
	for (slot = pfc_cgroup_slots; slot < end; slot++) {
		if (slot->cgroup != PFC_CGROUP_TAKEN)
			continue;
		pfc_cgroups_add(pfc_cgroups_removed, slot->count);
		for_each_possible_cpu(cpu)
			pfc_cgroups_rebase(slot->count, cpu);
		pfc_compat_cgroup_put(slot->was);
		slot->held = false;
		smp_store_release(&slot->cgroup, 0); /* pairs with pfc_arch_claim() */
	}
	/* Groups without a row may have one now. */
	pfc_cgroups_next_turn();
}

static void pfc_cgroups_work_fn(struct work_struct *work)
{
	mutex_lock(&pfc_cgroups_lock);
	pfc_cgroups_reap();
	mutex_unlock(&pfc_cgroups_lock);
	schedule_delayed_work(to_delayed_work(work), PFC_CGROUPS_INTERVAL);
}

static DECLARE_DELAYED_WORK(pfc_cgroups_work, pfc_cgroups_work_fn);

/* ---- reset ------------------------------------------------------------------ */

static void pfc_cgroups_reset_cpu(unsigned int cpu)
{
	unsigned int i;

	pfc_counters_rebase(&pfc_root.set, cpu);
	for (i = 0; i < pfc_nr_cgroup_slots; i++)
		pfc_cgroups_rebase(pfc_cgroup_slots[i].count, cpu);
	pfc_cgroups_rebase(pfc_cgroups_other, cpu);
}

static int pfc_cgroups_reset_here(void *unused)
{
	/* No handler runs on this CPU meanwhile: of a fault both counts are seen, or none. */
	preempt_disable();
	pfc_cgroups_reset_cpu(smp_processor_id());
	preempt_enable();
	return 0;
}

/**
 * pfc_cgroups_reset() - make the rows read zero, and the root's counters at the same instant
 *
 * The instant is each CPU's own, since a fault is counted by one CPU in both: so the rows
 * go on summing up to the root's counters whatever happens during this.
 *
 * Context: may sleep; the caller holds off readers of the root's counters.
 */
void pfc_cgroups_reset(void)
{
	unsigned int cpu;

	if (!pfc_nr_cgroup_slots)
		return;
	mutex_lock(&pfc_cgroups_lock);
	cpus_read_lock();
	for_each_possible_cpu(cpu)
		if (smp_call_on_cpu(cpu, pfc_cgroups_reset_here, NULL, false))
			pfc_cgroups_reset_cpu(cpu); /* It is offline. */
	cpus_read_unlock();
	memset(pfc_cgroups_removed, 0, sizeof(pfc_cgroups_removed));
	mutex_unlock(&pfc_cgroups_lock);
}

/* ---- the file --------------------------------------------------------------- */

/**
 * struct pfc_cgroup_sum - what all CPUs counted for one group since the last reset
 * @cgroup: the group, or NULL
 * @fault: by class
 */
struct pfc_cgroup_sum {
	struct cgroup *cgroup;
	u64 fault[PFC_NR_CLASSES + 1];
};

/*
 * ROW: zero, as many as there are slots, and one for the groups that found none. The groups
 * stay while the lock is held.
 */
static void pfc_cgroups_collect(struct pfc_cgroup_sum *row)
{
	struct pfc_cgroup_sum *first;
	struct cgroup *cgroup;
	unsigned int i;

	pfc_cgroups_reap();
	for (i = 0; i < pfc_nr_cgroup_slots; i++) {
		cgroup = pfc_cgroups_held(&pfc_cgroup_slots[i]);
		if (!cgroup)
			continue;
		/*
		 * One group may have two rows: two CPUs claimed one each, when a slot became free
		 * that only one of them had passed. It is shown as one.
		 */
		first = &row[pfc_cgroups_find(cgroup) - pfc_cgroup_slots];
		first->cgroup = cgroup;
		pfc_cgroups_add(first->fault, pfc_cgroup_slots[i].count);
	}
	pfc_cgroups_add(row[i].fault, pfc_cgroups_other);
}

static void pfc_cgroups_show_row(struct seq_file *m, const u64 *sum, const bool *available)
{
	unsigned int i;

	for (i = 0; i < PFC_NR_CLASSES; i++) {
		if (available[i])
			seq_printf(m, " %llu", sum[i]);
		else
			seq_puts(m, " " PFC_UNAVAILABLE);
	}
	seq_putc(m, '\n');
}

/**
 * pfc_cgroups_show() - print a row for each group, for those that are gone, and for the rest
 * @m: where to
 * @available: by class, whether it is
 *
 * Context: may sleep; waits for handlers if groups were removed.
 * Return: 0 or -ENOMEM.
 */
int pfc_cgroups_show(struct seq_file *m, const bool *available)
{
	struct pfc_cgroup_sum *row = kvcalloc(pfc_nr_cgroup_slots + 1, sizeof(*row), GFP_KERNEL);
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	unsigned int i;
	int err = 0;

	if (!row || !path) {
		err = -ENOMEM;
		goto out;
	}
	mutex_lock(&pfc_cgroups_lock);
	if (pfc_nr_cgroup_slots)
		pfc_cgroups_collect(row);
	for (i = 0; i < pfc_nr_cgroup_slots; i++) {
		if (!row[i].cgroup)
			continue;
		if (pfc_compat_cgroup_path(row[i].cgroup, path, PATH_MAX))
			seq_escape(m, path, " \t\n\\");
		else
			seq_putc(m, '?'); /* It is too long. */
		seq_printf(m, " %llu", pfc_compat_cgroup_id(row[i].cgroup));
		pfc_cgroups_show_row(m, row[i].fault, available);
	}
	seq_puts(m, PFC_CGROUP_REMOVED " -");
	pfc_cgroups_show_row(m, pfc_cgroups_removed, available);
	seq_puts(m, PFC_CGROUP_OTHER " -");
	pfc_cgroups_show_row(m, row[i].fault, available);
	mutex_unlock(&pfc_cgroups_lock);
out:
	kfree(path);
	kvfree(row);
	return err;
}

/* ---- init and exit ---------------------------------------------------------- */

static void pfc_cgroups_free(unsigned int count)
{
	while (pfc_cgroup_slots && count--)
		free_percpu(pfc_cgroup_slots[count].count);
	kvfree(pfc_cgroup_slots);
	free_percpu(pfc_cgroups_other);
	pfc_cgroup_slots = NULL;
	pfc_cgroups_other = NULL;
}

/**
 * pfc_cgroups_init() - make the rows
 * @count: how many groups have one; 0: there are none, and nothing counts
 *
 * Context: may sleep. Balanced by pfc_cgroups_exit().
 * Return: 0, -EINVAL if @count is out of range, -EOPNOTSUPP if this kernel has no control
 * groups, or -ENOMEM.
 */
int pfc_cgroups_init(unsigned int count)
{
	unsigned int i;

	if (!count)
		return 0;
	if (!PFC_COMPAT_CGROUPS)
		return -EOPNOTSUPP;
	if (count > PFC_CGROUPS_MAX)
		return -EINVAL;
	pfc_cgroups_other = alloc_percpu(struct pfc_cgroup_count);
	pfc_cgroup_slots = kvcalloc(count, sizeof(*pfc_cgroup_slots), GFP_KERNEL);
	for (i = 0; pfc_cgroup_slots && i < count; i++) {
		pfc_cgroup_slots[i].count = alloc_percpu(struct pfc_cgroup_count);
		if (!pfc_cgroup_slots[i].count)
			break;
	}
	if (!pfc_cgroups_other || i < count) {
		pfc_cgroups_free(i);
		return -ENOMEM;
	}
	pfc_nr_cgroup_slots = count;
	memset(pfc_cgroups_removed, 0, sizeof(pfc_cgroups_removed));
	/* No hint is of these rows. */
	pfc_cgroups_next_turn();
	static_branch_enable(&pfc_by_cgroup);
	static_branch_inc(&pfc_details);
	static_branch_inc(&pfc_picky);
	schedule_delayed_work(&pfc_cgroups_work, PFC_CGROUPS_INTERVAL);
	return 0;
}

/**
 * pfc_cgroups_exit() - free the rows
 *
 * Context: may sleep; no handler runs and none will.
 */
void pfc_cgroups_exit(void)
{
	struct cgroup *cgroup;
	unsigned int i;

	if (!pfc_nr_cgroup_slots)
		return;
	cancel_delayed_work_sync(&pfc_cgroups_work);
	static_branch_dec(&pfc_picky);
	static_branch_dec(&pfc_details);
	static_branch_disable(&pfc_by_cgroup);
	for (i = 0; i < pfc_nr_cgroup_slots; i++) {
		cgroup = pfc_cgroups_held(&pfc_cgroup_slots[i]);
		if (cgroup)
			pfc_compat_cgroup_put(cgroup);
	}
	pfc_cgroups_free(pfc_nr_cgroup_slots);
	pfc_nr_cgroup_slots = 0;
}
