// SPDX-License-Identifier: GPL-2.0
/*
 * The slots of visits in flight. The tasks are made up, and current is whichever of them
 * the test says: they lie one cache line from each other, which tells their hashes apart,
 * so that they overlap. All that is used of them is start_time.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm_types.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "../counters.h"

/* From here on, current and jiffies are the test's: nothing of the kernel's is included now. */
static struct task_struct *pfc_tests_current;
static unsigned long pfc_tests_jiffies;

#undef current
#define current pfc_tests_current
#define jiffies pfc_tests_jiffies
#include "../frames.c"
#include "suites.h"

#define TASKS	4096
#define STACK	(0x40000000UL)		/* of task 0 */
#define ADDRESS	0x7000UL

static void *pfc_tests_arena;

static struct task_struct *pfc_task(unsigned int n)
{
	return PTR_ALIGN(pfc_tests_arena, 64) + 64 * n;
}

/* A stack pointer: DEPTH bytes below the top of a stack of its own. */
static unsigned long pfc_sp(unsigned long depth)
{
	return STACK + THREAD_SIZE - depth;
}

/* Makes the next task whose home is the slot HOME current. */
static struct task_struct *pfc_task_at(unsigned int home, unsigned int *from)
{
	for (; *from < TASKS; (*from)++) {
		current = pfc_task(*from);
		if (pfc_slot_home() == &pfc_slots.slot[home]) {
			(*from)++;
			return current;
		}
	}
	return NULL;
}

static u64 pfc_lost(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(pfc_counters, cpu)->lost;
	return sum;
}

static u64 pfc_lost_ends(void)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(pfc_counters, cpu)->lost_ends;
	return sum;
}

static bool pfc_table_is_empty(void)
{
	unsigned int i;

	for (i = 0; i <= pfc_slots.mask; i++) {
		const struct pfc_slot *slot = &pfc_slots.slot[i];

		if (slot->task || slot->inner || slot->carried.task || atomic_read(&slot->away))
			return false;
	}
	return true;
}

/* As hit.h and hit.c do: the fast path, and where it does not do, the slow one. */
static struct pfc_frame *pfc_open(unsigned long sp, unsigned long address)
{
	struct pfc_slot *slot = pfc_slot_home();
	struct pfc_frame *frame = &slot->frame;

	if (!pfc_frames_open(slot, sp, address))
		return pfc_frames_open_slow(sp, address);
	frame->facts.bits = 0;
	frame->start = 0;
	return frame;
}

static struct pfc_frame *pfc_end(unsigned long sp)
{
	struct pfc_slot *slot = pfc_slot_home();

	if (pfc_frames_at_home(slot) && pfc_frames_ends(slot, sp))
		return &slot->frame;
	return pfc_frames_end(sp, false);
}

static struct pfc_frame *pfc_top(void)
{
	struct pfc_slot *slot = pfc_slot_home();

	return pfc_frames_at_home(slot) ? &slot->frame : pfc_frames_top();
}

static bool pfc_close(unsigned long sp, unsigned int bits)
{
	struct pfc_frame *frame = pfc_end(sp);

	if (!frame)
		return false;
	frame->facts.bits |= bits;
	pfc_frames_close_slow(bits);
	return true;
}

static struct pfc_counter_set pfc_set;

static int pfc_frames_begin(struct kunit *test)
{
	pfc_tests_arena = kvcalloc(1, 64 * (TASKS + 1) + sizeof(struct task_struct), GFP_KERNEL);
	if (!pfc_tests_arena || pfc_counters_init(&pfc_set, false))
		return -ENOMEM;
	pfc_counters = pfc_set.counters;
	current = pfc_task(0);
	/* What was carried over and is empty is as old as the boot. */
	pfc_tests_jiffies = 1000 * HZ;
	return pfc_frames_init(8);
}

static void pfc_frames_over(struct kunit *test)
{
	pfc_frames_exit();
	pfc_counters_exit(&pfc_set);
	kvfree(pfc_tests_arena);
}

static void room(struct kunit *test)
{
	static const struct {
		unsigned int count;
		unsigned int slots;	/* 0: refused */
	} rows[] = {
		{ 0, 0 }, { 1, 2 }, { 2, 4 }, { 3, 8 }, { 8, 16 }, { 9, 32 },
		{ (1 << 20) + 1, 0 }, { -1U, 0 },
	};
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		pfc_frames_exit();
		KUNIT_EXPECT_EQ(test, pfc_frames_init(rows[i].count),
				rows[i].slots ? 0 : -EINVAL);
		if (!rows[i].slots)
			continue;
		KUNIT_EXPECT_EQ(test, pfc_slots.mask + 1, rows[i].slots);
		for (n = 0; n < TASKS; n++)
			KUNIT_ASSERT_TRUE(test, pfc_slot_home_of((unsigned long)pfc_task(n)) <=
						&pfc_slots.slot[pfc_slots.mask]);
	}
}

/* What a task_struct may take, bytes. */
static const unsigned int pfc_sizes[] = {
	3456, 4096, 4160, 4608, 5120, 5760, 6144, 7168, 8192, 9472, 10240, 12288, 16384,
};

static void pfc_size_desc(const unsigned int *size, char *desc)
{
	scnprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *size);
}

KUNIT_ARRAY_PARAM(pfc_sizes, pfc_sizes, pfc_size_desc);

/* xorshift64: what the kernel has is not on every machine. */
static unsigned int pfc_roll(u64 *state, unsigned int n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (u32)(*state >> 11) % n;
}

/*
 * Tasks that fault at the same time hardly ever share a home, wherever slabs put them: one
 * beside the other (even rounds), or anywhere in 64 GiB. 256 of 1000 fault here, with the
 * frames that as many CPUs get. By lot it would be 0.8 percent of them.
 */
static void spread(struct kunit *test)
{
	const unsigned int size = *(const unsigned int *)test->param_value, slab = 32768;
	const unsigned int tasks = 1000, cpus = 256, rounds = 32;
	unsigned long *task, base = 0;
	unsigned int i, n, round, shared = 0;
	u64 state = 1;
	u8 *guests;

	pfc_frames_exit();
	KUNIT_ASSERT_EQ(test, pfc_frames_init(64 * cpus), 0);
	task = kvcalloc(tasks, sizeof(*task), GFP_KERNEL);
	guests = kvcalloc(pfc_slots.mask + 1, 1, GFP_KERNEL);
	for (round = 0; task && guests && round < rounds; round++) {
		for (i = 0; i < tasks; i++) {
			n = i % (slab / size);
			if (!i || (!n && round % 2))
				base = (pfc_roll(&state, 1U << 21) + 0UL) * slab;
			else if (!n)
				base += slab;
			task[i] = -1UL << 48 | (base + n * size);
		}
		/* Those that fault come first. */
		for (i = 0; i < cpus; i++) {
			n = i + pfc_roll(&state, tasks - i);
			swap(task[n], task[i]);
			guests[pfc_slot_home_of(task[i]) - pfc_slots.slot]++;
		}
		for (i = 0; i < cpus; i++)
			shared += guests[pfc_slot_home_of(task[i]) - pfc_slots.slot] > 1;
		memset(guests, 0, pfc_slots.mask + 1);
	}
	KUNIT_EXPECT_EQ(test, round, rounds);
	KUNIT_EXPECT_TRUE(test, shared < cpus * rounds * 2 / 100);
	kvfree(guests);
	kvfree(task);
}

/* A visit at home: no slow path. */
static void at_home(struct kunit *test)
{
	struct pfc_slot *slot = pfc_slot_home();
	struct pfc_frame *frame = &slot->frame;

	KUNIT_EXPECT_TRUE(test, pfc_frames_none(slot));
	KUNIT_ASSERT_TRUE(test, pfc_frames_open(slot, pfc_sp(0x100), ADDRESS));
	KUNIT_EXPECT_EQ(test, frame->address, ADDRESS);
	KUNIT_EXPECT_TRUE(test, pfc_frames_at_home(slot));
	KUNIT_EXPECT_FALSE(test, pfc_frames_none(slot));
	KUNIT_EXPECT_TRUE(test, pfc_frames_ends(slot, pfc_sp(0x100)));
	KUNIT_EXPECT_FALSE(test, pfc_frames_ends(slot, pfc_sp(0x110)));
	frame->facts.bits = 0;
	KUNIT_EXPECT_PTR_EQ(test, pfc_frames_top(), frame);
	KUNIT_EXPECT_PTR_EQ(test, pfc_frames_end(pfc_sp(0x100), false), frame);
	pfc_frames_close(slot);
	KUNIT_EXPECT_TRUE(test, pfc_frames_none(slot));
	KUNIT_EXPECT_FALSE(test, pfc_frames_at_home(slot));
	KUNIT_EXPECT_TRUE(test, !pfc_frames_top());
	KUNIT_EXPECT_TRUE(test, !pfc_frames_end(pfc_sp(0x100), false));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	KUNIT_EXPECT_EQ(test, pfc_lost() + pfc_lost_ends(), 0);
}

/* Two tasks of one home: the second one's visit is in another slot, and found there. */
static void collision(struct kunit *test)
{
	unsigned int from = 0;
	struct task_struct *a = pfc_task_at(3, &from), *b = pfc_task_at(3, &from);
	struct pfc_frame *frame_a, *frame_b;

	KUNIT_ASSERT_TRUE(test, a && b);
	current = a;
	frame_a = pfc_open(pfc_sp(0x100), ADDRESS);
	current = b;
	KUNIT_EXPECT_TRUE(test, pfc_frames_none(pfc_slot_home()));
	KUNIT_EXPECT_TRUE(test, !pfc_frames_open(pfc_slot_home(), pfc_sp(0x100), ADDRESS));
	frame_b = pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_ASSERT_TRUE(test, frame_a && frame_b && frame_a != frame_b);
	KUNIT_EXPECT_EQ(test, atomic_read(&pfc_slots.slot[3].away), 1);
	KUNIT_EXPECT_PTR_EQ(test, pfc_top(), frame_b);
	KUNIT_EXPECT_FALSE(test, pfc_frames_none(pfc_slot_home()));
	current = a;
	KUNIT_EXPECT_PTR_EQ(test, pfc_top(), frame_a);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	/* The home is free now, and b is away still. */
	current = b;
	KUNIT_EXPECT_FALSE(test, pfc_frames_none(pfc_slot_home()));
	KUNIT_EXPECT_TRUE(test, !pfc_frames_open(pfc_slot_home(), pfc_sp(0x200), ADDRESS));
	KUNIT_EXPECT_PTR_EQ(test, pfc_end(pfc_sp(0x100)), frame_b);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	KUNIT_EXPECT_EQ(test, pfc_lost() + pfc_lost_ends(), 0);
}

/* Visits within a visit: marks go to the innermost, ends come inside out. */
static void nested(struct kunit *test)
{
	struct pfc_slot *slot = pfc_slot_home();
	struct pfc_frame *frame[4];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		frame[i] = pfc_open(pfc_sp(0x100 * (i + 1)), ADDRESS + i);
		KUNIT_ASSERT_NOT_NULL(test, frame[i]);
		KUNIT_EXPECT_EQ(test, frame[i]->address, ADDRESS + i);
		KUNIT_EXPECT_PTR_EQ(test, pfc_top(), frame[i]);
		KUNIT_EXPECT_EQ(test, pfc_frames_at_home(slot), !i);
		KUNIT_EXPECT_FALSE(test, pfc_frames_none(slot));
	}
	for (i = 4; i--;) {
		KUNIT_EXPECT_PTR_EQ(test, pfc_end(pfc_sp(0x100 * (i + 1))), frame[i]);
		KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100 * (i + 1)), 0));
		KUNIT_EXPECT_PTR_EQ(test, pfc_top(), i ? frame[i - 1] : NULL);
		/* The last one has the fast path again. */
		KUNIT_EXPECT_EQ(test, pfc_frames_at_home(slot), i == 1);
	}
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	KUNIT_EXPECT_EQ(test, pfc_lost() + pfc_lost_ends(), 0);
}

/* A visit that has no frame ends within one that has: that stays. */
static void end_without_frame(struct kunit *test)
{
	struct pfc_frame *frame = pfc_open(pfc_sp(0x100), ADDRESS);

	KUNIT_EXPECT_TRUE(test, !pfc_end(pfc_sp(0x200)));
	KUNIT_EXPECT_PTR_EQ(test, pfc_top(), frame);
	KUNIT_EXPECT_EQ(test, pfc_lost_ends(), 0);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
}

/* BPF's trampoline moves the stack pointer; the visit that ends is the innermost then. */
static void shifted_end(struct kunit *test)
{
	struct pfc_frame *frame;

	pfc_open(pfc_sp(0x100), ADDRESS);
	frame = pfc_open(pfc_sp(0x200), ADDRESS);
	KUNIT_EXPECT_TRUE(test, !pfc_frames_end(pfc_sp(0x240), false));
	KUNIT_EXPECT_PTR_EQ(test, pfc_frames_end(pfc_sp(0x240), true), frame);
	pfc_frames_close_slow(false);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	KUNIT_EXPECT_EQ(test, pfc_lost_ends(), 0);
}

/* The end of the outer visit: the inner one is over, though nobody saw it. */
static void outer_ends_first(struct kunit *test)
{
	struct pfc_frame *frame = pfc_open(pfc_sp(0x100), ADDRESS);

	pfc_open(pfc_sp(0x200), ADDRESS);
	pfc_open(pfc_sp(0x300), ADDRESS);
	KUNIT_EXPECT_PTR_EQ(test, pfc_end(pfc_sp(0x100)), frame);
	KUNIT_EXPECT_EQ(test, pfc_lost_ends(), 2);
	pfc_frames_close_slow(false);
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
}

/* A visit cannot begin at, or above, the stack pointer of one in flight, or on another stack. */
static const struct pfc_stale_row {
	const char *name;
	unsigned long sp;
	unsigned int lost_ends;
} pfc_stales[] = {
	{ "at the same stack pointer", STACK + 0x1000, 1 },
	{ "above", STACK + 0x1010, 1 },
	{ "below: within", STACK + 0xff0, 0 },
	{ "on another stack", STACK - 0x10000000, 1 },
	{ "on the stack below", STACK - 0x10, 1 },
	{ "on the stack above", STACK + THREAD_SIZE + 0x800, 1 },
};

static void pfc_stale_desc(const struct pfc_stale_row *row, char *desc)
{
	strscpy(desc, row->name, KUNIT_PARAM_DESC_SIZE);
}
KUNIT_ARRAY_PARAM(pfc_stales, pfc_stales, pfc_stale_desc);

static void stale(struct kunit *test)
{
	const struct pfc_stale_row *row = test->param_value;
	struct pfc_frame *frame;

	pfc_open(STACK + 0x1000, ADDRESS);
	frame = pfc_open(row->sp, ADDRESS + 1);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_EXPECT_EQ(test, pfc_lost_ends(), row->lost_ends);
	KUNIT_EXPECT_PTR_EQ(test, pfc_end(row->sp), frame);
	KUNIT_EXPECT_TRUE(test, pfc_close(row->sp, 0));
	KUNIT_EXPECT_EQ(test, pfc_close(STACK + 0x1000, 0), !row->lost_ends);
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
}

/* Where there is no room for one more, what had room is whole. */
static void full(struct kunit *test)
{
	unsigned int i, from = 0, slots = pfc_slots.mask + 1;

	for (i = 0; i < slots; i++) {
		KUNIT_ASSERT_NOT_NULL(test, pfc_task_at(5, &from));
		KUNIT_ASSERT_NOT_NULL(test, pfc_open(pfc_sp(0x100), ADDRESS + i));
	}
	KUNIT_ASSERT_NOT_NULL(test, pfc_task_at(5, &from));
	KUNIT_EXPECT_TRUE(test, !pfc_open(pfc_sp(0x100), ADDRESS));
	KUNIT_EXPECT_TRUE(test, !pfc_top());
	KUNIT_EXPECT_TRUE(test, !pfc_end(pfc_sp(0x100)));
	/* Nor has a visit within a visit room. */
	from = 0;
	pfc_task_at(5, &from);
	KUNIT_EXPECT_TRUE(test, !pfc_open(pfc_sp(0x200), ADDRESS));
	KUNIT_EXPECT_EQ(test, pfc_top()->address, ADDRESS);
	for (i = 0, from = 0; i < slots; i++) {
		pfc_task_at(5, &from);
		KUNIT_EXPECT_EQ(test, pfc_top()->address, ADDRESS + i);
		KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	}
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	KUNIT_EXPECT_NOT_NULL(test, pfc_open(pfc_sp(0x100), ADDRESS));
}

/* What a visit leaves is the next one's, if that is of the same fault. */
static void carried(struct kunit *test)
{
	struct pfc_frame *frame = pfc_open(pfc_sp(0x100), ADDRESS);

	frame->start = 99;
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP | PFC_FACT_GUP));
	KUNIT_EXPECT_FALSE(test, pfc_frames_none(pfc_slot_home()));
	KUNIT_EXPECT_TRUE(test, !pfc_top());
	frame = pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_ASSERT_NOT_NULL(test, frame);
	KUNIT_EXPECT_EQ(test, frame->facts.bits, PFC_FACT_DONE_WP);
	KUNIT_EXPECT_EQ(test, frame->start, 99);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	frame = pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_EXPECT_EQ(test, frame->facts.bits, 0);
	KUNIT_EXPECT_EQ(test, frame->start, 0);
}

static void carried_is_another_faults(struct kunit *test)
{
	struct pfc_frame *frame;

	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_DONE_FILE);
	frame = pfc_open(pfc_sp(0x100), ADDRESS + 0x1000);
	KUNIT_EXPECT_EQ(test, frame->facts.bits, 0);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	/* And it is gone. */
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
}

/* A visit that leaves nothing to know, and one within another one, leave nothing. */
static void carried_nothing(struct kunit *test)
{
	pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), PFC_FACT_GUP));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_open(pfc_sp(0x200), ADDRESS);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x200), PFC_FACT_DONE_WP));
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
}

/* Whose struct was another task's, who was killed, gets nothing of that one's. */
static void carried_by_a_former_life(struct kunit *test)
{
	struct pfc_frame *frame;

	current->start_time = 1;
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP);
	current->start_time = 2;
	frame = pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_EXPECT_EQ(test, frame->facts.bits, 0);
	pfc_close(pfc_sp(0x100), 0);
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_SEGV);
	current->start_time = 3;
	KUNIT_EXPECT_FALSE(test, pfc_frames_carried_segv(ADDRESS));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
}

/* The signal that follows a counted SIGSEGV is known by its page, once. */
static void carried_segv(struct kunit *test)
{
	struct pfc_frame *frame;

	KUNIT_EXPECT_FALSE(test, pfc_frames_carried_segv(ADDRESS));
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_SEGV);
	KUNIT_EXPECT_TRUE(test, pfc_frames_carried_segv(ADDRESS + 0xabc));
	KUNIT_EXPECT_FALSE(test, pfc_frames_carried_segv(ADDRESS));
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_SEGV);
	KUNIT_EXPECT_FALSE(test, pfc_frames_carried_segv(ADDRESS + PAGE_SIZE));
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP);
	KUNIT_EXPECT_FALSE(test, pfc_frames_carried_segv(ADDRESS));
	/* The next visit of the same address is another fault. */
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_close(pfc_sp(0x100), PFC_FACT_SEGV);
	frame = pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_EXPECT_EQ(test, frame->facts.bits, 0);
	pfc_close(pfc_sp(0x100), 0);
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
}

/* Tasks that were killed between two visits leave no room taken for ever. */
static void carried_expires(struct kunit *test)
{
	unsigned int i, from = 0;

	for (i = 0; i < PFC_CARRIED_WINDOW; i++) {
		pfc_task_at(2, &from);
		pfc_open(pfc_sp(0x100), ADDRESS + i);
		KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP));
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&pfc_slots.slot[2].away), PFC_CARRIED_WINDOW);
	KUNIT_EXPECT_EQ(test, pfc_lost(), 0);
	/* None is old yet: no room for one more. */
	pfc_tests_jiffies += PFC_CARRIED_EXPIRES;
	KUNIT_ASSERT_NOT_NULL(test, pfc_task_at(2, &from));
	pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP));
	KUNIT_EXPECT_EQ(test, pfc_lost(), 1);
	/* Now they are: the next one that looks removes them, but for its own. */
	pfc_tests_jiffies++;
	from = 0;
	pfc_task_at(2, &from);
	KUNIT_EXPECT_EQ(test, pfc_open(pfc_sp(0x100), ADDRESS)->facts.bits, PFC_FACT_DONE_WP);
	pfc_close(pfc_sp(0x100), 0);
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	KUNIT_EXPECT_EQ(test, pfc_lost(), 1);
}

/* An old one is replaced. */
static void carried_replaces(struct kunit *test)
{
	unsigned int i, from = 0;

	for (i = 0; i < PFC_CARRIED_WINDOW; i++) {
		pfc_task_at(2, &from);
		pfc_open(pfc_sp(0x100), ADDRESS);
		pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP);
		pfc_tests_jiffies += HZ;
	}
	KUNIT_ASSERT_NOT_NULL(test, pfc_task_at(2, &from));
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_tests_jiffies += PFC_CARRIED_EXPIRES - PFC_CARRIED_WINDOW * HZ + 1;
	KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), PFC_FACT_DONE_FILE));
	KUNIT_EXPECT_EQ(test, pfc_lost(), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&pfc_slots.slot[2].away), PFC_CARRIED_WINDOW);
	KUNIT_EXPECT_EQ(test, pfc_open(pfc_sp(0x100), ADDRESS)->facts.bits, PFC_FACT_DONE_FILE);
}

/* What another CPU is writing just now is neither old nor free, whatever its stamp was. */
static void carried_is_being_written(struct kunit *test)
{
	struct pfc_carried *first = &pfc_slot_home()->carried;

	first->task = PFC_CARRIED_BUSY;
	first->stamp = (u32)(pfc_tests_jiffies - 2 * PFC_CARRIED_EXPIRES);
	atomic_inc(&pfc_slot_home()->away);
	pfc_open(pfc_sp(0x100), ADDRESS);
	KUNIT_EXPECT_EQ(test, first->task, PFC_CARRIED_BUSY);
	pfc_close(pfc_sp(0x100), PFC_FACT_DONE_WP);
	KUNIT_EXPECT_EQ(test, first->task, PFC_CARRIED_BUSY);
	KUNIT_EXPECT_EQ(test, pfc_open(pfc_sp(0x100), ADDRESS)->facts.bits, PFC_FACT_DONE_WP);
}

/*
 * While ends may pass unseen, and of visits that began before, nothing is completed. What
 * began before is not counted as lost: nothing was counted at all.
 */
static void distrust(struct kunit *test)
{
	unsigned int round;

	for (round = 1; round <= 100; round++) {
		KUNIT_EXPECT_TRUE(test, pfc_frames_trusted());
		pfc_open(pfc_sp(0x100), ADDRESS);
		pfc_frames_distrust();
		KUNIT_EXPECT_FALSE(test, pfc_frames_trusted());
		KUNIT_EXPECT_TRUE(test, !pfc_end(pfc_sp(0x100)));
		KUNIT_ASSERT_EQ(test, pfc_lost_ends(), round);
		/* Opened between the two. */
		pfc_open(pfc_sp(0x100), ADDRESS);
		pfc_frames_trust();
		KUNIT_EXPECT_TRUE(test, !pfc_end(pfc_sp(0x100)));
		KUNIT_ASSERT_EQ(test, pfc_lost_ends(), round);
		/* Opened before, with its end in between, unseen. */
		pfc_open(pfc_sp(0x100), ADDRESS);
		pfc_frames_distrust();
		pfc_frames_trust();
		KUNIT_ASSERT_NOT_NULL(test, pfc_open(pfc_sp(0x100), ADDRESS));
		KUNIT_ASSERT_EQ(test, pfc_lost_ends(), round);
		KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x100), 0));
		/* A visit that lies within it. */
		pfc_open(pfc_sp(0x100), ADDRESS);
		pfc_frames_distrust();
		pfc_frames_trust();
		KUNIT_ASSERT_NOT_NULL(test, pfc_open(pfc_sp(0x200), ADDRESS));
		KUNIT_EXPECT_TRUE(test, pfc_close(pfc_sp(0x200), 0));
		KUNIT_ASSERT_EQ(test, pfc_lost_ends(), round);
		KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	}
}

static void wipe(struct kunit *test)
{
	pfc_open(pfc_sp(0x100), ADDRESS);
	pfc_open(pfc_sp(0x200), ADDRESS);
	pfc_frames_wipe();
	KUNIT_EXPECT_TRUE(test, pfc_table_is_empty());
	KUNIT_EXPECT_TRUE(test, !pfc_top());
}

static struct kunit_case pfc_frames_cases[] = {
	KUNIT_CASE(room),
	KUNIT_CASE_PARAM(spread, pfc_sizes_gen_params),
	KUNIT_CASE(at_home),
	KUNIT_CASE(collision),
	KUNIT_CASE(nested),
	KUNIT_CASE(end_without_frame),
	KUNIT_CASE(shifted_end),
	KUNIT_CASE(outer_ends_first),
	KUNIT_CASE_PARAM(stale, pfc_stales_gen_params),
	KUNIT_CASE(full),
	KUNIT_CASE(carried),
	KUNIT_CASE(carried_is_another_faults),
	KUNIT_CASE(carried_nothing),
	KUNIT_CASE(carried_by_a_former_life),
	KUNIT_CASE(carried_segv),
	KUNIT_CASE(carried_expires),
	KUNIT_CASE(carried_replaces),
	KUNIT_CASE(carried_is_being_written),
	KUNIT_CASE(distrust),
	KUNIT_CASE(wipe),
	{}
};

struct kunit_suite pfc_frames_suite = {
	.name = "pfclass_frames",
	.init = pfc_frames_begin,
	.exit = pfc_frames_over,
	.test_cases = pfc_frames_cases,
};
