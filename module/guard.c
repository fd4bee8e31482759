// SPDX-License-Identifier: GPL-2.0
/*
 * Notices when somebody switches all kprobes off (debugfs kprobes/enabled), before it
 * happens: from then on ends of visits pass unseen, and frames cannot be trusted until the
 * kprobes are back and all frames are new.
 */
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>
#include "frames.h"
#include "guard.h"
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

/**
 * pfc_guard_init() - watch the switch
 *
 * A kernel without the switch needs no watching.
 *
 * Context: may sleep. Balanced by pfc_guard_exit().
 * Return: 0, or what register_kprobe() returns.
 */
int pfc_guard_init(void)
{
	int err;

	init_irq_work(&pfc_guard_irq, pfc_guard_kick);
	err = register_kprobe(&pfc_guard_kprobe);
	return err == -ENOENT ? 0 : err;
}

/**
 * pfc_guard_exit() - watch it no longer
 *
 * Context: may sleep.
 */
void pfc_guard_exit(void)
{
	unregister_kprobe(&pfc_guard_kprobe);
	irq_work_sync(&pfc_guard_irq);
	cancel_delayed_work_sync(&pfc_guard_work);
}
