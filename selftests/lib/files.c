// SPDX-License-Identifier: GPL-2.0
/*
 * Small files, each read or written at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"

/**
 * pfc_read() - read a whole small file
 * @path: which
 * @buf: gets the text and a zero byte
 * @size: of @buf, bytes
 *
 * Return: the length, -EFBIG if @buf is too small, or another -errno.
 */
ssize_t pfc_read(const char *path, char *buf, size_t size)
{
	size_t len = 0;
	ssize_t got;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	do {
		got = read(fd, buf + len, size - 1 - len);
		if (got > 0)
			len += got;
	} while (got > 0 && len < size - 1);
	err = got < 0 ? -errno : got ? -EFBIG : 0;
	close(fd);
	buf[len] = 0;
	return err ? err : (ssize_t)len;
}

/**
 * pfc_write() - write a text to a file with one write
 * @path: which
 * @text: what
 *
 * Return: 0, -EIO if only a part was taken, or another -errno.
 */
int pfc_write(const char *path, const char *text)
{
	size_t len = strlen(text);
	int fd, err = 0;
	ssize_t put;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	put = write(fd, text, len);
	if (put < 0)
		err = -errno;
	else if ((size_t)put != len)
		err = -EIO;
	close(fd);
	return err;
}

/**
 * pfc_printf_file() - write a formatted text to a file with one write
 * @path: which
 * @fmt: as for printf()
 *
 * Return: as pfc_write().
 */
int pfc_printf_file(const char *path, const char *fmt, ...)
{
	char text[PFC_PATH_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return pfc_write(path, text);
}

/**
 * pfc_read_number() - read a file that holds one decimal number
 * @path: which
 * @value: gets it
 *
 * Return: 0, -EINVAL if it holds something else, or another -errno.
 */
int pfc_read_number(const char *path, long long *value)
{
	char text[64], *end;
	ssize_t len;

	len = pfc_read(path, text, sizeof(text));
	if (len < 0)
		return len;
	*value = strtoll(text, &end, 10);
	return end == text ? -EINVAL : 0;
}

/**
 * pfc_mount_point() - where a file system of some type is mounted
 * @type: debugfs, tracefs, ...
 *
 * Return: the directory of the first such mount, good until the next call, or NULL.
 */
const char *pfc_mount_point(const char *type)
{
	static char text[16384], dir[PFC_PATH_MAX];
	char *line, *save, this[32];

	if (pfc_read("/proc/mounts", text, sizeof(text)) < 0)
		return NULL;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%*s %255s %31s", dir, this) == 2 && !strcmp(this, type))
			return dir;
	return NULL;
}

/**
 * pfc_tracefs() - where tracefs is
 *
 * Return: the directory, or NULL.
 */
const char *pfc_tracefs(void)
{
	/* In debugfs it is mounted by the first access; 7.2 logs that this will go. */
	static const char old[] = "/sys/kernel/debug/tracing";
	const char *dir = pfc_mount_point("tracefs");

	if (dir)
		return dir;
	return access("/sys/kernel/debug/tracing/trace", F_OK) ? NULL : old;
}
