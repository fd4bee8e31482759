/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel itself counts of the same faults.
 */
#ifndef PFC_WITNESS_H
#define PFC_WITNESS_H

enum pfc_vmstat {
	PFC_VM_PGFAULT,
	PFC_VM_PSWPIN,
	PFC_VM_NUMA_HINT_FAULTS,
	PFC_VM_NUMA_PAGES_MIGRATED,
	PFC_NR_VMSTAT
};

struct pfc_witness {
	long long minflt, majflt;		/* this process, getrusage */
	long long vmstat[PFC_NR_VMSTAT];	/* the machine, PFC_NA where there is none */
};

int pfc_vmstat_read(long long *value);
void pfc_witness_before(struct pfc_witness *w);
void pfc_witness_after(struct pfc_witness *w);
void pfc_witness_delta(struct pfc_witness *to, const struct pfc_witness *from);

#endif /* PFC_WITNESS_H */
