/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In place of module/arch/ARCH/pfc_claim.h, which is in assembler.
 */
#ifndef PFC_CLAIM_H
#define PFC_CLAIM_H

static inline bool pfc_arch_claim(unsigned long *word, unsigned long value)
{
	unsigned long was = 0;

	return __atomic_compare_exchange_n(word, &was, value, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

#endif /* PFC_CLAIM_H */
