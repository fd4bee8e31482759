/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pfclass locate: what DWARF describes, and the probe points that result.
 *
 * The dispatcher is handle_mm_fault() and the functions between it and those that
 * the classes are named after.
 */
#ifndef PFC_LOCATE_H
#define PFC_LOCATE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/image.h"
#include "lib/keys.h"

#define LOCATE_MOST_CALLEES	5
#define LOCATE_MOST_DEPTH	64
#define LOCATE_MOST_FUNCTIONS	16
#define LOCATE_ROOT	"handle_mm_fault"

/**
 * struct row - where a class can be probed whose function was inlined
 * @class: the class
 * @function: the function that was inlined
 * @callees: what it calls exactly once, if there is such a thing
 * @wrappers: inlined functions allowed between it and the call
 * @call_only: only the call will do
 */
struct row {
	enum pfc_class class;
	const char *function;
	const char *callees[LOCATE_MOST_CALLEES];
	const char *wrappers[LOCATE_MOST_CALLEES];
	bool call_only;
};

#define LOCATE_NR_ROWS	7

extern const struct row locate_rows[LOCATE_NR_ROWS];

/* A range of code; the end is exclusive. */
struct range {
	Dwarf_Addr start;
	Dwarf_Addr end;
};

/* An inlined function inside the dispatcher. */
struct body {
	const struct row *row;		/* the row of its function, or NULL */
	const struct pfc_symbol *in;
	const char *name;
	size_t inside;			/* the row's body that it is a part of */
	bool has_entry;
	Dwarf_Addr entry;
	struct range *ranges;
	size_t nr_ranges;
};

#define LOCATE_NO_BODY	SIZE_MAX

/* A call that DWARF knows of. */
struct call {
	const struct row *row;		/* the row that it is a probe point of, or NULL */
	const struct pfc_symbol *in;
	const char *callee;
	uint64_t addr;
	bool dispatchers;		/* made by the dispatcher itself */
};

/* The probe points of a row. */
struct result {
	char *points;			/* as the module takes them, or NULL */
	const char *method;
	char why[160];			/* not located: the reason */
};

struct search {
	struct pfc_image image;
	Dwarf *dwarf;
	struct body *bodies;
	size_t nr_bodies;
	struct call *calls;
	size_t nr_calls;
	const struct pfc_symbol *functions[LOCATE_MOST_FUNCTIONS];
	size_t nr_functions;		/* of the dispatcher, with code of their own */
	const char *path[LOCATE_MOST_DEPTH];	/* functions around the DIE at hand */
	size_t depth;
	size_t inside;			/* the row's body around it, or NO_BODY */
	struct result results[LOCATE_NR_ROWS];
};

bool locate_is_variant(const char *symbol, const char *name);
const char *locate_callee(Dwarf_Die *site);
bool locate_call_addr(Dwarf_Die *site, unsigned int len, Dwarf_Addr *addr);
size_t locate_inlined_at(Dwarf_Die *parent, Dwarf_Addr pc, const char **path, size_t depth);
bool locate_walk(struct search *search);
void locate_decide(struct search *search, size_t index);
int pfc_audit(const char *path, bool json);

#endif /* PFC_LOCATE_H */
