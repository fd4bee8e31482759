/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the file of a class. PFC_ROW(NAME, FIELDS) adds a row, and to the class's test
 * program a test of it. With PFC_ROWS_ONLY the file is compiled without its tests, for
 * programs that run rows of all classes (trigger, demo, account).
 */
#ifndef PFC_CLASS_H
#define PFC_CLASS_H

#include "prepare.h"
#include "row.h"

#ifdef PFC_ROWS_ONLY
#define PFC_ROW(id, ...)	PFC_ROW_DATA(id, __VA_ARGS__)
#else
#include "pages.h"

FIXTURE(row) {
	struct pfc_result result;
};

FIXTURE_VARIANT(row) {
	const struct pfc_row *row;
};

FIXTURE_SETUP(row)
{
}

FIXTURE_TEARDOWN(row)
{
}

#define PFC_ROW(id, ...)				\
	PFC_ROW_DATA(id, __VA_ARGS__);			\
	FIXTURE_VARIANT_ADD(row, id) { .row = &pfc_row_##id }

TEST_F_TIMEOUT(row, is_counted_exactly, 300)
{
	struct pfc_result *res = &self->result;
	struct pfc_run_options options = {};
	char what[PFC_WHY];
	unsigned int i;

	pfc_row_run(variant->row, &options, res);
	pfc_row_what(variant->row, res->n, what, sizeof(what));
	if (res->status == PFC_SKIP)
		SKIP(return, "%s", res->why);
	if (res->expect && res->expect->reason)
		TH_LOG("%s: %s", what, res->expect->reason);
	for (i = 0; i < res->nr_bad; i++)
		TH_LOG("%s: %s", what, res->bad[i]);
	EXPECT_EQ(PFC_OK, res->status);
}
#endif

#endif /* PFC_CLASS_H */
