// SPDX-License-Identifier: GPL-2.0
/*
 * The guard is a process of its own session that keeps a list of what to undo. It
 * undoes all of it when its owner asks, or when its owner is gone: killed by the
 * harness's timeout, crashed, or stopped by a failed assertion, after which the harness
 * may run no teardown (6.12's decides by a variable that longjmp() may set back).
 *
 * It holds stdout, so that a runner that waits for the end of a test waits for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

#include "files.h"
#include "guard.h"
#include "machine.h"

#define PFC_GUARD_MAX	64
/* While it is busy: children of its owner may still be about to end. */
#define PFC_GUARD_TRIES	200
#define PFC_GUARD_PAUSE	10000	/* microseconds */

struct pfc_guard {
	int sock;
	pid_t pid;
};

struct pfc_guard_entry {
	enum pfc_undo undo;
	char path[PFC_PATH_MAX];
	char value[PFC_PATH_MAX];	/* of PFC_UNDO_WRITE */
};

static int pfc_undo_truncate(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	return fd < 0 || close(fd) ? -errno : 0;
}

static int pfc_undo_mkdir(const char *path, const char *value)
{
	return rmdir(path) ? -errno : 0;
}

static int pfc_undo_mount(const char *path, const char *value)
{
	return umount2(path, 0) ? -errno : 0;
}

static int pfc_undo_swapon(const char *path, const char *value)
{
	return swapoff(path) ? -errno : 0;
}

static const struct {
	const char *what;
	int (*undo)(const char *path, const char *value);
} pfc_undos[PFC_NR_UNDOS] = {
	[PFC_UNDO_WRITE]	= { "write to", pfc_write },
	[PFC_UNDO_TRUNCATE]	= { "truncate", pfc_undo_truncate },
	[PFC_UNDO_MKDIR]	= { "remove", pfc_undo_mkdir },
	[PFC_UNDO_MOUNT]	= { "unmount", pfc_undo_mount },
	[PFC_UNDO_SWAPON]	= { "stop swapping to", pfc_undo_swapon },
};

static int pfc_guard_restore(const struct pfc_guard_entry *entry)
{
	unsigned int i;
	int err;

	for (i = 0; i < PFC_GUARD_TRIES; i++) {
		err = pfc_undos[entry->undo].undo(entry->path, entry->value);
		if (err != -EBUSY)
			break;
		usleep(PFC_GUARD_PAUSE);
	}
	/* A file may be gone with its module, a directory by its owner. */
	if (!err || err == -ENOENT)
		return 0;
	fprintf(stderr, "# cannot %s %s %s: %s\n", pfc_undos[entry->undo].what,
		entry->path, entry->value, strerror(-err));
	return 1;
}

/* Of writes to one file only the first is recorded: it has the value from before. */
static int pfc_guard_record(struct pfc_guard_entry *entry, unsigned int *nr)
{
	const struct pfc_guard_entry *new = &entry[*nr];
	unsigned int i;

	if (new->undo == PFC_UNDO_WRITE)
		for (i = 0; i < *nr; i++)
			if (entry[i].undo == PFC_UNDO_WRITE && !strcmp(entry[i].path, new->path))
				return 0;
	if (*nr == PFC_GUARD_MAX)
		return -ENOSPC;
	++*nr;
	return 0;
}

static void pfc_guard_main(int sock)
{
	static struct pfc_guard_entry entry[PFC_GUARD_MAX + 1];
	unsigned int nr = 0;
	int err, bad = 0;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while (recv(sock, &entry[nr], sizeof(entry[nr]), 0) == sizeof(entry[nr])) {
		err = pfc_guard_record(entry, &nr);
		send(sock, &err, sizeof(err), 0);
	}
	while (nr--)
		bad |= pfc_guard_restore(&entry[nr]);
	_exit(bad);
}

/**
 * pfc_guard_start() - begin to change the machine
 *
 * Return: the guard, or NULL with errno set.
 */
struct pfc_guard *pfc_guard_start(void)
{
	struct pfc_guard *guard;
	int pair[2];

	guard = calloc(1, sizeof(*guard));
	if (!guard)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		goto err_free;
	fflush(NULL);
	guard->pid = fork();
	if (guard->pid < 0)
		goto err_close;
	if (!guard->pid) {
		close(pair[0]);
		pfc_guard_main(pair[1]);
	}
	close(pair[1]);
	guard->sock = pair[0];
	return guard;

err_close:
	close(pair[0]);
	close(pair[1]);
err_free:
	free(guard);
	return NULL;
}

/**
 * pfc_guard_undo() - have something undone at the guard's end
 * @guard: the guard
 * @undo: what was done, or is about to be
 * @path: to what
 * @value: PFC_UNDO_WRITE: what to write; NULL otherwise
 *
 * Return: 0 or -errno.
 */
int pfc_guard_undo(struct pfc_guard *guard, enum pfc_undo undo, const char *path,
		   const char *value)
{
	struct pfc_guard_entry msg = { .undo = undo };
	int err;

	if (snprintf(msg.path, sizeof(msg.path), "%s", path) >= (int)sizeof(msg.path) ||
	    snprintf(msg.value, sizeof(msg.value), "%s", value ?: "") >= (int)sizeof(msg.value))
		return -ENAMETOOLONG;
	if (send(guard->sock, &msg, sizeof(msg), MSG_NOSIGNAL) != sizeof(msg) ||
	    recv(guard->sock, &err, sizeof(err), 0) != sizeof(err))
		return -EPIPE;
	return err;
}

/* The word in brackets where a file lists choices, otherwise its first line. */
static int pfc_current(const char *path, char *value, size_t size)
{
	char *from, *to;
	ssize_t len;

	len = pfc_read(path, value, size);
	if (len < 0)
		return len;
	from = strchr(value, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to) {
		*to = 0;
		memmove(value, from + 1, to - from);
		return 0;
	}
	value[strcspn(value, "\n")] = 0;
	return 0;
}

/**
 * pfc_guard_keep() - have a setting put back that somebody will change
 * @guard: the guard
 * @path: the setting's file
 *
 * Return: 0 or -errno.
 */
int pfc_guard_keep(struct pfc_guard *guard, const char *path)
{
	char value[PFC_PATH_MAX];
	int err = pfc_current(path, value, sizeof(value));

	return err ? err : pfc_guard_undo(guard, PFC_UNDO_WRITE, path, value);
}

/**
 * pfc_guard_set() - change a setting until the guard's end
 * @guard: the guard
 * @path: the setting's file, for pfc_sized_path()
 * @value: what to write to it
 *
 * Return: 0 or -errno.
 */
int pfc_guard_set(struct pfc_guard *guard, const char *path, const char *value)
{
	char sized[PFC_PATH_MAX];
	int err;

	path = pfc_sized_path(path, sized, sizeof(sized));
	err = pfc_guard_keep(guard, path);
	return err ? err : pfc_write(path, value);
}

/**
 * pfc_guard_mkdir() - make a directory until the guard's end
 * @guard: the guard
 * @path: the directory; also a control group or an instance of tracefs
 *
 * Return: 0 or -errno.
 */
int pfc_guard_mkdir(struct pfc_guard *guard, const char *path)
{
	return mkdir(path, 0755) ? -errno : pfc_guard_undo(guard, PFC_UNDO_MKDIR, path, NULL);
}

/**
 * pfc_guard_end() - undo everything
 * @guard: the guard; is freed
 *
 * Return: 0, or 1 if something could not be undone.
 */
int pfc_guard_end(struct pfc_guard *guard)
{
	int status = 1;

	if (!guard)
		return 0;
	close(guard->sock);
	waitpid(guard->pid, &status, 0);
	free(guard);
	return status != 0;
}

/**
 * pfc_guard_forget() - leave the guard to the process that started it
 * @guard: the guard, in a child of that process
 *
 * The guard notices the end of its owner only when nobody else holds on to it.
 */
void pfc_guard_forget(struct pfc_guard *guard)
{
	if (guard)
		close(guard->sock);
}
