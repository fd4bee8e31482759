// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: a row for each CPU, or for each control group. */
#include <stdlib.h>

#include "lib/output.h"
#include "lib/table.h"
#include "stat.h"

/* Whether a column is available; without a row, "stats" knows. */
static bool column_available(const struct sample *sample, size_t column)
{
	const struct pfc_rows *rows = &sample->rows;
	size_t i;
	int key;

	if (!rows->nr_rows) {
		key = pfc_key_find(rows->columns[column], 0);
		return key >= 0 && sample->stats.values[key].available;
	}
	for (i = 0; i < rows->nr_rows; i++)
		if (rows->rows[i].values[column].available)
			return true;
	return false;
}

static struct pfc_value column_sum(const struct sample *sample, size_t column)
{
	const struct pfc_rows *rows = &sample->rows;
	struct pfc_value sum = { .available = column_available(sample, column) };
	size_t i;

	for (i = 0; i < rows->nr_rows; i++)
		sum.n += rows->rows[i].values[column].n;
	return sum;
}

static size_t count_columns(const struct stat_input *input, const struct sample *sample)
{
	size_t columns = 1 + input->repeat, column;

	for (column = 0; column < sample->rows.nr_columns; column++)
		columns += column_available(sample, column);
	return columns;
}

static const struct pfc_rows *comparing;

/* CPUs by their number, groups by their faults, and those that are no group last. */
static int compare(const void *a, const void *b)
{
	const struct pfc_row *x = *(const struct pfc_row * const *)a;
	const struct pfc_row *y = *(const struct pfc_row * const *)b;
	uint64_t of_x, of_y;

	if (!comparing->kind->numbered && !x->id != !y->id)
		return x->id ? -1 : 1;
	of_x = pfc_row_sum(comparing, x);
	of_y = pfc_row_sum(comparing, y);
	if (!comparing->kind->numbered && x->id && of_x != of_y)
		return of_x > of_y ? -1 : 1;
	/* The order of the file, which is that of the array. */
	return x < y ? -1 : x > y;
}

/* In the order in which they are printed; to be released by free(). */
static const struct pfc_row **sorted(const struct pfc_rows *rows)
{
	const struct pfc_row **order = pfc_alloc(NULL, rows->nr_rows + 1, sizeof(*order));
	size_t i;

	for (i = 0; i < rows->nr_rows; i++)
		order[i] = &rows->rows[i];
	comparing = rows;
	qsort(order, rows->nr_rows, sizeof(*order), compare);
	return order;
}

/**
 * stat_print_rows() - print a row for each CPU or group, and their sum
 * @input: the command line
 * @sample: the reading
 *
 * With an interval the first column is the seconds since the start. A group without any
 * fault has a row only with -v.
 */
void stat_print_rows(const struct stat_input *input, const struct sample *sample)
{
	const struct pfc_rows *rows = &sample->rows;
	const struct pfc_row **order = sorted(rows);
	char *elapsed = pfc_format("%.3f", (double)sample->since / NSEC);
	uint64_t right = UINT64_MAX;
	struct pfc_table table;
	size_t i, column;

	if (!rows->kind->numbered)
		right &= ~(1ULL << input->repeat);
	pfc_table_init(&table, count_columns(input, sample), right);
	if (input->repeat)
		pfc_table_add(&table, "elapsed");
	pfc_table_add(&table, "%s", rows->kind->key);
	for (column = 0; column < rows->nr_columns; column++)
		if (column_available(sample, column))
			pfc_table_add(&table, "%s", rows->columns[column]);
	for (i = 0; i <= rows->nr_rows; i++) {
		bool sum = i == rows->nr_rows;

		if (!sum && !rows->kind->numbered && !input->verbose &&
		    !pfc_row_sum(rows, order[i]))
			continue;
		if (input->repeat)
			pfc_table_add(&table, "%s", elapsed);
		pfc_table_add(&table, "%s", sum ? "sum" : order[i]->name);
		for (column = 0; column < rows->nr_columns; column++)
			if (column_available(sample, column))
				pfc_table_add_value(&table, sum ? column_sum(sample, column) :
							    order[i]->values[column]);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	stat_list_unavailable(sample, PFC_KEY_CLASS, PFC_KEY_CLASS);
	free(elapsed);
	free(order);
}
