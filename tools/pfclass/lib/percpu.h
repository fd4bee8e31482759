/* SPDX-License-Identifier: GPL-2.0 */
/* "percpu": the classes by CPU. */
#ifndef PFC_PERCPU_H
#define PFC_PERCPU_H

#include "reader.h"
#include "stats.h"

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

int pfc_read_percpu(struct pfc_reader *reader, struct pfc_percpu *percpu);
void pfc_free_percpu(struct pfc_percpu *percpu);

#endif /* PFC_PERCPU_H */
