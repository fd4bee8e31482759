// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions of arm64, as they stand in handle_mm_fault() of Debian's kernels 5.10.0-32,
 * 6.1.0-56, 6.12.117+deb13 and 7.2.13+deb14, by the low half of their address; and those
 * that only other compilers or kernels make.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <tests/suites.h>
#include <tests/values.h>
#include "pfc_arch.h"

#define PFC_X(name, value) static_assert((name) == (value));
PFC_TESTS_VALUES_ARM64(PFC_X)
#undef PFC_X

#define TEXT	0xffff800000000000UL

static const struct pfc_insn_row {
	const char *name;
	u32 word;
	unsigned long at;
	unsigned long target;		/* 0: it branches nowhere */
	unsigned long returns_to;	/* 0: it is no call */
	unsigned int emulation;
	bool is_return;
} pfc_insns[] = {
	{ "5.10: bl forward", 0x94019c1a, 0x102b7248, 0x1031e2b0, 0x102b724c, PFC_ARCH_CALL },
	{ "5.10: bl backward", 0x97ffebf9, 0x102b70dc, 0x102b20c0, 0x102b70e0, PFC_ARCH_CALL },
	{ "5.10: b", 0x17ffffd3, 0x102b7324, 0x102b7270 },
	{ "5.10: b.eq", 0x54000bc0, 0x102b7170 },
	{ "5.10: blr x2", 0xd63f0040, 0x102b722c },
	{ "5.10: cbz", 0xb4000080, 0x102b7134 },
	{ "5.10: tbnz", 0xb79816c1, 0x102b720c },
	{ "5.10: adrp", 0xf0008964, 0x102b70ac },
	{ "5.10: ret", 0xd65f03c0, 0x102b72d0, .emulation = PFC_ARCH_RETURN, .is_return = true },
	{ "6.1: bl forward", 0x94020caa, 0x0830d448, 0x083906f0, 0x0830d44c, PFC_ARCH_CALL },
	{ "6.1: bl backward", 0x97ffe52b, 0x0830d434, 0x083068e0, 0x0830d438, PFC_ARCH_CALL },
	{ "6.1: b", 0x17ffffe2, 0x0830d534, 0x0830d4bc },
	{ "6.1: b.gt", 0x54000d0c, 0x0830d464 },
	{ "6.1: brk", 0xd4210000, 0x0830d610 },
	{ "6.1: ret", 0xd65f03c0, 0x0830d508, .emulation = PFC_ARCH_RETURN, .is_return = true },
	{ "6.12: nop at its entry", 0xd503201f, 0x803863c8, .emulation = PFC_ARCH_SKIP },
	{ "6.12: paciasp", 0xd503233f, 0x803863d0 },
	{ "6.12: stp", 0xa9bc7bfd, 0x803863d4 },
	{ "6.12: bl __handle_mm_fault", 0x97fffce2, 0x80386490, 0x80385818, 0x80386494,
	  PFC_ARCH_CALL },
	{ "6.12: bl forward", 0x94026445, 0x80386534, 0x8041f648, 0x80386538, PFC_ARCH_CALL },
	{ "6.12: b", 0x17ffffd2, 0x803864f8, 0x80386440 },
	{ "6.12: b.ne backward", 0x54fffa81, 0x803864f0 },
	{ "6.12: cbz", 0x34000100, 0x8038640c },
	{ "6.12: tbz", 0x36281200, 0x80386414 },
	{ "6.12: tbz backward", 0x3607fa40, 0x803865c0 },
	{ "6.12: autiasp", 0xd50323bf, 0x803864cc },
	{ "6.12: ret", 0xd65f03c0, 0x803864d0, .emulation = PFC_ARCH_RETURN, .is_return = true },
	{ "7.2: bl __handle_mm_fault", 0x97fffc92, 0x80496ec8, 0x80496110, 0x80496ecc,
	  PFC_ARCH_CALL },
	{ "7.2: bl far backward", 0x97f2c395, 0x80496f14, 0x80147d68, 0x80496f18,
	  PFC_ARCH_CALL },
	{ "7.2: b", 0x17ffffc7, 0x80496f44, 0x80496e60 },
	{ "7.2: ret", 0xd65f03c0, 0x80496f0c, .emulation = PFC_ARCH_RETURN, .is_return = true },
	{ "b forward", 0x14000001, 0x80000000, 0x80000004 },
	{ "b as far as it can go", 0x15ffffff, 0x80000000, 0x87fffffc },
	{ "bl as far back as it can go", 0x96000000, 0x88000000, 0x80000000, 0x88000004,
	  PFC_ARCH_CALL },
	{ "ret x1", 0xd65f0020, 0x80000000 },
	{ "retaa", 0xd65f0bff, 0x80000000, .is_return = true },
	{ "retab", 0xd65f0fff, 0x80000000, .is_return = true },
	{ "br x16", 0xd61f0200, 0x80000000 },
	{ "bti c", 0xd503245f, 0x80000000, .emulation = PFC_ARCH_SKIP },
	{ "bti j", 0xd503249f, 0x80000000 },
	{ "mov x9, x30", 0xaa1e03e9, 0x80000000, .emulation = PFC_ARCH_SKIP | PFC_ARCH_SAVE },
	{ "mov x8, x30", 0xaa1e03e8, 0x80000000 },
};

static void pfc_insn_desc(const struct pfc_insn_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_insns, pfc_insns, pfc_insn_desc);

static void decode(struct kunit *test)
{
	const struct pfc_insn_row *row = test->param_value;
	const struct pfc_insn insn = { row->word };
	unsigned long target = 0;

	KUNIT_EXPECT_EQ(test, pfc_arch_target(&insn, TEXT + row->at, &target), !!row->target);
	KUNIT_EXPECT_EQ(test, target, row->target ? TEXT + row->target : 0);
	if (row->target)
		KUNIT_EXPECT_EQ(test, pfc_arch_return_of(&insn, TEXT + row->at),
				row->returns_to ? TEXT + row->returns_to : 0);
	KUNIT_EXPECT_EQ(test, pfc_arch_is_return(&insn), row->is_return);
	KUNIT_EXPECT_EQ(test, pfc_arch_emulation(row->word), row->emulation);
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_breakpoint(&insn));
}

/* ptep_set_access_flags.isra.0 of 6.12 with -Os, and what would be no proof. */
static void keeps_args(struct kunit *test)
{
	static const struct {
		u32 word;
		bool keeps;
	} rows[] = {
		{ 0xd503233f, true },	/* paciasp */
		{ 0xa9bf7bfd, true },	/* stp x29, x30, [sp, #-16]! */
		{ 0xd2800025, true },	/* mov x5, #1 */
		{ 0x924bf863, true },	/* and x3, x3, #0xffefffffffffffff */
		{ 0x910003fd, true },	/* mov x29, sp */
		{ 0xf2e00205, true },	/* movk x5, #0x10, lsl #48 */
		{ 0xf9400046, true },	/* ldr x6, [x2] */
		{ 0xea2600bf, true },	/* bics xzr, x5, x6 */
		{ 0x54000080, true },	/* b.eq */
		{ 0xaa0503e4, false },	/* mov x4, x5 */
		{ 0x2a0303e4, false },	/* mov w4, w3 */
		{ 0x924bf864, false },	/* and x4, x3, #0xffefffffffffffff */
		{ 0xf9400043, false },	/* ldr x3, [x2] */
		{ 0xf8408446, false },	/* ldr x6, [x2], #8 */
		{ 0xa9410fe5, false },	/* ldp x5, x3, [sp, #16] */
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct pfc_insn insn = { rows[i].word };

		KUNIT_EXPECT_EQ_MSG(test, pfc_arch_keeps_args(&insn, 5), rows[i].keeps,
				    "0x%08x", rows[i].word);
	}
}

/* What the emulation leaves in the registers is what the instruction would. */
static void emulate(struct kunit *test)
{
	const struct pfc_insn_row *row = test->param_value;
	struct pt_regs regs = {}, expected;
	int done;

	regs.pc = TEXT + row->at;
	regs.regs[9] = 9;
	regs.regs[30] = TEXT + 0x30;
	regs.sp = TEXT + 0x5000;
	regs.pstate = PSR_BTYPE_MASK | 5;
	expected = regs;
	/* Only the instruction that follows a branch may ask where it came from. */
	if (row->emulation && IS_ENABLED(CONFIG_ARM64_BTI_KERNEL))
		expected.pstate = 5;
	if (row->emulation == PFC_ARCH_CALL) {
		expected.pc = TEXT + row->target;
		expected.regs[30] = TEXT + row->returns_to;
	} else if (row->emulation == PFC_ARCH_RETURN) {
		expected.pc = regs.regs[30];
	} else if (row->emulation) {
		expected.pc += 4;
		if (row->emulation & PFC_ARCH_SAVE)
			expected.regs[9] = regs.regs[30];
	}
	done = pfc_arch_emulate(row->emulation, row->word, &regs);
	KUNIT_EXPECT_EQ(test, done, !!row->emulation);
	KUNIT_EXPECT_EQ(test, memcmp(&regs, &expected, sizeof(regs)), 0);
	KUNIT_EXPECT_EQ(test, regs.pc, expected.pc);
	KUNIT_EXPECT_EQ(test, regs.regs[30], expected.regs[30]);
}

/* A kprobe in the text, and what it replaced. */
static void breakpoint(struct kunit *test)
{
	static const u32 text[] = { 0xd4200080 };	/* brk #4 */
	struct pfc_insn insn;
	unsigned long target;

	KUNIT_ASSERT_TRUE(test, pfc_arch_read((unsigned long)text, &insn));
	KUNIT_EXPECT_EQ(test, insn.word, 0xd4200080);
	KUNIT_EXPECT_TRUE(test, pfc_arch_is_breakpoint(&insn));
	KUNIT_EXPECT_FALSE(test, pfc_arch_target(&insn, TEXT, &target));
	pfc_arch_restore(&insn, 0x97fffce2);
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_breakpoint(&insn));
	KUNIT_EXPECT_TRUE(test, pfc_arch_target(&insn, TEXT, &target));
	KUNIT_EXPECT_FALSE(test, pfc_arch_read(0, &insn));
}

/* The text of a kprobe that was taken out is what it replaced. */
static void alive(struct kunit *test)
{
	static const u32 text[] = { 0xd4200080, 0xd503201f };
	struct kprobe kp = { .opcode = 0xd503201f };

	kp.addr = (void *)&text[0];
	KUNIT_EXPECT_TRUE(test, pfc_arch_probe_alive(&kp));
	kp.addr = (void *)&text[1];
	KUNIT_EXPECT_FALSE(test, pfc_arch_probe_alive(&kp));
	kp.addr = NULL;
	KUNIT_EXPECT_FALSE(test, pfc_arch_probe_alive(&kp));
}

/* The syndrome that the exception left: of a read, a write, dc ivac, an instruction, others. */
static void refused(struct kunit *test)
{
	unsigned long was = current->thread.fault_code;

	current->thread.fault_code = 0x92000005;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER);
	current->thread.fault_code = 0x92000045;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER | FAULT_FLAG_WRITE);
	current->thread.fault_code = 0x92000145;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER);
	current->thread.fault_code = 0x82000005;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), FAULT_FLAG_USER | FAULT_FLAG_INSTRUCTION);
	current->thread.fault_code = 0;
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), 0);
	current->thread.fault_code = 0x02000000;	/* undefined instruction */
	KUNIT_EXPECT_EQ(test, pfc_arch_refused_flags(), 0);
	current->thread.fault_code = was;
}

/* ftrace's instruction is a nop, or a bl to its trampoline while somebody traces. */
static void traced(struct kunit *test)
{
	static const u32 text[] = { 0xd503201f, 0x94000010 };

	KUNIT_EXPECT_FALSE(test, pfc_arch_traced((unsigned long)&text[0]));
	KUNIT_EXPECT_TRUE(test, pfc_arch_traced((unsigned long)&text[1]));
}

static void arguments(struct kunit *test)
{
	struct pt_regs regs = {};
	int i;

	for (i = 0; i < 31; i++)
		regs.regs[i] = 100 + i;
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, pfc_arch_arg(&regs, i), 100 + i);
	KUNIT_EXPECT_EQ(test, pfc_arch_result(&regs), 100);
	KUNIT_EXPECT_EQ(test, pfc_arch_caller(&regs), 130);
}

/* Descriptors: what is a page's has both low bits set, a block's only the first. */
static void entries(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, pfc_arch_is_pte(0x00e80000412e3fc3));
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_pte(0x00e8000041200fc1));
	KUNIT_EXPECT_FALSE(test, pfc_arch_is_pte(0));
	KUNIT_EXPECT_EQ(test, pte_val(pfc_arch_pte(__pte(0x00f80000412e3fc3))),
			0x00e80000412e3fc3);
}

static struct kunit_case pfc_arch_cases[] = {
	KUNIT_CASE_PARAM(decode, pfc_insns_gen_params),
	KUNIT_CASE_PARAM(emulate, pfc_insns_gen_params),
	KUNIT_CASE(keeps_args),
	KUNIT_CASE(breakpoint),
	KUNIT_CASE(alive),
	KUNIT_CASE(refused),
	KUNIT_CASE(traced),
	KUNIT_CASE(arguments),
	KUNIT_CASE(entries),
	{}
};

struct kunit_suite pfc_arch_suite = {
	.name = "pfclass_arch",
	.test_cases = pfc_arch_cases,
};
