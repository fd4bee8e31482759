/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An instance of tracefs that has a histogram of the module's event and one of the threads
 * that end, and goes with this program. What others trace does not change.
 */
#ifndef PFC_INSTANCE_H
#define PFC_INSTANCE_H

#include <stdbool.h>

struct tracefs_instance;

/* Entries that a histogram has room for. */
#ifndef PFC_HIST_SIZE
#define PFC_HIST_SIZE	16384
#endif

/**
 * struct pfc_instance - the instance
 * @instance: libtracefs' handle, NULL: there is none
 * @lock: its directory, locked for as long as this program lives
 */
struct pfc_instance {
	struct tracefs_instance *instance;
	int lock;
};

int pfc_instance_open(struct pfc_instance *instance);
int pfc_instance_read(struct pfc_instance *instance, const char *keys, char **text);
int pfc_instance_restart(struct pfc_instance *instance);
void pfc_instance_close(struct pfc_instance *instance);

#endif /* PFC_INSTANCE_H */
