/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one atomic operation that every visit pays for.
 */
#ifndef PFC_CLAIM_H
#define PFC_CLAIM_H

#include <linux/atomic.h>

static __always_inline bool pfc_arch_claim(unsigned long *word, unsigned long value)
{
	return !cmpxchg(word, 0, value);
}

#endif /* PFC_CLAIM_H */
