/* SPDX-License-Identifier: GPL-2.0 */
/* The control flow inside one function of a kernel. */
#ifndef PFC_FLOW_H
#define PFC_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

#define PFC_FLOW_EDGES	8

/**
 * struct pfc_insn - one instruction
 * @addr: its address
 * @len: its length in bytes
 * @next: where control can go inside the function: indexes of instructions
 * @nr_next: how many
 * @call: it calls, or leaves the function by a branch
 * @branch: it decides where control goes
 * @store: it writes memory
 * @refused: kernels accept no kprobe on it
 * @target: what it calls, 0 if that is not known
 */
struct pfc_insn {
	uint64_t addr;
	uint32_t len;
	uint32_t next[PFC_FLOW_EDGES];
	unsigned int nr_next;
	bool call;
	bool branch;
	bool store;
	bool refused;
	uint64_t target;
};

/**
 * struct pfc_flow - the control flow of one function
 * @insns: its instructions, by ascending address; those of its cold part, too
 * @nr: how many
 * @start: index of the first one that is executed
 */
struct pfc_flow {
	struct pfc_insn *insns;
	size_t nr;
	size_t start;
};

const char *pfc_flow_build(struct pfc_flow *flow, const struct pfc_image *image,
			   const struct pfc_symbol *function);
bool pfc_flow_refused(const struct pfc_image *image, const struct pfc_symbol *function,
		      uint64_t addr);
void pfc_flow_free(struct pfc_flow *flow);
size_t pfc_flow_index(const struct pfc_flow *flow, uint64_t addr);
bool *pfc_flow_reach(const struct pfc_flow *flow, size_t from, bool after,
		     size_t avoid);

#define PFC_FLOW_NOTHING	SIZE_MAX	/* no instruction */

#endif /* PFC_FLOW_H */
