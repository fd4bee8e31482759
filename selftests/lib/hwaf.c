// SPDX-License-Identifier: GPL-2.0
/*
 * Who sets the access flag, the CPU or the kernel in a fault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "files.h"
#include "hwaf.h"
#include "machine.h"
#include "memory.h"

#define PFC_HWAF_PAGES	8

/**
 * pfc_hwaf() - does the CPU set the access flag itself?
 * @why: gets the reason if that cannot be found out
 * @size: of @why, bytes
 *
 * x86 CPUs always do. arm64 hides ID_AA64MMFR1_EL1.HAFDBS from programs, so try:
 * clear the flags of resident pages, read the pages, check in smaps that the flags
 * were clear and are set, and in getrusage whether that took faults. Pages of the
 * whole process lose their flags.
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

#if defined(__x86_64__)
	return 1;
#endif
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
 * pfc_hwaf_promised() - what QEMU's CPU model (PFC_CPU) promises
 *
 * Return: 1 or 0 as pfc_hwaf(), -1 if the model is not given or not known.
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
