/* SPDX-License-Identifier: GPL-2.0 */
/* The shim's part that arch/x86 needs. */
#ifndef PFC_SHIM_X86_H
#define PFC_SHIM_X86_H

#include "shim.h"

#define CONFIG_X86_64
#define X86_TRAP_PF		14
#define X86_PF_WRITE		(1 << 1)
#define X86_PF_INSTR		(1 << 4)

struct pt_regs {
	unsigned long ax, cx, dx, si, di, r8, r9, sp;
};

#define kernel_stack_pointer(regs)	((regs)->sp)
#define regs_return_value(regs)		((regs)->ax)

static inline unsigned long regs_get_kernel_argument(struct pt_regs *regs, unsigned int n)
{
	const unsigned long argument[] = {
		regs->di, regs->si, regs->dx, regs->cx, regs->r8, regs->r9,
	};

	return argument[n];
}

#endif /* PFC_SHIM_X86_H */
