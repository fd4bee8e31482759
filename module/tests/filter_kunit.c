// SPDX-License-Identifier: GPL-2.0
/*
 * The filter: what may be written, what is shown of it, whom it wants. The reasons are
 * those that the log gives.
 */
#include <linux/stdarg.h>
#include "../filter.c"
#include "suites.h"

#define TWICE	"it is given twice"
#define WORDS	"the words are tgid=N,..., pid=N,..., comm=NAME, cgroup=PATH, addr=START-END, or clear"
#define TGID	"an id is a positive decimal number"
#define MANY	"there may be 8 ids"
#define COMM	"a comm has 1 to 15 characters, as in /proc/PID/comm"
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
	{ "tgid=3,1,2", "tgid=3,1,2" },
	{ "tgid=1,2,3,4,5,6,7,8", "tgid=1,2,3,4,5,6,7,8" },
	{ "tgid=1,2,3,4,5,6,7,8,9", NULL, MANY },
	{ "tgid=1,", NULL, TGID },
	{ "tgid=,1", NULL, TGID },
	{ "tgid=1,,2", NULL, TGID },
	{ "tgid=1,0", NULL, TGID },
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
	{ "pid=1", "pid=1" },
	{ "pid=1,2", "pid=1,2" },
	{ "pid=0", NULL, TGID },
	{ "pid=1 pid=2", NULL, TWICE },
	{ "comm=make", "comm=make" },
	{ "comm=123456789012345", "comm=123456789012345" },
	{ "comm=1234567890123456", NULL, COMM },
	{ "comm=", NULL, COMM },
	{ "comm=a\nb", NULL, COMM },
	{ "comm=a comm=a", NULL, TWICE },
	{ "addr=0-1 comm=a pid=2 tgid=1 cgroup=/",
	  "tgid=1 pid=2 comm=a cgroup=/ addr=0x0-0x1" },
	{ "", NULL, EMPTY },
	{ "   ", NULL, EMPTY },
};

static void pfc_filter_desc(const struct pfc_filter_row *row, char *desc)
{
	pfc_text_desc(row->text, desc);
}
KUNIT_ARRAY_PARAM(pfc_filter_rows, pfc_filter_rows, pfc_filter_desc);

static struct pfc_filter *pfc_filter_now;

/* What reading the filter shows, without its newline. */
static const char *pfc_filter_shown(void)
{
	static char shown[256];
	struct seq_file m = { .buf = shown, .size = sizeof(shown) - 1 };

	pfc_filter_show(&m, pfc_filter_now);
	shown[m.count - 1] = '\0';
	return shown;
}

static int pfc_filter_try(const char *text)
{
	struct pfc_filter *f;
	char copy[128];

	strscpy(copy, text, sizeof(copy));
	f = pfc_filter_make(copy);
	if (IS_ERR(f))
		return PTR_ERR(f);
	pfc_filter_free(pfc_filter_now);
	pfc_filter_now = f;
	return 0;
}

/* A filter that is accepted is shown and can be written back. */
static void text(struct kunit *test)
{
	const struct pfc_filter_row *row = test->param_value;

	KUNIT_EXPECT_EQ(test, pfc_filter_try(row->text), row->shown ? 0 : -EINVAL);
	if (row->shown) {
		KUNIT_EXPECT_STREQ(test, pfc_filter_shown(), row->shown);
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
		why = pfc_filter_parse(&f, strim(copy));
	KUNIT_EXPECT_STREQ(test, why ?: "", row->why ?: "");
	if (f.asks & PFC_FILTER_BY_CGROUP)
		pfc_compat_cgroup_put(f.cgroup);
}

/* Whether the filter wants a fault of the current task there. */
static bool pfc_filter_wants_now(struct kunit *test, unsigned long address, const char *format,
				 ...)
{
	char words[128];
	va_list args;
	bool yes;

	va_start(args, format);
	vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	KUNIT_ASSERT_EQ(test, pfc_filter_try(words), 0);
	preempt_disable();
	yes = pfc_filter_wants(pfc_filter_now, address);
	preempt_enable();
	return yes;
}

static void wants_the_process(struct kunit *test)
{
	int tgid = current->tgid;

	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "clear"));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "tgid=%d", tgid));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0, "tgid=%d", tgid + 1));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "tgid=%d,%d", tgid + 1, tgid));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "tgid=9,9,9,9,9,9,9,%d", tgid));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0, "tgid=9,9,9,9,9,9,9,9"));
}

static void wants_the_thread(struct kunit *test)
{
	int pid = current->pid;

	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "pid=%d", pid));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0, "pid=%d", pid + 1));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "pid=%d,%d", pid + 1, pid));
	/* Both must be met. */
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0, "pid=%d tgid=%d", pid,
						      current->tgid + 1));
}

static void wants_the_comm(struct kunit *test)
{
	char *comm = current->comm, was[TASK_COMM_LEN];

	memcpy(was, comm, sizeof(was));
	strscpy(comm, "cc1", sizeof(was));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "comm=cc1"));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0, "comm=cc"));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0, "comm=cc1plus"));
	/* What is behind its end does not matter; and it may be as long as can be. */
	strscpy(comm, "123456789012345", sizeof(was));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "comm=123456789012345"));
	comm[3] = '\0';
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "comm=123"));
	memcpy(comm, was, sizeof(was));
}

static void wants_the_address(struct kunit *test)
{
	static const char words[] = "addr=0x1000-0x3000";

	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0xfff, words));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0x1000, words));
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0x2fff, words));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0x3000, words));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, -1UL, words));
}

/* Every word must be met. */
static void wants_both(struct kunit *test)
{
	static const char words[] = "addr=0x1000-0x2000 tgid=%d";

	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0x1000, words, current->tgid));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0x2000, words, current->tgid));
	KUNIT_EXPECT_FALSE(test, pfc_filter_wants_now(test, 0x1000, words, current->tgid + 1));
}

/* Every task is below the root. */
static void wants_the_root_group(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, pfc_filter_wants_now(test, 0, "cgroup=/"));
}

static int pfc_filter_begin(struct kunit *test)
{
	pfc_filter_now = &pfc_filter_none;
	return 0;
}

static void pfc_filter_end(struct kunit *test)
{
	pfc_filter_free(pfc_filter_now);
}

static struct kunit_case pfc_filter_cases[] = {
	KUNIT_CASE_PARAM(text, pfc_filter_rows_gen_params),
	KUNIT_CASE_PARAM(reason, pfc_filter_rows_gen_params),
	KUNIT_CASE(wants_the_process),
	KUNIT_CASE(wants_the_thread),
	KUNIT_CASE(wants_the_comm),
	KUNIT_CASE(wants_the_address),
	KUNIT_CASE(wants_both),
	KUNIT_CASE(wants_the_root_group),
	{}
};

struct kunit_suite pfc_filter_suite = {
	.name = "pfclass_filter",
	.init = pfc_filter_begin,
	.exit = pfc_filter_end,
	.test_cases = pfc_filter_cases,
};
