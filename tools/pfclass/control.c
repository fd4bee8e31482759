// SPDX-License-Identifier: GPL-2.0
/* pfclass reset, enable, disable, filter, watch: write the files of the same names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/output.h"
#include "lib/stats.h"

static const struct control {
	const char *name;
	const char *file;
	const char *text;	/* NULL: the arguments */
	const char *doc;
} controls[] = {
	{ "reset", PFC_FILE_RESET, "1\n", "Reset all counters." },
	{ "enable", PFC_FILE_ENABLED, "1\n", "Arm every probe." },
	{ "disable", PFC_FILE_ENABLED, "0\n",
	  "Disarm every probe: nothing is counted, and a fault costs nothing more." },
	{ "filter", PFC_FILE_FILTER, NULL,
	  "Show the filter, or set it: only faults that match every word are counted. The "
	  "filter matches the faulting task, not the owner of the memory."
	  "\v"
	  "Words:\n"
	  "  " PFC_FILTER_TGID "N[,N...]     only the processes with these IDs, up to 8\n"
	  "  " PFC_FILTER_PID "N[,N...]      only the threads with these IDs, up to 8\n"
	  "  " PFC_FILTER_COMM "NAME         only threads of this name (/proc/PID/comm)\n"
	  "  " PFC_FILTER_CGROUP "PATH       only processes in this control group\n"
	  "  " PFC_FILTER_ADDR "START-END    only addresses from START to below END\n"
	  "  " PFC_FILTER_CLEAR "             every fault\n"
	  "\n"
	  "EXAMPLES\n"
	  "  pfclass filter " PFC_FILTER_TGID "1234\n"
	  "  pfclass filter " PFC_FILTER_TGID "1234 "
	  PFC_FILTER_ADDR "0x7f0000000000-0x7f0000100000\n"
	  "  pfclass filter " PFC_FILTER_CLEAR "\n" },
	{ "watch", PFC_FILE_WATCHES, NULL,
	  "List the watches, add or remove one. A watch has a filter and counters of its own: it "
	  "changes nothing that others read."
	  "\v"
	  "Words:\n"
	  "  " PFC_WATCH_ADD " NAME [WORD...]    add a watch with the words of a filter\n"
	  "  " PFC_WATCH_REMOVE " NAME           remove it\n"
	  "\n"
	  "EXAMPLES\n"
	  "  pfclass watch add web " PFC_FILTER_CGROUP "/system.slice/nginx.service\n"
	  "  pfclass stat -w web 1\n"
	  "  pfclass watch remove web\n" },
};

struct input {
	struct pfc_options *options;
	const struct control *control;
	char **words;
	size_t nr_words;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case ARGP_KEY_ARG:
		if (input->control->text)
			argp_error(state, "%s takes no argument",
				   input->control->name);
		input->words = pfc_alloc(input->words, input->nr_words + 1,
					 sizeof(*input->words));
		input->words[input->nr_words++] = arg;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static int show(struct pfc_reader *reader, const char *file)
{
	char *text;
	size_t len;
	int ret = pfc_read_text(reader, file, &text, &len);

	if (ret)
		return ret;
	fwrite(text, 1, len, stdout);
	free(text);
	return pfc_flush();
}

static char *join(char **words, size_t nr)
{
	size_t len = 2, i;
	char *line;

	for (i = 0; i < nr; i++)
		len += strlen(words[i]) + 1;
	line = pfc_alloc(NULL, len, 1);
	*line = '\0';
	for (i = 0; i < nr; i++) {
		strcat(line, i ? " " : "");
		strcat(line, words[i]);
	}
	strcat(line, "\n");
	return line;
}

static int run(const struct input *input)
{
	const struct control *control = input->control;
	struct pfc_reader reader;
	char *line;
	int ret;

	ret = pfc_module_open(&reader, input->options->debugfs);
	if (ret)
		return ret;
	if (control->text)
		return pfc_write_text(&reader, control->file, control->text);
	if (!input->nr_words)
		return show(&reader, control->file);
	line = join(input->words, input->nr_words);
	ret = pfc_write_text(&reader, control->file, line);
	free(line);
	return ret;
}

/**
 * pfc_cmd_control() - the subcommands "reset", "enable", "disable", "filter", "watch"
 * @argc: the arguments, and their number
 * @argv: argv[0] is the name to use in messages and ends in the subcommand
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_control(int argc, char **argv, struct pfc_options *options)
{
	const char *name = strrchr(argv[0], ' ') + 1;
	struct input input = { .options = options };
	struct argp argp = { .parser = parse_option, .children = pfc_common_children };
	int ret = PFC_EXIT_USAGE;
	size_t i;

	for (i = 0; i < sizeof(controls) / sizeof(*controls); i++)
		if (!strcmp(controls[i].name, name))
			input.control = &controls[i];
	if (!input.control)
		return PFC_EXIT_USAGE;
	argp.doc = input.control->doc;
	argp.args_doc = input.control->text ? NULL : "[WORD...]";
	if (!argp_parse(&argp, argc, argv, 0, NULL, &input))
		ret = run(&input);
	free(input.words);
	return ret;
}
