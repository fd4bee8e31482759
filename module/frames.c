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

/* The current task's slot with visits in flight, wherever it is. */
static struct pfc_slot *pfc_slot_search(void)
{
	struct pfc_slot *slot;
	unsigned int i;

	for (i = 0; i < PFC_FRAMES_WINDOW; i++) {
		slot = pfc_slot_at(i);
		if (READ_ONCE(slot->task) == (unsigned long)current)
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
	struct pfc_slot *home = pfc_slot_home_of(task & ~PFC_SLOT_WAITS);

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
	slot->depth = 0; /* pfc_frames_close() left it as it was */
	slot->address = 0;
	slot->elsewhere = slot != pfc_slot_home();
	pfc_slot_is_away(slot, (unsigned long)current, 1);
	return slot;
}
NOKPROBE_SYMBOL(pfc_slot_claim);

static void pfc_slot_release(struct pfc_slot *slot, bool waits)
{
	slot->depth = 0;
	if (!waits)
		pfc_slot_is_away(slot, (unsigned long)current, -1);
	/* pairs with cmpxchg_acquire() */
	smp_store_release(&slot->task, waits ? (unsigned long)current | PFC_SLOT_WAITS : 0);
}
NOKPROBE_SYMBOL(pfc_slot_release);

static struct pfc_frame *pfc_slot_innermost(struct pfc_slot *slot)
{
	return &slot->frame[min_t(unsigned int, slot->depth, PFC_FRAMES_NESTED) - 1];
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

	if (!slot || slot->depth - 1 >= PFC_FRAMES_NESTED)
		return NULL;
	frame = &slot->frame[slot->depth - 1];
	return frame->facts.bits & PFC_FACT_MUTE ? NULL : frame;
}
NOKPROBE_SYMBOL(pfc_frames_top);

/**
 * pfc_frames_open_slow() - pfc_frames_open() where there is a slot, or none at home
 * @sp: as there
 * @address: as there
 * @mute: as there
 *
 * Context: as there.
 * Return: as there.
 */
struct pfc_frame *pfc_frames_open_slow(unsigned long sp, unsigned long address, bool mute)
{
	struct pfc_slot *slot = pfc_slot_search();
	struct pfc_frame *frame;

	if (!slot) {
		if (mute)
			return NULL;
		slot = pfc_slot_claim();
		if (!slot) {
			pfc_count(lost);
			return NULL;
		}
	}
	while (slot->depth && pfc_frame_is_stale(pfc_slot_innermost(slot), sp)) {
		slot->depth--;
		pfc_count(lost);
	}
	if (slot->depth++ >= PFC_FRAMES_NESTED) {
		pfc_count(lost);
		return NULL;
	}
	frame = &slot->frame[slot->depth - 1];
	frame->sp = sp;
	frame->address = address;
	frame->start = 0;
	frame->facts.bits = mute ? PFC_FACT_MUTE : 0;
	if (slot->depth == 1 && slot->address == address) {
		frame->start = slot->start;
		frame->facts.bits |= slot->bits;
	}
	slot->address = 0;
	return frame;
}
NOKPROBE_SYMBOL(pfc_frames_open_slow);

/**
 * pfc_frames_find_slow() - pfc_frames_find() where it is not as usual
 * @sp: as there
 *
 * Context: as there.
 * Return: as there.
 */
struct pfc_slot *pfc_frames_find_slow(unsigned long sp)
{
	struct pfc_slot *slot = pfc_slot_search();
	struct pfc_frame *frame;

	if (!slot)
		return NULL;
	while (slot->depth) {
		frame = pfc_slot_innermost(slot);
		if (slot->depth <= PFC_FRAMES_NESTED && frame->sp == sp)
			return slot;
		if (frame->sp > sp) {
			/* A deeper visit ends, one that found no room. */
			if (slot->depth > PFC_FRAMES_NESTED)
				slot->depth--;
			return NULL;
		}
		slot->depth--;
		pfc_count(lost);
	}
	pfc_slot_release(slot, false);
	return NULL;
}
NOKPROBE_SYMBOL(pfc_frames_find_slow);

/**
 * pfc_frames_close_slow() - pfc_frames_close() where more is to be done
 * @slot: as there
 * @retry: as there
 *
 * Context: as there.
 */
void pfc_frames_close_slow(struct pfc_slot *slot, bool retry)
{
	if (--slot->depth)
		return;
	if (retry) {
		slot->address = slot->frame[0].address;
		slot->start = slot->frame[0].start;
		slot->bits = slot->frame[0].facts.bits & PFC_FACTS_OF_FAULT;
	}
	pfc_slot_release(slot, retry);
}
NOKPROBE_SYMBOL(pfc_frames_close_slow);
