// SPDX-License-Identifier: GPL-2.0
/*
 * A mixed load of page faults, from several threads at once: every kind that a program
 * without privileges can make, at random, until there were enough. The tests check that
 * the account balances under it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../lib/files.h"
#include "../lib/machine.h"
#include "../lib/memory.h"

#define LOAD_PAGES	64
#define LOAD_THREADS	64

static size_t page;
/* Of a huge page, or of a smaller one where all threads cannot have several. */
static size_t huge;
static atomic_bool stop;
/* All threads fault in it, and one or another drops its pages. */
static char *arena;
/* More than there should be, so that the kernel takes pages back (-m). */
static char *crowded;
static unsigned long crowded_pages;

struct load_thread {
	pthread_t thread;
	uint64_t seed;
	unsigned long *rounds;
};

static uint32_t load_random(struct load_thread *t)
{
	t->seed ^= t->seed << 13;
	t->seed ^= t->seed >> 7;
	t->seed ^= t->seed << 17;
	return t->seed >> 16;
}

static char *load_map(size_t len, int prot, int flags, int fd)
{
	char *base = mmap(NULL, len, prot, flags | (fd < 0 ? MAP_ANONYMOUS : 0),
			  fd, 0);

	return base == MAP_FAILED ? NULL : base;
}

static void load_read(char *base, size_t len)
{
	pfc_read_pages(base, len, page);
}

static void load_write(char *base, size_t len)
{
	pfc_write_pages(base, len, page);
}

/* ---- kinds ------------------------------------------------------------- */

static void load_anon(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

	if (!base)
		return;
	load_read(base, len / 2);
	load_write(base, len);
	munmap(base, len);
}

static void load_fork(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	pid_t pid;

	if (!base)
		return;
	load_write(base, len);
	pid = fork();
	if (!pid) {
		load_write(base, len / 2);
		_exit(0);
	}
	if (pid > 0) {
		load_write(base + len / 4, len / 2);
		waitpid(pid, NULL, 0);
		load_write(base, len);
	}
	munmap(base, len);
}

/* A child without an end has that of its parent, which may have come already. */
static void load_end_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* A task that is killed in the middle of its faults. */
static void load_kill(struct load_thread *t)
{
	pid_t parent = getpid(), pid = fork();
	size_t len = LOAD_PAGES * page;

	if (!pid) {
		char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

		load_end_with(parent);
		while (base) {
			load_write(base, len);
			madvise(base, len, MADV_DONTNEED);
		}
		_exit(1);
	}
	if (pid > 0) {
		usleep(load_random(t) % 3000);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

static void load_exec(struct load_thread *t)
{
	static char * const args[] = { "load", "-x", NULL };
	static char * const env[] = { NULL };
	pid_t pid = fork();

	if (!pid) {
		execve("/proc/self/exe", args, env);
		_exit(1);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void load_file(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	int fd = memfd_create("load", MFD_CLOEXEC);
	char *shared, *private;

	if (fd < 0)
		return;
	if (ftruncate(fd, len)) {
		close(fd);
		return;
	}
	shared = load_map(len, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	private = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	if (shared && private) {
		load_read(shared, len / 2);
		load_write(shared + len / 4, len / 2);
		load_read(private, len / 2);
		load_write(private, len);
		/* Half of it is gone below the others. */
		madvise(shared, len / 2, MADV_REMOVE);
		load_read(shared, len);
		load_read(private, len);
	}
	if (shared)
		munmap(shared, len);
	if (private)
		munmap(private, len);
	close(fd);
}

static void load_swap(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	pid_t pid;

	if (!base)
		return;
	load_write(base, len);
	madvise(base, len, MADV_PAGEOUT);
	load_read(base, len / 2);
	if (load_random(t) % 4 == 0) {
		pid = fork();
		if (!pid) {
			load_write(base, len);
			_exit(0);
		}
		load_write(base, len);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
	load_write(base, len);
	munmap(base, len);
}

static void load_huge(struct load_thread *t)
{
	size_t room = 2 * huge;
	char *hole = load_map(room, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1), *base;
	pid_t pid;

	if (!hole)
		return;
	base = (char *)(((uintptr_t)hole + huge - 1) & ~(huge - 1));
	madvise(base, huge, MADV_HUGEPAGE);
	load_write(base, page);
	switch (load_random(t) % 4) {
	case 0:
		pid = fork();
		if (!pid) {
			load_write(base, 16 * page);
			_exit(0);
		}
		load_write(base + 8 * page, 16 * page);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		break;
	case 1:
		madvise(base + huge / 2, page, MADV_DONTNEED);
		load_write(base + huge / 2, 16 * page);
		break;
	case 2:
		madvise(base, huge, MADV_PAGEOUT);
		load_write(base, huge);
		break;
	}
	munmap(hole, room);
}

static void load_protect(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

	if (!base)
		return;
	load_read(base, len / 2);
	load_write(base + len / 4, len / 2);
	mprotect(base, len, PROT_READ);
	load_read(base, len);
	mprotect(base, len, PROT_READ | PROT_WRITE);
	load_write(base, len);
	munmap(base, len);
}

/* Merged when ksmd runs, copied when written. */
static void load_merge(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);

	if (!base)
		return;
	madvise(base, len, MADV_MERGEABLE);
	memset(base, 0x77, len);
	usleep(2000);
	load_write(base, len);
	if (load_random(t) % 4 == 0)
		madvise(base, len, MADV_UNMERGEABLE);
	munmap(base, len);
}

static void load_clear(struct load_thread *t)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (pwrite(fd, "1", 1, 0) == 1 && pwrite(fd, "4", 1, 0) == 1)
		load_read(arena, LOAD_PAGES * page);
	close(fd);
}

/* Pages move between nodes while others touch them. */
static void load_move(struct load_thread *t)
{
	void *pages[LOAD_PAGES];
	int nodes[LOAD_PAGES], status[LOAD_PAGES], to = load_random(t) % 2;
	unsigned int i;

	for (i = 0; i < LOAD_PAGES; i++) {
		pages[i] = arena + i * page;
		nodes[i] = to;
	}
	syscall(SYS_move_pages, 0, (unsigned long)LOAD_PAGES, pages, nodes,
		status, 2);
	load_read(arena, LOAD_PAGES * page);
}

static void load_race(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	unsigned int turn;

	for (turn = 0; turn < 4; turn++) {
		load_read(arena, len);
		load_write(arena, len);
		if (load_random(t) % 4 == 0)
			madvise(arena, len, MADV_DONTNEED);
	}
}

/* Another CPU, so perhaps another node, for a while. */
static void load_wander(struct load_thread *t)
{
	cpu_set_t all, one;
	int cpu;

	if (sched_getaffinity(0, sizeof(all), &all) || CPU_COUNT(&all) < 2)
		return;
	do {
		cpu = load_random(t) % CPU_SETSIZE;
	} while (!CPU_ISSET(cpu, &all));
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
	load_race(t);
	sched_setaffinity(0, sizeof(all), &all);
}

/* The kernel faults for the program: uaccess, GUP. */
static void load_kernel(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	struct iovec to = { base, len / 4 }, from = { arena, len / 4 };
	int fd;

	if (!base)
		return;
	fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (read(fd, base + len / 2, len / 2) < 0)
			stop = true;
		close(fd);
	}
	process_vm_writev(getpid(), &from, 1, &to, 1, 0);
	madvise(base, len, MADV_DONTNEED);
	madvise(base, len / 2, MADV_POPULATE_READ);
	madvise(base, len, MADV_POPULATE_WRITE);
	munmap(base, len);
}

/* Another process faults for the program: in a child's memory, be it running or traced. */
static void load_other(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page, at;
	char *base = load_map(len, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	struct iovec mine = { arena, len / 4 }, its = { base + len / 4, len / 4 };
	char path[PFC_PATH_MAX];
	pid_t parent = getpid(), pid;
	int fd, status;

	if (!base)
		return;
	load_write(base, len / 2);
	pid = fork();
	if (!pid) {
		load_end_with(parent);
		for (;;)
			load_read(base, len);
	}
	if (pid > 0) {
		process_vm_readv(pid, &mine, 1, &its, 1, 0);
		process_vm_writev(pid, &mine, 1, &its, 1, 0);
		snprintf(path, sizeof(path), "/proc/%d/mem", pid);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0) {
			if (pwrite(fd, arena, 2 * page, (off_t)(uintptr_t)base) < 0 &&
			    errno != EIO)
				stop = true;
			close(fd);
		}
		/* PTRACE_ATTACH's SIGSTOP would outlive a tracer that is killed before. */
		if (!ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_EXITKILL) &&
		    !ptrace(PTRACE_INTERRUPT, pid, NULL, NULL)) {
			waitpid(pid, &status, __WALL);
			for (at = len / 2; at < len; at += page) {
				ptrace(PTRACE_PEEKDATA, pid, base + at, NULL);
				ptrace(PTRACE_POKEDATA, pid, base + at, (void *)1);
			}
		}
		kill(pid, SIGKILL);
		waitpid(pid, NULL, __WALL);
	}
	munmap(base, len);
}

/* Pages that others may have pushed out. */
static void load_press(struct load_thread *t)
{
	unsigned int i;
	char *at;

	for (i = 0; i < LOAD_PAGES; i++) {
		at = crowded + (load_random(t) % crowded_pages) * page;
		if (i % 4)
			load_write(at, 1);
		else
			load_read(at, 1);
	}
}

/* Past the end of a file: the kernel's copy fails, a program dies. */
static void load_error(struct load_thread *t)
{
	int fd = memfd_create("load", MFD_CLOEXEC), out;
	char *base;
	pid_t pid;

	if (fd < 0)
		return;
	base = load_map(4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (base && out >= 0) {
		pid_t self = getpid();
		struct iovec to = { base, 1 }, from = { arena, 1 };

		process_vm_writev(self, &from, 1, &to, 1, 0);
		if (syscall(SYS_getcwd, base, page) >= 0)
			stop = true;
		if (load_random(t) % 8 == 0) {
			pid = fork();
			if (!pid) {
				signal(SIGBUS, SIG_DFL);
				load_write(base, page);
				_exit(0);
			}
			if (pid > 0)
				waitpid(pid, NULL, 0);
		}
	}
	if (out >= 0)
		close(out);
	if (base)
		munmap(base, 4 * page);
	close(fd);
}

static __thread sigjmp_buf load_again;
static __thread volatile sig_atomic_t load_expects;
static atomic_ulong load_refused;

static void load_noticed(int signal_number)
{
	if (!load_expects) {
		signal(signal_number, SIG_DFL);
		return;
	}
	atomic_fetch_add(&load_refused, 1);
	siglongjmp(load_again, 1);
}

/* Each costs a signal. */
static void load_refuse(struct load_thread *t)
{
	size_t len = LOAD_PAGES * page;
	char *base = load_map(len, PROT_NONE, MAP_PRIVATE, -1);
	volatile unsigned int at = 0;

	if (!base)
		return;
	sigsetjmp(load_again, 1);
	load_expects = 1;
	while (at < LOAD_PAGES / 4) {
		volatile char *p = base + at++ * page;

		if (load_random(t) % 2)
			*p = 1;
		else
			(void)*p;
	}
	load_expects = 0;
	munmap(base, len);
}

static const struct load_kind {
	const char *name;
	void (*run)(struct load_thread *t);
	unsigned int weight;
	const char *what;
	bool named;	/* only if it is */
} load_kinds[] = {
	{ "anon", load_anon, 8, "fresh anonymous pages" },
	{ "fork", load_fork, 4, "copies after fork" },
	{ "kill", load_kill, 1, "a faulting process is killed" },
	{ "exec", load_exec, 1, "a program starts and ends" },
	{ "file", load_file, 4, "shared and private file mappings" },
	{ "swap", load_swap, 3, "out to swap and back" },
	{ "huge", load_huge, 3, "transparent huge pages, whole and split" },
	{ "protect", load_protect, 3, "mprotect" },
	{ "merge", load_merge, 1, "pages that KSM may merge" },
	{ "clear", load_clear, 2, "access flags cleared" },
	{ "move", load_move, 2, "pages moved between nodes" },
	{ "race", load_race, 4, "all threads at the same pages" },
	{ "wander", load_wander, 2, "threads that change CPUs" },
	{ "kernel", load_kernel, 3, "faults by the kernel and through GUP" },
	{ "error", load_error, 1, "faults that fail" },
	{ "refuse", load_refuse, 1, "accesses that are not permitted" },
	{ "other", load_other, 2, "faults in another process (only if named)", true },
	{ "press", load_press, 4, "more memory than there is (-m)", true },
};

#define LOAD_KINDS	ARRAY_SIZE(load_kinds)

static bool wanted[LOAD_KINDS];
static unsigned long rounds[LOAD_THREADS][LOAD_KINDS];

/* ---- running ----------------------------------------------------------- */

static unsigned int load_pick(struct load_thread *t)
{
	unsigned int i, sum = 0, at;

	for (i = 0; i < LOAD_KINDS; i++)
		sum += wanted[i] ? load_kinds[i].weight : 0;
	at = load_random(t) % sum;
	for (i = 0; i < LOAD_KINDS; i++) {
		if (!wanted[i])
			continue;
		if (at < load_kinds[i].weight)
			break;
		at -= load_kinds[i].weight;
	}
	return i;
}

static void *load_main(void *arg)
{
	struct load_thread *t = arg;

	while (!atomic_load(&stop)) {
		unsigned int kind = load_pick(t);

		load_kinds[kind].run(t);
		t->rounds[kind]++;
	}
	return NULL;
}

static unsigned long load_faults(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return self.ru_minflt + self.ru_majflt + children.ru_minflt +
	       children.ru_majflt + atomic_load(&load_refused);
}

static double load_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int usage(FILE *to, int status)
{
	unsigned int i;

	fprintf(to,
		"Usage: load [-f FAULTS | -t SECONDS] [-j THREADS] [-k KIND]... [-s SEED] [-m MB] [-nq] [-r FILE]\n"
		"  -f FAULTS   until there were so many (default 100000)\n"
		"  -t SECONDS  for so long; 0: until killed\n"
		"  -j THREADS  at once (default 4)\n"
		"  -k KIND     only this kind, or these; all if not given:\n");
	for (i = 0; i < LOAD_KINDS; i++)
		fprintf(to, "      %-8s %s\n", load_kinds[i].name, load_kinds[i].what);
	fprintf(to,
		"  -s SEED     of the random order (default 1)\n"
		"  -m MB       also touch so much memory, at random, and others' memory\n"
		"  -n          be nice: the rest of the machine goes first\n"
		"  -q          say nothing\n"
		"  -r FILE     gets the number of accesses that were refused\n");
	return status;
}

static bool number(const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (!errno && *text >= '0' && *text <= '9' && !*end && *value <= max)
		return true;
	fprintf(stderr, "load: '%s' is not a count up to %lu\n", text, max);
	return false;
}

static bool want_kind(const char *name)
{
	unsigned int i;

	for (i = 0; i < LOAD_KINDS; i++)
		if (!strcmp(load_kinds[i].name, name))
			return wanted[i] = true;
	fprintf(stderr, "load: no kind '%s'; load -h lists them\n", name);
	return false;
}

static void report(unsigned long faults, double seconds, unsigned long threads)
{
	unsigned long sum;
	unsigned int i, j;

	printf("faults %lu\nseconds %.1f\n", faults, seconds);
	for (i = 0; i < LOAD_KINDS; i++) {
		for (sum = 0, j = 0; j < threads; j++)
			sum += rounds[j][i];
		if (wanted[i])
			printf("rounds_%s %lu\n", load_kinds[i].name, sum);
	}
}

int main(int argc, char **argv)
{
	static struct load_thread threads[LOAD_THREADS];
	unsigned long faults = 100000, seconds = 0, count = 4, seed = 1, megabytes = 0, i;
	bool timed = false, quiet = false, any = false;
	struct rlimit none = { 0, 0 };
	FILE *refused = NULL;
	double begin, end;
	int opt;

	while ((opt = getopt(argc, argv, "f:t:j:k:m:s:nqr:xh")) != -1) {
		bool ok = true;

		switch (opt) {
		case 'f':
			ok = number(optarg, 1000000000, &faults);
			timed = false;
			break;
		case 't':
			ok = number(optarg, 1000000, &seconds);
			timed = true;
			break;
		case 'j':
			ok = number(optarg, LOAD_THREADS, &count);
			break;
		case 'k':
			ok = want_kind(optarg);
			any = true;
			break;
		case 's':
			ok = number(optarg, 1000000000, &seed);
			break;
		case 'm':
			ok = number(optarg, 1 << 20, &megabytes);
			break;
		case 'n':
			errno = 0;
			if (nice(10) < 0 && errno)
				perror("load: nice");
			break;
		case 'q':
			quiet = true;
			break;
		case 'r':
			refused = fopen(optarg, "we");
			ok = refused;
			if (!ok)
				perror(optarg);
			break;
		case 'x':	/* what the kind "exec" starts */
			return 0;
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
		if (!ok)
			return 2;
	}
	if (optind < argc)
		return usage(stderr, 2);
	for (i = 0; !any && i < LOAD_KINDS; i++)
		wanted[i] = megabytes || !load_kinds[i].named;
	if (!count)
		count = 1;
	page = pfc_page_size();
	huge = pfc_pmd_size();
	if (!huge || !pfc_fits(8 * count * huge))
		huge = 2UL << 20;
	setrlimit(RLIMIT_CORE, &none);
	signal(SIGSEGV, load_noticed);
	arena = load_map(LOAD_PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1);
	if (!arena) {
		perror("load: mmap");
		return 1;
	}
	crowded_pages = (megabytes ? megabytes << 20 : LOAD_PAGES * page) / page;
	crowded = load_map(crowded_pages * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_NORESERVE, -1);
	if (!crowded) {
		perror("load: mmap");
		return 1;
	}

	begin = load_now();
	for (i = 0; i < count; i++) {
		threads[i].seed = 0x9e3779b97f4a7c15ULL * (seed + i + 1);
		threads[i].rounds = rounds[i];
		errno = pthread_create(&threads[i].thread, NULL, load_main,
				       &threads[i]);
		if (errno) {
			perror("load: pthread_create");
			return 1;
		}
	}
	end = timed && seconds ? begin + seconds : 0;
	while (!atomic_load(&stop)) {
		usleep(20000);
		if (timed ? end && load_now() >= end : load_faults() >= faults)
			atomic_store(&stop, true);
	}
	for (i = 0; i < count; i++)
		pthread_join(threads[i].thread, NULL);
	if (refused) {
		fprintf(refused, "%lu\n", atomic_load(&load_refused));
		if (fclose(refused)) {
			perror("load: -r");
			return 1;
		}
	}
	if (!quiet)
		report(load_faults(), load_now() - begin, count);
	return 0;
}
