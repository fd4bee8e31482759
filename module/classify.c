// SPDX-License-Identifier: GPL-2.0
/*
 * The rules that turn what was seen of a visit into the one class of the fault.
 * FAULT_FLAG_* and VM_FAULT_* are read as in mm_account_fault() (mm/memory.c).
 */
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include "classify.h"

static const u8 pfc_mark_to_class[PFC_NR_MARKS] = {
	[PFC_MARK_ANON]		= PFC_ANON,
	[PFC_MARK_WP]		= PFC_WP,
	[PFC_MARK_SWAP]		= PFC_SWAP,
	[PFC_MARK_NUMA]		= PFC_NUMA,
	[PFC_MARK_AF]		= PFC_AF,
	[PFC_MARK_DIRTY]	= PFC_DIRTY,
	[PFC_MARK_SPURIOUS]	= PFC_SPURIOUS,
	[PFC_MARK_FILE]		= PFC_FILE,
	[PFC_MARK_THP_ANON]	= PFC_THP,
	[PFC_MARK_THP_WP]	= PFC_THP,
	[PFC_MARK_THP_NUMA]	= PFC_THP,
	[PFC_MARK_THP_AF]	= PFC_THP,
	[PFC_MARK_THP_DEVICE]	= PFC_THP,
	[PFC_MARK_HUGETLB]	= PFC_HUGETLB,
	[PFC_MARK_AF_DIRTY]	= PFC_AF,
	[PFC_MARK_REFUSED]	= PFC_ERROR,
};

/* A read is given the zero page (s390 aside). */
#define PFC_QUICK(mark, read, write)						\
	[2 * BIT(PFC_MARK_##mark)] = (read), [2 * BIT(PFC_MARK_##mark) + 1] = (write)

#define PFC_SPLIT(i)								\
	((((i) & 0x10 ? PFC_EXEC : (i) & 0x1 ? PFC_WRITE : PFC_READ) * PFC_NR_ORIGINS + \
	  ((i) & 0x8 ? PFC_GUP : (i) & 0x4 ? PFC_USER : PFC_KERNEL)) * PFC_NR_OUTCOMES + \
	 ((i) & 0x2 ? PFC_MAJOR : PFC_MINOR))
#define PFC_SPLITS(i)	PFC_SPLIT(i), PFC_SPLIT((i) + 1), PFC_SPLIT((i) + 2), PFC_SPLIT((i) + 3)

const struct pfc_quick pfc_quick = {
	.leaf = {
		PFC_QUICK(ANON, PFC_LEAF(ANON_ZERO), PFC_LEAF(ANON_ALLOC)),
		PFC_QUICK(NUMA, PFC_NUMA, PFC_NUMA),
		PFC_QUICK(AF, PFC_AF, PFC_AF),
		PFC_QUICK(DIRTY, PFC_DIRTY, PFC_DIRTY),
#if !PFC_COMPAT_RETRY_DONE
		/* Else the visit before may have done the work. */
		PFC_QUICK(SPURIOUS, PFC_SPURIOUS, PFC_SPURIOUS),
#endif
	},
	.split = {
		PFC_SPLITS(0), PFC_SPLITS(4), PFC_SPLITS(8), PFC_SPLITS(12),
		PFC_SPLITS(16), PFC_SPLITS(20), PFC_SPLITS(24), PFC_SPLITS(28),
	},
};

static const u8 pfc_refinement_to_class[PFC_NR_REFINEMENTS] = {
#define PFC_X(id, class, key, meaning) [PFC_##id] = PFC_##class,
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
};

const u8 pfc_leaf_to_class[PFC_NR_CELLS] = {
#define PFC_X(id, key, where) [PFC_##id] = PFC_##id,
	PFC_CLASSES(PFC_X)
#undef PFC_X
#define PFC_X(id, class, key, meaning)						\
	[PFC_LEAF(id)] = PFC_##id == PFC_SWAP_WP ? PFC_NR_CLASSES : PFC_##class,
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
	[PFC_LEAF_UNCLASSIFIED] = PFC_NR_CLASSES,
	[PFC_LEAF_REFUSED] = PFC_ERROR,
};

/**
 * pfc_mark_class() - the class that a mark speaks for
 * @mark: a mark
 *
 * Context: any.
 * Return: the class.
 */
enum pfc_class pfc_mark_class(enum pfc_mark mark)
{
	return pfc_mark_to_class[mark];
}

/**
 * pfc_refinement_class() - the class that a refinement is of
 * @refinement: a refinement
 *
 * Context: any.
 * Return: the class.
 */
enum pfc_class pfc_refinement_class(enum pfc_refinement refinement)
{
	return pfc_refinement_to_class[refinement];
}

/**
 * pfc_classify_reads_after() - whether the entry must be known when it ends
 * @facts: all but @facts->after
 *
 * Only while the lock is held that keeps the tables: it is dropped with RETRY
 * and COMPLETED. A SIGBUS may come from do_anonymous_page(), do_fault(), or from
 * userfaultfd for a huge page that is mapped.
 *
 * Context: any; probe handlers.
 * Return: true if it must.
 */
bool pfc_classify_reads_after(const struct pfc_facts *facts)
{
	if (facts->marks & PFC_MARKS_PTE || facts->ret & (VM_FAULT_RETRY | PFC_FAULT_COMPLETED))
		return false;
	if (facts->ret & VM_FAULT_ERROR)
		return facts->ret & VM_FAULT_SIGBUS && !facts->marks;
	return facts->before == PFC_ENTRY_NONE;
}
NOKPROBE_SYMBOL(pfc_classify_reads_after);

/*
 * A visit that met no probe: nothing was mapped and now a page is, so it was
 * do_anonymous_page() or do_fault(); huge pages have their own probes. Without
 * ->huge_fault(), a file's NOPAGE comes from do_fault() alone.
 */
static unsigned int pfc_classify_inferred(const struct pfc_facts *facts)
{
	/*
	 * Nothing else returns these two: the dispatcher itself knows of no error but
	 * VM_FAULT_OOM and VM_FAULT_SIGSEGV, and userfaultfd's own only for a huge page.
	 */
	if (facts->ret & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON) && !facts->marks &&
	    facts->after != PFC_ENTRY_HUGE &&
	    (facts->bits & (PFC_FACT_HUGE | PFC_FACT_INLINED)) == PFC_FACT_INLINED)
		return facts->bits & PFC_FACT_ANON ? PFC_ANON : PFC_FILE;
	if (facts->before != PFC_ENTRY_NONE || (facts->ret & VM_FAULT_ERROR))
		return PFC_LEAF_UNCLASSIFIED;
	if (facts->after == PFC_ENTRY_PRESENT)
		return facts->bits & PFC_FACT_ANON ? PFC_ANON : PFC_FILE;
	if (!(facts->bits & (PFC_FACT_ANON | PFC_FACT_HUGE)) &&
	    (facts->ret & (VM_FAULT_NOPAGE | PFC_FAULT_COMPLETED)))
		return PFC_FILE;
	return PFC_LEAF_UNCLASSIFIED;
}
NOKPROBE_SYMBOL(pfc_classify_inferred);

static unsigned int pfc_classify_class(const struct pfc_facts *facts)
{
	unsigned int pte = facts->marks & PFC_MARKS_PTE;
	unsigned int class;

	if (pte & BIT(PFC_MARK_SWAP))
		return PFC_SWAP;
	if (pte)
		return is_power_of_2(pte) ? pfc_mark_to_class[__ffs(pte)] :
					    PFC_LEAF_UNCLASSIFIED;
	class = pfc_classify_inferred(facts);
	if (class != PFC_LEAF_UNCLASSIFIED)
		return class;
	if (facts->marks & PFC_MARKS_THP)
		return PFC_THP;
	if (facts->marks & BIT(PFC_MARK_HUGETLB))
		return PFC_HUGETLB;
	if (facts->ret & VM_FAULT_ERROR)
		return PFC_ERROR;
	/*
	 * Only ->huge_fault() completes a fault with a value and no mark:
	 * whatever else does nothing returns 0 (__handle_mm_fault(), 5.10-7.2).
	 */
	if (facts->bits & PFC_FACT_HUGE && facts->ret)
		return PFC_THP;
	return PFC_NONE;
}
NOKPROBE_SYMBOL(pfc_classify_class);

/* do_wp_page(): the order of its tests, 5.10 to 7.2. */
static unsigned int pfc_refine_wp(const struct pfc_facts *facts)
{
	if (facts->bits & PFC_FACT_UFFD)
		return PFC_LEAF(WP_UFFD);
	if (facts->bits & PFC_FACT_SHARED)
		return facts->bits & PFC_FACT_SPECIAL ? PFC_LEAF(WP_PFN) : PFC_LEAF(WP_SHARED);
	if (facts->bits & PFC_FACT_REUSED)
		return PFC_LEAF(WP_REUSE);
	/* Only a copy can fail; or be gone again, since nothing else refers to it. */
	if (!(facts->bits & PFC_FACT_SAME_PAGE) || facts->ret & VM_FAULT_ERROR)
		return PFC_LEAF(WP_COPY);
	return PFC_LEAF(WP_REUSE);
}
NOKPROBE_SYMBOL(pfc_refine_wp);

static unsigned int pfc_refine_thp(const struct pfc_facts *facts)
{
	if (facts->marks & BIT(PFC_MARK_THP_NUMA))
		return PFC_LEAF(THP_NUMA);
	if (facts->marks & BIT(PFC_MARK_THP_WP))
		return PFC_LEAF(THP_WP);
	if (facts->marks & BIT(PFC_MARK_THP_AF))
		return PFC_LEAF(THP_AF);
	if (facts->marks & BIT(PFC_MARK_THP_ANON))
		return PFC_LEAF(THP_ANON);
	return facts->bits & PFC_FACT_HUGE ? PFC_LEAF(THP_FILE) : PFC_THP;
}
NOKPROBE_SYMBOL(pfc_refine_thp);

static unsigned int pfc_refine_error(const struct pfc_facts *facts)
{
	if (facts->ret & (VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE))
		return PFC_LEAF(ERROR_HWPOISON);
	if (facts->ret & VM_FAULT_OOM)
		return PFC_LEAF(ERROR_OOM);
	if (facts->ret & VM_FAULT_SIGSEGV)
		return PFC_LEAF(ERROR_SEGV);
	return facts->ret & VM_FAULT_SIGBUS ? PFC_LEAF(ERROR_SIGBUS) : PFC_ERROR;
}
NOKPROBE_SYMBOL(pfc_refine_error);

/**
 * pfc_classify() - the one leaf in which a completed fault is counted
 * @facts: the last visit of the fault, which did not return VM_FAULT_RETRY
 *
 * A swap fault may go on into the leaves of the other classes (do_swap_page()
 * calls do_wp_page(), handle_pte_marker() calls do_anonymous_page() or
 * do_fault()); the dispatcher chose do_swap_page(), so that is the class. A mark
 * of the PTE level beside one of the PMD level means that the PMD level fell
 * back. Otherwise two marks of the PTE level cannot happen, and are unclassified.
 *
 * Context: any; probe handlers.
 * Return: a leaf, or PFC_LEAF_UNCLASSIFIED.
 */
unsigned int pfc_classify(const struct pfc_facts *facts)
{
	unsigned int class = pfc_classify_class(facts);

	/* Nothing was left to do, because the visit before this had done it. */
	if (PFC_FAULT_DONE && (class == PFC_SPURIOUS || class == PFC_NONE)) {
		if (facts->bits & PFC_FACT_DONE_WP)
			class = PFC_WP;
		else if (facts->bits & PFC_FACT_DONE_FILE)
			class = PFC_FILE;
	}
	switch (class) {
	case PFC_ANON:
		return facts->flags & FAULT_FLAG_WRITE ? PFC_LEAF(ANON_ALLOC) : PFC_LEAF(ANON_ZERO);
	case PFC_WP:
		return pfc_refine_wp(facts);
	case PFC_SWAP:
		return pfc_refine_swap(facts);
	case PFC_AF:
		return facts->marks & BIT(PFC_MARK_AF_DIRTY) ? PFC_LEAF(AF_DIRTY) : PFC_AF;
	case PFC_FILE:
		return pfc_refine_file(facts, facts->ret);
	case PFC_THP:
		return pfc_refine_thp(facts);
	case PFC_ERROR:
		return pfc_refine_error(facts);
	default:
		return class;
	}
}
NOKPROBE_SYMBOL(pfc_classify);
