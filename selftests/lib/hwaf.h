/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who sets the access flag, the CPU or the kernel in a fault.
 */
#ifndef PFC_HWAF_H
#define PFC_HWAF_H

#include <stddef.h>

int pfc_hwaf(char *why, size_t size);
int pfc_hwaf_promised(void);

#endif /* PFC_HWAF_H */
