// SPDX-License-Identifier: GPL-2.0
/*
 * Probes as kprobes: how a hit becomes a call of hit.h, and how a kprobe is registered.
 */
#include <linux/kprobes.h>
#include "hit.h"

static __always_inline struct pfc_probe *pfc_kprobe_to_probe(struct kprobe *kp)
{
	return container_of(kp, struct pfc_probe, rp.kp);
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
 * stepping over it, and ends the hit: not when others probe the same address.
 */
static __always_inline int pfc_kprobe_done(struct kprobe *kp, struct pt_regs *regs, u8 emulate)
{
	if (likely(list_empty(&kp->list)))
		return pfc_arch_emulate(emulate, kp->opcode, regs);
	return 0;
}

static __always_inline int pfc_kprobe_done_slow(struct kprobe *kp, struct pt_regs *regs)
{
	return pfc_kprobe_done(kp, regs, pfc_kprobe_to_probe(kp)->emulate);
}

/* Out of line, so that the fast path needs no stack. */
static noinline int pfc_kprobe_slow(struct kprobe *kp, struct pt_regs *regs)
{
	struct pfc_call call = pfc_kprobe_call(regs);

	pfc_hit_slow(pfc_kprobe_to_probe(kp), &call);
	return pfc_kprobe_done_slow(kp, regs);
}
NOKPROBE_SYMBOL(pfc_kprobe_slow);

/*
 * Only BPF's trampoline (fexit) moves the stack pointer between a function's first
 * instruction and its body, and only BPF's is not text of the kernel's own.
 */
static noinline int pfc_kprobe_exit_slow(struct kprobe *kp, struct pt_regs *regs)
{
	bool shifted = pfc_kernel_text.size &&
		       !pfc_in_ranges(pfc_arch_caller(regs), &pfc_kernel_text, 1);

	pfc_hit_exit_slow(pfc_kprobe_to_probe(kp), kernel_stack_pointer(regs), shifted,
			  (__force vm_fault_t)pfc_arch_result(regs));
	return pfc_kprobe_done_slow(kp, regs);
}
NOKPROBE_SYMBOL(pfc_kprobe_exit_slow);

/*
 * NAME: of the handler; HIT, ...: the function of hit.h and its further arguments. There
 * are two of each: NAME_at is for the instruction that most probes replace, and need not ask
 * which it is.
 */
#define PFC_KPROBE_ONE(name, emulate, hit, ...)					\
static int pfc_kprobe_on_##name(struct kprobe *kp, struct pt_regs *regs)	\
{										\
	struct pfc_call call = pfc_kprobe_call(regs);				\
										\
	if (likely(pfc_hit_##hit(pfc_kprobe_to_probe(kp), &call, ##__VA_ARGS__))) \
		return pfc_kprobe_done(kp, regs, emulate);			\
	return pfc_kprobe_slow(kp, regs);					\
}										\
NOKPROBE_SYMBOL(pfc_kprobe_on_##name)

#define PFC_KPROBE_HANDLER(name, hit, ...)					\
	PFC_KPROBE_ONE(name, pfc_kprobe_to_probe(kp)->emulate, hit, ##__VA_ARGS__); \
	PFC_KPROBE_ONE(name##_at, PFC_ARCH_ENTRY_EMULATION, hit, ##__VA_ARGS__)

PFC_KPROBE_HANDLER(entry, entry);
PFC_KPROBE_HANDLER(leaf, leaf, PFC_KIND_LEAF);
PFC_KPROBE_HANDLER(wp, leaf, PFC_KIND_WP);
PFC_KPROBE_HANDLER(swap, leaf, PFC_KIND_SWAP);
PFC_KPROBE_HANDLER(file, leaf, PFC_KIND_FILE);
PFC_KPROBE_HANDLER(callee, callee, PFC_KIND_CALLEE);
PFC_KPROBE_HANDLER(rmap, callee, PFC_KIND_RMAP);
PFC_KPROBE_HANDLER(update, update);
PFC_KPROBE_HANDLER(only_leaf, only_leaf);
PFC_KPROBE_HANDLER(only_update, only_update);

/* The one end of handle_mm_fault(), or one of several. */
#define PFC_KPROBE_EXIT(name, emulate, several)					\
static int pfc_kprobe_on_##name(struct kprobe *kp, struct pt_regs *regs)	\
{										\
	if (likely(pfc_hit_exit(pfc_kprobe_to_probe(kp), kernel_stack_pointer(regs), \
				(__force vm_fault_t)pfc_arch_result(regs), several))) \
		return pfc_kprobe_done(kp, regs, emulate);			\
	return pfc_kprobe_exit_slow(kp, regs);					\
}										\
NOKPROBE_SYMBOL(pfc_kprobe_on_##name)

PFC_KPROBE_EXIT(exit, pfc_kprobe_to_probe(kp)->emulate, false);
PFC_KPROBE_EXIT(exit_at, PFC_ARCH_EXIT_EMULATION, false);
PFC_KPROBE_EXIT(exit_of_several, pfc_kprobe_to_probe(kp)->emulate, true);

/* A kretprobe hands the entry's stack pointer over in the instance. */
static int pfc_kretprobe_on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pfc_call call = pfc_kprobe_call(regs);
	struct pfc_probe *probe;

	*(unsigned long *)ri->data = call.sp;
	probe = container_of(pfc_compat_kretprobe(ri), struct pfc_probe, rp);
	if (pfc_hit_entry(probe, &call))
		return 0;
	pfc_hit_slow(probe, &call);
	/* A visit without a frame gives its instance back at once. */
	return !pfc_frames_top();
}
NOKPROBE_SYMBOL(pfc_kretprobe_on_entry);

static int pfc_kretprobe_on_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	vm_fault_t ret = (__force vm_fault_t)pfc_arch_result(regs);
	struct kretprobe *rp = pfc_compat_kretprobe(ri);
	unsigned long sp = *(unsigned long *)ri->data;
	struct pfc_probe *probe;

	/*
	 * Being unregistered; or disarmed, and the frames are being wiped: unlike a kprobe, an
	 * instance that waits for its return cannot be called back.
	 */
	if (!rp || !READ_ONCE(pfc_armed))
		return 0;
	probe = container_of(rp, struct pfc_probe, rp);
	if (!pfc_hit_exit(probe, sp, ret, false))
		pfc_hit_exit_slow(probe, sp, false, ret);
	return 0;
}
NOKPROBE_SYMBOL(pfc_kretprobe_on_exit);

/* By accounting: without it, no visit has ends, and no class is refined. */
#define PFC_KPROBE_PAIR(name)	{ pfc_kprobe_on_##name, pfc_kprobe_on_##name##_at }

static const kprobe_pre_handler_t pfc_kprobe_handlers[][PFC_NR_KINDS][2] = {
	{
		[PFC_KIND_LEAF]		= PFC_KPROBE_PAIR(only_leaf),
		[PFC_KIND_WP]		= PFC_KPROBE_PAIR(only_leaf),
		[PFC_KIND_SWAP]		= PFC_KPROBE_PAIR(only_leaf),
		[PFC_KIND_FILE]		= PFC_KPROBE_PAIR(only_leaf),
		[PFC_KIND_CALLEE]	= PFC_KPROBE_PAIR(only_leaf),
		[PFC_KIND_RMAP]		= PFC_KPROBE_PAIR(only_leaf),
		[PFC_KIND_UPDATE]	= PFC_KPROBE_PAIR(only_update),
	}, {
		[PFC_KIND_ENTRY]	= PFC_KPROBE_PAIR(entry),
		[PFC_KIND_EXIT]		= PFC_KPROBE_PAIR(exit),
		[PFC_KIND_LEAF]		= PFC_KPROBE_PAIR(leaf),
		[PFC_KIND_WP]		= PFC_KPROBE_PAIR(wp),
		[PFC_KIND_SWAP]		= PFC_KPROBE_PAIR(swap),
		[PFC_KIND_FILE]		= PFC_KPROBE_PAIR(file),
		[PFC_KIND_CALLEE]	= PFC_KPROBE_PAIR(callee),
		[PFC_KIND_RMAP]		= PFC_KPROBE_PAIR(rmap),
		[PFC_KIND_UPDATE]	= PFC_KPROBE_PAIR(update),
		[PFC_KIND_REFUSED]	= { pfc_kprobe_slow, pfc_kprobe_slow },
	},
};

/* Whether it replaced the instruction that NAME_at handlers are for. */
static bool pfc_kprobe_is_at(const struct pfc_probe *probe)
{
	return probe->emulate && probe->emulate == (probe->kind == PFC_KIND_EXIT ?
						    PFC_ARCH_EXIT_EMULATION :
						    PFC_ARCH_ENTRY_EMULATION);
}

/* Register the kprobe, not armed; rp.kp says where, by address or by symbol. */
static int pfc_kprobe_add(struct pfc_probe *probe)
{
	struct kretprobe *rp = &probe->rp;
	int err;

	rp->kp.flags = KPROBE_FLAG_DISABLED;
	if (probe->addr)
		rp->kp.addr = (kprobe_opcode_t *)probe->addr;
	if (probe->kind == PFC_KIND_VISIT) {
		rp->entry_handler = pfc_kretprobe_on_entry;
		rp->handler = pfc_kretprobe_on_exit;
		rp->data_size = sizeof(unsigned long);
		/*
		 * Tasks sleep in a fault: one instance for each frame. And for each CPU one to
		 * find out that there is no frame: only the handler knows who wants the fault.
		 */
		rp->maxactive = pfc_slots.mask + 1 + num_possible_cpus();
		err = register_kretprobe(rp);
	} else {
		rp->kp.pre_handler = pfc_kprobe_handlers[pfc_account][probe->kind][0];
		err = register_kprobe(&rp->kp);
		probe->emulate = pfc_arch_emulation(rp->kp.opcode);
	}
	probe->addr = (unsigned long)rp->kp.addr;
	return err;
}

/* Each call waits for all handlers in the system. */
static void pfc_kprobe_remove(struct pfc_probe **probes, unsigned int count)
{
	struct kprobe *kps[PFC_MAX_PROBES];
	unsigned int i, n = 0;

	for (i = 0; i < count; i++) {
		if (probes[i]->kind == PFC_KIND_VISIT)
			unregister_kretprobe(&probes[i]->rp);
		else
			kps[n++] = &probes[i]->rp.kp;
	}
	if (n)
		unregister_kprobes(kps, n);
}

static int pfc_kprobe_arm(struct pfc_probe *probe)
{
	/* Only now is it known how many there are, and what they replaced. */
	if (probe->counts)
		probe->rp.kp.pre_handler = pfc_kprobe_on_exit_of_several;
	else if (probe->kind != PFC_KIND_VISIT && pfc_kprobe_is_at(probe))
		probe->rp.kp.pre_handler = pfc_kprobe_handlers[pfc_account][probe->kind][1];
	return enable_kprobe(&probe->rp.kp);
}

static void pfc_kprobe_disarm(struct pfc_probe *probe)
{
	disable_kprobe(&probe->rp.kp);
}

static bool pfc_kprobe_alive(const struct pfc_probe *probe)
{
	return pfc_arch_probe_alive(&probe->rp.kp);
}

static u64 pfc_kprobe_missed(const struct pfc_probe *probe)
{
	u64 missed = probe->rp.kp.nmissed;

	if (probe->kind == PFC_KIND_VISIT)
		missed += probe->rp.nmissed;
	return missed;
}

const struct pfc_backend pfc_backend_kprobe = {
	.name = "kprobe",
	/* With the latter kprobes at entries of functions are ftrace's. */
	.why_dead = IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) ?
		"the kernel took it out: is debugfs kprobes/enabled or kernel.ftrace_enabled 0?" :
		"the kernel took it out: is debugfs kprobes/enabled 0?",
	.add = pfc_kprobe_add,
	.remove = pfc_kprobe_remove,
	.arm = pfc_kprobe_arm,
	.disarm = pfc_kprobe_disarm,
	.alive = pfc_kprobe_alive,
	.missed = pfc_kprobe_missed,
};
