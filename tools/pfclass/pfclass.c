// SPDX-License-Identifier: GPL-2.0
/* pfclass: run a subcommand. What they share of the command line is here. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/uapi/pfclass.h"
#include "cmd.h"

#define SHORTEST	0.001		/* seconds */
#define LONGEST		1e6

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv, struct pfc_options *options);
} commands[] = {
	{ "stat", pfc_cmd_stat },
	{ "verify", pfc_cmd_verify },
	{ "list", pfc_cmd_list },
	{ "latency", pfc_cmd_latency },
	{ "wss", pfc_cmd_wss },
	{ "prometheus", pfc_cmd_prometheus },
	{ "probes", pfc_cmd_probes },
	{ "fold", pfc_cmd_fold },
	{ "heatmap", pfc_cmd_heatmap },
	{ "reset", pfc_cmd_control },
	{ "enable", pfc_cmd_control },
	{ "disable", pfc_cmd_control },
	{ "filter", pfc_cmd_control },
	{ "watch", pfc_cmd_control },
#ifdef PFC_TOP
	{ "top", pfc_cmd_top },
#endif
#ifdef PFC_LOCATE
	{ "locate", pfc_cmd_locate },
#endif
};

static const char doc[] =
	"Tell which kinds of page fault the kernel handled."
	"\v"
	"Commands:\n"
	"  stat [INTERVAL [COUNT]]  print the counters, or their growth\n"
	"  stat -- CMD [ARG...]     run a command and count its faults\n"
	"  verify [INTERVAL]        compare the counters with the kernel's own\n"
	"  verify -- CMD [ARG...]   the same for the faults of a command\n"
	"  list [PATTERN|CLASS]     print every key and its meaning\n"
	"  latency [INTERVAL]       print how long faults took\n"
	"  wss PID [INTERVAL]       print which memory a process touches\n"
	"  prometheus               print the counters for Prometheus\n"
	"  probes                   print every probe point, with its state\n"
#ifdef PFC_TOP
	"  top                      show who takes faults now, like top(1)\n"
#endif
	"  fold [FILE]              fold a recording's stacks for a flame graph\n"
	"  heatmap [FILE]           plot a recording's addresses or durations by time\n"
	"  reset                    reset all counters\n"
	"  enable, disable          arm, disarm every probe\n"
	"  filter [WORD...]         show, set which faults are counted\n"
	"  watch [WORD...]          list, add, remove observers beside others\n"
#ifdef PFC_LOCATE
	"  locate VMLINUX           find probe points in inlined functions\n"
#endif
	"'pfclass COMMAND --help' describes each.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass stat                 every class since the module was loaded\n"
	"  pfclass stat 1               a line each second\n"
	"  pfclass stat -- make -j4     the faults of a command and its children\n"
	"  pfclass stat -j | jq .classes.wp\n"
	"  pfclass latency -s 1         how long faults took in each second\n"
	"  pfclass list swap            the meaning of the keys of class swap\n"
	"  pfclass verify               whether the counters agree with the kernel's\n"
	"  pfclass prometheus           the counters as metrics\n"
	"  pfclass probes               why a class is unavailable\n";

static const struct argp_option common_options[] = {
	{ "json", 'j', NULL, 0, "Print JSON", 1 },
	{ "debugfs", 'D', "DIR", 0,
	  "Look for the module's files in DIR/pfclass only (default: in debugfs, then in "
	  "/proc)", 1 },
	{ 0 }
};

static error_t parse_common(int key, char *arg, struct argp_state *state)
{
	struct pfc_options *options = state->input;

	switch (key) {
	case 'j':
		options->json = true;
		return 0;
	case 'D':
		options->debugfs = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp common_argp = {
	.options = common_options,
	.parser = parse_common,
};

const struct argp_child pfc_common_children[] = { { .argp = &common_argp }, { 0 } };

struct input {
	struct pfc_options options;
	const struct command *command;
	int at;		/* the command's index in argv */
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;
	size_t i;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &input->options;
		return 0;
	case ARGP_KEY_ARG:
		for (i = 0; i < sizeof(commands) / sizeof(*commands); i++)
			if (!strcmp(commands[i].name, arg))
				input->command = &commands[i];
		if (!input->command)
			argp_error(state, "no command \"%s\"", arg);
		/* The command parses the rest. */
		input->at = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is missing, for example: pfclass stat");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/**
 * pfc_parse_interval() - parse seconds
 * @state: of the parser
 * @text: a number of seconds
 *
 * Return: nanoseconds; does not return if there is no such interval.
 */
uint64_t pfc_parse_interval(const struct argp_state *state, const char *text)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !(seconds >= SHORTEST) || seconds > LONGEST)
		argp_error(state, "INTERVAL is seconds from %g to %.0f, not \"%s\"",
			   SHORTEST, LONGEST, text);
	return (uint64_t)llround(seconds * 1e9);
}

/**
 * pfc_parse_intervals() - parse INTERVAL [COUNT]
 * @state: of the parser, at an argument
 * @text: the argument
 * @interval: set by the first one, to nanoseconds
 * @count: set by the second one
 *
 * Does not return from an argument that is wrong, or one too many.
 */
void pfc_parse_intervals(const struct argp_state *state, const char *text, uint64_t *interval,
			 uint64_t *count)
{
	char *end;

	errno = 0;
	switch (state->arg_num) {
	case 0:
		*interval = pfc_parse_interval(state, text);
		return;
	case 1:
		*count = strtoumax(text, &end, 10);
		if (*text < '0' || *text > '9' || *end || errno || !*count)
			argp_error(state, "COUNT is a number from 1, not \"%s\"", text);
		return;
	default:
		argp_error(state, "\"%s\" is one argument too many", text);
	}
}

/**
 * pfc_parse_pid() - parse a process ID
 * @state: of the parser
 * @text: the argument
 *
 * Return: the ID; does not return if it is none.
 */
int pfc_parse_pid(const struct argp_state *state, const char *text)
{
	uintmax_t pid;
	char *end;

	errno = 0;
	pid = strtoumax(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || !pid || pid > INT32_MAX)
		argp_error(state, "PID is a process ID, not \"%s\"", text);
	return pid;
}

/**
 * pfc_parse_path() - take the one file that there may be
 * @state: of the parser, at an argument
 * @text: the argument
 * @path: NULL, or the file that came before; set to @text
 *
 * Does not return if there is one already.
 */
void pfc_parse_path(const struct argp_state *state, const char *text, const char **path)
{
	if (*path)
		argp_error(state, "\"%s\" is one file too many", text);
	*path = text;
}

/**
 * pfc_parse_command() - take a command and its arguments, if they begin here
 * @state: of the parser, at an argument
 * @command: set to the command, which parses its arguments itself
 *
 * Return: true if the argument is behind "--".
 */
bool pfc_parse_command(struct argp_state *state, char ***command)
{
	if (!state->quoted || state->next <= state->quoted)
		return false;
	*command = state->argv + state->next - 1;
	state->next = state->argc;
	return true;
}

/**
 * pfc_need_command() - check that a command follows "--"
 * @state: of the parser, at the end
 * @command: from pfc_parse_command(), or NULL
 */
void pfc_need_command(const struct argp_state *state, char **command)
{
	if (state->quoted == state->argc && !command)
		argp_error(state, "the command after \"--\" is missing");
}

/**
 * pfc_check_scope() - check that what is to be counted is one thing
 * @state: of the parser, at the end
 * @command: from pfc_parse_command(), or NULL
 * @pid: of -p, or 0
 * @watch: of -w, or NULL
 * @counted: COUNT was given
 *
 * Does not return if it is not.
 */
void pfc_check_scope(const struct argp_state *state, char **command, int pid,
		     const char *watch, bool counted)
{
	pfc_need_command(state, command);
	if (command && pid)
		argp_error(state, "-p and a command exclude each other");
	if (watch && (command || pid))
		argp_error(state, "-w excludes -p and a command: they have a watch of their own");
	if (command && counted)
		argp_error(state, "a command excludes COUNT: its end is the end");
}

/**
 * pfc_usage_around_command() - set the exit status of wrong usage
 * @argc: the arguments, and their number
 * @argv: if one is "--", a command follows, and the statuses below 125 are its own
 */
void pfc_usage_around_command(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--"))
			argp_err_exit_status = PFC_EXIT_SELF;
}

/**
 * pfc_exit_around_command() - the exit status of a failure around a command
 * @status: an exit status of enum pfc_exit
 *
 * Return: a status that tells the failure from those of the command, as env(1) and
 * timeout(1) do.
 */
int pfc_exit_around_command(int status)
{
	return status == PFC_EXIT_NOT_RUN || status == PFC_EXIT_NOT_FOUND ? status :
									    PFC_EXIT_SELF;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.parser = parse_option,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = doc,
		.children = pfc_common_children,
	};
	struct input input = { 0 };
	char name[64];

	argp_program_version = "pfclass " PFC_VERSION;
	argp_err_exit_status = PFC_EXIT_USAGE;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input))
		return PFC_EXIT_USAGE;
	snprintf(name, sizeof(name), "pfclass %s", input.command->name);
	argv[input.at] = name;
	return input.command->run(argc - input.at, argv + input.at,
				  &input.options);
}
