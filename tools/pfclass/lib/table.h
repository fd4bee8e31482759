/* SPDX-License-Identifier: GPL-2.0 */
/* Text in columns. */
#ifndef PFC_TABLE_H
#define PFC_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "stats.h"

#define PFC_TABLE_GAP	2	/* blanks between columns */

/**
 * struct pfc_table - cells of text, printed in columns as wide as they must be
 * @cells: row by row
 * @notes: by row, text printed below it, or NULL
 * @columns: cells in a row
 * @rows: complete rows
 * @filled: cells in use
 * @right: one bit for each column: align it to the right; the last bit is for all further ones
 */
struct pfc_table {
	char **cells;
	char **notes;
	size_t columns;
	size_t rows;
	size_t filled;
	uint64_t right;
};

void pfc_table_init(struct pfc_table *table, size_t columns, uint64_t right);
void pfc_table_add(struct pfc_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void pfc_table_add_value(struct pfc_table *table, struct pfc_value value);
void pfc_table_note(struct pfc_table *table, const char *text);
void pfc_table_print(const struct pfc_table *table);
void pfc_table_free(struct pfc_table *table);

#endif /* PFC_TABLE_H */
