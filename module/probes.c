// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/* lint: allow MACRO_ARG_UNUSED throughout: the lists of pfclass.h pass more than each user wants */
/* lint: allow BRACKET_SPACE throughout: an index in an initializer */
/*
 * The table of places and the ladder by which each is found.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mman.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <compat/compat.h>
#include "filter.h"
#include "frames.h"
#include "locate.h"
#include "pfc_arch.h"
#include "probes.h"

/**
 * struct pfc_way - one function by which a mark is seen
 * @function: a function that the dispatcher calls
 * @callee: it is not the class's own: it is only called from there, so the call
 *	is the place, or its entry when the caller is the dispatcher
 * @address: where the faulting address is on entry of @function
 * @hot: others call it often: where the call itself can be probed, that is cheaper
 *	even when the probe is not
 * @partial: it sees some of the faults only, and the rest must be inferred; it
 *	does not matter from how many places it is called
 */
struct pfc_way {
	const char *function;
	bool callee;
	int address;
	bool hot;
	bool partial;
};

/**
 * struct pfc_ladder - all the ways to see a mark
 * @mark: what is seen; PFC_MARK_AF stands for the whole tail
 * @needs: configuration without which the kernel never makes it, or NULL
 * @configured: whether the kernel has that
 * @optional: where none is called, the kernel never makes it
 * @every: each way that exists is needed, not the first one
 * @rest: bit of enum pfc_infer: what a partial way does not see
 * @all: bit of enum pfc_infer: all of it
 * @ways: best first
 */
struct pfc_ladder {
	enum pfc_mark mark;
	const char *needs;
	bool configured;
	bool optional;
	bool every;
	unsigned long rest;
	unsigned long all;
	struct pfc_way ways[4];
};

/* lint: allow IS_ENABLED_CONFIG: the argument is a CONFIG_ */
#define PFC_NEEDS(option) .needs = #option, .configured = IS_ENABLED(option)
#define PFC_OWN(function) .ways = { { function, false, PFC_ADDR_VMF } }

/* Argument positions are those of 5.10, 6.1, 6.12 and 7.2 alike. */
static const struct pfc_ladder pfc_ladders[] = {
	{ PFC_MARK_ANON, .rest = BIT(PFC_INFER_ANON_READ), .all = BIT(PFC_INFER_ANON), .ways = {
		{ "do_anonymous_page", false, PFC_ADDR_VMF },
		/* Inlined (5.10, 6.1): it maps a page of its own, or the zero page. */
		{ "folio_add_new_anon_rmap", true, 2, .partial = true },
		{ "page_add_new_anon_rmap", true, 2, .partial = true },
	} },
	{ PFC_MARK_WP, PFC_OWN("do_wp_page") },
	{ PFC_MARK_SWAP, PFC_OWN("do_swap_page") },
	{ PFC_MARK_NUMA, PFC_NEEDS(CONFIG_NUMA_BALANCING), .ways = {
		/*
		 * Of the dispatcher only do_numa_page() calls these, once it has seen
		 * that the entry is still the one that faulted. At its own entry, those
		 * that come too late count, too: then nothing is done, and numa_hint_faults
		 * does not count it either.
		 */
		{ "vm_normal_page", true, 1, .hot = true },
		{ "vm_normal_folio", true, 1, .hot = true },
		{ "do_numa_page", false, PFC_ADDR_VMF },
	} },
	/* One of the first three, by version; on arm64 since 6.9 also the last. */
	{ PFC_MARK_AF, .every = true, .ways = {
		{ "__ptep_set_access_flags_anysz", true, 1 },
		{ "__ptep_set_access_flags", true, 1 },
		{ "ptep_set_access_flags", true, 1 },
		{ "contpte_ptep_set_access_flags", true, 1 },
	} },
	{ PFC_MARK_FILE, .rest = BIT(PFC_INFER_FILE_READ), .all = BIT(PFC_INFER_FILE), .ways = {
		{ "do_fault", false, PFC_ADDR_VMF },
		/* Inlined (5.10, 6.1): what fault-around satisfies does not get here. */
		{ "__do_fault", true, PFC_ADDR_VMF, .partial = true },
	} },
	{ PFC_MARK_THP_ANON, PFC_NEEDS(CONFIG_TRANSPARENT_HUGEPAGE),
	  PFC_OWN("do_huge_pmd_anonymous_page") },
	{ PFC_MARK_THP_WP, PFC_NEEDS(CONFIG_TRANSPARENT_HUGEPAGE),
	  PFC_OWN("do_huge_pmd_wp_page") },
	{ PFC_MARK_THP_NUMA, PFC_NEEDS(CONFIG_TRANSPARENT_HUGEPAGE),
	  PFC_OWN("do_huge_pmd_numa_page") },
	{ PFC_MARK_THP_AF, PFC_NEEDS(CONFIG_TRANSPARENT_HUGEPAGE), .every = true, .ways = {
		{ "huge_pmd_set_accessed", false, PFC_ADDR_VMF },
		{ "huge_pud_set_accessed", false, PFC_ADDR_VMF },
	} },
	{ PFC_MARK_THP_DEVICE, PFC_NEEDS(CONFIG_DEVICE_PRIVATE), .optional = true,
	  PFC_OWN("do_huge_pmd_device_private") },
	{ PFC_MARK_HUGETLB, PFC_NEEDS(CONFIG_HUGETLB_PAGE),
	  .ways = { { "hugetlb_fault", false, 2 } } },
};

/* What is to be said of a mark: whether all that makes it is seen, and why not. */
static struct {
	bool covered;
	bool inferred;		/* the places do not see all of it */
	char why[96];		/* covered: why it never happens, or empty */
} pfc_cover[PFC_NR_MARKS];

static struct pfc_place *pfc_places[PFC_MAX_PLACES];
static unsigned int pfc_nr_places;
static u64 pfc_missed_base;
static bool pfc_armed;
static const struct pfc_backend *pfc_entry_backend;
static char pfc_no_account[96] = "accounting is off (account=0)";
static const char *pfc_no_refused;	/* why refused accesses are not seen */

bool pfc_account;
bool pfc_blind;
bool pfc_blind_to_errors;
unsigned long pfc_infer;
DEFINE_STATIC_KEY_FALSE(pfc_infers);

static const char * const pfc_method_words[PFC_NR_METHODS] = {
#define PFC_X(id, word) [PFC_METHOD_##id] = word,
	PFC_METHODS(PFC_X)
#undef PFC_X
};

static const char * const pfc_state_words[PFC_NR_STATES] = {
#define PFC_X(id, word) [PFC_STATE_##id] = word,
	PFC_STATES(PFC_X)
#undef PFC_X
};

static const char * const pfc_class_keys[PFC_NR_CLASSES] = {
#define PFC_X(id, key, where) [PFC_##id] = key,
	PFC_CLASSES(PFC_X)
#undef PFC_X
};

/* The three marks of the tail are seen by the same places. */
static enum pfc_mark pfc_mark_seen_as(enum pfc_mark mark)
{
	return BIT(mark) & PFC_MARKS_TAIL ? PFC_MARK_AF : mark;
}

static const char *pfc_place_error(int err)
{
	switch (err) {
	case -ENOENT:
		return "the kernel has no such symbol";
	case -EINVAL:
		return "the kernel refuses a kprobe there";
	case -EILSEQ:
	case -ERANGE:
		return "not the beginning of an instruction of that symbol";
	case -E2BIG:
		return "too many places";
	case -ENOMEM:
		return "out of memory";
	default:
		return "register_kprobe() failed";
	}
}

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

/*
 * Place TEMPLATE at ADDR, or where its kprobe says by symbol. Only kprobes can be
 * anywhere; they also take what the other backend refuses at a function's entry.
 */
static int pfc_place_add(const struct pfc_place *template, unsigned long addr)
{
	bool entry = addr && (template->check_caller || template->kind == PFC_KIND_ENTRY);
	struct pfc_place *place;
	int err = -EINVAL;

	if (pfc_nr_places == PFC_MAX_PLACES)
		return -E2BIG;
	place = kmemdup(template, sizeof(*place), GFP_KERNEL);
	if (!place)
		return -ENOMEM;
	place->addr = addr;
	place->index = pfc_nr_places;
	place->count = &pfc_counters->place[place->index];
	place->marks = BIT(place->mark);
	place->backend = entry ? pfc_entry_backend : &pfc_backend_kprobe;
	err = place->backend->place(place);
	if (err && place->backend != &pfc_backend_kprobe) {
		place->backend = &pfc_backend_kprobe;
		err = place->backend->place(place);
	}
	if (err) {
		kfree(place);
		return err;
	}
	pfc_places[pfc_nr_places++] = place;
	return 0;
}

/* Remove all places but the first COUNT; neighbours of one backend together. */
static void pfc_place_remove_to(unsigned int count)
{
	const struct pfc_backend *backend;
	unsigned int first;

	while (pfc_nr_places > count) {
		first = pfc_nr_places - 1;
		backend = pfc_places[first]->backend;
		while (first > count && pfc_places[first - 1]->backend == backend)
			first--;
		backend->unplace(&pfc_places[first], pfc_nr_places - first);
		while (pfc_nr_places > first)
			kfree(pfc_places[--pfc_nr_places]);
	}
}

/* Both ends of the visit. Returns are probed where each can be found. */
static int pfc_place_visit(void)
{
	struct pfc_place place = { .kind = PFC_KIND_EXIT, .how = PFC_METHOD_DIRECT };
	unsigned int before = pfc_nr_places;
	unsigned long at = 0;
	int err = -ENOENT;

	while ((at = pfc_locate_next_return(at))) {
		err = pfc_place_add(&place, at);
		if (err)
			break;
	}
	place.kind = PFC_KIND_ENTRY;
	if (!err)
		err = pfc_place_add(&place, pfc_dispatcher[0].start);
	if (!err)
		return 0;
	pfc_place_remove_to(before);
	place.kind = PFC_KIND_VISIT;
	return pfc_place_add(&place, pfc_dispatcher[0].start);
}

/* WHAT is "symbol" or "symbol+0xoffset". */
static void pfc_place_given_one(enum pfc_mark mark, char *what)
{
	char *plus = strchr(what, '+');
	struct pfc_place place = {
		.kind = mark == PFC_MARK_AF ? PFC_KIND_TAIL : PFC_KIND_LEAF,
		.how = PFC_METHOD_GIVEN,
		.mark = mark,
		.address = mark == PFC_MARK_AF ? 1 : PFC_ADDR_NONE,
	};
	unsigned int offset = 0;
	unsigned long target;
	int err;

	if (plus) {
		*plus = '\0';
		if (kstrtouint(plus + 1, 0, &offset)) {
			pfc_cover_not(mark, "given: no number after %s+", what);
			return;
		}
	}
	/* At a function's entry the caller is known, and other callers do not count. */
	place.check_caller = !offset;
	place.rp.kp.symbol_name = what;
	place.rp.kp.offset = offset;
	err = pfc_place_add(&place, 0);
	if (err) {
		pfc_cover_not(mark, "given %s+0x%x: %s (%d)", what, offset,
			      pfc_place_error(err), err);
		return;
	}
	/* The tail is split by the setter's arguments, which stand at a call of it. */
	if (mark == PFC_MARK_AF && offset &&
	    !pfc_arch_call_target(pfc_places[pfc_nr_places - 1]->addr, &target)) {
		pfc_place_remove_to(pfc_nr_places - 1);
		pfc_cover_not(mark, "given %s+0x%x: not a call of the access-flag setter",
			      what, offset);
	}
}

/* Ways that may be used: all, or one that was named; 0: a place was named. */
static unsigned long pfc_hows_wanted(const char *given)
{
	enum pfc_method how;

	if (!given)
		return ~0UL;
	for (how = 0; how < PFC_NR_METHODS; how++)
		if (!strcmp(given, pfc_method_words[how]))
			/* What a place sees in part is inferred for the rest. */
			return BIT(how) | BIT(PFC_METHOD_INFERRED);
	return 0;
}

static int pfc_place_given(enum pfc_mark mark, const char *given)
{
	unsigned int before = pfc_nr_places;
	char *copy, *rest, *what;

	copy = kstrdup(given, GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	rest = copy;
	pfc_cover[mark].covered = true;
	while (pfc_cover[mark].covered && (what = strsep(&rest, ",")))
		pfc_place_given_one(mark, what);
	if (!pfc_cover[mark].covered)
		pfc_place_remove_to(before);
	kfree(copy);
	return 0;
}

/* What is done with the arguments of the mark's own function. */
static enum pfc_kind pfc_mark_kind(enum pfc_mark mark)
{
	switch (mark) {
	case PFC_MARK_WP:
		return PFC_KIND_WP;
	case PFC_MARK_SWAP:
		return PFC_KIND_SWAP;
	case PFC_MARK_AF:
		return PFC_KIND_TAIL;
	default:
		return PFC_KIND_LEAF;
	}
}

/* One way: true if there is a place now, else why not is noted. */
static bool pfc_place_way(enum pfc_mark mark, const struct pfc_way *way,
			  const struct pfc_callee *callee, unsigned long hows)
{
	struct pfc_place place = {
		.kind = pfc_mark_kind(mark),
		.mark = mark,
		.address = way->address,
	};
	unsigned int i;
	int err = 0;

	/* A variant of the compiler's making may have other arguments. */
	if (strcmp(callee->symbol.name, way->function)) {
		if (mark == PFC_MARK_AF) {
			pfc_cover_not(mark, "%s: its arguments are not known",
				      callee->symbol.name);
			return false;
		}
		place.kind = PFC_KIND_LEAF;
		place.address = PFC_ADDR_NONE;
	}
	if (way->callee && callee->sites != 1 && !way->partial) {
		pfc_cover_not(mark, "%s() is called from %u places", way->function,
			      callee->sites);
		return false;
	}
	if (callee->sites == 1 && pfc_locate_complete() && callee->call)
		place.caller = pfc_arch_call_return(callee->site);
	/* Where the entry is cheaper than a kprobe, it is tried first. */
	for (i = 0; i < 2; i++) {
		bool site = way->callee &&
			    i == (pfc_entry_backend != &pfc_backend_kprobe && !way->hot);

		place.how = site ? PFC_METHOD_CALL_SITE :
			    way->callee ? PFC_METHOD_CALLER_FILTER : PFC_METHOD_DIRECT;
		place.check_caller = !site;
		if (!(hows & BIT(place.how)) || (site && callee->sites != 1))
			continue;
		err = pfc_place_add(&place, site ? callee->site : callee->symbol.start);
		if (!err)
			return true;
	}
	if (err)
		pfc_cover_not(mark, "%s(): %s (%d)", way->function, pfc_place_error(err), err);
	else
		pfc_cover_not(mark, "%s() cannot be found that way", way->function);
	return false;
}

static void pfc_place_ladder(const struct pfc_ladder *ladder, unsigned long hows)
{
	const struct pfc_way *way, *end = ladder->ways + ARRAY_SIZE(ladder->ways);
	unsigned int before = pfc_nr_places;
	const struct pfc_callee *callee;
	enum pfc_mark mark = ladder->mark;
	bool found = false, partial = false;

	pfc_cover_not(mark, "inlined: handle_mm_fault() does not call %s()%s",
		      ladder->ways[0].function,
		      pfc_locate_complete() ? "" : ", or somebody's kprobe hides the call");
	for (way = ladder->ways; way < end && way->function; way++) {
		callee = pfc_locate_callee(way->function);
		if (!callee)
			continue;
		if (pfc_place_way(mark, way, callee, hows)) {
			found = true;
			partial = way->partial;
			if (!ladder->every)
				break;
		} else if (ladder->every) {
			pfc_place_remove_to(before);
			return;
		}
	}
	if (found && !partial) {
		pfc_cover_fully(mark, false);
	} else if (ladder->all && pfc_account && hows & BIT(PFC_METHOD_INFERRED)) {
		pfc_infer |= found ? ladder->rest : ladder->all;
		static_branch_enable(&pfc_infers);
		pfc_cover_fully(mark, true);
	} else if (found) {
		pfc_place_remove_to(before);
		pfc_cover_not(mark, "%s() is inlined: without account=1 only a part can be seen",
			      ladder->ways[0].function);
	} else if (ladder->optional && pfc_locate_complete()) {
		pfc_cover_never(mark, "never happens: this kernel has no %s()",
				ladder->ways[0].function);
	}
}

/*
 * Accesses that the architecture refuses, where it sends the signal. Always by
 * kprobes: that path is long, and rare.
 */
static void pfc_place_refusals(void)
{
	struct pfc_place place = {
		.kind = PFC_KIND_REFUSED,
		.how = PFC_METHOD_CALLER_FILTER,
		.mark = PFC_MARK_REFUSED,
	};
	unsigned int i, before = pfc_nr_places;
	int err;

	pfc_no_refused = pfc_locate_refusals();
	for (i = 0; !pfc_no_refused && i < pfc_nr_refusals; i++) {
		place.address = pfc_refusals[i].address;
		err = pfc_place_add(&place, pfc_refusals[i].start);
		if (!err)
			continue;
		pfc_no_refused = pfc_place_error(err);
		pfc_place_remove_to(before);
	}
}

/**
 * pfc_probes_init() - find and place every probe point, none armed
 * @config: what is wanted
 *
 * Says in the log which classes cannot be counted and why.
 *
 * Context: may sleep; pfc_locate_init() has run. Balanced by pfc_probes_exit().
 * Return: 0, -ENOMEM, or -EOPNOTSUPP if no place was found.
 */
int pfc_probes_init(const struct pfc_config *config)
{
	const struct pfc_ladder *ladder;
	unsigned int leaves = 0;
	unsigned long hows;
	enum pfc_mark mark;
	int err;

	pfc_account = config->account;
	pfc_entry_backend = config->backend;
	if (pfc_account) {
		err = pfc_place_visit();
		if (err) {
			pfc_account = false;
			scnprintf(pfc_no_account, sizeof(pfc_no_account),
				  "handle_mm_fault(): %s (%d)", pfc_place_error(err), err);
		}
	}
	leaves = pfc_nr_places;
	for (ladder = pfc_ladders; ladder < pfc_ladders + ARRAY_SIZE(pfc_ladders); ladder++) {
		mark = ladder->mark;
		hows = pfc_hows_wanted(config->given[mark]);
		if (!hows) {
			err = pfc_place_given(mark, config->given[mark]);
			if (err)
				goto err_remove;
		} else if (ladder->needs && !ladder->configured) {
			pfc_cover_never(mark, "never happens: %s is not set", ladder->needs);
		} else {
			pfc_place_ladder(ladder, hows);
		}
		if (pfc_cover[mark].covered)
			continue;
		pfc_blind = true;
		/* The tail always ends well. */
		if (mark != PFC_MARK_AF)
			pfc_blind_to_errors = true;
		pr_notice("%s is " PFC_UNAVAILABLE ": %s\n",
			  pfc_class_keys[pfc_mark_class(mark)], pfc_cover[mark].why);
	}
	if (pfc_nr_places > leaves) {
		if (pfc_account)
			pfc_place_refusals();
		/* Armed in this order: the beginning of visits comes last. */
		if (leaves)
			swap(pfc_places[leaves - 1], pfc_places[pfc_nr_places - 1]);
		return 0;
	}
	pr_err("no place of the fault path can be probed on this kernel\n");
	err = -EOPNOTSUPP;

err_remove:
	pfc_place_remove_to(0);
	return err;
}

/**
 * pfc_probes_exit() - disarm and remove every probe point
 *
 * Context: may sleep; on return no handler runs and none will.
 */
void pfc_probes_exit(void)
{
	pfc_probes_disarm();
	pfc_place_remove_to(0);
}

/* Once no handler runs, what they left half done is forgotten. */
static void pfc_probes_quiesce(void)
{
	synchronize_rcu();
	pfc_frames_wipe();
}

/**
 * pfc_probes_arm() - start counting
 *
 * The ends of visits come first and their beginnings last, so that no visit is
 * opened that cannot be marked and closed.
 *
 * Context: may sleep; the caller serialises.
 * Return: 0, or the error of the first probe that could not be armed; then none
 * is.
 */
int pfc_probes_arm(void)
{
	int i, err;

	if (pfc_armed)
		return 0;
	for (i = 0; i < pfc_nr_places; i++) {
		err = pfc_places[i]->backend->arm(pfc_places[i]);
		if (err)
			goto err_disarm;
	}
	pfc_armed = true;
	return 0;

err_disarm:
	pr_err("cannot arm a probe (%d)\n", err);
	while (--i >= 0)
		pfc_places[i]->backend->disarm(pfc_places[i]);
	pfc_probes_quiesce();
	return err;
}

/**
 * pfc_probes_disarm() - stop counting; a visit in flight is not counted
 *
 * Context: may sleep; the caller serialises. On return no handler runs.
 */
void pfc_probes_disarm(void)
{
	int i;

	if (!pfc_armed)
		return;
	pfc_armed = false;
	for (i = pfc_nr_places - 1; i >= 0; i--)
		pfc_places[i]->backend->disarm(pfc_places[i]);
	pfc_probes_quiesce();
}

/**
 * pfc_probes_armed() - whether pfclass is counting
 *
 * Context: the caller serialises with arming.
 * Return: true if it is.
 */
bool pfc_probes_armed(void)
{
	return pfc_armed;
}

static u64 pfc_place_hits(const struct pfc_place *place, const struct pfc_counters *c)
{
	u64 hits = c->place[place->index].elsewhere;
	unsigned int i;

	/* Each counts something else, too, and not twice. */
	if (place->kind == PFC_KIND_EXIT)
		hits += c->begun - c->refused + c->retries;
	for (i = 0; i < PFC_NR_VARIANTS; i++)
		hits += c->place[place->index].hit[i];
	return hits;
}

static u64 pfc_all_hits(struct pfc_counters *c)
{
	unsigned int i;
	u64 sum = 0;

	pfc_counters_total(c);
	for (i = 0; i < pfc_nr_places; i++)
		sum += pfc_place_hits(pfc_places[i], c);
	return sum;
}

/* A page is read and then written: do_anonymous_page() and do_wp_page(). */
static int pfc_fault_twice(void)
{
	unsigned long at = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, 0);
	char byte;
	int err;

	if (IS_ERR_VALUE(at))
		return at;
	err = get_user(byte, (char __user *)at);
	if (!err)
		err = put_user(byte, (char __user *)at);
	vm_munmap(at, PAGE_SIZE);
	return err;
}

/**
 * pfc_probes_selfcheck() - whether armed probes fire
 *
 * The caller's task takes two faults, and the counters are reset.
 *
 * Context: may sleep; process context, probes armed.
 * Return: 0, -EIO if no probe fired (debugfs kprobes/enabled may be 0), or the
 * error that kept the faults from being taken.
 */
int pfc_probes_selfcheck(void)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);
	int err = -ENOMEM;
	u64 before;

	if (!c)
		return err;
	before = pfc_all_hits(c);
	err = pfc_fault_twice();
	if (!err && pfc_all_hits(c) == before)
		err = -EIO;
	kfree(c);
	return err;
}

/**
 * pfc_probes_missed() - firings and visits that were lost
 * @c: counters that were read
 *
 * Context: any.
 * Return: their number since the last reset.
 */
u64 pfc_probes_missed(const struct pfc_counters *c)
{
	u64 missed = c->lost - pfc_missed_base;
	unsigned int i;

	for (i = 0; i < pfc_nr_places; i++)
		missed += pfc_places[i]->backend->missed(pfc_places[i]);
	return missed;
}

/**
 * pfc_probes_reset() - make the lost firings read zero
 *
 * Context: any.
 */
void pfc_probes_reset(void)
{
	unsigned int i;

	pfc_missed_base = 0;
	for (i = 0; i < pfc_nr_places; i++)
		pfc_missed_base += pfc_places[i]->backend->missed(pfc_places[i]);
}

/**
 * pfc_probes_why_not() - why a class cannot be counted
 * @class: a class
 *
 * Context: any.
 * Return: the reason in plain words, or NULL: it is counted.
 */
const char *pfc_probes_why_not(enum pfc_class class)
{
	const char *why;
	enum pfc_mark mark;
	unsigned int i;

	for (i = 0; pfc_armed && i < pfc_nr_places; i++)
		if ((pfc_account || pfc_mark_class(pfc_places[i]->mark) == class) &&
		    !pfc_places[i]->backend->alive(pfc_places[i]))
			return pfc_places[i]->backend->why_dead;
	if (!pfc_account) {
		/* A hit at the PMD level may have fallen back to the PTE level. */
		if (class == PFC_THP || class == PFC_NONE || class == PFC_ERROR)
			return pfc_no_account;
		for (i = 0; i < pfc_nr_places; i++)
			if (pfc_places[i]->address == PFC_ADDR_NONE &&
			    pfc_mark_class(pfc_places[i]->mark) == class &&
			    pfc_filter_by_address())
				return "its place does not know the address, and the filter asks";
	}
	/* What leaves no mark is what no mark's place saw: all must have one. */
	for (mark = 0; mark < PFC_NR_SEEN_MARKS; mark++) {
		why = pfc_cover[pfc_mark_seen_as(mark)].why;
		if (!pfc_cover[pfc_mark_seen_as(mark)].covered &&
		    (pfc_mark_class(mark) == class || class == PFC_NONE))
			return class == PFC_NONE ? "another class is " PFC_UNAVAILABLE : why;
	}
	return NULL;
}

/**
 * pfc_probes_why_not_refused() - why accesses that are refused cannot be counted
 *
 * Context: any.
 * Return: the reason in plain words, or NULL: they are counted.
 */
const char *pfc_probes_why_not_refused(void)
{
	return pfc_account ? pfc_no_refused : pfc_no_account;
}

/**
 * pfc_probes_refines() - whether a refinement of a class that is counted is seen
 * @refinement: a refinement; pfc_probes_why_not() of its class is NULL
 *
 * What do_wp_page() and do_swap_page() start from is in their argument, which is
 * not known at a place that was given, nor in a compiler's variant of them.
 *
 * Context: any.
 * Return: true if it is.
 */
bool pfc_probes_refines(enum pfc_refinement refinement)
{
	enum pfc_class class = pfc_refinement_class(refinement);
	bool wp = false, swap = false;
	unsigned int i;

	for (i = 0; i < pfc_nr_places; i++) {
		wp |= pfc_places[i]->kind == PFC_KIND_WP;
		swap |= pfc_places[i]->kind == PFC_KIND_SWAP;
	}
	if (!pfc_account || (class == PFC_WP && !wp) || (class == PFC_SWAP && !swap))
		return false;
	return refinement != PFC_SWAP_WP || wp;
}

/**
 * pfc_probes_class() - the faults of one class
 * @c: counters that were read
 * @class: a class for which pfc_probes_why_not() is NULL
 *
 * Context: any.
 * Return: completed faults with accounting, else hits of the class's places.
 */
u64 pfc_probes_class(const struct pfc_counters *c, enum pfc_class class)
{
	unsigned int i, variant;
	enum pfc_mark mark;
	u64 sum = 0;

	if (pfc_account)
		return pfc_counters_class(c, class);
	for (i = 0; i < pfc_nr_places; i++) {
		for (variant = 0; variant < PFC_NR_VARIANTS; variant++) {
			mark = pfc_places[i]->mark + variant;
			if (mark < PFC_NR_MARKS && pfc_mark_class(mark) == class)
				sum += c->place[pfc_places[i]->index].hit[variant];
		}
	}
	return sum;
}

static void pfc_place_show(struct seq_file *m, const struct pfc_place *place,
			   const struct pfc_counters *c)
{
	enum pfc_state state = !pfc_armed ? PFC_STATE_DISARMED :
			       place->backend->alive(place) ? PFC_STATE_ARMED : PFC_STATE_DEAD;
	unsigned long addr = place->addr;
	struct pfc_symbol sym = { .start = addr, .name = "?" };
	const char *label = pfc_class_keys[pfc_mark_class(place->mark)];
	u64 elsewhere = c->place[place->index].elsewhere;

	pfc_symbol_at(addr, &sym);
	if (place->kind == PFC_KIND_TAIL)
		seq_printf(m, "%s,%s,%s", pfc_class_keys[PFC_AF], pfc_class_keys[PFC_DIRTY],
			   pfc_class_keys[PFC_SPURIOUS]);
	else
		seq_puts(m, place->kind < PFC_KIND_LEAF ? "visit" : label);
	seq_printf(m, " %s %s+0x%lx %s %s %llu %llu ", pfc_method_words[place->how],
		   sym.name, addr - sym.start, place->backend->name, pfc_state_words[state],
		   pfc_place_hits(place, c), place->backend->missed(place));
	if (state == PFC_STATE_DEAD)
		seq_printf(m, "%s\n", place->backend->why_dead);
	else if (elsewhere)
		seq_printf(m, "%llu not counted: other callers, or not in the filter\n",
			   elsewhere);
	else
		seq_puts(m, "-\n");
}

/**
 * pfc_probes_show() - print one row a probe point
 * @m: where to
 *
 * Context: may sleep; the caller serialises with arming.
 */
void pfc_probes_show(struct seq_file *m)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL | __GFP_NOFAIL);
	const char *armed = pfc_state_words[pfc_armed ? PFC_STATE_ARMED : PFC_STATE_DISARMED];
	const struct pfc_ladder *ladder;
	enum pfc_class class;
	const char *why;
	unsigned int i;

	pfc_counters_total(c);
	seq_puts(m, PFC_PROBES_HEADER "\n");
	for (i = 0; i < pfc_nr_places; i++)
		pfc_place_show(m, pfc_places[i], c);
	for (ladder = pfc_ladders; ladder < pfc_ladders + ARRAY_SIZE(pfc_ladders); ladder++) {
		class = pfc_mark_class(ladder->mark);
		why = pfc_cover[ladder->mark].why;
		if (pfc_cover[ladder->mark].inferred)
			seq_printf(m, "%s %s - - %s - - %s\n", pfc_class_keys[class],
				   pfc_method_words[PFC_METHOD_INFERRED], armed,
				   "by the page-table entry before and after, where no place is met");
		if (*why)
			seq_printf(m, "%s %s - - %s - - %s\n", pfc_class_keys[class],
				   pfc_method_words[pfc_cover[ladder->mark].covered ?
						 PFC_METHOD_INFERRED : PFC_METHOD_UNAVAILABLE],
				   pfc_state_words[PFC_STATE_OFF], why);
	}
	if (pfc_infer)
		seq_printf(m, "visit %s - - %s %llu - %llu marks disagreed with the entry before\n",
			   pfc_method_words[PFC_METHOD_INFERRED], armed, c->inferred, c->disagreed);
	/* These two have no place of their own: no mark, and what was returned. */
	for (class = PFC_NONE; class <= PFC_ERROR; class++) {
		why = pfc_probes_why_not(class);
		seq_printf(m, "%s %s - - %s - - %s\n", pfc_class_keys[class],
			   pfc_method_words[why ? PFC_METHOD_UNAVAILABLE : PFC_METHOD_INFERRED],
			   why ? pfc_state_words[PFC_STATE_OFF] : armed,
			   why ?: "a visit that met no other place");
	}
	why = pfc_probes_why_not_refused();
	if (why && pfc_account)
		seq_printf(m, "%s %s - - %s - - refused before handle_mm_fault(): %s\n",
			   pfc_class_keys[PFC_ERROR], pfc_method_words[PFC_METHOD_UNAVAILABLE],
			   pfc_state_words[PFC_STATE_OFF], why);
	kfree(c);
}
