// SPDX-License-Identifier: GPL-2.0
/* pfclass top: make rows of the processes: group, filter and sort them. */
#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/output.h"
#include "top.h"

static const char *const text_names[TOP_FAULTS + 1] = {
	[TOP_PID] = "pid",
	[TOP_USER] = "user",
	[TOP_COMMAND] = "command",
	[TOP_CGROUP] = "cgroup",
	[TOP_FAULTS] = "faults",
};

/**
 * top_column_name() - what a column is called
 * @column: which
 *
 * Return: its name.
 */
const char *top_column_name(enum top_column column)
{
	if (column <= TOP_FAULTS)
		return text_names[column];
	if (column == TOP_CLASS + TOP_OTHER)
		return "other";
	return pfc_key(pfc_key_class(column - TOP_CLASS))->name;
}

/**
 * top_find_column() - the column of a name
 * @name: the name
 *
 * Return: the column, or -1.
 */
int top_find_column(const char *name)
{
	int column;

	for (column = 0; column < TOP_NR_COLUMNS; column++)
		if (!strcmp(top_column_name(column), name))
			return column;
	return -1;
}

/**
 * top_set_group() - choose what a row is
 * @input: the command line
 * @name: process, or a column of text
 *
 * Return: NULL, or what is wrong, to be released by free().
 */
char *top_set_group(struct top_input *input, const char *name)
{
	int column = !strcmp(name, "process") ? TOP_PID : top_find_column(name);

	if (column < 0 || column >= TOP_FAULTS)
		return pfc_format("a row is a process, command, user or cgroup, not \"%s\"", name);
	input->by = column;
	return NULL;
}

/**
 * top_set_sort() - choose the column that orders the rows
 * @input: the command line
 * @name: its name
 *
 * Return: as top_set_group().
 */
char *top_set_sort(struct top_input *input, const char *name)
{
	int column = top_find_column(name);

	if (column < 0)
		return pfc_format("there is no column \"%s\"; pid, user, command, cgroup, faults "
				  "and the classes (pfclass list) are", name);
	input->sort = column;
	return NULL;
}

/**
 * top_set_classes() - choose the classes that count
 * @input: the command line
 * @names: separated by commas; none: all
 *
 * Return: as top_set_group().
 */
char *top_set_classes(struct top_input *input, const char *names)
{
	bool classes[TOP_CLASSES] = { false }, some = false;
	char *copy = pfc_format("%s", names), *next = copy, *name, *error = NULL;
	int column;

	while ((name = strsep(&next, ","))) {
		if (!*name && !next && !some)
			break;
		column = top_find_column(name);
		if (column < TOP_CLASS) {
			error = pfc_format("there is no class \"%s\"; pfclass list names them",
					   name);
			break;
		}
		classes[column - TOP_CLASS] = true;
		some = true;
	}
	free(copy);
	if (error)
		return error;
	memcpy(input->classes, classes, sizeof(classes));
	input->some = some;
	return NULL;
}

/**
 * top_add_filter() - one more condition that rows must meet
 * @input: the command line
 * @text: COLUMN=PATTERN of a column of text, COLUMN=N, COLUMN<N or COLUMN>N of another
 *
 * Return: as top_set_group().
 */
char *top_add_filter(struct top_input *input, const char *text)
{
	size_t len = strcspn(text, "=<>");
	char *name = pfc_format("%.*s", (int)len, text), *end, *error = NULL;
	struct top_filter filter = { .op = text[len] };
	int column = top_find_column(name);
	const char *value = text + len + !!text[len];

	filter.column = column < 0 ? 0 : column;
	filter.number = strtod(value, &end);
	if (column < 0 || !*value)
		error = pfc_format("a filter is COLUMN=VALUE, COLUMN<N or COLUMN>N, not \"%s\"",
				   text);
	else if (column < TOP_FAULTS && filter.op != '=')
		error = pfc_format("column %s is text: %s=PATTERN", name, name);
	else if (column >= TOP_FAULTS && *end)
		error = pfc_format("column %s is a number, not \"%s\"", name, value);
	free(name);
	if (error)
		return error;
	filter.text = pfc_format("%s", value);
	input->filters = pfc_alloc(input->filters, input->nr_filters + 1,
				   sizeof(*input->filters));
	input->filters[input->nr_filters++] = filter;
	return NULL;
}

/**
 * top_set_interval() - choose the time between two readings
 * @input: the command line
 * @text: seconds
 *
 * Return: as top_set_group().
 */
char *top_set_interval(struct top_input *input, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= TOP_SHORTEST && seconds <= TOP_LONGEST))
		return pfc_format("an interval is seconds from %g to %.0f, not \"%s\"",
				  TOP_SHORTEST, TOP_LONGEST, text);
	input->interval = llround(seconds * 1e9);
	return NULL;
}

/**
 * top_clear_filters() - remove all conditions
 * @input: the command line
 */
void top_clear_filters(struct top_input *input)
{
	size_t i;

	for (i = 0; i < input->nr_filters; i++)
		free(input->filters[i].text);
	free(input->filters);
	input->filters = NULL;
	input->nr_filters = 0;
}

/**
 * top_is_available() - whether the module counts a class
 * @top: what is counted
 * @class: the class
 *
 * Return: true if it does; of somebody else's histogram all are.
 */
bool top_is_available(const struct top *top, size_t class)
{
	return top->input->file || class == TOP_OTHER ||
	       top->stats.values[pfc_key_class(class)].available;
}

/**
 * top_seconds() - what counts are divided by
 * @top: what is counted
 *
 * Return: the length of the last interval, or 1 for the counts themselves.
 */
double top_seconds(const struct top *top)
{
	return top->input->total || !top->length ? 1 : top->length / 1e9;
}

static uint64_t value(const struct top_row *row, enum top_column column)
{
	return column == TOP_FAULTS ? row->faults : row->n[column - TOP_CLASS];
}

static bool wants_process(const struct top *top, const struct top_process *process)
{
	const struct top_input *input = top->input;
	size_t i;

	for (i = 0; i < input->nr_filters; i++)
		if (input->filters[i].column < TOP_FAULTS &&
		    fnmatch(input->filters[i].text, process->text[input->filters[i].column], 0))
			return false;
	return true;
}

static bool wants_row(const struct top *top, const struct top_row *row)
{
	const struct top_input *input = top->input;
	size_t i;

	if (!row->faults)
		return false;
	for (i = 0; i < input->nr_filters; i++) {
		const struct top_filter *filter = &input->filters[i];
		double n;

		if (filter->column < TOP_FAULTS)
			continue;
		n = value(row, filter->column) / top_seconds(top);
		if (filter->op == '<' ? n >= filter->number :
		    filter->op == '>' ? n <= filter->number : n != filter->number)
			return false;
	}
	return true;
}

static int compare_keys(const void *a, const void *b, void *arg)
{
	const struct top_row *x = a, *y = b;
	const struct top *top = arg;

	if (top->input->by == TOP_PID)
		return (x->process->pid > y->process->pid) - (x->process->pid < y->process->pid);
	return strcmp(x->key, y->key);
}

static int compare_rows(const void *a, const void *b, void *arg)
{
	const struct top_row *x = a, *y = b;
	const struct top *top = arg;
	const struct top_input *input = top->input;
	int order;

	if (input->sort >= TOP_FAULTS)
		order = (value(x, input->sort) < value(y, input->sort)) -
			(value(x, input->sort) > value(y, input->sort));
	else if (input->sort == TOP_PID || input->by != TOP_PID)
		order = compare_keys(a, b, arg);
	else
		order = strcmp(x->process->text[input->sort], y->process->text[input->sort]);
	if (input->reverse)
		order = -order;
	return order ? order : compare_keys(a, b, arg);
}

/**
 * top_make_rows() - make the rows of the last reading
 * @top: what is counted
 * @rows: the rows; @rows->rows to be released by free(), and not to be used after top_read()
 */
void top_make_rows(const struct top *top, struct top_rows *rows)
{
	const struct top_input *input = top->input;
	size_t i, class, nr = 0;

	*rows = (struct top_rows){ .rows = pfc_alloc(NULL, top->nr, sizeof(*rows->rows)) };
	for (i = 0; i < top->nr; i++) {
		const struct top_process *process = top->processes[i];
		const uint64_t *n = input->total ? process->total : process->grown;
		struct top_row *row = &rows->rows[nr];

		if (!wants_process(top, process))
			continue;
		*row = (struct top_row){ .key = process->text[input->by], .process = process };
		memcpy(row->n, n, sizeof(row->n));
		for (class = 0; class < TOP_CLASSES; class++)
			if (!input->some || input->classes[class])
				row->faults += n[class];
		nr++;
	}
	qsort_r(rows->rows, nr, sizeof(*rows->rows), compare_keys, (void *)top);
	for (i = 0; i < nr; i++) {
		struct top_row *last = rows->nr ? &rows->rows[rows->nr - 1] : NULL;

		if (!last || compare_keys(last, &rows->rows[i], (void *)top)) {
			rows->rows[rows->nr++] = rows->rows[i];
			continue;
		}
		last->faults += rows->rows[i].faults;
		for (class = 0; class < TOP_CLASSES; class++)
			last->n[class] += rows->rows[i].n[class];
	}
	for (i = 0, nr = rows->nr, rows->nr = 0; i < nr; i++) {
		if (!wants_row(top, &rows->rows[i]))
			continue;
		rows->faults += rows->rows[i].faults;
		rows->rows[rows->nr++] = rows->rows[i];
	}
	qsort_r(rows->rows, rows->nr, sizeof(*rows->rows), compare_rows, (void *)top);
}
