// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass on input that anybody may have made: its subcommands, as they are, on a directory in
 * which one file is the fuzzer's. PFC_FUZZ names the subject, PFC_FUZZ_DIR the directory, in
 * which the other files are those of the tool's tests.
 *
 * A fault is what the sanitizers find, an exit, or an exit status that is none of enum pfc_exit.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../tools/pfclass/cmd.h"
#include "../../tools/pfclass/lib/hist.h"
#include "fuzz.h"

#define MOST_WORDS	4

/* A row for each command; those of a subject follow each other. @file is below PFC_FUZZ_DIR. */
static const struct row {
	const char *subject;
	const char *file;
	int (*run)(int argc, char **argv, struct pfc_options *options);
	const char *words[MOST_WORDS];
} rows[] = {
	{ "stats", "pfclass/stats", pfc_cmd_stat, { "stat", "-v" } },
	{ "stats", "pfclass/stats", pfc_cmd_stat, { "stat", "-j" } },
	{ "stats", "pfclass/stats", pfc_cmd_prometheus, { "prometheus" } },
	{ "percpu", "pfclass/percpu", pfc_cmd_stat, { "stat", "-P" } },
	{ "percpu", "pfclass/percpu", pfc_cmd_stat, { "stat", "-P", "-j" } },
	{ "cgroups", "pfclass/cgroups", pfc_cmd_stat, { "stat", "-C" } },
	{ "cgroups", "pfclass/cgroups", pfc_cmd_prometheus, { "prometheus" } },
	{ "latency", "pfclass/latency", pfc_cmd_latency, { "latency" } },
	{ "latency", "pfclass/latency", pfc_cmd_latency, { "latency", "-j" } },
	{ "probes", "pfclass/probes", pfc_cmd_probes, { "probes" } },
	{ "probes", "pfclass/probes", pfc_cmd_probes, { "probes", "-j" } },
	{ "recording", "input", pfc_cmd_fold, { "fold", "input" } },
	{ "recording", "input", pfc_cmd_fold, { "fold", "-n", "input" } },
	{ "image", "input", pfc_cmd_locate, { "locate", "--force", "input" } },
	{ "image", "input", pfc_cmd_locate, { "locate", "--audit", "input" } },
	{ "hist", NULL, NULL, { PFC_HIST_FAULTS } },
	{ "hist", NULL, NULL, { PFC_HIST_ENDED } },
};

static const char *subject;

static void parse_hist(const char *keys, const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct pfc_hist hist;

	if (!text)
		abort();
	if (!pfc_parse_hist("hist", keys, text, &hist))
		pfc_free_hist(&hist);
	free(text);
}

static void run(const struct row *row)
{
	struct pfc_options options = { .debugfs = "." };
	char *argv[MOST_WORDS + 1] = { NULL };
	int argc, status;

	for (argc = 0; argc < MOST_WORDS && row->words[argc]; argc++)
		argv[argc] = strdup(row->words[argc]);
	status = row->run(argc, argv, &options);
	if (status < 0 || status >= 125)
		abort();
	while (argc)
		free(argv[--argc]);
}

static void put(const char *file, const uint8_t *data, size_t size)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		abort();
}

/**
 * pfc_fuzz_begin() - find out what is asked for
 * @argc: not used
 * @argv: not used
 *
 * Return: 0; ends the program when it does not know the subject.
 */
int pfc_fuzz_begin(int *argc, char ***argv)
{
	const char *dir = getenv("PFC_FUZZ_DIR");
	size_t i;

	(void)argc;
	(void)argv;
	subject = getenv("PFC_FUZZ");
	for (i = 0; subject && i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].subject, subject) && dir && !chdir(dir))
			return 0;
	fprintf(stderr, "PFC_FUZZ names a subject, PFC_FUZZ_DIR its directory\n");
	exit(2);
}

/**
 * pfc_fuzz_input() - try an input with each command of the subject
 * @data: the input
 * @size: its length in bytes
 *
 * Return: 0.
 */
int pfc_fuzz_input(const uint8_t *data, size_t size)
{
	const char *file = NULL;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strcmp(rows[i].subject, subject))
			continue;
		if (!rows[i].run) {
			parse_hist(rows[i].words[0], data, size);
			continue;
		}
		if (!file)
			put(rows[i].file, data, size);
		file = rows[i].file;
		run(&rows[i]);
	}
	return 0;
}
