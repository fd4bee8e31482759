/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The probes: which there are, where they were placed, what they do.
 */
#ifndef PFC_PROBES_H
#define PFC_PROBES_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <compat/compat.h>
#include "classify.h"
#include "counters.h"
#include "watch.h"

/* What a probe is there to see. */
enum pfc_kind {
	PFC_KIND_ENTRY,		/* a visit begins */
	PFC_KIND_EXIT,		/* a visit ends, at a return instruction */
	PFC_KIND_VISIT,		/* both, by one kretprobe */
	PFC_KIND_LEAF,		/* the function of one class */
	PFC_KIND_WP,		/* do_wp_page(): its argument gives the refinement */
	PFC_KIND_SWAP,		/* do_swap_page(), likewise */
	PFC_KIND_FILE,		/* do_fault() or __do_fault(), likewise */
	PFC_KIND_CALLEE,	/* a function that others call too, or a given instruction */
	PFC_KIND_RMAP,		/* likewise, with the page as its first argument */
	PFC_KIND_UPDATE,	/* ptep_set_access_flags(): af, dirty or spurious */
	PFC_KIND_REFUSED,	/* a signal is sent, perhaps for an access that was refused */
	PFC_NR_KINDS
};

/* Where a probe finds the faulting address; else an argument's number. */
#define PFC_ADDR_VMF	(-1)	/* in the struct vm_fault that argument 0 points to */
#define PFC_ADDR_NONE	(-2)

struct pfc_probe;

/**
 * struct pfc_backend - how a probe is put into the text
 * @name: as users know it
 * @why_dead: what to do when @alive says no
 * @add: make the probe ready, not armed, at @addr or as its kprobe says; returns
 *	0 with @addr set, or -ENOENT no such symbol, -EINVAL refused (blacklisted,
 *	after a load-exclusive on arm64, not traceable), -EILSEQ not an instruction
 *	boundary, -ENOMEM. May sleep, as all but @alive and @missed.
 * @remove: undo @add, of several at once, since it waits; on return no handler of
 *	them runs
 * @arm: let it fire; returns 0 or an error
 * @disarm: undo @arm; handlers may still run until synchronize_rcu()
 * @alive: of an armed probe, whether it still is in the text
 * @missed: hits that never reached the handler, since @add
 */
struct pfc_backend {
	const char *name;
	const char *why_dead;
	int (*add)(struct pfc_probe *probe);
	void (*remove)(struct pfc_probe **probes, unsigned int count);
	int (*arm)(struct pfc_probe *probe);
	void (*disarm)(struct pfc_probe *probe);
	bool (*alive)(const struct pfc_probe *probe);
	u64 (*missed)(const struct pfc_probe *probe);
};

extern const struct pfc_backend pfc_backend_kprobe;
extern const struct pfc_backend pfc_backend_ftrace;	/* entries of functions only */

/**
 * struct pfc_probe - one probe
 * @backend: how it is put into the text
 * @rp: of the kprobe backend; only PFC_KIND_VISIT uses more than @rp.kp
 * @ops: of the ftrace backend, where each probe has its own
 * @addr: where it is
 * @count: its counters
 * @caller: where the dispatcher's one call returns to, or 0: anywhere in it (account=0)
 * @missed_base: what @backend->missed() was at the last reset
 * @marks: bit of @mark
 * @check_caller: without accounting, count only what the dispatcher called
 * @counts: an end of visits that counts its hits, since there are several
 * @emulate: how a handler executes the instruction that a kprobe replaced
 * @reads_page: whether do_wp_page() copied a page must be read, since reuse is not seen
 * @address: where the faulting address is
 * @kind: what it sees
 * @method: how it was found
 * @mark: what it means; for PFC_KIND_UPDATE the first of three
 * @index: of its counters
 *
 * Written by init only; handlers read it.
 */
struct pfc_probe {
	const struct pfc_backend *backend;
	struct kretprobe rp;
#if PFC_COMPAT_FTRACE
	struct ftrace_ops ops;
#endif
	unsigned long addr;
	struct pfc_probe_counters __percpu *count;
	unsigned long caller;
	u64 missed_base;
	unsigned int marks;
	bool check_caller;
	bool counts;
	u8 emulate;
	bool reads_page;
	int address;
	enum pfc_kind kind;
	enum pfc_method method;
	enum pfc_mark mark;
	unsigned int index;
};

/**
 * struct pfc_cover - what is known of a mark
 * @covered: all that makes it is seen
 * @inferred: the probes do not see all of it
 * @why: why it is not covered; or, covered, why it never happens; or empty
 */
struct pfc_cover {
	bool covered;
	bool inferred;
	char why[96];
};

/**
 * struct pfc_config - how the probes are wanted
 * @backend: what entries of functions use; the rest uses kprobes
 * @account: frame each visit, commit each fault to one class
 * @given: by mark: NULL, or what the user wants instead of the best method that
 *	there is: probe points, SYMBOL+0xOFFSET, separated by commas; or a word of PFC_METHODS
 */
struct pfc_config {
	const struct pfc_backend *backend;
	bool account;
	char *given[PFC_NR_MARKS];
};

/* find.c and probes.c alone write these. */
extern struct pfc_probe *pfc_probes[PFC_MAX_PROBES];
extern unsigned int pfc_nr_probes;
extern struct pfc_cover pfc_cover[PFC_NR_MARKS];
extern char pfc_no_account[96];		/* why there is no accounting */
extern const char *pfc_no_refused;	/* why refused accesses are not seen, or NULL */
extern const char * const pfc_method_words[PFC_NR_METHODS];
extern const char * const pfc_class_keys[PFC_NR_CLASSES];

/* What handlers read; set before a probe is armed. */
extern bool pfc_armed;
extern bool pfc_account;
extern bool pfc_incomplete;		/* some class cannot be seen: no mark means nothing */
extern bool pfc_incomplete_errors;	/* one that can end in an error */
extern unsigned long pfc_infer;		/* bit set of enum pfc_infer */
/* On if there is one, or if no probe of do_fault() shows the VMA. */
DECLARE_STATIC_KEY_FALSE(pfc_infers);

/* Serialises what changes the probes with what shows them. */
extern struct mutex pfc_control_lock;

#if PFC_COMPAT_FTRACE
int pfc_ftrace_filter(struct ftrace_ops *ops, unsigned long *addr);
#endif
int pfc_find_probes(const struct pfc_config *config);
const char *pfc_probe_error(int err);
int pfc_probe_add(const struct pfc_probe *template, const struct pfc_backend *backend,
		  unsigned long addr);
void pfc_probe_remove_to(unsigned int count);
void pfc_probes_exit(void);
int pfc_probes_arm(void);
void pfc_probes_disarm(void);
bool pfc_probes_alive(enum pfc_kind kind);
void pfc_probes_redirected(unsigned int i, bool redirected);
int pfc_probes_fault_twice(void);
int pfc_probes_selfcheck(void);
void pfc_probes_reset(void);
void pfc_probes_refresh(const struct pfc_counters *all, const struct pfc_counters *c);
void pfc_probes_show(struct seq_file *m, const struct pfc_counters *c);
void pfc_probes_show_watch(struct seq_file *m, const struct pfc_watch *watch, unsigned long but);
u64 pfc_probes_missed(void);
const char *pfc_probes_why_none(void);
const char *pfc_probes_why_not(enum pfc_class class, const struct pfc_watch *watch);
const char *pfc_probes_why_not_refused(void);
bool pfc_probes_refines(enum pfc_refinement refinement);
u64 pfc_probes_class(const struct pfc_counters *c, enum pfc_class class);

#endif /* PFC_PROBES_H */
