// SPDX-License-Identifier: GPL-2.0
/* lint: allow SPACING throughout: FIXTURE_DATA() is a type, not a product */
/*
 * The account balances: under a mixed load every fault is in exactly one class,
 * the splits sum to their class, and the kernel's own counters agree. The rows
 * of the trigger table stay exact beside that load.
 *
 * PFC_FAULTS=N in the environment sets how many faults the load makes.
 */
#include <signal.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "mix.h"
#include "triggers.h"

#define WHY		PFC_WHY
#define LOAD_FAULTS	20000
#define LOAD_TIMEOUT	1800	/* seconds, for PFC_FAULTS in the millions */

FIXTURE(account) {
	struct pfc_guard *guard;
};

FIXTURE_SETUP(account)
{
	char why[WHY], load[4096];

	if (pfc_not_ready(why, sizeof(why)))
		SKIP(return, "%s", why);
	ASSERT_EQ(0, pfc_beside(load, sizeof(load), "load"))
		TH_LOG("there is no %s", load);
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_FILTER), "clear"));
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "1"));
}

FIXTURE_TEARDOWN(account)
{
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

/* Refinements and splits of each class that are all available sum to it. */
static unsigned int parts_differ(const struct pfc_stats *s, char *why, size_t size)
{
	static const struct {
		const char *name;
		unsigned int first, per;
	} split[] = {
		{ "access", PFC_K_ACCESS, PFC_NR_ACCESSES },
		{ "origin", PFC_K_ORIGIN, PFC_NR_ORIGINS },
	};
	unsigned int class, i, j;
	long long sum, want;
	bool all;

	for (class = 0; class < PFC_NR_CLASSES; class++) {
		want = s->val[PFC_K_CLASS + class];
		if (want < 0)
			continue;
		for (i = 0; i < ARRAY_SIZE(split); i++) {
			sum = 0;
			all = true;
			for (j = 0; j < split[i].per; j++) {
				unsigned int key = split[i].first +
						   class * split[i].per + j;

				/* "file_read" is a refinement, and less. */
				if (s->val[key] < 0)
					all = false;
				else
					sum += s->val[key];
			}
			if (all && sum != want) {
				snprintf(why, size, "%s is %lld, by %s %lld",
					 pfc_class_key(class), want, split[i].name, sum);
				return 1;
			}
		}
		sum = 0;
		all = false;
		for (i = 0; i < PFC_NR_REFINEMENTS; i++) {
			if (pfc_ref_class(i) != class || i == PFC_SWAP_WP ||
			    i == PFC_AF_DIRTY)
				continue;
			all = s->val[PFC_K_REF + i] >= 0;
			if (!all)
				break;
			sum += s->val[PFC_K_REF + i];
		}
		/* What a class's parts leave over is an error (SIGBUS, OOM). */
		if (all && sum != want) {
			snprintf(why, size, "%s is %lld, its refinements sum to %lld",
				 pfc_class_key(class), want, sum);
			return 1;
		}
	}
	return 0;
}

TEST_F_TIMEOUT(account, balances_under_a_mixed_load, LOAD_TIMEOUT)
{
	const char *faults = getenv("PFC_FAULTS");
	struct pfc_stats before, after;
	long long vm_before[PFC_NR_VMSTAT], vm_after[PFC_NR_VMSTAT];
	char why[WHY], number[32], refusals[] = "/tmp/pfclass.XXXXXX";
	long long pgfault, hints, want, refused;
	bool all;
	int status;
	pid_t pid;

	status = mkstemp(refusals);
	ASSERT_LE(0, status);
	close(status);
	pfc_mix_up(self->guard);
	snprintf(number, sizeof(number), "%d", LOAD_FAULTS);
	pfc_settle(NULL, 0);
	ASSERT_EQ(0, pfc_stats_read(&before, why, sizeof(why)))
		TH_LOG("%s", why);
	ASSERT_EQ(0, pfc_vmstat_read(vm_before));
	/* Once more: the first time may have faulted in what they need. */
	ASSERT_EQ(0, pfc_stats_read(&before, why, sizeof(why)));
	ASSERT_EQ(0, pfc_vmstat_read(vm_before));

	pid = pfc_mix_start(self->guard, "-f", faults ? faults : number, refusals);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_LT(0, pfc_read(refusals, number, sizeof(number)));
	unlink(refusals);

	/* Nothing may fault between these two: all that they use is there. */
	pfc_settle(NULL, 0);
	pfc_vmstat_read(vm_after);
	ASSERT_EQ(0, pfc_vmstat_read(vm_after));
	ASSERT_EQ(0, pfc_stats_read(&after, why, sizeof(why)))
		TH_LOG("%s", why);

	all = pfc_classes_complete(&after);
	pfc_stats_delta(&after, &before);
	if (after.val[PFC_FAULTS] < 0)
		SKIP(return, "there is no accounting (account=0): '%s' is unavailable",
		     pfc_key(PFC_FAULTS));
	TH_LOG("%lld faults, %lld visits, %lld retries", after.val[PFC_FAULTS],
	       after.val[PFC_VISITS], after.val[PFC_RETRIES]);
	want = faults ? atoll(faults) : LOAD_FAULTS;
	EXPECT_LE(want, after.val[PFC_FAULTS]);
	EXPECT_EQ(0, after.val[PFC_UNCLASSIFIED]);
	EXPECT_EQ(0, after.val[PFC_MISSED]);
	refused = after.val[PFC_REFUSED] < 0 ? 0 : after.val[PFC_REFUSED];
	EXPECT_EQ(after.val[PFC_FAULTS] + after.val[PFC_RETRIES] - refused,
		  after.val[PFC_VISITS]);
	if (all)
		EXPECT_EQ(after.val[PFC_FAULTS], pfc_classes_sum(&after));
	EXPECT_EQ(0, parts_differ(&after, why, sizeof(why)))
		TH_LOG("%s", why);

	/* Others fault, too, on a machine that is not only this test's. */
	if (!pfc_quiet_machine())
		return;
	/* 6.4 stopped counting a fault that will be retried. */
	want = pfc_kernel_version() < PFC_KVER(6, 4) ? after.val[PFC_VISITS] :
						       after.val[PFC_FAULTS] - refused;
	pgfault = vm_after[PFC_VM_PGFAULT] - vm_before[PFC_VM_PGFAULT];
	EXPECT_EQ(want, pgfault)
		TH_LOG("pgfault (vmstat) differs by %lld", pgfault - want);
	/* As many as signals; the load's others die of SIGBUS, SIGKILL. */
	if (after.val[PFC_REFUSED] >= 0)
		EXPECT_EQ(atoll(number), refused);
	hints = vm_after[PFC_VM_NUMA_HINT_FAULTS] -
		vm_before[PFC_VM_NUMA_HINT_FAULTS];
	want = after.val[PFC_K_CLASS + PFC_NUMA];
	if (after.val[PFC_K_REF + PFC_THP_NUMA] >= 0) {
		want += after.val[PFC_K_REF + PFC_THP_NUMA];
		EXPECT_EQ(want, hints);
	} else {
		EXPECT_LE(want, hints);
	}
}

/* Rows whose witnesses are this process's own. */
TEST_F_TIMEOUT(account, rows_are_exact_beside_a_load, 600)
{
	static const char * const rows[] = {
		"wp_zero", "wp_fork_alive", "anon_write", "anon_kernel",
		"swap_read", "swap_write_shared", "dirty_hole", "file_shared",
	};
	struct pfc_run_options options = { .noisy = true };
	static struct pfc_result res;
	unsigned int i, j;
	pid_t pid;

	pfc_mix_up(self->guard);
	pid = pfc_mix_start(self->guard, "-t", "0", "/dev/null");
	ASSERT_LT(0, pid);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		pfc_row_run(pfc_row_find(rows[i]), &options, &res);
		if (res.status == PFC_SKIP)
			TH_LOG("%s: skipped: %s", rows[i], res.why);
		for (j = 0; j < res.nr_bad; j++)
			TH_LOG("%s: %s", rows[i], res.bad[j]);
		EXPECT_NE(PFC_BAD, res.status);
	}
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG))
		TH_LOG("the load ended early");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

TEST_HARNESS_MAIN
