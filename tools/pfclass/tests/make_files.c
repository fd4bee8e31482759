// SPDX-License-Identifier: GPL-2.0
/*
 * make_files DIR [BASE]: write into DIR/pfclass what the module's files look
 * like, from the lists of the contract, for tests of the tool alone. Counters
 * are BASE and upwards in the order of the file; the last class and everything
 * that belongs to it is unavailable, and latency is off.
 *
 * make_files -u COMMAND [ARGUMENT...]: run COMMAND as a user who may nothing.
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/keys.h"

#define NOBODY	65534

static char dir[PATH_MAX];

static FILE *create(const char *name)
{
	char path[PATH_MAX + 32];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	if (!file) {
		perror(path);
		exit(1);
	}
	return file;
}

static void put(const char *name, const char *text)
{
	FILE *file = create(name);

	fputs(text, file);
	fclose(file);
}

static int run_as_nobody(char **argv)
{
	if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)) {
		perror("make_files: cannot become another user");
		return 125;
	}
	execvp(argv[0], argv);
	perror(argv[0]);
	return 126;
}

int main(int argc, char **argv)
{
	/* Times 0, 1, 2 and so on what a CPU has. */
	static const char * const groups[] = {
		"/ 1", "/a\\040b.slice/x\\134x2d\".scope 4294967377", "/c 77",
		PFC_CGROUP_REMOVED " -", PFC_CGROUP_OTHER " -",
	};
	const int unavailable = PFC_ERROR;
	uint64_t n = argc > 2 ? strtoumax(argv[2], NULL, 10) : 0;
	unsigned int cpu, class;
	FILE *file;
	size_t i;

	if (argc < 2) {
		fprintf(stderr, "usage: make_files DIR [BASE] | -u COMMAND...\n");
		return 2;
	}
	if (argc > 2 && !strcmp(argv[1], "-u"))
		return run_as_nobody(argv + 2);
	snprintf(dir, sizeof(dir), "%.*s/%s", PATH_MAX - 16, argv[1], PFC_DIR);
	if (mkdir(dir, 0755) && errno != EEXIST) {
		perror(dir);
		return 1;
	}
	file = create(PFC_FILE_STATS);
	fprintf(file, "abi %d\n", PFC_ABI);
	for (i = 0; i < pfc_keys_nr(); i++) {
		const struct pfc_key *key = pfc_key(i);

		if (key->class == unavailable)
			fprintf(file, "%s %s\n", key->name, PFC_UNAVAILABLE);
		else
			fprintf(file, "%s %" PRIu64 "\n", key->name, n + i);
	}
	fclose(file);
	file = create(PFC_FILE_PERCPU);
	fputs("cpu", file);
	for (class = 0; class < PFC_NR_CLASSES; class++)
		fprintf(file, " %s", pfc_key(pfc_key_class(class))->name);
	for (cpu = 0; cpu < 4; cpu += 3) {
		fprintf(file, "\n%u", cpu);
		for (class = 0; class < PFC_NR_CLASSES; class++)
			if ((int)class == unavailable)
				fputs(" " PFC_UNAVAILABLE, file);
			else
				fprintf(file, " %" PRIu64, n + class);
	}
	fputs("\n", file);
	fclose(file);
	file = create(PFC_FILE_CGROUPS);
	fputs("cgroup id", file);
	for (class = 0; class < PFC_NR_CLASSES; class++)
		fprintf(file, " %s", pfc_key(pfc_key_class(class))->name);
	for (i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		fprintf(file, "\n%s", groups[i]);
		for (class = 0; class < PFC_NR_CLASSES; class++)
			if ((int)class == unavailable)
				fputs(" " PFC_UNAVAILABLE, file);
			else
				fprintf(file, " %" PRIu64, i * (n + class));
	}
	fputs("\n", file);
	fclose(file);
	file = create(PFC_FILE_LATENCY);
	fprintf(file, "abi %d\n", PFC_ABI);
	for (class = 0; class < PFC_NR_CLASSES; class++)
		fprintf(file, "%s count %s\n", pfc_key(pfc_key_class(class))->name,
			PFC_UNAVAILABLE);
	fclose(file);
	put(PFC_FILE_PROBES, PFC_PROBES_HEADER "\n"
	    "visit direct handle_mm_fault+0x0 kprobe armed 7 0 -\n"
	    "numa " PFC_UNAVAILABLE " - kprobe off - - no such symbol here\n");
	put(PFC_FILE_ENABLED, "1\n");
	put(PFC_FILE_FILTER, PFC_FILTER_CLEAR "\n");
	put(PFC_FILE_RESET, "");
	return 0;
}
