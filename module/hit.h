/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens when a probe point fires, whichever backend it hangs on.
 *
 * Everything here runs with preemption disabled, takes no lock, allocates
 * nothing, prints nothing and touches no user memory.
 */
#ifndef PFC_HIT_H
#define PFC_HIT_H

#include <linux/hugetlb_inline.h>
#include <linux/mm.h>
#include <compat/compat.h>
#include "filter.h"
#include "frames.h"
#include "locate.h"
#include "pfc_arch.h"
#include "probes.h"
#include "snapshot.h"

/* handle_mm_fault(vma, address, flags, regs) begins; the same in 5.10 to 7.2. */
static __always_inline void pfc_hit_entry(struct pfc_place *place, unsigned long sp,
					  struct vm_area_struct *vma,
					  unsigned long address, unsigned int flags,
					  struct pt_regs *user)
{
	struct pfc_frame *frame = pfc_frames_open(sp, !pfc_filter_wants(address));
	struct pfc_facts *facts;

	if (!frame || frame->mute) {
		pfc_count(elsewhere[place->index]);
		return;
	}
	frame->address = address;
	frame->mm = vma->vm_mm;
	facts = &frame->facts;
	facts->marks = 0;
	facts->flags = flags;
	facts->gup = !user;
	/* Not to be asked later: the VMA's lock may be dropped before the end. */
	facts->anon = vma_is_anonymous(vma);
	facts->huge_fault = !facts->anon && vma->vm_ops->huge_fault;
	facts->blind = pfc_blind;
	facts->before = PFC_ENTRY_UNKNOWN;
	facts->after = PFC_ENTRY_UNKNOWN;
	if (pfc_infer && pfc_classify_asks_before(facts, pfc_infer) &&
	    !is_vm_hugetlb_page(vma))
		facts->before = pfc_snapshot(frame->mm, address);
	pfc_count(hit[place->index][0]);
}

/* handle_mm_fault() returns RET. */
static __always_inline void pfc_hit_exit(struct pfc_place *place, unsigned long sp,
					 unsigned int ret)
{
	struct pfc_frame *frame = pfc_frames_find(sp);
	struct pfc_facts *facts;

	if (!frame) {
		pfc_count(elsewhere[place->index]);
		return;
	}
	if (frame->mute) {
		pfc_count(elsewhere[place->index]);
		goto close;
	}
	pfc_count(hit[place->index][0]);
	if (ret & VM_FAULT_RETRY) {
		pfc_count(retries);
		goto close;
	}
	facts = &frame->facts;
	facts->ret = ret;
	if (facts->before != PFC_ENTRY_UNKNOWN) {
		if (pfc_classify_asks_after(facts)) {
			facts->after = pfc_snapshot(frame->mm, frame->address);
			pfc_count(inferred);
		}
		if (pfc_classify_disagrees(facts))
			pfc_count(disagreed);
	}
	pfc_count_fault(pfc_classify(facts), pfc_classify_split(facts));
close:
	pfc_frames_close();
}

/* Whether the firing is the dispatcher's; if not, it is counted as elsewhere. */
static __always_inline bool pfc_hit_is_dispatched(struct pfc_place *place,
						  unsigned long caller)
{
	if (!place->check_caller || pfc_in_dispatcher(caller))
		return true;
	pfc_count(elsewhere[place->index]);
	return false;
}

/*
 * A leaf of the dispatcher runs. With accounting it marks the visit; without,
 * the hit is the count. ADDRESS is evaluated only when a filter asks for it.
 */
#define pfc_hit_leaf(place, mark, variant, address)				\
do {										\
	struct pfc_frame *frame_ = NULL;					\
										\
	if (pfc_account ? !!(frame_ = pfc_frames_top()) : pfc_filter_wants(address)) { \
		if (frame_)							\
			frame_->facts.marks |= BIT(mark);				\
		pfc_count(hit[(place)->index][variant]);			\
	} else {								\
		pfc_count(elsewhere[(place)->index]);				\
	}									\
} while (0)

/*
 * What the access-flag setter is about to do, by the entry that it finds. Its
 * caller holds the page table lock, so only hardware may change *ptep, and only
 * its access and dirty bits. Software bits that differ from a young entry make
 * the setter return 1 though nothing had to change (hardware dirty raced).
 */
static __always_inline enum pfc_mark pfc_tail_mark(pte_t *ptep, pte_t entry, bool dirty)
{
	pte_t cur = pfc_arch_pte(READ_ONCE(*ptep));

	if (pte_val(cur) == pte_val(pfc_arch_pte(entry)))
		return PFC_MARK_SPURIOUS;
	if (!pte_young(cur))
		return PFC_MARK_AF;
	if (dirty && pte_write(cur) && !pte_dirty(cur))
		return PFC_MARK_DIRTY;
	return PFC_MARK_SPURIOUS;
}

#endif /* PFC_HIT_H */
