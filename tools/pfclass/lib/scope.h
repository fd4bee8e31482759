/* SPDX-License-Identifier: GPL-2.0 */
/* Count one command and its descendants, or one process, for a while. */
#ifndef PFC_SCOPE_H
#define PFC_SCOPE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "reader.h"

/**
 * struct pfc_scope - whose faults are counted meanwhile
 * @command: what to run, or NULL
 * @pid: the process, or the command once it runs
 * @pidfd: readable when @pid has ended
 * @lock: the filter's file, locked against others who count a command
 * @procs: the control group's cgroup.procs, to join it
 * @filter: what the filter was, to be written back
 * @cgroup: the directory of the control group that was made, or NULL
 * @parent: cgroup.procs of the one above it
 * @status: the command's wait status
 */
struct pfc_scope {
	char **command;
	pid_t pid;
	int pidfd;
	int lock;
	int procs;
	char *filter;
	char *cgroup;
	char *parent;
	int status;
};

int pfc_scope_open(struct pfc_scope *scope, struct pfc_reader *reader);
int pfc_scope_start(struct pfc_scope *scope);
bool pfc_scope_wait(struct pfc_scope *scope, uint64_t until);
int pfc_scope_close(struct pfc_scope *scope, struct pfc_reader *reader);

#endif /* PFC_SCOPE_H */
