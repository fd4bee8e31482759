// SPDX-License-Identifier: GPL-2.0
/*
 * Class anon: fresh anonymous pages, by whoever touches them first.
 */
#define PFC_TEST_ROWS PFC_ROWS_ANON

#include "row_test.h"

TEST_HARNESS_MAIN
