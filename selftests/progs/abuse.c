// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and writes the module's files at random, as no sane program would.
 *
 *	abuse [-j PROCESSES] [-n OPERATIONS] [-s SEED] [-r] DIR...
 *
 * DIR holds files of pfclass/, or of /sys/module/pfclass/parameters; with -r only those are
 * taken that do not hold the module in while they are open. Half of what is written is random
 * bytes, half commands with mistakes. Signals interrupt what sleeps, files stay open over
 * whatever happens to the module, and a process is killed now and then, with what it holds.
 *
 * Ends with 1 where a call does what it never should, or the kernel's log has a splat or a
 * line above "notice": then that is on standard output. Last comes what was done. One process
 * (-j 1) does the same each time for one SEED.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pfclass.h>
#include "../lib/files.h"

#define HELD		8
#define HUGE_SIZE	(1 << 20)
#define DIRS_MAX	8
#define NAMES_MAX	64

/* What the processes share. */
static struct {
	long left;			/* operations; below 0 when all are done */
	unsigned long opened, reads, writes, accepted, refused, interrupted;
	bool failed;
} *shared;

static struct {
	const char *path;
	const char *name[NAMES_MAX];	/* of the files, those of a watch last */
	unsigned int nr, own;
} dirs[DIRS_MAX];
static unsigned int nr_dirs;
static int pipe_fd[2];
/* Ends at a page that cannot be touched. */
static char *huge, *edge;

static void count(unsigned long *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

/* ---- chance ---------------------------------------------------------------- */

static uint64_t state;

static uint64_t roll64(void)
{
	/* xorshift64* */
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

static unsigned int roll(unsigned int below)
{
	return (roll64() >> 32) % below;
}

static const char *watch_name(void)
{
	static const char * const names[] = { "a", "b.c", "-", "_", "w0", "w1", "w2", "." };

	return names[roll(ARRAY_SIZE(names))];
}

/* A command, mostly one that this file takes. */
static size_t command(const char *file, char *text, size_t size)
{
	static const struct {
		const char *file, *text;
	} whole[] = {
		{ PFC_FILE_ENABLED, "0" }, { PFC_FILE_ENABLED, "1" }, { PFC_FILE_RESET, "1" },
		{ PFC_FILE_FILTER, "clear" }, { PFC_FILE_FILTER, "tgid=1" },
		{ PFC_FILE_FILTER, "pid=1,2,3 comm=abuse" }, { PFC_FILE_FILTER, "cgroup=/" },
		{ PFC_FILE_FILTER, "addr=0x1000-0x2000" },
		{ PFC_FILE_WATCHES, "add w0" }, { PFC_FILE_WATCHES, "add w1 hold" },
		{ PFC_FILE_WATCHES, "add w2 hold addr=1-2 tgid=1" },
		{ PFC_FILE_WATCHES, "add a tgid=1" }, { PFC_FILE_WATCHES, "add b.c hold" },
		{ PFC_FILE_WATCHES, "remove w0" }, { PFC_FILE_WATCHES, "remove w1" },
		{ PFC_FILE_WATCHES, "remove w2" }, { PFC_FILE_WATCHES, "remove a" },
	};
	static const char * const words[] = {
		"tgid=", "pid=", "comm=", "cgroup=", "addr=", "clear", "add", "remove", "hold",
		"0", "1", "0x", "-", ",", "=", "/", "..", "2147483647", "-1", "4096",
		"0xffffffffffffffff", "18446744073709551616", "init", "no_such",
	};
	static const char blanks[] = "   \t\n,";
	size_t len = 0;
	unsigned int i, n = roll(6);

	/* What is accepted takes as long as a hundred refusals. */
	if (!roll(4)) {
		i = roll(ARRAY_SIZE(whole));
		while (roll(4) && strcmp(whole[i].file, file))
			i = roll(ARRAY_SIZE(whole));
		len = snprintf(text, size, "%s", whole[i].text);
	} else {
		for (i = 0; i <= n; i++)
			len += snprintf(text + len, size - len, "%s%s%.*s",
					words[roll(ARRAY_SIZE(words))], roll(3) ? "" : watch_name(),
					(int)roll(2), blanks + roll(sizeof(blanks) - 1));
	}
	/* A mistake, or none: a byte that is another, one more or one less. */
	switch (roll(8)) {
	case 0:
		text[roll(len)] = roll(256);
		break;
	case 1:
		memmove(text + 1, text, len);
		len++;
		break;
	case 2:
		len -= !!len;
		break;
	}
	return len;
}

/* What is written, of which length. */
static const char *text(const char *file, size_t *len)
{
	static const size_t lengths[] = {
		0, 1, 4095, 4096, 4351, 4352, 4353, 65536, HUGE_SIZE, SIZE_MAX / 2, SIZE_MAX,
	};
	static char some[512];
	unsigned int i;

	if (roll(2)) {
		*len = command(file, some, sizeof(some));
		return some;
	}
	if (!roll(16)) {
		*len = lengths[roll(ARRAY_SIZE(lengths))];
		return roll(2) ? huge : edge - (*len < 65536 ? roll(*len + 2) : 17);
	}
	*len = roll(64);
	for (i = 0; i < *len; i++)
		some[i] = roll64();
	return some;
}

static off_t offset(void)
{
	static const off_t offsets[] = {
		0, 1, -1, 7, 4095, 4096, 65537, 1L << 31, 1L << 32, INT64_MAX, INT64_MIN,
	};

	return roll(2) ? offsets[roll(ARRAY_SIZE(offsets))] : roll(5000);
}

/* Where a reading goes: often to where it cannot. */
static char *buffer(size_t *len)
{
	static const size_t lengths[] = { 0, 1, 2, 100, 4096, 65536, HUGE_SIZE, SIZE_MAX / 2 };

	*len = lengths[roll(ARRAY_SIZE(lengths))];
	switch (roll(8)) {
	case 0:
		return NULL;
	case 1:
		return edge - roll(100);
	case 2:
		/* The kernel's half. */
		return (char *)-(roll64() & 0xffffff0);
	default:
		return huge;
	}
}

/* ---- what is done ---------------------------------------------------------- */

static void wrong(const char *what, long is)
{
	printf("# %s: %ld, errno %d (%s)\n", what, is, errno, strerror(errno));
	fflush(stdout);
	shared->failed = true;
}

/* One write is one command, or none. */
static void wrote(ssize_t got, size_t len)
{
	count(&shared->writes);
	if (got >= 0)
		count(&shared->accepted);
	else if (errno == EINTR)
		count(&shared->interrupted);
	else
		count(&shared->refused);
	if (got >= 0 && (size_t)got != len)
		wrong("a part was written", got);
}

static void was_read(ssize_t got, size_t len, const char *to)
{
	count(&shared->reads);
	if (got > 0 && (size_t)got > len)
		wrong("more was read than asked for", got);
	if (got > 0 && (to < huge || to >= edge))
		wrong("something was read to nowhere", got);
}

static int open_any(const char **name)
{
	static const int modes[] = { O_RDONLY, O_WRONLY, O_RDWR, O_RDWR };
	static const int flags[] = {
		O_APPEND, O_TRUNC, O_NONBLOCK, O_SYNC, O_CREAT, O_DIRECTORY, O_PATH, O_DIRECT,
	};
	/* Less of the last, which are parameters: they take no writes. */
	unsigned int dir = roll(8 * nr_dirs - 7) / 8, file = roll(dirs[dir].nr);
	char path[PFC_PATH_MAX];
	int fd, how;

	*name = dirs[dir].name[file];
	if (file < dirs[dir].own)
		snprintf(path, sizeof(path), "%s/%s", dirs[dir].path, dirs[dir].name[file]);
	else
		snprintf(path, sizeof(path), "%s/" PFC_DIR_WATCH "/%s/%s", dirs[dir].path,
			 watch_name(), dirs[dir].name[file]);
	how = modes[roll(ARRAY_SIZE(modes))];
	if (!roll(4))
		how |= flags[roll(ARRAY_SIZE(flags))];
	fd = open(path, how | O_CLOEXEC, 0600);
	if (fd >= 0)
		count(&shared->opened);
	else if (errno == EINTR)
		count(&shared->interrupted);
	return fd;
}

static void operate(int fd, const char *name)
{
	static const int whences[] = { SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 77 };
	struct pollfd polled = { .fd = fd, .events = POLLIN | POLLOUT };
	struct iovec iov[3];
	const char *from;
	struct stat st;
	off_t pos;
	size_t len;
	char *to;
	void *map;

	switch (roll(20)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
	case 5:
		from = text(name, &len);
		wrote(write(fd, from, len), len);
		break;
	case 6:
		from = text(name, &len);
		wrote(pwrite(fd, from, len, offset()), len);
		break;
	case 7:
	case 8:
	case 9:
		to = buffer(&len);
		was_read(read(fd, to, len), len, to);
		break;
	case 10:
		to = buffer(&len);
		was_read(pread(fd, to, len, offset()), len, to);
		break;
	case 11:
		lseek(fd, roll(2) ? 0 : offset(), whences[roll(ARRAY_SIZE(whences))]);
		break;
	case 12:
		iov[0] = (struct iovec){ huge, roll(100) };
		iov[1] = (struct iovec){ edge - 10, roll(20) };
		iov[2] = (struct iovec){ huge + 5000, roll(100) };
		if (roll(2))
			writev(fd, iov, roll(4));
		else
			readv(fd, iov, roll(4));
		break;
	case 13:
		pos = offset();
		if (sendfile(pipe_fd[1], fd, roll(2) ? &pos : NULL, roll(60000)) > 0)
			count(&shared->reads);
		break;
	case 14:
		if (roll(2))
			splice(fd, NULL, pipe_fd[1], NULL, roll(60000), SPLICE_F_NONBLOCK);
		else
			splice(pipe_fd[0], NULL, fd, NULL, roll(60000), SPLICE_F_NONBLOCK);
		break;
	case 15:
		map = mmap(NULL, 8192, roll(2) ? PROT_READ : PROT_READ | PROT_WRITE,
			   roll(2) ? MAP_SHARED : MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED)
			wrong("a file was mapped", 0);
		break;
	case 16:
		ioctl(fd, roll64(), huge);
		break;
	case 17:
		if (poll(&polled, 1, 0) < 0 && errno == EINTR)
			count(&shared->interrupted);
		break;
	case 18:
		if (fstat(fd, &st) && errno != EBADF)
			wrong("fstat", -1);
		if (ftruncate(fd, roll(2) ? 0 : offset()))
			fsync(fd);
		break;
	case 19:
		if (roll(2))
			fcntl(fd, F_SETFL, roll(2) ? O_APPEND : O_NONBLOCK);
		else if (!flock(fd, LOCK_EX | LOCK_NB))
			flock(fd, LOCK_UN);
		break;
	}
}

static void interrupt(int unused)
{
}

/* Never returns. */
static void abuse(uint64_t seed, bool loose)
{
	const struct sigaction action = { .sa_handler = interrupt };
	const struct timespec moment = { .tv_nsec = 1000000 };
	/* A signal takes a checked kernel on an emulated machine a millisecond. */
	const struct itimerval often = { { 0, 19000 }, { 0, 19000 } };
	const char *name[HELD] = {};
	int fd[HELD];
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	state = seed * 0x9e3779b97f4a7c15ULL + 1;
	/* A pipe of its own: what is in it is nobody's. */
	if (pipe2(pipe_fd, O_NONBLOCK | O_CLOEXEC))
		_exit(2);
	setitimer(ITIMER_REAL, &often, NULL);
	memset(fd, -1, sizeof(fd));
	while (__atomic_load_n(&shared->left, __ATOMIC_RELAXED) > 0) {
		i = roll(HELD);
		if (fd[i] < 0 || !roll(16)) {
			if (fd[i] >= 0)
				close(fd[i]);
			fd[i] = open_any(&name[i]);
		}
		if (fd[i] < 0) {
			/* The module is away: it must get the processor to come back. */
			if (loose)
				nanosleep(&moment, NULL);
			continue;
		}
		if (__atomic_sub_fetch(&shared->left, 1, __ATOMIC_RELAXED) >= 0)
			operate(fd[i], name[i]);
		if (!roll(64))
			while (read(pipe_fd[0], huge, 65536) > 0)
				;
	}
	_exit(0);
}

/* ---- the whole ------------------------------------------------------------- */

/* Whether the log holds what it should not among what came since the last call. */
static bool splat(int log)
{
	static const char * const words[] = {
		"WARNING:", "BUG:", "Oops", "Call trace:", "Call Trace:", "INFO:",
	};
	/* By an emulator's host, and by the first load. */
	static const char * const harmless[] = {
		"hrtimer: interrupt took", "pfclass: loading out-of-tree",
		"pfclass: module verification failed", "Disabling lock debugging",
	};
	char record[8192];
	bool found = false, bad;
	unsigned int i;
	ssize_t got;

	/* EPIPE: some were overwritten before they were read. */
	while ((got = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (got < 0) {
			printf("# the kernel's log is too small for what came\n");
			return true;
		}
		record[got] = 0;
		/* Facility and level in one number. */
		bad = atoi(record) % 8 <= 4;
		for (i = 0; i < ARRAY_SIZE(words); i++)
			bad |= !!strstr(record, words[i]);
		for (i = 0; i < ARRAY_SIZE(harmless); i++)
			bad &= !strstr(record, harmless[i]);
		if (bad)
			printf("# log: %s", strchr(record, ';') ? strchr(record, ';') + 1 : record);
		found |= bad;
	}
	return found;
}

static bool add_dir(const char *path, bool loose)
{
	static const struct {
		const char *name;
		bool only_top, written;
	} files[] = {
		{ PFC_FILE_STATS }, { PFC_FILE_PERCPU }, { PFC_FILE_LATENCY },
		{ PFC_FILE_FILTER, false, true }, { PFC_FILE_RESET, false, true },
		{ PFC_FILE_CGROUPS, true }, { PFC_FILE_PROBES, true },
		{ PFC_FILE_ENABLED, true, true }, { PFC_FILE_WATCHES, true, true },
		/* The most can be written there. */
		{ PFC_FILE_WATCHES, true, true },
	};
	/* Only those of debugfs that are written hold the module in. */
	const bool all = !loose || !strncmp(path, "/proc", 5);
	unsigned int i, n = nr_dirs++;
	struct dirent *entry;
	DIR *dir;

	dirs[n].path = path;
	if (!strncmp(path, "/sys/module/", 12)) {
		dir = opendir(path);
		while (dir && (entry = readdir(dir)) && dirs[n].nr < NAMES_MAX)
			dirs[n].name[dirs[n].nr++] = strdup(entry->d_name);
		if (dir)
			closedir(dir);
		dirs[n].own = dirs[n].nr;
		return dir;
	}
	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (all || !files[i].written)
			dirs[n].name[dirs[n].nr++] = files[i].name;
	dirs[n].own = dirs[n].nr;
	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (!files[i].only_top && (all || !files[i].written))
			dirs[n].name[dirs[n].nr++] = files[i].name;
	return !access(path, F_OK);
}

int main(int argc, char **argv)
{
	long operations = 20000;
	unsigned long seed = 1, begun = 0, killed = 0;
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const struct timespec pause = { .tv_nsec = 20000000 };
	unsigned int processes = 4, i, running = 0, rounds;
	long page = sysconf(_SC_PAGESIZE);
	bool loose = false, bad = false;
	pid_t pid[64] = {}, ended;
	struct timespec then, now;
	int option, status;

	while ((option = getopt(argc, argv, "j:n:rs:")) != -1) {
		switch (option) {
		case 'j':
			processes = atoi(optarg);
			break;
		case 'n':
			operations = atol(optarg);
			break;
		case 'r':
			loose = true;
			break;
		case 's':
			seed = atol(optarg);
			break;
		default:
			return 2;
		}
	}
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	huge = mmap(NULL, HUGE_SIZE + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (shared == MAP_FAILED || huge == MAP_FAILED || log < 0 || optind == argc ||
	    argc - optind > DIRS_MAX || !processes || processes > ARRAY_SIZE(pid)) {
		fprintf(stderr, "usage: abuse [-j N] [-n N] [-s N] [-r] DIR..., as root\n");
		return 2;
	}
	edge = huge + HUGE_SIZE;
	mprotect(edge, page, PROT_NONE);
	for (; optind < argc; optind++) {
		if (!add_dir(argv[optind], loose)) {
			perror(argv[optind]);
			return 2;
		}
	}
	lseek(log, 0, SEEK_END);
	printf("# begun\n");
	fflush(stdout);
	clock_gettime(CLOCK_MONOTONIC, &then);
	shared->left = operations;
	for (rounds = 1; !bad && !shared->failed; rounds++) {
		for (i = 0; i < processes; i++) {
			if (pid[i] || shared->left <= 0)
				continue;
			pid[i] = fork();
			if (!pid[i])
				abuse(seed + begun, loose);
			if (pid[i] < 0)
				return 2;
			begun++;
			running++;
		}
		if (!running)
			break;
		nanosleep(&pause, NULL);
		/* One a second, about. */
		if (!(rounds % 50) && processes > 1 && pid[rounds / 50 % processes]) {
			kill(pid[rounds / 50 % processes], SIGKILL);
			killed++;
		}
		while (running && (ended = waitpid(-1, &status, WNOHANG)) > 0) {
			for (i = 0; i < processes; i++)
				if (pid[i] == ended)
					pid[i] = 0;
			running--;
			if (!(WIFEXITED(status) && !WEXITSTATUS(status)) &&
			    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)) {
				printf("# a process ended with status %#x\n", status);
				bad = true;
			}
		}
		bad |= splat(log);
	}
	for (i = 0; i < processes; i++)
		if (pid[i])
			kill(pid[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	bad |= splat(log);
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("# seed %lu: %ld operations in %ld s: %lu opened, %lu read, %lu written "
	       "(%lu accepted, %lu refused), %lu interrupted, %lu processes, %lu killed\n",
	       seed, operations - (shared->left > 0 ? shared->left : 0),
	       (long)(now.tv_sec - then.tv_sec), shared->opened, shared->reads, shared->writes,
	       shared->accepted, shared->refused, shared->interrupted, begun, killed);
	return bad || shared->failed;
}
