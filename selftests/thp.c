// SPDX-License-Identifier: GPL-2.0
/*
 * Class thp: transparent huge pages, whole, split, and not to be had.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/class.h"

/*
 * Huge pages are wanted everywhere, but no mapping holds a whole one: those that
 * are not copied by fork stand between the others.
 */
static int thp_halves_prepare(struct pfc_run *run)
{
	size_t half = run->unit / 2, at;

	if (pfc_map_anon(run))
		return -1;
	for (at = 0; at < run->len; at += 2 * half)
		if (madvise(run->base + at, half, MADV_DONTFORK))
			return pfc_bad(run->res, "MADV_DONTFORK: %s", strerror(errno));
	return 0;
}

static int thp_af_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_thp_made(run) || pfc_clear_access(run, "1", true);
}

static int thp_reaped_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_thp_made(run) || pfc_fork_reaped(run);
}

static int thp_alive_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_thp_made(run) || pfc_fork_alive(run);
}

PFC_ROW(thp_anon,
	.what = "write %u fresh huge pages",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(THP, THP_ANON) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(thp_af,
	.what = "clear_refs 1 and 4, read %u huge pages",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.settings = pfc_thp_settings,
	.prepare = thp_af_prepare,
	.expect = {
		{ .machine = PFC_HWAF, PFC_NOTHING(PFC_HWAF_WHY) },
		{ PFC_UNITS_REF(THP, THP_AF) },
	},
	.witness = { { PFC_W_REFERENCED, PFC_PER_PAGE } }
);

PFC_ROW(thp_wp,
	.what = "fork; the child ends; the parent writes its %u huge pages",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = thp_reaped_prepare,
	.expect = { { PFC_UNITS_REF(THP, THP_WP) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

/*
 * The first fault in each huge page's room goes to do_huge_pmd_anonymous_page(), which
 * falls back to do_anonymous_page(): one fault.
 */
PFC_ROW(thp_fallback,
	.what = "write every page of %u huge pages' room that holds no huge page",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = thp_halves_prepare,
	.expect = { { PFC_PAGES_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

/* The huge page is split and the fault goes on at the PTE level: one fault. */
PFC_ROW(thp_split,
	.what = "fork; the parent writes every small page of %u shared huge page",
	.needs = PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 1,
	.touch = PFC_WRITE,
	.settings = pfc_thp_settings,
	.prepare = thp_alive_prepare,
	.expect = { { PFC_PAGES_REF(WP, WP_COPY) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

#ifndef PFC_ROWS_ONLY
TEST_HARNESS_MAIN
#endif
