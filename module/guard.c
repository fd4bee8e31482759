// SPDX-License-Identifier: GPL-2.0
/*
 * Notices when somebody switches all kprobes off (debugfs kprobes/enabled), before it
 * happens: from then on ends of visits pass unseen, and frames cannot be trusted until the
 * kprobes are back and all frames are new.
 *
 * And when somebody makes a function of the dispatcher begin elsewhere, as livepatches do:
 * then probes within it are not passed, and what was found by reading it is not what runs.
 */
#include <linux/bitops.h>
#include <linux/ftrace.h>
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <compat/compat.h>
#include "frames.h"
#include "guard.h"
#include "locate.h"
#include "pfc_arch.h"
#include "probes.h"

/* The writer of the switch holds kprobe_mutex by then. */
#define PFC_GUARD_SETTLES	(HZ / 5)

static int pfc_guard_on_switch(struct kprobe *kp, struct pt_regs *regs);
static void pfc_guard_check(struct work_struct *work);
static DECLARE_DELAYED_WORK(pfc_guard_work, pfc_guard_check);

/* Behind debugfs kprobes/enabled, 5.10 to 7.2. */
static struct kprobe pfc_guard_kprobe = {
	.symbol_name = "write_enabled_file_bool",
	.pre_handler = pfc_guard_on_switch,
};

/* Kprobes are switched under kprobe_mutex, which every registration takes. */
static void pfc_guard_wait(void)
{
	struct kprobe kp = {
		.addr = pfc_guard_kprobe.addr,
		.flags = KPROBE_FLAG_DISABLED,
	};

	if (!register_kprobe(&kp))
		unregister_kprobe(&kp);
}

/* Once kprobes are in the text, frames that are opened from now on can be trusted. */
static void pfc_guard_check(struct work_struct *work)
{
	bool alive;

	pfc_guard_wait();
	mutex_lock(&pfc_control_lock);
	alive = !pfc_armed || pfc_probes_alive(PFC_KIND_EXIT);
	if (alive)
		pfc_frames_trust();
	mutex_unlock(&pfc_control_lock);
	if (!alive)
		schedule_delayed_work(&pfc_guard_work, PFC_GUARD_SETTLES);
}

/* Handlers cannot wake a worker, an interrupt can. */
static void pfc_guard_kick(struct irq_work *work)
{
	schedule_delayed_work(&pfc_guard_work, PFC_GUARD_SETTLES);
}

static struct irq_work pfc_guard_irq;

static int pfc_guard_on_switch(struct kprobe *kp, struct pt_regs *regs)
{
	pfc_frames_distrust();
	irq_work_queue(&pfc_guard_irq);
	return 0;
}
NOKPROBE_SYMBOL(pfc_guard_on_switch);

#if PFC_COMPAT_FTRACE
/* Kprobes with a handler behind the instruction may redirect on x86, but do not. */
static unsigned long pfc_guard_kprobes_func;

static void notrace pfc_guard_on_rival(unsigned long ip, unsigned long caller,
				       struct ftrace_ops *ops, pfc_compat_ftrace_regs *regs)
{
}

/* Asks ftrace for what a livepatch asks for. Moves nothing. */
static struct ftrace_ops pfc_guard_rival = {
	.func = pfc_guard_on_rival,
	.flags = PFC_COMPAT_FTRACE_REDIRECTS,
};

/* ftrace_set_filter_ip(ops, ip, remove, reset), 5.10 to 7.2, by which livepatches choose. */
static int pfc_guard_on_filter(struct kprobe *kp, struct pt_regs *regs)
{
	const struct ftrace_ops *ops = (const struct ftrace_ops *)pfc_arch_arg(regs, 0);
	unsigned int i;

	if (!(ops->flags & FTRACE_OPS_FL_IPMODIFY) || ops->flags & FTRACE_OPS_FL_DIRECT ||
	    (unsigned long)ops->func == pfc_guard_kprobes_func || ops == &pfc_guard_rival)
		return 0;
	for (i = 0; i < pfc_nr_dispatcher; i++)
		if (pfc_in_ranges(pfc_arch_arg(regs, 1), &pfc_dispatcher[i], 1))
			pfc_probes_redirected(i, !(int)pfc_arch_arg(regs, 2));
	return 0;
}
NOKPROBE_SYMBOL(pfc_guard_on_filter);

static struct kprobe pfc_guard_filter_kprobe = {
	.symbol_name = "ftrace_set_filter_ip",
	.pre_handler = pfc_guard_on_filter,
};

struct pfc_guard_body {
	struct kprobe kp;
	unsigned int range;
	bool passed;
};

static struct task_struct *pfc_guard_task;

static int pfc_guard_on_body(struct kprobe *kp, struct pt_regs *regs)
{
	if (current == pfc_guard_task)
		container_of(kp, struct pfc_guard_body, kp)->passed = true;
	return 0;
}
NOKPROBE_SYMBOL(pfc_guard_on_body);

/*
 * ftrace lets one alone redirect a function (__ftrace_hash_update_ipmodify(), 5.10 to 7.2).
 * What cannot be known counts as redirected.
 */
static bool pfc_guard_ask_ftrace(unsigned long at)
{
	int err;

	/* A part that the compiler split off may begin with a call of its own. */
	if (pfc_ftrace_filter(&pfc_guard_rival, &at))
		return false;
	err = register_ftrace_function(&pfc_guard_rival);
	if (!err)
		unregister_ftrace_function(&pfc_guard_rival);
	ftrace_set_filter_ip(&pfc_guard_rival, at, 1, 0);
	return err;
}

/*
 * Who came before us is found by its effect: behind its call of ftrace, the function is not
 * passed. Where no fault of ours is sure to pass, ftrace is asked.
 */
static int pfc_guard_find_redirects(void)
{
	struct pfc_guard_body *bodies, *body;
	struct kprobe *kps[PFC_MAX_RANGES];
	unsigned int i, n = 0;
	unsigned long at;
	int err = 0;

	bodies = kcalloc(PFC_MAX_RANGES, sizeof(*bodies), GFP_KERNEL);
	if (!bodies)
		return -ENOMEM;
	for (i = 0; !err && i < pfc_nr_dispatcher; i++) {
		at = pfc_arch_behind_ftrace(pfc_dispatcher[i].start);
		if (!at)
			continue;
		if (!(pfc_ordinary & BIT(i))) {
			if (pfc_guard_ask_ftrace(pfc_dispatcher[i].start))
				pfc_probes_redirected(i, true);
			continue;
		}
		body = &bodies[n];
		body->range = i;
		body->kp.addr = (kprobe_opcode_t *)at;
		body->kp.pre_handler = pfc_guard_on_body;
		err = register_kprobe(&body->kp);
		if (!err)
			kps[n++] = &body->kp;
	}
	if (n) {
		pfc_guard_task = current;
		err = err ?: pfc_probes_fault_twice();
		unregister_kprobes(kps, n);
	}
	for (i = 0; !err && i < n; i++)
		if (!bodies[i].passed)
			pfc_probes_redirected(bodies[i].range, true);
	kfree(bodies);
	return err;
}

static int pfc_guard_redirects_init(void)
{
	int err;

	pfc_guard_kprobes_func = pfc_locate_symbol("kprobe_ftrace_handler");
	err = register_kprobe(&pfc_guard_filter_kprobe);
	if (err)
		return err == -ENOENT ? 0 : err;
	return pfc_guard_find_redirects();
}
#else
static int pfc_guard_redirects_init(void)
{
	return 0;
}
#endif

static struct kprobe *pfc_guard_kprobes[] = {
	&pfc_guard_kprobe,
#if PFC_COMPAT_FTRACE
	&pfc_guard_filter_kprobe,
#endif
};

/**
 * pfc_guard_exit() - watch it no longer
 *
 * Context: may sleep.
 */
void pfc_guard_exit(void)
{
	/* Those that this kernel lacks are left out; together they wait once. */
	unregister_kprobes(pfc_guard_kprobes, ARRAY_SIZE(pfc_guard_kprobes));
	irq_work_sync(&pfc_guard_irq);
	cancel_delayed_work_sync(&pfc_guard_work);
}

/**
 * pfc_guard_init() - watch the switch, and who redirects functions
 *
 * A kernel without the one or the other needs no watching.
 *
 * Context: may sleep; process context; after pfc_locate_init(). Balanced by pfc_guard_exit().
 * Return: 0, what register_kprobe() returns, or the error that kept faults from being taken.
 */
int pfc_guard_init(void)
{
	int err;

	init_irq_work(&pfc_guard_irq, pfc_guard_kick);
	err = register_kprobe(&pfc_guard_kprobe);
	if (err && err != -ENOENT)
		return err;
	err = pfc_guard_redirects_init();
	/* The first one may have fired meanwhile. */
	if (err)
		pfc_guard_exit();
	return err;
}
