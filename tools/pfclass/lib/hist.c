// SPDX-License-Identifier: GPL-2.0
#include "hist.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit.h"
#include "output.h"
#include "parse.h"

/**
 * pfc_hist_compare() - the order of the entries
 * @a: one
 * @b: another
 *
 * Return: as strcmp(); 0: both count the same.
 */
int pfc_hist_compare(const struct pfc_hist_entry *a, const struct pfc_hist_entry *b)
{
	if (a->tid != b->tid)
		return a->tid < b->tid ? -1 : 1;
	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	return (a->class > b->class) - (a->class < b->class);
}

static int compare(const void *a, const void *b)
{
	return pfc_hist_compare(a, b);
}

/* Behind the line at @text. A name of 16 columns begins it, and may hold a line's end. */
static char *cut_entry(char *text, size_t name)
{
	char *end;

	if (strnlen(text, name + PFC_HIST_COMM) < name + PFC_HIST_COMM)
		return NULL;
	end = strchr(text + name + PFC_HIST_COMM, '\n');
	if (end)
		*end++ = '\0';
	return end;
}

static bool parse_entry(const char *text, bool faults, struct pfc_hist_entry *entry)
{
	int end = 0, keys = 0;
	size_t len;

	*entry = (struct pfc_hist_entry){ 0 };
	if (sscanf(text, "{ common_pid: %16c[%d]%n", entry->comm, &entry->tid, &keys) != 2 || !keys)
		return false;
	if (faults && sscanf(text + keys, ", tgid: %d, class: %u%n", &entry->tgid, &entry->class,
			     &end) != 2)
		return false;
	keys += end;
	end = 0;
	if (sscanf(text + keys, " } hitcount: %" SCNu64 "%n", &entry->n, &end) != 1 ||
	    !end || text[keys + end])
		return false;
	for (len = PFC_HIST_COMM; len && entry->comm[len - 1] == ' '; len--)
		entry->comm[len - 1] = '\0';
	pfc_make_printable(entry->comm);
	return true;
}

static int garbled(const char *path, const char *keys, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	pfc_make_printable(line);
	pfc_error("%s: \"%.60s\" is not of a histogram with the keys %s", path, line, keys);
	return PFC_EXIT_GARBLED;
}

/**
 * pfc_parse_hist() - parse what the file "hist" of an event shows
 * @path: where it was read from, for messages
 * @keys: those of the histogram, PFC_HIST_FAULTS or PFC_HIST_ENDED
 * @text: its content, which is cut into lines
 * @hist: on success the histogram, to be released by pfc_free_hist()
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_GARBLED after a line on standard error.
 */
int pfc_parse_hist(const char *path, const char *keys, char *text, struct pfc_hist *hist)
{
	static const char entry[] = "{ common_pid: ";
	const bool faults = !strcmp(keys, PFC_HIST_FAULTS);
	bool ended = false;
	size_t room = 0;
	char *next;

	*hist = (struct pfc_hist){ 0 };
	for (; *text && !ended; text = next) {
		if (!strncmp(text, entry, strlen(entry))) {
			next = cut_entry(text, strlen(entry));
			if (hist->nr == room) {
				room = room ? 2 * room : 256;
				hist->entries = pfc_alloc(hist->entries, room,
							  sizeof(*hist->entries));
			}
			if (!next || !parse_entry(text, faults, &hist->entries[hist->nr++]))
				goto err_garbled;
			continue;
		}
		next = text + strcspn(text, "\n");
		if (*next)
			*next++ = '\0';
		if (sscanf(text, " Dropped: %" SCNu64, &hist->dropped) == 1)
			ended = true;
		else if (*text && *text != '#' && strcmp(text, "Totals:") &&
			 strncmp(text, "    ", 4))
			goto err_garbled;
	}
	if (!ended) {
		pfc_error("%s: no line \"Dropped:\" ends the histogram; is it complete?", path);
		pfc_free_hist(hist);
		return PFC_EXIT_GARBLED;
	}
	if (hist->nr)
		qsort(hist->entries, hist->nr, sizeof(*hist->entries), compare);
	return PFC_EXIT_OK;

err_garbled:
	pfc_free_hist(hist);
	return garbled(path, keys, text);
}

/**
 * pfc_free_hist() - release a histogram
 * @hist: from pfc_parse_hist(), or zero
 */
void pfc_free_hist(struct pfc_hist *hist)
{
	free(hist->entries);
	*hist = (struct pfc_hist){ 0 };
}
