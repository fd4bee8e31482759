// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of frames: slots that are not at home, visits within visits, what is
 * carried over from visit to visit, and frames whose end was not seen.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/vmalloc.h>
#include "counters.h"
#include "frames.h"

/*
 * Slots from its home on in which a task's visit may be. With linear probing and a table
 * that is half full, a run of 64 has a probability of 1e-6; it never is more than half
 * full while no more than `frames` tasks are inside faults.
 */
#define PFC_FRAMES_WINDOW	64
/* Likewise for what is carried over; few tasks are between two visits at a time. */
#define PFC_CARRIED_WINDOW	8
/* A task that did not come back by then was killed: it waits for mmap_lock at most. */
#define PFC_CARRIED_EXPIRES	(60 * HZ)
/* Instead of a task: somebody is writing it. */
#define PFC_CARRIED_BUSY	1UL

struct pfc_slots pfc_slots;

/**
 * pfc_frames_init() - make room for visits in flight
 * @count: tasks that can be inside a fault at a time
 *
 * Context: may sleep. Balanced by pfc_frames_exit().
 * Return: 0, -EINVAL if @count is out of range, or -ENOMEM.
 */
int pfc_frames_init(unsigned int count)
{
	unsigned int slots;

	if (count < 1 || count > 1U << 20)
		return -EINVAL;
	slots = 2 * roundup_pow_of_two(count);
	pfc_slots.mask = slots - 1;
	pfc_slots.factor = GOLDEN_RATIO_64;
	pfc_slots.shift = 64 - ilog2(slots);
	pfc_slots.slot = vzalloc(array_size(sizeof(struct pfc_slot), slots));
	return pfc_slots.slot ? 0 : -ENOMEM;
}

/**
 * pfc_frames_exit() - free what pfc_frames_init() made
 *
 * Context: may sleep; no handler runs and none will.
 */
void pfc_frames_exit(void)
{
	vfree(pfc_slots.slot);
	pfc_slots.slot = NULL;
}

/**
 * pfc_frames_wipe() - forget all visits in flight
 *
 * Their ends will not be seen once the probes are disarmed.
 *
 * Context: may sleep; no handler runs.
 */
void pfc_frames_wipe(void)
{
	memset(pfc_slots.slot, 0, sizeof(struct pfc_slot) * (pfc_slots.mask + 1));
}

/**
 * pfc_frames_distrust() - kprobes are about to be taken out of the text
 *
 * From now on ends of visits may pass unseen, and a frame that is left open must not be
 * taken for that of a later visit at the same stack pointer: no visit is completed until
 * pfc_frames_trust(); those that would be are counted as lost.
 *
 * Context: any; probe handlers.
 */
void pfc_frames_distrust(void)
{
	WRITE_ONCE(pfc_slots.exit_key, pfc_slots.entry_key + 1);
}
NOKPROBE_SYMBOL(pfc_frames_distrust);

/**
 * pfc_frames_trust() - kprobes are in the text again, all of them
 *
 * Frames that were opened before this are not completed.
 *
 * Context: may sleep; one caller at a time.
 */
void pfc_frames_trust(void)
{
	unsigned long key = pfc_slots.exit_key + GOLDEN_RATIO_64;

	WRITE_ONCE(pfc_slots.entry_key, key);
	WRITE_ONCE(pfc_slots.exit_key, key);
}

static struct pfc_slot *pfc_slot_at(unsigned int i)
{
	unsigned int home = pfc_slot_home() - pfc_slots.slot;

	return &pfc_slots.slot[(home + i) & pfc_slots.mask];
}
NOKPROBE_SYMBOL(pfc_slot_at);

static unsigned int pfc_window(unsigned int window)
{
	return min(window, pfc_slots.mask + 1);
}
NOKPROBE_SYMBOL(pfc_window);

static bool pfc_slot_is_mine(const struct pfc_slot *slot)
{
	return (READ_ONCE(slot->task) & ~PFC_SLOT_NESTED) == (unsigned long)current;
}
NOKPROBE_SYMBOL(pfc_slot_is_mine);

/* The slot of the current task's outermost visit, wherever it is, or NULL. */
static struct pfc_slot *pfc_slot_search(void)
{
	struct pfc_slot *slot = pfc_slot_home();
	unsigned int i;

	if (pfc_slot_is_mine(slot))
		return slot;
	if (!atomic_read(&slot->away))
		return NULL;
	for (i = 1; i < pfc_window(PFC_FRAMES_WINDOW); i++) {
		slot = pfc_slot_at(i);
		if (pfc_slot_is_mine(slot))
			return slot;
	}
	return NULL;
}
NOKPROBE_SYMBOL(pfc_slot_search);

/* A free slot for the current task, or NULL. */
static struct pfc_slot *pfc_slot_claim(unsigned long flags)
{
	struct pfc_slot *slot;
	unsigned int i;

	for (i = 0; i < pfc_window(PFC_FRAMES_WINDOW); i++) {
		slot = pfc_slot_at(i);
		if (READ_ONCE(slot->task) ||
		    !pfc_arch_claim(&slot->task, (unsigned long)current | flags))
			continue;
		slot->inner = 0;
		if (i && !flags)
			atomic_inc(&pfc_slot_home()->away);
		return slot;
	}
	return NULL;
}
NOKPROBE_SYMBOL(pfc_slot_claim);

static void pfc_slot_release(struct pfc_slot *slot)
{
	if (slot != pfc_slot_home() && !(slot->task & PFC_SLOT_INNER))
		atomic_dec(&pfc_slot_home()->away);
	smp_store_release(&slot->task, 0); /* pairs with pfc_arch_claim() */
}
NOKPROBE_SYMBOL(pfc_slot_release);

static struct pfc_slot *pfc_slot_inner(const struct pfc_slot *slot)
{
	return slot->inner ? &pfc_slots.slot[slot->inner - 1] : NULL;
}
NOKPROBE_SYMBOL(pfc_slot_inner);

static struct pfc_slot *pfc_slot_innermost(struct pfc_slot *slot)
{
	while (pfc_slot_inner(slot))
		slot = pfc_slot_inner(slot);
	return slot;
}
NOKPROBE_SYMBOL(pfc_slot_innermost);

/* Give up the innermost visit of OUTER; returns OUTER, or NULL if it was the last. */
static struct pfc_slot *pfc_slot_pop(struct pfc_slot *outer)
{
	struct pfc_slot *slot = outer, *inner;

	inner = pfc_slot_inner(slot);
	if (!inner) {
		pfc_slot_release(outer);
		return NULL;
	}
	while (pfc_slot_inner(inner)) {
		slot = inner;
		inner = pfc_slot_inner(slot);
	}
	slot->inner = 0;
	pfc_slot_release(inner);
	if (slot == outer)
		WRITE_ONCE(outer->task, (unsigned long)current);
	return outer;
}
NOKPROBE_SYMBOL(pfc_slot_pop);

/* The stack pointer of a frame that was opened under the present key; garbage for others. */
static unsigned long pfc_frame_sp(const struct pfc_frame *frame)
{
	return frame->id ^ READ_ONCE(pfc_slots.entry_key);
}
NOKPROBE_SYMBOL(pfc_frame_sp);

/*
 * A frame is given up since its end was not seen. One from before the kprobes were switched
 * off is no news, since then nothing was counted at all: its stack pointer is nonsense.
 */
static void pfc_frame_count_lost(const struct pfc_frame *frame, unsigned long sp)
{
	if (!((pfc_frame_sp(frame) ^ sp) >> 52))
		pfc_count(lost_ends);
}
NOKPROBE_SYMBOL(pfc_frame_count_lost);

/* Whether the frame is of a visit that is over, seen from a stack pointer that is in use. */
static bool pfc_frame_is_stale(const struct pfc_frame *frame, unsigned long sp)
{
	unsigned long was = pfc_frame_sp(frame);

	return was < sp || ((was ^ sp) & ~(THREAD_SIZE - 1));
}
NOKPROBE_SYMBOL(pfc_frame_is_stale);

/* ---- carried over ---------------------------------------------------------- */

static bool pfc_carried_take(struct pfc_carried *carried, unsigned long task,
			     unsigned long next)
{
	if (cmpxchg(&carried->task, task, next) != task)
		return false;
	if (task)
		atomic_dec(&pfc_slot_home_of(task)->away);
	return true;
}
NOKPROBE_SYMBOL(pfc_carried_take);

/* Whether TASK, who left it, will not come for it any more. */
static bool pfc_carried_is_old(const struct pfc_carried *carried, unsigned long task)
{
	return task != PFC_CARRIED_BUSY &&
	       (u32)jiffies - READ_ONCE(carried->stamp) > PFC_CARRIED_EXPIRES;
}
NOKPROBE_SYMBOL(pfc_carried_is_old);

/* Leave the facts of the visit that ends for the task's next one. */
static void pfc_carry(const struct pfc_frame *frame)
{
	unsigned int bits = frame->facts.bits & PFC_FACTS_OF_FAULT;
	struct pfc_carried *carried;
	unsigned long task;
	unsigned int i;

	if (!bits && !frame->start)
		return;
	for (i = 0; i < pfc_window(PFC_CARRIED_WINDOW); i++) {
		carried = &pfc_slot_at(i)->carried;
		task = READ_ONCE(carried->task);
		if (task && !pfc_carried_is_old(carried, task))
			continue;
		if (!pfc_carried_take(carried, task, PFC_CARRIED_BUSY))
			continue;
		carried->born = current->start_time;
		carried->address = frame->address;
		carried->start = frame->start;
		carried->bits = bits;
		WRITE_ONCE(carried->stamp, (u32)jiffies);
		atomic_inc(&pfc_slot_home()->away);
		/* After its stamp: without one, others would take it for an old one. */
		smp_store_release(&carried->task, (unsigned long)current);
		return;
	}
	pfc_count(lost);
}
NOKPROBE_SYMBOL(pfc_carry);

/*
 * Fetch what the current task's last visit left. What others left at the same home, and
 * did not fetch for long, is removed: they were killed.
 */
static bool pfc_carried_fetch(struct pfc_carried *out)
{
	struct pfc_carried *carried;
	unsigned long task;
	bool found = false;
	unsigned int i;

	if (!atomic_read(&pfc_slot_home()->away))
		return false;
	for (i = 0; i < pfc_window(PFC_CARRIED_WINDOW); i++) {
		carried = &pfc_slot_at(i)->carried;
		task = READ_ONCE(carried->task);
		if (task == (unsigned long)current) {
			*out = *carried;
			/* Its task_struct may be that of a task that was killed. */
			if (pfc_carried_take(carried, task, 0))
				found |= out->born == current->start_time;
		} else if (task && pfc_carried_is_old(carried, task)) {
			pfc_carried_take(carried, task, 0);
		}
	}
	return found;
}
NOKPROBE_SYMBOL(pfc_carried_fetch);

/* ---- visits ---------------------------------------------------------------- */

/**
 * pfc_frames_top() - the innermost visit in flight of the current task
 *
 * Context: probe handlers; preemption disabled.
 * Return: its frame, or NULL if there is none.
 */
struct pfc_frame *pfc_frames_top(void)
{
	struct pfc_slot *slot = pfc_slot_search();

	return slot ? &pfc_slot_innermost(slot)->frame : NULL;
}
NOKPROBE_SYMBOL(pfc_frames_top);

/**
 * pfc_frames_open_slow() - a visit begins, wherever its slot is
 * @sp: stack pointer on entry of handle_mm_fault()
 * @address: the faulting address
 *
 * Context: probe handlers; preemption disabled.
 * Return: the frame with @id, @address, @start and @facts.bits (of the fault's last visit,
 * or 0), the rest to be filled in by the caller; or NULL if there is no room.
 */
struct pfc_frame *pfc_frames_open_slow(unsigned long sp, unsigned long address)
{
	struct pfc_slot *outer = pfc_slot_search(), *slot;
	struct pfc_carried carried;
	struct pfc_frame *frame;
	bool again;

	/* A new visit cannot begin at, or above, the stack pointer of one in flight. */
	while (outer) {
		frame = &pfc_slot_innermost(outer)->frame;
		if (!pfc_frame_is_stale(frame, sp) && pfc_frame_sp(frame) != sp)
			break;
		pfc_frame_count_lost(frame, sp);
		outer = pfc_slot_pop(outer);
	}
	again = !outer && pfc_carried_fetch(&carried);
	slot = pfc_slot_claim(outer ? PFC_SLOT_INNER : 0);
	if (!slot)
		return NULL;
	if (outer) {
		pfc_slot_innermost(outer)->inner = slot - pfc_slots.slot + 1;
		WRITE_ONCE(outer->task, (unsigned long)current | PFC_SLOT_NESTED);
	}
	frame = &slot->frame;
	frame->id = sp ^ READ_ONCE(pfc_slots.entry_key);
	frame->address = address;
	frame->start = 0;
	frame->facts.bits = 0;
	if (again && carried.address == address) {
		frame->start = carried.start;
		frame->facts.bits |= carried.bits & ~PFC_FACT_SEGV;
	}
	return frame;
}
NOKPROBE_SYMBOL(pfc_frames_open_slow);

/**
 * pfc_frames_end() - find the visit that ends
 * @sp: stack pointer on entry of the handle_mm_fault() that returns
 * @shifted: it returns to a trampoline (BPF's, for fexit), which moved the stack pointer
 *	after the visit was opened
 *
 * Visits whose ends were not seen are given up on the way, and counted as lost.
 *
 * Context: probe handlers; preemption disabled. If there is a frame, the caller reads it
 * and then calls pfc_frames_close_slow().
 * Return: the frame, or NULL if there is none: the visit began before the probes were
 * armed, or was lost.
 */
struct pfc_frame *pfc_frames_end(unsigned long sp, bool shifted)
{
	struct pfc_slot *outer = pfc_slot_search();
	struct pfc_frame *frame;

	while (outer) {
		frame = &pfc_slot_innermost(outer)->frame;
		if (frame->id == (sp ^ READ_ONCE(pfc_slots.exit_key)))
			return frame;
		if (pfc_frames_trusted() && !pfc_frame_is_stale(frame, sp))
			/* Without a trampoline, a visit within it ends, which has no frame. */
			return shifted ? frame : NULL;
		pfc_frame_count_lost(frame, sp);
		outer = pfc_slot_pop(outer);
	}
	return NULL;
}
NOKPROBE_SYMBOL(pfc_frames_end);

/**
 * pfc_frames_close_slow() - the current task's innermost visit is over
 * @carry: the fault goes on in another visit, or in a signal
 *
 * Context: probe handlers; preemption disabled since pfc_frames_end().
 */
void pfc_frames_close_slow(bool carry)
{
	struct pfc_slot *outer = pfc_slot_search();

	if (!outer)
		return;
	if (carry && !outer->inner)
		pfc_carry(&outer->frame);
	pfc_slot_pop(outer);
}
NOKPROBE_SYMBOL(pfc_frames_close_slow);

/**
 * pfc_frames_carried_segv() - whether a fault that is to get its signal was counted
 * @address: of the fault
 *
 * Whatever the task's last visit left is over with the signal.
 *
 * Context: probe handlers; preemption disabled; the task is in no visit.
 * Return: true if that visit ended in VM_FAULT_SIGSEGV: it is counted.
 */
bool pfc_frames_carried_segv(unsigned long address)
{
	struct pfc_carried carried;

	/* 5.10 keeps only the page of a visit's address. */
	return pfc_carried_fetch(&carried) && carried.bits & PFC_FACT_SEGV &&
	       !((carried.address ^ address) & PAGE_MASK);
}
NOKPROBE_SYMBOL(pfc_frames_carried_segv);
