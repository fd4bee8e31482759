/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pfclass must know of x86_64; see arch/arm64/pfc_arch.h for what each
 * piece is for.
 */
#ifndef PFC_ARCH_H
#define PFC_ARCH_H

#include <linux/kprobes.h>
#include <linux/pgtable.h>
#include <linux/ptrace.h>
#include <linux/uaccess.h>

#ifndef CONFIG_X86_64
#error "pfclass: 32-bit x86 is not supported"
#endif

/* Instructions have no alignment: what looks like a call is one if its target is. */
#define PFC_ARCH_INSN_STEP	1

/* `call rel32` or `jmp rel32` (a tail call). */
static inline bool pfc_arch_call_target(unsigned long at, unsigned long *target)
{
	u8 op;
	s32 rel;

	if (copy_from_kernel_nofault(&op, (void *)at, 1) || (op != 0xe8 && op != 0xe9) ||
	    copy_from_kernel_nofault(&rel, (void *)at + 1, 4))
		return false;
	*target = at + 5 + rel;
	return true;
}

/* A tail call returns elsewhere. */
static inline unsigned long pfc_arch_call_return(unsigned long at)
{
	u8 op;

	return !copy_from_kernel_nofault(&op, (void *)at, 1) && op == 0xe8 ? at + 5 : 0;
}

/* int3 is also padding and may stand inside an operand: not to be known. */
static inline bool pfc_arch_hides_call(unsigned long at)
{
	return false;
}

/* ret may be a jump to __x86_return_thunk, and one byte is no evidence. */
static inline bool pfc_arch_is_return(unsigned long at)
{
	return false;
}

static __always_inline unsigned long pfc_arch_caller(struct pt_regs *regs)
{
	return *(unsigned long *)kernel_stack_pointer(regs);
}

static __always_inline unsigned long pfc_arch_arg(struct pt_regs *regs, int n)
{
	return regs_get_kernel_argument(regs, n);
}

static __always_inline unsigned long pfc_arch_result(struct pt_regs *regs)
{
	return regs_return_value(regs);
}

/* The kernel makes most of these probes jumps, which is better. */
static inline unsigned int pfc_arch_emulation(kprobe_opcode_t opcode)
{
	return 0;
}

static __always_inline int pfc_arch_emulate(unsigned int how, kprobe_opcode_t opcode,
					    struct pt_regs *regs)
{
	return 0;
}

/* ftrace takes the function's address for its own instruction, behind endbr or not. */
#define PFC_ARCH_FTRACE_OFFSETS { 0 }

static inline bool pfc_arch_traced(unsigned long ip)
{
	unsigned long target;

	return pfc_arch_call_target(ip, &target) || pfc_arch_call_target(ip + 4, &target);
}

/*
 * What refuses an access is inlined in do_user_addr_fault(), or ends in jumps, whose
 * caller is not known.
 */
#define PFC_ARCH_REFUSERS { }
#define PFC_ARCH_REFUSALS { }

static __always_inline unsigned int pfc_arch_refused_flags(void)
{
	return 0;
}

static __always_inline pte_t pfc_arch_pte(pte_t pte)
{
	return pte;
}

static inline bool pfc_arch_probe_alive(const struct kprobe *kp)
{
	u8 op;

	/* Where the kprobe stands on ftrace or is a jump, there is no int3. */
	if (copy_from_kernel_nofault(&op, kp->addr, 1))
		return false;
	return kprobe_ftrace((struct kprobe *)kp) || op != kp->opcode;
}

#endif /* PFC_ARCH_H */
