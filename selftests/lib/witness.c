// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel itself counts of the same faults.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "files.h"
#include "stats.h"
#include "witness.h"

static const char * const pfc_vmstat_names[PFC_NR_VMSTAT] = {
	[PFC_VM_PGFAULT]		= "pgfault",
	[PFC_VM_PSWPIN]			= "pswpin",
	[PFC_VM_NUMA_HINT_FAULTS]	= "numa_hint_faults",
	[PFC_VM_NUMA_PAGES_MIGRATED]	= "numa_pages_migrated",
};

/**
 * pfc_vmstat_read() - read /proc/vmstat
 * @value: gets PFC_NR_VMSTAT values, PFC_NA for what is not there
 *
 * Return: 0 or -errno.
 */
int pfc_vmstat_read(long long *value)
{
	static char text[32768];
	unsigned int i;
	ssize_t len;

	for (i = 0; i < PFC_NR_VMSTAT; i++)
		value[i] = PFC_NA;
	len = pfc_read("/proc/vmstat", text, sizeof(text));
	if (len < 0)
		return len;
	for (i = 0; i < PFC_NR_VMSTAT; i++) {
		size_t name = strlen(pfc_vmstat_names[i]);
		char *at = text;

		while (at && (strncmp(at, pfc_vmstat_names[i], name) ||
			      at[name] != ' ')) {
			at = strchr(at, '\n');
			at = at ? at + 1 : NULL;
		}
		if (at)
			value[i] = strtoll(at + name, NULL, 10);
	}
	return 0;
}

static void pfc_rusage(struct pfc_witness *w)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	w->minflt = usage.ru_minflt;
	w->majflt = usage.ru_majflt;
}

/**
 * pfc_witness_before() - read the witnesses, this process's faults last
 * @w: gets them
 */
void pfc_witness_before(struct pfc_witness *w)
{
	pfc_vmstat_read(w->vmstat);
	pfc_rusage(w);
}

/**
 * pfc_witness_after() - read the witnesses, this process's faults first
 * @w: gets them
 */
void pfc_witness_after(struct pfc_witness *w)
{
	pfc_rusage(w);
	pfc_vmstat_read(w->vmstat);
}

/**
 * pfc_witness_delta() - what the witnesses saw between two readings
 * @to: the later one; becomes the difference
 * @from: the earlier one
 */
void pfc_witness_delta(struct pfc_witness *to, const struct pfc_witness *from)
{
	unsigned int i;

	to->minflt -= from->minflt;
	to->majflt -= from->majflt;
	for (i = 0; i < PFC_NR_VMSTAT; i++)
		if (to->vmstat[i] != PFC_NA)
			to->vmstat[i] -= from->vmstat[i];
}
