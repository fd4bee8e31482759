// SPDX-License-Identifier: GPL-2.0
/*
 * The classifier: a row for each rule, and what must hold for all facts whatever.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include "../classify.c"
#include "suites.h"

#define M(mark)		BIT(PFC_MARK_##mark)
#define F(fact)		PFC_FACT_##fact
#define READS		FAULT_FLAG_USER
#define WRITES		(FAULT_FLAG_USER | FAULT_FLAG_WRITE)

/* Before 6.0, where a visit can have done the work and returned RETRY: OLD; since: NEW. */
#define OLD_OR_NEW(old, new)	(PFC_FAULT_DONE ? (old) : (new))

static const struct pfc_rule {
	const char *name;
	struct pfc_facts facts;
	unsigned int leaf;
} pfc_rules[] = {
	/* One mark of the PTE level. */
	{ "anon: a read gets the zero page", { M(ANON), READS }, PFC_LEAF(ANON_ZERO) },
	{ "anon: a fetch reads", { M(ANON), READS | FAULT_FLAG_INSTRUCTION },
	  PFC_LEAF(ANON_ZERO) },
	{ "anon: a write gets a page", { M(ANON), WRITES }, PFC_LEAF(ANON_ALLOC) },
	{ "anon: an error does not change the class",
	  { M(ANON), WRITES, .ret = VM_FAULT_OOM }, PFC_LEAF(ANON_ALLOC) },
	{ "wp: another page is mapped", { M(WP), WRITES },
	  PFC_LEAF(WP_COPY) },
	{ "wp: the same page is mapped", { M(WP), WRITES, F(SAME_PAGE) },
	  PFC_LEAF(WP_REUSE) },
	{ "wp: wp_page_reuse() was seen", { M(WP), WRITES, F(REUSED) },
	  PFC_LEAF(WP_REUSE) },
	{ "wp: only a copy fails",
	  { M(WP), WRITES, F(SAME_PAGE), .ret = VM_FAULT_OOM }, PFC_LEAF(WP_COPY) },
	{ "wp: shared", { M(WP), WRITES, F(SHARED) | F(SAME_PAGE) },
	  PFC_LEAF(WP_SHARED) },
	{ "wp: shared, though the page changed",
	  { M(WP), WRITES, F(SHARED) }, PFC_LEAF(WP_SHARED) },
	{ "wp: shared, without struct page", { M(WP), WRITES, F(SHARED) | F(SPECIAL) },
	  PFC_LEAF(WP_PFN) },
	{ "wp: special, but private",
	  { M(WP), WRITES, F(SPECIAL) }, PFC_LEAF(WP_COPY) },
	{ "wp: userfaultfd comes first",
	  { M(WP), WRITES, F(UFFD) | F(SHARED) | F(SPECIAL) },
	  PFC_LEAF(WP_UFFD) },
	{ "swap: a swap entry", { M(SWAP), READS, .swap = PFC_SWAP_IN }, PFC_LEAF(SWAP_IN) },
	{ "swap: a migration entry", { M(SWAP), READS, .swap = PFC_SWAP_MIGRATION },
	  PFC_LEAF(SWAP_MIGRATION) },
	{ "swap: a device's entry", { M(SWAP), READS, .swap = PFC_SWAP_DEVICE },
	  PFC_LEAF(SWAP_DEVICE) },
	{ "swap: an unknown entry", { M(SWAP), READS }, PFC_SWAP },
	{ "swap: went on into do_wp_page",
	  { M(SWAP) | M(WP), WRITES, .swap = PFC_SWAP_IN },
	  PFC_LEAF(SWAP_IN) },
	{ "swap: a marker went on into do_anonymous_page",
	  { M(SWAP) | M(ANON), WRITES, .swap = PFC_SWAP_MARKER }, PFC_LEAF(SWAP_MARKER) },
	{ "swap: a marker went on into do_fault",
	  { M(SWAP) | M(FILE), READS, .swap = PFC_SWAP_MARKER }, PFC_LEAF(SWAP_MARKER) },
	{ "swap: an error does not change the class",
	  { M(SWAP), READS, .swap = PFC_SWAP_HWPOISON, .ret = VM_FAULT_HWPOISON },
	  PFC_LEAF(SWAP_HWPOISON) },
	{ "numa", { M(NUMA), READS }, PFC_NUMA },
	{ "numa: a write", { M(NUMA), WRITES }, PFC_NUMA },
	{ "af", { M(AF), READS }, PFC_AF },
	{ "af: made dirty as well", { M(AF) | M(AF_DIRTY), WRITES }, PFC_LEAF(AF_DIRTY) },
	{ "dirty", { M(DIRTY), WRITES }, PFC_DIRTY },
	{ "spurious", { M(SPURIOUS), READS }, PFC_SPURIOUS },
	{ "file: a read", { M(FILE), READS, .ret = VM_FAULT_LOCKED }, PFC_LEAF(FILE_READ) },
	{ "file: fault-around",
	  { M(FILE), READS, F(AROUND), .ret = VM_FAULT_NOPAGE }, PFC_LEAF(FILE_AROUND) },
	{ "file: fault-around that found nothing",
	  { M(FILE), READS, F(AROUND), .ret = VM_FAULT_NOPAGE | VM_FAULT_LOCKED },
	  PFC_LEAF(FILE_READ) },
	{ "file: NOPAGE without fault-around",
	  { M(FILE), READS, .ret = VM_FAULT_NOPAGE }, PFC_LEAF(FILE_READ) },
	{ "file: a write to a private mapping", { M(FILE), WRITES }, PFC_LEAF(FILE_COW) },
	{ "file: a write to a shared one", { M(FILE), WRITES, F(SHARED) },
	  PFC_LEAF(FILE_SHARED) },
	{ "file: a write is not fault-around",
	  { M(FILE), WRITES, F(AROUND), .ret = VM_FAULT_NOPAGE }, PFC_LEAF(FILE_COW) },

	/* Two of the PTE level. */
	{ "two marks fit no class", { M(ANON) | M(FILE), READS }, PFC_LEAF_UNCLASSIFIED },
	{ "wp and af fit no class", { M(WP) | M(AF), WRITES }, PFC_LEAF_UNCLASSIFIED },

	/* The PMD level. */
	{ "thp: anon", { M(THP_ANON), WRITES, F(ANON) }, PFC_LEAF(THP_ANON) },
	{ "thp: wp", { M(THP_WP), WRITES, F(ANON) }, PFC_LEAF(THP_WP) },
	{ "thp: numa", { M(THP_NUMA), READS, F(ANON) }, PFC_LEAF(THP_NUMA) },
	{ "thp: access flag", { M(THP_AF), READS, F(ANON) }, PFC_LEAF(THP_AF) },
	{ "thp: numa comes before wp", { M(THP_NUMA) | M(THP_WP), WRITES }, PFC_LEAF(THP_NUMA) },
	{ "thp: wp comes before access flag", { M(THP_WP) | M(THP_AF), WRITES },
	  PFC_LEAF(THP_WP) },
	{ "thp: a device's huge page", { M(THP_DEVICE), READS }, PFC_THP },
	{ "thp: a file's, marked", { M(THP_DEVICE), READS, F(HUGE) }, PFC_LEAF(THP_FILE) },
	{ "thp: ->huge_fault() alone returns a value without a mark",
	  { 0, READS, F(HUGE), .ret = VM_FAULT_NOPAGE }, PFC_LEAF(THP_FILE) },
	{ "thp: ->huge_fault() that returned 0", { 0, READS, F(HUGE) }, PFC_NONE },
	{ "thp: fell back to anon", { M(THP_ANON) | M(ANON), WRITES, F(ANON) },
	  PFC_LEAF(ANON_ALLOC) },
	{ "thp: a wp that fell back", { M(THP_WP) | M(WP), WRITES },
	  PFC_LEAF(WP_COPY) },
	{ "thp: an error does not change the class",
	  { M(THP_ANON), WRITES, F(ANON), .ret = VM_FAULT_OOM }, PFC_LEAF(THP_ANON) },
	{ "hugetlb", { M(HUGETLB), WRITES }, PFC_HUGETLB },
	{ "hugetlb: an error does not change the class",
	  { M(HUGETLB), WRITES, .ret = VM_FAULT_SIGBUS }, PFC_HUGETLB },

	/* No mark: what the entry before and after tells. */
	{ "inferred: anon", { 0, READS, F(ANON), .before = PFC_ENTRY_NONE,
	  .after = PFC_ENTRY_PRESENT }, PFC_LEAF(ANON_ZERO) },
	{ "inferred: anon, a write", { 0, WRITES, F(ANON), .before = PFC_ENTRY_NONE,
	  .after = PFC_ENTRY_PRESENT }, PFC_LEAF(ANON_ALLOC) },
	{ "inferred: file", { 0, READS, .before = PFC_ENTRY_NONE,
	  .after = PFC_ENTRY_PRESENT }, PFC_LEAF(FILE_READ) },
	{ "inferred: fault-around", { 0, READS, F(AROUND), .before = PFC_ENTRY_NONE,
	  .after = PFC_ENTRY_PRESENT, .ret = VM_FAULT_NOPAGE }, PFC_LEAF(FILE_AROUND) },
	{ "inferred: a file's NOPAGE though nothing is mapped", { 0, READS, F(AROUND),
	  .before = PFC_ENTRY_NONE, .after = PFC_ENTRY_NONE, .ret = VM_FAULT_NOPAGE },
	  PFC_LEAF(FILE_AROUND) },
	{ "inferred: NOPAGE of one with ->huge_fault() is the PMD level's", { 0, READS, F(HUGE),
	  .before = PFC_ENTRY_NONE, .after = PFC_ENTRY_HUGE, .ret = VM_FAULT_NOPAGE },
	  PFC_LEAF(THP_FILE) },
	{ "inferred: an anonymous mapping's NOPAGE is nobody's", { 0, READS, F(ANON),
	  .before = PFC_ENTRY_NONE, .after = PFC_ENTRY_NONE, .ret = VM_FAULT_NOPAGE },
	  PFC_NONE },
	{ "inferred: thp fell back", { M(THP_ANON), READS, F(ANON), .before = PFC_ENTRY_NONE,
	  .after = PFC_ENTRY_PRESENT }, PFC_LEAF(ANON_ZERO) },
	{ "inferred: a huge page is no anon", { M(THP_ANON), READS, F(ANON),
	  .before = PFC_ENTRY_NONE, .after = PFC_ENTRY_HUGE }, PFC_LEAF(THP_ANON) },
	{ "inferred: nothing, where a page was mapped", { 0, READS, F(ANON),
	  .before = PFC_ENTRY_PRESENT, .after = PFC_ENTRY_PRESENT }, PFC_NONE },
	{ "inferred: nothing, where the entry was not read", { 0, READS, F(ANON),
	  .after = PFC_ENTRY_PRESENT }, PFC_NONE },
	{ "inferred: nothing, where nothing is mapped still", { 0, READS, F(ANON),
	  .before = PFC_ENTRY_NONE, .after = PFC_ENTRY_NONE }, PFC_NONE },
	{ "inferred: do_fault()'s SIGBUS",
	  { 0, READS, F(INLINED), .before = PFC_ENTRY_NONE, .ret = VM_FAULT_SIGBUS },
	  PFC_LEAF(FILE_READ) },
	{ "inferred: do_anonymous_page()'s SIGBUS",
	  { 0, READS, F(INLINED) | F(ANON), .before = PFC_ENTRY_NONE, .ret = VM_FAULT_SIGBUS },
	  PFC_LEAF(ANON_ZERO) },
	{ "inferred: do_fault()'s HWPOISON",
	  { 0, READS, F(INLINED), .before = PFC_ENTRY_NONE, .ret = VM_FAULT_HWPOISON },
	  PFC_LEAF(FILE_READ) },
	{ "inferred: SIGBUS with all probes in place",
	  { 0, READS, .before = PFC_ENTRY_NONE, .ret = VM_FAULT_SIGBUS },
	  PFC_LEAF(ERROR_SIGBUS) },
	{ "inferred: SIGBUS with a probe missing, though a page is mapped",
	  { 0, READS, F(ANON), .before = PFC_ENTRY_NONE, .after = PFC_ENTRY_PRESENT,
	    .ret = VM_FAULT_SIGBUS }, PFC_LEAF(ERROR_SIGBUS) },
	{ "inferred: SIGBUS of ->huge_fault()",
	  { 0, READS, F(INLINED) | F(HUGE), .ret = VM_FAULT_SIGBUS }, PFC_LEAF(ERROR_SIGBUS) },
	{ "inferred: userfaultfd's SIGBUS for a huge page", { 0, WRITES, F(INLINED) | F(ANON),
	  .after = PFC_ENTRY_HUGE, .ret = VM_FAULT_SIGBUS }, PFC_LEAF(ERROR_SIGBUS) },
	{ "inferred: OOM may be the dispatcher's own",
	  { 0, READS, F(INLINED) | F(ANON), .before = PFC_ENTRY_NONE, .ret = VM_FAULT_OOM },
	  PFC_LEAF(ERROR_OOM) },

	/* No class at all. */
	{ "none", { 0, READS }, PFC_NONE },
	{ "error: SIGBUS", { 0, READS, .ret = VM_FAULT_SIGBUS }, PFC_LEAF(ERROR_SIGBUS) },
	{ "error: SIGSEGV", { 0, READS, .ret = VM_FAULT_SIGSEGV }, PFC_LEAF(ERROR_SEGV) },
	{ "error: OOM", { 0, READS, .ret = VM_FAULT_OOM }, PFC_LEAF(ERROR_OOM) },
	{ "error: HWPOISON", { 0, READS, .ret = VM_FAULT_HWPOISON }, PFC_LEAF(ERROR_HWPOISON) },
	{ "error: HWPOISON_LARGE", { 0, READS, .ret = VM_FAULT_HWPOISON_LARGE },
	  PFC_LEAF(ERROR_HWPOISON) },
	{ "error: hwpoison comes first", { 0, READS, .ret = VM_FAULT_HWPOISON | VM_FAULT_OOM },
	  PFC_LEAF(ERROR_HWPOISON) },
	{ "error: OOM comes before SIGSEGV",
	  { 0, READS, .ret = VM_FAULT_OOM | VM_FAULT_SIGSEGV }, PFC_LEAF(ERROR_OOM) },
	{ "error: SIGSEGV comes before SIGBUS",
	  { 0, READS, .ret = VM_FAULT_SIGSEGV | VM_FAULT_SIGBUS }, PFC_LEAF(ERROR_SEGV) },
	{ "error: FALLBACK is of no kind", { 0, READS, .ret = VM_FAULT_FALLBACK }, PFC_ERROR },

	/* The visit before had done the work, and returned RETRY. */
	{ "done: wp, then spurious", { M(SPURIOUS), WRITES, F(DONE_WP) | F(SHARED) },
	  OLD_OR_NEW(PFC_LEAF(WP_SHARED), PFC_SPURIOUS) },
	{ "done: wp, then nothing", { 0, WRITES, F(DONE_WP) | F(SHARED) },
	  OLD_OR_NEW(PFC_LEAF(WP_SHARED), PFC_NONE) },
	{ "done: file, then spurious", { M(SPURIOUS), WRITES, F(DONE_FILE) | F(SHARED) },
	  OLD_OR_NEW(PFC_LEAF(FILE_SHARED), PFC_SPURIOUS) },
	{ "done: file, then nothing", { 0, WRITES, F(DONE_FILE) | F(SHARED) },
	  OLD_OR_NEW(PFC_LEAF(FILE_SHARED), PFC_NONE) },
	{ "done: wp, then wp again",
	  { M(WP), WRITES, F(DONE_FILE) }, PFC_LEAF(WP_COPY) },
	{ "done: wp, then an access flag", { M(AF), WRITES, F(DONE_WP) }, PFC_AF },
};

static void pfc_rule_desc(const struct pfc_rule *rule, char *desc)
{
	strscpy(desc, rule->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_rules, pfc_rules, pfc_rule_desc);

static void rule(struct kunit *test)
{
	const struct pfc_rule *rule = test->param_value;

	KUNIT_EXPECT_EQ(test, pfc_classify(&rule->facts), rule->leaf);
}

/* Nothing that users see is without a rule above. */
static void class_and_refinement_has_a_rule(struct kunit *test)
{
	bool of_class[PFC_NR_CLASSES + 1] = {}, of_leaf[PFC_NR_CELLS] = {};
	enum pfc_refinement r;
	enum pfc_class class;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfc_rules); i++) {
		of_leaf[pfc_rules[i].leaf] = true;
		of_class[pfc_leaf_class(pfc_rules[i].leaf)] = true;
	}
	for (class = 0; class < PFC_NR_CLASSES; class++)
		KUNIT_EXPECT_EQ_MSG(test, of_class[class], true, "class %u", class);
	/* swap_wp is counted beside the others. */
	for (r = 0; r < PFC_NR_REFINEMENTS; r++)
		KUNIT_EXPECT_EQ_MSG(test, of_leaf[PFC_LEAF_REFINED + r], r != PFC_SWAP_WP,
				    "refinement %u", r);
}

/* Every mark by itself is counted in its class, whatever else is known. */
static void mark_speaks_for_its_class(struct kunit *test)
{
	enum pfc_mark mark;

	for (mark = 0; mark < PFC_NR_SEEN_MARKS; mark++) {
		struct pfc_facts facts = { .marks = BIT(mark) };

		KUNIT_EXPECT_EQ_MSG(test, pfc_leaf_class(pfc_classify(&facts)),
				    pfc_mark_class(mark), "mark %u", mark);
	}
	KUNIT_EXPECT_EQ(test, pfc_mark_class(PFC_MARK_AF_DIRTY), PFC_AF);
	KUNIT_EXPECT_EQ(test, pfc_mark_class(PFC_MARK_REFUSED), PFC_ERROR);
	KUNIT_EXPECT_EQ(test, pfc_mark_class(PFC_MARK_THP_DEVICE), PFC_THP);
	KUNIT_EXPECT_EQ(test, pfc_mark_class(PFC_MARK_HUGETLB), PFC_HUGETLB);
}

/* Leaves: each is of one class, except those that describe another leaf's faults. */
static void leaf_belongs_to_one_class(struct kunit *test)
{
	enum pfc_refinement r;
	enum pfc_class class;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		KUNIT_EXPECT_EQ(test, pfc_leaf_class(class), class);
	for (r = 0; r < PFC_NR_REFINEMENTS; r++)
		KUNIT_EXPECT_EQ_MSG(test, pfc_leaf_class(PFC_LEAF_REFINED + r),
				    r == PFC_SWAP_WP ? PFC_NR_CLASSES : pfc_refinement_class(r),
				    "refinement %u", r);
	KUNIT_EXPECT_EQ(test, pfc_refinement_class(PFC_SWAP_WP), PFC_SWAP);
	KUNIT_EXPECT_EQ(test, pfc_refinement_class(PFC_ERROR_HWPOISON), PFC_ERROR);
	KUNIT_EXPECT_EQ(test, pfc_leaf_class(PFC_LEAF_REFUSED), PFC_ERROR);
	KUNIT_EXPECT_EQ(test, pfc_leaf_class(PFC_LEAF_UNCLASSIFIED), PFC_NR_CLASSES);
}

static const vm_fault_t pfc_rets[] = {
	0, VM_FAULT_MAJOR, VM_FAULT_NOPAGE, VM_FAULT_LOCKED, VM_FAULT_NOPAGE | VM_FAULT_LOCKED,
	VM_FAULT_NEEDDSYNC, VM_FAULT_DONE_COW, PFC_FAULT_COMPLETED, VM_FAULT_OOM,
	VM_FAULT_SIGBUS, VM_FAULT_HWPOISON,
};

static const unsigned int pfc_more_marks[] = {
	0, M(AF_DIRTY), M(WP), M(FILE), M(THP_ANON), M(THP_WP),
};

/* The bits that any rule reads, spread over those of a number. */
static unsigned int pfc_spread(unsigned int n)
{
	static const unsigned int bits[] = {
		F(ANON), F(HUGE), F(AROUND), F(SHARED), F(UFFD), F(DONE_WP), F(DONE_FILE),
		F(INLINED), F(SAME_PAGE), F(REUSED),
	};
	unsigned int i, sum = 0;

	for (i = 0; i < ARRAY_SIZE(bits); i++)
		if (n & BIT(i))
			sum |= bits[i];
	return sum;
}

/* Counts facts of which pfc_classify_quick() says something else than pfc_classify(). */
static unsigned int pfc_quick_differs(struct pfc_facts *facts, unsigned int *answered)
{
	unsigned int quick, i, differs = 0;

	for (i = 0; i < ARRAY_SIZE(pfc_rets); i++) {
		facts->ret = pfc_rets[i];
		quick = pfc_classify_quick(facts, facts->ret);
		if (!quick)
			continue;
		(*answered)++;
		differs += quick != pfc_classify(facts);
	}
	return differs;
}

/* What the fast path says is what the slow path says, for all facts that it is given. */
static void quick_is_right(struct kunit *test)
{
	unsigned int mark, more, bits, write, answered = 0, differs = 0;

	for (mark = 0; mark < PFC_NR_SEEN_MARKS * ARRAY_SIZE(pfc_more_marks); mark++) {
		more = pfc_more_marks[mark / PFC_NR_SEEN_MARKS];
		for (bits = 0; bits < 1024; bits++) {
			for (write = 0; write < 2; write++) {
				struct pfc_facts facts = {
					.marks = BIT(mark % PFC_NR_SEEN_MARKS) | more,
					.flags = write ? WRITES : READS,
					.bits = pfc_spread(bits),
					.swap = bits % PFC_NR_REFINEMENTS,
				};

				differs += pfc_quick_differs(&facts, &answered);
			}
		}
	}
	KUNIT_EXPECT_EQ(test, differs, 0);
	/* At least the common ones are answered: plain marks, swap, file. */
	KUNIT_EXPECT_TRUE(test, answered > 6 * 256 * 2 * 3 * ARRAY_SIZE(pfc_rets));
}

/* The entry before and after are no matter to a fault that the fast path may answer. */
static void quick_needs_no_entries(struct kunit *test)
{
	unsigned int mark, before, after, i, differs = 0;

	for (mark = 0; mark < PFC_NR_SEEN_MARKS; mark++)
		for (before = 0; before <= PFC_ENTRY_HUGE; before++)
			for (after = 0; after <= PFC_ENTRY_HUGE; after++)
				for (i = 0; i < ARRAY_SIZE(pfc_rets); i++) {
					struct pfc_facts facts = {
						.marks = BIT(mark),
						.before = before,
						.after = after,
						.ret = pfc_rets[i],
					};
					unsigned int quick;

					/* The entry of a hugetlb mapping is not read. */
					if (mark == PFC_MARK_HUGETLB && before)
						continue;
					if (pfc_classify_disagrees(&facts))
						continue;
					quick = pfc_classify_quick(&facts, facts.ret);
					differs += quick &&
						   quick != pfc_classify(&facts);
				}
	KUNIT_EXPECT_EQ(test, differs, 0);
}

/* The fast path must answer what is common. */
static void quick_answers(struct kunit *test)
{
	static const struct pfc_facts common[] = {
		{ M(ANON), READS }, { M(ANON), WRITES }, { M(NUMA), READS }, { M(AF), READS },
		{ M(DIRTY), WRITES }, { M(SWAP), READS },
		{ M(FILE), READS }, { M(WP), WRITES },
		{ M(WP), WRITES, F(REUSED) },
	};
	static const struct pfc_facts rare[] = {
		{ 0, READS }, { M(ANON) | M(FILE), READS }, { M(AF) | M(AF_DIRTY), WRITES },
		{ M(WP), WRITES, F(SAME_PAGE) },
		{ M(WP), WRITES, F(SHARED) },
		{ M(WP), WRITES, F(UFFD) },
		{ M(THP_ANON), WRITES }, { M(HUGETLB), WRITES }, { M(SWAP) | M(WP), WRITES },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(common); i++)
		KUNIT_EXPECT_EQ_MSG(test, pfc_classify_quick(&common[i], 0),
				    pfc_classify(&common[i]), "common %u", i);
	for (i = 0; i < ARRAY_SIZE(rare); i++)
		KUNIT_EXPECT_EQ_MSG(test, pfc_classify_quick(&rare[i], 0), 0,
				    "rare %u", i);
}

static const struct pfc_split_row {
	const char *name;
	unsigned int flags;
	unsigned int bits;
	vm_fault_t ret;
	enum pfc_access access;
	enum pfc_origin origin;
	enum pfc_outcome outcome;
} pfc_splits[] = {
	{ "read by user", FAULT_FLAG_USER, 0, 0, PFC_READ, PFC_USER, PFC_MINOR },
	{ "write by user", WRITES, 0, 0, PFC_WRITE, PFC_USER, PFC_MINOR },
	{ "fetch by user", READS | FAULT_FLAG_INSTRUCTION, 0, 0, PFC_EXEC, PFC_USER, PFC_MINOR },
	{ "a fetch comes before a write", WRITES | FAULT_FLAG_INSTRUCTION, 0, 0, PFC_EXEC,
	  PFC_USER, PFC_MINOR },
	{ "uaccess", 0, 0, 0, PFC_READ, PFC_KERNEL, PFC_MINOR },
	{ "uaccess that writes", FAULT_FLAG_WRITE, 0, 0, PFC_WRITE, PFC_KERNEL, PFC_MINOR },
	{ "gup", FAULT_FLAG_WRITE, F(GUP), 0, PFC_WRITE, PFC_GUP, PFC_MINOR },
	{ "gup, whatever its flags", WRITES, F(GUP), 0, PFC_WRITE, PFC_GUP, PFC_MINOR },
	{ "major", READS, 0, VM_FAULT_MAJOR, PFC_READ, PFC_USER, PFC_MAJOR },
	{ "major, once it was retried", READS | FAULT_FLAG_TRIED, 0, 0, PFC_READ, PFC_USER,
	  PFC_MAJOR },
	{ "an error is minor", READS, 0, VM_FAULT_SIGBUS, PFC_READ, PFC_USER, PFC_MINOR },
};

static void pfc_split_desc(const struct pfc_split_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_splits, pfc_splits, pfc_split_desc);

static void split(struct kunit *test)
{
	const struct pfc_split_row *row = test->param_value;
	struct pfc_facts facts = { .flags = row->flags, .bits = row->bits };

	KUNIT_EXPECT_EQ(test, pfc_classify_access(&facts), row->access);
	KUNIT_EXPECT_EQ(test, pfc_classify_origin(&facts), row->origin);
	KUNIT_EXPECT_EQ(test, pfc_classify_split(&facts, row->ret),
			pfc_split(row->access, row->origin, row->outcome));
}

static void splits_are_distinct(struct kunit *test)
{
	unsigned int access, origin, outcome, seen = 0;

	for (access = 0; access < PFC_NR_ACCESSES; access++)
		for (origin = 0; origin < PFC_NR_ORIGINS; origin++)
			for (outcome = 0; outcome < PFC_NR_OUTCOMES; outcome++)
				seen |= 1U << pfc_split(access, origin, outcome);
	KUNIT_EXPECT_EQ(test, seen, (1U << PFC_NR_SPLITS) - 1);
}

#define I(infer)	BIT(PFC_INFER_##infer)

static const struct pfc_before_row {
	const char *name;
	unsigned int flags;
	unsigned int bits;
	unsigned long infer;
	bool reads;
} pfc_befores[] = {
	{ "nothing is inferred", READS, F(ANON), 0, false },
	{ "anon, a read", READS, F(ANON), I(ANON_READ), true },
	{ "anon, a write that meets a probe", WRITES, F(ANON), I(ANON_READ), false },
	{ "anon, a write that meets none", WRITES, F(ANON), I(ANON), true },
	{ "anon, a read that meets none", READS, F(ANON), I(ANON), true },
	{ "anon, where only files are inferred", READS, F(ANON), I(FILE_READ) | I(FILE), false },
	{ "file, a read", READS, 0, I(FILE_READ), true },
	{ "file, a write that meets a probe", WRITES, 0, I(FILE_READ), false },
	{ "file, a write that meets none", WRITES, 0, I(FILE), true },
	{ "file, where only anon is inferred", READS, 0, I(ANON) | I(ANON_READ), false },
};

static void pfc_before_desc(const struct pfc_before_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_befores, pfc_befores, pfc_before_desc);

static void reads_before(struct kunit *test)
{
	const struct pfc_before_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, pfc_classify_reads_before(row->flags, row->bits, row->infer),
			row->reads);
}

/* Whether three functions of the facts say yes. */
#define AFTER		BIT(0)	/* pfc_classify_reads_after() */
#define PAGE		BIT(1)	/* pfc_classify_reads_page() */
#define DISAGREES	BIT(2)	/* pfc_classify_disagrees() */

static const struct pfc_asks_row {
	const char *name;
	struct pfc_facts facts;
	unsigned int yes;
} pfc_asks[] = {
	{ "nothing was mapped", { .before = PFC_ENTRY_NONE }, AFTER },
	{ "a page was mapped", { .before = PFC_ENTRY_PRESENT }, 0 },
	{ "a swap entry was there", { .before = PFC_ENTRY_SWAP }, 0 },
	{ "the entry was not read", { 0 }, 0 },
	{ "nothing was mapped, a mark says all", { M(ANON), .bits = F(ANON),
	  .before = PFC_ENTRY_NONE }, 0 },
	{ "nothing was mapped, thp may have fallen back",
	  { M(THP_ANON), .bits = F(ANON), .before = PFC_ENTRY_NONE }, AFTER },
	{ "nothing was mapped, retried",
	  { .before = PFC_ENTRY_NONE, .ret = VM_FAULT_RETRY }, 0 },
	{ "nothing was mapped, OOM", { .before = PFC_ENTRY_NONE, .ret = VM_FAULT_OOM }, 0 },
	{ "SIGBUS without a mark", { .before = PFC_ENTRY_PRESENT, .ret = VM_FAULT_SIGBUS },
	  AFTER },
	{ "SIGBUS with one", { M(THP_WP), .before = PFC_ENTRY_NONE, .ret = VM_FAULT_SIGBUS }, 0 },
	{ "wp, the page not known", { M(WP), .bits = F(SAME_PAGE) }, PAGE },
	{ "wp, the page known", { M(WP) }, 0 },
	{ "wp, reuse seen", { M(WP), .bits = F(REUSED) }, 0 },
	{ "wp, shared", { M(WP), .bits = F(SHARED) | F(SAME_PAGE) }, 0 },
	{ "wp, failed", { M(WP), .bits = F(SAME_PAGE), .ret = VM_FAULT_OOM }, 0 },
	{ "wp, retried", { M(WP), .bits = F(SAME_PAGE), .ret = VM_FAULT_RETRY }, 0 },
	{ "anon where nothing was mapped", { M(ANON), .bits = F(ANON),
	  .before = PFC_ENTRY_NONE }, 0 },
	{ "file where nothing was mapped", { M(FILE), .before = PFC_ENTRY_NONE }, 0 },
	{ "file of an anonymous mapping", { M(FILE), .bits = F(ANON),
	  .before = PFC_ENTRY_NONE }, DISAGREES },
	{ "anon of a file", { M(ANON), .before = PFC_ENTRY_NONE }, DISAGREES },
	{ "af where nothing was mapped", { M(AF), .bits = F(ANON), .before = PFC_ENTRY_NONE },
	  DISAGREES },
	{ "swap of a swap entry", { M(SWAP), .before = PFC_ENTRY_SWAP }, 0 },
	{ "swap that went on", { M(SWAP) | M(WP), .before = PFC_ENTRY_SWAP }, 0 },
	{ "anon of a swap entry", { M(ANON), .bits = F(ANON), .before = PFC_ENTRY_SWAP },
	  DISAGREES },
	{ "wp of a page", { M(WP), .before = PFC_ENTRY_PRESENT }, 0 },
	{ "numa of a page", { M(NUMA), .before = PFC_ENTRY_PRESENT }, 0 },
	{ "anon of a page", { M(ANON), .bits = F(ANON), .before = PFC_ENTRY_PRESENT },
	  DISAGREES },
	{ "file of a page", { M(FILE), .before = PFC_ENTRY_PRESENT }, DISAGREES },
	{ "swap of a page", { M(SWAP), .before = PFC_ENTRY_PRESENT }, DISAGREES },
	{ "anything of a huge page", { M(ANON), .before = PFC_ENTRY_HUGE }, 0 },
	{ "anything, where the entry was not read", { M(ANON) }, 0 },
};

static void pfc_asks_desc(const struct pfc_asks_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_asks, pfc_asks, pfc_asks_desc);

static void reads_after_page_disagrees(struct kunit *test)
{
	const struct pfc_asks_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, pfc_classify_reads_after(&row->facts), !!(row->yes & AFTER));
	KUNIT_EXPECT_EQ(test, pfc_classify_reads_page(&row->facts), !!(row->yes & PAGE));
	KUNIT_EXPECT_EQ(test, pfc_classify_disagrees(&row->facts), !!(row->yes & DISAGREES));
}

/* Where the lock was dropped, nothing is read: COMPLETED says so since 6.0. */
static void completed_is_not_read(struct kunit *test)
{
	struct pfc_facts facts = { .before = PFC_ENTRY_NONE, .ret = PFC_FAULT_COMPLETED };

	KUNIT_EXPECT_EQ(test, pfc_classify_reads_after(&facts), !PFC_FAULT_COMPLETED);
	facts.marks = M(WP);
	facts.bits = F(SAME_PAGE);
	KUNIT_EXPECT_EQ(test, pfc_classify_reads_page(&facts), !PFC_FAULT_COMPLETED);
	/* A file's that mapped its page with the lock dropped. */
	facts.marks = 0;
	KUNIT_EXPECT_EQ(test, pfc_classify(&facts),
			PFC_FAULT_COMPLETED ? PFC_LEAF(FILE_READ) : PFC_NONE);
}

static struct kunit_case pfc_classify_cases[] = {
	KUNIT_CASE_PARAM(rule, pfc_rules_gen_params),
	KUNIT_CASE(class_and_refinement_has_a_rule),
	KUNIT_CASE(mark_speaks_for_its_class),
	KUNIT_CASE(leaf_belongs_to_one_class),
	KUNIT_CASE(quick_is_right),
	KUNIT_CASE(quick_needs_no_entries),
	KUNIT_CASE(quick_answers),
	KUNIT_CASE_PARAM(split, pfc_splits_gen_params),
	KUNIT_CASE(splits_are_distinct),
	KUNIT_CASE_PARAM(reads_before, pfc_befores_gen_params),
	KUNIT_CASE_PARAM(reads_after_page_disagrees, pfc_asks_gen_params),
	KUNIT_CASE(completed_is_not_read),
	{}
};

struct kunit_suite pfc_classify_suite = {
	.name = "pfclass_classify",
	.test_cases = pfc_classify_cases,
};
