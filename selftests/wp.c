// SPDX-License-Identifier: GPL-2.0
/*
 * Class wp: writes to pages that are mapped read-only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/class.h"
#include "lib/scratch.h"

/* ---- rows -------------------------------------------------------------- */

static int zero_prepare(struct pfc_run *run)
{
	return pfc_map_anon(run) || pfc_read_all(run);
}

static int alive_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_fork_alive(run);
}

static int reaped_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_fork_reaped(run);
}

static int mprotect_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run))
		return -1;
	if (mprotect(run->base, run->len, PROT_READ) ||
	    mprotect(run->base, run->len, PROT_READ | PROT_WRITE))
		return pfc_bad(run->res, "mprotect: %s", strerror(errno));
	return 0;
}

static int private_file_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_PRIVATE) || pfc_read_all(run);
}

static int gup_prepare(struct pfc_run *run)
{
	if (zero_prepare(run))
		return -1;
	run->fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (run->fd < 0)
		return pfc_bad(run->res, "/proc/self/mem: %s", strerror(errno));
	return 0;
}

static int gup_fault(struct pfc_run *run)
{
	size_t at;

	for (at = 0; at < run->len; at += run->page)
		if (pwrite(run->fd, "x", 1, (uintptr_t)run->base + at) != 1)
			return pfc_bad(run->res, "/proc/self/mem: %s",
				       strerror(errno));
	return 0;
}

static int mthp_reaped_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_mthp_made(run) || pfc_fork_reaped(run);
}

PFC_ROW(wp_zero,
	.what = "write %u pages that were only read",
	.touch = PFC_WRITE,
	.prepare = zero_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(wp_fork_alive,
	.what = "fork; the parent writes %u shared pages",
	.touch = PFC_WRITE,
	.prepare = alive_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(wp_fork_reaped,
	.what = "fork; the child ends; the parent writes its %u pages",
	.touch = PFC_WRITE,
	.prepare = reaped_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_REUSE) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

PFC_ROW(wp_mprotect,
	.what = "mprotect to read and back, write %u pages",
	.touch = PFC_WRITE,
	.prepare = mprotect_prepare,
	.expect = {
		{ .since = PFC_KVER(6, 1),
		  PFC_NOTHING("since 6.1 mprotect maps exclusive pages writable again") },
		{ PFC_UNITS_REF(WP, WP_REUSE) },
	},
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

PFC_ROW(wp_private_file,
	.what = "write %u pages of a private file mapping that were read",
	.touch = PFC_WRITE,
	.prepare = private_file_prepare,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(wp_gup,
	.what = "write %u pages that were only read, by /proc/self/mem",
	.touch = PFC_WRITE,
	.origin = PFC_GUP,
	.prepare = gup_prepare,
	.fault = gup_fault,
	.expect = { { PFC_UNITS_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(wp_mthp_reaped,
	.what = "fork; the child ends; the parent writes its %u multi-size huge pages",
	.needs = PFC_NEED_MTHP,
	.unit = PFC_UNIT_MTHP,
	.touch = PFC_WRITE,
	.settings = pfc_mthp_settings,
	.prepare = mthp_reaped_prepare,
	.expect = {
		/* Until 6.15 nobody can tell that a large folio has one owner. */
		{ .before = PFC_KVER(6, 15), PFC_PAGES_REF(WP, WP_COPY) },
		{ PFC_PAGES_REF(WP, WP_REUSE) },
	}
);

#ifndef PFC_ROWS_ONLY

/* ---- file systems that are asked before a write ------------------------- */

/*
 * A file system with page_mkwrite() maps pages read-only until the first write, and
 * again after each write-back.
 */
TEST_F(pages, page_mkwrite_is_wp_shared)
{
	struct pfc_counting *c = &self->c;
	const char *dir, *why = pfc_scratch_mount(c->guard, &dir);
	unsigned int round, major = 0;
	char *map;

	if (why)
		SKIP(return, "%s", why);
	map = pfc_scratch_map(dir, c->len, c->page);
	ASSERT_NE(MAP_FAILED, map);
	/*
	 * Before 6.0 (VM_FAULT_COMPLETED) the visit that does it is retried, because
	 * it has let go of the lock while it throttled the writer; the fault ends in a
	 * visit that finds nothing left to do, and the kernel calls it major.
	 */
	if (pfc_kernel_version() < PFC_KVER(6, 0))
		major = PFC_PAGES;
	pfc_read_pages(map, c->len, c->page);
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
		pfc_write_pages(map, c->len, c->page);
		EXPECT_COUNTED(c, { "wp", PFC_PAGES }, { "wp_shared", PFC_PAGES },
			       { "wp_copy", 0 }, { "wp_reuse", 0 }, { "wp_pfn", 0 },
			       { "wp_write", PFC_PAGES }, { "wp_user", PFC_PAGES },
			       { "wp_major", major });
		EXPECT_EQ(PFC_PAGES - major, c->seen.minflt);
		EXPECT_EQ(major, c->seen.majflt);
		/* Written back, the pages are clean and read-only once more. */
		ASSERT_EQ(0, msync(map, c->len, MS_SYNC));
	}
	/* Nothing to ask when they are dirty already. */
	pfc_write_pages(map, c->len, c->page);
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	pfc_write_pages(map, c->len, c->page);
	EXPECT_COUNTED(c, { "faults", 0 });
	munmap(map, c->len);
}

/*
 * Pages without a struct page of their own, mapped read-only until the file system
 * is notified (pfn_mkwrite()): a file on persistent memory, mounted with -o dax.
 */
TEST_F(pages, pfn_mkwrite_is_wp_pfn)
{
	const char *dir = getenv("PFC_DAX");
	struct pfc_counting *c = &self->c;
	char path[256];
	char *map;

	if (!dir)
		SKIP(return, "no file system mounted with -o dax (PFC_DAX=DIR names one)");
	map = pfc_scratch_map(dir, c->len, c->page);
	ASSERT_NE(MAP_FAILED, map);
	pfc_read_pages(map, c->len, c->page);
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	pfc_write_pages(map, c->len, c->page);
	EXPECT_COUNTED(c, { "wp", PFC_PAGES }, { "wp_pfn", PFC_PAGES }, { "wp_shared", 0 },
		       { "wp_copy", 0 }, { "wp_reuse", 0 });
	munmap(map, c->len);
	snprintf(path, sizeof(path), "%s/file", dir);
	unlink(path);
}

TEST_HARNESS_MAIN

#endif
