/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this machine is: page sizes, kernel, CPUs, NUMA nodes, who sets the access flag.
 */
#ifndef PFC_MACHINE_H
#define PFC_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

#define PFC_KVER(major, minor)	(((major) << 16) | (minor))
#define PFC_MAX_NODES		64	/* as many as a long has bits */
#define PFC_MAX_NODE_PAGES	8192

size_t pfc_page_size(void);
size_t pfc_pmd_size(void);
size_t pfc_block_size(void);
size_t pfc_mthp_size(void);
const char *pfc_sized_path(const char *path, char *sized, size_t size);
bool pfc_fits(size_t bytes);
size_t pfc_fault_around(void);
unsigned int pfc_kernel_version(void);
bool pfc_has_function(const char *name);
bool pfc_in_guest(void);
bool pfc_swap_on(void);
long long pfc_now_ms(void);
long long pfc_meminfo_kb(const char *key);
void pfc_shrink_slabs(void);

int pfc_pin(int cpu);
bool pfc_node_exists(int node);
int pfc_cpu_of_node(int node);
int pfc_two_nodes(int node[2], char *why, size_t size);
int pfc_nodes_of(const void *addr, unsigned int pages, int *nodes);

#endif /* PFC_MACHINE_H */
