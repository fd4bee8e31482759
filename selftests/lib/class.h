/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A test for each row of the trigger table that PFC_TEST_ROWS names; included
 * by the tests of the classes, once.
 */
#ifndef PFC_ROW_TEST_H
#define PFC_ROW_TEST_H

#include <kselftest_harness.h>

#include "triggers.h"

FIXTURE(row) {
	struct pfc_result result;
};

FIXTURE_VARIANT(row) {
	const char *name;
};

/* lint: allow MULTISTATEMENT_MACRO_USE_DO_WHILE: it makes declarations */
/* lint: allow TRAILING_SEMICOLON: ditto */
#define PFC_X(id) FIXTURE_VARIANT_ADD(row, id) { .name = #id };
PFC_TEST_ROWS(PFC_X)
#undef PFC_X

FIXTURE_SETUP(row)
{
}

FIXTURE_TEARDOWN(row)
{
}

TEST_F_TIMEOUT(row, exact, 300)
{
	const struct pfc_row *row = pfc_row_find(variant->name);
	struct pfc_result *res = &self->result;
	struct pfc_run_options options = {};
	char what[PFC_WHY];
	unsigned int i;

	ASSERT_NE(NULL, row);
	pfc_row_run(row, &options, res);
	pfc_row_what(row, res->n, what, sizeof(what));
	if (res->status == PFC_SKIP)
		SKIP(return, "%s: %s", what, res->why);
	if (res->expect && res->expect->reason)
		TH_LOG("%s: %s", what, res->expect->reason);
	for (i = 0; i < res->nr_bad; i++)
		TH_LOG("%s: %s", what, res->bad[i]);
	EXPECT_EQ(PFC_OK, res->status);
}

#endif /* PFC_ROW_TEST_H */
