// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: JSON, and separated values, for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/json.h"
#include "lib/table.h"
#include "stat.h"

/* Percent of all faults, or "" where there is none. */
static const char *share(const struct sample *sample, struct pfc_value value)
{
	struct pfc_value all = sample->stats.values[pfc_key_total(PFC_FAULTS)];
	static char text[32];

	if (!value.available || !all.available || !all.n)
		return "";
	snprintf(text, sizeof(text), "%.2f", 100.0 * value.n / all.n);
	return text;
}

/**
 * stat_print_cells() - print a line for each counter, for spreadsheets
 * @input: the command line
 * @sample: the reading
 */
void stat_print_cells(const struct stat_input *input, const struct sample *sample)
{
	const struct pfc_stats *stats = &sample->stats;
	const struct pfc_rows *rows = &sample->rows;
	const char *sep = input->separator;
	struct pfc_table cells;
	size_t i, column;

	/* Two columns: the value, and the rest of the line. */
	pfc_table_init(&cells, 2, 0);
	for (i = 0; !input->rows && i < pfc_keys_nr(); i++) {
		if (!stats->listed[i])
			continue;
		pfc_table_add_value(&cells, stats->values[i]);
		pfc_table_add(&cells, "%s%s%s", pfc_key(i)->name, sep,
			      share(sample, stats->values[i]));
	}
	for (i = 0; !input->rows && i < stats->nr_extras; i++) {
		pfc_table_add_value(&cells, stats->extras[i].value);
		pfc_table_add(&cells, "%s%s%s", stats->extras[i].name, sep,
			      share(sample, stats->extras[i].value));
	}
	for (i = 0; i < rows->nr_rows; i++) {
		for (column = 0; column < rows->nr_columns; column++) {
			struct pfc_value value = rows->rows[i].values[column];

			pfc_table_add_value(&cells, value);
			pfc_table_add(&cells, "%s%s%s",
				      rows->columns[column], sep,
				      share(sample, value));
		}
	}
	for (i = 0; i < cells.rows; i++) {
		if (input->repeat)
			printf("%" PRIu64 ".%09" PRIu64 "%s",
			       (uint64_t)(sample->since / NSEC),
			       (uint64_t)(sample->since % NSEC), sep);
		if (input->rows)
			printf("%s%s%s", input->rows->prefix,
			       rows->rows[i / rows->nr_columns].name, sep);
		printf("%s%s%s\n", cells.cells[2 * i], sep,
		       cells.cells[2 * i + 1]);
	}
	pfc_table_free(&cells);
}

static json_t *others(const struct pfc_stats *stats)
{
	json_t *extras = pfc_json_object();
	size_t i;

	for (i = 0; i < stats->nr_extras; i++)
		pfc_json_set(extras, stats->extras[i].name,
			     pfc_json_value(stats->extras[i].value));
	return extras;
}

/* A CPU is its number, a group its path and its id. */
static json_t *all_rows(const struct pfc_rows *rows)
{
	json_t *all = pfc_json_array();
	size_t i, column;

	for (i = 0; i < rows->nr_rows; i++) {
		const struct pfc_row *from = &rows->rows[i];
		json_t *row = pfc_json_object();
		char *path;

		if (rows->kind->numbered) {
			pfc_json_set(row, rows->kind->key, pfc_json_u64(from->id));
		} else {
			path = pfc_row_path(from);
			pfc_json_set(row, rows->kind->key, pfc_json_string(path));
			pfc_json_set(row, "id", from->id ? pfc_json_u64(from->id) : json_null());
			free(path);
		}
		for (column = 0; column < rows->nr_columns; column++)
			pfc_json_set(row, rows->columns[column],
				     pfc_json_value(from->values[column]));
		pfc_json_append(all, row);
	}
	return all;
}

/**
 * stat_print_json() - print an object
 * @input: the command line
 * @sample: the reading
 */
void stat_print_json(const struct stat_input *input, const struct sample *sample)
{
	const struct pfc_stats *stats = &sample->stats;
	json_t *root = pfc_json_object(), *unavailable = pfc_json_array();
	json_t *section[PFC_NR_KEY_KINDS];
	size_t i;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	if (input->repeat) {
		pfc_json_set(root, "since_ns", pfc_json_u64(sample->since));
		pfc_json_set(root, "interval_ns", pfc_json_u64(sample->length));
		pfc_json_set(root, "reset", json_boolean(sample->reset));
	}
	for (i = 0; i < PFC_NR_KEY_KINDS; i++) {
		section[i] = pfc_json_object();
		pfc_json_set(root, pfc_key_kinds[i], section[i]);
	}
	for (i = 0; i < pfc_keys_nr(); i++) {
		const struct pfc_key *key = pfc_key(i);

		if (!stats->listed[i])
			continue;
		pfc_json_set(section[key->kind], key->name,
			     pfc_json_value(stats->values[i]));
		if (!stats->values[i].available)
			pfc_json_append(unavailable, pfc_json_string(key->name));
	}
	if (stats->nr_extras)
		pfc_json_set(root, "others", others(stats));
	if (input->rows)
		pfc_json_set(root, input->rows->file, all_rows(&sample->rows));
	pfc_json_set(root, "unavailable", unavailable);
	pfc_json_print(root, input->repeat);
}
