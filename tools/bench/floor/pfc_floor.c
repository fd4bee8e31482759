// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: what a probe costs that does nothing but add one to a per-CPU
 * counter, by the kind of probe. Not part of pfclass; the benchmark loads it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "../../../selftests/neighbours/hits.h"

#define PFC_MAX_BRANCHES	8

static char *pfc_kind = "kprobe";
module_param_named(kind, pfc_kind, charp, 0444);
MODULE_PARM_DESC(kind, "kprobe, emulated, branch, kretprobe, ftrace, recursion or regs");

static char *pfc_symbol = "do_wp_page";
module_param_named(symbol, pfc_symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "the function to probe");

static struct kprobe pfc_kprobe[PFC_MAX_BRANCHES];
static unsigned int pfc_nr_kprobes;

static int pfc_register(kprobe_opcode_t *addr, kprobe_pre_handler_t handler)
{
	struct kprobe *kp = &pfc_kprobe[pfc_nr_kprobes];
	int err;

	if (addr)
		kp->addr = addr;
	else
		kp->symbol_name = pfc_symbol;
	kp->pre_handler = handler;
	err = register_kprobe(kp);
	if (!err)
		pfc_nr_kprobes++;
	return err;
}

static void pfc_unregister(void)
{
	while (pfc_nr_kprobes)
		unregister_kprobe(&pfc_kprobe[--pfc_nr_kprobes]);
}

static int pfc_kprobe_init(void)
{
	return pfc_register(NULL, pfc_on_kprobe);
}

#ifdef CONFIG_ARM64

#define PFC_RET		0xd65f03c0
#define PFC_MOV_X9_X30	0xaa1e03e9
#define PFC_NOP		0xd503201f

/* The patched entry's first instruction, done here instead of in a slot. */
static int pfc_on_emulated(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pfc_hits);
	regs->regs[9] = regs->regs[30];
	regs->pc += 4;
	return 1;
}
NOKPROBE_SYMBOL(pfc_on_emulated);

static int pfc_emulated_init(void)
{
	int err = pfc_register(NULL, pfc_on_emulated);

	if (err)
		return err;
	switch (pfc_kprobe[0].opcode) {
	case PFC_MOV_X9_X30:
	case PFC_NOP:
		return 0;
	}
	pr_err("%s() begins with %08x\n", pfc_symbol, pfc_kprobe[0].opcode);
	pfc_unregister();
	return -EINVAL;
}

/* Each return instruction: the kernel simulates it, it has no slot. */
static int pfc_branch_init(void)
{
	char name[KSYM_SYMBOL_LEN], *at;
	unsigned long offset, size;
	kprobe_opcode_t *insn, *end;
	int err;

	err = pfc_register(NULL, pfc_on_kprobe);
	if (err)
		return err;
	insn = pfc_kprobe[0].addr;
	pfc_unregister();
	memset(pfc_kprobe, 0, sizeof(pfc_kprobe));
	sprint_symbol(name, (unsigned long)insn);
	at = strchr(name, '+');
	if (!at || sscanf(at, "+%lx/%lx", &offset, &size) != 2)
		return -ENOENT;
	for (end = insn + size / 4; insn < end; insn++) {
		if (le32_to_cpu(*(__le32 *)insn) != PFC_RET)
			continue;
		if (pfc_nr_kprobes == PFC_MAX_BRANCHES)
			err = -E2BIG;
		else
			err = pfc_register(insn, pfc_on_kprobe);
		if (err)
			break;
	}
	if (!err && !pfc_nr_kprobes)
		err = -ENOENT;
	if (err)
		pfc_unregister();
	return err;
}

#else

static int pfc_emulated_init(void)
{
	return -EOPNOTSUPP;
}

static int pfc_branch_init(void)
{
	return -EOPNOTSUPP;
}

#endif

static struct kretprobe pfc_kretprobe = {
	.handler = pfc_on_return,
	.maxactive = 64,
};

static int pfc_kretprobe_init(void)
{
	pfc_kretprobe.kp.symbol_name = pfc_symbol;
	return register_kretprobe(&pfc_kretprobe);
}

static void pfc_kretprobe_exit(void)
{
	unregister_kretprobe(&pfc_kretprobe);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
/* The flag had the opposite meaning: the callback handles recursion itself. */
#define PFC_FTRACE_BARE		FTRACE_OPS_FL_RECURSION_SAFE
#define PFC_FTRACE_RECURSION	0
#else
#define PFC_FTRACE_BARE		0
#define PFC_FTRACE_RECURSION	FTRACE_OPS_FL_RECURSION
#endif

static struct ftrace_ops pfc_ops = { .func = pfc_on_ftrace };

static int pfc_ftrace_init(void)
{
	int err;

	pfc_ops.flags |= PFC_FTRACE_BARE;
	if (!strcmp(pfc_kind, "recursion"))
		pfc_ops.flags = PFC_FTRACE_RECURSION;
	if (!strcmp(pfc_kind, "regs"))
		pfc_ops.flags |= FTRACE_OPS_FL_SAVE_REGS;
	err = ftrace_set_filter(&pfc_ops, pfc_symbol, strlen(pfc_symbol), 1);
	return err ?: register_ftrace_function(&pfc_ops);
}

static void pfc_ftrace_exit(void)
{
	unregister_ftrace_function(&pfc_ops);
	/* ftrace_free_filter() is not exported before 6.1. */
	ftrace_set_filter(&pfc_ops, NULL, 0, 1);
}

static const struct pfc_floor {
	const char *kind;
	int (*init)(void);
	void (*exit)(void);
} pfc_floors[] = {
	{ "kprobe",	pfc_kprobe_init,	pfc_unregister },
	{ "emulated",	pfc_emulated_init,	pfc_unregister },
	{ "branch",	pfc_branch_init,	pfc_unregister },
	{ "kretprobe",	pfc_kretprobe_init,	pfc_kretprobe_exit },
	{ "ftrace",	pfc_ftrace_init,	pfc_ftrace_exit },
	{ "recursion",	pfc_ftrace_init,	pfc_ftrace_exit },
	{ "regs",	pfc_ftrace_init,	pfc_ftrace_exit },
};

static const struct pfc_floor *pfc_floor;

static int __init pfc_floor_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfc_floors); i++)
		if (!strcmp(pfc_kind, pfc_floors[i].kind))
			pfc_floor = &pfc_floors[i];
	if (!pfc_floor) {
		pr_err("kind=%s is not known\n", pfc_kind);
		return -EINVAL;
	}
	return pfc_floor->init();
}

static void __exit pfc_floor_exit(void)
{
	pfc_floor->exit();
}

module_init(pfc_floor_init);
module_exit(pfc_floor_exit);

MODULE_DESCRIPTION("The least that a probe costs, by kind of probe");
MODULE_AUTHOR("The pfclass developers");
MODULE_LICENSE("GPL");
