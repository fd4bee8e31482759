// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: print the counters once, at intervals, or around a command. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/output.h"
#include "stat.h"

static const char doc[] =
	"Show how many faults of each class the kernel handled since the module was "
	"loaded or the counters were reset; with INTERVAL, in each interval; with CMD, "
	"those of CMD and all its descendants."
	"\v"
	"INTERVAL is in seconds and may have a fraction. Each line counts one "
	"interval, including the first. The output ends after COUNT lines, or at ^C.\n"
	"\n"
	"CMD is counted from its start to its end, in a control group of its own. The "
	"result goes to standard error or to FILE. The exit status is that of CMD, or "
	"125 if pfclass fails, 126 if CMD cannot be run, 127 if it is not found. "
	"Any number may run at once, up to the module's parameter watches=.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass stat                 a row for each class, since the last reset\n"
	"  pfclass stat -v              including refinements that are zero\n"
	"  pfclass stat 1               a line each second\n"
	"  pfclass stat 0.5 10          ten lines, half a second each\n"
	"  pfclass stat --percpu        a row for each CPU\n"
	"  pfclass stat --per-cgroup 1  a row for each control group, each second\n"
	"  pfclass stat -- make -j4     the faults of a command and its children\n"
	"  pfclass stat 1 -- make -j4   the same, a line each second\n"
	"  pfclass stat -p 1234         the faults of a process until ^C or its end\n"
	"  pfclass stat -j | jq '.classes.wp'\n"
	"  pfclass stat -j 1            a JSON object on a line each second\n"
	"  pfclass stat -x,             VALUE,KEY,PERCENT for a spreadsheet\n";

static bool is_scoped(const struct stat_input *input)
{
	return input->scope.command || input->scope.pid;
}

static const struct argp_option stat_options[] = {
	{ "verbose", 'v', NULL, 0, "Include refinements that are zero or unavailable", 0 },
	{ "separator", 'x', "SEP", 0, "Print VALUE SEP KEY SEP PERCENT for each counter", 0 },
	{ "percpu", 'P', NULL, 0, "Print a row for each CPU that handled a fault", 0 },
	{ "per-cgroup", 'C', NULL, 0, "Print a row for each control group that faulted", 0 },
	{ "pid", 'p', "PID", 0, "Count only the process PID, until ^C or its end", 0 },
	{ "watch", 'w', "NAME", 0, "Show the counters of the watch NAME", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct stat_input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'p':
		input->scope.pid = pfc_parse_pid(state, arg);
		return 0;
	case 'o':
		input->output = arg;
		return 0;
	case 'w':
		input->watch = arg;
		return 0;
	case 'v':
		input->verbose = true;
		return 0;
	case 'x':
		if (!*arg)
			argp_error(state, "-x takes a separator, for example: -x,");
		input->separator = arg;
		return 0;
	case 'P':
		input->rows = &pfc_rows_percpu;
		return 0;
	case 'C':
		input->rows = &pfc_rows_cgroups;
		return 0;
	case ARGP_KEY_ARG:
		if (!pfc_parse_command(state, &input->scope.command))
			pfc_parse_intervals(state, arg, &input->interval, &input->count);
		input->repeat = input->interval;
		input->counted = input->count;
		return 0;
	case ARGP_KEY_END:
		pfc_check_scope(state, input->scope.command, input->scope.pid, input->watch,
				input->counted);
		if (input->separator && input->options->json)
			argp_error(state, "-j and -x exclude each other");
		if (input->rows == &pfc_rows_cgroups && (is_scoped(input) || input->watch))
			argp_error(state, "-C shows all faults, not those of a command, -p or -w");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = stat_options,
	.parser = parse_option,
	.args_doc = "[INTERVAL [COUNT]]\n[INTERVAL] -- CMD [ARG...]",
	.doc = doc,
	.children = pfc_common_children,
};

static int print(const struct stat_input *input, struct stat_lines *lines,
		 const struct sample *sample)
{
	if (input->options->json)
		stat_print_json(input, sample);
	else if (input->separator)
		stat_print_cells(input, sample);
	else if (input->rows)
		stat_print_rows(input, sample);
	else if (input->repeat)
		stat_print_line(input, lines, sample);
	else
		stat_print_table(input, sample);
	if (input->repeat && input->rows && !input->options->json &&
	    !input->separator)
		putchar('\n');
	return pfc_flush();
}

/* Returns false when the scope has ended, or interrupted. */
static bool wait_until(struct stat_input *input, uint64_t when)
{
	return is_scoped(input) ? pfc_scope_wait(&input->scope, when) :
				    pfc_sleep_until(when);
}

/* Redirect standard output; a command that runs already keeps the old one. */
static int redirect(const struct stat_input *input)
{
	int fd = STDERR_FILENO;

	if (!input->output && !input->scope.command)
		return PFC_EXIT_OK;
	if (input->output) {
		fd = open(input->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0) {
			pfc_error("cannot write %s: %s; name another file", input->output,
				  strerror(errno));
			return PFC_EXIT_FAILURE;
		}
	}
	fflush(stdout);
	if (dup2(fd, STDOUT_FILENO) < 0)
		return PFC_EXIT_FAILURE;
	if (fd != STDERR_FILENO)
		close(fd);
	return PFC_EXIT_OK;
}

/* Print what is counted in each interval, or until the scope ends. */
static int repeat(struct pfc_reader *reader, struct stat_input *input)
{
	struct stat_lines lines = { .printed = 0 };
	struct sample then, next, diff;
	uint64_t start, when, done;
	bool more = true;
	int ret;

	if (!is_scoped(input))
		pfc_catch_interrupts();
	ret = stat_read(reader, input, &then);
	if (ret)
		return ret;
	ret = pfc_scope_start(&input->scope);
	if (!ret)
		ret = redirect(input);
	start = then.since;
	when = input->repeat ? start : 0;
	for (done = 0; !ret && more && (!input->counted || done < input->count); done++) {
		/* Skip intervals that have passed already (suspend). */
		while (when && when <= then.since)
			when += input->interval;
		more = wait_until(input, when);
		/* The last line of a scope counts the rest. */
		if (!more && !is_scoped(input))
			break;
		ret = stat_read(reader, input, &next);
		if (ret)
			break;
		stat_copy(&diff, &next);
		stat_subtract(&diff, &then, start);
		if (diff.reset && !input->options->json)
			pfc_error("the counters were reset, or the module was reloaded: the next "
				  "line counts since then");
		ret = print(input, &lines, &diff);
		stat_free(&diff);
		stat_free(&then);
		then = next;
	}
	stat_free(&then);
	return ret;
}

static int run_scope(struct pfc_reader *reader, struct stat_input *input)
{
	int ret = pfc_scope_open(&input->scope, reader);

	if (!ret)
		ret = repeat(reader, input);
	pfc_scope_close(&input->scope, reader);
	return ret;
}

static int run(struct stat_input *input)
{
	struct pfc_reader reader;
	struct sample sample;
	int ret;

	ret = pfc_module_open(&reader, input->options->debugfs);
	if (!ret)
		ret = pfc_use_watch(&reader, input->watch);
	if (ret)
		return ret;
	if (is_scoped(input))
		return run_scope(&reader, input);
	if (input->repeat)
		return repeat(&reader, input);
	ret = stat_read(&reader, input, &sample);
	if (!ret)
		ret = redirect(input);
	if (ret)
		return ret;
	ret = print(input, NULL, &sample);
	stat_free(&sample);
	return ret;
}

/**
 * pfc_cmd_stat() - the subcommand "stat"
 * @argc: the arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit; with a command that ran, the status of
 * the command.
 */
int pfc_cmd_stat(int argc, char **argv, struct pfc_options *options)
{
	struct stat_input input = { .options = options };
	int ret;

	pfc_usage_around_command(argc, argv);
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = run(&input);
	if (!input.scope.command)
		return ret;
	return ret ? pfc_exit_around_command(ret) : input.scope.status;
}
