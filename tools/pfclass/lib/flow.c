// SPDX-License-Identifier: GPL-2.0
/*
 * Control flow inside one function, arm64: as in a kernel's ELF file, and as the
 * kernel may patch it while it runs. Jump labels turn a nop into a branch and back,
 * alternatives replace instructions: both variants are followed.
 */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"

#define INSN		4	/* bytes */
#define JUMP_ENTRY	16	/* s32 code, s32 target, s64 key; each relative */
#define ALT_ENTRY	12	/* s32 orig, s32 alt, u16 feature, u8 lengths */
#define ATOMIC_CONTEXT	32	/* instructions the kernel looks back over */
#define BREAKPOINT	0xcc	/* int3 of x86 */

static int64_t sign_extend(uint32_t value, unsigned int bits)
{
	return (int64_t)((uint64_t)value << (64 - bits)) >> (64 - bits);
}

static void add_edge(struct pfc_flow *flow, size_t from, uint64_t to)
{
	struct pfc_insn *insn = &flow->insns[from];
	uint64_t index = (to - flow->start) / INSN;
	unsigned int i;

	if (index >= flow->nr) {
		/* Leaves the function: a tail call. */
		insn->call = true;
		insn->target = to;
		return;
	}
	for (i = 0; i < insn->nr_next; i++)
		if (insn->next[i] == index)
			return;
	if (insn->nr_next < PFC_FLOW_EDGES)
		insn->next[insn->nr_next++] = index;
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
static bool is_refused(const uint32_t *codes, size_t at)
{
	uint32_t code = codes[at];
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
	for (back = 1; back <= ATOMIC_CONTEXT && back <= at; back++) {
		if (is_store_exclusive(codes[at - back]))
			return false;
		if (is_load_exclusive(codes[at - back]))
			return true;
	}
	return false;
}

/**
 * pfc_flow_refused() - whether an arm64 kernel refuses a kprobe for the code around it
 * @image: the kernel
 * @function: a function
 * @addr: the address of an instruction of it
 *
 * The first instruction of a function is always accepted: compilers put nothing there that
 * cannot be stepped over. Of other machines only breakpoints are known to be refused.
 *
 * Return: true if it does, or if the file does not hold the code.
 */
bool pfc_flow_refused(const struct pfc_image *image, const struct pfc_symbol *function,
		      uint64_t addr)
{
	size_t at = (addr - function->addr) / INSN;
	const uint32_t *codes;
	unsigned char byte;

	if (image->machine != EM_AARCH64)
		return !pfc_image_read(image, addr, &byte, 1) || byte == BREAKPOINT;
	codes = pfc_image_data(image, function->addr, (at + 1) * INSN);
	return !codes || (at && is_refused(codes, at));
}

/* Control does not return from a call of these. */
static bool never_returns(const struct pfc_image *image, uint64_t target)
{
	static const char *const names[] = {
		"__stack_chk_fail", "panic", "__ubsan_handle_builtin_unreachable",
	};
	const struct pfc_symbol *function = pfc_image_function_at(image, target);
	size_t i;

	for (i = 0; function && i < sizeof(names) / sizeof(*names); i++)
		if (function->addr == target && !strcmp(function->name, names[i]))
			return true;
	return false;
}

/* Returns why control cannot be followed, or NULL. */
static const char *decode(struct pfc_flow *flow, const struct pfc_image *image,
			  const uint32_t *codes, size_t at)
{
	struct pfc_insn *insn = &flow->insns[at];
	uint64_t addr = flow->start + at * INSN, target;
	uint32_t code = codes[at];
	bool falls;

	insn->refused = is_refused(codes, at);
	insn->store = is_store(code);
	if (branch_target(code, addr, &target, &falls)) {
		insn->branch = falls;
		add_edge(flow, at, target);
		if (falls)
			add_edge(flow, at, addr + INSN);
		return NULL;
	}
	if (code >> 26 == 0x25) {				/* bl */
		insn->call = true;
		insn->target = addr + sign_extend(code & 0x3ffffff, 26) * INSN;
		if (never_returns(image, insn->target))
			return NULL;
	} else if ((code & 0xfe000000) == 0xd6000000) {		/* registers */
		if ((code & 0x00600000) == 0x00200000) {	/* blr */
			insn->call = true;
		} else if ((code & 0x00600000) == 0x00400000) {	/* ret */
			return NULL;
		} else {
			return "it jumps through a table";
		}
	} else if (code == 0xd503201f && at + 1 == flow->nr) {
		return NULL;					/* padding */
	}
	add_edge(flow, at, addr + INSN);
	return NULL;
}

static int32_t get_s32(const unsigned char *at)
{
	int32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* A table between two symbols: its address, its bytes and their number. */
static const unsigned char *table(const struct pfc_image *image, const char *first,
				  const char *last, uint64_t *addr, size_t *len)
{
	const struct pfc_symbol *start = pfc_image_symbol(image, first, NULL);
	const struct pfc_symbol *end = pfc_image_symbol(image, last, NULL);

	*len = 0;
	if (!start || !end || end->addr <= start->addr)
		return NULL;
	*addr = start->addr;
	*len = end->addr - start->addr;
	return pfc_image_data(image, *addr, *len);
}

static bool inside(const struct pfc_flow *flow, uint64_t addr)
{
	return addr - flow->start < flow->nr * INSN;
}

static bool follow_jump_labels(struct pfc_flow *flow, const struct pfc_image *image)
{
	const unsigned char *entry;
	uint64_t addr;
	size_t len, at;

	entry = table(image, "__start___jump_table", "__stop___jump_table", &addr, &len);
	for (at = 0; entry && at + JUMP_ENTRY <= len; at += JUMP_ENTRY) {
		uint64_t code = addr + at + get_s32(entry + at);
		uint64_t target = addr + at + 4 + get_s32(entry + at + 4);
		size_t index = (code - flow->start) / INSN;

		if (!inside(flow, code))
			continue;
		flow->insns[index].branch = true;
		add_edge(flow, index, target);
		add_edge(flow, index, code + INSN);
	}
	return entry || !len;
}

static bool follow_alternatives(struct pfc_flow *flow, const struct pfc_image *image)
{
	const unsigned char *entry;
	uint64_t addr;
	size_t len, at, i;

	entry = table(image, "__alt_instructions", "__alt_instructions_end", &addr, &len);
	for (at = 0; entry && at + ALT_ENTRY <= len; at += ALT_ENTRY) {
		uint64_t orig = addr + at + get_s32(entry + at);
		uint64_t alt = addr + at + 4 + get_s32(entry + at + 4);
		uint8_t orig_len = entry[at + 10], alt_len = entry[at + 11];

		for (i = 0; inside(flow, orig) && i < orig_len / INSN; i++) {
			size_t index = (orig - flow->start) / INSN + i;
			uint64_t target;
			uint32_t code;
			bool falls;

			if (index >= flow->nr)
				break;
			/* A callback without a replacement writes nops or nothing. */
			add_edge(flow, index, orig + (i + 1) * INSN);
			if (i >= alt_len / INSN)
				continue;
			if (!pfc_image_read(image, alt + i * INSN, &code, sizeof(code)))
				return false;
			/* Branches inside the replacement move with it. */
			if (branch_target(code, alt + i * INSN, &target, &falls))
				add_edge(flow, index, target - alt < alt_len ?
					 orig + (target - alt) : target);
			flow->insns[index].store |= is_store(code);
		}
	}
	return entry || !len;
}

/**
 * pfc_flow_build() - follow the control flow of a function
 * @flow: filled in; to be released by pfc_flow_free() whatever is returned
 * @image: the kernel, for arm64
 * @function: the function
 *
 * Return: NULL, or why it cannot be followed.
 */
const char *pfc_flow_build(struct pfc_flow *flow, const struct pfc_image *image,
			   const struct pfc_symbol *function)
{
	const char *why = NULL;
	uint32_t *codes;
	size_t i;

	memset(flow, 0, sizeof(*flow));
	if (image->machine != EM_AARCH64)
		return "control flow is followed on arm64 only";
	flow->start = function->addr;
	flow->nr = function->size / INSN;
	codes = pfc_alloc(NULL, flow->nr, sizeof(*codes));
	flow->insns = pfc_alloc(NULL, flow->nr, sizeof(*flow->insns));
	memset(flow->insns, 0, flow->nr * sizeof(*flow->insns));
	if (!pfc_image_read(image, flow->start, codes, flow->nr * INSN))
		why = "the file does not hold its code";
	for (i = 0; !why && i < flow->nr; i++)
		why = decode(flow, image, codes, i);
	free(codes);
	if (why)
		return why;
	if (!follow_jump_labels(flow, image) || !follow_alternatives(flow, image))
		return "the file does not hold its jump labels and alternatives";
	return NULL;
}

/**
 * pfc_flow_free() - release what pfc_flow_build() allocated
 * @flow: the flow
 */
void pfc_flow_free(struct pfc_flow *flow)
{
	free(flow->insns);
	memset(flow, 0, sizeof(*flow));
}

/**
 * pfc_flow_reach() - what can be reached
 * @flow: the flow
 * @from: index of the instruction to start at
 * @after: start behind it: it is reached only if control comes back to it
 * @avoid: index of an instruction that control may not pass, or PFC_FLOW_NOTHING
 *
 * Return: a flag for each instruction, to be released by free().
 */
bool *pfc_flow_reach(const struct pfc_flow *flow, size_t from, bool after,
		     size_t avoid)
{
	bool *reached = pfc_alloc(NULL, flow->nr, sizeof(*reached));
	size_t *stack = pfc_alloc(NULL, flow->nr + 1, sizeof(*stack));
	size_t depth = 0;
	unsigned int i;

	memset(reached, 0, flow->nr * sizeof(*reached));
	if (from != avoid) {
		stack[depth++] = from;
		reached[from] = !after;
	}
	while (depth) {
		const struct pfc_insn *insn = &flow->insns[stack[--depth]];

		for (i = 0; i < insn->nr_next; i++) {
			size_t next = insn->next[i];

			if (reached[next] || next == avoid)
				continue;
			reached[next] = true;
			stack[depth++] = next;
		}
	}
	free(stack);
	return reached;
}
