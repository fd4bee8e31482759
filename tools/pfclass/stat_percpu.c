// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: a row for each CPU. */
#include <stdlib.h>

#include "lib/output.h"
#include "lib/table.h"
#include "stat.h"

/* Whether a column of "percpu" is available; without a row, "stats" knows. */
static bool column_available(const struct sample *sample, size_t column)
{
	const struct pfc_percpu *percpu = &sample->percpu;
	size_t i;
	int key;

	if (!percpu->nr_cpus) {
		key = pfc_key_find(percpu->columns[column], 0);
		return key >= 0 && sample->stats.values[key].available;
	}
	for (i = 0; i < percpu->nr_cpus; i++)
		if (percpu->cpus[i].values[column].available)
			return true;
	return false;
}

static struct pfc_value column_sum(const struct sample *sample, size_t column)
{
	const struct pfc_percpu *percpu = &sample->percpu;
	struct pfc_value sum = { .available = column_available(sample, column) };
	size_t i;

	for (i = 0; i < percpu->nr_cpus; i++)
		sum.n += percpu->cpus[i].values[column].n;
	return sum;
}

static size_t count_columns(const struct stat_input *input, const struct sample *sample)
{
	size_t columns = 1 + input->repeat, column;

	for (column = 0; column < sample->percpu.nr_columns; column++)
		columns += column_available(sample, column);
	return columns;
}

/**
 * stat_print_percpu() - print a row for each CPU, and their sum
 * @input: the command line
 * @sample: the reading
 *
 * With an interval the first column is the seconds since the start.
 */
void stat_print_percpu(const struct stat_input *input, const struct sample *sample)
{
	const struct pfc_percpu *percpu = &sample->percpu;
	char *elapsed = pfc_format("%.3f", (double)sample->since / NSEC);
	struct pfc_table table;
	size_t i, column;

	pfc_table_init(&table, count_columns(input, sample), UINT64_MAX);
	if (input->repeat)
		pfc_table_add(&table, "elapsed");
	pfc_table_add(&table, "cpu");
	for (column = 0; column < percpu->nr_columns; column++)
		if (column_available(sample, column))
			pfc_table_add(&table, "%s", percpu->columns[column]);
	for (i = 0; i <= percpu->nr_cpus; i++) {
		bool sum = i == percpu->nr_cpus;

		if (input->repeat)
			pfc_table_add(&table, "%s", elapsed);
		if (sum)
			pfc_table_add(&table, "sum");
		else
			pfc_table_add(&table, "%u", percpu->cpus[i].cpu);
		for (column = 0; column < percpu->nr_columns; column++)
			if (column_available(sample, column))
				pfc_table_add_value(&table, sum ?
						    column_sum(sample, column) :
						    percpu->cpus[i].values[column]);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	stat_list_unavailable(sample, PFC_KEY_CLASS, PFC_KEY_CLASS);
	free(elapsed);
}
