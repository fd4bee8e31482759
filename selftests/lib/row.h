/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A row is one way to make the kernel take a known number of faults of a known class,
 * as data: what to prepare, how to fault, what must be counted, and what the kernel's
 * own files must say. Each class's rows are in the file of that class; the tests, the
 * demo and the `trigger` program run them.
 */
#ifndef PFC_ROW_H
#define PFC_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include "files.h"
#include "machine.h"
#include "stats.h"
#include "witness.h"

#define PFC_MAX_PAGES	24576	/* 3 huge pages of 64 KiB pages */
#define PFC_THP_DIR		"/sys/kernel/mm/transparent_hugepage/"
#define PFC_MTHP_ENABLED	PFC_THP_DIR "hugepages-{mthp}kB/enabled"

/* What a row's number counts. */
enum pfc_unit {
	PFC_UNIT_PAGE,
	PFC_UNIT_MTHP,		/* a multi-size THP: a contiguous block */
	PFC_UNIT_PMD,		/* a THP */
	PFC_UNIT_HUGETLB,	/* a huge page of the default size */
	PFC_NR_UNITS
};

/* How many of something there are for n units. */
enum pfc_per {
	PFC_PER_NONE,		/* 0; also the end of a list */
	PFC_PER_UNIT,		/* n */
	PFC_PER_PAGE,		/* n times the pages of a unit */
	PFC_PER_AROUND,		/* fault-around windows that n pages lie in */
	PFC_PER_HINT,		/* as many as vmstat's numa_hint_faults, at least n */
};

/* What must be there for a row to mean anything. */
enum pfc_need {
	PFC_NEED_SWAP		= 1 << 0,
	PFC_NEED_NUMA		= 1 << 1,
	PFC_NEED_THP		= 1 << 2,
	PFC_NEED_MTHP		= 1 << 3,
	PFC_NEED_HUGETLB	= 1 << 4,
	PFC_NEED_CONTPTE	= 1 << 5,
	PFC_NEED_HUGE_FILE	= 1 << 6,
};

/* One class that a row makes; ref is 0 or 1 + a refinement. */
struct pfc_want {
	enum pfc_per per;
	enum pfc_class class;
	unsigned int ref;
};

#define PFC_REF(id)	(1 + PFC_##id)

/* Which machine an expectation is for. */
enum pfc_machine {
	PFC_ANY,
	PFC_SWAF,	/* the kernel sets access flag and dirty bit, in a fault */
	PFC_SWAF_NO_SWAP, /* ditto, and it has no swap */
	PFC_HWAF,	/* the CPU does */
	PFC_SOFT_DIRTY,	/* the kernel tracks which pages are written */
};

struct pfc_expect {
	unsigned int since, before;	/* PFC_KVER, 0: open */
	enum pfc_machine machine;
	struct pfc_want want[3];
	unsigned int outside;		/* faults outside the range, times n */
	const char *reason;		/* why it is not what the row is for */
};

/* Counts of the kernel's own that must agree. */
enum pfc_witness_kind {
	PFC_W_NONE,
	PFC_W_PSWPIN,		/* vmstat pswpin */
	PFC_W_NUMA_HINT,	/* vmstat numa_hint_faults */
	PFC_W_NUMA_MIGRATED,	/* vmstat numa_pages_migrated */
	PFC_W_NEW_FRAME,	/* pages whose frame is another one now */
	PFC_W_MAPPED,		/* pages that are mapped now and were not */
	PFC_W_ONE_FRAME,	/* pages mapped to the same frame, the zero page */
	PFC_W_REFERENCED,	/* pages that smaps calls referenced now, and did not */
	PFC_NR_WITNESSES
};

struct pfc_witness_rule {
	enum pfc_witness_kind kind;
	enum pfc_per per;
};

struct pfc_setting {
	const char *path;	/* for pfc_sized_path(); of a group the first that exists is set */
	const char *value;
	bool or_next;		/* the next one is for kernels without this one */
	bool optional;		/* kernels without it do not need it */
};

/**
 * struct pfc_run - one execution of a row, in the worker
 * @row: the row
 * @res: where the findings go; shared with the process that waits
 * @n: units
 * @page: size of a page, bytes
 * @unit: size of a unit, bytes
 * @len: of the range, bytes
 * @pages: in the range
 * @base: where the range starts
 * @fd: what the row has open, -1
 * @node: two NUMA nodes, for rows that need them
 */
struct pfc_run {
	const struct pfc_row *row;
	struct pfc_result *res;
	unsigned int n;
	size_t page, unit, len;
	unsigned int pages;
	char *base;
	int fd;
	int node[2];
};

struct pfc_row {
	const char *name;
	const char *what;	/* what is done, for people; %u is n */
	unsigned int needs;	/* enum pfc_need */
	unsigned int since;	/* PFC_KVER, older kernels cannot do it */
	const char *since_why;
	enum pfc_unit unit;
	unsigned int n;		/* units, 0: PFC_PAGES */
	enum pfc_access touch;
	enum pfc_origin origin;
	bool major;
	const struct pfc_setting *settings;
	int (*prepare)(struct pfc_run *run);
	int (*fault)(struct pfc_run *run);	/* NULL: touch every page */
	struct pfc_expect expect[6];		/* the first that fits; the last fits all */
	struct pfc_witness_rule witness[3];
};

/* Everything that one execution of a row found out. */
#define PFC_MAX_BAD	12

enum pfc_status {
	PFC_OK,
	PFC_SKIP,
	PFC_BAD,
};

struct pfc_result {
	const struct pfc_row *row;
	unsigned int n;
	enum pfc_status status;
	char why[PFC_WHY];			/* of a skip */
	char bad[PFC_MAX_BAD][PFC_WHY];		/* what is wrong */
	unsigned int nr_bad;
	const struct pfc_expect *expect;
	struct pfc_stats counted;		/* by the faults */
	struct pfc_stats again;			/* by touching the pages again */
	struct pfc_witness seen, seen_again;
	long long witness[PFC_NR_WITNESSES];
	int hwaf;
	bool done;				/* the faults were made */
};

struct pfc_run_options {
	unsigned int n;		/* units, 0: the row's own */
	bool bare;		/* run the trigger, leave pfclass alone */
	bool noisy;		/* others fault meanwhile, and settings stay */
};

/* The expectations of rows. */
#define PFC_UNITS(id)		.want = { { PFC_PER_UNIT, PFC_##id } }
#define PFC_UNITS_REF(id, ref)	.want = { { PFC_PER_UNIT, PFC_##id, PFC_REF(ref) } }
#define PFC_PAGES_REF(id, ref)	.want = { { PFC_PER_PAGE, PFC_##id, PFC_REF(ref) } }
#define PFC_WINDOWS(id, ref)	.want = { { PFC_PER_AROUND, PFC_##id, PFC_REF(ref) } }
#define PFC_NOTHING(why)	.want = { { PFC_PER_NONE } }, .reason = why

#define PFC_HWAF_WHY "the CPU sets the access flag itself"

/* Every row of every class that a program is linked with: see lib/class.h. */
#define PFC_ROW_DATA(id, ...)								\
	static const struct pfc_row pfc_row_##id = { .name = #id, __VA_ARGS__ };	\
	static const struct pfc_row * const pfc_row_of_##id				\
		__attribute__((used, section("pfc_rows"))) = &pfc_row_##id

extern const struct pfc_row * const __start_pfc_rows[] __attribute__((weak));
extern const struct pfc_row * const __stop_pfc_rows[] __attribute__((weak));

#define pfc_for_each_row(row) \
	for (row = __start_pfc_rows; row < __stop_pfc_rows; row++)

const struct pfc_row *pfc_row_find(const char *name);
unsigned int pfc_row_units(const struct pfc_row *row);
void pfc_row_what(const struct pfc_row *row, unsigned int n, char *text, size_t size);
void pfc_witness_text(const struct pfc_result *res, char *text, size_t size);
void pfc_row_run(const struct pfc_row *row, const struct pfc_run_options *options,
		 struct pfc_result *result);

/* For preparations and faults. */
int pfc_read_all(struct pfc_run *run);
int pfc_write_all(struct pfc_run *run);
int pfc_exec_all(struct pfc_run *run);

/* Likewise: -1, and the row fails. */
int pfc_bad(struct pfc_result *res, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* PFC_ROW_H */
