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
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <compat/compat.h>
#include "locate.h"
#include "pfc_arch.h"

/*
 * Functions whose calls are the dispatcher's own, outermost first. do_numa_page() is
 * one of them so that its probe point is the same whether or not it is inlined, see find.c.
 * The first touch of an anonymous page passes through the first PFC_NR_ORDINARY of them.
 */
#define PFC_NR_ORDINARY	4

static const char * const pfc_dispatcher_names[] = {
	"handle_mm_fault",
	"__handle_mm_fault",
	"handle_pte_fault",
	"do_pte_missing",
	"create_huge_pmd",
	"wp_huge_pmd",
	"create_huge_pud",
	"wp_huge_pud",
	"do_numa_page",
};

#define PFC_MAX_CALLEES	256

struct pfc_range pfc_dispatcher[PFC_MAX_RANGES];
unsigned int pfc_nr_dispatcher;
static unsigned int pfc_nr_root;	/* the first of them: parts of handle_mm_fault() */
unsigned long pfc_ordinary;
struct pfc_range pfc_kernel_text;
struct pfc_range pfc_trampolines[PFC_MAX_TRAMPOLINES];
unsigned int pfc_nr_trampolines;
unsigned int pfc_nr_kretprobe_trampolines;

struct pfc_refusal pfc_refusals[PFC_MAX_REFUSALS];
unsigned int pfc_nr_refusals;

static struct pfc_callee *pfc_callees;	/* only while probes are placed */
static unsigned int pfc_nr_callees;

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

/* The instruction at AT as the compiler made it, under whatever kprobe is there. */
static bool pfc_read_insn(unsigned long at, struct pfc_insn *insn)
{
	struct kprobe kp = { .addr = (kprobe_opcode_t *)at, .flags = KPROBE_FLAG_DISABLED };

	if (!pfc_arch_read(at, insn))
		return false;
	if (pfc_arch_is_breakpoint(insn) && !register_kprobe(&kp)) {
		pfc_arch_restore(insn, kp.opcode);
		unregister_kprobe(&kp);
	}
	return true;
}

/*
 * The function that is called at TARGET: calls may enter the padding before it, which has a
 * name of its own (x86 since 6.2, where the kernel counts how deep its calls are).
 */
static bool pfc_function_at(unsigned long target, struct pfc_symbol *sym)
{
	if (!pfc_symbol_at(target, sym))
		return false;
	if (!strncmp(sym->name, "__pfx_", 6))
		return pfc_symbol_at(sym->start + sym->size, sym);
	return sym->start == target;
}

static struct pfc_callee *pfc_callee_at(unsigned long start)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_callees; i++)
		if (pfc_callees[i].symbol.start == start)
			return &pfc_callees[i];
	return NULL;
}

static bool pfc_map_call(unsigned long at, unsigned long target, const struct pfc_insn *insn)
{
	struct pfc_callee *callee = pfc_callee_at(target);
	struct pfc_symbol symbol;

	if (!callee) {
		if (!pfc_function_at(target, &symbol))
			return true;
		callee = pfc_callee_at(symbol.start);
	}
	if (!callee) {
		if (pfc_nr_callees == PFC_MAX_CALLEES)
			return false;
		callee = &pfc_callees[pfc_nr_callees++];
		callee->symbol = symbol;
	}
	callee->site = pfc_arch_is_conditional(insn) ? 0 : at;
	callee->returns = pfc_arch_return_of(insn, at);
	callee->sites++;
	return true;
}

static int pfc_map_function(unsigned long start, unsigned long size)
{
	unsigned long at, target;
	struct pfc_insn insn;

	if (pfc_nr_dispatcher == PFC_MAX_RANGES)
		return -E2BIG;
	pfc_dispatcher[pfc_nr_dispatcher].start = start;
	pfc_dispatcher[pfc_nr_dispatcher].size = size;
	pfc_nr_dispatcher++;
	for (at = start; at < start + size; at += PFC_ARCH_INSN_STEP) {
		if (!pfc_read_insn(at, &insn) || !pfc_arch_target(&insn, at, &target) ||
		    target - start < size)
			continue;
		if (!pfc_map_call(at, target, &insn))
			return -E2BIG;
	}
	return 0;
}

/**
 * pfc_locate_symbol() - where a name is, whether or not it may be probed
 * @name: a symbol of the kernel
 *
 * register_kprobe() looks the name up before it refuses.
 *
 * Context: may sleep.
 * Return: the address, or 0.
 */
unsigned long pfc_locate_symbol(const char *name)
{
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };

	if (!register_kprobe(&kp))
		unregister_kprobe(&kp);
	return (unsigned long)kp.addr;
}

/* What the compiler split off a function, since it is unlikely. */
static bool pfc_cold_part(const struct pfc_symbol *whole, struct pfc_symbol *cold)
{
	char name[PFC_SYMBOL_LEN + sizeof(".cold")];

	scnprintf(name, sizeof(name), "%s.cold", whole->name);
	return pfc_symbol_at(pfc_locate_symbol(name), cold);
}

/* A function of the dispatcher with all its parts. */
static int pfc_map_parts(const struct pfc_symbol *whole)
{
	struct pfc_symbol cold;
	int err = pfc_map_function(whole->start, whole->size);

	if (!err && pfc_cold_part(whole, &cold))
		err = pfc_map_function(cold.start, cold.size);
	return err;
}

static void pfc_locate_trampolines(void)
{
	/* kretprobes of 5.10 to 5.14, since then, by rethook; function_graph and fprobe. */
	static const char * const names[PFC_MAX_TRAMPOLINES] = {
		"kretprobe_trampoline", "__kretprobe_trampoline", "arch_rethook_trampoline",
		"return_to_handler", "ftrace_graph_return",
	};
	const unsigned int kretprobes = 3;
	struct pfc_symbol sym;
	unsigned int i;

	pfc_nr_trampolines = 0;
	pfc_nr_kretprobe_trampolines = 0;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!pfc_symbol_at(pfc_locate_symbol(names[i]), &sym))
			continue;
		pfc_trampolines[pfc_nr_trampolines].start = sym.start;
		pfc_trampolines[pfc_nr_trampolines++].size = sym.size;
		if (i < kretprobes)
			pfc_nr_kretprobe_trampolines = pfc_nr_trampolines;
	}
	pfc_kernel_text.start = pfc_locate_symbol("_stext");
	pfc_kernel_text.size = pfc_locate_symbol("_etext") - pfc_kernel_text.start;
	/* Not both are known to every kernel. */
	if (!pfc_kernel_text.start || (long)pfc_kernel_text.size < 0)
		pfc_kernel_text.size = 0;
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
	unsigned int i, j, range;
	int err;

	pfc_callees = kcalloc(PFC_MAX_CALLEES, sizeof(*pfc_callees), GFP_KERNEL);
	if (!pfc_callees)
		return -ENOMEM;
	pfc_nr_callees = 0;
	pfc_nr_dispatcher = 0;
	pfc_ordinary = BIT(0);
	pfc_locate_trampolines();

	err = -ENOENT;
	if (!pfc_symbol_at((unsigned long)handle_mm_fault, &root) ||
	    !pfc_name_matches(root.name, pfc_dispatcher_names[0]))
		goto err_free;
	err = pfc_map_parts(&root);
	if (err)
		goto err_free;
	pfc_nr_root = pfc_nr_dispatcher;
	/* Each inner function is called by one that stands before it. */
	for (i = 1; i < ARRAY_SIZE(pfc_dispatcher_names); i++) {
		for (j = 0; j < pfc_nr_callees; j++) {
			if (!pfc_name_matches(pfc_callees[j].symbol.name,
					      pfc_dispatcher_names[i]))
				continue;
			range = pfc_nr_dispatcher;
			err = pfc_map_parts(&pfc_callees[j].symbol);
			if (err)
				goto err_free;
			/* Nobody knows when a part that the compiler split off is called. */
			if (i < PFC_NR_ORDINARY &&
			    !strcmp(pfc_callees[j].symbol.name, pfc_dispatcher_names[i]))
				pfc_ordinary |= BIT(range);
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
 * pfc_locate_is() - whether a function has a name
 * @callee: the function
 * @name: the name, without suffix
 *
 * Context: any.
 * Return: true if @callee is that function, or a compiler's variant of it.
 */
bool pfc_locate_is(const struct pfc_callee *callee, const char *name)
{
	return pfc_name_matches(callee->symbol.name, name);
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
		if (pfc_locate_is(&pfc_callees[i], name))
			return &pfc_callees[i];
	return NULL;
}

/**
 * pfc_locate_site() - the function that is called at an address of the dispatcher
 * @site: an address
 *
 * Context: between pfc_locate_init() and pfc_locate_exit().
 * Return: the callee, or NULL if there is no call at @site.
 */
const struct pfc_callee *pfc_locate_site(unsigned long site)
{
	struct pfc_symbol symbol;
	unsigned long target;
	struct pfc_insn insn;

	if (!pfc_read_insn(site, &insn) || !pfc_arch_target(&insn, site, &target) ||
	    pfc_arch_is_conditional(&insn) || !pfc_function_at(target, &symbol))
		return NULL;
	return pfc_callee_at(symbol.start);
}

/**
 * pfc_locate_entry() - the function that the dispatcher calls at an address
 * @addr: an address
 *
 * Context: between pfc_locate_init() and pfc_locate_exit().
 * Return: the callee, or NULL if @addr is the entry of none.
 */
const struct pfc_callee *pfc_locate_entry(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_callees; i++)
		/* A kprobe on an entry stands behind endbr. */
		if (addr - pfc_callees[i].symbol.start <= PFC_ARCH_ENTRY)
			return &pfc_callees[i];
	return NULL;
}

/**
 * pfc_locate_forwards() - whether a function hands on its arguments
 * @callee: the function
 * @name: another one
 * @nr: how many arguments, from the first one on
 *
 * gcc's ptep_set_access_flags.isra.0 (arm64, 6.12, -Os) does.
 *
 * Context: may sleep.
 * Return: true if the first that @callee calls is @name, with the same arguments.
 */
bool pfc_locate_forwards(const struct pfc_callee *callee, const char *name, unsigned int nr)
{
	unsigned long start = callee->symbol.start, size = callee->symbol.size, at, target;
	struct pfc_symbol sym;
	struct pfc_insn insn;

	for (at = start; at - start < size; at += PFC_ARCH_INSN_STEP) {
		if (!pfc_read_insn(at, &insn) || pfc_arch_is_return(&insn))
			return false;
		if (pfc_arch_target(&insn, at, &target)) {
			/* A tracer: ftrace, or BPF's own code. */
			if (!pfc_symbol_at(target, &sym) || !strncmp(sym.name, "ftrace_", 7))
				continue;
			return pfc_function_at(target, &sym) && !strcmp(sym.name, name);
		}
		if (!pfc_arch_keeps_args(&insn, nr))
			return false;
	}
	return false;
}

/* The first is looked for by name, the others where it calls them, or they do. */
static const char * const pfc_refuser_names[] = PFC_ARCH_REFUSERS;

#define PFC_MAX_REFUSERS	8

static struct pfc_symbol pfc_refusers[PFC_MAX_REFUSERS];
static unsigned int pfc_nr_refusers;

/* It is one of those: note it, once. */
static void pfc_refuser_add(const struct pfc_symbol *sym)
{
	unsigned int i;

	for (i = 0; i < pfc_nr_refusers; i++)
		if (pfc_refusers[i].start == sym->start)
			return;
	for (i = 0; i < ARRAY_SIZE(pfc_refuser_names) && pfc_nr_refusers < PFC_MAX_REFUSERS; i++) {
		if (strcmp(sym->name, pfc_refuser_names[i]))
			continue;
		pfc_refusers[pfc_nr_refusers++] = *sym;
		return;
	}
}

/* It sends the signal: likewise. */
static void pfc_refusal_add(const struct pfc_symbol *sym)
{
	static const struct pfc_refusal known[] = PFC_ARCH_REFUSALS;
	unsigned int i;

	for (i = 0; i < pfc_nr_refusals; i++)
		if (pfc_refusals[i].start == sym->start)
			return;
	for (i = 0; i < ARRAY_SIZE(known) && pfc_nr_refusals < PFC_MAX_REFUSALS; i++) {
		if (strcmp(sym->name, known[i].name))
			continue;
		pfc_refusals[pfc_nr_refusals] = known[i];
		pfc_refusals[pfc_nr_refusals++].start = sym->start;
	}
}

/* What a part of one calls; true if handle_mm_fault() is among that. */
static bool pfc_refuser_read(const struct pfc_symbol *part)
{
	unsigned long at, target;
	struct pfc_symbol sym;
	struct pfc_insn insn;
	bool visits = false;

	for (at = part->start; at < part->start + part->size; at += PFC_ARCH_INSN_STEP) {
		if (!pfc_read_insn(at, &insn) || !pfc_arch_target(&insn, at, &target) ||
		    target - part->start < part->size || !pfc_function_at(target, &sym))
			continue;
		if (sym.start == pfc_dispatcher[0].start)
			visits = true;
		pfc_refuser_add(&sym);
		pfc_refusal_add(&sym);
	}
	return visits;
}

/**
 * pfc_locate_refusals() - find where the architecture refuses an access
 *
 * Fills in pfc_refusals, the functions that are called there to send the signal.
 *
 * Context: may sleep; after pfc_locate_init().
 * Return: NULL, or why that cannot be seen.
 */
const char *pfc_locate_refusals(void)
{
	struct pfc_symbol sym;
	bool visits = false;
	unsigned int i;

	pfc_nr_refusers = 0;
	pfc_nr_refusals = 0;
	if (pfc_symbol_at(pfc_locate_symbol(pfc_refuser_names[0]), &sym))
		pfc_refuser_add(&sym);
	for (i = 0; i < pfc_nr_refusers; i++) {
		visits |= pfc_refuser_read(&pfc_refusers[i]);
		if (pfc_cold_part(&pfc_refusers[i], &sym))
			visits |= pfc_refuser_read(&sym);
	}
	/* Otherwise that is another function of the same name, or they are inlined. */
	if (!visits)
		return "the kernel has no function that calls handle_mm_fault() or refuses";
	return pfc_nr_refusals ? NULL : "the kernel has no function that sends the signal";
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
	struct pfc_insn insn;
	unsigned long at;
	unsigned int i;

	for (i = 0; i < pfc_nr_root; i++) {
		at = pfc_dispatcher[i].start;
		if (after - at < pfc_dispatcher[i].size) {
			at = after + PFC_ARCH_INSN_STEP;
			after = 0;
		} else if (after) {
			continue;
		}
		for (; at - pfc_dispatcher[i].start < pfc_dispatcher[i].size;
		     at += PFC_ARCH_INSN_STEP)
			if (pfc_read_insn(at, &insn) && pfc_arch_is_return(&insn))
				return at;
	}
	return 0;
}
