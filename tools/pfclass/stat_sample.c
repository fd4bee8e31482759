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
	pfc_free_percpu(&sample->percpu);
}

static void *duplicate(const void *old, size_t nr, size_t size)
{
	void *new = pfc_alloc(NULL, nr, size);

	if (nr)
		memcpy(new, old, nr * size);
	return new;
}

/**
 * stat_copy() - copy a reading
 * @to: the copy, to be released by stat_free()
 * @from: the reading
 */
void stat_copy(struct sample *to, const struct sample *from)
{
	const struct pfc_percpu *old = &from->percpu;
	struct pfc_percpu *new = &to->percpu;
	size_t i;

	*to = *from;
	to->stats.extras = duplicate(from->stats.extras, from->stats.nr_extras,
				     sizeof(*from->stats.extras));
	new->columns = duplicate(old->columns, old->nr_columns,
				 sizeof(*old->columns));
	new->cpus = duplicate(old->cpus, old->nr_cpus, sizeof(*old->cpus));
	for (i = 0; i < old->nr_cpus; i++)
		new->cpus[i].values = duplicate(old->cpus[i].values,
						old->nr_columns,
						sizeof(*old->cpus[i].values));
}

/**
 * stat_read() - read the counters
 * @reader: the reader
 * @input: the command line
 * @sample: on success the reading, to be released by stat_free()
 *
 * Return: as pfc_read_stats() or pfc_read_percpu().
 */
int stat_read(struct pfc_reader *reader, const struct stat_input *input,
	      struct sample *sample)
{
	int ret;

	memset(sample, 0, sizeof(*sample));
	sample->since = pfc_now();
	ret = pfc_read_stats(reader, &sample->stats);
	if (ret || !input->percpu)
		return ret;
	ret = pfc_read_percpu(reader, &sample->percpu);
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

static const struct pfc_cpu *find_cpu(const struct pfc_percpu *percpu,
				      unsigned int cpu)
{
	size_t i;

	for (i = 0; i < percpu->nr_cpus; i++)
		if (percpu->cpus[i].cpu == cpu)
			return &percpu->cpus[i];
	return NULL;
}

static bool same_columns(const struct pfc_percpu *a, const struct pfc_percpu *b)
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
	if (!same_columns(&then->percpu, &now->percpu))
		return true;
	for (i = 0; i < then->percpu.nr_cpus; i++) {
		const struct pfc_cpu *old = &then->percpu.cpus[i];
		const struct pfc_cpu *new = find_cpu(&now->percpu, old->cpu);

		/* A CPU's row appears with its first fault and stays. */
		if (!new)
			return true;
		for (column = 0; column < now->percpu.nr_columns; column++)
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
	for (i = 0; i < diff->percpu.nr_cpus; i++) {
		struct pfc_cpu *new = &diff->percpu.cpus[i];
		const struct pfc_cpu *old = find_cpu(&then->percpu, new->cpu);

		for (column = 0; column < diff->percpu.nr_columns; column++)
			new->values[column] = grown(old ? &old->values[column] :
						    &zero, new->values[column]);
	}
}
