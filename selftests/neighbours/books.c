// SPDX-License-Identifier: GPL-2.0
/*
 * Whether pfclass's books balance over a command, with no filter set: every fault is in
 * a class, and the kernel's own pgfault counted as many.
 *
 *	books [CMD ARG...]
 *
 * Prints one line, "VERDICT key value ...", and exits with 0 (exact), 1 (WRONG: they do
 * not balance, and nothing says so), 3 (missed: what lacks is counted as missed),
 * 4 (unavailable: every class is). CMD's own status is not looked at.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pfclass.h>

#include "../lib/stats.h"

#define BOOKS_TRIES	1000

struct books {
	unsigned long long total[PFC_NR_TOTALS];
	unsigned long long sum;			/* of the classes that are available */
	unsigned int unavailable;		/* of the classes */
	bool lacks[PFC_NR_TOTALS];		/* unavailable, or not there */
};

static const char * const total_keys[] = {
#define PFC_X(id, key, meaning) key,
	PFC_TOTALS(PFC_X)
#undef PFC_X
};

static const char * const class_keys[] = {
#define PFC_X(id, key, where) key,
	PFC_CLASSES(PFC_X)
#undef PFC_X
};

static char text[1 << 16];
static int stats;

/* The value behind a key at the start of a line; false if it is no number. */
static bool value(const char *key, unsigned long long *number)
{
	size_t len = strlen(key);
	const char *at;
	char *end;

	for (at = text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, key, len) || at[len] != ' ')
			continue;
		*number = strtoull(at + len + 1, &end, 10);
		return *end == '\n' && end != at + len + 1;
	}
	return false;
}

static void read_once(struct books *books)
{
	unsigned long long number;
	ssize_t got, len = 0;
	unsigned int i;

	while (len < (ssize_t)sizeof(text) - 1 &&
	       (got = pread(stats, text + len, sizeof(text) - 1 - len, len)) > 0)
		len += got;
	text[len] = 0;
	memset(books, 0, sizeof(*books));
	for (i = 0; i < PFC_NR_TOTALS; i++)
		books->lacks[i] = !value(total_keys[i], &books->total[i]);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		if (value(class_keys[i], &number))
			books->sum += number;
		else
			books->unavailable++;
	}
}

/* Others may fault while the file is made: until two readings are the same. */
static void read_books(struct books *books)
{
	struct books again;
	unsigned int i;

	read_once(books);
	for (i = 0; i < BOOKS_TRIES; i++) {
		read_once(&again);
		if (!memcmp(books, &again, sizeof(again)))
			return;
		*books = again;
	}
	fprintf(stderr, "books: the machine is not quiet, %d readings differ\n", BOOKS_TRIES);
	exit(2);
}

/* Since 6.4 the kernel counts a fault at the end of a visit that is not retried. */
static bool counts_faults(void)
{
	unsigned int major, minor;
	struct utsname name;

	if (uname(&name) || sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return true;
	return major > 6 || (major == 6 && minor >= 4);
}

int main(int argc, char **argv)
{
	struct books before, after;
	unsigned long long got, want;
	long long delta[PFC_NR_TOTALS], sum, lack;
	bool balanced, all, partly;
	const char *verdict;
	unsigned int i;
	int status;
	pid_t pid;

	stats = open(pfc_path(PFC_FILE_STATS), O_RDONLY | O_CLOEXEC);
	if (stats < 0) {
		perror("books: " PFC_FILE_STATS);
		return 2;
	}
	memset(text, 0, sizeof(text));
	mlockall(MCL_CURRENT);
	read_books(&before);
	read_books(&before);
	if (argc > 1) {
		pid = fork();
		if (!pid) {
			execvp(argv[1], argv + 1);
			perror(argv[1]);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid) {
			perror("books");
			return 2;
		}
	}
	read_books(&after);

	for (i = 0; i < PFC_NR_TOTALS; i++)
		delta[i] = after.total[i] - before.total[i];
	sum = after.sum - before.sum;
	all = before.unavailable == PFC_NR_CLASSES && after.unavailable == PFC_NR_CLASSES;
	partly = before.unavailable || after.unavailable;
	want = delta[PFC_PGFAULT];
	got = counts_faults() ? delta[PFC_FAULTS] - delta[PFC_REFUSED] : delta[PFC_VISITS];
	lack = want - got;
	/* A class that is unavailable takes its faults out of the sum. */
	balanced = (partly || (!delta[PFC_UNCLASSIFIED] && delta[PFC_FAULTS] == sum)) &&
		   sum + delta[PFC_UNCLASSIFIED] <= delta[PFC_FAULTS] &&
		   delta[PFC_VISITS] ==
		   delta[PFC_FAULTS] + delta[PFC_RETRIES] - delta[PFC_REFUSED];
	if (all)
		verdict = "unavailable", status = 4;
	else if (after.lacks[PFC_FAULTS] || after.lacks[PFC_PGFAULT])
		verdict = "WRONG (no totals)", status = 1;
	else if (!balanced || lack < 0 || lack > delta[PFC_MISSED])
		verdict = "WRONG", status = 1;
	else if (delta[PFC_MISSED])
		verdict = "missed", status = 3;
	else
		verdict = "exact", status = 0;
	printf("%s", verdict);
	for (i = 0; i < PFC_NR_TOTALS; i++)
		printf(" %s %lld", total_keys[i], delta[i]);
	printf(" classes %lld\n", sum);
	return status;
}
