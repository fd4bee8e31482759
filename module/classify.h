/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts in, class out. Nothing here knows probes, registers or page tables.
 */
#ifndef PFC_CLASSIFY_H
#define PFC_CLASSIFY_H

#include <linux/bits.h>
#include <linux/types.h>
#include <pfclass.h>

/*
 * What a probe can say about a visit. The ones before PFC_MARK_THP_ANON are
 * set at the PTE level, where the dispatcher calls at most one leaf a visit.
 */
enum pfc_mark {
	PFC_MARK_ANON,
	PFC_MARK_WP,
	PFC_MARK_SWAP,
	PFC_MARK_NUMA,
	PFC_MARK_AF,
	PFC_MARK_DIRTY,
	PFC_MARK_SPURIOUS,
	PFC_MARK_FILE,
	PFC_MARK_THP_ANON,
	PFC_MARK_THP_WP,
	PFC_MARK_THP_NUMA,
	PFC_MARK_THP_AF,
	PFC_MARK_THP_DEVICE,
	PFC_MARK_HUGETLB,
	PFC_NR_MARKS
};

#define PFC_MARKS_PTE	(BIT(PFC_MARK_THP_ANON) - 1)
#define PFC_MARKS_TAIL	(BIT(PFC_MARK_AF) | BIT(PFC_MARK_DIRTY) | BIT(PFC_MARK_SPURIOUS))
#define PFC_MARKS_THP	(BIT(PFC_MARK_HUGETLB) - BIT(PFC_MARK_THP_ANON))

/*
 * Where a completed fault is counted: a class of its own when nothing is known
 * of its inside, else the refinement. Every refinement leaf belongs to one
 * class, so the classes are sums over leaves.
 */
#define PFC_LEAF_REFINED	PFC_NR_CLASSES
#define PFC_NR_LEAVES		(PFC_NR_CLASSES + PFC_NR_REFINEMENTS)
#define PFC_LEAF_UNCLASSIFIED	PFC_NR_LEAVES

/* The three splits of a leaf, folded into one index. */
#define PFC_NR_SPLITS	(PFC_NR_ACCESSES * PFC_NR_ORIGINS * PFC_NR_OUTCOMES)

static inline unsigned int pfc_split(enum pfc_access access,
				     enum pfc_origin origin,
				     enum pfc_outcome outcome)
{
	return (access * PFC_NR_ORIGINS + origin) * PFC_NR_OUTCOMES + outcome;
}

/* What the entry before and after must decide, because no place shows it. */
enum pfc_infer {
	PFC_INFER_ANON_READ,
	PFC_INFER_FILE_READ,
	PFC_INFER_ANON,
	PFC_INFER_FILE,
};

/* What maps an address. */
enum pfc_entry {
	PFC_ENTRY_UNKNOWN,	/* was not looked at */
	PFC_ENTRY_NONE,		/* nothing */
	PFC_ENTRY_SWAP,		/* an entry that is not present */
	PFC_ENTRY_PRESENT,	/* a page */
	PFC_ENTRY_HUGE,		/* something at the PMD level or above */
};

/**
 * struct pfc_facts - all that is known of one visit when it ends
 * @marks: bit set of enum pfc_mark
 * @flags: FAULT_FLAG_* of the call of handle_mm_fault()
 * @ret: VM_FAULT_* that it returned
 * @gup: no registers were passed: not an exception (get_user_pages() and kin)
 * @anon: the mapping has no vm_ops
 * @huge_fault: the mapping's vm_ops have ->huge_fault
 * @blind: some class's places are missing, so that no mark means nothing
 * @before: the entry when the visit began, where that was asked
 * @after: the entry when it ended, where that was asked
 */
struct pfc_facts {
	unsigned long marks;
	unsigned int flags;
	unsigned int ret;
	bool gup;
	bool anon;
	bool huge_fault;
	bool blind;
	u8 before;
	u8 after;
};

bool pfc_classify_asks_before(const struct pfc_facts *facts, unsigned long infer);
bool pfc_classify_asks_after(const struct pfc_facts *facts);
bool pfc_classify_disagrees(const struct pfc_facts *facts);
unsigned int pfc_classify(const struct pfc_facts *facts);
unsigned int pfc_classify_split(const struct pfc_facts *facts);
enum pfc_class pfc_mark_class(enum pfc_mark mark);
enum pfc_class pfc_leaf_class(unsigned int leaf);

#endif /* PFC_CLASSIFY_H */
