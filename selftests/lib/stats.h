/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pfclass's files as a reader sees them: written from include/uapi/pfclass.h alone,
 * apart from the tool's reader, so that one mistake cannot be in both.
 */
#ifndef PFC_STATS_H
#define PFC_STATS_H

#include <stdbool.h>
#include <stddef.h>

#include <pfclass.h>

/* Every key of "stats" has an index: totals, classes, refinements, splits. */
enum pfc_key_index {
	PFC_K_TOTAL	= 0,
	PFC_K_CLASS	= PFC_K_TOTAL + PFC_NR_TOTALS,
	PFC_K_REF	= PFC_K_CLASS + PFC_NR_CLASSES,
	PFC_K_ACCESS	= PFC_K_REF + PFC_NR_REFINEMENTS,
	PFC_K_ORIGIN	= PFC_K_ACCESS + PFC_NR_CLASSES * PFC_NR_ACCESSES,
	PFC_K_OUTCOME	= PFC_K_ORIGIN + PFC_NR_CLASSES * PFC_NR_ORIGINS,
	PFC_NR_KEYS	= PFC_K_OUTCOME + PFC_NR_CLASSES * PFC_NR_OUTCOMES
};

/* A value that is no count. */
#define PFC_NA		(-1LL)	/* the file says "unavailable" */
#define PFC_ABSENT	(-2LL)	/* the file has no such key */

struct pfc_stats {
	long long val[PFC_NR_KEYS];
};

const char *pfc_key(unsigned int index);
int pfc_key_index(const char *key);
const char *pfc_class_key(enum pfc_class class);
enum pfc_class pfc_ref_class(enum pfc_refinement ref);
bool pfc_ref_is_extra(enum pfc_refinement ref);
bool pfc_key_is_shown(unsigned int index);

const char *pfc_path(const char *file);
int pfc_not_ready(char *why, size_t size);
int pfc_stats_parse(char *text, struct pfc_stats *stats, char *why, size_t size);
int pfc_stats_read(struct pfc_stats *stats, char *why, size_t size);
void pfc_stats_delta(struct pfc_stats *to, const struct pfc_stats *from);
long long pfc_classes_sum(const struct pfc_stats *stats);
int pfc_percpu_differs(char *why, size_t size);
int pfc_cgroups_differ(char *why, size_t size);
void pfc_probe_reason(enum pfc_class class, char *text, size_t size);
int pfc_filter_range(const void *start, size_t len);

#endif /* PFC_STATS_H */
