/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page tables say of an address, read without a lock.
 */
#ifndef PFC_SNAPSHOT_H
#define PFC_SNAPSHOT_H

#include <linux/mm_types.h>
#include "frames.h"

void pfc_read_before(struct pfc_frame *frame, struct vm_area_struct *vma);
void pfc_read_after(struct pfc_frame *frame);
void pfc_read_page(struct pfc_frame *frame);

#endif /* PFC_SNAPSHOT_H */
