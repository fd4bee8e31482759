// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: a line for each interval. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/output.h"
#include "stat.h"

#define COUNT_COLUMN	6	/* the narrowest column of counts */
#define ELAPSED_COLUMN	8

/* Keys that have no column of their own unless they are asked for. */
static bool is_quiet(const struct pfc_key *key, size_t index)
{
	return key->kind != PFC_KEY_CLASS &&
	       index != pfc_key_total(PFC_FAULTS);
}

/* Totals that are normally zero get a column once they are not. */
static void join(struct stat_lines *lines, const struct sample *sample)
{
	lines->joined[pfc_key_total(PFC_UNCLASSIFIED)] |=
		sample->stats.values[pfc_key_total(PFC_UNCLASSIFIED)].n;
	lines->joined[pfc_key_total(PFC_MISSED)] |=
		sample->stats.values[pfc_key_total(PFC_MISSED)].n;
}

static bool wants_column(const struct stat_input *input, const struct stat_lines *lines,
			 const struct sample *sample, size_t index)
{
	const struct pfc_key *key = pfc_key(index);

	if (!sample->stats.values[index].available)
		return false;
	if (!is_quiet(key, index))
		return true;
	if (input->verbose)
		return key->kind != PFC_KEY_SPLIT;
	return lines->joined[index];
}

/* A column never narrows: the lines stay aligned. Returns true if it widened. */
static bool widen(struct stat_lines *lines, const struct sample *sample, size_t index)
{
	int name = strlen(pfc_key(index)->name);
	int width = snprintf(NULL, 0, "%" PRIu64, sample->stats.values[index].n);

	if (width < name)
		width = name;
	if (width < COUNT_COLUMN)
		width = COUNT_COLUMN;
	if (width <= lines->width[index])
		return false;
	lines->width[index] = width;
	return true;
}

/**
 * stat_print_line() - print a line, below a header where one is due
 * @input: the command line
 * @lines: the columns, zero before the first line
 * @sample: what the counters grew by
 *
 * The columns are the seconds since the start and the available counters. When
 * the set of columns changes, the header is printed again.
 */
void stat_print_line(const struct stat_input *input, struct stat_lines *lines,
		     const struct sample *sample)
{
	double elapsed = (double)sample->since / NSEC;
	bool header = !lines->printed || lines->printed >= pfc_screen_height();
	bool unavailable = !lines->printed;
	int width = snprintf(NULL, 0, "%.3f", elapsed);
	size_t i;

	join(lines, sample);
	if (width < ELAPSED_COLUMN)
		width = ELAPSED_COLUMN;
	header |= width > lines->elapsed;
	lines->elapsed = width;
	for (i = 0; i < pfc_keys_nr(); i++) {
		bool available = sample->stats.values[i].available;
		bool shown = wants_column(input, lines, sample, i);

		header |= shown != lines->shown[i];
		header |= shown && widen(lines, sample, i);
		unavailable |= available != lines->available[i] &&
			       pfc_key(i)->kind <= PFC_KEY_CLASS;
		lines->shown[i] = shown;
		lines->available[i] = available;
	}
	if (unavailable)
		stat_list_unavailable(sample, PFC_KEY_TOTAL,
				      input->verbose ? PFC_KEY_REFINEMENT : PFC_KEY_CLASS);
	if (header) {
		printf("%*s", lines->elapsed, "elapsed");
		for (i = 0; i < pfc_keys_nr(); i++)
			if (lines->shown[i])
				printf(" %*s", lines->width[i], pfc_key(i)->name);
		putchar('\n');
		lines->printed = 1;
	}
	printf("%*.3f", lines->elapsed, elapsed);
	for (i = 0; i < pfc_keys_nr(); i++)
		if (lines->shown[i])
			printf(" %*" PRIu64, lines->width[i], sample->stats.values[i].n);
	putchar('\n');
	lines->printed++;
}
