// SPDX-License-Identifier: GPL-2.0
#include "stats.h"

#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "parse.h"

static int appears_twice(const struct pfc_lines *lines, const char *key)
{
	return pfc_garbled(lines->reader, lines->file, lines->line,
			   "the key \"%s\" appears twice", key);
}

static int parse_row(const struct pfc_lines *lines, char *row, void *to)
{
	char *blank = strchr(row, ' ');
	struct pfc_stats *stats = to;
	struct pfc_extra *extra;
	struct pfc_value value;
	size_t i;
	int key;

	if (lines->line == 1)
		return pfc_parse_abi(lines, row);
	if (blank)
		*blank = '\0';
	if (!blank || !pfc_is_key(row) || !pfc_parse_value(blank + 1, &value)) {
		if (blank)
			*blank = ' ';
		pfc_make_printable(row);
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "\"%.60s\" is not a key and a number or \"%s\"",
				   row, PFC_UNAVAILABLE);
	}
	key = pfc_key_find(row, lines->line - 2);
	if (key >= 0) {
		if (stats->listed[key])
			return appears_twice(lines, row);
		stats->listed[key] = true;
		stats->values[key] = value;
		return PFC_EXIT_OK;
	}
	for (i = 0; i < stats->nr_extras; i++)
		if (!strcmp(stats->extras[i].name, row))
			return appears_twice(lines, row);
	stats->extras = pfc_alloc(stats->extras, stats->nr_extras + 1,
				  sizeof(*stats->extras));
	extra = &stats->extras[stats->nr_extras++];
	strcpy(extra->name, row);
	extra->value = value;
	return PFC_EXIT_OK;
}

/**
 * pfc_parse_stats() - parse "stats"
 * @reader: where it was read from, for messages
 * @text: its content, which is cut into lines
 * @len: its length in bytes
 * @stats: on success the counters, to be released by pfc_free_stats()
 *
 * Every total and every class must be there. A refinement or split that is not
 * in the file is one that this module does not know.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_ABI or
 * PFC_EXIT_GARBLED.
 */
int pfc_parse_stats(const struct pfc_reader *reader, char *text, size_t len,
		    struct pfc_stats *stats)
{
	struct pfc_lines lines = {
		.reader = reader, .file = PFC_FILE_STATS, .next = text, .end = text + len,
	};
	size_t i;
	int ret;

	memset(stats, 0, sizeof(*stats));
	ret = pfc_parse_lines(&lines, parse_row, stats);
	for (i = 0; !ret && i < pfc_keys_nr(); i++)
		if (!stats->listed[i] && pfc_key(i)->kind <= PFC_KEY_CLASS)
			ret = pfc_garbled(reader, PFC_FILE_STATS, lines.line + 1,
					  "the file ends without the key \"%s\"",
					  pfc_key(i)->name);
	if (ret)
		pfc_free_stats(stats);
	return ret;
}

/**
 * pfc_read_stats() - read and parse "stats"
 * @reader: the reader
 * @stats: on success the counters, to be released by pfc_free_stats()
 *
 * Return: as pfc_read_text() or pfc_parse_stats().
 */
int pfc_read_stats(struct pfc_reader *reader, struct pfc_stats *stats)
{
	char *text;
	size_t len;
	int ret = pfc_read_text(reader, PFC_FILE_STATS, &text, &len);

	if (ret)
		return ret;
	ret = pfc_parse_stats(reader, text, len, stats);
	free(text);
	return ret;
}

/**
 * pfc_module_open() - find the module's files and check that it has this tool's ABI
 * @reader: the reader
 * @debugfs: as for pfc_reader_open()
 *
 * Only "stats" and "latency" name the ABI: call this before another file is read
 * or written.
 *
 * Return: as pfc_reader_open() or pfc_read_stats().
 */
int pfc_module_open(struct pfc_reader *reader, const char *debugfs)
{
	struct pfc_stats stats;
	int ret = pfc_reader_open(reader, debugfs);

	if (!ret)
		ret = pfc_read_stats(reader, &stats);
	if (!ret)
		pfc_free_stats(&stats);
	return ret;
}

/*
 * A class of which a refinement has the name of a split (file_read) has its reads
 * all the same: what is neither a write nor an instruction fetch.
 */
static struct pfc_value derive_reads(const struct pfc_stats *stats, enum pfc_class class)
{
	struct pfc_value reads = stats->values[pfc_key_class(class)];
	struct pfc_value writes = pfc_stats_split(stats, class, PFC_SUFFIX_WRITE);
	struct pfc_value fetches = pfc_stats_split(stats, class, PFC_SUFFIX_EXEC);

	reads.available &= writes.available && fetches.available &&
			   reads.n >= writes.n + fetches.n;
	reads.n -= writes.n + fetches.n;
	return reads;
}

/**
 * pfc_stats_split() - a class by access, origin or outcome
 * @stats: the counters
 * @class: the class
 * @suffix: which split
 *
 * Return: the counter; derived from the others where the file has no such key.
 */
struct pfc_value pfc_stats_split(const struct pfc_stats *stats, enum pfc_class class,
				 enum pfc_suffix suffix)
{
	int key = pfc_key_split(class, suffix);

	if (suffix == PFC_SUFFIX_READ && key < 0)
		return derive_reads(stats, class);
	return key < 0 ? (struct pfc_value){ 0 } : stats->values[key];
}

/**
 * pfc_free_stats() - release what pfc_parse_stats() allocated
 * @stats: the counters
 */
void pfc_free_stats(struct pfc_stats *stats)
{
	free(stats->extras);
	stats->extras = NULL;
	stats->nr_extras = 0;
}
