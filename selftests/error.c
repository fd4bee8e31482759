// SPDX-License-Identifier: GPL-2.0
/*
 * Refinements and splits that need a set-up of their own: origins, migration
 * entries, poisoned pages, the swap cache, a file system with page_mkwrite().
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "counting.h"

/* lint: allow SPACING throughout: FIXTURE_DATA() is a type. */

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT	21
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif
#ifndef MPOL_MF_MOVE
#define MPOL_MF_MOVE	(1 << 1)
#endif

FIXTURE(refine) {
	struct pfc_counting c;
	char *base;
	size_t page, len;
	char dir[64];	/* where a file system is mounted, or "" */
	char cgroup[128];
};

#define CGROUPS		"/sys/fs/cgroup"
#define SUBTREE_CONTROL	CGROUPS "/cgroup.subtree_control"

FIXTURE_SETUP(refine)
{
	if (pfc_counting_init(&self->c))
		SKIP(return, "%s", self->c.why);
	self->page = pfc_page_size();
	self->len = PFC_PAGES * self->page;
	self->base = pfc_map(self->len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, self->base);
	madvise(self->base, self->len, MADV_NOHUGEPAGE);
}

FIXTURE_TEARDOWN(refine)
{
	munmap(self->base, self->len);
	/* Out of the test's control group, for that to be removed. */
	if (self->cgroup[0])
		pfc_write(CGROUPS "/cgroup.procs", "0");
	EXPECT_EQ(0, pfc_guard_end(self->c.guard));
}

/* ---- origin ---------------------------------------------------------------- */

/* Another process's memory, through get_user_pages() of the one that writes. */
TEST_F(refine, process_vm_writev_is_gup)
{
	struct pfc_counting *c = &self->c;
	struct iovec local = { .iov_len = self->len }, remote = { self->base, self->len };
	int from[2];
	pid_t pid;
	char byte;

	local.iov_base = calloc(1, self->len);
	ASSERT_NE(NULL, local.iov_base);
	memset(local.iov_base, 1, self->len);
	ASSERT_EQ(0, pipe(from));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pfc_guard_forget(self->c.guard);
		if (write(from[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(1, read(from[0], &byte, 1));
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	EXPECT_EQ((ssize_t)self->len, process_vm_writev(pid, &local, 1, &remote, 1, 0));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_alloc", PFC_PAGES },
		       { "anon_gup", PFC_PAGES }, { "anon_user", 0 }, { "anon_kernel", 0 },
		       { "anon_write", PFC_PAGES });
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free(local.iov_base);
}

/* The same pages by the process itself, in a system call. */
TEST_F(refine, read_into_memory_is_kernel)
{
	struct pfc_counting *c = &self->c;
	int fd = open("/dev/zero", O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	EXPECT_EQ((ssize_t)self->len, read(fd, self->base, self->len));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_kernel", PFC_PAGES },
		       { "anon_user", 0 }, { "anon_gup", 0 }, { "anon_write", PFC_PAGES });
	close(fd);
}

/* And read by the kernel: the zero page. */
TEST_F(refine, write_from_memory_is_kernel)
{
	struct pfc_counting *c = &self->c;
	int pipe_fd[2];
	unsigned int i;

	ASSERT_EQ(0, pipe(pipe_fd));
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	for (i = 0; i < PFC_PAGES; i++)
		EXPECT_EQ(1, write(pipe_fd[1], self->base + i * self->page, 1));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_zero", PFC_PAGES },
		       { "anon_kernel", PFC_PAGES }, { "anon_read", PFC_PAGES });
}

/* ---- page_mkwrite() -------------------------------------------------------- */

/*
 * Why there is no file system of that type on the scratch disk, or NULL: then it
 * is mounted at self->dir. Without a scratch disk: the directory of the tests, if
 * it is on such a file system.
 */
static const char *mount_scratch(FIXTURE_DATA(refine) *self, const char *options)
{
	const char *disk = getenv("PFC_DISK");
	static char command[256], why[320];

	if (!disk)
		return "no scratch disk (PFC_DISK=/dev/... names one; it is overwritten)";
	snprintf(command, sizeof(command),
		 "mke2fs -F -b 4096 -I 256 %s >/dev/null 2>&1 && {\n"
		 "modprobe -q crc32c_generic; modprobe -q ext4 || :; }", disk);
	if (system(command))
		return "no mke2fs";
	strcpy(self->dir, "/tmp/pfclass.XXXXXX");
	if (!mkdtemp(self->dir) ||
	    pfc_guard_undo(self->c.guard, PFC_UNDO_MKDIR, self->dir, NULL))
		return "no /tmp";
	if (mount(disk, self->dir, "ext4", 0, options)) {
		snprintf(why, sizeof(why), "cannot mount %s as ext4 (%s): %s", disk,
			 options, strerror(errno));
		return why;
	}
	return pfc_guard_undo(self->c.guard, PFC_UNDO_MOUNT, self->dir, NULL) ?
		"the guard is gone" : NULL;
}

static char *map_in(FIXTURE_DATA(refine) *self, const char *dir)
{
	char path[256], *map;
	size_t i;
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (i = 0; fd >= 0 && i < self->len; i += self->page)
		if (pwrite(fd, "x", 1, i + self->page - 1) != 1)
			return MAP_FAILED;
	if (fd < 0 || fsync(fd))
		return MAP_FAILED;
	map = pfc_map(self->len, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map;
}

/*
 * A file system that wants to know of the first write maps pages read-only, and
 * again after each write-back.
 */
TEST_F(refine, page_mkwrite_is_wp_shared)
{
	const char *why = mount_scratch(self, "");
	struct pfc_counting *c = &self->c;
	unsigned int round, major = 0;
	char *map;

	if (why)
		SKIP(return, "%s", why);
	map = map_in(self, self->dir);
	ASSERT_NE(MAP_FAILED, map);
	/*
	 * Before 6.0 (VM_FAULT_COMPLETED) the visit that does it is retried, because
	 * it has let go of the lock while it throttled the writer; the fault ends in a
	 * visit that finds nothing left to do, and the kernel calls it major.
	 */
	if (pfc_kernel_version() < PFC_KVER(6, 0))
		major = PFC_PAGES;
	pfc_read_pages(map, self->len, self->page);
	for (round = 0; round < 2; round++) {
		ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
		pfc_write_pages(map, self->len, self->page);
		EXPECT_COUNTED(c, { "wp", PFC_PAGES }, { "wp_shared", PFC_PAGES },
			       { "wp_copy", 0 }, { "wp_reuse", 0 }, { "wp_pfn", 0 },
			       { "wp_write", PFC_PAGES }, { "wp_user", PFC_PAGES },
			       { "wp_major", major });
		EXPECT_EQ(PFC_PAGES - major, c->seen.minflt - c->since.minflt);
		EXPECT_EQ(major, c->seen.majflt - c->since.majflt);
		/* Written back, the pages are clean and read-only once more. */
		ASSERT_EQ(0, msync(map, self->len, MS_SYNC));
	}
	/* Nothing to ask when they are dirty already. */
	pfc_write_pages(map, self->len, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	pfc_write_pages(map, self->len, self->page);
	EXPECT_COUNTED(c, { "faults", 0 });
	munmap(map, self->len);
}

/* Not mapped before: do_fault() asks the file system, do_wp_page() is not needed. */
TEST_F(refine, first_write_of_a_shared_file_is_file_shared)
{
	const char *why = mount_scratch(self, "");
	struct pfc_counting *c = &self->c;
	/* As above: before 6.0 the fault ends in a second visit. */
	unsigned int major = pfc_kernel_version() < PFC_KVER(6, 0) ? PFC_PAGES : 0;
	char *map;

	if (why)
		SKIP(return, "%s", why);
	map = map_in(self, self->dir);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	pfc_write_pages(map, self->len, self->page);
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_shared", PFC_PAGES },
		       { "file_write", PFC_PAGES }, { "file_major", major });
	EXPECT_EQ(PFC_PAGES - major, c->seen.minflt - c->since.minflt);
	EXPECT_EQ(major, c->seen.majflt - c->since.majflt);
	munmap(map, self->len);
}

/*
 * Pages without a struct page of their own, mapped read-only until the file system
 * is told (pfn_mkwrite()): a file on persistent memory, mounted with -o dax.
 */
TEST_F(refine, pfn_mkwrite_is_wp_pfn)
{
	const char *dir = getenv("PFC_DAX");
	struct pfc_counting *c = &self->c;
	char path[256];
	char *map;

	if (!dir)
		SKIP(return, "no file system mounted with -o dax (PFC_DAX=DIR names one)");
	map = map_in(self, dir);
	ASSERT_NE(MAP_FAILED, map);
	pfc_read_pages(map, self->len, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	pfc_write_pages(map, self->len, self->page);
	EXPECT_COUNTED(c, { "wp", PFC_PAGES }, { "wp_pfn", PFC_PAGES }, { "wp_shared", 0 },
		       { "wp_copy", 0 }, { "wp_reuse", 0 });
	munmap(map, self->len);
	snprintf(path, sizeof(path), "%s/file", dir);
	unlink(path);
}

/* A cold file: read from the device once, mapped by faults of which one waits. */
TEST_F(refine, cold_file_is_major)
{
	const char *why = mount_scratch(self, "");
	struct pfc_counting *c = &self->c;
	char path[128];
	char *map;
	int fd;

	if (why)
		SKIP(return, "%s", why);
	map = map_in(self, self->dir);
	ASSERT_NE(MAP_FAILED, map);
	snprintf(path, sizeof(path), "%s/file", self->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	close(fd);
	/* No read-ahead, no fault-around: every page waits for the disk. */
	ASSERT_EQ(0, madvise(map, self->len, MADV_RANDOM));
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	pfc_read_pages(map, self->len, self->page);
	ASSERT_EQ(0, pfc_counting_stop(c));
	TH_LOG("file %lld: read %lld around %lld, major %lld, %lld retries",
	       pfc_counted(c, "file"), pfc_counted(c, "file_read"),
	       pfc_counted(c, "file_around"), pfc_counted(c, "file_major"),
	       pfc_counted(c, "retries"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "faults"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "file"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "file_major"));
	EXPECT_EQ(PFC_PAGES, c->seen.majflt - c->since.majflt);
	EXPECT_LE(PFC_PAGES, pfc_counted(c, "retries"));
	EXPECT_EQ(0, pfc_counted(c, "unclassified"));
	munmap(map, self->len);
}

/* ---- a filter that comes while a visit is in flight ------------------------- */

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
 * A frozen file system keeps whoever writes to a page of it inside the visit. The
 * filter that is written meanwhile decides, whether or not there was one before; what
 * neither of the two wants is not counted.
 */
TEST_F(refine, visit_in_flight_meets_the_new_filter)
{
	const char *why = mount_scratch(self, "");
	struct pfc_counting *c = &self->c;
	char filter[2][128];
	unsigned int turn;
	char *map;
	int dir;

	if (why)
		SKIP(return, "%s", why);
	map = map_in(self, self->dir);
	ASSERT_NE(MAP_FAILED, map);
	snprintf(filter[0], sizeof(filter[0]), "addr=0x%lx-0x%lx", (unsigned long)map,
		 (unsigned long)map + self->len);
	snprintf(filter[1], sizeof(filter[1]), "addr=0x%lx-0x%lx", (unsigned long)map + self->len,
		 (unsigned long)map + 2 * self->len);
	pfc_read_pages(map, self->len, self->page);
	dir = open(self->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ASSERT_LE(0, dir);
	/* Turn 0: wanted before and after; 1: before only; 2: after only. */
	for (turn = 0; turn < 3; turn++) {
		struct writer w = { .at = map + turn * self->page };
		pthread_t thread;
		unsigned int i;

		ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
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
		/*
		 * Before 6.0 it ends in a second visit, which begins under the new filter:
		 * what was wanted after only is then a fault that had nothing left to do.
		 */
		if (turn == 2 && pfc_kernel_version() < PFC_KVER(6, 0)) {
			EXPECT_COUNTED(c, { "faults", 1 }, { "spurious", 1 }, { "retries", 0 });
			continue;
		}
		EXPECT_COUNTED(c, { "faults", turn == 0 }, { "wp", turn == 0 },
			       { "wp_shared", turn == 0 },
			       { "retries", turn == 0 && pfc_kernel_version() < PFC_KVER(6, 0) });
	}
	close(dir);
	munmap(map, self->len);
}

/* ---- errors ------------------------------------------------------------------ */

static sigjmp_buf jump;
static volatile sig_atomic_t signals, last_signal;

static void caught(int signal)
{
	last_signal = signal;
	signals++;
	siglongjmp(jump, 1);
}

static int access_forbidden(volatile char *base, size_t len, size_t page, int how)
{
	struct sigaction action = { .sa_handler = caught };
	volatile size_t at = 0;

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
	signals = 0;
	for (; at < len; at += page) {
		if (sigsetjmp(jump, 1))
			continue;
		if (how == PROT_READ)
			(void)base[at];
		else if (how == PROT_WRITE)
			base[at] = 1;
		else
			((void (*)(void))(uintptr_t)(base + at))();
	}
	signal(SIGBUS, SIG_DFL);
	signal(SIGSEGV, SIG_DFL);
	return signals;
}

static int touch_forbidden(volatile char *base, size_t len, size_t page)
{
	return access_forbidden(base, len, page, PROT_READ);
}

/*
 * Refused by the architecture's code, which does not call handle_mm_fault(): faults of
 * class error that are no visits, and no page faults to vmstat and getrusage().
 */
/* lint: allow MACRO_ARG_REUSE: as those of the harness */
#define EXPECT_REFUSED(base, how, read, write, exec)				\
do {										\
	touch_forbidden(base, self->page, self->page);				\
	ASSERT_EQ(0, pfc_counting_start(c, base, self->len));			\
	EXPECT_EQ(PFC_PAGES, access_forbidden(base, self->len, self->page, how)); \
	EXPECT_EQ(SIGSEGV, last_signal);					\
	EXPECT_COUNTED(c, { "faults", PFC_PAGES }, { "visits", 0 },		\
		       { "refused", PFC_PAGES }, { "error", PFC_PAGES },	\
		       { "error_segv", PFC_PAGES }, { "error_user", PFC_PAGES }, \
		       { "error_read", read }, { "error_write", write },	\
		       { "error_exec", exec }, { "error_major", 0 });		\
	EXPECT_EQ(0, c->seen.minflt - c->since.minflt);				\
	EXPECT_EQ(0, c->seen.majflt - c->since.majflt);				\
} while (0)

static bool refused_is_seen(struct pfc_counting *c)
{
	return c->before.val[PFC_REFUSED] != PFC_NA;
}

TEST_F(refine, without_a_mapping_is_error_segv)
{
	struct pfc_counting *c = &self->c;
	char *hole;

	if (!refused_is_seen(c))
		SKIP(return, "refused accesses cannot be seen (probes says why)");
	hole = pfc_map(self->len, 0, PROT_NONE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, hole);
	munmap(hole, self->len);
	EXPECT_REFUSED(hole, PROT_READ, PFC_PAGES, 0, 0);
	EXPECT_REFUSED(hole, PROT_WRITE, 0, PFC_PAGES, 0);
	EXPECT_REFUSED(hole, PROT_EXEC, 0, 0, PFC_PAGES);
	/* The kernel's half of the addresses. */
	EXPECT_REFUSED((char *)(0xffff8UL << 44), PROT_READ, PFC_PAGES, 0, 0);
#ifdef __aarch64__
	/* The byte at the top is not a part of the address. */
	touch_forbidden(hole, self->page, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, hole, self->len));
	EXPECT_EQ(PFC_PAGES, touch_forbidden((char *)((uintptr_t)hole | 0x5aUL << 56),
					     self->len, self->page));
	EXPECT_COUNTED(c, { "refused", PFC_PAGES }, { "error_segv", PFC_PAGES },
		       { "error", PFC_PAGES });
#endif
}

TEST_F(refine, against_permission_is_error_segv)
{
	struct pfc_counting *c = &self->c;

	if (!refused_is_seen(c))
		SKIP(return, "refused accesses cannot be seen (probes says why)");
	pfc_write_pages(self->base, self->len, self->page);
	ASSERT_EQ(0, mprotect(self->base, self->len, PROT_NONE));
	EXPECT_REFUSED(self->base, PROT_READ, PFC_PAGES, 0, 0);
	EXPECT_REFUSED(self->base, PROT_WRITE, 0, PFC_PAGES, 0);
	ASSERT_EQ(0, mprotect(self->base, self->len, PROT_READ));
	EXPECT_REFUSED(self->base, PROT_WRITE, 0, PFC_PAGES, 0);
	EXPECT_REFUSED(self->base, PROT_EXEC, 0, 0, PFC_PAGES);
	/* What may be done is. */
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	pfc_read_pages(self->base, self->len, self->page);
	EXPECT_COUNTED(c, { "faults", 0 }, { "refused", 0 });
}

/* Each has its event, as any fault. */
TEST_F(refine, refused_has_an_event)
{
	static const char * const places[] = {
		"/sys/kernel/tracing/", "/sys/kernel/debug/tracing/",
	};
	static char text[65536];
	struct pfc_counting *c = &self->c;
	unsigned int i, where, seen = 0;
	char enable[96], trace[96], want[128];
	const char *line;

	if (!refused_is_seen(c))
		SKIP(return, "refused accesses cannot be seen (probes says why)");
	for (where = 0; where < ARRAY_SIZE(places); where++) {
		snprintf(enable, sizeof(enable), "%sevents/pfclass/fault/enable", places[where]);
		snprintf(trace, sizeof(trace), "%strace", places[where]);
		if (!access(enable, W_OK))
			break;
	}
	if (where == ARRAY_SIZE(places))
		SKIP(return, "no events below %s", places[0]);
	ASSERT_EQ(0, mprotect(self->base, self->len, PROT_READ));
	touch_forbidden(self->base, self->page, self->page);
	ASSERT_EQ(0, pfc_write(trace, ""));
	ASSERT_EQ(0, pfc_guard_set(c->guard, enable, "1"));
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	EXPECT_EQ(PFC_PAGES, access_forbidden(self->base, self->len, self->page, PROT_WRITE));
	ASSERT_EQ(0, pfc_write(enable, "0"));
	EXPECT_COUNTED(c, { "refused", PFC_PAGES }, { "error", PFC_PAGES });
	ASSERT_LT(0, pfc_read(trace, text, sizeof(text)));
	for (i = 0; i < PFC_PAGES; i++) {
		snprintf(want, sizeof(want), " %s address=0x%lx pc=0x",
			 "class=error refinement=error_segv",
			 (unsigned long)(self->base + i * self->page));
		line = strstr(text, want);
		if (line && sscanf(line + strlen(want), "%*x%127[^\n]", want) == 1) {
			char rest[96];

			snprintf(rest, sizeof(rest),
				 " access=write origin=user ret=SIGSEGV ns=0 tgid=%d", getpid());
			seen += !strcmp(rest, want);
		}
	}
	EXPECT_EQ(PFC_PAGES, seen)
		TH_LOG("%s", text);
}

/* A system call's access is refused, too, with EFAULT and no signal: not seen. */
TEST_F(refine, refused_to_the_kernel_is_not_counted)
{
	struct pfc_counting *c = &self->c;
	int pipe_fd[2];

	ASSERT_EQ(0, pipe(pipe_fd));
	ASSERT_EQ(0, mprotect(self->base, self->len, PROT_NONE));
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	EXPECT_EQ(-1, write(pipe_fd[1], self->base, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_COUNTED(c, { "faults", 0 });
}

static int filter_by_process(pid_t pid)
{
	char text[32];

	snprintf(text, sizeof(text), "tgid=%d", pid);
	return pfc_write(pfc_path(PFC_FILE_FILTER), text);
}

/* SIGSEGV that is no access: sent by a process. */
TEST_F(refine, signal_that_was_sent_is_not_counted)
{
	struct sigaction action = { .sa_handler = caught };
	struct pfc_counting *c = &self->c;

	sigaction(SIGSEGV, &action, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	ASSERT_EQ(0, filter_by_process(getpid()));
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, sizeof(c->why)));
	if (!sigsetjmp(jump, 1))
		raise(SIGSEGV);
	ASSERT_EQ(0, pfc_counting_stop(c));
	EXPECT_EQ(0, pfc_counted(c, "error"));
	signal(SIGSEGV, SIG_DFL);
}

/*
 * No memory for a table above the page's: the dispatcher gives up before any class. Not
 * by an exception, which would be repeated for as long as there is none. The kernel's
 * own fault injection makes the first allocation fail.
 */
TEST_F(refine, no_memory_for_page_tables_is_error_oom)
{
	static const char fail[] = "/sys/kernel/debug/fail_page_alloc/";
	static const char nth[] = "/proc/thread-self/fail-nth";
	static const char * const settings[][2] = {
		{ "min-order", "0" }, { "ignore-gfp-wait", "N" }, { "verbose", "0" },
	};
	/* Where nothing else of the process is: each has tables of its own. */
	char *far = (char *)(1UL << 44), byte = 1;
	struct iovec local = { &byte, 1 }, remote = { far, 1 };
	struct pfc_counting *c = &self->c;
	char path[96];
	unsigned int i;

	if (access(fail, F_OK) || access(nth, W_OK))
		SKIP(return, "the kernel cannot make allocations fail (CONFIG_FAIL_PAGE_ALLOC)");
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(path, sizeof(path), "%s%s", fail, settings[i][0]);
		ASSERT_EQ(0, pfc_guard_set(c->guard, path, settings[i][1]));
	}
	ASSERT_EQ(far, mmap(far, self->page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	ASSERT_EQ(0, pfc_counting_start(c, far, self->page));
	for (i = 0; i < PFC_PAGES; i++) {
		ASSERT_EQ(0, pfc_write(nth, "1"));
		EXPECT_EQ(-1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
		EXPECT_EQ(EFAULT, errno);
		pfc_write(nth, "0");
	}
	EXPECT_COUNTED(c, { "faults", PFC_PAGES }, { "visits", PFC_PAGES },
		       { "error", PFC_PAGES }, { "error_oom", PFC_PAGES },
		       { "error_gup", PFC_PAGES }, { "error_write", PFC_PAGES },
		       { "error_segv", 0 });
	/* With memory there is a page. */
	ASSERT_EQ(0, pfc_counting_start(c, far, self->page));
	EXPECT_EQ(1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_COUNTED(c, { "anon", 1 }, { "error", 0 });
	munmap(far, self->page);
}

/*
 * A device's mapping that was filled when it was made, and has no ->fault(): what is
 * zapped of it is gone. That is found out in do_fault(), inlined or not.
 */
TEST_F(refine, mapping_that_cannot_fault_is_file)
{
	struct tpacket_req ring = {
		.tp_block_size = self->page, .tp_block_nr = PFC_PAGES,
		.tp_frame_size = self->page, .tp_frame_nr = PFC_PAGES,
	};
	struct pfc_counting *c = &self->c;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	char *map;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		SKIP(return, "no packet socket with a ring (CONFIG_PACKET): %s",
		     strerror(errno));
	map = mmap(NULL, self->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	if (madvise(map, self->len, MADV_DONTNEED))
		SKIP(return, "the ring stays mapped: %s", strerror(errno));
	touch_forbidden(map, self->page, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	EXPECT_EQ(PFC_PAGES, access_forbidden(map, self->len, self->page, PROT_READ));
	EXPECT_EQ(SIGBUS, last_signal);
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_read", PFC_PAGES }, { "error", 0 },
		       { "file_user", PFC_PAGES });
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	EXPECT_EQ(PFC_PAGES, access_forbidden(map, self->len, self->page, PROT_WRITE));
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_shared", PFC_PAGES }, { "error", 0 },
		       { "file_write", PFC_PAGES });
	munmap(map, self->len);
	close(fd);
}

/* A mapping beyond the end of its file: SIGBUS, found out in do_fault(). */
TEST_F(refine, beyond_the_end_of_a_file)
{
	struct pfc_counting *c = &self->c;
	int memfd = memfd_create("pfclass", MFD_CLOEXEC);
	char *map;

	ASSERT_LE(0, memfd);
	map = pfc_map(self->len, 0, PROT_READ, MAP_SHARED, memfd, 0);
	ASSERT_NE(MAP_FAILED, map);
	touch_forbidden(map, self->page, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, map, self->len));
	EXPECT_EQ(PFC_PAGES, touch_forbidden(map, self->len, self->page));
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_read", PFC_PAGES },
		       { "error", 0 }, { "file_user", PFC_PAGES });
	munmap(map, self->len);
	close(memfd);
}

/* ---- swap ------------------------------------------------------------------ */

static void noticed(int signal)
{
}

/* Poisoned: the entry says so, and whoever touches it is sent SIGBUS. */
TEST_F(refine, poisoned_memory_is_swap_hwpoison)
{
	struct pfc_counting *c = &self->c;
	int err;

	if (!pfc_quiet_machine())
		SKIP(return, "it takes pages from the machine for good: in the guest only");
	pfc_write_pages(self->base, self->len, self->page);
	/* The process is told of each page at once, too. */
	signal(SIGBUS, noticed);
	err = madvise(self->base, self->len, MADV_HWPOISON) ? errno : 0;
	signal(SIGBUS, SIG_DFL);
	if (err)
		SKIP(return, "madvise(MADV_HWPOISON): %s (CONFIG_MEMORY_FAILURE)",
		     strerror(err));
	touch_forbidden(self->base, self->page, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	EXPECT_EQ(PFC_PAGES, touch_forbidden(self->base, self->len, self->page));
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_hwpoison", PFC_PAGES },
		       { "swap_in", 0 }, { "swap_user", PFC_PAGES });
}

/*
 * test_hmm, the kernel's test of device memory, has it in a file; no kernel of
 * Debian's has that. Its ABI is that of 5.19 and later, lib/test_hmm_uapi.h.
 */
#define MIRROR		"/dev/hmm_dmirror0"

struct mirror_order {
	__u64 address;
	__u64 copy;	/* where what the device reads goes to */
	__u64 pages;
	__u64 copied;	/* is written */
	__u64 faults;	/* is written */
};

#define MIRROR_TO_DEVICE	_IOWR('H', 2, struct mirror_order)
#define MIRROR_EXCLUSIVE	_IOWR('H', 5, struct mirror_order)

static void mirrored(struct __test_metadata *_metadata, FIXTURE_DATA(refine) *self,
		     unsigned long request, enum pfc_access access)
{
	struct mirror_order order = { .address = (__u64)self->base, .pages = PFC_PAGES };
	char *copy = malloc(self->len);
	struct pfc_counting *c = &self->c;
	int mirror, hwaf;

	if (system("modprobe -q test_hmm"))
		SKIP(return, "no test_hmm module (CONFIG_TEST_HMM)");
	hwaf = pfc_hwaf(c->why, sizeof(c->why));
	ASSERT_LE(0, hwaf)
		TH_LOG("%s", c->why);
	pfc_write_pages(self->base, self->len, self->page);
	mirror = open(MIRROR, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, mirror)
		TH_LOG(MIRROR ": %s", strerror(errno));
	order.copy = (__u64)copy;
	ASSERT_EQ(0, ioctl(mirror, request, &order));
	ASSERT_EQ(PFC_PAGES, order.copied);

	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	if (access == PFC_WRITE)
		pfc_write_pages(self->base, self->len, self->page);
	else
		pfc_read_pages(self->base, self->len, self->page);
	/* What comes back is mapped old (restore_exclusive_pte(), remove_migration_pte()). */
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_device", PFC_PAGES },
		       { "swap_in", 0 }, { "swap_user", PFC_PAGES },
		       { "af", hwaf ? 0 : PFC_PAGES },
		       { access == PFC_WRITE ? "swap_write" : "swap_read", PFC_PAGES });
	EXPECT_EQ((hwaf ? 1 : 2) * PFC_PAGES, c->seen.minflt - c->since.minflt);
	close(mirror);
	free(copy);
}

TEST_F(refine, device_memory_is_swap_device)
{
	mirrored(_metadata, self, MIRROR_TO_DEVICE, PFC_READ);
}

/* The page stays where it is; the entry is the device's until the CPU touches it. */
TEST_F(refine, exclusive_access_of_a_device_is_swap_device)
{
	mirrored(_metadata, self, MIRROR_EXCLUSIVE, PFC_WRITE);
}

static const char *swap_on_disk(FIXTURE_DATA(refine) *self)
{
	const char *disk = getenv("PFC_DISK");
	char command[256];

	if (!disk)
		return "no scratch disk (PFC_DISK=/dev/... names one; it is overwritten)";
	snprintf(command, sizeof(command), "mkswap %s >/dev/null 2>&1", disk);
	if (system(command))
		return "no mkswap";
	if (swapon(disk, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		return "swapon fails";
	return pfc_guard_undo(self->c.guard, PFC_UNDO_SWAPON, disk, NULL) ?
		"the guard is gone" : NULL;
}

static const char *enter_cgroup(FIXTURE_DATA(refine) *self)
{
	struct pfc_guard *guard = self->c.guard;
	char path[sizeof(self->cgroup) + 32], on[256];

	if (pfc_read(SUBTREE_CONTROL, on, sizeof(on)) < 0 ||
	    pfc_write(SUBTREE_CONTROL, "+memory"))
		return "no memory controller in " CGROUPS " (cgroup v2)";
	if (!strstr(on, "memory"))
		pfc_guard_undo(guard, PFC_UNDO_WRITE, SUBTREE_CONTROL, "-memory");
	snprintf(self->cgroup, sizeof(self->cgroup), CGROUPS "/pfclass-test.%d", getpid());
	if (mkdir(self->cgroup, 0755) ||
	    pfc_guard_undo(guard, PFC_UNDO_MKDIR, self->cgroup, NULL))
		return "cannot make a control group";
	snprintf(path, sizeof(path), "%s/cgroup.procs", self->cgroup);
	return pfc_write(path, "0") ? "cannot enter the control group" : NULL;
}

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
TEST_F(refine, swap_cache_is_minor_and_device_is_major)
{
	static const struct pfc_count minor[] = {
		{ "swap", PFC_PAGES }, { "swap_in", PFC_PAGES },
		{ "swap_major", 0 }, { "swap_read", PFC_PAGES }, { NULL }
	};
	struct pfc_counting *c = &self->c;
	const char *why = swap_on_disk(self);
	char path[sizeof(self->cgroup) + 32];
	int go[2], status;
	unsigned int i;
	pid_t pid;

	if (!why)
		why = enter_cgroup(self);
	if (why)
		SKIP(return, "%s", why);
	ASSERT_EQ(0, pfc_guard_set(c->guard, "/proc/sys/vm/page-cluster", "0"));
	pfc_write_pages(self->base, self->len, self->page);
	for (i = 0; i < 20 && pfc_count_swapped(self->base, PFC_PAGES) < PFC_PAGES; i++)
		madvise(self->base, self->len, MADV_PAGEOUT);
	if (pfc_count_swapped(self->base, PFC_PAGES) < PFC_PAGES)
		SKIP(return, "the pages cannot be swapped out");
	/*
	 * What has been written out leaves the swap cache when memory is wanted, but
	 * not while it waits in a batch of the CPU that took the disk's interrupt.
	 * Compaction empties those first (compact_nodes(), 5.10 to 7.2).
	 */
	snprintf(path, sizeof(path), "%s/memory.high", self->cgroup);
	for (i = 0; i < 100 && count_cached(self->base, self->len, self->page); i++) {
		pfc_write("/proc/sys/vm/compact_memory", "1");
		pfc_write(path, "1");
		pfc_write(path, "max");
		usleep(10000);
	}
	ASSERT_EQ(0, count_cached(self->base, self->len, self->page))
		TH_LOG("they stay in the swap cache");

	/* The child has the same swap entries. */
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	if (!pid) {
		char byte;

		pfc_guard_forget(c->guard);
		close(go[1]);
		status = read(go[0], &byte, 1) != 1 ||
			 pfc_counting_start(c, self->base, self->len) ||
			 count_cached(self->base, self->len, self->page) != PFC_PAGES;
		if (!status) {
			pfc_read_pages(self->base, self->len, self->page);
			status = pfc_counting_stop(c) || pfc_counting_differs(c, minor);
		}
		if (c->seen.majflt != c->since.majflt)
			status = 1;
		_exit(status);
	}
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	pfc_read_pages(self->base, self->len, self->page);
	EXPECT_COUNTED(c, { "swap", PFC_PAGES }, { "swap_in", PFC_PAGES },
		       { "swap_major", PFC_PAGES }, { "swap_migration", 0 },
		       { "swap_read", PFC_PAGES }, { "swap_user", PFC_PAGES });
	EXPECT_EQ(PFC_PAGES, c->seen.majflt - c->since.majflt);
	EXPECT_EQ(PFC_PAGES, c->seen.vmstat[PFC_VM_PSWPIN] - c->since.vmstat[PFC_VM_PSWPIN]);
	EXPECT_EQ(1, write(go[1], "", 1));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status)
		TH_LOG("the second process, which finds the pages in the swap cache");
	close(go[0]);
	close(go[1]);
}

/* ---- migration ------------------------------------------------------------- */

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

/* Whoever touches a page on its way waits for it. How often is luck. */
TEST_F_TIMEOUT(refine, page_on_its_way_is_swap_migration, 60)
{
	struct moving m = { .base = self->base, .page = self->page };
	struct pfc_counting *c = &self->c;
	long long end, migration;
	pthread_t thread;
	char why[PFC_WHY];

	if (pfc_two_nodes(m.node, why, sizeof(why)))
		SKIP(return, "%s", why);
	pfc_write_pages(self->base, self->len, self->page);
	ASSERT_EQ(0, pfc_counting_start(c, self->base, self->len));
	ASSERT_EQ(0, pthread_create(&thread, NULL, move, &m));
	end = pfc_now_ms() + 30000;
	do {
		unsigned int i;

		for (i = 0; i < 20000; i++)
			pfc_write_pages(self->base, self->len, self->page);
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

/* ---- the file ---------------------------------------------------------------- */

/*
 * After all that was done here and before: refinements of a class sum to it where
 * every one of them is available (swap_wp and af_dirty say more of what others
 * count), and so do its splits; a refinement is unavailable where its class is.
 */
TEST_F(refine, refinements_sum_to_their_class)
{
	struct pfc_stats *s = &self->c.before;
	char why[PFC_WHY];
	unsigned int class, i, parts;
	long long sum;

	ASSERT_EQ(0, pfc_guard_set(self->c.guard, pfc_path(PFC_FILE_ENABLED), "0"));
	ASSERT_EQ(0, pfc_stats_read(s, why, sizeof(why)))
		TH_LOG("%s", why);
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		const char *key = pfc_class_key(class);
		long long n = s->val[PFC_K_CLASS + class];

		sum = 0;
		parts = 0;
		for (i = 0; i < PFC_NR_REFINEMENTS; i++) {
			long long part = s->val[PFC_K_REF + i];

			if (pfc_ref_class(i) != class)
				continue;
			if (n == PFC_NA)
				EXPECT_EQ(PFC_NA, part)
					TH_LOG("%s is unavailable, its part is not", key);
			if (i == PFC_SWAP_WP || i == PFC_AF_DIRTY) {
				EXPECT_LE(part, n);
				continue;
			}
			if (part == PFC_NA)
				break;
			sum += part;
			parts++;
		}
		if (i == PFC_NR_REFINEMENTS && parts)
			EXPECT_EQ(n, sum)
				TH_LOG("%s is %lld, its refinements sum to %lld", key, n, sum);
		if (n == PFC_NA)
			continue;
		for (sum = 0, i = 0; i < PFC_NR_ORIGINS; i++)
			sum += s->val[PFC_K_ORIGIN + class * PFC_NR_ORIGINS + i];
		EXPECT_EQ(n, sum)
			TH_LOG("%s by origin", key);
	}
}

TEST_HARNESS_MAIN
