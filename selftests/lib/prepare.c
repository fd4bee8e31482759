// SPDX-License-Identifier: GPL-2.0
/*
 * What the preparations of several classes share: mappings, children, swap, files.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "prepare.h"

/* More than a per-CPU batch of the page lists holds. */
#define PFC_BATCH_PAGES		64

const struct pfc_setting pfc_swap_settings[] = {
	{ "/proc/sys/vm/page-cluster", "0" },	/* no readahead */
	{ NULL }
};

const struct pfc_setting pfc_thp_settings[] = {
	PFC_THP_SETTINGS,
	{ NULL }
};

const struct pfc_setting pfc_mthp_settings[] = {
	{ PFC_MTHP_ENABLED, "madvise" },
	{ NULL }
};

/**
 * pfc_map_range() - map the range of a row
 * @run: the row's execution
 * @prot: as for mmap()
 * @flags: as for mmap()
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_map_range(struct pfc_run *run, int prot, int flags)
{
	size_t align = run->unit;

	/* Fault-around windows must start where the range does. */
	if (run->row->unit == PFC_UNIT_PAGE)
		align = pfc_fault_around();
	/* Not to be covered by a whole THP. */
	if (run->row->unit == PFC_UNIT_MTHP)
		align = pfc_pmd_size();
	run->base = pfc_map(run->len, align, prot, flags, run->fd, 0);
	if (run->base == MAP_FAILED)
		return pfc_bad(run->res, "mmap of %zu bytes: %s", run->len,
			       strerror(errno));
	switch (run->row->unit) {
	case PFC_UNIT_PAGE:
		madvise(run->base, run->len, MADV_NOHUGEPAGE);
		break;
	case PFC_UNIT_MTHP:
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

/**
 * pfc_map_anon() - map the range of a row, anonymous and private
 * @run: the row's execution
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_map_anon(struct pfc_run *run)
{
	return pfc_map_range(run, PROT_READ | PROT_WRITE, MAP_PRIVATE);
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

/**
 * pfc_anon_written() - map the range, anonymous, and write it
 * @run: the row's execution
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_anon_written(struct pfc_run *run)
{
	if (pfc_map_anon(run))
		return -1;
	pfc_write_all(run);
	pfc_drain(run);
	return 0;
}

/**
 * pfc_fork_alive() - start a child that shares the pages until this process ends
 * @run: the row's execution
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_fork_alive(struct pfc_run *run)
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

/**
 * pfc_fork_reaped() - start a child that shares the pages, and wait for its end
 * @run: the row's execution
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_fork_reaped(struct pfc_run *run)
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

/**
 * pfc_swap_out() - swap every page out
 * @run: the row's execution
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_swap_out(struct pfc_run *run)
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

/**
 * pfc_clear_access() - clear the access flags
 * @run: the row's execution
 * @what: what to write to clear_refs
 * @cleared: whether this clears the flags of the range
 *
 * "1", "2" and "3" flush no TLB, "4" does: without it nothing need fault.
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_clear_access(struct pfc_run *run, const char *what, bool cleared)
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

/**
 * pfc_file() - make a file as long as the range
 * @run: the row's execution
 * @cached: whether it has pages, or is a hole
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_file(struct pfc_run *run, bool cached)
{
	static char text[65536];
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

/**
 * pfc_file_mapped() - make such a file and map it
 * @run: the row's execution
 * @cached: as for pfc_file()
 * @flags: as for mmap()
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_file_mapped(struct pfc_run *run, bool cached, int flags)
{
	if (pfc_file(run, cached))
		return -1;
	return pfc_map_range(run, PROT_READ | PROT_WRITE, flags);
}

/**
 * pfc_mthp_made() - check that the range is made of contiguous blocks
 * @run: the row's execution
 *
 * Their frames must be in a row and aligned, for one entry's access flag to serve a block.
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_mthp_made(struct pfc_run *run)
{
	static uint64_t entry[PFC_MAX_PAGES];
	unsigned int per = run->unit / run->page, i;

	if (pfc_pagemap(run->base, run->pages, entry))
		return pfc_bad(run->res, "cannot read pagemap");
	for (i = 0; i < run->pages; i++)
		if (!(entry[i] & PFC_PM_PRESENT) ||
		    (entry[i] & PFC_PM_PFN) % per != i % per)
			return pfc_bad(run->res,
				       "page %u is not where a contiguous block would have it",
				       i);
	return 0;
}

/**
 * pfc_thp_made() - check that the range is made of huge pages
 * @run: the row's execution
 *
 * Return: 0, or -1 and the row fails.
 */
int pfc_thp_made(struct pfc_run *run)
{
	long long kb = pfc_smaps_kb(run->base, run->len, "AnonHugePages:");

	if (kb != (long long)run->len / 1024)
		return pfc_bad(run->res, "smaps: %lld kB of %zu are huge pages",
			       kb, run->len / 1024);
	return 0;
}
