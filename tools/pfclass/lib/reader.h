/* SPDX-License-Identifier: GPL-2.0 */
/* Find, read and write the files of the module. Knows no format. */
#ifndef PFC_READER_H
#define PFC_READER_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../../include/uapi/pfclass.h"

#define PFC_READER_DIRS	2

/**
 * struct pfc_reader - where the files are
 * @root: the debugfs mount
 * @debugfs: the module's directory below it
 * @dirs: the directories to look in, in this order; the last may be NULL
 * @dir: the one of them that was used last
 * @watch: read the counters of this watch, "": those of the root
 * @seen: a file was read already: if it is missing now, it was removed
 */
struct pfc_reader {
	char root[PATH_MAX];
	char debugfs[PATH_MAX + 16];
	const char *dirs[PFC_READER_DIRS];
	const char *dir;
	char watch[PFC_WATCH_NAME + 1];
	bool seen;
};

int pfc_reader_open(struct pfc_reader *reader, const char *debugfs);
int pfc_read_text(struct pfc_reader *reader, const char *file, char **text,
		  size_t *len);
int pfc_write_text(struct pfc_reader *reader, const char *file,
		   const char *text);
int pfc_write_and_hold(struct pfc_reader *reader, const char *file, const char *text, int *fd);
int pfc_use_watch(struct pfc_reader *reader, const char *name);
int pfc_garbled(const struct pfc_reader *reader, const char *file, size_t line,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif /* PFC_READER_H */
