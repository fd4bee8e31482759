// SPDX-License-Identifier: GPL-2.0
/*
 * Runs the suites and prints TAP, a result a row of each table. An argument is a part of the
 * names of the tests to run.
 */
#include <stdarg.h>
#include <kunit/test.h>

static unsigned int passed, failed;
static const char *only;

/**
 * shim_failed() - an expectation was not met
 * @test: of the expectation
 * @stop: it was an assertion: leave the test
 * @file: where it is
 * @line: where it is
 * @format: what was found, as for printf()
 */
void shim_failed(struct kunit *test, bool stop, const char *file, int line,
		 const char *format, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (stop)
		longjmp(test->stop, 1);
}

static void run_one(const struct kunit_suite *suite, const struct kunit_case *c,
		    const void *param, const char *desc)
{
	struct kunit test = { .param_value = param };
	char name[3 * KUNIT_PARAM_DESC_SIZE];

	snprintf(name, sizeof(name), "%s %s%s%s", suite->name, c->name, *desc ? ": " : "", desc);
	if (only && !strstr(name, only))
		return;
	if (suite->init && suite->init(&test))
		shim_failed(&test, false, __FILE__, __LINE__, "init");
	else if (!setjmp(test.stop))
		c->run_case(&test);
	if (!test.asserts)
		shim_failed(&test, false, __FILE__, __LINE__, "it asserts nothing");
	if (suite->exit)
		suite->exit(&test);
	test.failed ? failed++ : passed++;
	printf("%s %u %s\n", test.failed ? "not ok" : "ok", passed + failed, name);
}

static void run_case(const struct kunit_suite *suite, const struct kunit_case *c)
{
	char desc[KUNIT_PARAM_DESC_SIZE] = "";
	const void *param = NULL;

	if (!c->generate_params) {
		run_one(suite, c, NULL, desc);
		return;
	}
	while ((param = c->generate_params(param, desc)))
		run_one(suite, c, param, desc);
}

int main(int argc, char **argv)
{
	struct kunit_suite **suite;
	struct kunit_case *c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	only = argc > 1 ? argv[1] : NULL;
	for (suite = shim_suites; *suite; suite++)
		for (c = (*suite)->test_cases; c->run_case; c++)
			run_case(*suite, c);
	printf("1..%u\n# %u passed, %u failed\n", passed + failed, passed, failed);
	return failed || !passed;
}
