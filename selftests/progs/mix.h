/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mixed load (load.c) for tests, and the settings that make it as mixed as the
 * machine can. Included once by a test program.
 */
#ifndef PFC_MIX_H
#define PFC_MIX_H

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../lib/files.h"
#include "../lib/guard.h"

static const struct {
	const char *path, *value;
} pfc_mix[] = {
	{ "/sys/kernel/debug/sched/numa_balancing/scan_delay_ms", "1" },
	{ "/sys/kernel/debug/sched/numa_balancing/scan_period_min_ms", "100" },
	{ "/sys/kernel/debug/sched/numa_balancing/scan_period_max_ms", "200" },
	{ "/proc/sys/kernel/numa_balancing_scan_delay_ms", "1" },
	{ "/proc/sys/kernel/numa_balancing_scan_period_min_ms", "100" },
	{ "/proc/sys/kernel/numa_balancing_scan_period_max_ms", "200" },
	{ "/proc/sys/kernel/numa_balancing", "1" },
	{ "/sys/kernel/mm/transparent_hugepage/enabled", "madvise" },
	{ "/sys/kernel/mm/transparent_hugepage/hugepages-{thp}kB/enabled", "inherit" },
	{ "/sys/kernel/mm/transparent_hugepage/hugepages-{mthp}kB/enabled", "madvise" },
	{ "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag", "1" },
	{ "/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs", "100" },
	{ "/sys/kernel/mm/ksm/sleep_millisecs", "20" },
	{ "/sys/kernel/mm/ksm/run", "1" },
};

/* As far as this kernel has them. */
static inline void pfc_mix_up(struct pfc_guard *guard)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pfc_mix); i++)
		pfc_guard_set(guard, pfc_mix[i].path, pfc_mix[i].value);
}

/* The program NAME beside this one: 0, or -1 if there is none. */
static inline int pfc_beside(char *path, size_t size, const char *name)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (len <= 0)
		return -1;
	path[len] = 0;
	slash = strrchr(path, '/');
	if (!slash || slash + 2 + strlen(name) > path + size)
		return -1;
	strcpy(slash + 1, name);
	return access(path, X_OK);
}

/* Starts "load -q -j 4 UNTIL NUMBER -r REFUSED"; it dies with this process. */
static inline pid_t pfc_mix_start(struct pfc_guard *guard, const char *until,
				  const char *number, const char *refused)
{
	char path[4096];
	pid_t pid;

	if (pfc_beside(path, sizeof(path), "load"))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pfc_guard_forget(guard);
		execl(path, "load", "-q", "-j", "4", until, number, "-r", refused, NULL);
		_exit(127);
	}
	return pid;
}

#endif /* PFC_MIX_H */
