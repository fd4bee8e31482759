/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the page tables say of an address, read without a lock.
 */
#ifndef PFC_SNAPSHOT_H
#define PFC_SNAPSHOT_H

#include <linux/mm_types.h>
#include "classify.h"

enum pfc_entry pfc_snapshot(struct mm_struct *mm, unsigned long addr, unsigned long *pfn);

#endif /* PFC_SNAPSHOT_H */
