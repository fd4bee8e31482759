// SPDX-License-Identifier: GPL-2.0
/* pfclass heatmap: a recording as a picture: where or how long, by time, coloured by class. */
#include <string.h>

#include "../../include/uapi/pfclass.h"
#include "cmd.h"
#include "lib/output.h"
#include "lib/picture.h"
#include "lib/recording.h"

#define OTHER		PFC_NR_CLASSES	/* a class that is newer than this tool */

static const char doc[] =
	"Plot the faults of a recording of the module's event with gnuplot: their address by "
	"time, or with --latency how long they took by time, coloured by class. FILE is "
	"perf.data or trace.dat, or what perf script or trace-cmd report print or tracefs has "
	"in its file trace (default: that, from standard input)."
	"\v"
	"Without -o the terminal shows a letter for each class. Addresses that nothing touched are "
	"left out: the rows are the touched pages (of 4K), in order; grey lines in a picture "
	"separate those that are far apart. Processes use the same addresses: -p selects one. "
	"Needs no module.\n"
	"\n"
	"EXAMPLES\n"
	"  perf record -e pfclass:fault -- make\n"
	"  pfclass heatmap perf.data                  in the terminal\n"
	"  pfclass heatmap -p 1234 -o 1234.png perf.data\n"
	"  perf script | pfclass heatmap -l -o latency.svg\n";

/* By class; colours that stay apart for those who see fewer of them. */
static const struct pfc_kind kinds[OTHER + 1] = {
	[PFC_ANON]	= { "anon", 'a', "#0072b2" },
	[PFC_WP]	= { "wp", 'w', "#d55e00" },
	[PFC_SWAP]	= { "swap", 's', "#cc79a7" },
	[PFC_NUMA]	= { "numa", 'n', "#8c8c00" },
	[PFC_AF]	= { "af", 'f', "#56b4e9" },
	[PFC_DIRTY]	= { "dirty", 'd', "#882255" },
	[PFC_SPURIOUS]	= { "spurious", 'p', "#999999" },
	[PFC_FILE]	= { "file", 'F', "#009e73" },
	[PFC_THP]	= { "thp", 't', "#332288" },
	[PFC_HUGETLB]	= { "hugetlb", 'h', "#e69f00" },
	[PFC_NONE]	= { "none", 'o', "#666666" },
	[PFC_ERROR]	= { "error", 'e', "#ff0000" },
	[OTHER]	= { "other", '?', "#000000" },
};

/**
 * struct input - the command line, and what is plotted
 * @options: the options before it
 * @path: the recording
 * @one_process: plot only that of @tgid
 * @tgid: the process
 * @pictures: of pfclass:fault, and of the events of single classes
 */
struct input {
	struct pfc_options *options;
	const char *path;
	bool one_process;
	unsigned int tgid;
	struct pfc_picture pictures[2];
};

static const struct argp_option heatmap_options[] = {
	{ "latency", 'l', NULL, 0, "Plot how long faults took (latency=1), not their address", 0 },
	{ "pid", 'p', "PID", 0, "Plot only the faults in the memory of process PID", 0 },
	PFC_PICTURE_OPTIONS,
	{ 0 }
};

static void parse_end(const struct argp_state *state, struct input *input)
{
	struct pfc_picture *picture = &input->pictures[0];

	if (input->options->json)
		argp_error(state, "-j: heatmap has a format of its own");
	pfc_picture_parse_end(picture);
	picture->kinds = kinds;
	picture->nr_kinds = OTHER + 1;
	input->pictures[1] = *picture;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'l':
		input->pictures[0].nanoseconds = true;
		return 0;
	case 'p':
		input->tgid = pfc_parse_pid(state, arg);
		input->one_process = true;
		return 0;
	case 'o':
		pfc_picture_parse_output(state, &input->pictures[0], arg);
		return 0;
	case 's':
		pfc_picture_parse_size(state, &input->pictures[0], arg);
		return 0;
	case ARGP_KEY_ARG:
		pfc_parse_path(state, arg, &input->path);
		return 0;
	case ARGP_KEY_END:
		parse_end(state, input);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = heatmap_options,
	.parser = parse_option,
	.args_doc = "[FILE]",
	.doc = doc,
	.children = pfc_common_children,
};

static void add(const struct pfc_event *event, void *to)
{
	struct input *input = to;
	struct pfc_picture *picture = &input->pictures[event->single];
	size_t class;

	if (input->one_process && event->tgid != input->tgid)
		return;
	/* A fault that was not measured. */
	if (picture->nanoseconds && !event->ns)
		return;
	for (class = 0; class < OTHER; class++)
		if (!strcmp(event->class, kinds[class].name))
			break;
	pfc_picture_add(picture, event->when, event->when,
			picture->nanoseconds ? event->ns : event->address, class);
}

static int draw(struct input *input)
{
	/* The events of single classes are the same faults as those of pfclass:fault. */
	struct pfc_picture *picture = &input->pictures[input->pictures[0].nr ? 0 : 1];

	if (picture->nr)
		return pfc_picture_draw(picture);
	if (picture->nanoseconds) {
		pfc_error("no event%s has a duration; record with the module loaded with latency=1",
			  input->one_process ? " of that process" : "");
		return PFC_EXIT_NO_LATENCY;
	}
	pfc_error("no event is of process %u", input->tgid);
	return PFC_EXIT_NO_PROCESS;
}

/**
 * pfc_cmd_heatmap() - the subcommand "heatmap"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_heatmap(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_read_recording(input.path, add, &input);
	if (!ret)
		ret = draw(&input);
	pfc_picture_free(&input.pictures[0]);
	pfc_picture_free(&input.pictures[1]);
	return ret;
}
