/* SPDX-License-Identifier: GPL-2.0 */
/* "latency": histograms by class. */
#ifndef PFC_LATENCIES_H
#define PFC_LATENCIES_H

#include "reader.h"
#include "stats.h"

/**
 * struct pfc_bucket - some faults of a class
 * @from: the shortest took at least so many nanoseconds, the longest less than twice
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

int pfc_read_latencies(struct pfc_reader *reader, struct pfc_latencies *all);
bool pfc_latencies_subtract(struct pfc_latencies *now, const struct pfc_latencies *then);
uint64_t pfc_bucket_end(const struct pfc_bucket *bucket);
const struct pfc_bucket *pfc_latency_percentile(const struct pfc_latency *latency,
						unsigned int per_mille);

#endif /* PFC_LATENCIES_H */
