// SPDX-License-Identifier: GPL-2.0
/*
 * The parsers by which the tests in the guests read pfclass's files (selftests/lib/stats.c):
 * what breaks the contract is refused. The files are texts of the test's own.
 */
#include <kunit/test.h>
#include <pthread.h>
#include <unistd.h>
#include "../lib/stats.c"

static char stats_text[32768], percpu_text[1024];

ssize_t pfc_read(const char *path, char *text, size_t size)
{
	const char *name = strrchr(path, '/') + 1;

	return snprintf(text, size, "%s", strcmp(name, PFC_FILE_STATS) ? percpu_text : stats_text);
}

int pfc_write(const char *path, const char *text)
{
	return -EROFS;
}

int pfc_printf_file(const char *path, const char *format, ...)
{
	return -EROFS;
}

const char *pfc_mount_point(const char *type)
{
	return "/debug";
}

/* Every key that is shown, each with the value VALUE; and then MORE. */
static void make(const char *value, const char *more)
{
	unsigned int i, len;

	len = sprintf(stats_text, "abi %d\n", PFC_ABI);
	for (i = 0; i < PFC_NR_KEYS; i++)
		if (pfc_key_is_shown(i))
			len += sprintf(stats_text + len, "%s %s\n", pfc_key(i), value);
	sprintf(stats_text + len, "%s", more);
}

static const struct row {
	const char *name;
	const char *value;
	const char *more;
	int ret;
	long long anon;
} rows[] = {
	{ "numbers", "7", "", 0, 7 },
	{ "the largest number", "9223372036854775807", "", 0, 9223372036854775807LL },
	{ "unavailable", PFC_UNAVAILABLE, "", 0, PFC_NA },
	{ "a key that is newer", "7", "newer 8\n", 0, 7 },
	{ "a key twice", "7", "anon 7\n", -EINVAL },
	{ "no end", "7", "newer 8", -EINVAL },
	{ "no value", "7", "newer\n", -EINVAL },
	{ "no number", "x", "", -EINVAL },
	{ "a sign", "-7", "", -EINVAL },
	{ "more than a number", "7 8", "", -EINVAL },
	{ "too large a number", "99999999999999999999", "", -EINVAL },
};

static void row_desc(const struct row *row, char *desc)
{
	strcpy(desc, row->name);
}
KUNIT_ARRAY_PARAM(rows, rows, row_desc);

static void stats(struct kunit *test)
{
	const struct row *row = test->param_value;
	struct pfc_stats s;
	char why[256];

	make(row->value, row->more);
	KUNIT_ASSERT_EQ(test, pfc_stats_read(&s, why, sizeof(why)), row->ret);
	if (!row->ret)
		KUNIT_EXPECT_EQ(test, s.val[PFC_K_CLASS + PFC_ANON], row->anon);
}

static void spoilt(struct kunit *test)
{
	struct pfc_stats s;
	char why[256], *line;

	make("7", "");
	stats_text[4]++;
	KUNIT_EXPECT_EQ(test, pfc_stats_read(&s, why, sizeof(why)), -EINVAL);
	make("7", "");
	line = strstr(stats_text, "\nanon 7\n");
	KUNIT_ASSERT_NOT_NULL(test, line);
	memmove(line, line + 7, strlen(line + 7) + 1);
	KUNIT_EXPECT_EQ(test, pfc_stats_read(&s, why, sizeof(why)), -EINVAL);
	KUNIT_EXPECT_STREQ(test, why, "the key 'anon' is missing");
}

static void delta(struct kunit *test)
{
	struct pfc_stats from = {}, to = {};

	from.val[0] = 5;
	to.val[0] = 7;
	from.val[1] = PFC_NA;
	to.val[1] = 7;
	from.val[2] = 5;
	to.val[2] = PFC_NA;
	pfc_stats_delta(&to, &from);
	KUNIT_EXPECT_EQ(test, to.val[0], 2);
	KUNIT_EXPECT_EQ(test, to.val[1], PFC_NA);
	KUNIT_EXPECT_EQ(test, to.val[2], PFC_NA);
}

static const struct table {
	const char *name;
	const char *text;
	bool differs;
} tables[] = {
	{ "sums", "cpu anon wp\n0 3 7\n2 4 0\n", false },
	{ "another sum", "cpu anon wp\n0 3 7\n2 5 0\n", true },
	{ "a short row", "cpu anon wp\n0 7 7\n2 0\n", true },
	{ "unavailable here alone", "cpu anon wp\n0 7 unavailable\n", true },
	{ "another header", "node anon wp\n0 7 7\n", true },
	{ "a column that is none", "cpu anon other\n0 7 7\n", true },
	{ "no column", "cpu\n0\n", true },
};

static void table_desc(const struct table *table, char *desc)
{
	strcpy(desc, table->name);
}
KUNIT_ARRAY_PARAM(tables, tables, table_desc);

static void percpu(struct kunit *test)
{
	const struct table *table = test->param_value;
	char why[256];

	make("7", "");
	strcpy(percpu_text, table->text);
	KUNIT_EXPECT_EQ(test, !!pfc_percpu_differs(why, sizeof(why)), table->differs);
}

static void *many_paths(void *unused)
{
	unsigned int i;

	for (i = 0; i < 64; i++)
		pfc_path("theirs");
	return NULL;
}

/* "remove test.b" was written to another file: a thread beside had read eight files. */
static void paths_of_threads(struct kunit *test)
{
	const char *mine = pfc_path("mine");
	pthread_t thread;

	KUNIT_ASSERT_EQ(test, pthread_create(&thread, NULL, many_paths, NULL), 0);
	pthread_join(thread, NULL);
	KUNIT_EXPECT_STREQ(test, mine, "/debug/" PFC_DIR "/mine");
}

static struct kunit_case cases[] = {
	KUNIT_CASE_PARAM(stats, rows_gen_params),
	KUNIT_CASE(spoilt),
	KUNIT_CASE(delta),
	KUNIT_CASE_PARAM(percpu, tables_gen_params),
	KUNIT_CASE(paths_of_threads),
	{}
};

static struct kunit_suite suite = { .name = "selftests_reader", .test_cases = cases };

kunit_test_suites(&suite);
