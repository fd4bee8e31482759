// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/*
 * Probe points as ftrace callbacks, at entries of functions.
 *
 * A callback costs no exception. It gets the return address as an argument. It may
 * be called with preemption enabled, which the counters and frames do not bear.
 */
#include "hit.h"

#if PFC_COMPAT_FTRACE

static __always_inline struct pfc_call pfc_ftrace_call(unsigned long caller,
						       pfc_compat_ftrace_regs *regs)
{
	struct pfc_call call = {
		.caller = caller,
		.sp = pfc_compat_ftrace_sp(regs),
		.arg = {
			pfc_compat_ftrace_arg(regs, 0), pfc_compat_ftrace_arg(regs, 1),
			pfc_compat_ftrace_arg(regs, 2), pfc_compat_ftrace_arg(regs, 3),
			pfc_compat_ftrace_arg(regs, 4),
		},
	};

	return call;
}

/* Out of line, so that what is usual needs no stack. */
static noinline void notrace pfc_ftrace_slow(struct pfc_place *place, unsigned long caller,
				    pfc_compat_ftrace_regs *regs)
{
	struct pfc_call call = pfc_ftrace_call(caller, regs);

	preempt_disable_notrace();
	pfc_hit_slow(place, &call);
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(pfc_ftrace_slow);

/* What a callback is given: its place, or what leads there. */
#if PFC_COMPAT_FTRACE_EACH
typedef ftrace_func_t pfc_ftrace_handler;
#define PFC_FTRACE_ARGS								\
	unsigned long ip, unsigned long caller, struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs
#define PFC_FTRACE_PLACE	container_of(ops, struct pfc_place, ops)
#else
typedef void (*pfc_ftrace_handler)(struct pfc_place *place, unsigned long caller,
				   pfc_compat_ftrace_regs *regs);
#define PFC_FTRACE_ARGS								\
	struct pfc_place *place, unsigned long caller, pfc_compat_ftrace_regs *regs
#define PFC_FTRACE_PLACE	place
#endif

#define PFC_FTRACE_HANDLER(kind, account, ...)					\
static void notrace pfc_ftrace_on_##kind##_##account(PFC_FTRACE_ARGS)		\
{										\
	struct pfc_call call = pfc_ftrace_call(caller, regs);			\
	bool done;								\
										\
	preempt_disable_notrace();						\
	done = pfc_hit_##kind(PFC_FTRACE_PLACE, &call, ##__VA_ARGS__);		\
	preempt_enable_notrace();						\
	if (unlikely(!done))							\
		pfc_ftrace_slow(PFC_FTRACE_PLACE, caller, regs);		\
}										\
NOKPROBE_SYMBOL(pfc_ftrace_on_##kind##_##account)

PFC_FTRACE_HANDLER(leaf, 0, false);
PFC_FTRACE_HANDLER(tail, 0, false);
PFC_FTRACE_HANDLER(entry, 1);
PFC_FTRACE_HANDLER(leaf, 1, true);
PFC_FTRACE_HANDLER(wp, 1);
PFC_FTRACE_HANDLER(swap, 1);
PFC_FTRACE_HANDLER(tail, 1, true);

/* By accounting, as in backend_kprobe.c. */
static const pfc_ftrace_handler pfc_ftrace_handlers[][PFC_NR_KINDS] = {
	{
		[PFC_KIND_LEAF]		= pfc_ftrace_on_leaf_0,
		[PFC_KIND_WP]		= pfc_ftrace_on_leaf_0,
		[PFC_KIND_SWAP]		= pfc_ftrace_on_leaf_0,
		[PFC_KIND_TAIL]		= pfc_ftrace_on_tail_0,
	}, {
		[PFC_KIND_ENTRY]	= pfc_ftrace_on_entry_1,
		[PFC_KIND_LEAF]		= pfc_ftrace_on_leaf_1,
		[PFC_KIND_WP]		= pfc_ftrace_on_wp_1,
		[PFC_KIND_SWAP]		= pfc_ftrace_on_swap_1,
		[PFC_KIND_TAIL]		= pfc_ftrace_on_tail_1,
	},
};

#if PFC_COMPAT_FTRACE_EACH

static struct ftrace_ops *pfc_ftrace_ops(struct pfc_place *place)
{
	place->ops.func = pfc_ftrace_handlers[pfc_account][place->kind];
	place->ops.flags = PFC_COMPAT_FTRACE_FLAGS;
	return &place->ops;
}

static int pfc_ftrace_added(struct pfc_place *place)
{
	return 0;
}

static void pfc_ftrace_removed(struct pfc_place *place)
{
}

static int pfc_ftrace_arm(struct pfc_place *place)
{
	return register_ftrace_function(&place->ops);
}

static void pfc_ftrace_disarm(struct pfc_place *place)
{
	unregister_ftrace_function(&place->ops);
}

#else /* one ops for all places */

/*
 * The places by their addresses, each alone in its bucket: which bits of an address
 * name it is found out when a place is added.
 */
#define PFC_FTRACE_BUCKETS	128
#define PFC_FTRACE_MAX_SHIFT	16

static struct pfc_ftrace_bucket {
	unsigned long ip;
	pfc_ftrace_handler handler;
	struct pfc_place *place;
} pfc_ftrace_buckets[PFC_FTRACE_BUCKETS];
static unsigned int pfc_ftrace_shift;

static struct pfc_place *pfc_ftrace_places[PFC_MAX_PLACES];
static unsigned int pfc_ftrace_nr_placed;
static unsigned int pfc_ftrace_nr_armed;

static void notrace pfc_ftrace_on_any(unsigned long ip, unsigned long caller,
				      struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs)
{
	const struct pfc_ftrace_bucket *bucket;

	bucket = &pfc_ftrace_buckets[ip >> pfc_ftrace_shift & (PFC_FTRACE_BUCKETS - 1)];
	if (likely(bucket->ip == ip))
		bucket->handler(bucket->place, caller, regs);
}
NOKPROBE_SYMBOL(pfc_ftrace_on_any);

static struct ftrace_ops pfc_ftrace_shared = {
	.func = pfc_ftrace_on_any,
	.flags = PFC_COMPAT_FTRACE_FLAGS,
};

static struct ftrace_ops *pfc_ftrace_ops(struct pfc_place *place)
{
	return &pfc_ftrace_shared;
}

/* Each into its bucket; false if two would share one. */
static bool pfc_ftrace_fill(unsigned int shift)
{
	struct pfc_ftrace_bucket *bucket;
	struct pfc_place *place;
	unsigned int i;

	memset(pfc_ftrace_buckets, 0, sizeof(pfc_ftrace_buckets));
	pfc_ftrace_shift = shift;
	for (i = 0; i < pfc_ftrace_nr_placed; i++) {
		place = pfc_ftrace_places[i];
		bucket = &pfc_ftrace_buckets[place->addr >> shift & (PFC_FTRACE_BUCKETS - 1)];
		if (bucket->place)
			return false;
		bucket->ip = place->addr;
		bucket->handler = pfc_ftrace_handlers[pfc_account][place->kind];
		bucket->place = place;
	}
	return true;
}

static void pfc_ftrace_removed(struct pfc_place *place)
{
	unsigned int i;

	for (i = 0; pfc_ftrace_places[i] != place; i++)
		;
	pfc_ftrace_places[i] = pfc_ftrace_places[--pfc_ftrace_nr_placed];
	/* What is left had room before. */
	pfc_ftrace_fill(pfc_ftrace_shift);
}

/* While none is armed. */
static int pfc_ftrace_added(struct pfc_place *place)
{
	unsigned int was = pfc_ftrace_shift, shift;

	pfc_ftrace_places[pfc_ftrace_nr_placed++] = place;
	for (shift = 2; shift <= PFC_FTRACE_MAX_SHIFT; shift++)
		if (pfc_ftrace_fill(shift))
			return 0;
	pfc_ftrace_shift = was;
	pfc_ftrace_removed(place);
	return -ENOSPC;
}

/* All entries at once, with the last one: also the one that opens visits. */
static int pfc_ftrace_arm(struct pfc_place *place)
{
	int err = 0;

	if (pfc_ftrace_nr_armed + 1 == pfc_ftrace_nr_placed)
		err = register_ftrace_function(&pfc_ftrace_shared);
	if (!err)
		pfc_ftrace_nr_armed++;
	return err;
}

static void pfc_ftrace_disarm(struct pfc_place *place)
{
	if (pfc_ftrace_nr_armed-- == pfc_ftrace_nr_placed)
		unregister_ftrace_function(&pfc_ftrace_shared);
}

#endif

static const u8 pfc_ftrace_offsets[] = PFC_ARCH_FTRACE_OFFSETS;

static int pfc_ftrace_place(struct pfc_place *place)
{
	struct ftrace_ops *ops = pfc_ftrace_ops(place);
	unsigned long start = place->addr;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(pfc_ftrace_offsets); i++) {
		place->addr = start + pfc_ftrace_offsets[i];
		if (ftrace_set_filter_ip(ops, place->addr, 0, 0))
			continue;
		err = pfc_ftrace_added(place);
		if (!err)
			return 0;
		ftrace_set_filter_ip(ops, place->addr, 1, 0);
		place->addr = start;
		return err;
	}
	place->addr = start;
	return -EINVAL;
}

static void pfc_ftrace_unplace(struct pfc_place **places, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		ftrace_set_filter_ip(pfc_ftrace_ops(places[i]), places[i]->addr, 1, 0);
		pfc_ftrace_removed(places[i]);
	}
}

static bool pfc_ftrace_alive(const struct pfc_place *place)
{
	return pfc_arch_traced(place->addr);
}

static u64 pfc_ftrace_missed(const struct pfc_place *place)
{
	return 0;
}

#else

static int pfc_ftrace_place(struct pfc_place *place)
{
	return -EOPNOTSUPP;
}

static void pfc_ftrace_unplace(struct pfc_place **places, unsigned int count)
{
}

static int pfc_ftrace_arm(struct pfc_place *place)
{
	return -EOPNOTSUPP;
}

static void pfc_ftrace_disarm(struct pfc_place *place)
{
}

static bool pfc_ftrace_alive(const struct pfc_place *place)
{
	return false;
}

static u64 pfc_ftrace_missed(const struct pfc_place *place)
{
	return 0;
}

#endif

const struct pfc_backend pfc_backend_ftrace = {
	.name = "ftrace",
	.why_dead = "the kernel took it out: is kernel.ftrace_enabled 0?",
	.place = pfc_ftrace_place,
	.unplace = pfc_ftrace_unplace,
	.arm = pfc_ftrace_arm,
	.disarm = pfc_ftrace_disarm,
	.alive = pfc_ftrace_alive,
	.missed = pfc_ftrace_missed,
};
