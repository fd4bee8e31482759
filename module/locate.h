/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names to addresses, by reading the dispatcher's own code.
 */
#ifndef PFC_LOCATE_H
#define PFC_LOCATE_H

#include <linux/types.h>

#define PFC_SYMBOL_LEN	64

/**
 * struct pfc_symbol - a piece of kernel text that has a name
 * @start: address of the first byte
 * @size: bytes up to the next symbol
 * @name: its name, suffixes (.isra.0, ...) included
 */
struct pfc_symbol {
	unsigned long start;
	unsigned long size;
	char name[PFC_SYMBOL_LEN];
};

/**
 * struct pfc_callee - a function that the dispatcher calls
 * @symbol: the function
 * @site: address of the call, the last one seen; 0: that is conditional
 * @returns: where that call returns to, or 0: it is a tail call
 * @sites: how many calls there are
 */
struct pfc_callee {
	struct pfc_symbol symbol;
	unsigned long site;
	unsigned long returns;
	unsigned int sites;
};

/* The text that belongs to the dispatcher. Written by init, then only read. */
#define PFC_MAX_RANGES	18

struct pfc_range {
	unsigned long start;
	unsigned long size;
};

/*
 * The dispatcher: handle_mm_fault() and whichever of its inner functions
 * (__handle_mm_fault(), handle_pte_fault(), ...) this kernel did not inline, with their
 * unlikely parts (.cold). Written by init.
 */
extern struct pfc_range pfc_dispatcher[PFC_MAX_RANGES];
extern unsigned int pfc_nr_dispatcher;
/* Those that the first touch of an anonymous page passes through: bits of their indices. */
extern unsigned long pfc_ordinary;

/* The kernel's own text, without modules and BPF; size 0: not known. Written by init. */
extern struct pfc_range pfc_kernel_text;

/*
 * Where return probes of others make a function return to: such an address does not
 * show who called it. Written by init.
 */
#define PFC_MAX_TRAMPOLINES	5

extern struct pfc_range pfc_trampolines[PFC_MAX_TRAMPOLINES];
extern unsigned int pfc_nr_trampolines;
extern unsigned int pfc_nr_kretprobe_trampolines;	/* the first of them: kretprobes' */

/**
 * pfc_in_ranges() - whether an address lies in one of some functions
 * @pc: a return address
 * @ranges: where they are
 * @nr: how many there are
 *
 * Context: any; probe handlers.
 * Return: true if it does.
 */
static __always_inline bool pfc_in_ranges(unsigned long pc, const struct pfc_range *ranges,
					  unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (pc - ranges[i].start < ranges[i].size)
			return true;
	return false;
}

/**
 * struct pfc_refusal - a function that sends the signal of an access that is refused
 * @name: its name
 * @address: which argument is the faulting address; if not the first, the first two
 *	are the signal and its code, else it sends no other
 * @start: where it is
 */
struct pfc_refusal {
	const char *name;
	int address;
	unsigned long start;
};

#define PFC_MAX_REFUSALS	2

/* What the architecture's functions that refuse call. Written by init. */
extern struct pfc_refusal pfc_refusals[PFC_MAX_REFUSALS];
extern unsigned int pfc_nr_refusals;

int pfc_locate_init(void);
void pfc_locate_exit(void);
bool pfc_symbol_at(unsigned long addr, struct pfc_symbol *sym);
bool pfc_locate_is(const struct pfc_callee *callee, const char *name);
const struct pfc_callee *pfc_locate_callee(const char *name);
const struct pfc_callee *pfc_locate_site(unsigned long site);
const struct pfc_callee *pfc_locate_entry(unsigned long addr);
bool pfc_locate_forwards(const struct pfc_callee *callee, const char *name, unsigned int nr);
unsigned long pfc_locate_symbol(const char *name);
const char *pfc_locate_refusals(void);
unsigned long pfc_locate_next_return(unsigned long after);

#endif /* PFC_LOCATE_H */
