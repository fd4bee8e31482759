/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pfclass locate --audit: what the module would find in a kernel's ELF file, and what is
 * known of other kernels. Included by the module's code too, so it names no type of either.
 */
#ifndef PFC_AUDIT_H
#define PFC_AUDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pfc_image;
struct json_t;

/**
 * enum audit_role - what a function is to the module
 * @AUDIT_PART: of the dispatcher
 * @AUDIT_OWN: the dispatcher alone calls it
 * @AUDIT_SHARED: others call it too
 * @AUDIT_CALLED: the dispatcher calls it, in this kernel's code
 */
enum audit_role {
	AUDIT_PART,
	AUDIT_OWN,
	AUDIT_SHARED,
	AUDIT_CALLED,
};

/**
 * struct audit_name - a function
 * @name: its name; of AUDIT_CALLED with the compiler's suffix
 * @group: the first of those that stand for one another; of AUDIT_SHARED
 * @role: what it is
 */
struct audit_name {
	const char *name;
	const char *group;
	enum audit_role role;
};

/* What module/guard.c rests on; what is not shared it probes by name. */
#define AUDIT_NR_GUARD	4
extern const struct audit_name audit_guard[AUDIT_NR_GUARD];

/**
 * struct audit_search - what the module would find
 * @rows: as "probes" has them, with its header
 * @names: the functions that this rests on
 * @nr_names: their number
 */
struct audit_search {
	char *rows;
	struct audit_name *names;
	size_t nr_names;
};

/* The file as the module's code asks for it. */
bool audit_read(const struct pfc_image *image, uint64_t addr, void *to, size_t len);
bool audit_function(const struct pfc_image *image, uint64_t addr, uint64_t *start,
		    uint64_t *size, char *name, size_t room);
uint64_t audit_symbol(const struct pfc_image *image, const char *name);
bool audit_refuses(const struct pfc_image *image, uint64_t addr);

/* audit_search.c, compiled for each architecture. */
const char *audit_search_arm64(const struct pfc_image *image, struct audit_search *search);
const char *audit_search_x86(const struct pfc_image *image, struct audit_search *search);

/**
 * struct audit_facts - lines of words, sorted
 * @lines: the facts
 * @nr: their number
 */
struct audit_facts {
	char **lines;
	size_t nr;
};

void audit_fact(struct audit_facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool audit_dwarf(const struct pfc_image *image, const struct audit_search *search,
		 struct audit_facts *facts);

/**
 * struct audit_known - a fact of a kernel that the tests know
 * @kernel: its name
 * @arch: its architecture
 * @fact: the fact
 */
struct audit_known {
	const char *kernel;
	const char *arch;
	const char *fact;
};

/* Made from known/ when the program is built, by known.awk. */
extern const struct audit_known audit_known[];
extern const size_t audit_nr_known;

#endif /* PFC_AUDIT_H */
