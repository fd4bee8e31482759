// SPDX-License-Identifier: GPL-2.0
#include "process.h"

#include <stdio.h>
#include <string.h>

#include "parse.h"

/**
 * pfc_read_status() - look a thread up
 * @tid: the thread
 * @status: what is known of it
 *
 * Return: false if there is no such thread.
 */
bool pfc_read_status(pid_t tid, struct pfc_status *status)
{
	char path[64], line[256];
	bool found = false;
	FILE *file;

	*status = (struct pfc_status){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
	file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Name: %63[^\n]", status->name) != 1 &&
		    sscanf(line, "Tgid: %d", &status->tgid) != 1)
			found = sscanf(line, "Uid: %*u %u", &status->uid) == 1;
	}
	if (file)
		fclose(file);
	pfc_make_printable(status->name);
	return found;
}
