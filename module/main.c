// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass: which kind of page fault was that?
 *
 * Parameters, and the ladder of init and exit.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>
#include <pfclass.h>
#include <compat/compat.h>
#include "cgroups.h"
#include "counters.h"
#include "event.h"
#include "files.h"
#include "frames.h"
#include "guard.h"
#include "locate.h"
#include "probes.h"
#include "watch.h"

static struct pfc_config pfc_config = { .account = true };

static char *pfc_backend = "kprobe";
module_param_named(backend, pfc_backend, charp, 0444);
MODULE_PARM_DESC(backend,
		 "how function entries are probed: kprobe (default) or ftrace, which is cheaper");

module_param_named(account, pfc_config.account, bool, 0444);
MODULE_PARM_DESC(account, "1 (default): follow each visit and count each fault once; 0: count hits of probes, cheaper");

static bool pfc_enabled = true;
module_param_named(enabled, pfc_enabled, bool, 0444);
MODULE_PARM_DESC(enabled, "1 (default): count from the start; 0: wait for the file of that name");

static bool pfc_measure;
module_param_named(latency, pfc_measure, bool, 0444);
MODULE_PARM_DESC(latency, "1: measure how long faults take (needs account=1); 0 (default)");

static unsigned int pfc_frames;
module_param_named(frames, pfc_frames, uint, 0444);
MODULE_PARM_DESC(frames, "tasks that can be inside a fault at a time, none missed up to that (default 64 for each possible CPU, 1024 at least)");

module_param_named(watches, pfc_watches_max, uint, 0444);
MODULE_PARM_DESC(watches, "how many watches there may be (default 16)");

static unsigned int pfc_cgroups;
module_param_named(cgroups, pfc_cgroups, uint, 0444);
MODULE_PARM_DESC(cgroups, "how many control groups (v2) are counted apart (needs account=1); 0 (default): none");

#define PFC_GIVEN(key, mark)							\
	module_param_named(probe_##key, pfc_config.given[mark], charp, 0444);	\
	MODULE_PARM_DESC(probe_##key, \
		"where class " #key " is seen: SYMBOL+0xOFF as `pfclass locate` prints it, " \
		"or a method: direct, call-site, in-visit, caller-filter, inferred")

PFC_GIVEN(anon, PFC_MARK_ANON);
PFC_GIVEN(wp, PFC_MARK_WP);
PFC_GIVEN(swap, PFC_MARK_SWAP);
PFC_GIVEN(numa, PFC_MARK_NUMA);
PFC_GIVEN(af, PFC_MARK_AF);
PFC_GIVEN(file, PFC_MARK_FILE);
PFC_GIVEN(hugetlb, PFC_MARK_HUGETLB);

static int __init pfc_init(void)
{
	int err;

	if (!strcmp(pfc_backend, pfc_backend_kprobe.name)) {
		pfc_config.backend = &pfc_backend_kprobe;
	} else if (!strcmp(pfc_backend, pfc_backend_ftrace.name)) {
		pfc_config.backend = &pfc_backend_ftrace;
	} else {
		pr_err("backend=%s is not known: the backends are kprobe and ftrace\n",
		       pfc_backend);
		return -EINVAL;
	}
	if (pfc_config.backend == &pfc_backend_ftrace && !PFC_COMPAT_FTRACE) {
		pr_err("backend=ftrace: this kernel has no CONFIG_DYNAMIC_FTRACE with arguments\n");
		return -EOPNOTSUPP;
	}
	if (pfc_measure && !pfc_config.account) {
		pr_err("latency=1 needs account=1: without it no fault has a beginning and an end\n");
		return -EINVAL;
	}
	if (pfc_cgroups && !pfc_config.account) {
		pr_err("cgroups=%u needs account=1: without it no fault is counted once\n",
		       pfc_cgroups);
		return -EINVAL;
	}
	if (!pfc_frames)
		pfc_frames = max(1024U, 64 * num_possible_cpus());
	err = pfc_watch_init(pfc_measure);
	if (err)
		return err;
	if (pfc_measure) {
		static_branch_inc(&pfc_reports);
		static_branch_inc(&pfc_details);
		static_branch_inc(&pfc_picky);
	}
	err = pfc_cgroups_init(pfc_cgroups);
	if (err) {
		if (err == -EINVAL)
			pr_err("cgroups=%u is out of range: 0 to %u\n", pfc_cgroups,
			       PFC_CGROUPS_MAX);
		if (err == -EOPNOTSUPP)
			pr_err("cgroups=%u: this kernel has no CONFIG_CGROUPS\n", pfc_cgroups);
		goto err_watch_exit;
	}
	err = pfc_frames_init(pfc_frames);
	if (err) {
		if (err == -EINVAL)
			pr_err("frames=%u is out of range: 1 to 1048576\n", pfc_frames);
		goto err_cgroups_exit;
	}
	err = pfc_locate_init();
	if (err) {
		pr_err("cannot read handle_mm_fault() (%d)\n", err);
		goto err_frames_exit;
	}
	err = pfc_find_probes(&pfc_config);
	if (err)
		goto err_locate_exit;
	err = pfc_guard_init();
	if (err) {
		pr_err("cannot watch debugfs kprobes/enabled (%d)\n", err);
		goto err_probes_exit;
	}
	if (pfc_enabled) {
		err = pfc_probes_arm();
		if (err)
			goto err_guard_exit;
		err = pfc_probes_selfcheck();
		if (err)
			goto err_guard_exit;
		pfc_counters_reset(&pfc_root.set);
		pfc_root.missed_base = pfc_probes_missed();
		pfc_probes_reset();
		pfc_cgroups_reset();
	}
	pfc_locate_exit();
	err = pfc_files_init();
	if (err)
		goto err_guard_exit;
	return 0;

err_guard_exit:
	pfc_guard_exit();
err_probes_exit:
	pfc_probes_exit();
err_locate_exit:
	pfc_locate_exit();
err_frames_exit:
	pfc_frames_exit();
err_cgroups_exit:
	pfc_cgroups_exit();
err_watch_exit:
	pfc_watch_exit();
	return err;
}

static void __exit pfc_exit(void)
{
	pfc_files_exit();
	pfc_guard_exit();
	pfc_probes_exit();
	pfc_frames_exit();
	pfc_cgroups_exit();
	pfc_watch_exit();
}

module_init(pfc_init);
module_exit(pfc_exit);

MODULE_DESCRIPTION("Counts page faults by kind, each exactly once");
MODULE_AUTHOR("The pfclass developers");
MODULE_VERSION(PFC_VERSION);
MODULE_LICENSE("GPL");
