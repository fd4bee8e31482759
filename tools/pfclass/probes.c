// SPDX-License-Identifier: GPL-2.0
/* pfclass probes: print the probe points of each class, and why one is unavailable. */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "lib/json.h"
#include "lib/output.h"
#include "lib/probe_rows.h"
#include "lib/table.h"

static const char doc[] =
	"Show a row for each probe point; where a class is unavailable, the reason is "
	"below its row."
	"\v"
	"EXAMPLES\n"
	"  pfclass probes                          every probe, method and state\n"
	"  pfclass probes -j | jq '.probes[]|select(.state!=\"armed\")'\n"
	"                                          the probes that are not armed\n";

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	(void)arg;
	if (key == ARGP_KEY_INIT) {
		state->child_inputs[0] = state->input;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.parser = parse_option,
	.doc = doc,
	.children = pfc_common_children,
};

/* Cut the header into its words. */
static void column_names(char *buffer, char **names)
{
	char *save;
	size_t i;

	strcpy(buffer, PFC_PROBES_HEADER);
	names[0] = strtok_r(buffer, " ", &save);
	for (i = 1; i < PFC_PROBE_COLUMNS; i++)
		names[i] = strtok_r(NULL, " ", &save);
}

static void print_table(const struct pfc_probes *probes, char **names)
{
	struct pfc_table table;
	size_t i, column;

	/* The reason goes below its row: it is a sentence, not a cell. */
	pfc_table_init(&table, PFC_PROBE_REASON,
		       1U << PFC_PROBE_HITS | 1U << PFC_PROBE_MISSED);
	for (column = 0; column < PFC_PROBE_REASON; column++)
		pfc_table_add(&table, "%s", names[column]);
	for (i = 0; i < probes->nr; i++) {
		const struct pfc_probe *probe = &probes->rows[i];

		for (column = 0; column < PFC_PROBE_REASON; column++)
			pfc_table_add(&table, "%s", probe->text[column]);
		if (*probe->text[PFC_PROBE_REASON])
			pfc_table_note(&table, probe->text[PFC_PROBE_REASON]);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
}

static json_t *text_or_null(const char *text)
{
	return !*text || !strcmp(text, "-") ? json_null() : pfc_json_string(text);
}

/* "af,dirty" becomes ["af", "dirty"]. */
static json_t *class_list(char *text)
{
	json_t *list = pfc_json_array();
	char *save, *word;

	for (word = strtok_r(text, ",", &save); word;
	     word = strtok_r(NULL, ",", &save))
		pfc_json_append(list, pfc_json_string(word));
	return list;
}

static void print_json(const struct pfc_probes *probes, char **names)
{
	json_t *root = pfc_json_object(), *rows = pfc_json_array();
	size_t i, column;

	for (i = 0; i < probes->nr; i++) {
		const struct pfc_probe *probe = &probes->rows[i];
		json_t *row = pfc_json_object();

		for (column = 0; column < PFC_PROBE_COLUMNS; column++) {
			json_t *cell;

			switch (column) {
			case PFC_PROBE_CLASS:
				cell = class_list(probe->text[column]);
				break;
			case PFC_PROBE_HITS:
				cell = pfc_json_value(probe->hits);
				break;
			case PFC_PROBE_MISSED:
				cell = pfc_json_value(probe->missed);
				break;
			default:
				cell = text_or_null(probe->text[column]);
			}
			pfc_json_set(row, names[column], cell);
		}
		pfc_json_append(rows, row);
	}
	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	pfc_json_set(root, "probes", rows);
	pfc_json_print(root, false);
}

/**
 * pfc_cmd_probes() - the subcommand "probes"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_probes(int argc, char **argv, struct pfc_options *options)
{
	char buffer[sizeof(PFC_PROBES_HEADER)], *names[PFC_PROBE_COLUMNS];
	struct pfc_probes probes;
	struct pfc_reader reader;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, options))
		return PFC_EXIT_USAGE;
	ret = pfc_module_open(&reader, options->debugfs);
	if (ret)
		return ret;
	ret = pfc_read_probes(&reader, &probes);
	if (ret)
		return ret;
	column_names(buffer, names);
	if (options->json)
		print_json(&probes, names);
	else
		print_table(&probes, names);
	pfc_free_probes(&probes);
	return pfc_flush();
}
