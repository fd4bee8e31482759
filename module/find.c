// SPDX-License-Identifier: GPL-2.0
/*
 * How each probe point is found: the table of candidates, and the methods, best first. Knows
 * names and the call map, not how a probe is placed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <compat/compat.h>
#include "locate.h"
#include "probes.h"

/**
 * struct pfc_candidate - one function by which a mark may be seen
 * @function: a function that the dispatcher calls
 * @kind: what its handler does
 * @callee: it is not the class's own, others call it too
 * @address: where the faulting address is on entry of @function
 * @hot: others call it often: where the call itself can be probed, that is cheaper even
 *	when the probe is not
 * @partial: it sees some of the faults only, and the rest must be inferred
 * @instead: it is of use only where the first candidate is inlined, and calls it once
 * @beside: a function that calls it, too: it is of no use where that is inlined, or NULL
 * @wraps: where the kernel has a candidate before it, it is an inline function that calls that
 *	one; the compiler may have changed the arguments of its copy without a new name (clang)
 */
struct pfc_candidate {
	const char *function;
	enum pfc_kind kind;
	bool callee;
	int address;
	bool hot;
	bool partial;
	bool instead;
	const char *beside;
	bool wraps;
};

/**
 * struct pfc_need - configuration without which the kernel never makes a mark
 * @option: its name, or NULL
 * @set: whether the kernel has it
 */
struct pfc_need {
	const char *option;
	bool set;
};

/**
 * struct pfc_ladder - all methods to see a mark
 * @mark: what is seen; PFC_MARK_AF stands for the whole access-flag update
 * @needs: all of these
 * @optional: where none is called, the kernel never makes it
 * @every: each candidate that exists is needed, not the first one
 * @after: marks that a partial candidate relies on: where they have no probe of their own,
 *	it cannot tell whose call it sees
 * @callers: marks whose functions call the candidates, too: likewise, but for the
 *	dispatcher's one call
 * @rest: bit of enum pfc_infer: what a partial candidate does not see
 * @all: bit of enum pfc_infer: all of it
 * @candidates: best first
 */
struct pfc_ladder {
	enum pfc_mark mark;
	struct pfc_need needs[2];
	bool optional;
	bool every;
	unsigned long after;
	unsigned long callers;
	unsigned long rest;
	unsigned long all;
	struct pfc_candidate candidates[4];
};

#define PFC_NEED(option) { #option, IS_ENABLED(option) }
#define PFC_OWN(function, kind) .candidates = { { function, kind, false, PFC_ADDR_VMF } }

/* Argument positions are those of 5.10, 6.1, 6.12 and 7.2 alike. */
static const struct pfc_ladder pfc_ladders[] = {
	{ PFC_MARK_SWAP, PFC_OWN("do_swap_page", PFC_KIND_SWAP) },
	{ PFC_MARK_WP, .callers = BIT(PFC_MARK_SWAP), .candidates = {
		{ "do_wp_page", PFC_KIND_WP, false, PFC_ADDR_VMF },
		/* Inlined (6.12 without SWAP): it asks for the page, but of userfaultfd's. */
		{ "vm_normal_page", PFC_KIND_CALLEE, true, 1, .hot = true, .instead = true },
	} },
	{ PFC_MARK_NUMA, .needs = { PFC_NEED(CONFIG_NUMA_BALANCING) }, .candidates = {
		/*
		 * Of the dispatcher only do_numa_page() calls these, once it has seen
		 * that the entry is still the one that faulted. At its own entry, faults
		 * that lost the race count, too: then nothing is done, and numa_hint_faults
		 * does not count it either.
		 */
		{ "vm_normal_page", PFC_KIND_CALLEE, true, 1, .hot = true, .beside = "do_wp_page" },
		{ "vm_normal_folio", PFC_KIND_CALLEE, true, 1, .hot = true },
		{ "do_numa_page", PFC_KIND_LEAF, false, PFC_ADDR_VMF },
	} },
	/* One of the first three, by version; on arm64 since 6.9 also the last. */
	{ PFC_MARK_AF, .every = true, .callers = BIT(PFC_MARK_WP), .candidates = {
		{ "__ptep_set_access_flags_anysz", PFC_KIND_UPDATE, true, 1 },
		{ "__ptep_set_access_flags", PFC_KIND_UPDATE, true, 1, .wraps = true },
		{ "ptep_set_access_flags", PFC_KIND_UPDATE, true, 1, .wraps = true },
		{ "contpte_ptep_set_access_flags", PFC_KIND_UPDATE, true, 1 },
	} },
	{ PFC_MARK_FILE, .rest = BIT(PFC_INFER_FILE_READ), .all = BIT(PFC_INFER_FILE),
	  .candidates = {
		{ "do_fault", PFC_KIND_FILE, false, PFC_ADDR_VMF },
		/* Inlined (5.10, 6.1): what fault-around satisfies does not get here. */
		{ "__do_fault", PFC_KIND_FILE, true, PFC_ADDR_VMF, .partial = true },
	} },
	{ PFC_MARK_ANON, .rest = BIT(PFC_INFER_ANON_READ), .all = BIT(PFC_INFER_ANON),
	  /* Whoever else maps a new anonymous page in a visit has called one of these before. */
	  .after = BIT(PFC_MARK_WP) | BIT(PFC_MARK_SWAP) | BIT(PFC_MARK_FILE),
	  .callers = BIT(PFC_MARK_SWAP), .candidates = {
		{ "do_anonymous_page", PFC_KIND_LEAF, false, PFC_ADDR_VMF },
		/* Inlined (5.10, 6.1): it maps a page of its own, or the zero page. */
		{ "folio_add_new_anon_rmap", PFC_KIND_RMAP, true, 2, .partial = true },
		{ "page_add_new_anon_rmap", PFC_KIND_RMAP, true, 2, .partial = true },
	} },
	{ PFC_MARK_THP_ANON, .needs = { PFC_NEED(CONFIG_TRANSPARENT_HUGEPAGE) },
	  PFC_OWN("do_huge_pmd_anonymous_page", PFC_KIND_LEAF) },
	{ PFC_MARK_THP_WP, .needs = { PFC_NEED(CONFIG_TRANSPARENT_HUGEPAGE) },
	  PFC_OWN("do_huge_pmd_wp_page", PFC_KIND_LEAF) },
	{ PFC_MARK_THP_NUMA,
	  .needs = { PFC_NEED(CONFIG_TRANSPARENT_HUGEPAGE), PFC_NEED(CONFIG_NUMA_BALANCING) },
	  PFC_OWN("do_huge_pmd_numa_page", PFC_KIND_LEAF) },
	{ PFC_MARK_THP_AF, .needs = { PFC_NEED(CONFIG_TRANSPARENT_HUGEPAGE) }, .every = true,
	  .candidates = {
		{ "huge_pmd_set_accessed", PFC_KIND_LEAF, false, PFC_ADDR_VMF },
		{ "huge_pud_set_accessed", PFC_KIND_LEAF, false, PFC_ADDR_VMF },
	} },
	{ PFC_MARK_THP_DEVICE, .needs = { PFC_NEED(CONFIG_DEVICE_PRIVATE) }, .optional = true,
	  PFC_OWN("do_huge_pmd_device_private", PFC_KIND_LEAF) },
	{ PFC_MARK_HUGETLB, .needs = { PFC_NEED(CONFIG_HUGETLB_PAGE) },
	  .candidates = { { "hugetlb_fault", PFC_KIND_LEAF, false, 2 } } },
};

/* What is known of each mark: whether all that makes it is seen, and why not. */
struct pfc_cover pfc_cover[PFC_NR_MARKS];

static const struct pfc_backend *pfc_entry_backend;

static __printf(2, 3) void pfc_cover_never(enum pfc_mark mark, const char *fmt, ...)
{
	va_list args;

	pfc_cover[mark].covered = true;
	va_start(args, fmt);
	vscnprintf(pfc_cover[mark].why, sizeof(pfc_cover[mark].why), fmt, args);
	va_end(args);
}

static void pfc_cover_fully(enum pfc_mark mark, bool inferred)
{
	pfc_cover[mark].covered = true;
	pfc_cover[mark].inferred = inferred;
	pfc_cover[mark].why[0] = '\0';
}

static __printf(2, 3) void pfc_cover_not(enum pfc_mark mark, const char *fmt, ...)
{
	va_list args;

	pfc_cover[mark].covered = false;
	va_start(args, fmt);
	vscnprintf(pfc_cover[mark].why, sizeof(pfc_cover[mark].why), fmt, args);
	va_end(args);
}

/* Both ends of the visit. Returns are probed where each can be found. */
static int pfc_probe_visit(void)
{
	struct pfc_probe probe = { .kind = PFC_KIND_EXIT, .method = PFC_METHOD_DIRECT };
	unsigned int before = pfc_nr_probes, i;
	unsigned long at = 0;
	int err = -ENOENT;

	while ((at = pfc_locate_next_return(at))) {
		err = pfc_probe_add(&probe, pfc_entry_backend, at);
		if (err)
			break;
	}
	/* Hits of the only one are as many as visits; those of several are counted. */
	for (i = before; !err && pfc_nr_probes - before > 1 && i < pfc_nr_probes; i++)
		pfc_probes[i]->counts = true;
	probe.kind = PFC_KIND_ENTRY;
	if (!err)
		err = pfc_probe_add(&probe, pfc_entry_backend, pfc_dispatcher[0].start);
	if (!err)
		return 0;
	pfc_probe_remove_to(before);
	probe.kind = PFC_KIND_VISIT;
	return pfc_probe_add(&probe, pfc_entry_backend, pfc_dispatcher[0].start);
}

/* Whether a candidate's name proves where its arguments are. */
static bool pfc_name_is_enough(const struct pfc_ladder *ladder,
			       const struct pfc_candidate *candidate,
			       const struct pfc_callee *callee)
{
	const struct pfc_candidate *before;

	if (strcmp(callee->symbol.name, candidate->function))
		return false;
	for (before = ladder->candidates; candidate->wraps && before < candidate; before++)
		if (pfc_locate_symbol(before->function))
			return false;
	return true;
}

/* Whether the handler finds the arguments in a compiler's variant of ptep_set_access_flags(). */
static bool pfc_variant_is_known(const struct pfc_ladder *ladder, const struct pfc_callee *callee)
{
	const unsigned int nr_args = 5;	/* vma, address, ptep, entry, dirty */
	const struct pfc_candidate *candidate = ladder->candidates;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ladder->candidates); i++)
		if (candidate[i].function &&
		    pfc_locate_forwards(callee, candidate[i].function, nr_args))
			return true;
	return false;
}

/* Whether the handler finds the arguments of a function that goes by a candidate's name. */
static bool pfc_args_are_known(const struct pfc_ladder *ladder,
			       const struct pfc_candidate *candidate,
			       const struct pfc_callee *callee)
{
	return pfc_name_is_enough(ladder, candidate, callee) ||
	       (candidate->kind == PFC_KIND_UPDATE && pfc_variant_is_known(ladder, callee));
}

/* The kind of a probe at ADDR, which the user named for MARK; or why it cannot be there. */
static const char *pfc_given_kind(enum pfc_mark mark, unsigned long addr, struct pfc_probe *probe)
{
	const struct pfc_candidate *candidate, *end;
	const struct pfc_ladder *ladder;
	bool inside = pfc_in_ranges(addr, pfc_dispatcher, pfc_nr_dispatcher);
	const struct pfc_callee *callee;

	callee = inside ? pfc_locate_site(addr) : pfc_locate_entry(addr);
	if (!inside && !callee)
		return "it is neither in handle_mm_fault() nor called by it";
	probe->kind = inside ? PFC_KIND_CALLEE : PFC_KIND_LEAF;
	/* At a function's entry the caller is known, and other callers do not count. */
	probe->check_caller = !inside;
	probe->address = PFC_ADDR_NONE;
	if (mark != PFC_MARK_AF)
		return NULL;
	/* Its handler follows the arguments, so it must be a call of that function. */
	for (ladder = pfc_ladders; ladder->mark != mark; ladder++)
		;
	end = ladder->candidates + ARRAY_SIZE(ladder->candidates);
	for (candidate = ladder->candidates; callee && candidate < end; candidate++) {
		if (!candidate->function || !pfc_locate_is(callee, candidate->function) ||
		    !pfc_args_are_known(ladder, candidate, callee))
			continue;
		probe->kind = candidate->kind;
		probe->address = candidate->address;
		return NULL;
	}
	return "it is no call of ptep_set_access_flags()";
}

/* Whether a row of "probes" is still one line with it. */
static bool pfc_is_word(const char *text)
{
	while (isgraph(*text))
		text++;
	return !*text;
}

/* WHAT is "symbol" or "symbol+0xoffset". */
static void pfc_probe_given_one(enum pfc_mark mark, char *what)
{
	struct pfc_probe probe = { .method = PFC_METHOD_GIVEN, .mark = mark };
	char *plus = strchr(what, '+');
	unsigned int offset = 0;
	unsigned long addr;
	const char *why;
	int err;

	if (!pfc_is_word(what)) {
		pfc_cover_not(mark, "given: a place has neither blanks nor control characters");
		return;
	}
	if (plus) {
		*plus = '\0';
		if (kstrtouint(plus + 1, 0, &offset)) {
			pfc_cover_not(mark, "given: no number after %s+", what);
			return;
		}
	}
	addr = pfc_locate_symbol(what);
	if (addr) {
		why = pfc_given_kind(mark, addr + offset, &probe);
		err = -EINVAL;
	} else {
		why = pfc_probe_error(-ENOENT);
		err = -ENOENT;
	}
	if (!why) {
		/* By symbol: register_kprobe() checks that the offset is within it. */
		probe.rp.kp.symbol_name = what;
		probe.rp.kp.offset = offset;
		err = pfc_probe_add(&probe, pfc_entry_backend, 0);
		why = pfc_probe_error(err);
	}
	if (err)
		pfc_cover_not(mark, "given %s+0x%x: %s (%d)", what, offset, why, err);
}

/* The methods to use: all, or the one that the user named; 0: the user named a probe point. */
static unsigned long pfc_methods_wanted(const char *given)
{
	enum pfc_method method;

	if (!given)
		return ~0UL;
	for (method = 0; method < PFC_NR_METHODS; method++)
		if (!strcmp(given, pfc_method_words[method]))
			/* What a probe sees in part is inferred for the rest. */
			return BIT(method) | BIT(PFC_METHOD_INFERRED);
	return 0;
}

static int pfc_probe_given(enum pfc_mark mark, const char *given)
{
	unsigned int before = pfc_nr_probes;
	char *copy, *rest, *what;

	copy = kstrdup(given, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	pfc_cover[mark].covered = true;
	while (pfc_cover[mark].covered && (what = strsep(&rest, ",")))
		pfc_probe_given_one(mark, what);
	if (!pfc_cover[mark].covered)
		pfc_probe_remove_to(before);
	kfree(copy);
	return 0;
}

/*
 * How the entry of a function is counted. With accounting the frame tells whose call it is;
 * without it only the return address can.
 */
static enum pfc_method pfc_entry_method(const struct pfc_candidate *candidate)
{
	if (!candidate->callee)
		return PFC_METHOD_DIRECT;
	return pfc_account ? PFC_METHOD_IN_VISIT : PFC_METHOD_CALLER_FILTER;
}

/* Whether the call is tried before the entry. */
static bool pfc_site_first(const struct pfc_candidate *candidate)
{
	/* Its entry also shows wp_page_reuse(). */
	if (candidate->kind == PFC_KIND_UPDATE && pfc_account)
		return false;
	/* Where the entry is cheaper than a kprobe, it comes first. */
	return candidate->hot || pfc_entry_backend == &pfc_backend_kprobe;
}

/* Whether all of some marks are seen by probes of their own. */
static bool pfc_cover_all(unsigned long marks)
{
	enum pfc_mark mark;

	for (mark = 0; mark < PFC_NR_SEEN_MARKS; mark++)
		if (marks & BIT(mark) && !pfc_cover[mark].covered)
			return false;
	return true;
}

/* One candidate: true if it has a probe now, else why not is noted. */
static bool pfc_probe_candidate(const struct pfc_ladder *ladder,
				const struct pfc_candidate *candidate,
				const struct pfc_callee *callee, unsigned long methods)
{
	const enum pfc_mark mark = ladder->mark;
	struct pfc_probe probe = {
		.kind = candidate->kind,
		.mark = mark,
		.address = candidate->address,
	};
	bool only_site = !pfc_cover_all(ladder->callers);
	unsigned int i;
	int err = 0;

	/* A variant that the compiler made may have other arguments. */
	if (!pfc_args_are_known(ladder, candidate, callee)) {
		if (candidate->kind == PFC_KIND_UPDATE || candidate->kind == PFC_KIND_RMAP) {
			pfc_cover_not(mark, "%s: its arguments are not known",
				      callee->symbol.name);
			return false;
		}
		probe.kind = candidate->callee ? PFC_KIND_CALLEE : PFC_KIND_LEAF;
		probe.address = PFC_ADDR_NONE;
	}
	/* Without accounting each call counts, with it only the visit's first one. */
	if (candidate->callee && callee->sites != 1 && !candidate->partial && !pfc_account) {
		pfc_cover_not(mark, "%s() is called from %u places", candidate->function,
			      callee->sites);
		return false;
	}
	if (only_site && callee->sites != 1) {
		pfc_cover_not(mark, "%s() is called from %u places, not all of them its own",
			      candidate->function, callee->sites);
		return false;
	}
	if (callee->sites == 1)
		probe.caller = callee->returns;
	for (i = 0; i < 2; i++) {
		bool site = only_site ||
			    (candidate->callee && i == !pfc_site_first(candidate));

		probe.method = site ? PFC_METHOD_CALL_SITE : pfc_entry_method(candidate);
		probe.check_caller = !site;
		if (!(methods & BIT(probe.method)))
			continue;
		if (site && (callee->sites != 1 || !callee->site))
			continue;
		err = pfc_probe_add(&probe, pfc_entry_backend,
				    site ? callee->site : callee->symbol.start);
		if (!err)
			return true;
	}
	if (err)
		pfc_cover_not(mark, "%s(): %s (%d)", candidate->function, pfc_probe_error(err),
			      err);
	else
		pfc_cover_not(mark, "%s() cannot be found by that method", candidate->function);
	return false;
}

static void pfc_probe_ladder(const struct pfc_ladder *ladder, unsigned long methods)
{
	const struct pfc_candidate *candidate, *end;
	unsigned int before = pfc_nr_probes;
	const struct pfc_callee *callee;
	enum pfc_mark mark = ladder->mark;
	bool found = false, partial = false;

	pfc_cover_not(mark, "inlined: handle_mm_fault() does not call %s()",
		      ladder->candidates[0].function);
	end = ladder->candidates + ARRAY_SIZE(ladder->candidates);
	for (candidate = ladder->candidates; candidate < end && candidate->function; candidate++) {
		callee = pfc_locate_callee(candidate->function);
		if (!callee || (candidate->partial && !pfc_cover_all(ladder->after)) ||
		    (candidate->instead && pfc_locate_callee(ladder->candidates[0].function)))
			continue;
		if ((candidate->instead && callee->sites != 1) ||
		    (candidate->beside && !pfc_locate_callee(candidate->beside))) {
			pfc_cover_not(mark, "inlined, and so is who else calls %s()",
				      candidate->function);
			continue;
		}
		if (pfc_probe_candidate(ladder, candidate, callee, methods)) {
			found = true;
			partial = candidate->partial;
			if (!ladder->every)
				break;
		} else if (ladder->every) {
			pfc_probe_remove_to(before);
			return;
		}
	}
	if (found && !partial) {
		pfc_cover_fully(mark, false);
	} else if (ladder->all && pfc_account && methods & BIT(PFC_METHOD_INFERRED)) {
		pfc_infer |= found ? ladder->rest : ladder->all;
		pfc_cover_fully(mark, true);
	} else if (found) {
		pfc_probe_remove_to(before);
		pfc_cover_not(mark, "%s() is inlined: without account=1 only a part can be seen",
			      ladder->candidates[0].function);
	} else if (ladder->optional) {
		pfc_cover_never(mark, "never happens: this kernel has no %s()",
				ladder->candidates[0].function);
	}
}

/*
 * Accesses that the architecture refuses, where it sends the signal. Always by
 * kprobes: that path is long, and rare.
 */
static void pfc_probe_refusals(void)
{
	struct pfc_probe probe = {
		.kind = PFC_KIND_REFUSED,
		.method = PFC_METHOD_DIRECT,
		.mark = PFC_MARK_REFUSED,
	};
	unsigned int i, before = pfc_nr_probes;
	int err;

	pfc_no_refused = pfc_locate_refusals();
	for (i = 0; !pfc_no_refused && i < pfc_nr_refusals; i++) {
		probe.address = pfc_refusals[i].address;
		err = pfc_probe_add(&probe, pfc_entry_backend, pfc_refusals[i].start);
		if (!err)
			continue;
		pfc_no_refused = pfc_probe_error(err);
		pfc_probe_remove_to(before);
	}
}

/* The rest of what the handlers must know, once all is found. */
static void pfc_find_settle(void)
{
	bool file = false, reuse = false;
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++) {
		file |= pfc_probes[i]->kind == PFC_KIND_FILE;
		reuse |= pfc_probes[i]->kind == PFC_KIND_UPDATE &&
			 pfc_probes[i]->method == PFC_METHOD_IN_VISIT;
	}
	for (i = 0; i < pfc_nr_probes; i++)
		pfc_probes[i]->reads_page = !reuse;
	if (pfc_infer || !file)
		static_branch_enable(&pfc_infers);
}

/* What the kernel would have to be configured with, and is not. */
static const char *pfc_lacks(const struct pfc_ladder *ladder)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ladder->needs); i++)
		if (ladder->needs[i].option && !ladder->needs[i].set)
			return ladder->needs[i].option;
	return NULL;
}

/**
 * pfc_find_probes() - find and place every probe point, none armed
 * @config: what is wanted
 *
 * Logs which classes cannot be counted, and why.
 *
 * Context: may sleep; pfc_locate_init() has run. Balanced by pfc_probe_remove_to(0).
 * Return: 0, -ENOMEM, or -EOPNOTSUPP if no probe point was found.
 */
int pfc_find_probes(const struct pfc_config *config)
{
	const struct pfc_ladder *ladder;
	unsigned int visits = 0;
	unsigned long methods;
	enum pfc_mark mark;
	int err;

	pfc_account = config->account;
	pfc_entry_backend = config->backend;
	if (pfc_account) {
		err = pfc_probe_visit();
		if (err) {
			pfc_account = false;
			scnprintf(pfc_no_account, sizeof(pfc_no_account),
				  "handle_mm_fault(): %s (%d)", pfc_probe_error(err), err);
		}
	}
	visits = pfc_nr_probes;
	for (ladder = pfc_ladders; ladder < pfc_ladders + ARRAY_SIZE(pfc_ladders); ladder++) {
		mark = ladder->mark;
		methods = pfc_methods_wanted(config->given[mark]);
		if (!methods) {
			err = pfc_probe_given(mark, config->given[mark]);
			if (err)
				goto err_remove;
		} else if (pfc_lacks(ladder)) {
			pfc_cover_never(mark, "never happens: %s is not set", pfc_lacks(ladder));
		} else {
			pfc_probe_ladder(ladder, methods);
		}
		if (pfc_cover[mark].covered)
			continue;
		pfc_incomplete = true;
		/* An access-flag update never ends in an error. */
		if (mark != PFC_MARK_AF)
			pfc_incomplete_errors = true;
		pr_notice("%s is " PFC_UNAVAILABLE ": %s\n",
			  pfc_class_keys[pfc_mark_class(mark)], pfc_cover[mark].why);
	}
	if (pfc_nr_probes == visits) {
		pr_err("nothing of the fault path can be probed on this kernel\n");
		err = -EOPNOTSUPP;
		goto err_remove;
	}
	if (pfc_account)
		pfc_probe_refusals();
	pfc_find_settle();
	/* Armed in this order: the beginning of visits comes last. */
	if (visits)
		swap(pfc_probes[visits - 1], pfc_probes[pfc_nr_probes - 1]);
	return 0;

err_remove:
	pfc_probe_remove_to(0);
	return err;
}
