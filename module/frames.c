// SPDX-License-Identifier: GPL-2.0
/*
 * A task finds its frames by hashing itself into an array of slots. Only a task
 * that runs looks for its own slot, claims it or gives it up, and the handlers
 * run with preemption disabled: so a slot has one user at any time, and nothing
 * is locked. Two tasks meet only in the compare-and-exchange that claims a free
 * slot. A slot is a stack of frames, since a ->fault() handler may fault itself.
 *
 * The stack pointer names the visit: two visits in flight of one task differ in
 * it, and a frame at or below the stack pointer of a visit that begins has lost
 * its end (a probe that was missed): it is counted and dropped.
 *
 * A fault that is to be retried leaves word for its next visit in the slot, which
 * stays the task's but may be taken by another task that finds no free one: the
 * fault may have been given up, and the task may be gone.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "counters.h"
#include "frames.h"

/* Visits within visits: more than two have not been seen. */
#define PFC_FRAMES_NESTED	4
/* Slots in which a task may be found, from the one that its hash names. */
#define PFC_FRAMES_WINDOW	8

/**
 * struct pfc_slot - the visits in flight of one task
 * @task: whose, or NULL: free; with PFC_SLOT_WAITS: no visit is in flight, but
 *	a fault is to be retried
 * @depth: visits in flight; may exceed PFC_FRAMES_NESTED
 * @address: of the fault to be retried
 * @start: when it began
 * @uffd: what struct pfc_facts says of it
 * @frame: the outermost PFC_FRAMES_NESTED of them
 */
struct pfc_slot {
	unsigned long task;
	unsigned int depth;
	bool uffd;
	unsigned long address;
	u64 start;
	struct pfc_frame frame[PFC_FRAMES_NESTED];
} ____cacheline_aligned;

/* Task pointers are aligned. */
#define PFC_SLOT_WAITS	1UL

static struct pfc_slot *pfc_slots;
static unsigned int pfc_slots_bits;

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
	pfc_slots_bits = order_base_2(max(count, 2U));
	pfc_slots = vzalloc(array_size(sizeof(*pfc_slots), 1UL << pfc_slots_bits));
	return pfc_slots ? 0 : -ENOMEM;
}

/**
 * pfc_frames_exit() - free what pfc_frames_init() made
 *
 * Context: may sleep; no handler runs and none will.
 */
void pfc_frames_exit(void)
{
	vfree(pfc_slots);
	pfc_slots = NULL;
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
	memset(pfc_slots, 0, sizeof(*pfc_slots) << pfc_slots_bits);
}

static __always_inline struct pfc_slot *pfc_slot_at(unsigned int i)
{
	return &pfc_slots[(hash_ptr(current, pfc_slots_bits) + i) &
			  ((1U << pfc_slots_bits) - 1)];
}

/* The current task's slot with visits in flight. */
static __always_inline struct pfc_slot *pfc_slot_mine(void)
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

static __always_inline bool pfc_slot_take(struct pfc_slot *slot, unsigned long from)
{
	return READ_ONCE(slot->task) == from &&
	       cmpxchg(&slot->task, from, (unsigned long)current) == from;
}

/* A slot for the current task, which has none with visits in flight. */
static __always_inline struct pfc_slot *pfc_slot_claim(void)
{
	struct pfc_slot *slot;
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
		unsigned long task;

		slot = pfc_slot_at(i);
		task = READ_ONCE(slot->task);
		if (task & PFC_SLOT_WAITS && pfc_slot_take(slot, task))
			goto fresh;
	}
	return NULL;

fresh:
	slot->address = 0;
	return slot;
}

static __always_inline void pfc_slot_release(struct pfc_slot *slot, unsigned long to)
{
	slot->depth = 0;
	smp_store_release(&slot->task, to);
}

/* Same task pointer, another stack: a task that died was replaced by this one. */
static __always_inline bool pfc_frame_stale(const struct pfc_frame *frame, unsigned long sp)
{
	return frame->sp <= sp || ((frame->sp ^ sp) & ~(THREAD_SIZE - 1));
}

/**
 * pfc_frames_open() - a visit begins
 * @sp: stack pointer on entry of handle_mm_fault()
 * @address: the faulting address
 * @mute: open it only if it lies within another visit
 *
 * Context: probe handlers; preemption disabled.
 * Return: the frame, to be filled in by the caller but for @start and
 * @facts.uffd, which come from the fault's last visit (or are 0); or NULL if there
 * is none: not wanted, or no room (counted as lost).
 */
struct pfc_frame *pfc_frames_open(unsigned long sp, unsigned long address, bool mute)
{
	struct pfc_slot *slot = pfc_slot_mine();
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
	while (slot->depth &&
	       pfc_frame_stale(&slot->frame[min_t(u32, slot->depth, PFC_FRAMES_NESTED) - 1], sp)) {
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
	frame->mute = mute;
	frame->start = 0;
	frame->facts.uffd = false;
	if (slot->address == address && slot->depth == 1) {
		frame->start = slot->start;
		frame->facts.uffd = slot->uffd;
	}
	slot->address = 0;
	return frame;
}
NOKPROBE_SYMBOL(pfc_frames_open);

/**
 * pfc_frames_top() - the innermost visit in flight of the current task
 *
 * Context: probe handlers; preemption disabled.
 * Return: its frame, or NULL if there is none that is wanted.
 */
struct pfc_frame *pfc_frames_top(void)
{
	struct pfc_slot *slot = pfc_slot_mine();
	struct pfc_frame *frame;

	if (!slot || slot->depth - 1 >= PFC_FRAMES_NESTED)
		return NULL;
	frame = &slot->frame[slot->depth - 1];
	return frame->mute ? NULL : frame;
}
NOKPROBE_SYMBOL(pfc_frames_top);

/**
 * pfc_frames_find() - a visit ends
 * @sp: stack pointer on entry of handle_mm_fault()
 *
 * Context: probe handlers; preemption disabled. If there is a frame, the caller
 * reads it and then calls pfc_frames_close().
 * Return: the frame of that visit, or NULL if it has none: it began before the
 * probes were armed, was not wanted, or was lost (and counted then).
 */
struct pfc_frame *pfc_frames_find(unsigned long sp)
{
	struct pfc_slot *slot = pfc_slot_mine();
	struct pfc_frame *frame;

	if (!slot)
		return NULL;
	while (slot->depth) {
		frame = &slot->frame[min_t(u32, slot->depth, PFC_FRAMES_NESTED) - 1];
		if (slot->depth <= PFC_FRAMES_NESTED && frame->sp == sp)
			return frame;
		if (frame->sp > sp) {
			/* A deeper visit ends, one that found no room. */
			if (slot->depth > PFC_FRAMES_NESTED)
				slot->depth--;
			return NULL;
		}
		slot->depth--;
		pfc_count(lost);
	}
	pfc_slot_release(slot, 0);
	return NULL;
}
NOKPROBE_SYMBOL(pfc_frames_find);

/**
 * pfc_frames_close() - give up the frame that pfc_frames_find() returned
 * @retry: the fault goes on in another visit
 *
 * Context: probe handlers; preemption disabled since pfc_frames_find().
 */
void pfc_frames_close(bool retry)
{
	struct pfc_slot *slot = pfc_slot_mine();

	if (!slot || --slot->depth)
		return;
	if (retry) {
		slot->address = slot->frame[0].address;
		slot->start = slot->frame[0].start;
		slot->uffd = slot->frame[0].facts.uffd;
		pfc_slot_release(slot, (unsigned long)current | PFC_SLOT_WAITS);
	} else {
		pfc_slot_release(slot, 0);
	}
}
NOKPROBE_SYMBOL(pfc_frames_close);
