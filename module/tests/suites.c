// SPDX-License-Identifier: GPL-2.0
/*
 * All suites; and the constants that they use without a kernel, held against this one's.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <compat/fault.h>
#include "suites.h"
#include "values.h"

#define PFC_X(name, value) static_assert((unsigned int)(name) == (value));
PFC_TESTS_VALUES(PFC_X)
#undef PFC_X
static_assert(!PFC_FAULT_COMPLETED ||
	      (unsigned int)PFC_FAULT_COMPLETED == PFC_TESTS_VM_FAULT_COMPLETED);
static_assert(!PFC_FAULT_DONE ||
	      (unsigned int)PFC_FAULT_DONE == (PFC_TESTS_VM_FAULT_WRITE | VM_FAULT_LOCKED));

kunit_test_suites(&pfc_cgroups_suite, &pfc_classify_suite, &pfc_counters_suite,
		  &pfc_filter_suite, &pfc_frames_suite, &pfc_locate_suite, &pfc_watch_suite,
		  &pfc_arch_suite);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit tests of pfclass");
