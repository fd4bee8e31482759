// SPDX-License-Identifier: GPL-2.0
/*
 * What one page fault costs, by kind of fault.
 *
 * Every pass prepares the pages, makes everything else that the program needs
 * resident, and times one touch of each page with CLOCK_MONOTONIC. When the
 * pfclass module is loaded, every pass is also checked: the class's counter
 * must have risen by exactly the number of pages.
 */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if __has_include("sys/rseq.h")
#include <sys/rseq.h>
#define PFC_RSEQ 1
#endif

#include <pfclass.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif

#define PFC_DEBUGFS	"/sys/kernel/debug/"
#define PFC_PATH(file)	PFC_DEBUGFS PFC_DIR "/" file
#define PFC_MAX_PASSES	1000
/* More than a per-CPU batch of the page lists holds. */
#define PFC_BATCH_PAGES	64
#define PFC_NUMA_WAIT_S	2

/* The address of the pages: the same in every run, for the filter's sake. */
#define PFC_BASE	((char *)0x100000000UL)

/* ---- reports ----------------------------------------------------------- */

static void pfc_die(const char *fmt, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

static void pfc_die(const char *fmt, ...)
{
	va_list args;

	fputs("faultcost: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static char pfc_why_text[256];

/* Says why a kind of fault cannot be timed here; always returns -1. */
static int pfc_why(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));

static int pfc_why(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(pfc_why_text, sizeof(pfc_why_text), fmt, args);
	va_end(args);
	return -1;
}

/* ---- small things ------------------------------------------------------ */

static uint64_t pfc_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* Until the timer's tick has just been: none for 4 ms, where HZ is 250. */
static void pfc_wait_tick(void)
{
	struct timespec was, is;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &was);
	do {
		clock_gettime(CLOCK_MONOTONIC_COARSE, &is);
	} while (is.tv_nsec == was.tv_nsec);
}

static int pfc_write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static ssize_t pfc_read_fd(int fd, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;

	/* Some files cannot be rewound: these are read once. */
	lseek(fd, 0, SEEK_SET);
	while (len < size - 1) {
		got = read(fd, buf + len, size - 1 - len);
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += got;
	}
	buf[len] = '\0';
	return len;
}

static ssize_t pfc_read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = pfc_read_fd(fd, buf, size);
	close(fd);
	return len;
}

/* The value of a line "KEY VALUE"; -1 if there is none or it is no number. */
static long long pfc_value(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *at = text;
	char *end;
	long long value;

	while (at) {
		if (!strncmp(at, key, len) && at[len] == ' ') {
			value = strtoll(at + len + 1, &end, 10);
			return end == at + len + 1 ? -1 : value;
		}
		at = strchr(at, '\n');
		if (at)
			at++;
	}
	return -1;
}

/* ---- the pages --------------------------------------------------------- */

static size_t pfc_page;
static unsigned int pfc_pages = 512;
static size_t pfc_len;
static char *pfc_base;
static int pfc_fd = -1;
static char *pfc_dummy;

static void pfc_write_range(volatile char *base, size_t len)
{
	volatile char *end = base + len;

	for (; base < end; base += pfc_page)
		*base = 1;
}

static void pfc_read_range(volatile char *base, size_t len)
{
	volatile char *end = base + len;

	for (; base < end; base += pfc_page)
		(void)*base;
}

static uint64_t pfc_time_touches(char *base, size_t len, bool write)
{
	uint64_t start = pfc_now();

	if (write)
		pfc_write_range(base, len);
	else
		pfc_read_range(base, len);
	return pfc_now() - start;
}

static int pfc_map(int flags)
{
	if (pfc_base)
		munmap(pfc_base, pfc_len);
	pfc_base = mmap(PFC_BASE, pfc_len, PROT_READ | PROT_WRITE,
			flags | MAP_FIXED_NOREPLACE, pfc_fd, 0);
	if (pfc_base != PFC_BASE) {
		pfc_base = NULL;
		return pfc_why("mmap: %s", strerror(errno));
	}
	madvise(pfc_base, pfc_len, MADV_NOHUGEPAGE);
	return 0;
}

static int pfc_map_anon(void)
{
	return pfc_map(MAP_PRIVATE | MAP_ANONYMOUS);
}

/* No entries, but page tables: these are not to be timed. */
static int pfc_drop(void)
{
	return madvise(pfc_base, pfc_len, MADV_DONTNEED) ?
		pfc_why("MADV_DONTNEED: %s", strerror(errno)) : 0;
}

static int pfc_zero(void)
{
	if (pfc_drop())
		return -1;
	pfc_read_range(pfc_base, pfc_len);
	return 0;
}

static int pfc_written(void)
{
	pfc_write_range(pfc_base, pfc_len);
	return 0;
}

/* The child has made the entries read-only, and no page is shared any more. */
static int pfc_forked(void)
{
	pid_t pid;

	pfc_written();
	pid = fork();
	if (pid < 0)
		return pfc_why("fork: %s", strerror(errno));
	if (!pid)
		_exit(0);
	if (waitpid(pid, NULL, 0) != pid)
		return pfc_why("waitpid: %s", strerror(errno));
	return 0;
}

/* "1" flushes no TLB, "4" does. */
static int pfc_aged(void)
{
	int err;

	pfc_written();
	err = pfc_write_file("/proc/self/clear_refs", "1");
	if (!err)
		err = pfc_write_file("/proc/self/clear_refs", "4");
	return err ? pfc_why("clear_refs: %s", strerror(-err)) : 0;
}

/* New pages wait in a per-CPU batch, where they cannot be isolated. */
static void pfc_drain_batch(void)
{
	size_t len = PFC_BATCH_PAGES * pfc_page;
	char *base = mmap(NULL, len, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return;
	pfc_write_range(base, len);
	munmap(base, len);
}

static unsigned int pfc_swapped(void)
{
	static uint64_t entry[65536];
	unsigned int i, n = 0;
	int fd;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, entry, pfc_pages * sizeof(*entry),
		  (uintptr_t)pfc_base / pfc_page * sizeof(*entry)) ==
	    (ssize_t)(pfc_pages * sizeof(*entry)))
		for (i = 0; i < pfc_pages; i++)
			n += entry[i] >> 62 & 1;
	close(fd);
	return n;
}

static int pfc_swap_setup(void)
{
	static char text[4096];

	if (pfc_read_file("/proc/swaps", text, sizeof(text)) < 0 ||
	    !strchr(text, '\n') || !strchr(text, '\n')[1])
		return pfc_why("there is no swap");
	return pfc_map_anon();
}

static int pfc_paged_out(void)
{
	unsigned int try, out = 0;

	pfc_written();
	pfc_drain_batch();
	for (try = 0; try < 5 && out < pfc_pages; try++) {
		if (madvise(pfc_base, pfc_len, MADV_PAGEOUT))
			return pfc_why("MADV_PAGEOUT: %s", strerror(errno));
		out = pfc_swapped();
	}
	return out < pfc_pages ?
		pfc_why("only %u of %u pages could be swapped out", out, pfc_pages) : 0;
}

#define PFC_FAULT_AROUND PFC_DEBUGFS "fault_around_bytes"
static char pfc_around_before[32];

/* One fault a page: no fault-around. */
static int pfc_file_setup(void)
{
	char text[32];
	int err;

	if (pfc_read_file(PFC_FAULT_AROUND, pfc_around_before,
			  sizeof(pfc_around_before)) < 0)
		return pfc_why("there is no " PFC_FAULT_AROUND);
	snprintf(text, sizeof(text), "%zu", pfc_page);
	err = pfc_write_file(PFC_FAULT_AROUND, text);
	if (err)
		return pfc_why(PFC_FAULT_AROUND ": %s", strerror(-err));
	pfc_fd = memfd_create("faultcost", MFD_CLOEXEC);
	if (pfc_fd < 0 || ftruncate(pfc_fd, pfc_len))
		return pfc_why("memfd: %s", strerror(errno));
	if (pfc_map(MAP_SHARED))
		return -1;
	pfc_written();
	return 0;
}

static void pfc_file_end(void)
{
	pfc_write_file(PFC_FAULT_AROUND, pfc_around_before);
	close(pfc_fd);
	pfc_fd = -1;
}

#define PFC_NUMA_BALANCING "/proc/sys/kernel/numa_balancing"

static int pfc_mempolicy(int mode, unsigned long nodes)
{
	return syscall(SYS_set_mempolicy, mode, nodes ? &nodes : NULL,
		       nodes ? 8 * sizeof(nodes) : 0);
}

static long long pfc_vmstat(const char *key)
{
	static char text[16384];

	return pfc_read_file("/proc/vmstat", text, sizeof(text)) < 0 ?
		-1 : pfc_value(text, key);
}

static char pfc_balancing_before[16];

static int pfc_numa_setup(void)
{
	if (access(PFC_NUMA_BALANCING, W_OK) ||
	    pfc_read_file(PFC_NUMA_BALANCING, pfc_balancing_before,
			  sizeof(pfc_balancing_before)) < 0)
		return pfc_why("the kernel has no NUMA balancing");
	if (access("/sys/devices/system/node/node1", F_OK))
		return pfc_why("the machine has no second NUMA node");
	return 0;
}

/*
 * Pages of the other node, made inaccessible by the kernel's own scanner. The
 * task policy is the default again before the scanner comes by: it leaves
 * alone what is bound. A new mapping each time: the scanner keeps a history.
 */
static int pfc_numa_hinted(void)
{
	long long before, now = 0;
	uint64_t end;
	int err;

	if (pfc_map_anon())
		return -1;
	if (pfc_mempolicy(MPOL_BIND, 2))
		return pfc_why("set_mempolicy: %s", strerror(errno));
	pfc_written();
	pfc_drain_batch();
	if (pfc_mempolicy(MPOL_DEFAULT, 0))
		return pfc_why("set_mempolicy: %s", strerror(errno));
	before = pfc_vmstat("numa_pte_updates");
	err = pfc_write_file(PFC_NUMA_BALANCING, "1");
	if (err)
		return pfc_why(PFC_NUMA_BALANCING ": %s", strerror(-err));
	end = pfc_now() + PFC_NUMA_WAIT_S * 1000000000ULL;
	while (now - before < pfc_pages && pfc_now() < end) {
		uint64_t check = pfc_now() + 1000000;

		while (pfc_now() < check)
			;
		now = pfc_vmstat("numa_pte_updates");
	}
	pfc_write_file(PFC_NUMA_BALANCING, "0");
	return now - before < pfc_pages ?
		pfc_why("in %d s the scanner made %lld of %u pages inaccessible",
			PFC_NUMA_WAIT_S, now - before, pfc_pages) : 0;
}

static void pfc_numa_end(void)
{
	if (*pfc_balancing_before)
		pfc_write_file(PFC_NUMA_BALANCING, pfc_balancing_before);
}

/* ---- the kinds of fault ------------------------------------------------ */

/*
 * A pass of the cheap kinds lies between two ticks of the timer, one of swap
 * and numa has a few. Where fresh pages are allocated, what the allocator has
 * to do alternates from pass to pass: the mean is what repeats.
 */
enum pfc_statistic { PFC_MEDIAN, PFC_MEAN };

static const struct pfc_kind {
	const char *name;
	enum pfc_class class;
	bool write;
	enum pfc_statistic statistic;
	unsigned int passes;
	int (*setup)(void);
	int (*prepare)(void);
	void (*end)(void);
} pfc_kinds[] = {
	{ "anon",  PFC_ANON, true,  PFC_MEAN,   20, pfc_map_anon, pfc_drop },
	{ "zero",  PFC_WP,   true,  PFC_MEAN,   20, pfc_map_anon, pfc_zero },
	{ "reuse", PFC_WP,   true,  PFC_MEDIAN, 12, pfc_map_anon, pfc_forked },
	{ "af",    PFC_AF,   false, PFC_MEDIAN, 12, pfc_map_anon, pfc_aged },
	{ "swap",  PFC_SWAP, false, PFC_MEDIAN, 12, pfc_swap_setup, pfc_paged_out },
	{ "file",  PFC_FILE, false, PFC_MEDIAN, 12, pfc_file_setup, pfc_drop, pfc_file_end },
	{ "numa",  PFC_NUMA, false, PFC_MEDIAN, 6, pfc_numa_setup, pfc_numa_hinted,
	  pfc_numa_end },
};

#define PFC_NR_KINDS	(sizeof(pfc_kinds) / sizeof(pfc_kinds[0]))

static const char * const pfc_class_keys[] = {
#define PFC_X(id, key, where) key,
	PFC_CLASSES(PFC_X)
#undef PFC_X
};

/* ---- pfclass's counters ------------------------------------------------ */

/*
 * "percpu" is read around each pass, being cheap; "stats", for what must never
 * rise, around all passes of a kind.
 */
static int pfc_want = -1;		/* of each page: 1, 0, or -1: do not check */
static int pfc_percpu_fd = -1;
static const char *pfc_hits_path;	/* count this file's number instead */
static char pfc_before[16384], pfc_after[16384];

static void pfc_counters_open(void)
{
	if (pfc_hits_path) {
		pfc_percpu_fd = open(pfc_hits_path, O_RDONLY | O_CLOEXEC);
		if (pfc_percpu_fd < 0)
			pfc_die("%s: %s", pfc_hits_path, strerror(errno));
		return;
	}
	if (pfc_want < 0)
		return;
	pfc_percpu_fd = open(PFC_PATH(PFC_FILE_PERCPU), O_RDONLY | O_CLOEXEC);
	if (pfc_percpu_fd < 0)
		pfc_die(PFC_PATH(PFC_FILE_PERCPU) ": %s", strerror(errno));
}

static void pfc_counters_read(char *text)
{
	if (pfc_percpu_fd >= 0 && pfc_read_fd(pfc_percpu_fd, text, sizeof(pfc_before)) < 0)
		pfc_die("cannot read the counters");
}

/* The columns of "percpu", summed: a value is -1 where one is unavailable. */
static void pfc_counters_sum(const char *text, long long *sum)
{
	char line[1024], *word, *save, *end;
	unsigned int i;
	size_t len;

	memset(sum, 0, PFC_NR_CLASSES * sizeof(*sum));
	text = strchr(text, '\n');
	while (text && *++text) {
		len = strcspn(text, "\n");
		if (len >= sizeof(line))
			pfc_die("percpu: a line is too long");
		memcpy(line, text, len);
		line[len] = '\0';
		strtok_r(line, " ", &save);
		for (i = 0; i < PFC_NR_CLASSES; i++) {
			word = strtok_r(NULL, " ", &save);
			if (!word)
				pfc_die("percpu: a line has no %s", pfc_class_keys[i]);
			if (!strcmp(word, PFC_UNAVAILABLE)) {
				sum[i] = -1;
				continue;
			}
			sum[i] += strtoll(word, &end, 10);
			if (*end)
				pfc_die("percpu: \"%s\" is no number", word);
		}
		text += len;
	}
}

/*
 * Whether a pass was counted: each fault once, in its class, and in no other.
 * False where the class is unavailable on this kernel; a wrong
 * count is the end.
 */
static bool pfc_check(const struct pfc_kind *kind, unsigned int pass, long taken)
{
	long long before[PFC_NR_CLASSES], after[PFC_NR_CLASSES], want;
	unsigned int i;

	if (pfc_percpu_fd < 0)
		return false;
	if (pfc_hits_path) {
		want = strtoll(pfc_after, NULL, 10) - strtoll(pfc_before, NULL, 10);
		if (want != taken)
			pfc_die("%s, pass %u: %ld faults were made, there were %lld hits",
				kind->name, pass, taken, want);
		return true;
	}
	pfc_counters_sum(pfc_before, before);
	pfc_counters_sum(pfc_after, after);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		want = 0;
		if (i == kind->class)
			want = (long long)pfc_want * pfc_pages;
		else if (i == PFC_AF)
			want = pfc_want * (taken - (long long)pfc_pages);
		if (before[i] >= 0 && after[i] - before[i] != want)
			pfc_die("%s, pass %u: %ld faults were made, %s rose by %lld, not by %lld",
				kind->name, pass, taken, pfc_class_keys[i],
				after[i] - before[i], want);
	}
	return after[kind->class] >= 0;
}

/* Faults of this process, by the kernel's own count. */
static long pfc_taken(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* Whether the touches were faults: without it the figure means nothing. */
static int pfc_check_taken(const struct pfc_kind *kind, unsigned int pass, long taken)
{
	if (!taken)
		return pfc_why("touching the pages is no fault on this machine");
	/* Before 5.18 a page that migrates comes out of it with no access flag. */
	if (kind->class == PFC_NUMA && taken == 2 * (long)pfc_pages)
		return 0;
	if (taken < (long)pfc_pages || (taken > (long)pfc_pages && pfc_percpu_fd >= 0))
		pfc_die("%s, pass %u: touching %u pages made %ld faults", kind->name,
			pass, pfc_pages, taken);
	return 0;
}

static void pfc_must_not_rise(const struct pfc_kind *kind, bool before)
{
	static const char * const keys[] = { "missed", "unclassified" };
	static long long was[2];
	static char text[32768];
	unsigned int i;
	long long is;

	if (pfc_percpu_fd < 0 || pfc_hits_path)
		return;
	if (pfc_read_file(PFC_PATH(PFC_FILE_STATS), text, sizeof(text)) < 0)
		pfc_die("cannot read " PFC_PATH(PFC_FILE_STATS));
	for (i = 0; i < 2; i++) {
		is = pfc_value(text, keys[i]);
		if (!before && is != was[i])
			pfc_die("%s: %s rose by %lld", kind->name, keys[i], is - was[i]);
		was[i] = is;
	}
}

/* ---- measuring --------------------------------------------------------- */

static int pfc_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t pfc_statistic(const struct pfc_kind *kind, uint64_t *ns, unsigned int n)
{
	uint64_t sum = 0;
	unsigned int i;

	qsort(ns, n, sizeof(*ns), pfc_compare);
	if (kind->statistic == PFC_MEDIAN)
		return (ns[(n - 1) / 2] + ns[n / 2]) / 2;
	for (i = 0; i < n; i++)
		sum += ns[i];
	return sum / n;
}

/*
 * Everything that the timed stretch and the reading of the counters need, as
 * the last thing before: preparations age or share this program's own pages.
 */
static void pfc_settle(const struct pfc_kind *kind)
{
	*(volatile int *)&errno = 0;
#ifdef PFC_RSEQ
	/* The kernel writes there when it was scheduled: the page must be there. */
	if (__rseq_size)
		((volatile struct rseq *)((char *)__builtin_thread_pointer() +
					  __rseq_offset))->flags = 0;
#endif
	pfc_counters_read(pfc_after);
	pfc_write_range(pfc_after, sizeof(pfc_after));
	pfc_write_range(pfc_before, sizeof(pfc_before));
	pfc_time_touches(pfc_dummy, pfc_page, true);
	pfc_time_touches(pfc_dummy, pfc_page, kind->write);
	pfc_counters_read(pfc_before);
	pfc_taken();
	pfc_wait_tick();
}

static void pfc_measure(const struct pfc_kind *kind, unsigned int passes)
{
	static uint64_t ns[PFC_MAX_PASSES], half[2][PFC_MAX_PASSES];
	unsigned int i, n = 0;
	bool exact = true;
	uint64_t took;
	long taken = 0;
	int err;

	if (!passes)
		passes = kind->passes;
	pfc_must_not_rise(kind, true);
	err = kind->setup();
	/* The first pass fills caches and page tables: it is not counted. */
	for (i = 0; !err && i <= passes; i++) {
		err = kind->prepare();
		if (err)
			break;
		pfc_settle(kind);
		pfc_counters_read(pfc_before);
		taken = pfc_taken();
		took = pfc_time_touches(pfc_base, pfc_len, kind->write);
		taken = pfc_taken() - taken;
		pfc_counters_read(pfc_after);
		err = pfc_check_taken(kind, i, taken);
		if (err)
			break;
		exact &= pfc_check(kind, i, taken);
		if (!i)
			continue;
		ns[n++] = took;
		if (i <= passes / 2)
			half[0][i - 1] = took;
		else
			half[1][i - 1 - passes / 2] = took;
	}
	if (kind->end)
		kind->end();
	if (err) {
		printf("%s - %s\n", kind->name, pfc_why_text);
		return;
	}
	pfc_must_not_rise(kind, false);
	printf("%s %s %u %u", kind->name,
	       kind->statistic == PFC_MEAN ? "mean" : "median",
	       taken >= 2 * (long)pfc_pages ? 2 * pfc_pages : pfc_pages, n);
	printf(" %llu", (unsigned long long)pfc_statistic(kind, ns, n));
	printf(" %llu", (unsigned long long)pfc_statistic(kind, half[0], n / 2));
	printf(" %llu", (unsigned long long)pfc_statistic(kind, half[1], n - n / 2));
	printf(" %llu %llu %s\n", (unsigned long long)ns[0], (unsigned long long)ns[n - 1],
	       pfc_percpu_fd < 0 ? "unchecked" : exact ? "exact" : "uncounted");
}

/* The same faults with nothing around them, for an observer outside the guest. */
static void pfc_repeat(const struct pfc_kind *kind, unsigned int passes)
{
	int err = kind->setup();

	while (!err && passes--) {
		err = kind->prepare();
		if (!err)
			pfc_time_touches(pfc_base, pfc_len, kind->write);
	}
	if (kind->end)
		kind->end();
	if (err)
		pfc_die("%s: %s", kind->name, pfc_why_text);
}

/* ---- loading and reading ----------------------------------------------- */

static void pfc_insmod(char **args)
{
	static char params[4096];
	uint64_t start, end;
	int fd, err, i;

	fd = open(args[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		pfc_die("%s: %s", args[0], strerror(errno));
	for (i = 1; args[i]; i++) {
		strncat(params, " ", sizeof(params) - strlen(params) - 1);
		strncat(params, args[i], sizeof(params) - strlen(params) - 1);
	}
	start = pfc_now();
	err = syscall(SYS_finit_module, fd, params, 0);
	end = pfc_now();
	if (err)
		pfc_die("insmod %s%s: %s", args[0], params, strerror(errno));
	printf("%llu\n", (unsigned long long)(end - start));
}

static void pfc_rmmod(const char *name)
{
	uint64_t start = pfc_now();

	if (syscall(SYS_delete_module, name, O_NONBLOCK))
		pfc_die("rmmod %s: %s", name, strerror(errno));
	printf("%llu\n", (unsigned long long)(pfc_now() - start));
}

static void pfc_time_read(const char *path, unsigned int passes)
{
	static uint64_t ns[PFC_MAX_PASSES];
	uint64_t start;
	unsigned int i;

	for (i = 0; i < passes; i++) {
		start = pfc_now();
		if (pfc_read_file(path, pfc_before, sizeof(pfc_before)) < 0)
			pfc_die("%s: %s", path, strerror(errno));
		ns[i] = pfc_now() - start;
	}
	qsort(ns, passes, sizeof(*ns), pfc_compare);
	printf("%llu %zu\n", (unsigned long long)ns[passes / 2], strlen(pfc_before));
}

/* ---- scaling ----------------------------------------------------------- */

/* Of one CPU's line of "percpu": the column of anon. 0 where it has no line. */
static long long pfc_anon_of(unsigned int cpu)
{
	static char text[65536];
	char *at = text;
	unsigned int n;
	long long anon;

	if (pfc_read_file(PFC_PATH(PFC_FILE_PERCPU), text, sizeof(text)) < 0)
		pfc_die("cannot read " PFC_PATH(PFC_FILE_PERCPU));
	while ((at = strchr(at, '\n')) && *++at)
		if (sscanf(at, "%u %lld", &n, &anon) == 2 && n == cpu)
			return anon;
	return 0;
}

static long long pfc_stat(const char *key)
{
	static char text[32768];

	if (pfc_read_file(PFC_PATH(PFC_FILE_STATS), text, sizeof(text)) < 0)
		pfc_die("cannot read " PFC_PATH(PFC_FILE_STATS));
	return pfc_value(text, key);
}

static void pfc_scale_one(unsigned int cpu, unsigned int passes, int start)
{
	unsigned int i;
	cpu_set_t set;
	char c;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) || pfc_map_anon())
		_exit(1);
	/* The other end is closed when all are there. */
	if (read(start, &c, 1))
		_exit(1);
	for (i = 0; i < passes; i++) {
		pfc_write_range(pfc_base, pfc_len);
		if (pfc_drop())
			_exit(1);
	}
	_exit(0);
}

/*
 * All CPUs fault at once, each a known number of times: each CPU's own counter
 * must have risen by exactly that. The filter keeps out everybody else.
 */
static void pfc_scale(unsigned int passes)
{
	unsigned int cpus = sysconf(_SC_NPROCESSORS_ONLN), i;
	static long long before[CPU_SETSIZE];
	long long want = (long long)passes * pfc_pages, rose;
	long long faults = pfc_stat("faults"), missed = pfc_stat("missed");
	int start[2], status;
	uint64_t began;

	if (cpus > CPU_SETSIZE)
		cpus = CPU_SETSIZE;
	if (pipe(start))
		pfc_die("pipe: %s", strerror(errno));
	for (i = 0; i < cpus; i++) {
		before[i] = pfc_anon_of(i);
		switch (fork()) {
		case -1:
			pfc_die("fork: %s", strerror(errno));
		case 0:
			close(start[1]);
			pfc_scale_one(i, passes, start[0]);
		}
	}
	close(start[0]);
	began = pfc_now();
	close(start[1]);
	for (i = 0; i < cpus; i++)
		if (wait(&status) < 0 || status)
			pfc_die("a faulting process failed");
	began = pfc_now() - began;
	for (i = 0; i < cpus; i++) {
		rose = pfc_anon_of(i) - before[i];
		if (rose != want)
			pfc_die("CPU %u made %lld faults, its anon rose by %lld", i, want, rose);
	}
	rose = pfc_stat("missed") - missed;
	if (rose)
		pfc_die("missed rose by %lld", rose);
	rose = pfc_stat("faults") - faults;
	if (faults >= 0 && rose != want * cpus)
		pfc_die("%lld faults were made, faults rose by %lld", want * cpus, rose);
	printf("%u %lld %llu\n", cpus, want * cpus, (unsigned long long)began);
}

/* ---- options ----------------------------------------------------------- */

static const struct argp_option pfc_options[] = {
	{ "kinds", 'k', "LIST", 0, "these kinds of fault only, separated by commas", 0 },
	{ "passes", 'p', "N", 0, "passes of each kind (at least 2), not counting a first one", 0 },
	{ "pages", 'n', "N", 0, "pages touched in a pass (default 512)", 0 },
	{ "check", 'c', "0|1", 0,
	  "after each pass pfclass must have counted each fault that often", 0 },
	{ "filter", 'f', "LIST", 0,
	  "set pfclass's filter before: tgid, addr, cgroup (what is measured), other (nobody), "
	  "separated by commas", 0 },
	{ "watch", 'w', "LIST", 0,
	  "add a watch with a filter before, likewise; the root counts all the same", 0 },
	{ "watches", 'W', "N", 0, "so many of these (default 1)", 0 },
	{ "hits", 'h', "FILE", 0,
	  "after each pass FILE's number must have risen by one a fault", 0 },
	{ "plain", 'P', "N", 0,
	  "take the faults of N passes; measure, check and print nothing", 0 },
	{ "scale", 's', NULL, 0,
	  "fault on all CPUs at once and check each one's own counter; print CPUs, "
	  "faults, nanoseconds", 1 },
	{ "insmod", 'i', NULL, 0,
	  "load the module ARG[0] with the parameters that follow; print nanoseconds", 1 },
	{ "rmmod", 'R', "NAME", 0, "unload the module; print nanoseconds", 1 },
	{ "read", 'r', "FILE", 0,
	  "open, read and close FILE; print the median's nanoseconds, and its size", 1 },
	{ 0 }
};

static struct pfc_arguments {
	char *kinds;
	unsigned int passes;
	unsigned int plain;
	char *filter;
	char *watch;
	unsigned int watches;
	char *read;
	char *rmmod;
	bool insmod;
	bool scale;
	char **rest;
} pfc_arguments;

static unsigned int pfc_number(const char *text, unsigned int max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || end == text || !n || n > max)
		pfc_die("%s is no number from 1 to %u", text, max);
	return n;
}

static void pfc_check_kinds(char *list)
{
	char *copy = strdup(list), *rest = copy, *name;
	unsigned int i;

	while (copy && (name = strsep(&rest, ","))) {
		for (i = 0; i < PFC_NR_KINDS && strcmp(name, pfc_kinds[i].name); i++)
			;
		if (i == PFC_NR_KINDS)
			pfc_die("no kind of fault is called \"%s\"", name);
	}
	free(copy);
}

static error_t pfc_option(int key, char *arg, struct argp_state *state)
{
	struct pfc_arguments *a = &pfc_arguments;

	switch (key) {
	case 'k':
		pfc_check_kinds(arg);
		a->kinds = arg;
		return 0;
	case 'p':
		a->passes = pfc_number(arg, PFC_MAX_PASSES);
		if (a->passes < 2)
			argp_error(state, "--passes takes 2 or more");
		return 0;
	case 'n':
		pfc_pages = pfc_number(arg, 65536);
		return 0;
	case 'c':
		if (strcmp(arg, "0") && strcmp(arg, "1"))
			argp_error(state, "--check takes 0 or 1");
		pfc_want = *arg - '0';
		return 0;
	case 'P':
		a->plain = pfc_number(arg, 1000000);
		return 0;
	case 'f':
		a->filter = arg;
		return 0;
	case 'w':
		a->watch = arg;
		return 0;
	case 'W':
		a->watches = pfc_number(arg, 1000);
		return 0;
	case 'h':
		pfc_hits_path = arg;
		return 0;
	case 'r':
		a->read = arg;
		return 0;
	case 'R':
		a->rmmod = arg;
		return 0;
	case 'i':
		a->insmod = true;
		return 0;
	case 's':
		a->scale = true;
		return 0;
	case ARGP_KEY_ARGS:
		a->rest = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		if (a->insmod)
			argp_error(state, "--insmod needs a module");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp pfc_argp = {
	pfc_options, pfc_option, "[ARG...]",
	"Times page faults by kind. One line a kind: its name, the statistic, faults, "
	"passes, then nanoseconds a pass: the statistic, the same of the first and of "
	"the second half of the passes, minimum, maximum; and whether every fault was "
	"counted.",
	NULL, NULL, NULL
};

static bool pfc_listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *at;

	for (at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

/* A control group of the benchmark's own, one level below the root. */
#define PFC_CGROUPS	"/sys/fs/cgroup"
#define PFC_CGROUP	"/pfclass-bench"

#define PFC_WATCH	" faultcost.%u "

/* The words of LIST, written to FILE after BEFORE. */
static void pfc_set_filter(const char *file, const char *before, const char *list)
{
	char text[160];
	int err, words, len = sprintf(text, "%s", before);

	words = len;
	if (pfc_listed(list, "tgid"))
		len += sprintf(text + len, "tgid=%d ", getpid());
	if (pfc_listed(list, "other"))
		len += sprintf(text + len, "tgid=%d ", 1);
	if (pfc_listed(list, "cgroup")) {
		mkdir(PFC_CGROUPS PFC_CGROUP, 0755);
		if (pfc_write_file(PFC_CGROUPS PFC_CGROUP "/cgroup.procs", "0"))
			pfc_die("cannot enter " PFC_CGROUPS PFC_CGROUP " (cgroup v2)");
		len += sprintf(text + len, "cgroup=" PFC_CGROUP " ");
	}
	if (pfc_listed(list, "addr"))
		len += sprintf(text + len, "addr=%p-%p ", (void *)PFC_BASE,
			       (void *)(PFC_BASE + pfc_len));
	if (len == words)
		pfc_die("--filter and --watch take tgid, addr, cgroup, other");
	text[len - 1] = '\0';
	err = pfc_write_file(file, text);
	if (err)
		pfc_die("%s: %s: %s", file, text, strerror(-err));
}

static void pfc_watches_add(const char *list, unsigned int nr)
{
	char before[64];

	while (nr--) {
		snprintf(before, sizeof(before), PFC_WATCH_ADD PFC_WATCH, nr);
		pfc_set_filter(PFC_PATH(PFC_FILE_WATCHES), before, list);
	}
}

static void pfc_watches_remove(unsigned int nr)
{
	char text[64];

	while (nr--) {
		snprintf(text, sizeof(text), PFC_WATCH_REMOVE PFC_WATCH, nr);
		pfc_write_file(PFC_PATH(PFC_FILE_WATCHES), text);
	}
}

/**
 * main() - see --help
 * @argc: number of @argv
 * @argv: options
 *
 * Return: 0, 1 when something was wrong, above all a count; or argp's status.
 */
int main(int argc, char **argv)
{
	struct pfc_arguments *a = &pfc_arguments;
	unsigned int i;

	argp_parse(&pfc_argp, argc, argv, 0, NULL, NULL);
	pfc_page = sysconf(_SC_PAGESIZE);
	pfc_len = pfc_pages * pfc_page;
	if (a->insmod) {
		pfc_insmod(a->rest);
		return 0;
	}
	if (a->rmmod) {
		pfc_rmmod(a->rmmod);
		return 0;
	}
	if (a->read) {
		pfc_time_read(a->read, a->passes ? a->passes : 9);
		return 0;
	}
	pfc_dummy = mmap(NULL, pfc_page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pfc_dummy == MAP_FAILED)
		pfc_die("mmap: %s", strerror(errno));
	if (a->filter)
		pfc_set_filter(PFC_PATH(PFC_FILE_FILTER), "", a->filter);
	if (a->watch)
		pfc_watches_add(a->watch, a->watches ? a->watches : 1);
	if (a->scale) {
		pfc_scale(a->passes ? a->passes : 40);
		return 0;
	}
	pfc_counters_open();
	/* No system call for output between two kinds: a reader would run. */
	setvbuf(stdout, NULL, _IOFBF, 65536);
	for (i = 0; i < PFC_NR_KINDS; i++)
		if (a->kinds && !pfc_listed(a->kinds, pfc_kinds[i].name))
			continue;
		else if (a->plain)
			pfc_repeat(&pfc_kinds[i], a->plain);
		else
			pfc_measure(&pfc_kinds[i], a->passes);
	if (a->filter)
		pfc_write_file(PFC_PATH(PFC_FILE_FILTER), PFC_FILTER_CLEAR);
	if (a->watch)
		pfc_watches_remove(a->watches ? a->watches : 1);
	return 0;
}
