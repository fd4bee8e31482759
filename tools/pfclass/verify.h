/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pfclass verify: identities between the counters of the module and those of the
 * kernel, and the readings that they are checked with.
 */
#ifndef PFC_VERIFY_H
#define PFC_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd.h"
#include "lib/reader.h"
#include "lib/scope.h"
#include "lib/stats.h"

/**
 * enum verify_source - where the kernel's number is read
 * @VERIFY_STATS: "stats", total pgfault: read by the module beside its counters
 * @VERIFY_VMSTAT: /proc/vmstat
 * @VERIFY_THP: the anon_fault_alloc of every huge page size in sysfs
 * @VERIFY_MEMCG: memory.stat of a control group
 * @VERIFY_RUSAGE: getrusage() of the command and its descendants
 * @VERIFY_TRACE: a trace event
 * @VERIFY_NR_SOURCES: how many there are
 */
enum verify_source {
	VERIFY_STATS,
	VERIFY_VMSTAT,
	VERIFY_THP,
	VERIFY_MEMCG,
	VERIFY_RUSAGE,
	VERIFY_TRACE,
	VERIFY_NR_SOURCES,
};

#define VERIFY_KERNEL(major, minor)	((major) << 8 | (minor))

/**
 * struct verify_book - one identity
 * @left: keys of "stats", added and subtracted; "*_major" is the sum of that split
 *	of all classes, [key] is 0 where the key is unavailable
 * @right: keys of @source, added
 * @source: where they are read
 * @at_most: @right is not equal to @left, but at most that
 * @since: the first kernel that the identity holds on, 0: any
 * @before: the first one that it does not hold on any more, 0: none
 * @appeared: the kernel that has @right since, in words; NULL: all have it
 * @apart: keys of "stats" that bound how far the two may be apart, or NULL
 * @less: the same where only @right may be the smaller one, or NULL
 * @lag: events for each CPU that @right may lag behind
 * @unless: a key of /proc/vmstat; if it grows, the identity does not hold
 * @reason: of @at_most, @apart, @less, @lag, or why @unless; alone: why the two
 *	cannot be compared at all
 */
struct verify_book {
	const char *left;
	const char *right;
	enum verify_source source;
	bool at_most;
	unsigned int since;
	unsigned int before;
	const char *appeared;
	const char *apart;
	const char *less;
	unsigned int lag;
	const char *unless;
	const char *reason;
};

extern const struct verify_book verify_books[];
extern const size_t verify_nr_books;
extern const char *const verify_source_names[VERIFY_NR_SOURCES];

/**
 * struct verify_pair - a counter of the kernel
 * @key: its name
 * @n: its value
 */
struct verify_pair {
	char *key;
	uint64_t n;
};

/**
 * struct verify_pairs - one reading of one source
 * @text: what the keys point into
 * @pairs: the counters
 * @nr: their number; 0: the source cannot be read
 */
struct verify_pairs {
	char *text;
	struct verify_pair *pairs;
	size_t nr;
};

/**
 * struct verify_reading - the counters of the module between two readings of the
 *	kernel's
 * @before: the kernel's, by source
 * @stats: the module's
 * @after: the kernel's, by source
 * @blocked: tasks that wait for I/O
 */
struct verify_reading {
	struct verify_pairs before[VERIFY_NR_SOURCES];
	struct pfc_stats stats;
	struct verify_pairs after[VERIFY_NR_SOURCES];
	uint64_t blocked;
};

/**
 * struct verify_paths - where the kernel's counters are
 * @root: prefix of /proc and /sys
 * @cgroup: the directory of the control group whose memory.stat is read, or NULL
 */
struct verify_paths {
	const char *root;
	char *cgroup;
};

#define VERIFY_WHY_LEN	320

/**
 * enum verify_verdict - the outcome of one identity
 * @VERIFY_EQUAL: the two sides are equal
 * @VERIFY_WITHIN: they differ within the bound
 * @VERIFY_OFF: they differ by more
 * @VERIFY_NOT_COMPARABLE: they do not count the same faults here
 * @VERIFY_NR_VERDICTS: how many there are
 */
enum verify_verdict {
	VERIFY_EQUAL,
	VERIFY_WITHIN,
	VERIFY_OFF,
	VERIFY_NOT_COMPARABLE,
	VERIFY_NR_VERDICTS,
};

/**
 * struct verify_result - the outcome of one identity, with its numbers
 * @left: what the module counted
 * @low: what the kernel counted, at least
 * @high: at most; more than @low if faults happened during the readings
 * @bound: how far apart the two may be
 * @verdict: the outcome
 * @why: the reason, "" if there is none
 */
struct verify_result {
	int64_t left;
	int64_t low;
	int64_t high;
	int64_t bound;
	enum verify_verdict verdict;
	char why[VERIFY_WHY_LEN];
};

/**
 * struct verify_input - what to compare
 * @options: the common options
 * @scope: the command
 * @paths: where the kernel's counters are
 * @interval: nanoseconds, 0: not given
 * @kernel: VERIFY_KERNEL() of the running kernel
 * @release: its release, or NULL
 * @filter: the filter unless it is clear, or NULL
 * @outlived: descendants of the command have not ended
 * @start: the reading at the start
 * @end: the reading at the end
 */
struct verify_input {
	struct pfc_options *options;
	struct pfc_scope scope;
	struct verify_paths paths;
	uint64_t interval;
	unsigned int kernel;
	char *release;
	char *filter;
	bool outlived;
	struct verify_reading start;
	struct verify_reading end;
};

int verify_read(struct pfc_reader *reader, const struct verify_paths *paths,
		struct verify_reading *reading);
uint64_t verify_faults_during(const struct verify_reading *reading);
void verify_free(struct verify_reading *reading);
const uint64_t *verify_find(const struct verify_pairs *pairs, const char *key, size_t len);
bool verify_has_bound(const struct verify_book *book);
void verify_check(const struct verify_input *input, const struct verify_book *book,
		  struct verify_result *result);
bool verify_applies(const struct verify_input *input, const struct verify_book *book);
bool verify_was_reset(const struct verify_input *input);
char *verify_line(const char *root, const char *path);

#endif /* PFC_VERIFY_H */
