// SPDX-License-Identifier: GPL-2.0
/*
 * Trace events of completed faults.
 */
#include <linux/kprobes.h>
#include "event.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

DEFINE_STATIC_KEY_FALSE(pfc_events);

/**
 * pfc_event_on() - an event gets its first user
 *
 * Context: may sleep; called by the tracepoint code.
 * Return: 0.
 */
int pfc_event_on(void)
{
	static_branch_inc(&pfc_picky);
	static_branch_inc(&pfc_details);
	static_branch_inc(&pfc_reports);
	static_branch_inc(&pfc_events);
	return 0;
}

/**
 * pfc_event_off() - an event loses its last user
 *
 * Context: may sleep; called by the tracepoint code.
 */
void pfc_event_off(void)
{
	static_branch_dec(&pfc_events);
	static_branch_dec(&pfc_reports);
	static_branch_dec(&pfc_details);
	static_branch_dec(&pfc_picky);
}

/**
 * pfc_event_emit() - emit the events of a completed fault
 * @leaf: from pfc_classify(), not PFC_LEAF_UNCLASSIFIED
 * @frame: of its last visit
 * @ns: how long it took, or 0: not measured
 *
 * Context: probe handlers; preemption disabled.
 */
void pfc_event_emit(unsigned int leaf, const struct pfc_frame *frame, u64 ns)
{
	enum pfc_class class = pfc_leaf_class(leaf);
	unsigned int refinement = leaf < PFC_LEAF_REFINED ? 255 : leaf - PFC_LEAF_REFINED;

	trace_fault(class, refinement, frame, ns);
	switch (class) {
	case PFC_ANON:
		trace_anon(class, refinement, frame, ns);
		break;
	case PFC_WP:
		trace_wp(class, refinement, frame, ns);
		break;
	case PFC_SWAP:
		trace_swap(class, refinement, frame, ns);
		break;
	case PFC_NUMA:
		trace_numa(class, refinement, frame, ns);
		break;
	case PFC_AF:
		trace_af(class, refinement, frame, ns);
		break;
	default:
		break;
	}
}
NOKPROBE_SYMBOL(pfc_event_emit);
