// SPDX-License-Identifier: GPL-2.0
/*
 * Mapping pages, touching them, and what /proc/self says of them.
 *
 * Buffers are static: whatever the measured code touches must be resident before
 * the measurement, and pfc_settle() sees to the data segment.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "files.h"
#include "machine.h"
#include "memory.h"

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
 * pfc_fault_on() - fault at memory of one's own until a flag is set: what a thread runs
 * @stop: an atomic_bool
 *
 * Return: NULL, or MAP_FAILED.
 */
void *pfc_fault_on(void *stop)
{
	size_t page = pfc_page_size(), len = PFC_PAGES * page;
	char *base = pfc_map(len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);

	if (base == MAP_FAILED)
		return base;
	while (!atomic_load((atomic_bool *)stop)) {
		pfc_read_pages(base, len, page);
		pfc_write_pages(base, len, page);
		madvise(base, len, MADV_DONTNEED);
	}
	return NULL;
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
 * @pages: how many to check
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
 * @pages: how many to check
 *
 * Return: how many.
 */
unsigned int pfc_count_present(const void *addr, unsigned int pages)
{
	return pfc_count_bit(addr, pages, PFC_PM_PRESENT);
}

/**
 * pfc_soft_dirty() - whether the kernel tracks which pages are written
 *
 * Return: true if pagemap says so of one (CONFIG_MEM_SOFT_DIRTY); clear_refs 4 then
 * write-protects.
 */
bool pfc_soft_dirty(void)
{
	static volatile char page;

	page = 1;
	return pfc_count_bit((const char *)&page, 1, PFC_PM_SOFT_DIRTY);
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
