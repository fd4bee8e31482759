// SPDX-License-Identifier: GPL-2.0
/*
 * Watches: each counts what it would count alone, whatever the root and the others do; they
 * come and go under load; one that is held goes with the file that it was written through.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "lib/files.h"
#include "lib/guard.h"
#include "lib/machine.h"
#include "lib/memory.h"
#include "lib/stats.h"

FIXTURE(watch) {
	struct pfc_guard *guard;
	char *base;
	size_t len, page;
	long max;
};

static int __attribute__((format(printf, 1, 2))) command(const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return pfc_write(pfc_path(PFC_FILE_WATCHES), text);
}

static const char *file_of(const char *watch, const char *file)
{
	char name[96];

	snprintf(name, sizeof(name), PFC_DIR_WATCH "/%s/%s", watch, file);
	return pfc_path(name);
}

/* Those that a test left behind. */
static void remove_all(void)
{
	static char text[16384];
	char *line, *save;

	if (pfc_read(pfc_path(PFC_FILE_WATCHES), text, sizeof(text)) <= 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "test.", 5))
			command("remove %.*s", (int)strcspn(line, " "), line);
}

FIXTURE_SETUP(watch)
{
	char why[PFC_WHY];
	long long max;

	if (pfc_not_ready(why, sizeof(why)))
		SKIP(return, "%s", why);
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
	ASSERT_EQ(0, pfc_guard_keep(self->guard, pfc_path(PFC_FILE_FILTER)));
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "1"));
	ASSERT_EQ(0, pfc_read_number("/sys/module/pfclass/parameters/watches", &max));
	self->max = max;
	remove_all();
	self->page = pfc_page_size();
	self->len = PFC_PAGES * self->page;
	self->base = pfc_map(self->len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, self->base);
	madvise(self->base, self->len, MADV_NOHUGEPAGE);
	/*
	 * The mapping gets its anon_vma now. A fault that must make it is retried while another
	 * thread has mmap_lock (vmf_anon_prepare(), since 6.10), and with account=0 each visit
	 * counts.
	 */
	pfc_write_pages(self->base, self->page, self->page);
}

FIXTURE_TEARDOWN(watch)
{
	remove_all();
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

/* PAGES wp faults; each page was only read before. */
static void fault(FIXTURE_DATA(watch) *self, unsigned int pages)
{
	madvise(self->base, self->len, MADV_DONTNEED);
	pfc_read_pages(self->base, self->len, self->page);
	pfc_write_pages(self->base, pages * self->page, self->page);
}

/* A key of a watch, or of the root: "". */
static long long value(const char *watch, unsigned int key)
{
	static char text[32768];
	struct pfc_stats stats;
	char why[PFC_WHY];
	ssize_t len;

	len = pfc_read(*watch ? file_of(watch, PFC_FILE_STATS) : pfc_path(PFC_FILE_STATS), text,
		       sizeof(text));
	if (len < 0)
		return -1000 + len;
	if (pfc_stats_parse(text, &stats, why, sizeof(why))) {
		fprintf(stderr, "# %s: %s\n", watch, why);
		return -3000;
	}
	/* Always, in each. */
	if (stats.val[PFC_FAULTS] >= 0 && pfc_classes_sum(&stats) >= 0 &&
	    stats.val[PFC_FAULTS] != pfc_classes_sum(&stats) + stats.val[PFC_UNCLASSIFIED])
		return -4000;
	return stats.val[key];
}

static long long wp(const char *watch)
{
	return value(watch, PFC_K_CLASS + PFC_WP);
}

/* Add a watch of what this process does to that memory. */
static int add_mine(const char *name, const void *base, size_t len)
{
	unsigned long start = (unsigned long)base;

	return command("add %s tgid=%d addr=0x%lx-0x%lx", name, getpid(), start, start + len);
}

static const char *list(void)
{
	static char text[16384];

	if (pfc_read(pfc_path(PFC_FILE_WATCHES), text, sizeof(text)) < 0)
		return "(cannot be read)";
	return text;
}

/* ---- what they count --------------------------------------------------------- */

TEST_F(watch, counts_what_it_would_count_alone)
{
	struct pfc_stats stats;
	long long before;
	char why[PFC_WHY];

	/* Alone: the root, by the same filter. */
	ASSERT_EQ(0, pfc_filter_range(self->base, self->len));
	before = wp("");
	fault(self, PFC_PAGES);
	ASSERT_EQ(PFC_PAGES, wp("") - before);

	ASSERT_EQ(0, add_mine("test.a", self->base, self->len));
	EXPECT_EQ(0, wp("test.a"));
	fault(self, PFC_PAGES);
	EXPECT_EQ(PFC_PAGES, wp("test.a"));
	EXPECT_EQ(2 * PFC_PAGES, wp("") - before);
	/* The root wants nothing of it; the watch does not mind, and the other way round. */
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_FILTER), "tgid=1"));
	before = wp("");
	fault(self, 11);
	EXPECT_EQ(PFC_PAGES + 11, wp("test.a"));
	EXPECT_EQ(before, wp(""));
	ASSERT_EQ(0, pfc_write(file_of("test.a", PFC_FILE_FILTER), "tgid=1"));
	ASSERT_EQ(0, pfc_filter_range(self->base, self->len));
	before = wp("");
	fault(self, 7);
	EXPECT_EQ(PFC_PAGES + 11, wp("test.a"));
	EXPECT_EQ(7, wp("") - before);
	ASSERT_EQ(0, pfc_stats_read(&stats, why, sizeof(why)))
		TH_LOG("%s", why);
	EXPECT_TRUE(stats.val[PFC_UNCLASSIFIED] <= 0);
}

TEST_F(watch, without_a_filter_it_counts_all)
{
	long long of_root, of_watch;

	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_FILTER), "clear"));
	ASSERT_EQ(0, command("add test.a"));
	of_root = wp("");
	of_watch = wp("test.a");
	EXPECT_LE(of_watch, of_root);
	fault(self, PFC_PAGES);
	of_watch = wp("test.a") - of_watch;
	of_root = wp("") - of_root;
	EXPECT_LE(PFC_PAGES, of_watch);
	/* The root is read last, and others may fault. */
	EXPECT_LE(of_watch, of_root);
}

static void *fault_thread(void *self)
{
	fault(self, PFC_PAGES);
	return NULL;
}

struct threads {
	FIXTURE_DATA(watch) *self;
	int ready[2], go[2];
	pid_t tid;
};

static void *wait_and_fault(void *arg)
{
	struct threads *t = arg;
	char byte = 0;

	prctl(PR_SET_NAME, "pfc-thread");
	t->tid = syscall(SYS_gettid);
	if (write(t->ready[1], &byte, 1) != 1 || read(t->go[0], &byte, 1) != 1)
		return t;
	fault(t->self, PFC_PAGES);
	return NULL;
}

/* Each of the words that ask who faults. */
TEST_F(watch, filters_know_thread_and_name)
{
	struct threads t = { .self = self };
	unsigned long start = (unsigned long)self->base, end = start + self->len;
	pthread_t thread;
	char byte;
	void *bad;

	ASSERT_EQ(0, pipe(t.ready) || pipe(t.go));
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_and_fault, &t));
	ASSERT_EQ(1, read(t.ready[0], &byte, 1));
	ASSERT_EQ(0, command("add test.pid pid=%d addr=0x%lx-0x%lx", t.tid, start, end));
	ASSERT_EQ(0, command("add test.main pid=%d addr=0x%lx-0x%lx", getpid(), start, end));
	ASSERT_EQ(0, command("add test.both pid=%d,%d addr=0x%lx-0x%lx", getpid(), t.tid, start,
			     end));
	ASSERT_EQ(0, command("add test.comm comm=pfc-thread addr=0x%lx-0x%lx", start, end));
	ASSERT_EQ(0, command("add test.other comm=pfc-threa addr=0x%lx-0x%lx", start, end));
	ASSERT_EQ(0, command("add test.tgid tgid=1,%d,2 addr=0x%lx-0x%lx", getpid(), start, end));
	ASSERT_EQ(0, command("add test.none tgid=1,2,3 addr=0x%lx-0x%lx", start, end));
	ASSERT_EQ(1, write(t.go[1], &byte, 1));
	pthread_join(thread, &bad);
	EXPECT_EQ(NULL, bad);
	EXPECT_EQ(PFC_PAGES, wp("test.pid"));
	EXPECT_EQ(0, wp("test.main"));
	EXPECT_EQ(PFC_PAGES, wp("test.both"));
	EXPECT_EQ(PFC_PAGES, wp("test.comm"));
	EXPECT_EQ(0, wp("test.other"));
	EXPECT_EQ(PFC_PAGES, wp("test.tgid"));
	EXPECT_EQ(0, wp("test.none"));
	fault(self, 11);
	EXPECT_EQ(PFC_PAGES, wp("test.pid"));
	EXPECT_EQ(11, wp("test.main"));
	EXPECT_EQ(PFC_PAGES + 11, wp("test.both"));
	EXPECT_EQ(PFC_PAGES, wp("test.comm"));
	EXPECT_EQ(PFC_PAGES + 11, wp("test.tgid"));
	EXPECT_EQ(0, wp("test.none"));
}

TEST_F(watch, reset_is_its_own)
{
	long long root;

	ASSERT_EQ(0, pfc_filter_range(self->base, self->len));
	ASSERT_EQ(0, add_mine("test.a", self->base, self->len));
	ASSERT_EQ(0, add_mine("test.b", self->base, self->len));
	fault(self, 11);
	root = wp("");
	EXPECT_LE(11, root);
	ASSERT_EQ(0, pfc_write(file_of("test.a", PFC_FILE_RESET), "1"));
	EXPECT_EQ(0, wp("test.a"));
	EXPECT_EQ(11, wp("test.b"));
	EXPECT_EQ(root, wp(""));
	fault(self, 7);
	EXPECT_EQ(7, wp("test.a"));
	EXPECT_EQ(18, wp("test.b"));
	EXPECT_EQ(root + 7, wp(""));
	/* The root's reset is the root's. */
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1"));
	EXPECT_EQ(0, wp(""));
	EXPECT_EQ(7, wp("test.a"));
	EXPECT_EQ(18, wp("test.b"));
	EXPECT_EQ(-EINVAL, pfc_write(file_of("test.a", PFC_FILE_RESET), "2"));
	EXPECT_EQ(7, wp("test.a"));
	/* What the kernel counted, and what was missed, is since then, too. */
	EXPECT_LE(value("test.b", PFC_MISSED), 0);
	if (value("test.a", PFC_PGFAULT) >= 0)
		EXPECT_LE(value("test.a", PFC_PGFAULT), value("test.b", PFC_PGFAULT));
}

TEST_F(watch, percpu_sums_to_stats)
{
	static char text[65536];
	char *line, *save;
	long long sum = 0, n;

	ASSERT_EQ(0, add_mine("test.a", self->base, self->len));
	fault(self, PFC_PAGES);
	ASSERT_LT(0, pfc_read(file_of("test.a", PFC_FILE_PERCPU), text, sizeof(text)));
	line = strtok_r(text, "\n", &save);
	ASSERT_NE(NULL, line);
	EXPECT_EQ(0, strncmp(line, "cpu anon wp ", 12));
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (sscanf(line, "%*d %*s %lld", &n) == 1)
			sum += n;
	}
	EXPECT_EQ(PFC_PAGES, sum);
}

TEST_F(watch, latency_is_of_its_own_faults)
{
	static char text[65536];
	long long count = -1;
	char *line;

	ASSERT_EQ(0, add_mine("test.a", self->base, self->len));
	fault(self, PFC_PAGES);
	ASSERT_LT(0, pfc_read(file_of("test.a", PFC_FILE_LATENCY), text, sizeof(text)));
	line = strstr(text, "\nwp count ");
	ASSERT_NE(NULL, line);
	if (!strncmp(line + 10, PFC_UNAVAILABLE, strlen(PFC_UNAVAILABLE)))
		SKIP(return, "latency=0");
	count = atoll(line + 10);
	EXPECT_EQ(PFC_PAGES, count);
}

/* ---- many --------------------------------------------------------------------- */

/* As many as there may be, each of a process of its own that faults a number of its own. */
TEST_F_TIMEOUT(watch, many_at_once, 300)
{
	long nr = self->max < 50 ? self->max : 50, i;
	unsigned int pages;
	int go[2], status;
	pid_t pid[50];
	char byte, name[32];

	ASSERT_EQ(0, pipe(go));
	for (i = 0; i < nr; i++) {
		pid[i] = fork();
		ASSERT_LE(0, pid[i]);
		if (!pid[i]) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pfc_guard_forget(self->guard);
			close(go[1]);
			if (read(go[0], &byte, 1))
				_exit(1);
			fault(self, i % PFC_PAGES + 1);
			_exit(0);
		}
		ASSERT_EQ(0, command("add test.%ld tgid=%d addr=0x%lx-0x%lx", i, pid[i],
				     (unsigned long)self->base,
				     (unsigned long)self->base + self->len));
	}
	/* One more finds no room, and says so. */
	if (nr == self->max)
		EXPECT_EQ(-ENOSPC, command("add test.more"));
	close(go[1]);
	for (i = 0; i < nr; i++) {
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	close(go[0]);
	for (i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "test.%ld", i);
		pages = i % PFC_PAGES + 1;
		EXPECT_EQ(pages, wp(name))
			TH_LOG("%s", name);
		EXPECT_EQ(0, command("remove %s", name));
	}
}

static atomic_bool stop;

/* It takes no lock: whoever does goes first. */
static void *fault_on(void *until)
{
	if (setpriority(PRIO_PROCESS, syscall(SYS_gettid), 19))
		return until;
	return pfc_fault_on(until);
}

/* Reads of one that comes and goes: it is there, or it is not. */
static void *read_on(void *unused)
{
	char text[32768];
	ssize_t len;

	while (!atomic_load(&stop)) {
		len = pfc_read(file_of("test.b", PFC_FILE_STATS), text, sizeof(text));
		if (len < 0 && len != -ENOENT && len != -EIO)
			return (void *)-len;
		pfc_read(pfc_path(PFC_FILE_WATCHES), text, sizeof(text));
	}
	return NULL;
}

/* Three that take faults, one that reads. */
static int begin_load(pthread_t thread[4])
{
	unsigned int i;
	int err = 0;

	atomic_store(&stop, false);
	for (i = 0; i < 4 && !err; i++)
		err = pthread_create(&thread[i], NULL, i < 3 ? fault_on : read_on,
				     i < 3 ? &stop : NULL);
	return err;
}

/* Return: what the first of them returned that could not go on. */
static void *end_load(pthread_t thread[4])
{
	void *bad = NULL, *its;
	unsigned int i;

	atomic_store(&stop, true);
	for (i = 0; i < 4; i++) {
		pthread_join(thread[i], &its);
		bad = bad ?: its;
	}
	return bad;
}

static const char * const kinds[] = { "Percpu", "Slab" };

/* What the kernel has taken of each kind, kilobytes. */
static void read_memory(long *kb)
{
	unsigned int i;

	pfc_shrink_slabs();
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		kb[i] = pfc_meminfo_kb(kinds[i]);
}

/*
 * One stays and counts exactly while others come and go, for 3 s or until PFC_COMINGS have
 * come. With many of these not even the smallest object of each can be left: 8 bytes.
 */
TEST_F_TIMEOUT(watch, come_and_go_under_load, 5000)
{
	const char *given = getenv("PFC_COMINGS");
	long wanted = given ? atol(given) : 0;
	long held = wanted && self->max > 52 ? 50 : 2, comings = 0;
	long limit = wanted < 100000 ? 1024 : wanted * 6 / 1024, rose;
	long before[ARRAY_SIZE(kinds)] = {}, after[ARRAY_SIZE(kinds)];
	unsigned long start = (unsigned long)self->base;
	char text[128], name[32];
	pthread_t thread[4];
	long long end, root;
	unsigned int i, turns = 0;
	int fd;

	ASSERT_EQ(0, pfc_filter_range(self->base, self->len));
	ASSERT_EQ(0, add_mine("test.a", self->base, self->len));
	root = wp("");
	ASSERT_EQ(0, begin_load(thread));
	for (end = pfc_now_ms() + 3000;
	     turns < 10 || (wanted ? comings < wanted : pfc_now_ms() < end); turns++) {
		/* By then the kernel has what it keeps for the next ones. */
		if (!before[0] && turns >= 5 && comings >= wanted / 10) {
			ASSERT_EQ(NULL, end_load(thread));
			read_memory(before);
			ASSERT_EQ(0, begin_load(thread));
		}
		ASSERT_EQ(0, command("add test.b"));
		ASSERT_EQ(0, add_mine("test.c", self->base, self->len));
		fd = open(pfc_path(PFC_FILE_WATCHES), O_WRONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		for (i = 0; i < held; i++) {
			snprintf(text, sizeof(text), "add test.%u hold tgid=%d addr=0x%lx-0x%lx",
				 i, getpid(), start, start + self->len);
			ASSERT_EQ(strlen(text), write(fd, text, strlen(text)));
		}
		fault(self, 7);
		EXPECT_EQ(7, wp("test.c"));
		snprintf(name, sizeof(name), "test.%lu", turns % held);
		EXPECT_EQ(7, wp(name));
		ASSERT_EQ(0, pfc_write(file_of("test.c", PFC_FILE_FILTER), "tgid=1"));
		ASSERT_EQ(0, command("remove test.b"));
		ASSERT_EQ(0, command("remove test.c"));
		ASSERT_EQ(0, close(fd));
		comings += held + 2;
	}
	EXPECT_EQ(NULL, end_load(thread));
	read_memory(after);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		ASSERT_LT(0, before[i]);
		rose = after[i] - before[i];
		TH_LOG("%ld watches came and went, %u turns; %s rose by %ld kB", comings, turns,
		       kinds[i], rose);
		EXPECT_GT(limit, rose);
	}
	EXPECT_EQ(7 * turns, wp("test.a"));
	EXPECT_EQ(7 * turns, wp("") - root);
}

/* ---- names and commands ---------------------------------------------------------- */

TEST_F(watch, list_shows_name_and_filter)
{
	ASSERT_EQ(0, command("add test.a"));
	ASSERT_EQ(0, command(" add   test.b  addr=4096-8192  tgid=7,8\t\n"));
	ASSERT_EQ(0, command("add test.c hold"));
	ASSERT_EQ(0, command("add test.d clear"));
	/* What was written through is closed. */
	EXPECT_STREQ("test.a clear\ntest.b tgid=7,8 addr=0x1000-0x2000\ntest.d clear\n", list());
	ASSERT_EQ(0, pfc_write(file_of("test.a", PFC_FILE_FILTER), "pid=3 comm=sh"));
	EXPECT_STREQ("test.a pid=3 comm=sh\ntest.b tgid=7,8 addr=0x1000-0x2000\ntest.d clear\n",
		     list());
	ASSERT_EQ(0, command("remove test.b"));
	EXPECT_STREQ("test.a pid=3 comm=sh\ntest.d clear\n", list());
	EXPECT_EQ(-EEXIST, command("add test.a"));
	EXPECT_EQ(-ENOENT, command("remove test.b"));
}

TEST_F(watch, malformed_commands_change_nothing)
{
	static const char * const bad[] = {
		" ", "add", "add ", "remove", "add test.x tgid=0", "add test.x nonsense",
		"add test.x hold nonsense", "add test.x holding", "add test.x clear tgid=1",
		"remove test.a now", "ADD test.x", "test.x", "add .", "add ..", "add ../x",
		"add a/b", "add /", "add test:x", "add test*",
		"add abcdefghijklmnopqrstuvwxyz1234567", "remove", "clear", "hold",
	};
	unsigned int i;

	ASSERT_EQ(0, command("add test.a tgid=7"));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, command("%s", bad[i]))
			TH_LOG("'%s'", bad[i]);
		EXPECT_STREQ("test.a tgid=7\n", list());
	}
	/* As long as can be. */
	ASSERT_EQ(0, command("add test.fghijklmnopqrstuvwxyz123456"));
	EXPECT_EQ(0, wp("test.fghijklmnopqrstuvwxyz123456"));
}

TEST_F(watch, files_have_their_modes)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {
		{ PFC_FILE_STATS, 0444 }, { PFC_FILE_PERCPU, 0444 }, { PFC_FILE_LATENCY, 0444 },
		{ PFC_FILE_FILTER, 0600 }, { PFC_FILE_RESET, 0200 },
	};
	mode_t mask = pfc_mount_point("debugfs") ? 07777 : 0700;
	char path[96];
	struct stat st;
	unsigned int i;

	ASSERT_EQ(0, command("add test.a"));
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		ASSERT_EQ(0, stat(file_of("test.a", files[i].name), &st))
			TH_LOG("%s: %s", files[i].name, strerror(errno));
		EXPECT_EQ(files[i].mode & mask, st.st_mode & 07777);
		snprintf(path, sizeof(path), "/proc/" PFC_DIR "/" PFC_DIR_WATCH "/test.a/%s",
			 files[i].name);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(files[i].mode & 0700, st.st_mode & 07777);
	}
	EXPECT_NE(0, access(file_of("test.a", PFC_FILE_PROBES), F_OK));
	EXPECT_NE(0, access(file_of("test.a", PFC_FILE_ENABLED), F_OK));
	ASSERT_EQ(0, stat(pfc_path(PFC_FILE_WATCHES), &st));
	EXPECT_EQ(0600, st.st_mode & 07777);
	ASSERT_EQ(0, command("remove test.a"));
	EXPECT_NE(0, access(file_of("test.a", PFC_FILE_STATS), F_OK));
	EXPECT_NE(0, access("/proc/" PFC_DIR "/" PFC_DIR_WATCH "/test.a", F_OK));
}

/* ---- hold -------------------------------------------------------------------------- */

TEST_F(watch, held_ones_go_with_their_file)
{
	static const char * const dirs[] = { NULL, "/proc/" PFC_DIR };
	char path[64];
	unsigned int i;
	int fd, other;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "%s/" PFC_FILE_WATCHES, dirs[i] ? dirs[i] : "");
		fd = open(dirs[i] ? path : pfc_path(PFC_FILE_WATCHES), O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd);
		ASSERT_EQ(15, write(fd, "add test.h hold", 15));
		ASSERT_EQ(22, write(fd, "add test.i hold tgid=7", 22));
		ASSERT_EQ(10, write(fd, "add test.j", 10));
		EXPECT_STREQ("test.h clear\ntest.i tgid=7\ntest.j clear\n", list());
		other = dup(fd);
		close(fd);
		EXPECT_STREQ("test.h clear\ntest.i tgid=7\ntest.j clear\n", list());
		close(other);
		EXPECT_STREQ("test.j clear\n", list());
		ASSERT_EQ(0, command("remove test.j"));
	}
}

TEST_F(watch, held_one_goes_when_its_holder_is_killed)
{
	static const char text[] = "add test.h hold";
	int ready[2], status;
	char byte = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int fd = open(pfc_path(PFC_FILE_WATCHES), O_WRONLY | O_CLOEXEC);

		pfc_guard_forget(self->guard);
		if (fd < 0 || write(fd, text, strlen(text)) < 0 || write(ready[1], &byte, 1) < 0)
			_exit(1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_STREQ("test.h clear\n", list());
	EXPECT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_STREQ("", list());
	EXPECT_NE(0, access(file_of("test.h", PFC_FILE_STATS), F_OK));
}

/* Its files may be open when it goes; who reads on gets an error, and nothing else. */
TEST_F(watch, files_that_are_open_when_it_goes)
{
	static const char * const names[] = {
		PFC_FILE_STATS, PFC_FILE_PERCPU, PFC_FILE_LATENCY, PFC_FILE_FILTER,
	};
	char path[96], text[64];
	unsigned int i, round;
	int fd[2 * ARRAY_SIZE(names)];

	for (round = 0; round < 20; round++) {
		ASSERT_EQ(0, command("add test.a"));
		for (i = 0; i < ARRAY_SIZE(names); i++) {
			fd[2 * i] = open(file_of("test.a", names[i]), O_RDONLY | O_CLOEXEC);
			ASSERT_LE(0, fd[2 * i]);
			snprintf(path, sizeof(path), "/proc/" PFC_DIR "/" PFC_DIR_WATCH
				 "/test.a/%s", names[i]);
			fd[2 * i + 1] = open(path, O_RDONLY | O_CLOEXEC);
			ASSERT_LE(0, fd[2 * i + 1]);
			EXPECT_LT(0, read(fd[2 * i], text, 8));
		}
		ASSERT_EQ(0, command("remove test.a"));
		/* A new one of the same name is another one. */
		ASSERT_EQ(0, command("add test.a"));
		for (i = 0; i < ARRAY_SIZE(fd); i++) {
			EXPECT_EQ(-1, pread(fd[i], text, sizeof(text), 0));
			EXPECT_EQ(EIO, errno);
			EXPECT_EQ(0, close(fd[i]));
		}
		EXPECT_EQ(0, wp("test.a"));
		ASSERT_EQ(0, command("remove test.a"));
	}
}

/* ---- the rest goes on ---------------------------------------------------------------- */

TEST_F(watch, disarming_stops_all_and_arming_starts_all)
{
	pthread_t thread;

	ASSERT_EQ(0, add_mine("test.a", self->base, self->len));
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_ENABLED), "0"));
	fault(self, PFC_PAGES);
	EXPECT_EQ(0, wp("test.a"));
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_ENABLED), "1"));
	ASSERT_EQ(0, pthread_create(&thread, NULL, fault_thread, self));
	pthread_join(thread, NULL);
	EXPECT_EQ(PFC_PAGES, wp("test.a"));
}

TEST_HARNESS_MAIN
