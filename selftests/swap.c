// SPDX-License-Identifier: GPL-2.0
/*
 * Class swap: the page is in swap, under migration, in a device, or poisoned. Markers are
 * in uffd.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/class.h"
#include "lib/hwaf.h"
#include "lib/memory.h"
#include "lib/scratch.h"
#include "lib/signals.h"

#ifndef MPOL_MF_MOVE
#define MPOL_MF_MOVE	(1 << 1)
#endif

/* ---- rows -------------------------------------------------------------- */

static int swap_prepare(struct pfc_run *run)
{
	return pfc_anon_written(run) || pfc_swap_out(run);
}

static int swap_shared_prepare(struct pfc_run *run)
{
	return swap_prepare(run) || pfc_fork_alive(run);
}

PFC_ROW(swap_read,
	.what = "MADV_PAGEOUT, read %u pages",
	.needs = PFC_NEED_SWAP,
	.major = true,
	.settings = pfc_swap_settings,
	.prepare = swap_prepare,
	.expect = { { PFC_UNITS_REF(SWAP, SWAP_IN) } },
	.witness = { { PFC_W_PSWPIN, PFC_PER_PAGE }, { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(swap_write,
	.what = "MADV_PAGEOUT, write %u pages",
	.needs = PFC_NEED_SWAP,
	.touch = PFC_WRITE,
	.major = true,
	.settings = pfc_swap_settings,
	.prepare = swap_prepare,
	.expect = { { PFC_UNITS_REF(SWAP, SWAP_IN) } },
	.witness = { { PFC_W_PSWPIN, PFC_PER_PAGE }, { PFC_W_MAPPED, PFC_PER_PAGE } }
);

/* do_swap_page() goes on into do_wp_page(): two probes, one fault. */
PFC_ROW(swap_write_shared,
	.what = "MADV_PAGEOUT, fork, write %u pages",
	.needs = PFC_NEED_SWAP,
	.touch = PFC_WRITE,
	.major = true,
	.settings = pfc_swap_settings,
	.prepare = swap_shared_prepare,
	.expect = { { PFC_UNITS_REF(SWAP, SWAP_WP) } },
	.witness = { { PFC_W_PSWPIN, PFC_PER_PAGE }, { PFC_W_MAPPED, PFC_PER_PAGE } }
);

#ifndef PFC_ROWS_ONLY

/* ---- poison ------------------------------------------------------------- */

static void noticed(int signal)
{
}

/* Poisoned: the entry says so, and whoever touches it is sent SIGBUS. */
TEST_F(pages, poisoned_memory_is_swap_hwpoison)
{
	struct pfc_counting *c = &self->c;
	int err;

	if (!pfc_in_guest())
		SKIP(return, "it takes pages from the machine for good (PFC_GUEST=1)");
	pfc_write_pages(c->base, c->len, c->page);
	/* Each page is also reported to the process at once. */
	signal(SIGBUS, noticed);
	err = madvise(c->base, c->len, MADV_HWPOISON) ? errno : 0;
	signal(SIGBUS, SIG_DFL);
	if (err)
		SKIP(return, "madvise(MADV_HWPOISON): %s (CONFIG_MEMORY_FAILURE)",
		     strerror(err));
	pfc_forbidden(c->base, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(c->base, c->len, c->page, PFC_READ, NULL));
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_hwpoison", PFC_PAGES },
		       { "swap_in", 0 }, { "swap_user", PFC_PAGES });
}

/* ---- devices ------------------------------------------------------------ */

/*
 * The kernel's test_hmm module has device memory; no Debian kernel has that module.
 * This is its ABI of 5.19 and later, lib/test_hmm_uapi.h.
 */
#define MIRROR		"/dev/hmm_dmirror0"

struct mirror_order {
	__u64 address;
	__u64 copy;	/* gets what the device reads */
	__u64 pages;
	__u64 copied;	/* is written */
	__u64 faults;	/* is written */
};

#define MIRROR_TO_DEVICE	_IOWR('H', 2, struct mirror_order)
#define MIRROR_EXCLUSIVE	_IOWR('H', 5, struct mirror_order)

static void mirrored(struct __test_metadata *_metadata, FIXTURE_DATA(pages) *self,
		     unsigned long request, enum pfc_access access)
{
	struct pfc_counting *c = &self->c;
	struct mirror_order order = { .address = (__u64)c->base, .pages = PFC_PAGES };
	char *copy = malloc(c->len);
	int mirror, hwaf;

	if (system("modprobe -q test_hmm"))
		SKIP(return, "no test_hmm module (CONFIG_TEST_HMM)");
	hwaf = pfc_hwaf(c->why, sizeof(c->why));
	ASSERT_LE(0, hwaf)
		TH_LOG("%s", c->why);
	pfc_write_pages(c->base, c->len, c->page);
	mirror = open(MIRROR, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mirror)
		TH_LOG(MIRROR ": %s", strerror(errno));
	order.copy = (__u64)copy;
	ASSERT_EQ(0, ioctl(mirror, request, &order));
	ASSERT_EQ(PFC_PAGES, order.copied);

	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	if (access == PFC_WRITE)
		pfc_write_pages(c->base, c->len, c->page);
	else
		pfc_read_pages(c->base, c->len, c->page);
	/* What comes back is mapped old (restore_exclusive_pte(), remove_migration_pte()). */
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_device", PFC_PAGES },
		       { "swap_in", 0 }, { "swap_user", PFC_PAGES },
		       { "af", hwaf ? 0 : PFC_PAGES },
		       { access == PFC_WRITE ? "swap_write" : "swap_read", PFC_PAGES });
	EXPECT_EQ((hwaf ? 1 : 2) * PFC_PAGES, c->seen.minflt);
	close(mirror);
	free(copy);
}

TEST_F(pages, device_memory_is_swap_device)
{
	mirrored(_metadata, self, MIRROR_TO_DEVICE, PFC_READ);
}

/* The page stays where it is; the entry is the device's until the CPU touches it. */
TEST_F(pages, exclusive_access_of_a_device_is_swap_device)
{
	mirrored(_metadata, self, MIRROR_EXCLUSIVE, PFC_WRITE);
}

/* ---- the swap cache ----------------------------------------------------- */

static unsigned int count_cached(const void *base, size_t len, size_t page)
{
	unsigned char in[PFC_PAGES];
	unsigned int i, n = 0;

	if (mincore((void *)base, len, in))
		return PFC_PAGES;
	for (i = 0; i < len / page; i++)
		n += in[i] & 1;
	return n;
}

/*
 * The first process to touch a swapped page waits for the device, which is major;
 * the page stays in the swap cache while another process's entry needs it, and
 * that process's fault is minor. Both are swap_in.
 */
TEST_F(pages, swap_cache_is_minor_and_device_is_major)
{
	static const struct pfc_count minor[] = {
		{ "swap", PFC_PAGES }, { "swap_in", PFC_PAGES },
		{ "swap_major", 0 }, { "swap_read", PFC_PAGES }, { NULL }
	};
	struct pfc_counting *c = &self->c;
	const char *why = pfc_scratch_swap(c->guard);
	int go[2], status;
	char cgroup[64];
	unsigned int i;
	pid_t pid;

	if (!why)
		why = pfc_cgroup_memory(c->guard);
	if (why)
		SKIP(return, "%s", why);
	snprintf(cgroup, sizeof(cgroup), "/pfclass-test.%d", getpid());
	ASSERT_EQ(0, pfc_cgroup_make(c->guard, cgroup));
	ASSERT_EQ(0, pfc_cgroup_enter(cgroup));
	ASSERT_EQ(0, pfc_guard_set(c->guard, "/proc/sys/vm/page-cluster", "0"));
	pfc_write_pages(c->base, c->len, c->page);
	for (i = 0; i < 20 && pfc_count_swapped(c->base, PFC_PAGES) < PFC_PAGES; i++)
		madvise(c->base, c->len, MADV_PAGEOUT);
	if (pfc_count_swapped(c->base, PFC_PAGES) < PFC_PAGES)
		SKIP(return, "the pages cannot be swapped out");
	/*
	 * What has been written out leaves the swap cache when memory is wanted, but
	 * not while it waits in a batch of the CPU that took the disk's interrupt.
	 * Compaction empties those first (compact_nodes(), 5.10 to 7.2).
	 */
	for (i = 0; i < 100 && count_cached(c->base, c->len, c->page); i++) {
		pfc_write("/proc/sys/vm/compact_memory", "1");
		pfc_cgroup_write(cgroup, "memory.high", "1");
		pfc_cgroup_write(cgroup, "memory.high", "max");
		usleep(10000);
	}
	ASSERT_EQ(0, count_cached(c->base, c->len, c->page))
		TH_LOG("they stay in the swap cache");

	/* The child has the same swap entries. */
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		char byte;

		pfc_guard_forget(c->guard);
		close(go[1]);
		status = read(go[0], &byte, 1) != 1 ||
			 pfc_counting_start(c, c->base, c->len) ||
			 count_cached(c->base, c->len, c->page) != PFC_PAGES;
		if (!status) {
			pfc_read_pages(c->base, c->len, c->page);
			status = pfc_counting_stop(c) || pfc_counting_differs(c, minor);
		}
		if (c->seen.majflt)
			status = 1;
		_exit(status);
	}
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_read_pages(c->base, c->len, c->page);
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_in", PFC_PAGES },
		       { "swap_major", PFC_PAGES }, { "swap_migration", 0 },
		       { "swap_read", PFC_PAGES }, { "swap_user", PFC_PAGES });
	EXPECT_EQ(PFC_PAGES, c->seen.majflt);
	EXPECT_EQ(PFC_PAGES, c->seen.vmstat[PFC_VM_PSWPIN]);
	EXPECT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status)
		TH_LOG("the second process, which finds the pages in the swap cache");
	close(go[0]);
	close(go[1]);
	/* Out of the control group, for the guard to remove it. */
	pfc_cgroup_enter("");
}

/* ---- migration ---------------------------------------------------------- */

struct moving {
	char *base;
	size_t page;
	int node[2];
	volatile bool stop;
	long moved;
};

static void *move(void *arg)
{
	static void *pages[PFC_PAGES];
	static int nodes[PFC_PAGES], status[PFC_PAGES];
	struct moving *m = arg;
	unsigned int i, turn = 0;

	for (i = 0; i < PFC_PAGES; i++)
		pages[i] = m->base + i * m->page;
	while (!m->stop) {
		turn++;
		for (i = 0; i < PFC_PAGES; i++)
			nodes[i] = m->node[turn % 2];
		if (!syscall(SYS_move_pages, 0, PFC_PAGES, pages, nodes, status, MPOL_MF_MOVE))
			m->moved += PFC_PAGES;
	}
	return NULL;
}

/* A touch of a page under migration waits for it. How often that happens is luck. */
TEST_F_TIMEOUT(pages, page_under_migration_is_swap_migration, 60)
{
	struct pfc_counting *c = &self->c;
	struct moving m = { .base = c->base, .page = c->page };
	long long end, migration;
	pthread_t thread;
	char why[PFC_WHY];

	if (pfc_two_nodes(m.node, why, sizeof(why)))
		SKIP(return, "%s", why);
	pfc_write_pages(c->base, c->len, c->page);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	ASSERT_EQ(0, pthread_create(&thread, NULL, move, &m));
	end = pfc_now_ms() + 30000;
	do {
		unsigned int i;

		for (i = 0; i < 20000; i++)
			pfc_write_pages(c->base, c->len, c->page);
		ASSERT_EQ(0, pfc_counting_stop(c));
		migration = pfc_counted(c, "swap_migration");
	} while (!migration && pfc_now_ms() < end);
	m.stop = true;
	pthread_join(thread, NULL);
	ASSERT_EQ(0, pfc_counting_stop(c));
	TH_LOG("%ld pages moved, %lld waits", m.moved, migration);
	EXPECT_LT(0, migration);
	EXPECT_EQ(pfc_counted(c, "swap"), pfc_counted(c, "swap_migration"));
	EXPECT_EQ(0, pfc_counted(c, "swap_in"));
	EXPECT_EQ(0, pfc_counted(c, "unclassified"));
}

TEST_HARNESS_MAIN

#endif
