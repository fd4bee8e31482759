// SPDX-License-Identifier: GPL-2.0
/*
 * The files themselves: what they hold, accept and refuse.
 *
 * The faults are writes to pages that were only read: class wp on every kernel and in
 * every mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include <sys/wait.h>

#include <kselftest_harness.h>

#include "lib/files.h"
#include "lib/guard.h"
#include "lib/machine.h"
#include "lib/memory.h"
#include "lib/stats.h"

FIXTURE(control) {
	struct pfc_guard *guard;
	char *base;
	size_t len, page;
};

FIXTURE_SETUP(control)
{
	char why[PFC_WHY];

	if (pfc_not_ready(why, sizeof(why)))
		SKIP(return, "%s", why);
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
	ASSERT_EQ(0, pfc_guard_keep(self->guard, pfc_path(PFC_FILE_FILTER)));
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "1"));
	self->page = pfc_page_size();
	self->len = PFC_PAGES * self->page;
	self->base = pfc_map(self->len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, self->base);
	madvise(self->base, self->len, MADV_NOHUGEPAGE);
	ASSERT_EQ(0, pfc_filter_range(self->base, self->len));
}

FIXTURE_TEARDOWN(control)
{
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

/* The pages are the zero page again: each write will be one wp fault. */
static void arm(FIXTURE_DATA(control) *self)
{
	madvise(self->base, self->len, MADV_DONTNEED);
	pfc_read_pages(self->base, self->len, self->page);
}

static void fault(FIXTURE_DATA(control) *self)
{
	pfc_write_pages(self->base, self->len, self->page);
}

static long long value(unsigned int key)
{
	struct pfc_stats stats;
	char why[PFC_WHY];

	if (pfc_stats_read(&stats, why, sizeof(why))) {
		fprintf(stderr, "# %s\n", why);
		return -100;
	}
	return stats.val[key];
}

static long long counted(void)
{
	return value(PFC_K_CLASS + PFC_WP);
}

/* ---- what they hold ---------------------------------------------------- */

TEST_F(control, files_have_their_modes)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {
		{ PFC_FILE_STATS, 0444 },
		{ PFC_FILE_PERCPU, 0444 },
		{ PFC_FILE_PROBES, 0444 },
		{ PFC_FILE_LATENCY, 0444 },
		{ PFC_FILE_ENABLED, 0600 },
		{ PFC_FILE_FILTER, 0600 },
		{ PFC_FILE_RESET, 0200 },
		{ PFC_FILE_WATCHES, 0600 },
		{ PFC_FILE_CGROUPS, 0444 },
	};
	/* Without debugfs they are those of /proc, below. */
	mode_t mask = pfc_mount_point("debugfs") ? 07777 : 0700;
	struct stat st;
	char path[64];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		ASSERT_EQ(0, stat(pfc_path(files[i].name), &st))
			TH_LOG("%s: %s", files[i].name, strerror(errno));
		EXPECT_EQ(files[i].mode & mask, st.st_mode & 07777)
			TH_LOG("%s", files[i].name);
		/* Their owner's alone: /proc is open to all. */
		snprintf(path, sizeof(path), "/proc/" PFC_DIR "/%s", files[i].name);
		ASSERT_EQ(0, stat(path, &st))
			TH_LOG("%s: %s", path, strerror(errno));
		EXPECT_EQ(files[i].mode & 0700, st.st_mode & 07777)
			TH_LOG("%s", path);
	}
	ASSERT_EQ(0, stat("/proc/" PFC_DIR, &st));
	EXPECT_EQ(0500, st.st_mode & 07777);
}

TEST_F(control, stats_has_every_key_once_and_in_order)
{
	static char text[32768], copy[32768];
	struct pfc_stats stats;
	char why[PFC_WHY], key[64], *at, *last = text;
	unsigned int i;

	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_STATS), text, sizeof(text)));
	strcpy(copy, text);
	ASSERT_EQ(0, pfc_stats_parse(copy, &stats, why, sizeof(why)))
		TH_LOG("%s", why);
	for (i = 0; i < PFC_NR_KEYS; i++) {
		if (!pfc_key_is_shown(i))
			continue;
		snprintf(key, sizeof(key), "\n%s ", pfc_key(i));
		at = strstr(text, key);
		ASSERT_NE(NULL, at)
			TH_LOG("no key %s", pfc_key(i));
		/* The splits follow the refinements, class by class. */
		EXPECT_LT(last, at)
			TH_LOG("%s is out of order", pfc_key(i));
		if (i < PFC_K_ACCESS)
			last = at;
	}
}

TEST_F(control, percpu_sums_to_stats)
{
	cpu_set_t cpus;
	char why[PFC_WHY];
	int cpu, used = 0;

	ASSERT_EQ(0, sched_getaffinity(0, sizeof(cpus), &cpus));
	for (cpu = 0; cpu < CPU_SETSIZE && used < 4; cpu++) {
		if (!CPU_ISSET(cpu, &cpus) || pfc_pin(cpu))
			continue;
		used++;
		arm(self);
		fault(self);
		EXPECT_EQ(0, pfc_percpu_differs(why, sizeof(why)))
			TH_LOG("cpu %d: %s", cpu, why);
	}
	EXPECT_LT(0, used);
}

static bool is_word(const char *text, const char * const *words)
{
	for (; *words; words++)
		if (!strcmp(text, *words))
			return true;
	return false;
}

static bool is_number(const char *text)
{
	return !strcmp(text, "-") ||
	       (*text && strspn(text, "0123456789") == strlen(text));
}

TEST_F(control, probes_has_the_method_of_each_class)
{
#define PFC_X(id, word) word,
	static const char * const methods[] = { PFC_METHODS(PFC_X) NULL };
	static const char * const states[] = { PFC_STATES(PFC_X) NULL };
#undef PFC_X
	static char text[32768];
	char class[128], method[32], probe[128], backend[32], state[32];
	char hits[32], missed[32], reason[512], *line, *save, *word, *comma;
	bool shown[PFC_NR_CLASSES] = {};
	unsigned int i;
	long long v;
	int columns;

	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_PROBES), text, sizeof(text)));
	line = strtok_r(text, "\n", &save);
	ASSERT_NE(NULL, line);
	EXPECT_STREQ(PFC_PROBES_HEADER, line);
	while ((line = strtok_r(NULL, "\n", &save))) {
		columns = sscanf(line, "%127s %31s %127s %31s %31s %31s %31s %511[^\n]",
				 class, method, probe, backend, state, hits, missed, reason);
		ASSERT_EQ(8, columns)
			TH_LOG("a row without eight columns: %s", line);
		EXPECT_TRUE(is_word(method, methods))
			TH_LOG("the method is '%s': %s", method, line);
		EXPECT_TRUE(is_word(state, states))
			TH_LOG("state is '%s': %s", state, line);
		EXPECT_TRUE(is_number(hits) && is_number(missed))
			TH_LOG("hits or missed is no number: %s", line);
		/* symbol+offset, never a kernel address. */
		EXPECT_TRUE(!strcmp(probe, "-") || strstr(probe, "+0x"))
			TH_LOG("the probe point is '%s'", probe);
		EXPECT_EQ(NULL, strstr(line, "ffff"))
			TH_LOG("a raw address? %s", line);
		if (!strcmp(method, PFC_UNAVAILABLE) || !strcmp(state, "off"))
			EXPECT_STRNE("-", reason)
				TH_LOG("off without a reason: %s", line);
		for (word = strtok_r(class, ",", &comma); word;
		     word = strtok_r(NULL, ",", &comma)) {
			for (i = 0; i < PFC_NR_CLASSES; i++)
				if (!strcmp(word, pfc_class_key(i)))
					break;
			EXPECT_TRUE(i < PFC_NR_CLASSES || !strcmp(word, "visit"))
				TH_LOG("'%s' is no class", word);
			if (i < PFC_NR_CLASSES)
				shown[i] = true;
		}
	}
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		v = value(PFC_K_CLASS + i);
		EXPECT_TRUE(shown[i] || v == PFC_NA)
			TH_LOG("%s has a count and no row in probes",
			       pfc_class_key(i));
		if (i < PFC_NR_FOUNDING)
			EXPECT_TRUE(shown[i])
				TH_LOG("probes does not mention %s", pfc_class_key(i));
	}
}

/* ---- enabled ----------------------------------------------------------- */

TEST_F(control, enabled_stops_and_starts)
{
	const char *path = pfc_path(PFC_FILE_ENABLED);
	char text[16], probes[32768];
	long long before;

	arm(self);
	before = counted();
	ASSERT_EQ(0, pfc_write(path, "0\n"));
	ASSERT_LT(0, pfc_read(path, text, sizeof(text)));
	EXPECT_STREQ("0\n", text);
	fault(self);
	EXPECT_EQ(before, counted());
	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_PROBES), probes, sizeof(probes)));
	EXPECT_EQ(NULL, strstr(probes, " armed "));
	EXPECT_NE(NULL, strstr(probes, " disarmed "));
	EXPECT_EQ(0, pfc_write(path, "0"));

	ASSERT_EQ(0, pfc_write(path, "1\n"));
	EXPECT_EQ(0, pfc_write(path, "1"));
	ASSERT_LT(0, pfc_read(path, text, sizeof(text)));
	EXPECT_STREQ("1\n", text);
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before + PFC_PAGES, counted());
}

/* Longer than any command may be. */
static char *long_text(void)
{
	static char text[5001];

	memset(text, '1', sizeof(text) - 1);
	return text;
}

TEST_F(control, enabled_refuses_all_but_0_and_1)
{
	const char *path = pfc_path(PFC_FILE_ENABLED);
	const char * const bad[] = {
		"2", "-1", "01", "1 1", "yes", "y", "on", "true", "1x", "\n", " ",
		long_text(),
	};
	char text[16];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, pfc_write(path, bad[i]))
			TH_LOG("'%.20s'", bad[i]);
		ASSERT_LT(0, pfc_read(path, text, sizeof(text)));
		EXPECT_STREQ("1\n", text);
	}
}

/* ---- reset ------------------------------------------------------------- */

TEST_F(control, reset_reads_zero_and_counts_on)
{
	struct pfc_stats stats;
	char why[PFC_WHY];
	unsigned int i;

	arm(self);
	fault(self);
	ASSERT_LE(PFC_PAGES, counted());
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1\n"));
	ASSERT_EQ(0, pfc_stats_read(&stats, why, sizeof(why)))
		TH_LOG("%s", why);
	/* pgfault is the whole machine's. */
	for (i = 0; i < PFC_NR_KEYS; i++)
		EXPECT_TRUE(stats.val[i] <= 0 || i == PFC_PGFAULT)
			TH_LOG("%s %lld", pfc_key(i), stats.val[i]);
	EXPECT_EQ(0, pfc_percpu_differs(why, sizeof(why)))
		TH_LOG("%s", why);
	arm(self);
	fault(self);
	EXPECT_EQ(PFC_PAGES, counted());
	EXPECT_EQ(0, pfc_percpu_differs(why, sizeof(why)))
		TH_LOG("%s", why);
}

/* What the kernel counted before is gone, too: more faults than happen while it is read. */
TEST_F(control, reset_takes_pgfault_along)
{
	long long before;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		arm(self);
		fault(self);
	}
	before = value(PFC_PGFAULT);
	if (before == PFC_NA)
		SKIP(return, "a kernel without CONFIG_VM_EVENT_COUNTERS");
	ASSERT_LE(100 * PFC_PAGES, before);
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1\n"));
	EXPECT_GT(before, value(PFC_PGFAULT));
}

TEST_F(control, reset_refuses_all_but_1)
{
	const char *path = pfc_path(PFC_FILE_RESET);
	const char * const bad[] = {
		"0", "2", "-1", "01", "11", "1 1", "reset", "1x", "\n", long_text(),
	};
	long long before;
	unsigned int i;

	arm(self);
	fault(self);
	before = counted();
	ASSERT_LE(PFC_PAGES, before);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, pfc_write(path, bad[i]))
			TH_LOG("'%.20s'", bad[i]);
		EXPECT_EQ(before, counted());
	}
}

/* ---- filter ------------------------------------------------------------ */

static int filter(const char *text)
{
	return pfc_write(pfc_path(PFC_FILE_FILTER), text);
}

static const char *filter_now(void)
{
	static char text[512];

	if (pfc_read(pfc_path(PFC_FILE_FILTER), text, sizeof(text)) < 0)
		return "(cannot be read)";
	return text;
}

TEST_F(control, filter_addr_is_from_start_to_before_end)
{
	const unsigned int first = 5, pages = 11;
	char text[128];
	long long before;

	/* Each range's edges: to the byte, whatever is touched of a page. */
	snprintf(text, sizeof(text), "tgid=%d addr=0x%lx-0x%lx", getpid(),
		 (unsigned long)self->base + first * self->page,
		 (unsigned long)self->base + (first + pages) * self->page);
	ASSERT_EQ(0, filter(text));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before + pages, counted());

	/* In decimal, the first byte of one page alone. */
	snprintf(text, sizeof(text), "addr=%lu-%lu tgid=%d",
		 (unsigned long)self->base, (unsigned long)self->base + 1, getpid());
	ASSERT_EQ(0, filter(text));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before + 1, counted());

	/* Nothing faults at the last byte of a page here. */
	snprintf(text, sizeof(text), "addr=0x%lx-0x%lx tgid=%d",
		 (unsigned long)self->base + self->page - 1,
		 (unsigned long)self->base + self->page, getpid());
	ASSERT_EQ(0, filter(text));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before, counted());
}

static void *fault_thread(void *self)
{
	fault(self);
	return NULL;
}

TEST_F(control, filter_tgid_is_all_threads_of_one_process)
{
	pthread_t thread;
	long long before;
	int status;
	pid_t pid;

	/* Another thread: the same process. */
	arm(self);
	before = counted();
	ASSERT_EQ(0, pthread_create(&thread, NULL, fault_thread, self));
	pthread_join(thread, NULL);
	EXPECT_EQ(before + PFC_PAGES, counted());

	/* A child, at the same addresses: another process. */
	arm(self);
	before = counted();
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		fault(self);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(before, counted());
}

TEST_F(control, filter_words_are_anded)
{
	long long before;
	char text[128];
	int status;
	pid_t pid;

	/* By address alone, the child's faults count, too. */
	snprintf(text, sizeof(text), "addr=0x%lx-0x%lx", (unsigned long)self->base,
		 (unsigned long)self->base + self->len);
	ASSERT_EQ(0, filter(text));
	arm(self);
	before = counted();
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		arm(self);
		fault(self);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	fault(self);
	EXPECT_EQ(before + 2 * PFC_PAGES, counted());

	/* By process alone, faults outside the range do, too. */
	snprintf(text, sizeof(text), "tgid=%d", getpid());
	ASSERT_EQ(0, filter(text));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_LE(before + PFC_PAGES, counted());

	/* And with no filter at all. */
	ASSERT_EQ(0, filter("clear"));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_LE(before + PFC_PAGES, counted());

	/* The right range of the wrong process. */
	snprintf(text, sizeof(text), "tgid=1 addr=0x%lx-0x%lx",
		 (unsigned long)self->base, (unsigned long)self->base + self->len);
	ASSERT_EQ(0, filter(text));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before, counted());
}

TEST_F(control, filter_reads_as_it_is_written)
{
	static const struct {
		const char *write, *read;
	} good[] = {
		{ "clear", "clear\n" },
		{ "clear\n", "clear\n" },
		{ "tgid=1", "tgid=1\n" },
		{ "tgid=4194304\n", "tgid=4194304\n" },
		{ "addr=0x1000-0x2000", "addr=0x1000-0x2000\n" },
		{ "addr=4096-8192", "addr=0x1000-0x2000\n" },
		{ "addr=0-1", "addr=0x0-0x1\n" },
		{ "addr=0x0-0xffffffffffffffff", "addr=0x0-0xffffffffffffffff\n" },
		{ "addr=0x1000-0x2000 tgid=7", "tgid=7 addr=0x1000-0x2000\n" },
		{ "tgid=3,2,1", "tgid=3,2,1\n" },
		{ "tgid=1,2,3,4,5,6,7,8", "tgid=1,2,3,4,5,6,7,8\n" },
		{ "comm=bash pid=1 tgid=2", "tgid=2 pid=1 comm=bash\n" },
		{ "  tgid=7   addr=0x1000-0x2000\x20\n", "tgid=7 addr=0x1000-0x2000\n" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, filter(good[i].write))
			TH_LOG("'%s'", good[i].write);
		EXPECT_STREQ(good[i].read, filter_now());
		/* What is read can be written. */
		EXPECT_EQ(0, filter(filter_now()));
		EXPECT_STREQ(good[i].read, filter_now());
	}
}

/* Lines of pfclass in the kernel's log since the last call. */
static int log_lines(int kmsg)
{
	char record[8192];
	int lines = 0;
	ssize_t len;

	while ((len = read(kmsg, record, sizeof(record) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		if (len < 0)
			continue;
		record[len] = 0;
		if (strstr(record, ";pfclass"))
			lines++;
	}
	return lines;
}

TEST_F(control, filter_refuses_malformed_input_and_logs_why)
{
	const char * const bad[] = {
		"", " ", "\n", "tgid", "tgid=", "tgid=0", "tgid=-1", "tgid=abc",
		"tgid=1x", "tgid=0x", "tgid=1.5", "tgid=99999999999",
		"tgid=1 tgid=2", "tgid=1 tgid=1", "tgid= 1", "tgid=1,addr=0x1-0x2",
		"addr", "addr=", "addr=-", "addr=0x1000", "addr=0x1000-",
		"addr=-0x1000", "addr=0x2000-0x1000", "addr=0x1000-0x1000",
		"addr=0-0", "addr=x-y", "addr=0x1000-0x2000-0x3000",
		"addr=0x1000+0x2000", "addr=0x1000-0x2000 addr=0x3000-0x4000",
		"addr=0x1000-0x10000000000000000", "addr=0x1000-0x2000,",
		"tgid=1,", "tgid=1,2,3,4,5,6,7,8,9", "pid=0", "pid=1 pid=2", "comm=",
		"comm=1234567890123456", "comm=a comm=a", "class=wp",
		"Pid=1", "TGID=1", "Addr=0x1-0x2", "clear clear",
		"clear tgid=1", "tgid=1 clear", "clearly", "cle", "none", "0",
		"cgroup=", "cgroup=/no/such/group", "cgroup=relative",
		long_text(),
	};
	char had[512];
	long long before;
	unsigned int i;
	int kmsg;

	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ASSERT_LE(0, kmsg);
	ASSERT_LE(0, lseek(kmsg, 0, SEEK_END));
	strcpy(had, filter_now());
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		/* A write of nothing is no write. */
		if (!*bad[i])
			continue;
		EXPECT_EQ(-EINVAL, filter(bad[i]))
			TH_LOG("'%.40s'", bad[i]);
		EXPECT_STREQ(had, filter_now());
		EXPECT_EQ(1, log_lines(kmsg))
			TH_LOG("lines in the log for '%.40s'", bad[i]);
	}
	close(kmsg);
	/* The filter still works as before. */
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before + PFC_PAGES, counted());
}

TEST_F(control, filter_refuses_a_zero_byte)
{
	static const char text[] = "tgid=1\0addr=0x1000-0x2000";
	char had[512];
	int fd;

	strcpy(had, filter_now());
	fd = open(pfc_path(PFC_FILE_FILTER), O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, write(fd, text, sizeof(text)));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
	EXPECT_STREQ(had, filter_now());
}

/* One write is one command: neither a part of one, nor one that would be cut. */
TEST_F(control, filter_refuses_what_is_not_one_write)
{
	static char text[5000];
	char had[512];
	int fd;

	strcpy(had, filter_now());
	memset(text, ' ', sizeof(text));
	memcpy(text, "tgid=1", 6);
	fd = open(pfc_path(PFC_FILE_FILTER), O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, lseek(fd, 1, SEEK_SET));
	EXPECT_EQ(-1, write(fd, "tgid=1", 6));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(-1, write(fd, text, sizeof(text)));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
	EXPECT_STREQ(had, filter_now());
}

TEST_F(control, read_only_files_refuse_writes)
{
	EXPECT_GT(0, pfc_write(pfc_path(PFC_FILE_STATS), "1"));
	EXPECT_GT(0, pfc_write(pfc_path(PFC_FILE_PERCPU), "1"));
	EXPECT_GT(0, pfc_write(pfc_path(PFC_FILE_PROBES), "1"));
	EXPECT_GT(0, pfc_write(pfc_path(PFC_FILE_LATENCY), "1"));
}

/* ---- all of it at once ------------------------------------------------- */

static atomic_bool stop;

static void *read_on(void *unused)
{
	static char text[65536];

	while (!atomic_load(&stop)) {
		pfc_read(pfc_path(PFC_FILE_STATS), text, sizeof(text));
		pfc_read(pfc_path(PFC_FILE_PERCPU), text, sizeof(text));
		pfc_read(pfc_path(PFC_FILE_PROBES), text, sizeof(text));
	}
	return NULL;
}

/* Switching while faults are in flight leaves nothing wrong. */
TEST_F_TIMEOUT(control, counts_are_exact_after_switching_under_faults, 300)
{
	pthread_t thread[4];
	long long before, end;
	char mine[512], why[PFC_WHY];
	unsigned int i, turns = 0;

	strcpy(mine, filter_now());
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, pthread_create(&thread[i], NULL, pfc_fault_on, &stop));
	ASSERT_EQ(0, pthread_create(&thread[3], NULL, read_on, NULL));
	for (end = pfc_now_ms() + 3000; turns < 3 || pfc_now_ms() < end; turns++) {
		EXPECT_EQ(0, pfc_write(pfc_path(PFC_FILE_ENABLED), "0"));
		EXPECT_EQ(0, filter("clear"));
		EXPECT_EQ(0, pfc_write(pfc_path(PFC_FILE_ENABLED), "1"));
		EXPECT_EQ(0, filter(mine));
		EXPECT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1"));
	}
	atomic_store(&stop, true);
	for (i = 0; i < 4; i++) {
		void *failed;

		ASSERT_EQ(0, pthread_join(thread[i], &failed));
		EXPECT_EQ(NULL, failed);
	}
	TH_LOG("%u turns", turns);

	EXPECT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1"));
	arm(self);
	before = counted();
	fault(self);
	EXPECT_EQ(before + PFC_PAGES, counted());
	EXPECT_EQ(0, pfc_percpu_differs(why, sizeof(why)))
		TH_LOG("%s", why);
	EXPECT_TRUE(!value(PFC_UNCLASSIFIED) || value(PFC_FAULTS) == PFC_NA);
}

TEST_HARNESS_MAIN
