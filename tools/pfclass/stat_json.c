// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: JSON, and separated values, for programs. */
#include <inttypes.h>
#include <stdio.h>

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
	const struct pfc_percpu *percpu = &sample->percpu;
	const char *sep = input->separator;
	struct pfc_table cells;
	size_t i, column;

	/* Two columns: the value, and the rest of the line. */
	pfc_table_init(&cells, 2, 0);
	for (i = 0; !input->percpu && i < pfc_keys_nr(); i++) {
		if (!stats->listed[i])
			continue;
		pfc_table_add_value(&cells, stats->values[i]);
		pfc_table_add(&cells, "%s%s%s", pfc_key(i)->name, sep,
			      share(sample, stats->values[i]));
	}
	for (i = 0; !input->percpu && i < stats->nr_extras; i++) {
		pfc_table_add_value(&cells, stats->extras[i].value);
		pfc_table_add(&cells, "%s%s%s", stats->extras[i].name, sep,
			      share(sample, stats->extras[i].value));
	}
	for (i = 0; i < percpu->nr_cpus; i++) {
		for (column = 0; column < percpu->nr_columns; column++) {
			struct pfc_value value = percpu->cpus[i].values[column];

			pfc_table_add_value(&cells, value);
			pfc_table_add(&cells, "%s%s%s",
				      percpu->columns[column], sep,
				      share(sample, value));
		}
	}
	for (i = 0; i < cells.rows; i++) {
		if (input->repeat)
			printf("%" PRIu64 ".%09" PRIu64 "%s",
			       (uint64_t)(sample->since / NSEC),
			       (uint64_t)(sample->since % NSEC), sep);
		if (input->percpu)
			printf("CPU%u%s",
			       percpu->cpus[i / percpu->nr_columns].cpu, sep);
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

static json_t *cpu_rows(const struct pfc_percpu *percpu)
{
	json_t *rows = pfc_json_array();
	size_t i, column;

	for (i = 0; i < percpu->nr_cpus; i++) {
		const struct pfc_cpu *cpu = &percpu->cpus[i];
		json_t *row = pfc_json_object();

		pfc_json_set(row, "cpu", pfc_json_u64(cpu->cpu));
		for (column = 0; column < percpu->nr_columns; column++)
			pfc_json_set(row, percpu->columns[column],
				     pfc_json_value(cpu->values[column]));
		pfc_json_append(rows, row);
	}
	return rows;
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
	if (input->percpu)
		pfc_json_set(root, "percpu", cpu_rows(&sample->percpu));
	pfc_json_set(root, "unavailable", unavailable);
	pfc_json_print(root, input->repeat);
}
