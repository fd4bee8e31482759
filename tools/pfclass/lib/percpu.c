// SPDX-License-Identifier: GPL-2.0
#include "percpu.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "parse.h"

static int parse_header(const struct pfc_lines *lines, char *row,
			struct pfc_percpu *percpu)
{
	char *save, *word = strtok_r(row, " \t", &save);

	if (!word || strcmp(word, "cpu"))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the header does not begin with \"cpu\"");
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (!pfc_is_key(word))
			return pfc_garbled(lines->reader, lines->file, lines->line,
					   "column %zu is not a key",
					   percpu->nr_columns + 2);
		percpu->columns = pfc_alloc(percpu->columns,
					    percpu->nr_columns + 1,
					    sizeof(*percpu->columns));
		strcpy(percpu->columns[percpu->nr_columns++], word);
	}
	if (!percpu->nr_columns)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the header names no class");
	return PFC_EXIT_OK;
}

static int parse_row(const struct pfc_lines *lines, char *row, void *to)
{
	struct pfc_percpu *percpu = to;
	size_t column = 0;
	char *save, *word;
	struct pfc_cpu *cpu;
	uint64_t number;

	if (lines->line == 1)
		return parse_header(lines, row, percpu);
	word = strtok_r(row, " \t", &save);
	if (!word || !pfc_parse_u64(word, &number) || number > INT_MAX)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the row does not begin with a CPU number");
	if (percpu->nr_cpus &&
	    percpu->cpus[percpu->nr_cpus - 1].cpu >= number)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "CPU %" PRIu64 " is out of order", number);
	percpu->cpus = pfc_alloc(percpu->cpus, percpu->nr_cpus + 1,
				 sizeof(*percpu->cpus));
	cpu = &percpu->cpus[percpu->nr_cpus++];
	cpu->cpu = number;
	cpu->values = pfc_alloc(NULL, percpu->nr_columns, sizeof(*cpu->values));
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (column == percpu->nr_columns ||
		    !pfc_parse_value(word, &cpu->values[column]))
			break;
		column++;
	}
	if (word || column != percpu->nr_columns)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the row is not %zu numbers or \"%s\"",
				   percpu->nr_columns + 1, PFC_UNAVAILABLE);
	return PFC_EXIT_OK;
}

/**
 * pfc_read_percpu() - read and parse "percpu"
 * @reader: the reader, after pfc_read_stats()
 * @percpu: on success the table, to be released by pfc_free_percpu()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_GARBLED,
 * else as pfc_read_text().
 */
int pfc_read_percpu(struct pfc_reader *reader, struct pfc_percpu *percpu)
{
	int ret;

	memset(percpu, 0, sizeof(*percpu));
	ret = pfc_parse_file(reader, PFC_FILE_PERCPU, parse_row, percpu);
	if (ret)
		pfc_free_percpu(percpu);
	return ret;
}

/**
 * pfc_free_percpu() - release what pfc_read_percpu() allocated
 * @percpu: the table
 */
void pfc_free_percpu(struct pfc_percpu *percpu)
{
	size_t i;

	for (i = 0; i < percpu->nr_cpus; i++)
		free(percpu->cpus[i].values);
	free(percpu->cpus);
	free(percpu->columns);
	memset(percpu, 0, sizeof(*percpu));
}
