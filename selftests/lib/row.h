/* SPDX-License-Identifier: GPL-2.0 */
/* lint: allow COMPLEX_MACRO throughout: lists of X(...) cannot stand in parentheses */
/* lint: allow MACRO_ARG_REUSE throughout: X is the name of a macro */
/*
 * The trigger table: ways to make the kernel take a known number of faults of
 * a known class. The tests, the demo and the `trigger` program run its rows.
 */
#ifndef PFC_TRIGGERS_H
#define PFC_TRIGGERS_H

#include "pfc_test.h"

/*
 * The rows, by the test that runs them. A new row is a name here and its data
 * in triggers.c.
 */
#define PFC_ROWS_ANON(X) \
	X(anon_read) X(anon_write) X(anon_kernel) X(anon_populate) X(anon_mthp)
#define PFC_ROWS_WP(X) \
	X(wp_zero) X(wp_fork_alive) X(wp_fork_reaped) X(wp_mprotect) \
	X(wp_private_file) X(wp_gup) X(wp_mthp_reaped)
#define PFC_ROWS_SWAP(X) \
	X(swap_read) X(swap_write) X(swap_write_shared)
#define PFC_ROWS_NUMA(X) \
	X(numa_remote) X(numa_local) X(numa_thp)
#define PFC_ROWS_AF(X) \
	X(af_read) X(af_write) X(af_anon) X(af_not_anon) X(af_shared_file) \
	X(af_mthp) X(dirty_swap) X(dirty_hole) X(dirty_cached)
#define PFC_ROWS_FILE(X) \
	X(file_around) X(file_exec) X(file_read) X(file_shared) \
	X(file_cow) X(file_huge)
#define PFC_ROWS_THP(X) \
	X(thp_anon) X(thp_af) X(thp_wp) X(thp_split) X(thp_fallback)
#define PFC_ROWS_HUGETLB(X) \
	X(hugetlb_read) X(hugetlb_write) X(hugetlb_cow) X(hugetlb_reuse)

#define PFC_ROWS(X) \
	PFC_ROWS_ANON(X) PFC_ROWS_WP(X) PFC_ROWS_SWAP(X) PFC_ROWS_NUMA(X) \
	PFC_ROWS_AF(X) PFC_ROWS_FILE(X) PFC_ROWS_THP(X) PFC_ROWS_HUGETLB(X)

/* What a row's number counts. */
enum pfc_unit {
	PFC_UNIT_PAGE,
	PFC_UNIT_64K,		/* a multi-size THP of 64 KiB */
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
	PFC_HWAF,	/* the CPU does */
	PFC_X86,	/* ditto, and there is no access-flag fault at all */
};

struct pfc_expect {
	unsigned int since, before;	/* PFC_KVER, 0: open */
	enum pfc_machine machine;
	struct pfc_want want[3];
	unsigned int elsewhere;		/* faults outside the range, times n */
	const char *reason;		/* why it is not what the row is for */
};

/* What must agree that pfclass has no hand in. */
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
	const char *path;	/* the first one that exists of each group is set */
	const char *value;
	bool or_next;		/* the next one is for kernels without this one */
	bool optional;		/* kernels without it need it not */
};

struct pfc_run;

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
#define PFC_WHY		320
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

extern const struct pfc_row * const pfc_rows[];

const struct pfc_row *pfc_row_find(const char *name);
unsigned int pfc_row_units(const struct pfc_row *row);
unsigned int pfc_amount(const struct pfc_row *row, unsigned int n, enum pfc_per per);
void pfc_row_what(const struct pfc_row *row, unsigned int n, char *text, size_t size);
void pfc_witness_text(const struct pfc_result *res, char *text, size_t size);
void pfc_row_run(const struct pfc_row *row, const struct pfc_run_options *options,
		 struct pfc_result *result);

#endif /* PFC_TRIGGERS_H */
