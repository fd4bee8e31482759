// SPDX-License-Identifier: GPL-2.0
/* The instructions of x86_64, by libcapstone, as far as control flow and kprobes ask. */
#include <capstone/capstone.h>
#include <string.h>

#include "flow_machine.h"

/* For as long as the program runs; room for one instruction. */
static csh engine;
static cs_insn *room;

static const cs_insn *disassemble(const struct pfc_block *block, size_t at)
{
	const uint8_t *bytes = block->bytes + at;
	size_t left = block->len - at;
	uint64_t addr = block->addr + at;

	if (!room) {
		if (cs_open(CS_ARCH_X86, CS_MODE_64, &engine) != CS_ERR_OK ||
		    cs_option(engine, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK)
			return NULL;
		room = cs_malloc(engine);
	}
	return room && cs_disasm_iter(engine, &bytes, &left, &addr, room) ? room : NULL;
}

/* Whether a symbol at an address, which may be code without a type, begins and ends so. */
static bool is_called(const struct pfc_image *image, uint64_t addr, const char *start,
		      const char *end)
{
	const struct pfc_symbol *symbol;
	size_t nr;

	for (symbol = pfc_image_symbols_at(image, addr, &nr); nr; symbol++, nr--) {
		size_t len = strlen(symbol->name);

		if (!strncmp(symbol->name, start, strlen(start)) && len >= strlen(end) &&
		    !strcmp(symbol->name + len - strlen(end), end))
			return true;
	}
	return false;
}

static bool is_memory(const cs_x86_op *operand)
{
	return operand->type == X86_OP_MEM;
}

/*
 * What writes memory has it as its first operand, but for pushes. When in doubt an instruction
 * is called a store: that only makes the checks stricter.
 */
static bool is_store(const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;

	switch (insn->id) {
	case X86_INS_PUSH:
	case X86_INS_PUSHFQ:
		return true;
	case X86_INS_BT:
	case X86_INS_CMP:
	case X86_INS_NOP:
	case X86_INS_PREFETCHNTA:
	case X86_INS_PREFETCHT0:
	case X86_INS_PREFETCHW:
	case X86_INS_TEST:
		return false;
	case X86_INS_CMPXCHG:
	case X86_INS_XADD:
	case X86_INS_XCHG:
		return is_memory(&x86->operands[0]) || is_memory(&x86->operands[1]);
	}
	return x86->op_count && is_memory(&x86->operands[0]);
}

/* What arch_prepare_kprobe() refuses, and register_kprobe() of the code alone. */
static bool is_refused(const cs_insn *insn)
{
	const cs_x86 *x86 = &insn->detail->x86;

	switch (insn->id) {
	case X86_INS_INT3:
	case X86_INS_IRET:
	case X86_INS_IRETD:
	case X86_INS_IRETQ:
	case X86_INS_LCALL:
	case X86_INS_LJMP:
	case X86_INS_UD2:	/* find_bug() */
		return true;
	case X86_INS_CALL:
	case X86_INS_JMP:
		return is_memory(&x86->operands[0]);
	case X86_INS_MOV:	/* of ss, to be followed by an instruction without interrupts */
		return x86->operands[0].type == X86_OP_REG &&
		       x86->operands[0].reg == X86_REG_SS;
	}
	/* vmcall and its kin */
	return x86->opcode[0] == 0x0f && x86->opcode[1] == 0x01 && x86->modrm >= 0xc0 &&
	       !(x86->modrm >> 3 & 7);
}

/* A conditional jump: capstone does not call all of them jumps. */
static bool is_conditional(const cs_insn *insn)
{
	size_t i;

	switch (insn->id) {
	case X86_INS_LOOP:
	case X86_INS_LOOPE:
	case X86_INS_LOOPNE:
		return true;
	}
	for (i = 0; i < insn->detail->groups_count; i++)
		if (insn->detail->groups[i] == X86_GRP_JUMP)
			return true;
	return false;
}

/* A jump to a place that is known, conditional or not; of the kernel's thunks: returns, ... */
static const char *decode_jump(const struct pfc_image *image, const cs_insn *insn,
			       struct pfc_code *code)
{
	const cs_x86_op *operand = &insn->detail->x86.operands[0];

	code->insn.branch = insn->id != X86_INS_JMP;
	code->falls = code->insn.branch;
	code->to = operand->imm;
	if (operand->type != X86_OP_IMM || is_called(image, code->to, "__x86_indirect_", ""))
		return "it jumps through a table";
	code->jumps = !is_called(image, code->to, "", "_return_thunk");
	/* The kernel patches it. */
	code->insn.refused |= is_called(image, code->to, "__SCT__", "");
	return NULL;
}

static const char *decode(const struct pfc_image *image, const struct pfc_block *block,
			  size_t at, struct pfc_code *code)
{
	const cs_insn *insn = disassemble(block, at);
	const cs_x86 *x86;

	if (!insn)
		return "libcapstone does not know one of its instructions";
	x86 = &insn->detail->x86;
	code->insn.addr = insn->address;
	code->insn.len = insn->size;
	code->insn.store = is_store(insn);
	code->insn.refused = is_refused(insn);
	code->falls = true;
	switch (insn->id) {
	case X86_INS_CALL:
		code->insn.call = true;
		if (x86->operands[0].type != X86_OP_IMM)
			break;
		code->insn.refused |= is_called(image, x86->operands[0].imm, "__SCT__", "");
		if (!is_called(image, x86->operands[0].imm, "__x86_indirect_", ""))
			code->insn.target = x86->operands[0].imm;
		break;
	case X86_INS_LCALL:
		code->insn.call = true;
		break;
	case X86_INS_LJMP:
		return "it jumps through a table";
	case X86_INS_INT3:	/* padding, or behind what does not return */
	case X86_INS_IRET:
	case X86_INS_IRETD:
	case X86_INS_IRETQ:
	case X86_INS_RET:
	case X86_INS_RETF:
	case X86_INS_RETFQ:
	case X86_INS_SYSEXIT:
	case X86_INS_SYSRET:
		code->falls = false;
		break;
	case X86_INS_XBEGIN:
		return "it begins transactions";
	default:
		/* ud2 may be a warning, and go on. Of ud0 and ud1 capstone misses operands. */
		if (x86->opcode[0] == 0x0f && (x86->opcode[1] == 0xb9 || x86->opcode[1] == 0xff))
			return "it has an instruction without a length";
		if (is_conditional(insn) || insn->id == X86_INS_JMP)
			return decode_jump(image, insn, code);
	}
	return NULL;
}

static bool refused(const struct pfc_image *image, const struct pfc_block *block, size_t at)
{
	struct pfc_code code = { .falls = true };

	return decode(image, block, at, &code) || code.insn.refused;
}

const struct pfc_machine pfc_machine_x86 = {
	.decode = decode,
	.refused = refused,
};
