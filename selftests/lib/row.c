// SPDX-License-Identifier: GPL-2.0
/* lint: allow COMPLEX_MACRO throughout: rows of tables cannot stand in parentheses */
/*
 * The trigger table and what runs its rows.
 *
 * A row runs in a process of its own (the worker), so that nothing that the
 * test does is in the counted process, and a crash is a failure like others.
 * The worker prepares the pages, makes everything else that it will touch
 * resident, and counts the faults of the row's range only.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "triggers.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE	23
#endif

#define PFC_64K			65536
/* More than a per-CPU batch of the page lists holds. */
#define PFC_BATCH_PAGES		64
#define PFC_MAX_PAGES		8192
/* A few of them must fit a small machine: 32 MiB with 16 KiB pages. */
#define PFC_MAX_HUGE		(32UL << 20)

#define PFC_MTHP_ENABLED "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled"
#define PFC_HUGEPAGES "/proc/sys/vm/nr_hugepages"

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

/* ---- reports ----------------------------------------------------------- */

static int pfc_bad(struct pfc_result *res, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int pfc_bad(struct pfc_result *res, const char *fmt, ...)
{
	va_list args;

	res->status = PFC_BAD;
	if (res->nr_bad == PFC_MAX_BAD)
		return -1;
	va_start(args, fmt);
	vsnprintf(res->bad[res->nr_bad++], PFC_WHY, fmt, args);
	va_end(args);
	return -1;
}

static void pfc_skip(struct pfc_result *res, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void pfc_skip(struct pfc_result *res, const char *fmt, ...)
{
	va_list args;

	if (res->status == PFC_OK)
		res->status = PFC_SKIP;
	va_start(args, fmt);
	vsnprintf(res->why, PFC_WHY, fmt, args);
	va_end(args);
}

/* ---- building blocks of preparations ----------------------------------- */

static size_t pfc_unit_size(enum pfc_unit unit)
{
	static char text[8192];
	long long kb;
	char *at;

	switch (unit) {
	case PFC_UNIT_64K:
		return PFC_64K;
	case PFC_UNIT_PMD:
		return pfc_pmd_size();
	case PFC_UNIT_HUGETLB:
		if (pfc_read("/proc/meminfo", text, sizeof(text)) < 0)
			return 0;
		at = strstr(text, "\nHugepagesize:");
		if (!at || sscanf(at, "\nHugepagesize: %lld", &kb) != 1)
			return 0;
		return kb * 1024;
	default:
		return pfc_page_size();
	}
}

static int pfc_map_range(struct pfc_run *run, int prot, int flags)
{
	size_t align = run->unit;

	/* Fault-around windows must start where the range does. */
	if (run->row->unit == PFC_UNIT_PAGE)
		align = pfc_fault_around();
	/* Not to be covered by a whole THP. */
	if (run->row->unit == PFC_UNIT_64K)
		align = pfc_pmd_size();
	run->base = pfc_map(run->len, align, prot, flags, run->fd, 0);
	if (run->base == MAP_FAILED)
		return pfc_bad(run->res, "mmap of %zu bytes: %s", run->len,
			       strerror(errno));
	switch (run->row->unit) {
	case PFC_UNIT_PAGE:
		madvise(run->base, run->len, MADV_NOHUGEPAGE);
		break;
	case PFC_UNIT_64K:
	case PFC_UNIT_PMD:
		if (madvise(run->base, run->len, MADV_HUGEPAGE))
			return pfc_bad(run->res, "MADV_HUGEPAGE: %s",
				       strerror(errno));
		break;
	default:
		break;
	}
	return 0;
}

static int pfc_map_anon(struct pfc_run *run)
{
	return pfc_map_range(run, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static void pfc_read_all(struct pfc_run *run)
{
	pfc_read_pages(run->base, run->len, run->page);
}

static void pfc_write_all(struct pfc_run *run)
{
	pfc_write_pages(run->base, run->len, run->page);
}

/*
 * New pages wait in a per-CPU batch, which holds a reference, before they are
 * on a list where they can be isolated: push them out.
 */
static void pfc_drain(struct pfc_run *run)
{
	size_t len = PFC_BATCH_PAGES * run->page;
	char *base;

	base = pfc_map(len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	if (base == MAP_FAILED)
		return;
	madvise(base, len, MADV_NOHUGEPAGE);
	pfc_write_pages(base, len, run->page);
	munmap(base, len);
}

static int pfc_anon_written(struct pfc_run *run)
{
	if (pfc_map_anon(run))
		return -1;
	pfc_write_all(run);
	pfc_drain(run);
	return 0;
}

/* A child that shares the pages until this process ends. */
static int pfc_fork_alive(struct pfc_run *run)
{
	pid_t pid = fork();

	if (pid < 0)
		return pfc_bad(run->res, "fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return 0;
}

static int pfc_fork_reaped(struct pfc_run *run)
{
	pid_t pid = fork();

	if (pid < 0)
		return pfc_bad(run->res, "fork: %s", strerror(errno));
	if (!pid)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		return pfc_bad(run->res, "waitpid: %s", strerror(errno));
	return 0;
}

static int pfc_swap_out(struct pfc_run *run)
{
	unsigned int try, out = 0;

	/* A page may be busy for a moment; all must be out before counting. */
	for (try = 0; try < 5 && out < run->pages; try++) {
		if (madvise(run->base, run->len, MADV_PAGEOUT))
			return pfc_bad(run->res, "MADV_PAGEOUT: %s",
				       strerror(errno));
		out = pfc_count_swapped(run->base, run->pages);
	}
	if (out < run->pages)
		return pfc_bad(run->res, "only %u of %u pages could be swapped out",
			       out, run->pages);
	return 0;
}

/* "1", "2" and "3" flush no TLB, "4" does: without it nothing need fault. */
static int pfc_clear_access(struct pfc_run *run, const char *what, bool cleared)
{
	long long kb, want = cleared ? 0 : run->len / 1024;
	int err;

	err = pfc_clear_refs(what);
	if (!err)
		err = pfc_clear_refs("4");
	if (err)
		return pfc_bad(run->res, "clear_refs: %s", strerror(-err));
	kb = pfc_smaps_kb(run->base, run->len, "Referenced:");
	if (kb != want)
		return pfc_bad(run->res,
			       "after clear_refs %s smaps calls %lld kB referenced, not %lld",
			       what, kb, want);
	return 0;
}

static int pfc_file(struct pfc_run *run, bool cached)
{
	static char text[PFC_64K];
	size_t at;

	run->fd = memfd_create("pfclass", MFD_CLOEXEC);
	if (run->fd < 0 || ftruncate(run->fd, run->len))
		return pfc_bad(run->res, "memfd: %s", strerror(errno));
	memset(text, 0x5a, sizeof(text));
	for (at = 0; cached && at < run->len; at += run->page)
		if (pwrite(run->fd, text, run->page, at) != (ssize_t)run->page)
			return pfc_bad(run->res, "memfd: %s", strerror(errno));
	return 0;
}

static int pfc_file_mapped(struct pfc_run *run, bool cached, int flags)
{
	if (pfc_file(run, cached))
		return -1;
	return pfc_map_range(run, PROT_READ | PROT_WRITE, flags);
}

/* ---- preparations and faults ------------------------------------------- */

static int pfc_kernel_fault(struct pfc_run *run)
{
	ssize_t got = read(run->fd, run->base, run->len);

	if (got != (ssize_t)run->len)
		return pfc_bad(run->res, "read of /dev/zero: %s",
			       got < 0 ? strerror(errno) : "short");
	return 0;
}

static int pfc_kernel_prepare(struct pfc_run *run)
{
	if (pfc_map_anon(run))
		return -1;
	run->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (run->fd < 0)
		return pfc_bad(run->res, "/dev/zero: %s", strerror(errno));
	return 0;
}

static int pfc_populate_fault(struct pfc_run *run)
{
	if (madvise(run->base, run->len, MADV_POPULATE_WRITE))
		return pfc_bad(run->res, "MADV_POPULATE_WRITE: %s",
			       strerror(errno));
	return 0;
}

static int pfc_zero_prepare(struct pfc_run *run)
{
	if (pfc_map_anon(run))
		return -1;
	pfc_read_all(run);
	return 0;
}

static int pfc_alive_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_fork_alive(run);
}

static int pfc_reaped_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_fork_reaped(run);
}

static int pfc_mprotect_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run))
		return -1;
	if (mprotect(run->base, run->len, PROT_READ) ||
	    mprotect(run->base, run->len, PROT_READ | PROT_WRITE))
		return pfc_bad(run->res, "mprotect: %s", strerror(errno));
	return 0;
}

static int pfc_private_file_prepare(struct pfc_run *run)
{
	if (pfc_file_mapped(run, true, MAP_PRIVATE))
		return -1;
	pfc_read_all(run);
	return 0;
}

static int pfc_gup_prepare(struct pfc_run *run)
{
	if (pfc_zero_prepare(run))
		return -1;
	run->fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (run->fd < 0)
		return pfc_bad(run->res, "/proc/self/mem: %s", strerror(errno));
	return 0;
}

static int pfc_gup_fault(struct pfc_run *run)
{
	size_t at;

	for (at = 0; at < run->len; at += run->page)
		if (pwrite(run->fd, "x", 1, (uintptr_t)run->base + at) != 1)
			return pfc_bad(run->res, "/proc/self/mem: %s",
				       strerror(errno));
	return 0;
}

static int pfc_swap_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_swap_out(run);
}

static int pfc_swap_shared_prepare(struct pfc_run *run)
{
	return pfc_swap_prepare(run) || pfc_fork_alive(run);
}

static int pfc_swap_dirty_prepare(struct pfc_run *run)
{
	if (pfc_swap_prepare(run))
		return -1;
	pfc_read_all(run);
	if (pfc_count_present(run->base, run->pages) != run->pages)
		return pfc_bad(run->res, "the pages did not come back from swap");
	return 0;
}

static int pfc_af_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_clear_access(run, "1", true);
}

static int pfc_af_anon_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_clear_access(run, "2", true);
}

static int pfc_af_not_anon_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_clear_access(run, "3", false);
}

static int pfc_af_file_prepare(struct pfc_run *run)
{
	if (pfc_file_mapped(run, true, MAP_SHARED))
		return -1;
	pfc_write_all(run);
	return pfc_clear_access(run, "3", true);
}

/* Frames in a row and aligned, or it is no block that one entry's flag serves. */
static int pfc_mthp_made(struct pfc_run *run)
{
	static uint64_t entry[PFC_MAX_PAGES];
	unsigned int per = run->unit / run->page, i;

	if (pfc_pagemap(run->base, run->pages, entry))
		return pfc_bad(run->res, "cannot read pagemap");
	for (i = 0; i < run->pages; i++)
		if (!(entry[i] & PFC_PM_PRESENT) ||
		    (entry[i] & PFC_PM_PFN) % per != i % per)
			return pfc_bad(run->res,
				       "page %u is not where a 64 KiB THP would have it",
				       i);
	return 0;
}

static int pfc_mthp_af_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run) || pfc_mthp_made(run))
		return -1;
	return pfc_clear_access(run, "1", true);
}

static int pfc_mthp_reaped_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run) || pfc_mthp_made(run))
		return -1;
	return pfc_fork_reaped(run);
}

static int pfc_dirty_hole_prepare(struct pfc_run *run)
{
	if (pfc_file_mapped(run, false, MAP_SHARED))
		return -1;
	pfc_read_all(run);
	return 0;
}

static int pfc_dirty_cached_prepare(struct pfc_run *run)
{
	if (pfc_file_mapped(run, true, MAP_SHARED))
		return -1;
	pfc_read_all(run);
	return 0;
}

static int pfc_file_cached_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_SHARED);
}

static int pfc_file_hole_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, false, MAP_SHARED);
}

static int pfc_file_private_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_PRIVATE);
}

#if defined(__aarch64__)
static const uint32_t pfc_return_code = 0xd65f03c0;
#elif defined(__x86_64__)
static const uint8_t pfc_return_code = 0xc3;
#else
#error "what is this machine's return instruction? add it here"
#endif

static int pfc_exec_prepare(struct pfc_run *run)
{
	size_t at;

	if (pfc_file(run, true))
		return -1;
	for (at = 0; at < run->len; at += run->page)
		if (pwrite(run->fd, &pfc_return_code, sizeof(pfc_return_code),
			   at) != sizeof(pfc_return_code))
			return pfc_bad(run->res, "memfd: %s", strerror(errno));
	return pfc_map_range(run, PROT_READ | PROT_EXEC, MAP_SHARED);
}

static void pfc_exec_all(struct pfc_run *run)
{
	size_t at;

	for (at = 0; at < run->len; at += run->page)
		((void (*)(void))(uintptr_t)(run->base + at))();
}

static int pfc_thp_made(struct pfc_run *run)
{
	long long kb = pfc_smaps_kb(run->base, run->len, "AnonHugePages:");

	if (kb != (long long)run->len / 1024)
		return pfc_bad(run->res, "smaps: %lld kB of %zu are huge pages",
			       kb, run->len / 1024);
	return 0;
}

/* The smallest that PFC_THP_SETTINGS allow, whatever a PMD maps. */
#define PFC_THP_LEAST	(2UL << 20)

/*
 * Huge pages are wanted everywhere, but no mapping holds a whole one: those that
 * are not copied by fork stand between the others.
 */
static int pfc_thp_halves_prepare(struct pfc_run *run)
{
	size_t half = PFC_THP_LEAST / 2, at;

	if (pfc_map_anon(run))
		return -1;
	for (at = 0; at < run->len; at += 2 * half)
		if (madvise(run->base + at, half, MADV_DONTFORK))
			return pfc_bad(run->res, "MADV_DONTFORK: %s", strerror(errno));
	return 0;
}

static int pfc_thp_af_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run) || pfc_thp_made(run))
		return -1;
	return pfc_clear_access(run, "1", true);
}

static int pfc_thp_reaped_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run) || pfc_thp_made(run))
		return -1;
	return pfc_fork_reaped(run);
}

static int pfc_thp_alive_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run) || pfc_thp_made(run))
		return -1;
	return pfc_fork_alive(run);
}

static int pfc_hugetlb_prepare(struct pfc_run *run)
{
	return pfc_map_range(run, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_HUGETLB);
}

/* The huge entry is set by the function that sets small ones' flags. */
static int pfc_hugetlb_reuse_prepare(struct pfc_run *run)
{
	if (pfc_hugetlb_prepare(run))
		return -1;
	pfc_write_all(run);
	return pfc_fork_reaped(run);
}

static int pfc_hugetlb_cow_prepare(struct pfc_run *run)
{
	if (pfc_hugetlb_prepare(run))
		return -1;
	pfc_write_all(run);
	return pfc_fork_alive(run);
}

/* ---- NUMA -------------------------------------------------------------- */

#define PFC_NUMA_BALANCING	"/proc/sys/kernel/numa_balancing"
#define PFC_NUMA_WAIT_MS	20000
/* Two periods of the scan, at least: the pages must not fault again. */
#define PFC_NUMA_AFTER_MS	500

static char *pfc_bait;

static int pfc_on_node(struct pfc_run *run, const void *addr, int node)
{
	static int nodes[PFC_MAX_PAGES];
	unsigned int i;
	int err;

	err = pfc_nodes_of(addr, run->pages, nodes);
	if (err)
		return pfc_bad(run->res, "move_pages: %s", strerror(-err));
	for (i = 0; i < run->pages; i++)
		if (nodes[i] != node)
			return pfc_bad(run->res, "page %u is on node %d, not %d",
				       i, nodes[i], node);
	return 0;
}

static int pfc_run_on(struct pfc_run *run, int node)
{
	int err;

	err = pfc_pin(pfc_cpu_of_node(node));
	if (err)
		return pfc_bad(run->res, "cannot run on node %d: %s", node,
			       strerror(-err));
	return 0;
}

/*
 * All that is not in the range goes where it will be used. A page that this
 * process shared with its parent until that wrote to it, the stack's for one,
 * is still where the parent was.
 */
static int pfc_gather(struct pfc_run *run, int node)
{
	unsigned long from = 0, to = 1UL << node;
	int i;

	for (i = 0; i < PFC_MAX_NODES; i++)
		if (i != node && pfc_node_exists(i))
			from |= 1UL << i;
	pfc_settle(NULL, 0);
	/* The kernel takes one from the number of bits. */
	if (syscall(SYS_migrate_pages, 0, PFC_MAX_NODES + 1, &from, &to) < 0)
		return pfc_bad(run->res, "migrate_pages: %s", strerror(errno));
	return 0;
}

static int pfc_numa_remote_prepare(struct pfc_run *run)
{
	if (pfc_gather(run, run->node[1]) ||
	    pfc_run_on(run, run->node[0]) || pfc_anon_written(run) ||
	    pfc_on_node(run, run->base, run->node[0]))
		return -1;
	return pfc_run_on(run, run->node[1]);
}

static int pfc_numa_thp_prepare(struct pfc_run *run)
{
	return pfc_numa_remote_prepare(run) || pfc_thp_made(run);
}

/*
 * The range is local; as many pages elsewhere are remote, to see when the
 * scanner has passed.
 */
static int pfc_numa_local_prepare(struct pfc_run *run)
{
	if (pfc_numa_remote_prepare(run))
		return -1;
	pfc_bait = run->base;
	return pfc_anon_written(run) ||
	       pfc_on_node(run, run->base, run->node[1]);
}

static int pfc_numa_spin(struct pfc_run *run)
{
	volatile char *remote = pfc_bait ? pfc_bait : run->base;
	long long start[PFC_NR_VMSTAT], now[PFC_NR_VMSTAT];
	long long begin = pfc_now_ms(), end = 0, check = begin;
	int err;

	pfc_vmstat_read(start);
	err = pfc_write(PFC_NUMA_BALANCING, "1");
	if (err)
		return pfc_bad(run->res, "numa_balancing: %s", strerror(-err));
	while (!end || pfc_now_ms() < end) {
		pfc_read_pages(remote, run->len, run->page);
		pfc_read_all(run);
		if (end || pfc_now_ms() < check)
			continue;
		check = pfc_now_ms() + 20;
		pfc_vmstat_read(now);
		if (now[PFC_VM_NUMA_HINT_FAULTS] -
		    start[PFC_VM_NUMA_HINT_FAULTS] >= run->n)
			end = pfc_now_ms() + PFC_NUMA_AFTER_MS;
		else if (pfc_now_ms() > begin + PFC_NUMA_WAIT_MS)
			break;
	}
	err = pfc_write(PFC_NUMA_BALANCING, "0");
	if (err)
		return pfc_bad(run->res, "numa_balancing: %s", strerror(-err));
	/* A huge page is marked again although it is local: none is left so. */
	pfc_read_all(run);
	if (!end)
		return pfc_bad(run->res, "in %d s NUMA balancing made %lld of %u pages fault",
			       PFC_NUMA_WAIT_MS / 1000,
			       now[PFC_VM_NUMA_HINT_FAULTS] -
			       start[PFC_VM_NUMA_HINT_FAULTS], run->n);
	return 0;
}

/* ---- settings ---------------------------------------------------------- */

/* Others must not move, merge or age pages meanwhile, where they could. */
static const struct pfc_setting pfc_quiet[] = {
	{ PFC_NUMA_BALANCING, "0" },
	{ "/proc/sys/vm/compaction_proactiveness", "0" },
	{ "/sys/kernel/mm/ksm/run", "0" },
	{ "/sys/module/damon_stat/parameters/enabled", "N" },
	{ NULL }
};

static const struct pfc_setting pfc_swap_settings[] = {
	{ "/proc/sys/vm/page-cluster", "0" },	/* no readahead */
	{ NULL }
};

/* lint: allow MACRO_ARG_REUSE: they are literals */
#define PFC_NUMA_SETTING(name, value) \
	{ "/sys/kernel/debug/sched/numa_balancing/" name, value, true }, \
	{ "/proc/sys/kernel/numa_balancing_" name, value }

#define PFC_NUMA_SETTINGS \
	PFC_NUMA_SETTING("scan_delay_ms", "1"), \
	PFC_NUMA_SETTING("scan_period_min_ms", "100"), \
	PFC_NUMA_SETTING("scan_period_max_ms", "200"), \
	PFC_NUMA_SETTING("scan_size_mb", "256")

#define PFC_THP_DIR "/sys/kernel/mm/transparent_hugepage/"

/* Since 6.8 each size has a switch, too. */
#define PFC_THP_SETTINGS \
	{ PFC_THP_DIR "enabled", "madvise" }, \
	{ PFC_THP_DIR "hugepages-2048kB/enabled", "inherit", .optional = true }, \
	{ PFC_THP_DIR "hugepages-32768kB/enabled", "inherit", .optional = true }

static const struct pfc_setting pfc_numa_settings[] = {
	PFC_NUMA_SETTINGS,
	{ NULL }
};

static const struct pfc_setting pfc_thp_settings[] = {
	PFC_THP_SETTINGS,
	{ NULL }
};

static const struct pfc_setting pfc_numa_thp_settings[] = {
	PFC_NUMA_SETTINGS,
	PFC_THP_SETTINGS,
	{ NULL }
};

static const struct pfc_setting pfc_shmem_settings[] = {
	{ PFC_THP_DIR "shmem_enabled", "advise" },
	{ PFC_THP_DIR "hugepages-2048kB/shmem_enabled", "inherit", .optional = true },
	{ PFC_THP_DIR "hugepages-32768kB/shmem_enabled", "inherit", .optional = true },
	{ NULL }
};

static const struct pfc_setting pfc_mthp_settings[] = {
	{ PFC_MTHP_ENABLED, "madvise" },
	{ NULL }
};

/* ---- the table --------------------------------------------------------- */

#define PFC_UNITS(id)		.want = { { PFC_PER_UNIT, PFC_##id } }
#define PFC_UNITS_REF(id, ref)	.want = { { PFC_PER_UNIT, PFC_##id, PFC_REF(ref) } }
#define PFC_PAGES_OF(id, ref)	.want = { { PFC_PER_PAGE, PFC_##id, ref } }
#define PFC_WINDOWS(id, ref)	.want = { { PFC_PER_AROUND, PFC_##id, PFC_REF(ref) } }
#define PFC_NOTHING(why)	.want = { { PFC_PER_NONE } }, .reason = why

#define PFC_HWAF_WHY \
	"the CPU sets the access flag itself"
#define PFC_HWDB_WHY \
	"the CPU sets the dirty bit itself"
#define PFC_MPROTECT_WHY \
	"since 6.1 mprotect maps exclusive pages writable again"
#define PFC_PREMARKED_WHY \
	"7.2 maps a dirty page of a file dirty at once"

/*
 * Each row shows one class. An expectation that differs says why; the one for
 * all other machines is the last. "exclusive" is what Linux calls a page that
 * only one process can map.
 */
#define PFC_ROW(id) static const struct pfc_row pfc_row_##id = { .name = #id,

PFC_ROW(anon_read)
	.what = "read %u fresh pages",
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ZERO) } },
	.witness = { { PFC_W_ONE_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(anon_write)
	.what = "write %u fresh pages",
	.touch = PFC_WRITE,
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(anon_kernel)
	.what = "have the kernel write %u fresh pages (read of /dev/zero)",
	.touch = PFC_WRITE,
	.origin = PFC_KERNEL,
	.prepare = pfc_kernel_prepare,
	.fault = pfc_kernel_fault,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(anon_populate)
	.what = "MADV_POPULATE_WRITE of %u fresh pages",
	.since = PFC_KVER(5, 14),
	.since_why = "MADV_POPULATE_WRITE is new in 5.14",
	.touch = PFC_WRITE,
	.origin = PFC_GUP,
	.prepare = pfc_map_anon,
	.fault = pfc_populate_fault,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(anon_mthp)
	.what = "write %u fresh blocks of 64 KiB",
	.needs = PFC_NEED_MTHP,
	.unit = PFC_UNIT_64K,
	.touch = PFC_WRITE,
	.settings = pfc_mthp_settings,
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(wp_zero)
	.what = "write %u pages that were only read",
	.touch = PFC_WRITE,
	.prepare = pfc_zero_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(wp_fork_alive)
	.what = "fork; the parent writes %u shared pages",
	.touch = PFC_WRITE,
	.prepare = pfc_alive_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(wp_fork_reaped)
	.what = "fork; the child ends; the parent writes its %u pages",
	.touch = PFC_WRITE,
	.prepare = pfc_reaped_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_REUSE) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

PFC_ROW(wp_mprotect)
	.what = "mprotect to read and back, write %u pages",
	.touch = PFC_WRITE,
	.prepare = pfc_mprotect_prepare,
	.expect = {
		{ .since = PFC_KVER(6, 1), PFC_NOTHING(PFC_MPROTECT_WHY) },
		{ PFC_UNITS_REF(WP, WP_REUSE) },
	},
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

PFC_ROW(wp_private_file)
	.what = "write %u pages of a private file mapping that were read",
	.touch = PFC_WRITE,
	.prepare = pfc_private_file_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(wp_gup)
	.what = "write %u pages that were only read, by /proc/self/mem",
	.touch = PFC_WRITE,
	.origin = PFC_GUP,
	.prepare = pfc_gup_prepare,
	.fault = pfc_gup_fault,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(wp_mthp_reaped)
	.what = "fork; the child ends; the parent writes its %u blocks of 64 KiB",
	.needs = PFC_NEED_MTHP,
	.unit = PFC_UNIT_64K,
	.touch = PFC_WRITE,
	.settings = pfc_mthp_settings,
	.prepare = pfc_mthp_reaped_prepare,
	.expect = {
		/* Until 6.15 nobody can tell that a large folio has one owner. */
		{ .before = PFC_KVER(6, 15), PFC_PAGES_OF(WP, PFC_REF(WP_COPY)) },
		{ PFC_PAGES_OF(WP, PFC_REF(WP_REUSE)) },
	},
};

PFC_ROW(swap_read)
	.what = "MADV_PAGEOUT, read %u pages",
	.needs = PFC_NEED_SWAP,
	.major = true,
	.settings = pfc_swap_settings,
	.prepare = pfc_swap_prepare,
	.expect = { { PFC_UNITS_REF(SWAP, SWAP_IN) } },
	.witness = { { PFC_W_PSWPIN, PFC_PER_PAGE }, { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(swap_write)
	.what = "MADV_PAGEOUT, write %u pages",
	.needs = PFC_NEED_SWAP,
	.touch = PFC_WRITE,
	.major = true,
	.settings = pfc_swap_settings,
	.prepare = pfc_swap_prepare,
	.expect = { { PFC_UNITS_REF(SWAP, SWAP_IN) } },
	.witness = { { PFC_W_PSWPIN, PFC_PER_PAGE }, { PFC_W_MAPPED, PFC_PER_PAGE } },
};

/* do_swap_page() goes on into do_wp_page(): two probes, one fault. */
PFC_ROW(swap_write_shared)
	.what = "MADV_PAGEOUT, fork, write %u pages",
	.needs = PFC_NEED_SWAP,
	.touch = PFC_WRITE,
	.major = true,
	.settings = pfc_swap_settings,
	.prepare = pfc_swap_shared_prepare,
	.expect = { { PFC_UNITS_REF(SWAP, SWAP_WP) } },
	.witness = { { PFC_W_PSWPIN, PFC_PER_PAGE }, { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(numa_remote)
	.what = "write %u pages on node 0, read them from node 1",
	.needs = PFC_NEED_NUMA,
	.settings = pfc_numa_settings,
	.prepare = pfc_numa_remote_prepare,
	.fault = pfc_numa_spin,
	.expect = {
		{ .before = PFC_KVER(6, 1), .machine = PFC_SWAF,
		  .want = { { PFC_PER_UNIT, PFC_NUMA }, { PFC_PER_UNIT, PFC_AF } },
		  .reason = "before 6.1 a migrated page is mapped old" },
		{ PFC_UNITS(NUMA) },
	},
	.witness = { { PFC_W_NUMA_HINT, PFC_PER_PAGE },
		     { PFC_W_NUMA_MIGRATED, PFC_PER_PAGE },
		     { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(numa_local)
	.what = "read %u pages of the own node while others migrate",
	.needs = PFC_NEED_NUMA,
	.settings = pfc_numa_settings,
	.prepare = pfc_numa_local_prepare,
	.fault = pfc_numa_spin,
	.expect = {
		{ .before = PFC_KVER(6, 1), .machine = PFC_SWAF, .elsewhere = 2,
		  PFC_NOTHING("the pages are local; a migrated one is mapped old") },
		{ .elsewhere = 1, PFC_NOTHING("the pages are local") },
	},
	.witness = { { PFC_W_NUMA_HINT, PFC_PER_PAGE },
		     { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

/* A huge page that cannot be moved at once faults again, until it is. */
PFC_ROW(numa_thp)
	.what = "write %u huge pages on node 0, read them from node 1",
	.needs = PFC_NEED_NUMA | PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 1,
	.settings = pfc_numa_thp_settings,
	.prepare = pfc_numa_thp_prepare,
	.fault = pfc_numa_spin,
	.expect = { { .want = { { PFC_PER_HINT, PFC_THP, PFC_REF(THP_NUMA) } } } },
	.witness = { { PFC_W_NUMA_HINT, PFC_PER_HINT } },
};

PFC_ROW(af_read)
	.what = "clear_refs 1 and 4, read %u pages",
	.prepare = pfc_af_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } },
};

PFC_ROW(af_write)
	.what = "clear_refs 1 and 4, write %u pages",
	.touch = PFC_WRITE,
	.prepare = pfc_af_prepare,
	.expect = {
		{ .machine = PFC_X86, PFC_UNITS_REF(WP, WP_REUSE),
		  .reason = "clear_refs 4 write-protects, to track soft-dirty pages" },
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } },
};

PFC_ROW(af_anon)
	.what = "clear_refs 2 (anonymous) and 4, read %u pages",
	.prepare = pfc_af_anon_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } },
};

PFC_ROW(af_not_anon)
	.what = "clear_refs 3 (files) and 4, read %u anonymous pages",
	.prepare = pfc_af_not_anon_prepare,
	.expect = { { PFC_NOTHING("3 is for file mappings") } },
};

PFC_ROW(af_shared_file)
	.what = "clear_refs 3 and 4, read %u pages of a shared file",
	.prepare = pfc_af_file_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } },
};

/* The setter is called for each of a block's 16 entries: one fault. */
PFC_ROW(af_mthp)
	.what = "clear_refs 1 and 4, read %u blocks of 64 KiB",
	.needs = PFC_NEED_MTHP | PFC_NEED_CONTPTE,
	.unit = PFC_UNIT_64K,
	.settings = pfc_mthp_settings,
	.prepare = pfc_mthp_af_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } },
};

PFC_ROW(dirty_swap)
	.what = "MADV_PAGEOUT, read, then write %u pages",
	.needs = PFC_NEED_SWAP,
	.touch = PFC_WRITE,
	.settings = pfc_swap_settings,
	.prepare = pfc_swap_dirty_prepare,
	.expect = {
		{ .before = PFC_KVER(6, 2), PFC_UNITS(WP),
		  .reason = "old kernels map what is read in read-only" },
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWDB_WHY) },
		{ PFC_UNITS(DIRTY) },
	},
};

PFC_ROW(dirty_hole)
	.what = "read, then write %u pages of a hole in a shared file",
	.touch = PFC_WRITE,
	.prepare = pfc_dirty_hole_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWDB_WHY) },
		{ PFC_UNITS(DIRTY) },
	},
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

PFC_ROW(dirty_cached)
	.what = "read, then write %u cached pages of a shared file",
	.touch = PFC_WRITE,
	.prepare = pfc_dirty_cached_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWDB_WHY) },
		{ .since = PFC_KVER(7, 0), PFC_NOTHING(PFC_PREMARKED_WHY) },
		{ PFC_UNITS(DIRTY) },
	},
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

PFC_ROW(file_around)
	.what = "read %u cached pages of a file",
	.prepare = pfc_file_cached_prepare,
	.expect = { { PFC_WINDOWS(FILE, FILE_AROUND) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(file_exec)
	.what = "run code in %u cached pages of a file",
	.touch = PFC_EXEC,
	.prepare = pfc_exec_prepare,
	.expect = { { PFC_WINDOWS(FILE, FILE_AROUND) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(file_read)
	.what = "read %u pages of a hole in a file",
	.prepare = pfc_file_hole_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_READ) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(file_shared)
	.what = "write %u cached pages of a shared file",
	.touch = PFC_WRITE,
	.prepare = pfc_file_cached_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_SHARED) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(file_cow)
	.what = "write %u cached pages of a private file mapping",
	.touch = PFC_WRITE,
	.prepare = pfc_file_private_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_COW) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

/* do_fault() maps a whole huge page: a file fault still. */
PFC_ROW(file_huge)
	.what = "read %u huge pages of a hole in a file",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.settings = pfc_shmem_settings,
	.prepare = pfc_file_hole_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_READ) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(thp_anon)
	.what = "write %u fresh huge pages",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(THP, THP_ANON) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

PFC_ROW(thp_af)
	.what = "clear_refs 1 and 4, read %u huge pages",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.settings = pfc_thp_settings,
	.prepare = pfc_thp_af_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS_REF(THP, THP_AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } },
};

PFC_ROW(thp_wp)
	.what = "fork; the child ends; the parent writes its %u huge pages",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = pfc_thp_reaped_prepare,
	.expect = { { PFC_UNITS_REF(THP, THP_WP) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

/*
 * The first of each huge page's room meets do_huge_pmd_anonymous_page(), which does
 * not do it, and goes on to do_anonymous_page(): one fault.
 */
PFC_ROW(thp_fallback)
	.what = "write every page of %u huge pages' room that holds no huge page",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = pfc_thp_halves_prepare,
	.expect = { { PFC_PAGES_OF(ANON, PFC_REF(ANON_ALLOC)) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } },
};

/* The huge page is split and the fault goes on at the PTE level: one fault. */
PFC_ROW(thp_split)
	.what = "fork; the parent writes every small page of %u shared huge page",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 1,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = pfc_thp_alive_prepare,
	.expect = { { PFC_PAGES_OF(WP, PFC_REF(WP_COPY)) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(hugetlb_read)
	.what = "read %u fresh hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.prepare = pfc_hugetlb_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } },
};

PFC_ROW(hugetlb_write)
	.what = "write %u fresh hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.touch = PFC_WRITE,
	.prepare = pfc_hugetlb_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } },
};

PFC_ROW(hugetlb_cow)
	.what = "fork; the parent writes %u shared hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.touch = PFC_WRITE,
	.prepare = pfc_hugetlb_cow_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } },
};

PFC_ROW(hugetlb_reuse)
	.what = "fork; the child ends; the parent writes its %u hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.touch = PFC_WRITE,
	.prepare = pfc_hugetlb_reuse_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } },
};

const struct pfc_row * const pfc_rows[] = {
#define PFC_X(id) &pfc_row_##id,
	PFC_ROWS(PFC_X)
#undef PFC_X
	NULL
};

/*
 * Classes that a kernel cannot show while there is no accounting ("faults" is
 * unavailable). A class that is not excused here, and that a row of its own
 * needs, must be available.
 */
static const struct {
	enum pfc_class class;
	unsigned int since, before;
	const char *reason;
} pfc_excused[] = {
	{ PFC_ANON, 0, PFC_KVER(6, 12),
	  "do_anonymous_page is inlined, and reads of the zero page call nothing" },
	{ PFC_FILE, 0, PFC_KVER(6, 12),
	  "do_fault is inlined, and fault-around calls nothing of its own" },
	{ PFC_THP, 0, 0, "only accounting sees where the PMD level falls back" },
};

/* ---- rows -------------------------------------------------------------- */

/**
 * pfc_row_find() - a row by its name
 * @name: the name
 *
 * Return: the row, NULL if there is none.
 */
const struct pfc_row *pfc_row_find(const char *name)
{
	const struct pfc_row * const *row;

	for (row = pfc_rows; *row; row++)
		if (!strcmp((*row)->name, name))
			return *row;
	return NULL;
}

/**
 * pfc_row_units() - how many units a row has if nobody says otherwise
 * @row: the row
 *
 * Return: units.
 */
unsigned int pfc_row_units(const struct pfc_row *row)
{
	return row->n ? row->n : PFC_PAGES;
}

/**
 * pfc_amount() - how many of something there are in a row
 * @row: the row
 * @n: its units
 * @per: of what
 *
 * Return: how many.
 */
unsigned int pfc_amount(const struct pfc_row *row, unsigned int n, enum pfc_per per)
{
	size_t len = n * pfc_unit_size(row->unit);
	size_t around = pfc_fault_around();

	switch (per) {
	case PFC_PER_UNIT:
		return n;
	case PFC_PER_PAGE:
		return len / pfc_page_size();
	case PFC_PER_AROUND:
		return (len + around - 1) / around;
	default:
		return 0;
	}
}

/**
 * pfc_row_what() - what a row does, in words
 * @row: the row
 * @n: its units
 * @text: gets the words
 * @size: of @text, bytes
 */
void pfc_row_what(const struct pfc_row *row, unsigned int n, char *text, size_t size)
{
	const char *number = strstr(row->what, "%u");

	if (number)
		snprintf(text, size, "%.*s%u%s", (int)(number - row->what),
			 row->what, n, number + 2);
	else
		snprintf(text, size, "%s", row->what);
}

static bool pfc_in_versions(unsigned int since, unsigned int before)
{
	unsigned int here = pfc_kernel_version();

	return here >= since && (!before || here < before);
}

static const struct pfc_expect *pfc_expected(const struct pfc_row *row, int hwaf)
{
	const struct pfc_expect *expect = row->expect;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row->expect); i++) {
		expect = &row->expect[i];
		if (!pfc_in_versions(expect->since, expect->before))
			continue;
		if (expect->machine == PFC_ANY ||
		    (expect->machine == PFC_SWAF && !hwaf) ||
		    (expect->machine == PFC_HWAF && hwaf))
			break;
#if defined(__x86_64__)
		if (expect->machine == PFC_X86)
			break;
#endif
	}
	return expect;
}

static bool pfc_asks_hwaf(const struct pfc_row *row)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row->expect); i++)
		if (row->expect[i].machine != PFC_ANY)
			return true;
	return false;
}

/* ---- the worker -------------------------------------------------------- */

static uint64_t pfc_before[PFC_MAX_PAGES], pfc_after[PFC_MAX_PAGES];

static bool pfc_wants_witness(const struct pfc_row *row, enum pfc_witness_kind kind)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(row->witness); i++)
		if (row->witness[i].kind == kind)
			return true;
	return false;
}

static void pfc_look(struct pfc_run *run, uint64_t *entry)
{
	if (run->pages <= PFC_MAX_PAGES &&
	    pfc_pagemap(run->base, run->pages, entry))
		pfc_bad(run->res, "cannot read pagemap");
}

static void pfc_frames(struct pfc_run *run)
{
	long long *w = run->res->witness;
	unsigned int i;

	if (run->pages > PFC_MAX_PAGES) {
		w[PFC_W_MAPPED] = PFC_NA;
		w[PFC_W_NEW_FRAME] = PFC_NA;
		w[PFC_W_ONE_FRAME] = PFC_NA;
		return;
	}
	for (i = 0; i < run->pages; i++) {
		uint64_t before = pfc_before[i], after = pfc_after[i];

		if (!(after & PFC_PM_PRESENT))
			continue;
		if (!(before & PFC_PM_PRESENT))
			w[PFC_W_MAPPED]++;
		else if ((before ^ after) & PFC_PM_PFN)
			w[PFC_W_NEW_FRAME]++;
		if (!((pfc_after[0] ^ after) & PFC_PM_PFN))
			w[PFC_W_ONE_FRAME]++;
	}
}

static int pfc_touch(struct pfc_run *run, bool first)
{
	if (first && run->row->fault)
		return run->row->fault(run);
	if (run->row->touch == PFC_EXEC)
		pfc_exec_all(run);
	else if (run->row->touch == PFC_WRITE)
		pfc_write_all(run);
	else
		pfc_read_all(run);
	return 0;
}

/* Faults, or touches again, and the counters around it. */
static int pfc_measure(struct pfc_run *run, bool first, bool bare,
		       struct pfc_stats *counted, struct pfc_witness *seen)
{
	struct pfc_witness before;
	struct pfc_stats start;
	char why[PFC_WHY];
	unsigned int i;
	int err;

	if (!bare && pfc_stats_read(&start, why, sizeof(why)))
		return pfc_bad(run->res, "%s", why);
	pfc_witness_before(&before);
	err = pfc_touch(run, first);
	pfc_witness_after(seen);
	if (!bare && pfc_stats_read(counted, why, sizeof(why)))
		return pfc_bad(run->res, "%s", why);
	if (!bare)
		pfc_stats_delta(counted, &start);
	seen->minflt -= before.minflt;
	seen->majflt -= before.majflt;
	for (i = 0; i < PFC_NR_VMSTAT; i++)
		if (seen->vmstat[i] != PFC_NA)
			seen->vmstat[i] -= before.vmstat[i];
	return err;
}

static void pfc_work(struct pfc_run *run, bool bare)
{
	struct pfc_result *res = run->res;
	const struct pfc_row *row = run->row;
	int err;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pfc_asks_hwaf(row)) {
#if defined(__x86_64__)
		res->hwaf = 1;
#else
		char why[PFC_WHY];

		res->hwaf = pfc_hwaf(why, sizeof(why));
		if (res->hwaf < 0) {
			pfc_bad(res, "%s", why);
			return;
		}
#endif
	}
	if (row->prepare(run))
		return;
	if (!bare) {
		err = pfc_filter_range(run->base, run->len);
		if (err) {
			pfc_bad(res, "cannot set the filter: %s", strerror(-err));
			return;
		}
	}
	pfc_look(run, pfc_before);
	if (pfc_wants_witness(row, PFC_W_REFERENCED))
		res->witness[PFC_W_REFERENCED] =
			-pfc_smaps_kb(run->base, run->len, "Referenced:");
	pfc_settle(run->base, run->len);
	if (pfc_measure(run, true, bare, &res->counted, &res->seen))
		return;
	if (pfc_measure(run, false, bare, &res->again, &res->seen_again))
		return;
	pfc_look(run, pfc_after);
	pfc_frames(run);
	if (pfc_wants_witness(row, PFC_W_REFERENCED)) {
		res->witness[PFC_W_REFERENCED] +=
			pfc_smaps_kb(run->base, run->len, "Referenced:");
		res->witness[PFC_W_REFERENCED] /= (long long)run->page / 1024;
	}
	res->witness[PFC_W_PSWPIN] = res->seen.vmstat[PFC_VM_PSWPIN];
	res->witness[PFC_W_NUMA_HINT] = res->seen.vmstat[PFC_VM_NUMA_HINT_FAULTS];
	res->witness[PFC_W_NUMA_MIGRATED] =
		res->seen.vmstat[PFC_VM_NUMA_PAGES_MIGRATED];
	res->done = true;
}

/* ---- judging ----------------------------------------------------------- */

static void pfc_want_key(struct pfc_result *res, unsigned int key, long long want)
{
	long long got = res->counted.val[key];

	if (got >= 0 && got != want)
		pfc_bad(res, "%s: counted %lld, expected %lld", pfc_key(key), got,
			want);
}

/* A class's own refinements and splits, for @want faults of this row. */
static void pfc_judge_inside(struct pfc_result *res, enum pfc_class class,
			     long long want, unsigned int ref)
{
	const struct pfc_row *row = res->row;
	unsigned int i;

	for (i = 0; i < PFC_NR_REFINEMENTS; i++) {
		bool extra = i == PFC_SWAP_WP || i == PFC_AF_DIRTY;
		bool named = ref == 1 + i;

		if (pfc_ref_class(i) != class)
			continue;
		if (named || !want)
			pfc_want_key(res, PFC_K_REF + i, want);
		/* An extra one names none of its siblings, nor the reverse. */
		else if (ref && !extra && ref - 1 != PFC_SWAP_WP &&
			 ref - 1 != PFC_AF_DIRTY)
			pfc_want_key(res, PFC_K_REF + i, 0);
	}
	for (i = 0; i < PFC_NR_ACCESSES; i++)
		pfc_want_key(res, PFC_K_ACCESS + class * PFC_NR_ACCESSES + i,
			     i == (unsigned int)row->touch ? want : 0);
	for (i = 0; i < PFC_NR_ORIGINS; i++)
		pfc_want_key(res, PFC_K_ORIGIN + class * PFC_NR_ORIGINS + i,
			     i == row->origin ? want : 0);
	for (i = 0; i < PFC_NR_OUTCOMES; i++)
		pfc_want_key(res, PFC_K_OUTCOME + class * PFC_NR_OUTCOMES + i,
			     i == (row->major ? PFC_MAJOR : PFC_MINOR) ? want : 0);
}

static const char *pfc_excuse(const struct pfc_stats *stats, enum pfc_class class)
{
	unsigned int i;

	if (stats->val[PFC_K_TOTAL + PFC_FAULTS] != PFC_NA)
		return NULL;
	for (i = 0; i < ARRAY_SIZE(pfc_excused); i++)
		if (pfc_excused[i].class == class &&
		    pfc_in_versions(pfc_excused[i].since, pfc_excused[i].before))
			return pfc_excused[i].reason;
	return NULL;
}

static void pfc_judge_class(struct pfc_result *res, enum pfc_class class,
			    long long want, unsigned int ref)
{
	long long got = res->counted.val[PFC_K_CLASS + class];
	char row[PFC_WHY / 2];
	const char *excuse;

	if (got == PFC_NA) {
		if (!want)
			return;
		excuse = pfc_excuse(&res->counted, class);
		if (excuse) {
			pfc_skip(res, "'%s' is unavailable here: %s",
				 pfc_class_key(class), excuse);
			return;
		}
		pfc_probe_reason(class, row, sizeof(row));
		pfc_bad(res, "'%s' is unavailable: %s", pfc_class_key(class), row);
		return;
	}
	pfc_want_key(res, PFC_K_CLASS + class, want);
	/* Where several classes come of one touch, splits are not told apart. */
	pfc_judge_inside(res, class, want, ref);
}

static const char * const pfc_witness_names[PFC_NR_WITNESSES] = {
	[PFC_W_PSWPIN]		= "pswpin (vmstat)",
	[PFC_W_NUMA_HINT]	= "numa_hint_faults (vmstat)",
	[PFC_W_NUMA_MIGRATED]	= "numa_pages_migrated (vmstat)",
	[PFC_W_NEW_FRAME]	= "pages with a new frame (pagemap)",
	[PFC_W_MAPPED]		= "newly mapped pages (pagemap)",
	[PFC_W_ONE_FRAME]	= "pages on one frame (pagemap)",
	[PFC_W_REFERENCED]	= "newly referenced pages (smaps)",
};

/**
 * pfc_witness_text() - what the witnesses of a row saw
 * @res: the row's result
 * @text: gets the words
 * @size: of @text, bytes
 */
void pfc_witness_text(const struct pfc_result *res, char *text, size_t size)
{
	size_t at;
	unsigned int i;

	at = snprintf(text, size, "%lld %s faults (getrusage)",
		      res->row->major ? res->seen.majflt : res->seen.minflt,
		      res->row->major ? "major" : "minor");
	for (i = 0; i < ARRAY_SIZE(res->row->witness); i++) {
		const struct pfc_witness_rule *rule = &res->row->witness[i];

		if (rule->kind != PFC_W_NONE && at < size)
			at += snprintf(text + at, size - at, ", %lld %s",
				       res->witness[rule->kind],
				       pfc_witness_names[rule->kind]);
	}
}

/* As pfc_amount(), or what only the kernel can say; at least one a unit. */
static long long pfc_result_amount(const struct pfc_result *res, enum pfc_per per)
{
	long long hints = res->witness[PFC_W_NUMA_HINT];

	if (per == PFC_PER_HINT)
		return hints > res->n ? hints : res->n;
	return pfc_amount(res->row, res->n, per);
}

static void pfc_judge_witnesses(struct pfc_result *res, bool noisy)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(res->row->witness); i++) {
		const struct pfc_witness_rule *rule = &res->row->witness[i];
		long long got = res->witness[rule->kind];
		long long want = pfc_result_amount(res, rule->per);
		bool global = rule->kind <= PFC_W_NUMA_MIGRATED;

		if (rule->kind == PFC_W_NONE || got == PFC_NA)
			continue;
		/* On a busy machine others add to the machine's counters. */
		if (got == want || (global && got > want && (noisy || !pfc_quiet_machine())))
			continue;
		pfc_bad(res, "witness: %s: %lld, expected %lld",
			pfc_witness_names[rule->kind],
			got, want);
	}
}

static void pfc_judge(struct pfc_result *res, const struct pfc_run_options *options)
{
	const struct pfc_expect *expect = pfc_expected(res->row, res->hwaf);
	long long want[PFC_NR_CLASSES] = {}, sum = 0, major, minor;
	unsigned int ref[PFC_NR_CLASSES] = {}, i;
	const struct pfc_stats *c = &res->counted;

	res->expect = expect;
	for (i = 0; i < ARRAY_SIZE(expect->want); i++) {
		const struct pfc_want *w = &expect->want[i];
		bool windows = pfc_fault_around() > pfc_page_size();

		if (w->per == PFC_PER_NONE)
			break;
		want[w->class] = pfc_result_amount(res, w->per);
		ref[w->class] = w->ref;
		if (w->per == PFC_PER_AROUND && !windows)
			ref[w->class] = PFC_REF(FILE_READ);
		sum += want[w->class];
	}

	/* What the kernel itself says this process's faults were. */
	major = res->row->major ? sum : 0;
	minor = sum - major + expect->elsewhere * res->n;
	if (res->seen.majflt != major || res->seen.minflt != minor)
		pfc_bad(res,
			"witness: getrusage: %lld minor, %lld major faults, expected %lld, %lld",
			res->seen.minflt, res->seen.majflt, minor, major);
	if (res->seen_again.majflt || res->seen_again.minflt)
		pfc_bad(res, "witness: getrusage: touching the pages again made %lld faults",
			res->seen_again.minflt + res->seen_again.majflt);
	pfc_judge_witnesses(res, options->noisy);
	if (options->bare)
		return;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		pfc_judge_class(res, i, want[i], ref[i]);
	pfc_want_key(res, PFC_K_TOTAL + PFC_FAULTS, sum);
	pfc_want_key(res, PFC_K_TOTAL + PFC_UNCLASSIFIED, 0);
	pfc_want_key(res, PFC_K_TOTAL + PFC_MISSED, 0);
	if (c->val[PFC_FAULTS] >= 0 && c->val[PFC_RETRIES] >= 0)
		pfc_want_key(res, PFC_K_TOTAL + PFC_VISITS,
			     c->val[PFC_FAULTS] + c->val[PFC_RETRIES]);
	for (i = 0; i < PFC_NR_KEYS; i++)
		if (res->again.val[i] > 0)
			pfc_bad(res, "%s: touching the pages again counted %lld",
				pfc_key(i), res->again.val[i]);
}

/* ---- running ----------------------------------------------------------- */

static bool pfc_have_needs(const struct pfc_row *row, int *node, struct pfc_result *res)
{
	char why[PFC_WHY];

	if (pfc_kernel_version() < row->since) {
		pfc_skip(res, "%s", row->since_why);
		return false;
	}
	if ((row->needs & PFC_NEED_SWAP) && !pfc_swap_on()) {
		pfc_skip(res, "there is no swap (swapon a zram device)");
		return false;
	}
	if ((row->needs & PFC_NEED_NUMA) && access(PFC_NUMA_BALANCING, W_OK)) {
		pfc_skip(res, "the kernel has no NUMA balancing");
		return false;
	}
	if ((row->needs & PFC_NEED_NUMA) && pfc_two_nodes(node, why, sizeof(why))) {
		pfc_skip(res, "%s", why);
		return false;
	}
	if ((row->needs & PFC_NEED_THP) && !pfc_pmd_size()) {
		pfc_skip(res, "the kernel has no transparent huge pages");
		return false;
	}
	if ((row->needs & PFC_NEED_THP) && pfc_pmd_size() > PFC_MAX_HUGE) {
		pfc_skip(res, "a huge page is %zu MiB here", pfc_pmd_size() >> 20);
		return false;
	}
	if ((row->needs & PFC_NEED_MTHP) && access(PFC_MTHP_ENABLED, W_OK)) {
		pfc_skip(res, "the kernel has no THP of 64 KiB (since 6.8, where it has THP)");
		return false;
	}
#if defined(__aarch64__)
	if ((row->needs & PFC_NEED_CONTPTE) && pfc_page_size() != 4096) {
#else
	if (row->needs & PFC_NEED_CONTPTE) {
#endif
		pfc_skip(res, "64 KiB are no contiguous block of this kernel's page tables");
		return false;
	}
	if ((row->needs & PFC_NEED_HUGETLB) &&
	    (access(PFC_HUGEPAGES, W_OK) || !pfc_unit_size(PFC_UNIT_HUGETLB))) {
		pfc_skip(res, "the kernel has no hugetlb pages");
		return false;
	}
	return true;
}

static bool pfc_reserve_hugetlb(struct pfc_guard *guard, const struct pfc_row *row,
				unsigned int n, struct pfc_result *res)
{
	long long had = 0, have = 0;
	char text[32];

	if (!(row->needs & PFC_NEED_HUGETLB))
		return true;
	if (pfc_unit_size(PFC_UNIT_HUGETLB) > PFC_MAX_HUGE) {
		pfc_skip(res, "a hugetlb page is %zu MiB here",
			 pfc_unit_size(PFC_UNIT_HUGETLB) >> 20);
		return false;
	}
	pfc_read_number(PFC_HUGEPAGES, &had);
	/* Twice, for the copies; and the child of a fork may need as many. */
	snprintf(text, sizeof(text), "%lld", had + 2 * n);
	pfc_guard_set(guard, PFC_HUGEPAGES, text);
	pfc_read_number(PFC_HUGEPAGES, &have);
	if (have < had + 2 * n) {
		pfc_skip(res, "no memory for %u hugetlb pages", 2 * n);
		return false;
	}
	return true;
}

static bool pfc_apply(struct pfc_guard *guard, const struct pfc_setting *setting,
		      struct pfc_result *res, bool must)
{
	int err;

	for (; setting && setting->path; setting++) {
		err = pfc_guard_set(guard, setting->path, setting->value);
		if (err && setting->or_next)
			continue;
		/* Set by the first of a group: the others are for other kernels. */
		while (!err && setting->or_next)
			setting++;
		if (err == -ENOENT && setting->optional)
			continue;
		if (err && must) {
			pfc_skip(res, "cannot write %s to %s: %s", setting->value,
				 setting->path, strerror(-err));
			return false;
		}
	}
	return true;
}

static bool pfc_begin_counting(struct pfc_guard *guard, struct pfc_result *res)
{
	char why[PFC_WHY];
	int err;

	if (pfc_not_ready(why, sizeof(why))) {
		pfc_skip(res, "%s", why);
		return false;
	}
	err = pfc_guard_keep(guard, pfc_path(PFC_FILE_FILTER));
	if (!err)
		err = pfc_guard_set(guard, pfc_path(PFC_FILE_ENABLED), "1");
	if (err) {
		pfc_bad(res, "cannot write pfclass's files: %s", strerror(-err));
		return false;
	}
	return true;
}

static void pfc_run_worker(struct pfc_run *run, struct pfc_guard *guard, bool bare)
{
	struct pfc_result *res = run->res;
	cpu_set_t before;
	int status = 0;
	pid_t pid;

	/*
	 * The worker stays on one CPU: one batch of pages, one TLB, and its own
	 * pages on that CPU's node from the first one on.
	 */
	sched_getaffinity(0, sizeof(before), &before);
	if (run->row->needs & PFC_NEED_NUMA)
		pfc_pin(pfc_cpu_of_node(run->node[1]));
	else
		pfc_pin(sched_getcpu());
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		pfc_bad(res, "fork: %s", strerror(errno));
		return;
	}
	if (!pid) {
		/* Pages that others have touched are no use while faults count. */
		static struct pfc_result own;

		pfc_guard_forget(guard);
		own = *res;
		run->res = &own;
		pfc_work(run, bare);
		*res = own;
		_exit(0);
	}
	sched_setaffinity(0, sizeof(before), &before);
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		pfc_bad(res, "the faulting process was killed by signal %d (%s)",
			WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (!res->done && res->status == PFC_OK)
		pfc_bad(res, "the faulting process ended early");
}

/**
 * pfc_row_run() - run a row and judge what was counted
 * @row: the row
 * @options: how
 * @result: gets everything that was found out
 *
 * Settings are changed and put back. @result->status is PFC_OK, PFC_SKIP with
 * @result->why, or PFC_BAD with @result->bad.
 */
void pfc_row_run(const struct pfc_row *row, const struct pfc_run_options *options,
		 struct pfc_result *result)
{
	struct pfc_run run = { .row = row, .fd = -1 };
	struct pfc_guard *guard;
	struct pfc_result *res;
	char why[PFC_WHY];

	memset(result, 0, sizeof(*result));
	result->row = row;
	result->n = options->n ? options->n : pfc_row_units(row);
	if (!pfc_have_needs(row, run.node, result))
		return;
	res = mmap(NULL, sizeof(*res), PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (res == MAP_FAILED) {
		pfc_bad(result, "mmap: %s", strerror(errno));
		return;
	}
	*res = *result;
	run.res = res;
	run.n = res->n;
	run.page = pfc_page_size();
	run.unit = pfc_unit_size(row->unit);
	run.len = run.n * run.unit;
	run.pages = run.len / run.page;

	guard = pfc_guard_start();
	if (!guard) {
		pfc_bad(res, "cannot start the guard: %s", strerror(errno));
		goto out;
	}
	if ((!options->bare && !pfc_begin_counting(guard, res)) ||
	    (!options->noisy && !pfc_apply(guard, pfc_quiet, res, false)) ||
	    !pfc_apply(guard, row->settings, res, true) ||
	    !pfc_reserve_hugetlb(guard, row, run.n, res))
		goto out_guard;
	pfc_run_worker(&run, guard, options->bare);
	if (res->done) {
		pfc_judge(res, options);
		if (!options->bare && pfc_percpu_differs(why, sizeof(why)))
			pfc_bad(res, "%s", why);
	}
out_guard:
	if (pfc_guard_end(guard))
		pfc_bad(res, "a setting could not be put back");
out:
	*result = *res;
	munmap(res, sizeof(*res));
}
