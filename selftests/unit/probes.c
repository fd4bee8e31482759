// SPDX-License-Identifier: GPL-2.0
/*
 * What module/probes.c says of each class, by what became of the probes: a backend of the
 * test's own lets them die and miss hits. Nothing else of the kernel is needed for it.
 */
#include <kunit/test.h>
#include "arm64.h"

struct kretprobe {
	struct kprobe kp;
};

#define get_user(to, from)	((to) = 0, (void)(to), 0)
#define put_user(what, to)	0
#define vm_mmap(...)		0UL
#define vm_munmap(...)		((void)0)
#define IS_ERR_VALUE(x)		false
#define PROT_READ		0
#define PROT_WRITE		0
#define MAP_PRIVATE		0
#define MAP_ANONYMOUS		0
#define __user
#define pr_err(...)		((void)0)
#define kmemdup(from, size, gfp) memcpy(malloc(size), from, size)

#include <classify.c>
#include <counters.c>
#include <frames.c>
#include <probes.c>

static bool by_address;

struct pfc_watch pfc_root;

bool pfc_watch_by_address(const struct pfc_watch *watch)
{
	return by_address;
}

bool pfc_symbol_at(unsigned long addr, struct pfc_symbol *sym)
{
	return false;
}

struct pfc_cover pfc_cover[PFC_NR_MARKS];
struct pfc_range pfc_dispatcher[PFC_MAX_RANGES];

/* ---- a backend ------------------------------------------------------------- */

static const struct pfc_probe *dead;
static u64 nmissed;

static int add(struct pfc_probe *probe)
{
	return 0;
}

static void no_more(struct pfc_probe **probes, unsigned int nr)
{
}

static void disarm(struct pfc_probe *probe)
{
}

static bool alive(const struct pfc_probe *probe)
{
	return probe != dead;
}

static u64 probe_missed(const struct pfc_probe *probe)
{
	return probe->kind == PFC_KIND_WP ? nmissed : 0;
}

const struct pfc_backend pfc_backend_kprobe = {
	.name = "test", .why_dead = "it is dead", .add = add, .remove = no_more, .arm = add,
	.disarm = disarm, .alive = alive, .missed = probe_missed,
};

enum { ENTRY, EXIT, WP, UPDATE, REFUSED };

static const struct pfc_probe probes[] = {
	[ENTRY] = { .kind = PFC_KIND_ENTRY },
	[EXIT] = { .kind = PFC_KIND_EXIT },
	[WP] = { .kind = PFC_KIND_WP, .mark = PFC_MARK_WP },
	[UPDATE] = { .kind = PFC_KIND_UPDATE, .mark = PFC_MARK_AF },
	[REFUSED] = { .kind = PFC_KIND_REFUSED, .mark = PFC_MARK_REFUSED },
};

static struct pfc_counters *c;

static int begin(struct kunit *test)
{
	unsigned int i;

	pfc_counters_init(&pfc_root.set, false);
	pfc_counters = pfc_root.set.counters;
	pfc_frames_init(1);
	c = vzalloc(sizeof(*c));
	for (i = 0; i < PFC_NR_MARKS; i++)
		pfc_cover[i] = (struct pfc_cover){ .covered = true };
	for (i = 0; i < ARRAY_SIZE(probes); i++)
		pfc_probe_add(&probes[i], &pfc_backend_kprobe, 0);
	pfc_account = true;
	dead = NULL;
	nmissed = 0;
	pfc_probes_reset();
	return pfc_probes_arm();
}

static void end(struct kunit *test)
{
	pfc_probes_exit();
	pfc_frames_exit();
	pfc_counters_exit(&pfc_root.set);
	vfree(c);
}

/* Which classes are unavailable, as bits. */
static unsigned int unavailable(void)
{
	unsigned int class, bits = 0;

	pfc_probes_refresh(c, c);
	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (pfc_probes_why_not(class, &pfc_root))
			bits |= BIT(class);
	return bits;
}

#define ALL	(BIT(PFC_NR_CLASSES) - 1)
#define UPDATES	(BIT(PFC_AF) | BIT(PFC_DIRTY) | BIT(PFC_SPURIOUS))
#define VISITS	(BIT(PFC_THP) | BIT(PFC_NONE) | BIT(PFC_ERROR))

/* ---- tests ----------------------------------------------------------------- */

/* With accounting a dead probe leaves its faults to other classes; of an error, to none. */
static void dead_probe(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
	dead = pfc_probes[WP];
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	KUNIT_EXPECT_STREQ(test, pfc_probes_why_not(PFC_ANON, &pfc_root) ?: "", "it is dead");
	dead = pfc_probes[REFUSED];
	KUNIT_EXPECT_EQ(test, unavailable(), BIT(PFC_ERROR));
	KUNIT_EXPECT_NOT_NULL(test, pfc_probes_why_not_refused());
	dead = NULL;
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
	pfc_account = false;
	KUNIT_EXPECT_EQ(test, unavailable(), VISITS);
	dead = pfc_probes[UPDATE];
	KUNIT_EXPECT_EQ(test, unavailable(), VISITS | UPDATES);
}

/* Where the caller is hidden, the class is not counted. */
static void lost_caller(struct kunit *test)
{
	pfc_account = false;
	c->probe[WP].lost = 1;
	KUNIT_EXPECT_EQ(test, unavailable(), VISITS | BIT(PFC_WP));
}

static void ends_cannot_be_told(struct kunit *test)
{
	pfc_frames_distrust();
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	c->lost_ends = 1000;
	pfc_frames_trust();
	/* What was lost before is over. */
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
	c->retries += 5;
	c->lost_ends += 5 + PFC_ENDS_LOST;
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
	c->retries += 5;
	c->lost_ends += 6 + PFC_ENDS_LOST;
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	/* Nothing new, nothing better. */
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	c->retries += 1;
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
	/* An end that is filtered out is seen. */
	c->filtered += 5;
	c->lost_ends += 5 + PFC_ENDS_LOST;
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
	c->probe[WP].ignored += 5;
	c->lost_ends += 5 + PFC_ENDS_LOST;
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
}

static const char *why_anon(void)
{
	return pfc_probes_why_not(PFC_ANON, &pfc_root) ?: "";
}

/* A part of the dispatcher is livepatched: nothing is known, until a reset behind its end. */
static void redirected(struct kunit *test)
{
	pfc_probes_redirected(1, true);
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why_anon(), "is livepatched"));
	pfc_probes_reset();
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	pfc_probes_redirected(1, false);
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(why_anon(), "was livepatched"));
	pfc_account = false;
	KUNIT_EXPECT_EQ(test, unavailable(), ALL);
	pfc_account = true;
	pfc_probes_reset();
	KUNIT_EXPECT_EQ(test, unavailable(), 0);
}

/* What takes all classes out of sight is in the row of each probe, not only where it is seen. */
static void row_says_why(struct kunit *test)
{
	static char text[4096];
	struct seq_file m = { .buf = text, .size = sizeof(text) };
	const char *row;

	c->probe[WP].ignored = 1;
	pfc_probes_redirected(1, true);
	pfc_probes_refresh(c, c);
	pfc_probes_show(&m, c);
	row = strstr(text, "\nwp ");
	KUNIT_ASSERT_NOT_NULL(test, row);
	KUNIT_EXPECT_NOT_NULL(test, strstr(row, " armed 1 0 "));
	KUNIT_EXPECT_TRUE(test, strstr(row, "is livepatched") < strchr(row + 1, '\n'));
	pfc_probes_redirected(1, false);
	pfc_probes_reset();
}

/* A class that has no probe may be any fault without a mark. */
static void no_probe(struct kunit *test)
{
	pfc_cover[PFC_MARK_AF].covered = false;
	KUNIT_EXPECT_EQ(test, unavailable(), UPDATES | BIT(PFC_NONE));
	pfc_account = false;
	KUNIT_EXPECT_EQ(test, unavailable(), UPDATES | VISITS);
}

/* Without accounting, an address that the filter asks for must be known. */
static void no_address(struct kunit *test)
{
	pfc_account = false;
	pfc_probes[WP]->address = PFC_ADDR_NONE;
	KUNIT_EXPECT_EQ(test, unavailable(), VISITS);
	by_address = true;
	KUNIT_EXPECT_EQ(test, unavailable(), VISITS | BIT(PFC_WP));
	by_address = false;
}

/* Missed hits, and visits that were lost; of one probe since the last reset. */
static void missed(struct kunit *test)
{
	nmissed = 7;
	pfc_counters->lost = 2;
	pfc_counters->lost_ends = 3;
	pfc_counters->probe[UPDATE].lost = 4;
	KUNIT_EXPECT_EQ(test, pfc_probes_missed(), 16);
	KUNIT_EXPECT_EQ(test, pfc_probe_missed(pfc_probes[WP], c), 7);
	pfc_counters_reset(&pfc_root.set);
	pfc_probes_reset();
	KUNIT_EXPECT_EQ(test, pfc_probe_missed(pfc_probes[WP], c), 0);
	nmissed = 9;
	KUNIT_EXPECT_EQ(test, pfc_probe_missed(pfc_probes[WP], c), 2);
	KUNIT_EXPECT_EQ(test, pfc_probes_missed(), 18);
}

/* What do_wp_page() starts from is known where its own probe is. */
static void refinements(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, pfc_probes_refines(PFC_WP_COPY));
	KUNIT_EXPECT_TRUE(test, pfc_probes_refines(PFC_FILE_COW));
	KUNIT_EXPECT_FALSE(test, pfc_probes_refines(PFC_SWAP_IN));
	pfc_probes[WP]->kind = PFC_KIND_LEAF;
	KUNIT_EXPECT_FALSE(test, pfc_probes_refines(PFC_WP_COPY));
	KUNIT_EXPECT_TRUE(test, pfc_probes_refines(PFC_FILE_COW));
	pfc_account = false;
	KUNIT_EXPECT_FALSE(test, pfc_probes_refines(PFC_FILE_COW));
}

/* Without accounting, hits are the counts; the update's are of three classes. */
static void hits_of_classes(struct kunit *test)
{
	unsigned int i;

	pfc_account = false;
	for (i = 0; i < PFC_NR_VARIANTS; i++)
		c->probe[UPDATE].hit[i] = 10 + i;
	c->probe[WP].hit[0] = 5;
	c->probe[WP].ignored = 100;
	KUNIT_EXPECT_EQ(test, pfc_probes_class(c, PFC_WP), 5);
	KUNIT_EXPECT_EQ(test, pfc_probes_class(c, PFC_AF), 10);
	KUNIT_EXPECT_EQ(test, pfc_probes_class(c, PFC_DIRTY), 11);
	KUNIT_EXPECT_EQ(test, pfc_probes_class(c, PFC_SPURIOUS), 12);
	KUNIT_EXPECT_EQ(test, pfc_probes_class(c, PFC_ANON), 0);
}

/* A visit that was in flight when the probes were disarmed leaves nothing. */
static void disarmed(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, pfc_frames_open(pfc_slot_home(), 0x1000, 0));
	KUNIT_EXPECT_FALSE(test, pfc_frames_none(pfc_slot_home()));
	pfc_probes_disarm();
	KUNIT_EXPECT_TRUE(test, pfc_frames_none(pfc_slot_home()));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(dead_probe),
	KUNIT_CASE(lost_caller),
	KUNIT_CASE(ends_cannot_be_told),
	KUNIT_CASE(redirected),
	KUNIT_CASE(row_says_why),
	KUNIT_CASE(no_probe),
	KUNIT_CASE(no_address),
	KUNIT_CASE(missed),
	KUNIT_CASE(refinements),
	KUNIT_CASE(hits_of_classes),
	KUNIT_CASE(disarmed),
	{}
};

static struct kunit_suite suite = {
	.name = "pfclass_probes", .init = begin, .exit = end, .test_cases = cases,
};

kunit_test_suites(&suite);
