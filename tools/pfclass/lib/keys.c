// SPDX-License-Identifier: GPL-2.0
#include "keys.h"

#include <stdio.h>
#include <string.h>

/* lint: allow MACRO_ARG_UNUSED throughout: each use of a list takes what it needs */

#define PFC_X(id, key, text) key,
static const char *const totals[] = { PFC_TOTALS(PFC_X) };
static const char *const classes[] = { PFC_CLASSES(PFC_X) };
#undef PFC_X

#define PFC_X(id, class, key, meaning) { PFC_##class, key },
static const struct {
	enum pfc_class class;
	const char *key;
} refinements[] = { PFC_REFINEMENTS(PFC_X) };
#undef PFC_X

#define PFC_X(id, suffix, meaning) suffix,
static const char *const suffixes[] = {
	PFC_ACCESSES(PFC_X) PFC_ORIGINS(PFC_X) PFC_OUTCOMES(PFC_X)
};

#undef PFC_X

static struct pfc_key keys[PFC_MAX_KEYS];
static size_t nr_keys;

static void add(const char *stem, const char *suffix, enum pfc_key_kind kind,
		int class)
{
	struct pfc_key *key = &keys[nr_keys++];

	snprintf(key->name, sizeof(key->name), "%s%s", stem, suffix);
	key->kind = kind;
	key->class = class;
}

static int is_refinement(const char *stem, const char *suffix)
{
	char name[PFC_KEY_LEN];
	size_t i;

	snprintf(name, sizeof(name), "%s%s", stem, suffix);
	for (i = 0; i < PFC_NR_REFINEMENTS; i++)
		if (!strcmp(refinements[i].key, name))
			return 1;
	return 0;
}

static void build(void)
{
	size_t i, j;

	for (i = 0; i < PFC_NR_TOTALS; i++)
		add(totals[i], "", PFC_KEY_TOTAL, -1);
	for (i = 0; i < PFC_NR_CLASSES; i++)
		add(classes[i], "", PFC_KEY_CLASS, i);
	for (i = 0; i < PFC_NR_REFINEMENTS; i++)
		add(refinements[i].key, "", PFC_KEY_REFINEMENT,
		    refinements[i].class);
	for (i = 0; i < PFC_NR_CLASSES; i++)
		for (j = 0; j < PFC_NR_SUFFIXES; j++)
			if (!is_refinement(classes[i], suffixes[j]))
				add(classes[i], suffixes[j], PFC_KEY_SPLIT, i);
}

/**
 * pfc_keys_nr() - how many keys there are
 *
 * Return: the number of keys; indexes below it are valid.
 */
size_t pfc_keys_nr(void)
{
	if (!nr_keys)
		build();
	return nr_keys;
}

/**
 * pfc_key() - one key
 * @index: below pfc_keys_nr()
 *
 * Return: the key, valid for ever.
 */
const struct pfc_key *pfc_key(size_t index)
{
	if (!nr_keys)
		build();
	return &keys[index];
}

/**
 * pfc_key_find() - look a name up
 * @name: the name
 * @hint: where it probably is; the file keeps the order of the list
 *
 * Return: the key's index, or -1 when the contract does not list the name.
 */
int pfc_key_find(const char *name, size_t hint)
{
	size_t i, nr = pfc_keys_nr();

	for (i = 0; i < nr; i++) {
		size_t at = (hint + i) % nr;

		if (!strcmp(keys[at].name, name))
			return (int)at;
	}
	return -1;
}

/**
 * pfc_key_total() - the index of a total
 * @total: which
 *
 * Return: its index.
 */
size_t pfc_key_total(enum pfc_total total)
{
	return total;
}

/**
 * pfc_key_class() - the index of a class
 * @class: which
 *
 * Return: its index.
 */
size_t pfc_key_class(enum pfc_class class)
{
	return PFC_NR_TOTALS + class;
}
