/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every key of "stats", in the order of the file, with its meaning. The only
 * expansion of the lists of include/uapi/pfclass.h in this program.
 */
#ifndef PFC_KEYS_H
#define PFC_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "../../../include/uapi/pfclass.h"

/**
 * enum pfc_key_kind - what a key counts
 * @PFC_KEY_TOTAL: all faults or visits
 * @PFC_KEY_CLASS: the faults of one class
 * @PFC_KEY_REFINEMENT: what happened inside a class
 * @PFC_KEY_SPLIT: a class by access, origin or outcome
 * @PFC_NR_KEY_KINDS: how many kinds there are
 */
enum pfc_key_kind {
	PFC_KEY_TOTAL,
	PFC_KEY_CLASS,
	PFC_KEY_REFINEMENT,
	PFC_KEY_SPLIT,
	PFC_NR_KEY_KINDS,
};

extern const char *const pfc_key_kinds[PFC_NR_KEY_KINDS];

/**
 * enum pfc_suffix - the splits of a class; their order is that of "stats"
 * @PFC_SUFFIX_READ: the first access
 * @PFC_SUFFIX_WRITE: writes
 * @PFC_SUFFIX_EXEC: instruction fetches
 * @PFC_SUFFIX_USER: the first origin
 * @PFC_SUFFIX_MAJOR: of the outcomes "stats" has only this one
 * @PFC_NR_SUFFIXES: how many splits a class has
 */
enum pfc_suffix {
	PFC_SUFFIX_READ,
	PFC_SUFFIX_WRITE,
	PFC_SUFFIX_EXEC,
	PFC_SUFFIX_USER = PFC_NR_ACCESSES,
	PFC_SUFFIX_MAJOR = PFC_NR_ACCESSES + PFC_NR_ORIGINS,
	PFC_NR_SUFFIXES,
};

/* An upper bound: where a refinement has the name of a split, there is no split. */
#define PFC_MAX_KEYS	(PFC_NR_TOTALS + PFC_NR_CLASSES + PFC_NR_REFINEMENTS + \
			 PFC_NR_CLASSES * PFC_NR_SUFFIXES)

#define PFC_KEY_LEN	64

/**
 * struct pfc_key - one key of "stats"
 * @name: the word in the file
 * @kind: what it counts
 * @class: the class it belongs to, -1 for a total
 * @of_which: a refinement whose faults one of its siblings, or the class, counts
 * @meaning: what it counts, in words
 */
struct pfc_key {
	char name[PFC_KEY_LEN];
	enum pfc_key_kind kind;
	int class;
	bool of_which;
	char meaning[2 * PFC_KEY_LEN];
};

size_t pfc_keys_nr(void);
const struct pfc_key *pfc_key(size_t index);
int pfc_key_find(const char *name, size_t hint);
size_t pfc_key_total(enum pfc_total total);
size_t pfc_key_class(enum pfc_class class);
int pfc_key_split(enum pfc_class class, enum pfc_suffix suffix);
const char *pfc_suffix(enum pfc_suffix suffix);
const char *pfc_suffix_meaning(enum pfc_suffix suffix);

#endif /* PFC_KEYS_H */
