/* SPDX-License-Identifier: GPL-2.0 */
/* "stats": one counter for each key. */
#ifndef PFC_STATS_H
#define PFC_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "keys.h"
#include "reader.h"

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

int pfc_read_stats(struct pfc_reader *reader, struct pfc_stats *stats);
int pfc_parse_stats(const struct pfc_reader *reader, char *text, size_t len,
		    struct pfc_stats *stats);
int pfc_module_open(struct pfc_reader *reader, const char *debugfs);
struct pfc_value pfc_stats_split(const struct pfc_stats *stats, enum pfc_class class,
				 enum pfc_suffix suffix);
void pfc_free_stats(struct pfc_stats *stats);

#endif /* PFC_STATS_H */
