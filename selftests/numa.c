// SPDX-License-Identifier: GPL-2.0
/*
 * Class numa: hint faults of NUMA balancing.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/class.h"
#include "lib/memory.h"

#define PFC_NUMA_BALANCING	"/proc/sys/kernel/numa_balancing"
#define PFC_NUMA_WAIT_MS	20000
/* Two periods of the scan, at least: the pages must not fault again. */
#define PFC_NUMA_AFTER_MS	500

static char *bait;

static int on_node(struct pfc_run *run, const void *addr, int node)
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

static int run_on(struct pfc_run *run, int node)
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
static int gather(struct pfc_run *run, int node)
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

static int numa_remote_prepare(struct pfc_run *run)
{
	return gather(run, run->node[1]) ||
	    run_on(run, run->node[0]) || pfc_anon_written(run) ||
	    on_node(run, run->base, run->node[0]) || run_on(run, run->node[1]);
}

static int numa_thp_prepare(struct pfc_run *run)
{
	return numa_remote_prepare(run) || pfc_thp_made(run);
}

/* The range is local; as many pages outside it are remote, to see when the scan is over. */
static int numa_local_prepare(struct pfc_run *run)
{
	if (numa_remote_prepare(run))
		return -1;
	bait = run->base;
	return pfc_anon_written(run) ||
	       on_node(run, run->base, run->node[1]);
}

static int numa_spin(struct pfc_run *run)
{
	volatile char *remote = bait ? bait : run->base;
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

#define PFC_NUMA_SETTING(name, value) \
	{ "/sys/kernel/debug/sched/numa_balancing/" name, value, true }, \
	{ "/proc/sys/kernel/numa_balancing_" name, value }

#define PFC_NUMA_SETTINGS \
	PFC_NUMA_SETTING("scan_delay_ms", "1"), \
	PFC_NUMA_SETTING("scan_period_min_ms", "100"), \
	PFC_NUMA_SETTING("scan_period_max_ms", "200"), \
	PFC_NUMA_SETTING("scan_size_mb", "256")

static const struct pfc_setting numa_settings[] = {
	PFC_NUMA_SETTINGS,
	{ NULL }
};

static const struct pfc_setting numa_thp_settings[] = {
	PFC_NUMA_SETTINGS,
	PFC_THP_SETTINGS,
	{ NULL }
};

PFC_ROW(numa_remote,
	.what = "write %u pages on node 0, read them from node 1",
	.needs = PFC_NEED_NUMA,
	.settings = numa_settings,
	.prepare = numa_remote_prepare,
	.fault = numa_spin,
	.expect = {
		{ .before = PFC_KVER(6, 1), .machine = PFC_SWAF,
		  .want = { { PFC_PER_UNIT, PFC_NUMA }, { PFC_PER_UNIT, PFC_AF } },
		  .reason = "before 6.1 a migrated page is mapped old" },
		{ .machine = PFC_SWAF_NO_SWAP,
		  .want = { { PFC_PER_UNIT, PFC_NUMA }, { PFC_PER_UNIT, PFC_AF } },
		  .reason = "without CONFIG_SWAP a migrated page is mapped old" },
		{ PFC_UNITS(NUMA) },
	},
	.witness = { { PFC_W_NUMA_HINT, PFC_PER_PAGE },
		     { PFC_W_NUMA_MIGRATED, PFC_PER_PAGE },
		     { PFC_W_NEW_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(numa_local,
	.what = "read %u pages of the own node while others migrate",
	.needs = PFC_NEED_NUMA,
	.settings = numa_settings,
	.prepare = numa_local_prepare,
	.fault = numa_spin,
	.expect = {
		{ .before = PFC_KVER(6, 1), .machine = PFC_SWAF, .outside = 2,
		  PFC_NOTHING("the pages are local; a migrated one is mapped old") },
		{ .machine = PFC_SWAF_NO_SWAP, .outside = 2,
		  PFC_NOTHING("the pages are local; a migrated one is mapped old without swap") },
		{ .outside = 1, PFC_NOTHING("the pages are local") },
	},
	.witness = { { PFC_W_NUMA_HINT, PFC_PER_PAGE },
		     { PFC_W_NEW_FRAME, PFC_PER_NONE } }
);

/* A huge page that cannot be moved at once faults again, until it is. */
PFC_ROW(numa_thp,
	.what = "write %u huge pages on node 0, read them from node 1",
	.needs = PFC_NEED_NUMA | PFC_NEED_THP,
	.unit = PFC_UNIT_PMD,
	.n = 1,
	.settings = numa_thp_settings,
	.prepare = numa_thp_prepare,
	.fault = numa_spin,
	.expect = {
		{ .machine = PFC_SWAF_NO_SWAP,
		  .want = { { PFC_PER_HINT, PFC_THP, PFC_REF(THP_NUMA) },
			    { PFC_PER_UNIT, PFC_THP, PFC_REF(THP_AF) } },
		  .reason = "without CONFIG_SWAP a migrated page is mapped old" },
		{ .want = { { PFC_PER_HINT, PFC_THP, PFC_REF(THP_NUMA) } } },
	},
	.witness = { { PFC_W_NUMA_HINT, PFC_PER_HINT } }
);

#ifndef PFC_ROWS_ONLY
TEST_HARNESS_MAIN
#endif
