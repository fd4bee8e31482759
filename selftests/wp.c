// SPDX-License-Identifier: GPL-2.0
/*
 * Class wp: writes to pages that are mapped read-only.
 */
#define PFC_TEST_ROWS PFC_ROWS_WP

#include "row_test.h"

TEST_HARNESS_MAIN
