/* SPDX-License-Identifier: GPL-2.0 */
/* What /proc tells of a thread. */
#ifndef PFC_PROCESS_H
#define PFC_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct pfc_status - of /proc/PID/status
 * @name: printable
 * @tgid: the process that the thread belongs to
 * @uid: its effective user
 */
struct pfc_status {
	char name[64];
	pid_t tgid;
	uid_t uid;
};

bool pfc_read_status(pid_t tid, struct pfc_status *status);

#endif /* PFC_PROCESS_H */
