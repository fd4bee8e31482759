/* SPDX-License-Identifier: GPL-2.0 */
/* "probes": a row for each probe point. */
#ifndef PFC_PROBE_ROWS_H
#define PFC_PROBE_ROWS_H

#include "reader.h"
#include "stats.h"

/* The columns of "probes": "how" names the method, "place" the probe point. */
enum pfc_probe_column {
	PFC_PROBE_CLASS,
	PFC_PROBE_METHOD,
	PFC_PROBE_POINT,
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

int pfc_read_probes(struct pfc_reader *reader, struct pfc_probes *probes);
void pfc_free_probes(struct pfc_probes *probes);

#endif /* PFC_PROBE_ROWS_H */
