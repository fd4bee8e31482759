// SPDX-License-Identifier: GPL-2.0
/*
 * Runs rows and judges what was counted.
 *
 * A row runs in a process of its own (the worker), so that nothing that the test does
 * is in the counted process, and a crash is a failure like others. The worker prepares
 * the pages, makes everything else that it will touch resident, and counts the faults
 * of the row's range only.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard.h"
#include "hwaf.h"
#include "memory.h"
#include "row.h"

#define PFC_HUGEPAGES		"/proc/sys/vm/nr_hugepages"
#define PFC_NUMA_BALANCING	"/proc/sys/kernel/numa_balancing"
#define PFC_ACCOUNT		"/sys/module/pfclass/parameters/account"

/* Others must not move, merge or age pages meanwhile, where they could. */
static const struct pfc_setting pfc_quiet[] = {
	{ PFC_NUMA_BALANCING, "0" },
	{ "/proc/sys/vm/compaction_proactiveness", "0" },
	{ "/sys/kernel/mm/ksm/run", "0" },
	{ "/sys/module/damon_stat/parameters/enabled", "N" },
	{ NULL }
};

/*
 * Classes that a kernel cannot show while there is no accounting ("faults" is
 * unavailable): where a function is inlined, or always. A class that is not excused
 * here, and that a row of its own needs, must be available.
 */
static const struct {
	enum pfc_class class;
	const char *inlined, *reason;
} pfc_excused[] = {
	{ PFC_ANON, "do_anonymous_page",
	  "do_anonymous_page is inlined, and reads of the zero page call nothing" },
	{ PFC_FILE, "do_fault",
	  "do_fault is inlined, and fault-around calls nothing of its own" },
	{ PFC_THP, NULL, "only accounting sees where the PMD level falls back" },
};

/* ---- reports ----------------------------------------------------------- */

/**
 * pfc_bad() - note what is wrong
 * @res: the row's result, which has failed
 * @fmt: as for printf()
 *
 * Return: -1.
 */
int pfc_bad(struct pfc_result *res, const char *fmt, ...)
{
	va_list args;

	res->status = PFC_BAD;
	if (res->nr_bad == PFC_MAX_BAD)
		return -1;
	va_start(args, fmt);
	vsnprintf(res->bad[res->nr_bad++], PFC_WHY, fmt, args);
	va_end(args);
	return -1;
}

static void pfc_skip(struct pfc_result *res, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void pfc_skip(struct pfc_result *res, const char *fmt, ...)
{
	va_list args;

	/* The first reason stands. */
	if (res->status != PFC_OK)
		return;
	res->status = PFC_SKIP;
	va_start(args, fmt);
	vsnprintf(res->why, PFC_WHY, fmt, args);
	va_end(args);
}

/* ---- touching all pages ------------------------------------------------- */

/**
 * pfc_read_all() - read every page
 * @run: the row's execution
 *
 * Return: 0.
 */
int pfc_read_all(struct pfc_run *run)
{
	pfc_read_pages(run->base, run->len, run->page);
	return 0;
}

/**
 * pfc_write_all() - write every page
 * @run: the row's execution
 *
 * Return: 0.
 */
int pfc_write_all(struct pfc_run *run)
{
	pfc_write_pages(run->base, run->len, run->page);
	return 0;
}

/**
 * pfc_exec_all() - run the code in every page
 * @run: the row's execution
 *
 * Return: 0.
 */
int pfc_exec_all(struct pfc_run *run)
{
	size_t at;

	for (at = 0; at < run->len; at += run->page)
		((void (*)(void))(uintptr_t)(run->base + at))();
	return 0;
}

static size_t pfc_unit_size(enum pfc_unit unit)
{
	long long kb;

	switch (unit) {
	case PFC_UNIT_MTHP:
		return pfc_mthp_size();
	case PFC_UNIT_PMD:
		return pfc_pmd_size();
	case PFC_UNIT_HUGETLB:
		kb = pfc_meminfo_kb("Hugepagesize");
		return kb < 0 ? 0 : kb * 1024;
	default:
		return pfc_page_size();
	}
}

/* ---- rows -------------------------------------------------------------- */

/**
 * pfc_row_find() - a row by its name
 * @name: the name
 *
 * Return: the row, NULL if there is none.
 */
const struct pfc_row *pfc_row_find(const char *name)
{
	const struct pfc_row * const *row;

	pfc_for_each_row(row)
		if (!strcmp((*row)->name, name))
			return *row;
	return NULL;
}

/**
 * pfc_row_units() - how many units a row has by default
 * @row: the row
 *
 * Return: units.
 */
unsigned int pfc_row_units(const struct pfc_row *row)
{
	return row->n ? row->n : PFC_PAGES;
}

static unsigned int pfc_amount(const struct pfc_row *row, unsigned int n, enum pfc_per per)
{
	size_t len = n * pfc_unit_size(row->unit);
	size_t around = pfc_fault_around();

	switch (per) {
	case PFC_PER_UNIT:
		return n;
	case PFC_PER_PAGE:
		return len / pfc_page_size();
	case PFC_PER_AROUND:
		return (len + around - 1) / around;
	default:
		return 0;
	}
}

/**
 * pfc_row_what() - what a row does, in words
 * @row: the row
 * @n: its units
 * @text: gets the words
 * @size: of @text, bytes
 */
void pfc_row_what(const struct pfc_row *row, unsigned int n, char *text, size_t size)
{
	const char *number = strstr(row->what, "%u");

	if (number)
		snprintf(text, size, "%.*s%u%s", (int)(number - row->what),
			 row->what, n, number + 2);
	else
		snprintf(text, size, "%s", row->what);
}

static bool pfc_in_versions(unsigned int since, unsigned int before)
{
	unsigned int here = pfc_kernel_version();

	return here >= since && (!before || here < before);
}

static const struct pfc_expect *pfc_expected(const struct pfc_row *row, int hwaf)
{
	const struct pfc_expect *expect = row->expect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row->expect); i++) {
		expect = &row->expect[i];
		if (!pfc_in_versions(expect->since, expect->before))
			continue;
		if (expect->machine == PFC_ANY ||
		    (expect->machine == PFC_SWAF && !hwaf) ||
		    (expect->machine == PFC_SWAF_NO_SWAP && !hwaf && access("/proc/swaps", F_OK)) ||
		    (expect->machine == PFC_HWAF && hwaf) ||
		    (expect->machine == PFC_SOFT_DIRTY && pfc_soft_dirty()))
			break;
	}
	return expect;
}

static bool pfc_depends_on_hwaf(const struct pfc_row *row)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row->expect); i++)
		if (row->expect[i].machine != PFC_ANY)
			return true;
	return false;
}

/* ---- the worker -------------------------------------------------------- */

static uint64_t pfc_before[PFC_MAX_PAGES], pfc_after[PFC_MAX_PAGES];

static bool pfc_has_witness(const struct pfc_row *row, enum pfc_witness_kind kind)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row->witness); i++)
		if (row->witness[i].kind == kind)
			return true;
	return false;
}

static void pfc_read_pagemap(struct pfc_run *run, uint64_t *entry)
{
	if (run->pages <= PFC_MAX_PAGES &&
	    pfc_pagemap(run->base, run->pages, entry))
		pfc_bad(run->res, "cannot read pagemap");
}

static void pfc_compare_pagemaps(struct pfc_run *run)
{
	long long *w = run->res->witness;
	unsigned int i;

	if (run->pages > PFC_MAX_PAGES) {
		w[PFC_W_MAPPED] = PFC_NA;
		w[PFC_W_NEW_FRAME] = PFC_NA;
		w[PFC_W_ONE_FRAME] = PFC_NA;
		return;
	}
	for (i = 0; i < run->pages; i++) {
		uint64_t before = pfc_before[i], after = pfc_after[i];

		if (!(after & PFC_PM_PRESENT))
			continue;
		if (!(before & PFC_PM_PRESENT))
			w[PFC_W_MAPPED]++;
		else if ((before ^ after) & PFC_PM_PFN)
			w[PFC_W_NEW_FRAME]++;
		if (!((pfc_after[0] ^ after) & PFC_PM_PFN))
			w[PFC_W_ONE_FRAME]++;
	}
}

static int pfc_touch(struct pfc_run *run, bool first)
{
	if (first && run->row->fault)
		return run->row->fault(run);
	if (run->row->touch == PFC_EXEC)
		return pfc_exec_all(run);
	return run->row->touch == PFC_WRITE ? pfc_write_all(run) : pfc_read_all(run);
}

/* The first touch, which faults, or the second, and what was counted of it. */
static int pfc_measure(struct pfc_run *run, bool first, bool bare,
		       struct pfc_stats *counted, struct pfc_witness *seen)
{
	struct pfc_witness before;
	struct pfc_stats start;
	char why[PFC_WHY];
	int err;

	if (!bare && pfc_stats_read(&start, why, sizeof(why)))
		return pfc_bad(run->res, "%s", why);
	pfc_witness_before(&before);
	err = pfc_touch(run, first);
	pfc_witness_after(seen);
	if (!bare && pfc_stats_read(counted, why, sizeof(why)))
		return pfc_bad(run->res, "%s", why);
	if (!bare)
		pfc_stats_delta(counted, &start);
	pfc_witness_delta(seen, &before);
	return err;
}

static void pfc_work(struct pfc_run *run, bool bare)
{
	struct pfc_result *res = run->res;
	const struct pfc_row *row = run->row;
	char why[PFC_WHY];
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pfc_depends_on_hwaf(row)) {
		res->hwaf = pfc_hwaf(why, sizeof(why));
		if (res->hwaf < 0) {
			pfc_bad(res, "%s", why);
			return;
		}
	}
	if (row->prepare(run))
		return;
	if (!bare) {
		err = pfc_filter_range(run->base, run->len);
		if (err) {
			pfc_bad(res, "cannot set the filter: %s", strerror(-err));
			return;
		}
	}
	pfc_read_pagemap(run, pfc_before);
	if (pfc_has_witness(row, PFC_W_REFERENCED))
		res->witness[PFC_W_REFERENCED] =
			-pfc_smaps_kb(run->base, run->len, "Referenced:");
	pfc_settle(run->base, run->len);
	if (pfc_measure(run, true, bare, &res->counted, &res->seen))
		return;
	if (pfc_measure(run, false, bare, &res->again, &res->seen_again))
		return;
	pfc_read_pagemap(run, pfc_after);
	pfc_compare_pagemaps(run);
	if (pfc_has_witness(row, PFC_W_REFERENCED)) {
		res->witness[PFC_W_REFERENCED] +=
			pfc_smaps_kb(run->base, run->len, "Referenced:");
		res->witness[PFC_W_REFERENCED] /= (long long)run->page / 1024;
	}
	res->witness[PFC_W_PSWPIN] = res->seen.vmstat[PFC_VM_PSWPIN];
	res->witness[PFC_W_NUMA_HINT] = res->seen.vmstat[PFC_VM_NUMA_HINT_FAULTS];
	res->witness[PFC_W_NUMA_MIGRATED] =
		res->seen.vmstat[PFC_VM_NUMA_PAGES_MIGRATED];
	res->done = true;
}

/* ---- judging ----------------------------------------------------------- */

/* Without accounting there are neither totals nor splits nor refinements. */
static bool pfc_accounts(void)
{
	char text[8] = "";

	pfc_read(PFC_ACCOUNT, text, sizeof(text));
	return text[0] != 'N' && text[0] != '0';
}

/* A key that should be there and is unavailable makes the row a skip, if no worse. */
static void pfc_want_key(struct pfc_result *res, unsigned int key, long long want)
{
	long long got = res->counted.val[key];

	if (got == want || (got == PFC_ABSENT && !pfc_key_is_shown(key)))
		return;
	/* A part of a class that rose by nothing rose by nothing. */
	if (got == PFC_NA && ((!want && key >= PFC_K_REF) || !pfc_accounts()))
		return;
	if (got == PFC_NA)
		pfc_skip(res, "'%s' is unavailable", pfc_key(key));
	else
		pfc_bad(res, "%s: counted %lld, expected %lld", pfc_key(key), got, want);
}

/* A class's own refinements and splits, for @want faults of this row. */
static void pfc_judge_inside(struct pfc_result *res, enum pfc_class class,
			     long long want, unsigned int ref)
{
	const struct pfc_row *row = res->row;
	unsigned int i;

	for (i = 0; i < PFC_NR_REFINEMENTS; i++) {
		bool named = ref == 1 + i;

		if (pfc_ref_class(i) != class)
			continue;
		if (named || !want)
			pfc_want_key(res, PFC_K_REF + i, want);
		/* An extra one names none of its siblings, nor the reverse. */
		else if (ref && !pfc_ref_is_extra(i) && !pfc_ref_is_extra(ref - 1))
			pfc_want_key(res, PFC_K_REF + i, 0);
	}
	for (i = 0; i < PFC_NR_ACCESSES; i++)
		pfc_want_key(res, PFC_K_ACCESS + class * PFC_NR_ACCESSES + i,
			     i == (unsigned int)row->touch ? want : 0);
	for (i = 0; i < PFC_NR_ORIGINS; i++)
		pfc_want_key(res, PFC_K_ORIGIN + class * PFC_NR_ORIGINS + i,
			     i == row->origin ? want : 0);
	for (i = 0; i < PFC_NR_OUTCOMES; i++)
		pfc_want_key(res, PFC_K_OUTCOME + class * PFC_NR_OUTCOMES + i,
			     i == (row->major ? PFC_MAJOR : PFC_MINOR) ? want : 0);
}

static const char *pfc_excuse(const struct pfc_stats *stats, enum pfc_class class)
{
	unsigned int i;

	if (stats->val[PFC_K_TOTAL + PFC_FAULTS] != PFC_NA || pfc_accounts())
		return NULL;
	for (i = 0; i < ARRAY_SIZE(pfc_excused); i++)
		if (pfc_excused[i].class == class &&
		    (!pfc_excused[i].inlined || !pfc_has_function(pfc_excused[i].inlined)))
			return pfc_excused[i].reason;
	return NULL;
}

static void pfc_judge_class(struct pfc_result *res, enum pfc_class class,
			    long long want, unsigned int ref)
{
	long long got = res->counted.val[PFC_K_CLASS + class];
	char probe[PFC_WHY / 2];
	const char *excuse;

	if (got == PFC_NA) {
		if (!want)
			return;
		excuse = pfc_excuse(&res->counted, class);
		if (excuse) {
			pfc_skip(res, "'%s' is unavailable without accounting: %s",
				 pfc_class_key(class), excuse);
			return;
		}
		pfc_probe_reason(class, probe, sizeof(probe));
		pfc_bad(res, "'%s' is unavailable: %s", pfc_class_key(class), probe);
		return;
	}
	pfc_want_key(res, PFC_K_CLASS + class, want);
	pfc_judge_inside(res, class, want, ref);
}

static const char * const pfc_witness_names[PFC_NR_WITNESSES] = {
	[PFC_W_PSWPIN]		= "pswpin (vmstat)",
	[PFC_W_NUMA_HINT]	= "numa_hint_faults (vmstat)",
	[PFC_W_NUMA_MIGRATED]	= "numa_pages_migrated (vmstat)",
	[PFC_W_NEW_FRAME]	= "pages with a new frame (pagemap)",
	[PFC_W_MAPPED]		= "newly mapped pages (pagemap)",
	[PFC_W_ONE_FRAME]	= "pages on one frame (pagemap)",
	[PFC_W_REFERENCED]	= "newly referenced pages (smaps)",
};

/**
 * pfc_witness_text() - what the witnesses of a row saw
 * @res: the row's result
 * @text: gets the words
 * @size: of @text, bytes
 */
void pfc_witness_text(const struct pfc_result *res, char *text, size_t size)
{
	size_t at;
	unsigned int i;

	at = snprintf(text, size, "%lld %s faults (getrusage)",
		      res->row->major ? res->seen.majflt : res->seen.minflt,
		      res->row->major ? "major" : "minor");
	for (i = 0; i < ARRAY_SIZE(res->row->witness); i++) {
		const struct pfc_witness_rule *rule = &res->row->witness[i];

		if (rule->kind != PFC_W_NONE && at < size)
			at += snprintf(text + at, size - at, ", %lld %s",
				       res->witness[rule->kind],
				       pfc_witness_names[rule->kind]);
	}
}

/* As pfc_amount(), or what only the kernel can say; at least one a unit. */
static long long pfc_result_amount(const struct pfc_result *res, enum pfc_per per)
{
	long long hints = res->witness[PFC_W_NUMA_HINT];

	if (per == PFC_PER_HINT)
		return hints > res->n ? hints : res->n;
	return pfc_amount(res->row, res->n, per);
}

static void pfc_judge_witnesses(struct pfc_result *res, bool noisy)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(res->row->witness); i++) {
		const struct pfc_witness_rule *rule = &res->row->witness[i];
		long long got = res->witness[rule->kind];
		long long want = pfc_result_amount(res, rule->per);
		bool global = rule->kind <= PFC_W_NUMA_MIGRATED;

		if (rule->kind == PFC_W_NONE || got == want)
			continue;
		/* On a busy machine others add to the machine's counters. */
		if (global && got > want && (noisy || !pfc_in_guest()))
			continue;
		if (got == PFC_NA) {
			pfc_skip(res, "no witness: %s", pfc_witness_names[rule->kind]);
			continue;
		}
		pfc_bad(res, "witness: %s: %lld, expected %lld",
			pfc_witness_names[rule->kind],
			got, want);
	}
}

static void pfc_judge(struct pfc_result *res, const struct pfc_run_options *options)
{
	const struct pfc_expect *expect = pfc_expected(res->row, res->hwaf);
	long long want[PFC_NR_CLASSES] = {}, sum = 0, major, minor;
	unsigned int ref[PFC_NR_CLASSES] = {}, i;
	const struct pfc_stats *c = &res->counted;

	res->expect = expect;
	for (i = 0; i < ARRAY_SIZE(expect->want); i++) {
		const struct pfc_want *w = &expect->want[i];
		bool windows = pfc_fault_around() > pfc_page_size();

		if (w->per == PFC_PER_NONE)
			break;
		want[w->class] = pfc_result_amount(res, w->per);
		ref[w->class] = w->ref;
		if (w->per == PFC_PER_AROUND && !windows)
			ref[w->class] = PFC_REF(FILE_READ);
		sum += want[w->class];
	}

	/* What the kernel itself says this process's faults were. */
	major = res->row->major ? sum : 0;
	minor = sum - major + expect->outside * res->n;
	if (res->seen.majflt != major || res->seen.minflt != minor)
		pfc_bad(res,
			"witness: getrusage: %lld minor, %lld major faults, expected %lld, %lld",
			res->seen.minflt, res->seen.majflt, minor, major);
	if (res->seen_again.majflt || res->seen_again.minflt)
		pfc_bad(res, "witness: getrusage: touching the pages again made %lld faults",
			res->seen_again.minflt + res->seen_again.majflt);
	pfc_judge_witnesses(res, options->noisy);
	if (options->bare)
		return;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		pfc_judge_class(res, i, want[i], ref[i]);
	pfc_want_key(res, PFC_K_TOTAL + PFC_FAULTS, sum);
	pfc_want_key(res, PFC_K_TOTAL + PFC_UNCLASSIFIED, 0);
	pfc_want_key(res, PFC_K_TOTAL + PFC_MISSED, 0);
	pfc_want_key(res, PFC_K_TOTAL + PFC_VISITS, sum + (c->val[PFC_RETRIES] > 0 ?
							   c->val[PFC_RETRIES] : 0));
	/* pgfault is the whole machine's. */
	for (i = 0; i < PFC_NR_KEYS; i++)
		if (res->again.val[i] > 0 && i != PFC_PGFAULT)
			pfc_bad(res, "%s: touching the pages again counted %lld",
				pfc_key(i), res->again.val[i]);
}

/* ---- running ----------------------------------------------------------- */

/* Since 6.12 a size that files cannot have lacks the switch: no folio is larger than 2^11 pages. */
static bool pfc_file_can_be_huge(void)
{
	char path[PFC_PATH_MAX];

	return pfc_kernel_version() < PFC_KVER(6, 12) ||
	       !access(pfc_sized_path(PFC_THP_DIR "hugepages-{thp}kB/shmem_enabled", path,
				      sizeof(path)), F_OK);
}

static bool pfc_have_needs(const struct pfc_row *row, int *node, struct pfc_result *res)
{
	char why[PFC_WHY], path[PFC_PATH_MAX];

	if (pfc_kernel_version() < row->since) {
		pfc_skip(res, "%s", row->since_why);
		return false;
	}
	if ((row->needs & PFC_NEED_SWAP) && !pfc_swap_on()) {
		pfc_skip(res, "there is no swap (swapon a zram device)");
		return false;
	}
	if ((row->needs & PFC_NEED_NUMA) && access(PFC_NUMA_BALANCING, W_OK)) {
		pfc_skip(res, "the kernel has no NUMA balancing");
		return false;
	}
	if ((row->needs & PFC_NEED_NUMA) && pfc_two_nodes(node, why, sizeof(why))) {
		pfc_skip(res, "%s", why);
		return false;
	}
	if ((row->needs & PFC_NEED_THP) && !pfc_pmd_size()) {
		pfc_skip(res, "the kernel has no transparent huge pages");
		return false;
	}
	if (!pfc_fits(res->n * pfc_unit_size(row->unit))) {
		pfc_skip(res, "no memory for %u times %zu MiB, and for copies", res->n,
			 pfc_unit_size(row->unit) >> 20);
		return false;
	}
	if ((row->needs & PFC_NEED_HUGE_FILE) && !pfc_file_can_be_huge()) {
		pfc_skip(res, "no file has huge pages of %zu MiB", pfc_pmd_size() >> 20);
		return false;
	}
	if ((row->needs & PFC_NEED_MTHP) &&
	    access(pfc_sized_path(PFC_MTHP_ENABLED, path, sizeof(path)), W_OK)) {
		pfc_skip(res, "the kernel has no THP of %zu KiB (since 6.8, where it has THP)",
			 pfc_mthp_size() >> 10);
		return false;
	}
	if ((row->needs & PFC_NEED_CONTPTE) && !pfc_block_size()) {
		pfc_skip(res, "this machine's page tables have no contiguous blocks");
		return false;
	}
	if ((row->needs & PFC_NEED_HUGETLB) &&
	    (access(PFC_HUGEPAGES, W_OK) || !pfc_unit_size(PFC_UNIT_HUGETLB))) {
		pfc_skip(res, "the kernel has no hugetlb pages");
		return false;
	}
	return true;
}

static bool pfc_reserve_hugetlb(struct pfc_guard *guard, const struct pfc_row *row,
				unsigned int n, struct pfc_result *res)
{
	long long had = 0, have = 0;
	char text[32];

	if (!(row->needs & PFC_NEED_HUGETLB))
		return true;
	pfc_read_number(PFC_HUGEPAGES, &had);
	/* Twice: the parent of a fork copies as many. */
	snprintf(text, sizeof(text), "%lld", had + 2 * n);
	pfc_guard_set(guard, PFC_HUGEPAGES, text);
	pfc_read_number(PFC_HUGEPAGES, &have);
	if (have < had + 2 * n) {
		pfc_skip(res, "no memory for %u hugetlb pages", 2 * n);
		return false;
	}
	return true;
}

static bool pfc_apply(struct pfc_guard *guard, const struct pfc_setting *setting,
		      struct pfc_result *res, bool must)
{
	int err;

	for (; setting && setting->path; setting++) {
		err = pfc_guard_set(guard, setting->path, setting->value);
		if (err && setting->or_next)
			continue;
		/* Set by the first of a group: the others are for other kernels. */
		while (!err && setting->or_next)
			setting++;
		if (err == -ENOENT && setting->optional)
			continue;
		if (err && must) {
			pfc_skip(res, "cannot write %s to %s: %s", setting->value,
				 setting->path, strerror(-err));
			return false;
		}
	}
	return true;
}

static bool pfc_begin_counting(struct pfc_guard *guard, struct pfc_result *res)
{
	char why[PFC_WHY];
	int err;

	if (pfc_not_ready(why, sizeof(why))) {
		pfc_skip(res, "%s", why);
		return false;
	}
	err = pfc_guard_keep(guard, pfc_path(PFC_FILE_FILTER));
	if (!err)
		err = pfc_guard_set(guard, pfc_path(PFC_FILE_ENABLED), "1");
	if (err) {
		pfc_bad(res, "cannot write pfclass's files: %s", strerror(-err));
		return false;
	}
	return true;
}

/*
 * Beside a load, NUMA balancing stays on. It leaves out a task that chose a policy itself
 * (vma_policy_mof()); this one places pages as the default does.
 */
static void pfc_refuse_hints(void)
{
	syscall(SYS_set_mempolicy, 4 /* MPOL_LOCAL */, NULL, 0);
}

static void pfc_run_worker(struct pfc_run *run, struct pfc_guard *guard, bool bare)
{
	struct pfc_result *res = run->res;
	cpu_set_t before;
	int status = 0;
	pid_t pid;

	/*
	 * The worker stays on one CPU: one batch of pages, one TLB, and its own
	 * pages on that CPU's node from the first one on.
	 */
	sched_getaffinity(0, sizeof(before), &before);
	if (run->row->needs & PFC_NEED_NUMA)
		pfc_pin(pfc_cpu_of_node(run->node[1]));
	else
		pfc_pin(sched_getcpu());
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		pfc_bad(res, "fork: %s", strerror(errno));
		return;
	}
	if (!pid) {
		/* Pages that others have touched are no use while faults count. */
		static struct pfc_result own;

		pfc_guard_forget(guard);
		if (!(run->row->needs & PFC_NEED_NUMA))
			pfc_refuse_hints();
		own = *res;
		run->res = &own;
		pfc_work(run, bare);
		*res = own;
		_exit(0);
	}
	sched_setaffinity(0, sizeof(before), &before);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		pfc_bad(res, "the faulting process was killed by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (!res->done && res->status == PFC_OK)
		pfc_bad(res, "the faulting process ended early");
}

/**
 * pfc_row_run() - run a row and judge what was counted
 * @row: the row
 * @options: how
 * @result: gets everything that was found out
 *
 * Settings are changed and put back. @result->status is PFC_OK, PFC_SKIP with
 * @result->why, or PFC_BAD with @result->bad. A row may be judged and still be a skip:
 * what it needs is unavailable, everything else was as expected.
 */
void pfc_row_run(const struct pfc_row *row, const struct pfc_run_options *options,
		 struct pfc_result *result)
{
	struct pfc_run run = { .row = row, .fd = -1 };
	struct pfc_guard *guard;
	struct pfc_result *res;
	char why[PFC_WHY];

	memset(result, 0, sizeof(*result));
	result->row = row;
	result->n = options->n ? options->n : pfc_row_units(row);
	if (!pfc_have_needs(row, run.node, result))
		return;
	res = mmap(NULL, sizeof(*res), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (res == MAP_FAILED) {
		pfc_bad(result, "mmap: %s", strerror(errno));
		return;
	}
	*res = *result;
	run.res = res;
	run.n = res->n;
	run.page = pfc_page_size();
	run.unit = pfc_unit_size(row->unit);
	run.len = run.n * run.unit;
	run.pages = run.len / run.page;

	guard = pfc_guard_start();
	if (!guard) {
		pfc_bad(res, "cannot start the guard: %s", strerror(errno));
		goto out;
	}
	if ((!options->bare && !pfc_begin_counting(guard, res)) ||
	    (!options->noisy && !pfc_apply(guard, pfc_quiet, res, false)) ||
	    !pfc_apply(guard, row->settings, res, true) ||
	    !pfc_reserve_hugetlb(guard, row, run.n, res))
		goto out_guard;
	pfc_run_worker(&run, guard, options->bare);
	if (res->done) {
		pfc_judge(res, options);
		if (!options->bare && pfc_percpu_differs(why, sizeof(why)))
			pfc_bad(res, "%s", why);
	}
out_guard:
	if (pfc_guard_end(guard))
		pfc_bad(res, "a setting could not be put back");
out:
	*result = *res;
	munmap(res, sizeof(*res));
}
