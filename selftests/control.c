// SPDX-License-Identifier: GPL-2.0
#include <kselftest_harness.h>
TEST(todo) { SKIP(return, "todo"); }
TEST_HARNESS_MAIN
