// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass verify: compare the counters with the kernel's own. The identities are in
 * verify_books.c, the readings in verify_read.c, the verdicts in verify_check.c.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/interval.h"
#include "lib/json.h"
#include "lib/output.h"
#include "lib/scope.h"
#include "lib/table.h"
#include "verify.h"

#define UNBALANCED	1		/* exit status */

static const char doc[] =
	"Compare the counters with the kernel's own over INTERVAL (default: 1 second) "
	"or until ^C; or compare the faults of CMD and its descendants with what the "
	"kernel counted for them."
	"\v"
	"A row for each identity, with the reason where the two are not equal. The "
	"exit status is 0 if the books balance, 1 if they do not, 125 if nothing could be "
	"compared, 126 if CMD cannot be run, 127 if it is not found.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass verify               during one second\n"
	"  pfclass verify 60            during a minute of whatever runs\n"
	"  pfclass verify -- make -j4   getrusage() and memory.stat of a command\n"
	"  pfclass verify -j | jq '.books[]|select(.verdict==\"off\")'\n";

static const char *const verdicts[] = { "equal", "within", "off", "not comparable" };

static const struct argp_option verify_options[] = {
	{ "root", 'R', "DIR", 0, "Read the kernel's counters in DIR/proc and DIR/sys", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct verify_input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'R':
		input->paths.root = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (pfc_parse_command(state, &input->scope.command))
			return 0;
		if (state->arg_num)
			argp_error(state, "\"%s\" is one argument too many", arg);
		input->interval = pfc_parse_interval(state, arg);
		return 0;
	case ARGP_KEY_END:
		pfc_need_command(state, input->scope.command);
		if (input->scope.command && input->interval)
			argp_error(state, "INTERVAL and a command exclude each other");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = verify_options,
	.parser = parse_option,
	.args_doc = "[INTERVAL]\n-- CMD [ARG...]",
	.doc = doc,
	.children = pfc_common_children,
};

/* The identity in words, to be released by free(). */
static char *identity(const struct verify_book *book)
{
	const char *relation = book->at_most ? ">=" :
			       book->reason && !verify_has_bound(book) ? "vs" : "==";

	return pfc_format("%s %s %s", book->left, relation, book->right);
}

static void print_table(const struct verify_input *input, const struct verify_result *results)
{
	unsigned int nr[VERIFY_NR_VERDICTS] = { 0 };
	struct pfc_table table;
	size_t i;

	pfc_table_init(&table, 5, 1 << 2 | 1 << 3);
	pfc_table_add(&table, "identity");
	pfc_table_add(&table, "source");
	pfc_table_add(&table, "pfclass");
	pfc_table_add(&table, "kernel");
	pfc_table_add(&table, "verdict");
	for (i = 0; i < verify_nr_books; i++) {
		const struct verify_book *book = &verify_books[i];
		const struct verify_result *result = &results[i];
		char *text;

		if (!verify_applies(input, book))
			continue;
		nr[result->verdict]++;
		text = identity(book);
		pfc_table_add(&table, "%s", text);
		free(text);
		pfc_table_add(&table, "%s", verify_source_names[book->source]);
		if (result->verdict == VERIFY_NOT_COMPARABLE) {
			pfc_table_add(&table, "-");
			pfc_table_add(&table, "-");
			pfc_table_add(&table, "%s: %s", verdicts[result->verdict], result->why);
		} else {
			pfc_table_add(&table, "%" PRId64, result->left);
			if (result->low == result->high)
				pfc_table_add(&table, "%" PRId64, result->low);
			else
				pfc_table_add(&table, "%" PRId64 "..%" PRId64, result->low,
					      result->high);
			if (result->verdict == VERIFY_EQUAL)
				pfc_table_add(&table, "%s", verdicts[result->verdict]);
			else
				pfc_table_add(&table, "%s%s %" PRId64, verdicts[result->verdict],
					      result->verdict == VERIFY_OFF ? " by more than" : "",
					      result->bound);
		}
		if (*result->why && result->verdict != VERIFY_NOT_COMPARABLE)
			pfc_table_note(&table, result->why);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	printf("Linux %s: %u equal, %u within bounds, %u off, %u not comparable\n",
	       input->release ? input->release : "?", nr[VERIFY_EQUAL], nr[VERIFY_WITHIN],
	       nr[VERIFY_OFF], nr[VERIFY_NOT_COMPARABLE]);
}

static void print_json(const struct verify_input *input, const struct verify_result *results,
		       int status)
{
	json_t *root = pfc_json_object(), *books = pfc_json_array();
	size_t i;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	pfc_json_set(root, "kernel", input->release ? pfc_json_string(input->release) :
						      json_null());
	pfc_json_set(root, "balanced", status > UNBALANCED ? json_null() :
							     json_boolean(!status));
	if (input->scope.command)
		pfc_json_set(root, "status", pfc_json_u64(input->scope.status));
	for (i = 0; i < verify_nr_books; i++) {
		const struct verify_book *book = &verify_books[i];
		const struct verify_result *result = &results[i];
		bool compared = result->verdict != VERIFY_NOT_COMPARABLE;
		json_t *row;
		char *text;

		if (!verify_applies(input, book))
			continue;
		row = pfc_json_object();
		text = identity(book);
		pfc_json_set(row, "identity", pfc_json_string(text));
		free(text);
		pfc_json_set(row, "source", pfc_json_string(verify_source_names[book->source]));
		pfc_json_set(row, "left", compared ? json_integer(result->left) : json_null());
		pfc_json_set(row, "right", compared ? json_integer(result->low) : json_null());
		pfc_json_set(row, "right_most", compared ? json_integer(result->high) :
							   json_null());
		pfc_json_set(row, "verdict", pfc_json_string(verdicts[result->verdict]));
		pfc_json_set(row, "bound", compared ? json_integer(result->bound) : json_null());
		pfc_json_set(row, "reason", *result->why ? pfc_json_string(result->why) :
							   json_null());
		pfc_json_append(books, row);
	}
	pfc_json_set(root, "books", books);
	pfc_json_print(root, false);
}

/* Compare and print. */
static int report(const struct verify_input *input)
{
	struct verify_result *results = pfc_alloc(NULL, verify_nr_books, sizeof(*results));
	int status = PFC_EXIT_SELF;
	size_t i;

	if (verify_was_reset(input)) {
		pfc_error("the counters were reset, or the module was reloaded: run it again");
		free(results);
		return PFC_EXIT_SELF;
	}
	memset(results, 0, verify_nr_books * sizeof(*results));
	for (i = 0; i < verify_nr_books; i++) {
		if (!verify_applies(input, &verify_books[i]))
			continue;
		verify_check(input, &verify_books[i], &results[i]);
		if (results[i].verdict == VERIFY_OFF)
			status = UNBALANCED;
		else if (results[i].verdict != VERIFY_NOT_COMPARABLE && status != UNBALANCED)
			status = PFC_EXIT_OK;
	}
	if (input->options->json)
		print_json(input, results, status);
	else
		print_table(input, results);
	free(results);
	return pfc_flush() ? PFC_EXIT_SELF : status;
}

static int over_interval(struct pfc_reader *reader, struct verify_input *input)
{
	int ret = verify_read(reader, &input->paths, &input->start);

	if (ret)
		return ret;
	pfc_catch_interrupts();
	pfc_sleep_until(pfc_now() + (input->interval ? input->interval : PFC_NSEC));
	return verify_read(reader, &input->paths, &input->end);
}

static int over_command(struct pfc_reader *reader, struct verify_input *input)
{
	int ret;

	/* Orphans become children of this process, and getrusage() includes them. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ret = pfc_scope_open(&input->scope, reader);
	if (!ret) {
		input->paths.cgroup = pfc_format("%s", input->scope.cgroup.dir);
		ret = verify_read(reader, &input->paths, &input->start);
	}
	if (!ret)
		ret = pfc_scope_start(&input->scope);
	if (!ret) {
		pfc_scope_wait(&input->scope, 0);
		input->outlived = !pfc_scope_reap(&input->scope);
		ret = verify_read(reader, &input->paths, &input->end);
	}
	pfc_scope_close(&input->scope, reader);
	return ret;
}

/* A filter by control group alone leaves memory.stat of that group to compare. */
static int read_filter(struct pfc_reader *reader, struct verify_input *input)
{
	size_t len, word = strlen(PFC_FILTER_CGROUP);
	char *text, *mount;
	int ret = pfc_read_text(reader, PFC_FILE_FILTER, &text, &len);

	if (ret)
		return ret;
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, PFC_FILTER_CLEAR)) {
		free(text);
		return PFC_EXIT_OK;
	}
	input->filter = text;
	if (strncmp(text, PFC_FILTER_CGROUP, word) || strstr(text, " " PFC_FILTER_ADDR))
		return PFC_EXIT_OK;
	mount = pfc_cgroup_mount();
	if (mount)
		input->paths.cgroup = pfc_format("%s%s", mount, text + word);
	free(mount);
	return PFC_EXIT_OK;
}

static void read_kernel(struct verify_input *input)
{
	unsigned int major, minor;

	input->release = verify_line(input->paths.root, "/proc/sys/kernel/osrelease");
	if (input->release && sscanf(input->release, "%u.%u", &major, &minor) == 2)
		input->kernel = VERIFY_KERNEL(major, minor);
}

static int run(struct verify_input *input)
{
	struct pfc_reader reader;
	int ret;

	read_kernel(input);
	if (!input->kernel) {
		pfc_error("cannot read the kernel's version in %s/proc/sys/kernel/osrelease; is "
			  "/proc mounted?", input->paths.root);
		return PFC_EXIT_FAILURE;
	}
	ret = pfc_module_open(&reader, input->options->debugfs);
	if (!ret)
		ret = pfc_check_enabled(&reader);
	/* A command has a watch of its own. */
	if (!ret && !input->scope.command)
		ret = read_filter(&reader, input);
	if (!ret)
		ret = input->scope.command ? over_command(&reader, input) :
					     over_interval(&reader, input);
	return ret;
}

/**
 * pfc_cmd_verify() - the subcommand "verify"
 * @argc: the arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: 0 if the books balance, 1 if not, PFC_EXIT_SELF, PFC_EXIT_NOT_RUN,
 * PFC_EXIT_NOT_FOUND.
 */
int pfc_cmd_verify(int argc, char **argv, struct pfc_options *options)
{
	struct verify_input input = { .options = options, .paths.root = "" };
	int ret;

	argp_err_exit_status = PFC_EXIT_SELF;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input))
		return PFC_EXIT_SELF;
	ret = run(&input);
	ret = ret ? pfc_exit_around_command(ret) : report(&input);
	verify_free(&input.start);
	verify_free(&input.end);
	free(input.paths.cgroup);
	free(input.filter);
	free(input.release);
	return ret;
}
