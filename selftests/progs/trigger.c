// SPDX-License-Identifier: GPL-2.0
/*
 * Runs one row by hand.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/row.h"

static int usage(FILE *to, int status)
{
	fprintf(to,
		"Usage: trigger [-b] NAME [NUMBER]   make NUMBER faults happen (or as many as the row says)\n"
		"       trigger -l                   list the rows\n"
		"  -b  leave pfclass alone: for perf, trace-cmd and others\n");
	return status;
}

static int list(void)
{
	const struct pfc_row * const *row;
	char what[PFC_WHY];

	pfc_for_each_row(row) {
		pfc_row_what(*row, pfc_row_units(*row), what, sizeof(what));
		printf("%-16s %s\n", (*row)->name, what);
	}
	return 0;
}

static void show(const struct pfc_result *res, bool bare)
{
	char text[PFC_WHY];
	unsigned int i;

	for (i = 0; !bare && i < PFC_NR_KEYS; i++)
		if (res->counted.val[i] > 0)
			printf("%s %lld\n", pfc_key(i), res->counted.val[i]);
	pfc_witness_text(res, text, sizeof(text));
	printf("witness: %s\n", text);
	if (res->expect && res->expect->reason)
		printf("here: %s\n", res->expect->reason);
}

int main(int argc, char **argv)
{
	struct pfc_run_options options = {};
	const struct pfc_row *row;
	struct pfc_result res;
	char what[PFC_WHY], *end;
	unsigned int i;
	int opt;

	while ((opt = getopt(argc, argv, "blh")) != -1) {
		switch (opt) {
		case 'b':
			options.bare = true;
			break;
		case 'l':
			return list();
		case 'h':
			return usage(stdout, 0);
		default:
			return usage(stderr, 2);
		}
	}
	if (optind >= argc || argc - optind > 2)
		return usage(stderr, 2);
	row = pfc_row_find(argv[optind]);
	if (!row) {
		fprintf(stderr, "trigger: no row '%s'; trigger -l lists them\n",
			argv[optind]);
		return 2;
	}
	if (argv[optind + 1]) {
		errno = 0;
		options.n = strtoul(argv[optind + 1], &end, 10);
		if (errno || *end || !options.n || options.n > 1000000) {
			fprintf(stderr, "trigger: '%s' is no number of pages from 1 to 1000000\n",
				argv[optind + 1]);
			return 2;
		}
	}

	pfc_row_run(row, &options, &res);
	pfc_row_what(row, res.n, what, sizeof(what));
	if (res.status == PFC_SKIP) {
		printf("%s: skipped: %s\n", what, res.why);
		return 4;
	}
	printf("%s\n", what);
	if (res.done)
		show(&res, options.bare);
	for (i = 0; i < res.nr_bad; i++)
		printf("wrong: %s\n", res.bad[i]);
	return res.status != PFC_OK;
}
