// SPDX-License-Identifier: GPL-2.0
#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../include/uapi/pfclass.h"
#include "exit.h"
#include "output.h"
#include "parse.h"
#include "spawn.h"

/* Binary recordings, and what prints them; the path is the last argument. */
static const struct format {
	const char *magic;
	const char *const command[5];
} formats[] = {
	{ "PERFILE2", { "perf", "script", "--no-inline", "-i" } },
	{ "\x17\x08\x44tracing", { "trace-cmd", "report", "-i" } },
};

/**
 * struct pending - the last event on a CPU, whose stack may follow
 * @event: the event; @line holds its texts, @frames those of its stack
 * @line: the event's own line; NULL: there is no event
 */
struct pending {
	struct pfc_event event;
	char *line;
};

/**
 * struct recording - the state of a reading
 * @take: called with each event
 * @to: its argument
 * @pending: by CPU
 * @nr_pending: CPUs seen so far
 * @stack: whose stack the next lines are; NULL: nobody's
 * @events: events taken
 * @garbled: lines with an event that make no sense
 * @lost: events that the tracer lost
 */
struct recording {
	void (*take)(const struct pfc_event *event, void *to);
	void *to;
	struct pending *pending;
	size_t nr_pending;
	struct pending *stack;
	uint64_t events;
	uint64_t garbled;
	uint64_t lost;
};

#define MOST_CPUS	65536
#define LONGEST_LINE	65536	/* what is longer is cut into lines that mean nothing */

static void finish(struct recording *r, struct pending *p)
{
	size_t i;

	if (!p->line)
		return;
	r->take(&p->event, r->to);
	r->events++;
	for (i = 0; i < p->event.nr_frames; i++)
		free(p->event.frames[i]);
	free(p->line);
	*p = (struct pending){ 0 };
	if (r->stack == p)
		r->stack = NULL;
}

static struct pending *pending_of(struct recording *r, unsigned long cpu)
{
	size_t i;

	if (cpu >= r->nr_pending) {
		const size_t at = r->stack ? r->stack - r->pending : 0;

		r->pending = pfc_alloc(r->pending, cpu + 1, sizeof(*r->pending));
		for (i = r->nr_pending; i <= cpu; i++)
			r->pending[i] = (struct pending){ 0 };
		r->nr_pending = cpu + 1;
		if (r->stack)
			r->stack = r->pending + at;
	}
	return &r->pending[cpu];
}

/* Whether "SECONDS:" follows, alone or after a word of flags. */
static bool is_before_time(const char *text)
{
	int words;

	for (words = 0; words < 2; words++) {
		text += strspn(text, " ");
		if (text[strspn(text, "0123456789.")] == ':')
			return *text != ':';
		text += strcspn(text, " ");
	}
	return false;
}

/*
 * The beginning of a line: COMM PID [CPU] of perf, COMM-PID [CPU] of tracefs and
 * trace-cmd. Finds the CPU, and cuts COMM off. The text after it is returned.
 */
static char *parse_task(char *line, unsigned long *cpu, char **comm)
{
	char *open = strstr(line, " ["), *end;

	/* A name may hold brackets, too. */
	while (open) {
		*cpu = strtoul(open + 2, &end, 10);
		if (end > open + 2 && *end == ']' && *cpu < MOST_CPUS && is_before_time(end + 1))
			break;
		open = strstr(open + 1, " [");
	}
	if (!open)
		return NULL;
	*comm = line + strspn(line, " ");
	while (open > *comm && open[-1] == ' ')
		open--;
	/* "(  123)": the process, with the option record-tgid. */
	if (open > *comm && open[-1] == ')') {
		while (open > *comm && *open != '(')
			open--;
		while (open > *comm && open[-1] == ' ')
			open--;
	}
	/* PID, and perf's PID/TID */
	while (open > *comm && strchr("0123456789/", open[-1]))
		open--;
	while (open > *comm && open[-1] == ' ')
		open--;
	if (open > *comm && *open != ' ' && open[-1] == '-')
		open--;
	*open = '\0';
	return end + 1;
}

/* The value of " KEY=" in @text; NULL without one. */
static const char *field(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; (text = strstr(text, key)); text += len)
		if (text[-1] == ' ' && text[len] == '=')
			return text + len + 1;
	return NULL;
}

static bool number_field(const char *text, const char *key, uint64_t *n)
{
	const char *value = field(text, key);
	char *end;

	if (!value)
		return false;
	errno = 0;
	*n = strtoull(value, &end, 0);
	return end > value && (*end == ' ' || !*end) && !errno;
}

/* "SECONDS.FRACTION" in nanoseconds. */
static bool parse_time(const char *text, uint64_t *when)
{
	uint64_t seconds, unit = 1000000000;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	seconds = strtoull(text, &end, 10);
	*when = seconds * unit;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
			unit /= 10;
			*when += (*end - '0') * unit;
		}
	return true;
}

/* The word that ends before @end; moves @end to its first character. */
static void word_before(char *begin, char **end)
{
	while (*end > begin && (*end)[-1] == ' ')
		(*end)--;
	while (*end > begin && (*end)[-1] != ' ')
		(*end)--;
}

/*
 * FLAGS TIME: EVENT: class=... What is not an event of the module's is no error.
 * Returns -1 if it is one but makes no sense.
 */
static int parse_event(char *text, struct pfc_event *event)
{
	char *fields = strstr(text, ": "), *name, *when;
	const char *class, *refinement;
	uint64_t tgid;

	while (fields && strncmp(fields + 2 + strspn(fields + 2, " "), "class=", 6))
		fields = strstr(fields + 1, ": ");
	if (!fields)
		return 0;
	class = field(fields, "class");
	refinement = field(fields, "refinement");
	if (!class || !refinement || !number_field(fields, "address", &event->address))
		return 0;
	name = fields;
	word_before(text, &name);
	when = name;
	word_before(text, &when);
	*fields = '\0';
	if (!strncmp(name, PFC_DIR ":", strlen(PFC_DIR ":")))
		name += strlen(PFC_DIR ":");
	event->single = strcmp(name, "fault") != 0;
	event->class = class;
	event->refinement = refinement;
	if (!parse_time(when, &event->when) || !number_field(fields + 1, "ns", &event->ns) ||
	    !number_field(fields + 1, "tgid", &tgid) || tgid > UINT32_MAX)
		return -1;
	event->tgid = tgid;
	((char *)class)[strcspn(class, " ")] = '\0';
	((char *)refinement)[strcspn(refinement, " ")] = '\0';
	return pfc_is_key(class) && (pfc_is_key(refinement) || !strcmp(refinement, "-")) ? 1 : -1;
}

/* Name a frame that has no symbol by its object: "/bin/sh)", "[kernel.kallsyms])". */
static char *object_name(const char *object)
{
	const char *slash = strrchr(object, '/');
	size_t len;

	object = slash ? slash + 1 : object + (*object == '[');
	len = strcspn(object, ")[]");
	return len ? pfc_format("[%.*s]", (int)len, object) : pfc_format("[unknown]");
}

/*
 * A frame: "ADDRESS SYMBOL+0xOFFSET (OBJECT)" of perf, "SYMBOL (ADDRESS)" of trace-cmd,
 * "SYMBOL", "OBJECT[+0xOFFSET]" or "<ADDRESS>" of tracefs.
 */
static char *parse_frame(char *text, bool perf)
{
	char *object, *end;

	if (perf) {
		strtoull(text, &end, 16);
		text = end + strspn(end, " ");
	}
	object = strrchr(text, '(');
	if (object && object > text && object[-1] == ' ')
		object[-1] = '\0';
	else
		object = NULL;
	if (perf && !strncmp(text, "[unknown]", 9))
		return object_name(object ? object + 1 : "");
	if (*text == '<' || !*text)
		return pfc_format("[unknown]");
	if (*text == '/' || strstr(text, "[+0x"))
		return object_name(text);
	end = strrchr(text, '+');
	if (end && end > text && !strncmp(end, "+0x", 3))
		*end = '\0';
	return pfc_format("%s", text);
}

static void add_frame(struct recording *r, char *text, bool perf)
{
	struct pfc_event *event = r->stack ? &r->stack->event : NULL;

	if (event && event->nr_frames < PFC_MOST_FRAMES)
		event->frames[event->nr_frames++] = parse_frame(text, perf);
}

/* The stack that tracefs writes after an event: "TASK [CPU] ...: <stack trace>". */
static bool begin_stack(struct recording *r, const char *line)
{
	char *copy, *comm;
	unsigned long cpu;

	if (!strstr(line, "<stack trace") && !strstr(line, "<user stack trace"))
		return false;
	copy = pfc_format("%s", line);
	r->stack = NULL;
	if (parse_task(copy, &cpu, &comm) && cpu < r->nr_pending && r->pending[cpu].line)
		r->stack = &r->pending[cpu];
	free(copy);
	return true;
}

static void parse_line(struct recording *r, char *line)
{
	struct pfc_event event = { 0 };
	unsigned long cpu, lost;
	char *text, *rest, *copy, *comm;
	struct pending *p;
	int found;

	text = line + strspn(line, " ");
	if (!*text) {
		r->stack = NULL;
		return;
	}
	if (!strncmp(text, "=>", 2)) {
		add_frame(r, text + 2 + strspn(text + 2, " "), false);
		return;
	}
	if (sscanf(line, "CPU:%*u [LOST %lu EVENTS]", &lost) == 1) {
		r->lost += lost;
		return;
	}
	if (begin_stack(r, line))
		return;
	copy = pfc_format("%s", line);
	rest = parse_task(copy, &cpu, &comm);
	if (!rest && *line == ' ')
		add_frame(r, text, true);
	else
		r->stack = NULL;
	found = rest ? parse_event(rest, &event) : 0;
	p = rest ? pending_of(r, cpu) : NULL;
	if (rest)
		finish(r, p);
	if (found > 0) {
		event.comm = comm;
		*p = (struct pending){ .event = event, .line = copy };
		r->stack = p;
		return;
	}
	r->garbled += found < 0;
	free(copy);
}

/* Keep control sequences away from the terminal. */
static void clean(char *line)
{
	char *tab;

	line[strcspn(line, "\n")] = '\0';
	while ((tab = strchr(line, '\t')))
		*tab = ' ';
	pfc_make_printable(line);
}

static void parse_all(struct recording *r, FILE *in)
{
	char line[LONGEST_LINE];
	size_t i;

	while (fgets(line, sizeof(line), in)) {
		clean(line);
		parse_line(r, line);
	}
	for (i = 0; i < r->nr_pending; i++)
		finish(r, &r->pending[i]);
	free(r->pending);
}

/* Returns what prints a binary recording, NULL for text. */
static const struct format *format_of(int fd)
{
	char magic[16] = "";
	size_t i;

	if (pread(fd, magic, sizeof(magic) - 1, 0) <= 0)
		return NULL;
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strncmp(magic, formats[i].magic, strlen(formats[i].magic)))
			return &formats[i];
	return NULL;
}

static void fill(char **argv, const struct format *format, const char *path)
{
	size_t i;

	for (i = 0; format->command[i]; i++)
		argv[i] = (char *)format->command[i];
	argv[i++] = (char *)path;
	argv[i] = NULL;
}

/* Start what prints the recording; its text comes from *@fd. */
static int start(char *const argv[], int *fd, pid_t *pid)
{
	int ends[2], ret;

	if (pipe2(ends, O_CLOEXEC)) {
		pfc_error("cannot make a pipe: %s", strerror(errno));
		return PFC_EXIT_FAILURE;
	}
	ret = pfc_spawn(argv, STDIN_FILENO, ends[1], pid);
	close(ends[1]);
	if (ret)
		close(ends[0]);
	else
		*fd = ends[0];
	return ret;
}

static int check(const struct recording *r, const char *path)
{
	if (r->lost)
		pfc_error("the tracer lost %" PRIu64 " events: what follows lacks them", r->lost);
	if (r->garbled) {
		pfc_error("%s: %" PRIu64 " lines with an event make no sense; is the recording "
			  "complete?", path, r->garbled);
		return PFC_EXIT_GARBLED;
	}
	if (!r->events) {
		pfc_error("%s holds no event of pfclass; record some: perf record -g -e "
			  "pfclass:fault -a", path);
		return PFC_EXIT_GARBLED;
	}
	return PFC_EXIT_OK;
}

/**
 * pfc_read_recording() - read the module's events
 * @path: a recording of perf or trace-cmd, or what they or tracefs print; NULL: the latter
 *	from standard input
 * @take: called with each event, which it must copy; in order of time on each CPU
 * @to: its second argument
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_FAILURE when it cannot
 * be read, PFC_EXIT_GARBLED when it has no events, or some that make no sense.
 */
int pfc_read_recording(const char *path, void (*take)(const struct pfc_event *event, void *to),
		       void *to)
{
	struct recording r = { .take = take, .to = to };
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	const struct format *format = path && fd >= 0 ? format_of(fd) : NULL;
	char *argv[sizeof(format->command) / sizeof(*format->command) + 1];
	int ret = PFC_EXIT_OK;
	pid_t pid = 0;
	FILE *in;

	path = path ? path : "standard input";
	if (format) {
		close(fd);
		fill(argv, format, path);
		ret = start(argv, &fd, &pid);
		if (ret)
			return ret;
	}
	in = fd < 0 ? NULL : fdopen(fd, "r");
	if (in)
		parse_all(&r, in);
	if (!in || ferror(in)) {
		pfc_error("cannot read %s: %s", path, strerror(errno));
		ret = PFC_EXIT_FAILURE;
	}
	if (in)
		fclose(in);
	else if (fd >= 0)
		close(fd);
	if (pid && !ret)
		ret = pfc_wait_for(argv, pid);
	return ret ? ret : check(&r, path);
}
