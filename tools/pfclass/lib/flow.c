// SPDX-License-Identifier: GPL-2.0
/*
 * Control flow inside one function: as in a kernel's ELF file, and as the kernel may
 * patch it while it runs. Jump labels turn a nop into a branch and back, alternatives
 * replace instructions: both variants are followed. What instructions do is known to
 * flow_arm64.c and flow_x86.c.
 */
#include "flow_machine.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"

#define JUMP_ENTRY	16	/* s32 code, s32 target, s64 key; each relative */
#define OUTSIDE		64	/* bytes of a piece of code that is in no function */

/* Where control can go. */
struct way {
	uint64_t from;
	uint64_t to;
	bool jump;		/* not just to the next instruction */
};

/* One of the kernel's tables of code that it patches. */
struct table {
	const unsigned char *bytes;
	uint64_t addr;
	size_t len;
};

/* A function that is being read. */
struct build {
	const struct pfc_image *image;
	const struct pfc_machine *machine;
	const struct pfc_symbol *function;
	struct table jump_labels;
	struct table alternatives;
	struct pfc_block *blocks;
	size_t nr_blocks;
	struct pfc_insn *insns;
	size_t nr_insns;
	struct way *ways;
	size_t nr_ways;
};

static const struct pfc_machine *machine_of(const struct pfc_image *image)
{
	return image->machine == EM_AARCH64 ? &pfc_machine_arm64 : &pfc_machine_x86;
}

/**
 * pfc_flow_refused() - whether a kernel refuses a kprobe for the code around it
 * @image: the kernel
 * @function: a function
 * @addr: the address of an instruction of it
 *
 * Return: true if it does, or if the file does not hold the code.
 */
bool pfc_flow_refused(const struct pfc_image *image, const struct pfc_symbol *function,
		      uint64_t addr)
{
	struct pfc_block block = { .addr = function->addr, .len = function->size };

	block.bytes = pfc_image_data(image, block.addr, block.len);
	return !block.bytes || addr - block.addr >= block.len ||
	       machine_of(image)->refused(image, &block, addr - block.addr);
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

static void add_way(struct build *build, uint64_t from, uint64_t to, bool jump)
{
	build->ways = pfc_alloc(build->ways, build->nr_ways + 1, sizeof(*build->ways));
	build->ways[build->nr_ways++] = (struct way){ from, to, jump };
}

static bool inside(const struct pfc_block *block, uint64_t addr)
{
	return addr - block->addr < block->len;
}

static int32_t get_s32(const unsigned char *at)
{
	int32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* The instruction at an address of the block that was read last, or NULL. */
static struct pfc_insn *insn_at(struct build *build, size_t first, uint64_t addr)
{
	const struct pfc_flow block = { build->insns + first, build->nr_insns - first, 0 };
	size_t index = pfc_flow_index(&block, addr);

	return index == PFC_FLOW_NOTHING ? NULL : &block.insns[index];
}

/* Find a table between two symbols; false if the file does not hold it. */
static bool find_table(struct table *table, const struct pfc_image *image, const char *first,
		       const char *last)
{
	const struct pfc_symbol *start = pfc_image_symbol(image, first, NULL);
	const struct pfc_symbol *end = pfc_image_symbol(image, last, NULL);

	if (!start || !end || end->addr <= start->addr)
		return true;
	table->addr = start->addr;
	table->len = end->addr - start->addr;
	table->bytes = pfc_image_data(image, table->addr, table->len);
	return table->bytes;
}

/* FIRST is the index of the block's first instruction, here and below. */
static const char *follow_jump_labels(struct build *build, const struct pfc_block *block,
				      size_t first)
{
	const struct table *labels = &build->jump_labels;
	struct pfc_insn *insn;
	size_t at;

	for (at = 0; at + JUMP_ENTRY <= labels->len; at += JUMP_ENTRY) {
		const unsigned char *entry = labels->bytes + at;
		uint64_t code = labels->addr + at + get_s32(entry);
		uint64_t target = labels->addr + at + 4 + get_s32(entry + 4);

		if (!inside(block, code))
			continue;
		insn = insn_at(build, first, code);
		if (!insn)
			return "a jump label is within an instruction";
		insn->branch = true;
		insn->refused = true;
		add_way(build, code, target, true);
		add_way(build, code, code + insn->len, false);
	}
	return NULL;
}

/*
 * What an alternative puts into the block at @orig. Where instructions have one length, each
 * replaces another; elsewhere the first one stands for all, and no kprobe is accepted on any,
 * for it would be where no instruction begins.
 */
static const char *follow_alternative(struct build *build, const struct pfc_block *block,
				      size_t first, uint64_t orig, size_t len,
				      const struct pfc_block *new)
{
	size_t step = build->machine->insn_len, at;
	struct pfc_code code;
	const char *why;
	bool local;

	for (at = 0; at < len && inside(block, orig + at); ) {
		struct pfc_insn *insn = insn_at(build, first, orig + at);

		if (!insn)
			return "an alternative is within an instruction";
		/* A callback without a replacement writes nops or nothing. */
		if (step || !at)
			add_way(build, insn->addr, orig + (step ? at + step : len), false);
		insn->refused |= !step;
		at += insn->len;
	}
	for (at = 0; at < new->len; at += code.insn.len) {
		struct pfc_insn *insn = insn_at(build, first, step ? orig + at : orig);

		memset(&code, 0, sizeof(code));
		why = build->machine->decode(build->image, new, at, &code);
		if (why)
			return why;
		if (!insn)
			break;
		/* Branches inside the replacement move with it. */
		local = code.to - new->addr <= new->len;
		if (local)
			code.to += orig - new->addr;
		if (code.jumps && (step || !local))
			add_way(build, insn->addr, code.to, true);
		if (code.insn.call && !insn->target)
			insn->target = code.insn.target;
		insn->call |= code.insn.call;
		insn->store |= code.insn.store;
	}
	return NULL;
}

static const char *follow_alternatives(struct build *build, const struct pfc_block *block,
				       size_t first)
{
	struct pfc_alternative form = build->machine->alternative;
	const struct table *table = &build->alternatives;
	const char *why = NULL;
	size_t at;

	if (!form.size)
		form = build->image->alternative;
	if (table->len && !form.size)
		return "the file does not describe its alternatives";
	for (at = 0; !why && table->len && at + form.size <= table->len; at += form.size) {
		const unsigned char *entry = table->bytes + at;
		uint64_t orig = table->addr + at + get_s32(entry);
		struct pfc_block new = {
			.addr = table->addr + at + 4 + get_s32(entry + 4),
			.len = entry[form.new_len_at],
		};

		if (!inside(block, orig))
			continue;
		new.bytes = pfc_image_data(build->image, new.addr, new.len);
		if (!new.bytes && new.len)
			return "the file does not hold its alternatives";
		why = follow_alternative(build, block, first, orig, entry[form.len_at], &new);
	}
	return why;
}

/*
 * Read a block: all of it, or as far as control goes straight on. Returns why control cannot
 * be followed, or NULL.
 */
static const char *read_block(struct build *build, struct pfc_block block, bool all)
{
	size_t first = build->nr_insns, at, i;
	struct pfc_code code = { .falls = true };
	const char *why;

	if (!block.bytes)
		return "the file does not hold its code";
	for (at = 0; at < block.len; at += code.insn.len) {
		memset(&code, 0, sizeof(code));
		why = build->machine->decode(build->image, &block, at, &code);
		if (why)
			return why;
		if (code.insn.call && never_returns(build->image, code.insn.target))
			code.falls = false;
		build->insns = pfc_alloc(build->insns, build->nr_insns + 1,
					 sizeof(*build->insns));
		build->insns[build->nr_insns++] = code.insn;
		if (code.jumps)
			add_way(build, code.insn.addr, code.to, true);
		if (code.falls)
			add_way(build, code.insn.addr, code.insn.addr + code.insn.len, false);
		else if (!all)
			block.len = at + code.insn.len;
	}
	if (!all && code.falls)
		return "it jumps out of all functions";
	for (i = 0; i < build->nr_blocks; i++)
		if (inside(&block, build->blocks[i].addr) ||
		    inside(&build->blocks[i], block.addr))
			return "its parts overlap";
	build->blocks = pfc_alloc(build->blocks, build->nr_blocks + 1, sizeof(*build->blocks));
	build->blocks[build->nr_blocks++] = block;
	why = follow_jump_labels(build, &block, first);
	return why ? why : follow_alternatives(build, &block, first);
}

static const char *read_function(struct build *build, const struct pfc_symbol *function)
{
	struct pfc_block block = { .addr = function->addr, .len = function->size };

	block.bytes = pfc_image_data(build->image, block.addr, block.len);
	return read_block(build, block, true);
}

/* Code in no function: what stands for a test until alternatives are applied (x86). */
static const char *read_outside(struct build *build, uint64_t addr)
{
	struct pfc_block block = { .addr = addr, .len = OUTSIDE };

	do
		block.bytes = pfc_image_data(build->image, addr, block.len);
	while (!block.bytes && --block.len);
	return read_block(build, block, false);
}

static bool is_read(const struct build *build, uint64_t addr)
{
	size_t i;

	for (i = 0; i < build->nr_blocks; i++)
		if (inside(&build->blocks[i], addr))
			return true;
	return false;
}

/* The part that the compiler put elsewhere, from where control may come back. */
static bool is_cold_part(const struct pfc_symbol *symbol, const struct pfc_symbol *of)
{
	size_t len = strlen(of->name);

	return !strncmp(symbol->name, of->name, len) && !strncmp(symbol->name + len, ".cold", 5);
}

/* Read what belongs to the function and is outside it. */
static const char *follow_out(struct build *build)
{
	const char *why = NULL;
	size_t i;

	for (i = 0; !why && i < build->nr_ways; i++) {
		const struct way *way = &build->ways[i];
		const struct pfc_symbol *to;

		if (!way->jump || is_read(build, way->to))
			continue;
		to = pfc_image_function_at(build->image, way->to);
		if (!to)
			why = read_outside(build, way->to);
		else if (is_cold_part(to, build->function))
			why = read_function(build, to);
	}
	return why;
}

static const char *add_edge(struct pfc_flow *flow, const struct build *build,
			    const struct way *way)
{
	struct pfc_insn *insn = &flow->insns[pfc_flow_index(flow, way->from)];
	size_t index = pfc_flow_index(flow, way->to);
	unsigned int i;

	if (index == PFC_FLOW_NOTHING) {
		if (is_read(build, way->to))
			return "it jumps into an instruction";
		/* Leaves the function: a tail call. */
		insn->call = true;
		insn->target = way->to;
		return NULL;
	}
	for (i = 0; i < insn->nr_next; i++)
		if (insn->next[i] == index)
			return NULL;
	if (insn->nr_next == PFC_FLOW_EDGES)
		return "it goes on in too many ways";
	insn->next[insn->nr_next++] = index;
	return NULL;
}

static int by_address(const void *a, const void *b)
{
	const struct pfc_insn *one = a, *two = b;

	return (one->addr > two->addr) - (one->addr < two->addr);
}

/**
 * pfc_flow_build() - follow the control flow of a function
 * @flow: filled in; to be released by pfc_flow_free() whatever is returned
 * @image: the kernel
 * @function: the function
 *
 * Return: NULL, or why it cannot be followed.
 */
const char *pfc_flow_build(struct pfc_flow *flow, const struct pfc_image *image,
			   const struct pfc_symbol *function)
{
	struct build build = {
		.image = image,
		.machine = machine_of(image),
		.function = function,
	};
	const char *why;
	size_t i;

	if (!find_table(&build.jump_labels, image, "__start___jump_table",
			"__stop___jump_table") ||
	    !find_table(&build.alternatives, image, "__alt_instructions",
			"__alt_instructions_end"))
		why = "the file does not hold its jump labels and alternatives";
	else
		why = read_function(&build, function);
	if (!why)
		why = follow_out(&build);
	if (build.nr_insns)
		qsort(build.insns, build.nr_insns, sizeof(*build.insns), by_address);
	*flow = (struct pfc_flow){ .insns = build.insns, .nr = build.nr_insns };
	for (i = 0; !why && i < build.nr_ways; i++)
		why = add_edge(flow, &build, &build.ways[i]);
	flow->start = pfc_flow_index(flow, function->addr);
	free(build.blocks);
	free(build.ways);
	return why;
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
 * pfc_flow_index() - the instruction at an address
 * @flow: the flow
 * @addr: the address
 *
 * Return: its index, PFC_FLOW_NOTHING if none begins there.
 */
size_t pfc_flow_index(const struct pfc_flow *flow, uint64_t addr)
{
	size_t low = 0, high = flow->nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (flow->insns[middle].addr == addr)
			return middle;
		if (flow->insns[middle].addr < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return PFC_FLOW_NOTHING;
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
