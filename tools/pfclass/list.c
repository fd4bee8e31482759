// SPDX-License-Identifier: GPL-2.0
/* pfclass list: print every key of "stats" with its meaning. Needs no module. */
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "lib/json.h"
#include "lib/keys.h"
#include "lib/output.h"
#include "lib/pages.h"
#include "lib/table.h"

static const char doc[] =
	"Print the keys of the counters and their meaning: all, those that match PATTERN, "
	"or those of CLASS, after the first paragraph of its page."
	"\v"
	"PATTERN is a shell pattern. Whether a key is available on this kernel is shown "
	"by \"pfclass stat\".\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass list                 every key\n"
	"  pfclass list wp              what class wp is, its refinements and splits\n"
	"  pfclass list '*_major'       the keys that match\n"
	"  pfclass list -j | jq -r '.keys[]|select(.kind==\"classes\").key'\n";

struct input {
	struct pfc_options *options;
	const char *pattern;
	int class;		/* PATTERN names it; -1: it does not */
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;
	int found;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case ARGP_KEY_ARG:
		if (input->pattern)
			argp_error(state, "\"%s\" is one pattern too many", arg);
		input->pattern = arg;
		found = pfc_key_find(arg, 0);
		if (found >= 0 && pfc_key(found)->kind == PFC_KEY_CLASS)
			input->class = pfc_key(found)->class;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.parser = parse_option,
	.args_doc = "[PATTERN|CLASS]",
	.doc = doc,
	.children = pfc_common_children,
};

static bool matches(const struct input *input, const struct pfc_key *key)
{
	if (!input->pattern)
		return true;
	if (input->class >= 0)
		return key->class == input->class;
	return !fnmatch(input->pattern, key->name, 0);
}

/* Returns the number of keys of a kind that match. */
static size_t print_kind(const struct input *input, enum pfc_key_kind kind, bool gap)
{
	struct pfc_table table;
	size_t nr, i;

	pfc_table_init(&table, 2, 0);
	for (i = 0; i < pfc_keys_nr(); i++) {
		const struct pfc_key *key = pfc_key(i);

		if (key->kind != kind || !matches(input, key))
			continue;
		pfc_table_add(&table, "  %s", key->name);
		pfc_table_add(&table, "%s", key->meaning);
	}
	nr = table.rows;
	if (nr) {
		printf("%s%s\n", gap ? "\n" : "", pfc_key_kinds[kind]);
		pfc_table_print(&table);
	}
	pfc_table_free(&table);
	return nr;
}

static size_t print_text(const struct input *input)
{
	size_t kind, nr = 0;

	if (input->class >= 0)
		printf("%s\n", pfc_pages[input->class]);
	for (kind = 0; kind < PFC_NR_KEY_KINDS; kind++)
		nr += print_kind(input, kind, nr);
	return nr;
}

static size_t print_json(const struct input *input)
{
	json_t *root = pfc_json_object(), *list = pfc_json_array();
	size_t nr = 0, i;

	for (i = 0; i < pfc_keys_nr(); i++) {
		const struct pfc_key *key = pfc_key(i);
		json_t *entry;

		if (!matches(input, key))
			continue;
		entry = pfc_json_object();
		pfc_json_set(entry, "key", pfc_json_string(key->name));
		pfc_json_set(entry, "kind", pfc_json_string(pfc_key_kinds[key->kind]));
		pfc_json_set(entry, "class", key->class < 0 ? json_null() :
			     pfc_json_string(pfc_key(pfc_key_class(key->class))->name));
		pfc_json_set(entry, "meaning", pfc_json_string(key->meaning));
		pfc_json_append(list, entry);
		nr++;
	}
	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	pfc_json_set(root, "keys", list);
	if (nr)
		pfc_json_print(root, false);
	else
		json_decref(root);
	return nr;
}

/**
 * pfc_cmd_list() - the subcommand "list"
 * @argc: the arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_list(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options, .class = -1 };

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	if (!(options->json ? print_json(&input) : print_text(&input))) {
		pfc_error("no key matches \"%s\"; for all keys: pfclass list", input.pattern);
		return PFC_EXIT_USAGE;
	}
	return pfc_flush();
}
