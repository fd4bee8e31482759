/* SPDX-License-Identifier: GPL-2.0 */
/* "percpu" and "cgroups": the classes by CPU and by control group. */
#ifndef PFC_ROWS_H
#define PFC_ROWS_H

#include "reader.h"
#include "stats.h"

/**
 * struct pfc_rows_kind - a file of rows
 * @file: its name
 * @header: what its header begins with
 * @key: of a row, in JSON and as the first column
 * @prefix: of a row's name in separated values
 * @numbered: rows are named by a number, ascending; else by a path and a number
 */
struct pfc_rows_kind {
	const char *file;
	const char *header;
	const char *key;
	const char *prefix;
	bool numbered;
};

extern const struct pfc_rows_kind pfc_rows_percpu, pfc_rows_cgroups;

/**
 * struct pfc_row - one row
 * @name: the CPU's number, or a path in which blanks and backslashes are \ooo; or
 *	PFC_CGROUP_REMOVED, or PFC_CGROUP_OTHER
 * @id: the CPU's number, or the control group's, 0: it is none
 * @values: one value a column
 */
struct pfc_row {
	char *name;
	uint64_t id;
	struct pfc_value *values;
};

/**
 * struct pfc_rows - one reading of such a file
 * @kind: which, or NULL: nothing was read
 * @columns: the names of the columns after the row's name
 * @nr_columns: their number
 * @rows: the rows, in the order of the file
 * @nr_rows: their number
 */
struct pfc_rows {
	const struct pfc_rows_kind *kind;
	char (*columns)[PFC_KEY_LEN];
	size_t nr_columns;
	struct pfc_row *rows;
	size_t nr_rows;
};

int pfc_read_rows(struct pfc_reader *reader, const struct pfc_rows_kind *kind,
		  struct pfc_rows *rows);
bool pfc_rows_available(const struct pfc_rows *rows);
uint64_t pfc_row_sum(const struct pfc_rows *rows, const struct pfc_row *row);
char *pfc_row_path(const struct pfc_row *row);
void pfc_copy_rows(struct pfc_rows *to, const struct pfc_rows *from);
void pfc_free_rows(struct pfc_rows *rows);

#endif /* PFC_ROWS_H */
