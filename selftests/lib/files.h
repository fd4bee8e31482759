/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Small files, each read or written at once.
 */
#ifndef PFC_FILES_H
#define PFC_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

#define PFC_PATH_MAX	256
/* Room for the reason why something failed or is skipped. */
#define PFC_WHY		320

ssize_t pfc_read(const char *path, char *buf, size_t size);
int pfc_write(const char *path, const char *text);
int pfc_read_number(const char *path, long long *value);
int pfc_printf_file(const char *path, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *pfc_mount_point(const char *type);
const char *pfc_tracefs(void);

#endif /* PFC_FILES_H */
