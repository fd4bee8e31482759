// SPDX-License-Identifier: GPL-2.0
#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../../include/uapi/pfclass.h"
#include "exit.h"
#include "output.h"

#define DEFAULT_MOUNT	"/sys/kernel/debug"
#define MODULE_DIR	"/sys/module/" PFC_DIR
#define MOST_BYTES	(64UL << 20)	/* enough for thousands of CPUs; ends a read of /dev/zero */

/* Find the mount point; of several, prefer the usual one. */
static bool find_mount(char *root, size_t size)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *mount;
	bool found = false;

	if (!mounts) {
		/* Without /proc: try the usual mount point. */
		snprintf(root, size, "%s", DEFAULT_MOUNT);
		return true;
	}
	while ((mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "debugfs"))
			continue;
		if (found && strcmp(mount->mnt_dir, DEFAULT_MOUNT))
			continue;
		snprintf(root, size, "%s", mount->mnt_dir);
		found = true;
	}
	endmntent(mounts);
	return found;
}

static bool kernel_has_debugfs(void)
{
	FILE *file = fopen("/proc/filesystems", "r");
	bool found = !file;	/* without /proc: assume it */
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (!strcmp(line, "nodev\tdebugfs\n"))
			found = true;
	if (file)
		fclose(file);
	return found;
}

/**
 * pfc_reader_open() - find the module's files
 * @reader: the reader
 * @debugfs: where debugfs is, or NULL to find it in /proc/mounts
 *
 * Each read opens its file again, so that a module may be reloaded between two.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_NO_DEBUGFS when
 * it is not mounted, PFC_EXIT_USAGE when @debugfs is too long.
 */
int pfc_reader_open(struct pfc_reader *reader, const char *debugfs)
{
	memset(reader, 0, sizeof(*reader));
	if (debugfs) {
		if (strlen(debugfs) >= sizeof(reader->root)) {
			pfc_error("--debugfs: the path is too long; name a shorter one");
			return PFC_EXIT_USAGE;
		}
		strcpy(reader->root, debugfs);
	} else if (!find_mount(reader->root, sizeof(reader->root))) {
		if (kernel_has_debugfs())
			pfc_error("debugfs is not mounted; as root: mount -t debugfs none "
				  DEFAULT_MOUNT);
		else
			pfc_error("this kernel has no debugfs (see /proc/filesystems); boot one "
				  "with CONFIG_DEBUG_FS=y and without debugfs=off");
		return PFC_EXIT_NO_DEBUGFS;
	}
	snprintf(reader->dir, sizeof(reader->dir), "%s/%s", reader->root,
		 PFC_DIR);
	return PFC_EXIT_OK;
}

static int report_gone(const struct pfc_reader *reader, const char *file)
{
	pfc_error("%s/%s disappeared: the module was unloaded; load it again: "
		  "insmod pfclass.ko",
		  reader->dir, file);
	return PFC_EXIT_GONE;
}

/* Report the nearest thing that is missing. */
static int report_missing(const struct pfc_reader *reader, const char *file)
{
	struct stat st;

	if (!stat(reader->dir, &st)) {
		if (reader->seen && !strcmp(file, PFC_FILE_STATS))
			return report_gone(reader, file);
		pfc_error("%s has no file \"%s\": module and tool are of different versions; "
			  "load the module that came with this tool",
			  reader->dir, file);
		return PFC_EXIT_ABI;
	}
	if (reader->seen)
		return report_gone(reader, file);
	if (errno == EACCES) {
		pfc_error("no permission to read %s; run this as root, for example with sudo",
			  reader->root);
		return PFC_EXIT_PERMISSION;
	}
	if (stat(reader->root, &st)) {
		pfc_error("%s: %s; --debugfs names the directory where debugfs is mounted",
			  reader->root, strerror(errno));
		return PFC_EXIT_NO_DEBUGFS;
	}
	if (!stat(MODULE_DIR, &st)) {
		pfc_error("module pfclass is loaded but has no %s; look for the reason in the "
			  "kernel log (dmesg), or for debugfs=no-mount on the command line",
			  reader->dir);
		return PFC_EXIT_NO_DEBUGFS;
	}
	pfc_error("module pfclass is not loaded (no %s); as root: insmod pfclass.ko",
		  reader->dir);
	return PFC_EXIT_NOT_LOADED;
}

static int report_errno(const struct pfc_reader *reader, const char *file,
			const char *verb, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return report_missing(reader, file);
	case EACCES:
		pfc_error("no permission to %s %s/%s; run this as root, for example with sudo",
			  verb, reader->dir, file);
		return PFC_EXIT_PERMISSION;
	case EPERM:
		pfc_error("cannot %s %s/%s: the kernel is locked down; see "
			  "/sys/kernel/security/lockdown",
			  verb, reader->dir, file);
		return PFC_EXIT_PERMISSION;
	case EIO:
	case ENODEV:
	case ENXIO:
		/* How debugfs answers after the module removed the file. */
		return report_gone(reader, file);
	default:
		pfc_error("cannot %s %s/%s: %s", verb, reader->dir, file,
			  strerror(error));
		return PFC_EXIT_FAILURE;
	}
}

/**
 * pfc_garbled() - report a file that does not have the documented format
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @line: the number of the line
 * @format: what is wrong with it, as for printf()
 *
 * Return: PFC_EXIT_GARBLED.
 */
int pfc_garbled(const struct pfc_reader *reader, const char *file, size_t line,
		const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	pfc_error("%s/%s:%zu: %s; load the module that came with this tool",
		  reader->dir, file, line, what);
	return PFC_EXIT_GARBLED;
}

static int try_open(const struct pfc_reader *reader, const char *file, int flags)
{
	char path[sizeof(reader->dir) + 32];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", reader->dir, file);
	do {
		fd = open(path, flags | O_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd;
}

static int open_file(struct pfc_reader *reader, const char *file, int flags,
		     int *fd)
{
	*fd = try_open(reader, file, flags);
	if (*fd < 0)
		return report_errno(reader, file,
				 flags == O_WRONLY ? "write" : "read", errno);
	return PFC_EXIT_OK;
}

/**
 * pfc_is_locked() - whether kernel lockdown forbids to read one of the files
 * @reader: the reader
 * @file: the file's name below the module's directory
 *
 * Return: true if it does; those of mode 0444 can always be read.
 */
bool pfc_is_locked(const struct pfc_reader *reader, const char *file)
{
	int fd = try_open(reader, file, O_RDONLY);

	if (fd < 0)
		return errno == EPERM;
	close(fd);
	return false;
}

/**
 * pfc_read_text() - read one of the files as it is
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @text: on success the content with a NUL after it, to be released by free()
 * @len: on success its length in bytes
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_NOT_LOADED,
 * PFC_EXIT_NO_DEBUGFS, PFC_EXIT_PERMISSION, PFC_EXIT_GONE, PFC_EXIT_ABI (the
 * module has no such file), PFC_EXIT_GARBLED (endless), PFC_EXIT_FAILURE.
 */
int pfc_read_text(struct pfc_reader *reader, const char *file, char **text,
		  size_t *len)
{
	size_t size = 0, used = 0;
	char *buffer = NULL;
	ssize_t got;
	int fd, ret;

	ret = open_file(reader, file, O_RDONLY, &fd);
	if (ret)
		return ret;
	for (;;) {
		if (size - used < 2) {
			size = size ? size * 2 : 16384;
			buffer = pfc_alloc(buffer, size, 1);
		}
		got = read(fd, buffer + used, size - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			ret = report_errno(reader, file, "read", errno);
			goto err_free_buffer;
		}
		if (!got)
			break;
		used += got;
		if (used > MOST_BYTES) {
			ret = pfc_garbled(reader, file, 1, "the file does not end");
			goto err_free_buffer;
		}
	}
	close(fd);
	reader->seen = true;
	buffer[used] = '\0';
	*text = buffer;
	*len = used;
	return PFC_EXIT_OK;

err_free_buffer:
	free(buffer);
	close(fd);
	return ret;
}

/**
 * pfc_write_text() - write to one of the files, in a single write()
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @text: what to write
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_REFUSED when
 * the module does not accept @text, else as pfc_read_text().
 */
int pfc_write_text(struct pfc_reader *reader, const char *file,
		   const char *text)
{
	size_t len = strlen(text);
	ssize_t put;
	int fd, ret;

	ret = open_file(reader, file, O_WRONLY, &fd);
	if (ret)
		return ret;
	do {
		put = write(fd, text, len);
	} while (put < 0 && errno == EINTR);
	if (put < 0 && (errno == EIO || errno == ENODEV || errno == ENXIO)) {
		ret = report_errno(reader, file, "write", errno);
	} else if (put < 0 || (size_t)put != len) {
		pfc_error("%s/%s refused \"%.*s\": %s; for the reason see: dmesg | tail",
			  reader->dir, file, (int)strcspn(text, "\n"), text,
			  put < 0 ? strerror(errno) : "only a part was accepted");
		ret = PFC_EXIT_REFUSED;
	}
	if (close(fd) && !ret)
		ret = report_errno(reader, file, "write", errno);
	return ret;
}
