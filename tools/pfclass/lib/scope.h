/* SPDX-License-Identifier: GPL-2.0 */
/* Count only one command and its descendants, or only one process. */
#ifndef PFC_SCOPE_H
#define PFC_SCOPE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "reader.h"

/**
 * struct pfc_scope - the processes that the filter lets through
 * @command: what to run, or NULL
 * @pid: the process, or the command once it runs
 * @pidfd: readable when @pid has ended
 * @lock: the filter's file, locked against other scopes
 * @filter: the filter before, to be restored
 * @cgroup: the control group of the command
 * @status: the command's exit status, 128 and the number if a signal ended it
 */
struct pfc_scope {
	char **command;
	pid_t pid;
	int pidfd;
	int lock;
	char *filter;
	struct pfc_cgroup cgroup;
	int status;
};

int pfc_scope_open(struct pfc_scope *scope, struct pfc_reader *reader);
int pfc_scope_start(struct pfc_scope *scope);
bool pfc_scope_wait(struct pfc_scope *scope, uint64_t until);
bool pfc_scope_reap(struct pfc_scope *scope);
int pfc_check_enabled(struct pfc_reader *reader);
int pfc_scope_close(struct pfc_scope *scope, struct pfc_reader *reader);

#endif /* PFC_SCOPE_H */
