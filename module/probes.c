// SPDX-License-Identifier: GPL-2.0
/*
 * The probes that were placed: arming, what they miss, and what can be counted of each class.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <compat/compat.h>
#include "frames.h"
#include "locate.h"
#include "pfc_arch.h"
#include "probes.h"

struct pfc_probe *pfc_probes[PFC_MAX_PROBES];
unsigned int pfc_nr_probes;
/* Serialises readers and writers of the files, and arming. */
DEFINE_MUTEX(pfc_control_lock);
char pfc_no_account[96] = "accounting is off (account=0)";
const char *pfc_no_refused;

bool pfc_armed;
bool pfc_account;
bool pfc_incomplete;
bool pfc_incomplete_errors;
unsigned long pfc_infer;
DEFINE_STATIC_KEY_FALSE(pfc_infers);

/* Why no class, or none of one mark, can be counted now; by pfc_probes_refresh(). */
static const char *pfc_why_none;
static const char *pfc_why_not_mark[PFC_NR_MARKS];

/* Functions of the dispatcher that begin elsewhere: bits of their indices. */
static unsigned long pfc_redirects;
static unsigned long pfc_redirects_since_reset;
static char pfc_why_redirected[PFC_SYMBOL_LEN + 64];

/* What was seen of ends of visits when pfc_probes_refresh() last looked. */
static struct {
	unsigned long key;	/* frames were trusted under this one */
	u64 visits;
	u64 lost;
	bool unseen;		/* most were lost since the time before */
} pfc_ends;

const char * const pfc_method_words[PFC_NR_METHODS] = {
#define PFC_X(id, word) [PFC_METHOD_##id] = word,
	PFC_METHODS(PFC_X)
#undef PFC_X
};

static const char * const pfc_state_words[PFC_NR_STATES] = {
#define PFC_X(id, word) [PFC_STATE_##id] = word,
	PFC_STATES(PFC_X)
#undef PFC_X
};

const char * const pfc_class_keys[PFC_NR_CLASSES] = {
#define PFC_X(id, key, where) [PFC_##id] = key,
	PFC_CLASSES(PFC_X)
#undef PFC_X
};

/* The three marks of the access-flag update are seen by the same probes. */
static enum pfc_mark pfc_mark_seen_as(enum pfc_mark mark)
{
	return BIT(mark) & PFC_MARKS_UPDATE ? PFC_MARK_AF : mark;
}

/**
 * pfc_probe_error() - what an error of a backend means
 * @err: what its @add returned
 *
 * Context: any.
 * Return: plain words.
 */
const char *pfc_probe_error(int err)
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
		return "too many probes";
	case -ENOMEM:
		return "out of memory";
	default:
		return "register_kprobe() failed";
	}
}

/**
 * pfc_probe_add() - place a probe, not armed
 * @template: all but where it is and what it counts with
 * @backend: what an entry of a function uses
 * @addr: where, or 0: where its kprobe says, by symbol
 *
 * Only kprobes can be anywhere; they also take what the other backend refuses at a
 * function's entry.
 *
 * Context: may sleep. Balanced by pfc_probe_remove_to().
 * Return: 0, -E2BIG, -ENOMEM, or what the backend's @add returned.
 */
int pfc_probe_add(const struct pfc_probe *template, const struct pfc_backend *backend,
		  unsigned long addr)
{
	bool entry = addr && (template->check_caller || template->kind == PFC_KIND_ENTRY);
	struct pfc_probe *probe;
	int err = -EINVAL;

	if (pfc_nr_probes == PFC_MAX_PROBES)
		return -E2BIG;
	probe = kmemdup(template, sizeof(*probe), GFP_KERNEL);
	if (!probe)
		return -ENOMEM;
	probe->addr = addr;
	probe->index = pfc_nr_probes;
	probe->count = &pfc_counters->probe[probe->index];
	probe->marks = BIT(probe->mark);
	probe->backend = entry ? backend : &pfc_backend_kprobe;
	err = probe->backend->add(probe);
	if (err && probe->backend != &pfc_backend_kprobe) {
		probe->backend = &pfc_backend_kprobe;
		err = probe->backend->add(probe);
	}
	if (err) {
		kfree(probe);
		return err;
	}
	pfc_probes[pfc_nr_probes++] = probe;
	return 0;
}

/**
 * pfc_probe_remove_to() - remove probes, the last ones first
 * @count: how many stay
 *
 * Neighbours of one backend are removed together, since each removal waits.
 *
 * Context: may sleep; they are disarmed. On return no handler of them runs.
 */
void pfc_probe_remove_to(unsigned int count)
{
	const struct pfc_backend *backend;
	unsigned int first;

	while (pfc_nr_probes > count) {
		first = pfc_nr_probes - 1;
		backend = pfc_probes[first]->backend;
		while (first > count && pfc_probes[first - 1]->backend == backend)
			first--;
		backend->remove(&pfc_probes[first], pfc_nr_probes - first);
		while (pfc_nr_probes > first)
			kfree(pfc_probes[--pfc_nr_probes]);
	}
}

/**
 * pfc_probes_exit() - disarm and remove every probe
 *
 * Context: may sleep; on return no handler runs and none will.
 */
void pfc_probes_exit(void)
{
	pfc_probes_disarm();
	pfc_probe_remove_to(0);
}

/* Once no handler runs, what they left half done is forgotten. */
static void pfc_probes_quiesce(void)
{
	synchronize_rcu();
	pfc_frames_wipe();
}

static int pfc_probes_dead(const struct pfc_backend *backend)
{
	pr_err("probes were placed but do not fire: %s\n", backend->why_dead);
	return -EIO;
}

/**
 * pfc_probes_arm() - start counting
 *
 * The ends of visits come first and their beginnings last, so that no visit is
 * opened that cannot be marked and closed.
 *
 * Context: may sleep; the caller serialises.
 * Return: 0, the error of the first probe that could not be armed, or -EIO if one is not in
 * the text; then none is.
 */
int pfc_probes_arm(void)
{
	int i, j, err;

	if (pfc_armed)
		return 0;
	WRITE_ONCE(pfc_armed, true);
	for (i = 0; i < pfc_nr_probes; i++) {
		err = pfc_probes[i]->backend->arm(pfc_probes[i]);
		if (err) {
			pr_err("cannot arm a probe (%d)\n", err);
			goto err_disarm;
		}
	}
	/*
	 * While all kprobes are switched off enable_kprobe() succeeds and does nothing, nor does
	 * anybody when they are switched on again (5.10 to 7.2).
	 */
	for (j = 0; j < pfc_nr_probes; j++) {
		if (!pfc_probes[j]->backend->alive(pfc_probes[j])) {
			err = pfc_probes_dead(pfc_probes[j]->backend);
			goto err_disarm;
		}
	}
	return 0;

err_disarm:
	WRITE_ONCE(pfc_armed, false);
	while (--i >= 0)
		pfc_probes[i]->backend->disarm(pfc_probes[i]);
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
	WRITE_ONCE(pfc_armed, false);
	for (i = pfc_nr_probes - 1; i >= 0; i--)
		pfc_probes[i]->backend->disarm(pfc_probes[i]);
	pfc_probes_quiesce();
}

/**
 * pfc_probes_alive() - whether armed probes of one kind are in the text
 * @kind: the kind
 *
 * Context: pfc_control_lock is held.
 * Return: true if all are.
 */
bool pfc_probes_alive(enum pfc_kind kind)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++)
		if (pfc_probes[i]->kind == kind && !pfc_probes[i]->backend->alive(pfc_probes[i]))
			return false;
	return true;
}

static bool pfc_probe_begins(const struct pfc_probe *probe)
{
	return probe->kind == PFC_KIND_ENTRY || probe->kind == PFC_KIND_VISIT;
}

static u64 pfc_probe_hits(const struct pfc_probe *probe, const struct pfc_counters *c)
{
	u64 hits = c->probe[probe->index].ignored + c->probe[probe->index].lost;
	unsigned int i;

	/* Beginnings, and the only end of visits, count what is completed, and not twice. */
	if (pfc_probe_begins(probe) || (probe->kind == PFC_KIND_EXIT && !probe->counts))
		hits += pfc_counters_visits(c) + c->filtered;
	if (pfc_probe_begins(probe))
		hits += c->lost_ends;
	for (i = 0; i < PFC_NR_VARIANTS; i++)
		hits += c->probe[probe->index].hit[i];
	return hits;
}

static u64 pfc_all_hits(struct pfc_counters *c)
{
	unsigned int i;
	u64 sum = 0;

	pfc_counters_total(&pfc_root.set, c);
	for (i = 0; i < pfc_nr_probes; i++)
		sum += pfc_probe_hits(pfc_probes[i], c);
	return sum;
}

/**
 * pfc_probes_redirected() - a function of the dispatcher begins elsewhere, or no longer
 * @i: which one, of pfc_dispatcher
 * @redirected: whether it does
 *
 * Nobody knows what is called instead, so nothing can be counted.
 *
 * Context: any; probe handlers.
 */
void pfc_probes_redirected(unsigned int i, bool redirected)
{
	if (!redirected) {
		clear_bit(i, &pfc_redirects);
		return;
	}
	set_bit(i, &pfc_redirects);
	set_bit(i, &pfc_redirects_since_reset);
}
NOKPROBE_SYMBOL(pfc_probes_redirected);

/**
 * pfc_probes_fault_twice() - a page is read and then written
 *
 * That is do_anonymous_page() and do_wp_page(), by the caller's task.
 *
 * Context: may sleep; process context.
 * Return: 0, vm_mmap()'s error, or -ENOMEM: nothing else keeps a task from its own pages.
 */
int pfc_probes_fault_twice(void)
{
	unsigned long at = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, 0);
	int err = 0;
	char byte;

	if (IS_ERR_VALUE(at))
		return at;
	if (get_user(byte, (char __user *)at) || put_user(byte, (char __user *)at))
		err = -ENOMEM;
	vm_munmap(at, PAGE_SIZE);
	return err;
}

/* Whether the faults of pfc_probes_fault_twice() meet a probe. */
static bool pfc_probes_meet_anon(void)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++)
		if (pfc_probe_begins(pfc_probes[i]) || pfc_probes[i]->mark == PFC_MARK_ANON ||
		    pfc_probes[i]->mark == PFC_MARK_WP)
			return true;
	return false;
}

/**
 * pfc_probes_selfcheck() - whether armed probes fire
 *
 * The caller's task takes two faults, and the counters are reset.
 *
 * Context: may sleep; process context, probes armed.
 * Return: 0, -EIO if no probe fired that should, which is logged (debugfs kprobes/enabled may
 * be 0), or the error that kept the faults from being taken.
 */
int pfc_probes_selfcheck(void)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);
	int err = -ENOMEM;
	u64 before;

	if (!c)
		return err;
	before = pfc_all_hits(c);
	err = pfc_probes_fault_twice();
	if (!err && pfc_all_hits(c) == before && pfc_probes_meet_anon())
		err = pfc_probes_dead(pfc_probes[pfc_nr_probes - 1]->backend);
	kfree(c);
	return err;
}

/* What one probe lost since the last reset. */
static u64 pfc_probe_missed(const struct pfc_probe *probe, const struct pfc_counters *c)
{
	u64 missed = probe->backend->missed(probe) - probe->missed_base;

	/* Where visits begin, those that got no frame, and those whose end was not seen. */
	if (probe->kind == PFC_KIND_ENTRY || probe->kind == PFC_KIND_VISIT)
		missed += c->lost + c->lost_ends;
	return missed + c->probe[probe->index].lost;
}

/**
 * pfc_probes_missed() - hits and visits that were lost
 *
 * Whose they were, nobody knows: they are missed by every observer.
 *
 * Context: may sleep.
 * Return: their number since the probes were placed, resets notwithstanding.
 */
u64 pfc_probes_missed(void)
{
	u64 missed = pfc_counters_lost();
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++)
		missed += pfc_probes[i]->backend->missed(pfc_probes[i]);
	return missed;
}

/**
 * pfc_probes_reset() - make the lost hits read zero
 *
 * Context: any.
 */
void pfc_probes_reset(void)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++)
		pfc_probes[i]->missed_base = pfc_probes[i]->backend->missed(pfc_probes[i]);
	memset(&pfc_ends, 0, sizeof(pfc_ends));
	WRITE_ONCE(pfc_redirects_since_reset, READ_ONCE(pfc_redirects));
}

/* This many visits may lose their ends for other reasons between two readings. */
#define PFC_ENDS_LOST	64

/* Whether visits go on beginning whose ends are not seen, for an unknown reason. */
static bool pfc_probes_ends_unseen(const struct pfc_counters *c)
{
	u64 visits = pfc_counters_visits(c) + c->filtered, lost = c->lost_ends;
	unsigned long key = READ_ONCE(pfc_slots.entry_key);

	if (key != pfc_ends.key)
		pfc_ends.unseen = false;
	else if (visits != pfc_ends.visits || lost != pfc_ends.lost)
		pfc_ends.unseen = lost - pfc_ends.lost >
				  visits - pfc_ends.visits + PFC_ENDS_LOST;
	pfc_ends.key = key;
	pfc_ends.visits = visits;
	pfc_ends.lost = lost;
	return pfc_ends.unseen;
}

/* Whether a function of the dispatcher begins elsewhere, or did since the last reset. */
static bool pfc_probes_are_redirected(void)
{
	unsigned long since = READ_ONCE(pfc_redirects_since_reset);
	struct pfc_symbol sym = { .name = "handle_mm_fault" };
	unsigned int i;

	if (!since)
		return false;
	i = __ffs(since);
	pfc_symbol_at(pfc_dispatcher[i].start, &sym);
	scnprintf(pfc_why_redirected, sizeof(pfc_why_redirected), "%s() %s", sym.name,
		  test_bit(i, &pfc_redirects) ? "is livepatched, or redirected otherwise" :
						"was livepatched; reset");
	return true;
}

/**
 * pfc_probes_refresh() - find out what cannot be counted at present
 * @all: the root's counters, just read
 * @c: the counters to be shown, the root's or a watch's, just read
 *
 * What others do to the probes is seen here: that they took them out of the text, or that
 * they hide what a probe must know. pfc_probes_why_not() answers by this.
 *
 * Context: may sleep; the caller serialises.
 */
void pfc_probes_refresh(const struct pfc_counters *all, const struct pfc_counters *c)
{
	const struct pfc_probe *probe;
	unsigned int i;

	pfc_why_none = NULL;
	memset(pfc_why_not_mark, 0, sizeof(pfc_why_not_mark));
	for (i = 0; pfc_armed && i < pfc_nr_probes; i++) {
		probe = pfc_probes[i];
		if (!probe->backend->alive(probe)) {
			if (pfc_account && probe->kind != PFC_KIND_REFUSED)
				pfc_why_none = probe->backend->why_dead;
			pfc_why_not_mark[probe->mark] = probe->backend->why_dead;
		} else if (c->probe[probe->index].lost) {
			pfc_why_not_mark[probe->mark] =
				"another's return probe hides who called; reset when it is gone";
		}
	}
	if (pfc_probes_are_redirected())
		pfc_why_none = pfc_why_redirected;
	if (!pfc_account)
		return;
	if (!pfc_frames_trusted())
		pfc_why_none = "debugfs kprobes/enabled is, or has just been, 0";
	else if (pfc_probes_ends_unseen(all))
		pfc_why_none = "most visits end unseen: is handle_mm_fault() livepatched?";
}

/**
 * pfc_probes_why_none() - why no visit can be counted
 *
 * Context: after pfc_probes_refresh().
 * Return: the reason in plain words, or NULL: they are counted.
 */
const char *pfc_probes_why_none(void)
{
	return pfc_account ? pfc_why_none : pfc_no_account;
}

/**
 * pfc_probes_why_not() - why a class cannot be counted
 * @class: a class
 * @watch: by whom
 *
 * Context: after pfc_probes_refresh().
 * Return: the reason in plain words, or NULL: it is counted.
 */
const char *pfc_probes_why_not(enum pfc_class class, const struct pfc_watch *watch)
{
	enum pfc_mark mark, seen_as;
	unsigned int i;

	if (pfc_why_none)
		return pfc_why_none;
	if (!pfc_account) {
		/* A hit at the PMD level may have fallen back to the PTE level. */
		if (class == PFC_THP || class == PFC_NONE || class == PFC_ERROR)
			return pfc_no_account;
		for (i = 0; i < pfc_nr_probes; i++)
			if (pfc_probes[i]->address == PFC_ADDR_NONE &&
			    pfc_mark_class(pfc_probes[i]->mark) == class &&
			    pfc_watch_by_address(watch))
				return "its probe does not know the address, and the filter asks";
	}
	/* Accesses that were refused are its own, too. */
	if (class == PFC_ERROR && pfc_why_not_mark[PFC_MARK_REFUSED])
		return pfc_why_not_mark[PFC_MARK_REFUSED];
	/* What leaves no mark is what no mark's probe saw: all must have one. */
	for (mark = 0; mark < PFC_NR_SEEN_MARKS; mark++) {
		seen_as = pfc_mark_seen_as(mark);
		if (pfc_mark_class(mark) == class && pfc_why_not_mark[seen_as])
			return pfc_why_not_mark[seen_as];
		if (pfc_cover[seen_as].covered)
			continue;
		if (class == PFC_NONE)
			return "another class is " PFC_UNAVAILABLE;
		if (pfc_mark_class(mark) == class)
			return pfc_cover[seen_as].why;
	}
	return NULL;
}

/**
 * pfc_probes_why_not_refused() - why accesses that are refused cannot be counted
 *
 * Context: after pfc_probes_refresh().
 * Return: the reason in plain words, or NULL: they are counted.
 */
const char *pfc_probes_why_not_refused(void)
{
	if (!pfc_account)
		return pfc_no_account;
	return pfc_no_refused ?: pfc_why_not_mark[PFC_MARK_REFUSED];
}

/**
 * pfc_probes_refines() - whether a refinement of a class that is counted is seen
 * @refinement: a refinement; pfc_probes_why_not() of its class is NULL
 *
 * What do_wp_page() and do_swap_page() start from is in their argument, which is
 * not known at a probe point that was given, nor in a compiler's variant of them.
 *
 * Context: any.
 * Return: true if it is.
 */
bool pfc_probes_refines(enum pfc_refinement refinement)
{
	enum pfc_class class = pfc_refinement_class(refinement);
	bool wp = false, swap = false;
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++) {
		wp |= pfc_probes[i]->kind == PFC_KIND_WP;
		swap |= pfc_probes[i]->kind == PFC_KIND_SWAP;
	}
	if (!pfc_account || (class == PFC_WP && !wp) || (class == PFC_SWAP && !swap))
		return false;
	/* Needs the probes of both classes. */
	return refinement != PFC_SWAP_WP || wp;
}

/**
 * pfc_probes_class() - the faults of one class
 * @c: counters that were read
 * @class: a class for which pfc_probes_why_not() is NULL
 *
 * Context: any.
 * Return: completed faults with accounting, else hits of the class's probes.
 */
u64 pfc_probes_class(const struct pfc_counters *c, enum pfc_class class)
{
	unsigned int i, variant;
	enum pfc_mark mark;
	u64 sum = 0;

	if (pfc_account)
		return pfc_counters_class(c, class);
	for (i = 0; i < pfc_nr_probes; i++) {
		for (variant = 0; variant < PFC_NR_VARIANTS; variant++) {
			mark = pfc_probes[i]->mark + variant;
			if (mark < PFC_NR_MARKS && pfc_mark_class(mark) == class)
				sum += c->probe[pfc_probes[i]->index].hit[variant];
		}
	}
	return sum;
}

static void pfc_probe_show(struct seq_file *m, const struct pfc_probe *probe,
			   const struct pfc_counters *c)
{
	enum pfc_state state = !pfc_armed ? PFC_STATE_DISARMED :
			       probe->backend->alive(probe) ? PFC_STATE_ARMED : PFC_STATE_DEAD;
	const struct pfc_probe_counters *count = &c->probe[probe->index];
	bool begins = pfc_probe_begins(probe), visit = begins || probe->kind == PFC_KIND_EXIT;
	enum pfc_class class = pfc_mark_class(probe->mark);
	struct pfc_symbol sym = { .start = probe->addr, .name = "?" };
	const char *why = visit ? pfc_why_none : pfc_probes_why_not(class, &pfc_root);

	pfc_symbol_at(probe->addr, &sym);
	if (probe->kind == PFC_KIND_UPDATE)
		seq_printf(m, "%s,%s,%s", pfc_class_keys[PFC_AF], pfc_class_keys[PFC_DIRTY],
			   pfc_class_keys[PFC_SPURIOUS]);
	else
		seq_puts(m, visit ? "visit" : pfc_class_keys[class]);
	seq_printf(m, " %s %s+0x%lx %s %s %llu %llu ", pfc_method_words[probe->method],
		   sym.name, probe->addr - sym.start, probe->backend->name,
		   pfc_state_words[state], pfc_probe_hits(probe, c),
		   pfc_probe_missed(probe, c));
	if (state == PFC_STATE_DEAD)
		seq_puts(m, probe->backend->why_dead);
	else if (count->lost)
		seq_printf(m, "%llu lost: another's return probe hides who called", count->lost);
	else if (begins && c->lost + c->lost_ends)
		seq_printf(m, "visits lost: %llu for want of frames, %llu ended unseen",
			   c->lost, c->lost_ends);
	else if (pfc_armed && why)
		seq_puts(m, why);
	else if (count->ignored)
		seq_printf(m, "%llu ignored: other callers, or filtered out", count->ignored);
	else
		seq_putc(m, '-');
	seq_putc(m, '\n');
}

/* A row for what has no probe. */
static void pfc_row_show(struct seq_file *m, enum pfc_class class, enum pfc_method method,
			 enum pfc_state state, const char *reason)
{
	seq_printf(m, "%s %s - - %s - - %s\n", pfc_class_keys[class], pfc_method_words[method],
		   pfc_state_words[state], reason);
}

/**
 * pfc_probes_show() - print one row a probe, and one for what is seen without
 * @m: where to
 * @c: all counters, just read; pfc_probes_refresh() has seen them
 *
 * Context: may sleep; the caller serialises with arming.
 */
void pfc_probes_show(struct seq_file *m, const struct pfc_counters *c)
{
	enum pfc_state armed = pfc_armed ? PFC_STATE_ARMED : PFC_STATE_DISARMED;
	enum pfc_class class;
	enum pfc_mark mark;
	const char *why;
	unsigned int i;

	seq_puts(m, PFC_PROBES_HEADER "\n");
	for (i = 0; i < pfc_nr_probes; i++)
		pfc_probe_show(m, pfc_probes[i], c);
	for (mark = 0; mark < PFC_NR_SEEN_MARKS; mark++) {
		const struct pfc_cover *cover = &pfc_cover[pfc_mark_seen_as(mark)];

		class = pfc_mark_class(mark);
		if (cover->inferred)
			pfc_row_show(m, class, PFC_METHOD_INFERRED, armed,
				     "by the page-table entry before and after, where no probe is met");
		if (cover->why[0])
			pfc_row_show(m, class,
				     cover->covered ? PFC_METHOD_INFERRED : PFC_METHOD_UNAVAILABLE,
				     PFC_STATE_OFF, cover->why);
	}
	if (pfc_infer)
		seq_printf(m, "visit %s - - %s %llu - %llu marks disagreed with the entry before\n",
			   pfc_method_words[PFC_METHOD_INFERRED], pfc_state_words[armed],
			   c->inferred, c->disagreed);
	/* These two have no probe of their own: no mark, and what was returned. */
	for (class = PFC_NONE; class <= PFC_ERROR; class++) {
		why = pfc_probes_why_not(class, &pfc_root);
		pfc_row_show(m, class, why ? PFC_METHOD_UNAVAILABLE : PFC_METHOD_INFERRED,
			     why ? PFC_STATE_OFF : armed, why ?: "a visit that met no other probe");
	}
	why = pfc_probes_why_not_refused();
	if (why && pfc_account)
		seq_printf(m, "%s %s - - %s - - refused before handle_mm_fault(): %s\n",
			   pfc_class_keys[PFC_ERROR], pfc_method_words[PFC_METHOD_UNAVAILABLE],
			   pfc_state_words[PFC_STATE_OFF], why);
}

/**
 * pfc_probes_show_watch() - print one row a class that one watch cannot count
 * @m: where to
 * @watch: the watch; pfc_probes_refresh() has seen its counters
 * @but: bits of the classes whose rows are there already
 *
 * Context: may sleep; the caller serialises.
 */
void pfc_probes_show_watch(struct seq_file *m, const struct pfc_watch *watch, unsigned long but)
{
	enum pfc_class class;
	const char *why;

	for (class = 0; class < PFC_NR_CLASSES; class++) {
		why = pfc_probes_why_not(class, watch);
		if (why && !(but & BIT(class)))
			seq_printf(m, "%s %s - - %s - - in watch %s: %s\n",
				   pfc_class_keys[class], pfc_method_words[PFC_METHOD_UNAVAILABLE],
				   pfc_state_words[PFC_STATE_OFF], watch->name, why);
	}
}
