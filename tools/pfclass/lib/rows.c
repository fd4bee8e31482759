// SPDX-License-Identifier: GPL-2.0
#include "rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "parse.h"

const struct pfc_rows_kind pfc_rows_percpu = { PFC_FILE_PERCPU, "cpu", "cpu", "CPU", true };
const struct pfc_rows_kind pfc_rows_cgroups = {
	PFC_FILE_CGROUPS, "cgroup id", "cgroup", "", false
};

static int parse_header(const struct pfc_lines *lines, char *row, struct pfc_rows *rows)
{
	const char *header = rows->kind->header;
	size_t len = strlen(header);
	char *save, *word;

	if (strncmp(row, header, len) || (row[len] && !strchr(" \t", row[len])))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the header does not begin with \"%s\"", header);
	for (word = strtok_r(row + len, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		if (!pfc_is_key(word))
			return pfc_garbled(lines->reader, lines->file, lines->line,
					   "column %zu is not a key", rows->nr_columns + 2);
		rows->columns = pfc_alloc(rows->columns, rows->nr_columns + 1,
					  sizeof(*rows->columns));
		strcpy(rows->columns[rows->nr_columns++], word);
	}
	if (!rows->nr_columns)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the header names no class");
	return PFC_EXIT_OK;
}

/* What names a CPU; *SAVE is behind it. */
static int parse_number(const struct pfc_lines *lines, char *row, char **save,
			const struct pfc_rows *rows, struct pfc_row *to)
{
	char *word = strtok_r(row, " \t", save);

	if (!word || !pfc_parse_u64(word, &to->id) || to->id > INT_MAX)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the row does not begin with a CPU number");
	if (rows->nr_rows && rows->rows[rows->nr_rows - 1].id >= to->id)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "CPU %" PRIu64 " is out of order", to->id);
	to->name = pfc_format("%s", word);
	return PFC_EXIT_OK;
}

/* What names a group, likewise. Only two rows are no group's. */
static int parse_group(const struct pfc_lines *lines, char *row, char **save, struct pfc_row *to)
{
	char *name = strtok_r(row, " \t", save), *id = strtok_r(NULL, " \t", save);
	bool none = id && !strcmp(id, "-");

	if (!id || (!none && (!pfc_parse_u64(id, &to->id) || !to->id)) ||
	    none != (!strcmp(name, PFC_CGROUP_REMOVED) || !strcmp(name, PFC_CGROUP_OTHER)))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the row does not begin with a path and a number");
	pfc_make_printable(name);
	to->name = pfc_format("%s", name);
	return PFC_EXIT_OK;
}

static int parse_row(const struct pfc_lines *lines, char *text, void *to)
{
	struct pfc_rows *rows = to;
	struct pfc_row row = { 0 };
	size_t column = 0;
	char *save, *word;
	int ret;

	if (lines->line == 1)
		return parse_header(lines, text, rows);
	ret = rows->kind->numbered ? parse_number(lines, text, &save, rows, &row) :
				     parse_group(lines, text, &save, &row);
	if (ret)
		return ret;
	row.values = pfc_alloc(NULL, rows->nr_columns, sizeof(*row.values));
	rows->rows = pfc_alloc(rows->rows, rows->nr_rows + 1, sizeof(*rows->rows));
	rows->rows[rows->nr_rows++] = row;
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (column == rows->nr_columns || !pfc_parse_value(word, &row.values[column]))
			break;
		column++;
	}
	if (word || column != rows->nr_columns)
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the row is not %zu numbers or \"%s\"",
				   rows->nr_columns + 1, PFC_UNAVAILABLE);
	return PFC_EXIT_OK;
}

/**
 * pfc_read_rows() - read and parse a file of rows
 * @reader: the reader, after pfc_read_stats()
 * @kind: which file
 * @rows: on success the rows, to be released by pfc_free_rows()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_GARBLED,
 * else as pfc_read_text().
 */
int pfc_read_rows(struct pfc_reader *reader, const struct pfc_rows_kind *kind,
		  struct pfc_rows *rows)
{
	int ret;

	memset(rows, 0, sizeof(*rows));
	rows->kind = kind;
	ret = pfc_parse_file(reader, kind->file, parse_row, rows);
	if (ret)
		pfc_free_rows(rows);
	return ret;
}

/**
 * pfc_rows_available() - whether anything is counted by row
 * @rows: the rows
 *
 * Return: false: not one value is available, as in "cgroups" without cgroups=N.
 */
bool pfc_rows_available(const struct pfc_rows *rows)
{
	size_t i, column;

	for (i = 0; i < rows->nr_rows; i++)
		for (column = 0; column < rows->nr_columns; column++)
			if (rows->rows[i].values[column].available)
				return true;
	return false;
}

/**
 * pfc_row_sum() - all faults of a row
 * @rows: the rows
 * @row: one of them
 *
 * Return: the sum of what is available.
 */
uint64_t pfc_row_sum(const struct pfc_rows *rows, const struct pfc_row *row)
{
	uint64_t sum = 0;
	size_t column;

	for (column = 0; column < rows->nr_columns; column++)
		sum += row->values[column].n;
	return sum;
}

/**
 * pfc_row_path() - the name of a row as the user knows it
 * @row: the row
 *
 * Return: its name, in which \ooo is the character again; to be released by free().
 */
char *pfc_row_path(const struct pfc_row *row)
{
	char *path = pfc_format("%s", row->name), *to = path;
	const char *from = row->name;

	while (*from) {
		if (from[0] == '\\' && strspn(from + 1, "01234567") >= 3) {
			*to++ = (from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0');
			from += 4;
		} else {
			*to++ = *from++;
		}
	}
	*to = '\0';
	return path;
}

/**
 * pfc_copy_rows() - copy rows
 * @to: the copy, to be released by pfc_free_rows()
 * @from: the rows
 */
void pfc_copy_rows(struct pfc_rows *to, const struct pfc_rows *from)
{
	size_t i;

	*to = *from;
	to->columns = pfc_duplicate(from->columns, from->nr_columns, sizeof(*from->columns));
	to->rows = pfc_duplicate(from->rows, from->nr_rows, sizeof(*from->rows));
	for (i = 0; i < from->nr_rows; i++) {
		to->rows[i].name = pfc_format("%s", from->rows[i].name);
		to->rows[i].values = pfc_duplicate(from->rows[i].values, from->nr_columns,
						   sizeof(*from->rows[i].values));
	}
}

/**
 * pfc_free_rows() - release what pfc_read_rows() allocated
 * @rows: the rows
 */
void pfc_free_rows(struct pfc_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->nr_rows; i++) {
		free(rows->rows[i].name);
		free(rows->rows[i].values);
	}
	free(rows->rows);
	free(rows->columns);
	memset(rows, 0, sizeof(*rows));
}
