// SPDX-License-Identifier: GPL-2.0
/* pfclass top: show who takes faults now, like top(1). */
#include <inttypes.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/output.h"
#include "top.h"

static const char doc[] =
	"Show which processes take faults, by class, in faults per second, until q or ^C. The module's "
	"trace event is counted by a histogram in an instance of tracefs that goes with this "
	"program: what others count or trace does not change. With FILE, show the histogram that it "
	"holds (a file \"hist\" of the event pfclass:fault with the keys " PFC_HIST_FAULTS ")."
	"\v"
	"Keys: h shows them.\n"
	"\n"
	"A filter is COLUMN=PATTERN for pid, user, command and cgroup, or COLUMN=N, COLUMN<N, "
	"COLUMN>N for faults and the classes. All must hold.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass top\n"
	"  pfclass top -g command -s wp           who copies on write?\n"
	"  pfclass top -c swap,numa -f user=www-data\n"
	"  pfclass top -b -n 1 -d 10              a table of ten seconds\n"
	"  pfclass top -b -t -f pid=1234          counts of a process since the start\n"
	"  pfclass top -j -n 1 | jq '.rows[0]'\n";

static const struct argp_option top_options[] = {
	{ "batch", 'b', NULL, 0, "Print tables, and read no keys", 0 },
	{ "iterations", 'n', "N", 0, "End after N intervals", 0 },
	{ "delay", 'd', "SECONDS", 0, "Read every so often (default: 3)", 0 },
	{ "group", 'g', "WHAT", 0, "A row is a process, command, user or cgroup", 0 },
	{ "sort", 's', "COLUMN", 0, "Sort by COLUMN (default: faults)", 0 },
	{ "reverse", 'r', NULL, 0, "Reverse the order", 0 },
	{ "total", 't', NULL, 0, "Show counts since the start", 0 },
	{ "classes", 'c', "CLASS,...", 0, "Count only these classes", 0 },
	{ "filter", 'f', "FILTER", 0, "Show only rows for which FILTER holds", 0 },
	{ 0 }
};

/* An option that takes a word. */
static void take(const struct argp_state *state, struct top_input *input, const char *arg,
		 char *(*set)(struct top_input *input, const char *text))
{
	char *error = set(input, arg);

	if (error)
		argp_error(state, "%s", error);
	free(error);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct top_input *input = state->input;
	char *end;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'b':
		input->batch = true;
		return 0;
	case 'n':
		errno = 0;
		input->count = strtoumax(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end || errno || !input->count)
			argp_error(state, "-n takes a number from 1, not \"%s\"", arg);
		return 0;
	case 'd':
		take(state, input, arg, top_set_interval);
		return 0;
	case 'g':
		take(state, input, arg, top_set_group);
		return 0;
	case 's':
		take(state, input, arg, top_set_sort);
		return 0;
	case 'r':
		input->reverse = true;
		return 0;
	case 't':
		input->total = true;
		return 0;
	case 'c':
		take(state, input, arg, top_set_classes);
		return 0;
	case 'f':
		take(state, input, arg, top_add_filter);
		return 0;
	case ARGP_KEY_ARG:
		pfc_parse_path(state, arg, &input->file);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = top_options,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = doc,
	.children = pfc_common_children,
};

static struct top top;

/* Also when memory is out. */
static void clean_up(void)
{
	top_close(&top);
}

static int print_batch(void)
{
	const struct top_input *input = top.input;
	struct top_layout layout = { .nr = 0 };
	int ret = PFC_EXIT_OK;
	uint64_t done;

	for (done = 0; !ret && (!input->count || done < input->count); done++) {
		if (!pfc_sleep_until(top.when + input->interval))
			break;
		ret = top_read(&top);
		if (!ret)
			ret = top_print(&top, &layout);
	}
	return ret;
}

static int run(struct top_input *input)
{
	int ret;

	if (!input->batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		pfc_error("standard input and output are no terminal; to print tables: -b");
		return PFC_EXIT_USAGE;
	}
	top.input = input;
	pfc_catch_interrupts();
	/* Whoever reads the tables may go first. */
	signal(SIGPIPE, SIG_IGN);
	atexit(clean_up);
	ret = top_open(&top);
	if (ret)
		return ret;
	return input->batch ? print_batch() : top_screen(&top);
}

/**
 * pfc_cmd_top() - the subcommand "top"
 * @argc: the arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_top(int argc, char **argv, struct pfc_options *options)
{
	static struct top_input input = {
		.interval = 3 * PFC_NSEC,
		.by = TOP_PID,
		.sort = TOP_FAULTS,
	};

	input.options = options;
	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	input.batch |= options->json;
	return run(&input);
}
