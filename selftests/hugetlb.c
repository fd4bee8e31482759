// SPDX-License-Identifier: GPL-2.0
/*
 * Class hugetlb.
 */
#define PFC_TEST_ROWS PFC_ROWS_HUGETLB

#include "row_test.h"

TEST_HARNESS_MAIN
