/* SPDX-License-Identifier: GPL-2.0 */
/* pfclass stat: what is read, and the forms in which it is printed. */
#ifndef PFC_STAT_H
#define PFC_STAT_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd.h"
#include "lib/interval.h"
#include "lib/rows.h"
#include "lib/scope.h"
#include "lib/stats.h"

#define NSEC	PFC_NSEC

/**
 * struct stat_input - the command line
 * @options: the common options
 * @scope: the command or the process to count
 * @watch: of -w, or NULL
 * @separator: of -x, or NULL
 * @output: of -o, or NULL
 * @verbose: -v
 * @rows: of -P or -C, or NULL
 * @repeat: an interval was given
 * @counted: COUNT was given
 * @interval: nanoseconds
 * @count: lines
 */
struct stat_input {
	struct pfc_options *options;
	struct pfc_scope scope;
	const char *watch;
	const char *separator;
	const char *output;
	bool verbose;
	const struct pfc_rows_kind *rows;
	bool repeat;
	bool counted;
	uint64_t interval;
	uint64_t count;
};

/**
 * struct sample - one reading, or the difference of two
 * @stats: the counters
 * @rows: the counters by CPU or control group, with -P or -C
 * @since: nanoseconds of CLOCK_MONOTONIC; of a difference: since the start
 * @length: nanoseconds between the two readings
 * @reset: the counters were reset between the two readings
 */
struct sample {
	struct pfc_stats stats;
	struct pfc_rows rows;
	uint64_t since;
	uint64_t length;
	bool reset;
};

/**
 * struct stat_lines - the columns of the lines printed so far
 * @shown: by key: it has a column
 * @joined: by key: normally hidden, it was not zero once
 * @available: by key, in the line before
 * @width: by key
 * @elapsed: width of the first column
 * @printed: lines since the header, with it; 0: none yet
 */
struct stat_lines {
	bool shown[PFC_MAX_KEYS];
	bool joined[PFC_MAX_KEYS];
	bool available[PFC_MAX_KEYS];
	int width[PFC_MAX_KEYS];
	int elapsed;
	size_t printed;
};

int stat_read(struct pfc_reader *reader, const struct stat_input *input,
	      struct sample *sample);
void stat_free(struct sample *sample);
void stat_copy(struct sample *to, const struct sample *from);
void stat_subtract(struct sample *diff, const struct sample *then, uint64_t start);

bool stat_is_unavailable(const struct sample *sample, size_t index);
void stat_list_unavailable(const struct sample *sample, enum pfc_key_kind first,
			   enum pfc_key_kind last);
void stat_print_table(const struct stat_input *input, const struct sample *sample);
void stat_print_line(const struct stat_input *input, struct stat_lines *lines,
		     const struct sample *sample);
void stat_print_rows(const struct stat_input *input, const struct sample *sample);
void stat_print_cells(const struct stat_input *input, const struct sample *sample);
void stat_print_json(const struct stat_input *input, const struct sample *sample);

#endif /* PFC_STAT_H */
