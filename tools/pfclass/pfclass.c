// SPDX-License-Identifier: GPL-2.0
/* pfclass: read the counters of the pfclass module. */
#include "pfclass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"


static const struct command {
	const char *name;
	int (*run)(int argc, char **argv, struct pfc_options *options);
} commands[] = {
	{ "stat", pfc_cmd_stat },
	{ "latency", pfc_cmd_latency },
	{ "probes", pfc_cmd_probes },
	{ "reset", pfc_cmd_control },
	{ "enable", pfc_cmd_control },
	{ "disable", pfc_cmd_control },
	{ "filter", pfc_cmd_control },
#ifdef PFC_LOCATE
	{ "locate", pfc_cmd_locate },
#endif
};

static const char doc[] =
	"Tell which kinds of page fault the kernel handled."
	"\v"
	"Commands:\n"
	"  stat [INTERVAL [COUNT]]  the counters, or what they grow by\n"
	"  stat -- CMD [ARG...]     run a command and count its faults\n"
	"  latency                  how long faults took\n"
	"  probes                   where pfclass looks, and why not\n"
	"  reset                    let every counter begin at zero\n"
	"  enable, disable          arm, disarm every probe\n"
	"  filter [WORD...]         show, set which faults are counted\n"
#ifdef PFC_LOCATE
	"  locate VMLINUX           find the places of inlined functions\n"
#endif
	"'pfclass COMMAND --help' says more of each.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass stat                 every class since the module was loaded\n"
	"  pfclass stat 1               what happens, a line each second\n"
	"  pfclass stat -- make -j4     what a command and its children do\n"
	"  pfclass stat -j | jq .classes.wp\n"
	"  pfclass probes               why a class is unavailable\n";

static const struct argp_option common_options[] = {
	{ "json", 'j', NULL, 0, "Print JSON", 1 },
	{ "debugfs", 'D', "DIR", 0,
	  "Where debugfs is mounted (default: as /proc/mounts says)", 1 },
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

/* The options that every subcommand takes. */
const struct argp pfc_common_argp = {
	.options = common_options,
	.parser = parse_common,
};

struct input {
	struct pfc_options options;
	const struct command *command;
	int at;		/* the command's place in argv */
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
			argp_error(state, "there is no command \"%s\"", arg);
		/* What follows is the command's own to parse. */
		input->at = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is missing, for example: pfclass stat");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

int main(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ .argp = &pfc_common_argp }, { 0 }
	};
	static const struct argp argp = {
		.parser = parse_option,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = doc,
		.children = children,
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
