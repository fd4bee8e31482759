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

/* How far behind a function's address a kprobe on its entry may stand (endbr). */
#define PFC_ARCH_ENTRY	4

struct pfc_insn {
	u8 op;
	s32 rel;	/* what follows it */
};

static inline bool pfc_arch_read(unsigned long at, struct pfc_insn *insn)
{
	return !copy_from_kernel_nofault(&insn->op, (void *)at, 1) &&
	       !copy_from_kernel_nofault(&insn->rel, (void *)at + 1, 4);
}

/* int3 is also padding and may be part of an operand: register_kprobe() knows. */
static inline bool pfc_arch_is_breakpoint(const struct pfc_insn *insn)
{
	return insn->op == 0xcc;
}

/* A call is not made a jump, so what follows is what the compiler made. */
static inline void pfc_arch_restore(struct pfc_insn *insn, kprobe_opcode_t opcode)
{
	insn->op = opcode;
}

/* `call rel32` or `jmp rel32` (a tail call). */
static inline bool pfc_arch_target(const struct pfc_insn *insn, unsigned long at,
				   unsigned long *target)
{
	if (insn->op != 0xe8 && insn->op != 0xe9)
		return false;
	*target = at + 5 + insn->rel;
	return true;
}

/* A tail call does not return here. */
static inline unsigned long pfc_arch_return_of(const struct pfc_insn *insn, unsigned long at)
{
	return insn->op == 0xe8 ? at + 5 : 0;
}

/* ret may be a jump to __x86_return_thunk, and one byte is no evidence. */
static inline bool pfc_arch_is_return(const struct pfc_insn *insn)
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

#define PFC_ARCH_ENTRY_EMULATION	0
#define PFC_ARCH_EXIT_EMULATION		0

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
#define PFC_ARCH_FTRACE_TRAMPOLINES	1

static inline bool pfc_arch_traced(unsigned long ip)
{
	unsigned long target;
	struct pfc_insn insn;

	return (pfc_arch_read(ip, &insn) && pfc_arch_target(&insn, ip, &target)) ||
	       (pfc_arch_read(ip + 4, &insn) && pfc_arch_target(&insn, ip, &target));
}

static inline unsigned long pfc_arch_behind_ftrace(unsigned long start)
{
	unsigned long target;
	struct pfc_insn insn;

	if (!pfc_arch_read(start, &insn))
		return 0;
	/* endbr64 */
	if (insn.op == 0xf3 && (insn.rel & 0xffffff) == 0xfa1e0f) {
		start += 4;
		if (!pfc_arch_read(start, &insn))
			return 0;
	}
	return pfc_arch_target(&insn, start, &target) ? start + 5 : 0;
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

/* pmdp_set_access_flags() is a function of its own. */
static __always_inline bool pfc_arch_is_pte(unsigned long entry)
{
	return true;
}

static inline bool pfc_arch_probe_alive(const struct kprobe *kp)
{
	u8 op;

	/* Where it is on ftrace (dead with kernel.ftrace_enabled=0) or a jump, there is no int3. */
	if (kprobe_ftrace((struct kprobe *)kp))
		return pfc_arch_traced((unsigned long)kp->addr);
	return !copy_from_kernel_nofault(&op, kp->addr, 1) && op != kp->opcode;
}

#endif /* PFC_ARCH_H */
