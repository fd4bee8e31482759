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
#define PROC_DIR	"/proc/" PFC_DIR
#define MODULE_DIR	"/sys/module/" PFC_DIR
#define MOST_BYTES	(64UL << 20)	/* enough for thousands of CPUs; ends a read of /dev/zero */

/* Find the mount point; of several, and if there is none, prefer the usual one. */
static void find_mount(char *root, size_t size)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *mount;
	bool found = false;

	snprintf(root, size, "%s", DEFAULT_MOUNT);
	while (mounts && (mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "debugfs"))
			continue;
		if (found && strcmp(mount->mnt_dir, DEFAULT_MOUNT))
			continue;
		snprintf(root, size, "%s", mount->mnt_dir);
		found = true;
	}
	if (mounts)
		endmntent(mounts);
}

/**
 * pfc_reader_open() - find the module's files
 * @reader: the reader
 * @debugfs: the directory that has them, and no other; NULL: debugfs, as /proc/mounts
 *	has it, then /proc
 *
 * Each read and write looks for its file again: the module may be reloaded between two,
 * and a kernel that is locked down lets debugfs be read but only /proc be written.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_USAGE when
 * @debugfs is too long.
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
	} else {
		find_mount(reader->root, sizeof(reader->root));
		reader->dirs[1] = PROC_DIR;
	}
	snprintf(reader->debugfs, sizeof(reader->debugfs), "%s/%s", reader->root, PFC_DIR);
	reader->dirs[0] = reader->debugfs;
	reader->dir = reader->debugfs;
	return PFC_EXIT_OK;
}

static int report_gone(const struct pfc_reader *reader, const char *file)
{
	pfc_error("%s/%s disappeared: the module was unloaded; load it again: "
		  "insmod pfclass.ko",
		  reader->dir, file);
	return PFC_EXIT_GONE;
}

/* A file in each directory where it is looked for; to be released by free(). */
static char *name_both(const struct pfc_reader *reader, const char *file)
{
	if (!reader->dirs[1])
		return pfc_format("%s/%s", reader->dirs[0], file);
	return pfc_format("%s/%s or %s/%s", reader->dirs[0], file, reader->dirs[1], file);
}

/* The files that a watch has, too. */
static bool is_of_watch(const char *file)
{
	static const char *const names[] = {
		PFC_FILE_STATS, PFC_FILE_PERCPU, PFC_FILE_LATENCY, PFC_FILE_FILTER, PFC_FILE_RESET,
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], file))
			return true;
	return false;
}

/* Does the kernel refuse modules that no key it trusts has signed? */
static bool wants_signature(void)
{
	static const struct {
		const char *file, *sign;
	} signs[] = {
		{ "/sys/module/module/parameters/sig_enforce", "Y" },
		{ "/sys/kernel/security/lockdown", "[integrity]" },
		{ "/sys/kernel/security/lockdown", "[confidentiality]" },
	};
	char line[64];
	bool found = false;
	size_t i;
	FILE *f;

	for (i = 0; i < sizeof(signs) / sizeof(*signs) && !found; i++) {
		f = fopen(signs[i].file, "re");
		if (!f)
			continue;
		found = fgets(line, sizeof(line), f) && strstr(line, signs[i].sign);
		fclose(f);
	}
	return found;
}

/* Report the nearest thing that is missing. */
static int report_missing(const struct pfc_reader *reader, const char *file)
{
	const char *other = reader->dirs[1];
	struct stat st;
	size_t i;

	for (i = 0; i < PFC_READER_DIRS && reader->dirs[i]; i++) {
		if (stat(reader->dirs[i], &st))
			continue;
		if (*reader->watch && is_of_watch(file)) {
			pfc_error("there is no watch %s; pfclass watch lists them", reader->watch);
			return PFC_EXIT_NO_WATCH;
		}
		if (reader->seen && !strcmp(file, PFC_FILE_STATS))
			return report_gone(reader, file);
		pfc_error("%s has no file \"%s\": module and tool are of different versions; "
			  "load the module that came with this tool",
			  reader->dirs[i], file);
		return PFC_EXIT_ABI;
	}
	if (reader->seen)
		return report_gone(reader, file);
	if (!other && stat(reader->root, &st)) {
		pfc_error("%s: %s; --debugfs names the directory where debugfs is mounted",
			  reader->root, strerror(errno));
		return PFC_EXIT_NO_FILES;
	}
	if (!stat(MODULE_DIR, &st)) {
		pfc_error("module pfclass is loaded but has no %s%s%s; look for the reason in the "
			  "kernel log (dmesg)",
			  reader->dirs[0], other ? " and no " : "", other ? other : "");
		return PFC_EXIT_NO_FILES;
	}
	pfc_error("module pfclass is not loaded (no %s%s%s); as root: %s",
		  reader->dirs[0], other ? ", no " : "", other ? other : "",
		  wants_signature() ? "modprobe pfclass; this kernel loads only signed modules: "
				      "mokutil --import /var/lib/dkms/mok.pub, see man pfclass" :
				      "modprobe pfclass, or insmod pfclass.ko");
	return PFC_EXIT_NOT_LOADED;
}

static int report_errno(const struct pfc_reader *reader, const char *file,
			const char *verb, int error)
{
	char *both = name_both(reader, file);
	int ret = PFC_EXIT_PERMISSION;

	switch (error) {
	case ENOENT:
	case ENOTDIR:
		ret = report_missing(reader, file);
		break;
	case EACCES:
		pfc_error("no permission to %s %s; run this as root, for example with sudo", verb,
			  both);
		break;
	case EPERM:
		pfc_error("cannot %s %s: the kernel is locked down; see "
			  "/sys/kernel/security/lockdown", verb, both);
		break;
	case EIO:
	case ENODEV:
	case ENXIO:
		/* How debugfs answers after the module removed the file. */
		ret = report_gone(reader, file);
		break;
	default:
		pfc_error("cannot %s %s/%s: %s", verb, reader->dir, file,
			  strerror(error));
		ret = PFC_EXIT_FAILURE;
	}
	free(both);
	return ret;
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

/* Open a file where it can be opened. Otherwise report the error that says most. */
static int open_file(struct pfc_reader *reader, const char *file, int flags,
		     int *fd)
{
	char path[sizeof(reader->debugfs) + PFC_WATCH_NAME + 48];
	bool watch = *reader->watch && is_of_watch(file);
	int error = ENOENT;
	size_t i;

	for (i = 0; i < PFC_READER_DIRS && reader->dirs[i]; i++) {
		snprintf(path, sizeof(path), "%s/%s%s%s%s", reader->dirs[i],
			 watch ? PFC_DIR_WATCH "/" : "", watch ? reader->watch : "",
			 watch ? "/" : "", file);
		do {
			*fd = open(path, flags | O_CLOEXEC);
		} while (*fd < 0 && errno == EINTR);
		if (*fd >= 0) {
			reader->dir = reader->dirs[i];
			return PFC_EXIT_OK;
		}
		if (error == ENOENT) {
			error = errno;
			reader->dir = reader->dirs[i];
		}
	}
	return report_errno(reader, file, flags == O_WRONLY ? "write" : "read", error);
}

/**
 * pfc_read_text() - read one of the files as it is
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @text: on success the content with a NUL after it, to be released by free()
 * @len: on success its length in bytes
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_NOT_LOADED,
 * PFC_EXIT_NO_FILES, PFC_EXIT_PERMISSION, PFC_EXIT_GONE, PFC_EXIT_ABI (the
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

/* Why the module refuses what is written, and what to do. */
static const char *refusal(int error)
{
	switch (error) {
	case ENOSPC:
		return "all watches are in use; wait until another pfclass ends, remove one "
		       "(pfclass watch), or load the module with more of them (watches=N)";
	case EEXIST:
		return "this name is in use; pfclass watch lists the watches";
	case ENOENT:
		return "there is no such watch; pfclass watch lists them";
	default:
		return NULL;
	}
}

/**
 * pfc_write_and_hold() - write to one of the files, and keep it open
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @text: what to write, in a single write()
 * @fd: the open file, or -1
 *
 * Return: as pfc_write_text().
 */
int pfc_write_and_hold(struct pfc_reader *reader, const char *file, const char *text, int *fd)
{
	size_t len = strlen(text);
	ssize_t put;
	int ret;

	ret = open_file(reader, file, O_WRONLY, fd);
	if (ret)
		return ret;
	do {
		put = write(*fd, text, len);
	} while (put < 0 && errno == EINTR);
	if (put >= 0 && (size_t)put == len)
		return PFC_EXIT_OK;
	if (put < 0 && (errno == EIO || errno == ENODEV || errno == ENXIO)) {
		ret = report_errno(reader, file, "write", errno);
	} else {
		const char *why = put < 0 ? refusal(errno) : "only a part was accepted";

		pfc_error("%s/%s refused \"%.*s\": %s%s", reader->dir, file,
			  (int)strcspn(text, "\n"), text, why ? why : strerror(errno),
			  why ? "" : "; for the reason see: dmesg | tail");
		ret = PFC_EXIT_REFUSED;
	}
	close(*fd);
	*fd = -1;
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
	int fd, ret;

	ret = pfc_write_and_hold(reader, file, text, &fd);
	if (!ret && close(fd))
		ret = report_errno(reader, file, "write", errno);
	return ret;
}

/**
 * pfc_use_watch() - from now on read the counters of a watch
 * @reader: the reader
 * @name: of the watch, or NULL: those of the root
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_NO_WATCH.
 */
int pfc_use_watch(struct pfc_reader *reader, const char *name)
{
	if (name && (!*name || strlen(name) > PFC_WATCH_NAME || strchr(name, '/'))) {
		pfc_error("there is no watch \"%s\"; pfclass watch lists them", name);
		return PFC_EXIT_NO_WATCH;
	}
	strcpy(reader->watch, name ? name : "");
	return PFC_EXIT_OK;
}
