// SPDX-License-Identifier: GPL-2.0
#include "probe_rows.h"

#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "parse.h"

/* Cut a row into its columns; the last one is what remains of the row. */
static bool cut_row(char *row, char **column)
{
	size_t i;

	for (i = 0; i < PFC_PROBE_COLUMNS; i++) {
		row += strspn(row, " \t");
		if (!*row)
			return false;
		column[i] = row;
		if (i == PFC_PROBE_REASON)
			break;
		row += strcspn(row, " \t");
		if (*row)
			*row++ = '\0';
	}
	row += strlen(row);
	while (row[-1] == ' ')
		*--row = '\0';
	return true;
}

static bool parse_hits(const char *text, struct pfc_value *value)
{
	*value = (struct pfc_value){ 0 };
	if (!strcmp(text, "-"))
		return true;
	value->available = pfc_parse_u64(text, &value->n);
	return value->available;
}

/* Cuts the row. */
static bool cut_header(char *row)
{
	char want[] = PFC_PROBES_HEADER, *save, *save_want;
	char *word = strtok_r(row, " \t", &save);
	char *word_want = strtok_r(want, " ", &save_want);

	while (word && word_want && !strcmp(word, word_want)) {
		word = strtok_r(NULL, " \t", &save);
		word_want = strtok_r(NULL, " ", &save_want);
	}
	return !word && !word_want;
}

static int parse_row(const struct pfc_lines *lines, char *row, void *to)
{
	struct pfc_probes *probes = to;
	struct pfc_probe *probe;
	char *tab;

	if (lines->line == 1 && !cut_header(row))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the header is not \"%s\"", PFC_PROBES_HEADER);
	if (lines->line == 1)
		return PFC_EXIT_OK;
	for (tab = row; (tab = strchr(tab, '\t')); )
		*tab = ' ';
	pfc_make_printable(row);
	probes->rows = pfc_alloc(probes->rows, probes->nr + 1,
				 sizeof(*probes->rows));
	probe = &probes->rows[probes->nr];
	if (!cut_row(row, probe->text))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "the row has fewer than %d columns",
				   PFC_PROBE_COLUMNS);
	if (!parse_hits(probe->text[PFC_PROBE_HITS], &probe->hits) ||
	    !parse_hits(probe->text[PFC_PROBE_MISSED], &probe->missed))
		return pfc_garbled(lines->reader, lines->file, lines->line,
				   "hits and missed are not numbers or \"-\"");
	if (!strcmp(probe->text[PFC_PROBE_REASON], "-"))
		probe->text[PFC_PROBE_REASON] += 1;
	probes->nr++;
	return PFC_EXIT_OK;
}

/**
 * pfc_read_probes() - read and parse "probes"
 * @reader: the reader, after pfc_module_open()
 * @probes: on success the rows, to be released by pfc_free_probes()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_GARBLED,
 * else as pfc_read_text().
 */
int pfc_read_probes(struct pfc_reader *reader, struct pfc_probes *probes)
{
	struct pfc_lines lines = { .reader = reader, .file = PFC_FILE_PROBES };
	size_t len;
	int ret;

	memset(probes, 0, sizeof(*probes));
	ret = pfc_read_text(reader, PFC_FILE_PROBES, &probes->text, &len);
	if (ret)
		return ret;
	lines.next = probes->text;
	lines.end = probes->text + len;
	ret = pfc_parse_lines(&lines, parse_row, probes);
	if (ret)
		pfc_free_probes(probes);
	return ret;
}

/**
 * pfc_free_probes() - release what pfc_read_probes() allocated
 * @probes: the rows
 */
void pfc_free_probes(struct pfc_probes *probes)
{
	free(probes->rows);
	free(probes->text);
	memset(probes, 0, sizeof(*probes));
}
