// SPDX-License-Identifier: GPL-2.0
/*
 * toucher [SECONDS]: a program whose working set is known. It touches the same pages again
 * and again, ten times a second or more often, until it is killed or the time is over:
 *
 *	0x5500000000	400 pages in memory: it reads 7 and writes 13 of them
 *	0x5600000000	11 pages, which it swaps out, and has the kernel read 5 of them back
 *	0x5700000000	31 pages that it shares with a child: it reads 3, the child writes all
 *	0x5800000000	3 huge pages, where there are any: it reads a page of the first and
 *			writes one of the second
 *
 * It prints "ready", and what of these it has, when all of this has happened once; the time
 * begins then, for before that a slow kernel takes seconds.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../lib/files.h"
#include "../lib/machine.h"
#include "../lib/memory.h"

#define BASE		0x5500000000UL
#define SWAPPED		0x5600000000UL
#define SHARED		0x5700000000UL
#define HUGE		0x5800000000UL

static char *map(unsigned long at, size_t len, int flags)
{
	char *base = mmap((void *)at, len, PROT_READ | PROT_WRITE,
			  flags | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (base != (char *)at) {
		fprintf(stderr, "toucher: mmap: %s\n", strerror(errno));
		exit(4);
	}
	madvise(base, len, flags & MAP_SHARED || at != HUGE ? MADV_NOHUGEPAGE : MADV_HUGEPAGE);
	pfc_write_pages(base, len, pfc_page_size());
	return base;
}

static void wait_a_moment(void)
{
	const struct timespec moment = { .tv_nsec = 20000000 };

	nanosleep(&moment, NULL);
}

/*
 * A page that waits in a batch of another CPU, one that took the disk's interrupt, or on
 * which this process was, cannot be isolated. Compaction empties those (compact_nodes()).
 */
static void swap_out(char *base, unsigned int pages)
{
	unsigned int i;

	for (i = 0; i < 20; i++) {
		madvise(base, pages * pfc_page_size(), MADV_PAGEOUT);
		if (pfc_count_swapped(base, pages) == pages)
			return;
		pfc_write("/proc/sys/vm/compact_memory", "1");
	}
}

/*
 * As a debugger reads them. The load that a program does itself is tried again after its
 * fault, and takes a second one, of class af, when flags are cleared between the two.
 */
static void read_by_kernel(char *base, unsigned int pages)
{
	const size_t page = pfc_page_size();
	char byte;
	struct iovec to = { &byte, 1 }, from = { base, 1 };

	for (; pages--; from.iov_base = (char *)from.iov_base + page)
		process_vm_readv(getpid(), &to, 1, &from, 1, 0);
}

int main(int argc, char **argv)
{
	const size_t page = pfc_page_size();
	const size_t huge = pfc_pmd_size();
	char *base, *swapped, *shared, *large = NULL;
	bool swaps, ready = false;
	time_t end = 0;

	base = map(BASE, 400 * page, MAP_PRIVATE);
	swapped = map(SWAPPED, 11 * page, MAP_PRIVATE);
	shared = map(SHARED, 31 * page, MAP_SHARED);
	if (huge && pfc_fits(3 * huge)) {
		large = map(HUGE, 3 * huge, MAP_PRIVATE);
		/* A write to one that a child has, too, splits it: do_huge_pmd_wp_page(). */
		madvise(large, 3 * huge, MADV_DONTFORK);
		if (pfc_smaps_kb(large, 3 * huge, "AnonHugePages:") != (long long)(3 * huge) >> 10)
			large = NULL;
	}
	swap_out(swapped, 11);
	swaps = pfc_count_swapped(swapped, 11) == 11;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			pfc_write_pages(shared, 31 * page, page);
			wait_a_moment();
		}
	}
	while (!ready || argc == 1 || time(NULL) < end) {
		pfc_read_pages(base, 7 * page, page);
		pfc_write_pages(base + 100 * page, 13 * page, page);
		read_by_kernel(swapped, 5);
		pfc_read_pages(shared, 3 * page, page);
		if (large) {
			pfc_read_pages(large, page, page);
			pfc_write_pages(large + huge + 5 * page, page, page);
		}
		wait_a_moment();
		if (swaps)
			swap_out(swapped, 5);
		if (ready)
			continue;
		printf("ready%s%s\n", swaps ? " swap" : "", large ? " huge" : "");
		fflush(stdout);
		ready = true;
		end = argc > 1 ? time(NULL) + atoi(argv[1]) : 0;
	}
	return 0;
}
