// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: readings of the counters and their differences. */
#include <stdlib.h>
#include <string.h>

#include "lib/output.h"
#include "stat.h"

/**
 * stat_free() - release a reading
 * @sample: the reading
 */
void stat_free(struct sample *sample)
{
	pfc_free_stats(&sample->stats);
	pfc_free_rows(&sample->rows);
}

/**
 * stat_copy() - copy a reading
 * @to: the copy, to be released by stat_free()
 * @from: the reading
 */
void stat_copy(struct sample *to, const struct sample *from)
{
	*to = *from;
	to->stats.extras = pfc_duplicate(from->stats.extras, from->stats.nr_extras,
					 sizeof(*from->stats.extras));
	pfc_copy_rows(&to->rows, &from->rows);
}

/**
 * stat_read() - read the counters
 * @reader: the reader
 * @input: the command line
 * @sample: on success the reading, to be released by stat_free()
 *
 * Return: as pfc_read_stats() or pfc_read_rows(); or, after a line on standard error,
 * PFC_EXIT_NO_ROWS.
 */
int stat_read(struct pfc_reader *reader, const struct stat_input *input,
	      struct sample *sample)
{
	int ret;

	memset(sample, 0, sizeof(*sample));
	sample->since = pfc_now();
	ret = pfc_read_stats(reader, &sample->stats);
	if (ret || !input->rows)
		return ret;
	ret = pfc_read_rows(reader, input->rows, &sample->rows);
	if (!ret && input->rows == &pfc_rows_cgroups && !pfc_rows_available(&sample->rows)) {
		pfc_error("the module counts no control groups; load it with cgroups=64, or as "
			  "many as there are, and account=1");
		pfc_free_rows(&sample->rows);
		ret = PFC_EXIT_NO_ROWS;
	}
	if (ret)
		pfc_free_stats(&sample->stats);
	return ret;
}

static const struct pfc_value *find_extra(const struct pfc_stats *stats,
					  const char *name)
{
	size_t i;

	for (i = 0; i < stats->nr_extras; i++)
		if (!strcmp(stats->extras[i].name, name))
			return &stats->extras[i].value;
	return NULL;
}

static const struct pfc_row *find_row(const struct pfc_rows *rows, const struct pfc_row *row)
{
	size_t i;

	/* A path may be another group's by now, an id never is. */
	for (i = 0; i < rows->nr_rows; i++)
		if (rows->rows[i].id == row->id &&
		    (row->id || !strcmp(rows->rows[i].name, row->name)))
			return &rows->rows[i];
	return NULL;
}

static bool same_columns(const struct pfc_rows *a, const struct pfc_rows *b)
{
	size_t i;

	if (a->nr_columns != b->nr_columns)
		return false;
	for (i = 0; i < a->nr_columns; i++)
		if (strcmp(a->columns[i], b->columns[i]))
			return false;
	return true;
}

static bool went_back(struct pfc_value then, struct pfc_value now)
{
	return then.available && now.available && now.n < then.n;
}

/* A class only ever grows: one that shrank was reset, or the module was reloaded. */
static bool was_reset(const struct sample *then, const struct sample *now)
{
	size_t i, column;

	for (i = 0; i < PFC_NR_CLASSES; i++) {
		size_t key = pfc_key_class(i);

		if (went_back(then->stats.values[key], now->stats.values[key]))
			return true;
	}
	if (!same_columns(&then->rows, &now->rows))
		return true;
	for (i = 0; i < then->rows.nr_rows; i++) {
		const struct pfc_row *old = &then->rows.rows[i];
		const struct pfc_row *new = find_row(&now->rows, old);

		/* A CPU's row appears with its first fault and stays; a group's goes with it. */
		if (!new && now->rows.kind->numbered)
			return true;
		for (column = 0; new && column < now->rows.nr_columns; column++)
			if (went_back(old->values[column], new->values[column]))
				return true;
	}
	return false;
}

static struct pfc_value grown(const struct pfc_value *then, struct pfc_value now)
{
	/* Unavailable before: no difference. */
	if (!then || !then->available || !now.available)
		return (struct pfc_value){ 0 };
	/* A total that is computed while faults go on may shrink by a few. */
	now.n = now.n > then->n ? now.n - then->n : 0;
	return now;
}

/* What a group had counted before it was removed was in its own row then. */
static void subtract_removed(const struct pfc_rows *now, struct pfc_row *removed,
			     const struct pfc_rows *then)
{
	size_t i, column;

	for (i = 0; i < then->nr_rows; i++) {
		if (find_row(now, &then->rows[i]))
			continue;
		for (column = 0; column < now->nr_columns; column++)
			removed->values[column].n -= then->rows[i].values[column].n;
	}
}

/**
 * stat_subtract() - turn a reading into what the counters grew by
 * @diff: the reading
 * @then: the reading before it
 * @start: nanoseconds of CLOCK_MONOTONIC that the output counts from
 */
void stat_subtract(struct sample *diff, const struct sample *then, uint64_t start)
{
	static const struct pfc_value zero = { .available = true };
	size_t i, column;

	diff->length = diff->since - then->since;
	diff->since -= start;
	diff->reset = was_reset(then, diff);
	if (diff->reset)
		return;
	for (i = 0; i < pfc_keys_nr(); i++)
		diff->stats.values[i] = grown(&then->stats.values[i],
					      diff->stats.values[i]);
	for (i = 0; i < diff->stats.nr_extras; i++) {
		struct pfc_extra *extra = &diff->stats.extras[i];

		extra->value = grown(find_extra(&then->stats, extra->name),
				     extra->value);
	}
	for (i = 0; i < diff->rows.nr_rows; i++) {
		struct pfc_row *new = &diff->rows.rows[i];
		const struct pfc_row *old = find_row(&then->rows, new);

		for (column = 0; column < diff->rows.nr_columns; column++)
			new->values[column] = grown(old ? &old->values[column] :
						    &zero, new->values[column]);
		if (!diff->rows.kind->numbered && !strcmp(new->name, PFC_CGROUP_REMOVED))
			subtract_removed(&diff->rows, new, &then->rows);
	}
}
