// SPDX-License-Identifier: GPL-2.0
/*
 * Probes as ftrace callbacks, at entries of functions.
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

/* Out of line, so that the fast path needs no stack. */
static noinline void notrace pfc_ftrace_slow(struct pfc_probe *probe, unsigned long caller,
					     pfc_compat_ftrace_regs *regs)
{
	struct pfc_call call = pfc_ftrace_call(caller, regs);

	preempt_disable_notrace();
	pfc_hit_slow(probe, &call);
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(pfc_ftrace_slow);

/* What a callback is given: its probe, or what leads there. */
#if PFC_COMPAT_FTRACE_EACH
typedef ftrace_func_t pfc_ftrace_handler;
#define PFC_FTRACE_ARGS								\
	unsigned long ip, unsigned long caller, struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs
#define PFC_FTRACE_PROBE	container_of(ops, struct pfc_probe, ops)
#else
typedef void (*pfc_ftrace_handler)(struct pfc_probe *probe, unsigned long caller,
				   pfc_compat_ftrace_regs *regs);
#define PFC_FTRACE_ARGS								\
	struct pfc_probe *probe, unsigned long caller, pfc_compat_ftrace_regs *regs
#define PFC_FTRACE_PROBE	probe
#endif

/* As in backend_kprobe.c. */
#define PFC_FTRACE_HANDLER(name, hit, ...)					\
static void notrace pfc_ftrace_on_##name(PFC_FTRACE_ARGS)			\
{										\
	struct pfc_call call = pfc_ftrace_call(caller, regs);			\
	bool done;								\
										\
	preempt_disable_notrace();						\
	done = pfc_hit_##hit(PFC_FTRACE_PROBE, &call, ##__VA_ARGS__);		\
	preempt_enable_notrace();						\
	if (unlikely(!done))							\
		pfc_ftrace_slow(PFC_FTRACE_PROBE, caller, regs);		\
}										\
NOKPROBE_SYMBOL(pfc_ftrace_on_##name)

PFC_FTRACE_HANDLER(entry, entry);
PFC_FTRACE_HANDLER(leaf, leaf, PFC_KIND_LEAF);
PFC_FTRACE_HANDLER(wp, leaf, PFC_KIND_WP);
PFC_FTRACE_HANDLER(swap, leaf, PFC_KIND_SWAP);
PFC_FTRACE_HANDLER(file, leaf, PFC_KIND_FILE);
PFC_FTRACE_HANDLER(callee, callee, PFC_KIND_CALLEE);
PFC_FTRACE_HANDLER(rmap, callee, PFC_KIND_RMAP);
PFC_FTRACE_HANDLER(update, update);
PFC_FTRACE_HANDLER(only_leaf, only_leaf);
PFC_FTRACE_HANDLER(only_update, only_update);

/* By accounting, as in backend_kprobe.c. */
static const pfc_ftrace_handler pfc_ftrace_handlers[][PFC_NR_KINDS] = {
	{
		[PFC_KIND_LEAF]		= pfc_ftrace_on_only_leaf,
		[PFC_KIND_WP]		= pfc_ftrace_on_only_leaf,
		[PFC_KIND_SWAP]		= pfc_ftrace_on_only_leaf,
		[PFC_KIND_FILE]		= pfc_ftrace_on_only_leaf,
		[PFC_KIND_CALLEE]	= pfc_ftrace_on_only_leaf,
		[PFC_KIND_RMAP]		= pfc_ftrace_on_only_leaf,
		[PFC_KIND_UPDATE]	= pfc_ftrace_on_only_update,
	}, {
		[PFC_KIND_ENTRY]	= pfc_ftrace_on_entry,
		[PFC_KIND_LEAF]		= pfc_ftrace_on_leaf,
		[PFC_KIND_WP]		= pfc_ftrace_on_wp,
		[PFC_KIND_SWAP]		= pfc_ftrace_on_swap,
		[PFC_KIND_FILE]		= pfc_ftrace_on_file,
		[PFC_KIND_CALLEE]	= pfc_ftrace_on_callee,
		[PFC_KIND_RMAP]		= pfc_ftrace_on_rmap,
		[PFC_KIND_UPDATE]	= pfc_ftrace_on_update,
	},
};

static unsigned int pfc_ftrace_nr_armed;

#if PFC_COMPAT_FTRACE_EACH

static struct ftrace_ops *pfc_ftrace_ops(struct pfc_probe *probe)
{
	probe->ops.func = pfc_ftrace_handlers[pfc_account][probe->kind];
	probe->ops.flags = PFC_COMPAT_FTRACE_FLAGS;
	return &probe->ops;
}

static int pfc_ftrace_added(struct pfc_probe *probe)
{
	return 0;
}

static void pfc_ftrace_removed(struct pfc_probe *probe)
{
}

static int pfc_ftrace_arm(struct pfc_probe *probe)
{
	int err = register_ftrace_function(&probe->ops);

	if (!err)
		pfc_ftrace_nr_armed++;
	return err;
}

/*
 * ftrace_shutdown() waits until all tasks have left callbacks, for ops that are not the
 * kernel's own: tens of milliseconds each. They are all disarmed together, so that it is
 * enough to wait with the last one; but where each has a trampoline, which is freed then.
 */
static void pfc_ftrace_disarm(struct pfc_probe *probe)
{
	if (--pfc_ftrace_nr_armed && !PFC_ARCH_FTRACE_TRAMPOLINES)
		probe->ops.flags &= ~FTRACE_OPS_FL_DYNAMIC;
	unregister_ftrace_function(&probe->ops);
}

#else /* one ops for all probes */

/*
 * The probes by their addresses, each alone in its bucket: which bits of an address
 * name it is found out when a probe is added.
 */
#define PFC_FTRACE_BUCKETS	128
#define PFC_FTRACE_MAX_SHIFT	16

static struct pfc_ftrace_bucket {
	unsigned long ip;
	pfc_ftrace_handler handler;
	struct pfc_probe *probe;
} pfc_ftrace_buckets[PFC_FTRACE_BUCKETS];
static unsigned int pfc_ftrace_shift;

static struct pfc_probe *pfc_ftrace_probes[PFC_MAX_PROBES];
static unsigned int pfc_ftrace_nr_added;

static void notrace pfc_ftrace_on_any(unsigned long ip, unsigned long caller,
				      struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs)
{
	const struct pfc_ftrace_bucket *bucket;

	bucket = &pfc_ftrace_buckets[ip >> pfc_ftrace_shift & (PFC_FTRACE_BUCKETS - 1)];
	if (likely(bucket->ip == ip))
		bucket->handler(bucket->probe, caller, regs);
}
NOKPROBE_SYMBOL(pfc_ftrace_on_any);

static struct ftrace_ops pfc_ftrace_shared = {
	.func = pfc_ftrace_on_any,
	.flags = PFC_COMPAT_FTRACE_FLAGS,
};

static struct ftrace_ops *pfc_ftrace_ops(struct pfc_probe *probe)
{
	return &pfc_ftrace_shared;
}

/* Each into its bucket; false if two would share one. */
static bool pfc_ftrace_fill(unsigned int shift)
{
	struct pfc_ftrace_bucket *bucket;
	struct pfc_probe *probe;
	unsigned int i;

	memset(pfc_ftrace_buckets, 0, sizeof(pfc_ftrace_buckets));
	pfc_ftrace_shift = shift;
	for (i = 0; i < pfc_ftrace_nr_added; i++) {
		probe = pfc_ftrace_probes[i];
		bucket = &pfc_ftrace_buckets[probe->addr >> shift & (PFC_FTRACE_BUCKETS - 1)];
		if (bucket->probe)
			return false;
		bucket->ip = probe->addr;
		bucket->handler = pfc_ftrace_handlers[pfc_account][probe->kind];
		bucket->probe = probe;
	}
	return true;
}

static void pfc_ftrace_removed(struct pfc_probe *probe)
{
	unsigned int i;

	for (i = 0; pfc_ftrace_probes[i] != probe; i++)
		;
	pfc_ftrace_probes[i] = pfc_ftrace_probes[--pfc_ftrace_nr_added];
	/* What is left had room before. */
	pfc_ftrace_fill(pfc_ftrace_shift);
}

/* While none is armed. */
static int pfc_ftrace_added(struct pfc_probe *probe)
{
	unsigned int was = pfc_ftrace_shift, shift;

	pfc_ftrace_probes[pfc_ftrace_nr_added++] = probe;
	for (shift = 2; shift <= PFC_FTRACE_MAX_SHIFT; shift++)
		if (pfc_ftrace_fill(shift))
			return 0;
	pfc_ftrace_shift = was;
	pfc_ftrace_removed(probe);
	return -ENOSPC;
}

/* All entries at once, with the last one: also the one that opens visits. */
static int pfc_ftrace_arm(struct pfc_probe *probe)
{
	int err = 0;

	if (pfc_ftrace_nr_armed + 1 == pfc_ftrace_nr_added)
		err = register_ftrace_function(&pfc_ftrace_shared);
	if (!err)
		pfc_ftrace_nr_armed++;
	return err;
}

static void pfc_ftrace_disarm(struct pfc_probe *probe)
{
	if (pfc_ftrace_nr_armed-- == pfc_ftrace_nr_added)
		unregister_ftrace_function(&pfc_ftrace_shared);
}

#endif

/**
 * pfc_ftrace_filter() - let an ops be called for one function more
 * @ops: of somebody who is not registered
 * @addr: the function's first instruction; where ftrace has its own, if it succeeds
 *
 * Context: may sleep. Balanced by ftrace_set_filter_ip(@ops, *@addr, 1, 0).
 * Return: 0, or -EINVAL: ftrace has no instruction there.
 */
int pfc_ftrace_filter(struct ftrace_ops *ops, unsigned long *addr)
{
	static const u8 offsets[] = PFC_ARCH_FTRACE_OFFSETS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		if (ftrace_set_filter_ip(ops, *addr + offsets[i], 0, 0))
			continue;
		*addr += offsets[i];
		return 0;
	}
	return -EINVAL;
}

static int pfc_ftrace_add(struct pfc_probe *probe)
{
	struct ftrace_ops *ops = pfc_ftrace_ops(probe);
	unsigned long start = probe->addr;
	int err;

	err = pfc_ftrace_filter(ops, &probe->addr);
	if (err)
		return err;
	err = pfc_ftrace_added(probe);
	if (err) {
		ftrace_set_filter_ip(ops, probe->addr, 1, 0);
		probe->addr = start;
	}
	return err;
}

static void pfc_ftrace_remove(struct pfc_probe **probes, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		ftrace_set_filter_ip(pfc_ftrace_ops(probes[i]), probes[i]->addr, 1, 0);
		pfc_ftrace_removed(probes[i]);
	}
}

static bool pfc_ftrace_alive(const struct pfc_probe *probe)
{
	return pfc_arch_traced(probe->addr);
}

static u64 pfc_ftrace_missed(const struct pfc_probe *probe)
{
	return 0;
}

#else

static int pfc_ftrace_add(struct pfc_probe *probe)
{
	return -EOPNOTSUPP;
}

static void pfc_ftrace_remove(struct pfc_probe **probes, unsigned int count)
{
}

static int pfc_ftrace_arm(struct pfc_probe *probe)
{
	return -EOPNOTSUPP;
}

static void pfc_ftrace_disarm(struct pfc_probe *probe)
{
}

static bool pfc_ftrace_alive(const struct pfc_probe *probe)
{
	return false;
}

static u64 pfc_ftrace_missed(const struct pfc_probe *probe)
{
	return 0;
}

#endif

const struct pfc_backend pfc_backend_ftrace = {
	.name = "ftrace",
	.why_dead = "the kernel took it out: is kernel.ftrace_enabled 0?",
	.add = pfc_ftrace_add,
	.remove = pfc_ftrace_remove,
	.arm = pfc_ftrace_arm,
	.disarm = pfc_ftrace_disarm,
	.alive = pfc_ftrace_alive,
	.missed = pfc_ftrace_missed,
};
