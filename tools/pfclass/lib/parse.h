/* SPDX-License-Identifier: GPL-2.0 */
/* What the parsers of the files share: lines, words, numbers. */
#ifndef PFC_PARSE_H
#define PFC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"

/**
 * struct pfc_lines - a file, line by line
 * @reader: where it was read from, for messages
 * @file: its name, for messages
 * @next: the rest of it
 * @end: behind its last byte
 * @line: the number of the line that was cut off last
 */
struct pfc_lines {
	const struct pfc_reader *reader;
	const char *file;
	char *next;
	char *end;
	size_t line;
};

int pfc_parse_lines(struct pfc_lines *lines,
		    int (*parse)(const struct pfc_lines *lines, char *row, void *to),
		    void *to);
int pfc_parse_file(struct pfc_reader *reader, const char *file,
		   int (*parse)(const struct pfc_lines *lines, char *row, void *to),
		   void *to);
int pfc_parse_abi(const struct pfc_lines *lines, const char *row);
bool pfc_parse_u64(const char *text, uint64_t *n);
bool pfc_parse_value(const char *text, struct pfc_value *value);
bool pfc_is_key(const char *text);
void pfc_make_printable(char *text);

#endif /* PFC_PARSE_H */
