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
#include <linux/timekeeping.h>
#include <compat/compat.h>
#include "event.h"
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
					  struct pt_regs *regs)
{
	struct pfc_frame *frame = pfc_frames_open(sp, address, !pfc_filter_wants(address));
	struct pfc_facts *facts;
	unsigned long pfn;

	if (!frame || frame->mute) {
		pfc_count(elsewhere[place->index]);
		return;
	}
	frame->mm = vma->vm_mm;
	facts = &frame->facts;
	facts->marks = 0;
	facts->flags = flags;
	facts->gup = !regs;
	frame->pc = regs && user_mode(regs) ? instruction_pointer(regs) : 0;
	if (pfc_latency && !frame->start)
		frame->start = ktime_get_mono_fast_ns();
	/* Not to be asked later: the VMA's lock may be dropped before the end. */
	facts->anon = vma_is_anonymous(vma);
	facts->huge_fault = !facts->anon && vma->vm_ops->huge_fault;
	facts->around = !facts->anon && vma->vm_ops->map_pages;
	facts->shared = vma->vm_flags & PFC_VM_SHARED;
	facts->blind = pfc_blind;
	facts->page = PFC_PAGE_UNKNOWN;
	facts->before = PFC_ENTRY_UNKNOWN;
	facts->after = PFC_ENTRY_UNKNOWN;
	if (pfc_infer && pfc_classify_asks_before(facts, pfc_infer) &&
	    !is_vm_hugetlb_page(vma))
		facts->before = pfc_snapshot(frame->mm, address, &pfn);
	pfc_count(hit[place->index][0]);
}

/* The entry at the end, where the facts do not suffice without it. */
static __always_inline void pfc_hit_look_again(struct pfc_frame *frame)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned long pfn;

	if (facts->before != PFC_ENTRY_UNKNOWN) {
		if (pfc_classify_disagrees(facts))
			pfc_count(disagreed);
		if (pfc_classify_asks_after(facts)) {
			facts->after = pfc_snapshot(frame->mm, frame->address, &pfn);
			pfc_count(inferred);
		}
	}
	if (!pfc_classify_asks_page(facts))
		return;
	if (pfc_snapshot(frame->mm, frame->address, &pfn) != PFC_ENTRY_PRESENT)
		facts->page = PFC_PAGE_UNKNOWN;
	else
		facts->page = pfn == frame->pfn ? PFC_PAGE_SAME : PFC_PAGE_OTHER;
}

/* A completed fault, for those who want more of it than a count. */
static __always_inline void pfc_hit_report(struct pfc_frame *frame, unsigned int leaf)
{
	u64 ns = 0;

	if (leaf == PFC_LEAF_UNCLASSIFIED)
		return;
	if (pfc_latency) {
		ns = ktime_get_mono_fast_ns() - frame->start;
		pfc_count_latency(pfc_leaf_class(leaf), ns);
	}
	if (static_branch_unlikely(&pfc_events))
		pfc_event_emit(leaf, frame, ns);
}

/* handle_mm_fault() returns RET. */
static __always_inline void pfc_hit_exit(struct pfc_place *place, unsigned long sp,
					 unsigned int ret)
{
	struct pfc_frame *frame = pfc_frames_find(sp);
	unsigned int leaf, split;

	if (!frame) {
		pfc_count(elsewhere[place->index]);
		return;
	}
	if (frame->mute) {
		pfc_count(elsewhere[place->index]);
		pfc_frames_close(false);
		return;
	}
	pfc_count(hit[place->index][0]);
	if (ret & VM_FAULT_RETRY) {
		pfc_count(retries);
		pfc_frames_close(true);
		return;
	}
	frame->facts.ret = ret;
	pfc_hit_look_again(frame);
	leaf = pfc_classify(&frame->facts);
	split = pfc_classify_split(&frame->facts);
	pfc_count_fault(leaf, split);
	pfc_hit_report(frame, leaf);
	if (frame->facts.marks & BIT(PFC_MARK_SWAP_WP))
		pfc_count(cell[PFC_LEAF(SWAP_WP)][split]);
	pfc_frames_close(false);
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
 * The value is the visit's frame, if there is one.
 */
#define pfc_hit_leaf(place, marks_, variant, address)				\
({										\
	struct pfc_frame *frame_ = NULL;					\
										\
	if (pfc_account ? !!(frame_ = pfc_frames_top()) : pfc_filter_wants(address)) { \
		if (frame_)							\
			frame_->facts.marks |= (marks_);			\
		pfc_count(hit[(place)->index][variant]);			\
	} else {								\
		pfc_count(elsewhere[(place)->index]);				\
	}									\
	frame_;									\
})

/* do_wp_page(vmf) runs for the dispatcher: what it starts from. */
static __always_inline void pfc_hit_wp(struct pfc_frame *frame, const struct vm_fault *vmf)
{
	struct pfc_facts *facts = &frame->facts;
	pte_t pte = vmf->orig_pte;

	frame->pfn = pte_pfn(pte);
	facts->special = facts->shared && pfc_compat_is_pfn(vmf->vma, pte);
	facts->uffd |= userfaultfd_pte_wp(vmf->vma, pte);
	/* The later look compares with this one. */
	facts->page = PFC_PAGE_SAME;
}

/* do_wp_page() runs for somebody else: for do_swap_page(), if that was marked. */
static __always_inline void pfc_hit_wp_elsewhere(void)
{
	struct pfc_frame *frame = pfc_account ? pfc_frames_top() : NULL;

	if (frame && frame->facts.marks & BIT(PFC_MARK_SWAP))
		frame->facts.marks |= BIT(PFC_MARK_SWAP_WP);
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

	if (pte_val(cur) == pte_val(pfc_arch_pte(entry)))
		return PFC_MARK_SPURIOUS;
	dirty = dirty && pte_write(cur) && !pte_dirty(cur);
	if (!pte_young(cur)) {
		*also = dirty ? BIT(PFC_MARK_AF_DIRTY) : 0;
		return PFC_MARK_AF;
	}
	return dirty ? PFC_MARK_DIRTY : PFC_MARK_SPURIOUS;
}

#endif /* PFC_HIT_H */
