/* SPDX-License-Identifier: GPL-2.0 */
/* lint: allow MACRO_ARG_PRECEDENCE throughout: a member's name takes no parentheses */
/*
 * What happens when a probe point fires, whichever backend it hangs on.
 *
 * Everything here runs with preemption disabled, takes no lock, allocates
 * nothing, prints nothing and touches no user memory.
 */
#ifndef PFC_HIT_H
#define PFC_HIT_H

#include <linux/mm.h>
#include <linux/timekeeping.h>
#include <compat/compat.h>
#include "event.h"
#include "filter.h"
#include "frames.h"
#include "locate.h"
#include "pfc_arch.h"
#include "probes.h"
#include "snapshot.h"

/**
 * struct pfc_call - a function is called, as a backend sees it
 * @caller: where it will return to; of use only where the caller is checked
 * @sp: the stack pointer on entry
 * @arg: its first arguments
 *
 * The backends fill it in whole; what a place does not read costs nothing, since
 * all of this is inlined.
 */
struct pfc_call {
	unsigned long caller;
	unsigned long sp;
	unsigned long arg[5];
};

/* What is not usual, in hit.c. */
struct pfc_frame *pfc_hit_mark_slow(struct pfc_place *place, unsigned long marks,
				    unsigned int variant);
void pfc_hit_exit_slow(struct pfc_place *place, unsigned long sp, vm_fault_t ret);
unsigned int pfc_hit_classify(struct pfc_frame *frame, unsigned int split);

/* Counts of one place; preemption is disabled, see counters.h. */
#define pfc_hit_count(place, field)	raw_cpu_inc((place)->count->field)

/* handle_mm_fault(vma, address, flags, regs) begins; the same in 5.10 to 7.2. */
static __always_inline void pfc_hit_entry(struct pfc_place *place,
					  const struct pfc_call *call)
{
	struct vm_area_struct *vma = (struct vm_area_struct *)call->arg[0];
	unsigned long address = call->arg[1];
	struct pt_regs *regs = (struct pt_regs *)call->arg[3];
	const struct vm_operations_struct *ops;
	struct pfc_frame *frame;
	struct pfc_facts *facts;
	unsigned int bits;

	frame = pfc_frames_open(call->sp, address, !pfc_filter_wants(address));
	if (unlikely(!frame || frame->facts.bits & PFC_FACT_MUTE)) {
		pfc_hit_count(place, elsewhere);
		return;
	}
	/* Not to be asked later: the VMA's lock may be dropped before the end. */
	ops = vma->vm_ops;
	if (!ops)
		bits = PFC_FACT_ANON;
	else
		bits = (ops->huge_fault ? PFC_FACT_HUGE : 0) |
		       (ops->map_pages ? PFC_FACT_AROUND : 0);
	if (!regs)
		bits |= PFC_FACT_GUP;
	if (vma->vm_flags & PFC_VM_SHARED)
		bits |= PFC_FACT_SHARED;
	frame->mm = vma->vm_mm;
	frame->pc = 0;
	facts = &frame->facts;
	facts->marks = 0;
	facts->flags = call->arg[2];
	facts->bits |= bits;
	facts->page = PFC_PAGE_UNKNOWN;
	facts->before = PFC_ENTRY_UNKNOWN;
	facts->after = PFC_ENTRY_UNKNOWN;
	facts->swap = PFC_NR_REFINEMENTS;
	if (static_branch_unlikely(&pfc_events) && regs && user_mode(regs))
		frame->pc = instruction_pointer(regs);
	if (static_branch_unlikely(&pfc_measures) && !frame->start)
		frame->start = ktime_get_mono_fast_ns();
	if (static_branch_unlikely(&pfc_infers))
		pfc_look_before(frame, vma);
	pfc_hit_count(place, hit[0]);
}

/* A completed fault, for those who want more of it than a count. */
static __always_inline void pfc_hit_report(struct pfc_frame *frame, unsigned int leaf)
{
	u64 ns = 0;

	if (leaf == PFC_LEAF_UNCLASSIFIED)
		return;
	if (static_branch_unlikely(&pfc_measures)) {
		ns = ktime_get_mono_fast_ns() - frame->start;
		pfc_count_latency(pfc_leaf_class(leaf), ns);
	}
	if (static_branch_unlikely(&pfc_events))
		pfc_event_emit(leaf, frame, ns);
}

/* A fault is complete: it gets its class. */
static __always_inline void pfc_hit_commit(struct pfc_frame *frame, vm_fault_t ret)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned int leaf, split;

	facts->ret = ret;
	split = pfc_classify_split(facts);
	if (!static_branch_unlikely(&pfc_infers) && likely(pfc_classify_is_plain(facts)))
		leaf = pfc_classify_plain(facts);
	else
		leaf = pfc_hit_classify(frame, split);
	pfc_count_fault(leaf, split);
	pfc_hit_report(frame, leaf);
}

/* handle_mm_fault() returns RET. */
static __always_inline void pfc_hit_exit(struct pfc_place *place, unsigned long sp,
					 vm_fault_t ret)
{
	struct pfc_slot *slot = pfc_slot_home();
	struct pfc_frame *frame = &slot->frame[0];

	if (pfc_frames_at_home(slot) && likely(frame->sp == sp) &&
	    likely(!(ret & VM_FAULT_RETRY)) && likely(!(frame->facts.bits & PFC_FACT_MUTE))) {
		pfc_hit_commit(frame, ret);
		pfc_frames_close_at_home(slot);
	} else {
		pfc_hit_exit_slow(place, sp, ret);
	}
}

/* Whether the firing is the dispatcher's; if not, it is counted as elsewhere. */
static __always_inline bool pfc_hit_is_dispatched(struct pfc_place *place,
						  unsigned long caller)
{
	if (likely(caller == place->caller) || !place->check_caller)
		return true;
	if (!place->caller && pfc_in_dispatcher(caller))
		return true;
	pfc_hit_count(place, elsewhere);
	return false;
}

static __always_inline unsigned long pfc_hit_address(const struct pfc_place *place,
						     const struct pfc_call *call)
{
	switch (place->address) {
	case PFC_ADDR_VMF:
		return pfc_compat_vmf_address((struct vm_fault *)call->arg[0]);
	case 1:
		return call->arg[1];
	case 2:
		return call->arg[2];
	default:
		return 0;
	}
}

/* Without accounting the hit is the count. */
static __always_inline void pfc_hit_is_count(struct pfc_place *place,
					     const struct pfc_call *call, unsigned int variant)
{
	if (likely(pfc_filter_wants(pfc_hit_address(place, call))))
		pfc_hit_count(place, hit[variant]);
	else
		pfc_hit_count(place, elsewhere);
}

/* With it the hit marks the visit. Returns its frame if there is one. */
static __always_inline struct pfc_frame *pfc_hit_mark(struct pfc_place *place,
						      unsigned long marks,
						      unsigned int variant)
{
	struct pfc_slot *slot = pfc_slot_home();

	if (!pfc_frames_at_home(slot))
		return pfc_hit_mark_slow(place, marks, variant);
	slot->frame[0].facts.marks |= marks;
	pfc_hit_count(place, hit[variant]);
	return &slot->frame[0];
}

/* Any function that says no more than that it was called. */
static __always_inline void pfc_hit_leaf(struct pfc_place *place, const struct pfc_call *call,
					 bool account)
{
	if (!pfc_hit_is_dispatched(place, call->caller))
		return;
	if (account)
		pfc_hit_mark(place, place->marks, 0);
	else
		pfc_hit_is_count(place, call, 0);
}

/* do_wp_page(vmf), with accounting: what it starts from refines it. */
static __always_inline void pfc_hit_wp(struct pfc_place *place, const struct pfc_call *call)
{
	const struct vm_fault *vmf = (const struct vm_fault *)call->arg[0];
	struct pfc_frame *frame;

	if (!pfc_hit_is_dispatched(place, call->caller)) {
		/* do_swap_page() calls it too. */
		frame = pfc_frames_top();
		if (frame && frame->facts.marks & BIT(PFC_MARK_SWAP))
			frame->facts.marks |= BIT(PFC_MARK_SWAP_WP);
		return;
	}
	frame = pfc_hit_mark(place, BIT(PFC_MARK_WP), 0);
	if (!frame)
		return;
	frame->pfn = pte_pfn(vmf->orig_pte);
	if (frame->facts.bits & PFC_FACT_SHARED && pfc_compat_is_pfn(vmf->vma, vmf->orig_pte))
		frame->facts.bits |= PFC_FACT_SPECIAL;
	if (userfaultfd_pte_wp(vmf->vma, vmf->orig_pte))
		frame->facts.bits |= PFC_FACT_UFFD;
	if (!pte_special(vmf->orig_pte) && page_count(pte_page(vmf->orig_pte)) == 1)
		frame->facts.bits |= PFC_FACT_SOLE;
	/* To be compared with the page at the end of the visit. */
	frame->facts.page = PFC_PAGE_SAME;
}

/* do_swap_page(vmf): likewise. */
static __always_inline void pfc_hit_swap(struct pfc_place *place, const struct pfc_call *call)
{
	const struct vm_fault *vmf = (const struct vm_fault *)call->arg[0];
	struct pfc_frame *frame;

	if (!pfc_hit_is_dispatched(place, call->caller))
		return;
	frame = pfc_hit_mark(place, BIT(PFC_MARK_SWAP), 0);
	if (frame)
		frame->facts.swap = pfc_compat_swap(vmf->orig_pte);
}

/*
 * What the access-flag setter is about to do, by the entry that it finds. Its
 * caller holds the page table lock, so only hardware may change *ptep, and only
 * its access and dirty bits. Software bits that differ from a young entry make
 * the setter return 1 though nothing had to change (hardware dirty raced).
 */
static __always_inline enum pfc_mark pfc_tail_mark(pte_t *ptep, pte_t entry, bool dirty,
						   unsigned long *also)
{
	pte_t cur = pfc_arch_pte(READ_ONCE(*ptep));

	/* The entry to be written is young. */
	if (!pte_young(cur)) {
		*also = dirty && pte_write(cur) && !pte_dirty(cur) ? BIT(PFC_MARK_AF_DIRTY) : 0;
		return PFC_MARK_AF;
	}
	if (pte_val(cur) != pte_val(entry) && dirty && pte_write(cur) && !pte_dirty(cur))
		return PFC_MARK_DIRTY;
	return PFC_MARK_SPURIOUS;
}

/* ptep_set_access_flags(vma, address, ptep, entry, dirty) and its kin. */
static __always_inline void pfc_hit_tail(struct pfc_place *place, const struct pfc_call *call,
					 bool account)
{
	unsigned long also = 0;
	enum pfc_mark mark;

	/* Look at the caller first: others' ptep may be something else. */
	if (!pfc_hit_is_dispatched(place, call->caller))
		return;
	mark = pfc_tail_mark((pte_t *)call->arg[2], __pte(call->arg[3]), (int)call->arg[4],
			     &also);
	if (account)
		pfc_hit_mark(place, BIT(mark) | also, mark - PFC_MARK_AF);
	else
		pfc_hit_is_count(place, call, mark - PFC_MARK_AF);
}

#endif /* PFC_HIT_H */
