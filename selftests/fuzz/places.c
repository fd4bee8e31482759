// SPDX-License-Identifier: GPL-2.0
/*
 * What the user gives as probe_CLASS=, by the module's own code, which `pfclass locate --audit`
 * has, too: "ACCOUNT CLASS=TEXT" of a small kernel. Whatever it is, each row of "probes" is a
 * line of eight columns or more; a probe that was given lies on an instruction of the kernel,
 * and one of af is where ptep_set_access_flags() is called.
 */
#include <stdlib.h>
#define AUDIT_SEARCH	audit_search_arm64
#include "../../tools/pfclass/audit_search.c"
#include "fuzz.h"

#define BASE	0x100000UL
#define SIZE	0x100UL		/* of each function */
#define NOP	0xd503201fU
#define RET	0xd65f03c0U
#define BL	0x94000000U
#define SHOWN	(1 << 16)

/* The first calls some of the others, each from as many bytes behind its beginning. */
enum { DISPATCHER, ANON, WP, SWAP, UPDATE, OTHER };

static const struct {
	const char *name;
	unsigned int site;
} functions[] = {
	[DISPATCHER] = { "handle_mm_fault" },
	[ANON] = { "do_anonymous_page", 0x10 },
	[WP] = { "do_wp_page", 0x20 },
	[SWAP] = { "do_swap_page.isra.0", 0x30 },
	[UPDATE] = { "ptep_set_access_flags", 0x40 },
	[OTHER] = { "vfs_read" },
};

static unsigned long start_of(size_t i)
{
	return BASE + i * SIZE;
}

static u32 word_at(unsigned long addr)
{
	unsigned long offset = addr % SIZE, target;
	size_t i;

	if (offset == SIZE - 4)
		return RET;
	for (i = ANON; addr < start_of(ANON) && i < ARRAY_SIZE(functions); i++) {
		target = start_of(i) - addr;
		if (functions[i].site && functions[i].site == offset)
			return BL | (target >> 2);
	}
	return NOP;
}

static bool in_text(unsigned long addr)
{
	return addr >= BASE && addr < start_of(ARRAY_SIZE(functions));
}

/**
 * audit_read() - read the kernel's text
 * @image: nothing
 * @addr: where
 * @to: gets it
 * @len: how much, in bytes
 *
 * Return: true if it is text.
 */
bool audit_read(const struct pfc_image *image, uint64_t addr, void *to, size_t len)
{
	u32 word = word_at(addr & -4UL);

	if (!in_text(addr) || addr % 4 + len > sizeof(word))
		return false;
	memcpy(to, (char *)&word + addr % 4, len);
	return true;
}

/**
 * audit_function() - which function an address is in
 * @image: nothing
 * @addr: the address
 * @start: gets its beginning
 * @size: gets its size in bytes
 * @name: gets its name
 * @room: of @name, in bytes
 *
 * Return: true if there is one.
 */
bool audit_function(const struct pfc_image *image, uint64_t addr, uint64_t *start,
		    uint64_t *size, char *name, size_t room)
{
	if (!in_text(addr))
		return false;
	*start = addr - addr % SIZE;
	*size = SIZE;
	snprintf(name, room, "%s", functions[(addr - BASE) / SIZE].name);
	return true;
}

/**
 * audit_symbol() - find a function
 * @image: nothing
 * @name: its name
 *
 * Return: its address, or 0.
 */
uint64_t audit_symbol(const struct pfc_image *image, const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		if (!strcmp(functions[i].name, name))
			return start_of(i);
	return 0;
}

/**
 * audit_refuses() - whether the kernel takes no kprobe somewhere
 * @image: nothing
 * @addr: where
 *
 * Return: true if so.
 */
bool audit_refuses(const struct pfc_image *image, uint64_t addr)
{
	return !in_text(addr) || addr % 4;
}

/* Nobody reads the facts that only a whole image has. */
const struct audit_name audit_guard[AUDIT_NR_GUARD];

static bool begins_with_class(const char *row)
{
	size_t len = strcspn(row, " ,");
	unsigned int i;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		if (len == strlen(pfc_class_keys[i]) && !strncmp(row, pfc_class_keys[i], len))
			return true;
	return len == strlen("visit") && !strncmp(row, "visit", len);
}

static void check_rows(char *text)
{
	unsigned int columns;
	char *row, *space;

	/* Behind the header. */
	for (strsep(&text, "\n"); (row = strsep(&text, "\n")) && text;) {
		columns = 1;
		for (space = row; (space = strchr(space, ' ')); space++)
			columns++;
		if (!begins_with_class(row) || columns < 8)
			abort();
	}
	if (!row || *row)
		abort();
}

static void check_probes(void)
{
	const struct pfc_probe *probe;
	unsigned int i;

	for (i = 0; i < pfc_nr_probes; i++) {
		probe = pfc_probes[i];
		if (probe->method != PFC_METHOD_GIVEN)
			continue;
		if (audit_refuses(NULL, probe->addr))
			abort();
		if (probe->mark == PFC_MARK_AF && probe->addr != start_of(UPDATE) &&
		    probe->addr != start_of(DISPATCHER) + functions[UPDATE].site)
			abort();
	}
}

static void find(const struct pfc_config *config)
{
	static struct pfc_counters none;
	static char rows[SHOWN];
	struct seq_file m = { .buf = rows, .size = sizeof(rows) };

	memset(pfc_cover, 0, sizeof(pfc_cover));
	pfc_infer = 0;
	static_branch_disable(&pfc_infers);
	pfc_incomplete = false;
	pfc_incomplete_errors = false;
	if (pfc_find_probes(config))
		return;
	check_probes();
	pfc_probes_refresh(&none, &none);
	pfc_probes_show(&m, &none);
	check_rows(rows);
	pfc_probe_remove_to(0);
}

/**
 * pfc_fuzz_begin() - read the dispatcher
 * @argc: as main()'s
 * @argv: as main()'s
 *
 * Return: 0.
 */
int pfc_fuzz_begin(int *argc, char ***argv)
{
	audit_root = start_of(DISPATCHER);
	pfc_counters_init(&pfc_root.set, false);
	pfc_counters = pfc_root.set.counters;
	if (pfc_locate_init() || pfc_nr_callees != OTHER - ANON)
		abort();
	return 0;
}

/**
 * pfc_fuzz_input() - try an input
 * @data: the input
 * @size: its length in bytes
 *
 * Return: 0.
 */
int pfc_fuzz_input(const uint8_t *data, size_t size)
{
	struct pfc_config config = { .backend = &pfc_backend_kprobe };
	const struct pfc_ladder *ladder, *end = pfc_ladders + ARRAY_SIZE(pfc_ladders);
	const char *account, *class;
	char *text, *rest;

	/* The corpus is made of lines. */
	if (size && data[size - 1] == '\n')
		size--;
	text = strndup((const char *)data, size);
	rest = text;
	account = strsep(&rest, " ");
	class = strsep(&rest, "=");
	config.account = !strcmp(account, "1");
	for (ladder = pfc_ladders; rest && ladder < end; ladder++)
		if (!strcmp(class, pfc_class_keys[pfc_mark_class(ladder->mark)]))
			config.given[ladder->mark] = rest;
	find(&config);
	free(text);
	return 0;
}
