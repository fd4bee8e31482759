// SPDX-License-Identifier: GPL-2.0
/*
 * A look at a page-table entry from a probe handler.
 *
 * The tables cannot go away: the caller of handle_mm_fault() holds the mmap lock
 * or the VMA's, so the mapping stays; and tables that are freed all the same
 * (khugepaged, 7.2's PT_RECLAIM) are freed behind RCU or an IPI, both held off by
 * disabled interrupts: what gup_fast (mm/gup.c) relies on, from 5.10 to 7.2. It
 * cannot fault, and each level is read once.
 */
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/pgtable.h>
#include "snapshot.h"

static __always_inline enum pfc_entry pfc_snapshot_walk(struct mm_struct *mm,
							unsigned long addr,
							unsigned long *pfn)
{
	pgd_t *pgdp = pgd_offset(mm, addr), pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t pte;

	if (pgd_none(pgd))
		return PFC_ENTRY_NONE;
	if (pgd_bad(pgd))
		return PFC_ENTRY_UNKNOWN;
	p4dp = p4d_offset_lockless(pgdp, pgd, addr);
	p4d = READ_ONCE(*p4dp);
	if (p4d_none(p4d))
		return PFC_ENTRY_NONE;
	if (p4d_bad(p4d))
		return PFC_ENTRY_UNKNOWN;
	pudp = pud_offset_lockless(p4dp, p4d, addr);
	pud = READ_ONCE(*pudp);
	if (pud_none(pud))
		return PFC_ENTRY_NONE;
	if (pud_bad(pud))
		return PFC_ENTRY_HUGE;
	pmdp = pmd_offset_lockless(pudp, pud, addr);
	pmd = READ_ONCE(*pmdp);
	if (pmd_none(pmd))
		return PFC_ENTRY_NONE;
	if (pmd_bad(pmd))
		return PFC_ENTRY_HUGE;
	pte = READ_ONCE(*pte_offset_kernel(&pmd, addr));
	if (pte_none(pte))
		return PFC_ENTRY_NONE;
	if (!pte_present(pte))
		return PFC_ENTRY_SWAP;
	*pfn = pte_pfn(pte);
	return PFC_ENTRY_PRESENT;
}

/**
 * pfc_snapshot() - what maps an address now
 * @mm: whose address
 * @addr: an address in a mapping of @mm that is not hugetlb's (whose tables may
 *	be shared and unshared)
 * @pfn: set to the page's frame number when the answer is PFC_ENTRY_PRESENT
 *
 * Context: probe handlers, while handle_mm_fault()'s caller holds the lock of
 * the mapping.
 * Return: the entry found.
 */
enum pfc_entry pfc_snapshot(struct mm_struct *mm, unsigned long addr, unsigned long *pfn)
{
	enum pfc_entry entry;
	unsigned long flags;

	local_irq_save(flags);
	entry = pfc_snapshot_walk(mm, addr, pfn);
	local_irq_restore(flags);
	return entry;
}
NOKPROBE_SYMBOL(pfc_snapshot);
