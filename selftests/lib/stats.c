// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass's files as a reader sees them: the keys, the parsers of "stats", "percpu"
 * and "probes", the filter.
 *
 * Buffers are static: whatever the measured code touches must be resident before
 * the measurement, and pfc_settle() sees to the data segment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "stats.h"

/* ---- keys -------------------------------------------------------------- */

static const char * const pfc_total_keys[] = {
#define PFC_X(id, key, meaning) key,
	PFC_TOTALS(PFC_X)
#undef PFC_X
};

static const char * const pfc_class_keys[] = {
#define PFC_X(id, key, where) key,
	PFC_CLASSES(PFC_X)
#undef PFC_X
};

static const struct {
	const char *key;
	enum pfc_class class;
} pfc_refs[] = {
#define PFC_X(id, class, key, meaning) { key, PFC_##class },
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
};

#define PFC_X(id, suffix, meaning) suffix,
static const char * const pfc_access_suffix[] = { PFC_ACCESSES(PFC_X) };
static const char * const pfc_origin_suffix[] = { PFC_ORIGINS(PFC_X) };
static const char * const pfc_outcome_suffix[] = { PFC_OUTCOMES(PFC_X) };
#undef PFC_X

/* The splits' keys: a class's key and a suffix. */
static const struct {
	unsigned int first, nr;
	const char * const *suffix;
} pfc_splits[] = {
	{ PFC_K_ACCESS, PFC_NR_ACCESSES, pfc_access_suffix },
	{ PFC_K_ORIGIN, PFC_NR_ORIGINS, pfc_origin_suffix },
	{ PFC_K_OUTCOME, PFC_NR_OUTCOMES, pfc_outcome_suffix },
};

static char pfc_split_text[PFC_NR_KEYS - PFC_K_ACCESS][32];

static void __attribute__((constructor)) pfc_make_split_keys(void)
{
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(pfc_splits); i++)
		for (at = 0; at < PFC_NR_CLASSES * pfc_splits[i].nr; at++)
			snprintf(pfc_split_text[pfc_splits[i].first + at - PFC_K_ACCESS],
				 sizeof(pfc_split_text[0]), "%s%s",
				 pfc_class_keys[at / pfc_splits[i].nr],
				 pfc_splits[i].suffix[at % pfc_splits[i].nr]);
}

/**
 * pfc_key() - the key of an index
 * @index: below PFC_NR_KEYS
 *
 * Return: the key as it stands in "stats".
 */
const char *pfc_key(unsigned int index)
{
	if (index < PFC_K_CLASS)
		return pfc_total_keys[index];
	if (index < PFC_K_REF)
		return pfc_class_keys[index - PFC_K_CLASS];
	if (index < PFC_K_ACCESS)
		return pfc_refs[index - PFC_K_REF].key;
	return pfc_split_text[index - PFC_K_ACCESS];
}

/**
 * pfc_key_index() - the index of a key
 * @key: the key
 *
 * Return: its first index, or -1 if there is no such key.
 */
int pfc_key_index(const char *key)
{
	unsigned int i;

	for (i = 0; i < PFC_NR_KEYS; i++)
		if (!strcmp(pfc_key(i), key))
			return i;
	return -1;
}

/**
 * pfc_class_key() - the key of a class
 * @class: which
 *
 * Return: the key.
 */
const char *pfc_class_key(enum pfc_class class)
{
	return pfc_class_keys[class];
}

/**
 * pfc_ref_class() - the class that a refinement refines
 * @ref: which
 *
 * Return: its class.
 */
enum pfc_class pfc_ref_class(enum pfc_refinement ref)
{
	return pfc_refs[ref].class;
}

/**
 * pfc_ref_is_extra() - does a refinement count what its siblings count, too?
 * @ref: which
 *
 * The others of a class sum to it.
 *
 * Return: true if it does.
 */
bool pfc_ref_is_extra(enum pfc_refinement ref)
{
	return ref == PFC_SWAP_WP || ref == PFC_AF_DIRTY;
}

/**
 * pfc_key_is_shown() - does "stats" show this index under a line of its own?
 * @index: below PFC_NR_KEYS
 *
 * A split whose key is a refinement's ("file_read") is shown as that; of the outcomes
 * only major is shown.
 *
 * Return: true if it does.
 */
bool pfc_key_is_shown(unsigned int index)
{
	if (index >= PFC_K_OUTCOME &&
	    (index - PFC_K_OUTCOME) % PFC_NR_OUTCOMES != PFC_MAJOR)
		return false;
	return pfc_key_index(pfc_key(index)) == (int)index;
}

/* ---- files ------------------------------------------------------------- */

/**
 * pfc_path() - the path of one of pfclass's files
 * @file: a PFC_FILE_ name
 *
 * Return: the path; eight of them are good at a time in each thread.
 */
const char *pfc_path(const char *file)
{
	static __thread char path[8][PFC_PATH_MAX + 64];
	static __thread unsigned int turn;
	static char where[PFC_PATH_MAX];
	char *p = path[turn++ % 8];

	/* Once: this is called while faults are counted. */
	if (!where[0])
		strcpy(where, pfc_mount_point("debugfs") ?: "/proc");
	snprintf(p, sizeof(path[0]), "%s/%s/%s", where, PFC_DIR, file);
	return p;
}

/**
 * pfc_not_ready() - why pfclass cannot be tested here
 * @why: gets the reason
 * @size: of @why, bytes
 *
 * Return: 0 if it can be.
 */
int pfc_not_ready(char *why, size_t size)
{
	const char *stats = pfc_path(PFC_FILE_STATS);

	if (geteuid()) {
		snprintf(why, size, "not root");
		return 1;
	}
	if (!access(stats, R_OK))
		return 0;
	if (access("/sys/module/pfclass", F_OK))
		snprintf(why, size, "pfclass is not loaded: insmod pfclass.ko");
	else
		snprintf(why, size, "pfclass is loaded, but %s cannot be read: %s",
			 stats, strerror(errno));
	return 1;
}

/**
 * pfc_stats_parse() - read the text of "stats"
 * @text: the text; is cut up
 * @stats: gets the values
 * @why: gets what is wrong with the text
 * @size: of @why, bytes
 *
 * A key that is not known here is ignored: keys are only ever added.
 *
 * Return: 0, or -EINVAL if the text breaks the contract.
 */
int pfc_stats_parse(char *text, struct pfc_stats *stats, char *why, size_t size)
{
	char *line, *next, *value, *end;
	unsigned int i;
	int at;

	for (i = 0; i < PFC_NR_KEYS; i++)
		stats->val[i] = PFC_ABSENT;
	for (line = text; *line; line = next) {
		next = strchr(line, '\n');
		if (!next) {
			snprintf(why, size, "the last line has no end: '%s'", line);
			return -EINVAL;
		}
		*next++ = 0;
		value = strchr(line, ' ');
		if (!value) {
			snprintf(why, size, "no value in the line '%s'", line);
			return -EINVAL;
		}
		*value++ = 0;
		if (line == text) {
			if (strcmp(line, "abi") || atoi(value) != PFC_ABI) {
				snprintf(why, size, "the first line is '%s %s', not 'abi %d'",
					 line, value, PFC_ABI);
				return -EINVAL;
			}
			continue;
		}
		at = pfc_key_index(line);
		if (at < 0)
			continue;
		if (stats->val[at] != PFC_ABSENT) {
			snprintf(why, size, "the key '%s' is there twice", line);
			return -EINVAL;
		}
		if (!strcmp(value, PFC_UNAVAILABLE)) {
			stats->val[at] = PFC_NA;
			continue;
		}
		errno = 0;
		stats->val[at] = strtoull(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || errno) {
			snprintf(why, size, "the value of '%s' is '%s'", line, value);
			return -EINVAL;
		}
	}
	for (i = 0; i < PFC_NR_KEYS; i++)
		if (stats->val[i] == PFC_ABSENT && pfc_key_is_shown(i)) {
			snprintf(why, size, "the key '%s' is missing", pfc_key(i));
			return -EINVAL;
		}
	return 0;
}

/**
 * pfc_stats_read() - read "stats"
 * @stats: gets the values
 * @why: gets what is wrong
 * @size: of @why, bytes
 *
 * Return: 0 or -errno.
 */
int pfc_stats_read(struct pfc_stats *stats, char *why, size_t size)
{
	static char text[32768];
	ssize_t len;

	len = pfc_read(pfc_path(PFC_FILE_STATS), text, sizeof(text));
	if (len < 0) {
		snprintf(why, size, "cannot read %s: %s",
			 pfc_path(PFC_FILE_STATS), strerror(-len));
		return len;
	}
	return pfc_stats_parse(text, stats, why, size);
}

/**
 * pfc_stats_delta() - what was counted between two readings
 * @to: the later one; becomes the difference
 * @from: the earlier one
 *
 * A value that is no number in one of them is none in the difference.
 */
void pfc_stats_delta(struct pfc_stats *to, const struct pfc_stats *from)
{
	unsigned int i;

	for (i = 0; i < PFC_NR_KEYS; i++) {
		if (to->val[i] < 0)
			continue;
		if (from->val[i] < 0)
			to->val[i] = from->val[i];
		else
			to->val[i] -= from->val[i];
	}
}

/**
 * pfc_classes_sum() - all classes together
 * @stats: a reading or a difference
 *
 * Return: the sum, or PFC_NA where a class is unavailable.
 */
long long pfc_classes_sum(const struct pfc_stats *stats)
{
	long long sum = 0;
	unsigned int i;

	for (i = 0; i < PFC_NR_CLASSES; i++) {
		if (stats->val[PFC_K_CLASS + i] == PFC_NA)
			return PFC_NA;
		sum += stats->val[PFC_K_CLASS + i];
	}
	return sum;
}

/*
 * Do the columns of a table sum to "stats"? FIRST: in its header; WORDS: of a row before its
 * counts.
 */
static int pfc_columns_differ(const char *file, const char *first, unsigned int words, char *why,
			      size_t size)
{
	static char text[1 << 20];
	char *line, *save, *word, *save_word;
	struct pfc_stats stats, sum;
	int column[PFC_NR_KEYS];
	unsigned int i, columns = 0;
	ssize_t len;

	len = pfc_read(pfc_path(file), text, sizeof(text));
	if (len < 0) {
		snprintf(why, size, "cannot read %s: %s", file, strerror(-len));
		return 1;
	}
	if (pfc_stats_read(&stats, why, size))
		return 1;
	line = strtok_r(text, "\n", &save);
	word = line ? strtok_r(line, " \t", &save_word) : NULL;
	if (!word || strcmp(word, first)) {
		snprintf(why, size, "the header of %s starts with '%s', not '%s'", file,
			 word ? word : "", first);
		return 1;
	}
	for (i = 1; word && i < words; i++)
		word = strtok_r(NULL, " \t", &save_word);
	while ((word = strtok_r(NULL, " \t", &save_word))) {
		if (pfc_key_index(word) < 0 || columns == PFC_NR_KEYS) {
			snprintf(why, size, "%s has an unknown column '%s'", file, word);
			return 1;
		}
		column[columns++] = pfc_key_index(word);
	}
	if (!columns) {
		snprintf(why, size, "%s has no column but '%s'", file, first);
		return 1;
	}
	for (i = 0; i < PFC_NR_KEYS; i++)
		sum.val[i] = PFC_ABSENT;
	for (i = 0; i < columns; i++)
		sum.val[column[i]] = 0;
	while ((line = strtok_r(NULL, "\n", &save))) {
		word = strtok_r(line, " \t", &save_word);
		for (i = 1; word && i < words; i++)
			word = strtok_r(NULL, " \t", &save_word);
		for (i = 0; word && i < columns; i++) {
			word = strtok_r(NULL, " \t", &save_word);
			if (!word) {
				snprintf(why, size, "a row of %s is short of columns", file);
				return 1;
			}
			if (!strcmp(word, PFC_UNAVAILABLE))
				sum.val[column[i]] = PFC_NA;
			else
				sum.val[column[i]] += strtoll(word, NULL, 10);
		}
	}
	for (i = 0; i < columns; i++) {
		long long want = stats.val[column[i]];

		/* Where no CPU ever counted, no row says "unavailable". */
		if (want == PFC_NA && sum.val[column[i]] == 0)
			continue;
		if (sum.val[column[i]] != want) {
			snprintf(why, size, "%s: %s sums to %lld, stats says %lld",
				 pfc_key(column[i]), file, sum.val[column[i]], want);
			return 1;
		}
	}
	return 0;
}

/**
 * pfc_percpu_differs() - do the columns of "percpu" sum to "stats"?
 * @why: gets the difference
 * @size: of @why, bytes
 *
 * Nothing that the filter lets through may fault meanwhile.
 *
 * Return: 0 if they do.
 */
int pfc_percpu_differs(char *why, size_t size)
{
	return pfc_columns_differ(PFC_FILE_PERCPU, "cpu", 1, why, size);
}

/**
 * pfc_cgroups_differ() - do the columns of "cgroups" sum to "stats"?
 * @why: gets the difference
 * @size: of @why, bytes
 *
 * Nothing that the filter lets through may fault meanwhile.
 *
 * Return: 0 if they do.
 */
int pfc_cgroups_differ(char *why, size_t size)
{
	return pfc_columns_differ(PFC_FILE_CGROUPS, "cgroup", 2, why, size);
}

/**
 * pfc_probe_reason() - what "probes" says of a class
 * @class: which
 * @text: gets the row, or a note that there is none
 * @size: of @text, bytes
 */
void pfc_probe_reason(enum pfc_class class, char *text, size_t size)
{
	static char probes[32768];
	char *line, *save, key[64];

	snprintf(text, size, "probes has no row for it");
	if (pfc_read(pfc_path(PFC_FILE_PROBES), probes, sizeof(probes)) < 0)
		return;
	for (line = strtok_r(probes, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *word, *comma;

		if (sscanf(line, "%63s", key) != 1)
			continue;
		for (word = strtok_r(key, ",", &comma); word;
		     word = strtok_r(NULL, ",", &comma))
			if (!strcmp(word, pfc_class_key(class))) {
				snprintf(text, size, "%s", line);
				return;
			}
	}
}

/**
 * pfc_filter_range() - count this process's faults in one range only
 * @start: of the range
 * @len: of the range, bytes
 *
 * Return: as pfc_write().
 */
int pfc_filter_range(const void *start, size_t len)
{
	return pfc_printf_file(pfc_path(PFC_FILE_FILTER),
			       PFC_FILTER_TGID "%d " PFC_FILTER_ADDR "0x%lx-0x%lx",
			       getpid(), (unsigned long)start,
			       (unsigned long)start + len);
}
