/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every key that "stats" can hold, in the order of the file, made from the
 * lists of the contract.
 */
#ifndef PFC_KEYS_H
#define PFC_KEYS_H

#include <stddef.h>

#include "../include/uapi/pfclass.h"

/**
 * enum pfc_key_kind - what a key counts
 * @PFC_KEY_TOTAL: all faults or visits
 * @PFC_KEY_CLASS: the faults of one class
 * @PFC_KEY_REFINEMENT: what happened inside a class
 * @PFC_KEY_SPLIT: a class by access, origin or outcome
 */
enum pfc_key_kind {
	PFC_KEY_TOTAL,
	PFC_KEY_CLASS,
	PFC_KEY_REFINEMENT,
	PFC_KEY_SPLIT,
};

#define PFC_NR_SUFFIXES	(PFC_NR_ACCESSES + PFC_NR_ORIGINS + PFC_NR_OUTCOMES)

/* An upper bound: a split that is a refinement already exists only once. */
#define PFC_MAX_KEYS	(PFC_NR_TOTALS + PFC_NR_CLASSES + PFC_NR_REFINEMENTS + \
			 PFC_NR_CLASSES * PFC_NR_SUFFIXES)

#define PFC_KEY_LEN	64

/**
 * struct pfc_key - one key of "stats"
 * @name: the word in the file
 * @kind: what it counts
 * @class: the class it belongs to, -1 for a total
 */
struct pfc_key {
	char name[PFC_KEY_LEN];
	enum pfc_key_kind kind;
	int class;
};

size_t pfc_keys_nr(void);
const struct pfc_key *pfc_key(size_t index);
int pfc_key_find(const char *name, size_t hint);
size_t pfc_key_total(enum pfc_total total);
size_t pfc_key_class(enum pfc_class class);

#endif /* PFC_KEYS_H */
