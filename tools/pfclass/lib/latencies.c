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
