// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass verify: compare the counters with the kernel's own. The identities are in
 * verify_books.c, the readings in verify_read.c.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/json.h"
#include "lib/output.h"
#include "lib/scope.h"
#include "lib/table.h"
#include "verify.h"

#define NSEC		1000000000ULL
#define UNBALANCED	1		/* exit status */
#define WHY_LEN		320
#define ALL_MAJOR	"*_major"

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

enum verdict {
	EQUAL,
	WITHIN,
	OFF,
	NOT_COMPARABLE,
	NR_VERDICTS,
};

static const char *const verdicts[] = { "equal", "within", "off", "not comparable" };

/**
 * struct result - the outcome of one identity
 * @left: what the module counted
 * @low: what the kernel counted, at least
 * @high: at most; more than @low if faults happened during the readings
 * @bound: how far apart the two may be
 * @verdict: the outcome
 * @why: the reason, "" if there is none
 */
struct result {
	int64_t left;
	int64_t low;
	int64_t high;
	int64_t bound;
	enum verdict verdict;
	char why[WHY_LEN];
};

struct input {
	struct pfc_options *options;
	struct pfc_scope scope;
	struct verify_paths paths;
	uint64_t interval;
	unsigned int kernel;
	char *release;
	char *filter;		/* not "clear", or NULL */
	bool outlived;		/* descendants of the command have not ended */
	struct verify_reading start;
	struct verify_reading end;
};

static const struct argp_option verify_options[] = {
	{ "root", 'R', "DIR", 0, "Read the kernel's counters in DIR/proc and DIR/sys", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

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

/* What a key of "stats" grew by. */
static bool growth(const struct input *input, size_t key, int64_t *n)
{
	struct pfc_value then = input->start.stats.values[key];
	struct pfc_value now = input->end.stats.values[key];

	*n = now.n - then.n;
	return then.available && now.available;
}

static int64_t all_major(const struct input *input)
{
	int64_t sum = 0, n;
	size_t class;
	int key;

	for (class = 0; class < PFC_NR_CLASSES; class++) {
		key = pfc_key_split(class, PFC_SUFFIX_MAJOR);
		if (key >= 0 && growth(input, key, &n))
			sum += n;
	}
	return sum;
}

/* Evaluate keys of "stats"; returns false with @why set where one is unavailable. */
static bool evaluate(const struct input *input, const char *text, int64_t *sum, char *why)
{
	char *words = pfc_format("%s", text), *save, *word;
	bool minus = false, ok = true;
	int64_t n;
	int key;

	*sum = 0;
	for (word = strtok_r(words, " ", &save); ok && word; word = strtok_r(NULL, " ", &save)) {
		bool optional = *word == '[';

		if (!strcmp(word, "+") || !strcmp(word, "-")) {
			minus = *word == '-';
			continue;
		}
		if (!strcmp(word, ALL_MAJOR)) {
			n = all_major(input);
		} else {
			word[strcspn(word, "]")] = '\0';
			word += optional;
			key = pfc_key_find(word, 0);
			ok = key >= 0 && growth(input, key, &n);
			if (!ok && optional) {
				n = 0;
				ok = true;
			}
		}
		if (ok)
			*sum += minus ? -n : n;
		else
			snprintf(why, WHY_LEN,
				 "%s is unavailable; for the reason see: pfclass probes", word);
	}
	free(words);
	return ok;
}

/* What the kernel counted; false where the source lacks a key. */
static bool evaluate_kernel(const struct input *input, const struct verify_book *book,
			    struct result *result, char *missing, size_t size)
{
	const struct verify_reading *start = &input->start, *end = &input->end;
	const char *word = book->right;

	result->low = 0;
	result->high = 0;
	while (*word) {
		size_t len = strcspn(word, " ");
		const uint64_t *least = verify_find(&end->before[book->source], word, len);
		const uint64_t *most = verify_find(&end->after[book->source], word, len);
		const uint64_t *from = verify_find(&start->before[book->source], word, len);
		const uint64_t *to = verify_find(&start->after[book->source], word, len);

		if (!least || !most || !from || !to) {
			snprintf(missing, size, "%.*s", (int)len, word);
			return false;
		}
		result->low += *least - *to;
		result->high += *most - *from;
		word += len;
		word += strspn(word, " +");
	}
	return true;
}

/* Why a source is not about the same faults as the counters, or NULL. */
static const char *not_the_same(const struct input *input, enum verify_source source)
{
	switch (source) {
	case VERIFY_RUSAGE:
		if (!input->scope.command)
			return "only of a command: pfclass verify -- CMD";
		if (input->outlived)
			return "descendants of the command have not ended";
		return NULL;
	case VERIFY_MEMCG:
		if (!input->paths.cgroup)
			return "only of a command (pfclass verify -- CMD), or with a filter by "
			       "cgroup alone";
		return NULL;
	default:
		if (input->scope.command)
			return "the counters are those of the command";
		if (input->filter)
			return "a filter is set; remove it: pfclass filter clear";
		return NULL;
	}
}

static void add_why(struct result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add_why(struct result *result, const char *format, ...)
{
	size_t len = strlen(result->why);
	va_list args;

	if (len && len < WHY_LEN - 3)
		len += sprintf(result->why + len, "; ");
	va_start(args, format);
	vsnprintf(result->why + len, WHY_LEN - len, format, args);
	va_end(args);
}

static bool is_global(enum verify_source source)
{
	return source != VERIFY_RUSAGE && source != VERIFY_MEMCG;
}

/* How many events the two may be apart for reasons that hold for every identity. */
static int64_t in_flight(const struct input *input, const struct verify_book *book,
			 struct result *result)
{
	uint64_t blocked = input->start.blocked > input->end.blocked ? input->start.blocked :
								       input->end.blocked;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!is_global(book->source))
		return 0;
	add_why(result, "faults in flight on %ld CPUs", cpus);
	if (blocked)
		add_why(result, "%" PRIu64 " tasks waiting for I/O", blocked);
	return cpus + blocked;
}

/* Faults during the readings: "stats" has both numbers, the others an interval. */
static int64_t spread(const struct input *input, const struct verify_book *book,
		      struct result *result)
{
	int64_t faults = verify_faults_during(&input->start) + verify_faults_during(&input->end);
	int64_t most = book->source == VERIFY_STATS ? faults : result->high - result->low;

	if (most)
		add_why(result, "%" PRId64 " events during the readings", most);
	return book->source == VERIFY_STATS ? faults : 0;
}

static void compare(const struct input *input, const struct verify_book *book,
		    struct result *result)
{
	int64_t apart = 0, less = 0, missed, lag, either, surplus, lack;
	char unused[WHY_LEN];

	if (result->low == result->high && result->left == result->low) {
		result->verdict = EQUAL;
		return;
	}
	if (book->apart)
		evaluate(input, book->apart, &apart, unused);
	if (book->less)
		evaluate(input, book->less, &less, unused);
	lag = book->lag * sysconf(_SC_NPROCESSORS_CONF);
	growth(input, pfc_key_total(PFC_MISSED), &missed);
	/* How far the kernel's number is below or above its range. */
	surplus = result->left - result->high;
	lack = result->low - result->left;
	if (book->at_most)
		less = surplus > 0 ? surplus : 0;
	if (book->reason && (apart || less || lag))
		add_why(result, "%s", book->reason);
	either = apart + lag + spread(input, book, result) + in_flight(input, book, result);
	if (missed)
		add_why(result, "%" PRId64 " missed", missed);
	result->bound = result->high - result->low + either + (surplus > 0 ? less : missed);
	result->verdict = surplus <= either + less && lack <= either + missed ? WITHIN : OFF;
}

static bool has_bound(const struct verify_book *book)
{
	return book->at_most || book->apart || book->less || book->lag;
}

static void check(const struct input *input, const struct verify_book *book,
		  struct result *result)
{
	const char *why = not_the_same(input, book->source);
	struct verify_book other = { .right = book->unless, .source = VERIFY_VMSTAT };
	char missing[64];

	result->verdict = NOT_COMPARABLE;
	if (why) {
		add_why(result, "%s", why);
	} else if (book->reason && !has_bound(book)) {
		add_why(result, "%s", book->reason);
	} else if (book->unless &&
		   evaluate_kernel(input, &other, result, missing, sizeof(missing)) &&
		   result->high) {
		add_why(result, "%s grew by %" PRId64 ": khugepaged reads swap without a fault",
			book->unless, result->high);
	} else if (!evaluate(input, book->left, &result->left, result->why)) {
		return;
	} else if (!evaluate_kernel(input, book, result, missing, sizeof(missing))) {
		add_why(result, "%s has no %s", verify_source_names[book->source], missing);
		if (book->appeared)
			add_why(result, "kernels have it since %s", book->appeared);
		if (book->source == VERIFY_MEMCG)
			add_why(result, "the group needs the memory controller (echo +memory "
				"into cgroup.subtree_control above it)");
	} else {
		compare(input, book, result);
	}
}

static bool applies(const struct input *input, const struct verify_book *book)
{
	return input->kernel >= book->since && (!book->before || input->kernel < book->before);
}

/* The identity in words, to be released by free(). */
static char *identity(const struct verify_book *book)
{
	const char *relation = book->at_most ? ">=" :
			       book->reason && !has_bound(book) ? "vs" : "==";

	return pfc_format("%s %s %s", book->left, relation, book->right);
}

static void print_table(const struct input *input, const struct result *results)
{
	unsigned int nr[NR_VERDICTS] = { 0 };
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
		const struct result *result = &results[i];
		char *text;

		if (!applies(input, book))
			continue;
		nr[result->verdict]++;
		text = identity(book);
		pfc_table_add(&table, "%s", text);
		free(text);
		pfc_table_add(&table, "%s", verify_source_names[book->source]);
		if (result->verdict == NOT_COMPARABLE) {
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
			if (result->verdict == EQUAL)
				pfc_table_add(&table, "%s", verdicts[result->verdict]);
			else
				pfc_table_add(&table, "%s%s %" PRId64, verdicts[result->verdict],
					      result->verdict == OFF ? " by more than" : "",
					      result->bound);
		}
		if (*result->why && result->verdict != NOT_COMPARABLE)
			pfc_table_note(&table, result->why);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	printf("Linux %s: %u equal, %u within bounds, %u off, %u not comparable\n",
	       input->release ? input->release : "?", nr[EQUAL], nr[WITHIN], nr[OFF],
	       nr[NOT_COMPARABLE]);
}

static void print_json(const struct input *input, const struct result *results, int status)
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
		const struct result *result = &results[i];
		bool compared = result->verdict != NOT_COMPARABLE;
		json_t *row;
		char *text;

		if (!applies(input, book))
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

static bool was_reset(const struct input *input)
{
	size_t class;
	int64_t n;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (growth(input, pfc_key_class(class), &n) && n < 0)
			return true;
	return false;
}

/* Compare and print. */
static int report(const struct input *input)
{
	struct result *results = pfc_alloc(NULL, verify_nr_books, sizeof(*results));
	int status = PFC_EXIT_SELF;
	size_t i;

	if (was_reset(input)) {
		pfc_error("the counters were reset, or the module was reloaded: run it again");
		free(results);
		return PFC_EXIT_SELF;
	}
	memset(results, 0, verify_nr_books * sizeof(*results));
	for (i = 0; i < verify_nr_books; i++) {
		if (!applies(input, &verify_books[i]))
			continue;
		check(input, &verify_books[i], &results[i]);
		if (results[i].verdict == OFF)
			status = UNBALANCED;
		else if (results[i].verdict != NOT_COMPARABLE && status != UNBALANCED)
			status = PFC_EXIT_OK;
	}
	if (input->options->json)
		print_json(input, results, status);
	else
		print_table(input, results);
	free(results);
	return pfc_flush() ? PFC_EXIT_SELF : status;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static int over_interval(struct pfc_reader *reader, struct input *input)
{
	uint64_t ns = input->interval ? input->interval : NSEC;
	struct timespec ts = { .tv_sec = ns / NSEC, .tv_nsec = ns % NSEC };
	struct sigaction action = { .sa_handler = interrupt };
	int ret = verify_read(reader, &input->paths, &input->start);

	if (ret)
		return ret;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (nanosleep(&ts, &ts) && errno == EINTR && !interrupted)
		;
	return verify_read(reader, &input->paths, &input->end);
}

static int over_command(struct pfc_reader *reader, struct input *input)
{
	int ret, err;

	/* Orphans become children of this process, and getrusage() includes them. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	ret = pfc_scope_open(&input->scope, reader);
	if (!ret) {
		free(input->paths.cgroup);
		input->paths.cgroup = pfc_format("%s", input->scope.cgroup);
		ret = verify_read(reader, &input->paths, &input->start);
	}
	if (!ret)
		ret = pfc_scope_start(&input->scope);
	if (!ret) {
		pfc_scope_wait(&input->scope, 0);
		input->outlived = !pfc_scope_reap(&input->scope);
		ret = verify_read(reader, &input->paths, &input->end);
	}
	err = pfc_scope_close(&input->scope, reader);
	return ret ? ret : err;
}

/* A filter by control group alone leaves memory.stat of that group to compare. */
static int read_filter(struct pfc_reader *reader, struct input *input)
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

static void read_kernel(struct input *input)
{
	unsigned int major, minor;

	input->release = verify_line(input->paths.root, "/proc/sys/kernel/osrelease");
	if (input->release && sscanf(input->release, "%u.%u", &major, &minor) == 2)
		input->kernel = VERIFY_KERNEL(major, minor);
}

static int run(struct input *input)
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
	if (!ret)
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
	struct input input = { .options = options, .paths.root = "" };
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
