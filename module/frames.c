// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/*
 * Slots that are not at home, visits within visits, retries, and what was lost.
 */
#include <linux/errno.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/vmalloc.h>
#include "counters.h"
#include "frames.h"

/* Slots in which a task may be, from its home on. */
#define PFC_FRAMES_WINDOW	8

struct pfc_slots pfc_slots;

/**
 * pfc_frames_init() - make room for visits in flight
 * @count: for how many tasks at a time; rounded up to a power of two
 *
 * Context: may sleep. Balanced by pfc_frames_exit().
 * Return: 0, -EINVAL if @count is out of range, or -ENOMEM.
 */
int pfc_frames_init(unsigned int count)
{
	if (count < 1 || count > 1U << 20)
		return -EINVAL;
	pfc_slots.mask = roundup_pow_of_two(count) - 1;
	pfc_slots.slot = vzalloc(array_size(sizeof(struct pfc_slot), pfc_slots.mask + 1));
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

static struct pfc_slot *pfc_slot_at(unsigned int i)
{
	unsigned long home = pfc_slot_home() - pfc_slots.slot;

	return &pfc_slots.slot[(home + i) & pfc_slots.mask];
}
NOKPROBE_SYMBOL(pfc_slot_at);

static bool pfc_slot_is_mine(const struct pfc_slot *slot)
{
	return (READ_ONCE(slot->task) & ~PFC_SLOT_NESTED) == (unsigned long)current;
}
NOKPROBE_SYMBOL(pfc_slot_is_mine);

/* The current task's slot with visits in flight, wherever it is. */
static struct pfc_slot *pfc_slot_search(void)
{
	struct pfc_slot *slot = pfc_slot_home();
	unsigned int i;

	if (pfc_slot_is_mine(slot))
		return slot;
	if (!atomic_read(&slot->away))
		return NULL;
	for (i = 1; i < PFC_FRAMES_WINDOW; i++) {
		slot = pfc_slot_at(i);
		if (pfc_slot_is_mine(slot))
			return slot;
	}
	return NULL;
}
NOKPROBE_SYMBOL(pfc_slot_search);

static bool pfc_slot_take(struct pfc_slot *slot, unsigned long from)
{
	return READ_ONCE(slot->task) == from &&
	       cmpxchg_acquire(&slot->task, from, (unsigned long)current) == from;
}
NOKPROBE_SYMBOL(pfc_slot_take);

/* The count of those away, at home, follows a slot that changes hands. */
static void pfc_slot_is_away(const struct pfc_slot *slot, unsigned long task, int by)
{
	struct pfc_slot *home = pfc_slot_home_of(task & ~PFC_SLOT_FLAGS);

	if (slot != home)
		atomic_add(by, &home->away);
}
NOKPROBE_SYMBOL(pfc_slot_is_away);

/* A slot for the current task, which has none with visits in flight. */
static struct pfc_slot *pfc_slot_claim(void)
{
	struct pfc_slot *slot;
	unsigned long task;
	unsigned int i;

	for (i = 0; i < PFC_FRAMES_WINDOW; i++) {
		slot = pfc_slot_at(i);
		if (pfc_slot_take(slot, (unsigned long)current | PFC_SLOT_WAITS))
			return slot;
	}
	for (i = 0; i < PFC_FRAMES_WINDOW; i++) {
		slot = pfc_slot_at(i);
		if (pfc_slot_take(slot, 0))
			goto fresh;
	}
	for (i = 0; i < PFC_FRAMES_WINDOW; i++) {
		slot = pfc_slot_at(i);
		task = READ_ONCE(slot->task);
		if (task & PFC_SLOT_WAITS && pfc_slot_take(slot, task)) {
			pfc_slot_is_away(slot, task, -1);
			goto fresh;
		}
	}
	return NULL;

fresh:
	slot->address = 0;
	pfc_slot_is_away(slot, (unsigned long)current, 1);
	return slot;
}
NOKPROBE_SYMBOL(pfc_slot_claim);

/* Of a slot that is the current task's and has visits in flight. */
static unsigned int pfc_slot_depth(const struct pfc_slot *slot)
{
	return READ_ONCE(slot->task) & PFC_SLOT_NESTED ? slot->depth : 1;
}
NOKPROBE_SYMBOL(pfc_slot_depth);

/* DEPTH visits are in flight, at least one. */
static void pfc_slot_nest(struct pfc_slot *slot, unsigned int depth)
{
	slot->depth = depth;
	WRITE_ONCE(slot->task, (unsigned long)current | (depth > 1 ? PFC_SLOT_NESTED : 0));
}
NOKPROBE_SYMBOL(pfc_slot_nest);

static void pfc_slot_release(struct pfc_slot *slot, bool waits)
{
	if (!waits)
		pfc_slot_is_away(slot, (unsigned long)current, -1);
	/* pairs with cmpxchg_acquire() */
	smp_store_release(&slot->task, waits ? (unsigned long)current | PFC_SLOT_WAITS : 0);
}
NOKPROBE_SYMBOL(pfc_slot_release);

static struct pfc_frame *pfc_slot_innermost(struct pfc_slot *slot, unsigned int depth)
{
	return &slot->frame[min_t(unsigned int, depth, PFC_FRAMES_NESTED) - 1];
}
NOKPROBE_SYMBOL(pfc_slot_innermost);

/* On another stack: a task that died was replaced by this one. */
static bool pfc_frame_is_stale(const struct pfc_frame *frame, unsigned long sp)
{
	return frame->sp <= sp || ((frame->sp ^ sp) & ~(THREAD_SIZE - 1));
}
NOKPROBE_SYMBOL(pfc_frame_is_stale);

/**
 * pfc_frames_top() - the innermost visit in flight of the current task
 *
 * Context: probe handlers; preemption disabled.
 * Return: its frame, or NULL if there is none that is wanted.
 */
struct pfc_frame *pfc_frames_top(void)
{
	struct pfc_slot *slot = pfc_slot_search();
	struct pfc_frame *frame;
	unsigned int depth;

	if (!slot)
		return NULL;
	depth = pfc_slot_depth(slot);
	if (depth > PFC_FRAMES_NESTED)
		return NULL;
	frame = pfc_slot_innermost(slot, depth);
	return frame->facts.bits & PFC_FACT_MUTE ? NULL : frame;
}
NOKPROBE_SYMBOL(pfc_frames_top);

/**
 * pfc_frames_open_slow() - a visit begins, wherever its slot is
 * @sp: stack pointer on entry of handle_mm_fault()
 * @address: the faulting address
 * @mute: the filter does not want it: open it only if it lies within another
 *	visit, which must not get its marks
 *
 * Context: probe handlers; preemption disabled.
 * Return: the frame, with @sp and @address, @start and @facts.bits from the fault's
 * last visit (or 0), the rest to be filled in by the caller; or NULL if there is
 * none: not wanted, or no room (counted as lost).
 */
struct pfc_frame *pfc_frames_open_slow(unsigned long sp, unsigned long address, bool mute)
{
	struct pfc_slot *slot = pfc_slot_search();
	unsigned int depth = 0;
	struct pfc_frame *frame;

	if (slot) {
		depth = pfc_slot_depth(slot);
	} else {
		if (mute)
			return NULL;
		slot = pfc_slot_claim();
		if (!slot) {
			pfc_count(lost);
			return NULL;
		}
	}
	while (depth && pfc_frame_is_stale(pfc_slot_innermost(slot, depth), sp)) {
		depth--;
		pfc_count(lost);
	}
	/* So that a visit at home which is not nested is wanted. */
	if (mute && !depth) {
		pfc_slot_release(slot, false);
		return NULL;
	}
	/* Wherever a visit is open that is not wanted, it lies within one that is. */
	if (mute && !depth) {
		pfc_slot_release(slot, false);
		return NULL;
	}
	depth++;
	pfc_slot_nest(slot, depth);
	if (depth > PFC_FRAMES_NESTED) {
		pfc_count(lost);
		return NULL;
	}
	frame = pfc_slot_innermost(slot, depth);
	frame->sp = sp;
	frame->address = address;
	frame->start = 0;
	frame->facts.bits = mute ? PFC_FACT_MUTE : 0;
	if (depth == 1 && slot->address == address) {
		frame->start = slot->start;
		frame->facts.bits |= slot->bits;
	}
	slot->address = 0;
	return frame;
}
NOKPROBE_SYMBOL(pfc_frames_open_slow);

/**
 * pfc_frames_find() - a visit ends
 * @sp: stack pointer on entry of handle_mm_fault()
 *
 * Context: probe handlers; preemption disabled. If there is a slot, the caller
 * reads pfc_slot_top() of it and then calls pfc_frames_close_slow().
 * Return: the slot whose innermost visit that is, or NULL if there is none: it
 * began before the probes were armed, was not wanted, or was lost (and counted).
 */
struct pfc_slot *pfc_frames_find(unsigned long sp)
{
	struct pfc_slot *slot = pfc_slot_search();
	struct pfc_frame *frame;
	unsigned int depth;

	if (!slot)
		return NULL;
	for (depth = pfc_slot_depth(slot); depth; depth--) {
		frame = pfc_slot_innermost(slot, depth);
		if (depth <= PFC_FRAMES_NESTED && frame->sp == sp) {
			pfc_slot_nest(slot, depth);
			return slot;
		}
		if (frame->sp > sp) {
			/* A deeper visit ends, one that found no room. */
			if (depth > PFC_FRAMES_NESTED)
				depth--;
			pfc_slot_nest(slot, depth);
			return NULL;
		}
		pfc_count(lost);
	}
	pfc_slot_release(slot, false);
	return NULL;
}
NOKPROBE_SYMBOL(pfc_frames_find);

/**
 * pfc_slot_top() - the innermost visit of a slot
 * @slot: from pfc_frames_find()
 *
 * Context: probe handlers; preemption disabled since.
 * Return: its frame.
 */
struct pfc_frame *pfc_slot_top(struct pfc_slot *slot)
{
	return pfc_slot_innermost(slot, pfc_slot_depth(slot));
}
NOKPROBE_SYMBOL(pfc_slot_top);

/**
 * pfc_frames_close_slow() - give up the innermost frame of a slot
 * @slot: from pfc_frames_find()
 * @retry: the fault goes on in another visit, or in a signal: leave word
 *
 * Context: probe handlers; preemption disabled since pfc_frames_find().
 */
void pfc_frames_close_slow(struct pfc_slot *slot, bool retry)
{
	unsigned int depth = pfc_slot_depth(slot);

	if (depth > 1) {
		pfc_slot_nest(slot, depth - 1);
		return;
	}
	if (retry) {
		slot->address = slot->frame[0].address;
		slot->start = slot->frame[0].start;
		slot->bits = slot->frame[0].facts.bits & PFC_FACTS_OF_FAULT;
	}
	pfc_slot_release(slot, retry);
}
NOKPROBE_SYMBOL(pfc_frames_close_slow);

/**
 * pfc_frames_told() - whether a fault that is to get its signal was counted
 * @address: of the fault
 *
 * Whatever the task's last visit left word of is over with the signal.
 *
 * Context: probe handlers; preemption disabled; the task is in no visit.
 * Return: true if that visit ended in VM_FAULT_SIGSEGV: it is counted.
 */
bool pfc_frames_told(unsigned long address)
{
	struct pfc_slot *slot;
	unsigned int i;
	bool told;

	for (i = 0; i < PFC_FRAMES_WINDOW; i++) {
		slot = pfc_slot_at(i);
		if (!pfc_slot_take(slot, (unsigned long)current | PFC_SLOT_WAITS))
			continue;
		/* 5.10 keeps only the page of a visit's address. */
		told = slot->bits & PFC_FACT_SEGV && !((slot->address ^ address) & PAGE_MASK);
		pfc_slot_release(slot, false);
		return told;
	}
	return false;
}
NOKPROBE_SYMBOL(pfc_frames_told);
