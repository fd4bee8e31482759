/* SPDX-License-Identifier: GPL-2.0 */
/* What control flow needs of a machine: its instructions, read one by one. */
#ifndef PFC_FLOW_MACHINE_H
#define PFC_FLOW_MACHINE_H

#include "flow.h"

/**
 * struct pfc_block - code in one piece
 * @bytes: the code
 * @addr: where it is linked
 * @len: bytes
 */
struct pfc_block {
	const unsigned char *bytes;
	uint64_t addr;
	size_t len;
};

/**
 * struct pfc_code - an instruction, as it is read
 * @insn: without where control can go
 * @falls: control can go to the next one
 * @jumps: control can go to @to
 * @to: an address
 */
struct pfc_code {
	struct pfc_insn insn;
	bool falls;
	bool jumps;
	uint64_t to;
};

/**
 * struct pfc_machine - a kind of processor
 * @decode: reads the instruction at offset @at of a block; returns why control cannot be
 *	followed through it, or NULL. What @code points to is zeroed before.
 * @refused: whether kernels accept no kprobe at offset @at of a function, for its code
 * @insn_len: bytes of an instruction, 0 if they differ
 * @alternative: struct alt_instr, its size 0 if it differs between kernels
 */
struct pfc_machine {
	const char *(*decode)(const struct pfc_image *image, const struct pfc_block *block,
			      size_t at, struct pfc_code *code);
	bool (*refused)(const struct pfc_image *image, const struct pfc_block *block, size_t at);
	size_t insn_len;
	struct pfc_alternative alternative;
};

extern const struct pfc_machine pfc_machine_arm64;
extern const struct pfc_machine pfc_machine_x86;

#endif /* PFC_FLOW_MACHINE_H */
