// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions of x86_64, as they stand in handle_mm_fault() of Debian's kernel
 * 6.12.117+deb13, by the low half of their address.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <tests/suites.h>
#include "pfc_arch.h"

#define TEXT	0xffffffff00000000UL

static const struct pfc_insn_row {
	const char *name;
	u8 bytes[6];
	unsigned long at;
	unsigned long target;		/* 0: it branches nowhere */
	unsigned long returns_to;	/* 0: it is no call */
} pfc_insns[] = {
	{ "endbr64", { 0xf3, 0x0f, 0x1e, 0xfa, 0xe8 }, 0x81384ee0 },
	{ "call __fentry__", { 0xe8, 0xb7, 0xa5, 0xd0, 0xff }, 0x81384ee4, 0x8108f4a0,
	  0x81384ee9 },
	{ "call __handle_mm_fault", { 0xe8, 0x7e, 0xef, 0xff, 0xff }, 0x81384fbd, 0x81383f40,
	  0x81384fc2 },
	{ "call forward", { 0xe8, 0x29, 0xd0, 0x05, 0x00 }, 0x813850f2, 0x813e2120, 0x813850f7 },
	{ "jmp __x86_return_thunk", { 0xe9, 0xf3, 0xad, 0x99, 0x00 }, 0x81384ff8, 0x81d1fdf0 },
	{ "jmp to an alternative", { 0xe9, 0x8e, 0x08, 0x06, 0x02 }, 0x81385017, 0x833e58aa },
	{ "jmp backward", { 0xe9, 0x0e, 0xff, 0xff, 0xff }, 0x81385052, 0x81384f65 },
	{ "jne forward", { 0x0f, 0x85, 0x0c, 0x02, 0x00, 0x00 }, 0x81384f1f, 0x81385131 },
	{ "je backward", { 0x0f, 0x84, 0x58, 0xff, 0xff, 0xff }, 0x81385007, 0x81384f65 },
	{ "jmp rel8", { 0xeb, 0x0c }, 0x81385240 },
	{ "shr $7, %al holds e8, and begins before it", { 0xc0, 0xe8, 0x07 }, 0x81384f91 },
	{ "ret", { 0xc3, 0xcc, 0xcc, 0xcc, 0xcc }, 0x81384ff8 },
	{ "nop", { 0x90, 0x90, 0x90, 0x90, 0x90 }, 0x813851a0 },
};

static void pfc_insn_desc(const struct pfc_insn_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_insns, pfc_insns, pfc_insn_desc);

static void decode(struct kunit *test)
{
	const struct pfc_insn_row *row = test->param_value;
	unsigned long target = 0;
	struct pfc_insn insn;

	KUNIT_ASSERT_TRUE(test, pfc_arch_read((unsigned long)row->bytes, &insn));
	KUNIT_EXPECT_EQ(test, pfc_arch_target(&insn, TEXT + row->at, &target), !!row->target);
	KUNIT_EXPECT_EQ(test, target, row->target ? TEXT + row->target : 0);
	if (row->target)
		KUNIT_EXPECT_EQ(test, pfc_arch_return_of(&insn, TEXT + row->at),
				row->returns_to ? TEXT + row->returns_to : 0);
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_return(&insn));
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_breakpoint(&insn));
	KUNIT_EXPECT_EQ(test, pfc_arch_emulation(row->bytes[0]), 0);
}

/* A kprobe in the text, and what it replaced. */
static void breakpoint(struct kunit *test)
{
	static const u8 text[] = { 0xcc, 0x7e, 0xef, 0xff, 0xff, 0x90 };
	struct pfc_insn insn;
	unsigned long target;

	KUNIT_ASSERT_TRUE(test, pfc_arch_read((unsigned long)text, &insn));
	KUNIT_EXPECT_TRUE(test, pfc_arch_is_breakpoint(&insn));
	KUNIT_EXPECT_FALSE(test, pfc_arch_target(&insn, TEXT + 0x81384fbd, &target));
	pfc_arch_restore(&insn, 0xe8);
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_breakpoint(&insn));
	KUNIT_EXPECT_TRUE(test, pfc_arch_target(&insn, TEXT + 0x81384fbd, &target));
	KUNIT_EXPECT_EQ(test, target, TEXT + 0x81383f40);
}

/* What the exception left: of a read, a write, an instruction, and of another exception. */
static void refused(struct kunit *test)
{
	unsigned long trap = current->thread.trap_nr, code = current->thread.error_code;

	current->thread.trap_nr = X86_TRAP_PF;
	current->thread.error_code = 0x04;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER);
	current->thread.error_code = 0x07;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER | FAULT_FLAG_WRITE);
	current->thread.error_code = 0x15;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER | FAULT_FLAG_INSTRUCTION);
	current->thread.trap_nr = 13;	/* general protection */
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), 0);
	current->thread.trap_nr = trap;
	current->thread.error_code = code;
}

/* ftrace's instruction is a nop, or a call while somebody traces; behind endbr64 or not. */
static void traced(struct kunit *test)
{
	static const u8 nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00, 0x48, 0x89, 0xe5, 0x53,
				  0x90 };
	static const u8 call[] = { 0xe8, 0xb7, 0xa5, 0xd0, 0xff, 0x90, 0x90, 0x90, 0x90, 0x90 };
	static const u8 behind[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0xe8, 0xb7, 0xa5, 0xd0, 0xff,
				     0x90 };

	KUNIT_EXPECT_FALSE(test, pfc_arch_traced((unsigned long)nop));
	KUNIT_EXPECT_TRUE(test, pfc_arch_traced((unsigned long)call));
	KUNIT_EXPECT_TRUE(test, pfc_arch_traced((unsigned long)behind));
}

static void arguments(struct kunit *test)
{
	unsigned long stack[] = { TEXT + 0x81384fc2, 0 };
	struct pt_regs regs = {
		.di = 100, .si = 101, .dx = 102, .cx = 103, .r8 = 104, .ax = 105,
		.sp = (unsigned long)stack,
	};
	int i;

	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, pfc_arch_arg(&regs, i), 100 + i);
	KUNIT_EXPECT_EQ(test, pfc_arch_result(&regs), 105);
	KUNIT_EXPECT_EQ(test, pfc_arch_caller(&regs), stack[0]);
	KUNIT_EXPECT_EQ(test, pfc_arch_emulate(0, 0xe8, &regs), 0);
}

static struct kunit_case pfc_arch_cases[] = {
	KUNIT_CASE_PARAM(decode, pfc_insns_gen_params),
	KUNIT_CASE(breakpoint),
	KUNIT_CASE(refused),
	KUNIT_CASE(traced),
	KUNIT_CASE(arguments),
	{}
};

struct kunit_suite pfc_arch_suite = {
	.name = "pfclass_arch",
	.test_cases = pfc_arch_cases,
};
