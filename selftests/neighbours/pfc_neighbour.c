// SPDX-License-Identifier: GPL-2.0
/*
 * A neighbour: somebody else's probes on the functions of the fault path. It counts
 * its hits and does nothing besides; but for the kinds that make functions fail. Not part of
 * pfclass; neighbours.sh and failures.sh load it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#ifdef CONFIG_FPROBE
#include <linux/fprobe.h>
#endif
#include "hits.h"

#define PFC_MAX_TARGETS	48

static char *pfc_kind = "kprobe";
module_param_named(kind, pfc_kind, charp, 0444);
MODULE_PARM_DESC(kind, "kprobe, post, kretprobe, fprobe; with the function tracer ftrace, regs or livepatch; refuse (arm64), allocs");

static char *pfc_targets = "";
module_param_named(targets, pfc_targets, charp, 0444);
MODULE_PARM_DESC(targets, "SYMBOL[+0xOFF],... : those that the kernel refuses are left out");

struct pfc_target {
	char *symbol;
	unsigned int offset;
	struct kprobe kp;
	struct kretprobe rp;
#ifdef CONFIG_FUNCTION_TRACER
	struct ftrace_ops ops;
#endif
	unsigned long ip;
	unsigned long to;
#ifdef CONFIG_FPROBE
	struct fprobe fp;
#endif
};

static struct pfc_target *pfc_target;
static unsigned int pfc_nr_targets;
module_param_named(placed, pfc_nr_targets, uint, 0444);
MODULE_PARM_DESC(placed, "how many of the targets are probed");

static unsigned int pfc_nr_moved;
module_param_named(moved, pfc_nr_moved, uint, 0444);
MODULE_PARM_DESC(moved, "how many of them begin elsewhere: livepatch on arm64, built with paciasp");

static void pfc_on_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
}
NOKPROBE_SYMBOL(pfc_on_post);

static int pfc_kprobe_place(struct pfc_target *target)
{
	target->kp.symbol_name = target->symbol;
	target->kp.offset = target->offset;
	target->kp.pre_handler = pfc_on_kprobe;
	return register_kprobe(&target->kp);
}

/* A handler behind the instruction keeps x86 from making the probe a jump. */
static int pfc_post_place(struct pfc_target *target)
{
	target->kp.post_handler = pfc_on_post;
	return pfc_kprobe_place(target);
}

static void pfc_kprobe_remove(struct pfc_target *target)
{
	unregister_kprobe(&target->kp);
}

static int pfc_kretprobe_place(struct pfc_target *target)
{
	target->rp.kp.symbol_name = target->symbol;
	target->rp.kp.offset = target->offset;
	target->rp.handler = pfc_on_return;
	target->rp.maxactive = 512;
	return register_kretprobe(&target->rp);
}

static void pfc_kretprobe_remove(struct pfc_target *target)
{
	unregister_kretprobe(&target->rp);
}

/* What fails, of what the task that wrote it does from then on; 0: nothing. */
static unsigned int pfc_refuse;
static struct task_struct *pfc_refused;

static int pfc_refuse_set(const char *text, const struct kernel_param *param)
{
	WRITE_ONCE(pfc_refused, current);
	return param_set_uint(text, param);
}

static const struct kernel_param_ops pfc_refuse_ops = {
	.set = pfc_refuse_set,
	.get = param_get_uint,
};
module_param_cb(refuse, &pfc_refuse_ops, &pfc_refuse, 0644);
MODULE_PARM_DESC(refuse, "refuse, allocs: which call of the targets fails, or which allocation in them; 0: none");

static bool pfc_refuses(void)
{
	return current == READ_ONCE(pfc_refused) && pfc_refuse;
}
NOKPROBE_SYMBOL(pfc_refuses);

#ifdef CONFIG_ARM64

/* As CONFIG_FAIL_FUNCTION does, for functions that it does not allow. */
static int pfc_on_refuse(struct kprobe *kp, struct pt_regs *regs)
{
	if (!pfc_refuses() || --pfc_refuse)
		return 0;
	this_cpu_inc(pfc_hits);
	regs_set_return_value(regs, -EBUSY);
	instruction_pointer_set(regs, procedure_link_pointer(regs));
	return 1;
}
NOKPROBE_SYMBOL(pfc_on_refuse);

static int pfc_refuse_place(struct pfc_target *target)
{
	target->kp.symbol_name = target->symbol;
	target->kp.pre_handler = pfc_on_refuse;
	return register_kprobe(&target->kp);
}

#endif

#ifdef CONFIG_FAULT_INJECTION

/* As /proc/self/fail-nth, but for what the targets do and nothing else. */
static int pfc_on_allocs(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	if (!pfc_refuses())
		return 1;
	current->fail_nth = pfc_refuse;
	return 0;
}
NOKPROBE_SYMBOL(pfc_on_allocs);

static int pfc_on_allocs_end(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	pfc_refuse = current->fail_nth;
	current->fail_nth = 0;
	return pfc_on_return(ri, regs);
}
NOKPROBE_SYMBOL(pfc_on_allocs_end);

static int pfc_allocs_place(struct pfc_target *target)
{
	target->rp.kp.symbol_name = target->symbol;
	target->rp.entry_handler = pfc_on_allocs;
	target->rp.handler = pfc_on_allocs_end;
	target->rp.maxactive = 64;
	return register_kretprobe(&target->rp);
}

#endif

#ifdef CONFIG_FUNCTION_TRACER

static int pfc_ftrace_place(struct pfc_target *target)
{
	int err;

	target->ops.func = pfc_on_ftrace;
	err = ftrace_set_filter(&target->ops, target->symbol, strlen(target->symbol), 1);
	return err ?: register_ftrace_function(&target->ops);
}

static int pfc_regs_place(struct pfc_target *target)
{
	target->ops.flags |= FTRACE_OPS_FL_SAVE_REGS_IF_SUPPORTED;
	return pfc_ftrace_place(target);
}

static void pfc_ftrace_remove(struct pfc_target *target)
{
	unregister_ftrace_function(&target->ops);
	ftrace_set_filter(&target->ops, NULL, 0, 1);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define pfc_go_on_at(regs, at)	instruction_pointer_set(regs, at)
#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define pfc_go_on_at(regs, at)	instruction_pointer_set(ftrace_get_regs(regs), at)
#else
#define pfc_go_on_at(regs, at)	ftrace_regs_set_instruction_pointer(regs, at)
#endif

/*
 * As livepatches do. On arm64 the function then really begins elsewhere, behind its first
 * instruction, where that is one that this CPU takes for a nop: paciasp (but where clang first
 * saves x30 on the shadow call stack).
 */
static void notrace pfc_on_livepatch(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops, pfc_ftrace_regs *regs)
{
	unsigned long to = READ_ONCE(container_of(ops, struct pfc_target, ops)->to);

	this_cpu_inc(pfc_hits);
	if (to)
		pfc_go_on_at(regs, to);
}

#ifdef CONFIG_ARM64
/* bl, which is ftrace's, and paciasp. */
static bool pfc_is_nop_behind_call(unsigned long at)
{
	const u32 *insn = (const u32 *)at;

	return (insn[0] & 0xfc000000) == 0x94000000 && insn[1] == 0xd503233f &&
	       !system_supports_address_auth();
}
#else
static bool pfc_is_nop_behind_call(unsigned long at)
{
	return false;
}
#endif

static int pfc_livepatch_place(struct pfc_target *target)
{
	unsigned long start, at;
	int err;

	/* Looks the address up. */
	err = pfc_kprobe_place(target);
	if (err)
		return err;
	start = (unsigned long)target->kp.addr;
	unregister_kprobe(&target->kp);
	target->ops.func = pfc_on_livepatch;
	target->ops.flags = FTRACE_OPS_FL_IPMODIFY;
#ifndef CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS
	target->ops.flags |= FTRACE_OPS_FL_SAVE_REGS;
#endif
	target->ip = start;
	while ((err = ftrace_set_filter_ip(&target->ops, target->ip, 0, 0)) &&
	       target->ip < start + 12)
		target->ip += 4;
	err = err ?: register_ftrace_function(&target->ops);
	for (at = start; !err && at <= start + 12; at += 4)
		if (pfc_is_nop_behind_call(at))
			WRITE_ONCE(target->to, at + 8);
	if (!err && target->to)
		pfc_nr_moved++;
	return err;
}

static void pfc_livepatch_remove(struct pfc_target *target)
{
	unregister_ftrace_function(&target->ops);
	ftrace_set_filter_ip(&target->ops, target->ip, 1, 0);
}

#endif

/* fprobes of 5.18 to 6.11 have other handlers; no kernel under test has those. */
#if defined(CONFIG_FPROBE) && LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 14, 0)
typedef struct ftrace_regs pfc_fprobe_regs;
#else
typedef struct pt_regs pfc_fprobe_regs;
#endif

static int notrace pfc_on_fprobe(struct fprobe *fp, unsigned long ip, unsigned long caller,
				 pfc_fprobe_regs *regs, void *data)
{
	this_cpu_inc(pfc_hits);
	return 0;
}

static void notrace pfc_on_fprobe_exit(struct fprobe *fp, unsigned long ip,
				       unsigned long caller, pfc_fprobe_regs *regs, void *data)
{
}

static int pfc_fprobe_place(struct pfc_target *target)
{
	target->fp.entry_handler = pfc_on_fprobe;
	target->fp.exit_handler = pfc_on_fprobe_exit;
	return register_fprobe(&target->fp, target->symbol, NULL);
}

static void pfc_fprobe_remove(struct pfc_target *target)
{
	unregister_fprobe(&target->fp);
}

#else

static int pfc_fprobe_place(struct pfc_target *target)
{
	return -EOPNOTSUPP;
}

static void pfc_fprobe_remove(struct pfc_target *target)
{
}

#endif

static const struct pfc_neighbour {
	const char *kind;
	int (*place)(struct pfc_target *target);
	void (*remove)(struct pfc_target *target);
} pfc_neighbours[] = {
	{ "kprobe",	pfc_kprobe_place,	pfc_kprobe_remove },
	{ "post",	pfc_post_place,		pfc_kprobe_remove },
	{ "kretprobe",	pfc_kretprobe_place,	pfc_kretprobe_remove },
	{ "fprobe",	pfc_fprobe_place,	pfc_fprobe_remove },
#ifdef CONFIG_ARM64
	{ "refuse",	pfc_refuse_place,	pfc_kprobe_remove },
#endif
#ifdef CONFIG_FAULT_INJECTION
	{ "allocs",	pfc_allocs_place,	pfc_kretprobe_remove },
#endif
#ifdef CONFIG_FUNCTION_TRACER
	{ "ftrace",	pfc_ftrace_place,	pfc_ftrace_remove },
	{ "regs",	pfc_regs_place,		pfc_ftrace_remove },
	{ "livepatch",	pfc_livepatch_place,	pfc_livepatch_remove },
#endif
};

static const struct pfc_neighbour *pfc_neighbour;
static char *pfc_names;

static int __init pfc_neighbour_init(void)
{
	struct pfc_target *target;
	char *rest, *name, *offset;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(pfc_neighbours); i++)
		if (!strcmp(pfc_kind, pfc_neighbours[i].kind))
			pfc_neighbour = &pfc_neighbours[i];
	if (!pfc_neighbour) {
		pr_err("kind=%s is not known, or this kernel has none\n", pfc_kind);
		return -EINVAL;
	}
	pfc_names = kstrdup(pfc_targets, GFP_KERNEL);
	pfc_target = kcalloc(PFC_MAX_TARGETS, sizeof(*pfc_target), GFP_KERNEL);
	err = -ENOMEM;
	if (!pfc_names || !pfc_target)
		goto err_free;
	err = -EINVAL;
	rest = pfc_names;
	while ((name = strsep(&rest, ",")) && pfc_nr_targets < PFC_MAX_TARGETS) {
		if (!*name)
			continue;
		target = &pfc_target[pfc_nr_targets];
		memset(target, 0, sizeof(*target));
		target->symbol = strsep(&name, "+");
		offset = name;
		if (offset && kstrtouint(offset, 16, &target->offset)) {
			pr_err("%s+%s is no target\n", target->symbol, offset);
			err = -EINVAL;
			goto err_remove;
		}
		err = pfc_neighbour->place(target);
		if (err)
			pr_info("%s refused at %s+0x%x (%d)\n", pfc_kind, target->symbol,
				target->offset, err);
		else
			pfc_nr_targets++;
	}
	if (pfc_nr_targets)
		return 0;

err_remove:
	while (pfc_nr_targets)
		pfc_neighbour->remove(&pfc_target[--pfc_nr_targets]);
err_free:
	kfree(pfc_target);
	kfree(pfc_names);
	return err;
}

static void __exit pfc_neighbour_exit(void)
{
	while (pfc_nr_targets)
		pfc_neighbour->remove(&pfc_target[--pfc_nr_targets]);
	kfree(pfc_target);
	kfree(pfc_names);
}

module_init(pfc_neighbour_init);
module_exit(pfc_neighbour_exit);

MODULE_DESCRIPTION("Somebody else's probes on the fault path, for the tests");
MODULE_AUTHOR("The pfclass developers");
MODULE_LICENSE("GPL");
