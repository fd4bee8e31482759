// SPDX-License-Identifier: GPL-2.0
/*
 * Class swap: pages that come back from swap, each one fault.
 */
#define PFC_TEST_ROWS PFC_ROWS_SWAP

#include "row_test.h"

TEST_HARNESS_MAIN
