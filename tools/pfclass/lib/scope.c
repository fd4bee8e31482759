// SPDX-License-Identifier: GPL-2.0
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "pfclass.h"

#define NSEC		1000000000ULL
#define EXIT_NOT_RUN	126	/* as a shell says: found, but cannot be run */
#define EXIT_NOT_FOUND	127
#define TRIES		500	/* to empty a control group, 10 ms each */

/* The command, for the handler; 0: there is none, or not yet. */
static volatile sig_atomic_t child, stop;

/*
 * What to do meanwhile with signals that would end this program and leave the
 * filter behind. The terminal sends the first two to the command as well.
 */
static const struct handled {
	int signal;
	bool ignore;		/* with a command */
} handled[] = {
	{ SIGINT, true },
	{ SIGQUIT, true },
	{ SIGTERM, false },
	{ SIGHUP, false },
};

#define NR_HANDLED (sizeof(handled) / sizeof(*handled))

static struct sigaction before[NR_HANDLED];

static void forward(int signal)
{
	stop = 1;
	if (child > 0)
		kill(child, signal);
}

static void handle_signals(bool command)
{
	struct sigaction action = { .sa_handler = forward };
	size_t i;

	for (i = 0; i < NR_HANDLED; i++) {
		sigaction(handled[i].signal, NULL, &before[i]);
		if (before[i].sa_handler == SIG_IGN)
			continue;
		action.sa_handler = command && handled[i].ignore ? SIG_IGN : forward;
		sigaction(handled[i].signal, &action, NULL);
	}
}

static char *__attribute__((format(printf, 1, 2))) text_of(const char *format, ...)
{
	va_list args;
	char *out;

	va_start(args, format);
	if (vasprintf(&out, format, args) < 0)
		out = NULL;
	va_end(args);
	if (!out) {
		pfc_error("out of memory");
		exit(PFC_EXIT_FAILURE);
	}
	return out;
}

/* Where cgroup v2 is, alone or beside v1. */
static char *find_cgroup2(void)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *mount;
	char *dir = NULL;

	while (mounts && !dir && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "cgroup2"))
			dir = text_of("%s", mount->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return dir;
}

/* The path of this process below that mount, "" for the root. */
static char *own_cgroup(void)
{
	FILE *file = fopen("/proc/self/cgroup", "r");
	char *line = NULL, *path = NULL;
	size_t size = 0;

	while (file && !path && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			path = text_of("%s", line[4] ? line + 3 : "");
	}
	if (file)
		fclose(file);
	free(line);
	return path;
}

/* A control group of the command's own, and the filter's word for it. */
static int make_cgroup(struct pfc_scope *scope, char **word)
{
	char *mount = find_cgroup2(), *path = own_cgroup(), *above, *procs;
	struct stat st;
	int ret = PFC_EXIT_OK;

	if (!mount || !path) {
		pfc_error("cgroup v2 is not mounted, which is how the command's processes are told "
			  "apart; as root: mount -t cgroup2 none /sys/fs/cgroup");
		free(mount);
		free(path);
		return PFC_EXIT_NO_CGROUP;
	}
	/* Below this process's own or, where it cannot be seen, the root. */
	above = text_of("%s%s", mount, path);
	if (stat(above, &st)) {
		*path = '\0';
		strcpy(above, mount);
	}
	scope->cgroup = text_of("%s/pfclass.%d", above, (int)getpid());
	scope->parent = text_of("%s/cgroup.procs", above);
	*word = text_of(PFC_FILTER_CGROUP "%s/pfclass.%d\n", path, (int)getpid());
	procs = text_of("%s/cgroup.procs", scope->cgroup);
	if (mkdir(scope->cgroup, 0755)) {
		ret = errno == EACCES || errno == EPERM ? PFC_EXIT_PERMISSION :
							  PFC_EXIT_NO_CGROUP;
		pfc_error("cannot make the control group %s: %s", scope->cgroup,
			  strerror(errno));
		free(scope->cgroup);
		scope->cgroup = NULL;
	} else {
		scope->procs = open(procs, O_WRONLY | O_CLOEXEC);
		if (scope->procs < 0) {
			pfc_error("cannot open %s: %s", procs, strerror(errno));
			ret = PFC_EXIT_NO_CGROUP;
		}
	}
	free(procs);
	free(above);
	free(mount);
	free(path);
	return ret;
}

/* The process that a thread belongs to; 0 if there is no such thread. */
static pid_t tgid_of(pid_t pid)
{
	char path[64], line[256];
	FILE *file;
	int tgid = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "Tgid: %d", &tgid) == 1)
			break;
	if (file)
		fclose(file);
	return tgid;
}

static int open_pid(struct pfc_scope *scope, char **word)
{
	pid_t tgid = tgid_of(scope->pid);

	if (tgid && tgid != scope->pid) {
		pfc_error("%d is a thread of process %d: that is counted", (int)scope->pid,
			  (int)tgid);
		scope->pid = tgid;
	}
	if (tgid)
		scope->pidfd = syscall(SYS_pidfd_open, tgid, 0);
	if (!tgid || scope->pidfd < 0) {
		pfc_error("there is no process %d", (int)scope->pid);
		return PFC_EXIT_NO_PROCESS;
	}
	*word = text_of(PFC_FILTER_TGID "%d\n", (int)tgid);
	return PFC_EXIT_OK;
}

/* What is not counted must not look like nothing. */
static int check_enabled(struct pfc_reader *reader)
{
	char *text;
	size_t len;
	int ret = pfc_read_text(reader, PFC_FILE_ENABLED, &text, &len);

	if (ret)
		return ret;
	if (*text == '0') {
		pfc_error("nothing is counted: the probes are disarmed; arm them: pfclass enable");
		ret = PFC_EXIT_REFUSED;
	}
	free(text);
	return ret;
}

/* One at a time: there is one filter. The open file keeps the module loaded. */
static int lock(struct pfc_scope *scope, struct pfc_reader *reader)
{
	char *path = text_of("%s/%s", reader->dir, PFC_FILE_FILTER);

	scope->lock = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (scope->lock >= 0 && flock(scope->lock, LOCK_EX | LOCK_NB) &&
	    errno == EWOULDBLOCK) {
		pfc_error("another pfclass stat counts a command or a process; there is one "
			  "filter, so one after the other");
		return PFC_EXIT_REFUSED;
	}
	return PFC_EXIT_OK;
}

/**
 * pfc_scope_open() - from now on count the scope only
 * @scope: @command or @pid is set, the rest is zero
 * @reader: the reader
 *
 * The command does not run yet, so that the counters can be read first. Balanced
 * by pfc_scope_close(), also when this fails.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_NO_CGROUP,
 * PFC_EXIT_NO_PROCESS, PFC_EXIT_REFUSED, else as pfc_read_text().
 */
int pfc_scope_open(struct pfc_scope *scope, struct pfc_reader *reader)
{
	char *word = NULL, *filter = NULL;
	size_t len;
	int ret;

	scope->pidfd = -1;
	scope->lock = -1;
	scope->procs = -1;
	handle_signals(scope->command);
	ret = check_enabled(reader);
	if (!ret)
		ret = lock(scope, reader);
	if (!ret)
		ret = pfc_read_text(reader, PFC_FILE_FILTER, &filter, &len);
	if (!ret)
		ret = scope->command ? make_cgroup(scope, &word) : open_pid(scope, &word);
	if (!ret) {
		ret = pfc_write_text(reader, PFC_FILE_FILTER, word);
		/* Only what was changed is put back. */
		if (!ret) {
			scope->filter = filter;
			filter = NULL;
		}
	}
	free(filter);
	free(word);
	return ret;
}

/* What the child is about to do, in memory that it shares, without effect. */
static void rehearse(struct pfc_scope *scope)
{
	if (write(scope->procs, "", 0) < 0)
		errno = 0;
	execvp("/", scope->command);
}

/**
 * pfc_scope_start() - run the command
 * @scope: from pfc_scope_open()
 *
 * It joins its control group as the last thing before execve(), with the memory
 * of this program, so that nothing is counted that is not its own.
 *
 * Return: PFC_EXIT_OK, also if there is none to run; or after a line on standard
 * error 127 (not found), 126 (cannot be run), PFC_EXIT_FAILURE.
 */
int pfc_scope_start(struct pfc_scope *scope)
{
	/* Shared with the child until it has become the command. */
	volatile int err = 0;
	volatile bool joined = false;
	sigset_t all, old;
	size_t i;
	pid_t pid;

	if (!scope->command || stop)
		return PFC_EXIT_OK;
	rehearse(scope);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &old);
	pid = vfork();
	if (!pid) {
		/* In a table of its own, unlike memory. */
		for (i = 0; i < NR_HANDLED; i++)
			sigaction(handled[i].signal, &before[i], NULL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		joined = write(scope->procs, "0\n", 2) == 2;
		if (joined)
			execvp(scope->command[0], scope->command);
		err = errno;
		_exit(EXIT_NOT_FOUND);
	}
	if (pid < 0)
		err = errno;
	else if (err)
		waitpid(pid, NULL, 0);
	else
		child = pid;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (err) {
		pfc_error("cannot %s %s: %s", pid < 0 ? "fork for" : joined ? "run" :
			  "put into a control group", scope->command[0], strerror(err));
		if (!joined)
			return PFC_EXIT_FAILURE;
		return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
	}
	scope->pid = pid;
	scope->pidfd = syscall(SYS_pidfd_open, pid, 0);
	return PFC_EXIT_OK;
}

/**
 * pfc_scope_wait() - wait for the end
 * @scope: the scope
 * @until: or until then, nanoseconds of CLOCK_MONOTONIC; 0: no matter how long
 *
 * Return: true when it goes on; false when the process has ended or, where it is
 * no command, this program was told to stop.
 */
bool pfc_scope_wait(struct pfc_scope *scope, uint64_t until)
{
	struct pollfd fd = { .fd = scope->pidfd, .events = POLLIN };
	struct timespec now, left;
	int64_t ns;

	for (;;) {
		if (fd.fd < 0 || (stop && !child))
			return false;
		clock_gettime(CLOCK_MONOTONIC, &now);
		ns = until - (now.tv_sec * NSEC + now.tv_nsec);
		if (until && ns <= 0)
			return true;
		left = (struct timespec){ .tv_sec = ns / (int64_t)NSEC,
					  .tv_nsec = ns % (int64_t)NSEC };
		if (ppoll(&fd, 1, until ? &left : NULL, NULL) > 0)
			return false;
	}
}

/* Descendants that go on without the command move to where it came from. */
static void remove_cgroup(struct pfc_scope *scope)
{
	char *procs = text_of("%s/cgroup.procs", scope->cgroup);
	int parent = open(scope->parent, O_WRONLY | O_CLOEXEC);
	int tries, pid, err = 0;

	for (tries = 0; tries < TRIES; tries++) {
		FILE *file;

		err = rmdir(scope->cgroup) ? errno : 0;
		if (err != EBUSY)
			break;
		file = fopen(procs, "r");
		while (file && fscanf(file, "%d", &pid) == 1)
			dprintf(parent, "%d\n", pid);
		if (file)
			fclose(file);
		/* What is about to end cannot be moved and soon is gone. */
		if (tries)
			usleep(10000);
	}
	if (err)
		pfc_error("the control group %s cannot be removed: %s; rmdir it when its "
			  "processes have ended", scope->cgroup, strerror(err));
	if (parent >= 0)
		close(parent);
	free(procs);
}

/**
 * pfc_scope_close() - put the filter back and wait for the command
 * @scope: from pfc_scope_open(), whatever that returned
 * @reader: the reader
 *
 * Return: the command's exit status, 128 and its number if a signal ended it,
 * PFC_EXIT_OK if there is none; as pfc_write_text() if the filter cannot be
 * written back.
 */
int pfc_scope_close(struct pfc_scope *scope, struct pfc_reader *reader)
{
	int ret = PFC_EXIT_OK, err;

	if (child > 0) {
		while (waitpid(child, &scope->status, 0) < 0 && errno == EINTR)
			;
		child = 0;
		ret = WIFSIGNALED(scope->status) ? 128 + WTERMSIG(scope->status) :
						   WEXITSTATUS(scope->status);
	}
	if (scope->filter) {
		err = pfc_write_text(reader, PFC_FILE_FILTER, scope->filter);
		if (err) {
			scope->filter[strcspn(scope->filter, "\n")] = '\0';
			pfc_error("the filter could not be put back to \"%s\"", scope->filter);
			ret = err;
		}
	}
	if (scope->procs >= 0)
		close(scope->procs);
	if (scope->cgroup)
		remove_cgroup(scope);
	if (scope->pidfd >= 0)
		close(scope->pidfd);
	if (scope->lock >= 0)
		close(scope->lock);
	free(scope->filter);
	free(scope->cgroup);
	free(scope->parent);
	return ret;
}
