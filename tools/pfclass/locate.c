// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass locate: where, in a kernel whose compiler inlined the functions that
 * classes are named after, each class is decided. Read from DWARF, checked
 * against the code.
 *
 * Two kinds of place are known:
 *
 * The call. A function that the inlined one calls once on its way, and that
 * nothing else in the dispatcher calls from there, is as good as the function
 * itself. DWARF names the calls of an inlined function (DW_TAG_call_site) and
 * the code must hold a call of that very function at the address: a call cannot
 * be moved, shared or speculated by the compiler the way other instructions
 * are. For the access-flag tail nothing else will do, because the module reads
 * the arguments of the call. Where the kernel accepts no kprobe at the call, the
 * function's own entry is named, provided that the dispatcher calls it nowhere
 * else: at an entry the module counts the dispatcher's calls only.
 *
 * The entry. DW_AT_entry_pc is where the compiler says that the inlined body
 * begins. It is a hint only: optimisation moves instructions over it, merges and
 * duplicates blocks. So the control flow of the enclosing function is followed
 * (arm64), with everything that jump labels and alternatives can make of it, and
 * the place is taken only if
 *   - it belongs to the inlined body,
 *   - whoever executes a call, a store or a decision of the body has passed it:
 *     no execution is missed. Excepted is what came from a helper that is inlined
 *     outside the body too, because the compiler may have made one of both,
 *   - no other class can be reached from it: it lies behind the decision,
 *   - it cannot be reached from itself: each execution passes it once.
 * If the kernel accepts no kprobe there, an instruction behind it without any
 * way in or out between them is as good.
 *
 * What passes no check is not printed: a class that says "unavailable" is better
 * than one that counts something else.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "image.h"
#include "keys.h"
#include "output.h"
#include "pfclass.h"

/* lint: allow CAMELCASE throughout: the names of libelf, libdw and inttypes.h */

#define MOST_CALLEES	5
#define MOST_DEPTH	64
#define MOST_FUNCTIONS	16
#define ROOT		"handle_mm_fault"

/**
 * struct row - how a class that was inlined can be seen
 * @class: the class
 * @function: the function that was inlined
 * @callees: what it calls exactly once, if there is such a thing
 * @wrappers: inlined functions that may stand between it and the call
 * @call_only: only the call will do
 */
struct row {
	enum pfc_class class;
	const char *function;
	const char *callees[MOST_CALLEES];
	const char *wrappers[MOST_CALLEES];
	bool call_only;
};

static const struct row rows[] = {
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

#define NR_ROWS	(sizeof(rows) / sizeof(*rows))

/* Functions whose calls are the dispatcher's own. */
static const char *const dispatcher[] = {
	ROOT, "__handle_mm_fault", "handle_pte_fault", "do_pte_missing",
	"create_huge_pmd", "wp_huge_pmd", "create_huge_pud", "wp_huge_pud",
};

#define NR_DISPATCHER	(sizeof(dispatcher) / sizeof(*dispatcher))

/* A stretch of code, its end not in it. */
struct range {
	Dwarf_Addr start;
	Dwarf_Addr end;
};

/* An inlined function inside the dispatcher. */
struct body {
	const struct row *row;		/* the one whose function it is, or NULL */
	const struct pfc_symbol *in;
	const char *name;
	size_t inside;			/* the row's body that it is a part of */
	bool has_entry;
	Dwarf_Addr entry;
	struct range *ranges;
	size_t nr_ranges;
};

#define NO_BODY	SIZE_MAX

/* A call that DWARF knows of. */
struct call {
	const struct row *row;		/* the one that it is a place of, or NULL */
	const struct pfc_symbol *in;
	const char *callee;
	uint64_t addr;
	bool dispatchers;		/* made by the dispatcher itself */
};

/* What becomes of a row. */
struct result {
	char *places;			/* as the module takes them, or NULL */
	const char *how;
	char why[160];			/* not located: the reason */
};

struct search {
	struct pfc_image image;
	Dwarf *dwarf;
	struct body *bodies;
	size_t nr_bodies;
	struct call *calls;
	size_t nr_calls;
	const struct pfc_symbol *functions[MOST_FUNCTIONS];
	size_t nr_functions;		/* of the dispatcher, with code of their own */
	const char *path[MOST_DEPTH];	/* functions around the DIE at hand */
	size_t depth;
	size_t inside;			/* the row's body around it, or NO_BODY */
	struct result results[NR_ROWS];
};

struct input {
	struct pfc_options *options;
	const char *path;
	bool force;
};

static const char doc[] =
	"Print the parameters to load the module with, for the classes whose "
	"functions the compiler inlined into the fault handler."
	"\v"
	"VMLINUX is the running kernel's, with debugging symbols: from a package "
	"(linux-image-...-dbg) or a build directory. Debian's amd64 and arm64 "
	"packages put it in /usr/lib/debug/boot.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass locate /usr/lib/debug/boot/vmlinux-$(uname -r)\n"
	"  insmod pfclass.ko $(pfclass locate vmlinux)\n"
	"  pfclass locate --force vmlinux    for a kernel that runs elsewhere\n";

static const struct argp_option locate_options[] = {
	{ "force", 'f', NULL, 0, "Do not compare VMLINUX with the running kernel", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'f':
		input->force = true;
		return 0;
	case ARGP_KEY_ARG:
		if (input->path)
			argp_error(state, "\"%s\" is one file too many", arg);
		input->path = arg;
		return 0;
	case ARGP_KEY_END:
		if (!input->path)
			argp_error(state, "the kernel's vmlinux is missing");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { .argp = &pfc_common_argp }, { 0 } };
static const struct argp argp = {
	.options = locate_options,
	.parser = parse_option,
	.args_doc = "VMLINUX",
	.doc = doc,
	.children = children,
};

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

/* NAME itself, or a variant that the compiler made of it. */
static bool is_variant(const char *symbol, const char *name)
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

/* The row whose place a call of CALLEE from here is. */
static const struct row *row_of_call(const struct search *search, const char *callee)
{
	size_t i, j;

	for (i = 0; i < NR_ROWS; i++) {
		const struct row *row = &rows[i];

		if (!one_of(callee, row->callees, MOST_CALLEES))
			continue;
		for (j = search->depth; j-- > 0; )
			if (!one_of(search->path[j], row->wrappers, MOST_CALLEES))
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

static void note_call(struct search *search, const struct pfc_symbol *in,
		      Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die origin;
	Dwarf_Addr addr;
	const char *callee;
	struct call *call;

	if (!dwarf_attr(die, DW_AT_call_origin, &attr) &&
	    !dwarf_attr(die, DW_AT_abstract_origin, &attr))
		return;		/* through a pointer */
	if (!dwarf_formref_die(&attr, &origin))
		return;
	callee = dwarf_diename(&origin);
	if (!callee)
		return;
	if (attr_addr(die, DW_AT_call_return_pc, &addr) ||
	    attr_addr(die, DW_AT_low_pc, &addr))
		addr -= pfc_image_call_len(&search->image);
	else if (!attr_addr(die, DW_AT_call_pc, &addr))
		return;
	search->calls = pfc_alloc(search->calls, search->nr_calls + 1,
				  sizeof(*search->calls));
	call = &search->calls[search->nr_calls++];
	*call = (struct call){
		.row = row_of_call(search, callee),
		.in = in,
		.callee = callee,
		.addr = addr,
		.dispatchers = dispatchers_own(search, search->depth),
	};
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
	/* Inlined into anything else it is another function's affair. */
	for (i = 0; dispatchers_own(search, search->depth) && i < NR_ROWS; i++)
		if (!strcmp(rows[i].function, name))
			body->row = &rows[i];
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
			note_call(search, in, &die);
			break;
		case DW_TAG_lexical_block:
			walk(search, in, &die);
			break;
		case DW_TAG_inlined_subroutine:
			name = dwarf_diename(&die);
			if (!name || search->depth == MOST_DEPTH)
				break;
			index = note_body(search, in, &die, name);
			/* handle_pte_fault() is around all: it is no class's own. */
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

/* Look at every function of the dispatcher that has code of its own. */
static bool walk_unit(struct search *search, Dwarf_Die *unit)
{
	const struct pfc_symbol *in;
	Dwarf_Addr entry;
	const char *name;
	bool found = false;
	Dwarf_Die die;

	if (dwarf_child(unit, &die))
		return false;
	do {
		if (dwarf_tag(&die) != DW_TAG_subprogram)
			continue;
		name = dwarf_diename(&die);
		if (!name || !is_dispatcher(name) || dwarf_entrypc(&die, &entry))
			continue;
		in = pfc_image_function_at(&search->image, entry);
		if (!in || !is_variant(in->name, name))
			continue;
		if (search->nr_functions == MOST_FUNCTIONS)
			break;
		search->functions[search->nr_functions++] = in;
		found = true;
		search->path[0] = name;
		search->depth = 1;
		search->inside = NO_BODY;
		walk(search, in, &die);
	} while (!dwarf_siblingof(&die, &die));
	return found;
}

/*
 * Each function of the dispatcher names its unit. With link-time optimisation
 * they may be in several.
 */
static bool walk_units(struct search *search)
{
	const struct pfc_symbol *symbol;
	Dwarf_Addr addrs[NR_DISPATCHER];
	Dwarf_CU *unit = NULL;
	bool found = false;
	size_t nr = 0, i;
	Dwarf_Die die;

	/* Patchable bytes may stand before what DWARF calls a function's start. */
	for (i = 0; i < NR_DISPATCHER; i++) {
		symbol = pfc_image_symbol(&search->image, dispatcher[i], NULL);
		if (symbol && symbol->size)
			addrs[nr++] = symbol->addr + symbol->size - 1;
	}
	while (!dwarf_get_units(search->dwarf, unit, &unit, NULL, NULL, &die, NULL)) {
		for (i = 0; i < nr; i++)
			if (dwarf_haspc(&die, addrs[i]) > 0)
				break;
		if (i < nr)
			found |= walk_unit(search, &die);
	}
	return found;
}

static int __attribute__((format(printf, 2, 3)))
not_located(struct result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
	free(result->places);
	result->places = NULL;
	return -1;
}

static int add_place(const struct search *search, struct result *result,
		     const struct pfc_symbol *in, uint64_t addr, const char *how)
{
	char place[256], *places;
	size_t count;

	pfc_image_symbol(&search->image, in->name, &count);
	if (count != 1)
		return not_located(result, "%zu symbols are called %s: a place cannot be named "
					   "by it",
				   count, in->name);
	snprintf(place, sizeof(place), "%s+0x%" PRIx64, in->name, addr - in->addr);
	places = pfc_alloc(NULL, strlen(place) + 2 +
			   (result->places ? strlen(result->places) : 0), 1);
	sprintf(places, "%s%s%s", result->places ? result->places : "",
		result->places ? "," : "", place);
	free(result->places);
	result->places = places;
	result->how = how;
	return 0;
}

static bool has_pc(const struct body *body, uint64_t addr)
{
	size_t i;

	for (i = 0; i < body->nr_ranges; i++)
		if (addr >= body->ranges[i].start && addr < body->ranges[i].end)
			return true;
	return false;
}

static bool inlined_outside(const struct search *search, const struct body *body,
			    const char *name)
{
	size_t i;

	for (i = 0; i < search->nr_bodies; i++)
		if (search->bodies[i].in == body->in &&
		    search->bodies[i].inside != (size_t)(body - search->bodies) &&
		    &search->bodies[i] != body && !strcmp(search->bodies[i].name, name))
			return true;
	return false;
}

/* The body's own code, which no helper brings that others use as well. */
static bool is_own(const struct search *search, const struct body *body, uint64_t addr)
{
	size_t i;

	if (!has_pc(body, addr))
		return false;
	for (i = 0; i < search->nr_bodies; i++) {
		const struct body *helper = &search->bodies[i];

		if (helper->inside == (size_t)(body - search->bodies) &&
		    has_pc(helper, addr) &&
		    inlined_outside(search, body, helper->name))
			return false;
	}
	return true;
}

/* The code must call what DWARF says that it calls. */
static bool calls_it(const struct search *search, const struct call *call,
		     uint64_t *target)
{
	const struct pfc_symbol *function;

	if (!pfc_image_call_target(&search->image, call->addr, target))
		return false;
	function = pfc_image_function_at(&search->image, *target);
	return function && function->addr == *target &&
	       is_variant(function->name, call->callee);
}

static size_t index_of(const struct pfc_flow *flow, uint64_t addr)
{
	return (addr - flow->start) / 4;
}

static const struct row *row_at(const struct search *search, uint64_t addr)
{
	size_t i;

	for (i = 0; i < search->nr_calls; i++)
		if (search->calls[i].row && search->calls[i].addr == addr)
			return search->calls[i].row;
	return NULL;
}

/* Whether the dispatcher calls a function as this row does, and only so. */
static bool called_only_by(const struct search *search, const struct row *row,
			   uint64_t function)
{
	size_t i;

	for (i = 0; i < search->nr_functions; i++) {
		const struct pfc_symbol *in = search->functions[i];
		uint64_t addr, target;

		for (addr = in->addr; addr < in->addr + in->size; addr += 4)
			if (pfc_image_call_target(&search->image, addr, &target) &&
			    target == function && row_at(search, addr) != row)
				return false;
	}
	return true;
}

/* Whether one execution can pass the calls of a row in a function twice. */
static bool passes_twice(const struct search *search, const struct row *row,
			 const struct pfc_flow *flow)
{
	bool twice = false;
	size_t i, at;

	for (i = 0; !twice && i < search->nr_calls; i++) {
		bool *reached;

		if (search->calls[i].row != row ||
		    index_of(flow, search->calls[i].addr) >= flow->nr)
			continue;
		reached = pfc_flow_reach(flow, index_of(flow, search->calls[i].addr),
					 true, PFC_FLOW_NOTHING);
		for (at = 0; at < flow->nr; at++)
			twice |= reached[at] &&
				 row_at(search, flow->start + at * 4) == row;
		free(reached);
	}
	return twice;
}

static int place_call(const struct search *search, const struct row *row,
		      const struct call *call, const struct pfc_flow *flow,
		      struct result *result)
{
	const struct pfc_symbol *callee;
	uint64_t target;

	if (!calls_it(search, call, &target))
		return not_located(result, "DWARF has a call of %s at %s+0x%" PRIx64 ", the "
					   "code has not",
				   call->callee, call->in->name,
				   call->addr - call->in->addr);
	if (!flow->nr || !flow->insns[index_of(flow, call->addr)].refused)
		return add_place(search, result, call->in, call->addr, "call");
	if (!called_only_by(search, row, target))
		return not_located(result, "the kernel accepts no kprobe at the call of %s, "
					   "which has other callers in %s",
				   call->callee, call->in->name);
	callee = pfc_image_function_at(&search->image, target);
	return add_place(search, result, callee, target, "callee");
}

/* Returns 1 if the row's calls will not do and the entry may be tried. */
static int place_by_call(const struct search *search, const struct row *row,
			 const struct body *body, struct result *result)
{
	struct pfc_flow flow = { .nr = 0 };
	const char *why = NULL;
	bool found = false;
	size_t i, j;
	int ret = 0;

	/* Where control is not followed, a call is still a call: see the top. */
	if (search->image.machine == EM_AARCH64)
		why = pfc_flow_build(&flow, &search->image, body->in);
	if (!why && passes_twice(search, row, &flow))
		why = "one execution can pass two of its calls";
	if (why)
		ret = not_located(result, "inlined into %s: %s", body->in->name, why);
	for (i = 0; !ret && i < search->nr_calls; i++) {
		const struct call *call = &search->calls[i];

		if (call->row != row || call->in != body->in || !has_pc(body, call->addr))
			continue;
		for (j = 0; j < i; j++)
			if (search->calls[j].row == row && search->calls[j].addr == call->addr)
				break;
		if (j < i)
			continue;
		found = true;
		ret = place_call(search, row, call, &flow, result);
	}
	pfc_flow_free(&flow);
	if (ret || found)
		return ret;
	not_located(result, "inlined into %s, and it calls none of the functions that would "
			    "show it",
		    body->in->name);
	return 1;
}

/* Whether an instruction decides that the fault is of another class. */
static bool is_other_class(const struct search *search, const struct row *row,
			   const struct body *body, const struct pfc_flow *flow,
			   size_t at)
{
	const struct pfc_insn *insn = &flow->insns[at];
	uint64_t addr = flow->start + at * 4;
	const struct pfc_symbol *callee;
	size_t i;

	if (!insn->call || has_pc(body, addr))
		return false;
	for (i = 0; i < search->nr_calls; i++)
		if (search->calls[i].addr == addr && search->calls[i].row &&
		    search->calls[i].row != row)
			return true;
	/* The tail's own body is all of handle_pte_fault(): its calls stand for it. */
	for (i = 0; i < search->nr_bodies; i++)
		if (search->bodies[i].row && search->bodies[i].row != row &&
		    !search->bodies[i].row->call_only &&
		    is_own(search, &search->bodies[i], addr))
			return true;
	callee = insn->target ? pfc_image_function_at(&search->image, insn->target) : NULL;
	if (!callee || callee->addr != insn->target)
		return false;
	for (i = 0; i < NR_ROWS; i++)
		if (&rows[i] != row && is_variant(callee->name, rows[i].function))
			return true;
	return false;
}

/* Why an instruction is no place to count the body, or NULL. */
static const char *check_entry(const struct search *search, const struct body *body,
			       const struct pfc_flow *flow, size_t place)
{
	bool *all, *past, *reached;
	const char *why = NULL;
	size_t i;

	if (!has_pc(body, flow->start + place * 4))
		return "its entry is outside its own code";
	all = pfc_flow_reach(flow, 0, false, PFC_FLOW_NOTHING);
	past = pfc_flow_reach(flow, 0, false, place);
	reached = pfc_flow_reach(flow, place, true, PFC_FLOW_NOTHING);
	if (!all[place])
		why = "nothing leads to its entry";
	else if (reached[place])
		why = "its entry is in a loop";
	for (i = 0; !why && i < flow->nr; i++) {
		const struct pfc_insn *insn = &flow->insns[i];

		if (past[i] && i != place && (insn->call || insn->store || insn->branch) &&
		    is_own(search, body, flow->start + i * 4))
			why = "there are ways into it past its entry";
		else if (reached[i] &&
			 is_other_class(search, body->row, body, flow, i))
			why = "its entry is passed by other classes too";
	}
	free(all);
	free(past);
	free(reached);
	return why;
}

/* The next instruction that is executed exactly when this one is, or NOTHING. */
static size_t straight_on(const struct pfc_flow *flow, size_t at)
{
	const struct pfc_insn *insn = &flow->insns[at];
	size_t i, next = at + 1, ways_in = 0;
	unsigned int j;

	if (insn->branch || insn->call || insn->nr_next != 1 || insn->next[0] != next)
		return PFC_FLOW_NOTHING;
	for (i = 0; i < flow->nr; i++)
		for (j = 0; j < flow->insns[i].nr_next; j++)
			ways_in += flow->insns[i].next[j] == next;
	return ways_in == 1 ? next : PFC_FLOW_NOTHING;
}

static int place_by_entry(const struct search *search, const struct body *body,
			  struct result *result)
{
	struct pfc_flow flow;
	const char *why;
	size_t at = 0;
	int ret;

	why = pfc_flow_build(&flow, &search->image, body->in);
	if (!why && !body->has_entry)
		why = "DWARF does not say where it begins";
	if (!why && (body->entry - flow.start) / 4 >= flow.nr)
		why = "its entry is in another section of code";
	if (!why) {
		at = index_of(&flow, body->entry);
		why = check_entry(search, body, &flow, at);
	}
	while (!why && flow.insns[at].refused) {
		at = straight_on(&flow, at);
		if (at == PFC_FLOW_NOTHING)
			why = "the kernel accepts no kprobe at its entry";
	}
	if (why)
		ret = not_located(result, "inlined into %s: %s", body->in->name, why);
	else
		ret = add_place(search, result, body->in, flow.start + at * 4, "entry");
	pfc_flow_free(&flow);
	return ret;
}

static void decide(struct search *search, size_t index)
{
	const struct row *row = &rows[index];
	struct result *result = &search->results[index];
	bool inlined = false;
	size_t i;
	int ret;

	for (i = 0; i < search->nr_bodies; i++) {
		const struct body *body = &search->bodies[i];

		if (body->row != row)
			continue;
		inlined = true;
		ret = row->callees[0] ? place_by_call(search, row, body, result) : 1;
		if (ret > 0 && !row->call_only)
			ret = place_by_entry(search, body, result);
		if (ret)
			return;
	}
	/* Inlined here and called there: both count. */
	for (i = 0; inlined && i < search->nr_calls; i++) {
		const struct call *call = &search->calls[i];
		const struct pfc_symbol *callee;
		uint64_t target;

		if (!call->dispatchers || row->call_only ||
		    strcmp(call->callee, row->function) ||
		    !pfc_image_call_target(&search->image, call->addr, &target))
			continue;
		callee = pfc_image_function_at(&search->image, target);
		if (callee && callee->addr == target)
			add_place(search, result, callee, target, result->how);
		return;
	}
}

static const char *key_of(const struct row *row)
{
	return pfc_key(pfc_key_class(row->class))->name;
}

static int print_lines(const struct search *search)
{
	bool any = false, missing = false;
	size_t i;

	for (i = 0; i < NR_ROWS; i++) {
		if (!search->results[i].places)
			continue;
		any = true;
		printf("probe_%s=%s\n", key_of(&rows[i]), search->results[i].places);
	}
	for (i = 0; i < NR_ROWS; i++) {
		if (!*search->results[i].why)
			continue;
		missing = true;
		pfc_error("%s: %s() is not located: %s", key_of(&rows[i]),
			  rows[i].function, search->results[i].why);
	}
	if (!any && !missing)
		pfc_error("no class's function is inlined in %s: load the module without "
			  "parameters",
			  search->image.path);
	return missing ? PFC_EXIT_NOT_LOCATED : PFC_EXIT_OK;
}

static int print_json(const struct search *search)
{
	json_t *root = pfc_json_object(), *places = pfc_json_array();
	json_t *parameters = pfc_json_object();
	bool missing = false;
	char name[80];
	size_t i;

	for (i = 0; i < NR_ROWS; i++) {
		const struct result *result = &search->results[i];
		json_t *row;

		if (!result->places && !*result->why)
			continue;
		row = pfc_json_object();
		pfc_json_set(row, "class", pfc_json_string(key_of(&rows[i])));
		pfc_json_set(row, "function", pfc_json_string(rows[i].function));
		if (result->places) {
			snprintf(name, sizeof(name), "probe_%s", key_of(&rows[i]));
			pfc_json_set(parameters, name, pfc_json_string(result->places));
			pfc_json_set(row, "by", pfc_json_string(result->how));
			pfc_json_set(row, "place", pfc_json_string(result->places));
			pfc_json_set(row, "reason", json_null());
		} else {
			missing = true;
			pfc_json_set(row, "by", json_null());
			pfc_json_set(row, "place", json_null());
			pfc_json_set(row, "reason", pfc_json_string(result->why));
		}
		pfc_json_append(places, row);
	}
	pfc_json_set(root, "build_id", *search->image.build_id ?
		     pfc_json_string(search->image.build_id) : json_null());
	pfc_json_set(root, "machine", pfc_json_string(search->image.machine == EM_AARCH64 ?
						      "arm64" : "x86_64"));
	pfc_json_set(root, "parameters", parameters);
	pfc_json_set(root, "places", places);
	pfc_json_print(root, false);
	return missing ? PFC_EXIT_NOT_LOCATED : PFC_EXIT_OK;
}

static int look(struct search *search)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	size_t i;

	if (!pfc_image_symbol(&search->image, ROOT, NULL)) {
		pfc_error("%s has no symbol %s: it is not a kernel, or it was stripped",
			  search->image.path, ROOT);
		return PFC_EXIT_NOT_ELF;
	}
	search->dwarf = dwarf_begin_elf(search->image.elf, DWARF_C_READ, NULL);
	if (!search->dwarf ||
	    dwarf_get_units(search->dwarf, NULL, &unit, NULL, NULL, &die, NULL)) {
		pfc_error("%s has no DWARF debugging information; take the vmlinux of the -dbg "
			  "package, or build with CONFIG_DEBUG_INFO_DWARF5=y",
			  search->image.path);
		return PFC_EXIT_NO_DWARF;
	}
	if (!walk_units(search)) {
		pfc_error("%s has debugging information, but none of %s()",
			  search->image.path, ROOT);
		return PFC_EXIT_NO_DWARF;
	}
	for (i = 0; i < NR_ROWS; i++)
		decide(search, i);
	return PFC_EXIT_OK;
}

/**
 * pfc_cmd_locate() - the subcommand "locate"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options that stood before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_locate(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct search search = { .nr_calls = 0 };
	size_t i;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_image_open(&search.image, input.path);
	if (ret)
		return ret;
	if (!input.force)
		ret = pfc_image_is_running(&search.image);
	if (!ret)
		ret = look(&search);
	if (!ret)
		ret = options->json ? print_json(&search) : print_lines(&search);
	for (i = 0; i < NR_ROWS; i++)
		free(search.results[i].places);
	for (i = 0; i < search.nr_bodies; i++)
		free(search.bodies[i].ranges);
	free(search.bodies);
	free(search.calls);
	if (search.dwarf)
		dwarf_end(search.dwarf);
	pfc_image_close(&search.image);
	return pfc_flush() ? PFC_EXIT_FAILURE : ret;
}
