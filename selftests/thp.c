// SPDX-License-Identifier: GPL-2.0
/*
 * Class thp: what the PMD level resolves, and what it hands on.
 */
#define PFC_TEST_ROWS PFC_ROWS_THP

#include "row_test.h"

TEST_HARNESS_MAIN
