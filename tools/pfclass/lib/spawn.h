/* SPDX-License-Identifier: GPL-2.0 */
/* Run another tool. */
#ifndef PFC_SPAWN_H
#define PFC_SPAWN_H

#include <sys/types.h>

int pfc_spawn(char *const argv[], int in, int out, pid_t *pid);
int pfc_wait_for(char *const argv[], pid_t pid);
int pfc_run(char *const argv[], int in, int out);

#endif /* PFC_SPAWN_H */
