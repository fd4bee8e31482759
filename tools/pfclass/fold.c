// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass fold: a recording as lines "FRAME;FRAME;... WEIGHT", from which flamegraph.pl and
 * speedscope draw a flame graph.
 */
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/output.h"
#include "lib/recording.h"

/* The function that the module observes: what it calls is the module and the probe. */
#define INNERMOST	"handle_mm_fault"

static const char doc[] =
	"Print the stacks of a recording of the module's event, for a flame graph: lines "
	"\"COMM;CLASS;REFINEMENT;FRAMES N\". FILE is perf.data or trace.dat, or what perf "
	"script or trace-cmd report print or tracefs has in its file trace (default: that, "
	"from standard input)."
	"\v"
	"Needs no module. If the recording has pfclass:fault, the events of single classes "
	"are left out: they are the same faults.\n"
	"\n"
	"EXAMPLES\n"
	"  perf record -g -e pfclass:fault -a sleep 10\n"
	"  pfclass fold perf.data | flamegraph.pl > faults.svg\n"
	"  perf script | pfclass fold --ns > faults.folded    open it in speedscope\n";

struct input {
	struct pfc_options *options;
	const char *path;
	bool ns;
};

/**
 * struct stack - lines that are equal but for their weight
 * @text: the frames
 * @weight: the sum, for pfclass:fault and for the events of single classes
 * @faults: the same in events
 */
struct stack {
	char *text;
	uint64_t weight[2];
	uint64_t faults[2];
};

/**
 * struct folded - all lines
 * @root: a tree of struct stack, by their text
 * @events: events of pfclass:fault, and of single classes
 * @ns: nanoseconds of all of them
 * @by_ns: a line's weight is nanoseconds, not events
 */
struct folded {
	void *root;
	uint64_t events[2];
	uint64_t ns;
	bool by_ns;
};

static const struct argp_option fold_options[] = {
	{ "ns", 'n', NULL, 0, "Weigh faults by their nanoseconds (latency=1), not by number", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'n':
		input->ns = true;
		return 0;
	case ARGP_KEY_ARG:
		pfc_parse_path(state, arg, &input->path);
		return 0;
	case ARGP_KEY_END:
		if (input->options->json)
			argp_error(state, "-j: fold has a format of its own");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = fold_options,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = doc,
	.children = pfc_common_children,
};

static int compare(const void *a, const void *b)
{
	const struct stack *x = a, *y = b;

	return strcmp(x->text, y->text);
}

/* Frames inside the observed function are the observer's. */
static size_t first_frame(const struct pfc_event *event)
{
	const size_t len = strlen(INNERMOST);
	size_t i;

	for (i = 0; i < event->nr_frames; i++)
		if (!strncmp(event->frames[i], INNERMOST, len) &&
		    (!event->frames[i][len] || event->frames[i][len] == '.'))
			return i;
	return 0;
}

/* A semicolon separates frames. */
static void put_frame(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc(*text == ';' ? ':' : *text, out);
}

static char *fold(const struct pfc_event *event)
{
	const size_t first = first_frame(event);
	char *text = NULL;
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		pfc_out_of_memory();
	put_frame(out, event->comm);
	fprintf(out, ";%s", event->class);
	if (strcmp(event->refinement, "-"))
		fprintf(out, ";%s", event->refinement);
	for (i = event->nr_frames; i > first; i--) {
		fputc(';', out);
		put_frame(out, event->frames[i - 1]);
	}
	if (ferror(out) || fclose(out))
		pfc_out_of_memory();
	return text;
}

static void add(const struct pfc_event *event, void *to)
{
	struct folded *folded = to;
	struct stack key = { .text = fold(event) }, **found, *stack;

	found = tsearch(&key, &folded->root, compare);
	if (!found)
		pfc_out_of_memory();
	if (*found == &key) {
		*found = pfc_alloc(NULL, 1, sizeof(key));
		**found = key;
	} else {
		free(key.text);
	}
	stack = *found;
	stack->faults[event->single]++;
	stack->weight[event->single] += folded->by_ns ? event->ns : 1;
	folded->events[event->single]++;
	folded->ns += event->ns;
}

static void print(const void *node, VISIT visit, void *closure)
{
	const struct stack *stack = *(struct stack *const *)node;
	const bool single = *(const bool *)closure;

	if ((visit == postorder || visit == leaf) && stack->faults[single])
		printf("%s %" PRIu64 "\n", stack->text, stack->weight[single]);
}

static void free_stack(void *node)
{
	struct stack *stack = node;

	free(stack->text);
	free(stack);
}

/**
 * pfc_cmd_fold() - the subcommand "fold"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_fold(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct folded folded = { 0 };
	bool single;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	folded.by_ns = input.ns;
	ret = pfc_read_recording(input.path, add, &folded);
	if (!ret && input.ns && !folded.ns) {
		pfc_error("no event has a duration; record with the module loaded with latency=1");
		ret = PFC_EXIT_NO_LATENCY;
	}
	single = !folded.events[0];
	if (!ret) {
		twalk_r(folded.root, print, &single);
		ret = pfc_flush();
	}
	tdestroy(folded.root, free_stack);
	return ret;
}
