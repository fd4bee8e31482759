// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/*
 * Hits that are not as usual: visits within visits, retries, slots that are not at
 * home, classes that take more than a mark, what is told beside the counts, and what is
 * refused.
 */
#include <linux/ktime.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include "hit.h"

static void pfc_hit_entry_slow(struct pfc_place *place, const struct pfc_call *call)
{
	bool mute = !pfc_filter_wants(call->arg[1]);
	struct pfc_frame *frame = mute ? NULL : pfc_frames_open(call->sp, call->arg[1]);

	if (frame)
		frame->facts.bits = 0;
	else
		frame = pfc_frames_open_slow(call->sp, call->arg[1], mute);
	if (!frame || mute) {
		pfc_hit_count(place, elsewhere);
		return;
	}
	frame->facts.bits |= pfc_hit_entry_bits(call);
	pfc_hit_entry_fill(frame, call);
	if (static_branch_unlikely(&pfc_measures) && !frame->start)
		frame->start = ktime_get_mono_fast_ns();
	if (static_branch_unlikely(&pfc_infers) &&
	    pfc_classify_asks_before(frame->facts.flags, frame->facts.bits, pfc_infer))
		pfc_look_before(frame, (struct vm_area_struct *)call->arg[0]);
	pfc_hit_count(place, hit[0]);
}
NOKPROBE_SYMBOL(pfc_hit_entry_slow);

/* Mark the visit that a hit belongs to. NULL: none that is wanted is in flight. */
static struct pfc_frame *pfc_hit_mark_slow(struct pfc_place *place, unsigned long marks,
					   unsigned int variant)
{
	struct pfc_frame *frame = pfc_frames_top();

	if (frame)
		pfc_hit_mark(place, frame, marks, variant);
	else
		pfc_hit_count(place, elsewhere);
	return frame;
}
NOKPROBE_SYMBOL(pfc_hit_mark_slow);

static __always_inline void pfc_hit_filling_slow(struct pfc_place *place,
						 const struct pfc_call *call,
						 void (*fill)(struct pfc_frame *,
							      const struct vm_fault *))
{
	struct pfc_frame *frame = pfc_hit_mark_slow(place, place->marks, 0);

	if (frame)
		fill(frame, (const struct vm_fault *)call->arg[0]);
}

static void pfc_hit_wp_slow(struct pfc_place *place, const struct pfc_call *call)
{
	struct pfc_frame *frame;

	if (pfc_hit_is_dispatched(place, call->caller)) {
		pfc_hit_filling_slow(place, call, pfc_hit_wp_fill);
		return;
	}
	/* do_swap_page() calls it too. */
	frame = pfc_frames_top();
	if (frame && frame->facts.marks & BIT(PFC_MARK_SWAP))
		frame->facts.marks |= BIT(PFC_MARK_SWAP_WP);
}
NOKPROBE_SYMBOL(pfc_hit_wp_slow);

static void pfc_hit_swap_slow(struct pfc_place *place, const struct pfc_call *call)
{
	if (pfc_hit_is_dispatched(place, call->caller))
		pfc_hit_filling_slow(place, call, pfc_hit_swap_fill);
}
NOKPROBE_SYMBOL(pfc_hit_swap_slow);

/*
 * The architecture sends current a signal. If that is for an access that it refused,
 * because nothing is mapped there or because the mapping does not permit it, it is a
 * fault which never got to handle_mm_fault(). If handle_mm_fault() said SIGSEGV, the
 * visit was counted, and left word of it.
 */
static void pfc_hit_refused(struct pfc_place *place, const struct pfc_call *call)
{
	unsigned long address = untagged_addr(call->arg[place->address]);
	int signal = call->arg[0], code = call->arg[1];
	struct pfc_facts facts = { .ret = VM_FAULT_SIGSEGV };

	if (!pfc_in_ranges(call->caller, pfc_refusers, pfc_nr_refusers) ||
	    /* See struct pfc_refusal. */
	    (place->address &&
	     (signal != SIGSEGV || (code != SEGV_MAPERR && code != SEGV_ACCERR))) ||
	    pfc_frames_told(address) || !pfc_filter_wants(address)) {
		pfc_hit_count(place, elsewhere);
		return;
	}
	pfc_hit_count(place, hit[0]);
	facts.flags = pfc_arch_refused_flags();
	pfc_count_fault(PFC_LEAF(ERROR_SEGV), pfc_classify_split(&facts, VM_FAULT_SIGSEGV));
	pfc_count(refused);
	if (static_branch_unlikely(&pfc_events)) {
		struct pfc_frame frame = {
			.address = address,
			.mm = current->mm,
			.pc = instruction_pointer(task_pt_regs(current)),
			.facts = facts,
		};

		pfc_event_emit(PFC_LEAF(ERROR_SEGV), &frame, 0);
	}
}
NOKPROBE_SYMBOL(pfc_hit_refused);

/**
 * pfc_hit_slow() - a hit that is not usual; accounting is on
 * @place: where
 * @call: what is called
 *
 * Context: probe handlers; preemption disabled.
 */
void pfc_hit_slow(struct pfc_place *place, const struct pfc_call *call)
{
	unsigned long also;
	enum pfc_mark mark;

	switch (place->kind) {
	case PFC_KIND_ENTRY:
	case PFC_KIND_VISIT:
		pfc_hit_entry_slow(place, call);
		break;
	case PFC_KIND_WP:
		pfc_hit_wp_slow(place, call);
		break;
	case PFC_KIND_SWAP:
		pfc_hit_swap_slow(place, call);
		break;
	case PFC_KIND_TAIL:
		mark = pfc_tail_mark(call, &also);
		pfc_hit_mark_slow(place, BIT(mark) | also, mark - PFC_MARK_AF);
		break;
	case PFC_KIND_REFUSED:
		pfc_hit_refused(place, call);
		break;
	default:
		pfc_hit_mark_slow(place, place->marks, 0);
		break;
	}
}
NOKPROBE_SYMBOL(pfc_hit_slow);

/* The leaf of a fault, whatever it takes. */
static __always_inline unsigned int pfc_hit_classify(struct pfc_frame *frame,
						     unsigned int split)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned int leaf;

	if (static_branch_unlikely(&pfc_infers) && facts->before != PFC_ENTRY_UNKNOWN)
		pfc_look_after(frame);
	if (facts->page == PFC_PAGE_SAME && pfc_classify_asks_page(facts))
		pfc_look_page(frame);
	if (static_branch_unlikely(&pfc_infers) && !pfc_blind_to_errors)
		facts->bits |= PFC_FACT_INLINED;
	leaf = pfc_classify(facts);
	if (leaf == PFC_NONE && pfc_blind)
		leaf = PFC_LEAF_UNCLASSIFIED;
	if (unlikely(facts->marks & BIT(PFC_MARK_SWAP_WP)))
		pfc_count(cell[PFC_LEAF(SWAP_WP)][split]);
	return leaf;
}

/* A completed fault, for those who want more of it than a count. */
static void pfc_hit_report(const struct pfc_frame *frame, unsigned int leaf)
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
NOKPROBE_SYMBOL(pfc_hit_report);

static __always_inline void pfc_hit_commit(struct pfc_frame *frame, vm_fault_t ret)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned int leaf, split;

	facts->ret = ret;
	split = pfc_classify_split(facts, ret);
	leaf = pfc_hit_classify(frame, split);
	pfc_count_fault(leaf, split);
	pfc_hit_report(frame, leaf);
}

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
	struct pfc_slot *slot = pfc_slot_home();
	struct pfc_frame *frame = &slot->frame[0];
	struct pfc_facts *facts;
	bool word = false;

	if (pfc_hit_is_only(slot, sp, ret)) {
		pfc_hit_commit(frame, ret);
		pfc_frames_close(slot);
		return;
	}
	slot = pfc_frames_find(sp);
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
	pfc_frames_close_slow(slot, word);
}
NOKPROBE_SYMBOL(pfc_hit_exit_slow);
