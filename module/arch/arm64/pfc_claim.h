/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one atomic operation that every visit pays for.
 */
#ifndef PFC_CLAIM_H
#define PFC_CLAIM_H

#include <linux/types.h>

/**
 * pfc_arch_claim() - make a word that is 0 something else, with acquire semantics
 * @word: the word
 * @value: what it becomes
 *
 * cmpxchg_acquire() takes twice as many instructions, since it must serve all uses.
 *
 * Context: any; probe handlers.
 * Return: true if it was 0.
 */
static __always_inline bool pfc_arch_claim(unsigned long *word, unsigned long value)
{
	unsigned long was;
	u32 failed;

	asm volatile("1:	ldaxr	%0, %2\n"
		     "	cbnz	%0, 2f\n"
		     "	stxr	%w1, %3, %2\n"
		     "	cbnz	%w1, 1b\n"
		     "2:"
		     : "=&r" (was), "=&r" (failed), "+Q" (*word)
		     : "r" (value)
		     : "memory");
	return !was;
}

#endif /* PFC_CLAIM_H */
