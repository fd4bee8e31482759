// SPDX-License-Identifier: GPL-2.0
/*
 * The call map, read from a text that is made up: functions of 256 bytes, which hold the
 * calls, jumps and returns of the tables below, and nops.
 */
#include <linux/errno.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <compat/compat.h>
#include "pfc_arch.h"

#define SIZE	0x100
#define FIXED	(PFC_ARCH_INSN_STEP == 4)	/* instructions are words of arm64, else x86's */

/* By this number times SIZE they lie in the text. */
static const char * const pfc_functions[] = {
	"handle_mm_fault", "__handle_mm_fault", "do_numa_page.constprop.0", "do_wp_page_not",
	"do_wp_page.isra.0", "do_anonymous_page.cold", "vm_normal_folio", "twice",
	FIXED ? "do_translation_fault" : "exc_page_fault",
	FIXED ? "do_page_fault" : "do_user_addr_fault",
	FIXED ? "do_bad_area" : "bad_area_nosemaphore",
	FIXED ? "arm64_force_sig_fault" : "force_sig_fault",
	"handle_mm_fault.cold", "__handle_mm_fault.cold", "do_swap_page", "sometimes",
	"setter.isra.0", "setter", "unrelated", "__pfx_padded", "padded",
};

enum {
	HANDLE, INNER, NUMA, WP_NOT, WP, ANON_COLD, FOLIO, TWICE, TRANSLATION, PAGE, BAD, SIGNAL,
	HANDLE_COLD, INNER_COLD, SWAP, SOMETIMES,
	ISRA, SETTER, UNRELATED, PADDING, PADDED,
};

enum pfc_branch_kind { CALL, JUMP, CONDITIONAL };

/* The instruction at an offset in a function: a call or jump to another one. */
static const struct pfc_branch {
	unsigned int from;
	unsigned int at;
	unsigned int to;
	enum pfc_branch_kind kind;
} pfc_branches[] = {
	{ HANDLE, 0x10, INNER },
	{ HANDLE, 0x30, HANDLE, JUMP },		/* to its own beginning: a loop */
	{ HANDLE, 0x90, TWICE },
	{ INNER, 0x08, WP_NOT },
	{ INNER, 0x10, WP },
	{ INNER, 0x20, ANON_COLD },
	{ INNER, 0x30, NUMA },
	{ INNER, 0x40, TWICE, JUMP },
	{ NUMA, 0x18, FOLIO },
	{ INNER, 0x50, SOMETIMES, CONDITIONAL },
	{ INNER, 0x60, ISRA },
	{ ISRA, 0x10, SETTER },
	{ INNER, 0x70, PADDING },
	{ HANDLE, 0xa0, HANDLE_COLD, JUMP },
	{ INNER_COLD, 0x10, SWAP },
	{ TRANSLATION, 0x10, PAGE },
	{ TRANSLATION, 0x20, BAD },
	{ PAGE, 0x10, HANDLE },
	{ BAD, 0x10, SIGNAL },
};

static u8 pfc_text[ARRAY_SIZE(pfc_functions) * SIZE] __aligned(SIZE);
/* The call that has a kprobe, and what the kprobe replaced. */
static unsigned long pfc_probed;
static kprobe_opcode_t pfc_replaced;

static unsigned long pfc_at(unsigned int function, unsigned int offset)
{
	return (unsigned long)pfc_text + function * SIZE + offset;
}

static int pfc_tests_sprint_symbol(char *text, unsigned long addr)
{
	unsigned long offset = addr - (unsigned long)pfc_text;

	if (offset >= sizeof(pfc_text))
		return sprintf(text, "0x%lx", addr);
	return sprintf(text, "%s+0x%lx/0x%x", pfc_functions[offset / SIZE], offset % SIZE, SIZE);
}

static int pfc_tests_register(struct kprobe *kp)
{
	unsigned int i;

	if (kp->addr && (unsigned long)kp->addr == pfc_probed) {
		kp->opcode = pfc_replaced;
		return 0;
	}
	for (i = 0; kp->symbol_name && i < ARRAY_SIZE(pfc_functions); i++) {
		if (strcmp(kp->symbol_name, pfc_functions[i]))
			continue;
		kp->addr = (void *)pfc_at(i, 0);
		return 0;
	}
	return -ENOENT;
}

static void pfc_tests_unregister(struct kprobe *kp)
{
}

/* From here on, the kernel's symbols, its kprobes and its dispatcher are the test's. */
#define sprint_symbol pfc_tests_sprint_symbol
#define register_kprobe pfc_tests_register
#define unregister_kprobe pfc_tests_unregister
#define handle_mm_fault pfc_text
#include "../locate.c"
#include "suites.h"

static void pfc_put(unsigned long at, u32 word)
{
	memcpy((void *)at, &word, sizeof(word));
}

static void pfc_put_branch(const struct pfc_branch *b)
{
	unsigned long at = pfc_at(b->from, b->at);
	long distance = pfc_at(b->to, 0) - at;

	if (FIXED) {
		/* There a conditional branch is no tail call. */
		if (b->kind != CONDITIONAL)
			pfc_put(at, (b->kind == JUMP ? 0x14000000 : 0x94000000) |
				    (distance >> 2 & 0x03ffffff));
	} else if (b->kind == CONDITIONAL) {
		*(u8 *)at++ = 0x0f;
		*(u8 *)at = 0x85;
		pfc_put(at + 1, distance - 6);
	} else {
		*(u8 *)at = b->kind == JUMP ? 0xe9 : 0xe8;
		pfc_put(at + 1, distance - 5);
	}
}

static int pfc_text_init(struct kunit *test)
{
	unsigned int i;

	memset(pfc_text, 0x90, sizeof(pfc_text));
	for (i = 0; FIXED && i < sizeof(pfc_text); i += 4)
		pfc_put((unsigned long)pfc_text + i, 0xd503201f);
	for (i = 0; i < ARRAY_SIZE(pfc_branches); i++)
		pfc_put_branch(&pfc_branches[i]);
	if (FIXED) {
		pfc_put(pfc_at(HANDLE, 0x20), 0xd65f03c0);
		pfc_put(pfc_at(HANDLE, 0x80), 0xd65f03c0);
		pfc_put(pfc_at(HANDLE_COLD, 0x10), 0xd65f03c0);
		pfc_put(pfc_at(INNER_COLD, 0x30), 0xd65f03c0);
	}
	/* Somebody probes do_numa_page()'s call. */
	pfc_probed = pfc_at(NUMA, 0x18);
	memcpy(&pfc_replaced, (void *)pfc_probed, PFC_ARCH_INSN_STEP);
	if (FIXED)
		pfc_put(pfc_probed, 0xd4200080);
	else
		*(u8 *)pfc_probed = 0xcc;
	return pfc_locate_init();
}

static void pfc_text_exit(struct kunit *test)
{
	pfc_locate_exit();
}

static void expect_callee(struct kunit *test, const char *name, unsigned int function,
			  unsigned int from, unsigned int at, bool returns, unsigned int sites)
{
	const struct pfc_callee *callee = pfc_locate_callee(name);

	KUNIT_ASSERT_NOT_NULL(test, callee);
	KUNIT_EXPECT_STREQ(test, callee->symbol.name, pfc_functions[function]);
	KUNIT_EXPECT_EQ(test, callee->symbol.start, pfc_at(function, 0));
	KUNIT_EXPECT_EQ(test, callee->sites, sites);
	KUNIT_EXPECT_EQ(test, callee->site, pfc_at(from, at));
	KUNIT_EXPECT_EQ(test, callee->returns,
			returns ? pfc_at(from, at + (FIXED ? 4 : 5)) : 0);
}

/* A compiler's variant of a name is that function; a longer name, and what is unlikely, not. */
static void names(struct kunit *test)
{
	expect_callee(test, "do_wp_page", WP, INNER, 0x10, true, 1);
	KUNIT_EXPECT_TRUE(test, !pfc_locate_callee("do_anonymous_page"));
	KUNIT_EXPECT_TRUE(test, !pfc_locate_callee("vm_normal"));
	KUNIT_EXPECT_TRUE(test, !pfc_locate_callee("do_swap"));
}

/* What only an unlikely part calls is in the map. */
static void unlikely_parts(struct kunit *test)
{
	expect_callee(test, "do_swap_page", SWAP, INNER_COLD, 0x10, true, 1);
	KUNIT_EXPECT_EQ(test, pfc_dispatcher[1].start, pfc_at(HANDLE_COLD, 0));
	KUNIT_EXPECT_EQ(test, pfc_dispatcher[3].start, pfc_at(INNER_COLD, 0));
	/* Nobody knows when they run. */
	KUNIT_EXPECT_EQ(test, pfc_ordinary, BIT(0) | BIT(2));
}

/* What the functions of the dispatcher call is in the map; their own loops are not. */
static void calls(struct kunit *test)
{
	expect_callee(test, "__handle_mm_fault", INNER, HANDLE, 0x10, true, 1);
	expect_callee(test, "twice", TWICE, INNER, 0x40, false, 2);
	KUNIT_EXPECT_TRUE(test, !pfc_locate_callee("handle_mm_fault"));
	KUNIT_EXPECT_EQ(test, pfc_nr_dispatcher, 5);
	KUNIT_EXPECT_EQ(test, pfc_dispatcher[0].start, pfc_at(HANDLE, 0));
	KUNIT_EXPECT_EQ(test, pfc_dispatcher[2].start, pfc_at(INNER, 0));
	KUNIT_EXPECT_EQ(test, pfc_dispatcher[4].start, pfc_at(NUMA, 0));
	KUNIT_EXPECT_EQ(test, pfc_dispatcher[4].size, SIZE);
}

/* x86: a call that may be none is in the map, and is no place for a probe. */
static void conditional_call(struct kunit *test)
{
	const struct pfc_callee *callee = pfc_locate_callee("sometimes");

	if (FIXED) {
		KUNIT_EXPECT_TRUE(test, !callee);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, callee);
	KUNIT_EXPECT_EQ(test, callee->sites, 1);
	KUNIT_EXPECT_EQ(test, callee->site, 0);
	KUNIT_EXPECT_EQ(test, callee->returns, 0);
	KUNIT_EXPECT_TRUE(test, !pfc_locate_site(pfc_at(INNER, 0x50)));
}

/* x86 with call depth tracking: the call of a function goes to what stands before it. */
static void padded_call(struct kunit *test)
{
	expect_callee(test, "padded", PADDED, INNER, 0x70, true, 1);
	KUNIT_EXPECT_PTR_EQ(test, pfc_locate_site(pfc_at(INNER, 0x70)),
			    pfc_locate_callee("padded"));
	KUNIT_EXPECT_PTR_EQ(test, pfc_locate_entry(pfc_at(PADDED, 0)),
			    pfc_locate_callee("padded"));
}

/* arm64: a function that calls another one with its own arguments is recognised. */
static void forwards(struct kunit *test)
{
	const struct pfc_callee *callee = pfc_locate_callee("setter");

	KUNIT_ASSERT_NOT_NULL(test, callee);
	KUNIT_EXPECT_EQ(test, pfc_locate_forwards(callee, "setter", 5), FIXED);
	KUNIT_EXPECT_FALSE(test, pfc_locate_forwards(callee, "setter.isra.0", 5));
	/* It calls something else before. */
	callee = pfc_locate_callee("__handle_mm_fault");
	KUNIT_ASSERT_NOT_NULL(test, callee);
	KUNIT_EXPECT_FALSE(test, pfc_locate_forwards(callee, "do_wp_page.isra.0", 5));
	if (!FIXED)
		return;
	/* mov x4, #0 */
	pfc_put(pfc_at(ISRA, 0x08), 0xd2800004);
	callee = pfc_locate_callee("setter");
	KUNIT_EXPECT_FALSE(test, pfc_locate_forwards(callee, "setter", 5));
	KUNIT_EXPECT_TRUE(test, pfc_locate_forwards(callee, "setter", 4));
	/* ret: what follows is reached from elsewhere */
	pfc_put(pfc_at(ISRA, 0x08), 0xd65f03c0);
	KUNIT_EXPECT_FALSE(test, pfc_locate_forwards(callee, "setter", 4));
}

/* A call is seen under somebody's kprobe. */
static void call_under_a_kprobe(struct kunit *test)
{
	const struct pfc_callee *folio = pfc_locate_callee("vm_normal_folio");

	expect_callee(test, "vm_normal_folio", FOLIO, NUMA, 0x18, true, 1);
	KUNIT_EXPECT_PTR_EQ(test, pfc_locate_site(pfc_at(NUMA, 0x18)), folio);
	KUNIT_EXPECT_TRUE(test, !pfc_locate_site(pfc_at(NUMA, 0)));
	KUNIT_EXPECT_PTR_EQ(test, pfc_locate_entry(pfc_at(FOLIO, 0)), folio);
	KUNIT_EXPECT_PTR_EQ(test, pfc_locate_entry(pfc_at(FOLIO, PFC_ARCH_ENTRY)), folio);
	KUNIT_EXPECT_TRUE(test, !pfc_locate_entry(pfc_at(FOLIO, 8)));
}

/* Each return instruction, where they can be recognised. */
static void returns(struct kunit *test)
{
	unsigned long at = pfc_locate_next_return(0);

	if (!FIXED) {
		KUNIT_EXPECT_EQ(test, at, 0);
		return;
	}
	KUNIT_EXPECT_EQ(test, at, pfc_at(HANDLE, 0x20));
	at = pfc_locate_next_return(at);
	KUNIT_EXPECT_EQ(test, at, pfc_at(HANDLE, 0x80));
	at = pfc_locate_next_return(at);
	KUNIT_EXPECT_EQ(test, at, pfc_at(HANDLE_COLD, 0x10));
	KUNIT_EXPECT_EQ(test, pfc_locate_next_return(at), 0);
}

/* Where accesses are refused: by name the first, the others because it calls them. */
static void refusals(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, !pfc_locate_refusals());
	KUNIT_EXPECT_EQ(test, pfc_nr_refusals, 1);
	KUNIT_EXPECT_EQ(test, pfc_refusals[0].start, pfc_at(SIGNAL, 0));
	KUNIT_EXPECT_EQ(test, pfc_refusals[0].address, 2);
}

static struct kunit_case pfc_locate_cases[] = {
	KUNIT_CASE(names),
	KUNIT_CASE(unlikely_parts),
	KUNIT_CASE(calls),
	KUNIT_CASE(conditional_call),
	KUNIT_CASE(padded_call),
	KUNIT_CASE(forwards),
	KUNIT_CASE(call_under_a_kprobe),
	KUNIT_CASE(returns),
	KUNIT_CASE(refusals),
	{}
};

struct kunit_suite pfc_locate_suite = {
	.name = "pfclass_locate",
	.init = pfc_text_init,
	.exit = pfc_text_exit,
	.test_cases = pfc_locate_cases,
};
