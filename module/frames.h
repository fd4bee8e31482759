/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The visits in flight: what is known of a call of handle_mm_fault() from its
 * first instruction to its last, wherever the task sleeps or moves in between.
 *
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
 * fault may have been given up, and the task may be gone. A fault that ends in
 * VM_FAULT_SIGSEGV leaves word for the signal that follows, which see in hit.h.
 *
 * What happens nearly always is inline here: the task's slot is the one that its
 * hash names, its home, or there is none. The rest is in frames.c.
 */
#ifndef PFC_FRAMES_H
#define PFC_FRAMES_H

#include <linux/atomic.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include "classify.h"

/**
 * struct pfc_frame - one visit in flight
 * @sp: the stack pointer on entry; the same on return, and nowhere else
 * @address: the faulting address
 * @mm: whose address
 * @pc: the instruction in user mode that faulted, or 0: none, or nobody asks
 * @start: when the fault's first visit began, nanoseconds, or 0: nobody asks
 * @pte: the entry that do_wp_page() was called for
 * @facts: what is known so far
 */
struct pfc_frame {
	unsigned long sp;
	unsigned long address;
	struct mm_struct *mm;
	unsigned long pc;
	u64 start;
	pte_t pte;
	struct pfc_facts facts;
};

/* Visits within visits: one within another has been seen, no more. */
#define PFC_FRAMES_NESTED	2

/**
 * struct pfc_slot - the visits in flight of one task
 * @task: whose, or 0: free. As it is, one visit is in flight, nearly always; with
 *	PFC_SLOT_NESTED there are @depth; with PFC_SLOT_WAITS there is none, but a
 *	fault is to be retried
 * @depth: visits in flight; may exceed PFC_FRAMES_NESTED; only with PFC_SLOT_NESTED
 * @away: how many tasks whose home this is have a slot elsewhere, waiting or not
 * @address: of the fault to be retried, or 0
 * @start: when it began
 * @bits: what PFC_FACTS_OF_FAULT keeps of it
 * @frame: the outermost PFC_FRAMES_NESTED visits
 */
struct pfc_slot {
	unsigned long task;
	unsigned int depth;
	atomic_t away;
	unsigned long address;
	u64 start;
	unsigned int bits;
	struct pfc_frame frame[PFC_FRAMES_NESTED];
} __aligned(256);

/* Task pointers are aligned. */
#define PFC_SLOT_WAITS	1UL
#define PFC_SLOT_NESTED	2UL
#define PFC_SLOT_FLAGS	(PFC_SLOT_WAITS | PFC_SLOT_NESTED)

/**
 * struct pfc_slots - all slots
 * @slot: the array
 * @mask: its length less one; the length is a power of two
 */
struct pfc_slots {
	struct pfc_slot *slot;
	unsigned long mask;
};

extern struct pfc_slots pfc_slots;

int pfc_frames_init(unsigned int count);
void pfc_frames_exit(void);
void pfc_frames_wipe(void);

/* The uncommon cases of the functions below. */
struct pfc_frame *pfc_frames_top(void);
struct pfc_frame *pfc_frames_open_slow(unsigned long sp, unsigned long address, bool mute);
struct pfc_slot *pfc_frames_find(unsigned long sp);
struct pfc_frame *pfc_slot_top(struct pfc_slot *slot);
void pfc_frames_close_slow(struct pfc_slot *slot, bool retry);
bool pfc_frames_told(unsigned long address);

static __always_inline struct pfc_slot *pfc_slot_home_of(unsigned long task)
{
	/* By its place in a slab, and by the slab. */
	return &pfc_slots.slot[(task >> 7 ^ task >> 14) & pfc_slots.mask];
}

static __always_inline struct pfc_slot *pfc_slot_home(void)
{
	return pfc_slot_home_of((unsigned long)current);
}

/**
 * pfc_frames_open() - a visit begins
 * @sp: stack pointer on entry of handle_mm_fault()
 * @address: the faulting address
 *
 * Context: probe handlers; preemption disabled.
 * Return: a frame at home with @sp, @address and @start (0), the rest to be filled in
 * by the caller; or NULL: ask pfc_frames_open_slow().
 */
static __always_inline struct pfc_frame *pfc_frames_open(unsigned long sp,
							 unsigned long address)
{
	struct pfc_slot *slot = pfc_slot_home();
	struct pfc_frame *frame = &slot->frame[0];

	/* Were it elsewhere, this task would be counted as away. */
	if (READ_ONCE(slot->task) || atomic_read(&slot->away) ||
	    cmpxchg_acquire(&slot->task, 0, (unsigned long)current))
		return NULL;
	frame->sp = sp;
	frame->address = address;
	frame->start = 0;
	return frame;
}

/**
 * pfc_frames_at_home() - whether the current task has one visit in flight, at home
 * @slot: from pfc_slot_home()
 *
 * Context: probe handlers; preemption disabled.
 * Return: true: it is @slot->frame[0]; false: ask pfc_frames_top() or
 * pfc_frames_find().
 */
static __always_inline bool pfc_frames_at_home(const struct pfc_slot *slot)
{
	return likely(READ_ONCE(slot->task) == (unsigned long)current);
}

/**
 * pfc_frames_none() - whether the current task has no visit in flight that is known
 * @slot: from pfc_slot_home()
 *
 * Context: probe handlers; preemption disabled.
 * Return: true: what fires is of nobody's interest; false: pfc_frames_top() knows.
 */
static __always_inline bool pfc_frames_none(const struct pfc_slot *slot)
{
	return (READ_ONCE(slot->task) & ~PFC_SLOT_NESTED) != (unsigned long)current &&
	       !atomic_read(&slot->away);
}

/**
 * pfc_frames_close() - the visit of pfc_frames_at_home() is over
 * @slot: of which that was true; the fault is not to be retried
 *
 * Context: probe handlers; preemption disabled since.
 */
static __always_inline void pfc_frames_close(struct pfc_slot *slot)
{
	smp_store_release(&slot->task, 0); /* pairs with cmpxchg_acquire() */
}

#endif /* PFC_FRAMES_H */
