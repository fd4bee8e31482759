// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass locate: the checks that a call or an entry is an exact probe point. What
 * is exact is defined at the top of locate.c.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/flow.h"
#include "lib/output.h"
#include "locate.h"

static int __attribute__((format(printf, 2, 3)))
not_located(struct result *result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
	free(result->points);
	result->points = NULL;
	return -1;
}

static int add_point(const struct search *search, struct result *result,
		     const struct pfc_symbol *in, uint64_t addr, const char *method)
{
	char point[256], *points;
	size_t count;

	pfc_image_symbol(&search->image, in->name, &count);
	if (count != 1)
		return not_located(result, "%zu symbols are called %s: no probe point can be named "
					   "by it",
				   count, in->name);
	snprintf(point, sizeof(point), "%s+0x%" PRIx64, in->name, addr - in->addr);
	points = pfc_alloc(NULL, strlen(point) + 2 +
			   (result->points ? strlen(result->points) : 0), 1);
	sprintf(points, "%s%s%s", result->points ? result->points : "",
		result->points ? "," : "", point);
	free(result->points);
	result->points = points;
	result->method = method;
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

/* The body's own code: not that of a helper that is inlined outside it as well. */
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

/* The code must hold the call that DWARF describes. */
static bool calls_it(const struct search *search, const struct call *call,
		     uint64_t *target)
{
	const struct pfc_symbol *function;

	if (!pfc_image_call_target(&search->image, call->addr, target))
		return false;
	function = pfc_image_function_at(&search->image, *target);
	return function && function->addr == *target &&
	       locate_is_variant(function->name, call->callee);
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
	/* Where instructions have no one length: any bytes that could be such a call. */
	size_t step = search->image.machine == EM_AARCH64 ? 4 : 1, i;

	for (i = 0; i < search->nr_functions; i++) {
		const struct pfc_symbol *in = search->functions[i];
		uint64_t addr, target;

		for (addr = in->addr; addr < in->addr + in->size; addr += step)
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
	size_t i, at, call;

	for (i = 0; !twice && i < search->nr_calls; i++) {
		bool *reached;

		call = pfc_flow_index(flow, search->calls[i].addr);
		if (search->calls[i].row != row || call == PFC_FLOW_NOTHING)
			continue;
		reached = pfc_flow_reach(flow, call, true, PFC_FLOW_NOTHING);
		for (at = 0; at < flow->nr; at++)
			twice |= reached[at] && row_at(search, flow->insns[at].addr) == row;
		free(reached);
	}
	return twice;
}

static int point_call(const struct search *search, const struct row *row,
		      const struct call *call, const struct pfc_flow *flow,
		      struct result *result)
{
	size_t at = pfc_flow_index(flow, call->addr);
	const struct pfc_symbol *callee;
	uint64_t target;

	if (!calls_it(search, call, &target) || at == PFC_FLOW_NOTHING)
		return not_located(result, "DWARF has a call of %s at %s+0x%" PRIx64 ", the "
					   "code has none",
				   call->callee, call->in->name,
				   call->addr - call->in->addr);
	if (call->addr - call->in->addr >= call->in->size)
		return not_located(result, "the call of %s is in another section of code",
				   call->callee);
	if (!flow->insns[at].refused)
		return add_point(search, result, call->in, call->addr, "call");
	if (!called_only_by(search, row, target))
		return not_located(result, "the kernel accepts no kprobe at the call of %s, "
					   "which has other callers in %s",
				   call->callee, call->in->name);
	callee = pfc_image_function_at(&search->image, target);
	return add_point(search, result, callee, target, "callee");
}

/* Returns 1 if the row has no such call: the entry may be tried. */
static int point_by_call(const struct search *search, const struct row *row,
			 const struct body *body, struct result *result)
{
	struct pfc_flow flow;
	bool found = false;
	const char *why;
	size_t i, j;
	int ret = 0;

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
		ret = point_call(search, row, call, &flow, result);
	}
	pfc_flow_free(&flow);
	if (ret || found)
		return ret;
	not_located(result, "inlined into %s, and it calls no function that only this class "
			    "calls",
		    body->in->name);
	return 1;
}

/* Whether an instruction decides that the fault is of another class. */
static bool is_other_class(const struct search *search, const struct row *row,
			   const struct body *body, const struct pfc_flow *flow,
			   size_t at)
{
	const struct pfc_insn *insn = &flow->insns[at];
	uint64_t addr = insn->addr;
	const struct pfc_symbol *callee;
	size_t i;

	if (!insn->call || has_pc(body, addr))
		return false;
	for (i = 0; i < search->nr_calls; i++)
		if (search->calls[i].addr == addr && search->calls[i].row &&
		    search->calls[i].row != row)
			return true;
	/* The body of class af is all of handle_pte_fault(): its calls are checked instead. */
	for (i = 0; i < search->nr_bodies; i++)
		if (search->bodies[i].row && search->bodies[i].row != row &&
		    !search->bodies[i].row->call_only &&
		    is_own(search, &search->bodies[i], addr))
			return true;
	callee = insn->target ? pfc_image_function_at(&search->image, insn->target) : NULL;
	if (!callee || callee->addr != insn->target)
		return false;
	for (i = 0; i < LOCATE_NR_ROWS; i++)
		if (&locate_rows[i] != row &&
		    locate_is_variant(callee->name, locate_rows[i].function))
			return true;
	return false;
}

/* Why the body cannot be counted at an instruction, or NULL. */
static const char *check_entry(const struct search *search, const struct body *body,
			       const struct pfc_flow *flow, size_t at_entry)
{
	bool *all, *past, *reached;
	const char *why = NULL;
	size_t i;

	if (!has_pc(body, flow->insns[at_entry].addr))
		return "its entry is outside its own code";
	all = pfc_flow_reach(flow, flow->start, false, PFC_FLOW_NOTHING);
	past = pfc_flow_reach(flow, flow->start, false, at_entry);
	reached = pfc_flow_reach(flow, at_entry, true, PFC_FLOW_NOTHING);
	if (!all[at_entry])
		why = "nothing leads to its entry";
	else if (reached[at_entry])
		why = "its entry is in a loop";
	for (i = 0; !why && i < flow->nr; i++) {
		const struct pfc_insn *insn = &flow->insns[i];

		if (past[i] && i != at_entry && (insn->call || insn->store || insn->branch) &&
		    is_own(search, body, insn->addr))
			why = "control flow enters it past its entry";
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

static int point_by_entry(const struct search *search, const struct body *body,
			  struct result *result)
{
	struct pfc_flow flow;
	const char *why;
	size_t at = PFC_FLOW_NOTHING;
	int ret;

	why = pfc_flow_build(&flow, &search->image, body->in);
	if (!why && !body->has_entry)
		why = "DWARF has no entry of it";
	if (!why && body->entry - body->in->addr >= body->in->size)
		why = "its entry is in another section of code";
	if (!why)
		at = pfc_flow_index(&flow, body->entry);
	if (!why && at == PFC_FLOW_NOTHING)
		why = "its entry is within an instruction";
	if (!why)
		why = check_entry(search, body, &flow, at);
	while (!why && flow.insns[at].refused) {
		at = straight_on(&flow, at);
		if (at == PFC_FLOW_NOTHING)
			why = "the kernel accepts no kprobe at its entry";
	}
	if (why)
		ret = not_located(result, "inlined into %s: %s", body->in->name, why);
	else
		ret = add_point(search, result, body->in, flow.insns[at].addr, "entry");
	pfc_flow_free(&flow);
	return ret;
}

/**
 * locate_decide() - find the probe points of a row
 * @search: after locate_walk()
 * @index: the row
 */
void locate_decide(struct search *search, size_t index)
{
	const struct row *row = &locate_rows[index];
	struct result *result = &search->results[index];
	bool inlined = false;
	size_t i;
	int ret;

	for (i = 0; i < search->nr_bodies; i++) {
		const struct body *body = &search->bodies[i];

		if (body->row != row)
			continue;
		inlined = true;
		ret = row->callees[0] ? point_by_call(search, row, body, result) : 1;
		if (ret > 0 && !row->call_only)
			ret = point_by_entry(search, body, result);
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
			add_point(search, result, callee, target, result->method);
		return;
	}
}
