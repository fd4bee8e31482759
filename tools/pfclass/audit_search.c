// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass locate --audit: how the module would find each class in a kernel's ELF file.
 *
 * This is the module's own code, find.c and what it needs, compiled for this machine by the
 * shim of its unit tests. Here the kernel is the file: its text, its symbols, and which
 * kprobes it would accept. Compiled for each architecture, ARCH.h of the shim included.
 */
#include "audit.h"

/* ---- what the shim lacks ---------------------------------------------------- */

struct kretprobe {
	struct kprobe kp;
};

#define __printf(text, first)	__attribute__((format(printf, text, first)))
#define __user
#define vscnprintf		vsnprintf
#define kstrdup(text, gfp)	strdup(text)
#define pr_err(...)		((void)(0 && printf(__VA_ARGS__)))

static inline void *kmemdup(const void *from, size_t size, int gfp)
{
	void *to = malloc(size);

	return to ? memcpy(to, from, size) : NULL;
}

/* No fault is taken. */
#define vm_mmap(...)		0UL
#define vm_munmap(...)		((void)0)
#define get_user(to, from)	((to) = 0, (void)(to), 0)
#define put_user(what, to)	0
#define IS_ERR_VALUE(x)		false
#define PROT_READ		0
#define PROT_WRITE		0
#define MAP_PRIVATE		0
#define MAP_ANONYMOUS		0

/* What is not configured is known by the symbols, see audit_callee(). */
#undef IS_ENABLED
#define IS_ENABLED(option)	1

/* ---- the file ---------------------------------------------------------------- */

static const struct pfc_image *audit_image;
static unsigned long audit_root;

static int audit_copy(void *to, const void *from, size_t size)
{
	return audit_read(audit_image, (uintptr_t)from, to, size) ? 0 : -EFAULT;
}

static int audit_sprint_symbol(char *text, unsigned long addr)
{
	char name[KSYM_SYMBOL_LEN - 40];
	uint64_t start, size;

	if (!audit_function(audit_image, addr, &start, &size, name, sizeof(name)))
		return sprintf(text, "0x%lx", addr);
	return sprintf(text, "%s+0x%lx/0x%lx", name, (unsigned long)(addr - start),
		       (unsigned long)size);
}

static int audit_register(struct kprobe *kp)
{
	if (kp->symbol_name)
		kp->addr = (void *)audit_symbol(audit_image, kp->symbol_name);
	if (!kp->addr)
		return -ENOENT;
	kp->addr = (char *)kp->addr + kp->offset;
	return audit_refuses(audit_image, (uintptr_t)kp->addr) ? -EINVAL : 0;
}

static void audit_unregister(struct kprobe *kp)
{
}

#define copy_from_kernel_nofault	audit_copy
#define sprint_symbol			audit_sprint_symbol
#define register_kprobe			audit_register
#define unregister_kprobe		audit_unregister
#define handle_mm_fault			audit_root

#include <shim.c>
#include <classify.c>
#include <counters.c>
#include <frames.c>
#include <locate.c>
#include <probes.c>

static const struct pfc_callee *audit_callee(const char *name);

#define pfc_locate_callee	audit_callee
#include <find.c>
#undef pfc_locate_callee

/* ---- the rest of the module --------------------------------------------------- */

struct pfc_watch pfc_root;

/**
 * pfc_watch_by_address() - there are no watches
 * @watch: the root
 *
 * Return: false.
 */
bool pfc_watch_by_address(const struct pfc_watch *watch)
{
	return false;
}

static int audit_add(struct pfc_probe *probe)
{
	struct kprobe *kp = &probe->rp.kp;
	int err;
	u32 word;

	kp->addr = (void *)probe->addr;
	err = audit_register(kp);
	probe->addr = (unsigned long)kp->addr;
	/* The kernel puts it behind endbr64. */
	if (PFC_ARCH_ENTRY && !audit_copy(&word, kp->addr, sizeof(word)) && word == 0xfa1e0ff3)
		probe->addr += PFC_ARCH_ENTRY;
	return err;
}

static void audit_remove(struct pfc_probe **probes, unsigned int count)
{
}

static u64 audit_missed(const struct pfc_probe *probe)
{
	return 0;
}

const struct pfc_backend pfc_backend_kprobe = {
	.name = "kprobe", .add = audit_add, .remove = audit_remove, .missed = audit_missed,
};

/* ---- the audit ----------------------------------------------------------------- */

/* Symbols that a kernel has if it is so configured. */
static const struct {
	const char *option;
	const char *symbol;
} audit_options[] = {
	{ "CONFIG_NUMA_BALANCING", "task_numa_fault" },
	{ "CONFIG_TRANSPARENT_HUGEPAGE", "transparent_hugepage_flags" },
	{ "CONFIG_HUGETLB_PAGE", "hugetlb_max_hstate" },
};

/* What the kernel would have to be configured with, and is not. */
static const char *audit_lacks(const struct pfc_ladder *ladder)
{
	const struct pfc_need *need;
	unsigned int i;

	for (need = ladder->needs; need < ladder->needs + ARRAY_SIZE(ladder->needs); need++)
		for (i = 0; need->option && i < ARRAY_SIZE(audit_options); i++)
			if (!strcmp(need->option, audit_options[i].option) &&
			    !audit_symbol(audit_image, audit_options[i].symbol))
				return need->option;
	return NULL;
}

#define audit_for_each_candidate(ladder, candidate)					\
	for ((ladder) = pfc_ladders; (ladder) < pfc_ladders + ARRAY_SIZE(pfc_ladders); (ladder)++) \
		for ((candidate) = (ladder)->candidates;				\
		     (candidate) < (ladder)->candidates +				\
				   ARRAY_SIZE((ladder)->candidates) && (candidate)->function; \
		     (candidate)++)

/* What could be called by mistake is not called for what is not configured. */
static const struct pfc_callee *audit_callee(const char *name)
{
	const struct pfc_candidate *candidate;
	const struct pfc_ladder *ladder;
	bool needed = false, named = false;

	audit_for_each_candidate(ladder, candidate) {
		if (strcmp(candidate->function, name))
			continue;
		named = true;
		needed |= !audit_lacks(ladder);
	}
	return named && !needed ? NULL : pfc_locate_callee(name);
}

static void audit_name(struct audit_search *search, const char *name, const char *group,
		       enum audit_role role)
{
	search->names = realloc(search->names, (search->nr_names + 1) * sizeof(*search->names));
	search->names[search->nr_names++] = (struct audit_name){ name, group, role };
}

static void audit_names(struct audit_search *search)
{
	const struct pfc_candidate *candidate;
	const struct pfc_ladder *ladder;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfc_dispatcher_names); i++)
		audit_name(search, pfc_dispatcher_names[i], NULL, AUDIT_PART);
	audit_for_each_candidate(ladder, candidate) {
		for (i = 0; !ladder->candidates[i].callee; i++)
			if (&ladder->candidates[i] == candidate)
				break;
		if (candidate->callee)
			audit_name(search, candidate->function, ladder->candidates[i].function,
				   AUDIT_SHARED);
		else
			audit_name(search, candidate->function, NULL, AUDIT_OWN);
	}
	for (i = 0; i < pfc_nr_callees; i++)
		audit_name(search, strdup(pfc_callees[i].symbol.name), NULL, AUDIT_CALLED);
}

/**
 * AUDIT_SEARCH() - find each class as the module does, by default parameters
 * @image: the kernel
 * @search: filled in
 *
 * Return: NULL, or why the module would not load.
 */
const char *AUDIT_SEARCH(const struct pfc_image *image, struct audit_search *search)
{
	const struct pfc_config config = { .backend = &pfc_backend_kprobe, .account = true };
	static struct pfc_counters none;
	struct seq_file m = { .size = 1 << 16 };
	const struct pfc_ladder *ladder;
	const char *why = NULL;

	audit_image = image;
	audit_root = audit_symbol(image, "handle_mm_fault");
	if (pfc_locate_init())
		return "the module does not know such a dispatcher";
	audit_names(search);
	pfc_counters_init(&pfc_root.set, false);
	pfc_counters = pfc_root.set.counters;
	if (pfc_find_probes(&config)) {
		why = "nothing of the fault path can be probed";
		goto out;
	}
	for (ladder = pfc_ladders; ladder < pfc_ladders + ARRAY_SIZE(pfc_ladders); ladder++)
		if (!pfc_cover[ladder->mark].covered && audit_lacks(ladder))
			pfc_cover_never(ladder->mark, "never happens: %s is not set",
					audit_lacks(ladder));
	m.buf = malloc(m.size);
	pfc_probes_refresh(&none, &none);
	pfc_probes_show(&m, &none);
	search->rows = m.buf;
	pfc_probe_remove_to(0);
out:
	pfc_counters_exit(&pfc_root.set);
	pfc_locate_exit();
	return why;
}
