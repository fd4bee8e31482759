// SPDX-License-Identifier: GPL-2.0
/*
 * Where the time of loading a module goes: a kretprobe on each function that the
 * parameter "steps" lists, those of a module that is not loaded yet as soon as it
 * is. "result" reads: function, calls, nanoseconds in it and in what it calls,
 * nanoseconds in it without what is listed too. Not part of pfclass; the benchmark
 * loads it. (The kernel's own kprobe events refuse functions that are not traced,
 * and pfclass is none of those.)
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/version.h>

#define PFC_MAX_STEPS	64
#define PFC_MAX_DEPTH	16

static char *pfc_steps_list = "";
module_param_named(steps, pfc_steps_list, charp, 0444);
MODULE_PARM_DESC(steps, "functions, separated by commas");

static char *pfc_comm = "faultcost";
module_param_named(comm, pfc_comm, charp, 0444);
MODULE_PARM_DESC(comm, "whose time: the name of a task");

static char *pfc_target = "pfclass";
module_param_named(target, pfc_target, charp, 0444);
MODULE_PARM_DESC(target, "the module whose functions are probed when it is loaded");

static struct pfc_step {
	struct kretprobe rp;
	bool registered;
	u64 calls;
	u64 total;
	u64 own;
} pfc_step[PFC_MAX_STEPS];

static unsigned int pfc_nr_steps;
static char *pfc_names;

/* Of the one task that is traced. */
static struct pfc_open {
	struct pfc_step *step;
	u64 began;
	u64 within;
} pfc_open[PFC_MAX_DEPTH];

static unsigned int pfc_depth;

/* What placing these probes takes while the module comes. */
static struct pfc_step pfc_tracing = { .rp.kp.symbol_name = "tracing", .registered = true };
static bool pfc_paused;

static struct pfc_step *pfc_step_of(struct kretprobe_instance *ri)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return container_of(get_kretprobe(ri), struct pfc_step, rp);
#else
	return container_of(ri->rp, struct pfc_step, rp);
#endif
}
NOKPROBE_SYMBOL(pfc_step_of);

/* Not 0: no return handler for this call. */
static int pfc_on_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pfc_open *open = &pfc_open[pfc_depth];

	if (pfc_paused || strcmp(current->comm, pfc_comm) || pfc_depth == PFC_MAX_DEPTH)
		return 1;
	pfc_depth++;
	open->step = pfc_step_of(ri);
	open->within = 0;
	open->began = ktime_get_mono_fast_ns();
	return 0;
}
NOKPROBE_SYMBOL(pfc_on_entry);

static int pfc_on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct pfc_step *step = pfc_step_of(ri);
	struct pfc_open *open;
	u64 took;

	if (!pfc_depth || pfc_open[pfc_depth - 1].step != step)
		return 0;
	open = &pfc_open[--pfc_depth];
	took = ktime_get_mono_fast_ns() - open->began;
	step->calls++;
	step->total += took;
	step->own += took - open->within;
	if (pfc_depth)
		pfc_open[pfc_depth - 1].within += took;
	return 0;
}
NOKPROBE_SYMBOL(pfc_on_return);

static void pfc_step_register(struct pfc_step *step)
{
	const char *name = step->rp.kp.symbol_name;

	memset(&step->rp, 0, sizeof(step->rp));
	step->rp.kp.symbol_name = name;
	step->rp.entry_handler = pfc_on_entry;
	step->rp.handler = pfc_on_return;
	step->rp.maxactive = 8;
	step->registered = !register_kretprobe(&step->rp);
}

static int pfc_on_module(struct notifier_block *nb, unsigned long what, void *data)
{
	struct module *mod = data;
	unsigned int i;
	u64 took;

	if (what != MODULE_STATE_COMING || strcmp(mod->name, pfc_target))
		return NOTIFY_DONE;
	pfc_paused = true;
	took = ktime_get_mono_fast_ns();
	for (i = 0; i < pfc_nr_steps; i++)
		if (!pfc_step[i].registered)
			pfc_step_register(&pfc_step[i]);
	took = ktime_get_mono_fast_ns() - took;
	pfc_tracing.calls++;
	pfc_tracing.total += took;
	pfc_tracing.own += took;
	if (pfc_depth)
		pfc_open[pfc_depth - 1].within += took;
	pfc_paused = false;
	return NOTIFY_DONE;
}

static struct notifier_block pfc_notifier = { .notifier_call = pfc_on_module };

static int pfc_result_get(char *buf, const struct kernel_param *param)
{
	const struct pfc_step *step = &pfc_tracing;
	unsigned int i = 0;
	int len = 0;

	do {
		if (step->registered)
			len += scnprintf(buf + len, PAGE_SIZE - len, "%s %llu %llu %llu\n",
					 step->rp.kp.symbol_name, step->calls,
					 step->total, step->own);
		step = &pfc_step[i];
	} while (i++ < pfc_nr_steps);
	return len;
}

static const struct kernel_param_ops pfc_result_ops = { .get = pfc_result_get };
module_param_cb(result, &pfc_result_ops, NULL, 0444);
MODULE_PARM_DESC(result, "function, calls, nanoseconds, nanoseconds of its own");

static int __init pfc_steps_init(void)
{
	char *rest, *name;
	int err;

	pfc_names = kstrdup(pfc_steps_list, GFP_KERNEL);
	if (!pfc_names)
		return -ENOMEM;
	rest = pfc_names;
	while ((name = strsep(&rest, ",")) && pfc_nr_steps < PFC_MAX_STEPS) {
		pfc_step[pfc_nr_steps].rp.kp.symbol_name = name;
		pfc_step_register(&pfc_step[pfc_nr_steps++]);
	}
	err = register_module_notifier(&pfc_notifier);
	if (!err)
		return 0;
	while (pfc_nr_steps--)
		if (pfc_step[pfc_nr_steps].registered)
			unregister_kretprobe(&pfc_step[pfc_nr_steps].rp);
	kfree(pfc_names);
	return err;
}

static void __exit pfc_steps_exit(void)
{
	unsigned int i;

	unregister_module_notifier(&pfc_notifier);
	for (i = 0; i < pfc_nr_steps; i++)
		if (pfc_step[i].registered)
			unregister_kretprobe(&pfc_step[i].rp);
	kfree(pfc_names);
}

module_init(pfc_steps_init);
module_exit(pfc_steps_exit);

MODULE_DESCRIPTION("Where the time of loading a module goes");
MODULE_AUTHOR("The pfclass developers");
MODULE_LICENSE("GPL");
