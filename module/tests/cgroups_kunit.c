// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of control groups: who gets one, what is found by a hint, and what becomes of the
 * counts when a group is removed and its row has another owner. The groups are the test's own;
 * no task is in them.
 */
#include "../cgroups.c"
#include "suites.h"

#define PFC_ROWS	4

/* More than there are rows. */
static struct cgroup *pfc_groups[2 * PFC_ROWS];

static void pfc_group_make(struct cgroup *cgroup)
{
	cgroup->self.flags = CSS_NO_REF | CSS_ONLINE;
}

static void pfc_group_remove(struct cgroup *cgroup)
{
	cgroup->self.flags &= ~CSS_ONLINE;
}

/* Each counts once in what it is given. */
static void pfc_count_for(struct cgroup *cgroup)
{
	preempt_disable();
	pfc_cpu_inc(pfc_cgroups_claim(cgroup)->fault[PFC_WP]);
	preempt_enable();
}

static u64 pfc_sum_of(const struct pfc_cgroup_count __percpu *count)
{
	u64 sum[PFC_NR_CLASSES + 1] = {};

	pfc_cgroups_add(sum, count);
	return sum[PFC_WP];
}

/* What a group's rows hold, or -1: it has none. */
static int pfc_row_of(struct cgroup *cgroup)
{
	struct pfc_cgroup_sum *row = kvcalloc(PFC_ROWS + 1, sizeof(*row), GFP_KERNEL);
	int sum = -1;
	unsigned int i;

	mutex_lock(&pfc_cgroups_lock);
	pfc_cgroups_collect(row);
	mutex_unlock(&pfc_cgroups_lock);
	for (i = 0; i < PFC_ROWS; i++)
		if (row[i].cgroup == cgroup)
			sum = (sum < 0 ? 0 : sum) + row[i].fault[PFC_WP];
	kvfree(row);
	return sum;
}

static unsigned int pfc_rows_used(void)
{
	unsigned int i, used = 0;

	for (i = 0; i < PFC_ROWS; i++)
		used += !!pfc_cgroup_slots[i].cgroup;
	return used;
}

static void a_row_each_while_there_are(struct kunit *test)
{
	unsigned int i, n;

	for (n = 1; n <= 3; n++) {
		for (i = 0; i < ARRAY_SIZE(pfc_groups); i++)
			pfc_count_for(pfc_groups[i]);
		for (i = 0; i < ARRAY_SIZE(pfc_groups); i++)
			KUNIT_EXPECT_EQ_MSG(test, pfc_row_of(pfc_groups[i]),
					    i < PFC_ROWS ? (int)n : -1, "group %u", i);
		KUNIT_EXPECT_EQ(test, pfc_sum_of(pfc_cgroups_other), n * PFC_ROWS);
	}
	KUNIT_EXPECT_EQ(test, pfc_cgroups_removed[PFC_WP], 0);
}

/* Two lookups of one group, whatever is free or taken before it. */
static void free_slots_hide_nothing(struct kunit *test)
{
	unsigned int i, gone;

	for (gone = 0; gone < PFC_ROWS; gone++) {
		for (i = 0; i < PFC_ROWS; i++)
			pfc_count_for(pfc_groups[i]);
		pfc_group_remove(pfc_groups[gone]);
		KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[gone]), -1);
		KUNIT_EXPECT_EQ(test, pfc_rows_used(), PFC_ROWS - 1);
		for (i = 0; i < PFC_ROWS; i++)
			if (i != gone)
				pfc_count_for(pfc_groups[i]);
		KUNIT_EXPECT_EQ(test, pfc_rows_used(), PFC_ROWS - 1);
		pfc_group_make(pfc_groups[gone]);
	}
	for (i = 0; i < PFC_ROWS; i++)
		pfc_count_for(pfc_groups[i]);
	KUNIT_EXPECT_EQ(test, pfc_rows_used(), PFC_ROWS);
	KUNIT_EXPECT_EQ(test, pfc_sum_of(pfc_cgroups_other), 0);
}

static void removed_ones_leave_their_counts(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < PFC_ROWS; i++)
		pfc_count_for(pfc_groups[i]);
	pfc_count_for(pfc_groups[1]);
	pfc_group_remove(pfc_groups[1]);
	pfc_group_remove(pfc_groups[2]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[1]), -1);
	KUNIT_EXPECT_EQ(test, pfc_cgroups_removed[PFC_WP], 3);
	/* Their rows are others', from zero. */
	pfc_count_for(pfc_groups[5]);
	pfc_count_for(pfc_groups[6]);
	pfc_count_for(pfc_groups[7]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[5]), 1);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[6]), 1);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[7]), -1);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[0]), 1);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[3]), 1);
	KUNIT_EXPECT_EQ(test, pfc_sum_of(pfc_cgroups_other), 1);
	KUNIT_EXPECT_EQ(test, pfc_cgroups_removed[PFC_WP], 3);
}

/* One that lost the race for a free slot that the other had passed. */
static void two_rows_of_one_group_are_shown_as_one(struct kunit *test)
{
	unsigned int i;

	pfc_count_for(pfc_groups[0]);
	for (i = 0; i < PFC_ROWS && pfc_cgroup_slots[i].cgroup; i++)
		;
	KUNIT_ASSERT_TRUE(test, i < PFC_ROWS);
	pfc_cgroup_slots[i].cgroup = (unsigned long)pfc_groups[0];
	pfc_cgroup_slots[i].held = true;
	pfc_compat_cgroup_hold(pfc_groups[0]);
	preempt_disable();
	raw_cpu_add(pfc_cgroup_slots[i].count->fault[PFC_WP], 5);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[0]), 6);
	pfc_group_remove(pfc_groups[0]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[0]), -1);
	KUNIT_EXPECT_EQ(test, pfc_cgroups_removed[PFC_WP], 6);
	KUNIT_EXPECT_EQ(test, pfc_rows_used(), 0);
}

/* A hint is good until a row is taken from a group, or one becomes free. */
static void hints_are_of_one_turn(struct kunit *test)
{
	u64 *row, *other = NULL;

	preempt_disable();
	row = pfc_cgroups_row();
	row[PFC_AF]++;
	other = pfc_cgroups_hinted();
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, row == other);
	KUNIT_EXPECT_EQ(test, pfc_rows_used(), 1);
	pfc_count_for(pfc_groups[0]);
	pfc_group_remove(pfc_groups[0]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[0]), -1);
	preempt_disable();
	other = pfc_cgroups_hinted();
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, !other);
	preempt_disable();
	pfc_cgroups_row()[PFC_AF]++;
	preempt_enable();
	KUNIT_EXPECT_EQ(test, pfc_rows_used(), 1);
}

/* That a group has no row is remembered for as long. */
static void no_row_is_no_row_until_one_is_free(struct kunit *test)
{
	u64 *row, *other, *hinted;
	unsigned int i;

	for (i = 0; i < PFC_ROWS; i++)
		pfc_count_for(pfc_groups[i]);
	preempt_disable();
	row = pfc_cgroups_row();
	row[PFC_WP]++;
	other = raw_cpu_ptr(pfc_cgroups_other)->fault;
	hinted = pfc_cgroups_hinted();
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, row == other);
	KUNIT_EXPECT_TRUE(test, hinted == other);
	pfc_group_remove(pfc_groups[2]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[2]), -1);
	preempt_disable();
	row = pfc_cgroups_row();
	row[PFC_WP]++;
	other = raw_cpu_ptr(pfc_cgroups_other)->fault;
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, row != other);
	KUNIT_EXPECT_EQ(test, pfc_rows_used(), PFC_ROWS);
	KUNIT_EXPECT_EQ(test, pfc_sum_of(pfc_cgroups_other), 1);
}

static void reset_is_of_all_rows(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < PFC_ROWS + 1; i++)
		pfc_count_for(pfc_groups[i]);
	pfc_group_remove(pfc_groups[0]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[1]), 1);
	pfc_cgroups_reset();
	for (i = 1; i < PFC_ROWS; i++)
		KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[i]), 0);
	KUNIT_EXPECT_EQ(test, pfc_cgroups_removed[PFC_WP], 0);
	KUNIT_EXPECT_EQ(test, pfc_sum_of(pfc_cgroups_other), 0);
	for (i = 1; i < PFC_ROWS; i++)
		pfc_count_for(pfc_groups[i]);
	pfc_group_remove(pfc_groups[1]);
	KUNIT_EXPECT_EQ(test, pfc_row_of(pfc_groups[2]), 1);
	KUNIT_EXPECT_EQ(test, pfc_cgroups_removed[PFC_WP], 1);
}

static void handlers_know_that_there_are_rows(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_by_cgroup));
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_details));
	KUNIT_EXPECT_TRUE(test, static_key_enabled(&pfc_picky));
	pfc_cgroups_exit();
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_by_cgroup));
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_details));
	KUNIT_EXPECT_FALSE(test, static_key_enabled(&pfc_picky));
	KUNIT_EXPECT_EQ(test, pfc_cgroups_init(PFC_CGROUPS_MAX + 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, pfc_cgroups_init(0), 0);
	KUNIT_EXPECT_FALSE(test, pfc_cgroups_on());
	KUNIT_EXPECT_EQ(test, pfc_cgroups_init(PFC_ROWS), 0);
	KUNIT_EXPECT_TRUE(test, pfc_cgroups_on());
}

static int pfc_cgroups_begin(struct kunit *test)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(pfc_groups); i++) {
		pfc_groups[i] = kzalloc(sizeof(*pfc_groups[i]), GFP_KERNEL);
		if (!pfc_groups[i])
			return -ENOMEM;
		pfc_group_make(pfc_groups[i]);
	}
	err = pfc_watch_init(false);
	return err ?: pfc_cgroups_init(PFC_ROWS);
}

static void pfc_cgroups_over(struct kunit *test)
{
	unsigned int i;

	pfc_cgroups_exit();
	pfc_watch_exit();
	for (i = 0; i < ARRAY_SIZE(pfc_groups); i++)
		kfree(pfc_groups[i]);
}

static struct kunit_case pfc_cgroups_cases[] = {
	KUNIT_CASE(a_row_each_while_there_are),
	KUNIT_CASE(free_slots_hide_nothing),
	KUNIT_CASE(removed_ones_leave_their_counts),
	KUNIT_CASE(two_rows_of_one_group_are_shown_as_one),
	KUNIT_CASE(hints_are_of_one_turn),
	KUNIT_CASE(no_row_is_no_row_until_one_is_free),
	KUNIT_CASE(reset_is_of_all_rows),
	KUNIT_CASE(handlers_know_that_there_are_rows),
	{}
};

struct kunit_suite pfc_cgroups_suite = {
	.name = "pfclass_cgroups",
	.init = pfc_cgroups_begin,
	.exit = pfc_cgroups_over,
	.test_cases = pfc_cgroups_cases,
};
