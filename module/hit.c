// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/*
 * Hits that are not as usual: visits within visits, retries, slots that are not at
 * home, and classes that take more than a mark.
 */
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
	bool retry = false;

	if (!slot) {
		pfc_hit_count(place, elsewhere);
		return;
	}
	frame = pfc_slot_top(slot);
	facts = &frame->facts;
	if (facts->bits & PFC_FACT_MUTE) {
		pfc_hit_count(place, elsewhere);
	} else if (ret & VM_FAULT_RETRY) {
		pfc_count(retries);
		if (ret & PFC_FAULT_DONE)
			facts->bits |= facts->marks & BIT(PFC_MARK_WP) ? PFC_FACT_DONE_WP :
									 PFC_FACT_DONE_FILE;
		retry = true;
	} else {
		pfc_hit_commit(frame, ret);
	}
	pfc_frames_close(slot, retry);
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
	leaf = pfc_classify(facts);
	if (leaf == PFC_NONE && pfc_blind)
		leaf = PFC_LEAF_UNCLASSIFIED;
	if (unlikely(facts->marks & BIT(PFC_MARK_SWAP_WP)))
		pfc_count(cell[PFC_LEAF(SWAP_WP)][split]);
	return leaf;
}
NOKPROBE_SYMBOL(pfc_hit_classify);
