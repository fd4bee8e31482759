// SPDX-License-Identifier: GPL-2.0
/*
 * Control groups (v2) of a test's own. Names are below PFC_CGROUPS, with their slash.
 */
#include <stdio.h>
#include <string.h>

#include "cgroup.h"
#include "files.h"

#define PFC_SUBTREE_CONTROL	PFC_CGROUPS "/cgroup.subtree_control"

/**
 * pfc_cgroup_make() - make a control group until the guard's end
 * @guard: the guard
 * @cgroup: its name
 *
 * Return: 0 or -errno.
 */
int pfc_cgroup_make(struct pfc_guard *guard, const char *cgroup)
{
	char path[PFC_PATH_MAX];

	snprintf(path, sizeof(path), PFC_CGROUPS "%s", cgroup);
	return pfc_guard_mkdir(guard, path);
}

/**
 * pfc_cgroup_write() - write to a file of a control group
 * @cgroup: its name, "" for the root
 * @file: the file
 * @text: what
 *
 * Return: as pfc_write().
 */
int pfc_cgroup_write(const char *cgroup, const char *file, const char *text)
{
	char path[PFC_PATH_MAX];

	snprintf(path, sizeof(path), PFC_CGROUPS "%s/%s", cgroup, file);
	return pfc_write(path, text);
}

/**
 * pfc_cgroup_enter() - move this process
 * @cgroup: the name, "" for the root
 *
 * Return: as pfc_write().
 */
int pfc_cgroup_enter(const char *cgroup)
{
	return pfc_cgroup_write(cgroup, "cgroup.procs", "0");
}

/**
 * pfc_cgroup_memory() - have the memory controller until the guard's end
 * @guard: the guard
 *
 * Return: NULL, or why not.
 */
const char *pfc_cgroup_memory(struct pfc_guard *guard)
{
	char on[PFC_PATH_MAX];

	if (pfc_read(PFC_SUBTREE_CONTROL, on, sizeof(on)) < 0 ||
	    pfc_write(PFC_SUBTREE_CONTROL, "+memory"))
		return "no memory controller in " PFC_CGROUPS " (cgroup v2)";
	if (!strstr(on, "memory"))
		pfc_guard_undo(guard, PFC_UNDO_WRITE, PFC_SUBTREE_CONTROL, "-memory");
	return NULL;
}
