// SPDX-License-Identifier: GPL-2.0
/*
 * Counters: buckets of the histogram, sums over leaves and CPUs, and a reset that touches
 * no CPU's counter.
 */
#include "../counters.c"
#include "suites.h"

static const struct pfc_bucket_row {
	const char *name;
	u64 ns;
	unsigned int bucket;
} pfc_buckets[] = {
	{ "0", 0, 0 },
	{ "1", 1, 0 },
	{ "2", 2, 1 },
	{ "3", 3, 1 },
	{ "4", 4, 2 },
	{ "1023", 1023, 9 },
	{ "1024", 1024, 10 },
	{ "1 s", 1000000000, 29 },
	{ "the last but one's last", (1ULL << 47) - 1, 46 },
	{ "the last one's first", 1ULL << 47, 47 },
	{ "as long as the last one would be", (1ULL << 48) - 1, 47 },
	{ "longer", 1ULL << 48, 47 },
	{ "as long as can be", ~0ULL, 47 },
};

static void pfc_bucket_desc(const struct pfc_bucket_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_buckets, pfc_buckets, pfc_bucket_desc);

static struct pfc_counter_set pfc_set;

static int pfc_counters_begin(struct kunit *test)
{
	int err = pfc_counters_init(&pfc_set, true);

	pfc_counters = pfc_set.counters;
	return err;
}

static void pfc_counters_end(struct kunit *test)
{
	pfc_counters_exit(&pfc_set);
}

static void bucket(struct kunit *test)
{
	const struct pfc_bucket_row *row = test->param_value;
	struct pfc_latency *total = vzalloc(sizeof(*total));
	unsigned int class, n;

	KUNIT_ASSERT_NOT_NULL(test, total);
	preempt_disable();
	pfc_count_latency(pfc_set.latency, PFC_SWAP, row->ns);
	preempt_enable();
	pfc_latency_total(&pfc_set, total);
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		for (n = 0; n < PFC_NR_BUCKETS; n++)
			KUNIT_EXPECT_EQ_MSG(test, total->bucket[class][n],
					    class == PFC_SWAP && n == row->bucket,
					    "class %u, 2^%u", class, n);
		KUNIT_EXPECT_EQ(test, total->sum[class], class == PFC_SWAP ? row->ns : 0);
	}
	pfc_counters_reset(&pfc_set);
	pfc_latency_total(&pfc_set, total);
	KUNIT_EXPECT_EQ(test, total->bucket[PFC_SWAP][row->bucket], 0);
	KUNIT_EXPECT_EQ(test, total->sum[PFC_SWAP], 0);
	vfree(total);
}

/* One fault in each cell; each is in one class, or in none. */
static void faults_are_the_sum_of_classes(struct kunit *test)
{
	struct pfc_counters *c = vzalloc(sizeof(*c));
	unsigned int leaf, split;
	enum pfc_refinement r;
	enum pfc_class class;
	u64 sum = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (leaf = 0; leaf < PFC_NR_CELLS; leaf++)
		for (split = 0; split < PFC_NR_SPLITS; split++)
			c->cell[leaf][split] = 1;
	c->retries = 7;
	for (class = 0; class < PFC_NR_CLASSES; class++)
		sum += pfc_counters_class(c, class);
	/* All but swap_wp, whose faults are counted in another leaf. */
	KUNIT_EXPECT_EQ(test, pfc_counters_faults(c), (PFC_NR_CELLS - 1) * PFC_NR_SPLITS);
	KUNIT_EXPECT_EQ(test, pfc_counters_faults(c) - sum,
			pfc_counters_leaf(c, PFC_LEAF_UNCLASSIFIED));
	KUNIT_EXPECT_EQ(test, pfc_counters_class(c, PFC_NUMA), PFC_NR_SPLITS);
	KUNIT_EXPECT_EQ(test, pfc_counters_class(c, PFC_ANON), 3 * PFC_NR_SPLITS);
	KUNIT_EXPECT_EQ(test, pfc_counters_class(c, PFC_ERROR), 6 * PFC_NR_SPLITS);
	for (r = 0; r < PFC_NR_REFINEMENTS; r++)
		KUNIT_EXPECT_EQ_MSG(test, pfc_counters_refinement(c, r),
				    (r == PFC_ERROR_SEGV ? 2 : 1) * PFC_NR_SPLITS,
				    "refinement %u", r);
	/* Every visit completes a fault or is retried; what is refused is no visit. */
	KUNIT_EXPECT_EQ(test, pfc_counters_visits(c),
			pfc_counters_faults(c) + 7 - PFC_NR_SPLITS);
	vfree(c);
}

static void fault_is_counted_once(struct kunit *test)
{
	struct pfc_counters *c = vzalloc(sizeof(*c));

	KUNIT_ASSERT_NOT_NULL(test, c);
	preempt_disable();
	pfc_count_fault(PFC_LEAF(WP_COPY), 3);
	pfc_count(retries);
	preempt_enable();
	pfc_counters_total(&pfc_set, c);
	KUNIT_EXPECT_EQ(test, c->cell[PFC_LEAF(WP_COPY)][3], 1);
	KUNIT_EXPECT_EQ(test, pfc_counters_faults(c), 1);
	KUNIT_EXPECT_EQ(test, pfc_counters_class(c, PFC_WP), 1);
	KUNIT_EXPECT_EQ(test, pfc_counters_visits(c), 2);
	vfree(c);
}

static void reset_subtracts(struct kunit *test)
{
	struct pfc_counters *c = vzalloc(sizeof(*c));
	unsigned int cpu, cpus = 0;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for_each_possible_cpu(cpu) {
		KUNIT_EXPECT_FALSE(test, pfc_counters_read(&pfc_set, cpu, c));
		per_cpu_ptr(pfc_counters, cpu)->retries = 10 + cpu;
		cpus++;
	}
	pfc_counters_total(&pfc_set, c);
	KUNIT_EXPECT_EQ(test, c->retries, 10 * cpus + cpus * (cpus - 1) / 2);
	pfc_counters_reset(&pfc_set);
	pfc_counters_total(&pfc_set, c);
	KUNIT_EXPECT_EQ(test, c->retries, 0);
	for_each_possible_cpu(cpu) {
		/* The CPU's own is as it was, and it shows that it ever counted. */
		KUNIT_EXPECT_EQ(test, per_cpu_ptr(pfc_counters, cpu)->retries, 10 + cpu);
		KUNIT_EXPECT_TRUE(test, pfc_counters_read(&pfc_set, cpu, c));
		KUNIT_EXPECT_EQ(test, c->retries, 0);
		per_cpu_ptr(pfc_counters, cpu)->retries++;
		pfc_counters_read(&pfc_set, cpu, c);
		KUNIT_EXPECT_EQ(test, c->retries, 1);
	}
	pfc_counters_total(&pfc_set, c);
	KUNIT_EXPECT_EQ(test, c->retries, cpus);
	vfree(c);
}

/* What one set counts, and its reset, is no other's. */
static void sets_are_apart(struct kunit *test)
{
	struct pfc_counters *c = vzalloc(sizeof(*c));
	struct pfc_counter_set other = {};

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_EQ(test, pfc_counters_init(&other, false), 0);
	preempt_disable();
	pfc_count(retries);
	raw_cpu_add(other.counters->retries, 5);
	preempt_enable();
	pfc_counters_reset(&other);
	pfc_counters_total(&pfc_set, c);
	KUNIT_EXPECT_EQ(test, c->retries, 1);
	pfc_counters_total(&other, c);
	KUNIT_EXPECT_EQ(test, c->retries, 0);
	KUNIT_EXPECT_TRUE(test, !other.latency);
	pfc_counters_exit(&other);
	vfree(c);
}

/* What got lost is so for all, and for good. */
static void lost_is_not_reset(struct kunit *test)
{
	preempt_disable();
	pfc_count(lost);
	pfc_count(lost_ends);
	pfc_count(probe[0].lost);
	pfc_count(probe[PFC_MAX_PROBES - 1].lost);
	pfc_count(probe[1].ignored);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, pfc_counters_lost(), 4);
	pfc_counters_reset(&pfc_set);
	KUNIT_EXPECT_EQ(test, pfc_counters_lost(), 4);
}

/* Whatever a CPU counts can be read, from the first counter to the last. */
static void all_of_it_is_read(struct kunit *test)
{
	struct pfc_counters *c = vzalloc(sizeof(*c));
	u64 *own = (u64 *)per_cpu_ptr(pfc_counters, 0), *read = (u64 *)c;
	size_t i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	for (i = 0; i < sizeof(*c) / sizeof(u64); i++)
		own[i] = 1000 + i;
	pfc_counters_read(&pfc_set, 0, c);
	for (i = 0; i < sizeof(*c) / sizeof(u64); i++)
		KUNIT_EXPECT_EQ_MSG(test, read[i], 1000 + i, "counter %zu", i);
	pfc_counters_reset(&pfc_set);
	pfc_counters_read(&pfc_set, 0, c);
	for (i = 0; i < sizeof(*c) / sizeof(u64); i++)
		KUNIT_EXPECT_EQ_MSG(test, read[i], 0, "counter %zu after a reset", i);
	vfree(c);
}

static struct kunit_case pfc_counters_cases[] = {
	KUNIT_CASE_PARAM(bucket, pfc_buckets_gen_params),
	KUNIT_CASE(faults_are_the_sum_of_classes),
	KUNIT_CASE(fault_is_counted_once),
	KUNIT_CASE(reset_subtracts),
	KUNIT_CASE(sets_are_apart),
	KUNIT_CASE(lost_is_not_reset),
	KUNIT_CASE(all_of_it_is_read),
	{}
};

struct kunit_suite pfc_counters_suite = {
	.name = "pfclass_counters",
	.init = pfc_counters_begin,
	.exit = pfc_counters_end,
	.test_cases = pfc_counters_cases,
};
