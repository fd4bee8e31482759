// SPDX-License-Identifier: GPL-2.0
/*
 * The dispatcher's call map.
 *
 * kallsyms_lookup_name() is not exported, and a name alone would not do: a
 * function may exist under a suffixed name, or exist and yet be inlined into
 * the one caller that matters. So the code of handle_mm_fault() is read: each
 * direct call in it names its target (sprint_symbol() is exported), and the
 * inner functions of the dispatcher that were not inlined are read in turn. What
 * stands in the map is called by the dispatcher; what does not, is not.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <compat/compat.h>
#include "locate.h"
#include "pfc_arch.h"

/* Functions whose calls are the dispatcher's own, outermost first. */
static const char * const pfc_dispatcher_names[] = {
	"handle_mm_fault",
	"__handle_mm_fault",
	"handle_pte_fault",
	"do_pte_missing",
	"create_huge_pmd",
	"wp_huge_pmd",
	"create_huge_pud",
	"wp_huge_pud",
};

#define PFC_MAX_CALLEES	256

struct pfc_range pfc_dispatcher[PFC_MAX_RANGES];
unsigned int pfc_nr_dispatcher;

static struct pfc_callee *pfc_callees;	/* only while places are looked for */
static unsigned int pfc_nr_callees;
static bool pfc_map_complete;

/**
 * pfc_symbol_at() - the function that holds an address
 * @addr: kernel text address
 * @sym: filled in
 *
 * Context: any.
 * Return: true if @addr lies in a symbol of the kernel itself.
 */
bool pfc_symbol_at(unsigned long addr, struct pfc_symbol *sym)
{
	char text[KSYM_SYMBOL_LEN], *plus, *slash;
	unsigned long offset;

	/* "name+0xoffset/0xsize", or a bare address, or "... [module]" */
	sprint_symbol(text, addr);
	slash = strrchr(text, '/');
	if (!slash)
		return false;
	*slash = '\0';
	plus = strrchr(text, '+');
	if (!plus)
		return false;
	*plus = '\0';
	if (kstrtoul(plus + 1, 16, &offset) || kstrtoul(slash + 1, 16, &sym->size))
		return false;
	sym->start = addr - offset;
	return strscpy(sym->name, text, sizeof(sym->name)) > 0;
}

/* NAME itself or a compiler's variant of it, but not its unlikely part. */
static bool pfc_name_matches(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol, name, len) &&
	       (!symbol[len] || (symbol[len] == '.' && !strstr(symbol + len, ".cold")));
}

static bool pfc_map_call(unsigned long site, unsigned long target)
{
	struct pfc_callee *callee;
	unsigned int i;

	for (i = 0; i < pfc_nr_callees; i++)
		if (pfc_callees[i].symbol.start == target)
			break;
	if (i == PFC_MAX_CALLEES)
		return false;
	callee = &pfc_callees[i];
	if (i == pfc_nr_callees) {
		if (!pfc_symbol_at(target, &callee->symbol) ||
		    callee->symbol.start != target)
			return true;
		pfc_nr_callees++;
	}
	callee->site = site;
	callee->call = pfc_arch_call_return(site);
	callee->sites++;
	return true;
}

static int pfc_map_function(unsigned long start, unsigned long size)
{
	unsigned long at, target;

	if (pfc_nr_dispatcher == PFC_MAX_RANGES)
		return -E2BIG;
	pfc_dispatcher[pfc_nr_dispatcher].start = start;
	pfc_dispatcher[pfc_nr_dispatcher].size = size;
	pfc_nr_dispatcher++;
	for (at = start; at < start + size; at += PFC_ARCH_INSN_STEP) {
		if (pfc_arch_hides_call(at))
			pfc_map_complete = false;
		if (!pfc_arch_call_target(at, &target) || target - start < size)
			continue;
		if (!pfc_map_call(at, target))
			return -E2BIG;
	}
	return 0;
}

/**
 * pfc_locate_init() - read the dispatcher and build its call map
 *
 * Context: may sleep. Balanced by pfc_locate_exit().
 * Return: 0, -ENOMEM, -ENOENT if the kernel has no symbols, -E2BIG if the
 * dispatcher is larger than any that is known.
 */
int pfc_locate_init(void)
{
	struct pfc_symbol root;
	unsigned int i, j;
	int err;

	pfc_callees = kcalloc(PFC_MAX_CALLEES, sizeof(*pfc_callees), GFP_KERNEL);
	if (!pfc_callees)
		return -ENOMEM;
	pfc_nr_callees = 0;
	pfc_nr_dispatcher = 0;
	pfc_map_complete = true;

	err = -ENOENT;
	if (!pfc_symbol_at((unsigned long)handle_mm_fault, &root) ||
	    !pfc_name_matches(root.name, pfc_dispatcher_names[0]))
		goto err_free;
	err = pfc_map_function(root.start, root.size);
	if (err)
		goto err_free;
	/* Each inner function is called by one that stands before it. */
	for (i = 1; i < ARRAY_SIZE(pfc_dispatcher_names); i++) {
		for (j = 0; j < pfc_nr_callees; j++) {
			if (!pfc_name_matches(pfc_callees[j].symbol.name,
					      pfc_dispatcher_names[i]))
				continue;
			err = pfc_map_function(pfc_callees[j].symbol.start,
					       pfc_callees[j].symbol.size);
			if (err)
				goto err_free;
		}
	}
	return 0;

err_free:
	pfc_locate_exit();
	return err;
}

/**
 * pfc_locate_exit() - forget the call map; the dispatcher's ranges stay
 *
 * Context: may sleep.
 */
void pfc_locate_exit(void)
{
	kfree(pfc_callees);
	pfc_callees = NULL;
	pfc_nr_callees = 0;
}

/**
 * pfc_locate_callee() - a function that the dispatcher calls
 * @name: its name, without suffix
 *
 * Context: between pfc_locate_init() and pfc_locate_exit().
 * Return: the callee, or NULL if no call to it was found.
 */
const struct pfc_callee *pfc_locate_callee(const char *name)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_callees; i++)
		if (pfc_name_matches(pfc_callees[i].symbol.name, name))
			return &pfc_callees[i];
	return NULL;
}

/**
 * pfc_locate_complete() - whether every call of the dispatcher could be read
 *
 * Context: after pfc_locate_init().
 * Return: false if somebody's breakpoint may cover one.
 */
bool pfc_locate_complete(void)
{
	return pfc_map_complete;
}

/**
 * pfc_locate_next_return() - the return instructions of handle_mm_fault()
 * @after: 0, or what the last call returned
 *
 * Context: after pfc_locate_init().
 * Return: the next one's address, or 0.
 */
unsigned long pfc_locate_next_return(unsigned long after)
{
	unsigned long end = pfc_dispatcher[0].start + pfc_dispatcher[0].size;
	unsigned long at = after ? after + PFC_ARCH_INSN_STEP : pfc_dispatcher[0].start;

	for (; at < end; at += PFC_ARCH_INSN_STEP)
		if (pfc_arch_is_return(at))
			return at;
	return 0;
}
