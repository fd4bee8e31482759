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
void pfc_hit_slow(struct pfc_place *place, const struct pfc_call *call);
void pfc_hit_exit_slow(struct pfc_place *place, unsigned long sp, vm_fault_t ret);

/* Counts of one place; preemption is disabled, see counters.h. */
#define pfc_hit_count(place, field)	raw_cpu_inc((place)->count->field)

/*
 * Each of the following does what is usual and returns true, or does nothing and
 * returns false: then pfc_hit_slow() is to be called. So a handler whose hit is
 * usual calls nothing, and needs no stack.
 */

static __always_inline unsigned int pfc_hit_entry_bits(const struct pfc_call *call)
{
	const struct vm_area_struct *vma = (const struct vm_area_struct *)call->arg[0];
	const struct vm_operations_struct *ops = vma->vm_ops;
	unsigned int bits;

	/* Not to be asked later: the VMA's lock may be dropped before the end. */
	if (!ops)
		bits = PFC_FACT_ANON;
	else
		bits = (ops->huge_fault ? PFC_FACT_HUGE : 0) |
		       (ops->map_pages ? PFC_FACT_AROUND : 0);
	if (!call->arg[3])
		bits |= PFC_FACT_GUP;
	if (vma->vm_flags & PFC_VM_SHARED)
		bits |= PFC_FACT_SHARED;
	return bits;
}

/* A frame that was opened is filled in; its facts.bits are complete. */
static __always_inline void pfc_hit_entry_fill(struct pfc_frame *frame,
					       const struct pfc_call *call)
{
	const struct vm_area_struct *vma = (const struct vm_area_struct *)call->arg[0];
	struct pt_regs *regs = (struct pt_regs *)call->arg[3];
	struct pfc_facts *facts = &frame->facts;

	frame->mm = vma->vm_mm;
	frame->pc = 0;
	facts->marks = 0;
	facts->flags = call->arg[2];
	facts->page = PFC_PAGE_UNKNOWN;
	facts->before = PFC_ENTRY_UNKNOWN;
	facts->after = PFC_ENTRY_UNKNOWN;
	facts->swap = PFC_NR_REFINEMENTS;
	if (static_branch_unlikely(&pfc_events) && regs && user_mode(regs))
		frame->pc = instruction_pointer(regs);
}

/* Whether the firing belongs to no visit; then it is counted as elsewhere. */
static __always_inline bool pfc_hit_is_unknown(struct pfc_place *place,
					       const struct pfc_slot *slot)
{
	if (!pfc_frames_none(slot))
		return false;
	pfc_hit_count(place, elsewhere);
	return true;
}

/* handle_mm_fault(vma, address, flags, regs) begins; the same in 5.10 to 7.2. */
static __always_inline bool pfc_hit_entry(struct pfc_place *place,
					  const struct pfc_call *call)
{
	struct pfc_frame *frame;
	unsigned int bits;

	if (!pfc_filter_wants(call->arg[1]))
		return pfc_hit_is_unknown(place, pfc_slot_home());
	if (static_branch_unlikely(&pfc_measures))
		return false;
	bits = pfc_hit_entry_bits(call);
	if (static_branch_unlikely(&pfc_infers) &&
	    pfc_classify_asks_before(call->arg[2], bits, pfc_infer))
		return false;
	frame = pfc_frames_open(call->sp, call->arg[1]);
	if (unlikely(!frame))
		return false;
	frame->facts.bits = bits;
	pfc_hit_entry_fill(frame, call);
	pfc_hit_count(place, hit[0]);
	return true;
}

/*
 * Whether the visit that ends is the task's only one, at home, wanted (a filter may have
 * come meanwhile), and completes without a word to leave.
 */
static __always_inline bool pfc_hit_is_only(const struct pfc_slot *slot, unsigned long sp,
					    vm_fault_t ret)
{
	const struct pfc_frame *frame = &slot->frame[0];

	/* What was not wanted when it began is nested. */
	return pfc_frames_at_home(slot) && likely(frame->sp == sp) &&
	       likely(!(ret & VM_FAULT_RETRY)) &&
	       likely(pfc_filter_wants(frame->address)) &&
	       likely(!(ret & VM_FAULT_SIGSEGV));
}

/* handle_mm_fault() returns RET. If not usual: pfc_hit_exit_slow(). */
static __always_inline bool pfc_hit_exit(struct pfc_place *place, unsigned long sp,
					 vm_fault_t ret)
{
	struct pfc_slot *slot = pfc_slot_home();
	const struct pfc_facts *facts = &slot->frame[0].facts;
	unsigned int leaf;

	if (static_branch_unlikely(&pfc_measures) || static_branch_unlikely(&pfc_events))
		return false;
	if (!pfc_hit_is_only(slot, sp, ret))
		return pfc_hit_is_unknown(place, slot);
	if (static_branch_unlikely(&pfc_infers) && facts->before != PFC_ENTRY_UNKNOWN &&
	    pfc_classify_disagrees(facts))
		return false;
	leaf = pfc_classify_quick(facts, ret);
	if (leaf == PFC_LEAF_UNCLASSIFIED)
		return false;
	pfc_count_fault(leaf, pfc_classify_split(facts, ret));
	pfc_frames_close(slot);
	return true;
}

/* Whether the firing is the dispatcher's; if not, it is counted as elsewhere. */
static __always_inline bool pfc_hit_is_dispatched(struct pfc_place *place,
						  unsigned long caller)
{
	if (likely(caller == place->caller) || !place->check_caller)
		return true;
	if (!place->caller && pfc_in_ranges(caller, pfc_dispatcher, pfc_nr_dispatcher))
		return true;
	pfc_hit_count(place, elsewhere);
	return false;
}

static __always_inline unsigned long pfc_hit_address(const struct pfc_place *place,
						     const struct pfc_call *call)
{
	if (likely(place->address == PFC_ADDR_VMF))
		return pfc_compat_vmf_address((struct vm_fault *)call->arg[0]);
	if (place->address == 1)
		return call->arg[1];
	return place->address == 2 ? call->arg[2] : 0;
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

/* With it the hit marks the visit. */
static __always_inline void pfc_hit_mark(struct pfc_place *place, struct pfc_frame *frame,
					 unsigned long marks, unsigned int variant)
{
	frame->facts.marks |= marks;
	pfc_hit_count(place, hit[variant]);
}

static __always_inline bool pfc_hit_mark_at_home(struct pfc_place *place, unsigned long marks,
						 unsigned int variant)
{
	struct pfc_slot *slot = pfc_slot_home();

	if (!pfc_frames_at_home(slot))
		return pfc_hit_is_unknown(place, slot);
	pfc_hit_mark(place, &slot->frame[0], marks, variant);
	return true;
}

/* Any function that says no more than that it was called. */
static __always_inline bool pfc_hit_leaf(struct pfc_place *place, const struct pfc_call *call,
					 bool account)
{
	if (!pfc_hit_is_dispatched(place, call->caller))
		return true;
	if (account)
		return pfc_hit_mark_at_home(place, place->marks, 0);
	pfc_hit_is_count(place, call, 0);
	return true;
}

/*
 * What the access-flag setter is about to do, by the entry that it finds. Its
 * caller holds the page table lock, so only hardware may change *ptep, and only
 * its access and dirty bits. Software bits that differ from a young entry make
 * the setter return 1 though nothing had to change (hardware dirty raced).
 */
static __always_inline enum pfc_mark pfc_tail_mark(const struct pfc_call *call,
						   unsigned long *also)
{
	pte_t cur = pfc_arch_pte(READ_ONCE(*(pte_t *)call->arg[2]));
	bool dirty = (int)call->arg[4];

	/* The entry to be written, argument 3, is young. */
	if (!pte_young(cur)) {
		*also = dirty && pte_write(cur) && !pte_dirty(cur) ? BIT(PFC_MARK_AF_DIRTY) : 0;
		return PFC_MARK_AF;
	}
	*also = 0;
	if (pte_val(cur) != call->arg[3] && dirty && pte_write(cur) && !pte_dirty(cur))
		return PFC_MARK_DIRTY;
	return PFC_MARK_SPURIOUS;
}

/* ptep_set_access_flags(vma, address, ptep, entry, dirty) and its kin. */
static __always_inline bool pfc_hit_tail(struct pfc_place *place, const struct pfc_call *call,
					 bool account)
{
	unsigned long also;
	enum pfc_mark mark;

	/* Look at the caller first: others' ptep may be something else. */
	if (!pfc_hit_is_dispatched(place, call->caller))
		return true;
	mark = pfc_tail_mark(call, &also);
	if (account)
		return pfc_hit_mark_at_home(place, BIT(mark) | also, mark - PFC_MARK_AF);
	pfc_hit_is_count(place, call, mark - PFC_MARK_AF);
	return true;
}

/* What do_wp_page(vmf) starts from refines it. */
static __always_inline void pfc_hit_wp_fill(struct pfc_frame *frame, const struct vm_fault *vmf)
{
	enum pfc_page page = PFC_PAGE_SAME; /* to be compared when the visit ends */
	unsigned int bits = frame->facts.bits;
	pte_t pte = vmf->orig_pte;

	frame->pte = pte;
	if (bits & PFC_FACT_SHARED && pfc_compat_is_pfn(vmf->vma, pte))
		bits |= PFC_FACT_SPECIAL;
	if (userfaultfd_pte_wp(vmf->vma, pte))
		bits |= PFC_FACT_UFFD;
	if (pte_special(pte)) {
		/* Nobody's to be reused: what is private is copied. */
		if (is_zero_pfn(pte_pfn(pte)))
			page = PFC_PAGE_OTHER;
	} else if (page_count(pte_page(pte)) == 1) {
		bits |= PFC_FACT_SOLE;
	}
	frame->facts.page = page;
	frame->facts.bits = bits;
}

/* What do_swap_page(vmf) starts from refines it. */
static __always_inline void pfc_hit_swap_fill(struct pfc_frame *frame,
					      const struct vm_fault *vmf)
{
	frame->facts.swap = pfc_compat_swap(vmf->orig_pte);
}

/* A function whose argument refines the visit, with accounting: @fill(frame, vmf) does. */
static __always_inline bool pfc_hit_filling(struct pfc_place *place, const struct pfc_call *call,
					    void (*fill)(struct pfc_frame *,
							 const struct vm_fault *))
{
	struct pfc_slot *slot = pfc_slot_home();

	if (unlikely(call->caller != place->caller))
		return false;
	if (!pfc_frames_at_home(slot))
		return pfc_hit_is_unknown(place, slot);
	pfc_hit_mark(place, &slot->frame[0], place->marks, 0);
	fill(&slot->frame[0], (const struct vm_fault *)call->arg[0]);
	return true;
}

static __always_inline bool pfc_hit_wp(struct pfc_place *place, const struct pfc_call *call)
{
	return pfc_hit_filling(place, call, pfc_hit_wp_fill);
}

static __always_inline bool pfc_hit_swap(struct pfc_place *place, const struct pfc_call *call)
{
	return pfc_hit_filling(place, call, pfc_hit_swap_fill);
}

#endif /* PFC_HIT_H */
