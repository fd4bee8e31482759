/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Visits in flight: one frame each, found by task. Knows neither probes nor registers.
 *
 * A visit may sleep and migrate, so its frame belongs to the task, not to a CPU. The slots
 * are a hash table: a task's slot is nearly always its home, the one that its hash names.
 * The inline functions below deal with that case, frames.c with all others.
 */
#ifndef PFC_FRAMES_H
#define PFC_FRAMES_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include "classify.h"
#include "pfc_claim.h"

/**
 * struct pfc_frame - one visit in flight
 * @id: the stack pointer on entry of handle_mm_fault(), XORed with a key of pfc_slots
 * @address: the faulting address
 * @facts: what is known so far
 * @mm: whose address; set on the slow path only, as are @pc and @start
 * @pc: the instruction in user mode that faulted, or 0
 * @start: when the fault's first visit began, nanoseconds
 * @pte: the entry that do_wp_page() was called for
 */
struct pfc_frame {
	unsigned long id;
	unsigned long address;
	struct pfc_facts facts;
	struct mm_struct *mm;
	unsigned long pc;
	u64 start;
	pte_t pte;
};

/**
 * struct pfc_carried - what a visit leaves for the next one of the same fault, or its signal
 * @task: whose, or 0: free, or 1: being written
 * @born: when that task was made: its struct may have another owner by now
 * @address: of the fault
 * @start: when the fault began
 * @bits: what PFC_FACTS_OF_FAULT keeps
 * @stamp: jiffies when it was left
 */
struct pfc_carried {
	unsigned long task;
	u64 born;
	unsigned long address;
	u64 start;
	unsigned int bits;
	u32 stamp;
};

/**
 * struct pfc_slot - room for one visit, and for something carried over (of any task)
 * @task: whose visit, or 0: free; with flags of PFC_SLOT_FLAGS
 * @inner: 1 + index of the slot of the visit within this one, or 0
 * @away: how many visits of tasks at home here are in other slots, and how many of these
 *	tasks have something carried over: while it is 0, the fast path knows all there is
 * @frame: the visit
 * @carried: what is carried over
 */
struct pfc_slot {
	unsigned long task;
	u32 inner;
	atomic_t away;
	struct pfc_frame frame;
	struct pfc_carried carried;
} ____cacheline_aligned;

/* Task pointers are aligned. */
#define PFC_SLOT_NESTED	1UL	/* there is a visit within this one */
#define PFC_SLOT_INNER	2UL	/* this visit is within another one */
#define PFC_SLOT_FLAGS	(PFC_SLOT_NESTED | PFC_SLOT_INNER)

/**
 * struct pfc_slots - all slots
 * @slot: the table
 * @factor: of the hash, GOLDEN_RATIO_64
 * @shift: of the hash, to its index
 * @mask: its length less one
 * @entry_key: of frames that are opened now
 * @exit_key: of frames that may be closed
 *
 * The keys tell frames whose end may have passed unseen. They are the same, but while
 * somebody takes kprobes out of the text and puts them back: then no frame can be trusted,
 * see pfc_frames_distrust(). All else is written by init only.
 */
struct pfc_slots {
	struct pfc_slot *slot;
	u64 factor;
	u32 shift;
	unsigned long entry_key;
	unsigned long exit_key;
	unsigned int mask;
};

extern struct pfc_slots pfc_slots;

int pfc_frames_init(unsigned int count);
void pfc_frames_exit(void);
void pfc_frames_wipe(void);
void pfc_frames_distrust(void);
void pfc_frames_trust(void);

/* The slow path. */
struct pfc_frame *pfc_frames_top(void);
struct pfc_frame *pfc_frames_open_slow(unsigned long sp, unsigned long address);
struct pfc_frame *pfc_frames_end(unsigned long sp, bool shifted);
void pfc_frames_close_slow(bool carry);
bool pfc_frames_carried_segv(unsigned long address);

static __always_inline struct pfc_slot *pfc_slot_home_of(unsigned long task)
{
	/* hash_64() with its constants at hand. */
	struct pfc_slot *slot = &pfc_slots.slot[task * pfc_slots.factor >> pfc_slots.shift];

	/* Else the compiler computes it from the index at each use. */
	OPTIMIZER_HIDE_VAR(slot);
	return slot;
}

static __always_inline struct pfc_slot *pfc_slot_home(void)
{
	return pfc_slot_home_of((unsigned long)current);
}

/**
 * pfc_frames_open() - a visit begins
 * @slot: from pfc_slot_home()
 * @sp: stack pointer on entry of handle_mm_fault()
 * @address: the faulting address
 *
 * Context: probe handlers; preemption disabled.
 * Return: true: it is @slot->frame, with @id and @address, the rest to be filled in by the
 * caller; false: ask pfc_frames_open_slow().
 */
static __always_inline bool pfc_frames_open(struct pfc_slot *slot, unsigned long sp,
					    unsigned long address)
{
	/* Were its frame or what it carried over in another slot, it would be "away". */
	if (unlikely(atomic_read(&slot->away)) ||
	    !pfc_arch_claim(&slot->task, (unsigned long)current))
		return false;
	slot->frame.id = sp ^ READ_ONCE(pfc_slots.entry_key);
	slot->frame.address = address;
	return true;
}

/**
 * pfc_frames_at_home() - whether the current task has one visit in flight, at home
 * @slot: from pfc_slot_home()
 *
 * Context: probe handlers; preemption disabled.
 * Return: true: it is @slot->frame; false: ask pfc_frames_top() or pfc_frames_end().
 */
static __always_inline bool pfc_frames_at_home(const struct pfc_slot *slot)
{
	return likely(READ_ONCE(slot->task) == (unsigned long)current);
}

/**
 * pfc_frames_ends() - whether the visit at home is the one that ends
 * @slot: of which pfc_frames_at_home() is true
 * @sp: stack pointer on entry of the handle_mm_fault() that returns
 *
 * Context: probe handlers; preemption disabled.
 * Return: true if it is; false: ask pfc_frames_end().
 */
static __always_inline bool pfc_frames_ends(const struct pfc_slot *slot, unsigned long sp)
{
	return likely(slot->frame.id == (sp ^ READ_ONCE(pfc_slots.exit_key)));
}

/**
 * pfc_frames_trusted() - whether ends of visits can be trusted
 *
 * Context: any.
 * Return: false between pfc_frames_distrust() and pfc_frames_trust().
 */
static inline bool pfc_frames_trusted(void)
{
	return READ_ONCE(pfc_slots.entry_key) == READ_ONCE(pfc_slots.exit_key);
}

/**
 * pfc_frames_none() - whether the current task has no visit in flight
 * @slot: from pfc_slot_home()
 *
 * Context: probe handlers; preemption disabled.
 * Return: true: nothing that fires concerns a visit; false: pfc_frames_top() knows.
 */
static __always_inline bool pfc_frames_none(const struct pfc_slot *slot)
{
	return (READ_ONCE(slot->task) & ~PFC_SLOT_FLAGS) != (unsigned long)current &&
	       !atomic_read(&slot->away);
}

/**
 * pfc_frames_close() - the visit of pfc_frames_at_home() is over
 * @slot: of which that was true; nothing is carried over
 *
 * Context: probe handlers; preemption disabled since.
 */
static __always_inline void pfc_frames_close(struct pfc_slot *slot)
{
	smp_store_release(&slot->task, 0); /* pairs with pfc_arch_claim() */
}

#endif /* PFC_FRAMES_H */
