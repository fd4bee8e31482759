// SPDX-License-Identifier: GPL-2.0
/*
 * The filter: what may be written, what is shown of it, whom it wants. The reasons are
 * those that the log gives.
 */
#include "../filter.c"

/* Of hit.c. */
DEFINE_STATIC_KEY_FALSE(pfc_picky);
#include "suites.h"

#define TWICE	"it is given twice"
#define WORDS	"the words are tgid=N, cgroup=PATH, addr=START-END, or clear alone"
#define TGID	"a process id is a positive decimal number"
#define RANGE	"a range is START-END"
#define NUMBERS	"START and END are 0x... or decimal"
#define EMPTY	"it is empty; write clear to remove it"
#define SLASH	"a cgroup is a path that begins with /, as in /proc/PID/cgroup"
#define GROUP	"no such cgroup: a path below the cgroup v2 mount, as in /proc/PID/cgroup"

static const struct pfc_filter_row {
	const char *text;
	const char *shown;	/* NULL: it is refused */
	const char *why;
} pfc_filter_rows[] = {
	{ "clear", "clear" },
	{ " clear ", "clear" },
	{ "tgid=1", "tgid=1" },
	{ "  tgid=1  ", "tgid=1" },
	{ "tgid=+7", "tgid=7" },
	{ "tgid=2147483647", "tgid=2147483647" },
	{ "tgid=2147483648", NULL, TGID },
	{ "tgid=99999999999999999999999", NULL, TGID },
	{ "tgid=0", NULL, TGID },
	{ "tgid=-1", NULL, TGID },
	{ "tgid=", NULL, TGID },
	{ "tgid=0x10", NULL, TGID },
	{ "tgid=1a", NULL, TGID },
	{ "tgid=1 tgid=1", NULL, TWICE },
	{ "tgid=1 tgid=2", NULL, TWICE },
	{ "tgid", NULL, WORDS },
	{ "TGID=1", NULL, WORDS },
	{ "addr=0x1000-0x2000", "addr=0x1000-0x2000" },
	{ "addr=4096-8192", "addr=0x1000-0x2000" },
	{ "addr=0-1", "addr=0x0-0x1" },
	{ "addr=0x0-0xffffffffffffffff", "addr=0x0-0xffffffffffffffff" },
	{ "addr=0x0-0x10000000000000000", NULL, NUMBERS },
	{ "addr=0x1000-0x1000", NULL, "END must be above START" },
	{ "addr=0x2000-0x1000", NULL, "END must be above START" },
	{ "addr=0x1000", NULL, RANGE },
	{ "addr=", NULL, RANGE },
	{ "addr=-", NULL, NUMBERS },
	{ "addr=-0x1000", NULL, NUMBERS },
	{ "addr=0x1000-", NULL, NUMBERS },
	{ "addr=1000h-2000h", NULL, NUMBERS },
	{ "addr=0x1-0x2-0x3", NULL, NUMBERS },
	{ "addr=0-1 addr=0-1", NULL, TWICE },
	{ "cgroup=/", "cgroup=/" },
	{ "cgroup=/no/such/group", NULL, GROUP },
	{ "cgroup=/ cgroup=/", NULL, TWICE },
	{ "cgroup=", NULL, SLASH },
	{ "cgroup=user.slice", NULL, SLASH },
	{ "addr=0-1 cgroup=/ tgid=5", "tgid=5 cgroup=/ addr=0x0-0x1" },
	{ "tgid=5   addr=0-1", "tgid=5 addr=0x0-0x1" },
	{ "cgroup=/ addr=7", NULL, RANGE },
	{ "clear tgid=1", NULL, WORDS },
	{ "tgid=1 clear", NULL, WORDS },
	{ "tgid=1,addr=0-1", NULL, TGID },
	{ "pid=1", NULL, WORDS },
	{ "", NULL, EMPTY },
	{ "   ", NULL, EMPTY },
};

static void pfc_filter_desc(const struct pfc_filter_row *row, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "\"%s\"", row->text);
}
KUNIT_ARRAY_PARAM(pfc_filter_rows, pfc_filter_rows, pfc_filter_desc);

/* What reading the filter shows, without its newline. */
static const char *pfc_filter_shown(void)
{
	static char shown[256];
	struct seq_file m = { .buf = shown, .size = sizeof(shown) - 1 };

	pfc_filter_show(&m);
	shown[m.count - 1] = '\0';
	return shown;
}

static int pfc_filter_try(const char *text)
{
	char copy[128];

	strscpy(copy, text, sizeof(copy));
	return pfc_filter_write(copy);
}

/* A filter that is accepted is shown and can be written back; one that is not changes nothing. */
static void text(struct kunit *test)
{
	const struct pfc_filter_row *row = test->param_value;

	KUNIT_ASSERT_EQ(test, pfc_filter_try("tgid=4711"), 0);
	KUNIT_EXPECT_EQ(test, pfc_filter_try(row->text), row->shown ? 0 : -EINVAL);
	KUNIT_EXPECT_STREQ(test, pfc_filter_shown(), row->shown ?: "tgid=4711");
	if (row->shown) {
		KUNIT_EXPECT_EQ(test, pfc_filter_try(row->shown), 0);
		KUNIT_EXPECT_STREQ(test, pfc_filter_shown(), row->shown);
	}
}

/* The log says why. */
static void reason(struct kunit *test)
{
	const struct pfc_filter_row *row = test->param_value;
	struct pfc_filter f = {};
	const char *why = NULL;
	char copy[128];

	strscpy(copy, row->text, sizeof(copy));
	/* That word is not parsed. */
	if (strcmp(strim(copy), PFC_FILTER_CLEAR))
		why = pfc_filter_parse(&f, copy);
	KUNIT_EXPECT_STREQ(test, why ?: "", row->why ?: "");
	if (f.asks & PFC_FILTER_BY_CGROUP)
		pfc_compat_cgroup_put(f.cgroup);
}

/* As handlers ask: with preemption disabled. */
static bool wants(unsigned long address)
{
	bool yes;

	preempt_disable();
	yes = pfc_filter_wants(address);
	preempt_enable();
	return yes;
}

static void wants_the_task(struct kunit *test)
{
	char words[32];

	KUNIT_EXPECT_TRUE(test, wants(0));
	snprintf(words, sizeof(words), "tgid=%d", current->tgid);
	KUNIT_ASSERT_EQ(test, pfc_filter_try(words), 0);
	KUNIT_EXPECT_TRUE(test, wants(0));
	snprintf(words, sizeof(words), "tgid=%d", current->tgid + 1);
	KUNIT_ASSERT_EQ(test, pfc_filter_try(words), 0);
	KUNIT_EXPECT_FALSE(test, wants(0));
	KUNIT_ASSERT_EQ(test, pfc_filter_try("clear"), 0);
	KUNIT_EXPECT_TRUE(test, wants(0));
}

static void wants_the_address(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, pfc_filter_by_address());
	KUNIT_ASSERT_EQ(test, pfc_filter_try("addr=0x1000-0x3000"), 0);
	KUNIT_EXPECT_TRUE(test, pfc_filter_by_address());
	KUNIT_EXPECT_FALSE(test, wants(0xfff));
	KUNIT_EXPECT_TRUE(test, wants(0x1000));
	KUNIT_EXPECT_TRUE(test, wants(0x2fff));
	KUNIT_EXPECT_FALSE(test, wants(0x3000));
	KUNIT_EXPECT_FALSE(test, wants(-1UL));
	KUNIT_ASSERT_EQ(test, pfc_filter_try("tgid=1"), 0);
	KUNIT_EXPECT_FALSE(test, pfc_filter_by_address());
}

/* Every word must be met. */
static void wants_both(struct kunit *test)
{
	char words[64];

	snprintf(words, sizeof(words), "addr=0x1000-0x2000 tgid=%d", current->tgid);
	KUNIT_ASSERT_EQ(test, pfc_filter_try(words), 0);
	KUNIT_EXPECT_TRUE(test, wants(0x1000));
	KUNIT_EXPECT_FALSE(test, wants(0x2000));
	snprintf(words, sizeof(words), "addr=0x1000-0x2000 tgid=%d", current->tgid + 1);
	KUNIT_ASSERT_EQ(test, pfc_filter_try(words), 0);
	KUNIT_EXPECT_FALSE(test, wants(0x1000));
}

/* Every task is below the root. */
static void wants_the_root_group(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, pfc_filter_try("cgroup=/"), 0);
	KUNIT_EXPECT_TRUE(test, wants(0));
}

/* The handlers' fast path is left while there is a filter, however often it is replaced. */
static void keys_are_on_with_a_filter(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
	KUNIT_ASSERT_EQ(test, pfc_filter_try("tgid=1"), 0);
	KUNIT_ASSERT_EQ(test, pfc_filter_try("addr=0-1"), 0);
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_picky));
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_filter_set));
	KUNIT_ASSERT_EQ(test, pfc_filter_try("clear"), 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_filter_set));
	KUNIT_ASSERT_EQ(test, pfc_filter_try("clear"), 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
}

static void pfc_filter_end(struct kunit *test)
{
	pfc_filter_exit();
}

static struct kunit_case pfc_filter_cases[] = {
	KUNIT_CASE_PARAM(text, pfc_filter_rows_gen_params),
	KUNIT_CASE_PARAM(reason, pfc_filter_rows_gen_params),
	KUNIT_CASE(wants_the_task),
	KUNIT_CASE(wants_the_address),
	KUNIT_CASE(wants_both),
	KUNIT_CASE(wants_the_root_group),
	KUNIT_CASE(keys_are_on_with_a_filter),
	{}
};

struct kunit_suite pfc_filter_suite = {
	.name = "pfclass_filter",
	.exit = pfc_filter_end,
	.test_cases = pfc_filter_cases,
};
