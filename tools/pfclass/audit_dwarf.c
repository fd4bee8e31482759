// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass locate --audit: what DWARF tells of the fault path as it is in the source, whatever
 * the compiler inlined. Facts, for comparison with other kernels:
 *
 *   part CALLER FUNCTION    the dispatcher's CALLER calls FUNCTION, which handles faults
 *   calls FUNCTION CALLER   CALLER calls FUNCTION, or one that stands for it
 *   args FUNCTION RETURNED (ARGUMENT, ...)
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "lib/image.h"
#include "lib/output.h"
#include "locate.h"

#define TYPE_LEN	64
#define BASE_LEN	16
#define MOST_TYPES	16	/* a damaged type may be its own */
#define PROTOTYPE_LEN	512

struct prototype {
	const char *name;
	char *text;
	bool own_way;		/* the compiler has changed its arguments */
};

struct edge {
	const char *from;
	const char *to;
};

struct walk {
	const struct audit_search *search;
	struct audit_facts *facts;
	struct prototype *prototypes;
	size_t nr_prototypes;
	struct edge *edges;		/* of the dispatcher */
	size_t nr_edges;
	const char *path[LOCATE_MOST_DEPTH];	/* functions around the DIE at hand */
	size_t depth;
};

static size_t nr_names(const struct audit_search *search)
{
	return search->nr_names + AUDIT_NR_GUARD;
}

static const struct audit_name *name_at(const struct audit_search *search, size_t i)
{
	return i < search->nr_names ? &search->names[i] : &audit_guard[i - search->nr_names];
}

static const struct audit_name *find_name(const struct audit_search *search, const char *name,
					  enum audit_role role)
{
	size_t i;

	for (i = 0; i < nr_names(search); i++)
		if (name_at(search, i)->role == role && !strcmp(name_at(search, i)->name, name))
			return name_at(search, i);
	return NULL;
}

/* Compilers have different words for "u64". */
static const char *base_name(Dwarf_Die *type, char *text)
{
	Dwarf_Attribute attr;
	Dwarf_Word encoding;

	if (!dwarf_attr_integrate(type, DW_AT_encoding, &attr) ||
	    dwarf_formudata(&attr, &encoding) ||
	    (encoding != DW_ATE_signed && encoding != DW_ATE_unsigned))
		return dwarf_diename(type);
	snprintf(text, BASE_LEN, "%c%d", encoding == DW_ATE_signed ? 's' : 'u',
		 dwarf_bytesize(type) * 8);
	return text;
}

/* What the DIE's type is called: "struct vm_fault *". */
static void type_name(Dwarf_Die *die, char *text)
{
	unsigned int pointers = 0, i;
	const char *name, *kind = "";
	char base[BASE_LEN];
	Dwarf_Attribute attr;
	Dwarf_Die type = *die;
	bool typed = false;

	for (i = 0; i < MOST_TYPES; i++) {
		typed = dwarf_attr_integrate(&type, DW_AT_type, &attr) &&
			dwarf_formref_die(&attr, &type);
		switch (typed ? dwarf_tag(&type) : DW_TAG_invalid) {
		case DW_TAG_pointer_type:
			pointers++;
			continue;
		case DW_TAG_const_type:
		case DW_TAG_volatile_type:
			continue;
		case DW_TAG_structure_type:
			kind = "struct ";
			break;
		case DW_TAG_union_type:
			kind = "union ";
			break;
		case DW_TAG_enumeration_type:
			kind = "enum ";
			break;
		}
		break;
	}
	if (typed && dwarf_tag(&type) == DW_TAG_base_type)
		name = base_name(&type, base);
	else
		name = typed ? dwarf_diename(&type) : "void";
	snprintf(text, TYPE_LEN, "%s%s%s%.*s", kind, name ? name : "?", pointers ? " " : "",
		 (int)pointers, "********");
}

static const struct prototype *prototype_of(const struct walk *walk, const char *name)
{
	size_t i;

	for (i = 0; i < walk->nr_prototypes; i++)
		if (!strcmp(walk->prototypes[i].name, name))
			return &walk->prototypes[i];
	return NULL;
}

/* Of a function that is defined here, in the source or in the code. */
static void note_prototype(struct walk *walk, Dwarf_Die *function)
{
	char text[PROTOTYPE_LEN], type[TYPE_LEN];
	const char *name = dwarf_diename(function), *between = "";
	bool argument = false;
	Dwarf_Attribute attr;
	Dwarf_Word value;
	Dwarf_Die die;
	size_t len;

	if (!name || dwarf_hasattr(function, DW_AT_declaration))
		return;
	type_name(function, type);
	len = snprintf(text, sizeof(text), "%s (", type);
	if (!dwarf_child(function, &die)) {
		do {
			if (dwarf_tag(&die) != DW_TAG_formal_parameter)
				continue;
			argument = true;
			type_name(&die, type);
			if (len < sizeof(text))
				len += snprintf(text + len, sizeof(text) - len, "%s%s", between,
						type);
			between = ", ";
		} while (!dwarf_siblingof(&die, &die));
	}
	/* The code of a function whose source is elsewhere may lack them. */
	if (!argument && dwarf_hasattr(function, DW_AT_abstract_origin))
		return;
	if (len < sizeof(text))
		snprintf(text + len, sizeof(text) - len, "%s)", argument ? "" : "void");
	if (prototype_of(walk, name))
		return;
	walk->prototypes = pfc_alloc(walk->prototypes, walk->nr_prototypes + 1,
				     sizeof(*walk->prototypes));
	walk->prototypes[walk->nr_prototypes++] = (struct prototype){
		.name = name,
		.text = pfc_format("%s", text),
		.own_way = dwarf_attr(function, DW_AT_calling_convention, &attr) &&
			   !dwarf_formudata(&attr, &value) && value == DW_CC_nocall,
	};
}

/* The function around the DIE at hand calls TO, or has it inlined. */
static void note_call(struct walk *walk, const char *to)
{
	const struct audit_name *callee = find_name(walk->search, to, AUDIT_SHARED), *other;
	size_t depth = walk->depth;

	if (find_name(walk->search, walk->path[depth - 1], AUDIT_PART)) {
		walk->edges = pfc_alloc(walk->edges, walk->nr_edges + 1, sizeof(*walk->edges));
		walk->edges[walk->nr_edges++] = (struct edge){ walk->path[depth - 1], to };
	}
	while (callee && depth--) {
		/* One of them calls another. */
		other = find_name(walk->search, walk->path[depth], AUDIT_SHARED);
		if (other && !strcmp(other->group, callee->group))
			continue;
		audit_fact(walk->facts, "calls %s %s", callee->group, walk->path[depth]);
		return;
	}
}

/* A call that DWARF describes below PARENT. */
static void note_call_site(struct walk *walk, Dwarf_Die *parent, Dwarf_Die *site)
{
	const char *callee = locate_callee(site);
	size_t depth = walk->depth;
	Dwarf_Addr pc;

	if (!callee)
		return;
	/* Any address within the call will do. */
	if (locate_call_addr(site, 1, &pc))
		walk->depth = locate_inlined_at(parent, pc, walk->path, depth);
	note_call(walk, callee);
	walk->depth = depth;
}

static void walk_function(struct walk *walk, Dwarf_Die *parent)
{
	const char *name;
	Dwarf_Die die;

	if (dwarf_child(parent, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_call_site:
		case DW_TAG_GNU_call_site:
			note_call_site(walk, parent, &die);
			break;
		case DW_TAG_lexical_block:
			walk_function(walk, &die);
			break;
		case DW_TAG_inlined_subroutine:
			name = dwarf_diename(&die);
			if (!name || walk->depth == LOCATE_MOST_DEPTH)
				break;
			note_call(walk, name);
			walk->path[walk->depth++] = name;
			walk_function(walk, &die);
			walk->depth--;
			break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

/* PATH: whether it is a file of the fault path, not only one that it calls. */
static void walk_unit(struct walk *walk, Dwarf_Die *unit, bool path)
{
	Dwarf_Addr base, start, end;
	const char *name;
	Dwarf_Die die;

	if (dwarf_child(unit, &die))
		return;
	do {
		if (dwarf_tag(&die) != DW_TAG_subprogram)
			continue;
		note_prototype(walk, &die);
		name = dwarf_diename(&die);
		if (!path || !name || dwarf_ranges(&die, 0, &base, &start, &end) <= 0)
			continue;
		walk->path[0] = name;
		walk->depth = 1;
		walk_function(walk, &die);
	} while (!dwarf_siblingof(&die, &die));
}

static bool walk_units(struct walk *walk, const struct pfc_image *image, Dwarf *dwarf)
{
	const struct audit_search *search = walk->search;
	size_t nr = nr_names(search), i;
	uint64_t *addrs = pfc_alloc(NULL, nr, sizeof(*addrs));
	const struct pfc_symbol *symbol;
	Dwarf_CU *unit = NULL;
	bool found = false;
	Dwarf_Die die;
	int end;

	for (i = 0; i < nr; i++) {
		symbol = pfc_image_symbol(image, name_at(search, i)->name, NULL);
		/* Patchable bytes may precede what DWARF calls a function's start. */
		addrs[i] = symbol && symbol->size ? symbol->addr + symbol->size - 1 : 0;
	}
	while (!(end = dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &die, NULL))) {
		bool called = false, path = false;

		for (i = 0; i < nr && !path; i++) {
			if (!addrs[i] || dwarf_haspc(&die, addrs[i]) <= 0)
				continue;
			called = true;
			path = name_at(search, i)->role != AUDIT_CALLED;
		}
		if (called)
			walk_unit(walk, &die, path);
		found |= path;
	}
	free(addrs);
	return found && end > 0;
}

static bool handles_faults(const struct prototype *prototype)
{
	return prototype && (!strncmp(prototype->text, "vm_fault_t ", 11) ||
			     strstr(prototype->text, "struct vm_fault *"));
}

/**
 * audit_dwarf() - collect the facts that only debugging information has
 * @image: the kernel
 * @search: what the module would find in it
 * @facts: to add to
 *
 * Return: true if there is debugging information of the fault path.
 */
bool audit_dwarf(const struct pfc_image *image, const struct audit_search *search,
		 struct audit_facts *facts)
{
	struct walk walk = { .search = search, .facts = facts };
	Dwarf *dwarf = dwarf_begin_elf(image->elf, DWARF_C_READ, NULL);
	const struct prototype *prototype;
	bool found;
	size_t i;

	if (!dwarf)
		return false;
	found = walk_units(&walk, image, dwarf);
	for (i = 0; i < walk.nr_edges; i++)
		if (handles_faults(prototype_of(&walk, walk.edges[i].to)))
			audit_fact(facts, "part %s %s", walk.edges[i].from, walk.edges[i].to);
	for (i = 0; i < nr_names(search); i++) {
		const struct audit_name *name = name_at(search, i);
		bool called = name->role == AUDIT_CALLED, guards = i >= search->nr_names;
		bool read = name->role == AUDIT_PART ? !strcmp(name->name, "handle_mm_fault") :
						       called == guards;

		prototype = prototype_of(&walk, name->name);
		/* Whose arguments handlers read. */
		if (prototype && read)
			audit_fact(facts, "args %s %s%s", name->name, prototype->text,
				   prototype->own_way &&
				   find_name(search, name->name, AUDIT_CALLED) ?
				   " called in the compiler's own way" : "");
	}
	for (i = 0; i < walk.nr_prototypes; i++)
		free(walk.prototypes[i].text);
	free(walk.prototypes);
	free(walk.edges);
	dwarf_end(dwarf);
	return found;
}
