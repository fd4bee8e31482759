// SPDX-License-Identifier: GPL-2.0
#include "latencies.h"

#include <string.h>

#include "exit.h"
#include "parse.h"

/* KEY count N, KEY sum NS, KEY FROM N. */
static int parse_row(const struct pfc_lines *lines, char *row, void *to)
{
	struct pfc_latencies *all = to;
	struct pfc_latency *latency;
	struct pfc_bucket *bucket;
	char *word[4], *save;
	uint64_t from, nr;
	int class, i;

	if (lines->line == 1)
		return pfc_parse_abi(lines, row);
	word[0] = strtok_r(row, " ", &save);
	for (i = 1; i < 4; i++)
		word[i] = strtok_r(NULL, " ", &save);
	if (!word[2] || word[3] || !pfc_is_key(word[0])) {
		pfc_make_printable(row);
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "\"%.40s\" does not begin \"CLASS WHAT NUMBER\"", row);
	}
	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (!strcmp(word[0], pfc_key(pfc_key_class(class))->name))
			break;
	/* A class that is newer than this tool. */
	if (class == PFC_NR_CLASSES)
		return PFC_EXIT_OK;
	latency = &all->of[class];
	if (!strcmp(word[1], "count") && pfc_parse_value(word[2], &latency->count))
		return PFC_EXIT_OK;
	if (!strcmp(word[1], "sum") && pfc_parse_u64(word[2], &latency->sum))
		return PFC_EXIT_OK;
	bucket = &latency->buckets[latency->nr_buckets];
	if (latency->nr_buckets < sizeof(latency->buckets) / sizeof(*bucket) &&
	    pfc_parse_u64(word[1], &from) && pfc_parse_u64(word[2], &nr) && nr &&
	    (!latency->nr_buckets || from > bucket[-1].from)) {
		*bucket = (struct pfc_bucket){ .from = from, .count = nr };
		latency->nr_buckets++;
		return PFC_EXIT_OK;
	}
	pfc_make_printable(word[1]);
	pfc_make_printable(word[2]);
	return pfc_garbled(lines->reader, lines->file, lines->line,
			   "\"%s %.20s %.20s\" makes no sense", word[0], word[1], word[2]);
}

/**
 * pfc_read_latencies() - read and parse "latency"
 * @reader: the reader
 * @all: on success the content
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_ABI,
 * PFC_EXIT_GARBLED, else as pfc_read_text().
 */
int pfc_read_latencies(struct pfc_reader *reader, struct pfc_latencies *all)
{
	memset(all, 0, sizeof(*all));
	return pfc_parse_file(reader, PFC_FILE_LATENCY, parse_row, all);
}

static const struct pfc_bucket *find_bucket(const struct pfc_latency *latency, uint64_t from)
{
	size_t i;

	for (i = 0; i < latency->nr_buckets; i++)
		if (latency->buckets[i].from == from)
			return &latency->buckets[i];
	return NULL;
}

/* A bucket only ever grows: one that shrank was reset, or the module was reloaded. */
static bool went_back(const struct pfc_latency *then, const struct pfc_latency *now)
{
	size_t i;

	for (i = 0; i < then->nr_buckets; i++) {
		const struct pfc_bucket *bucket = find_bucket(now, then->buckets[i].from);

		if (!bucket || bucket->count < then->buckets[i].count)
			return true;
	}
	return now->sum < then->sum;
}

static void subtract(struct pfc_latency *now, const struct pfc_latency *then)
{
	size_t nr = 0, i;

	now->count.available &= then->count.available;
	now->count.n -= then->count.n;
	now->sum -= then->sum;
	for (i = 0; i < now->nr_buckets; i++) {
		struct pfc_bucket bucket = now->buckets[i];
		const struct pfc_bucket *old = find_bucket(then, bucket.from);

		bucket.count -= old ? old->count : 0;
		if (bucket.count)
			now->buckets[nr++] = bucket;
	}
	now->nr_buckets = nr;
}

/**
 * pfc_latencies_subtract() - turn a reading into what the histograms grew by
 * @now: the reading
 * @then: the one before it
 *
 * Return: true; false, with @now as it was, if the counters were reset in between.
 */
bool pfc_latencies_subtract(struct pfc_latencies *now, const struct pfc_latencies *then)
{
	size_t class;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (now->of[class].count.available && went_back(&then->of[class], &now->of[class]))
			return false;
	for (class = 0; class < PFC_NR_CLASSES; class++)
		subtract(&now->of[class], &then->of[class]);
	return true;
}

/**
 * pfc_bucket_end() - the end of a bucket
 * @bucket: the bucket
 *
 * Return: nanoseconds; each of its faults took less.
 */
uint64_t pfc_bucket_end(const struct pfc_bucket *bucket)
{
	return bucket->from ? 2 * bucket->from : 2;
}

/**
 * pfc_latency_percentile() - where a percentile lies
 * @latency: the faults of a class
 * @per_mille: so many of a thousand faults took no longer: 990 is the 99th percentile
 *
 * Return: its bucket, NULL without faults. A histogram knows no more than that.
 */
const struct pfc_bucket *pfc_latency_percentile(const struct pfc_latency *latency,
						unsigned int per_mille)
{
	uint64_t count = 0, rank;
	size_t i;

	for (i = 0; i < latency->nr_buckets; i++)
		count += latency->buckets[i].count;
	/* Rounded up, without overflow. */
	rank = count / 1000 * per_mille + (count % 1000 * per_mille + 999) / 1000;
	for (i = 0; i < latency->nr_buckets; i++) {
		if (rank <= latency->buckets[i].count)
			return &latency->buckets[i];
		rank -= latency->buckets[i].count;
	}
	return NULL;
}
