// SPDX-License-Identifier: GPL-2.0
/*
 * Whose faults are counted: by process, by control group with its descendants, by
 * address, and by all of these, while neighbours fault at the very same addresses; and
 * with a filter that changes during a fault. And `pfclass stat -- CMD`: CMD and its
 * descendants, nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/cgroup.h"
#include "lib/counting.h"
#include "lib/scratch.h"

#define NEIGHBOURS	2
#define NOISE		100	/* times as much */

/* ---- the command that is counted ------------------------------------------- */

/* Shared by the command, its neighbours and the test. */
struct board {
	volatile unsigned long noise;	/* the neighbours' faults so far */
	volatile unsigned long own;	/* the command's, by getrusage() */
	volatile unsigned long noise_meanwhile;
};

static struct board *board_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct board *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd < 0 || b == MAP_FAILED)
		_exit(99);
	close(fd);
	return b;
}

static unsigned long faults_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

static void fault_pages(unsigned int pages)
{
	size_t page = pfc_page_size();
	char *p = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(p, pages * page, MADV_NOHUGEPAGE);
	pfc_write_pages(p, pages * page, page);
	munmap(p, pages * page);
}

/* Three generations, copies on write among them, then what getrusage() says. */
static void be_known(const char *path)
{
	struct board *b = board_open(path);
	unsigned long before = b->noise, all;
	struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!fork()) {
			fault_pages(PFC_PAGES);
			if (!fork()) {
				fault_pages(PFC_PAGES);
				_exit(0);
			}
			wait(NULL);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
	fault_pages(PFC_PAGES);
	/* The first time may fault, the second does not. */
	for (i = 0; i < 2; i++) {
		all = faults_of(RUSAGE_SELF) + faults_of(RUSAGE_CHILDREN);
		b->own = all;
		nanosleep(&pause, NULL);
		while (b->noise - before < NOISE * all)
			nanosleep(&pause, NULL);
		b->noise_meanwhile = b->noise - before;
	}
	all = faults_of(RUSAGE_SELF) + faults_of(RUSAGE_CHILDREN);
	b->own = all;
	_exit(7);
}

/* The command is this program: before main(), which is the harness's. */
static void __attribute__((constructor)) command(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "known"))
		be_known(argv[2]);
}

/* ---- the tests --------------------------------------------------------------- */

FIXTURE(target) {
	struct pfc_counting c;
	char cgroup[64];	/* its name */
	char board_path[64];
	struct board *board;
	pid_t neighbour[NEIGHBOURS];
	char self[256], result[64];
};

FIXTURE_SETUP(target)
{
	char below[96];
	ssize_t len;
	int fd;

	if (pfc_counting_init(&self->c))
		SKIP(return, "%s", self->c.why);
	if (access(PFC_CGROUPS "/cgroup.procs", W_OK))
		SKIP(return, "no cgroup v2 at " PFC_CGROUPS);
	snprintf(self->cgroup, sizeof(self->cgroup), "/pfclass-test.%d", getpid());
	ASSERT_EQ(0, pfc_cgroup_make(self->c.guard, self->cgroup));
	snprintf(below, sizeof(below), "%s/below", self->cgroup);
	ASSERT_EQ(0, pfc_cgroup_make(self->c.guard, below));
	strcpy(self->board_path, "/tmp/pfclass.XXXXXX");
	fd = mkstemp(self->board_path);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, sizeof(struct board)));
	close(fd);
	self->board = board_open(self->board_path);
	snprintf(self->result, sizeof(self->result), "%s.out", self->board_path);
	len = readlink("/proc/self/exe", self->self, sizeof(self->self) - 1);
	ASSERT_LT(0, len);
	self->self[len] = 0;
}

FIXTURE_TEARDOWN(target)
{
	unsigned int i;

	for (i = 0; i < NEIGHBOURS; i++)
		if (self->neighbour[i] > 0) {
			kill(self->neighbour[i], SIGKILL);
			waitpid(self->neighbour[i], NULL, 0);
		}
	unlink(self->board_path);
	unlink(self->result);
	EXPECT_EQ(0, pfc_guard_end(self->c.guard));
}

/* Neighbours that fault as fast as they can, at the same addresses. */
static void make_noise(FIXTURE_DATA(target) *self)
{
	unsigned int i;

	for (i = 0; i < NEIGHBOURS; i++) {
		self->neighbour[i] = fork();
		if (self->neighbour[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pfc_guard_forget(self->c.guard);
		for (;;) {
			pfc_write_pages(self->c.base, self->c.len, self->c.page);
			madvise(self->c.base, self->c.len, MADV_DONTNEED);
			__atomic_fetch_add(&self->board->noise, PFC_PAGES, __ATOMIC_RELAXED);
		}
	}
}

static int __attribute__((format(printf, 2, 3)))
set_filter(FIXTURE_DATA(target) *self, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return pfc_write(pfc_path(PFC_FILE_FILTER), text);
}

/* A process in that control group that writes the pages on request. */
struct worker {
	pid_t pid;
	int go;
};

static int worker_start(FIXTURE_DATA(target) *self, struct worker *w, const char *cgroup)
{
	int go[2], ready[2];
	char byte;

	if (pipe(go) || pipe(ready))
		return 1;
	w->pid = fork();
	if (!w->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pfc_guard_forget(self->c.guard);
		close(go[1]);
		if (pfc_cgroup_enter(cgroup))
			_exit(1);
		pfc_settle(self->c.base, self->c.len);
		if (write(ready[1], "", 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(1);
		pfc_write_pages(self->c.base, self->c.len, self->c.page);
		_exit(0);
	}
	close(go[0]);
	close(ready[1]);
	w->go = go[1];
	if (read(ready[0], &byte, 1) != 1)
		return 1;
	close(ready[0]);
	return 0;
}

static int worker_run(struct worker *w)
{
	int status;

	if (write(w->go, "", 1) != 1 || waitpid(w->pid, &status, 0) != w->pid)
		return 1;
	close(w->go);
	return status;
}

/* Whether the pages that a process in WHERE writes are counted with a filter. */
#define EXPECT_FILTERED(n, where, ...)						\
do {										\
	struct worker w_;							\
										\
	ASSERT_EQ(0, worker_start(self, &w_, where));				\
	ASSERT_EQ(0, set_filter(self, __VA_ARGS__));				\
	ASSERT_EQ(0, pfc_stats_read(&self->c.before, self->c.why, PFC_WHY));	\
	EXPECT_EQ(0, worker_run(&w_));						\
	EXPECT_COUNTED(&self->c, { "anon", n }, { "anon_alloc", n },		\
		       { "anon_user", n }, { "faults", n });			\
} while (0)

#define RANGE	(unsigned long)self->c.base, (unsigned long)self->c.base + self->c.len

TEST_F(target, cgroup_with_descendants)
{
	char below[96];

	make_noise(self);
	snprintf(below, sizeof(below), "%s/below", self->cgroup);
	EXPECT_FILTERED(PFC_PAGES, self->cgroup, "cgroup=%s addr=0x%lx-0x%lx", self->cgroup, RANGE);
	EXPECT_FILTERED(PFC_PAGES, below, "cgroup=%s addr=0x%lx-0x%lx", self->cgroup, RANGE);
	EXPECT_FILTERED(PFC_PAGES, below, "cgroup=%s addr=0x%lx-0x%lx", below, RANGE);
	/* Neither the parent of the group nor the root is in it. */
	EXPECT_FILTERED(0, self->cgroup, "cgroup=%s addr=0x%lx-0x%lx", below, RANGE);
	EXPECT_FILTERED(0, "", "cgroup=%s addr=0x%lx-0x%lx", self->cgroup, RANGE);
	/* Two pages of it. */
	EXPECT_FILTERED(2, below, "cgroup=%s addr=0x%lx-0x%lx", self->cgroup,
			(unsigned long)(self->c.base + self->c.page),
			(unsigned long)(self->c.base + 3 * self->c.page));
}

TEST_F(target, process_cgroup_and_address_together)
{
	struct pfc_counting *c = &self->c;
	struct worker w;
	char below[96];

	make_noise(self);
	snprintf(below, sizeof(below), "%s/below", self->cgroup);
	ASSERT_EQ(0, worker_start(self, &w, below));
	ASSERT_EQ(0, set_filter(self, "tgid=%d cgroup=%s addr=0x%lx-0x%lx", w.pid, self->cgroup,
				RANGE));
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, PFC_WHY));
	EXPECT_EQ(0, worker_run(&w));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "faults", PFC_PAGES });
	/* The right group and addresses, another process. */
	EXPECT_FILTERED(0, below, "tgid=%d cgroup=%s addr=0x%lx-0x%lx", getpid(), self->cgroup,
			RANGE);
	/* The right process and addresses, another group: neighbours are in none. */
	ASSERT_EQ(0, set_filter(self, "tgid=%d cgroup=%s addr=0x%lx-0x%lx", self->neighbour[0],
				self->cgroup, RANGE));
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, PFC_WHY));
	usleep(200000);
	EXPECT_COUNTED(c, { "faults", 0 });
}

TEST_F(target, one_neighbour_of_two)
{
	struct pfc_counting *c = &self->c;

	make_noise(self);
	/* Their own copies of what fork() shares are made by then. */
	while (self->board->noise < NOISE * PFC_PAGES)
		usleep(10000);
	usleep(100000);
	ASSERT_EQ(0, set_filter(self, "tgid=%d", self->neighbour[1]));
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, PFC_WHY));
	usleep(200000);
	ASSERT_EQ(0, pfc_counting_stop(c));
	EXPECT_LT(0, pfc_counted(c, "faults"));
	EXPECT_EQ(pfc_counted(c, "faults"), pfc_counted(c, "anon"));
	/* It has ended: there is nobody. */
	kill(self->neighbour[1], SIGKILL);
	waitpid(self->neighbour[1], NULL, 0);
	self->neighbour[1] = 0;
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, PFC_WHY));
	usleep(100000);
	EXPECT_COUNTED(c, { "faults", 0 });
}

TEST_F(target, filter_shows_what_was_set)
{
	char text[256], want[256];

	ASSERT_EQ(0, set_filter(self, "addr=0x1000-0x3000 cgroup=%s tgid=%d", self->cgroup, 77));
	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_FILTER), text, sizeof(text)));
	snprintf(want, sizeof(want), "tgid=77 cgroup=%s addr=0x1000-0x3000\n", self->cgroup);
	EXPECT_STREQ(want, text);
	/* What is shown can be written; a group that is gone cannot, and changes nothing. */
	EXPECT_EQ(0, set_filter(self, "%s", text));
	EXPECT_EQ(-EINVAL, set_filter(self, "cgroup=%s/nowhere", self->cgroup));
	EXPECT_EQ(-EINVAL, set_filter(self, "cgroup=%s cgroup=%s", self->cgroup, self->cgroup));
	EXPECT_EQ(-EINVAL, set_filter(self, "cgroup="));
	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_FILTER), text, sizeof(text)));
	EXPECT_STREQ(want, text);
	ASSERT_EQ(0, set_filter(self, "clear"));
}

static int write_first_page(void *base)
{
	*(volatile char *)base = 1;
	return 0;
}

/*
 * A neighbour's fault that began before the filter was set, and ends after, is
 * still the neighbour's, and so is the visit that it was in.
 */
TEST_F(target, fault_in_flight_when_the_filter_is_set)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	static char stack[65536] __attribute__((aligned(16)));
	struct uffdio_zeropage zero = {};
	struct pfc_counting *c = &self->c;
	struct pollfd poll_fd = { .events = POLLIN };
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC), status;
	pid_t pid;

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api))
		SKIP(return, "the kernel has no userfaultfd");
	reg.range.start = (uintptr_t)self->c.base;
	reg.range.len = self->c.len;
	ASSERT_EQ(0, ioctl(fd, UFFDIO_REGISTER, &reg));
	/* The same memory, another process, which wants a stack of its own. */
	pid = clone(write_first_page, stack + sizeof(stack), CLONE_VM | SIGCHLD, self->c.base);
	ASSERT_LT(0, pid);
	poll_fd.fd = fd;
	EXPECT_EQ(1, poll(&poll_fd, 1, 10000));
	ASSERT_EQ(0, set_filter(self, "cgroup=%s", self->cgroup));
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, PFC_WHY));
	zero.range.start = (uintptr_t)self->c.base;
	zero.range.len = self->c.len;
	EXPECT_EQ(0, ioctl(fd, UFFDIO_ZEROPAGE, &zero));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_COUNTED(c, { "faults", 0 }, { "retries", 0 });
	close(fd);
}

/* A thread that sleeps where it cannot be interrupted: in page_mkwrite(). */
static bool thread_sleeps(pid_t tid)
{
	char path[64], text[512], *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	if (pfc_read(path, text, sizeof(text)) <= 0)
		return false;
	state = strrchr(text, ')');
	return state && state[2] == 'D';
}

struct writer {
	volatile char *at;
	volatile pid_t tid;
};

static void *write_one(void *arg)
{
	struct writer *w = arg;

	w->tid = syscall(SYS_gettid);
	*w->at = 2;
	return NULL;
}

/*
 * A frozen file system keeps a writer inside the visit. Whether it is counted depends on the
 * filter at its end.
 */
TEST_F(target, visit_in_flight_when_the_filter_changes)
{
	struct pfc_counting *c = &self->c;
	const char *mounted, *why = pfc_scratch_mount(c->guard, &mounted);
	char filter[2][128];
	unsigned int turn;
	char *map;
	int dir;

	if (why)
		SKIP(return, "%s", why);
	map = pfc_scratch_map(mounted, c->len, c->page);
	ASSERT_NE(MAP_FAILED, map);
	snprintf(filter[0], sizeof(filter[0]), "addr=0x%lx-0x%lx", (unsigned long)map,
		 (unsigned long)map + c->len);
	snprintf(filter[1], sizeof(filter[1]), "addr=0x%lx-0x%lx", (unsigned long)map + c->len,
		 (unsigned long)map + 2 * c->len);
	pfc_read_pages(map, c->len, c->page);
	dir = open(mounted, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	/* Turn 0: wanted before and after; 1: before only; 2: after only. */
	for (turn = 0; turn < 3; turn++) {
		struct writer w = { .at = map + turn * c->page };
		pthread_t thread;
		unsigned int i;

		ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
		ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_FILTER), filter[turn == 2]));
		ASSERT_EQ(0, ioctl(dir, FIFREEZE, 0));
		if (pthread_create(&thread, NULL, write_one, &w)) {
			ioctl(dir, FITHAW, 0);
			ASSERT_TRUE(false);
		}
		for (i = 0; i < 500 && !(w.tid && thread_sleeps(w.tid)); i++)
			usleep(10000);
		EXPECT_GT(500, i)
			TH_LOG("the writer does not wait");
		EXPECT_EQ(0, pfc_write(pfc_path(PFC_FILE_FILTER), filter[turn == 1]));
		EXPECT_EQ(0, ioctl(dir, FITHAW, 0));
		pthread_join(thread, NULL);
		/* Before 6.0 it is retried after the filter was changed, without more to do. */
		EXPECT_COUNTED(c, { "faults", turn != 1 }, { "wp", turn != 1 },
			       { "wp_shared", turn != 1 },
			       { "retries", turn != 1 && pfc_kernel_version() < PFC_KVER(6, 0) });
	}
	close(dir);
	munmap(map, c->len);
}

/* ---- the tool ---------------------------------------------------------------- */

static const char *tool(void)
{
	const char *given = getenv("PFC_TOOL");

	if (given)
		return given;
	return system("command -v pfclass >/dev/null 2>&1") ? NULL : "pfclass";
}

/* "N,KEY,SHARE" of stat -x, */
static long long result_of(const char *text, const char *key)
{
	const char *line;
	size_t len = strlen(key);

	for (line = text; line && *line; line = strchr(line, '\n') + 1) {
		const char *comma = strchr(line, ',');

		if (comma && !strncmp(comma + 1, key, len) && comma[1 + len] == ',')
			return *line >= '0' && *line <= '9' ? atoll(line) : -1;
	}
	return -2;
}

TEST_F_TIMEOUT(target, stat_of_a_command_beside_neighbours, 120)
{
	static char text[65536];
	char line[1024], filter[256];
	int status;

	if (!tool())
		SKIP(return, "no pfclass tool (PFC_TOOL=FILE)");
	make_noise(self);
	ASSERT_EQ(0, set_filter(self, "tgid=77"));
	snprintf(line, sizeof(line), "%s stat -x, -o %s -- %s known %s", tool(), self->result,
		 self->self, self->board_path);
	status = system(line);
	/* The command's own status. */
	EXPECT_EQ(7, WEXITSTATUS(status));
	ASSERT_LT(0, pfc_read(self->result, text, sizeof(text)));
	TH_LOG("%lu faults beside %lu", self->board->own, self->board->noise_meanwhile);
	EXPECT_LE(NOISE * self->board->own, self->board->noise_meanwhile);
	EXPECT_EQ((long long)self->board->own, result_of(text, "faults"))
		TH_LOG("anon %lld wp %lld file %lld none %lld spurious %lld",
		       result_of(text, "anon"), result_of(text, "wp"), result_of(text, "file"),
		       result_of(text, "none"), result_of(text, "spurious"));
	/* Seven times the pages, of which each process has its own. */
	EXPECT_LE(7 * PFC_PAGES, result_of(text, "anon"));
	EXPECT_EQ(0, result_of(text, "unclassified"));
	EXPECT_EQ(0, result_of(text, "missed"));
	/* The root's filter is what it was, and mattered to nobody else. */
	ASSERT_LT(0, pfc_read(pfc_path(PFC_FILE_FILTER), filter, sizeof(filter)));
	EXPECT_STREQ("tgid=77\n", filter);
	EXPECT_NE(0, system("ls -d " PFC_CGROUPS "/pfclass.[0-9]* 2>/dev/null"));
}

TEST_F(target, stat_of_a_process)
{
	static char text[65536];
	char line[1024], watches[1024] = "", want[64];
	struct worker w;
	unsigned int i;
	int status;
	pid_t pid;

	if (!tool())
		SKIP(return, "no pfclass tool (PFC_TOOL=FILE)");
	make_noise(self);
	ASSERT_EQ(0, worker_start(self, &w, self->cgroup));
	snprintf(line, sizeof(line), "exec %s stat -x, -o %s -p %d", tool(), self->result, w.pid);
	pid = fork();
	if (!pid) {
		pfc_guard_forget(self->c.guard);
		close(w.go);
		execl("/bin/sh", "sh", "-c", line, NULL);
		_exit(127);
	}
	snprintf(want, sizeof(want), " tgid=%d\n", w.pid);
	for (i = 0; i < 500; i++) {
		pfc_read(pfc_path(PFC_FILE_WATCHES), watches, sizeof(watches));
		if (strstr(watches, want))
			break;
		usleep(10000);
	}
	EXPECT_NE(NULL, strstr(watches, want))
		TH_LOG("watches: %s", watches);
	/* It has its first reading a moment later. */
	usleep(300000);
	EXPECT_EQ(0, worker_run(&w));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_LT(0, pfc_read(self->result, text, sizeof(text)));
	EXPECT_EQ(PFC_PAGES, result_of(text, "anon"));
	EXPECT_EQ(PFC_PAGES, result_of(text, "anon_user"));
	EXPECT_EQ(0, result_of(text, "unclassified"));
	EXPECT_EQ(0, pfc_read(pfc_path(PFC_FILE_WATCHES), watches, sizeof(watches)));
}

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
	char line[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	status = system(line);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(target, stat_exits_with_a_status_for_each_error)
{
	const char *t = tool();

	if (!t)
		SKIP(return, "no pfclass tool (PFC_TOOL=FILE)");
	EXPECT_EQ(127, run("%s stat -- /no/such/command 2>/dev/null", t));
	EXPECT_EQ(126, run("%s stat -- /dev/null 2>/dev/null", t));
	EXPECT_EQ(128 + SIGKILL, run("%s stat -- sh -c 'kill -9 $$' 2>/dev/null", t));
	EXPECT_EQ(15, run("%s stat -p 4194303 2>/dev/null", t));
	/* One within another. */
	EXPECT_EQ(0, run("%s stat -- %s stat -- true 2>/dev/null", t, t));
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_ENABLED), "0"));
	EXPECT_EQ(125, run("%s stat -- true 2>/dev/null", t));
	ASSERT_EQ(0, pfc_write(pfc_path(PFC_FILE_ENABLED), "1"));
	/* A descendant that stays behind keeps neither the group nor the watch. */
	EXPECT_EQ(3, run("%s stat -- sh -c 'sleep 1000 >/dev/null 2>&1 &\n"
			 "echo $! >%s; exit 3' 2>/dev/null", t, self->result));
	EXPECT_NE(0, run("ls -d " PFC_CGROUPS "/pfclass.[0-9]* 2>/dev/null"));
	EXPECT_NE(0, run("grep . %s", pfc_path(PFC_FILE_WATCHES)));
	EXPECT_EQ(0, run("kill $(cat %s)", self->result));
	/* No cgroup v2: in a mount namespace of its own. */
	if (!fork()) {
		pfc_guard_forget(self->c.guard);
		_exit(unshare(CLONE_NEWNS) ||
		      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
		      umount2(PFC_CGROUPS, MNT_DETACH) ? 0 : run("%s stat -- true 2>/dev/null", t));
	} else {
		int status;

		wait(&status);
		EXPECT_EQ(125, WEXITSTATUS(status));
	}
}

TEST_HARNESS_MAIN
