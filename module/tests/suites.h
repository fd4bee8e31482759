/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The suites of pfclass_kunit.ko, which `make unit` runs too, without a kernel. Each file
 * includes the one that it tests: it has objects of its own, whatever pfclass.ko does.
 */
#ifndef PFC_TESTS_SUITES_H
#define PFC_TESTS_SUITES_H

#include <kunit/test.h>

/* A text as a parameter's description, which is one line. */
static inline void pfc_text_desc(const char *text, char *desc)
{
	char *end;

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%s\"", text);
	end = strchr(desc, '\n');
	if (end)
		*end = ' ';
}

extern struct kunit_suite pfc_cgroups_suite;
extern struct kunit_suite pfc_classify_suite;
extern struct kunit_suite pfc_counters_suite;
extern struct kunit_suite pfc_filter_suite;
extern struct kunit_suite pfc_frames_suite;
extern struct kunit_suite pfc_locate_suite;
extern struct kunit_suite pfc_watch_suite;
extern struct kunit_suite pfc_arch_suite;

#endif /* PFC_TESTS_SUITES_H */
