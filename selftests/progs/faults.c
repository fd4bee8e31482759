// SPDX-License-Identifier: GPL-2.0
/*
 * faults KIND N ADDRESS: N faults of one kind in the pages from ADDRESS on, and no
 * others there. For tests that count them with other tools.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/memory.h"
#include "../lib/machine.h"

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("faults: ", stderr);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(4);
}

/* A frame that the user's stack of each fault must show. */
static void __attribute__((noinline)) touch(char *base, size_t len, bool write)
{
	if (write)
		pfc_write_pages(base, len, pfc_page_size());
	else
		pfc_read_pages(base, len, pfc_page_size());
}

int main(int argc, char **argv)
{
	size_t page = pfc_page_size(), len;
	unsigned int i;
	char *base;
	pid_t pid;

	if (argc != 4)
		die("usage: faults anon|zero|wp|af|swap N ADDRESS");
	len = strtoul(argv[2], NULL, 10) * page;
	base = (char *)strtoul(argv[3], NULL, 0);
	if (mmap(base, len, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != base)
		die("mmap: %s", strerror(errno));
	madvise(base, len, MADV_NOHUGEPAGE);
	if (!strcmp(argv[1], "anon") || !strcmp(argv[1], "zero")) {
		touch(base, len, argv[1][0] == 'a');
		return 0;
	}
	/* The pages come with as many faults of class anon. */
	pfc_write_pages(base, len, page);
	if (!strcmp(argv[1], "wp")) {
		pid = fork();
		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
		touch(base, len, true);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	} else if (!strcmp(argv[1], "af")) {
		if (pfc_clear_refs("1") || pfc_clear_refs("4"))
			die("clear_refs: %s", strerror(errno));
		touch(base, len, false);
	} else if (!strcmp(argv[1], "swap")) {
		for (i = 0; i < 20 && pfc_count_swapped(base, len / page) < len / page; i++)
			madvise(base, len, MADV_PAGEOUT);
		if (pfc_count_swapped(base, len / page) < len / page)
			die("the pages cannot be swapped out");
		touch(base, len, false);
	} else {
		die("no kind %s", argv[1]);
	}
	return 0;
}
