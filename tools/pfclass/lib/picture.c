// SPDX-License-Identifier: GPL-2.0
/* Points are put into cells, so that gnuplot draws no more of them than can be seen. */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"
#include "spawn.h"

#define GAP		(16ULL << 20)	/* untouched addresses that begin another region */
#define TICKS		8		/* addresses beside the picture */
#define SMALLEST	100		/* a smaller part of the rows has no line */
#define CELL		4		/* pixels of a cell */

static const char *const terminals[][2] = {
	{ ".png", "pngcairo" },
	{ ".svg", "svg" },
};

/**
 * pfc_picture_parse_size() - parse the argument of -s
 * @state: of the parser
 * @picture: gets the size
 * @arg: the argument
 */
void pfc_picture_parse_size(const struct argp_state *state, struct pfc_picture *picture,
			    const char *arg)
{
	char end;

	if (sscanf(arg, "%4ux%4u%c", &picture->width, &picture->height, &end) != 2 ||
	    picture->width < 20 || picture->height < 10)
		argp_error(state, "-s takes a size from 20x10 to 9999x9999, not \"%s\"", arg);
}

/**
 * pfc_picture_parse_output() - parse the argument of -o
 * @state: of the parser
 * @picture: gets the file and its format
 * @arg: the argument
 */
void pfc_picture_parse_output(const struct argp_state *state, struct pfc_picture *picture,
			      const char *arg)
{
	size_t len = strlen(arg), i;

	picture->output = arg;
	for (i = 0; i < sizeof(terminals) / sizeof(*terminals); i++)
		if (len > 4 && !strcmp(arg + len - 4, terminals[i][0]))
			picture->terminal = terminals[i][1];
	if (!picture->terminal)
		argp_error(state, "-o takes a file that ends in .png or .svg, not \"%s\"", arg);
}

/**
 * pfc_picture_parse_end() - all options are parsed
 * @picture: gets a size, if it has none
 */
void pfc_picture_parse_end(struct pfc_picture *picture)
{
	if (picture->width)
		return;
	picture->width = picture->terminal ? 1200 : pfc_screen_width();
	picture->height = picture->terminal ? 800 : pfc_screen_height() - 1;
}

/**
 * pfc_picture_add() - add a point
 * @picture: the picture
 * @when: when it begins, nanoseconds
 * @until: when it ends
 * @y: an address, or nanoseconds
 * @kind: index into @kinds
 */
void pfc_picture_add(struct pfc_picture *picture, uint64_t when, uint64_t until, uint64_t y,
		     unsigned char kind)
{
	if (picture->nr == picture->size) {
		picture->size = picture->size ? 2 * picture->size : 4096;
		picture->points = pfc_alloc(picture->points, picture->size,
					    sizeof(*picture->points));
	}
	picture->points[picture->nr++] = (struct pfc_point){
		.when = when,
		.until = until,
		.y = picture->nanoseconds ? y : y >> PFC_PAGE_SHIFT,
		.kind = kind,
	};
}

/**
 * pfc_picture_forget() - drop old points
 * @picture: the picture
 * @before: those that began earlier, in nanoseconds
 */
void pfc_picture_forget(struct pfc_picture *picture, uint64_t before)
{
	size_t nr = 0, i;

	for (i = 0; i < picture->nr; i++)
		if (picture->points[i].when >= before)
			picture->points[nr++] = picture->points[i];
	picture->nr = nr;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A page's row is its rank among those of all points. */
static void rank_pages(struct pfc_picture *picture)
{
	uint64_t *pages = pfc_alloc(picture->pages, picture->nr, sizeof(*pages));
	size_t nr = 0, i;

	for (i = 0; i < picture->nr; i++)
		pages[i] = picture->points[i].y;
	qsort(pages, picture->nr, sizeof(*pages), compare);
	for (i = 0; i < picture->nr; i++)
		if (!i || pages[i] != pages[nr - 1])
			pages[nr++] = pages[i];
	for (i = 0; i < picture->nr; i++)
		picture->points[i].row = (uint64_t *)bsearch(&picture->points[i].y, pages, nr,
							     sizeof(*pages), compare) - pages;
	picture->pages = pages;
	picture->nr_pages = nr;
}

static void find_ends(struct pfc_picture *picture)
{
	size_t i;

	picture->begin = UINT64_MAX;
	picture->end = 0;
	picture->low = UINT64_MAX;
	picture->high = 0;
	for (i = 0; i < picture->nr; i++) {
		struct pfc_point *point = &picture->points[i];

		if (picture->nanoseconds)
			point->row = point->y;
		picture->begin = point->when < picture->begin ? point->when : picture->begin;
		picture->end = point->until > picture->end ? point->until : picture->end;
		picture->low = point->row < picture->low ? point->row : picture->low;
		picture->high = point->row > picture->high ? point->row : picture->high;
	}
}

/* Which of @cells a value is in, from 0.0 for the lowest to 1.0 for the highest. */
static size_t cell(double value, size_t cells)
{
	const size_t at = value * cells;

	return at < cells ? at : cells - 1;
}

static double scale(double value, double low, double high)
{
	return high > low ? (value - low) / (high - low) : 0;
}

static double height(const struct pfc_picture *picture, double y)
{
	if (picture->nanoseconds)
		return scale(log2(y), log2(picture->low), log2(picture->high));
	return scale(y, picture->low, picture->high);
}

static size_t column(const struct pfc_picture *picture, uint64_t when, size_t columns)
{
	return cell(scale(when - picture->begin, 0, picture->end - picture->begin), columns);
}

/**
 * struct cell - a part of the picture
 * @counts: the points in it, by kind
 * @kind: the most frequent one
 * @y: of one of its points of that kind
 */
struct cell {
	uint32_t counts[PFC_PICTURE_KINDS];
	unsigned char kind;
	uint64_t y;
};

/* The cells, a row after the other, to be released by free(). */
static struct cell *fill_cells(const struct pfc_picture *picture, size_t columns, size_t rows)
{
	struct cell *cells = calloc(columns * rows, sizeof(*cells));
	size_t kind, i;

	if (!cells)
		pfc_out_of_memory();
	for (i = 0; i < picture->nr; i++) {
		const struct pfc_point *point = &picture->points[i];
		struct cell *row = cells + cell(height(picture, point->row), rows) * columns;
		size_t at = column(picture, point->when, columns);
		const size_t last = point->until > point->when ?
			column(picture, point->until - 1, columns) : at;

		for (; at <= last; at++) {
			row[at].counts[point->kind]++;
			row[at].y = point->row;
		}
	}
	for (i = 0; i < columns * rows; i++)
		for (kind = 0; kind < picture->nr_kinds; kind++)
			if (cells[i].counts[kind] > cells[i].counts[cells[i].kind])
				cells[i].kind = kind;
	return cells;
}

/* A point for each cell that is not empty, in a block of its kind: @drawn of each. */
static void print_points(const struct pfc_picture *picture, size_t drawn[], FILE *out)
{
	const unsigned int size = picture->terminal ? CELL : 1;
	const size_t columns = picture->width / size, rows = picture->height / size;
	const double length = (picture->end - picture->begin) / 1e9;
	struct cell *cells = fill_cells(picture, columns, rows);
	size_t kind, i;

	for (kind = 0; kind < picture->nr_kinds; kind++) {
		fprintf(out, "$kind%zu << END\n", kind);
		for (i = 0; i < columns * rows; i++) {
			if (cells[i].kind != kind || !cells[i].counts[kind])
				continue;
			fprintf(out, "%.9f %.9g\n", (i % columns + 0.5) / columns * length,
				picture->nanoseconds ? cells[i].y / 1e9 : (double)cells[i].y);
			drawn[kind]++;
		}
		fprintf(out, "END\n");
	}
	free(cells);
}

/* The addresses of some rows, and lines between regions that are not too small for them. */
static void print_addresses(const struct pfc_picture *picture, FILE *out)
{
	const size_t nr = picture->nr_pages, step = (nr + TICKS - 1) / TICKS;
	size_t line = 0, i;

	fprintf(out, "set ytics (");
	for (i = 0; i < nr; i += step)
		fprintf(out, "%s\"0x%" PRIx64 "\" %zu", i ? ", " : "",
			picture->pages[i] << PFC_PAGE_SHIFT, i);
	fprintf(out, ")\nset yrange [-0.5:%zu.5]\n", nr - 1);
	for (i = 1; picture->terminal && i < nr; i++) {
		if ((picture->pages[i] - picture->pages[i - 1]) << PFC_PAGE_SHIFT <= GAP ||
		    i - line < nr / SMALLEST)
			continue;
		fprintf(out, "set arrow from graph 0, first %zu.5 to graph 1, first %zu.5 nohead "
			"lc rgb \"#cccccc\" lw 0.5 back\n", i - 1, i - 1);
		line = i;
	}
}

static void print_script(const struct pfc_picture *picture, FILE *out)
{
	size_t nr[PFC_PICTURE_KINDS] = { 0 }, drawn[PFC_PICTURE_KINDS] = { 0 }, kind, i;
	const char *separator = "plot";
	char look[64];

	if (picture->terminal)
		fprintf(out, "set terminal %s size %u,%u\n", picture->terminal, picture->width,
			picture->height);
	else
		/* Its lines are one column longer. */
		fprintf(out, "set terminal dumb nofeed %s size %u,%u\n",
			isatty(STDOUT_FILENO) ? "ansi256" : "mono", picture->width - 1,
			picture->height);
	fprintf(out, "set key outside bottom center horizontal\nset tics out nomirror\n"
		"set xlabel \"seconds\"\n");
	if (picture->begin == picture->end)
		fprintf(out, "set xrange [-1:1]\n");
	else
		fprintf(out, "set xrange [0:%.9f]\n", (picture->end - picture->begin) / 1e9);
	if (picture->nanoseconds)
		fprintf(out, "set logscale y\nset format y \"%%.0s %%cs\"\n"
			"set yrange [%.9g:%.9g]\n", picture->low / 1.1e9, picture->high / 0.9e9);
	else
		print_addresses(picture, out);
	print_points(picture, drawn, out);
	for (i = 0; i < picture->nr; i++)
		nr[picture->points[i].kind]++;
	for (kind = 0; kind < picture->nr_kinds; kind++) {
		const struct pfc_kind *what = &picture->kinds[kind];

		if (!nr[kind])
			continue;
		if (picture->terminal)
			snprintf(look, sizeof(look), "with points pt 5 lc rgb \"%s\"",
				 what->colour);
		else
			snprintf(look, sizeof(look), "with points pt \"%c\" lc rgb \"%s\"",
				 what->letter, what->colour);
		if (drawn[kind])
			fprintf(out, "%s $kind%zu using 1:2 %s %s notitle", separator, kind, look,
				picture->terminal ? "ps 0.4" : "");
		fprintf(out, "%s keyentry %s title \"%s %zu\"", drawn[kind] ? "," : separator,
			look, what->name, nr[kind]);
		separator = ",";
	}
	fprintf(out, "\n");
}

static void survive(int signal)
{
	(void)signal;
}

/* ^C ends gnuplot; this program then removes what is half a picture. */
static int run_gnuplot(int script, int out)
{
	char program[] = "gnuplot", from[] = "/dev/stdin";
	char *const argv[] = { program, from, NULL };
	struct sigaction action = { .sa_handler = survive }, old;
	int ret;

	sigaction(SIGINT, NULL, &old);
	if (old.sa_handler == SIG_DFL)
		sigaction(SIGINT, &action, NULL);
	ret = pfc_run(argv, script, out);
	sigaction(SIGINT, &old, NULL);
	return ret;
}

/**
 * pfc_picture_draw() - draw what was added
 * @picture: the picture, with a point at least; more can be added afterwards
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_FAILURE.
 */
int pfc_picture_draw(struct pfc_picture *picture)
{
	const char *output = picture->output;
	/* gnuplot reads a file, not a pipe: it may end before it has read all. */
	FILE *script = tmpfile();
	int out = STDOUT_FILENO, ret;

	if (!script) {
		pfc_error("cannot make a temporary file: %s", strerror(errno));
		return PFC_EXIT_FAILURE;
	}
	if (!picture->nanoseconds)
		rank_pages(picture);
	find_ends(picture);
	print_script(picture, script);
	if (fflush(script) || ferror(script)) {
		pfc_error("cannot write a temporary file: %s", strerror(errno));
		fclose(script);
		return PFC_EXIT_FAILURE;
	}
	rewind(script);
	fflush(stdout);
	if (output)
		out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out < 0) {
		pfc_error("cannot write %s: %s; name another file", output, strerror(errno));
		ret = PFC_EXIT_FAILURE;
	} else {
		ret = run_gnuplot(fileno(script), out);
	}
	/* gnuplot does not end the last line. */
	if (!output && !ret) {
		putchar('\n');
		ret = pfc_flush();
	}
	if (output && out >= 0) {
		close(out);
		if (ret)
			unlink(output);
	}
	fclose(script);
	return ret;
}

/**
 * pfc_picture_free() - release the points
 * @picture: the picture
 */
void pfc_picture_free(struct pfc_picture *picture)
{
	free(picture->points);
	free(picture->pages);
}
