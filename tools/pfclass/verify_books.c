// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass verify: the identities. Documentation/debugfs.rst explains those of
 * pgfault, numa_hint_faults and getrusage().
 */
#include "verify.h"

#define V(major, minor)	VERIFY_KERNEL(major, minor)

const char *const verify_source_names[] = {
	[VERIFY_STATS] = "stats",
	[VERIFY_VMSTAT] = "vmstat",
	[VERIFY_THP] = "hugepages",
	[VERIFY_MEMCG] = "memory.stat",
	[VERIFY_RUSAGE] = "getrusage",
	[VERIFY_TRACE] = "trace",
};

#define MAJOR_REASON	\
	"a fault that only waited for a lock is major without pgmajfault; one that failed after " \
	"the read is not major"
#define MEMCG_REASON	"the kernel updates memory.stat after 64 events on a CPU"
#define THP_REASON	\
	"the huge zero page, and a fault that another thread resolved first, are not counted by " \
	"the kernel"

const struct verify_book verify_books[] = {
	/* 6.4 moved the count from the beginning of a visit to the end of the fault. */
	{ "faults - [refused]", "pgfault", VERIFY_STATS, .since = V(6, 4) },
	{ "visits", "pgfault", VERIFY_STATS, .before = V(6, 4) },
	{ "faults - [refused]", "pgfault", VERIFY_VMSTAT, .since = V(6, 4) },
	{ "visits", "pgfault", VERIFY_VMSTAT, .before = V(6, 4) },
	{ "*_major", "pgmajfault", VERIFY_VMSTAT,
	  .apart = "retries + error + unclassified", .unless = "thp_collapse_alloc",
	  .reason = MAJOR_REASON },
	{ "numa + thp_numa", "numa_hint_faults", VERIFY_VMSTAT, .less = "thp_numa",
	  .reason = "of threads that fault on one huge page at once, the kernel counts one" },
	{ "thp_anon", "thp_fault_alloc", VERIFY_VMSTAT, .at_most = true, .before = V(6, 13),
	  .reason = THP_REASON },
	/* 6.13 lets a write to the huge zero page allocate a huge page. */
	{ "thp_anon + thp_wp", "thp_fault_alloc", VERIFY_VMSTAT, .at_most = true,
	  .since = V(6, 13), .reason = THP_REASON },
	{ "visits - file - thp - hugetlb", "thp_fault_fallback", VERIFY_VMSTAT, .at_most = true,
	  .reason = "such a fault goes on and is resolved at the PTE level" },
	{ "thp_anon + thp_wp", "anon_fault_alloc:pmd", VERIFY_THP, .at_most = true,
	  .appeared = "6.10", .reason = THP_REASON },
	{ "anon_alloc + [swap_marker]", "anon_fault_alloc:smaller", VERIFY_THP, .at_most = true,
	  .appeared = "6.10", .reason = "single pages are not counted by the kernel" },
	{ "swap_in", "pswpin", VERIFY_VMSTAT,
	  .reason = "pswpin counts pages: readahead adds some, the swap cache and zswap none" },
	{ "thp_file", "thp_file_mapped", VERIFY_VMSTAT,
	  .reason = "thp_file_mapped also counts what do_fault() and khugepaged map" },
	{ "file", "filemap:mm_filemap_fault", VERIFY_TRACE,
	  .reason = "the event is one call of filemap_fault(), which fault-around and some file "
		    "systems do without" },
	/* Of the command and its descendants. */
	{ "faults - error", "minflt + majflt", VERIFY_RUSAGE, .less = "file + swap + hugetlb",
	  .reason = "getrusage() does not count faults that fail inside their class: beyond the "
		    "end of a file, poisoned memory, no huge page left" },
	{ "*_major", "majflt", VERIFY_RUSAGE, .at_most = false },
	{ "faults - [refused]", "pgfault", VERIFY_MEMCG, .since = V(6, 4), .lag = 64,
	  .reason = MEMCG_REASON },
	{ "visits", "pgfault", VERIFY_MEMCG, .before = V(6, 4), .lag = 64,
	  .reason = MEMCG_REASON },
	{ "*_major", "pgmajfault", VERIFY_MEMCG, .lag = 64,
	  .apart = "retries + error + unclassified", .reason = MAJOR_REASON "; " MEMCG_REASON },
};

const size_t verify_nr_books = sizeof(verify_books) / sizeof(*verify_books);
