// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass locate --audit: reads a kernel that need not run, and compares what the module
 * would find in it with kernels that the tests know.
 *
 * A fact that no known kernel of the architecture has is new, one that all of them have is
 * gone; a class must be found as well as in the newest of them. Whatever cannot be compared
 * counts as a difference, so that "as known" is never said for want of knowledge.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "cmd.h"
#include "lib/flow.h"
#include "lib/image.h"
#include "lib/json.h"
#include "lib/output.h"
#include "lib/probe_rows.h"
#include "lib/table.h"
#include "locate.h"

/* Exit statuses, as diff has them. */
enum {
	AS_KNOWN,
	DIFFERS,
	NOT_READ,
};

#define NEVER	"never"		/* the kernel is so configured that a class has no faults */

struct audit {
	struct pfc_image image;
	const char *arch;
	char release[64];
	const char *newest;		/* known kernel of this architecture, or NULL */
	struct audit_search search;
	char *(*rows)[PFC_PROBE_COLUMNS];	/* of the search, cut up */
	size_t nr_rows;
	struct audit_facts facts;
	struct audit_facts differences;
	bool has_dwarf;
};

/* ---- the file, as the module's code asks for it -------------------------------- */

/**
 * audit_read() - read what is linked at an address
 * @image: the kernel
 * @addr: the address
 * @to: where to put it
 * @len: bytes
 *
 * Return: true if the file holds all of it.
 */
bool audit_read(const struct pfc_image *image, uint64_t addr, void *to, size_t len)
{
	return pfc_image_read(image, addr, to, len);
}

/**
 * audit_function() - the function that holds an address
 * @image: the kernel
 * @addr: the address
 * @start: set to where it begins
 * @size: set to its length in bytes
 * @name: filled in
 * @room: bytes of @name
 *
 * Return: true if there is one, and the file holds its code.
 */
bool audit_function(const struct pfc_image *image, uint64_t addr, uint64_t *start,
		    uint64_t *size, char *name, size_t room)
{
	const struct pfc_symbol *symbol = pfc_image_function_at(image, addr);

	/* Not a symbol without code, as in files of debugging information alone. */
	if (!symbol || !pfc_image_data(image, symbol->addr, symbol->size))
		return false;
	*start = symbol->addr;
	*size = symbol->size;
	snprintf(name, room, "%s", symbol->name);
	return true;
}

/**
 * audit_symbol() - where a symbol is
 * @image: the kernel
 * @name: its name
 *
 * Return: its address, or 0.
 */
uint64_t audit_symbol(const struct pfc_image *image, const char *name)
{
	const struct pfc_symbol *symbol = pfc_image_symbol(image, name, NULL);

	return symbol ? symbol->addr : 0;
}

/**
 * audit_refuses() - whether a kernel accepts no kprobe at an address
 * @image: the kernel
 * @addr: the address of an instruction
 *
 * Return: true if it does not.
 */
bool audit_refuses(const struct pfc_image *image, uint64_t addr)
{
	static const char *const sections[][2] = {
		{ "__kprobes_text_start", "__kprobes_text_end" },
		{ "__entry_text_start", "__entry_text_end" },
		{ "__noinstr_text_start", "__noinstr_text_end" },
	};
	const struct pfc_symbol *in = pfc_image_function_at(image, addr);
	char name[256];
	size_t i;

	if (!in)
		return true;
	/* What NOKPROBE_SYMBOL() leaves. */
	snprintf(name, sizeof(name), "_kbl_addr_%s", in->name);
	if (audit_symbol(image, name))
		return true;
	for (i = 0; i < sizeof(sections) / sizeof(*sections); i++)
		if (addr >= audit_symbol(image, sections[i][0]) &&
		    addr < audit_symbol(image, sections[i][1]))
			return true;
	return pfc_flow_refused(image, in, addr);
}

/* ---- facts ---------------------------------------------------------------------- */

/**
 * audit_fact() - add a line to facts, once
 * @facts: the facts
 * @format: as for printf()
 */
void audit_fact(struct audit_facts *facts, const char *format, ...)
{
	char line[1024];
	va_list args;
	size_t i, at;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (at = 0; at < facts->nr; at++) {
		int order = strcmp(facts->lines[at], line);

		if (!order)
			return;
		if (order > 0)
			break;
	}
	facts->lines = pfc_alloc(facts->lines, facts->nr + 1, sizeof(*facts->lines));
	for (i = facts->nr++; i > at; i--)
		facts->lines[i] = facts->lines[i - 1];
	facts->lines[at] = pfc_format("%s", line);
}

static void free_facts(struct audit_facts *facts)
{
	size_t i;

	for (i = 0; i < facts->nr; i++)
		free(facts->lines[i]);
	free(facts->lines);
}

static bool has_fact(const struct audit_facts *facts, const char *fact)
{
	size_t i;

	for (i = 0; i < facts->nr; i++)
		if (!strcmp(facts->lines[i], fact))
			return true;
	return false;
}

static void split_rows(struct audit *audit)
{
	char *rest = audit->search.rows, *row;
	size_t i;

	strsep(&rest, "\n");	/* the header */
	while ((row = strsep(&rest, "\n")) && *row) {
		audit->rows = pfc_alloc(audit->rows, audit->nr_rows + 1, sizeof(*audit->rows));
		for (i = 0; i < PFC_PROBE_REASON; i++)
			audit->rows[audit->nr_rows][i] = strsep(&row, " ");
		audit->rows[audit->nr_rows++][i] = row;
	}
}

/* Whether CLASS is one of those that a row is about, "af,dirty,spurious". */
static bool has_class(const char *classes, const char *class)
{
	size_t len = strlen(class);

	while (strncmp(classes, class, len) || (classes[len] && classes[len] != ',')) {
		classes = strchr(classes, ',');
		if (!classes)
			return false;
		classes++;
	}
	return true;
}

static bool is_never(char *const *columns)
{
	return !strcmp(columns[PFC_PROBE_STATE], "off") &&
	       strcmp(columns[PFC_PROBE_METHOD], PFC_UNAVAILABLE);
}

static const char *const methods[] = {
#define PFC_X(id, word) word,
	PFC_METHODS(PFC_X)
#undef PFC_X
};

/* found CLASS METHOD,...: the methods, best first. */
static void note_found(struct audit *audit, const char *class)
{
	bool by[PFC_NR_METHODS] = { false }, never = false, any = false;
	char line[256] = "";
	size_t i, j;

	for (j = 0; j < audit->nr_rows; j++) {
		char *const *columns = audit->rows[j];

		if (!has_class(columns[PFC_PROBE_CLASS], class))
			continue;
		if (is_never(columns)) {
			never = true;
			continue;
		}
		for (i = 0; i < PFC_NR_METHODS; i++)
			by[i] |= !strcmp(columns[PFC_PROBE_METHOD], methods[i]);
	}
	for (i = 0; i < PFC_NR_METHODS; i++) {
		if (!by[i])
			continue;
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%s",
			 any ? "," : "", methods[i]);
		any = true;
	}
	if (any || never)
		audit_fact(&audit->facts, "found %s %s", class, any ? line : NEVER);
}

/* Why kprobes are off is known while only write_enabled_file_bool() switches them. */
const struct audit_name audit_guard[AUDIT_NR_GUARD] = {
	{ "arm_all_kprobes", "arm_all_kprobes", AUDIT_SHARED },
	{ "disarm_all_kprobes", "disarm_all_kprobes", AUDIT_SHARED },
	{ "write_enabled_file_bool", NULL, AUDIT_OWN },
	{ "ftrace_set_filter_ip", NULL, AUDIT_CALLED },
};

static void note_symbols(struct audit *audit)
{
	size_t i;

	for (i = 0; i < AUDIT_NR_GUARD; i++)
		if (audit_guard[i].role != AUDIT_SHARED &&
		    audit_symbol(&audit->image, audit_guard[i].name))
			audit_fact(&audit->facts, "symbol %s", audit_guard[i].name);
}

static void collect(struct audit *audit)
{
	const char *why = audit->image.machine == EM_AARCH64 ?
			  audit_search_arm64(&audit->image, &audit->search) :
			  audit_search_x86(&audit->image, &audit->search);
	size_t i;

	if (why)
		audit_fact(&audit->differences, "cannot load: %s", why);
	else
		split_rows(audit);
	for (i = 0; !why && i < PFC_NR_CLASSES; i++)
		note_found(audit, pfc_key(pfc_key_class(i))->name);
	note_symbols(audit);
	audit->has_dwarf = audit_dwarf(&audit->image, &audit->search, &audit->facts);
	if (!audit->has_dwarf)
		audit_fact(&audit->differences,
			   "cannot compare arguments, callers and parts of the dispatcher: %s has no debugging information",
			   audit->image.path);
}

/* ---- comparison ------------------------------------------------------------------- */

static bool is_about(const char *fact, const char *subject)
{
	size_t len = strlen(subject);

	return !strncmp(fact, subject, len) && fact[len] == ' ';
}

/* Whether KERNEL, or any if NULL, has a fact. */
static bool known(const struct audit *audit, const char *kernel, const char *fact)
{
	size_t i;

	for (i = 0; i < audit_nr_known; i++)
		if (!strcmp(audit_known[i].arch, audit->arch) &&
		    (!kernel || !strcmp(audit_known[i].kernel, kernel)) &&
		    !strcmp(audit_known[i].fact, fact))
			return true;
	return false;
}

static bool known_to_all(const struct audit *audit, const char *fact)
{
	const char *kernel = "";
	size_t i;

	for (i = 0; i < audit_nr_known; i++) {
		/* The facts of a kernel follow each other. */
		if (strcmp(audit_known[i].arch, audit->arch) ||
		    !strcmp(audit_known[i].kernel, kernel))
			continue;
		kernel = audit_known[i].kernel;
		if (!known(audit, kernel, fact))
			return false;
	}
	return true;
}

/* The worst of some methods: the larger, the worse. */
static int rank_of(const char *found)
{
	const char *last = strrchr(found, ' ') + 1, *comma = strrchr(last, ',');
	int i;

	for (i = 0; i < PFC_NR_METHODS; i++)
		if (!strcmp(comma ? comma + 1 : last, methods[i]))
			return i;
	return -1;
}

/* Whether a class is found as well as in the newest kernel that is known. */
static void compare_found(struct audit *audit, const char *found)
{
	const char *methods_of = strrchr(found, ' ');
	size_t i;

	for (i = 0; i < audit_nr_known; i++) {
		const char *fact = audit_known[i].fact;

		if (strcmp(audit_known[i].arch, audit->arch) ||
		    strcmp(audit_known[i].kernel, audit->newest) ||
		    strncmp(fact, found, methods_of - found + 1))
			continue;
		if (rank_of(found) > rank_of(fact))
			audit_fact(&audit->differences, "worse %s (%s: %s)", found, audit->newest,
				   strrchr(fact, ' ') + 1);
		return;
	}
	audit_fact(&audit->differences, "new %s", found);
}

static void compare_all(struct audit *audit)
{
	size_t i;

	for (i = 0; i < audit_nr_known; i++)
		if (!strcmp(audit_known[i].arch, audit->arch) &&
		    (!audit->newest || strverscmp(audit_known[i].kernel, audit->newest) > 0))
			audit->newest = audit_known[i].kernel;
	if (!audit->newest) {
		audit_fact(&audit->differences, "cannot compare: no kernel of %s is known",
			   audit->arch);
		return;
	}
	for (i = 0; i < audit->facts.nr; i++) {
		const char *fact = audit->facts.lines[i];

		if (is_about(fact, "found"))
			compare_found(audit, fact);
		else if (!known(audit, NULL, fact))
			audit_fact(&audit->differences, "new %s", fact);
	}
	for (i = 0; i < audit_nr_known; i++) {
		const char *fact = audit_known[i].fact;

		if (strcmp(audit_known[i].arch, audit->arch) ||
		    !(is_about(fact, "symbol") ||
		      (audit->has_dwarf && (is_about(fact, "part") || is_about(fact, "calls")))) ||
		    has_fact(&audit->facts, fact) || !known_to_all(audit, fact))
			continue;
		audit_fact(&audit->differences, "gone %s", fact);
	}
}

/* ---- output ------------------------------------------------------------------------ */

static void print_text(const struct audit *audit)
{
	struct pfc_table table;
	size_t i;

	pfc_table_init(&table, 4, 0);
	pfc_table_add(&table, "class");
	pfc_table_add(&table, "how");
	pfc_table_add(&table, "place");
	pfc_table_add(&table, "reason");
	for (i = 0; i < audit->nr_rows; i++) {
		pfc_table_add(&table, "%s", audit->rows[i][PFC_PROBE_CLASS]);
		pfc_table_add(&table, "%s", audit->rows[i][PFC_PROBE_METHOD]);
		pfc_table_add(&table, "%s", audit->rows[i][PFC_PROBE_POINT]);
		pfc_table_add(&table, "%s", audit->rows[i][PFC_PROBE_REASON]);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	putchar('\n');
	for (i = 0; i < audit->differences.nr; i++)
		printf("%s\n", audit->differences.lines[i]);
	printf("Linux %s, %s: ", audit->release, audit->arch);
	if (!audit->differences.nr)
		printf("as known (%s and before)\n", audit->newest);
	else
		printf("%zu to look at\n", audit->differences.nr);
}

static json_t *json_lines(const struct audit_facts *facts)
{
	json_t *lines = pfc_json_array();
	size_t i;

	for (i = 0; i < facts->nr; i++)
		pfc_json_append(lines, pfc_json_string(facts->lines[i]));
	return lines;
}

static void print_json(const struct audit *audit)
{
	json_t *root = pfc_json_object(), *rows = pfc_json_array();
	size_t i;

	pfc_json_set(root, "kernel", pfc_json_string(audit->release));
	pfc_json_set(root, "machine", pfc_json_string(audit->arch));
	pfc_json_set(root, "newest_known", audit->newest ? pfc_json_string(audit->newest) :
							   json_null());
	pfc_json_set(root, "as_known", json_boolean(!audit->differences.nr));
	pfc_json_set(root, "differences", json_lines(&audit->differences));
	for (i = 0; i < audit->nr_rows; i++) {
		char *const *columns = audit->rows[i];
		json_t *row = pfc_json_object();

		pfc_json_set(row, "class", pfc_json_string(columns[PFC_PROBE_CLASS]));
		pfc_json_set(row, "how", pfc_json_string(columns[PFC_PROBE_METHOD]));
		pfc_json_set(row, "place", pfc_json_string(columns[PFC_PROBE_POINT]));
		pfc_json_set(row, "reason", pfc_json_string(columns[PFC_PROBE_REASON]));
		pfc_json_append(rows, row);
	}
	pfc_json_set(root, "probes", rows);
	pfc_json_set(root, "facts", json_lines(&audit->facts));
	pfc_json_print(root, false);
}

static void read_release(struct audit *audit)
{
	uint64_t addr = audit_symbol(&audit->image, "linux_banner");
	char banner[128] = "";

	if (!addr || !audit_read(&audit->image, addr, banner, sizeof(banner) - 1) ||
	    sscanf(banner, "Linux version %63s", audit->release) != 1)
		strcpy(audit->release, "?");
}

/**
 * pfc_audit() - audit a kernel's ELF file
 * @path: the file
 * @json: print JSON
 *
 * Return: 0 if it is as known, 1 if something differs, 2 if it cannot be read.
 */
int pfc_audit(const char *path, bool json)
{
	struct audit audit = { .newest = NULL };
	const struct pfc_symbol *root;
	int ret = NOT_READ;
	size_t i;

	if (pfc_image_open(&audit.image, path))
		return NOT_READ;
	audit.arch = audit.image.machine == EM_AARCH64 ? "arm64" : "x86_64";
	root = pfc_image_symbol(&audit.image, LOCATE_ROOT, NULL);
	if (!root || !pfc_image_data(&audit.image, root->addr, root->size)) {
		pfc_error("%s has no %s %s: it is not a kernel, or %s; name the vmlinux of the "
			  "build directory",
			  path, root ? "code of" : "symbol", LOCATE_ROOT,
			  root ? "its debugging information alone" : "stripped");
		goto err_close;
	}
	read_release(&audit);
	collect(&audit);
	compare_all(&audit);
	if (json)
		print_json(&audit);
	else
		print_text(&audit);
	ret = audit.differences.nr ? DIFFERS : AS_KNOWN;
	for (i = 0; i < audit.search.nr_names; i++)
		if (audit.search.names[i].role == AUDIT_CALLED)
			free((char *)audit.search.names[i].name);
	free(audit.search.names);
	free(audit.rows);
	free(audit.search.rows);
	free_facts(&audit.facts);
	free_facts(&audit.differences);

err_close:
	pfc_image_close(&audit.image);
	return pfc_flush() ? NOT_READ : ret;
}
