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
};

static const u8 pfc_refinement_to_class[PFC_NR_REFINEMENTS] = {
#define PFC_X(id, class, key) [PFC_##id] = PFC_##class,
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
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
 * pfc_leaf_class() - the class whose faults a leaf holds
 * @leaf: a leaf, less than PFC_NR_LEAVES
 *
 * Context: any.
 * Return: the class.
 */
enum pfc_class pfc_leaf_class(unsigned int leaf)
{
	if (leaf < PFC_LEAF_REFINED)
		return leaf;
	return pfc_refinement_to_class[leaf - PFC_LEAF_REFINED];
}

/**
 * pfc_classify() - the one leaf in which a completed fault is counted
 * @facts: the last visit of the fault, which did not return VM_FAULT_RETRY
 *
 * A swap fault may go on into the leaves of the other classes (do_swap_page()
 * calls do_wp_page(), handle_pte_marker() calls do_anonymous_page() or
 * do_fault()); the dispatcher chose do_swap_page(), so that is the class. A mark
 * of the PTE level beside one of the PMD level means that the PMD level fell
 * back. Otherwise two marks of the PTE level cannot happen, and are said.
 *
 * Context: any; probe handlers.
 * Return: a leaf, or PFC_LEAF_UNCLASSIFIED.
 */
unsigned int pfc_classify(const struct pfc_facts *facts)
{
	unsigned long pte = facts->marks & PFC_MARKS_PTE;

	if (pte & BIT(PFC_MARK_SWAP))
		return PFC_SWAP;
	if (pte)
		return is_power_of_2(pte) ? pfc_mark_to_class[__ffs(pte)] :
					    PFC_LEAF_UNCLASSIFIED;
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
	if (facts->huge_fault && facts->ret)
		return PFC_THP;
	return PFC_NONE;
}
NOKPROBE_SYMBOL(pfc_classify);

/**
 * pfc_classify_split() - access, origin and outcome of a completed fault
 * @facts: as for pfc_classify()
 *
 * Major is what mm_account_fault() calls major, so that getrusage() agrees.
 *
 * Context: any; probe handlers.
 * Return: an index, less than PFC_NR_SPLITS.
 */
unsigned int pfc_classify_split(const struct pfc_facts *facts)
{
	enum pfc_access access = facts->flags & FAULT_FLAG_INSTRUCTION ? PFC_EXEC :
				 facts->flags & FAULT_FLAG_WRITE ? PFC_WRITE : PFC_READ;
	enum pfc_origin origin = facts->gup ? PFC_GUP :
				 facts->flags & FAULT_FLAG_USER ? PFC_USER : PFC_KERNEL;
	enum pfc_outcome outcome = (facts->ret & VM_FAULT_MAJOR) ||
				   (facts->flags & FAULT_FLAG_TRIED) ? PFC_MAJOR : PFC_MINOR;

	return pfc_split(access, origin, outcome);
}
NOKPROBE_SYMBOL(pfc_classify_split);
