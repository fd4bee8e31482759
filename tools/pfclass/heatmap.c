// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass heatmap: a recording as a picture: where or how long, by time, coloured by class.
 * gnuplot draws it; here the faults are put into cells, so that it draws no more points than
 * can be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/keys.h"
#include "lib/output.h"
#include "lib/recording.h"
#include "lib/spawn.h"

#define PAGE_SHIFT	12		/* of the picture's rows, not the kernel's */
#define GAP		(16ULL << 20)	/* untouched addresses that begin another region */
#define TICKS		8		/* addresses beside the picture */
#define SMALLEST	100		/* a smaller part of the rows has no line */
#define CELL		4		/* pixels of a cell */
#define OTHER		PFC_NR_CLASSES	/* a class that is newer than this tool */
#define DRAWN		UINT8_MAX	/* no class: the cell has its point */

static const char doc[] =
	"Plot the faults of a recording of the module's event with gnuplot: their address by "
	"time, or with --latency how long they took by time, coloured by class. FILE is "
	"perf.data or trace.dat, or what perf script or trace-cmd report print or tracefs has "
	"in its file trace (default: that, from standard input)."
	"\v"
	"Without -o the terminal shows a letter for each class. Addresses that nothing touched are "
	"left out: the rows are the touched pages (of 4K), in order; grey lines in a picture "
	"separate those that are far apart. Processes use the same addresses: -p selects one. "
	"Needs no module.\n"
	"\n"
	"EXAMPLES\n"
	"  perf record -e pfclass:fault -- make\n"
	"  pfclass heatmap perf.data                  in the terminal\n"
	"  pfclass heatmap -p 1234 -o 1234.png perf.data\n"
	"  perf script | pfclass heatmap -l -o latency.svg\n";

/* By class; colours that stay apart for those who see fewer of them. */
static const struct look {
	char letter;
	const char *colour;
} looks[OTHER + 1] = {
	[PFC_ANON]	= { 'a', "#0072b2" },
	[PFC_WP]	= { 'w', "#d55e00" },
	[PFC_SWAP]	= { 's', "#cc79a7" },
	[PFC_NUMA]	= { 'n', "#8c8c00" },
	[PFC_AF]	= { 'f', "#56b4e9" },
	[PFC_DIRTY]	= { 'd', "#882255" },
	[PFC_SPURIOUS]	= { 'p', "#999999" },
	[PFC_FILE]	= { 'F', "#009e73" },
	[PFC_THP]	= { 't', "#332288" },
	[PFC_HUGETLB]	= { 'h', "#e69f00" },
	[PFC_NONE]	= { 'o', "#666666" },
	[PFC_ERROR]	= { 'e', "#ff0000" },
	[OTHER]		= { '?', "#000000" },
};

static const char *const terminals[][2] = {
	{ ".png", "pngcairo" },
	{ ".svg", "svg" },
};

struct input {
	struct pfc_options *options;
	const char *path;
	const char *output;
	const char *terminal;		/* gnuplot's; NULL: print letters */
	bool latency;
	bool one_process;
	unsigned int tgid;
	unsigned int width, height;	/* pixels, or columns and lines */
};

/**
 * struct point - a fault
 * @when: nanoseconds
 * @y: its address or, with --latency, nanoseconds
 * @class: its class, or OTHER
 * @single: from the event of one class
 */
struct point {
	uint64_t when;
	uint64_t y;
	unsigned char class;
	bool single;
};

/**
 * struct plot - what is plotted
 * @input: the command line
 * @points: the faults
 * @nr: their number
 * @size: room in @points
 * @all_faults: some are from pfclass:fault
 * @pages: the pages that were touched, ascending; not with --latency
 * @nr_pages: their number
 * @begin: when the first fault was
 * @end: when the last one was
 * @low: the smallest @y of a point
 * @high: the largest
 */
struct plot {
	const struct input *input;
	struct point *points;
	size_t nr;
	size_t size;
	bool all_faults;
	uint64_t *pages;
	size_t nr_pages;
	uint64_t begin;
	uint64_t end;
	uint64_t low;
	uint64_t high;
};

static const struct argp_option heatmap_options[] = {
	{ "latency", 'l', NULL, 0, "Plot how long faults took (latency=1), not their address", 0 },
	{ "pid", 'p', "PID", 0, "Plot only the faults in the memory of process PID", 0 },
	{ "output", 'o', "FILE", 0, "Write FILE, which ends in .png or .svg", 0 },
	{ "size", 's', "WxH", 0,
	  "The size in pixels (default: 1200x800), or in columns and lines (default: the "
	  "terminal's)", 0 },
	{ 0 }
};

static void parse_size(const struct argp_state *state, struct input *input, const char *arg)
{
	char end;

	if (sscanf(arg, "%4ux%4u%c", &input->width, &input->height, &end) != 2 ||
	    input->width < 20 || input->height < 10)
		argp_error(state, "-s takes a size from 20x10 to 9999x9999, not \"%s\"", arg);
}

static void parse_output(const struct argp_state *state, struct input *input, const char *arg)
{
	size_t len = strlen(arg), i;

	input->output = arg;
	for (i = 0; i < sizeof(terminals) / sizeof(*terminals); i++)
		if (len > 4 && !strcmp(arg + len - 4, terminals[i][0]))
			input->terminal = terminals[i][1];
	if (!input->terminal)
		argp_error(state, "-o takes a file that ends in .png or .svg, not \"%s\"", arg);
}

static void parse_end(const struct argp_state *state, struct input *input)
{
	if (input->options->json)
		argp_error(state, "-j: heatmap has a format of its own");
	if (input->width)
		return;
	input->width = input->terminal ? 1200 : pfc_screen_width();
	input->height = input->terminal ? 800 : pfc_screen_height() - 1;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'l':
		input->latency = true;
		return 0;
	case 'p':
		input->tgid = pfc_parse_pid(state, arg);
		input->one_process = true;
		return 0;
	case 'o':
		parse_output(state, input, arg);
		return 0;
	case 's':
		parse_size(state, input, arg);
		return 0;
	case ARGP_KEY_ARG:
		pfc_parse_path(state, arg, &input->path);
		return 0;
	case ARGP_KEY_END:
		parse_end(state, input);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = heatmap_options,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = doc,
	.children = pfc_common_children,
};

static const char *class_name(size_t class)
{
	return class == OTHER ? "other" : pfc_key(pfc_key_class(class))->name;
}

static void add(const struct pfc_event *event, void *to)
{
	struct plot *plot = to;
	struct point *point;
	size_t class;

	if (plot->input->one_process && event->tgid != plot->input->tgid)
		return;
	/* A fault that was not measured. */
	if (plot->input->latency && !event->ns)
		return;
	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (!strcmp(event->class, class_name(class)))
			break;
	if (plot->nr == plot->size) {
		plot->size = plot->size ? 2 * plot->size : 4096;
		plot->points = pfc_alloc(plot->points, plot->size, sizeof(*plot->points));
	}
	point = &plot->points[plot->nr++];
	*point = (struct point){
		.when = event->when,
		.y = plot->input->latency ? event->ns : event->address >> PAGE_SHIFT,
		.class = class,
		.single = event->single,
	};
	plot->all_faults |= !event->single;
}

/* The events of single classes are the same faults as those of pfclass:fault. */
static void drop_twins(struct plot *plot)
{
	size_t nr = 0, i;

	for (i = 0; i < plot->nr; i++)
		if (!plot->all_faults || !plot->points[i].single)
			plot->points[nr++] = plot->points[i];
	plot->nr = nr;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A page's y becomes its rank among those that were touched. */
static void rank_pages(struct plot *plot)
{
	size_t i;

	plot->pages = pfc_alloc(NULL, plot->nr, sizeof(*plot->pages));
	for (i = 0; i < plot->nr; i++)
		plot->pages[i] = plot->points[i].y;
	qsort(plot->pages, plot->nr, sizeof(*plot->pages), compare);
	for (i = 0; i < plot->nr; i++)
		if (!i || plot->pages[i] != plot->pages[plot->nr_pages - 1])
			plot->pages[plot->nr_pages++] = plot->pages[i];
	for (i = 0; i < plot->nr; i++)
		plot->points[i].y = (uint64_t *)bsearch(&plot->points[i].y, plot->pages,
							plot->nr_pages, sizeof(*plot->pages),
							compare) - plot->pages;
}

static void find_ends(struct plot *plot)
{
	size_t i;

	plot->begin = UINT64_MAX;
	plot->low = UINT64_MAX;
	for (i = 0; i < plot->nr; i++) {
		const struct point *point = &plot->points[i];

		plot->begin = point->when < plot->begin ? point->when : plot->begin;
		plot->end = point->when > plot->end ? point->when : plot->end;
		plot->low = point->y < plot->low ? point->y : plot->low;
		plot->high = point->y > plot->high ? point->y : plot->high;
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

static double height(const struct plot *plot, double y)
{
	if (plot->input->latency)
		return scale(log2(y), log2(plot->low), log2(plot->high));
	return scale(y, plot->low, plot->high);
}

/* The cell that a fault is in; there are @columns * @rows. */
static size_t cell_of(const struct plot *plot, const struct point *point, size_t columns,
		      size_t rows)
{
	const double x = scale(point->when - plot->begin, 0, plot->end - plot->begin);

	return cell(height(plot, point->y), rows) * columns + cell(x, columns);
}

/* The most frequent class of each cell, to be released by free(). */
static unsigned char *find_classes(const struct plot *plot, size_t columns, size_t rows)
{
	uint32_t (*faults)[OTHER + 1] = calloc(columns * rows, sizeof(*faults));
	unsigned char *classes = calloc(columns, rows);
	size_t class, i;

	if (!faults || !classes)
		pfc_out_of_memory();
	for (i = 0; i < plot->nr; i++)
		faults[cell_of(plot, &plot->points[i], columns, rows)][plot->points[i].class]++;
	for (i = 0; i < columns * rows; i++)
		for (class = 0; class <= OTHER; class++)
			if (faults[i][class] > faults[i][classes[i]])
				classes[i] = class;
	free(faults);
	return classes;
}

/* A point for each cell that has faults, in a block of its class: @drawn of each. */
static void print_points(const struct plot *plot, size_t drawn[], FILE *out)
{
	const unsigned int size = plot->input->terminal ? CELL : 1;
	const size_t columns = plot->input->width / size, rows = plot->input->height / size;
	unsigned char *classes = find_classes(plot, columns, rows);
	size_t class, i;

	for (class = 0; class <= OTHER; class++) {
		fprintf(out, "$class%zu << END\n", class);
		for (i = 0; i < plot->nr; i++) {
			const struct point *point = &plot->points[i];
			const size_t at = cell_of(plot, point, columns, rows);

			if (point->class != class || classes[at] != class)
				continue;
			fprintf(out, "%.9f %.9g\n", (point->when - plot->begin) / 1e9,
				plot->input->latency ? point->y / 1e9 : (double)point->y);
			classes[at] = DRAWN;
			drawn[class]++;
		}
		fprintf(out, "END\n");
	}
	free(classes);
}

/* The addresses of some rows, and lines between regions that are not too small for them. */
static void print_addresses(const struct plot *plot, FILE *out)
{
	const size_t step = (plot->nr_pages + TICKS - 1) / TICKS;
	size_t line = 0, i;

	fprintf(out, "set ytics (");
	for (i = 0; i < plot->nr_pages; i += step)
		fprintf(out, "%s\"0x%" PRIx64 "\" %zu", i ? ", " : "",
			plot->pages[i] << PAGE_SHIFT, i);
	fprintf(out, ")\nset yrange [-0.5:%zu.5]\n", plot->nr_pages - 1);
	for (i = 1; plot->input->terminal && i < plot->nr_pages; i++) {
		if ((plot->pages[i] - plot->pages[i - 1]) << PAGE_SHIFT <= GAP ||
		    i - line < plot->nr_pages / SMALLEST)
			continue;
		fprintf(out, "set arrow from graph 0, first %zu.5 to graph 1, first %zu.5 nohead "
			"lc rgb \"#cccccc\" lw 0.5 back\n", i - 1, i - 1);
		line = i;
	}
}

static void print_script(const struct plot *plot, FILE *out)
{
	const struct input *input = plot->input;
	size_t nr[OTHER + 1] = { 0 }, drawn[OTHER + 1] = { 0 }, class, i;
	const char *separator = "plot";
	char look[64];

	if (input->terminal)
		fprintf(out, "set terminal %s size %u,%u\n", input->terminal, input->width,
			input->height);
	else
		/* Its lines are one column longer. */
		fprintf(out, "set terminal dumb nofeed %s size %u,%u\n",
			isatty(STDOUT_FILENO) ? "ansi256" : "mono", input->width - 1,
			input->height);
	fprintf(out, "set key outside bottom center horizontal\nset tics out nomirror\n"
		"set xlabel \"seconds\"\n");
	if (plot->begin == plot->end)
		fprintf(out, "set xrange [-1:1]\n");
	else
		fprintf(out, "set xrange [0:%.9f]\n", (plot->end - plot->begin) / 1e9);
	if (input->latency)
		fprintf(out, "set logscale y\nset format y \"%%.0s %%cs\"\n"
			"set yrange [%.9g:%.9g]\n", plot->low / 1.1e9, plot->high / 0.9e9);
	else
		print_addresses(plot, out);
	print_points(plot, drawn, out);
	for (i = 0; i < plot->nr; i++)
		nr[plot->points[i].class]++;
	for (class = 0; class <= OTHER; class++) {
		if (!nr[class])
			continue;
		if (input->terminal)
			snprintf(look, sizeof(look), "with points pt 5 lc rgb \"%s\"",
				 looks[class].colour);
		else
			snprintf(look, sizeof(look), "with points pt \"%c\" lc rgb \"%s\"",
				 looks[class].letter, looks[class].colour);
		if (drawn[class])
			fprintf(out, "%s $class%zu using 1:2 %s %s notitle", separator, class, look,
				input->terminal ? "ps 0.3" : "");
		fprintf(out, "%s keyentry %s title \"%s %zu\"", drawn[class] ? "," : separator,
			look, class_name(class), nr[class]);
		separator = ",";
	}
	fprintf(out, "\n");
}

/* gnuplot reads a file, not a pipe: it may end before it has read all. */
static int draw(const struct plot *plot)
{
	const char *output = plot->input->output;
	char program[] = "gnuplot", from[] = "/dev/stdin";
	char *const argv[] = { program, from, NULL };
	FILE *script = tmpfile();
	int out = STDOUT_FILENO, ret;

	if (!script) {
		pfc_error("cannot make a temporary file: %s", strerror(errno));
		return PFC_EXIT_FAILURE;
	}
	print_script(plot, script);
	if (fflush(script) || ferror(script)) {
		pfc_error("cannot write a temporary file: %s", strerror(errno));
		fclose(script);
		return PFC_EXIT_FAILURE;
	}
	rewind(script);
	if (output)
		out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (out < 0) {
		pfc_error("cannot write %s: %s; name another file", output, strerror(errno));
		ret = PFC_EXIT_FAILURE;
	} else {
		ret = pfc_run(argv, fileno(script), out);
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

static int check(const struct plot *plot)
{
	if (plot->nr)
		return PFC_EXIT_OK;
	if (plot->input->latency) {
		pfc_error("no event%s has a duration; record with the module loaded with latency=1",
			  plot->input->one_process ? " of that process" : "");
		return PFC_EXIT_NO_LATENCY;
	}
	pfc_error("no event is of process %u", plot->input->tgid);
	return PFC_EXIT_NO_PROCESS;
}

/**
 * pfc_cmd_heatmap() - the subcommand "heatmap"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_heatmap(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct plot plot = { .input = &input };
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_read_recording(input.path, add, &plot);
	if (!ret)
		ret = check(&plot);
	if (!ret) {
		drop_twins(&plot);
		if (!input.latency)
			rank_pages(&plot);
		find_ends(&plot);
		ret = draw(&plot);
	}
	free(plot.points);
	free(plot.pages);
	return ret;
}
