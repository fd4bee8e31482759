// SPDX-License-Identifier: GPL-2.0
/*
 * Class file: pages of files, here of memfd.
 */
#define PFC_TEST_ROWS PFC_ROWS_FILE

#include "row_test.h"

TEST_HARNESS_MAIN
