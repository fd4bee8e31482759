// SPDX-License-Identifier: GPL-2.0
/*
 * Classes af, dirty and spurious: the tail of the dispatcher, where the entry
 * is there and only its flags may have to change.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/resource.h>

#define PFC_TEST_ROWS PFC_ROWS_AF

#include "row_test.h"

/*
 * The expectations of this file's rows hang on who sets the access flag, which
 * is found out by looking. The harness knows what CPU it made: they must agree.
 */
TEST(hwaf_is_what_the_cpu_has)
{
	int promised = pfc_hwaf_promised(), found;
	char why[PFC_WHY] = "";

#if defined(__x86_64__)
	SKIP(return, "x86 CPUs always set the access flag");
#endif
	if (promised < 0)
		SKIP(return, "nobody says whether this CPU sets the access flag (PFC_CPU=)");
	found = pfc_hwaf(why, sizeof(why));
	EXPECT_EQ(promised, found)
		TH_LOG("%s", why);
}

TEST_HARNESS_MAIN
