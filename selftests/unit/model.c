// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of tasks fault, sleep, nest, retry, lose ends and are killed in random order, and
 * at each step the slot table must know what a list for each task knows. One thread: what
 * CPUs may do to one another at the same instant is not tried. An argument is the seed.
 */
#include "../../module/frames.c"

#define TASKS		4096
#define LINES		65536	/* where they may be */
#define STEPS		400000
#define FRAMES		2048	/* what the table is made for */
#define VISITS		(FRAMES * 3 / 4)	/* at a time: so that none is missed */
#define DEPTH		6	/* visits of one task, those counted whose end was not seen */
#define ADDRESSES	4
#define KEPT		(PFC_FACT_UFFD | PFC_FACT_DONE_WP | PFC_FACT_DONE_FILE)

struct pfc_counters *pfc_counters;

static struct visit {
	unsigned long sp;
	unsigned long address;
	unsigned int token;
	unsigned int generation;
} visits[TASKS][DEPTH];

static struct model {
	unsigned int n;			/* of visits, the innermost last */
	bool carried;
	struct pfc_carried what;
} models[TASKS];

static struct task_struct *tasks[TASKS];
static unsigned int me, step, in_flight, generation;
static bool trusted = true;
static u64 lost_ends, lost;
static unsigned long opens[2], ends[2], nests, carries, kills;	/* [slow] */

static u64 state;

static unsigned int roll(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % n;
}

#define MUST(condition) do {							\
	if (!(condition)) {							\
		printf("# step %u, task %u: not so: %s\n", step, me, #condition); \
		printf("not ok 1 pfclass_model frames\n1..1\n# 0 passed, 1 failed\n"); \
		exit(1);							\
	}									\
} while (0)

static struct pfc_slot *home(void)
{
	return pfc_slot_home();
}

static void drop(struct model *m)
{
	/* Of what began before the switch, nobody says so. */
	lost_ends += visits[me][m->n - 1].generation == generation;
	m->n--;
	in_flight--;
}

/*
 * A stack pointer of the task: its stack is 16 KiB, at an address of its own. Mostly below
 * that of its innermost visit, or the same.
 */
static unsigned long stack_pointer(void)
{
	const struct model *m = &models[me];
	unsigned long sp = m->n ? visits[me][m->n - 1].sp - 16 * roll(16) : 0;

	if (m->n && roll(8) && !((sp ^ visits[me][m->n - 1].sp) & -THREAD_SIZE))
		return sp;
	return 0xffff800000000000UL + me * 2 * THREAD_SIZE + 16 * (1 + roll(THREAD_SIZE / 16 - 1));
}

static bool is_stale(const struct visit *v, unsigned long sp)
{
	return v->generation != generation || v->sp < sp;
}

static void begin(void)
{
	struct model *m = &models[me];
	unsigned long sp = stack_pointer(), address = 0x10000 * roll(ADDRESSES);
	bool again;
	struct pfc_frame *frame;
	struct visit *v;
	u64 start = 0;
	unsigned int bits = 0;

	if (m->n == DEPTH || in_flight == VISITS)
		return;
	frame = &home()->frame;
	if (pfc_frames_open(home(), sp, address)) {
		MUST(!m->n && !m->carried);
		frame->facts.bits = 0;
		frame->start = 0;
		opens[0]++;
	} else {
		while (m->n && (is_stale(&visits[me][m->n - 1], sp) ||
				visits[me][m->n - 1].sp == sp))
			drop(m);
		again = !m->n && m->carried && m->what.born == current->start_time &&
			m->what.address == address;
		if (again) {
			start = m->what.start;
			bits = m->what.bits & ~PFC_FACT_SEGV;
		}
		if (!m->n)
			m->carried = false;
		frame = pfc_frames_open_slow(sp, address);
		opens[1]++;
		MUST(frame);
		MUST(frame->facts.bits == bits);
		MUST(frame->start == start);
	}
	MUST(frame->address == address);
	v = &visits[me][m->n];
	*v = (struct visit){ sp, address, step, generation };
	nests += !!m->n++;
	in_flight++;
	frame->facts.marks = step;
}

static void mark(void)
{
	struct model *m = &models[me];
	const struct visit *v = m->n ? &visits[me][m->n - 1] : NULL;
	struct pfc_frame *frame;

	if (pfc_frames_at_home(home())) {
		MUST(m->n == 1);
		MUST(home()->frame.facts.marks == v->token);
	} else if (pfc_frames_none(home())) {
		MUST(!m->n);
	} else {
		frame = pfc_frames_top();
		MUST(!frame == !v);
		MUST(!frame || frame->facts.marks == v->token);
	}
}

static void leave(struct pfc_frame *frame)
{
	struct model *m = &models[me];
	u64 before = lost;
	int cpu;

	frame->facts.bits |= roll(2) ? PFC_FACT_GUP : 0;
	frame->facts.bits |= roll(4) ? BIT(8 + roll(4)) & PFC_FACTS_OF_FAULT : 0;
	frame->start = roll(2) ? step : 0;
	if (m->n == 1 && (frame->start || frame->facts.bits & PFC_FACTS_OF_FAULT)) {
		m->carried = true;
		m->what.born = current->start_time;
		m->what.address = frame->address;
		m->what.start = frame->start;
		m->what.bits = frame->facts.bits & PFC_FACTS_OF_FAULT;
		carries++;
	}
	pfc_frames_close_slow(true);
	for (lost = 0, cpu = 0; cpu < (int)nr_cpu_ids; cpu++)
		lost += per_cpu_ptr(pfc_counters, cpu)->lost;
	/* No room for it: that is counted. */
	if (lost != before)
		m->carried = false;
}

static void end(bool inner)
{
	struct model *m = &models[me];
	unsigned long sp = m->n ? visits[me][inner ? m->n - 1 : roll(m->n)].sp : stack_pointer();
	bool fast = pfc_frames_at_home(home()) && pfc_frames_ends(home(), sp);
	struct pfc_frame *frame;

	if (!m->n && roll(8))
		return;
	while (m->n && (!trusted || is_stale(&visits[me][m->n - 1], sp)))
		drop(m);
	frame = fast ? &home()->frame : pfc_frames_end(sp, false);
	ends[!fast]++;
	if (!m->n || visits[me][m->n - 1].sp != sp) {
		MUST(!frame);
		return;
	}
	MUST(frame && frame->facts.marks == visits[me][m->n - 1].token);
	MUST(frame->address == visits[me][m->n - 1].address);
	if (!roll(8))
		leave(frame);
	else if (fast && roll(2))
		pfc_frames_close(home());
	else
		pfc_frames_close_slow(false);
	m->n--;
	in_flight--;
}

/* What it carried is left behind; its struct is another task's then, born later. */
static void kill_and_be_reborn(void)
{
	if (models[me].n)
		return;
	current->start_time = step + 1;
	kills++;
}

static void segv(void)
{
	struct model *m = &models[me];
	unsigned long address = 0x10000 * roll(ADDRESSES);
	bool expected = m->carried && m->what.born == current->start_time &&
			m->what.bits & PFC_FACT_SEGV && m->what.address == address;

	if (m->n)
		return;
	MUST(pfc_frames_carried_segv(address) == expected);
	m->carried = false;
}

static void check_all(void)
{
	unsigned int i, away = 0, carried = 0;
	u64 sum = 0;

	for (i = 0; i < nr_cpu_ids; i++)
		sum += per_cpu_ptr(pfc_counters, i)->lost_ends;
	MUST(sum == lost_ends);
	for (me = 0; me < TASKS; me++) {
		current = tasks[me];
		carried += models[me].carried;
		mark();
	}
	for (i = 0; i <= pfc_slots.mask; i++) {
		away += atomic_read(&pfc_slots.slot[i].away);
		carried -= !!pfc_slots.slot[i].carried.task;
		if (pfc_slots.slot[i].carried.task)
			away--;
	}
	MUST(!carried);
	/* What is left are visits that are not at home. */
	for (me = 0; me < TASKS; me++) {
		current = tasks[me];
		if (models[me].n && (home()->task & ~PFC_SLOT_FLAGS) != (unsigned long)current)
			away--;
		else if (models[me].n && home()->task & PFC_SLOT_INNER)
			away--;
	}
	MUST(!away);
}

static void step_once(void)
{
	me = roll(TASKS);
	current = tasks[me];
	shim_cpu = roll(nr_cpu_ids);
	jiffies += !roll(1000);
	switch (roll(16)) {
	case 0 ... 5:
		begin();
		break;
	case 6 ... 8:
		mark();
		break;
	case 9 ... 12:
		end(true);
		break;
	case 13:
		end(!!roll(8));
		break;
	case 14:
		roll(4) ? segv() : kill_and_be_reborn();
		break;
	default:
		if (roll(trusted ? 2000 : 10))
			break;
		if (trusted) {
			pfc_frames_distrust();
		} else {
			pfc_frames_trust();
			generation++;
		}
		trusted = !trusted;
	}
	if (!(step % (STEPS / 32)))
		check_all();
}

/* Whatever is in flight ends; then there is nothing left. */
static void finish(void)
{
	unsigned int i;

	if (!trusted)
		pfc_frames_trust();
	for (me = 0; me < TASKS; me++) {
		current = tasks[me];
		pfc_frames_end(-16UL, false);
		pfc_frames_carried_segv(0);
	}
	for (i = 0; i <= pfc_slots.mask; i++)
		MUST(!pfc_slots.slot[i].task && !pfc_slots.slot[i].inner &&
		     !pfc_slots.slot[i].carried.task && !atomic_read(&pfc_slots.slot[i].away));
}

int main(int argc, char **argv)
{
	char *arena = vzalloc(64 * LINES);

	state = argc > 1 && atol(argv[1]) ? atol(argv[1]) : 20;
	pfc_counters = alloc_percpu(struct pfc_counters);
	if (!pfc_counters || pfc_frames_init(FRAMES))
		return 2;
	for (me = 0; me < TASKS; me++) {
		/* A cache line that is no other's: a task's address is what it is found by. */
		do
			tasks[me] = (struct task_struct *)(arena + 64 * roll(LINES));
		while (tasks[me]->tgid);
		tasks[me]->tgid = 1 + me;
	}
	for (step = 1; step <= STEPS; step++)
		step_once();
	check_all();
	finish();
	printf("# %lu+%lu begun (at home + not), %lu nested; %lu+%lu ended; %llu ends lost\n",
	       opens[0], opens[1], nests, ends[0], ends[1], (unsigned long long)lost_ends);
	printf("# %lu carried over, of which %llu found no room; %lu killed; %u times distrusted\n",
	       carries, (unsigned long long)lost, kills, generation);
	/* It was tried all. */
	MUST(opens[0] && opens[1] && nests && ends[0] && ends[1] && lost_ends && carries && kills);
	printf("ok 1 pfclass_model frames\n1..1\n# 1 passed, 0 failed\n");
	return 0;
}
