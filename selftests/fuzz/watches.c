// SPDX-License-Identifier: GPL-2.0
/*
 * What is written to "watches": a command with a name, and the words of a filter. It is refused,
 * or shown in words that make the same filter; and nothing of it is kept once the watch is gone.
 */
#include <stdlib.h>
#include <compat/compat.h>
#include "../unit/shim.c"
#include "../../module/classify.c"
#include "../../module/counters.c"
#include "../../module/filter.c"
#include "../../module/watch.c"
#include "fuzz.h"

#define MOST_SHOWN	4096

/* What reading its filter file prints, without the newline. */
static void show(const struct pfc_watch *watch, char text[MOST_SHOWN])
{
	struct seq_file m = { .buf = text, .size = MOST_SHOWN };

	pfc_watch_show_filter(&m, watch);
	if (!m.count || m.count >= MOST_SHOWN || text[m.count - 1] != '\n')
		abort();
	text[m.count - 1] = '\0';
}

/**
 * pfc_fuzz_input() - try an input
 * @data: the input
 * @size: its length in bytes
 *
 * Return: 0.
 */
int pfc_fuzz_input(const uint8_t *data, size_t size)
{
	char once[MOST_SHOWN], twice[MOST_SHOWN], words[MOST_SHOWN];
	char *text = strndup((const char *)data, size);
	struct pfc_watch_command command;
	struct pfc_watch *watch;

	if (pfc_watch_parse(text, &command) || !command.add) {
		free(text);
		return 0;
	}
	watch = pfc_watch_make(command.name, command.filter);
	if (!IS_ERR(watch)) {
		pfc_watch_start(watch);
		show(watch, once);
		/* A row of "watches" is a line. */
		if (strchr(once, '\n'))
			abort();
		strcpy(words, once);
		if (pfc_watch_set_filter(watch, words))
			abort();
		show(watch, twice);
		if (strcmp(once, twice))
			abort();
		pfc_watch_stop(watch);
		pfc_watch_free(watch);
	}
	free(text);
	if (shim_cgroup_references || pfc_picky.on)
		abort();
	return 0;
}
