/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pfclass must know of x86_64; see arch/arm64/pfc_arch.h for what each
 * piece is for.
 */
#ifndef PFC_ARCH_H
#define PFC_ARCH_H

#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/trap_pf.h>
#include <asm/trapnr.h>

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
	s32 rel2;	/* what follows an opcode of two bytes */
};

static inline bool pfc_arch_read(unsigned long at, struct pfc_insn *insn)
{
	return !copy_from_kernel_nofault(&insn->op, (void *)at, 1) &&
	       !copy_from_kernel_nofault(&insn->rel, (void *)at + 1, 4) &&
	       !copy_from_kernel_nofault(&insn->rel2, (void *)at + 2, 4);
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

/* `jcc rel32`: a tail call, or none. */
static inline bool pfc_arch_is_conditional(const struct pfc_insn *insn)
{
	return insn->op == 0x0f && (insn->rel & 0xf0) == 0x80;
}

/* `call rel32`, or `jmp rel32` and `jcc rel32` (a tail call). */
static inline bool pfc_arch_target(const struct pfc_insn *insn, unsigned long at,
				   unsigned long *target)
{
	if (pfc_arch_is_conditional(insn)) {
		*target = at + 6 + insn->rel2;
		return true;
	}
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

/* Where an instruction begins is not known. */
static inline bool pfc_arch_keeps_args(const struct pfc_insn *insn, unsigned int nr)
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

#define PFC_ARCH_REFUSERS { "exc_page_fault", "do_user_addr_fault", "bad_area_nosemaphore",	\
	"__bad_area_nosemaphore", "bad_area", "__bad_area", "bad_area_access_error" }
#define PFC_ARCH_REFUSALS {					\
	{ .name = "force_sig_fault", .address = 2 },		\
	{ .name = "force_sig_pkuerr", .address = 0 },		\
}

/*
 * Whoever sends a SIGSEGV with a code and an address has noted his trap. Apart from page
 * faults it is theirs where the kernel emulates an access: UMIP, vsyscalls (5.10 to 7.2).
 */
static __always_inline unsigned int pfc_arch_refused_flags(void)
{
	unsigned long code = current->thread.error_code;

	if (current->thread.trap_nr != X86_TRAP_PF)
		return 0;
	if (code & X86_PF_INSTR)
		return FAULT_FLAG_USER | FAULT_FLAG_INSTRUCTION;
	return code & X86_PF_WRITE ? FAULT_FLAG_USER | FAULT_FLAG_WRITE : FAULT_FLAG_USER;
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
