// SPDX-License-Identifier: GPL-2.0
/*
 * Class numa: pages that NUMA balancing has made fault.
 */
#define PFC_TEST_ROWS PFC_ROWS_NUMA

#include "row_test.h"

TEST_HARNESS_MAIN
