/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Control groups (v2) of a test's own.
 */
#ifndef PFC_CGROUP_H
#define PFC_CGROUP_H

#include "guard.h"

#define PFC_CGROUPS	"/sys/fs/cgroup"

int pfc_cgroup_make(struct pfc_guard *guard, const char *cgroup);
int pfc_cgroup_write(const char *cgroup, const char *file, const char *text);
int pfc_cgroup_enter(const char *cgroup);
const char *pfc_cgroup_memory(struct pfc_guard *guard);

#endif /* PFC_CGROUP_H */
