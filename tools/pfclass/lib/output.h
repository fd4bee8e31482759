/* SPDX-License-Identifier: GPL-2.0 */
/* Messages, tables and JSON. */
#ifndef PFC_OUTPUT_H
#define PFC_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reader.h"

void pfc_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void *pfc_alloc(void *old, size_t nr, size_t size);
int pfc_flush(void);

size_t pfc_screen_width(void);
size_t pfc_screen_height(void);

/**
 * struct pfc_table - cells of text, printed in columns as wide as they must be
 * @cells: row by row
 * @notes: by row, text printed below it, or NULL
 * @columns: cells in a row
 * @rows: complete rows
 * @filled: cells in use
 * @right: one bit a column: align it to the right
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

void pfc_print_wrapped(const char *first, const char *text);

json_t *pfc_json_object(void);
json_t *pfc_json_array(void);
json_t *pfc_json_string(const char *text);
json_t *pfc_json_u64(uint64_t n);
json_t *pfc_json_value(struct pfc_value value);
void pfc_json_set(json_t *object, const char *key, json_t *value);
void pfc_json_append(json_t *array, json_t *value);
void pfc_json_print(json_t *value, bool one_line);

#endif /* PFC_OUTPUT_H */
