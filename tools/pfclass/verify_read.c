// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass verify: readings. The counters of the module are read between two readings
 * of the kernel's, which bound what is counted during the reading.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "lib/exit.h"
#include "lib/output.h"
#include "verify.h"

#define THP_DIR	"/sys/kernel/mm/transparent_hugepage"
#define TRIES	10	/* to read while nothing faults */

/* A whole file with a NUL after it, or NULL. */
static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t size = 0, used = 0, got;
	char *text = NULL;

	if (!file)
		return NULL;
	do {
		size += 8192;
		text = pfc_alloc(text, size + 1, 1);
		got = fread(text + used, 1, size - used, file);
		used += got;
	} while (used == size);
	fclose(file);
	text[used] = '\0';
	return text;
}

/**
 * verify_line() - read a file of one line
 * @root: what to put before the path
 * @path: the path
 *
 * Return: the line without its newline, to be released by free(), or NULL.
 */
char *verify_line(const char *root, const char *path)
{
	char *full = pfc_format("%s%s", root, path);
	char *text = read_file(full);

	free(full);
	if (text)
		text[strcspn(text, "\n")] = '\0';
	return text;
}

static void add_pair(struct verify_pairs *pairs, char *key, uint64_t n)
{
	pairs->pairs = pfc_alloc(pairs->pairs, pairs->nr + 1, sizeof(*pairs->pairs));
	pairs->pairs[pairs->nr++] = (struct verify_pair){ key, n };
}

/* Lines of a key and a number. */
static void cut_pairs(struct verify_pairs *pairs)
{
	char *save, *line, *blank, *end;
	uint64_t n;

	for (line = strtok_r(pairs->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		blank = strchr(line, ' ');
		if (!blank)
			continue;
		n = strtoumax(blank + 1, &end, 10);
		if (end == blank + 1)
			continue;
		*blank = '\0';
		add_pair(pairs, line, n);
	}
}

/* The sum over the sizes below that of a PMD, and that one. */
static void read_thp(const char *root, struct verify_pairs *pairs)
{
	char *pmd = verify_line(root, THP_DIR "/hpage_pmd_size");
	char *dir = pfc_format("%s" THP_DIR, root);
	uint64_t smaller = 0, huge = 0;
	struct dirent *entry;
	bool any = false;
	DIR *sizes = opendir(dir);

	while (pmd && sizes && (entry = readdir(sizes))) {
		char *path, *text;
		unsigned long kb;

		if (sscanf(entry->d_name, "hugepages-%lukB", &kb) != 1)
			continue;
		path = pfc_format("%s/%s/stats/anon_fault_alloc", dir, entry->d_name);
		text = verify_line("", path);
		free(path);
		if (!text)
			continue;
		any = true;
		if (kb << 10 == strtoull(pmd, NULL, 10))
			huge += strtoull(text, NULL, 10);
		else
			smaller += strtoull(text, NULL, 10);
		free(text);
	}
	if (any) {
		add_pair(pairs, "anon_fault_alloc:smaller", smaller);
		add_pair(pairs, "anon_fault_alloc:pmd", huge);
	}
	if (sizes)
		closedir(sizes);
	free(dir);
	free(pmd);
}

/* The closest to the module's counters is what changes most often. */
static const enum verify_source order[] = { VERIFY_MEMCG, VERIFY_THP, VERIFY_VMSTAT };

#define NR_ORDER	(sizeof(order) / sizeof(*order))

static void read_source(const struct verify_paths *paths, enum verify_source source,
			struct verify_pairs *pairs)
{
	char *path = NULL;

	if (source == VERIFY_THP)
		read_thp(paths->root, pairs);
	else if (source == VERIFY_VMSTAT)
		path = pfc_format("%s/proc/vmstat", paths->root);
	else if (paths->cgroup)
		path = pfc_format("%s/memory.stat", paths->cgroup);
	if (path)
		pairs->text = read_file(path);
	free(path);
}

static uint64_t read_blocked(const char *root)
{
	struct verify_pairs pairs = { 0 };
	char *path = pfc_format("%s/proc/stat", root);
	const uint64_t *found;
	uint64_t blocked;

	pairs.text = read_file(path);
	free(path);
	if (pairs.text)
		cut_pairs(&pairs);
	found = verify_find(&pairs, "procs_blocked", strlen("procs_blocked"));
	blocked = found ? *found : 0;
	free(pairs.pairs);
	free(pairs.text);
	return blocked;
}

/* What needs no file of its own is the same before and after. */
static void add_both(struct verify_reading *reading, enum verify_source source, char *key,
		     uint64_t n)
{
	add_pair(&reading->before[source], key, n);
	add_pair(&reading->after[source], key, n);
}

static int read_once(struct pfc_reader *reader, const struct verify_paths *paths,
		     struct verify_reading *reading)
{
	struct rusage usage = { 0 };
	struct pfc_value pgfault;
	char *text;
	size_t len, i;
	int ret;

	memset(reading, 0, sizeof(*reading));
	reading->blocked = read_blocked(paths->root);
	getrusage(RUSAGE_CHILDREN, &usage);
	add_both(reading, VERIFY_RUSAGE, "minflt", usage.ru_minflt);
	add_both(reading, VERIFY_RUSAGE, "majflt", usage.ru_majflt);
	for (i = 0; i < NR_ORDER; i++)
		read_source(paths, order[i], &reading->before[order[i]]);
	ret = pfc_read_text(reader, PFC_FILE_STATS, &text, &len);
	for (i = NR_ORDER; i-- > 0; )
		read_source(paths, order[i], &reading->after[order[i]]);
	for (i = 0; i < NR_ORDER; i++) {
		if (reading->before[order[i]].text)
			cut_pairs(&reading->before[order[i]]);
		if (reading->after[order[i]].text)
			cut_pairs(&reading->after[order[i]]);
	}
	if (!ret) {
		ret = pfc_parse_stats(reader, text, len, &reading->stats);
		free(text);
	}
	if (ret) {
		verify_free(reading);
		return ret;
	}
	pgfault = reading->stats.values[pfc_key_total(PFC_PGFAULT)];
	if (pgfault.available)
		add_both(reading, VERIFY_STATS, "pgfault", pgfault.n);
	return PFC_EXIT_OK;
}

/**
 * verify_faults_during() - how many faults happened during a reading
 * @reading: the reading
 *
 * Return: what the kernel counted between its own two readings.
 */
uint64_t verify_faults_during(const struct verify_reading *reading)
{
	const uint64_t *before = verify_find(&reading->before[VERIFY_VMSTAT], "pgfault", 7);
	const uint64_t *after = verify_find(&reading->after[VERIFY_VMSTAT], "pgfault", 7);

	return before && after ? *after - *before : 0;
}

/**
 * verify_read() - read all sources
 * @reader: the reader
 * @paths: where the kernel's counters are
 * @reading: on success the reading, to be released by verify_free()
 *
 * Of several tries the one is taken during which the fewest faults happened.
 *
 * Return: as pfc_read_stats().
 */
int verify_read(struct pfc_reader *reader, const struct verify_paths *paths,
		struct verify_reading *reading)
{
	struct verify_reading other;
	int tries, ret = read_once(reader, paths, reading);

	for (tries = 1; !ret && tries < TRIES && verify_faults_during(reading); tries++) {
		ret = read_once(reader, paths, &other);
		if (!ret && verify_faults_during(&other) < verify_faults_during(reading)) {
			verify_free(reading);
			*reading = other;
		} else if (!ret) {
			verify_free(&other);
		} else {
			verify_free(reading);
		}
	}
	return ret;
}

/**
 * verify_free() - release a reading
 * @reading: the reading
 */
void verify_free(struct verify_reading *reading)
{
	size_t i;

	for (i = 0; i < VERIFY_NR_SOURCES; i++) {
		free(reading->before[i].pairs);
		free(reading->before[i].text);
		free(reading->after[i].pairs);
		free(reading->after[i].text);
	}
	pfc_free_stats(&reading->stats);
	memset(reading, 0, sizeof(*reading));
}

/**
 * verify_find() - find a counter
 * @pairs: the reading of a source
 * @key: the counter's name, not terminated
 * @len: its length
 *
 * Return: the value, or NULL.
 */
const uint64_t *verify_find(const struct verify_pairs *pairs, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < pairs->nr; i++)
		if (!strncmp(pairs->pairs[i].key, key, len) && !pairs->pairs[i].key[len])
			return &pairs->pairs[i].n;
	return NULL;
}
