// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/*
 * Hits that are not as usual: visits within visits, retries, slots that are not at
 * home, classes that take more than a mark, and what is refused.
 */
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include "hit.h"

/**
 * pfc_hit_mark_slow() - mark the visit that a hit belongs to
 * @place: the place
 * @marks: bit set of enum pfc_mark
 * @variant: which of the place's counters
 *
 * Context: probe handlers; preemption disabled.
 * Return: the frame, or NULL: no visit in flight that is wanted.
 */
struct pfc_frame *pfc_hit_mark_slow(struct pfc_place *place, unsigned long marks,
				    unsigned int variant)
{
	struct pfc_frame *frame = pfc_frames_top();

	if (frame) {
		frame->facts.marks |= marks;
		pfc_hit_count(place, hit[variant]);
	} else {
		pfc_hit_count(place, elsewhere);
	}
	return frame;
}
NOKPROBE_SYMBOL(pfc_hit_mark_slow);

/**
 * pfc_hit_exit_slow() - a visit ends
 * @place: where
 * @sp: stack pointer on entry of handle_mm_fault()
 * @ret: what that returns
 *
 * Context: probe handlers; preemption disabled.
 */
void pfc_hit_exit_slow(struct pfc_place *place, unsigned long sp, vm_fault_t ret)
{
	struct pfc_slot *slot = pfc_frames_find(sp);
	struct pfc_facts *facts;
	struct pfc_frame *frame;
	bool word = false;

	if (!slot) {
		pfc_hit_count(place, elsewhere);
		return;
	}
	frame = pfc_slot_top(slot);
	facts = &frame->facts;
	/* A filter may have come while the visit was in flight. */
	if (facts->bits & PFC_FACT_MUTE || !pfc_filter_wants(frame->address)) {
		pfc_hit_count(place, elsewhere);
	} else if (ret & VM_FAULT_RETRY) {
		pfc_count(retries);
		if (ret & PFC_FAULT_DONE)
			facts->bits |= facts->marks & BIT(PFC_MARK_WP) ? PFC_FACT_DONE_WP :
									 PFC_FACT_DONE_FILE;
		word = true;
	} else {
		pfc_hit_commit(frame, ret);
		/* Word for pfc_hit_refused(): a signal follows, to user mode alone. */
		if (ret & VM_FAULT_SIGSEGV && pfc_classify_origin(facts) == PFC_USER) {
			facts->bits |= PFC_FACT_SEGV;
			word = true;
		}
	}
	pfc_frames_close(slot, word);
}
NOKPROBE_SYMBOL(pfc_hit_exit_slow);

/**
 * pfc_hit_classify() - the leaf of a fault whose marks do not say it all
 * @frame: of its last visit
 * @split: from pfc_classify_split()
 *
 * Context: probe handlers, when handle_mm_fault() returns; preemption disabled.
 * Return: a leaf, or PFC_LEAF_UNCLASSIFIED.
 */
unsigned int pfc_hit_classify(struct pfc_frame *frame, unsigned int split)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned int leaf;

	if (static_branch_unlikely(&pfc_infers) || facts->page != PFC_PAGE_UNKNOWN)
		pfc_look_after(frame);
	if (static_branch_unlikely(&pfc_infers) && !pfc_blind_to_errors)
		facts->bits |= PFC_FACT_INLINED;
	leaf = pfc_classify(facts);
	if (leaf == PFC_NONE && pfc_blind)
		leaf = PFC_LEAF_UNCLASSIFIED;
	if (unlikely(facts->marks & BIT(PFC_MARK_SWAP_WP)))
		pfc_count(cell[PFC_LEAF(SWAP_WP)][split]);
	return leaf;
}
NOKPROBE_SYMBOL(pfc_hit_classify);

/**
 * pfc_hit_refused() - the architecture sends current a signal
 * @place: where
 * @call: of the function that sends it
 *
 * If that is for an access that it refused, because nothing is mapped there or because
 * the mapping does not permit it, it is a fault which never got to handle_mm_fault().
 * If handle_mm_fault() said SIGSEGV, the visit was counted, and left word of it.
 *
 * Context: probe handlers; preemption disabled.
 */
void pfc_hit_refused(struct pfc_place *place, const struct pfc_call *call)
{
	unsigned long address = untagged_addr(call->arg[place->address]);
	int signal = call->arg[0], code = call->arg[1];
	struct pfc_frame frame = {
		.address = address,
		.mm = current->mm,
		.facts = { .ret = VM_FAULT_SIGSEGV },
	};

	if (!pfc_in_refuser(call->caller) ||
	    /* See struct pfc_refusal. */
	    (place->address &&
	     (signal != SIGSEGV || (code != SEGV_MAPERR && code != SEGV_ACCERR))) ||
	    pfc_frames_told(address) || !pfc_filter_wants(address)) {
		pfc_hit_count(place, elsewhere);
		return;
	}
	pfc_hit_count(place, hit[0]);
	frame.facts.flags = pfc_arch_refused_flags();
	pfc_count_fault(PFC_LEAF(ERROR_SEGV), pfc_classify_split(&frame.facts));
	pfc_count(refused);
	if (static_branch_unlikely(&pfc_events)) {
		frame.pc = instruction_pointer(task_pt_regs(current));
		pfc_event_emit(PFC_LEAF(ERROR_SEGV), &frame, 0);
	}
}
NOKPROBE_SYMBOL(pfc_hit_refused);
