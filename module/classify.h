/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts in, class out. Nothing here knows probes, registers or page tables.
 */
#ifndef PFC_CLASSIFY_H
#define PFC_CLASSIFY_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <compat/fault.h>
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
	/* Refines another mark, which is always set with it. */
	PFC_NR_SEEN_MARKS,
	PFC_MARK_AF_DIRTY = PFC_NR_SEEN_MARKS,
	/* Not of a visit: the architecture refused the access. */
	PFC_MARK_REFUSED,
	PFC_NR_MARKS
};

#define PFC_MARKS_PTE	(BIT(PFC_MARK_THP_ANON) - 1)
#define PFC_MARKS_UPDATE	(BIT(PFC_MARK_AF) | BIT(PFC_MARK_DIRTY) | BIT(PFC_MARK_SPURIOUS))
#define PFC_MARKS_THP	(BIT(PFC_MARK_HUGETLB) - BIT(PFC_MARK_THP_ANON))

/*
 * Where a completed fault is counted: a class of its own when nothing is known
 * of its inside, else the refinement. Every leaf belongs to one class, so the
 * classes are sums over leaves; except swap_wp, which describes faults that are
 * counted in another leaf.
 */
#define PFC_LEAF_REFINED	PFC_NR_CLASSES
#define PFC_NR_LEAVES		(PFC_NR_CLASSES + PFC_NR_REFINEMENTS)
#define PFC_LEAF_UNCLASSIFIED	PFC_NR_LEAVES
#define PFC_LEAF_REFUSED	(PFC_NR_LEAVES + 1)	/* of class error: there was no visit */
#define PFC_NR_CELLS		(PFC_NR_LEAVES + 2)
#define PFC_LEAF(refinement)	(PFC_LEAF_REFINED + PFC_##refinement)

/* The three splits of a leaf, folded into one index. */
#define PFC_NR_SPLITS	(PFC_NR_ACCESSES * PFC_NR_ORIGINS * PFC_NR_OUTCOMES)

static inline unsigned int pfc_split(enum pfc_access access,
				     enum pfc_origin origin,
				     enum pfc_outcome outcome)
{
	return (access * PFC_NR_ORIGINS + origin) * PFC_NR_OUTCOMES + outcome;
}

/* What is inferred from the entry before and after, because no probe shows it. */
enum pfc_infer {
	PFC_INFER_ANON_READ,
	PFC_INFER_FILE_READ,
	PFC_INFER_ANON,
	PFC_INFER_FILE,
};

/* What maps an address. */
enum pfc_entry {
	PFC_ENTRY_UNKNOWN,	/* was not read */
	PFC_ENTRY_NONE,		/* nothing */
	PFC_ENTRY_SWAP,		/* an entry that is not present */
	PFC_ENTRY_PRESENT,	/* a page */
	PFC_ENTRY_HUGE,		/* something at the PMD level or above */
};

/* Yes or no, in @bits of struct pfc_facts. */
enum pfc_fact {
	PFC_FACT_GUP	= BIT(0),  /* no registers: get_user_pages(), no exception */
	PFC_FACT_ANON	= BIT(1),  /* the mapping has no vm_ops */
	PFC_FACT_HUGE	= BIT(2),  /* its vm_ops have ->huge_fault */
	PFC_FACT_AROUND	= BIT(3),  /* its vm_ops have ->map_pages */
	PFC_FACT_SHARED	= BIT(4),  /* it is shared */
	PFC_FACT_SPECIAL = BIT(5), /* do_wp_page() found no struct page of its own */
	PFC_FACT_UFFD	= BIT(6),  /* it found a write protection of userfaultfd's */
	PFC_FACT_REPORTED = BIT(7), /* the frame holds what events and latency want */
	PFC_FACT_DONE_WP = BIT(8), /* a visit that was retried did do_wp_page()'s work */
	PFC_FACT_DONE_FILE = BIT(9), /* or do_fault()'s */
	PFC_FACT_SEGV	= BIT(10), /* a visit ended in VM_FAULT_SIGSEGV: the signal follows */
	PFC_FACT_INLINED = BIT(11), /* do_anonymous_page() or do_fault() may leave no mark;
				     * whatever else the dispatcher calls does
				     */
	/* The page that do_wp_page() was called for. If neither is set, it was copied. */
	PFC_FACT_SAME_PAGE = BIT(13), /* it is still mapped */
	PFC_FACT_REUSED	= BIT(14), /* wp_page_reuse() made its entry writable */
};

/* These are kept from visit to visit. */
#define PFC_FACTS_OF_FAULT	(PFC_FACT_UFFD | PFC_FACT_DONE_WP | PFC_FACT_DONE_FILE | \
				 PFC_FACT_SEGV)

/**
 * struct pfc_facts - all that is known of one visit when it ends
 * @marks: bit set of enum pfc_mark
 * @flags: FAULT_FLAG_* of the call of handle_mm_fault()
 * @ret: VM_FAULT_* that it returned
 * @bits: bit set of enum pfc_fact
 * @before: the entry when the visit began, where it was read
 * @after: the entry when it ended, where it was read
 * @swap: refinement of class swap, by the entry that do_swap_page() found, or
 *	0: not known
 */
struct pfc_facts {
	unsigned int marks;
	unsigned int flags;
	unsigned int bits;
	u8 before;
	u8 after;
	u16 swap;
	vm_fault_t ret;
};

bool pfc_classify_reads_after(const struct pfc_facts *facts);
unsigned int pfc_classify(const struct pfc_facts *facts);
enum pfc_class pfc_mark_class(enum pfc_mark mark);
enum pfc_class pfc_refinement_class(enum pfc_refinement refinement);

extern const u8 pfc_leaf_to_class[PFC_NR_CELLS];

/**
 * pfc_leaf_class() - the class whose faults a leaf holds
 * @leaf: a leaf, less than PFC_NR_CELLS
 *
 * Context: any; probe handlers.
 * Return: the class, or PFC_NR_CLASSES: its faults are in another leaf too, or in none.
 */
static __always_inline enum pfc_class pfc_leaf_class(unsigned int leaf)
{
	return pfc_leaf_to_class[leaf];
}

/**
 * pfc_classify_access() - what a fault was to do
 * @facts: @facts->flags
 *
 * Context: any; probe handlers.
 * Return: the access.
 */
static __always_inline enum pfc_access
pfc_classify_access(const struct pfc_facts *facts)
{
	if (facts->flags & FAULT_FLAG_INSTRUCTION)
		return PFC_EXEC;
	return facts->flags & FAULT_FLAG_WRITE ? PFC_WRITE : PFC_READ;
}

/**
 * pfc_classify_origin() - where a fault came from
 * @facts: @facts->flags and @facts->bits
 *
 * Context: any; probe handlers.
 * Return: the origin.
 */
static __always_inline enum pfc_origin
pfc_classify_origin(const struct pfc_facts *facts)
{
	if (facts->bits & PFC_FACT_GUP)
		return PFC_GUP;
	return facts->flags & FAULT_FLAG_USER ? PFC_USER : PFC_KERNEL;
}

/**
 * struct pfc_quick - what needs no rule
 * @leaf: by the marks of the PTE level, doubled, and whether it is a write: the leaf, where
 *	these alone decide it, or 0
 * @split: by pfc_split_index(): the split of what did not return VM_FAULT_MAJOR
 */
struct pfc_quick {
	u8 leaf[2 * (PFC_MARKS_PTE + 1)];
	u8 split[32];
};

extern const struct pfc_quick pfc_quick;

/* The flags and facts that a split depends on, packed. Their values hold from 5.10 to 7.2. */
static __always_inline unsigned int pfc_split_index(unsigned int flags, unsigned int bits)
{
	BUILD_BUG_ON(FAULT_FLAG_WRITE != 0x1 || FAULT_FLAG_TRIED != 0x20 ||
		     FAULT_FLAG_USER != 0x40 || FAULT_FLAG_INSTRUCTION != 0x100 ||
		     PFC_FACT_GUP != 0x1);
	return (flags & 0x1) | (flags >> 4 & 0x16) | (bits & 0x1) << 3;
}

/**
 * pfc_classify_split() - access, origin and outcome of a completed fault
 * @facts: @facts->flags and @facts->bits
 * @ret: VM_FAULT_* that handle_mm_fault() returned
 *
 * Major is what mm_account_fault() calls major, so that getrusage() agrees.
 *
 * Context: any; probe handlers.
 * Return: an index, less than PFC_NR_SPLITS; as long as a register, which saves its extension.
 */
static __always_inline unsigned long pfc_classify_split(const struct pfc_facts *facts,
							vm_fault_t ret)
{
	unsigned long split = pfc_quick.split[pfc_split_index(facts->flags, facts->bits)];

	BUILD_BUG_ON(PFC_MAJOR != 1 || PFC_MINOR != 0);
	return split | (ret & VM_FAULT_MAJOR ? PFC_MAJOR : PFC_MINOR);
}

/**
 * pfc_classify_reads_before() - whether the entry must be known when a visit begins
 * @flags: FAULT_FLAG_* of the call of handle_mm_fault()
 * @bits: bit set of enum pfc_fact
 * @infer: bit set of enum pfc_infer
 *
 * What has a probe of its own is not inferred: on kernels that inline
 * do_anonymous_page() and do_fault(), writes meet one, and only zero-page reads
 * and fault-around do not.
 *
 * Context: any; probe handlers.
 * Return: true if it must.
 */
static __always_inline bool pfc_classify_reads_before(unsigned int flags, unsigned int bits,
						      unsigned long infer)
{
	if (flags & FAULT_FLAG_WRITE)
		infer &= ~(BIT(PFC_INFER_ANON_READ) | BIT(PFC_INFER_FILE_READ));
	if (bits & PFC_FACT_ANON)
		return infer & (BIT(PFC_INFER_ANON_READ) | BIT(PFC_INFER_ANON));
	return infer & (BIT(PFC_INFER_FILE_READ) | BIT(PFC_INFER_FILE));
}

/* do_fault() */
static __always_inline unsigned int pfc_refine_file(const struct pfc_facts *facts,
						    vm_fault_t ret)
{
	if (facts->flags & FAULT_FLAG_WRITE)
		return facts->bits & PFC_FACT_SHARED ? PFC_LEAF(FILE_SHARED) : PFC_LEAF(FILE_COW);
	/*
	 * do_fault_around() returns the NOPAGE of ->map_pages(); __do_fault(),
	 * which comes after it, adds LOCKED to whatever happens next.
	 */
	if (facts->bits & PFC_FACT_AROUND &&
	    (ret & (VM_FAULT_NOPAGE | VM_FAULT_LOCKED)) == VM_FAULT_NOPAGE)
		return PFC_LEAF(FILE_AROUND);
	return PFC_LEAF(FILE_READ);
}

/* do_swap_page() */
static __always_inline unsigned int pfc_refine_swap(const struct pfc_facts *facts)
{
	BUILD_BUG_ON(PFC_SWAP_IN == 0);
	return facts->swap ? PFC_LEAF_REFINED + facts->swap : PFC_SWAP;
}

/**
 * pfc_classify_disagrees() - whether a mark contradicts the entry found before
 * @facts: the last visit of the fault
 *
 * Another thread may have changed the entry in between; nothing else should.
 *
 * Context: any; probe handlers.
 * Return: true if the dispatcher went where that entry would not have sent it.
 */
static __always_inline bool pfc_classify_disagrees(const struct pfc_facts *facts)
{
	unsigned int pte = facts->marks & PFC_MARKS_PTE;

	switch (facts->before) {
	case PFC_ENTRY_NONE:
		if (facts->bits & PFC_FACT_ANON)
			return pte & ~BIT(PFC_MARK_ANON);
		return pte & ~BIT(PFC_MARK_FILE);
	case PFC_ENTRY_SWAP:
		return pte && !(pte & BIT(PFC_MARK_SWAP));
	case PFC_ENTRY_PRESENT:
		return pte & (BIT(PFC_MARK_ANON) | BIT(PFC_MARK_FILE) | BIT(PFC_MARK_SWAP));
	default:
		return false;
	}
}

/**
 * pfc_classify_quick() - the leaf of a fault, if that takes little
 * @facts: all but @facts->ret; @facts->before does not contradict the marks
 * @ret: VM_FAULT_* that handle_mm_fault() returned
 *
 * Context: any; probe handlers.
 * Return: what pfc_classify() would return, or 0: ask it. (0 is PFC_ANON, which always is
 * refined.)
 */
static __always_inline unsigned int pfc_classify_quick(const struct pfc_facts *facts,
						       vm_fault_t ret)
{
	unsigned int marks = facts->marks, leaf;

	if (unlikely(marks > PFC_MARKS_PTE))
		return 0;
	leaf = pfc_quick.leaf[2 * marks + (facts->flags & FAULT_FLAG_WRITE ? 1 : 0)];
	if (likely(leaf))
		return leaf;
	if (marks == BIT(PFC_MARK_FILE))
		return pfc_refine_file(facts, ret);
	if (marks == BIT(PFC_MARK_WP) &&
	    !(facts->bits & (PFC_FACT_UFFD | PFC_FACT_SHARED | PFC_FACT_SAME_PAGE)))
		return facts->bits & PFC_FACT_REUSED ? PFC_LEAF(WP_REUSE) : PFC_LEAF(WP_COPY);
	if (marks == BIT(PFC_MARK_SWAP))
		return pfc_refine_swap(facts);
	return 0;
}

/**
 * pfc_classify_reads_page() - whether the page must be read when a visit ends
 * @facts: those of a visit in which do_wp_page() was seen
 *
 * do_wp_page() copies or reuses the page of a private mapping. For a write that is known
 * without reading it where ptep_set_access_flags() has a probe at its entry, since of the
 * two only wp_page_reuse() calls that with its argument dirty (5.10 to 7.2).
 *
 * Context: any; probe handlers.
 * Return: true if it must.
 */
static __always_inline bool pfc_classify_reads_page(const struct pfc_facts *facts)
{
	return (facts->bits & (PFC_FACT_SAME_PAGE | PFC_FACT_REUSED | PFC_FACT_SHARED)) ==
		       PFC_FACT_SAME_PAGE &&
	       !(facts->ret & (VM_FAULT_ERROR | VM_FAULT_RETRY | PFC_FAULT_COMPLETED));
}

#endif /* PFC_CLASSIFY_H */
