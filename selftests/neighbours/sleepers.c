// SPDX-License-Identifier: GPL-2.0
/*
 * A crowd of tasks that fault at the same time.
 *
 *	sleepers TASKS STEP...
 *
 * Each thread does what a step says, and waits for the next one:
 *
 *	sleep	write a page that userfaultfd serves, and stay in that fault
 *	wake	give them all their pages
 *	touch	write a page that is not mapped yet
 *	sleep1, touch1	likewise, all of them the same page; touch1 one after the other,
 *		and the page is dropped behind each
 *	filter	have pfclass count the pages of all steps, and no others
 *	die	kill them all, this program too
 *	=CMD	run a shell command
 *
 * The pages begin at a fixed address, TASKS of them for each step that writes.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pfclass.h>

#include "../lib/stats.h"

#define SLEEPERS_BASE	0x5500000000UL
#define SLEEPERS_WAIT	60000	/* ms until all must be in the fault */

static unsigned int tasks;
static size_t page;
static size_t span;		/* of the pages of one step */
static char *base;
static int uffd = -1;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t next = PTHREAD_COND_INITIALIZER, done = PTHREAD_COND_INITIALIZER;
static unsigned int step;	/* the one that writes now; 1 is the first */
static unsigned int through;	/* tasks that have written */
static bool same;		/* all write one page */
static unsigned int turns;	/* tasks that may write now: those below */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void *task(void *arg)
{
	unsigned long i = (unsigned long)arg;
	unsigned int mine = 0;
	volatile char *at;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (step == mine)
			pthread_cond_wait(&next, &lock);
		mine = step;
		while (turns <= i)
			pthread_cond_wait(&next, &lock);
		at = base + (mine - 1) * span + (same ? 0 : i * page);
		pthread_mutex_unlock(&lock);
		*at = 1;
		pthread_mutex_lock(&lock);
		if (++through == turns)
			pthread_cond_signal(&done);
	}
	return NULL;
}

static void begin(bool one_page, unsigned int how_many)
{
	pthread_mutex_lock(&lock);
	through = 0;
	step++;
	same = one_page;
	turns = how_many;
	pthread_cond_broadcast(&next);
	pthread_mutex_unlock(&lock);
}

static void finish(void)
{
	pthread_mutex_lock(&lock);
	while (through < turns)
		pthread_cond_wait(&done, &lock);
	pthread_mutex_unlock(&lock);
}

/* The same page by one task after the other, each finds it gone. */
static void touch_in_turn(void)
{
	unsigned int i;

	begin(true, 1);
	for (i = 1; ; i++) {
		finish();
		if (i == tasks)
			return;
		if (madvise(base + (step - 1) * span, page, MADV_DONTNEED))
			die("madvise");
		pthread_mutex_lock(&lock);
		turns++;
		pthread_cond_broadcast(&next);
		pthread_mutex_unlock(&lock);
	}
}

static void open_uffd(void)
{
	struct uffdio_api api = { .api = UFFD_API };

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0) {
		perror("userfaultfd");
		exit(4);
	}
	if (ioctl(uffd, UFFDIO_API, &api))
		die("UFFDIO_API");
}

static void do_sleep(bool one_page)
{
	struct uffdio_register reg = {
		.range = { (unsigned long)base + step * span, span },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	struct pollfd fd = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;
	unsigned int i;

	if (ioctl(uffd, UFFDIO_REGISTER, &reg))
		die("UFFDIO_REGISTER");
	begin(one_page, tasks);
	for (i = 0; i < tasks; i++)
		if (poll(&fd, 1, SLEEPERS_WAIT) != 1 ||
		    read(uffd, &msg, sizeof(msg)) != sizeof(msg))
			die("sleepers: not all are asleep");
}

static void do_wake(void)
{
	struct uffdio_zeropage zero = {
		.range = { (unsigned long)base + (step - 1) * span, span },
	};

	if (ioctl(uffd, UFFDIO_ZEROPAGE, &zero))
		die("UFFDIO_ZEROPAGE");
	finish();
}

static void do_filter(unsigned int steps)
{
	FILE *file = fopen(pfc_path(PFC_FILE_FILTER), "w");

	if (!file || fprintf(file, "addr=%p-%p", base, base + steps * span) < 0 || fclose(file))
		die("sleepers: filter");
}

int main(int argc, char **argv)
{
	unsigned int steps = 0, i;
	pthread_attr_t attr;
	pthread_t thread;
	char *stacks;
	size_t stack;

	if (argc < 3 || atoi(argv[1]) < 1) {
		fprintf(stderr, "Usage: sleepers TASKS sleep|wake|touch|filter|die|=CMD ...\n");
		return 2;
	}
	tasks = atoi(argv[1]);
	page = sysconf(_SC_PAGESIZE);
	span = tasks * page;
	for (i = 2; i < (unsigned int)argc; i++) {
		steps += !strncmp(argv[i], "sleep", 5) || !strncmp(argv[i], "touch", 5);
		if (!strncmp(argv[i], "sleep", 5) && uffd < 0)
			open_uffd();
	}
	base = mmap((void *)SLEEPERS_BASE, (steps + 1) * span, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	/* Their own pages are there from the start: nothing else faults. */
	stack = sysconf(_SC_THREAD_STACK_MIN);
	stack = (stack > 2 * page ? stack : 2 * page) + 2 * page;
	stacks = mmap(NULL, tasks * stack, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED || stacks == MAP_FAILED)
		die("mmap");
	madvise(base, (steps + 1) * span, MADV_NOHUGEPAGE);
	madvise(stacks, tasks * stack, MADV_NOHUGEPAGE);
	for (i = 0; i < tasks; i++)
		memset(stacks + (i + 1) * stack - 2 * page, 0, 2 * page);
	pthread_attr_init(&attr);
	for (i = 0; i < tasks; i++) {
		if (pthread_attr_setstack(&attr, stacks + i * stack, stack) ||
		    pthread_create(&thread, &attr, task, (void *)(unsigned long)i))
			die("pthread_create");
	}

	for (i = 2; i < (unsigned int)argc; i++) {
		if (!strcmp(argv[i], "sleep")) {
			do_sleep(false);
		} else if (!strcmp(argv[i], "sleep1")) {
			do_sleep(true);
		} else if (!strcmp(argv[i], "wake")) {
			do_wake();
		} else if (!strcmp(argv[i], "touch")) {
			begin(false, tasks);
			finish();
		} else if (!strcmp(argv[i], "touch1")) {
			touch_in_turn();
		} else if (!strcmp(argv[i], "filter")) {
			do_filter(steps);
		} else if (!strcmp(argv[i], "die")) {
			kill(getpid(), SIGKILL);
		} else if (argv[i][0] == '=') {
			if (system(argv[i] + 1))
				die(argv[i]);
		} else {
			fprintf(stderr, "sleepers: no step '%s'\n", argv[i]);
			return 2;
		}
	}
	fflush(stdout);
	/* None of them ends by itself. */
	_exit(0);
}
