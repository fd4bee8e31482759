/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For tests that make their own faults: pages to fault in, what was counted between two
 * points, and a list of what must have been. Included once by a test program.
 */
#ifndef PFC_COUNTING_H
#define PFC_COUNTING_H

#include <stdio.h>
#include <string.h>

#include <kselftest_harness.h>

#include "files.h"
#include "guard.h"
#include "machine.h"
#include "memory.h"
#include "stats.h"
#include "witness.h"

/* So many of a key; a list ends with a key that is NULL. */
struct pfc_count {
	const char *key;
	long long n;
};

struct pfc_counting {
	struct pfc_guard *guard;
	char *base;		/* PFC_PAGES pages, private, anonymous, none there yet */
	size_t page, len;
	struct pfc_stats before, counted;
	struct pfc_witness since, seen;
	char why[PFC_WHY];
};

static inline long long pfc_counted(const struct pfc_counting *c, const char *key)
{
	int i = pfc_key_index(key);

	return i < 0 ? PFC_ABSENT : c->counted.val[i];
}

static inline bool pfc_key_is_refinement(const char *key)
{
	int i = pfc_key_index(key) - PFC_K_REF;

	return i >= 0 && i < PFC_NR_REFINEMENTS;
}

/* Nonzero, and c->why, where nothing can be tested. */
static inline int pfc_counting_init(struct pfc_counting *c)
{
	memset(c, 0, sizeof(*c));
	if (pfc_not_ready(c->why, sizeof(c->why)) ||
	    pfc_stats_read(&c->before, c->why, sizeof(c->why)))
		return 1;
	if (c->before.val[PFC_FAULTS] < 0) {
		snprintf(c->why, sizeof(c->why), "no accounting (account=0)");
		return 1;
	}
	c->page = pfc_page_size();
	c->len = PFC_PAGES * c->page;
	c->base = pfc_map(c->len, 0, PROT_READ | PROT_WRITE, MAP_PRIVATE, -1, 0);
	if (c->base == MAP_FAILED) {
		snprintf(c->why, sizeof(c->why), "no memory");
		return 1;
	}
	madvise(c->base, c->len, MADV_NOHUGEPAGE);
	c->guard = pfc_guard_start();
	if (!c->guard ||
	    pfc_guard_keep(c->guard, pfc_path(PFC_FILE_FILTER)) ||
	    pfc_guard_set(c->guard, pfc_path(PFC_FILE_ENABLED), "1")) {
		snprintf(c->why, sizeof(c->why), "cannot set %s",
			 pfc_path(PFC_FILE_ENABLED));
		return 1;
	}
	return 0;
}

/* From now on this process's faults in the range. */
static inline int pfc_counting_start(struct pfc_counting *c, const void *base, size_t len)
{
	int err = pfc_filter_range(base, len);

	pfc_settle(base, len);
	if (!err)
		err = pfc_stats_read(&c->before, c->why, sizeof(c->why));
	pfc_witness_before(&c->since);
	return err;
}

/* c->seen becomes what the witnesses saw since the start, c->counted what was counted. */
static inline int pfc_counting_stop(struct pfc_counting *c)
{
	pfc_witness_after(&c->seen);
	pfc_witness_delta(&c->seen, &c->since);
	if (pfc_stats_read(&c->counted, c->why, sizeof(c->why)))
		return 1;
	pfc_stats_delta(&c->counted, &c->before);
	return 0;
}

/*
 * Everything listed can be counted; no class but those listed has any. A refinement that is
 * unavailable where its function is inlined is left to selftests/golden.
 */
static inline unsigned int pfc_counting_differs(const struct pfc_counting *c,
						const struct pfc_count *want)
{
	const long long *val = c->counted.val;
	const struct pfc_count *w;
	unsigned int i, bad = 0;
	long long refused;

	for (w = want; w->key; w++) {
		long long n = pfc_counted(c, w->key);

		if (n == w->n)
			continue;
		if (n == PFC_NA)
			ksft_print_msg("%s is unavailable, %lld wanted\n", w->key, w->n);
		else
			ksft_print_msg("%s %lld, %lld wanted\n", w->key, n, w->n);
		bad += n != PFC_NA || !pfc_key_is_refinement(w->key);
	}
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		const char *key = pfc_class_key(i);

		for (w = want; w->key && strcmp(w->key, key); w++)
			;
		if (w->key || val[PFC_K_CLASS + i] <= 0)
			continue;
		ksft_print_msg("%s %lld, none wanted\n", key, val[PFC_K_CLASS + i]);
		bad++;
	}
	/* What the architecture refused was no visit. */
	refused = val[PFC_REFUSED] < 0 ? 0 : val[PFC_REFUSED];
	if (val[PFC_UNCLASSIFIED] || val[PFC_MISSED] ||
	    val[PFC_VISITS] != val[PFC_FAULTS] + val[PFC_RETRIES] - refused) {
		for (i = PFC_K_TOTAL; i < PFC_K_CLASS; i++)
			ksft_print_msg("%s %lld\n", pfc_key(i), val[i]);
		bad++;
	}
	return bad;
}

#define PFC_COUNTED(...) ((const struct pfc_count[]){ __VA_ARGS__, { NULL } })

/* Counts since pfc_counting_start(). */
#define EXPECT_COUNTED(c, ...)							\
do {										\
	ASSERT_EQ(0, pfc_counting_stop(c))					\
		TH_LOG("%s", (c)->why);						\
	EXPECT_EQ(0, pfc_counting_differs(c, PFC_COUNTED(__VA_ARGS__)));	\
} while (0)

#endif /* PFC_COUNTING_H */
