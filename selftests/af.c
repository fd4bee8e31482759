// SPDX-License-Identifier: GPL-2.0
/*
 * Classes af, dirty and spurious: the entry is there, and the fault ends in the
 * access-flag update (ptep_set_access_flags()): the flag, the dirty bit, or nothing.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/class.h"
#include "lib/hwaf.h"
#include "lib/memory.h"

#define PFC_HWDB_WHY \
	"the CPU sets the dirty bit itself"
#define PFC_PREMARKED_WHY \
	"7.2 maps a dirty page of a file dirty at once"

/* ---- rows -------------------------------------------------------------- */

static int af_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_clear_access(run, "1", true);
}

static int af_anon_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_clear_access(run, "2", true);
}

static int af_not_anon_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_clear_access(run, "3", false);
}

static int af_file_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_SHARED) || pfc_write_all(run) ||
	       pfc_clear_access(run, "3", true);
}

static int mthp_af_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_mthp_made(run) || pfc_clear_access(run, "1", true);
}

static int swap_dirty_prepare(struct pfc_run *run)
{
	if (pfc_anon_written(run) || pfc_swap_out(run))
		return -1;
	pfc_read_all(run);
	if (pfc_count_present(run->base, run->pages) != run->pages)
		return pfc_bad(run->res, "the pages did not come back from swap");
	return 0;
}

static int dirty_hole_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, false, MAP_SHARED) || pfc_read_all(run);
}

static int dirty_cached_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_SHARED) || pfc_read_all(run);
}

PFC_ROW(af_read,
	.what = "clear_refs 1 and 4, read %u pages",
	.prepare = af_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } }
);

PFC_ROW(af_write,
	.what = "clear_refs 1 and 4, write %u pages",
	.touch = PFC_WRITE,
	.prepare = af_prepare,
	.expect = {
		{ .machine = PFC_SOFT_DIRTY, PFC_UNITS_REF(WP, WP_REUSE),
		  .reason = "clear_refs 4 write-protects, to track soft-dirty pages" },
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } }
);

PFC_ROW(af_anon,
	.what = "clear_refs 2 (anonymous) and 4, read %u pages",
	.prepare = af_anon_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } }
);

PFC_ROW(af_not_anon,
	.what = "clear_refs 3 (files) and 4, read %u anonymous pages",
	.prepare = af_not_anon_prepare,
	.expect = { { PFC_NOTHING("3 is for file mappings") } }
);

PFC_ROW(af_shared_file,
	.what = "clear_refs 3 and 4, read %u pages of a shared file",
	.prepare = af_file_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } }
);

/* ptep_set_access_flags() is called for each of a block's entries, 16 or more: one fault. */
PFC_ROW(af_mthp,
	.what = "clear_refs 1 and 4, read %u contiguous blocks",
	.needs = PFC_NEED_MTHP | PFC_NEED_CONTPTE,
	.unit = PFC_UNIT_MTHP,
	.settings = pfc_mthp_settings,
	.prepare = mthp_af_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS(AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } }
);

PFC_ROW(dirty_swap,
	.what = "MADV_PAGEOUT, read, then write %u pages",
	.needs = PFC_NEED_SWAP,
	.touch = PFC_WRITE,
	.settings = pfc_swap_settings,
	.prepare = swap_dirty_prepare,
	.expect = {
		{ .before = PFC_KVER(6, 2), PFC_UNITS(WP),
		  .reason = "old kernels map what is read in read-only" },
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWDB_WHY) },
		{ PFC_UNITS(DIRTY) },
	}
);

PFC_ROW(dirty_hole,
	.what = "read, then write %u pages of a hole in a shared file",
	.touch = PFC_WRITE,
	.prepare = dirty_hole_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWDB_WHY) },
		{ PFC_UNITS(DIRTY) },
	},
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

PFC_ROW(dirty_cached,
	.what = "read, then write %u cached pages of a shared file",
	.touch = PFC_WRITE,
	.prepare = dirty_cached_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWDB_WHY) },
		{ .since = PFC_KVER(7, 0), PFC_NOTHING(PFC_PREMARKED_WHY) },
		{ PFC_UNITS(DIRTY) },
	},
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

#ifndef PFC_ROWS_ONLY

/* ---- who sets the access flag ------------------------------------------- */

/*
 * What the rows of this file expect depends on who sets the access flag, which
 * pfc_hwaf() measures. In the guest QEMU's CPU model is known: they must agree.
 */
TEST(hwaf_is_what_the_cpu_has)
{
	int promised = pfc_hwaf_promised(), found;
	char why[PFC_WHY] = "";

#if defined(__x86_64__)
	SKIP(return, "x86 CPUs always set the access flag");
#endif
	if (promised < 0)
		SKIP(return, "whether this CPU sets the access flag is not known (PFC_CPU=)");
	found = pfc_hwaf(why, sizeof(why));
	EXPECT_EQ(promised, found)
		TH_LOG("%s", why);
}

/* ---- spurious ---------------------------------------------------------- */

/*
 * Nothing makes one CPU's TLB lag behind on request, so two threads write the same
 * clean pages at once: each page is made dirty once, and who comes second finds nothing
 * to do, or an entry that changed under it. How often each happens is luck; together
 * they are all the faults.
 */
struct racer {
	pthread_t thread;
	char *base;
	size_t len, page;
	int cpu;
	atomic_int *ready;
};

static void *race(void *arg)
{
	struct racer *r = arg;

	pfc_pin(r->cpu);
	atomic_fetch_add(r->ready, 1);
	while (atomic_load(r->ready) < 2)
		;
	pfc_write_pages(r->base, r->len, r->page);
	return NULL;
}

FIXTURE(race) {
	struct pfc_counting c;
};

FIXTURE_SETUP(race)
{
	if (pfc_counting_init(&self->c))
		SKIP(return, "%s", self->c.why);
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, pfc_guard_end(self->c.guard));
}

TEST_F(race, each_page_is_dirty_once)
{
	const unsigned int pages = 997;
	size_t page = pfc_page_size(), len = pages * page;
	struct pfc_counting *c = &self->c;
	long long dirty, spurious, none;
	struct racer racer[2];
	atomic_int ready = 0;
	cpu_set_t cpus;
	char *base;
	int fd, hwaf, i, cpu = 0;

	hwaf = pfc_hwaf(c->why, sizeof(c->why));
	ASSERT_LE(0, hwaf)
		TH_LOG("%s", c->why);
	if (hwaf)
		SKIP(return, PFC_HWDB_WHY);
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (CPU_COUNT(&cpus) < 2)
		SKIP(return, "only one CPU");
	fd = memfd_create("race", MFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, len));
	base = pfc_map(len, 0, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, base);
	madvise(base, len, MADV_NOHUGEPAGE);
	pfc_read_pages(base, len, page);
	ASSERT_EQ(0, pfc_counting_start(c, base, len));
	for (i = 0; i < 2; i++, cpu++) {
		while (!CPU_ISSET(cpu, &cpus))
			cpu++;
		racer[i] = (struct racer){ .base = base, .len = len, .page = page,
					   .cpu = cpu, .ready = &ready };
		ASSERT_EQ(0, pthread_create(&racer[i].thread, NULL, race, &racer[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(racer[i].thread, NULL);
	ASSERT_EQ(0, pfc_counting_stop(c));
	dirty = pfc_counted(c, "dirty");
	spurious = pfc_counted(c, "spurious");
	none = pfc_counted(c, "none");
	TH_LOG("%lld dirty, %lld spurious, %lld none", dirty, spurious, none);
	EXPECT_EQ(pages, dirty);
	EXPECT_LE(0, spurious);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		if (i == PFC_DIRTY || i == PFC_SPURIOUS || i == PFC_NONE)
			continue;
		EXPECT_GE(0, c->counted.val[PFC_K_CLASS + i])
			TH_LOG("%s", pfc_class_key(i));
	}
	/*
	 * A fault that found the entry changed reaches no probe point. That makes it none
	 * where every class is observed, and unclassified where one is unavailable.
	 */
	if (none == PFC_NA)
		none = pfc_counted(c, "unclassified");
	else
		EXPECT_EQ(0, pfc_counted(c, "unclassified"));
	EXPECT_EQ(pfc_counted(c, "faults"), dirty + spurious + none);
	EXPECT_EQ(0, pfc_counted(c, "missed"));
}

TEST_HARNESS_MAIN

#endif
