// SPDX-License-Identifier: GPL-2.0
/*
 * The account balances: under a mixed load every fault is in exactly one class, the
 * parts of a class sum to it, and the kernel's own counters agree. Rows stay exact
 * beside that load.
 *
 * PFC_FAULTS=N in the environment sets how many faults the load makes.
 */
#include <signal.h>
#include <sys/wait.h>

#include <kselftest_harness.h>

#include "lib/guard.h"
#include "lib/machine.h"
#include "lib/memory.h"
#include "lib/row.h"
#include "lib/stats.h"
#include "lib/witness.h"
#include "progs/mix.h"

#define LOAD_FAULTS	20000
#define LOAD_TIMEOUT	1800	/* seconds, for PFC_FAULTS in the millions */

FIXTURE(account) {
	struct pfc_guard *guard;
};

FIXTURE_SETUP(account)
{
	char why[PFC_WHY], load[4096];

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

/*
 * Refinements of a class sum to it where all of them are available (the extra ones count
 * what others count), and so do its splits, where none has a refinement's key
 * ("file_read" is less than the reads). Where a class is unavailable, so are its parts.
 */
static unsigned int parts_differ(struct __test_metadata *_metadata, const struct pfc_stats *s)
{
	static const struct {
		const char *name;
		unsigned int first, per;
	} split[] = {
		{ "access", PFC_K_ACCESS, PFC_NR_ACCESSES },
		{ "origin", PFC_K_ORIGIN, PFC_NR_ORIGINS },
	};
	unsigned int class, i, j, bad = 0;
	long long sum, n, part;

	for (class = 0; class < PFC_NR_CLASSES; class++) {
		const char *key = pfc_class_key(class);
		unsigned int parts = 0, available = 0;

		n = s->val[PFC_K_CLASS + class];
		for (i = 0; i < ARRAY_SIZE(split); i++) {
			for (sum = 0, j = 0; j < split[i].per; j++) {
				part = s->val[split[i].first + class * split[i].per + j];
				if (part == PFC_ABSENT)
					break;
				sum += n == PFC_NA ? 0 : part;
			}
			if (j == split[i].per && n != PFC_NA && sum != n) {
				TH_LOG("%s is %lld, by %s %lld", key, n, split[i].name, sum);
				bad++;
			}
		}
		for (sum = 0, i = 0; i < PFC_NR_REFINEMENTS; i++) {
			if (pfc_ref_class(i) != class)
				continue;
			part = s->val[PFC_K_REF + i];
			if (part > n || (n == PFC_NA && part != PFC_NA)) {
				TH_LOG("%s is %lld, %s %lld", key, n, pfc_key(PFC_K_REF + i), part);
				bad++;
			}
			if (pfc_ref_is_extra(i))
				continue;
			parts++;
			available += part >= 0;
			sum += part;
		}
		if (parts && parts == available && sum != n) {
			TH_LOG("%s is %lld, its refinements sum to %lld", key, n, sum);
			bad++;
		}
	}
	return bad;
}

/*
 * What pfclass has counted and what the kernel has, at one moment: nobody faults between the
 * two. The scanner of NUMA balancing can make this task do so.
 */
static int read_both(struct pfc_stats *stats, long long *vmstat, char *why, size_t size)
{
	struct pfc_stats again;
	unsigned int tries;
	int err;

	for (tries = 0; tries < 100; tries++) {
		err = pfc_stats_read(stats, why, size);
		if (!err)
			err = pfc_vmstat_read(vmstat);
		if (!err)
			err = pfc_stats_read(&again, why, size);
		if (err || again.val[PFC_PGFAULT] == stats->val[PFC_PGFAULT])
			return err;
	}
	snprintf(why, size, "somebody faults all the time");
	return pfc_in_guest() ? -EAGAIN : 0;
}

TEST_F_TIMEOUT(account, balances_under_a_mixed_load, LOAD_TIMEOUT)
{
	const char *faults = getenv("PFC_FAULTS");
	struct pfc_stats before, after;
	long long vm_before[PFC_NR_VMSTAT], vm_after[PFC_NR_VMSTAT];
	char why[PFC_WHY], number[32], refusals[] = "/tmp/pfclass.XXXXXX";
	long long pgfault, hints, want, refused;
	int status;
	pid_t pid;

	status = mkstemp(refusals);
	ASSERT_LE(0, status);
	close(status);
	pfc_mix_up(self->guard);
	snprintf(number, sizeof(number), "%d", LOAD_FAULTS);
	pfc_settle(NULL, 0);
	ASSERT_EQ(0, read_both(&before, vm_before, why, sizeof(why)))
		TH_LOG("%s", why);

	pid = pfc_mix_start(self->guard, "-f", faults ? faults : number, refusals);
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_LT(0, pfc_read(refusals, number, sizeof(number)));
	unlink(refusals);

	pfc_settle(NULL, 0);
	ASSERT_EQ(0, read_both(&after, vm_after, why, sizeof(why)))
		TH_LOG("%s", why);

	pfc_stats_delta(&after, &before);
	if (after.val[PFC_FAULTS] < 0)
		SKIP(return, "no accounting (account=0)");
	TH_LOG("%lld faults, %lld visits, %lld retries", after.val[PFC_FAULTS],
	       after.val[PFC_VISITS], after.val[PFC_RETRIES]);
	want = faults ? atoll(faults) : LOAD_FAULTS;
	EXPECT_LE(want, after.val[PFC_FAULTS]);
	EXPECT_EQ(0, after.val[PFC_UNCLASSIFIED]);
	EXPECT_EQ(0, after.val[PFC_MISSED]);
	refused = after.val[PFC_REFUSED] < 0 ? 0 : after.val[PFC_REFUSED];
	EXPECT_EQ(after.val[PFC_FAULTS] + after.val[PFC_RETRIES] - refused,
		  after.val[PFC_VISITS]);
	EXPECT_EQ(after.val[PFC_FAULTS], pfc_classes_sum(&after));
	EXPECT_EQ(0, parts_differ(_metadata, &after));

	/* Others fault, too, on a machine that is not only this test's. */
	if (!pfc_in_guest())
		return;
	/* 6.4 stopped counting a fault that will be retried. */
	want = pfc_kernel_version() < PFC_KVER(6, 4) ? after.val[PFC_VISITS] :
						       after.val[PFC_FAULTS] - refused;
	pgfault = vm_after[PFC_VM_PGFAULT] - vm_before[PFC_VM_PGFAULT];
	EXPECT_EQ(want, pgfault)
		TH_LOG("pgfault (vmstat) differs by %lld", pgfault - want);
	EXPECT_EQ(pgfault, after.val[PFC_PGFAULT]);
	/* As many as the load had SIGSEGV; its other signals are SIGBUS, SIGKILL. */
	if (after.val[PFC_REFUSED] != PFC_NA)
		EXPECT_EQ(atoll(number), refused);
	hints = vm_after[PFC_VM_NUMA_HINT_FAULTS] -
		vm_before[PFC_VM_NUMA_HINT_FAULTS];
	EXPECT_EQ(after.val[PFC_K_CLASS + PFC_NUMA] + after.val[PFC_K_REF + PFC_THP_NUMA], hints);
}

/* What was counted since the module was loaded, or reset, by all tests before this one. */
TEST_F(account, refinements_sum_to_their_class)
{
	struct pfc_stats stats;
	char why[PFC_WHY];

	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "0"));
	ASSERT_EQ(0, pfc_stats_read(&stats, why, sizeof(why)))
		TH_LOG("%s", why);
	EXPECT_EQ(0, parts_differ(_metadata, &stats));
}

/* ---- rows beside the load ----------------------------------------------- */

FIXTURE(beside) {
	struct pfc_guard *guard;
	struct pfc_result result;
};

FIXTURE_VARIANT(beside) {
	const char *row;
};

/* Rows whose witnesses are this process's own. */
#define BESIDE(name) FIXTURE_VARIANT_ADD(beside, name) { .row = #name }
BESIDE(wp_zero);
BESIDE(wp_fork_alive);
BESIDE(anon_write);
BESIDE(anon_kernel);
BESIDE(swap_read);
BESIDE(swap_write_shared);
BESIDE(dirty_hole);
BESIDE(file_shared);

FIXTURE_SETUP(beside)
{
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
}

FIXTURE_TEARDOWN(beside)
{
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

TEST_F_TIMEOUT(beside, a_load_the_row_is_exact, 600)
{
	struct pfc_run_options options = { .noisy = true };
	struct pfc_result *res = &self->result;
	unsigned int i;
	pid_t pid;

	pfc_mix_up(self->guard);
	pid = pfc_mix_start(self->guard, "-t", "0", "/dev/null");
	ASSERT_LT(0, pid);
	pfc_row_run(pfc_row_find(variant->row), &options, res);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG))
		TH_LOG("the load ended early");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (res->status == PFC_SKIP)
		SKIP(return, "%s", res->why);
	for (i = 0; i < res->nr_bad; i++)
		TH_LOG("%s", res->bad[i]);
	EXPECT_EQ(PFC_OK, res->status);
}

TEST_HARNESS_MAIN
