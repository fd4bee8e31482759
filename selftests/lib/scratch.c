// SPDX-License-Identifier: GPL-2.0
/*
 * The scratch disk, $PFC_SCRATCH_DISK: a file system that asks before the first write
 * to a page (page_mkwrite), or swap whose pages stay in the swap cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "files.h"
#include "memory.h"
#include "scratch.h"

/* Runs PROGRAM on the scratch disk, which it overwrites. */
static const char *pfc_scratch_make(const char *program, const char **disk)
{
	static char why[PFC_WHY];
	char command[PFC_PATH_MAX];

	*disk = getenv("PFC_SCRATCH_DISK");
	if (!*disk)
		return "no scratch disk (PFC_SCRATCH_DISK=/dev/... will be overwritten)";
	snprintf(command, sizeof(command), "%s %s >/dev/null 2>&1", program, *disk);
	if (!system(command))
		return NULL;
	snprintf(why, sizeof(why), "'%s %s' fails", program, *disk);
	return why;
}

/**
 * pfc_scratch_mount() - mount a new ext4 on the scratch disk until the guard's end
 * @guard: the guard
 * @dir: gets the directory
 *
 * Return: NULL, or why there is none.
 */
const char *pfc_scratch_mount(struct pfc_guard *guard, const char **dir)
{
	static char name[64], why[PFC_WHY];
	const char *disk;
	const char *failed = pfc_scratch_make("mke2fs -F -b 4096 -I 256", &disk);

	if (failed)
		return failed;
	/* Where they are modules; the mount says whether they were needed. */
	if (system("modprobe -q crc32c_generic; modprobe -q ext4"))
		errno = 0;
	strcpy(name, "/tmp/pfclass.XXXXXX");
	if (!mkdtemp(name) || pfc_guard_undo(guard, PFC_UNDO_MKDIR, name, NULL))
		return "no directory below /tmp";
	if (mount(disk, name, "ext4", 0, "")) {
		snprintf(why, sizeof(why), "cannot mount %s as ext4: %s", disk, strerror(errno));
		return why;
	}
	*dir = name;
	return pfc_guard_undo(guard, PFC_UNDO_MOUNT, name, NULL) ? "the guard is gone" : NULL;
}

/**
 * pfc_scratch_swap() - swap to the scratch disk, before all else, until the guard's end
 * @guard: the guard
 *
 * Return: NULL, or why it cannot.
 */
const char *pfc_scratch_swap(struct pfc_guard *guard)
{
	const char *disk;
	const char *why = pfc_scratch_make("mkswap", &disk);

	if (why)
		return why;
	if (swapon(disk, SWAP_FLAG_PREFER | SWAP_FLAG_PRIO_MASK))
		return "swapon fails";
	return pfc_guard_undo(guard, PFC_UNDO_SWAPON, disk, NULL) ? "the guard is gone" : NULL;
}

/**
 * pfc_scratch_map() - map a new file shared, its pages written to the disk
 * @dir: where the file is
 * @len: bytes
 * @page: size of a page
 *
 * Return: the address, or MAP_FAILED.
 */
char *pfc_scratch_map(const char *dir, size_t len, size_t page)
{
	char path[PFC_PATH_MAX], *map;
	size_t at;
	int fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	for (at = 0; fd >= 0 && at < len; at += page)
		if (pwrite(fd, "x", 1, at + page - 1) != 1)
			return MAP_FAILED;
	if (fd < 0 || fsync(fd))
		return MAP_FAILED;
	map = pfc_map(len, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map;
}
