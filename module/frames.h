/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The visits in flight: what is known of a call of handle_mm_fault() from its
 * first instruction to its last, wherever the task sleeps or moves in between.
 */
#ifndef PFC_FRAMES_H
#define PFC_FRAMES_H

#include <linux/mm_types.h>
#include "classify.h"

/**
 * struct pfc_frame - one visit in flight
 * @sp: the stack pointer on entry; the same on return, and nowhere else
 * @address: the faulting address
 * @mm: whose address
 * @pc: the instruction in user mode that faulted, or 0
 * @start: when the fault's first visit began, nanoseconds, or 0: not asked
 * @pfn: of the page that do_wp_page() was called for
 * @facts: what is known so far
 * @mute: the filter does not want it; it stands here only because a visit
 *	around it does, which must not get its marks
 */
struct pfc_frame {
	unsigned long sp;
	unsigned long address;
	struct mm_struct *mm;
	unsigned long pc;
	u64 start;
	unsigned long pfn;
	struct pfc_facts facts;
	bool mute;
};

int pfc_frames_init(unsigned int count);
void pfc_frames_exit(void);
void pfc_frames_wipe(void);
struct pfc_frame *pfc_frames_open(unsigned long sp, unsigned long address, bool mute);
struct pfc_frame *pfc_frames_top(void);
struct pfc_frame *pfc_frames_find(unsigned long sp);
void pfc_frames_close(bool retry);

#endif /* PFC_FRAMES_H */
