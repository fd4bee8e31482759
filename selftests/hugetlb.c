// SPDX-License-Identifier: GPL-2.0
/*
 * Class hugetlb: pages of hugetlbfs.
 */
#include <sys/mman.h>

#include "lib/class.h"

static int hugetlb_prepare(struct pfc_run *run)
{
	return pfc_map_range(run, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_HUGETLB);
}

/* The huge entry is set by the function that sets small ones' flags. */
static int hugetlb_reuse_prepare(struct pfc_run *run)
{
	return hugetlb_prepare(run) || pfc_write_all(run) || pfc_fork_reaped(run);
}

static int hugetlb_cow_prepare(struct pfc_run *run)
{
	return hugetlb_prepare(run) || pfc_write_all(run) || pfc_fork_alive(run);
}

PFC_ROW(hugetlb_read,
	.what = "read %u fresh hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.prepare = hugetlb_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } }
);

PFC_ROW(hugetlb_write,
	.what = "write %u fresh hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.touch = PFC_WRITE,
	.prepare = hugetlb_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } }
);

PFC_ROW(hugetlb_cow,
	.what = "fork; the parent writes %u shared hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.touch = PFC_WRITE,
	.prepare = hugetlb_cow_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(hugetlb_reuse,
	.what = "fork; the child ends; the parent writes its %u hugetlb pages",
	.needs = PFC_NEED_HUGETLB,
	.unit = PFC_UNIT_HUGETLB,
	.n = 3,
	.touch = PFC_WRITE,
	.prepare = hugetlb_reuse_prepare,
	.expect = { { PFC_UNITS(HUGETLB) } },
	.witness = { { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

#ifndef PFC_ROWS_ONLY
TEST_HARNESS_MAIN
#endif
