// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a fault of each of the first five classes happen and prints, a line each, what
 * was done, what pfclass counted and what the kernel's own files saw.
 */
#include <stdio.h>
#include <string.h>

#include "../lib/row.h"

static const struct {
	const char *name;
	enum pfc_class class;
} demo_rows[] = {
	{ "anon_write", PFC_ANON },
	{ "wp_fork_alive", PFC_WP },
	{ "swap_read", PFC_SWAP },
	{ "numa_remote", PFC_NUMA },
	{ "af_read", PFC_AF },
};

static int demo_row(const struct pfc_row *row, enum pfc_class class)
{
	const struct pfc_run_options options = {};
	struct pfc_result res;
	char what[PFC_WHY], saw[PFC_WHY];
	long long counted;
	unsigned int i;

	pfc_row_run(row, &options, &res);
	pfc_row_what(row, res.n, what, sizeof(what));
	if (res.status == PFC_SKIP) {
		printf("%-48s  %-5s skipped: %s\n", what, pfc_class_key(class), res.why);
		return 0;
	}
	if (res.done) {
		counted = res.counted.val[PFC_K_CLASS + class];
		pfc_witness_text(&res, saw, sizeof(saw));
		if (counted == PFC_NA)
			printf("%-48s  %-4s " PFC_UNAVAILABLE "  %s\n", what,
			       pfc_class_key(class), saw);
		else
			printf("%-48s  %-4s +%-4lld  %s\n", what,
			       pfc_class_key(class), counted, saw);
		if (res.expect && res.expect->reason)
			printf("%-48s  as it must be here: %s\n", "",
			       res.expect->reason);
	}
	for (i = 0; i < res.nr_bad; i++)
		printf("%-48s  WRONG: %s\n", i || res.done ? "" : what, res.bad[i]);
	return res.status != PFC_OK;
}

int main(void)
{
	char why[PFC_WHY];
	unsigned int i;
	int bad = 0;

	if (pfc_not_ready(why, sizeof(why))) {
		fprintf(stderr, "demo: %s\n", why);
		return 1;
	}
	printf("%-48s  %-10s  %s\n", "what was done", "counted", "what the kernel's own files saw");
	fflush(stdout);
	for (i = 0; i < ARRAY_SIZE(demo_rows); i++) {
		bad += demo_row(pfc_row_find(demo_rows[i].name), demo_rows[i].class);
		fflush(stdout);
	}
	if (bad)
		printf("%d of these went wrong\n", bad);
	return bad != 0;
}
