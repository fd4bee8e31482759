/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of KUnit as the tests in module/ use; run.c runs them, and prints TAP.
 */
#ifndef PFC_SHIM_KUNIT_H
#define PFC_SHIM_KUNIT_H

#include <setjmp.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	const void *param_value;
	bool failed;
	unsigned int asserts;
	jmp_buf stop;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};

extern struct kunit_suite *shim_suites[];

#define kunit_test_suites(...)	struct kunit_suite *shim_suites[] = { __VA_ARGS__, NULL }
#define KUNIT_CASE(f)		{ .run_case = f, .name = #f }
#define KUNIT_CASE_PARAM(f, g)	{ .run_case = f, .name = #f, .generate_params = g }

#define KUNIT_ARRAY_PARAM(name, array, get_desc)				\
static const void *name##_gen_params(const void *prev, char *desc)		\
{										\
	__typeof__(&(array)[0]) next = prev ? (__typeof__(next))prev + 1 : (array); \
										\
	if (next - (array) >= (ptrdiff_t)ARRAY_SIZE(array))			\
		return NULL;							\
	get_desc(next, desc);							\
	return next;								\
}

void shim_failed(struct kunit *test, bool stop, const char *file, int line,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

#define SHIM_CHECK(test, stop, condition, ...)					\
	((test)->asserts++, (condition) ? (void)0 :				\
	 shim_failed(test, stop, __FILE__, __LINE__, __VA_ARGS__))
#define SHIM_EQ(test, stop, a, b, format, ...) do {				\
	long long a_ = (long long)(a), b_ = (long long)(b);			\
										\
	SHIM_CHECK(test, stop, a_ == b_,					\
		   "%s is %lld (0x%llx), not %lld (0x%llx): " format,		\
		   #a, a_, a_, b_, b_, ##__VA_ARGS__);				\
} while (0)

#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	SHIM_EQ(test, false, a, b, __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b)		SHIM_EQ(test, false, a, b, "")
#define KUNIT_ASSERT_EQ(test, a, b)		SHIM_EQ(test, true, a, b, "")
#define KUNIT_EXPECT_PTR_EQ(test, a, b)		SHIM_EQ(test, false, (long)(a), (long)(b), "")
#define KUNIT_ASSERT_PTR_EQ(test, a, b)		SHIM_EQ(test, true, (long)(a), (long)(b), "")
#define KUNIT_EXPECT_STREQ(test, a, b)						\
	SHIM_CHECK(test, false, !strcmp(a, b), "%s is \"%s\", not \"%s\"", #a, a, b)
#define KUNIT_EXPECT_TRUE(test, a)		SHIM_CHECK(test, false, a, "%s is false", #a)
#define KUNIT_EXPECT_FALSE(test, a)		SHIM_CHECK(test, false, !(a), "%s is true", #a)
#define KUNIT_ASSERT_TRUE(test, a)		SHIM_CHECK(test, true, a, "%s is false", #a)
#define KUNIT_EXPECT_NOT_NULL(test, a)						\
	SHIM_CHECK(test, false, (a) != NULL, "%s is NULL", #a)
#define KUNIT_ASSERT_NOT_NULL(test, a)						\
	SHIM_CHECK(test, true, (a) != NULL, "%s is NULL", #a)

#endif /* PFC_SHIM_KUNIT_H */
