/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace events of completed faults.
 */
#ifndef PFC_EVENT_H
#define PFC_EVENT_H

#include <linux/jump_label.h>
#include "classify.h"
#include "frames.h"

/* On while any of the events has a user. */
DECLARE_STATIC_KEY_FALSE(pfc_events);
/* On while more than counts is needed: trace events, or latency=1. */
DECLARE_STATIC_KEY_FALSE(pfc_reports);
/* On while the end of a visit takes more than counts: that, or rows of control groups. */
DECLARE_STATIC_KEY_FALSE(pfc_details);
/* On while there is more to do than to count for the root: these, a filter, or watches. */
DECLARE_STATIC_KEY_FALSE(pfc_picky);

void pfc_event_emit(unsigned int leaf, const struct pfc_frame *frame, u64 ns);

#endif /* PFC_EVENT_H */
