/* SPDX-License-Identifier: GPL-2.0 */
/* A watch of one command and its descendants, or of one process. */
#ifndef PFC_SCOPE_H
#define PFC_SCOPE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cgroup.h"
#include "reader.h"

/**
 * struct pfc_scope - the processes that a watch of their own counts
 * @command: what to run, or NULL
 * @pid: the process, or the command once it runs
 * @pidfd: readable when @pid has ended
 * @watch: the file that the watch goes with, or -1
 * @cgroup: the control group of the command
 * @status: the command's exit status, 128 and the number if a signal ended it
 */
struct pfc_scope {
	char **command;
	pid_t pid;
	int pidfd;
	int watch;
	struct pfc_cgroup cgroup;
	int status;
};

int pfc_scope_open(struct pfc_scope *scope, struct pfc_reader *reader);
int pfc_scope_start(struct pfc_scope *scope);
bool pfc_scope_wait(struct pfc_scope *scope, uint64_t until);
bool pfc_scope_reap(struct pfc_scope *scope);
int pfc_check_enabled(struct pfc_reader *reader);
void pfc_scope_close(struct pfc_scope *scope, struct pfc_reader *reader);

#endif /* PFC_SCOPE_H */
