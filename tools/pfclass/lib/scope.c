// SPDX-License-Identifier: GPL-2.0
#include "scope.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../../include/uapi/pfclass.h"
#include "exit.h"
#include "interval.h"
#include "output.h"
#include "process.h"

#define MOMENT		100	/* for descendants to end, 10 ms each */

/* The command, for the signal handler; 0 while none runs. */
static volatile sig_atomic_t child, stop;

/*
 * Signals that would end this program before its last line. The terminal
 * sends the first two to the command as well.
 */
static const struct handled {
	int signal;
	bool ignore;		/* while a command runs */
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

/* Make a control group for the command, and the filter's word for it. */
static int open_cgroup(struct pfc_scope *scope, char **word)
{
	char *path = NULL;
	int ret = pfc_cgroup_make(&scope->cgroup, &path);

	if (!ret)
		*word = pfc_format(PFC_FILTER_CGROUP "%s", path);
	free(path);
	return ret;
}

static int open_pid(struct pfc_scope *scope, char **word)
{
	struct pfc_status status;
	pid_t tgid = pfc_read_status(scope->pid, &status) ? status.tgid : 0;

	if (tgid && tgid != scope->pid) {
		pfc_error("%d is a thread: counting its process, %d", (int)scope->pid,
			  (int)tgid);
		scope->pid = tgid;
	}
	if (tgid)
		scope->pidfd = syscall(SYS_pidfd_open, tgid, 0);
	if (!tgid || scope->pidfd < 0) {
		pfc_error("no process has the ID %d; ps lists them", (int)scope->pid);
		return PFC_EXIT_NO_PROCESS;
	}
	*word = pfc_format(PFC_FILTER_TGID "%d", (int)tgid);
	return PFC_EXIT_OK;
}

/**
 * pfc_check_enabled() - check that the probes are armed: otherwise every count is 0
 * @reader: the reader
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_REFUSED when they
 * are disarmed, else as pfc_read_text().
 */
int pfc_check_enabled(struct pfc_reader *reader)
{
	char *text;
	size_t len;
	int ret = pfc_read_text(reader, PFC_FILE_ENABLED, &text, &len);

	if (ret)
		return ret;
	if (*text == '0') {
		pfc_error("the probes are disarmed, nothing is counted; arm them: pfclass enable");
		ret = PFC_EXIT_REFUSED;
	}
	free(text);
	return ret;
}

/* A watch that goes when this program ends, however it does. */
static int open_watch(struct pfc_scope *scope, struct pfc_reader *reader, const char *word)
{
	char *name = pfc_format("pfclass.%d.%x", (int)getpid(), (unsigned int)pfc_now());
	char *text = pfc_format(PFC_WATCH_ADD " %s " PFC_WATCH_HOLD " %s\n", name, word);
	int ret = pfc_write_and_hold(reader, PFC_FILE_WATCHES, text, &scope->watch);

	if (!ret)
		ret = pfc_use_watch(reader, name);
	free(text);
	free(name);
	return ret;
}

/**
 * pfc_scope_open() - add a watch for the scope: from now on @reader reads its counters
 * @scope: @command or @pid is set, the rest is zero
 * @reader: the reader
 *
 * The command does not run yet, so that the counters can be read first. Call
 * pfc_scope_close() afterwards, also when this fails.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_NO_CGROUP,
 * PFC_EXIT_NO_PROCESS, PFC_EXIT_REFUSED, else as pfc_read_text().
 */
int pfc_scope_open(struct pfc_scope *scope, struct pfc_reader *reader)
{
	char *word = NULL;
	int ret;

	scope->pidfd = -1;
	scope->watch = -1;
	scope->cgroup.procs = -1;
	handle_signals(scope->command);
	ret = pfc_check_enabled(reader);
	if (!ret)
		ret = scope->command ? open_cgroup(scope, &word) : open_pid(scope, &word);
	if (!ret)
		ret = open_watch(scope, reader, word);
	free(word);
	return ret;
}

/* Do without effect what the child is about to do in this program's memory. */
static void rehearse(struct pfc_scope *scope)
{
	if (write(scope->cgroup.procs, "", 0) < 0)
		errno = 0;
	execvp("/", scope->command);
}

/**
 * pfc_scope_start() - run the command
 * @scope: from pfc_scope_open()
 *
 * The child shares the memory of this program and joins its control group last
 * before execve(), so that only the faults of the command are counted.
 *
 * Return: PFC_EXIT_OK, also without a command; or after a line on standard error
 * PFC_EXIT_NOT_FOUND, PFC_EXIT_NOT_RUN, PFC_EXIT_FAILURE.
 */
int pfc_scope_start(struct pfc_scope *scope)
{
	/* Shared with the child until execve(). */
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
		/* The child's own, unlike memory. */
		for (i = 0; i < NR_HANDLED; i++)
			sigaction(handled[i].signal, &before[i], NULL);
		sigprocmask(SIG_SETMASK, &old, NULL);
		joined = write(scope->cgroup.procs, "0\n", 2) == 2;
		if (joined)
			execvp(scope->command[0], scope->command);
		err = errno;
		_exit(PFC_EXIT_NOT_FOUND);
	}
	if (pid < 0)
		err = errno;
	else if (err)
		waitpid(pid, NULL, 0);
	else
		child = pid;
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (err && !joined) {
		pfc_error("cannot %s %s: %s", pid < 0 ? "fork for" : "move into a control group:",
			  scope->command[0], strerror(err));
		return PFC_EXIT_FAILURE;
	}
	if (err == ENOENT) {
		pfc_error("command %s not found: check its name and PATH", scope->command[0]);
		return PFC_EXIT_NOT_FOUND;
	}
	if (err) {
		pfc_error("cannot run %s: %s; check its permissions", scope->command[0],
			  strerror(err));
		return PFC_EXIT_NOT_RUN;
	}
	scope->pid = pid;
	scope->pidfd = syscall(SYS_pidfd_open, pid, 0);
	return PFC_EXIT_OK;
}

/**
 * pfc_scope_wait() - wait for the end
 * @scope: the scope
 * @until: nanoseconds of CLOCK_MONOTONIC to wait until at most; 0: for ever
 *
 * Return: true if the process still runs; false when it has ended or, without a
 * command, this program was interrupted.
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
		ns = until - (now.tv_sec * PFC_NSEC + now.tv_nsec);
		if (until && ns <= 0)
			return true;
		left = (struct timespec){ .tv_sec = ns / (int64_t)PFC_NSEC,
					  .tv_nsec = ns % (int64_t)PFC_NSEC };
		if (ppoll(&fd, 1, until ? &left : NULL, NULL) > 0)
			return false;
	}
}

/* Wait for the command. */
static void reap_command(struct pfc_scope *scope)
{
	int status;

	if (child <= 0)
		return;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	child = 0;
	scope->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/**
 * pfc_scope_reap() - wait for the command and its descendants
 * @scope: from pfc_scope_start(), in a process that is the subreaper of orphans
 *
 * Descendants that outlive the command by more than a moment are not waited for.
 *
 * Return: true if every process of the command has been waited for.
 */
bool pfc_scope_reap(struct pfc_scope *scope)
{
	int tries;

	reap_command(scope);
	for (tries = 0; !pfc_cgroup_is_empty(&scope->cgroup) && tries < MOMENT; tries++)
		usleep(10000);
	if (tries == MOMENT)
		return false;
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	return true;
}

/**
 * pfc_scope_close() - wait for the command and remove the watch
 * @scope: from pfc_scope_open(), whatever that returned; @status is set
 * @reader: the reader
 */
void pfc_scope_close(struct pfc_scope *scope, struct pfc_reader *reader)
{
	reap_command(scope);
	pfc_use_watch(reader, NULL);
	if (scope->watch >= 0)
		close(scope->watch);
	pfc_cgroup_remove(&scope->cgroup);
	if (scope->pidfd >= 0)
		close(scope->pidfd);
}
