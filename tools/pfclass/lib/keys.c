// SPDX-License-Identifier: GPL-2.0
#include "keys.h"

#include <stdio.h>
#include <string.h>

struct word {
	const char *text;
	const char *meaning;
};

#define PFC_X(id, text, meaning) { text, meaning },
static const struct word totals[] = { PFC_TOTALS(PFC_X) };
static const struct word classes[] = { PFC_CLASSES(PFC_X) };
static const struct word accesses[] = { PFC_ACCESSES(PFC_X) };
static const struct word origins[] = { PFC_ORIGINS(PFC_X) };
static const struct word outcomes[] = { PFC_OUTCOMES(PFC_X) };
#undef PFC_X

#define PFC_X(id, class, text, meaning) { PFC_##class, { text, meaning } },
static const struct {
	enum pfc_class class;
	struct word word;
} refinements[] = { PFC_REFINEMENTS(PFC_X) };
#undef PFC_X

const char *const pfc_key_kinds[] = {
	[PFC_KEY_TOTAL] = "totals",
	[PFC_KEY_CLASS] = "classes",
	[PFC_KEY_REFINEMENT] = "refinements",
	[PFC_KEY_SPLIT] = "splits",
};

static struct pfc_key keys[PFC_MAX_KEYS];
static size_t nr_keys;

static const struct word *suffix_word(enum pfc_suffix suffix)
{
	if (suffix < PFC_SUFFIX_USER)
		return &accesses[suffix];
	if (suffix < PFC_SUFFIX_MAJOR)
		return &origins[suffix - PFC_SUFFIX_USER];
	return &outcomes[PFC_MAJOR];
}

static struct pfc_key *add(const struct word *word, enum pfc_key_kind kind, int class)
{
	struct pfc_key *key = &keys[nr_keys++];

	snprintf(key->name, sizeof(key->name), "%s", word->text);
	snprintf(key->meaning, sizeof(key->meaning), "%s", word->meaning);
	key->kind = kind;
	key->class = class;
	return key;
}

static void add_split(enum pfc_class class, const struct word *suffix)
{
	char name[PFC_KEY_LEN], meaning[2 * PFC_KEY_LEN];
	const struct word split = { name, meaning };
	size_t i;

	snprintf(name, sizeof(name), "%s%s", classes[class].text, suffix->text);
	for (i = 0; i < PFC_NR_REFINEMENTS; i++)
		if (!strcmp(refinements[i].word.text, name))
			return;
	snprintf(meaning, sizeof(meaning), "%s: %s", classes[class].text, suffix->meaning);
	add(&split, PFC_KEY_SPLIT, class);
}

static void build(void)
{
	size_t i, j;

	for (i = 0; i < PFC_NR_TOTALS; i++)
		add(&totals[i], PFC_KEY_TOTAL, -1);
	for (i = 0; i < PFC_NR_CLASSES; i++)
		add(&classes[i], PFC_KEY_CLASS, i);
	for (i = 0; i < PFC_NR_REFINEMENTS; i++)
		add(&refinements[i].word, PFC_KEY_REFINEMENT, refinements[i].class)->of_which =
			i == PFC_SWAP_WP || i == PFC_AF_DIRTY;
	for (i = 0; i < PFC_NR_CLASSES; i++)
		for (j = 0; j < PFC_NR_SUFFIXES; j++)
			add_split(i, suffix_word(j));
}

/**
 * pfc_keys_nr() - the number of keys
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
 * Return: the key, always valid.
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
 * @hint: its probable index; the file keeps the order of the list
 *
 * Return: the key's index, or -1 when the uapi header does not list the name.
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

/**
 * pfc_key_split() - the index of a split
 * @class: of which class
 * @suffix: which split
 *
 * Return: its index, or -1 where a refinement has its name.
 */
int pfc_key_split(enum pfc_class class, enum pfc_suffix suffix)
{
	char name[PFC_KEY_LEN];
	int key;

	snprintf(name, sizeof(name), "%s%s", classes[class].text, suffix_word(suffix)->text);
	key = pfc_key_find(name, 0);
	return key >= 0 && keys[key].kind == PFC_KEY_SPLIT ? key : -1;
}

/**
 * pfc_suffix() - how the keys of a split end
 * @suffix: which split
 *
 * Return: the suffix with its underscore.
 */
const char *pfc_suffix(enum pfc_suffix suffix)
{
	return suffix_word(suffix)->text;
}

/**
 * pfc_suffix_meaning() - what a split counts
 * @suffix: which split
 *
 * Return: its meaning, in words.
 */
const char *pfc_suffix_meaning(enum pfc_suffix suffix)
{
	return suffix_word(suffix)->meaning;
}
