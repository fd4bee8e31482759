// SPDX-License-Identifier: GPL-2.0
#include "output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "exit.h"

/**
 * pfc_error() - report on standard error what went wrong and what to do next
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

/**
 * pfc_out_of_memory() - report it and end the program
 */
void pfc_out_of_memory(void)
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
		pfc_out_of_memory();
	return new;
}

/**
 * pfc_duplicate() - copy an array
 * @old: the array, or NULL if it is empty
 * @nr: elements
 * @size: bytes in each
 *
 * Return: the copy, to be released with free().
 */
void *pfc_duplicate(const void *old, size_t nr, size_t size)
{
	void *new = pfc_alloc(NULL, nr, size);

	if (nr)
		memcpy(new, old, nr * size);
	return new;
}

/**
 * pfc_format() - asprintf() that does not return without memory
 * @format: as for printf()
 *
 * Return: the text, to be released with free().
 */
char *pfc_format(const char *format, ...)
{
	va_list args;
	char *out;

	va_start(args, format);
	if (vasprintf(&out, format, args) < 0)
		pfc_out_of_memory();
	va_end(args);
	return out;
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

