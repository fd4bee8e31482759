// SPDX-License-Identifier: GPL-2.0
/*
 * Makes each step of an action fail in turn: the first allocation, the second one, and so on
 * until there is none left. How many there are is counted, not assumed.
 *
 *	failing [-n STEP | -s STRIDE] [-e ERROR] [-k KNOB] FILE PARAMETERS ACTION
 *
 * ACTION is a row of the table below, of the module in FILE with these parameters. Each time
 * it must either be refused with ERROR (default ENOMEM), and nothing is left behind, and it
 * succeeds when it is tried again; or succeed as if nothing had failed; or succeed with other
 * probes, which observe the same, or of which "probes" says why a class is unavailable.
 *
 * KNOB is a file: the number that is written there is that of the step that fails, of those
 * that this task takes from then on; it reads 0 when that was reached. By default it is
 * /proc/self/fail-nth (CONFIG_FAULT_INJECTION). -n tries one step only, for a look at it; -s
 * every so many.
 *
 * Exits with 0, 1 if something was wrong, 2 if it could not be tried.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <pfclass.h>

#include "../lib/files.h"
#include "../lib/stats.h"

#define NAME		"pfclass"
#define DEBUGFS		"/sys/kernel/debug/"
#define WATCH		"failing"
#define MAX_STEPS	1000000

static int ko, knob;
static const char *parameters, *action_name;
static char text[1 << 16];

/* ---- actions: 0, or an errno ----------------------------------------------------------- */

static int do_load(void)
{
	return syscall(SYS_finit_module, ko, parameters, 0) ? errno : 0;
}

static int do_unload(void)
{
	return syscall(SYS_delete_module, NAME, O_NONBLOCK) ? errno : 0;
}

static int command(const char *file, const char *what)
{
	return -pfc_write(pfc_path(file), what);
}

static int do_enable(void)
{
	return command(PFC_FILE_ENABLED, "1");
}

static int do_disable(void)
{
	return command(PFC_FILE_ENABLED, "0");
}

static int do_watch(void)
{
	return command(PFC_FILE_WATCHES, "add " WATCH " tgid=1,2,3 comm=sh addr=0x1000-0x2000");
}

static int do_unwatch(void)
{
	return command(PFC_FILE_WATCHES, "remove " WATCH);
}

static int do_filter(void)
{
	return command(PFC_FILE_FILTER, "tgid=1 cgroup=/");
}

static int do_unfilter(void)
{
	return command(PFC_FILE_FILTER, "clear");
}

static int do_reset(void)
{
	return command(PFC_FILE_RESET, "1");
}

static int do_read(void)
{
	static const char * const files[] = {
		PFC_FILE_STATS, PFC_FILE_PERCPU, PFC_FILE_CGROUPS, PFC_FILE_PROBES,
		PFC_FILE_LATENCY, PFC_FILE_ENABLED, PFC_FILE_FILTER, PFC_FILE_WATCHES,
	};
	char path[PFC_PATH_MAX];
	unsigned int i;
	ssize_t len;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "/proc/" PFC_DIR "/%s", files[i]);
		len = pfc_read(pfc_path(files[i]), text, sizeof(text));
		if (len >= 0)
			len = pfc_read(path, text, sizeof(text));
		if (len < 0)
			return -len;
	}
	return 0;
}

static int do_nothing(void)
{
	return 0;
}

static const struct action {
	const char *name;
	int (*act)(void);
	int (*undo)(void);
} actions[] = {
	{ "load",	do_load,	do_unload },
	{ "unload",	do_unload,	do_load },
	{ "enable",	do_enable,	do_disable },
	{ "disable",	do_disable,	do_enable },
	{ "watch",	do_watch,	do_unwatch },
	{ "unwatch",	do_unwatch,	do_watch },
	{ "filter",	do_filter,	do_unfilter },
	{ "unfilter",	do_unfilter,	do_filter },
	{ "reset",	do_reset,	do_nothing },
	{ "read",	do_read,	do_nothing },
};

/* ---- what there is to see of the module ----------------------------------------------- */

struct state {
	char files[1 << 14];	/* their names; and the settings */
	char probes[1 << 15];	/* kprobes, and the functions that ftrace patches */
	char events[1 << 12];	/* the kernel makes what it can of them, and goes on */
	char lacks[1 << 14];	/* keys of "stats" that are unavailable */
};

static void __attribute__((format(printf, 3, 4)))
append(char *to, size_t size, const char *format, ...)
{
	size_t len = strlen(to);
	va_list args;

	va_start(args, format);
	if ((size_t)vsnprintf(to + len, size - len, format, args) >= size - len) {
		fprintf(stderr, "failing: a buffer is too small\n");
		exit(2);
	}
	va_end(args);
}

static void add_files(char *to, size_t size, const char *path)
{
	char below[PFC_PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(path);

	append(to, size, "%s%s\n", path, dir ? "/" :
	       access(path, F_OK) ? " (none)" : "");
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%.200s/%.50s", path, entry->d_name);
		add_files(to, size, below);
	}
	if (dir)
		closedir(dir);
}

static void add_setting(struct state *s, const char *file)
{
	if (pfc_read(pfc_path(file), text, sizeof(text)) >= 0)
		append(s->files, sizeof(s->files), "%s: %s\n", file, text);
}

/* The lines, each up to a character: what follows it are addresses of the module. */
static void add_probes(struct state *s, const char *path, char end)
{
	char *line, *save;

	if (pfc_read(path, text, sizeof(text)) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		line[strcspn(line, (char []){ end, 0 })] = 0;
		append(s->probes, sizeof(s->probes), "%s\n", line);
	}
}

static void add_lacks(struct state *s)
{
	char *line, *save;

	if (pfc_read(pfc_path(PFC_FILE_STATS), text, sizeof(text)) < 0)
		return;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, " " PFC_UNAVAILABLE))
			append(s->lacks, sizeof(s->lacks), "%s\n", line);
}

static void look(struct state *s)
{
	static char path[PFC_PATH_MAX];
	const char *tracefs = pfc_tracefs();

	memset(s, 0, sizeof(*s));
	add_lacks(s);
	add_files(s->files, sizeof(s->files), DEBUGFS PFC_DIR);
	add_files(s->files, sizeof(s->files), "/proc/" PFC_DIR);
	/* It has many more. */
	append(s->files, sizeof(s->files), "module %d\n", !access("/sys/module/" NAME, F_OK));
	if (tracefs) {
		snprintf(path, sizeof(path), "%s/events/" NAME, tracefs);
		add_files(s->events, sizeof(s->events), path);
		snprintf(path, sizeof(path), "%s/enabled_functions", tracefs);
		add_probes(s, path, ')');
	}
	add_setting(s, PFC_FILE_ENABLED);
	add_setting(s, PFC_FILE_FILTER);
	add_setting(s, PFC_FILE_WATCHES);
	add_probes(s, DEBUGFS "kprobes/list", '\n');
}

/* Whether there is a row of what is unavailable, with its reason. */
static bool says_why(void)
{
	return pfc_read(pfc_path(PFC_FILE_PROBES), text, sizeof(text)) > 0 &&
	       strstr(text, " " PFC_UNAVAILABLE " - - off - - ");
}

/* ---- trying ------------------------------------------------------------------------------ */

static struct state before, after, now;
static unsigned int nr_bad;

static void __attribute__((format(printf, 2, 3)))
bad(unsigned int step, const char *format, ...)
{
	va_list args;

	printf("# %s, step %u: ", action_name, step);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	nr_bad++;
}

/* The first line in which two texts differ. */
static void differ(unsigned int step, const char *what, const char *want, const char *got)
{
	size_t line = 0, i;

	for (i = 0; want[i] && want[i] == got[i]; i++)
		if (want[i] == '\n')
			line = i + 1;
	bad(step, "%s: '%.*s' instead of '%.*s'", what, (int)strcspn(got + line, "\n"), got + line,
	    (int)strcspn(want + line, "\n"), want + line);
}

static bool is_state(unsigned int step, const char *what, const struct state *want)
{
	look(&now);
	if (strcmp(want->files, now.files))
		differ(step, what, want->files, now.files);
	else if (strcmp(want->lacks, now.lacks))
		differ(step, what, want->lacks, now.lacks);
	else if (strcmp(want->probes, now.probes))
		differ(step, what, want->probes, now.probes);
	else if (want == &before && strcmp(want->events, now.events))
		differ(step, what, want->events, now.events);
	else
		return true;
	return false;
}

static void set_knob(unsigned int n)
{
	char number[16];

	snprintf(number, sizeof(number), "%u", n);
	if (pwrite(knob, number, strlen(number), 0) != (ssize_t)strlen(number)) {
		perror("failing: the knob");
		exit(2);
	}
}

/* How many steps are missing to the one that fails; none fails from now on. */
static unsigned int missing(void)
{
	char number[16] = "";

	if (pread(knob, number, sizeof(number) - 1, 0) <= 0) {
		perror("failing: the knob");
		exit(2);
	}
	set_knob(0);
	return atoi(number);
}

static void undo(const struct action *a, unsigned int step)
{
	int err = a->undo();

	if (err)
		bad(step, "cannot be undone: %s", strerror(err));
	is_state(step, "after it was undone", &before);
}

static void try_again(const struct action *a, unsigned int step)
{
	int err = a->act();

	if (err) {
		bad(step, "tried again: %s", strerror(err));
		return;
	}
	is_state(step, "tried again", &after);
	undo(a, step);
}

/* How many steps there are when none fails. */
static unsigned int count_steps(const struct action *a)
{
	unsigned int left;
	int err;

	set_knob(MAX_STEPS);
	err = a->act();
	left = missing();
	if (err)
		bad(0, "%s", strerror(err));
	else
		undo(a, 0);
	return MAX_STEPS - left;
}

static int try(const struct action *a, unsigned int only, unsigned int stride, int expected)
{
	unsigned int n, tried = 0, refused = 0, harmless = 0, otherwise = 0, steps = count_steps(a);
	bool hit = true;
	int err;

	printf("# %s: %u steps\n", a->name, steps);
	for (n = only ? only : 1; hit && n < MAX_STEPS && nr_bad < 20; n += stride) {
		set_knob(n);
		err = a->act();
		hit = !missing();
		tried += hit;
		if (only)
			printf("# step %u%s: %s\n", n, hit ? "" : " is not reached", strerror(err));
		if (err) {
			refused++;
			if (!hit || err != expected)
				bad(n, "%s", strerror(err));
			if (!is_state(n, "after it was refused", &before))
				break;
			try_again(a, n);
		} else {
			look(&now);
			/* Without debugfs only what is lacking tells of other probes. */
			if ((strcmp(now.probes, after.probes) ||
			     (!*now.probes && strcmp(now.lacks, after.lacks))) &&
			    !strcmp(now.files, after.files) &&
			    (!strcmp(now.lacks, after.lacks) || says_why()))
				otherwise++;
			else if (is_state(n, "without an error", &after))
				harmless += hit;
			undo(a, n);
		}
		if (only)
			break;
	}
	printf("# %s: %u failed: %u refused, %u without an effect, %u with other probes\n",
	       a->name, tried, refused, harmless, otherwise);
	if (!tried)
		bad(n, "nothing failed");
	return nr_bad > 0;
}

static int usage(void)
{
	unsigned int i;

	fprintf(stderr, "Usage, as root: failing [-n STEP | -s STRIDE] [-e ERROR] [-k KNOB] FILE "
		"PARAMETERS ACTION; the actions:");
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		fprintf(stderr, " %s", actions[i].name);
	fputc('\n', stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const char *knob_path = "/proc/self/fail-nth";
	const struct action *a = NULL;
	int opt, expected = ENOMEM, status;
	unsigned int i, only = 0, stride = 1;

	while ((opt = getopt(argc, argv, "n:s:e:k:")) != -1) {
		switch (opt) {
		case 'n':
			only = atoi(optarg);
			break;
		case 's':
			stride = atoi(optarg);
			break;
		case 'e':
			expected = atoi(optarg);
			break;
		case 'k':
			knob_path = optarg;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 3 || !stride)
		return usage();
	ko = open(argv[optind], O_RDONLY | O_CLOEXEC);
	knob = open(knob_path, O_RDWR | O_CLOEXEC);
	parameters = argv[optind + 1];
	action_name = argv[optind + 2];
	for (i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].name, action_name))
			a = &actions[i];
	if (ko < 0 || knob < 0 || !a)
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	/*
	 * What this process itself takes of memory is there. What insmod maps is not: it takes
	 * faults there to see whether its probes fire.
	 */
	if (mlockall(MCL_CURRENT))
		perror("failing: mlockall");
	if (a->act != do_load && do_load()) {
		perror("failing: the module does not load");
		return 2;
	}
	/* As it is when nothing fails. A part of it stays: what the kernel does only once. */
	for (i = 0; i < 2; i++) {
		if (i == 0 && a->undo != do_nothing && a->act != do_load)
			a->undo();
		look(&before);
		status = a->act();
		look(&after);
		if (!status)
			status = a->undo();
		if (status) {
			fprintf(stderr, "failing: %s: %s\n", a->name, strerror(status));
			return 2;
		}
	}
	status = is_state(0, "undone", &before) ? try(a, only, stride, expected) : 1;
	if (a->act != do_load && do_unload())
		perror("failing: the module cannot be unloaded");
	return status;
}
