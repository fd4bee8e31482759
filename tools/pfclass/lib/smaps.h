/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/PID/smaps, and the access flags that it shows. Knows nothing of the module. */
#ifndef PFC_SMAPS_H
#define PFC_SMAPS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct pfc_mapping - one mapping
 * @start: its first address
 * @end: the one behind its last
 * @perms: as in maps: "rw-p"
 * @name: of its file, or "[heap]"; "[anon]" where maps has none
 * @page: bytes of its pages, huge ones by hugetlbfs included
 * @rss: bytes in memory
 * @swap: bytes in swap
 * @referenced: bytes whose access flag is set, by whomever
 */
struct pfc_mapping {
	uint64_t start;
	uint64_t end;
	char perms[5];
	char *name;
	uint64_t page;
	uint64_t rss;
	uint64_t swap;
	uint64_t referenced;
};

/**
 * struct pfc_smaps - the mappings of a process
 * @mappings: by address
 * @nr: their number; 0: the process has ended, or has no memory
 */
struct pfc_smaps {
	struct pfc_mapping *mappings;
	size_t nr;
};

void pfc_smaps_read(struct pfc_smaps *smaps, pid_t pid);
const struct pfc_mapping *pfc_smaps_find(const struct pfc_smaps *smaps, uint64_t address);
void pfc_smaps_free(struct pfc_smaps *smaps);
int pfc_clear_refs(pid_t pid);

#endif /* PFC_SMAPS_H */
