/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's harness, found before it by the order of -I, with more patience: a
 * test that takes a second does not end within the harness's 30 in an emulator
 * with KASAN and lockdep, beside others. What hangs is still ended.
 */
#include_next <kselftest_harness.h>

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	300	/* seconds */
