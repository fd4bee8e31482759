/* SPDX-License-Identifier: GPL-2.0 */
/* Find, read, parse and write the files of the module. */
#ifndef PFC_READER_H
#define PFC_READER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keys.h"

/**
 * struct pfc_reader - where the files are
 * @root: the debugfs mount
 * @dir: the module's directory below it
 * @seen: a file was read already: if it is missing now, it was removed
 */
struct pfc_reader {
	char root[PATH_MAX];
	char dir[PATH_MAX + 16];
	bool seen;
};

/**
 * struct pfc_value - a counter
 * @n: its value
 * @available: whether this kernel, in this mode, can count it
 */
struct pfc_value {
	uint64_t n;
	bool available;
};

/**
 * struct pfc_extra - a key that is newer than this tool
 * @name: its name
 * @value: its value
 */
struct pfc_extra {
	char name[PFC_KEY_LEN];
	struct pfc_value value;
};

/**
 * struct pfc_stats - one reading of "stats"
 * @values: by key index
 * @listed: by key index: whether the module has the key at all; one that is
 *	older than this tool, or a refinement it never makes, is not in the file
 * @extras: keys that this tool does not know, in the order of the file
 * @nr_extras: their number
 */
struct pfc_stats {
	struct pfc_value values[PFC_MAX_KEYS];
	bool listed[PFC_MAX_KEYS];
	struct pfc_extra *extras;
	size_t nr_extras;
};

/**
 * struct pfc_cpu - one row of "percpu"
 * @cpu: the CPU's number
 * @values: one value a column
 */
struct pfc_cpu {
	unsigned int cpu;
	struct pfc_value *values;
};

/**
 * struct pfc_percpu - one reading of "percpu"
 * @columns: the names of the columns after "cpu"
 * @nr_columns: their number
 * @cpus: rows, by ascending CPU number
 * @nr_cpus: their number
 */
struct pfc_percpu {
	char (*columns)[PFC_KEY_LEN];
	size_t nr_columns;
	struct pfc_cpu *cpus;
	size_t nr_cpus;
};

/* The columns of "probes", in the order of PFC_PROBES_HEADER. */
enum pfc_probe_column {
	PFC_PROBE_CLASS,
	PFC_PROBE_HOW,
	PFC_PROBE_PLACE,
	PFC_PROBE_BACKEND,
	PFC_PROBE_STATE,
	PFC_PROBE_HITS,
	PFC_PROBE_MISSED,
	PFC_PROBE_REASON,
	PFC_PROBE_COLUMNS,
};

/**
 * struct pfc_probe - one row of "probes"
 * @text: its columns; the reason is "" when there is none
 * @hits: how often it fired
 * @missed: how many of its hits were lost
 */
struct pfc_probe {
	char *text[PFC_PROBE_COLUMNS];
	struct pfc_value hits;
	struct pfc_value missed;
};

/**
 * struct pfc_probes - one reading of "probes"
 * @rows: the probe points
 * @nr: their number
 * @text: what the rows point into
 */
struct pfc_probes {
	struct pfc_probe *rows;
	size_t nr;
	char *text;
};

/**
 * struct pfc_bucket - some faults of a class
 * @from: the shortest took so long, nanoseconds; the longest less than twice that
 * @count: their number
 */
struct pfc_bucket {
	uint64_t from;
	uint64_t count;
};

/**
 * struct pfc_latency - how long the faults of a class took
 * @count: their number
 * @sum: nanoseconds of all of them
 * @buckets: by ascending time; empty ones are left out
 * @nr_buckets: their number
 */
struct pfc_latency {
	struct pfc_value count;
	uint64_t sum;
	struct pfc_bucket buckets[64];
	size_t nr_buckets;
};

/**
 * struct pfc_latencies - one reading of "latency"
 * @of: by class
 */
struct pfc_latencies {
	struct pfc_latency of[PFC_NR_CLASSES];
};

int pfc_reader_open(struct pfc_reader *reader, const char *debugfs);
int pfc_read_stats(struct pfc_reader *reader, struct pfc_stats *stats);
void pfc_free_stats(struct pfc_stats *stats);
int pfc_read_percpu(struct pfc_reader *reader, struct pfc_percpu *percpu);
void pfc_free_percpu(struct pfc_percpu *percpu);
int pfc_read_probes(struct pfc_reader *reader, struct pfc_probes *probes);
void pfc_free_probes(struct pfc_probes *probes);
int pfc_read_latencies(struct pfc_reader *reader, struct pfc_latencies *all);
int pfc_read_text(struct pfc_reader *reader, const char *file, char **text,
		  size_t *len);
int pfc_write_text(struct pfc_reader *reader, const char *file,
		   const char *text);

#endif /* PFC_READER_H */
