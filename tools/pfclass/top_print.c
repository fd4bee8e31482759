// SPDX-License-Identifier: GPL-2.0
/* pfclass top: lines of text, and JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/json.h"
#include "lib/output.h"
#include "top.h"

#define NUMBER_WIDTH	6
#define NAME_WIDTH	8	/* the least that is left for the last column */
#define CELL		32

/* A rate that is not 0 is never printed as 0. */
static void format_number(const struct top *top, uint64_t n, char *cell)
{
	double rate = n / top_seconds(top);

	if (top->input->total || !n)
		snprintf(cell, CELL, "%" PRIu64, n);
	else if (rate < 0.05)
		snprintf(cell, CELL, "<0.1");
	else
		snprintf(cell, CELL, "%.*f", rate < 99.95, rate);
}

static void format_cell(const struct top *top, const struct top_row *row,
			enum top_column column, char *cell)
{
	if (column == TOP_FAULTS)
		format_number(top, row->faults, cell);
	else
		format_number(top, row->n[column - TOP_CLASS], cell);
}

static const char *text_of(const struct top_row *row, const struct top *top,
			   enum top_column column)
{
	return column == top->input->by ? row->key : row->process->text[column];
}

static void widen(struct top_layout *layout, enum top_column column, size_t width)
{
	if (layout->width[column] < width)
		layout->width[column] = width;
}

static void measure(const struct top *top, const struct top_rows *rows,
		    struct top_layout *layout)
{
	char cell[CELL];
	size_t i, column;

	for (column = 0; column < TOP_NR_COLUMNS; column++) {
		widen(layout, column, strlen(top_column_name(column)));
		if (column >= TOP_FAULTS)
			widen(layout, column, NUMBER_WIDTH);
	}
	for (i = 0; i < rows->nr; i++) {
		const struct top_row *row = &rows->rows[i];

		widen(layout, TOP_PID, strlen(row->process->text[TOP_PID]));
		widen(layout, TOP_USER, strlen(row->process->text[TOP_USER]));
		for (column = TOP_FAULTS; column < TOP_NR_COLUMNS; column++) {
			format_cell(top, row, column, cell);
			widen(layout, column, strlen(cell));
			if (column >= TOP_CLASS && row->n[column - TOP_CLASS])
				layout->seen[column - TOP_CLASS] = true;
		}
	}
}

static bool wants_class(const struct top *top, const struct top_layout *layout, size_t class)
{
	if (!top_is_available(top, class))
		return false;
	if (top->input->some)
		return top->input->classes[class];
	return class != TOP_OTHER || layout->seen[class];
}

static size_t sum_widths(const struct top_layout *layout)
{
	size_t sum = 0, i;

	for (i = 0; i < layout->nr; i++)
		sum += layout->width[layout->column[i]] + 1;
	return sum;
}

/* Whether a column may be left out. */
static bool is_optional(const struct top *top, enum top_column column)
{
	return column >= TOP_CLASS && column != top->input->sort;
}

static void leave_out(struct top_layout *layout, size_t at)
{
	layout->nr--;
	memmove(layout->column + at, layout->column + at + 1,
		(layout->nr - at) * sizeof(*layout->column));
}

/**
 * top_lay_out() - choose the columns
 * @top: what is counted
 * @rows: the rows
 * @layout: of the rows before, or zero
 * @width: columns of the screen, 0: as many as it takes
 *
 * Where there is not room for all, classes without a fault are left out first, then those
 * that are farthest to the right.
 */
void top_lay_out(const struct top *top, const struct top_rows *rows, struct top_layout *layout,
		 size_t width)
{
	const bool processes = top->input->by == TOP_PID;
	size_t class, i;

	measure(top, rows, layout);
	layout->nr = 0;
	layout->left_out = 0;
	if (processes) {
		layout->column[layout->nr++] = TOP_PID;
		layout->column[layout->nr++] = TOP_USER;
	}
	layout->column[layout->nr++] = TOP_FAULTS;
	for (class = 0; class < TOP_CLASSES; class++)
		if (wants_class(top, layout, class))
			layout->column[layout->nr++] = TOP_CLASS + class;
	for (i = layout->nr; width && i-- && sum_widths(layout) + NAME_WIDTH > width;)
		if (is_optional(top, layout->column[i]) &&
		    !layout->seen[layout->column[i] - TOP_CLASS])
			leave_out(layout, i);
	for (i = layout->nr; width && i-- && sum_widths(layout) + NAME_WIDTH > width;)
		if (is_optional(top, layout->column[i])) {
			leave_out(layout, i);
			layout->left_out++;
		}
	layout->column[layout->nr++] = processes ? TOP_COMMAND : top->input->by;
}

/**
 * top_print_status() - print how much was counted, and what was not
 * @top: what is counted
 * @rows: the rows
 * @out: where to
 */
void top_print_status(const struct top *top, const struct top_rows *rows, FILE *out)
{
	char cell[CELL];

	format_number(top, rows->faults, cell);
	fprintf(out, "%s %s, ", cell, top->input->total ? "faults" : "faults/s");
	fprintf(out, "%zu row%s, ", rows->nr, rows->nr == 1 ? "" : "s");
	fprintf(out, "%.1f s", (top->input->total ? top->when - top->begin : top->length) / 1e9);
	fprintf(out, "; dropped %" PRIu64, top->dropped);
	if (!top->input->file)
		fprintf(out, ", missed %" PRIu64 ", unclassified %" PRIu64, top->missed,
			top->unclassified);
	if (top->restarts)
		fprintf(out, ", restarts %" PRIu64, top->restarts);
	fputc('\n', out);
}

/**
 * top_print_notes() - print why faults may not be in the rows
 * @top: what is counted
 * @before: printed before the first note
 * @out: where to; a line, or nothing
 */
void top_print_notes(const struct top *top, const char *before, FILE *out)
{
	const struct top_input *input = top->input;
	size_t notes = 0, unavailable = 0, i;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		if (!top_is_available(top, i)) {
			if (!unavailable++)
				fprintf(out, "%s" PFC_UNAVAILABLE ":", notes++ ? "; " : before);
			fprintf(out, " %s", pfc_key(pfc_key_class(i))->name);
		}
	if (top->filter && strcmp(top->filter, PFC_FILTER_CLEAR))
		fprintf(out, "%sthe module's filter: %s", notes++ ? "; " : before, top->filter);
	for (i = 0; i < input->nr_filters; i++) {
		if (!i)
			fprintf(out, "%sonly", notes++ ? "; " : before);
		fprintf(out, " %s%c%s", top_column_name(input->filters[i].column),
			input->filters[i].op, input->filters[i].text);
	}
	if (notes)
		fputc('\n', out);
}

/**
 * top_print_row() - print a line
 * @top: what is counted
 * @layout: from top_lay_out()
 * @row: the row, NULL: the names of the columns
 * @out: where to
 */
void top_print_row(const struct top *top, const struct top_layout *layout,
		   const struct top_row *row, FILE *out)
{
	char cell[CELL];
	size_t i;

	for (i = 0; i < layout->nr; i++) {
		enum top_column column = layout->column[i];
		const char *text = row ? cell : top_column_name(column);
		int width = layout->width[column];

		if (row && column < TOP_FAULTS)
			text = text_of(row, top, column);
		else if (row)
			format_cell(top, row, column, cell);
		if (column < TOP_FAULTS && column != TOP_PID)
			width = -width;
		if (i + 1 == layout->nr)
			fprintf(out, "%s\n", text);
		else
			fprintf(out, "%*s ", width, text);
	}
}

static json_t *json_row(const struct top *top, const struct top_row *row)
{
	json_t *object = pfc_json_object(), *classes = pfc_json_object();
	size_t class;

	if (top->input->by == TOP_PID) {
		pfc_json_set(object, "pid", row->process->pid > 0 ?
			     pfc_json_u64(row->process->pid) : json_null());
		pfc_json_set(object, "command", pfc_json_string(row->process->text[TOP_COMMAND]));
		pfc_json_set(object, "user", pfc_json_string(row->process->text[TOP_USER]));
		pfc_json_set(object, "cgroup", pfc_json_string(row->process->text[TOP_CGROUP]));
	} else {
		pfc_json_set(object, top_column_name(top->input->by), pfc_json_string(row->key));
	}
	pfc_json_set(object, "faults", pfc_json_u64(row->faults));
	for (class = 0; class < TOP_CLASSES; class++) {
		struct pfc_value value = { row->n[class], top_is_available(top, class) };

		if (class == TOP_OTHER && !value.n)
			continue;
		pfc_json_set(classes, top_column_name(TOP_CLASS + class), pfc_json_value(value));
	}
	pfc_json_set(object, "classes", classes);
	return object;
}

static void print_json(const struct top *top, const struct top_rows *rows)
{
	json_t *root = pfc_json_object(), *list = pfc_json_array();
	size_t i;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	pfc_json_set(root, "since_ns", pfc_json_u64(top->when - top->begin));
	pfc_json_set(root, "interval_ns",
		     pfc_json_u64(top->input->total ? top->when - top->begin : top->length));
	pfc_json_set(root, "dropped", pfc_json_u64(top->dropped));
	pfc_json_set(root, "missed", pfc_json_u64(top->missed));
	pfc_json_set(root, "unclassified", pfc_json_u64(top->unclassified));
	pfc_json_set(root, "restarts", pfc_json_u64(top->restarts));
	for (i = 0; i < rows->nr; i++)
		pfc_json_append(list, json_row(top, &rows->rows[i]));
	pfc_json_set(root, "rows", list);
	pfc_json_print(root, true);
}

/**
 * top_print() - print the last reading
 * @top: what is counted
 * @layout: of the reading before, or zero
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_FAILURE when standard output takes no more.
 */
int top_print(const struct top *top, struct top_layout *layout)
{
	struct top_rows rows;
	size_t i;

	top_make_rows(top, &rows);
	if (top->input->options->json) {
		print_json(top, &rows);
	} else {
		top_lay_out(top, &rows, layout, 0);
		top_print_status(top, &rows, stdout);
		top_print_notes(top, "", stdout);
		top_print_row(top, layout, NULL, stdout);
		for (i = 0; i < rows.nr; i++)
			top_print_row(top, layout, &rows.rows[i], stdout);
		putchar('\n');
	}
	free(rows.rows);
	return pfc_flush();
}
