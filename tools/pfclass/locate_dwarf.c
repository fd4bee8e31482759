// SPDX-License-Identifier: GPL-2.0
/* pfclass locate: the inlined functions and the calls that DWARF describes. */
#include <dwarf.h>
#include <string.h>

#include "lib/output.h"
#include "locate.h"

const struct row locate_rows[LOCATE_NR_ROWS] = {
	{ .class = PFC_ANON, .function = "do_anonymous_page" },
	{ .class = PFC_WP, .function = "do_wp_page" },
	{ .class = PFC_SWAP, .function = "do_swap_page" },
	{ .class = PFC_NUMA, .function = "do_numa_page",
	  .callees = { "vm_normal_page", "vm_normal_folio" },
	  .wrappers = { "vm_normal_folio" } },
	{ .class = PFC_AF, .function = "handle_pte_fault",
	  .callees = { "ptep_set_access_flags", "__ptep_set_access_flags",
		       "__ptep_set_access_flags_anysz",
		       "contpte_ptep_set_access_flags" },
	  .wrappers = { "ptep_set_access_flags", "__ptep_set_access_flags" },
	  .call_only = true },
	{ .class = PFC_FILE, .function = "do_fault" },
	{ .class = PFC_HUGETLB, .function = "hugetlb_fault" },
};

/* The functions of the dispatcher. */
static const char *const dispatcher[] = {
	LOCATE_ROOT, "__handle_mm_fault", "handle_pte_fault", "do_pte_missing",
	"create_huge_pmd", "wp_huge_pmd", "create_huge_pud", "wp_huge_pud",
};

#define NR_DISPATCHER	(sizeof(dispatcher) / sizeof(*dispatcher))

/* Two offsets and two lengths, in bytes. */
#define LEAST_ALTERNATIVE	10

static bool one_of(const char *name, const char *const *list, size_t nr)
{
	size_t i;

	for (i = 0; i < nr && list[i]; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}

static bool is_dispatcher(const char *name)
{
	return one_of(name, dispatcher, NR_DISPATCHER);
}

/**
 * locate_is_variant() - whether a symbol is a function or a variant of it
 * @symbol: the symbol's name
 * @name: the function's name
 *
 * Return: true for NAME and what the compiler made of it (NAME.isra.0, ...), but not
 * for its cold part.
 */
bool locate_is_variant(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol, name, len) &&
	       (!symbol[len] || (symbol[len] == '.' && !strstr(symbol + len, ".cold")));
}

static bool dispatchers_own(const struct search *search, size_t depth)
{
	size_t i;

	for (i = 0; i < depth; i++)
		if (!is_dispatcher(search->path[i]))
			return false;
	return true;
}

/* The row that a call of CALLEE from here is a probe point of. */
static const struct row *row_of_call(const struct search *search, const char *callee)
{
	size_t i, j;

	for (i = 0; i < LOCATE_NR_ROWS; i++) {
		const struct row *row = &locate_rows[i];

		if (!one_of(callee, row->callees, LOCATE_MOST_CALLEES))
			continue;
		for (j = search->depth; j-- > 0; )
			if (!one_of(search->path[j], row->wrappers, LOCATE_MOST_CALLEES))
				break;
		if (j < search->depth && !strcmp(search->path[j], row->function) &&
		    dispatchers_own(search, j))
			return row;
	}
	return NULL;
}

static bool attr_addr(Dwarf_Die *die, unsigned int name, Dwarf_Addr *addr)
{
	Dwarf_Attribute attr;

	return dwarf_attr(die, name, &attr) && !dwarf_formaddr(&attr, addr);
}

/**
 * locate_inlined_at() - which functions are inlined at an address
 * @parent: what to look in
 * @pc: the address
 * @path: gets their names, from outermost to innermost
 * @depth: where in @path they begin
 *
 * gcc describes a call inside the inlined function that makes it, clang beside it.
 *
 * Return: the new depth, LOCATE_MOST_DEPTH at most.
 */
size_t locate_inlined_at(Dwarf_Die *parent, Dwarf_Addr pc, const char **path, size_t depth)
{
	const char *name;
	Dwarf_Die die;

	if (dwarf_child(parent, &die))
		return depth;
	do {
		bool inlined = dwarf_tag(&die) == DW_TAG_inlined_subroutine;

		if ((!inlined && dwarf_tag(&die) != DW_TAG_lexical_block) ||
		    dwarf_haspc(&die, pc) <= 0)
			continue;
		name = inlined ? dwarf_diename(&die) : NULL;
		if (inlined && (!name || depth == LOCATE_MOST_DEPTH))
			return depth;
		if (inlined)
			path[depth++] = name;
		return locate_inlined_at(&die, pc, path, depth);
	} while (!dwarf_siblingof(&die, &die));
	return depth;
}

/**
 * locate_callee() - what a call site calls
 * @site: its DIE
 *
 * Return: the function's name, NULL if it is called through a pointer, or has none.
 */
const char *locate_callee(Dwarf_Die *site)
{
	Dwarf_Attribute attr;
	Dwarf_Die callee;

	if (!dwarf_attr(site, DW_AT_call_origin, &attr) &&
	    !dwarf_attr(site, DW_AT_abstract_origin, &attr))
		return NULL;
	return dwarf_formref_die(&attr, &callee) ? dwarf_diename(&callee) : NULL;
}

/**
 * locate_call_addr() - where a call site is
 * @site: its DIE
 * @len: bytes of a call, behind which it returns
 * @addr: set to the address of the call
 *
 * Return: false if DWARF does not say.
 */
bool locate_call_addr(Dwarf_Die *site, unsigned int len, Dwarf_Addr *addr)
{
	if (!attr_addr(site, DW_AT_call_return_pc, addr) && !attr_addr(site, DW_AT_low_pc, addr))
		return attr_addr(site, DW_AT_call_pc, addr);
	*addr -= len;
	return true;
}

static void note_call(struct search *search, const struct pfc_symbol *in,
		      Dwarf_Die *parent, Dwarf_Die *die)
{
	const char *callee = locate_callee(die);
	size_t depth = search->depth;
	struct call *call;
	Dwarf_Addr addr;

	if (!callee || !locate_call_addr(die, pfc_image_call_len(&search->image), &addr))
		return;
	search->calls = pfc_alloc(search->calls, search->nr_calls + 1,
				  sizeof(*search->calls));
	call = &search->calls[search->nr_calls++];
	search->depth = locate_inlined_at(parent, addr, search->path, depth);
	*call = (struct call){
		.row = row_of_call(search, callee),
		.in = in,
		.callee = callee,
		.addr = addr,
		.dispatchers = dispatchers_own(search, search->depth),
	};
	search->depth = depth;
}

static size_t note_body(struct search *search, const struct pfc_symbol *in,
			Dwarf_Die *die, const char *name)
{
	struct body *body;
	Dwarf_Addr base, start, end;
	ptrdiff_t offset = 0;
	size_t i;

	search->bodies = pfc_alloc(search->bodies, search->nr_bodies + 1,
				   sizeof(*search->bodies));
	body = &search->bodies[search->nr_bodies];
	*body = (struct body){
		.in = in, .name = name, .inside = search->inside,
		.has_entry = !dwarf_entrypc(die, &start),
	};
	body->entry = body->has_entry ? start : 0;
	while ((offset = dwarf_ranges(die, offset, &base, &start, &end)) > 0) {
		body->ranges = pfc_alloc(body->ranges, body->nr_ranges + 1,
					 sizeof(*body->ranges));
		body->ranges[body->nr_ranges++] = (struct range){ start, end };
	}
	/* Inlined into anything else it is not called by the dispatcher. */
	for (i = 0; dispatchers_own(search, search->depth) && i < LOCATE_NR_ROWS; i++)
		if (!strcmp(locate_rows[i].function, name))
			body->row = &locate_rows[i];
	return search->nr_bodies++;
}

static void walk(struct search *search, const struct pfc_symbol *in,
		 Dwarf_Die *parent)
{
	size_t index, outer = search->inside;
	Dwarf_Die die;
	const char *name;

	if (dwarf_child(parent, &die))
		return;
	do {
		switch (dwarf_tag(&die)) {
		case DW_TAG_call_site:
		case DW_TAG_GNU_call_site:
			note_call(search, in, parent, &die);
			break;
		case DW_TAG_lexical_block:
			walk(search, in, &die);
			break;
		case DW_TAG_inlined_subroutine:
			name = dwarf_diename(&die);
			if (!name || search->depth == LOCATE_MOST_DEPTH)
				break;
			index = note_body(search, in, &die, name);
			/* handle_pte_fault() is around all classes: it belongs to none. */
			if (search->bodies[index].row &&
			    !search->bodies[index].row->call_only)
				search->inside = index;
			search->path[search->depth++] = name;
			walk(search, in, &die);
			search->depth--;
			search->inside = outer;
			break;
		}
	} while (!dwarf_siblingof(&die, &die));
}

/* Walk every function of the dispatcher that has code of its own. */
static bool walk_unit(struct search *search, Dwarf_Die *unit)
{
	const struct pfc_symbol *in;
	Dwarf_Addr base, start, end;
	const char *name;
	bool found = false;
	Dwarf_Die die;

	if (dwarf_child(unit, &die))
		return false;
	do {
		if (dwarf_tag(&die) != DW_TAG_subprogram)
			continue;
		name = dwarf_diename(&die);
		/* A function with a cold part has no entry, but ranges. */
		if (!name || !is_dispatcher(name) ||
		    dwarf_ranges(&die, 0, &base, &start, &end) <= 0)
			continue;
		in = pfc_image_function_at(&search->image, start);
		if (!in || !locate_is_variant(in->name, name))
			continue;
		if (search->nr_functions == LOCATE_MOST_FUNCTIONS)
			break;
		search->functions[search->nr_functions++] = in;
		found = true;
		search->path[0] = name;
		search->depth = 1;
		search->inside = LOCATE_NO_BODY;
		walk(search, in, &die);
	} while (!dwarf_siblingof(&die, &die));
	return found;
}

static bool member_offset(Dwarf_Die *structure, const char *name, size_t *offset)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;
	Dwarf_Die die;

	if (dwarf_child(structure, &die))
		return false;
	do {
		if (dwarf_tag(&die) == DW_TAG_member && dwarf_diename(&die) &&
		    !strcmp(dwarf_diename(&die), name) &&
		    dwarf_attr(&die, DW_AT_data_member_location, &attr) &&
		    !dwarf_formudata(&attr, &word)) {
			*offset = word;
			return true;
		}
	} while (!dwarf_siblingof(&die, &die));
	return false;
}

/* The x86 kernel's struct alt_instr, which has changed over time, from the unit that reads it. */
static void find_alternative(struct search *search, Dwarf_Die *unit)
{
	struct pfc_alternative found = { .size = 0 };
	const char *name;
	Dwarf_Die die;
	int size;

	if (dwarf_child(unit, &die))
		return;
	do {
		name = dwarf_tag(&die) == DW_TAG_structure_type ? dwarf_diename(&die) : NULL;
		if (!name || strcmp(name, "alt_instr"))
			continue;
		size = dwarf_bytesize(&die);
		if (size >= LEAST_ALTERNATIVE &&
		    member_offset(&die, "instrlen", &found.len_at) &&
		    member_offset(&die, "replacementlen", &found.new_len_at) &&
		    found.len_at < (size_t)size && found.new_len_at < (size_t)size) {
			found.size = size;
			search->image.alternative = found;
			return;
		}
	} while (!dwarf_siblingof(&die, &die));
}

/**
 * locate_walk() - collect the inlined bodies and the calls of the dispatcher
 * @search: the search, with its ELF file and DWARF open
 *
 * Each function of the dispatcher names its unit. With link-time optimisation
 * they may be in several.
 *
 * Return: true if a function of the dispatcher was found.
 */
bool locate_walk(struct search *search)
{
	const struct pfc_symbol *symbol;
	Dwarf_Addr addrs[NR_DISPATCHER];
	Dwarf_Addr alternatives = 0;
	Dwarf_CU *unit = NULL;
	bool found = false;
	size_t nr = 0, i;
	Dwarf_Die die;

	/* Patchable bytes may precede what DWARF calls a function's start. */
	for (i = 0; i < NR_DISPATCHER; i++) {
		symbol = pfc_image_symbol(&search->image, dispatcher[i], NULL);
		if (symbol && symbol->size)
			addrs[nr++] = symbol->addr + symbol->size - 1;
	}
	symbol = pfc_image_symbol(&search->image, "apply_alternatives", NULL);
	if (symbol && symbol->size)
		alternatives = symbol->addr + symbol->size - 1;
	while (!dwarf_get_units(search->dwarf, unit, &unit, NULL, NULL, &die, NULL)) {
		if (alternatives && dwarf_haspc(&die, alternatives) > 0)
			find_alternative(search, &die);
		for (i = 0; i < nr; i++)
			if (dwarf_haspc(&die, addrs[i]) > 0)
				break;
		if (i < nr)
			found |= walk_unit(search, &die);
	}
	return found;
}
