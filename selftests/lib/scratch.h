/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scratch disk, $PFC_SCRATCH_DISK. WHATEVER IT HOLDS IS OVERWRITTEN.
 */
#ifndef PFC_SCRATCH_H
#define PFC_SCRATCH_H

#include <stddef.h>

#include "guard.h"

const char *pfc_scratch_mount(struct pfc_guard *guard, const char **dir);
const char *pfc_scratch_swap(struct pfc_guard *guard);
char *pfc_scratch_map(const char *dir, size_t len, size_t page);

#endif /* PFC_SCRATCH_H */
