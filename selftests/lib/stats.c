// SPDX-License-Identifier: GPL-2.0
/* lint: allow MACRO_ARG_UNUSED throughout: the lists of pfclass.h pass more than each user wants */
/*
 * What the tests share that is no trigger.
 *
 * Buffers are static: whatever the measured code touches must be resident
 * before the measurement, and pfc_settle() sees to the data segment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pfc_test.h"

#define PFC_PATH_MAX	256

/* ---- keys -------------------------------------------------------------- */

static const char * const pfc_total_keys[] = {
#define PFC_X(id, key, meaning) key,
	PFC_TOTALS(PFC_X)
#undef PFC_X
};

static const char * const pfc_class_keys[] = {
#define PFC_X(id, key, where) key,
	PFC_CLASSES(PFC_X)
#undef PFC_X
};

static const struct {
	const char *key;
	enum pfc_class class;
} pfc_refs[] = {
#define PFC_X(id, class, key, meaning) { key, PFC_##class },
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
};

#define PFC_X(id, suffix, meaning) suffix,
static const char * const pfc_access_suffix[] = { PFC_ACCESSES(PFC_X) };
static const char * const pfc_origin_suffix[] = { PFC_ORIGINS(PFC_X) };
static const char * const pfc_outcome_suffix[] = { PFC_OUTCOMES(PFC_X) };
#undef PFC_X

static char pfc_key_text[PFC_NR_KEYS][32];

static void pfc_split_keys(unsigned int first, const char * const *suffix,
			   unsigned int nr)
{
	unsigned int class, i;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		for (i = 0; i < nr; i++)
			snprintf(pfc_key_text[first + class * nr + i],
				 sizeof(pfc_key_text[0]), "%s%s",
				 pfc_class_keys[class], suffix[i]);
}

/**
 * pfc_key() - the key of an index
 * @index: below PFC_NR_KEYS
 *
 * Return: the key as it stands in "stats".
 */
const char *pfc_key(unsigned int index)
{
	unsigned int i;

	if (!pfc_key_text[0][0]) {
		for (i = 0; i < PFC_NR_TOTALS; i++)
			strcpy(pfc_key_text[PFC_K_TOTAL + i], pfc_total_keys[i]);
		for (i = 0; i < PFC_NR_CLASSES; i++)
			strcpy(pfc_key_text[PFC_K_CLASS + i], pfc_class_keys[i]);
		for (i = 0; i < PFC_NR_REFINEMENTS; i++)
			strcpy(pfc_key_text[PFC_K_REF + i], pfc_refs[i].key);
		pfc_split_keys(PFC_K_ACCESS, pfc_access_suffix, PFC_NR_ACCESSES);
		pfc_split_keys(PFC_K_ORIGIN, pfc_origin_suffix, PFC_NR_ORIGINS);
		pfc_split_keys(PFC_K_OUTCOME, pfc_outcome_suffix, PFC_NR_OUTCOMES);
	}
	return pfc_key_text[index];
}

/**
 * pfc_class_key() - the key of a class
 * @class: which
 *
 * Return: the key.
 */
const char *pfc_class_key(enum pfc_class class)
{
	return pfc_class_keys[class];
}

/**
 * pfc_ref_class() - the class that a refinement refines
 * @ref: which
 *
 * Return: its class.
 */
enum pfc_class pfc_ref_class(enum pfc_refinement ref)
{
	return pfc_refs[ref].class;
}

/**
 * pfc_key_is_doubled() - is a split's key a refinement's, too?
 * @index: of the split's key
 *
 * Such a key stands in "stats" once, as the refinement ("file_read").
 *
 * Return: true if it is.
 */
bool pfc_key_is_doubled(unsigned int index)
{
	unsigned int i;

	for (i = 0; index >= PFC_K_ACCESS && i < PFC_NR_REFINEMENTS; i++)
		if (!strcmp(pfc_key(index), pfc_refs[i].key))
			return true;
	return false;
}

/* ---- files ------------------------------------------------------------- */

/**
 * pfc_read() - read a whole small file
 * @path: which
 * @buf: gets the text and a zero byte
 * @size: of @buf, bytes
 *
 * Return: the length, -EFBIG if @buf is too small, or another -errno.
 */
ssize_t pfc_read(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, buf + len, size - 1 - len);
		if (got > 0)
			len += got;
	} while (got > 0 && len < size - 1);
	err = got < 0 ? -errno : got ? -EFBIG : 0;
	close(fd);
	buf[len] = 0;
	return err ? err : (ssize_t)len;
}

/**
 * pfc_write() - write a text to a file with one write
 * @path: which
 * @text: what
 *
 * Return: 0, -EIO if only a part was taken, or another -errno.
 */
int pfc_write(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd, err = 0;
	ssize_t put;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	put = write(fd, text, len);
	if (put < 0)
		err = -errno;
	else if ((size_t)put != len)
		err = -EIO;
	close(fd);
	return err;
}

/**
 * pfc_printf_file() - write a formatted text to a file with one write
 * @path: which
 * @fmt: as for printf()
 *
 * Return: as pfc_write().
 */
int pfc_printf_file(const char *path, const char *fmt, ...)
{
	char text[PFC_PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return pfc_write(path, text);
}

/**
 * pfc_read_number() - read a file that holds one decimal number
 * @path: which
 * @value: gets it
 *
 * Return: 0, -EINVAL if it holds something else, or another -errno.
 */
int pfc_read_number(const char *path, long long *value)
{
	char text[64], *end;
	ssize_t len;

	len = pfc_read(path, text, sizeof(text));
	if (len < 0)
		return len;
	*value = strtoll(text, &end, 10);
	return end == text ? -EINVAL : 0;
}

/* ---- pfclass's files --------------------------------------------------- */

static const char *pfc_debugfs(void)
{
	static char dir[PFC_PATH_MAX];
	static char text[16384];
	char *line, *save;

	if (dir[0])
		return dir;
	if (pfc_read("/proc/mounts", text, sizeof(text)) >= 0)
		for (line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			char type[32];

			if (sscanf(line, "%*s %255s %31s", dir, type) == 2 &&
			    !strcmp(type, "debugfs"))
				return dir;
		}
	strcpy(dir, "/sys/kernel/debug");
	return dir;
}

/**
 * pfc_path() - the path of one of pfclass's files
 * @file: a PFC_FILE_ name
 *
 * Return: the path; eight of them are good at a time.
 */
const char *pfc_path(const char *file)
{
	static char path[8][PFC_PATH_MAX + 64];
	static unsigned int turn;
	char *p = path[turn++ % 8];

	snprintf(p, sizeof(path[0]), "%s/%s/%s", pfc_debugfs(), PFC_DIR, file);
	return p;
}

/**
 * pfc_not_ready() - why pfclass cannot be tested here
 * @why: gets the reason
 * @size: of @why, bytes
 *
 * Return: 0 if it can be.
 */
int pfc_not_ready(char *why, size_t size)
{
	const char *stats = pfc_path(PFC_FILE_STATS);

	if (geteuid()) {
		snprintf(why, size, "not root");
		return 1;
	}
	if (!access(stats, R_OK))
		return 0;
	if (access(pfc_debugfs(), X_OK))
		snprintf(why, size, "no debugfs at %s: mount -t debugfs none %s",
			 pfc_debugfs(), pfc_debugfs());
	else if (access("/sys/module/pfclass", F_OK))
		snprintf(why, size, "pfclass is not loaded: insmod pfclass.ko");
	else
		snprintf(why, size, "pfclass is loaded, but %s cannot be read: %s",
			 stats, strerror(errno));
	return 1;
}

/**
 * pfc_stats_parse() - read the text of "stats"
 * @text: the text; is cut up
 * @stats: gets the values
 * @why: gets what is wrong with the text
 * @size: of @why, bytes
 *
 * A key that is not known here is passed over: keys are only ever added.
 *
 * Return: 0, or -EINVAL if the text breaks the contract.
 */
int pfc_stats_parse(char *text, struct pfc_stats *stats, char *why, size_t size)
{
	unsigned int i, at = 0;
	char *line, *next, *value, *end;

	for (i = 0; i < PFC_NR_KEYS; i++)
		stats->val[i] = PFC_ABSENT;
	for (line = text; *line; line = next) {
		next = strchr(line, '\n');
		if (!next) {
			snprintf(why, size, "the last line has no end: '%s'", line);
			return -EINVAL;
		}
		*next++ = 0;
		value = strchr(line, ' ');
		if (!value) {
			snprintf(why, size, "no value in the line '%s'", line);
			return -EINVAL;
		}
		*value++ = 0;
		if (line == text) {
			if (strcmp(line, "abi") || atoi(value) != PFC_ABI) {
				snprintf(why, size, "the first line is '%s %s', not 'abi %d'",
					 line, value, PFC_ABI);
				return -EINVAL;
			}
			continue;
		}
		/* They come in order: start where the last one was found. */
		for (i = 0; i < PFC_NR_KEYS; i++)
			if (!strcmp(line, pfc_key((at + i) % PFC_NR_KEYS)))
				break;
		if (i == PFC_NR_KEYS)
			continue;
		at = (at + i) % PFC_NR_KEYS;
		if (stats->val[at] != PFC_ABSENT) {
			snprintf(why, size, "the key '%s' is there twice", line);
			return -EINVAL;
		}
		if (!strcmp(value, PFC_UNAVAILABLE)) {
			stats->val[at] = PFC_NA;
			continue;
		}
		errno = 0;
		stats->val[at] = strtoull(value, &end, 10);
		if (*value < '0' || *value > '9' || *end || errno) {
			snprintf(why, size, "the value of '%s' is '%s'", line, value);
			return -EINVAL;
		}
	}
	for (i = 0; i < PFC_K_REF; i++)
		if (stats->val[i] == PFC_ABSENT) {
			snprintf(why, size, "the key '%s' is missing", pfc_key(i));
			return -EINVAL;
		}
	return 0;
}

/**
 * pfc_stats_read() - read "stats"
 * @stats: gets the values
 * @why: gets what is wrong
 * @size: of @why, bytes
 *
 * Return: 0 or -errno.
 */
int pfc_stats_read(struct pfc_stats *stats, char *why, size_t size)
{
	static char text[32768];
	ssize_t len;

	len = pfc_read(pfc_path(PFC_FILE_STATS), text, sizeof(text));
	if (len < 0) {
		snprintf(why, size, "cannot read %s: %s",
			 pfc_path(PFC_FILE_STATS), strerror(-len));
		return len;
	}
	return pfc_stats_parse(text, stats, why, size);
}

/**
 * pfc_stats_delta() - what was counted between two readings
 * @to: the later one; becomes the difference
 * @from: the earlier one
 *
 * A value that is no number in one of them is none in the difference.
 */
void pfc_stats_delta(struct pfc_stats *to, const struct pfc_stats *from)
{
	unsigned int i;

	for (i = 0; i < PFC_NR_KEYS; i++) {
		if (to->val[i] < 0)
			continue;
		if (from->val[i] < 0)
			to->val[i] = from->val[i];
		else
			to->val[i] -= from->val[i];
	}
}

/**
 * pfc_classes_sum() - all classes together
 * @stats: a reading or a difference
 *
 * Return: the sum of the classes that are available.
 */
long long pfc_classes_sum(const struct pfc_stats *stats)
{
	long long sum = 0;
	unsigned int i;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		if (stats->val[PFC_K_CLASS + i] != PFC_NA)
			sum += stats->val[PFC_K_CLASS + i];
	return sum;
}

/**
 * pfc_classes_complete() - is every class available?
 * @stats: a reading
 *
 * Return: true if it is.
 */
bool pfc_classes_complete(const struct pfc_stats *stats)
{
	unsigned int i;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		if (stats->val[PFC_K_CLASS + i] == PFC_NA)
			return false;
	return true;
}

/**
 * pfc_percpu_differs() - do the columns of "percpu" sum to "stats"?
 * @why: gets the difference
 * @size: of @why, bytes
 *
 * Nothing that the filter lets through may fault meanwhile.
 *
 * Return: 0 if they do.
 */
int pfc_percpu_differs(char *why, size_t size)
{
	static char text[65536];
	char *line, *save, *word, *save_word;
	struct pfc_stats stats, sum;
	int column[PFC_NR_KEYS + 1];
	unsigned int i, columns = 0;
	ssize_t len;

	len = pfc_read(pfc_path(PFC_FILE_PERCPU), text, sizeof(text));
	if (len < 0) {
		snprintf(why, size, "cannot read percpu: %s", strerror(-len));
		return 1;
	}
	if (pfc_stats_read(&stats, why, size))
		return 1;
	line = strtok_r(text, "\n", &save);
	word = line ? strtok_r(line, " \t", &save_word) : NULL;
	if (!word || strcmp(word, "cpu")) {
		snprintf(why, size, "the header of percpu starts with '%s', not 'cpu'",
			 word ? word : "");
		return 1;
	}
	while ((word = strtok_r(NULL, " \t", &save_word))) {
		for (i = 0; i < PFC_NR_KEYS && strcmp(word, pfc_key(i)); i++)
			;
		if (i == PFC_NR_KEYS || columns == PFC_NR_KEYS) {
			snprintf(why, size, "percpu has an unknown column '%s'", word);
			return 1;
		}
		column[columns++] = i;
	}
	if (!columns) {
		snprintf(why, size, "percpu has no column but 'cpu'");
		return 1;
	}
	for (i = 0; i < PFC_NR_KEYS; i++)
		sum.val[i] = PFC_ABSENT;
	for (i = 0; i < columns; i++)
		sum.val[column[i]] = 0;
	while ((line = strtok_r(NULL, "\n", &save))) {
		word = strtok_r(line, " \t", &save_word);
		for (i = 0; word && i < columns; i++) {
			word = strtok_r(NULL, " \t", &save_word);
			if (!word) {
				snprintf(why, size, "a row of percpu is short of columns");
				return 1;
			}
			if (!strcmp(word, PFC_UNAVAILABLE))
				sum.val[column[i]] = PFC_NA;
			else
				sum.val[column[i]] += strtoll(word, NULL, 10);
		}
	}
	for (i = 0; i < columns; i++) {
		long long want = stats.val[column[i]];

		/* With no row there is nobody to say "unavailable". */
		if (want == PFC_NA && sum.val[column[i]] == 0)
			continue;
		if (sum.val[column[i]] != want) {
			snprintf(why, size, "%s: percpu sums to %lld, stats says %lld",
				 pfc_key(column[i]), sum.val[column[i]], want);
			return 1;
		}
	}
	return 0;
}

/**
 * pfc_probe_reason() - what "probes" says of a class
 * @class: which
 * @text: gets the row, or a note that there is none
 * @size: of @text, bytes
 */
void pfc_probe_reason(enum pfc_class class, char *text, size_t size)
{
	static char probes[32768];
	char *line, *save, key[64];

	snprintf(text, size, "probes has no row for it");
	if (pfc_read(pfc_path(PFC_FILE_PROBES), probes, sizeof(probes)) < 0)
		return;
	for (line = strtok_r(probes, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *word, *comma;

		if (sscanf(line, "%63s", key) != 1)
			continue;
		for (word = strtok_r(key, ",", &comma); word;
		     word = strtok_r(NULL, ",", &comma))
			if (!strcmp(word, pfc_class_key(class))) {
				snprintf(text, size, "%s", line);
				return;
			}
	}
}

/**
 * pfc_filter_range() - count this process's faults in one range only
 * @start: of the range
 * @len: of the range, bytes
 *
 * Return: as pfc_write().
 */
int pfc_filter_range(const void *start, size_t len)
{
	return pfc_printf_file(pfc_path(PFC_FILE_FILTER),
			       PFC_FILTER_TGID "%d " PFC_FILTER_ADDR "0x%lx-0x%lx",
			       getpid(), (unsigned long)start,
			       (unsigned long)start + len);
}

/* ---- what is put back -------------------------------------------------- */

/*
 * The guard is a process of its own session that changes settings and puts them
 * back, and undoes what else it was told of, as soon as it is asked to, or as
 * whoever asked for them is gone: killed by the harness's timeout, crashed or
 * stopped by a failed assertion, after which there is no teardown (6.12's harness
 * keeps what it decides by in a variable that longjmp() may set back).
 * It holds stdout, so that a runner that waits for its end waits for the guard.
 */
#define PFC_GUARD_MAX	48
/* Until whoever is gone has let go of it. */
#define PFC_GUARD_TRIES	200
#define PFC_GUARD_PAUSE	10000	/* microseconds */

struct pfc_guard {
	int sock;
	pid_t pid;
};

enum pfc_guard_order { PFC_GUARD_SET, PFC_GUARD_KEEP, PFC_GUARD_UNDO };

struct pfc_guard_msg {
	enum pfc_guard_order order;
	enum pfc_undo undo;
	char path[PFC_PATH_MAX];
	char value[PFC_PATH_MAX];
};

struct pfc_guard_saved {
	enum pfc_undo undo;
	char path[PFC_PATH_MAX];
	char value[PFC_PATH_MAX];	/* PFC_UNDO_WRITE */
};

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

static int pfc_guard_handle(const struct pfc_guard_msg *msg,
			    struct pfc_guard_saved *saved, unsigned int *nr)
{
	bool undo = msg->order == PFC_GUARD_UNDO;
	unsigned int i;
	int err;

	for (i = 0; i < *nr; i++)
		if (!undo && saved[i].undo == PFC_UNDO_WRITE &&
		    !strcmp(saved[i].path, msg->path))
			break;
	if (i == *nr) {
		if (i == PFC_GUARD_MAX)
			return -ENOSPC;
		saved[i].undo = undo ? msg->undo : PFC_UNDO_WRITE;
		strcpy(saved[i].path, msg->path);
		strcpy(saved[i].value, msg->value);
		err = undo ? 0 : pfc_current(msg->path, saved[i].value,
					     sizeof(saved[i].value));
		if (err)
			return err;
		++*nr;
	}
	return msg->order == PFC_GUARD_SET ? pfc_write(msg->path, msg->value) : 0;
}

static int pfc_guard_undo_one(const struct pfc_guard_saved *saved)
{
	switch (saved->undo) {
	case PFC_UNDO_WRITE:
		return pfc_write(saved->path, saved->value);
	case PFC_UNDO_MKDIR:
		return rmdir(saved->path) ? -errno : 0;
	case PFC_UNDO_MOUNT:
		return umount2(saved->path, 0) ? -errno : 0;
	case PFC_UNDO_SWAPON:
		return swapoff(saved->path) ? -errno : 0;
	}
	return -EINVAL;
}

static int pfc_guard_restore(struct pfc_guard_saved *saved, unsigned int nr)
{
	static const char * const what[] = {
		[PFC_UNDO_WRITE] = "write to",
		[PFC_UNDO_MKDIR] = "remove",
		[PFC_UNDO_MOUNT] = "unmount",
		[PFC_UNDO_SWAPON] = "stop swapping to",
	};
	unsigned int i;
	int err, bad = 0;

	while (nr--) {
		err = pfc_guard_undo_one(&saved[nr]);
		for (i = 0; err == -EBUSY && i < PFC_GUARD_TRIES; i++) {
			usleep(PFC_GUARD_PAUSE);
			err = pfc_guard_undo_one(&saved[nr]);
		}
		/* A debugfs file may be gone with its module: nothing to do. */
		if (err && err != -ENOENT) {
			fprintf(stderr, "# cannot %s %s %s: %s\n",
				what[saved[nr].undo], saved[nr].path,
				saved[nr].value, strerror(-err));
			bad++;
		}
	}
	return bad;
}

static void pfc_guard_main(int sock)
{
	static struct pfc_guard_saved saved[PFC_GUARD_MAX];
	struct pfc_guard_msg msg;
	unsigned int nr = 0;
	int err;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	while (recv(sock, &msg, sizeof(msg), 0) == sizeof(msg)) {
		err = pfc_guard_handle(&msg, saved, &nr);
		send(sock, &err, sizeof(err), 0);
	}
	_exit(pfc_guard_restore(saved, nr) ? 1 : 0);
}

/**
 * pfc_guard_start() - begin to change settings
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

static int pfc_guard_ask(struct pfc_guard *guard, enum pfc_guard_order order,
			 enum pfc_undo undo, const char *path, const char *value)
{
	struct pfc_guard_msg msg = { .order = order, .undo = undo };
	int err;

	if (strlen(path) >= sizeof(msg.path) ||
	    (value && strlen(value) >= sizeof(msg.value)))
		return -ENAMETOOLONG;
	strcpy(msg.path, path);
	if (value)
		strcpy(msg.value, value);
	if (send(guard->sock, &msg, sizeof(msg), MSG_NOSIGNAL) != sizeof(msg) ||
	    recv(guard->sock, &err, sizeof(err), 0) != sizeof(err))
		return -EPIPE;
	return err;
}

/**
 * pfc_guard_set() - change a setting until the guard's end
 * @guard: the guard
 * @path: the setting's file
 * @value: what to write to it
 *
 * Return: 0 or -errno.
 */
int pfc_guard_set(struct pfc_guard *guard, const char *path, const char *value)
{
	return pfc_guard_ask(guard, PFC_GUARD_SET, PFC_UNDO_WRITE, path, value);
}

/**
 * pfc_guard_keep() - have a setting put back that somebody else will change
 * @guard: the guard
 * @path: the setting's file
 *
 * Return: 0 or -errno.
 */
int pfc_guard_keep(struct pfc_guard *guard, const char *path)
{
	return pfc_guard_ask(guard, PFC_GUARD_KEEP, PFC_UNDO_WRITE, path, NULL);
}

/**
 * pfc_guard_undo() - have something undone at the guard's end, the last first
 * @guard: the guard
 * @undo: what was done
 * @path: to what
 * @value: PFC_UNDO_WRITE: what is to be written; NULL otherwise
 *
 * Return: 0 or -errno.
 */
int pfc_guard_undo(struct pfc_guard *guard, enum pfc_undo undo, const char *path,
		   const char *value)
{
	return pfc_guard_ask(guard, PFC_GUARD_UNDO, undo, path, value);
}

/**
 * pfc_guard_end() - put everything back
 * @guard: the guard; is freed
 *
 * Return: 0, or 1 if something could not be put back.
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

/* ---- the machine ------------------------------------------------------- */

/**
 * pfc_page_size() - the size of a page
 *
 * Return: bytes.
 */
size_t pfc_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/**
 * pfc_pmd_size() - the size of a transparent huge page
 *
 * Return: bytes, 0 if the kernel has none.
 */
size_t pfc_pmd_size(void)
{
	long long size = 0;

	if (pfc_read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
			    &size))
		return 0;
	return size;
}

/**
 * pfc_kernel_version() - the running kernel's version
 *
 * Return: to be compared with PFC_KVER().
 */
unsigned int pfc_kernel_version(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	/* What is no number of a version is older than all. */
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return PFC_KVER(major, minor);
}

/**
 * pfc_quiet_machine() - is this the harness's guest?
 *
 * Nothing but the test runs there, so counters of the whole machine are exact.
 *
 * Return: true if it is.
 */
bool pfc_quiet_machine(void)
{
	return getenv("PFC_KERNEL");
}

/**
 * pfc_swap_on() - is there any swap?
 *
 * Return: true if there is.
 */
bool pfc_swap_on(void)
{
	char text[4096], *line;

	if (pfc_read("/proc/swaps", text, sizeof(text)) <= 0)
		return false;
	line = strchr(text, '\n');
	return line && line[1];
}

/**
 * pfc_fault_around() - how much a read fault maps of a cached file
 *
 * Return: bytes, at least a page.
 */
size_t pfc_fault_around(void)
{
	char path[PFC_PATH_MAX + 32];
	long long bytes = 0;

	snprintf(path, sizeof(path), "%s/fault_around_bytes", pfc_debugfs());
	if (pfc_read_number(path, &bytes))
		bytes = 65536;	/* the kernel's default */
	return (size_t)bytes > pfc_page_size() ? (size_t)bytes : pfc_page_size();
}

/**
 * pfc_now_ms() - a clock
 *
 * Return: milliseconds since some time.
 */
long long pfc_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/**
 * pfc_pin() - run on one CPU
 * @cpu: which
 *
 * Return: 0 or -errno.
 */
int pfc_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/**
 * pfc_node_exists() - is there such a NUMA node?
 * @node: which
 *
 * Return: true if there is.
 */
bool pfc_node_exists(int node)
{
	char path[PFC_PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", node);
	return !access(path, F_OK);
}

/**
 * pfc_cpu_of_node() - a CPU of a node
 * @node: which
 *
 * Return: the node's first CPU, -1 if it has none.
 */
int pfc_cpu_of_node(int node)
{
	char path[PFC_PATH_MAX], text[PFC_PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist",
		 node);
	if (pfc_read(path, text, sizeof(text)) <= 0 ||
	    text[0] < '0' || text[0] > '9')
		return -1;
	return atoi(text);
}

/**
 * pfc_two_nodes() - two nodes that have CPUs and memory
 * @node: gets them
 * @why: gets the reason if there are none
 * @size: of @why, bytes
 *
 * Return: 0 if there are.
 */
int pfc_two_nodes(int node[2], char *why, size_t size)
{
	char path[PFC_PATH_MAX];
	int i, found = 0;

	for (i = 0; i < PFC_MAX_NODES && found < 2; i++) {
		long long total = 0;
		char text[4096], *at;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/meminfo", i);
		if (pfc_cpu_of_node(i) < 0 ||
		    pfc_read(path, text, sizeof(text)) <= 0)
			continue;
		at = strstr(text, "MemTotal:");
		if (at && sscanf(at, "MemTotal: %lld", &total) == 1 && total)
			node[found++] = i;
	}
	if (found == 2)
		return 0;
	snprintf(why, size, "%d NUMA node%s with CPUs and memory; two are needed",
		 found, found == 1 ? "" : "s");
	return 1;
}

/**
 * pfc_nodes_of() - on which nodes pages are
 * @addr: the first page
 * @pages: how many, at most PFC_MAX_NODE_PAGES
 * @nodes: gets a node or -errno for each
 *
 * Return: 0 or -errno.
 */
int pfc_nodes_of(const void *addr, unsigned int pages, int *nodes)
{
	static void *page[PFC_MAX_NODE_PAGES];
	unsigned int i;

	if (pages > PFC_MAX_NODE_PAGES)
		return -EINVAL;
	for (i = 0; i < pages; i++)
		page[i] = (char *)addr + i * pfc_page_size();
	return syscall(SYS_move_pages, 0, pages, page, NULL, nodes, 0) ? -errno : 0;
}

/* ---- memory ------------------------------------------------------------ */

/**
 * pfc_map() - mmap() with an alignment
 * @len: bytes
 * @align: bytes, a power of two
 * @prot: as for mmap()
 * @flags: as for mmap(); MAP_ANONYMOUS is added where @fd is -1
 * @fd: as for mmap()
 * @offset: as for mmap()
 *
 * An inaccessible page stays before and after it, so that it is a VMA of its
 * own. Threads may call this at the same time.
 *
 * Return: the address, or MAP_FAILED with errno set.
 */
void *pfc_map(size_t len, size_t align, int prot, int flags, int fd, off_t offset)
{
	size_t page = pfc_page_size(), room;
	char *hole, *base, *end;
	void *map;

	if (align < page)
		align = page;
	room = len + align + 2 * page;
	hole = mmap(NULL, room, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (hole == MAP_FAILED)
		return MAP_FAILED;
	base = (char *)(((uintptr_t)hole + page + align - 1) & ~(align - 1));
	end = base + len + page;
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	map = mmap(base, len, prot, flags | MAP_FIXED, fd, offset);
	if (map == MAP_FAILED) {
		munmap(hole, room);
		return MAP_FAILED;
	}
	if (base - page > hole)
		munmap(hole, base - page - hole);
	if (end < hole + room)
		munmap(end, hole + room - end);
	return map;
}

/**
 * pfc_read_pages() - read one byte of every step
 * @base: where
 * @len: bytes
 * @step: bytes
 */
void pfc_read_pages(const volatile char *base, size_t len, size_t step)
{
	size_t at;

	for (at = 0; at < len; at += step)
		(void)base[at];
}

/**
 * pfc_write_pages() - write one byte of every step, without reading it
 * @base: where
 * @len: bytes
 * @step: bytes
 */
void pfc_write_pages(volatile char *base, size_t len, size_t step)
{
	size_t at;

	for (at = 0; at < len; at += step)
		base[at] = 0x5a;
}

/**
 * pfc_settle() - make everything resident but the pages under test
 * @except: those
 * @len: bytes of them
 *
 * Takes now what this process would otherwise fault in, copy, or mark accessed
 * while its faults are counted: its writable pages are written (with what they
 * hold), the others read.
 */
void pfc_settle(const void *except, size_t len)
{
	static char text[65536];
	unsigned long start, end, from = (unsigned long)except;
	size_t page = pfc_page_size();
	char *line, *next;
	struct rusage usage;

	if (pfc_read("/proc/self/maps", text, sizeof(text)) < 0)
		return;
	for (line = text; *line; line = next) {
		volatile char *at;
		char perm[8];

		next = strchr(line, '\n');
		if (!next)
			break;
		*next++ = 0;
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perm) != 3 ||
		    perm[0] != 'r' || strstr(line, "[vvar") ||
		    strstr(line, "[vsyscall]"))
			continue;
		if (start < from + len && from < end)
			continue;
		for (at = (char *)start; (unsigned long)at < end; at += page) {
			char c = *at;

			if (perm[1] == 'w')
				*at = c;
		}
	}
	pfc_now_ms();	/* the kernel's data page for it */
	getrusage(RUSAGE_SELF, &usage);
}

/**
 * pfc_clear_refs() - write to /proc/self/clear_refs
 * @what: what
 *
 * Return: as pfc_write().
 */
int pfc_clear_refs(const char *what)
{
	return pfc_write("/proc/self/clear_refs", what);
}

/**
 * pfc_pagemap() - what /proc/self/pagemap says of pages
 * @addr: the first page
 * @pages: how many
 * @entry: gets an entry for each
 *
 * Return: 0 or -errno.
 */
int pfc_pagemap(const void *addr, unsigned int pages, uint64_t *entry)
{
	ssize_t want = pages * sizeof(*entry), got;
	int fd;

	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = pread(fd, entry, want,
		    (uintptr_t)addr / pfc_page_size() * sizeof(*entry));
	close(fd);
	return got == want ? 0 : got < 0 ? -errno : -EIO;
}

static unsigned int pfc_count_bit(const void *addr, unsigned int pages,
				  uint64_t bit)
{
	unsigned int i, found = 0;
	uint64_t entry;

	for (i = 0; i < pages; i++)
		if (!pfc_pagemap((char *)addr + i * pfc_page_size(), 1, &entry) &&
		    (entry & bit))
			found++;
	return found;
}

/**
 * pfc_count_swapped() - how many pages are swapped out
 * @addr: the first page
 * @pages: how many to look at
 *
 * Return: how many.
 */
unsigned int pfc_count_swapped(const void *addr, unsigned int pages)
{
	return pfc_count_bit(addr, pages, PFC_PM_SWAP);
}

/**
 * pfc_count_present() - how many pages are mapped
 * @addr: the first page
 * @pages: how many to look at
 *
 * Return: how many.
 */
unsigned int pfc_count_present(const void *addr, unsigned int pages)
{
	return pfc_count_bit(addr, pages, PFC_PM_PRESENT);
}

/**
 * pfc_smaps_kb() - one field of /proc/self/smaps, over a range
 * @addr: where the range starts
 * @len: its bytes
 * @field: the field with its colon
 *
 * Return: kilobytes in all VMAs that lie in the range, -1 if it has no such
 * field.
 */
long long pfc_smaps_kb(const void *addr, size_t len, const char *field)
{
	static char text[262144];
	unsigned long start, end, from = (unsigned long)addr;
	long long kb, sum = -1;
	char *line, *save;
	bool in = false;

	if (pfc_read("/proc/self/smaps", text, sizeof(text)) < 0)
		return -1;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			in = start >= from && end <= from + len;
		else if (in && !strncmp(line, field, strlen(field)) &&
			 sscanf(line + strlen(field), "%lld", &kb) == 1)
			sum = (sum < 0 ? 0 : sum) + kb;
	}
	return sum;
}

/* ---- who sets the access flag? ----------------------------------------- */

#define PFC_HWAF_PAGES	8

/**
 * pfc_hwaf() - does the CPU set the access flag itself?
 * @why: gets the reason if that cannot be found out
 * @size: of @why, bytes
 *
 * arm64 hides ID_AA64MMFR1_EL1.HAFDBS from programs, so look: clear the flags
 * of resident pages, see in smaps that they are clear, read the pages, see in
 * smaps that they are set, and ask getrusage who did it. The caller's settings
 * are left alone; pages of the whole process lose their flags.
 *
 * Return: 1 if it does, 0 if the kernel has to in a fault, -1 if unknown.
 */
int pfc_hwaf(char *why, size_t size)
{
	size_t page = pfc_page_size(), len = PFC_HWAF_PAGES * page;
	long long cleared, set, want = len / 1024;
	struct rusage before, after;
	char *base;
	long faults;

	base = pfc_map(len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	if (base == MAP_FAILED) {
		snprintf(why, size, "mmap: %s", strerror(errno));
		return -1;
	}
	madvise(base, len, MADV_NOHUGEPAGE);
	pfc_write_pages(base, len, page);
	if (pfc_clear_refs("1") || pfc_clear_refs("4")) {
		snprintf(why, size, "cannot write /proc/self/clear_refs");
		munmap(base, len);
		return -1;
	}
	cleared = pfc_smaps_kb(base, len, "Referenced:");
	pfc_settle(base, len);
	getrusage(RUSAGE_SELF, &before);
	pfc_read_pages(base, len, page);
	getrusage(RUSAGE_SELF, &after);
	set = pfc_smaps_kb(base, len, "Referenced:");
	munmap(base, len);
	faults = after.ru_minflt - before.ru_minflt;
	if (cleared == 0 && set == want && faults == PFC_HWAF_PAGES)
		return 0;
	if (cleared == 0 && set == want && faults == 0)
		return 1;
	snprintf(why, size,
		 "cannot tell who sets the access flag: referenced %lld kB after clear_refs, %lld kB of %lld after reading, %ld faults for %d pages",
		 cleared, set, want, faults, PFC_HWAF_PAGES);
	return -1;
}

/**
 * pfc_hwaf_promised() - what the harness says of the CPU that it made
 *
 * Return: 1 or 0 as pfc_hwaf(), -1 if it says nothing.
 */
int pfc_hwaf_promised(void)
{
	static const struct {
		const char *cpu;
		int hwaf;
	} known[] = {
		{ "cortex-a35", 0 }, { "cortex-a53", 0 }, { "cortex-a57", 0 },
		{ "cortex-a72", 0 },
		{ "max", 1 },
	};
	const char *cpu = getenv("PFC_CPU");
	unsigned int i;

	for (i = 0; cpu && i < ARRAY_SIZE(known); i++)
		if (!strcmp(cpu, known[i].cpu))
			return known[i].hwaf;
	return -1;
}

/* ---- witnesses --------------------------------------------------------- */

const char * const pfc_vmstat_names[PFC_NR_VMSTAT] = {
	[PFC_VM_PGFAULT]		= "pgfault",
	[PFC_VM_PSWPIN]			= "pswpin",
	[PFC_VM_NUMA_HINT_FAULTS]	= "numa_hint_faults",
	[PFC_VM_NUMA_PAGES_MIGRATED]	= "numa_pages_migrated",
};

/**
 * pfc_vmstat_read() - read /proc/vmstat
 * @value: gets PFC_NR_VMSTAT values, PFC_NA for what is not there
 *
 * Return: 0 or -errno.
 */
int pfc_vmstat_read(long long *value)
{
	static char text[32768];
	unsigned int i;
	ssize_t len;

	for (i = 0; i < PFC_NR_VMSTAT; i++)
		value[i] = PFC_NA;
	len = pfc_read("/proc/vmstat", text, sizeof(text));
	if (len < 0)
		return len;
	for (i = 0; i < PFC_NR_VMSTAT; i++) {
		size_t name = strlen(pfc_vmstat_names[i]);
		char *at = text;

		while (at && (strncmp(at, pfc_vmstat_names[i], name) ||
			      at[name] != ' ')) {
			at = strchr(at, '\n');
			at = at ? at + 1 : NULL;
		}
		if (at)
			value[i] = strtoll(at + name, NULL, 10);
	}
	return 0;
}

static void pfc_rusage(struct pfc_witness *w)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	w->minflt = usage.ru_minflt;
	w->majflt = usage.ru_majflt;
}

/**
 * pfc_witness_before() - read the witnesses, this process's faults last
 * @w: gets them
 */
void pfc_witness_before(struct pfc_witness *w)
{
	pfc_vmstat_read(w->vmstat);
	pfc_rusage(w);
}

/**
 * pfc_witness_after() - read the witnesses, this process's faults first
 * @w: gets them
 */
void pfc_witness_after(struct pfc_witness *w)
{
	pfc_rusage(w);
	pfc_vmstat_read(w->vmstat);
}
