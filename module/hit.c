// SPDX-License-Identifier: GPL-2.0
/*
 * The slow path of hits: visits within visits, retries, slots that are not at home,
 * classes that take more than a mark, what is reported beside the counts, and accesses
 * that the architecture refuses.
 */
#include <linux/ktime.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include "hit.h"

DEFINE_STATIC_KEY_FALSE(pfc_reports);

static void pfc_hit_entry_slow(struct pfc_probe *probe, const struct pfc_call *call)
{
	const struct vm_area_struct *vma = (const struct vm_area_struct *)call->arg[0];
	struct pt_regs *regs = (struct pt_regs *)call->arg[3];
	unsigned int bits = PFC_FACT_REPORTED;
	struct pfc_watch *watch;
	struct pfc_frame *frame;

	frame = pfc_frames_open_slow(call->sp, call->arg[1]);
	if (!frame) {
		/* It is missed if anybody wants it. */
		pfc_for_each_wanting(watch, call->arg[1]) {
			pfc_count(lost);
			break;
		}
		pfc_hit_count(probe, ignored);
		return;
	}
	bits |= frame->facts.bits | pfc_hit_entry_bits(call);
	if (static_branch_unlikely(&pfc_infers))
		bits |= pfc_hit_vma_bits(vma);
	pfc_hit_entry_fill(frame, call, bits);
	frame->mm = vma->vm_mm;
	frame->pc = regs && user_mode(regs) ? instruction_pointer(regs) : 0;
	if (static_branch_unlikely(&pfc_measures) && !frame->start)
		frame->start = ktime_get_mono_fast_ns();
	if (static_branch_unlikely(&pfc_infers) &&
	    pfc_classify_reads_before(frame->facts.flags, frame->facts.bits, pfc_infer))
		pfc_read_before(frame, (struct vm_area_struct *)call->arg[0]);
}
NOKPROBE_SYMBOL(pfc_hit_entry_slow);

/*
 * The architecture sends current a signal. If that is for an access that it refused,
 * because nothing is mapped there or because the mapping does not permit it, it is a
 * fault which never got to handle_mm_fault(). If handle_mm_fault() returned SIGSEGV, the
 * visit was counted, and carried that over. What the exception left tells such a signal from
 * all others, so who calls does not matter: others' return probes may hide that.
 */
static void pfc_hit_refused(struct pfc_probe *probe, const struct pfc_call *call)
{
	unsigned long address = untagged_addr(call->arg[probe->address]);
	int signal = call->arg[0], code = call->arg[1];
	struct pfc_facts facts = {
		.ret = VM_FAULT_SIGSEGV,
		.flags = pfc_arch_refused_flags(),
	};
	bool root;

	if (!facts.flags ||
	    /* See struct pfc_refusal. */
	    (probe->address &&
	     (signal != SIGSEGV || (code != SEGV_MAPERR && code != SEGV_ACCERR))) ||
	    pfc_frames_carried_segv(address)) {
		pfc_hit_count(probe, ignored);
		return;
	}
	root = pfc_hit_root_wants(address);
	pfc_hit_count_fault(root, &probe->count->ignored, address, PFC_LEAF_REFUSED,
			    pfc_classify_split(&facts, VM_FAULT_SIGSEGV));
	if (!root)
		return;
	if (static_branch_unlikely(&pfc_by_cgroup))
		data_race(pfc_cgroups_row()[PFC_ERROR]++);	/* as pfc_cpu_inc() */
	pfc_hit_count(probe, hit[0]);
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

/* Without accounting: somebody probes the function's return, and hides who called. */
static void pfc_hit_only_slow(struct pfc_probe *probe, const struct pfc_call *call)
{
	unsigned int also, variant = 0;
	unsigned long caller = 0;
	struct pfc_watch *watch;

	if (pfc_in_ranges(call->caller, pfc_trampolines, pfc_nr_kretprobe_trampolines))
		caller = pfc_compat_probed_return();
	/* It cannot be known, as under function_graph's trampoline: it may be anybody's. */
	if (!caller) {
		for (watch = &pfc_root; watch; watch = rcu_dereference_sched(watch->next))
			pfc_cpu_inc(watch->set.counters->probe[probe->index].lost);
		return;
	}
	if (!pfc_hit_is_dispatched(probe, caller)) {
		pfc_hit_count(probe, ignored);
		return;
	}
	if (probe->kind == PFC_KIND_UPDATE)
		variant = pfc_update_mark(call, &also) - PFC_MARK_AF;
	pfc_hit_count_only(probe, call, variant);
}
NOKPROBE_SYMBOL(pfc_hit_only_slow);

/**
 * pfc_hit_slow() - a hit that the fast path left
 * @probe: where
 * @call: what is called
 *
 * Context: probe handlers; preemption disabled.
 */
void pfc_hit_slow(struct pfc_probe *probe, const struct pfc_call *call)
{
	struct pfc_frame *frame;

	if (!pfc_account) {
		pfc_hit_only_slow(probe, call);
		return;
	}
	switch (probe->kind) {
	case PFC_KIND_ENTRY:
	case PFC_KIND_VISIT:
		pfc_hit_entry_slow(probe, call);
		return;
	case PFC_KIND_REFUSED:
		pfc_hit_refused(probe, call);
		return;
	default:
		break;
	}
	frame = pfc_frames_top();
	if (!frame) {
		pfc_hit_count(probe, ignored);
	} else if (probe->kind == PFC_KIND_UPDATE) {
		pfc_hit_update_frame(probe, frame, call);
	} else if (probe->kind == PFC_KIND_CALLEE || probe->kind == PFC_KIND_RMAP) {
		pfc_hit_mark_first(probe, frame, call, probe->kind);
	} else {
		pfc_hit_mark(probe, frame, probe->marks, 0);
		pfc_hit_fill(probe, frame, call, probe->kind);
	}
}
NOKPROBE_SYMBOL(pfc_hit_slow);

/* The leaf of a fault, whatever it takes. */
static unsigned int pfc_hit_classify(struct pfc_frame *frame)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned int leaf;

	if (static_branch_unlikely(&pfc_infers))
		pfc_read_after(frame);
	if (pfc_classify_reads_page(facts))
		pfc_read_page(frame);
	if (static_branch_unlikely(&pfc_infers) && !pfc_incomplete_errors)
		facts->bits |= PFC_FACT_INLINED;
	leaf = pfc_classify(facts);
	return leaf == PFC_NONE && pfc_incomplete ? PFC_LEAF_UNCLASSIFIED : leaf;
}
NOKPROBE_SYMBOL(pfc_hit_classify);

/* A fault is completed. Returns false if the root does not want it. */
static bool pfc_hit_commit(struct pfc_frame *frame, vm_fault_t ret)
{
	struct pfc_facts *facts = &frame->facts;
	unsigned int leaf, split;
	struct pfc_watch *watch;
	bool reported, measured, root = false;
	u64 ns = 0;

	facts->ret = ret;
	split = pfc_classify_split(facts, ret);
	leaf = pfc_hit_classify(frame);
	reported = static_branch_unlikely(&pfc_reports) && leaf != PFC_LEAF_UNCLASSIFIED &&
		   facts->bits & PFC_FACT_REPORTED;
	measured = reported && static_branch_unlikely(&pfc_measures) && frame->start;
	if (measured)
		ns = ktime_get_mono_fast_ns() - frame->start;
	pfc_for_each_wanting(watch, frame->address) {
		pfc_cpu_inc(watch->set.counters->cell[leaf][split]);
		/* do_swap_page() went on into do_wp_page(). */
		if (facts->marks & BIT(PFC_MARK_SWAP) && facts->marks & BIT(PFC_MARK_WP))
			pfc_cpu_inc(watch->set.counters->cell[PFC_LEAF(SWAP_WP)][split]);
		if (measured)
			pfc_count_latency(watch->set.latency, pfc_leaf_class(leaf), ns);
		root |= watch == &pfc_root;
	}
	if (root && static_branch_unlikely(&pfc_by_cgroup))
		data_race(pfc_cgroups_row()[pfc_leaf_class(leaf)]++);	/* as pfc_cpu_inc() */
	if (root && reported && static_branch_unlikely(&pfc_events))
		pfc_event_emit(leaf, frame, ns);
	return root;
}
NOKPROBE_SYMBOL(pfc_hit_commit);

/* A visit ends in VM_FAULT_RETRY: the fault goes on. */
static bool pfc_hit_retry(const struct pfc_frame *frame)
{
	struct pfc_watch *watch;
	bool root = false;

	pfc_for_each_wanting(watch, frame->address) {
		pfc_cpu_inc(watch->set.counters->retries);
		root |= watch == &pfc_root;
	}
	return root;
}
NOKPROBE_SYMBOL(pfc_hit_retry);

/**
 * pfc_hit_exit_slow() - a visit ends that the fast path left
 * @probe: where
 * @sp: stack pointer on entry of handle_mm_fault()
 * @shifted: see pfc_frames_end()
 * @ret: what it returns
 *
 * Context: probe handlers; preemption disabled.
 */
void pfc_hit_exit_slow(struct pfc_probe *probe, unsigned long sp, bool shifted, vm_fault_t ret)
{
	struct pfc_frame *frame;
	struct pfc_facts *facts;
	bool carry = false, root;

	if (pfc_hit_count_outside(probe, pfc_slot_home()))
		return;
	frame = pfc_frames_end(sp, shifted);
	if (!frame) {
		pfc_hit_count(probe, ignored);
		return;
	}
	facts = &frame->facts;
	if (probe->counts)
		pfc_hit_count(probe, hit[0]);
	if (ret & VM_FAULT_RETRY) {
		root = pfc_hit_retry(frame);
		if (ret & PFC_FAULT_DONE)
			facts->bits |= facts->marks & BIT(PFC_MARK_WP) ? PFC_FACT_DONE_WP :
									 PFC_FACT_DONE_FILE;
		carry = true;
	} else {
		root = pfc_hit_commit(frame, ret);
		/* For pfc_hit_refused(): a signal follows, to user mode alone. */
		if (ret & VM_FAULT_SIGSEGV && pfc_classify_origin(facts) == PFC_USER) {
			facts->bits |= PFC_FACT_SEGV;
			carry = true;
		}
	}
	if (!root)
		pfc_count(filtered);
	pfc_frames_close_slow(carry);
}
NOKPROBE_SYMBOL(pfc_hit_exit_slow);
