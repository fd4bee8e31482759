// SPDX-License-Identifier: GPL-2.0
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pfclass.h"

/* lint: allow CAMELCASE throughout: the names of inttypes.h */

#define GAP	2	/* blanks between columns */

/**
 * pfc_error() - say on standard error what went wrong and what to do next
 * @format: as for printf(), without the newline
 *
 * What standard output still holds is written first, so that the two appear in
 * the order in which they happened.
 */
void pfc_error(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("pfclass: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

static void __attribute__((noreturn)) out_of_memory(void)
{
	pfc_error("out of memory");
	exit(PFC_EXIT_FAILURE);
}

/**
 * pfc_alloc() - reallocarray() that does not return without memory
 * @old: what to resize, or NULL
 * @nr: elements
 * @size: bytes in each
 *
 * Return: the memory, to be released with free().
 */
void *pfc_alloc(void *old, size_t nr, size_t size)
{
	void *new = reallocarray(old, nr ? nr : 1, size);

	if (!new)
		out_of_memory();
	return new;
}

/**
 * pfc_flush() - write what was printed
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_FAILURE when standard output takes no more.
 */
int pfc_flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return PFC_EXIT_OK;
	fprintf(stderr, "pfclass: cannot write standard output: %s\n",
		strerror(errno));
	return PFC_EXIT_FAILURE;
}

static size_t screen(const char *variable, bool rows, size_t otherwise)
{
	const char *text = getenv(variable);
	struct winsize size;
	unsigned long n = 0;

	if (text)
		n = strtoul(text, NULL, 10);
	if (!n && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		n = rows ? size.ws_row : size.ws_col;
	return n ? n : otherwise;
}

/**
 * pfc_screen_width() - columns that fit on a line
 *
 * Return: COLUMNS, or the terminal's width, or 80.
 */
size_t pfc_screen_width(void)
{
	return screen("COLUMNS", false, 80);
}

/**
 * pfc_screen_height() - lines that fit on a screen
 *
 * Return: LINES, or the terminal's height, or 24.
 */
size_t pfc_screen_height(void)
{
	return screen("LINES", true, 24);
}

/**
 * pfc_table_init() - begin a table
 * @table: the table
 * @columns: cells in a row
 * @right: one bit a column: align it to the right
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
		out_of_memory();
	va_end(args);
	table->filled++;
}

/**
 * pfc_table_add_value() - add a counter as the next cell
 * @table: the table
 * @value: the counter; one that is not available is said to be so
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
		out_of_memory();
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
			bool right = table->right >> column & 1;

			if (right)
				blanks += pad;
			if (*cell)
				printf("%*s%s", (int)blanks, "", cell);
			blanks = (*cell ? 0 : blanks) + (right ? 0 : pad) + GAP;
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

/**
 * pfc_print_wrapped() - print words, as many on a line as the screen takes
 * @first: what the first line begins with; the others are indented as far
 * @text: the words
 *
 * What goes into a file or a pipe is not wrapped, for grep to find it.
 */
void pfc_print_wrapped(const char *first, const char *text)
{
	size_t width = isatty(STDOUT_FILENO) || getenv("COLUMNS") ?
		       pfc_screen_width() : SIZE_MAX;
	size_t indent = strlen(first), at = indent;
	bool empty = true;

	fputs(first, stdout);
	while (*text) {
		size_t blanks = strspn(text, " ");
		size_t len = strcspn(text + blanks, " ");

		text += blanks;
		if (!len)
			break;
		if (!empty && at + 1 + len > width) {
			printf("\n%*s", (int)indent, "");
			at = indent;
			empty = true;
		}
		printf("%s%.*s", empty ? "" : " ", (int)len, text);
		at += len + !empty;
		empty = false;
		text += len;
	}
	putchar('\n');
}

static json_t *checked(json_t *value)
{
	if (!value)
		out_of_memory();
	return value;
}

/**
 * pfc_json_object() - an empty object
 *
 * Return: the object.
 */
json_t *pfc_json_object(void)
{
	return checked(json_object());
}

/**
 * pfc_json_array() - an empty array
 *
 * Return: the array.
 */
json_t *pfc_json_array(void)
{
	return checked(json_array());
}

/**
 * pfc_json_string() - a string
 * @text: ASCII, which is what the reader lets through
 *
 * Return: the string.
 */
json_t *pfc_json_string(const char *text)
{
	return checked(json_string(text));
}

/**
 * pfc_json_u64() - an exact unsigned number
 * @n: the number
 *
 * JSON readers, and jansson, stop at the largest signed number. What is above
 * it becomes a string of digits rather than a wrong number.
 *
 * Return: an integer, or a string above INT64_MAX.
 */
json_t *pfc_json_u64(uint64_t n)
{
	char digits[24];

	if (n <= INT64_MAX)
		return checked(json_integer((json_int_t)n));
	snprintf(digits, sizeof(digits), "%" PRIu64, n);
	return pfc_json_string(digits);
}

/**
 * pfc_json_value() - a counter
 * @value: the counter
 *
 * Return: pfc_json_u64() of it, or null when it is not available.
 */
json_t *pfc_json_value(struct pfc_value value)
{
	return value.available ? pfc_json_u64(value.n) : json_null();
}

/**
 * pfc_json_set() - set a member of an object
 * @object: the object
 * @key: the member's name
 * @value: its value, which the object owns from now on
 */
void pfc_json_set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		out_of_memory();
}

/**
 * pfc_json_append() - append to an array
 * @array: the array
 * @value: the element, which the array owns from now on
 */
void pfc_json_append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		out_of_memory();
}

/**
 * pfc_json_print() - print a value and a newline, and release the value
 * @value: the value
 * @one_line: for a stream of values (JSON lines)
 */
void pfc_json_print(json_t *value, bool one_line)
{
	/* A failure to write stays in stdout's error flag: see pfc_flush(). */
	json_dumpf(value, stdout, one_line ? JSON_COMPACT : JSON_INDENT(2));
	putchar('\n');
	json_decref(value);
}
