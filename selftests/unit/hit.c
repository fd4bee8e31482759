// SPDX-License-Identifier: GPL-2.0
/*
 * What a hit makes of the mapping, the entry and the marks that it finds: module/hit.h, with
 * structures of the test's own. The kernels that the guests boot never make some of these.
 */
#include <kunit/test.h>
#include "arm64.h"

/* An entry: the test's own bits, of which the first two are those of a page (arm64). */
enum {
	PAGE = 3, BLOCK = 1, YOUNG = 4, WRITE = 8, DIRTY = 16, SOFT = 32,
	UFFD = 64, SPECIAL = 128, KIND_SHIFT = 8,
};

#define pte_young(pte)		(!!(pte_val(pte) & YOUNG))
#define pte_write(pte)		(!!(pte_val(pte) & WRITE))
#define pte_dirty(pte)		(!!(pte_val(pte) & DIRTY))
#define PFC_VM_SHARED		1UL
#define VM_UFFD_WP		2UL
#define userfaultfd_pte_wp(vma, pte) (((vma)->vm_flags & VM_UFFD_WP) && (pte_val(pte) & UFFD))

struct mm_struct;

struct vm_operations_struct {
	bool huge_fault;
	bool map_pages;
};

struct vm_area_struct {
	unsigned long vm_flags;
	struct mm_struct *vm_mm;
	const struct vm_operations_struct *vm_ops;
};

struct vm_fault {
	struct vm_area_struct *vma;
	unsigned long address;
	pte_t orig_pte;
};

struct kretprobe {
	struct kprobe kp;
};

#define pfc_compat_vmf_address(vmf)	((vmf)->address)
#define pfc_compat_is_pfn(vma, pte)	(!!(pte_val(pte) & SPECIAL))
#define pfc_compat_swap(pte)		(pte_val(pte) >> KIND_SHIFT)
#define pfc_compat_is_huge(page)	(*(bool *)(page))

#include <hit.h>

DEFINE_STATIC_KEY_FALSE(pfc_picky);
DEFINE_STATIC_KEY_FALSE(pfc_details);
DEFINE_PER_CPU(struct pfc_cgroup_hint, pfc_cgroup_hint);
unsigned long pfc_cgroups_turn = 7;
DEFINE_STATIC_KEY_FALSE(pfc_reports);
DEFINE_STATIC_KEY_FALSE(pfc_infers);
static struct pfc_filter everything;
struct pfc_watch pfc_root = { .filter = &everything };
struct pfc_slots pfc_slots;
struct pfc_counters *pfc_counters;
const struct pfc_quick pfc_quick;
const u8 pfc_leaf_to_class[PFC_NR_CELLS] = { [PFC_LEAF(WP_COPY)] = PFC_WP };
unsigned long pfc_infer;
struct pfc_range pfc_dispatcher[PFC_MAX_RANGES], pfc_trampolines[PFC_MAX_TRAMPOLINES];
unsigned int pfc_nr_dispatcher, pfc_nr_trampolines;

static struct pfc_probe_counters count;
static struct pfc_probe probe = { .count = &count };

static int begin(struct kunit *test)
{
	memset(&count, 0, sizeof(count));
	probe.reads_page = false;
	return 0;
}

/* ---- handle_mm_fault() begins ---------------------------------------------- */

static void entry_reads_the_mapping(struct kunit *test)
{
	const struct vm_operations_struct huge = { .huge_fault = true };
	const struct vm_operations_struct around = { .map_pages = true };
	struct vm_area_struct vma = {};
	struct pfc_call call = { .arg = { (unsigned long)&vma, 0, 0, 1 } };

	KUNIT_EXPECT_EQ(test, pfc_hit_entry_bits(&call), 0);
	KUNIT_EXPECT_EQ(test, pfc_hit_vma_bits(&vma), PFC_FACT_ANON);
	vma.vm_ops = &huge;
	KUNIT_EXPECT_EQ(test, pfc_hit_entry_bits(&call), PFC_FACT_HUGE);
	KUNIT_EXPECT_EQ(test, pfc_hit_vma_bits(&vma), 0);
	vma.vm_ops = &around;
	vma.vm_flags = PFC_VM_SHARED;
	KUNIT_EXPECT_EQ(test, pfc_hit_entry_bits(&call), 0);
	KUNIT_EXPECT_EQ(test, pfc_hit_vma_bits(&vma), PFC_FACT_AROUND | PFC_FACT_SHARED);
	call.arg[3] = 0;
	KUNIT_EXPECT_EQ(test, pfc_hit_entry_bits(&call), PFC_FACT_GUP);
}

/* ---- ptep_set_access_flags() ----------------------------------------------- */

static const struct update {
	const char *name;
	unsigned long old, new;
	bool dirty;
	unsigned int marks;	/* those that the visit has */
	unsigned int expected;	/* those that it has then */
	bool reused;
} updates[] = {
#define MARK(mark)	BIT(PFC_MARK_##mark)
	{ "an old page is read", PAGE, PAGE | YOUNG, false, 0, MARK(AF) },
	{ "an old page is written", PAGE | WRITE, PAGE | YOUNG | WRITE | DIRTY, true, 0,
	  MARK(AF) | MARK(AF_DIRTY) },
	{ "an old page that is dirty is written", PAGE | WRITE | DIRTY,
	  PAGE | YOUNG | WRITE | DIRTY, true, 0, MARK(AF) },
	{ "an old page without write permission", PAGE, PAGE | YOUNG | DIRTY, true, 0, MARK(AF) },
	{ "a clean page is written", PAGE | YOUNG | WRITE, PAGE | YOUNG | WRITE | DIRTY, true, 0,
	  MARK(DIRTY) },
	{ "a clean page is read", PAGE | YOUNG | WRITE, PAGE | YOUNG | WRITE, false, 0,
	  MARK(SPURIOUS) },
	{ "nothing is to be done", PAGE | YOUNG | WRITE | DIRTY, PAGE | YOUNG | WRITE | DIRTY,
	  true, 0, MARK(SPURIOUS) },
	{ "another was dirty first", PAGE | YOUNG | WRITE | DIRTY | SOFT,
	  PAGE | YOUNG | WRITE | DIRTY, true, 0, MARK(SPURIOUS) },
	{ "the entry is a block's", BLOCK, BLOCK | YOUNG, false, 0, 0 },
	{ "hugetlb's own", PAGE, PAGE | YOUNG, true, MARK(HUGETLB), MARK(HUGETLB) },
	{ "do_wp_page() reuses", PAGE | YOUNG, PAGE | YOUNG | WRITE | DIRTY, true, MARK(WP),
	  MARK(WP), true },
	{ "do_wp_page() makes nothing dirty", PAGE | YOUNG, PAGE | YOUNG, false, MARK(WP),
	  MARK(WP) },
	{ "after swap", PAGE, PAGE | YOUNG, true, MARK(SWAP), MARK(SWAP) },
	{ "after the PMD level fell back", PAGE, PAGE | YOUNG, false, MARK(THP_ANON),
	  MARK(THP_ANON) | MARK(AF) },
};

static void update_desc(const struct update *u, char *desc)
{
	strscpy(desc, u->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(updates, updates, update_desc);

static void update(struct kunit *test)
{
	const struct update *u = test->param_value;
	struct pfc_frame frame = { .facts.marks = u->marks };
	unsigned int made = u->expected & ~u->marks & PFC_MARKS_UPDATE, i;
	pte_t pte = __pte(u->old);
	struct pfc_call call = { .arg = { 0, 0, (unsigned long)&pte, u->new, u->dirty } };

	pfc_hit_update_frame(&probe, &frame, &call);
	KUNIT_EXPECT_EQ(test, frame.facts.marks, u->expected);
	KUNIT_EXPECT_EQ(test, frame.facts.bits, u->reused ? PFC_FACT_REUSED : 0);
	KUNIT_EXPECT_EQ(test, count.ignored, !made);
	for (i = 0; i < PFC_NR_VARIANTS; i++)
		KUNIT_EXPECT_EQ(test, count.hit[i], made == BIT(PFC_MARK_AF + i));
}

/* ---- functions that others call, too --------------------------------------- */

static void first_mark_counts(struct kunit *test)
{
	static const unsigned int none[] = { 0, MARK(THP_ANON), MARK(THP_WP) };
	static const unsigned int some[] = { MARK(WP), MARK(SWAP), MARK(NUMA), MARK(HUGETLB) };
	bool huge = true, small = false;
	struct pfc_call of_huge = { .arg = { (unsigned long)&huge } };
	struct pfc_call of_small = { .arg = { (unsigned long)&small } };
	struct pfc_frame frame;
	unsigned int i;

	probe.marks = MARK(ANON);
	for (i = 0; i < ARRAY_SIZE(none); i++) {
		frame.facts.marks = none[i];
		pfc_hit_mark_first(&probe, &frame, &of_small, PFC_KIND_RMAP);
		KUNIT_EXPECT_EQ(test, frame.facts.marks, none[i] | MARK(ANON));
		frame.facts.marks = none[i];
		pfc_hit_mark_first(&probe, &frame, &of_huge, PFC_KIND_RMAP);
		KUNIT_EXPECT_EQ(test, frame.facts.marks, none[i]);
		pfc_hit_mark_first(&probe, &frame, &of_huge, PFC_KIND_CALLEE);
		KUNIT_EXPECT_EQ(test, frame.facts.marks, none[i] | MARK(ANON));
	}
	KUNIT_EXPECT_EQ(test, count.hit[0], 2 * ARRAY_SIZE(none));
	KUNIT_EXPECT_EQ(test, count.ignored, ARRAY_SIZE(none));
	for (i = 0; i < ARRAY_SIZE(some); i++) {
		frame.facts.marks = some[i];
		pfc_hit_mark_first(&probe, &frame, &of_small, PFC_KIND_CALLEE);
		KUNIT_EXPECT_EQ(test, frame.facts.marks, some[i]);
	}
	KUNIT_EXPECT_EQ(test, count.ignored, ARRAY_SIZE(none) + ARRAY_SIZE(some));
}

/* ---- without accounting ----------------------------------------------------- */

static const struct caller {
	const char *name;
	unsigned long only;	/* where the one call returns to */
	unsigned long from;
	unsigned int counted, ignored;
	bool slow;		/* pfc_hit_slow() finds out */
} callers[] = {
	{ "the dispatcher", 0, 0x1010, 1, 0, false },
	{ "its last instruction", 0, 0x10fc, 1, 0, false },
	{ "another function", 0, 0x1100, 0, 1, false },
	{ "the dispatcher's one call", 0x1010, 0x1010, 1, 0, false },
	{ "another call of the dispatcher", 0x1010, 0x1020, 0, 1, false },
	{ "somebody, under a return probe", 0, 0x5010, 0, 0, true },
};

static void caller_desc(const struct caller *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(callers, callers, caller_desc);

static void caller(struct kunit *test)
{
	const struct caller *c = test->param_value;
	struct pfc_probe own = { .count = &count, .check_caller = true, .caller = c->only };
	struct pfc_call call = { .caller = c->from };

	pfc_dispatcher[0] = (struct pfc_range){ .start = 0x1000, .size = 0x100 };
	pfc_trampolines[0] = (struct pfc_range){ .start = 0x5000, .size = 0x100 };
	pfc_nr_dispatcher = 1;
	pfc_nr_trampolines = 1;
	KUNIT_EXPECT_EQ(test, pfc_hit_only_leaf(&own, &call), !c->slow);
	KUNIT_EXPECT_EQ(test, count.hit[0], c->counted);
	KUNIT_EXPECT_EQ(test, count.ignored, c->ignored);
	/* At the call itself there is nothing to check. */
	own.check_caller = false;
	pfc_hit_only_leaf(&own, &call);
	KUNIT_EXPECT_EQ(test, count.hit[0], c->counted + 1);
}

static void variants_are_told(struct kunit *test)
{
	struct pfc_probe own = { .count = &count };
	pte_t pte = __pte(PAGE | YOUNG | WRITE);
	struct pfc_call call = {
		.arg = { 0, 0, (unsigned long)&pte, PAGE | YOUNG | WRITE | DIRTY, 1 },
	};

	pfc_hit_only_update(&own, &call);
	pte = __pte(PAGE);
	pfc_hit_only_update(&own, &call);
	pfc_hit_only_update(&own, &call);
	KUNIT_EXPECT_EQ(test, count.hit[0], 2);
	KUNIT_EXPECT_EQ(test, count.hit[PFC_MARK_DIRTY - PFC_MARK_AF], 1);
	KUNIT_EXPECT_EQ(test, count.hit[PFC_MARK_SPURIOUS - PFC_MARK_AF], 0);
}

/* A hit of a task that is in no visit concerns nobody. */
static void outside_is_ignored(struct kunit *test)
{
	static struct pfc_slot slot;

	slot.task = 0;
	KUNIT_EXPECT_TRUE(test, pfc_hit_count_outside(&probe, &slot));
	KUNIT_EXPECT_EQ(test, count.ignored, 1);
	KUNIT_EXPECT_EQ(test, count.hit[0], 0);
	slot.task = (unsigned long)current;
	KUNIT_EXPECT_FALSE(test, pfc_hit_count_outside(&probe, &slot));
	KUNIT_EXPECT_EQ(test, count.ignored, 1);
}

/* What goes on in another visit, or in a signal, is left to the slow path. */
static void exit_leaves_what_goes_on(struct kunit *test)
{
	static const vm_fault_t left[] = {
		VM_FAULT_RETRY, VM_FAULT_SIGSEGV, VM_FAULT_RETRY | VM_FAULT_MAJOR,
	};
	static struct pfc_slot slot;
	unsigned int i;

	pfc_counters = alloc_percpu(struct pfc_counters);
	pfc_slots.slot = &slot;
	slot.task = (unsigned long)current;
	slot.frame.id = 0x1000;
	slot.frame.facts = (struct pfc_facts){ .marks = MARK(WP), .flags = FAULT_FLAG_WRITE };
	for (i = 0; i < ARRAY_SIZE(left); i++)
		KUNIT_EXPECT_FALSE(test, pfc_hit_exit(&probe, 0x1000, left[i], false));
	KUNIT_EXPECT_FALSE(test, pfc_hit_exit(&probe, 0x1010, 0, false));
	KUNIT_EXPECT_EQ(test, slot.task, (unsigned long)current);
	KUNIT_EXPECT_TRUE(test, pfc_hit_exit(&probe, 0x1000, 0, false));
	KUNIT_EXPECT_EQ(test, slot.task, 0);
	KUNIT_EXPECT_EQ(test, pfc_counters->cell[PFC_LEAF(WP_COPY)][0], 1);
	free_percpu(pfc_counters);
}

/* ---- who wants it ------------------------------------------------------------ */

/* The root, and a watch; an address that a filter asks for is 0x1000. */
static const struct wanted {
	const char *name;
	bool root_asks, watch_asks;
	unsigned long address;
	bool root, watch;	/* expected */
} wanted[] = {
	{ "by both", false, false, 0, true, true },
	{ "by the root", false, true, 0, true, false },
	{ "by both, of whom one asks", false, true, 0x1000, true, true },
	{ "by the watch", true, false, 0, false, true },
	{ "by nobody", true, true, 0, false, false },
	{ "by both, who ask", true, true, 0x1000, true, true },
};

static void wanted_desc(const struct wanted *w, char *desc)
{
	strscpy(desc, w->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(wanted, wanted, wanted_desc);

/* Each counts what it wants; the root also what it does not want. */
static void counted_by_who_wants_it(struct kunit *test)
{
	static struct pfc_filter at = { .asks = PFC_FILTER_BY_ADDR, .start = 0x1000, .size = 1 };
	const struct wanted *w = test->param_value;
	struct pfc_watch watch = { .filter = w->watch_asks ? &at : &everything };
	struct pfc_counters *cs[2] = {
		alloc_percpu(struct pfc_counters), alloc_percpu(struct pfc_counters),
	};
	u64 row[PFC_NR_CLASSES + 1] = {};
	static struct pfc_slot slot;
	struct pfc_probe own = { .index = 7 };
	struct pfc_vmf { struct vm_fault vmf; } vmf = { .vmf.address = w->address };
	struct pfc_call call = { .arg = { (unsigned long)&vmf } };

	pfc_counters = cs[0];
	pfc_root = (struct pfc_watch){
		.next = &watch, .filter = w->root_asks ? &at : &everything, .set.counters = cs[0],
	};
	watch.set.counters = cs[1];
	own.count = &cs[0]->probe[7];
	own.address = PFC_ADDR_VMF;
	static_branch_inc(&pfc_picky);

	/* With accounting, at the end of the visit. */
	pfc_slots.slot = &slot;
	slot.task = (unsigned long)current;
	slot.frame.id = 0x8000;
	slot.frame.address = w->address;
	slot.frame.facts = (struct pfc_facts){ .marks = MARK(WP), .flags = FAULT_FLAG_WRITE };
	KUNIT_EXPECT_TRUE(test, pfc_hit_exit(&own, 0x8000, 0, true));
	KUNIT_EXPECT_EQ(test, slot.task, 0);
	KUNIT_EXPECT_EQ(test, cs[0]->cell[PFC_LEAF(WP_COPY)][0], w->root);
	KUNIT_EXPECT_EQ(test, cs[1]->cell[PFC_LEAF(WP_COPY)][0], w->watch);
	KUNIT_EXPECT_EQ(test, cs[0]->filtered, !w->root);
	KUNIT_EXPECT_EQ(test, own.count->hit[0], 1);
	KUNIT_EXPECT_EQ(test, cs[1]->probe[7].hit[0], 0);

	/* Without, at the hit. */
	pfc_hit_count_only(&own, &call, 2);
	KUNIT_EXPECT_EQ(test, own.count->hit[2], w->root);
	KUNIT_EXPECT_EQ(test, own.count->ignored, !w->root);
	KUNIT_EXPECT_EQ(test, cs[1]->probe[7].hit[2], w->watch);
	KUNIT_EXPECT_EQ(test, cs[1]->probe[7].ignored, 0);

	/* What wants more than counts is the slow path's, which counts it then. */
	static_branch_inc(&pfc_details);
	static_branch_inc(&pfc_reports);
	slot.task = (unsigned long)current;
	KUNIT_EXPECT_FALSE(test, pfc_hit_exit(&own, 0x8000, 0, true));
	KUNIT_EXPECT_EQ(test, slot.task, (unsigned long)current);
	KUNIT_EXPECT_EQ(test, cs[1]->cell[PFC_LEAF(WP_COPY)][0], w->watch);
	static_branch_dec(&pfc_reports);

	/* So is a fault that the root wants, of a group that is not the CPU's last one. */
	pfc_cgroup_hint.turn = pfc_cgroups_turn - 1;
	pfc_cgroup_hint.fault = row;
	KUNIT_EXPECT_EQ(test, pfc_hit_exit(&own, 0x8000, 0, true), !w->root);
	KUNIT_EXPECT_EQ(test, cs[0]->filtered, w->root ? 0 : 2);
	pfc_cgroup_hint.turn = pfc_cgroups_turn;
	pfc_cgroup_hint.cgroup = NULL;
	slot.task = (unsigned long)current;
	KUNIT_EXPECT_EQ(test, pfc_hit_exit(&own, 0x8000, 0, true), !w->root);
	KUNIT_EXPECT_EQ(test, row[PFC_WP], 0);
	KUNIT_EXPECT_EQ(test, cs[0]->cell[PFC_LEAF(WP_COPY)][0], w->root);
	pfc_cgroup_hint.cgroup = pfc_compat_cgroup_mine();
	slot.task = (unsigned long)current;
	KUNIT_EXPECT_TRUE(test, pfc_hit_exit(&own, 0x8000, 0, true));
	KUNIT_EXPECT_EQ(test, row[PFC_WP], w->root);
	KUNIT_EXPECT_EQ(test, cs[0]->cell[PFC_LEAF(WP_COPY)][0], 2 * w->root);
	static_branch_dec(&pfc_details);
	static_branch_dec(&pfc_picky);
	pfc_root = (struct pfc_watch){ .filter = &everything };
	free_percpu(cs[0]);
	free_percpu(cs[1]);
}

/* ---- what a class's own function starts from ------------------------------- */

static const struct fill {
	const char *name;
	enum pfc_kind kind;
	unsigned long vm_flags;
	unsigned long pte;
	unsigned int flags;
	bool reads_page;
	bool around;
	unsigned int bits;	/* expected, as are the others */
	unsigned int swap;
} fills[] = {
#define NO_SWAP	0
	{ "wp: a write", PFC_KIND_WP, 0, PAGE, FAULT_FLAG_WRITE, .swap = NO_SWAP },
	{ "wp: a write where reuse is not seen", PFC_KIND_WP, 0, PAGE, FAULT_FLAG_WRITE, true,
	  false, PFC_FACT_SAME_PAGE, NO_SWAP },
	{ "wp: unshare", PFC_KIND_WP, 0, PAGE, 0, false, false, PFC_FACT_SAME_PAGE,
	  NO_SWAP },
	{ "wp: a shared page", PFC_KIND_WP, PFC_VM_SHARED, PAGE, FAULT_FLAG_WRITE, false, false,
	  PFC_FACT_SHARED, NO_SWAP },
	{ "wp: a shared page without struct page", PFC_KIND_WP, PFC_VM_SHARED, PAGE | SPECIAL,
	  FAULT_FLAG_WRITE, false, false, PFC_FACT_SHARED | PFC_FACT_SPECIAL, NO_SWAP },
	{ "wp: a private page without struct page", PFC_KIND_WP, 0, PAGE | SPECIAL,
	  FAULT_FLAG_WRITE, false, false, 0, NO_SWAP },
	{ "wp: userfaultfd's", PFC_KIND_WP, VM_UFFD_WP, PAGE | UFFD, FAULT_FLAG_WRITE, false,
	  false, PFC_FACT_UFFD, NO_SWAP },
	{ "wp: not userfaultfd's", PFC_KIND_WP, VM_UFFD_WP, PAGE, FAULT_FLAG_WRITE, false, false,
	  0, NO_SWAP },
	{ "swap: by its entry", PFC_KIND_SWAP, 0, PFC_SWAP_MIGRATION << KIND_SHIFT, 0, false,
	  false, 0, PFC_SWAP_MIGRATION },
	{ "file: a read", PFC_KIND_FILE, PFC_VM_SHARED, 0, 0, false, false, 0, NO_SWAP },
	{ "file: a read around", PFC_KIND_FILE, 0, 0, 0, false, true, PFC_FACT_AROUND, NO_SWAP },
	{ "file: a write", PFC_KIND_FILE, 0, 0, FAULT_FLAG_WRITE, false, true, 0, NO_SWAP },
	{ "file: a write of a shared page", PFC_KIND_FILE, PFC_VM_SHARED, 0, FAULT_FLAG_WRITE,
	  false, true, PFC_FACT_SHARED, NO_SWAP },
	{ "numa: nothing", PFC_KIND_LEAF, PFC_VM_SHARED, PAGE, 0, true, true, 0, NO_SWAP },
};

static void fill_desc(const struct fill *f, char *desc)
{
	strscpy(desc, f->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(fills, fills, fill_desc);

static void fill(struct kunit *test)
{
	const struct fill *f = test->param_value;
	const struct vm_operations_struct ops = { .map_pages = f->around };
	struct vm_area_struct vma = {
		.vm_flags = f->vm_flags, .vm_mm = (struct mm_struct *)&vma, .vm_ops = &ops,
	};
	struct vm_fault vmf = { .vma = &vma, .orig_pte = __pte(f->pte) };
	struct pfc_call call = { .arg = { (unsigned long)&vma, 0, f->flags, 1 } };
	struct pfc_frame frame = {};

	probe.reads_page = f->reads_page;
	pfc_hit_entry_fill(&frame, &call, 0);
	call.arg[0] = (unsigned long)&vmf;
	pfc_hit_fill(&probe, &frame, &call, f->kind);
	KUNIT_EXPECT_EQ(test, frame.facts.bits, f->bits);
	KUNIT_EXPECT_EQ(test, frame.facts.swap, f->swap);
	if (f->bits & PFC_FACT_SAME_PAGE) {
		KUNIT_EXPECT_EQ(test, pte_val(frame.pte), f->pte);
		KUNIT_EXPECT_PTR_EQ(test, frame.mm, vma.vm_mm);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(entry_reads_the_mapping),
	KUNIT_CASE_PARAM(update, updates_gen_params),
	KUNIT_CASE(first_mark_counts),
	KUNIT_CASE_PARAM(caller, callers_gen_params),
	KUNIT_CASE(variants_are_told),
	KUNIT_CASE(outside_is_ignored),
	KUNIT_CASE(exit_leaves_what_goes_on),
	KUNIT_CASE_PARAM(counted_by_who_wants_it, wanted_gen_params),
	KUNIT_CASE_PARAM(fill, fills_gen_params),
	{}
};

static struct kunit_suite suite = { .name = "pfclass_hit", .init = begin, .test_cases = cases };

kunit_test_suites(&suite);
