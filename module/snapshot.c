// SPDX-License-Identifier: GPL-2.0
/*
 * Reads a page table entry from a probe handler.
 *
 * The tables cannot go away: the caller of handle_mm_fault() holds the mmap lock
 * or the VMA's, so the mapping stays; and tables that are freed all the same
 * (khugepaged, 7.2's PT_RECLAIM) are freed behind RCU or an IPI, both held off by
 * disabled interrupts: what gup_fast (mm/gup.c) relies on, from 5.10 to 7.2. It
 * cannot fault, and each level is read once.
 */
#include <linux/hugetlb.h>
#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/pgtable.h>
#include "counters.h"
#include "probes.h"
#include "snapshot.h"

static __always_inline enum pfc_entry pfc_snapshot_walk(struct mm_struct *mm,
							unsigned long addr,
							pte_t *pte)
{
	pgd_t *pgdp = pgd_offset(mm, addr), pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;

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
	*pte = READ_ONCE(*pte_offset_kernel(&pmd, addr));
	if (pte_none(*pte))
		return PFC_ENTRY_NONE;
	return pte_present(*pte) ? PFC_ENTRY_PRESENT : PFC_ENTRY_SWAP;
}

/*
 * What maps ADDR now, in a mapping that is not hugetlb's (whose tables may be
 * shared and unshared). PTE is set when the answer is PFC_ENTRY_PRESENT.
 */
static __always_inline enum pfc_entry pfc_snapshot(struct mm_struct *mm, unsigned long addr,
						   pte_t *pte)
{
	enum pfc_entry entry;
	unsigned long flags;

	local_irq_save(flags);
	entry = pfc_snapshot_walk(mm, addr, pte);
	local_irq_restore(flags);
	return entry;
}

/**
 * pfc_read_before() - find what maps the address, where a class is inferred from it
 * @frame: of a visit that begins
 * @vma: its mapping
 *
 * Context: probe handlers, while handle_mm_fault()'s caller holds the lock of the
 * mapping.
 */
void pfc_read_before(struct pfc_frame *frame, struct vm_area_struct *vma)
{
	pte_t pte;

	if (!is_vm_hugetlb_page(vma))
		frame->facts.before = pfc_snapshot(frame->mm, frame->address, &pte);
}
NOKPROBE_SYMBOL(pfc_read_before);

/**
 * pfc_read_after() - find what maps it now, where a class is inferred from it
 * @frame: of a visit that ends, with what it returned; @frame->facts.before is known
 *
 * Context: probe handlers, when handle_mm_fault() returns. It still is under the
 * lock unless what it returns says otherwise; then nothing is read.
 */
void pfc_read_after(struct pfc_frame *frame)
{
	struct pfc_facts *facts = &frame->facts;
	pte_t pte;

	if (pfc_classify_disagrees(facts))
		pfc_count(disagreed);
	if (!pfc_classify_reads_after(facts))
		return;
	/* The fast path does not keep it; but for GUP, it is the task's own. */
	if (!(facts->bits & PFC_FACT_REPORTED)) {
		if (facts->bits & PFC_FACT_GUP)
			return;
		frame->mm = current->mm;
	}
	facts->after = pfc_snapshot(frame->mm, frame->address, &pte);
	pfc_count(inferred);
}
NOKPROBE_SYMBOL(pfc_read_after);

/**
 * pfc_read_page() - find whether do_wp_page() put another page there
 * @frame: of a visit that ends, for which pfc_classify_reads_page() is true
 *
 * Context: as for pfc_read_after().
 */
void pfc_read_page(struct pfc_frame *frame)
{
	pte_t pte;

	if (pfc_snapshot(frame->mm, frame->address, &pte) != PFC_ENTRY_PRESENT ||
	    pte_pfn(pte) != pte_pfn(frame->pte))
		frame->facts.bits &= ~PFC_FACT_SAME_PAGE;
}
NOKPROBE_SYMBOL(pfc_read_page);
