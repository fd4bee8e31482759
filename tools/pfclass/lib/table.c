// SPDX-License-Identifier: GPL-2.0
#include "table.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

/**
 * pfc_table_init() - begin a table
 * @table: the table
 * @columns: cells in a row
 * @right: one bit for each column: align it to the right; the last bit is for all further ones
 */
void pfc_table_init(struct pfc_table *table, size_t columns, uint64_t right)
{
	*table = (struct pfc_table){ .columns = columns, .right = right };
}

/**
 * pfc_table_add() - add the next cell
 * @table: the table
 * @format: as for printf()
 */
void pfc_table_add(struct pfc_table *table, const char *format, ...)
{
	va_list args;

	if (table->filled % table->columns == 0) {
		table->rows++;
		table->cells = pfc_alloc(table->cells,
					 table->rows * table->columns,
					 sizeof(*table->cells));
		table->notes = pfc_alloc(table->notes, table->rows,
					 sizeof(*table->notes));
		table->notes[table->rows - 1] = NULL;
	}
	va_start(args, format);
	if (vasprintf(&table->cells[table->filled], format, args) < 0)
		pfc_out_of_memory();
	va_end(args);
	table->filled++;
}

/**
 * pfc_table_add_value() - add a counter as the next cell
 * @table: the table
 * @value: the counter, or "unavailable"
 */
void pfc_table_add_value(struct pfc_table *table, struct pfc_value value)
{
	if (value.available)
		pfc_table_add(table, "%" PRIu64, value.n);
	else
		pfc_table_add(table, "%s", PFC_UNAVAILABLE);
}

/**
 * pfc_table_note() - add a note below the row that was added last
 * @table: the table
 * @text: the note, wrapped to the screen when printed
 */
void pfc_table_note(struct pfc_table *table, const char *text)
{
	char **note = &table->notes[table->rows - 1];

	free(*note);
	*note = strdup(text);
	if (!*note)
		pfc_out_of_memory();
}

/**
 * pfc_table_print() - print a table
 * @table: the table, whose last row is complete
 */
void pfc_table_print(const struct pfc_table *table)
{
	size_t *width = pfc_alloc(NULL, table->columns, sizeof(*width));
	size_t row, column;

	for (column = 0; column < table->columns; column++) {
		width[column] = 0;
		for (row = 0; row < table->rows; row++) {
			size_t len = strlen(table->cells[row * table->columns +
							 column]);

			if (len > width[column])
				width[column] = len;
		}
	}
	for (row = 0; row < table->rows; row++) {
		/* Blanks wait for the next text: no line ends in one. */
		size_t blanks = 0;

		for (column = 0; column < table->columns; column++) {
			const char *cell =
				table->cells[row * table->columns + column];
			size_t pad = width[column] - strlen(cell);
			bool right = table->right >> (column < 63 ? column : 63) & 1;

			if (right)
				blanks += pad;
			if (*cell)
				printf("%*s%s", (int)blanks, "", cell);
			blanks = (*cell ? 0 : blanks) + (right ? 0 : pad) + PFC_TABLE_GAP;
		}
		putchar('\n');
		if (table->notes[row])
			pfc_print_wrapped("    ", table->notes[row]);
	}
	free(width);
}

/**
 * pfc_table_free() - release a table
 * @table: the table
 */
void pfc_table_free(struct pfc_table *table)
{
	size_t i;

	for (i = 0; i < table->filled; i++)
		free(table->cells[i]);
	for (i = 0; i < table->rows; i++)
		free(table->notes[i]);
	free(table->cells);
	free(table->notes);
}
