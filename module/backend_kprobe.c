// SPDX-License-Identifier: GPL-2.0
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

static __always_inline void pfc_kprobe_entry(struct pfc_place *place, struct pt_regs *regs)
{
	pfc_hit_entry(place, kernel_stack_pointer(regs), (void *)pfc_arch_arg(regs, 0),
		      pfc_arch_arg(regs, 1), pfc_arch_arg(regs, 2),
		      (void *)pfc_arch_arg(regs, 3));
}

static int pfc_kprobe_on_entry(struct kprobe *kp, struct pt_regs *regs)
{
	pfc_kprobe_entry(pfc_kprobe_to_place(kp), regs);
	return 0;
}
NOKPROBE_SYMBOL(pfc_kprobe_on_entry);

static int pfc_kprobe_on_exit(struct kprobe *kp, struct pt_regs *regs)
{
	pfc_hit_exit(pfc_kprobe_to_place(kp), kernel_stack_pointer(regs),
		     pfc_arch_result(regs));
	return 0;
}
NOKPROBE_SYMBOL(pfc_kprobe_on_exit);

/* A kretprobe hands the entry's stack pointer over in the instance. */
static int pfc_kretprobe_on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pfc_place *place = container_of(pfc_compat_kretprobe(ri), struct pfc_place, rp);

	*(unsigned long *)ri->data = kernel_stack_pointer(regs);
	pfc_kprobe_entry(place, regs);
	return 0;
}
NOKPROBE_SYMBOL(pfc_kretprobe_on_entry);

static int pfc_kretprobe_on_exit(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = pfc_compat_kretprobe(ri);

	/* NULL: being unregistered */
	if (rp)
		pfc_hit_exit(container_of(rp, struct pfc_place, rp),
			     *(unsigned long *)ri->data, pfc_arch_result(regs));
	return 0;
}
NOKPROBE_SYMBOL(pfc_kretprobe_on_exit);

static __always_inline unsigned long pfc_kprobe_address(const struct pfc_place *place,
							struct pt_regs *regs)
{
	if (place->address == PFC_ADDR_VMF)
		return pfc_compat_vmf_address((struct vm_fault *)pfc_arch_arg(regs, 0));
	return place->address < 0 ? 0 : pfc_arch_arg(regs, place->address);
}

static int pfc_kprobe_on_leaf(struct kprobe *kp, struct pt_regs *regs)
{
	struct pfc_place *place = pfc_kprobe_to_place(kp);

	if (pfc_hit_is_dispatched(place, pfc_arch_caller(regs)))
		pfc_hit_leaf(place, BIT(place->mark), 0, pfc_kprobe_address(place, regs));
	return 0;
}
NOKPROBE_SYMBOL(pfc_kprobe_on_leaf);

static int pfc_kprobe_on_wp(struct kprobe *kp, struct pt_regs *regs)
{
	struct pfc_place *place = pfc_kprobe_to_place(kp);
	struct pfc_frame *frame;

	if (!pfc_hit_is_dispatched(place, pfc_arch_caller(regs))) {
		pfc_hit_wp_elsewhere();
		return 0;
	}
	frame = pfc_hit_leaf(place, BIT(PFC_MARK_WP), 0, pfc_kprobe_address(place, regs));
	if (frame)
		pfc_hit_wp(frame, (struct vm_fault *)pfc_arch_arg(regs, 0));
	return 0;
}
NOKPROBE_SYMBOL(pfc_kprobe_on_wp);

static int pfc_kprobe_on_swap(struct kprobe *kp, struct pt_regs *regs)
{
	struct pfc_place *place = pfc_kprobe_to_place(kp);
	struct pfc_frame *frame;

	if (!pfc_hit_is_dispatched(place, pfc_arch_caller(regs)))
		return 0;
	frame = pfc_hit_leaf(place, BIT(PFC_MARK_SWAP), 0, pfc_kprobe_address(place, regs));
	if (frame)
		frame->facts.swap =
			pfc_compat_swap(((struct vm_fault *)pfc_arch_arg(regs, 0))->orig_pte);
	return 0;
}
NOKPROBE_SYMBOL(pfc_kprobe_on_swap);

/* ptep_set_access_flags(vma, address, ptep, entry, dirty) and its kin */
static int pfc_kprobe_on_tail(struct kprobe *kp, struct pt_regs *regs)
{
	struct pfc_place *place = pfc_kprobe_to_place(kp);
	unsigned long also = 0;
	enum pfc_mark mark;

	/* Look at the caller first: others' ptep may be something else. */
	if (!pfc_hit_is_dispatched(place, pfc_arch_caller(regs)))
		return 0;
	mark = pfc_tail_mark((pte_t *)pfc_arch_arg(regs, 2), __pte(pfc_arch_arg(regs, 3)),
			     (int)pfc_arch_arg(regs, 4), &also);
	pfc_hit_leaf(place, BIT(mark) | also, mark - PFC_MARK_AF, pfc_kprobe_address(place, regs));
	return 0;
}
NOKPROBE_SYMBOL(pfc_kprobe_on_tail);

static const kprobe_pre_handler_t pfc_kprobe_handlers[PFC_NR_KINDS] = {
	[PFC_KIND_ENTRY]	= pfc_kprobe_on_entry,
	[PFC_KIND_EXIT]		= pfc_kprobe_on_exit,
	[PFC_KIND_LEAF]		= pfc_kprobe_on_leaf,
	[PFC_KIND_WP]		= pfc_kprobe_on_wp,
	[PFC_KIND_SWAP]		= pfc_kprobe_on_swap,
	[PFC_KIND_TAIL]		= pfc_kprobe_on_tail,
};

/**
 * pfc_kprobe_place() - register a place's kprobe, not armed
 * @place: @place->rp.kp says where, by address or by symbol and offset
 *
 * Context: may sleep.
 * Return: 0 and rp.kp.addr is set; else the error of register_kprobe():
 * -ENOENT no such symbol, -EINVAL refused (blacklisted, or after a
 * load-exclusive on arm64), -EILSEQ not an instruction boundary, -ENOMEM.
 */
int pfc_kprobe_place(struct pfc_place *place)
{
	struct kretprobe *rp = &place->rp;

	rp->kp.flags = KPROBE_FLAG_DISABLED;
	if (place->kind != PFC_KIND_VISIT) {
		rp->kp.pre_handler = pfc_kprobe_handlers[place->kind];
		return register_kprobe(&rp->kp);
	}
	rp->entry_handler = pfc_kretprobe_on_entry;
	rp->handler = pfc_kretprobe_on_exit;
	rp->data_size = sizeof(unsigned long);
	/* Tasks sleep in a fault: one instance each, or the visit is missed. */
	rp->maxactive = max(256U, 8 * num_possible_cpus());
	return register_kretprobe(rp);
}

/**
 * pfc_kprobe_unplace() - undo pfc_kprobe_place()
 * @place: a place
 *
 * Context: may sleep; on return no handler of it runs.
 */
void pfc_kprobe_unplace(struct pfc_place *place)
{
	if (place->kind == PFC_KIND_VISIT)
		unregister_kretprobe(&place->rp);
	else
		unregister_kprobe(&place->rp.kp);
}

/**
 * pfc_kprobe_arm() - put the probe into the text
 * @place: a place
 *
 * Context: may sleep.
 * Return: 0 or the error of enable_kprobe().
 */
int pfc_kprobe_arm(struct pfc_place *place)
{
	return enable_kprobe(&place->rp.kp);
}

/**
 * pfc_kprobe_disarm() - take the probe out of the text
 * @place: a place
 *
 * Context: may sleep; handlers may still run until synchronize_rcu().
 */
void pfc_kprobe_disarm(struct pfc_place *place)
{
	disable_kprobe(&place->rp.kp);
}

/**
 * pfc_kprobe_alive() - whether an armed probe is still in the text
 * @place: an armed place
 *
 * Context: any.
 * Return: false if the kernel took it out.
 */
bool pfc_kprobe_alive(const struct pfc_place *place)
{
	return pfc_arch_probe_alive(&place->rp.kp);
}

/**
 * pfc_kprobe_missed() - firings that never reached the handler
 * @place: a place
 *
 * Context: any.
 * Return: their number since registration.
 */
u64 pfc_kprobe_missed(const struct pfc_place *place)
{
	u64 missed = place->rp.kp.nmissed;

	if (place->kind == PFC_KIND_VISIT)
		missed += place->rp.nmissed;
	return missed;
}
