// SPDX-License-Identifier: GPL-2.0
/*
 * The outline of a fault handler, for tests of "pfclass locate": compiled with
 * its inner functions inlined or not, its DWARF and code resemble those of a
 * kernel. It is never run.
 *
 *   -DINNER=...   attributes of the functions that may be inlined
 *   -DLOOP        a body that is executed several times in a fault
 *   -DBOTH        a body that another class follows
 *   -DCOLD        a part of handle_mm_fault() that the compiler puts elsewhere
 *   -DOTHER       one more part of the dispatcher, which calls ptep_set_access_flags()
 *   -DTWICE       a call that is made several times in a fault
 *   -DTABLE       a jump through a table
 *   -DFIRST=ASM   what do_anonymous_page() begins with
 *   -DWAY=ASM     what handle_pte_fault() begins with; below are names for both, as the kernel
 *                 has such code. PAST leads into do_anonymous_page(), behind its entry.
 *   -DALT=N       the size of struct alt_instr, 12 to 14 (x86 had all of them), or 0: the
 *                 debugging information has none
 */

#define PAST	"anon_past"

#ifdef __x86_64__
#define NOP	".byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n"
#define JUMP	"jmp "
#else
#define NOP	"nop\n"
#define JUMP	"b "
#endif

/* A jump label: CODE is what is there now. */
#define JUMP_LABEL(code)						\
	"1:	" code "\n"						\
	".pushsection __jump_table, \"a\"\n"				\
	"__start___jump_table:\n"					\
	"	.long 1b - .\n"						\
	"	.long " PAST " - .\n"					\
	"	.quad 0\n"						\
	"__stop___jump_table:\n"					\
	".popsection\n"

/* On x86_64 they have two bytes and one. */
#define SHORT_JUMP	JUMP "9f\n9:"
#define SHORT_NOP	"nop\n"

#ifndef ALT
#define ALT	12
#endif
#if ALT == 14
#define ALT_FLAGS	"	.long 0\n"
#else
#define ALT_FLAGS	"	.short 0\n"
#endif
#if ALT == 13
#define ALT_PADDING	"	.byte 0\n"
#else
#define ALT_PADDING	""
#endif
#define ALT_ENTRY(len)							\
	"	.long 1b - .\n"						\
	"	.long 3b - .\n"						\
	ALT_FLAGS							\
	"	.byte 2b - 1b, " len "\n"				\
	ALT_PADDING

/* Two alternatives of CODE: nothing, and NEW, which BEHIND follows without being a part of it. */
#define ALTERNATIVE_BEFORE(code, new, behind)				\
	"1:	" code "\n2:\n"						\
	".pushsection .altinstr_replacement, \"ax\"\n"			\
	"3:	" new "\n4:	" behind "\n"				\
	".popsection\n"							\
	".pushsection .altinstructions, \"a\"\n"			\
	"__alt_instructions:\n"						\
	ALT_ENTRY("0")							\
	ALT_ENTRY("4b - 3b")						\
	"__alt_instructions_end:\n"					\
	".popsection\n"

#define ALTERNATIVE(code, new)	ALTERNATIVE_BEFORE(code, new, "")
#define PATCHED		ALTERNATIVE(NOP, JUMP PAST) "" JUMP_LABEL(NOP)

/* Code in no function, and in the function's cold part. */
#define OUTSIDE								\
	JUMP "1f\n2:\n"							\
	".pushsection .altinstr_aux, \"ax\"\n"				\
	"1:	" NOP JUMP PAST "\n"					\
	".popsection\n"
#define COLD_PART							\
	JUMP "handle_mm_fault.cold\n"					\
	".pushsection .text.unlikely, \"ax\"\n"			\
	".type handle_mm_fault.cold, %function\n"			\
	"handle_mm_fault.cold: " NOP JUMP PAST "\n"			\
	".size handle_mm_fault.cold, . - handle_mm_fault.cold\n"	\
	".popsection\n"

/* Where control goes on, and where it does not. */
#define WARNING		"ud2\n" JUMP PAST
#define BREAKPOINT	"int3\n" JUMP PAST
#define RETURN_THUNK	"jmp __x86_return_thunk\n" JUMP PAST
#define CALL_THUNK	"call __x86_indirect_thunk_rax\n" JUMP PAST
#define JUMP_THUNK	"jmp __x86_indirect_thunk_rax"
#define STATIC_CALL	"call __SCT__might_resched"
#define TO_OVERLAP	"jmp 1f + 1\n1: " NOP
#define INVALID		".byte 0x06"
#define LENGTHLESS	".byte 0x0f, 0xb9, 0xc0"

/* Thunks are known by their names: how one returns does not matter. */
#ifdef __x86_64__
__asm__(".text\n"
	"__x86_return_thunk: jmp *%rax\n"
	"__x86_indirect_thunk_rax: ret\n"
	"__SCT__might_resched: ret\n");
#endif

#ifndef INNER
#define INNER	inline __attribute__((always_inline))
#endif

#define OUTER	__attribute__((noinline, noclone, noipa))

struct vm_fault {
	volatile long flags;
	volatile long entry;
	volatile long file;
};

OUTER long vm_normal_page(struct vm_fault *vmf);
OUTER long ptep_set_access_flags(struct vm_fault *vmf);
OUTER long do_swap_page(struct vm_fault *vmf);
OUTER long do_wp_page(struct vm_fault *vmf);
OUTER long do_fault(struct vm_fault *vmf);
OUTER long alloc_page(struct vm_fault *vmf);
OUTER long handle_mm_fault(struct vm_fault *vmf);

long vm_normal_page(struct vm_fault *vmf) { return vmf->entry; }
long ptep_set_access_flags(struct vm_fault *vmf) { return vmf->entry | 1; }
long do_swap_page(struct vm_fault *vmf) { return vmf->entry + 2; }
long do_wp_page(struct vm_fault *vmf) { return vmf->entry + 3; }
long do_fault(struct vm_fault *vmf) { return vmf->file + 4; }
long alloc_page(struct vm_fault *vmf) { return vmf->file + 5; }

#ifdef COLD
OUTER __attribute__((cold)) long do_report(struct vm_fault *vmf);
long do_report(struct vm_fault *vmf) { return vmf->entry + 7; }
#endif

#ifdef OTHER
OUTER long do_other(struct vm_fault *vmf);
long do_other(struct vm_fault *vmf) { return ptep_set_access_flags(vmf) + 6; }
#endif

#if ALT
struct alt_instr {
	int instr_offset;
	int repl_offset;
#if ALT == 14
	unsigned int ft_flags;
#else
	unsigned short cpuid;
#endif
	unsigned char instrlen;
	unsigned char replacementlen;
#if ALT == 13
	unsigned char padlen;
#endif
} __attribute__((packed));

OUTER int apply_alternatives(struct alt_instr *a);
int apply_alternatives(struct alt_instr *a) { return a->instrlen + a->replacementlen; }
#endif

/* By which a kernel is known to have CONFIG_NUMA_BALANCING. */
long sched_numa_balancing = 1;

static INNER long do_anonymous_page(struct vm_fault *vmf)
{
#ifdef FIRST
	__asm__ volatile(FIRST);
#endif
	if (vmf->flags & 8)
		return 2;
#if defined(FIRST) || defined(WAY)
	__asm__ volatile(PAST ":");
#endif
	if (!(vmf->flags & 1)) {
		vmf->entry = 4096;
		return 0;
	}
	vmf->entry = alloc_page(vmf);
	return 0;
}

static INNER long do_numa_page(struct vm_fault *vmf)
{
	if (vmf->entry != vmf->file)
		return 0;
	vmf->entry = 7;
#ifdef TWICE
	while (vmf->flags & 64)
		vm_normal_page(vmf);
#endif
	return vm_normal_page(vmf) ? 4 : 0;
}

static INNER long handle_pte_fault(struct vm_fault *vmf)
{
#ifdef WAY
	if (vmf->flags & 64)
		__asm__ volatile(WAY);
#endif
	if (!vmf->entry) {
		if (vmf->file)
			return do_fault(vmf);
#ifdef LOOP
		for (long i = vmf->flags >> 8; i > 0; i--)
			do_anonymous_page(vmf);
		return 0;
#elif defined(BOTH)
		return do_anonymous_page(vmf) + do_fault(vmf);
#else
		return do_anonymous_page(vmf);
#endif
	}
	if (vmf->entry & 2)
		return do_swap_page(vmf);
	if (vmf->entry & 4)
		return do_numa_page(vmf);
	if (vmf->flags & 1 && vmf->entry & 8)
		return do_wp_page(vmf);
#ifdef OTHER
	if (vmf->entry & 16)
		return do_other(vmf);
#endif
	ptep_set_access_flags(vmf);
	return 0;
}

static INNER long __handle_mm_fault(struct vm_fault *vmf)
{
	return handle_pte_fault(vmf);
}

/**
 * handle_mm_fault() - the outermost function of the dispatcher
 * @vmf: the fault
 *
 * Return: nothing that matters.
 */
long handle_mm_fault(struct vm_fault *vmf)
{
	long ret;

#ifdef TABLE
	static const void *const table[] = { &&start, &&end, &&again };

	goto *table[vmf->flags >> 4 & 1];
again:
	vmf->flags = 0;
start:
#endif
	ret = __handle_mm_fault(vmf);
#ifdef TABLE
	if (ret == 5)
		goto again;
end:
#endif
#ifdef COLD
	if (vmf->flags & 32)
		vmf->entry = do_report(vmf);
#endif
	vmf->flags = ret;
	return ret;
}
