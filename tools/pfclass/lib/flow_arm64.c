// SPDX-License-Identifier: GPL-2.0
/* The instructions of arm64, as far as control flow and the kernel's kprobes ask. */
#include <string.h>

#include "flow_machine.h"

#define INSN		4	/* bytes */
#define ATOMIC_CONTEXT	32	/* instructions the kernel looks back over */

static uint32_t code_at(const struct pfc_block *block, size_t at)
{
	uint32_t code;

	memcpy(&code, block->bytes + at, sizeof(code));
	return code;
}

static int64_t sign_extend(uint32_t value, unsigned int bits)
{
	return (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
}

/* Where a branch with the target in itself goes; false if it is none. */
static bool branch_target(uint32_t code, uint64_t addr, uint64_t *target,
			  bool *falls)
{
	*falls = true;
	if (code >> 26 == 0x05) {				/* b */
		*target = addr + sign_extend(code & 0x3ffffff, 26) * INSN;
		*falls = false;
	} else if ((code & 0xff000000) == 0x54000000 ||		/* b.cond, bc.cond */
		   (code & 0x7e000000) == 0x34000000) {		/* cbz, cbnz */
		*target = addr + sign_extend(code >> 5 & 0x7ffff, 19) * INSN;
	} else if ((code & 0x7e000000) == 0x36000000) {		/* tbz, tbnz */
		*target = addr + sign_extend(code >> 5 & 0x3fff, 14) * INSN;
	} else {
		return false;
	}
	return true;
}

/*
 * Stores and atomics: bit 27 set and bit 25 clear are the loads and stores, of
 * which the plain loads (bit 22 and its neighbours) are left out. When in doubt
 * an instruction is called a store: that only makes the checks stricter.
 */
static bool is_store(uint32_t code)
{
	if ((code & 0x0a000000) != 0x08000000)
		return false;
	if ((code & 0x3b000000) == 0x18000000)		/* ldr literal, prfm */
		return false;
	if ((code & 0x3a000000) == 0x28000000)		/* pairs */
		return !(code & 1 << 22);
	if ((code & 0x3b200c00) == 0x38200000)		/* atomics */
		return true;
	if ((code & 0x3a000000) == 0x38000000)		/* single registers */
		return !(code >> 22 & 3);
	return !(code & 1 << 22);			/* exclusives, SIMD */
}

/* As the kernel tells them, which takes ldar and stlr for exclusives as well. */
static bool is_load_exclusive(uint32_t code)
{
	return (code & 0x3f400000) == 0x08400000;
}

static bool is_store_exclusive(uint32_t code)
{
	return (code & 0x3f400000) == 0x08000000;
}

/*
 * What arch_prepare_kprobe() refuses: exceptions, most of the system space,
 * exclusives, and what seems to be between a pair of exclusives.
 */
static bool is_refused(const struct pfc_block *block, size_t at)
{
	uint32_t code = code_at(block, at);
	size_t back;

	if ((code & 0xff000000) == 0xd4000000)		/* svc, brk, ... */
		return true;
	if ((code & 0xffc00000) == 0xd5000000 &&	/* msr, mrs, hints, ... */
	    (code & 0xfffff01f) != 0xd503201f && (code & 0xfff00000) != 0xd5300000)
		return true;
	if ((code & 0xfffff01f) == 0xd503201f && code != 0xd503201f)
		return true;				/* hints but for nop */
	if ((code & 0xfffffbff) == 0xd65f0bff)		/* retaa, retab */
		return true;
	if (is_load_exclusive(code) || is_store_exclusive(code))
		return true;
	for (back = INSN; back <= ATOMIC_CONTEXT * INSN && back <= at; back += INSN) {
		if (is_store_exclusive(code_at(block, at - back)))
			return false;
		if (is_load_exclusive(code_at(block, at - back)))
			return true;
	}
	return false;
}

/* Compilers put nothing at a function's entry that cannot be stepped over. */
static bool refused(const struct pfc_image *image, const struct pfc_block *block, size_t at)
{
	(void)image;
	return block->len - at < INSN || (at && is_refused(block, at));
}

static const char *decode(const struct pfc_image *image, const struct pfc_block *block,
			  size_t at, struct pfc_code *code)
{
	uint64_t addr = block->addr + at;
	uint32_t word;

	(void)image;
	if (block->len - at < INSN)
		return "it ends within an instruction";
	word = code_at(block, at);
	code->insn.addr = addr;
	code->insn.len = INSN;
	code->insn.refused = is_refused(block, at);
	code->insn.store = is_store(word);
	code->falls = true;
	if (branch_target(word, addr, &code->to, &code->falls)) {
		code->insn.branch = code->falls;
		code->jumps = true;
	} else if (word >> 26 == 0x25) {			/* bl */
		code->insn.call = true;
		code->insn.target = addr + sign_extend(word & 0x3ffffff, 26) * INSN;
	} else if ((word & 0xfe000000) == 0xd6000000) {		/* registers */
		if ((word & 0x00600000) == 0x00200000)		/* blr */
			code->insn.call = true;
		else if ((word & 0x00600000) == 0x00400000)	/* ret */
			code->falls = false;
		else
			return "it jumps through a table";
	} else if (word == 0xd503201f && at + INSN == block->len) {
		code->falls = false;				/* padding */
	}
	return NULL;
}

const struct pfc_machine pfc_machine_arm64 = {
	.decode = decode,
	.refused = refused,
	.insn_len = INSN,
	.alternative = { .size = 12, .len_at = 10, .new_len_at = 11 },
};
