/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of tests that fault in pages of their own. Included once by a test program.
 */
#ifndef PFC_PAGES_H
#define PFC_PAGES_H

#include "counting.h"

FIXTURE(pages) {
	struct pfc_counting c;
};

FIXTURE_SETUP(pages)
{
	if (pfc_counting_init(&self->c))
		SKIP(return, "%s", self->c.why);
}

FIXTURE_TEARDOWN(pages)
{
	EXPECT_EQ(0, pfc_guard_end(self->c.guard));
}

#endif /* PFC_PAGES_H */
