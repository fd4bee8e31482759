// SPDX-License-Identifier: GPL-2.0
#include "smaps.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"
#include "parse.h"

/* START-END PERMS OFFSET DEVICE INODE [NAME] */
static bool parse_mapping(const char *line, struct pfc_mapping *mapping)
{
	int at = 0;

	*mapping = (struct pfc_mapping){ 0 };
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %*u %n", &mapping->start,
		   &mapping->end, mapping->perms, &at) < 3 || !at)
		return false;
	mapping->name = pfc_format("%s", line[at] ? line + at : "[anon]");
	pfc_make_printable(mapping->name);
	return true;
}

static void parse_value(const char *line, struct pfc_mapping *mapping)
{
	static const struct {
		const char *name;
		size_t at;
	} values[] = {
		{ "KernelPageSize:", offsetof(struct pfc_mapping, page) },
		{ "Rss:", offsetof(struct pfc_mapping, rss) },
		{ "Swap:", offsetof(struct pfc_mapping, swap) },
		{ "Referenced:", offsetof(struct pfc_mapping, referenced) },
	};
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(*values); i++) {
		const size_t len = strlen(values[i].name);

		if (!strncmp(line, values[i].name, len))
			*(uint64_t *)((char *)mapping + values[i].at) =
				strtoull(line + len, NULL, 10) << 10;
	}
}

/**
 * pfc_smaps_read() - read the mappings of a process
 * @smaps: to be released by pfc_smaps_free()
 * @pid: the process
 */
void pfc_smaps_read(struct pfc_smaps *smaps, pid_t pid)
{
	struct pfc_mapping mapping;
	char *line = NULL;
	size_t room = 0, size = 0;
	char path[64];
	FILE *file;

	*smaps = (struct pfc_smaps){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	file = fopen(path, "re");
	while (file && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (parse_mapping(line, &mapping)) {
			if (smaps->nr == room) {
				room = room ? 2 * room : 64;
				smaps->mappings = pfc_alloc(smaps->mappings, room,
							    sizeof(*smaps->mappings));
			}
			smaps->mappings[smaps->nr++] = mapping;
		} else if (smaps->nr) {
			parse_value(line, &smaps->mappings[smaps->nr - 1]);
		}
	}
	free(line);
	if (file)
		fclose(file);
}

/**
 * pfc_smaps_find() - the mapping of an address
 * @smaps: from pfc_smaps_read()
 * @address: the address
 *
 * Return: the mapping, NULL if there is none.
 */
const struct pfc_mapping *pfc_smaps_find(const struct pfc_smaps *smaps, uint64_t address)
{
	size_t low = 0, high = smaps->nr;

	while (low < high) {
		const size_t middle = (low + high) / 2;
		const struct pfc_mapping *mapping = &smaps->mappings[middle];

		if (address < mapping->start)
			high = middle;
		else if (address >= mapping->end)
			low = middle + 1;
		else
			return mapping;
	}
	return NULL;
}

/**
 * pfc_smaps_free() - release the mappings
 * @smaps: from pfc_smaps_read(), or zero
 */
void pfc_smaps_free(struct pfc_smaps *smaps)
{
	size_t i;

	for (i = 0; i < smaps->nr; i++)
		free(smaps->mappings[i].name);
	free(smaps->mappings);
	*smaps = (struct pfc_smaps){ 0 };
}

/**
 * pfc_clear_refs() - clear the access flags of all pages of a process
 * @pid: the process
 *
 * Return: 0, or the error number.
 */
int pfc_clear_refs(pid_t pid)
{
	/* 1 clears the flags but leaves them in the TLB, which 4 flushes. */
	static const char *const words[] = { "1", "4" };
	int error = 0, fd;
	char path[64];
	size_t i;

	snprintf(path, sizeof(path), "/proc/%d/clear_refs", (int)pid);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	for (i = 0; !error && i < sizeof(words) / sizeof(*words); i++)
		error = pwrite(fd, words[i], 1, 0) == 1 ? 0 : errno;
	close(fd);
	return error;
}
