// SPDX-License-Identifier: GPL-2.0
/*
 * Classes af, dirty and spurious: the tail of the dispatcher, where the entry
 * is there and only its flags may have to change.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>

#define PFC_TEST_ROWS PFC_ROWS_AF

#include "row_test.h"

/*
 * The expectations of this file's rows hang on who sets the access flag, which
 * is found out by looking. The harness knows what CPU it made: they must agree.
 */
TEST(hwaf_is_what_the_cpu_has)
{
	int promised = pfc_hwaf_promised(), found;
	char why[PFC_WHY] = "";

#if defined(__x86_64__)
	SKIP(return, "x86 CPUs always set the access flag");
#endif
	if (promised < 0)
		SKIP(return, "nobody says whether this CPU sets the access flag (PFC_CPU=)");
	found = pfc_hwaf(why, sizeof(why));
	EXPECT_EQ(promised, found)
		TH_LOG("%s", why);
}

/* ---- spurious ---------------------------------------------------------- */

/*
 * Nothing makes one CPU's TLB lag behind on request, so let two threads write
 * the same clean pages at once: each page is made dirty once, and whoever came
 * second found nothing to do, or an entry that had changed under it. Which, and
 * how often, nobody can say; together they are all the faults there were.
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
	struct pfc_guard *guard;
};

FIXTURE_SETUP(race)
{
	char why[PFC_WHY];

	if (pfc_not_ready(why, sizeof(why)))
		SKIP(return, "%s", why);
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
	ASSERT_EQ(0, pfc_guard_keep(self->guard, pfc_path(PFC_FILE_FILTER)));
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "1"));
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

TEST_F(race, two_writers_of_one_clean_page)
{
	const unsigned int pages = 997;
	size_t page = pfc_page_size(), len = pages * page;
	long long dirty, spurious, none, rest, found;
	struct pfc_stats before, after;
	struct racer racer[2];
	atomic_int ready = 0;
	char why[PFC_WHY];
	cpu_set_t cpus;
	char *base;
	int fd, i, cpu = 0;

	found = pfc_hwaf(why, sizeof(why));
	if (found)
		SKIP(return, "the CPU sets the dirty bit itself");
	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	if (CPU_COUNT(&cpus) < 2)
		SKIP(return, "there is only one CPU");
	fd = memfd_create("race", MFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, len));
	base = pfc_map(len, 0, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, base);
	madvise(base, len, MADV_NOHUGEPAGE);
	pfc_read_pages(base, len, page);
	ASSERT_EQ(0, pfc_filter_range(base, len));
	ASSERT_EQ(0, pfc_stats_read(&before, why, sizeof(why)))
		TH_LOG("%s", why);
	for (i = 0; i < 2; i++, cpu++) {
		while (!CPU_ISSET(cpu, &cpus))
			cpu++;
		racer[i] = (struct racer){ .base = base, .len = len, .page = page,
					   .cpu = cpu, .ready = &ready };
		ASSERT_EQ(0, pthread_create(&racer[i].thread, NULL, race, &racer[i]));
	}
	for (i = 0; i < 2; i++)
		pthread_join(racer[i].thread, NULL);
	ASSERT_EQ(0, pfc_stats_read(&after, why, sizeof(why)));
	pfc_stats_delta(&after, &before);
	dirty = after.val[PFC_K_CLASS + PFC_DIRTY];
	spurious = after.val[PFC_K_CLASS + PFC_SPURIOUS];
	none = after.val[PFC_K_CLASS + PFC_NONE];
	TH_LOG("%lld dirty, %lld spurious, %lld none", dirty, spurious, none);
	EXPECT_EQ(pages, dirty);
	EXPECT_LE(0, spurious);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		if (i == PFC_DIRTY || i == PFC_SPURIOUS || i == PFC_NONE)
			continue;
		EXPECT_GE(0, after.val[PFC_K_CLASS + i])
			TH_LOG("%s", pfc_class_key(i));
	}
	if (after.val[PFC_FAULTS] == PFC_NA)
		return;
	/*
	 * A fault that found the entry changed ends in no place. It is none
	 * only where every place is watched, and unclassified elsewhere.
	 */
	rest = none == PFC_NA ? after.val[PFC_UNCLASSIFIED] : none;
	EXPECT_EQ(after.val[PFC_FAULTS], dirty + spurious + rest);
	if (none != PFC_NA)
		EXPECT_EQ(0, after.val[PFC_UNCLASSIFIED]);
	EXPECT_EQ(0, after.val[PFC_MISSED]);
}

TEST_HARNESS_MAIN
