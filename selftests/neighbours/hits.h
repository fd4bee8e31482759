/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probe handlers that add one to a per-CPU counter and do nothing else; the parameter "hits"
 * reads the sum. Included once, by a module that places such probes.
 */
#ifndef PFC_HITS_H
#define PFC_HITS_H

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/version.h>

static DEFINE_PER_CPU(u64, pfc_hits);

static int pfc_hits_get(char *buf, const struct kernel_param *param)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += per_cpu(pfc_hits, cpu);
	return scnprintf(buf, PAGE_SIZE, "%llu\n", sum);
}

static const struct kernel_param_ops pfc_hits_ops = { .get = pfc_hits_get };
module_param_cb(hits, &pfc_hits_ops, NULL, 0444);
MODULE_PARM_DESC(hits, "how often the probes fired");

static int pfc_on_kprobe(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(pfc_hits);
	return 0;
}
NOKPROBE_SYMBOL(pfc_on_kprobe);

static int pfc_on_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	this_cpu_inc(pfc_hits);
	return 0;
}
NOKPROBE_SYMBOL(pfc_on_return);

#ifdef CONFIG_FUNCTION_TRACER
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
typedef struct pt_regs pfc_ftrace_regs;
#else
typedef struct ftrace_regs pfc_ftrace_regs;
#endif

static void notrace pfc_on_ftrace(unsigned long ip, unsigned long parent_ip,
				  struct ftrace_ops *ops, pfc_ftrace_regs *regs)
{
	this_cpu_inc(pfc_hits);
}
#endif

#endif /* PFC_HITS_H */
