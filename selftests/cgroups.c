// SPDX-License-Identifier: GPL-2.0
/*
 * Control groups: each has its own row, the rows sum to "stats" whoever moves, comes or goes,
 * and a row that was a removed group's is another's. Load the module with cgroups=N.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "lib/cgroup.h"
#include "lib/files.h"
#include "lib/guard.h"
#include "lib/machine.h"
#include "lib/memory.h"
#include "lib/stats.h"

/* All groups of the test, so that what one left behind is found. */
#define TOP	"/pfc.test"

struct clone_into {
	unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size,
			   tls, set_tid, set_tid_size, cgroup;
};

FIXTURE(cgroups) {
	struct pfc_guard *guard;
	char *base;
	size_t len, page;
	long long rows;
};

static void path_of(char path[PFC_PATH_MAX], const char *group)
{
	snprintf(path, PFC_PATH_MAX, PFC_CGROUPS TOP "/%s", group);
}

static int make(const char *group)
{
	char path[PFC_PATH_MAX];

	path_of(path, group);
	return mkdir(path, 0755) ? -errno : 0;
}

/* The last task of a group may still be on its way out when its parent has its status. */
static int removed(const char *group)
{
	long long end = pfc_now_ms() + 10000;
	char path[PFC_PATH_MAX];

	path_of(path, group);
	while (rmdir(path)) {
		if (errno != EBUSY || pfc_now_ms() > end)
			return -errno;
		usleep(1000);
	}
	return 0;
}

static int enter(const char *group)
{
	char path[PFC_PATH_MAX];

	snprintf(path, sizeof(path), TOP "/%s", group);
	return pfc_cgroup_enter(path);
}

static void remove_all(void)
{
	if (system("for d in " PFC_CGROUPS TOP "/*/; do [ ! -d \"$d\" ] || rmdir \"$d\"; done\n"
		   "[ ! -d " PFC_CGROUPS TOP " ] || rmdir " PFC_CGROUPS TOP))
		fprintf(stderr, "# something is left in " PFC_CGROUPS TOP "\n");
}

/* ---- reading ------------------------------------------------------------------- */

/*
 * The wp faults of a row, by what stands in its first column; or the sum of all rows. -1: there is
 * no such row, or it says unavailable.
 */
static long long counted(const char *group, long long *id)
{
	static __thread char text[1 << 20];
	char *line, *save, name[PFC_PATH_MAX], wpc[32], idc[32];
	long long sum = 0;

	if (pfc_read(pfc_path(PFC_FILE_CGROUPS), text, sizeof(text)) < 0)
		return -1000;
	line = strtok_r(text, "\n", &save);
	if (!line || strncmp(line, "cgroup id anon wp ", 18))
		return -1001;
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (sscanf(line, "%255s %31s %*s %31s", name, idc, wpc) != 3)
			return -1002;
		if (group && strcmp(name, group))
			continue;
		if (!strcmp(wpc, PFC_UNAVAILABLE))
			return -1;
		if (id)
			*id = atoll(idc);
		sum += atoll(wpc);
		if (group)
			return sum;
	}
	return group ? -1 : sum;
}

static long long counted_of(const char *group)
{
	char name[PFC_PATH_MAX];

	snprintf(name, sizeof(name), TOP "/%s", group);
	return counted(name, NULL);
}

/* How many groups have a row. */
static long long rows_used(void)
{
	static char text[1 << 20];
	long long rows = 0;
	char *line, *save;

	if (pfc_read(pfc_path(PFC_FILE_CGROUPS), text, sizeof(text)) < 0)
		return -1000;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		rows += *line == '/';
	return rows;
}

/* ---- each test ---------------------------------------------------------------- */

FIXTURE_SETUP(cgroups)
{
	unsigned long start;
	char why[PFC_WHY];

	if (pfc_not_ready(why, sizeof(why)))
		SKIP(return, "%s", why);
	ASSERT_EQ(0, pfc_read_number("/sys/module/pfclass/parameters/cgroups", &self->rows));
	if (!self->rows)
		SKIP(return, "cgroups=0");
	if (access(PFC_CGROUPS "/cgroup.procs", W_OK))
		SKIP(return, "no cgroup v2 in " PFC_CGROUPS);
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
	ASSERT_EQ(0, pfc_guard_keep(self->guard, pfc_path(PFC_FILE_FILTER)));
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "1"));
	remove_all();
	ASSERT_EQ(0, mkdir(PFC_CGROUPS TOP, 0755));
	self->page = pfc_page_size();
	self->len = PFC_PAGES * self->page;
	self->base = pfc_map(self->len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, self->base);
	madvise(self->base, self->len, MADV_NOHUGEPAGE);
	/* Whichever process of the test has it: nobody else does. */
	start = (unsigned long)self->base;
	ASSERT_EQ(0, pfc_printf_file(pfc_path(PFC_FILE_FILTER), PFC_FILTER_ADDR "0x%lx-0x%lx",
				     start, start + self->len));
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1"));
	/* Reading it takes the rows from groups of the test before. */
	EXPECT_EQ(0, counted(PFC_CGROUP_REMOVED, NULL));
}

FIXTURE_TEARDOWN(cgroups)
{
	char why[PFC_WHY];

	EXPECT_EQ(0, pfc_cgroups_differ(why, sizeof(why)))
		TH_LOG("%s", why);
	remove_all();
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

/* ---- faulting ------------------------------------------------------------------ */

/* PAGES wp faults; each page was only read before. */
static void fault(FIXTURE_DATA(cgroups) *self, unsigned int pages)
{
	madvise(self->base, self->len, MADV_DONTNEED);
	pfc_read_pages(self->base, pages * self->page, self->page);
	pfc_write_pages(self->base, pages * self->page, self->page);
}

/* A process that is born in the group, without anybody being moved; or -errno. */
static pid_t born_in(const char *group)
{
	struct clone_into args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD };
	char path[PFC_PATH_MAX];
	pid_t pid;
	int fd;

	path_of(path, group);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	args.cgroup = fd;
	pid = syscall(__NR_clone3, &args, sizeof(args));
	if (pid < 0)
		pid = -errno;
	if (pid)
		close(fd);
	return pid;
}

/* PAGES wp faults of a process of the group. Returns 0 or what went wrong. */
static int fault_in(FIXTURE_DATA(cgroups) *self, const char *group, unsigned int pages)
{
	pid_t pid = born_in(group);
	int status;

	if (pid < 0)
		return pid;
	if (!pid) {
		fault(self, pages);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid ? status : -errno;
}

/* ---- one by one ------------------------------------------------------------------ */

TEST_F(cgroups, each_has_its_own)
{
	static const char * const groups[] = { "a", "b", "c" };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		ASSERT_EQ(0, make(groups[i]));
		EXPECT_EQ(-1, counted_of(groups[i]));
		ASSERT_EQ(0, fault_in(self, groups[i], i + 1));
	}
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		EXPECT_EQ(i + 1, counted_of(groups[i]));
	ASSERT_EQ(0, fault_in(self, "b", 11));
	EXPECT_EQ(1, counted_of("a"));
	EXPECT_EQ(13, counted_of("b"));
	EXPECT_EQ(3, counted_of("c"));
	EXPECT_EQ(17, counted(NULL, NULL));
	EXPECT_EQ(0, counted(PFC_CGROUP_REMOVED, NULL));
	EXPECT_EQ(0, counted(PFC_CGROUP_OTHER, NULL));
}

/* A fault is counted for the group that the task is in when it ends. */
TEST_F(cgroups, a_process_that_is_moved)
{
	unsigned int turn;
	pid_t pid;
	int status;

	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, make("b"));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		pfc_guard_forget(self->guard);
		for (turn = 0; turn < 3; turn++) {
			if (enter("a"))
				_exit(1);
			fault(self, 5);
			if (enter("b"))
				_exit(1);
			fault(self, 7);
		}
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(15, counted_of("a"));
	EXPECT_EQ(21, counted_of("b"));
	EXPECT_EQ(36, counted(NULL, NULL));
}

TEST_F(cgroups, the_id_is_the_directory_s)
{
	long long id = 0, again = 0;
	char path[PFC_PATH_MAX];
	struct stat st;

	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, fault_in(self, "a", 3));
	path_of(path, "a");
	ASSERT_EQ(0, stat(path, &st));
	EXPECT_EQ(3, counted(TOP "/a", &id));
	EXPECT_EQ(st.st_ino, id);
	/* Another group of the same name is another group. */
	ASSERT_EQ(0, removed("a"));
	EXPECT_EQ(-1, counted_of("a"));
	EXPECT_EQ(3, counted(PFC_CGROUP_REMOVED, NULL));
	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, fault_in(self, "a", 5));
	EXPECT_EQ(5, counted(TOP "/a", &again));
	EXPECT_NE(id, again);
	EXPECT_EQ(3, counted(PFC_CGROUP_REMOVED, NULL));
}

TEST_F(cgroups, names_are_escaped)
{
	ASSERT_EQ(0, make("a b\tc"));
	ASSERT_EQ(0, make("x\\x2d.scope"));
	ASSERT_EQ(0, fault_in(self, "a b\tc", 3));
	ASSERT_EQ(0, fault_in(self, "x\\x2d.scope", 4));
	EXPECT_EQ(3, counted_of("a\\040b\\011c"));
	EXPECT_EQ(4, counted_of("x\\134x2d.scope"));
}

/* What the root does not want is in no row, and takes none. */
TEST_F(cgroups, filter_is_the_root_s)
{
	unsigned long start = (unsigned long)self->base;

	/* Nobody's. */
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_FILTER), "tgid=2147483647"));
	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, fault_in(self, "a", 7));
	EXPECT_EQ(-1, counted_of("a"));
	ASSERT_EQ(0, make("b"));
	ASSERT_EQ(0, pfc_printf_file(pfc_path(PFC_FILE_FILTER),
				     PFC_FILTER_CGROUP TOP "/a " PFC_FILTER_ADDR "0x%lx-0x%lx",
				     start, start + self->len));
	ASSERT_EQ(0, fault_in(self, "a", 7));
	ASSERT_EQ(0, fault_in(self, "b", 7));
	EXPECT_EQ(7, counted_of("a"));
	EXPECT_EQ(-1, counted_of("b"));
}

TEST_F(cgroups, reset_is_of_all_rows)
{
	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, make("b"));
	ASSERT_EQ(0, fault_in(self, "a", 7));
	ASSERT_EQ(0, fault_in(self, "b", 9));
	ASSERT_EQ(0, removed("a"));
	EXPECT_EQ(7, counted(PFC_CGROUP_REMOVED, NULL));
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1"));
	EXPECT_EQ(0, counted(NULL, NULL));
	EXPECT_EQ(0, counted_of("b"));
	EXPECT_EQ(0, counted(PFC_CGROUP_REMOVED, NULL));
	ASSERT_EQ(0, fault_in(self, "b", 2));
	EXPECT_EQ(2, counted_of("b"));
	ASSERT_EQ(0, removed("b"));
	EXPECT_EQ(2, counted(PFC_CGROUP_REMOVED, NULL));
}

/* ---- rows run short -------------------------------------------------------------- */

TEST_F_TIMEOUT(cgroups, more_groups_than_rows, 300)
{
	long long free, i, with = 0;
	char name[32];

	if (self->rows > 256)
		SKIP(return, "more rows than the test makes groups");
	free = self->rows - rows_used();
	for (i = 0; i < free + 3; i++) {
		snprintf(name, sizeof(name), "%lld", i);
		ASSERT_EQ(0, make(name));
		ASSERT_EQ(0, fault_in(self, name, 1));
		ASSERT_EQ(0, fault_in(self, name, 1));
	}
	EXPECT_EQ(self->rows, rows_used());
	for (i = 0; i < free; i++) {
		snprintf(name, sizeof(name), "%lld", i);
		with += counted_of(name) == 2;
	}
	EXPECT_EQ(free, with);
	EXPECT_EQ(2 * 3, counted(PFC_CGROUP_OTHER, NULL));
	EXPECT_EQ(2 * (free + 3), counted(NULL, NULL));
	/* One goes, and one that had none has its row. */
	if (!free)
		SKIP(return, "others hold all rows");
	ASSERT_EQ(0, removed("0"));
	EXPECT_EQ(2, counted(PFC_CGROUP_REMOVED, NULL));
	EXPECT_EQ(self->rows - 1, rows_used());
	snprintf(name, sizeof(name), "%lld", free);
	ASSERT_EQ(0, fault_in(self, name, 5));
	EXPECT_EQ(5, counted_of(name));
	snprintf(name, sizeof(name), "%lld", free + 1);
	ASSERT_EQ(0, fault_in(self, name, 5));
	EXPECT_EQ(-1, counted_of(name));
	EXPECT_EQ(2 * 3 + 5, counted(PFC_CGROUP_OTHER, NULL));
	EXPECT_EQ(2 * (free + 3) + 10, counted(NULL, NULL));
}

/* ---- under load -------------------------------------------------------------------- */

/* Of all processes of a test. */
static struct shared {
	atomic_bool stop;
} *shared;

static void share(struct __test_metadata *_metadata)
{
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
}

/* A process of three threads that share the memory, each faulting at pages of its own. */
struct part {
	char *base;
	size_t page;
	long turns;
};

#define PARTS	3
#define PART	7

static void *fault_part(void *data)
{
	struct part *p = data;
	size_t len = PART * p->page;

	while (!atomic_load(&shared->stop)) {
		madvise(p->base, len, MADV_DONTNEED);
		pfc_read_pages(p->base, len, p->page);
		pfc_write_pages(p->base, len, p->page);
		p->turns++;
	}
	return NULL;
}

/* Returns the turns of all threads through a pipe. */
static pid_t start_parts(FIXTURE_DATA(cgroups) *self, int to)
{
	struct part part[PARTS];
	pthread_t thread[PARTS];
	pid_t pid = fork();
	long turns = 0;
	int i;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pfc_guard_forget(self->guard);
	for (i = 0; i < PARTS; i++) {
		part[i] = (struct part){ self->base + i * PART * self->page, self->page };
		if (pthread_create(&thread[i], NULL, fault_part, &part[i]))
			_exit(1);
	}
	for (i = 0; i < PARTS; i++) {
		pthread_join(thread[i], NULL);
		turns += part[i].turns;
	}
	_exit(write(to, &turns, sizeof(turns)) != sizeof(turns));
}

static long end_parts(pid_t pid, int from)
{
	long turns = -1;
	int status;

	atomic_store(&shared->stop, true);
	if (read(from, &turns, sizeof(turns)) != sizeof(turns) ||
	    waitpid(pid, &status, 0) != pid || status)
		return -1;
	return turns;
}

/* Faults are counted while their process is moved, and each is in one row. */
TEST_F_TIMEOUT(cgroups, moved_under_load, 300)
{
	static const char * const groups[] = { "a", "b", "c" };
	char path[PFC_PATH_MAX], text[32];
	unsigned int i, moves = 0;
	long long end;
	int pipes[2];
	long turns;
	pid_t pid;

	share(_metadata);
	ASSERT_EQ(0, pipe(pipes));
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		ASSERT_EQ(0, make(groups[i]));
	pid = start_parts(self, pipes[1]);
	ASSERT_LE(0, pid);
	snprintf(text, sizeof(text), "%d", pid);
	for (end = pfc_now_ms() + 3000; moves < 30 || pfc_now_ms() < end; moves++) {
		snprintf(path, sizeof(path), TOP "/%s", groups[moves % ARRAY_SIZE(groups)]);
		ASSERT_EQ(0, pfc_cgroup_write(path, "cgroup.procs", text));
	}
	turns = end_parts(pid, pipes[0]);
	ASSERT_LE(0, turns);
	TH_LOG("%ld turns, %u moves", turns, moves);
	EXPECT_EQ(turns * PART, counted(NULL, NULL));
	for (i = 0; i < ARRAY_SIZE(groups); i++)
		EXPECT_LT(0, counted_of(groups[i]));
	EXPECT_EQ(0, counted(PFC_CGROUP_REMOVED, NULL));
	EXPECT_EQ(0, counted(PFC_CGROUP_OTHER, NULL));
}

/* Within a minute. */
static bool something_is_counted(void)
{
	long long end = pfc_now_ms() + 60000;

	while (counted(NULL, NULL) <= 0 && pfc_now_ms() < end)
		usleep(10000);
	return counted(NULL, NULL) > 0;
}

/* A fault is in "stats" and in its row, or in neither, whenever the reset comes. */
TEST_F_TIMEOUT(cgroups, reset_under_load, 300)
{
	char why[PFC_WHY];
	unsigned int i;
	int pipes[2];
	pid_t pid;

	share(_metadata);
	ASSERT_EQ(0, pipe(pipes));
	for (i = 0; i < 10; i++) {
		atomic_store(&shared->stop, false);
		pid = start_parts(self, pipes[1]);
		ASSERT_LE(0, pid);
		ASSERT_TRUE(something_is_counted());
		ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_RESET), "1"));
		EXPECT_TRUE(something_is_counted());
		ASSERT_LE(0, end_parts(pid, pipes[0]));
		EXPECT_EQ(0, pfc_cgroups_differ(why, sizeof(why)))
			TH_LOG("%s", why);
	}
}

static void *read_on(void *unused)
{
	long long last = 0, now;

	while (!atomic_load(&shared->stop)) {
		/* What is counted is never lost again, even for a moment. */
		now = counted(NULL, NULL);
		if (now < last)
			return (void *)-1;
		last = now;
		usleep(20000);
	}
	return NULL;
}

/* Groups that live for a few faults each; PFC_CGROUPS_MADE says how many. */
TEST_F_TIMEOUT(cgroups, come_and_go, 7200)
{
	const char *env = getenv("PFC_CGROUPS_MADE");
	long made = env ? atol(env) : 1000, i;
	pid_t worker[4];
	pthread_t reader;
	char name[32];
	int status, w;
	void *bad;

	share(_metadata);
	ASSERT_EQ(0, pthread_create(&reader, NULL, read_on, NULL));
	for (w = 0; w < 4; w++) {
		worker[w] = fork();
		ASSERT_LE(0, worker[w]);
		if (worker[w])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pfc_guard_forget(self->guard);
		for (i = w; i < made; i += 4) {
			snprintf(name, sizeof(name), "%ld", i);
			if (make(name) || fault_in(self, name, i % PFC_PAGES + 1) ||
			    removed(name))
				_exit(1);
		}
		_exit(0);
	}
	for (w = 0; w < 4; w++) {
		ASSERT_EQ(worker[w], waitpid(worker[w], &status, 0));
		EXPECT_EQ(0, status);
	}
	atomic_store(&shared->stop, true);
	pthread_join(reader, &bad);
	EXPECT_EQ(NULL, bad);
	for (i = 0, w = 0; i < made; i++)
		w += i % PFC_PAGES + 1;
	EXPECT_EQ(w, counted(NULL, NULL));
	EXPECT_EQ(w, counted(PFC_CGROUP_REMOVED, NULL) + counted(PFC_CGROUP_OTHER, NULL));
	EXPECT_LT(0, counted(PFC_CGROUP_REMOVED, NULL));
	TH_LOG("%ld groups: %lld faults in removed, %lld in other", made,
	       counted(PFC_CGROUP_REMOVED, NULL), counted(PFC_CGROUP_OTHER, NULL));
	/* Their rows are free. */
	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, fault_in(self, "a", 3));
	EXPECT_EQ(3, counted_of("a"));
}

/* Nobody need read for rows to be free again. */
TEST_F_TIMEOUT(cgroups, rows_are_free_again_unread, 300)
{
	long long free = self->rows - rows_used(), i, other;
	char name[32];

	if (self->rows > 256 || !free)
		SKIP(return, "no row is free, or more are than the test makes groups");
	for (i = 0; i < free; i++) {
		snprintf(name, sizeof(name), "%lld", i);
		ASSERT_EQ(0, make(name));
		ASSERT_EQ(0, fault_in(self, name, 1));
		ASSERT_EQ(0, removed(name));
	}
	sleep(3);
	ASSERT_EQ(0, make("a"));
	ASSERT_EQ(0, fault_in(self, "a", 3));
	other = counted(PFC_CGROUP_OTHER, NULL);
	EXPECT_EQ(0, other);
	EXPECT_EQ(3, counted_of("a"));
	EXPECT_EQ(free, counted(PFC_CGROUP_REMOVED, NULL));
}

/* ---- without rows ------------------------------------------------------------------ */

TEST(off_says_so)
{
	char why[PFC_WHY];
	long long rows;

	if (pfc_not_ready(why, sizeof(why)))
		SKIP(return, "%s", why);
	ASSERT_EQ(0, pfc_read_number("/sys/module/pfclass/parameters/cgroups", &rows));
	if (rows)
		SKIP(return, "cgroups=%lld", rows);
	EXPECT_EQ(0, rows_used());
	EXPECT_EQ(-1, counted(PFC_CGROUP_REMOVED, NULL));
	EXPECT_EQ(-1, counted(PFC_CGROUP_OTHER, NULL));
}

TEST_HARNESS_MAIN
