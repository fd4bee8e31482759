// SPDX-License-Identifier: GPL-2.0
#include "spawn.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"

extern char **environ;

/**
 * pfc_spawn() - start another tool
 * @argv: its name, looked for in PATH, and its arguments
 * @in: becomes its standard input
 * @out: becomes its standard output
 * @pid: on success its process
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_FAILURE after a line on standard error.
 */
int pfc_spawn(char *const argv[], int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int err;

	if (posix_spawn_file_actions_init(&actions) ||
	    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) ||
	    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO))
		pfc_out_of_memory();
	err = posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (!err)
		return PFC_EXIT_OK;
	pfc_error("cannot run %s: %s; install it", argv[0], strerror(err));
	return PFC_EXIT_FAILURE;
}

/**
 * pfc_wait_for() - wait for a tool
 * @argv: from pfc_spawn()
 * @pid: from pfc_spawn()
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_FAILURE after a line on standard error if it failed.
 */
int pfc_wait_for(char *const argv[], pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return PFC_EXIT_FAILURE;
	if (!status)
		return PFC_EXIT_OK;
	pfc_error("%s failed", argv[0]);
	return PFC_EXIT_FAILURE;
}

/**
 * pfc_run() - run another tool to its end
 * @argv: as for pfc_spawn()
 * @in: as for pfc_spawn()
 * @out: as for pfc_spawn()
 *
 * Return: as pfc_spawn() or pfc_wait_for().
 */
int pfc_run(char *const argv[], int in, int out)
{
	pid_t pid;
	int ret = pfc_spawn(argv, in, out, &pid);

	return ret ? ret : pfc_wait_for(argv, pid);
}
