// SPDX-License-Identifier: GPL-2.0
/*
 * userfaultfd makes certain what is otherwise luck: a fault that is retried, a
 * fault that sleeps, an entry that is a marker. One fault is counted once.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "lib/counting.h"
#include "lib/prepare.h"
#include "lib/signals.h"

/* Newer than the headers that this may be built with. */
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC		(1 << 15)
#endif
#ifndef UFFD_FEATURE_POISON
#define UFFD_FEATURE_POISON		(1 << 14)
#endif
#ifndef UFFDIO_POISON
struct uffdio_poison {
	struct uffdio_range range;
	__u64 mode;
	__s64 updated;
};

#define UFFDIO_POISON			_IOWR(UFFDIO, 0x08, struct uffdio_poison)
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL	102
#endif

FIXTURE(uffd) {
	struct pfc_counting c;
	int fd;
	unsigned int sleep_ms;	/* before a fault is resolved */
	unsigned int hold;	/* none is resolved before that many wait */
	pthread_t thread;
};

FIXTURE_SETUP(uffd)
{
	self->fd = -1;
	if (pfc_counting_init(&self->c))
		SKIP(return, "%s", self->c.why);
}

FIXTURE_TEARDOWN(uffd)
{
	if (self->fd >= 0)
		close(self->fd);
	EXPECT_EQ(0, pfc_guard_end(self->c.guard));
}

/* NULL, or why not. */
static const char *uffd_open(FIXTURE_DATA(uffd) *self, __u64 features, __u64 mode)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = mode };
	static char why[128];

#ifdef __aarch64__
	/* Older kernels report it, and protect nothing. */
	if ((mode & UFFDIO_REGISTER_MODE_WP) && pfc_kernel_version() < PFC_KVER(6, 10))
		return "arm64 has userfaultfd's write protection since 6.10";
#endif
	self->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (self->fd < 0)
		return "the kernel has no userfaultfd";
	/* One descriptor tells the features, another is opened with those wanted. */
	if (ioctl(self->fd, UFFDIO_API, &api))
		return "UFFDIO_API fails";
	if ((api.features & features) != features) {
		snprintf(why, sizeof(why), "the kernel's userfaultfd has no feature 0x%llx",
			 (unsigned long long)(features & ~api.features));
		return why;
	}
	close(self->fd);
	self->fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	api.features = features;
	if (self->fd < 0 || ioctl(self->fd, UFFDIO_API, &api))
		return "UFFDIO_API fails";
	reg.range.start = (uintptr_t)self->c.base;
	reg.range.len = self->c.len;
	if (ioctl(self->fd, UFFDIO_REGISTER, &reg))
		return "UFFDIO_REGISTER fails";
	return NULL;
}

static int protect(FIXTURE_DATA(uffd) *self, char *start, size_t len, bool on)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)start, len },
		.mode = on ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return ioctl(self->fd, UFFDIO_WRITEPROTECT, &wp);
}

static bool fault_comes(FIXTURE_DATA(uffd) *self, struct uffd_msg *msg)
{
	struct pollfd poll_fd = { .fd = self->fd, .events = POLLIN };

	return poll(&poll_fd, 1, 10000) == 1 &&
	       read(self->fd, msg, sizeof(*msg)) == sizeof(*msg) &&
	       msg->event == UFFD_EVENT_PAGEFAULT;
}

static void *serve(void *arg)
{
	FIXTURE_DATA(uffd) *self = arg;
	static char fill[65536];
	struct timespec pause = { .tv_nsec = self->sleep_ms * 1000000L };
	struct uffd_msg msg[PFC_PAGES];
	unsigned int i, come = 0;

	for (i = 0; i < PFC_PAGES; i++) {
		struct uffdio_copy copy = { .len = self->c.page, .src = (uintptr_t)fill };
		char *at;
		int err;

		while (come <= i || come < self->hold)
			if (!fault_comes(self, &msg[come++]))
				return "no fault came";
		if (self->sleep_ms)
			nanosleep(&pause, NULL);
		at = (char *)(uintptr_t)(msg[i].arg.pagefault.address & ~(self->c.page - 1));
		copy.dst = (uintptr_t)at;
		if (msg[i].arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP)
			err = protect(self, at, self->c.page, false);
		else
			err = ioctl(self->fd, UFFDIO_COPY, &copy);
		if (err)
			return "the fault could not be resolved";
	}
	return NULL;
}

static int start_serving(FIXTURE_DATA(uffd) *self)
{
	return pthread_create(&self->thread, NULL, serve, self);
}

static const char *stop_serving(FIXTURE_DATA(uffd) *self)
{
	void *failed;

	pthread_join(self->thread, &failed);
	return failed;
}

/*
 * The first visit sleeps and is retried; the last one finds the page that UFFDIO_COPY
 * put there, young, writable and dirty: on x86 and arm64 the access-flag update has
 * nothing to do.
 */
TEST_F(uffd, missing_is_retried_and_counted_once)
{
	const char *why = uffd_open(self, 0, UFFDIO_REGISTER_MODE_MISSING);
	struct pfc_counting *c = &self->c;

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, start_serving(self));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_write_pages(c->base, c->len, c->page);
	EXPECT_EQ(NULL, stop_serving(self));
	ASSERT_EQ(0, pfc_counting_stop(c));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "faults"));
	EXPECT_EQ(PFC_PAGES, pfc_classes_sum(&c->counted));
	EXPECT_LE(PFC_PAGES, pfc_counted(c, "retries"));
	EXPECT_EQ(0, pfc_counted(c, "unclassified"));
	EXPECT_EQ(0, pfc_counted(c, "missed"));
	/* do_anonymous_page() began it and did not complete it. */
	EXPECT_EQ(0, pfc_counted(c, "anon"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "spurious") + pfc_counted(c, "none"));
}

static void *write_page(void *arg)
{
	*(volatile char *)arg = 1;
	return NULL;
}

/* A thread for each page. */
static int write_from_threads(FIXTURE_DATA(uffd) *self)
{
	pthread_t thread[PFC_PAGES];
	unsigned int i, started;

	for (started = 0; started < PFC_PAGES; started++)
		if (pthread_create(&thread[started], NULL, write_page,
				   self->c.base + started * self->c.page))
			break;
	for (i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	return started == PFC_PAGES ? 0 : -1;
}

/*
 * As many tasks are inside a fault at a time as there are pages: each has a frame or
 * counts as missed. A slot that another task left (a bug once) is no missed visit.
 */
TEST_F(uffd, visit_without_a_frame_is_missed)
{
	struct pfc_counting *c = &self->c;
	long long frames = PFC_PAGES, missed;
	const char *why;
	char text[32];
	unsigned int i;

	if (pfc_read("/sys/module/pfclass/parameters/frames", text, sizeof(text)) > 0)
		frames = atoll(text);
	missed = frames < PFC_PAGES ? PFC_PAGES - frames : 0;
	why = uffd_open(self, 0, UFFDIO_REGISTER_MODE_MISSING);
	if (why)
		SKIP(return, "%s", why);
	/* Every slot is used once, by tasks that find their first slot free. */
	ASSERT_EQ(0, start_serving(self));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	for (i = 0; i < PFC_PAGES; i++)
		write_page(c->base + i * c->page);
	EXPECT_EQ(NULL, stop_serving(self));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ(0, madvise(c->base, c->len, MADV_DONTNEED));
		ASSERT_EQ(0, start_serving(self));
		ASSERT_EQ(0, write_from_threads(self));
		EXPECT_EQ(NULL, stop_serving(self));
	}
	ASSERT_EQ(0, madvise(c->base, c->len, MADV_DONTNEED));
	self->hold = PFC_PAGES;
	ASSERT_EQ(0, start_serving(self));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	ASSERT_EQ(0, write_from_threads(self));
	EXPECT_EQ(NULL, stop_serving(self));
	ASSERT_EQ(0, pfc_counting_stop(c));
	TH_LOG("%lld frames: %lld faults, %lld retries, %lld missed", frames,
	       pfc_counted(c, "faults"), pfc_counted(c, "retries"), pfc_counted(c, "missed"));
	/* None is missed up to that number; the table has room for some more. */
	EXPECT_LE(PFC_PAGES - missed, pfc_counted(c, "retries"));
	/* Two visits each; the second may find no frame while others still sleep. */
	EXPECT_LE(PFC_PAGES - pfc_counted(c, "retries"), pfc_counted(c, "missed"));
	EXPECT_EQ(2 * PFC_PAGES, pfc_counted(c, "visits") + pfc_counted(c, "missed"));
	EXPECT_EQ(pfc_counted(c, "faults"), pfc_classes_sum(&c->counted));
	EXPECT_EQ(0, pfc_counted(c, "unclassified"));
	/* There are twice as many slots as frames, rounded up to a power of two. */
	if (4 * frames < PFC_PAGES)
		EXPECT_LT(0, pfc_counted(c, "missed"));
	if (!missed) {
		EXPECT_EQ(0, pfc_counted(c, "missed"));
		EXPECT_EQ(PFC_PAGES, pfc_counted(c, "faults"));
	}
}

/* Now the writer waits in do_wp_page(). */
TEST_F(uffd, write_protection_is_retried_and_counted_once)
{
	const char *why = uffd_open(self, UFFD_FEATURE_PAGEFAULT_FLAG_WP,
				    UFFDIO_REGISTER_MODE_WP);
	struct pfc_counting *c = &self->c;

	if (why)
		SKIP(return, "%s", why);
	pfc_write_pages(c->base, c->len, c->page);
	ASSERT_EQ(0, protect(self, c->base, c->len, true));
	ASSERT_EQ(0, start_serving(self));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_write_pages(c->base, c->len, c->page);
	EXPECT_EQ(NULL, stop_serving(self));
	ASSERT_EQ(0, pfc_counting_stop(c));
	TH_LOG("wp %lld spurious %lld none %lld, %lld retries", pfc_counted(c, "wp"),
	       pfc_counted(c, "spurious"), pfc_counted(c, "none"),
	       pfc_counted(c, "retries"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "faults"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "wp") + pfc_counted(c, "spurious") +
			     pfc_counted(c, "none"));
	EXPECT_LE(PFC_PAGES, pfc_counted(c, "retries"));
	EXPECT_EQ(0, pfc_counted(c, "unclassified"));
	EXPECT_EQ(0, pfc_counted(c, "missed"));
}

/* Asynchronous: do_wp_page() drops the protection itself, and nobody waits. */
TEST_F(uffd, asynchronous_write_protection_is_wp_uffd)
{
	const char *why = uffd_open(self, UFFD_FEATURE_WP_ASYNC, UFFDIO_REGISTER_MODE_WP);
	struct pfc_counting *c = &self->c;

	if (why)
		SKIP(return, "%s", why);
	pfc_write_pages(c->base, c->len, c->page);
	ASSERT_EQ(0, protect(self, c->base, c->len, true));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_read_pages(c->base, c->len, c->page);
	EXPECT_COUNTED(c, { "faults", 0 });
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_write_pages(c->base, c->len, c->page);
	EXPECT_COUNTED(c, { "wp", PFC_PAGES }, { "wp_uffd", PFC_PAGES }, { "wp_copy", 0 },
		       { "wp_reuse", 0 }, { "wp_write", PFC_PAGES }, { "wp_user", PFC_PAGES },
		       { "wp_major", 0 });
	EXPECT_EQ(PFC_PAGES, c->seen.minflt);
}

/*
 * Who writes a huge page that is protected, and wants a signal, gets it from the dispatcher,
 * before any class: also where anon is inferred from a SIGBUS without a mark.
 */
TEST_F(uffd, signal_for_a_protected_huge_page_is_error_sigbus)
{
	const char *why = uffd_open(self, UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS,
				    UFFDIO_REGISTER_MODE_WP);
	struct pfc_counting *c = &self->c;
	size_t huge = pfc_pmd_size();
	struct uffdio_register reg = {
		.range = { .len = huge },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	unsigned int i;
	char *base;
	int last;

	if (why)
		SKIP(return, "%s", why);
	if (!huge)
		SKIP(return, "the kernel has no huge pages");
	for (i = 0; pfc_thp_settings[i].path; i++)
		if (pfc_guard_set(c->guard, pfc_thp_settings[i].path, pfc_thp_settings[i].value) &&
		    !pfc_thp_settings[i].optional)
			SKIP(return, "cannot set %s", pfc_thp_settings[i].path);
	base = pfc_map(huge, huge, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, base);
	reg.range.start = (uintptr_t)base;
	ASSERT_EQ(0, madvise(base, huge, MADV_HUGEPAGE));
	ASSERT_EQ(0, ioctl(self->fd, UFFDIO_REGISTER, &reg));
	ASSERT_EQ(0, pfc_counting_start(c, base, huge));
	base[0] = 1;
	ASSERT_EQ(0, pfc_counting_stop(c));
	if (!pfc_counted(c, "thp_anon"))
		SKIP(return, "no huge page was to be had");
	ASSERT_EQ(0, protect(self, base, huge, true));
	pfc_forbidden(base, c->page, c->page, PFC_WRITE, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, base, huge));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(base, c->len, c->page, PFC_WRITE, &last));
	EXPECT_EQ(SIGBUS, last);
	EXPECT_COUNTED(c, { "faults", PFC_PAGES }, { "error", PFC_PAGES },
		       { "error_sigbus", PFC_PAGES }, { "error_write", PFC_PAGES },
		       { "error_user", PFC_PAGES });
	/* The signal is not taken for a refusal, where these are seen. */
	if (c->before.val[PFC_REFUSED] != PFC_NA)
		EXPECT_EQ(0, pfc_counted(c, "refused"));
}

/* ---- markers ------------------------------------------------------------- */

TEST_F(uffd, poisoned_pages_are_swap_marker)
{
	const char *why = uffd_open(self, UFFD_FEATURE_POISON, UFFDIO_REGISTER_MODE_MISSING);
	struct uffdio_poison poison = { .range = { (uintptr_t)self->c.base, self->c.len } };
	struct pfc_counting *c = &self->c;
	int last;

	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, ioctl(self->fd, UFFDIO_POISON, &poison));
	pfc_forbidden(c->base, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(c->base, c->len, c->page, PFC_READ, &last));
	EXPECT_EQ(SIGBUS, last);
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_marker", PFC_PAGES }, { "swap_in", 0 },
		       { "swap_read", PFC_PAGES }, { "swap_user", PFC_PAGES });
}

/* A protected hole of a file is a marker; do_swap_page() calls do_fault() for it. */
TEST_F(uffd, protected_hole_of_a_file_is_swap_marker)
{
	struct pfc_counting *c = &self->c;
	const char *why;
	int memfd;

	memfd = memfd_create("pfclass", MFD_CLOEXEC);
	ASSERT_LE(0, memfd);
	ASSERT_EQ(0, ftruncate(memfd, c->len));
	c->base = pfc_map(c->len, 0, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	ASSERT_NE(MAP_FAILED, c->base);
	why = uffd_open(self, UFFD_FEATURE_WP_HUGETLBFS_SHMEM, UFFDIO_REGISTER_MODE_WP);
	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, protect(self, c->base, c->len, true));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_read_pages(c->base, c->len, c->page);
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_marker", PFC_PAGES },
		       { "swap_in", 0 }, { "file_read", 0 });
}

/* Guard regions are markers since 6.13, without userfaultfd. */
TEST_F(uffd, guard_pages_are_swap_marker)
{
	struct pfc_counting *c = &self->c;
	int last;

	if (madvise(c->base, c->len, MADV_GUARD_INSTALL))
		SKIP(return, "the kernel has no MADV_GUARD_INSTALL (6.13)");
	pfc_forbidden(c->base, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(c->base, c->len, c->page, PFC_READ, &last));
	EXPECT_EQ(SIGSEGV, last);
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_marker", PFC_PAGES }, { "swap_in", 0 });
}

/* ---- a fault that sleeps ------------------------------------------------- */

/* "KEY WHAT N" of the latency file: N, or -1. */
static long long latency_of(const char *text, const char *key, const char *what)
{
	char line[64];
	const char *at;
	int len;

	len = snprintf(line, sizeof(line), "\n%s %s ", key, what);
	at = strstr(text, line);
	if (!at || at[len] < '0' || at[len] > '9')
		return -1;
	return strtoll(at + len, NULL, 10);
}

/* Faults that took 2^SHIFT ns or longer, from all classes. */
static long long longer_than(const char *text, unsigned int shift)
{
	long long sum = 0;
	unsigned int class;

	for (; shift < 64; shift++)
		for (class = 0; class < PFC_NR_CLASSES; class++) {
			char from[32];
			long long n;

			snprintf(from, sizeof(from), "%llu", 1ULL << shift);
			n = latency_of(text, pfc_class_key(class), from);
			sum += n > 0 ? n : 0;
		}
	return sum;
}

static long long sum_of(const char *text, const char *what)
{
	long long sum = 0, n;
	unsigned int class;

	for (class = 0; class < PFC_NR_CLASSES; class++) {
		n = latency_of(text, pfc_class_key(class), what);
		sum += n > 0 ? n : 0;
	}
	return sum;
}

/* 50 ms are between 2^25 and 2^26 ns; what the guest adds must not pass 2^27. */
#define SLEEP_MS	50
#define SLEEP_SHIFT	25

TEST_F(uffd, fault_that_sleeps_50_ms_is_in_its_bucket)
{
	const char *why = uffd_open(self, 0, UFFDIO_REGISTER_MODE_MISSING);
	static char before[65536], after[65536];
	struct pfc_counting *c = &self->c;
	long long count, sum;

	if (why)
		SKIP(return, "%s", why);
	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_LATENCY), before, sizeof(before)));
	if (strstr(before, "anon count " PFC_UNAVAILABLE))
		SKIP(return, "latency is not measured (latency=0)");
	self->sleep_ms = SLEEP_MS;
	ASSERT_EQ(0, start_serving(self));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_read(pfc_path(PFC_FILE_LATENCY), before, sizeof(before));
	pfc_write_pages(c->base, c->len, c->page);
	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_LATENCY), after, sizeof(after)));
	EXPECT_EQ(NULL, stop_serving(self));
	ASSERT_EQ(0, pfc_counting_stop(c));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "faults"));
	count = sum_of(after, "count") - sum_of(before, "count");
	sum = sum_of(after, "sum") - sum_of(before, "sum");
	TH_LOG("mean %lld ns", sum / PFC_PAGES);
	EXPECT_EQ(PFC_PAGES, count);
	EXPECT_EQ(PFC_PAGES, longer_than(after, SLEEP_SHIFT) - longer_than(before, SLEEP_SHIFT));
	/* An emulated CPU may be kept from running, now and then. */
	EXPECT_GE(3, longer_than(after, SLEEP_SHIFT + 2) - longer_than(before, SLEEP_SHIFT + 2));
	EXPECT_LE(PFC_PAGES * SLEEP_MS * 1000000LL, sum);
}

TEST_HARNESS_MAIN
