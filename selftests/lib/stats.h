/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests share that is no trigger: reading pfclass's files, changing
 * system settings so that they come back whatever happens, and the witnesses
 * that pfclass does not control.
 */
#ifndef PFC_TEST_H
#define PFC_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <pfclass.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

/* Prime, so that no multiple or batch of anything looks right by accident. */
#define PFC_PAGES	23

#define PFC_KVER(major, minor)	(((major) << 16) | (minor))

/* ---- pfclass's files --------------------------------------------------- */

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
const char *pfc_class_key(enum pfc_class class);
enum pfc_class pfc_ref_class(enum pfc_refinement ref);
bool pfc_key_is_doubled(unsigned int index);

const char *pfc_path(const char *file);
int pfc_not_ready(char *why, size_t size);
int pfc_stats_parse(char *text, struct pfc_stats *stats, char *why, size_t size);
int pfc_stats_read(struct pfc_stats *stats, char *why, size_t size);
void pfc_stats_delta(struct pfc_stats *to, const struct pfc_stats *from);
long long pfc_classes_sum(const struct pfc_stats *stats);
bool pfc_classes_complete(const struct pfc_stats *stats);
int pfc_percpu_differs(char *why, size_t size);
void pfc_probe_reason(enum pfc_class class, char *text, size_t size);
int pfc_filter_range(const void *start, size_t len);

/* ---- files ------------------------------------------------------------- */

ssize_t pfc_read(const char *path, char *buf, size_t size);
int pfc_write(const char *path, const char *text);
int pfc_read_number(const char *path, long long *value);
int pfc_printf_file(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- settings that come back ------------------------------------------- */

struct pfc_guard;

struct pfc_guard *pfc_guard_start(void);
int pfc_guard_set(struct pfc_guard *guard, const char *path, const char *value);
int pfc_guard_keep(struct pfc_guard *guard, const char *path);

/* What a guard undoes that is no setting. */
enum pfc_undo {
	PFC_UNDO_WRITE,		/* by writing to a file */
	PFC_UNDO_MKDIR,
	PFC_UNDO_MOUNT,
	PFC_UNDO_SWAPON,
};

int pfc_guard_undo(struct pfc_guard *guard, enum pfc_undo undo, const char *path,
		   const char *value);
int pfc_guard_end(struct pfc_guard *guard);
void pfc_guard_forget(struct pfc_guard *guard);

/* ---- the machine ------------------------------------------------------- */

size_t pfc_page_size(void);
size_t pfc_pmd_size(void);
unsigned int pfc_kernel_version(void);
int pfc_hwaf(char *why, size_t size);
int pfc_hwaf_promised(void);
bool pfc_quiet_machine(void);
bool pfc_swap_on(void);
size_t pfc_fault_around(void);
long long pfc_now_ms(void);

int pfc_pin(int cpu);
/* As many as a long has bits. */
#define PFC_MAX_NODES	64

bool pfc_node_exists(int node);
int pfc_cpu_of_node(int node);
int pfc_two_nodes(int node[2], char *why, size_t size);
#define PFC_MAX_NODE_PAGES	8192

int pfc_nodes_of(const void *addr, unsigned int pages, int *nodes);

/* ---- memory ------------------------------------------------------------ */

void *pfc_map(size_t len, size_t align, int prot, int flags, int fd, off_t offset);
void pfc_read_pages(const volatile char *base, size_t len, size_t step);
void pfc_write_pages(volatile char *base, size_t len, size_t step);
void pfc_settle(const void *except, size_t len);
int pfc_clear_refs(const char *what);

#define PFC_PM_PRESENT	(1ULL << 63)
#define PFC_PM_SWAP	(1ULL << 62)
#define PFC_PM_PFN	((1ULL << 55) - 1)

int pfc_pagemap(const void *addr, unsigned int pages, uint64_t *entry);
unsigned int pfc_count_swapped(const void *addr, unsigned int pages);
unsigned int pfc_count_present(const void *addr, unsigned int pages);
long long pfc_smaps_kb(const void *addr, size_t len, const char *field);

/* ---- witnesses --------------------------------------------------------- */

enum pfc_vmstat {
	PFC_VM_PGFAULT,
	PFC_VM_PSWPIN,
	PFC_VM_NUMA_HINT_FAULTS,
	PFC_VM_NUMA_PAGES_MIGRATED,
	PFC_NR_VMSTAT
};

struct pfc_witness {
	long long minflt, majflt;		/* this process, getrusage */
	long long vmstat[PFC_NR_VMSTAT];	/* the machine, PFC_NA if not there */
};

extern const char * const pfc_vmstat_names[PFC_NR_VMSTAT];

int pfc_vmstat_read(long long *value);
void pfc_witness_before(struct pfc_witness *w);
void pfc_witness_after(struct pfc_witness *w);

#endif /* PFC_TEST_H */
