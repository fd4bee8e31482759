// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and unloads a module again and again, each time with the parameters of one line of
 * standard input, and takes a few faults of most classes in between.
 *
 *	reload FILE NAME
 *
 * Each line is written to the kernel's log before it is tried. Ends with 1 where that log has
 * a splat, or the module cannot be unloaded: then the line is on standard output; or where all
 * were refused. Last comes how many loads there were, and how many were refused. One process,
 * since where a kernel checks itself fork and exec take longer than what is tested.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/files.h"
#include "../lib/memory.h"

#define PAGES	16

static size_t page;

/* Reads, writes, copies on write; private and shared; anonymous and of a file; by the kernel. */
static void fault(int file, int sink)
{
	static const int flags[] = {
		MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS, MAP_PRIVATE, MAP_SHARED,
	};
	unsigned int i;
	char *base;
	pid_t pid;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		base = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, flags[i],
			    flags[i] & MAP_ANONYMOUS ? -1 : file, 0);
		if (base == MAP_FAILED)
			continue;
		pfc_read_pages(base, PAGES * page, page);
		pfc_write_pages(base, PAGES * page, page);
		madvise(base, PAGES * page, MADV_PAGEOUT);
		pfc_write_pages(base, PAGES * page, page);
		madvise(base, PAGES * page, MADV_DONTNEED);
		if (write(sink, base, PAGES * page) < 0)
			perror("write");
		munmap(base, PAGES * page);
	}
	base = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return;
	pfc_write_pages(base, PAGES * page, page);
	pid = fork();
	if (!pid) {
		pfc_write_pages(base, PAGES * page, page);
		_exit(0);
	}
	pfc_write_pages(base, PAGES * page, page);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	munmap(base, PAGES * page);
}

/* Whether the kernel's log holds a splat among what came since the last call. */
static bool splat(int log)
{
	static const char * const words[] = {
		"WARNING:", "BUG:", "Oops", "Call trace:", "Call Trace:", "INFO:",
	};
	char record[8192];
	bool found = false;
	unsigned int i;
	ssize_t got;

	/* A record a time; EPIPE: some were overwritten before they were read. */
	while ((got = read(log, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		record[got > 0 ? got : 0] = 0;
		for (i = 0; i < ARRAY_SIZE(words); i++)
			found |= !!strstr(record, words[i]);
	}
	return found;
}

int main(int argc, char **argv)
{
	int ko = argc == 3 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	int log = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int file = memfd_create("reload", MFD_CLOEXEC);
	unsigned int loads = 0, refused = 0;
	char line[4096];
	const char *why = NULL;

	page = sysconf(_SC_PAGESIZE);
	if (ko < 0 || log < 0 || sink < 0 || file < 0 || ftruncate(file, PAGES * page)) {
		fprintf(stderr, "usage: reload FILE NAME, as root\n");
		return 2;
	}
	lseek(log, 0, SEEK_END);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = 0;
		dprintf(log, "<4>reload: %.900s\n", line);
		loads++;
		if (syscall(SYS_finit_module, ko, line, 0)) {
			/* By the kernel, which did not try it. */
			if (errno == EEXIST || errno == ENOEXEC || errno == EPERM) {
				printf("%s: %s\n", line, strerror(errno));
				return 2;
			}
			refused++;
		} else {
			fault(file, sink);
			if (syscall(SYS_delete_module, argv[2], O_NONBLOCK))
				why = strerror(errno);
		}
		if (splat(log))
			why = "the kernel complained";
		if (why) {
			printf("%s: %s\n", why, line);
			return 1;
		}
	}
	printf("%u loads, %u of them refused\n", loads, refused);
	return loads == refused;
}
