/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What pfclass must know of arm64: where calls go, where functions return, who
 * called, and how a probe looks in the text. Checked on 5.10, 6.1, 6.12, 7.2.
 */
#ifndef PFC_ARCH_H
#define PFC_ARCH_H

#include <linux/bitops.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <asm/brk-imm.h>
#include <asm/esr.h>

/* Distance between places where an instruction may begin, in bytes. */
#define PFC_ARCH_INSN_STEP	4

/* How far behind a function's address a kprobe on its entry may stand (endbr). */
#define PFC_ARCH_ENTRY	0

/**
 * struct pfc_insn - an instruction
 * @word: as it stands in the text
 */
struct pfc_insn {
	u32 word;
};

/**
 * pfc_arch_read() - read an instruction as it stands in the text
 * @at: kernel text address
 * @insn: filled in
 *
 * Context: any.
 * Return: true if there is one.
 */
static inline bool pfc_arch_read(unsigned long at, struct pfc_insn *insn)
{
	__le32 raw;

	if (copy_from_kernel_nofault(&raw, (void *)at, sizeof(raw)))
		return false;
	insn->word = le32_to_cpu(raw);
	return true;
}

/* Whether it may be somebody's kprobe instead of what the compiler made. */
static inline bool pfc_arch_is_breakpoint(const struct pfc_insn *insn)
{
	return insn->word == (0xd4200000 | (KPROBES_BRK_IMM << 5));
}

/* Put back what a kprobe replaced. */
static inline void pfc_arch_restore(struct pfc_insn *insn, kprobe_opcode_t opcode)
{
	insn->word = opcode;
}

/**
 * pfc_arch_target() - where an instruction branches to
 * @insn: the instruction
 * @at: its address
 * @target: set when the answer is yes
 *
 * A tail call is a plain branch; the caller tells it from a branch inside the
 * function by the target.
 *
 * Context: any.
 * Return: true if it is `bl` or `b`.
 */
static inline bool pfc_arch_target(const struct pfc_insn *insn, unsigned long at,
				   unsigned long *target)
{
	if ((insn->word & 0x7c000000) != 0x14000000)
		return false;
	*target = at + sign_extend64((u64)(insn->word & 0x03ffffff) << 2, 27);
	return true;
}

/**
 * pfc_arch_is_conditional() - whether a branch may go on instead
 * @insn: an instruction of which pfc_arch_target() is true
 *
 * A conditional branch does not reach far enough to be a tail call here.
 *
 * Context: any.
 * Return: true if a probe on it would also see when nothing is called.
 */
static inline bool pfc_arch_is_conditional(const struct pfc_insn *insn)
{
	return false;
}

/**
 * pfc_arch_return_of() - where a call returns to
 * @insn: an instruction of which pfc_arch_target() is true
 * @at: its address
 *
 * Context: any.
 * Return: the address, or 0: it is a tail call and does not return there.
 */
static inline unsigned long pfc_arch_return_of(const struct pfc_insn *insn, unsigned long at)
{
	return insn->word >> 31 ? at + 4 : 0;
}

/**
 * pfc_arch_is_return() - whether an instruction returns
 * @insn: the instruction
 *
 * arm64 kernels have frame pointers, hence no tail calls: handle_mm_fault()
 * leaves through its ret (retaa, retab) instructions and nowhere else.
 *
 * Context: any.
 * Return: true if it does; always false where that cannot be relied upon.
 */
static inline bool pfc_arch_is_return(const struct pfc_insn *insn)
{
	return insn->word == 0xd65f03c0 || insn->word == 0xd65f0bff || insn->word == 0xd65f0fff;
}

/**
 * pfc_arch_keeps_args() - whether arguments stay where they are
 * @insn: an instruction that calls nothing
 * @nr: how many arguments, from the first one on
 *
 * What is not known to be harmless is not.
 *
 * Context: any.
 * Return: true if it leaves their registers alone, or only clears bits of one.
 */
static inline bool pfc_arch_keeps_args(const struct pfc_insn *insn, unsigned int nr)
{
	unsigned int to = insn->word & 0x1f, base = insn->word >> 5 & 0x1f;

	/* Branches, hints: they write no register. */
	if ((insn->word & 0x1c000000) == 0x14000000)
		return true;
	/* and Xn, Xn, #mask */
	if ((insn->word & 0xff800000) == 0x92000000 && to == base)
		return true;
	/* Loads and stores: only ldr and str at an offset, ldp and stp on the stack. */
	if ((insn->word & 0x0a000000) == 0x08000000 && (insn->word & 0x3b000000) != 0x39000000)
		return (insn->word & 0x3c000000) == 0x28000000 && base == 31 && to >= nr &&
		       (insn->word >> 10 & 0x1f) >= nr;
	return to >= nr;
}

/* At a function's first instruction: whom it will return to (before paciasp). */
static __always_inline unsigned long pfc_arch_caller(struct pt_regs *regs)
{
	return regs->regs[30];
}

static __always_inline unsigned long pfc_arch_arg(struct pt_regs *regs, int n)
{
	return regs->regs[n];
}

static __always_inline unsigned long pfc_arch_result(struct pt_regs *regs)
{
	return regs->regs[0];
}

/* How the instructions that pfclass probes, and that need no more than registers, are emulated. */
#define PFC_ARCH_SKIP	BIT(0)	/* nop, bti c: what the compiler leaves for ftrace */
#define PFC_ARCH_SAVE	BIT(1)	/* mov x9, x30: what ftrace makes of that (5.10, 6.1) */
#define PFC_ARCH_CALL	BIT(2)	/* bl */
#define PFC_ARCH_RETURN	BIT(3)	/* ret */

/* What entries of functions and their ends begin and end with on most kernels. */
#define PFC_ARCH_ENTRY_EMULATION	PFC_ARCH_SKIP
#define PFC_ARCH_EXIT_EMULATION		PFC_ARCH_RETURN

/**
 * pfc_arch_emulation() - how to execute an instruction
 * @opcode: the instruction that a kprobe replaced
 *
 * Stepping over it would take a second exception (or, for branches, the kernel's own
 * simulation).
 *
 * Context: any.
 * Return: for pfc_arch_emulate(); 0: the kernel must do it.
 */
static inline unsigned int pfc_arch_emulation(u32 opcode)
{
	switch (opcode) {
	case 0xd503201f:
	case 0xd503245f:
		return PFC_ARCH_SKIP;
	case 0xaa1e03e9:
		return PFC_ARCH_SKIP | PFC_ARCH_SAVE;
	case 0xd65f03c0:
		return PFC_ARCH_RETURN;
	default:
		return (opcode & 0xfc000000) == 0x94000000 ? PFC_ARCH_CALL : 0;
	}
}

/**
 * pfc_arch_emulate() - execute the instruction that a kprobe replaced
 * @how: from pfc_arch_emulation()
 * @opcode: the instruction
 * @regs: the registers of the hit
 *
 * Context: probe handlers.
 * Return: 1 if it was executed, 0 if the kernel must do it.
 */
static __always_inline int pfc_arch_emulate(unsigned int how, u32 opcode, struct pt_regs *regs)
{
	if (likely(how & PFC_ARCH_SKIP)) {
		if (unlikely(how & PFC_ARCH_SAVE))
			regs->regs[9] = regs->regs[30];
		regs->pc += 4;
	} else if (likely(how & PFC_ARCH_RETURN)) {
		regs->pc = regs->regs[30];
	} else if (how & PFC_ARCH_CALL) {
		regs->regs[30] = regs->pc + 4;
		regs->pc += sign_extend64((u64)(opcode & 0x03ffffff) << 2, 27);
	} else {
		return 0;
	}
	if (IS_ENABLED(CONFIG_ARM64_BTI_KERNEL))
		regs->pstate &= ~PSR_BTYPE_MASK;
	return 1;
}

/*
 * Where ftrace's own instruction may stand in a function: behind the one that saves
 * x30, and bti c. A callback gets its address.
 */
#define PFC_ARCH_FTRACE_OFFSETS { 4, 8, 12 }

/* Whether ftrace makes code for each ops. */
#define PFC_ARCH_FTRACE_TRAMPOLINES	0

/* Whether ftrace calls somebody at @ip: there is a bl and not a nop. */
static inline bool pfc_arch_traced(unsigned long ip)
{
	unsigned long target;
	struct pfc_insn insn;

	return pfc_arch_read(ip, &insn) && pfc_arch_target(&insn, ip, &target);
}

/**
 * pfc_arch_behind_ftrace() - where a traced function goes on
 * @start: its first instruction
 *
 * Context: any.
 * Return: the instruction behind the one that calls ftrace, or 0: nobody traces it.
 */
static inline unsigned long pfc_arch_behind_ftrace(unsigned long start)
{
	static const u8 offsets[] = PFC_ARCH_FTRACE_OFFSETS;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		if (pfc_arch_traced(start + offsets[i]))
			return start + offsets[i] + 4;
	return 0;
}

/*
 * What the exception's table leads to and where an access may be refused before
 * handle_mm_fault(), the caller of the others first; and what sends the signal.
 * do_page_fault() and similar functions cannot be probed; what they call can.
 */
#define PFC_ARCH_REFUSERS { "do_translation_fault", "do_page_fault", "do_bad_area" }
#define PFC_ARCH_REFUSALS {						\
	{ .name = "arm64_force_sig_fault", .address = 2 },		\
	{ .name = "arm64_force_sig_fault_pkey", .address = 0 },	\
}

/**
 * pfc_arch_refused_flags() - what the access was that current is to get a signal for
 *
 * The three that refuse have noted the exception's syndrome (set_thread_esr()) by the
 * time they send the signal, for user mode only. All others who send a SIGSEGV
 * note another one, or 0 (arm64_notify_die(), 5.10 to 7.2).
 *
 * Context: probe handlers.
 * Return: FAULT_FLAG_*, as handle_mm_fault() would have been given them, with
 * FAULT_FLAG_USER; or 0 if it is for no access.
 */
static __always_inline unsigned int pfc_arch_refused_flags(void)
{
	unsigned long esr = current->thread.fault_code;

	if (ESR_ELx_EC(esr) == ESR_ELx_EC_IABT_LOW)
		return FAULT_FLAG_USER | FAULT_FLAG_INSTRUCTION;
	if (ESR_ELx_EC(esr) != ESR_ELx_EC_DABT_LOW)
		return 0;
	if ((esr & ESR_ELx_WNR) && !(esr & ESR_ELx_CM))
		return FAULT_FLAG_USER | FAULT_FLAG_WRITE;
	return FAULT_FLAG_USER;
}

/*
 * One entry of a contiguous block as ptep_set_access_flags() means it: that
 * is given an entry without the contiguous bit (pte_mknoncont()).
 */
static __always_inline pte_t pfc_arch_pte(pte_t pte)
{
	return __pte(pte_val(pte) & ~PTE_CONT);
}

/*
 * Whether an entry that ptep_set_access_flags() is to write is a PTE, and not a PMD that is
 * passed as one (pmdp_set_access_flags()): descriptors of pages have both bits, those of
 * blocks only the first. Contiguous entries of hugetlb are PTEs in this sense, too.
 */
static __always_inline bool pfc_arch_is_pte(unsigned long entry)
{
	return (entry & 3) == 3;
}

/**
 * pfc_arch_probe_alive() - whether an armed kprobe is in the text
 * @kp: a kprobe that is registered and enabled
 *
 * Context: any.
 * Return: false if the kernel took it out (debugfs kprobes/enabled = 0).
 */
static inline bool pfc_arch_probe_alive(const struct kprobe *kp)
{
	struct pfc_insn insn;

	return pfc_arch_read((unsigned long)kp->addr, &insn) && insn.word != kp->opcode;
}

#endif /* PFC_ARCH_H */
