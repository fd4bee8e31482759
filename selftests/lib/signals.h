/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accesses that end in a signal.
 */
#ifndef PFC_SIGNALS_H
#define PFC_SIGNALS_H

#include <stddef.h>

#include <pfclass.h>

unsigned int pfc_forbidden(volatile char *base, size_t len, size_t page, enum pfc_access access,
			   int *signal);

#endif /* PFC_SIGNALS_H */
