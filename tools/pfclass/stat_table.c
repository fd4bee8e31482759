// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass stat: the tables for people. A row for each class and a column for each
 * split; refinements and totals apart, so that no two numbers of a column count
 * the same fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/output.h"
#include "lib/table.h"
#include "stat.h"

static bool has_column(const struct sample *sample, enum pfc_suffix suffix)
{
	size_t class;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (pfc_stats_split(&sample->stats, class, suffix).available)
			return true;
	return false;
}

static void print_classes(const struct sample *sample)
{
	bool shown[PFC_NR_SUFFIXES];
	struct pfc_table table;
	size_t columns = 2, class, i;

	for (i = 0; i < PFC_NR_SUFFIXES; i++) {
		shown[i] = has_column(sample, i);
		columns += shown[i];
	}
	pfc_table_init(&table, columns, ~1ULL);
	pfc_table_add(&table, "class");
	pfc_table_add(&table, "total");
	for (i = 0; i < PFC_NR_SUFFIXES; i++)
		if (shown[i])
			pfc_table_add(&table, "%s", pfc_suffix(i) + 1);
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		size_t key = pfc_key_class(class);

		pfc_table_add(&table, "%s", pfc_key(key)->name);
		pfc_table_add_value(&table, sample->stats.values[key]);
		for (i = 0; i < PFC_NR_SUFFIXES; i++) {
			struct pfc_value value = pfc_stats_split(&sample->stats, class, i);

			if (!shown[i])
				continue;
			if (value.available)
				pfc_table_add_value(&table, value);
			else
				pfc_table_add(&table, "-");
		}
	}
	for (i = 0; i < sample->stats.nr_extras; i++) {
		const struct pfc_extra *extra = &sample->stats.extras[i];

		pfc_table_add(&table, "%s", extra->name);
		pfc_table_add_value(&table, extra->value);
		while (table.filled % columns)
			pfc_table_add(&table, "-");
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
}

/* Faults that a sibling counts as well have a column of their own. */
static void print_refinements(const struct stat_input *input, const struct sample *sample)
{
	struct pfc_table table;
	size_t i;

	pfc_table_init(&table, 3, ~1ULL);
	pfc_table_add(&table, "refinement");
	pfc_table_add(&table, "count");
	pfc_table_add(&table, "of which");
	for (i = 0; i < pfc_keys_nr(); i++) {
		const struct pfc_key *key = pfc_key(i);

		if (key->kind != PFC_KEY_REFINEMENT || !sample->stats.listed[i] ||
		    (!input->verbose && !sample->stats.values[i].n))
			continue;
		pfc_table_add(&table, "%s", key->name);
		if (key->of_which)
			pfc_table_add(&table, "%s", "");
		pfc_table_add_value(&table, sample->stats.values[i]);
		if (!key->of_which)
			pfc_table_add(&table, "%s", "");
	}
	if (table.rows > 1) {
		putchar('\n');
		pfc_table_print(&table);
	}
	pfc_table_free(&table);
}

static void print_totals(const struct sample *sample)
{
	struct pfc_table table;
	size_t i;

	pfc_table_init(&table, PFC_NR_TOTALS, ~0ULL);
	for (i = 0; i < PFC_NR_TOTALS; i++)
		pfc_table_add(&table, "%s", pfc_key(pfc_key_total(i))->name);
	for (i = 0; i < PFC_NR_TOTALS; i++)
		pfc_table_add_value(&table, sample->stats.values[pfc_key_total(i)]);
	putchar('\n');
	pfc_table_print(&table);
	pfc_table_free(&table);
}

static void append(char **list, size_t *len, const char *word)
{
	size_t add = strlen(word);

	*list = pfc_alloc(*list, *len + add + 2, 1);
	if (*len)
		(*list)[(*len)++] = ' ';
	strcpy(*list + *len, word);
	*len += add;
}

/**
 * stat_is_unavailable() - whether the module reports a key as unavailable
 * @sample: the reading
 * @index: the key
 *
 * Return: true if so; false also for a key that this module does not have.
 */
bool stat_is_unavailable(const struct sample *sample, size_t index)
{
	return sample->stats.listed[index] && !sample->stats.values[index].available;
}

static bool none_available(const struct sample *sample, enum pfc_key_kind kind)
{
	bool any = false;
	size_t i;

	for (i = 0; i < pfc_keys_nr(); i++) {
		if (pfc_key(i)->kind != kind)
			continue;
		if (sample->stats.values[i].available)
			return false;
		any |= sample->stats.listed[i];
	}
	return any;
}

/**
 * stat_list_unavailable() - name the unavailable keys, which are not zero
 * @sample: the reading
 * @first: the first kind of keys
 * @last: the last kind of keys
 */
void stat_list_unavailable(const struct sample *sample, enum pfc_key_kind first,
			   enum pfc_key_kind last)
{
	static const char *const every[] = {
		[PFC_KEY_REFINEMENT] = "every refinement",
		[PFC_KEY_SPLIT] = "every split by access, origin and outcome",
	};
	enum pfc_key_kind kind;
	bool printed = false;
	char *list = NULL;
	size_t len = 0, i;

	for (kind = first; kind <= last; kind++) {
		if (kind >= PFC_KEY_REFINEMENT && none_available(sample, kind)) {
			printf("%s: %s\n", PFC_UNAVAILABLE, every[kind]);
			printed = true;
			continue;
		}
		for (i = 0; i < pfc_keys_nr(); i++)
			if (pfc_key(i)->kind == kind && stat_is_unavailable(sample, i))
				append(&list, &len, pfc_key(i)->name);
	}
	if (list)
		pfc_print_wrapped(PFC_UNAVAILABLE ": ", list);
	if (printed || list)
		puts("For the reasons see: pfclass probes");
	free(list);
}

/**
 * stat_print_table() - print the classes, their refinements, the totals
 * @input: the command line
 * @sample: the reading
 */
void stat_print_table(const struct stat_input *input, const struct sample *sample)
{
	print_classes(sample);
	print_refinements(input, sample);
	print_totals(sample);
	stat_list_unavailable(sample, PFC_KEY_TOTAL, PFC_KEY_SPLIT);
}
