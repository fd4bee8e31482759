// SPDX-License-Identifier: GPL-2.0
/*
 * Observers: what may be their name, who wants a fault, and that the handlers know when
 * there is anybody beside the root.
 */
#include "../watch.c"
#include "suites.h"

#define NAME_32	"abcdefghijklmnopqrstuvwxyz.-_0189"

static const struct pfc_name_row {
	const char *name;
	bool well;
} pfc_names[] = {
	{ "a", true },
	{ "web-1.prod_x", true },
	{ "...", true },
	{ ".a", true },
	{ "-", true },
	{ "ABCXYZ", true },
	{ NAME_32 + 1, true },
	{ NAME_32, false },
	{ "", false },
	{ ".", false },
	{ "..", false },
	{ "a/b", false },
	{ "../a", false },
	{ "a b", false },
	{ "a\n", false },
	{ "\xc3\xa9", false },
	{ "a=b", false },
	{ "a:b", false },
	{ "*", false },
};

static void pfc_name_desc(const struct pfc_name_row *row, char *desc)
{
	pfc_text_desc(row->name, desc);
}
KUNIT_ARRAY_PARAM(pfc_names, pfc_names, pfc_name_desc);

static const struct pfc_command_row {
	const char *text;
	bool add;
	bool hold;
	const char *name;	/* NULL: it is refused */
	const char *filter;
} pfc_commands[] = {
	{ "add a", true, false, "a", "" },
	{ "  add  a\n", true, false, "a", "" },
	{ "add a tgid=1 addr=0-1\n", true, false, "a", "tgid=1 addr=0-1" },
	{ "add a hold", true, true, "a", "" },
	{ "add a hold  tgid=1", true, true, "a", "tgid=1" },
	{ "add a holdup", true, false, "a", "holdup" },
	{ "add a tgid=1 hold", true, false, "a", "tgid=1 hold" },
	{ "add hold", true, false, "hold", "" },
	{ "remove a", false, false, "a", "" },
	{ "remove hold", false, false, "hold", "" },
	{ "remove a hold" },
	{ "remove a b" },
	{ "add" },
	{ "remove " },
	{ "added a" },
	{ "ad a" },
	{ "a" },
	{ "\n" },
	{ "" },
};

static void pfc_command_desc(const struct pfc_command_row *row, char *desc)
{
	pfc_text_desc(row->text, desc);
}
KUNIT_ARRAY_PARAM(pfc_commands, pfc_commands, pfc_command_desc);

static void command(struct kunit *test)
{
	const struct pfc_command_row *row = test->param_value;
	struct pfc_watch_command command;
	char copy[128];

	strscpy(copy, row->text, sizeof(copy));
	KUNIT_ASSERT_EQ(test, pfc_watch_parse(copy, &command), row->name ? 0 : -EINVAL);
	if (!row->name)
		return;
	KUNIT_EXPECT_EQ(test, command.add, row->add);
	KUNIT_EXPECT_EQ(test, command.hold, row->hold);
	KUNIT_EXPECT_STREQ(test, command.name, row->name);
	KUNIT_EXPECT_STREQ(test, command.filter, row->filter);
}

static struct pfc_watch *pfc_watch_try(const char *name, const char *filter)
{
	char copy[128];

	strscpy(copy, filter, sizeof(copy));
	return pfc_watch_make(name, copy);
}

static int pfc_watch_try_filter(struct pfc_watch *watch, const char *filter)
{
	char copy[128];

	strscpy(copy, filter, sizeof(copy));
	return pfc_watch_set_filter(watch, copy);
}

static void name(struct kunit *test)
{
	const struct pfc_name_row *row = test->param_value;
	struct pfc_watch *watch = pfc_watch_try(row->name, "");

	KUNIT_ASSERT_EQ(test, IS_ERR(watch), !row->well);
	if (row->well) {
		KUNIT_EXPECT_STREQ(test, watch->name, row->name);
		pfc_watch_free(watch);
	} else {
		KUNIT_EXPECT_EQ(test, PTR_ERR(watch), -EINVAL);
	}
}

/* A bit for each who wants it: 1 the root, 2 the first watch, and so on. */
static unsigned int pfc_wanting(unsigned long address)
{
	struct pfc_watch *watch, *w;
	unsigned int bits = 0, bit;

	preempt_disable();
	pfc_for_each_wanting(watch, address) {
		for (w = &pfc_root, bit = 1; w != watch; w = pfc_watch_next(w))
			bit <<= 1;
		bits |= bit;
	}
	preempt_enable();
	return bits;
}

/* Each by its own filter, whatever the others have; and the rest stays when one goes. */
static void each_wants_its_own(struct kunit *test)
{
	struct pfc_watch *a = pfc_watch_try("a", "addr=0-0x1000");
	struct pfc_watch *b = pfc_watch_try("b", "");
	struct pfc_watch *c = pfc_watch_try("c", "addr=0x800-0x1800");

	KUNIT_ASSERT_EQ(test, IS_ERR(a) || IS_ERR(b) || IS_ERR(c), 0);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0), 1);
	pfc_watch_start(a);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0), 3);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x1000), 1);
	pfc_watch_start(b);
	pfc_watch_start(c);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0), 7);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x800), 15);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x1000), 13);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x2000), 5);
	/* The root's filter is the root's. */
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(&pfc_root, "addr=0x2000-0x3000"), 0);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x800), 14);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x2000), 5);
	/* One in the middle goes, then the last, then the first. */
	pfc_watch_stop(b);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x800), 6);
	pfc_watch_stop(c);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x800), 2);
	pfc_watch_stop(a);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x800), 0);
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(&pfc_root, "clear"), 0);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x800), 1);
	pfc_watch_free(a);
	pfc_watch_free(b);
	pfc_watch_free(c);
}

static void refused_filter_changes_nothing(struct kunit *test)
{
	struct pfc_watch *a = pfc_watch_try("a", "addr=0-0x1000");

	KUNIT_ASSERT_EQ(test, IS_ERR(a), 0);
	pfc_watch_start(a);
	KUNIT_EXPECT_EQ(test, pfc_watch_try_filter(a, "addr=7"), -EINVAL);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0xfff), 3);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x1000), 1);
	KUNIT_EXPECT_EQ(test, pfc_watch_try_filter(a, "addr=0x1000-0x2000"), 0);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0xfff), 1);
	KUNIT_EXPECT_EQ(test, pfc_wanting(0x1000), 3);
	KUNIT_EXPECT_TRUE(test, pfc_watch_by_address(a));
	KUNIT_EXPECT_FALSE(test, pfc_watch_by_address(&pfc_root));
	pfc_watch_stop(a);
	pfc_watch_free(a);
	KUNIT_EXPECT_EQ(test, PTR_ERR(pfc_watch_try("a", "addr=7")), -EINVAL);
}

/* The handlers' fast path knows the root without a filter only. */
static void key_is_on_with_company_or_a_filter(struct kunit *test)
{
	struct pfc_watch *a = pfc_watch_try("a", ""), *b = pfc_watch_try("b", "tgid=1");

	KUNIT_ASSERT_EQ(test, IS_ERR(a) || IS_ERR(b), 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(&pfc_root, "tgid=1"), 0);
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(&pfc_root, "addr=0-1"), 0);
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_picky));
	pfc_watch_start(a);
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(&pfc_root, "clear"), 0);
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_picky));
	pfc_watch_start(b);
	pfc_watch_stop(a);
	/* Its filter is no matter of the key's. */
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(b, "clear"), 0);
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_picky));
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(b, "tgid=1"), 0);
	pfc_watch_stop(b);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
	KUNIT_ASSERT_EQ(test, pfc_watch_try_filter(&pfc_root, "clear"), 0);
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
	pfc_watch_free(a);
	pfc_watch_free(b);
}

static int pfc_watch_begin(struct kunit *test)
{
	return pfc_watch_init(false);
}

static void pfc_watch_over(struct kunit *test)
{
	pfc_watch_exit();
}

static struct kunit_case pfc_watch_cases[] = {
	KUNIT_CASE_PARAM(name, pfc_names_gen_params),
	KUNIT_CASE_PARAM(command, pfc_commands_gen_params),
	KUNIT_CASE(each_wants_its_own),
	KUNIT_CASE(refused_filter_changes_nothing),
	KUNIT_CASE(key_is_on_with_company_or_a_filter),
	{}
};

struct kunit_suite pfc_watch_suite = {
	.name = "pfclass_watch",
	.init = pfc_watch_begin,
	.exit = pfc_watch_over,
	.test_cases = pfc_watch_cases,
};
