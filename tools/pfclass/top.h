/* SPDX-License-Identifier: GPL-2.0 */
/* pfclass top: what is counted, the rows that are made of it, and how they are shown. */
#ifndef PFC_TOP_H
#define PFC_TOP_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd.h"
#include "lib/hist.h"
#include "lib/instance.h"
#include "lib/interval.h"
#include "lib/process.h"
#include "lib/stats.h"

#define TOP_OTHER	PFC_NR_CLASSES	/* a class that is newer than this tool */
#define TOP_CLASSES	(TOP_OTHER + 1)

#define TOP_SHORTEST	0.1		/* seconds between two readings */
#define TOP_LONGEST	1e6

/**
 * enum top_column - what a column shows
 * @TOP_PID: the process
 * @TOP_USER: its effective user
 * @TOP_COMMAND: its name
 * @TOP_CGROUP: its control group
 * @TOP_FAULTS: the sum of the classes that are asked for
 * @TOP_CLASS: the first class; the others follow
 * @TOP_NR_COLUMNS: how many columns there are
 */
enum top_column {
	TOP_PID,
	TOP_USER,
	TOP_COMMAND,
	TOP_CGROUP,
	TOP_FAULTS,
	TOP_CLASS,
	TOP_NR_COLUMNS = TOP_CLASS + TOP_CLASSES,
};

/**
 * struct top_filter - a condition that rows must meet
 * @column: which column
 * @op: '=', '<' or '>'
 * @text: a shell pattern, for the columns of text
 * @number: what the others are compared with
 */
struct top_filter {
	enum top_column column;
	char op;
	char *text;
	double number;
};

/**
 * struct top_input - the command line, and what keys change
 * @options: the common options
 * @file: a histogram that somebody else keeps, or NULL
 * @batch: print, and read no keys
 * @interval: nanoseconds
 * @count: intervals, 0: no end
 * @by: a row is a process (TOP_PID), a command, a user or a control group
 * @sort: the column that orders the rows
 * @reverse: the smallest first
 * @total: show counts since the start, not rates
 * @some: only these classes are asked for
 * @classes: by class
 * @filters: conditions
 * @nr_filters: their number
 */
struct top_input {
	struct pfc_options *options;
	const char *file;
	bool batch;
	uint64_t interval;
	uint64_t count;
	enum top_column by;
	enum top_column sort;
	bool reverse;
	bool total;
	bool some;
	bool classes[TOP_CLASSES];
	struct top_filter *filters;
	size_t nr_filters;
};

/**
 * struct top_process - a process that took faults
 * @pid: its ID; 0: the module does not know whose memory it was; below: processes that ended
 * @known: /proc had it once
 * @gone: it has ended
 * @text: by column of text, "?" where it is not known
 * @grown: by class, in the last interval
 * @total: by class, since the start
 */
struct top_process {
	pid_t pid;
	bool known;
	bool gone;
	char *text[TOP_FAULTS];
	uint64_t grown[TOP_CLASSES];
	uint64_t total[TOP_CLASSES];
};

/**
 * struct top - what is counted
 * @input: the command line
 * @reader: the module's files
 * @instance: the histogram
 * @hist: its last reading; empty after a restart
 * @ended: the threads that ended, with their last names
 * @ended_read: @ended is as new as @hist
 * @owners: by entry of @hist: the process that took the faults
 * @processes: ascending by ID
 * @nr: their number
 * @stats: the module's counters at the last reading
 * @missed: by the module since the start: faults without an event
 * @unclassified: the same
 * @dropped: faults without room in the histogram, since the start
 * @dropped_before: of which the present histogram said so at the last reading
 * @restarted: since the last reading
 * @restarts: how often a full histogram was reset
 * @filter: the module's own, or NULL
 * @begin: when it started, in nanoseconds of CLOCK_MONOTONIC
 * @when: of the last reading
 * @length: nanoseconds since the reading before
 * @readings: their number
 */
struct top {
	struct top_input *input;
	struct pfc_reader reader;
	struct pfc_instance instance;
	struct pfc_hist hist;
	struct pfc_hist ended;
	bool ended_read;
	struct top_process **owners;
	struct top_process **processes;
	size_t nr;
	struct pfc_stats stats;
	uint64_t missed;
	uint64_t unclassified;
	uint64_t dropped;
	uint64_t dropped_before;
	bool restarted;
	uint64_t restarts;
	char *filter;
	uint64_t begin;
	uint64_t when;
	uint64_t length;
	uint64_t readings;
};

/**
 * struct top_row - what a line shows
 * @key: the text of column @by of the input
 * @process: one of those that it is about; the only one if rows are processes
 * @n: by class
 * @faults: those that are asked for
 */
struct top_row {
	const char *key;
	const struct top_process *process;
	uint64_t n[TOP_CLASSES];
	uint64_t faults;
};

/**
 * struct top_rows - the rows that are shown
 * @rows: in order
 * @nr: their number
 * @faults: their sum
 */
struct top_rows {
	struct top_row *rows;
	size_t nr;
	uint64_t faults;
};

/**
 * struct top_layout - the columns of the screen
 * @column: from the left
 * @nr: their number
 * @left_out: columns that have no room
 * @width: by column; none narrows
 * @seen: by class: some row was not 0
 */
struct top_layout {
	enum top_column column[TOP_NR_COLUMNS];
	size_t nr;
	size_t left_out;
	size_t width[TOP_NR_COLUMNS];
	bool seen[TOP_CLASSES];
};

int top_open(struct top *top);
int top_read(struct top *top);
void top_close(struct top *top);

const char *top_column_name(enum top_column column);
int top_find_column(const char *name);
char *top_set_group(struct top_input *input, const char *name);
char *top_set_sort(struct top_input *input, const char *name);
char *top_set_classes(struct top_input *input, const char *names);
char *top_add_filter(struct top_input *input, const char *text);
char *top_set_interval(struct top_input *input, const char *text);
void top_clear_filters(struct top_input *input);
bool top_is_available(const struct top *top, size_t class);
double top_seconds(const struct top *top);
void top_make_rows(const struct top *top, struct top_rows *rows);

void top_lay_out(const struct top *top, const struct top_rows *rows, struct top_layout *layout,
		 size_t width);
void top_print_status(const struct top *top, const struct top_rows *rows, FILE *out);
void top_print_notes(const struct top *top, const char *before, FILE *out);
void top_print_row(const struct top *top, const struct top_layout *layout,
		   const struct top_row *row, FILE *out);
int top_print(const struct top *top, struct top_layout *layout);
int top_screen(struct top *top);

#endif /* PFC_TOP_H */
