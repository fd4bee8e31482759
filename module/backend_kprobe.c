// SPDX-License-Identifier: GPL-2.0
/* lint: allow LINE_SPACING throughout: NOKPROBE_SYMBOL() belongs to the function above it */
/*
 * Probe points as kprobes.
 */
#include <linux/cpumask.h>
#include <linux/kprobes.h>
#include <linux/minmax.h>
#include "hit.h"

static __always_inline struct pfc_place *pfc_kprobe_to_place(struct kprobe *kp)
{
	return container_of(kp, struct pfc_place, rp.kp);
}

static __always_inline struct pfc_call pfc_kprobe_call(struct pt_regs *regs)
{
	struct pfc_call call = {
		.caller = pfc_arch_caller(regs),
		.sp = kernel_stack_pointer(regs),
		.arg = {
			pfc_arch_arg(regs, 0), pfc_arch_arg(regs, 1), pfc_arch_arg(regs, 2),
			pfc_arch_arg(regs, 3), pfc_arch_arg(regs, 4),
		},
	};

	return call;
}

/*
 * 1 tells the kernel that the probed instruction has been executed, which saves
 * stepping over it, and ends the hit: not when others probe the same place.
 */
static __always_inline int pfc_kprobe_done(struct kprobe *kp, struct pt_regs *regs)
{
	return list_empty(&kp->list) &&
	       pfc_arch_emulate(pfc_kprobe_to_place(kp)->emulate, kp->opcode, regs);
}

/* Out of line, so that what is usual needs no stack. */
static noinline int pfc_kprobe_slow(struct kprobe *kp, struct pt_regs *regs)
{
	struct pfc_call call = pfc_kprobe_call(regs);

	pfc_hit_slow(pfc_kprobe_to_place(kp), &call);
	return pfc_kprobe_done(kp, regs);
}
NOKPROBE_SYMBOL(pfc_kprobe_slow);

static noinline int pfc_kprobe_exit_slow(struct kprobe *kp, struct pt_regs *regs)
{
	pfc_hit_exit_slow(pfc_kprobe_to_place(kp), kernel_stack_pointer(regs),
			  (__force vm_fault_t)pfc_arch_result(regs));
	return pfc_kprobe_done(kp, regs);
}
NOKPROBE_SYMBOL(pfc_kprobe_exit_slow);

/* lint: allow MACRO_WITH_FLOW_CONTROL: it is a function */
#define PFC_KPROBE_HANDLER(kind, account, ...)					\
static int pfc_kprobe_on_##kind##_##account(struct kprobe *kp, struct pt_regs *regs) \
{										\
	struct pfc_call call = pfc_kprobe_call(regs);				\
										\
	if (likely(pfc_hit_##kind(pfc_kprobe_to_place(kp), &call, ##__VA_ARGS__))) \
		return pfc_kprobe_done(kp, regs);				\
	return pfc_kprobe_slow(kp, regs);					\
}										\
NOKPROBE_SYMBOL(pfc_kprobe_on_##kind##_##account)

PFC_KPROBE_HANDLER(leaf, 0, false);
PFC_KPROBE_HANDLER(tail, 0, false);
PFC_KPROBE_HANDLER(entry, 1);
PFC_KPROBE_HANDLER(leaf, 1, true);
PFC_KPROBE_HANDLER(wp, 1);
PFC_KPROBE_HANDLER(swap, 1);
PFC_KPROBE_HANDLER(tail, 1, true);

static int pfc_kprobe_on_exit(struct kprobe *kp, struct pt_regs *regs)
{
	if (likely(pfc_hit_exit(pfc_kprobe_to_place(kp), kernel_stack_pointer(regs),
				(__force vm_fault_t)pfc_arch_result(regs))))
		return pfc_kprobe_done(kp, regs);
	return pfc_kprobe_exit_slow(kp, regs);
}
NOKPROBE_SYMBOL(pfc_kprobe_on_exit);

/* A kretprobe hands the entry's stack pointer over in the instance. */
static int pfc_kretprobe_on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pfc_call call = pfc_kprobe_call(regs);
	struct pfc_place *place;

	*(unsigned long *)ri->data = call.sp;
	place = container_of(pfc_compat_kretprobe(ri), struct pfc_place, rp);
	if (!pfc_hit_entry(place, &call))
		pfc_hit_slow(place, &call);
	return 0;
}
NOKPROBE_SYMBOL(pfc_kretprobe_on_entry);

static int pfc_kretprobe_on_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	vm_fault_t ret = (__force vm_fault_t)pfc_arch_result(regs);
	struct kretprobe *rp = pfc_compat_kretprobe(ri);
	unsigned long sp = *(unsigned long *)ri->data;
	struct pfc_place *place;

	/* Being unregistered. */
	if (!rp)
		return 0;
	place = container_of(rp, struct pfc_place, rp);
	if (!pfc_hit_exit(place, sp, ret))
		pfc_hit_exit_slow(place, sp, ret);
	return 0;
}
NOKPROBE_SYMBOL(pfc_kretprobe_on_exit);

/* By accounting: without it, no visit has ends, and no class is refined. */
static const kprobe_pre_handler_t pfc_kprobe_handlers[][PFC_NR_KINDS] = {
	{
		[PFC_KIND_LEAF]		= pfc_kprobe_on_leaf_0,
		[PFC_KIND_WP]		= pfc_kprobe_on_leaf_0,
		[PFC_KIND_SWAP]		= pfc_kprobe_on_leaf_0,
		[PFC_KIND_TAIL]		= pfc_kprobe_on_tail_0,
	}, {
		[PFC_KIND_ENTRY]	= pfc_kprobe_on_entry_1,
		[PFC_KIND_EXIT]		= pfc_kprobe_on_exit,
		[PFC_KIND_LEAF]		= pfc_kprobe_on_leaf_1,
		[PFC_KIND_WP]		= pfc_kprobe_on_wp_1,
		[PFC_KIND_SWAP]		= pfc_kprobe_on_swap_1,
		[PFC_KIND_TAIL]		= pfc_kprobe_on_tail_1,
		[PFC_KIND_REFUSED]	= pfc_kprobe_slow,
	},
};

/* Register the kprobe, not armed; rp.kp says where, by address or by symbol. */
static int pfc_kprobe_place(struct pfc_place *place)
{
	struct kretprobe *rp = &place->rp;
	int err;

	rp->kp.flags = KPROBE_FLAG_DISABLED;
	if (place->addr)
		rp->kp.addr = (kprobe_opcode_t *)place->addr;
	if (place->kind == PFC_KIND_VISIT) {
		rp->entry_handler = pfc_kretprobe_on_entry;
		rp->handler = pfc_kretprobe_on_exit;
		rp->data_size = sizeof(unsigned long);
		/* Tasks sleep in a fault: one instance each, or the visit is missed. */
		rp->maxactive = max(256U, 8 * num_possible_cpus());
		err = register_kretprobe(rp);
	} else {
		rp->kp.pre_handler = pfc_kprobe_handlers[pfc_account][place->kind];
		err = register_kprobe(&rp->kp);
		place->emulate = pfc_arch_emulation(rp->kp.opcode);
	}
	place->addr = (unsigned long)rp->kp.addr;
	return err;
}

/* Each call waits for all handlers in the system. */
static void pfc_kprobe_unplace(struct pfc_place **places, unsigned int count)
{
	struct kprobe *kps[PFC_MAX_PLACES];
	unsigned int i, n = 0;

	for (i = 0; i < count; i++) {
		if (places[i]->kind == PFC_KIND_VISIT)
			unregister_kretprobe(&places[i]->rp);
		else
			kps[n++] = &places[i]->rp.kp;
	}
	if (n)
		unregister_kprobes(kps, n);
}

static int pfc_kprobe_arm(struct pfc_place *place)
{
	return enable_kprobe(&place->rp.kp);
}

static void pfc_kprobe_disarm(struct pfc_place *place)
{
	disable_kprobe(&place->rp.kp);
}

static bool pfc_kprobe_alive(const struct pfc_place *place)
{
	return pfc_arch_probe_alive(&place->rp.kp);
}

static u64 pfc_kprobe_missed(const struct pfc_place *place)
{
	u64 missed = place->rp.kp.nmissed;

	if (place->kind == PFC_KIND_VISIT)
		missed += place->rp.nmissed;
	return missed;
}

const struct pfc_backend pfc_backend_kprobe = {
	.name = "kprobe",
	.why_dead = "the kernel took it out: is debugfs kprobes/enabled 0?",
	.place = pfc_kprobe_place,
	.unplace = pfc_kprobe_unplace,
	.arm = pfc_kprobe_arm,
	.disarm = pfc_kprobe_disarm,
	.alive = pfc_kprobe_alive,
	.missed = pfc_kprobe_missed,
};
