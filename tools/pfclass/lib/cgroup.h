/* SPDX-License-Identifier: GPL-2.0 */
/* A control group (v2) of a command's own. */
#ifndef PFC_CGROUP_H
#define PFC_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct pfc_cgroup - a control group
 * @dir: its directory, NULL: none was made
 * @parent: cgroup.procs of the one above it
 * @procs: its cgroup.procs, open for writing, or -1
 */
struct pfc_cgroup {
	char *dir;
	char *parent;
	int procs;
};

char *pfc_cgroup_mount(void);
char *pfc_cgroup_of(pid_t pid);
int pfc_cgroup_make(struct pfc_cgroup *cgroup, char **path);
bool pfc_cgroup_is_empty(const struct pfc_cgroup *cgroup);
void pfc_cgroup_remove(struct pfc_cgroup *cgroup);

#endif /* PFC_CGROUP_H */
