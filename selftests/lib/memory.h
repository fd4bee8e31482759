/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mapping pages, touching them, and what /proc/self says of them.
 */
#ifndef PFC_MEMORY_H
#define PFC_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

/* Newer than the headers that this may be built with. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT		21
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE	0x100000
#endif

/* Prime, so that no multiple or batch of anything looks right by accident. */
#define PFC_PAGES	23

void *pfc_map(size_t len, size_t align, int prot, int flags, int fd, off_t offset);
void pfc_read_pages(const volatile char *base, size_t len, size_t step);
void pfc_write_pages(volatile char *base, size_t len, size_t step);
void *pfc_fault_on(void *stop);
void pfc_settle(const void *except, size_t len);
int pfc_clear_refs(const char *what);

#define PFC_PM_PRESENT	(1ULL << 63)
#define PFC_PM_SWAP	(1ULL << 62)
#define PFC_PM_SOFT_DIRTY (1ULL << 55)
#define PFC_PM_PFN	((1ULL << 55) - 1)

int pfc_pagemap(const void *addr, unsigned int pages, uint64_t *entry);
bool pfc_soft_dirty(void);
unsigned int pfc_count_swapped(const void *addr, unsigned int pages);
unsigned int pfc_count_present(const void *addr, unsigned int pages);
long long pfc_smaps_kb(const void *addr, size_t len, const char *field);

#endif /* PFC_MEMORY_H */
