/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The probe points: which there are, where they were placed, what they do.
 */
#ifndef PFC_PROBES_H
#define PFC_PROBES_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/seq_file.h>
#include <compat/compat.h>
#include "classify.h"
#include "counters.h"

/* What a probe point is there to see. */
enum pfc_kind {
	PFC_KIND_ENTRY,		/* a visit begins */
	PFC_KIND_EXIT,		/* a visit ends, at a return instruction */
	PFC_KIND_VISIT,		/* both, by one kretprobe */
	PFC_KIND_LEAF,		/* one class */
	PFC_KIND_WP,		/* do_wp_page() with its argument, which refines it */
	PFC_KIND_SWAP,		/* do_swap_page(), likewise */
	PFC_KIND_TAIL,		/* the access-flag setter: af, dirty or spurious */
	PFC_KIND_REFUSED,	/* a signal is sent, perhaps for an access that was refused */
	PFC_NR_KINDS
};

/* Where a probe point finds the faulting address; else an argument's number. */
#define PFC_ADDR_VMF	(-1)	/* in the struct vm_fault that argument 0 points to */
#define PFC_ADDR_NONE	(-2)

struct pfc_place;

/**
 * struct pfc_backend - what a probe point hangs on
 * @name: as users know it
 * @why_dead: what to look at when @alive says no
 * @place: make the place ready, not armed, at @addr or as its kprobe says; returns
 *	0 with @addr set, or -ENOENT no such symbol, -EINVAL refused (blacklisted,
 *	after a load-exclusive on arm64, not traceable), -EILSEQ not an instruction
 *	boundary, -ENOMEM. May sleep, as all but @alive and @missed.
 * @unplace: undo @place, of several at once, since it waits; on return no handler of
 *	them runs
 * @arm: let it fire; returns 0 or an error
 * @disarm: undo @arm; handlers may still run until synchronize_rcu()
 * @alive: of an armed place, whether it still is in the text
 * @missed: firings that never reached the handler, since @place
 */
struct pfc_backend {
	const char *name;
	const char *why_dead;
	int (*place)(struct pfc_place *place);
	void (*unplace)(struct pfc_place **places, unsigned int count);
	int (*arm)(struct pfc_place *place);
	void (*disarm)(struct pfc_place *place);
	bool (*alive)(const struct pfc_place *place);
	u64 (*missed)(const struct pfc_place *place);
};

extern const struct pfc_backend pfc_backend_kprobe;
extern const struct pfc_backend pfc_backend_ftrace;	/* entries of functions only */

/**
 * struct pfc_place - one probe point
 * @backend: what it hangs on
 * @rp: of the kprobe backend; only PFC_KIND_VISIT uses more than @rp.kp
 * @ops: of the ftrace backend, where it has one a place
 * @addr: where it is
 * @count: its counters
 * @marks: bit of @mark
 * @caller: where the dispatcher's one call returns to, or 0: anywhere in it
 * @check_caller: count only what the dispatcher called
 * @emulate: how a handler executes the instruction that a kprobe replaced
 * @address: where the faulting address is
 * @kind: what it sees
 * @how: how it was found
 * @mark: what it says; for PFC_KIND_TAIL the first of three
 * @index: of its counters
 *
 * Written by init only; handlers read it.
 */
struct pfc_place {
	const struct pfc_backend *backend;
	struct kretprobe rp;
#if PFC_COMPAT_FTRACE
	struct ftrace_ops ops;
#endif
	unsigned long addr;
	struct pfc_place_counters __percpu *count;
	unsigned long marks;
	unsigned long caller;
	bool check_caller;
	u8 emulate;
	int address;
	enum pfc_kind kind;
	enum pfc_method how;
	enum pfc_mark mark;
	unsigned int index;
};

/**
 * struct pfc_config - how the probes are wanted
 * @backend: what function entries hang on; the rest hangs on kprobes
 * @account: frame each visit, commit each fault to one class
 * @given: by mark: NULL, or what the user wants instead of the best way that
 *	there is: places, SYMBOL+0xOFFSET, separated by commas; or a word of PFC_METHODS
 */
struct pfc_config {
	const struct pfc_backend *backend;
	bool account;
	char *given[PFC_NR_MARKS];
};

/* Set by init before a probe is armed. */
extern bool pfc_account;
extern bool pfc_blind;		/* some class cannot be seen: no mark means nothing */
extern bool pfc_blind_to_errors;	/* one that can end in an error */
extern unsigned long pfc_infer;	/* bit set of enum pfc_infer */
DECLARE_STATIC_KEY_FALSE(pfc_infers);	/* there is one */

int pfc_probes_init(const struct pfc_config *config);
void pfc_probes_exit(void);
int pfc_probes_arm(void);
void pfc_probes_disarm(void);
bool pfc_probes_armed(void);
int pfc_probes_selfcheck(void);
void pfc_probes_reset(void);
void pfc_probes_show(struct seq_file *m);
u64 pfc_probes_missed(const struct pfc_counters *c);
const char *pfc_probes_why_not(enum pfc_class class);
const char *pfc_probes_why_not_refused(void);
bool pfc_probes_refines(enum pfc_refinement refinement);
u64 pfc_probes_class(const struct pfc_counters *c, enum pfc_class class);

#endif /* PFC_PROBES_H */
