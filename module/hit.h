/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens when a probe fires, whichever backend it uses: the fast path, inline.
 *
 * Everything here runs with preemption disabled, takes no lock, allocates
 * nothing, prints nothing and touches no user memory.
 */
#ifndef PFC_HIT_H
#define PFC_HIT_H

#include <linux/mm.h>
#include <compat/compat.h>
#include "cgroups.h"
#include "event.h"
#include "frames.h"
#include "locate.h"
#include "pfc_arch.h"
#include "probes.h"
#include "snapshot.h"
#include "watch.h"

/**
 * struct pfc_call - a function is called, as a backend sees it
 * @caller: where it will return to; of use only where the caller is checked
 * @sp: the stack pointer on entry
 * @arg: its first arguments
 *
 * The backends fill it in whole; what a handler does not read costs nothing, since
 * all of this is inlined.
 */
struct pfc_call {
	unsigned long caller;
	unsigned long sp;
	unsigned long arg[5];
};

/* The slow path, in hit.c. */
void pfc_hit_slow(struct pfc_probe *probe, const struct pfc_call *call);
void pfc_hit_exit_slow(struct pfc_probe *probe, unsigned long sp, bool shifted, vm_fault_t ret);

/* Counts of one probe; preemption is disabled, see counters.h. */
#define pfc_hit_count(probe, field)	pfc_cpu_inc((probe)->count->field)

/*
 * Each of the following does all there is to do and returns true, or does nothing and
 * returns false: then pfc_hit_slow() must be called. So the fast path calls nothing, and
 * needs no stack.
 */

/* What the VMA tells about a fault. */
static __always_inline unsigned int pfc_hit_vma_bits(const struct vm_area_struct *vma)
{
	const struct vm_operations_struct *ops = vma->vm_ops;
	unsigned int bits = 0;

	if (!ops)
		bits = PFC_FACT_ANON;
	else if (ops->map_pages)
		bits = PFC_FACT_AROUND;
	if (vma->vm_flags & PFC_VM_SHARED)
		bits |= PFC_FACT_SHARED;
	return bits;
}

/*
 * What must be known at the end of a visit, when the mapping may be gone since its lock was
 * dropped. The probes of do_fault() and do_wp_page() read the rest, where there are any.
 */
static __always_inline unsigned int pfc_hit_entry_bits(const struct pfc_call *call)
{
	const struct vm_area_struct *vma = (const struct vm_area_struct *)call->arg[0];
	const struct vm_operations_struct *ops = vma->vm_ops;
	unsigned int bits = call->arg[3] ? 0 : PFC_FACT_GUP;

	if (ops && ops->huge_fault)
		bits |= PFC_FACT_HUGE;
	return bits;
}

/* Fill in a frame that was opened; BITS are all that is known of it. */
static __always_inline void pfc_hit_entry_fill(struct pfc_frame *frame,
					       const struct pfc_call *call, unsigned int bits)
{
	struct pfc_facts *facts = &frame->facts;

	facts->marks = 0;
	facts->flags = call->arg[2];
	facts->bits = bits;
	facts->before = PFC_ENTRY_UNKNOWN;
	facts->after = PFC_ENTRY_UNKNOWN;
	facts->swap = 0;
}

/* A hit outside any visit belongs to no fault: count it as ignored. */
static __always_inline bool pfc_hit_count_outside(struct pfc_probe *probe,
						  const struct pfc_slot *slot)
{
	if (!pfc_frames_none(slot))
		return false;
	pfc_hit_count(probe, ignored);
	return true;
}

/*
 * handle_mm_fault(vma, address, flags, regs) begins; the same in 5.10 to 7.2. The hit is
 * not counted: the end of the visit is.
 */
static __always_inline bool pfc_hit_entry(struct pfc_probe *probe, const struct pfc_call *call)
{
	const struct vm_area_struct *vma = (const struct vm_area_struct *)call->arg[0];
	struct pfc_slot *slot;
	unsigned int bits;

	if (static_branch_unlikely(&pfc_reports))
		return false;
	bits = pfc_hit_entry_bits(call);
	if (static_branch_unlikely(&pfc_infers)) {
		bits |= pfc_hit_vma_bits(vma);
		if (pfc_classify_reads_before(call->arg[2], bits, pfc_infer))
			return false;
	}
	slot = pfc_slot_home();
	if (!pfc_frames_open(slot, call->sp, call->arg[1]))
		return false;
	pfc_hit_entry_fill(&slot->frame, call, bits);
	return true;
}

static __always_inline bool pfc_hit_root_wants(unsigned long address)
{
	return pfc_filter_wants(rcu_dereference_sched(pfc_root.filter), address);
}

/*
 * Count a completed fault for everybody who wants it. ROOT: from pfc_hit_root_wants(); if it
 * does not, *FILTERED counts it.
 */
static __always_inline void pfc_hit_count_fault(bool root, u64 __percpu *filtered,
						unsigned long address, unsigned int leaf,
						unsigned long split)
{
	struct pfc_watch *watch;

	if (root)
		pfc_count_fault(leaf, split);
	else
		pfc_cpu_inc(*filtered);
	pfc_for_each_wanting_from(watch, rcu_dereference_sched(pfc_root.next), address)
		pfc_cpu_inc(watch->set.counters->cell[leaf][split]);
}

/*
 * The same for the fast path. Returns false, and does nothing, if it takes more than counts;
 * to find the row of a group that is not the CPU's last one does.
 */
static __always_inline bool pfc_hit_count_picky(unsigned long address, unsigned int leaf,
						unsigned long split)
{
	u64 *row;
	bool root;

	if (static_branch_unlikely(&pfc_details)) {
		if (static_branch_unlikely(&pfc_reports))
			return false;
		root = pfc_hit_root_wants(address);
		if (root) {
			row = pfc_cgroups_hinted();
			if (unlikely(!row))
				return false;
			data_race(row[pfc_leaf_class(leaf)]++);	/* as pfc_cpu_inc() */
		}
	} else {
		root = pfc_hit_root_wants(address);
	}
	pfc_hit_count_fault(root, &pfc_counters->filtered, address, leaf, split);
	return true;
}

/*
 * handle_mm_fault() returns RET; SEVERAL: it has more than one end. The fast path is for
 * the task's only visit, that is at home and complete.
 */
static __always_inline bool pfc_hit_exit(struct pfc_probe *probe, unsigned long sp,
					 vm_fault_t ret, bool several)
{
	const struct pfc_facts *facts;
	struct pfc_slot *slot;
	unsigned long split;
	unsigned int leaf;

	slot = pfc_slot_home();
	facts = &slot->frame.facts;
	if (!pfc_frames_at_home(slot))
		return pfc_hit_count_outside(probe, slot);
	if (!pfc_frames_ends(slot, sp) || unlikely(ret & (VM_FAULT_RETRY | VM_FAULT_SIGSEGV)))
		return false;
	if (static_branch_unlikely(&pfc_infers) &&
	    (facts->before != PFC_ENTRY_UNKNOWN && pfc_classify_disagrees(facts)))
		return false;
	leaf = pfc_classify_quick(facts, ret);
	if (unlikely(!leaf))
		return false;
	split = pfc_classify_split(facts, ret);
	if (static_branch_unlikely(&pfc_picky)) {
		if (!pfc_hit_count_picky(slot->frame.address, leaf, split))
			return false;
	} else {
		pfc_count_fault(leaf, split);
	}
	if (several)
		pfc_hit_count(probe, hit[0]);
	pfc_frames_close(slot);
	return true;
}

/* Without accounting, only calls of the dispatcher count. */
static __always_inline bool pfc_hit_is_dispatched(const struct pfc_probe *probe,
						  unsigned long caller)
{
	return likely(caller == probe->caller) || !probe->check_caller ||
	       (!probe->caller && pfc_in_ranges(caller, pfc_dispatcher, pfc_nr_dispatcher));
}

/*
 * Others are counted as ignored; but not if the return address is a trampoline's: somebody
 * probes the function's return.
 */
static __always_inline bool pfc_hit_count_others(struct pfc_probe *probe, unsigned long caller)
{
	if (unlikely(pfc_in_ranges(caller, pfc_trampolines, pfc_nr_trampolines)))
		return false;
	pfc_hit_count(probe, ignored);
	return true;
}

static __always_inline unsigned long pfc_hit_address(const struct pfc_probe *probe,
						     const struct pfc_call *call)
{
	if (likely(probe->address == PFC_ADDR_VMF))
		return pfc_compat_vmf_address((struct vm_fault *)call->arg[0]);
	if (probe->address == 1)
		return call->arg[1];
	return probe->address == 2 ? call->arg[2] : 0;
}

/* Without accounting the hit is the count. */
static __always_inline void pfc_hit_count_only(struct pfc_probe *probe,
					       const struct pfc_call *call, unsigned int variant)
{
	struct pfc_watch *watch;
	bool root = false;

	if (!static_branch_unlikely(&pfc_picky)) {
		pfc_hit_count(probe, hit[variant]);
		return;
	}
	pfc_for_each_wanting(watch, pfc_hit_address(probe, call)) {
		pfc_cpu_inc(watch->set.counters->probe[probe->index].hit[variant]);
		root |= watch == &pfc_root;
	}
	if (!root)
		pfc_hit_count(probe, ignored);
}

/* With it the hit marks the visit in flight. */
static __always_inline void pfc_hit_mark(struct pfc_probe *probe, struct pfc_frame *frame,
					 unsigned int marks, unsigned int variant)
{
	struct pfc_facts *facts = &frame->facts;

	facts->marks |= marks;
	pfc_hit_count(probe, hit[variant]);
}

/* What a class's own function starts from refines it; it is called with a struct vm_fault. */
static __always_inline void pfc_hit_fill(struct pfc_probe *probe, struct pfc_frame *frame,
					 const struct pfc_call *call, enum pfc_kind kind)
{
	const struct vm_fault *vmf = (const struct vm_fault *)call->arg[0];
	struct pfc_facts *facts = &frame->facts;

	if (kind == PFC_KIND_WP) {
		struct vm_area_struct *vma = vmf->vma;

		/* A write is a copy unless wp_page_reuse() is seen; the rest must be read. */
		if (unlikely(!(facts->flags & FAULT_FLAG_WRITE) || probe->reads_page)) {
			facts->bits |= PFC_FACT_SAME_PAGE;
			frame->pte = vmf->orig_pte;
			frame->mm = vma->vm_mm;
		}
		if (likely(!(vma->vm_flags & (PFC_VM_SHARED | VM_UFFD_WP))))
			return;
		if (vma->vm_flags & PFC_VM_SHARED) {
			facts->bits |= PFC_FACT_SHARED;
			if (pfc_compat_is_pfn(vma, vmf->orig_pte))
				facts->bits |= PFC_FACT_SPECIAL;
		}
		if (userfaultfd_pte_wp(vma, vmf->orig_pte))
			facts->bits |= PFC_FACT_UFFD;
	} else if (kind == PFC_KIND_SWAP) {
		facts->swap = pfc_compat_swap(vmf->orig_pte);
	} else if (kind == PFC_KIND_FILE) {
		const struct vm_area_struct *vma = vmf->vma;

		/* As pfc_refine_file() asks. */
		if (likely(!(facts->flags & FAULT_FLAG_WRITE))) {
			if (likely(vma->vm_ops->map_pages))
				facts->bits |= PFC_FACT_AROUND;
		} else if (vma->vm_flags & PFC_VM_SHARED) {
			facts->bits |= PFC_FACT_SHARED;
		}
	}
}

/*
 * The function of a class is called, with accounting. Within a visit only the dispatcher
 * calls the first of them; what follows is a leaf's own doing, and pfc_classify()
 * tells it apart.
 */
static __always_inline bool pfc_hit_leaf(struct pfc_probe *probe, const struct pfc_call *call,
					 enum pfc_kind kind)
{
	struct pfc_slot *slot = pfc_slot_home();

	if (!pfc_frames_at_home(slot))
		return pfc_hit_count_outside(probe, slot);
	pfc_hit_mark(probe, &slot->frame, probe->marks, 0);
	pfc_hit_fill(probe, &slot->frame, call, kind);
	return true;
}

/* A function that others call too: it counts where the visit has no mark yet. */
static __always_inline void pfc_hit_mark_first(struct pfc_probe *probe, struct pfc_frame *frame,
					       const struct pfc_call *call, enum pfc_kind kind)
{
	/* __do_huge_pmd_anonymous_page() calls the same function for its huge page. */
	if (likely(!(frame->facts.marks & (PFC_MARKS_PTE | BIT(PFC_MARK_HUGETLB)))) &&
	    !(kind == PFC_KIND_RMAP && pfc_compat_is_huge((void *)call->arg[0])))
		pfc_hit_mark(probe, frame, probe->marks, 0);
	else
		pfc_hit_count(probe, ignored);
}

static __always_inline bool pfc_hit_callee(struct pfc_probe *probe, const struct pfc_call *call,
					   enum pfc_kind kind)
{
	struct pfc_slot *slot = pfc_slot_home();

	if (!pfc_frames_at_home(slot))
		return pfc_hit_count_outside(probe, slot);
	pfc_hit_mark_first(probe, &slot->frame, call, kind);
	return true;
}

/*
 * What ptep_set_access_flags() is about to do, by the entry that it finds. Its caller holds
 * the page table lock, so only hardware may change *ptep, and only its access and dirty
 * bits. Software bits that differ from a young entry make it return 1 though nothing had
 * to change (hardware dirty raced).
 */
static __always_inline enum pfc_mark pfc_update_mark(const struct pfc_call *call,
						     unsigned int *also)
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

/*
 * ptep_set_access_flags(vma, address, ptep, entry, dirty) or a variant, with accounting. A
 * visit without a mark is about to end with it, unless the entry is the PMD level's.
 */
static __always_inline void pfc_hit_update_frame(struct pfc_probe *probe, struct pfc_frame *frame,
						 const struct pfc_call *call)
{
	unsigned int also, marks = frame->facts.marks;
	enum pfc_mark mark;

	if (likely(!(marks & (PFC_MARKS_PTE | BIT(PFC_MARK_HUGETLB))) &&
		   pfc_arch_is_pte(call->arg[3]))) {
		mark = pfc_update_mark(call, &also);
		pfc_hit_mark(probe, frame, BIT(mark) | also, mark - PFC_MARK_AF);
		return;
	}
	if (marks & BIT(PFC_MARK_WP) && (int)call->arg[4])
		frame->facts.bits |= PFC_FACT_REUSED;
	pfc_hit_count(probe, ignored);
}

static __always_inline bool pfc_hit_update(struct pfc_probe *probe, const struct pfc_call *call)
{
	struct pfc_slot *slot = pfc_slot_home();

	if (!pfc_frames_at_home(slot))
		return pfc_hit_count_outside(probe, slot);
	pfc_hit_update_frame(probe, &slot->frame, call);
	return true;
}

/* The same two without accounting. Check the caller first: another's ptep may be no PTE. */
static __always_inline bool pfc_hit_only_leaf(struct pfc_probe *probe, const struct pfc_call *call)
{
	if (unlikely(!pfc_hit_is_dispatched(probe, call->caller)))
		return pfc_hit_count_others(probe, call->caller);
	pfc_hit_count_only(probe, call, 0);
	return true;
}

static __always_inline bool pfc_hit_only_update(struct pfc_probe *probe,
						const struct pfc_call *call)
{
	unsigned int also;

	if (unlikely(!pfc_hit_is_dispatched(probe, call->caller)))
		return pfc_hit_count_others(probe, call->caller);
	pfc_hit_count_only(probe, call, pfc_update_mark(call, &also) - PFC_MARK_AF);
	return true;
}

#endif /* PFC_HIT_H */
