// SPDX-License-Identifier: GPL-2.0
#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"

/*
 * Cut the next line off. Returns it, or NULL at the end or, with *ret set, when
 * the line does not end or holds a NUL.
 */
static char *next_line(struct pfc_lines *lines, int *ret)
{
	char *start = lines->next, *newline;

	if (start == lines->end)
		return NULL;
	lines->line++;
	newline = memchr(start, '\n', lines->end - start);
	if (!newline) {
		*ret = pfc_garbled(lines->reader, lines->file, lines->line,
				   "the last line is cut off");
		return NULL;
	}
	*newline = '\0';
	if (strlen(start) != (size_t)(newline - start)) {
		*ret = pfc_garbled(lines->reader, lines->file, lines->line,
				   "the line holds a NUL byte");
		return NULL;
	}
	lines->next = newline + 1;
	return start;
}

/**
 * pfc_parse_lines() - parse a file line by line
 * @lines: the file; on return @line is the number of the last line
 * @parse: called for each line; PFC_EXIT_OK to go on
 * @to: passed to @parse
 *
 * Return: PFC_EXIT_OK, or after a line on standard error what @parse returned, or
 * PFC_EXIT_GARBLED for a file that is empty or cut off.
 */
int pfc_parse_lines(struct pfc_lines *lines,
		    int (*parse)(const struct pfc_lines *lines, char *row, void *to),
		    void *to)
{
	int ret = PFC_EXIT_OK;
	char *row;

	while (!ret && (row = next_line(lines, &ret)))
		ret = parse(lines, row, to);
	if (!ret && !lines->line)
		ret = pfc_garbled(lines->reader, lines->file, 1, "the file is empty");
	return ret;
}

/**
 * pfc_parse_file() - read a file and parse it line by line
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @parse: called for each line, which does not outlive the call
 * @to: passed to @parse
 *
 * Return: as pfc_read_text() or pfc_parse_lines().
 */
int pfc_parse_file(struct pfc_reader *reader, const char *file,
		   int (*parse)(const struct pfc_lines *lines, char *row, void *to),
		   void *to)
{
	struct pfc_lines lines = { .reader = reader, .file = file };
	size_t len;
	char *text;
	int ret = pfc_read_text(reader, file, &text, &len);

	if (ret)
		return ret;
	lines.next = text;
	lines.end = text + len;
	ret = pfc_parse_lines(&lines, parse, to);
	free(text);
	return ret;
}

/**
 * pfc_parse_abi() - check the line "abi N"
 * @lines: the file
 * @row: its first line
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_GARBLED or
 * PFC_EXIT_ABI.
 */
int pfc_parse_abi(const struct pfc_lines *lines, const char *row)
{
	uint64_t abi;

	if (strncmp(row, "abi ", 4) || !pfc_parse_u64(row + 4, &abi))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the first line is not \"abi N\"");
	if (abi == PFC_ABI)
		return PFC_EXIT_OK;
	pfc_error("the module has ABI %" PRIu64 ", this tool ABI %d; use the tool that came with "
		  "the module",
		  abi, PFC_ABI);
	return PFC_EXIT_ABI;
}

/**
 * pfc_parse_u64() - parse a decimal number
 * @text: digits and nothing else
 * @n: set on success
 *
 * Return: true on success.
 */
bool pfc_parse_u64(const char *text, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*n = strtoumax(text, &end, 10);
	return !errno && !*end;
}

/**
 * pfc_parse_value() - parse a counter
 * @text: a number, or the word "unavailable"
 * @value: set on success
 *
 * Return: true on success.
 */
bool pfc_parse_value(const char *text, struct pfc_value *value)
{
	*value = (struct pfc_value){ 0 };
	if (!strcmp(text, PFC_UNAVAILABLE))
		return true;
	value->available = pfc_parse_u64(text, &value->n);
	return value->available;
}

/**
 * pfc_is_key() - whether a word can be a key
 * @text: the word
 *
 * Return: true for lower case, digits and underscores.
 */
bool pfc_is_key(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && len < PFC_KEY_LEN && !text[len];
}

/**
 * pfc_make_printable() - keep control sequences away from a terminal
 * @text: what was read; other bytes than printable ASCII become "?"
 */
void pfc_make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			*text = '?';
}
