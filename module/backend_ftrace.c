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

static __always_inline void pfc_ftrace_hit(struct pfc_place *place, enum pfc_kind kind,
					   bool account, unsigned long caller,
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

	preempt_disable_notrace();
	switch (kind) {
	case PFC_KIND_ENTRY:
		pfc_hit_entry(place, &call);
		break;
	case PFC_KIND_WP:
		if (account)
			pfc_hit_wp(place, &call);
		else
			pfc_hit_leaf(place, &call, account);
		break;
	case PFC_KIND_SWAP:
		if (account)
			pfc_hit_swap(place, &call);
		else
			pfc_hit_leaf(place, &call, account);
		break;
	case PFC_KIND_TAIL:
		pfc_hit_tail(place, &call, account);
		break;
	default:
		pfc_hit_leaf(place, &call, account);
		break;
	}
	preempt_enable_notrace();
}

#if PFC_COMPAT_FTRACE_EACH

#define PFC_FTRACE_HANDLER(kind, account)					\
static void notrace pfc_ftrace_on_##kind##_##account(unsigned long ip,		\
						     unsigned long caller,	\
						     struct ftrace_ops *ops,	\
						     pfc_compat_ftrace_regs *regs) \
{										\
	pfc_ftrace_hit(container_of(ops, struct pfc_place, ops), PFC_KIND_##kind, \
		       account, caller, regs);					\
}										\
NOKPROBE_SYMBOL(pfc_ftrace_on_##kind##_##account)

PFC_FTRACE_HANDLER(LEAF, 0);
PFC_FTRACE_HANDLER(TAIL, 0);
PFC_FTRACE_HANDLER(ENTRY, 1);
PFC_FTRACE_HANDLER(LEAF, 1);
PFC_FTRACE_HANDLER(WP, 1);
PFC_FTRACE_HANDLER(SWAP, 1);
PFC_FTRACE_HANDLER(TAIL, 1);

/* By accounting, as in backend_kprobe.c. */
static const ftrace_func_t pfc_ftrace_handlers[][PFC_NR_KINDS] = {
	{
		[PFC_KIND_LEAF]		= pfc_ftrace_on_LEAF_0,
		[PFC_KIND_WP]		= pfc_ftrace_on_LEAF_0,
		[PFC_KIND_SWAP]		= pfc_ftrace_on_LEAF_0,
		[PFC_KIND_TAIL]		= pfc_ftrace_on_TAIL_0,
	}, {
		[PFC_KIND_ENTRY]	= pfc_ftrace_on_ENTRY_1,
		[PFC_KIND_LEAF]		= pfc_ftrace_on_LEAF_1,
		[PFC_KIND_WP]		= pfc_ftrace_on_WP_1,
		[PFC_KIND_SWAP]		= pfc_ftrace_on_SWAP_1,
		[PFC_KIND_TAIL]		= pfc_ftrace_on_TAIL_1,
	},
};

static struct ftrace_ops *pfc_ftrace_ops(struct pfc_place *place)
{
	place->ops.func = pfc_ftrace_handlers[pfc_account][place->kind];
	place->ops.flags = PFC_COMPAT_FTRACE_FLAGS;
	return &place->ops;
}

static void pfc_ftrace_added(struct pfc_place *place)
{
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

#define PFC_FTRACE_HASH	64

/* By instruction address; a place stands at its hash or after it. */
static struct pfc_place *pfc_ftrace_places[PFC_FTRACE_HASH];
static unsigned int pfc_ftrace_nr_placed;
static unsigned int pfc_ftrace_nr_armed;

static __always_inline unsigned int pfc_ftrace_hash(unsigned long ip)
{
	return (ip >> 4) % PFC_FTRACE_HASH;
}

static __always_inline struct pfc_place *pfc_ftrace_find(unsigned long ip)
{
	unsigned int i = pfc_ftrace_hash(ip);
	struct pfc_place *place;

	while ((place = pfc_ftrace_places[i]) && place->addr != ip)
		i = (i + 1) % PFC_FTRACE_HASH;
	return place;
}

static void notrace pfc_ftrace_on_any_0(unsigned long ip, unsigned long caller,
					struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs)
{
	struct pfc_place *place = pfc_ftrace_find(ip);

	if (place)
		pfc_ftrace_hit(place, place->kind, false, caller, regs);
}
NOKPROBE_SYMBOL(pfc_ftrace_on_any_0);

static void notrace pfc_ftrace_on_any_1(unsigned long ip, unsigned long caller,
					struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs)
{
	struct pfc_place *place = pfc_ftrace_find(ip);

	if (place)
		pfc_ftrace_hit(place, place->kind, true, caller, regs);
}
NOKPROBE_SYMBOL(pfc_ftrace_on_any_1);

static struct ftrace_ops pfc_ftrace_shared = {
	.flags = PFC_COMPAT_FTRACE_FLAGS,
};

static struct ftrace_ops *pfc_ftrace_ops(struct pfc_place *place)
{
	pfc_ftrace_shared.func = pfc_account ? pfc_ftrace_on_any_1 : pfc_ftrace_on_any_0;
	return &pfc_ftrace_shared;
}

static void pfc_ftrace_added(struct pfc_place *place)
{
	unsigned int i = pfc_ftrace_hash(place->addr);

	while (pfc_ftrace_places[i])
		i = (i + 1) % PFC_FTRACE_HASH;
	pfc_ftrace_places[i] = place;
	pfc_ftrace_nr_placed++;
}

/* A place that goes may leave a gap before others: all are entered anew. */
static void pfc_ftrace_removed(struct pfc_place *place)
{
	struct pfc_place *left[PFC_FTRACE_HASH];
	unsigned int i, count = 0;

	for (i = 0; i < PFC_FTRACE_HASH; i++)
		if (pfc_ftrace_places[i] && pfc_ftrace_places[i] != place)
			left[count++] = pfc_ftrace_places[i];
	memset(pfc_ftrace_places, 0, sizeof(pfc_ftrace_places));
	pfc_ftrace_nr_placed = 0;
	for (i = 0; i < count; i++)
		pfc_ftrace_added(left[i]);
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
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfc_ftrace_offsets); i++) {
		unsigned long ip = place->addr + pfc_ftrace_offsets[i];

		if (ftrace_set_filter_ip(ops, ip, 0, 0))
			continue;
		place->addr = ip;
		pfc_ftrace_added(place);
		return 0;
	}
	return -EINVAL;
}

static void pfc_ftrace_unplace(struct pfc_place *place)
{
	ftrace_set_filter_ip(pfc_ftrace_ops(place), place->addr, 1, 0);
	pfc_ftrace_removed(place);
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

static void pfc_ftrace_unplace(struct pfc_place *place)
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
