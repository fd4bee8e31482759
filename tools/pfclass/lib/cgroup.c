// SPDX-License-Identifier: GPL-2.0
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"

#define TRIES	500	/* to empty a control group, 10 ms each */

/**
 * pfc_cgroup_mount() - the mount point of cgroup v2, alone or beside v1
 *
 * Return: the directory, to be released by free(), or NULL.
 */
char *pfc_cgroup_mount(void)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *mount;
	char *dir = NULL;

	while (mounts && !dir && (mount = getmntent(mounts)))
		if (!strcmp(mount->mnt_type, "cgroup2"))
			dir = pfc_format("%s", mount->mnt_dir);
	if (mounts)
		endmntent(mounts);
	return dir;
}

/**
 * pfc_cgroup_of() - the control group (v2) of a process
 * @pid: the process, 0: this one
 *
 * Return: its path below the mount point, "" for the root, to be released by free(); NULL if
 * there is no such process or cgroup v2 is not in use.
 */
char *pfc_cgroup_of(pid_t pid)
{
	char name[64] = "/proc/self/cgroup", *line = NULL, *path = NULL;
	size_t size = 0;
	FILE *file;

	if (pid)
		snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	file = fopen(name, "r");
	while (file && !path && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			path = pfc_format("%s", line[4] ? line + 3 : "");
	}
	if (file)
		fclose(file);
	free(line);
	return path;
}

/**
 * pfc_cgroup_make() - make a control group below that of this process
 * @cgroup: filled in; to be removed by pfc_cgroup_remove(), also when this fails
 * @path: on success its path below the mount point, to be released by free()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_NO_CGROUP or
 * PFC_EXIT_PERMISSION.
 */
int pfc_cgroup_make(struct pfc_cgroup *cgroup, char **path)
{
	char *mount = pfc_cgroup_mount(), *own = pfc_cgroup_of(0), *above, *procs;
	struct stat st;
	int ret = PFC_EXIT_OK;

	if (!mount || !own) {
		pfc_error("the command needs a control group of its own, but cgroup v2 is not "
			  "mounted; as root: mount -t cgroup2 none /sys/fs/cgroup");
		free(mount);
		free(own);
		return PFC_EXIT_NO_CGROUP;
	}
	/* Below this process's own or, where that is not visible, the root. */
	above = pfc_format("%s%s", mount, own);
	if (stat(above, &st)) {
		*own = '\0';
		strcpy(above, mount);
	}
	cgroup->dir = pfc_format("%s/pfclass.%d", above, (int)getpid());
	cgroup->parent = pfc_format("%s/cgroup.procs", above);
	*path = pfc_format("%s/pfclass.%d", own, (int)getpid());
	procs = pfc_format("%s/cgroup.procs", cgroup->dir);
	if (mkdir(cgroup->dir, 0755)) {
		ret = errno == EACCES || errno == EPERM ? PFC_EXIT_PERMISSION :
							  PFC_EXIT_NO_CGROUP;
		pfc_error("cannot make the control group %s: %s; run this as root, in a control "
			  "group that may have children", cgroup->dir, strerror(errno));
		free(cgroup->dir);
		cgroup->dir = NULL;
	} else {
		cgroup->procs = open(procs, O_WRONLY | O_CLOEXEC);
		if (cgroup->procs < 0) {
			pfc_error("cannot open %s: %s; run this as root", procs, strerror(errno));
			ret = PFC_EXIT_NO_CGROUP;
		}
	}
	free(procs);
	free(above);
	free(mount);
	free(own);
	return ret;
}

/**
 * pfc_cgroup_is_empty() - whether no process is in the control group
 * @cgroup: from pfc_cgroup_make()
 *
 * Return: true if so.
 */
bool pfc_cgroup_is_empty(const struct pfc_cgroup *cgroup)
{
	char *procs = pfc_format("%s/cgroup.procs", cgroup->dir);
	FILE *file = fopen(procs, "r");
	int pid;
	bool empty = file && fscanf(file, "%d", &pid) != 1;

	if (file)
		fclose(file);
	free(procs);
	return empty;
}

/**
 * pfc_cgroup_remove() - remove the control group
 * @cgroup: from pfc_cgroup_make()
 *
 * Processes that are still in it move to the group of this process.
 */
void pfc_cgroup_remove(struct pfc_cgroup *cgroup)
{
	int tries, pid, err = 0, parent;
	char *procs;

	if (cgroup->procs >= 0)
		close(cgroup->procs);
	if (!cgroup->dir)
		goto out;
	procs = pfc_format("%s/cgroup.procs", cgroup->dir);
	parent = open(cgroup->parent, O_WRONLY | O_CLOEXEC);
	for (tries = 0; tries < TRIES; tries++) {
		FILE *file;

		err = rmdir(cgroup->dir) ? errno : 0;
		if (err != EBUSY)
			break;
		file = fopen(procs, "r");
		while (file && fscanf(file, "%d", &pid) == 1)
			dprintf(parent, "%d\n", pid);
		if (file)
			fclose(file);
		/* A task that is exiting cannot be moved and is gone soon. */
		if (tries)
			usleep(10000);
	}
	if (err)
		pfc_error("cannot remove the control group %s: %s; rmdir it when its processes "
			  "have ended", cgroup->dir, strerror(err));
	if (parent >= 0)
		close(parent);
	free(procs);
out:
	free(cgroup->dir);
	free(cgroup->parent);
}
