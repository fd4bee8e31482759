// SPDX-License-Identifier: GPL-2.0
/* pfclass latency: print how long the faults of each class took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "cmd.h"
#include "lib/interval.h"
#include "lib/json.h"
#include "lib/latencies.h"
#include "lib/output.h"
#include "lib/scope.h"
#include "lib/table.h"

#define TIME_COLUMNS	8	/* of the longest time */

static const char doc[] =
	"Show how long the faults of each class took since the module was loaded or "
	"the counters were reset, from the first visit to the end; with INTERVAL, in each "
	"interval; with CMD, those of CMD and all its descendants. Time spent waiting for others is included. The module measures it if "
	"loaded with latency=1."
	"\v"
	"A row of a histogram counts the faults that took at least its first time and "
	"less than its second. A percentile is known as well as that: p99 \"<131 us\" is "
	"between 65.5 us and 131 us.\n"
	"\n"
	"INTERVAL is in seconds and may have a fraction. The output ends after COUNT "
	"intervals, or at ^C. Classes without a fault in the interval are left out.\n"
	"\n"
	"CMD is run as by pfclass stat: the result goes to standard error, and the exit status "
	"is that of CMD, or 125 if pfclass fails, 126 if CMD cannot be run, 127 if it is not "
	"found.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass latency                    percentiles and histograms by class\n"
	"  pfclass latency -s                 without the histograms\n"
	"  pfclass latency -s 1               those of each second\n"
	"  pfclass latency -- make -j4        of a command and its children\n"
	"  pfclass latency -p 1234            of a process, until ^C or its end\n"
	"  pfclass latency -j | jq '.latency.swap.percentiles.p99.below_ns'\n";

static const struct percentile {
	const char *name;
	unsigned int per_mille;
} percentiles[] = {
	{ "p50", 500 },
	{ "p90", 900 },
	{ "p99", 990 },
	{ "p99.9", 999 },
};

#define NR_PERCENTILES	(sizeof(percentiles) / sizeof(*percentiles))

struct input {
	struct pfc_options *options;
	struct pfc_scope scope;
	const char *watch;
	bool summary;
	uint64_t interval;	/* nanoseconds; 0: print once */
	uint64_t count;		/* 0: until interrupted */
};

/**
 * struct reading - one reading, or the difference of two
 * @all: the histograms
 * @since: nanoseconds of CLOCK_MONOTONIC; of a difference: since the start
 * @length: of a difference: nanoseconds between the two
 * @reset: of a difference: the counters were reset in between
 */
struct reading {
	struct pfc_latencies all;
	uint64_t since;
	uint64_t length;
	bool reset;
};

static const struct argp_option latency_options[] = {
	{ "summary", 's', NULL, 0, "Print no histograms", 0 },
	{ "pid", 'p', "PID", 0, "Measure only the process PID, until ^C or its end", 0 },
	{ "watch", 'w', "NAME", 0, "Show the histograms of the watch NAME", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 's':
		input->summary = true;
		return 0;
	case 'p':
		input->scope.pid = pfc_parse_pid(state, arg);
		return 0;
	case 'w':
		input->watch = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (!pfc_parse_command(state, &input->scope.command))
			pfc_parse_intervals(state, arg, &input->interval, &input->count);
		return 0;
	case ARGP_KEY_END:
		pfc_check_scope(state, input->scope.command, input->scope.pid, input->watch,
				input->count);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = latency_options,
	.parser = parse_option,
	.args_doc = "[INTERVAL [COUNT]]\n[INTERVAL] -- CMD [ARG...]",
	.doc = doc,
	.children = pfc_common_children,
};

static const char *class_name(size_t class)
{
	return pfc_key(pfc_key_class(class))->name;
}

/* Three digits and a unit: 1.23 us, 45.6 ms. */
static const char *time_text(double ns)
{
	static const char *const unit[] = { "ns", "us", "ms", "s" };
	static char text[4][32];
	static unsigned int turn;
	char *out = text[turn++ % 4];
	size_t i = 0;

	while (ns >= 999.5 && i < 3) {
		ns /= 1000;
		i++;
	}
	snprintf(out, sizeof(text[0]), "%.*f %s", !i || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2,
		 ns, unit[i]);
	return out;
}

static double mean(const struct pfc_latency *latency)
{
	return (double)latency->sum / latency->count.n;
}

/* What is left of the line beside two times and the number. */
static size_t longest_bar(uint64_t most)
{
	size_t used = 2 * (TIME_COLUMNS + PFC_TABLE_GAP) + PFC_TABLE_GAP +
		      snprintf(NULL, 0, "%" PRIu64, most);
	size_t width = pfc_screen_width();

	return width > used ? width - used : 1;
}

static void print_histogram(const struct pfc_latency *latency, const char *name)
{
	struct pfc_table table;
	uint64_t most = 0;
	size_t longest, i;
	char *bar;

	for (i = 0; i < latency->nr_buckets; i++)
		if (latency->buckets[i].count > most)
			most = latency->buckets[i].count;
	longest = longest_bar(most);
	bar = pfc_alloc(NULL, longest, 1);
	memset(bar, '#', longest);
	printf("\n%s\n", name);
	pfc_table_init(&table, 4, 7);
	for (i = 0; i < latency->nr_buckets; i++) {
		const struct pfc_bucket *bucket = &latency->buckets[i];
		int len = longest * ((double)bucket->count / most);

		pfc_table_add(&table, "%s", time_text(bucket->from));
		pfc_table_add(&table, "%s", time_text(pfc_bucket_end(bucket)));
		pfc_table_add(&table, "%" PRIu64, bucket->count);
		/* Even the smallest bucket has a bar. */
		pfc_table_add(&table, "%.*s", len ? len : 1, bar);
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	free(bar);
}

/* "<131 us": a histogram knows a percentile's bucket. */
static void add_percentile(struct pfc_table *table, const struct pfc_latency *latency,
			   unsigned int per_mille)
{
	const struct pfc_bucket *bucket = pfc_latency_percentile(latency, per_mille);

	if (bucket)
		pfc_table_add(table, "<%s", time_text(pfc_bucket_end(bucket)));
	else
		pfc_table_add(table, "%s", "");
}

static void print_summary(const struct input *input, const struct pfc_latencies *all)
{
	struct pfc_table table;
	size_t class, i;

	pfc_table_init(&table, 4 + NR_PERCENTILES, -2);
	pfc_table_add(&table, "class");
	pfc_table_add(&table, "count");
	pfc_table_add(&table, "mean");
	for (i = 0; i < NR_PERCENTILES; i++)
		pfc_table_add(&table, "%s", percentiles[i].name);
	pfc_table_add(&table, "sum");
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		const struct pfc_latency *latency = &all->of[class];
		bool some = latency->count.available && latency->count.n;

		if (input->interval && latency->count.available && !some)
			continue;
		pfc_table_add(&table, "%s", class_name(class));
		pfc_table_add_value(&table, latency->count);
		pfc_table_add(&table, "%s", some ? time_text(mean(latency)) : "");
		for (i = 0; i < NR_PERCENTILES; i++)
			add_percentile(&table, latency, percentiles[i].per_mille);
		pfc_table_add(&table, "%s", some ? time_text(latency->sum) : "");
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
}

static void print_tables(const struct input *input, const struct reading *reading)
{
	size_t class;

	if (input->interval)
		printf("elapsed %.3f\n", (double)reading->since / PFC_NSEC);
	print_summary(input, &reading->all);
	for (class = 0; !input->summary && class < PFC_NR_CLASSES; class++)
		if (reading->all.of[class].nr_buckets)
			print_histogram(&reading->all.of[class], class_name(class));
	if (input->interval)
		putchar('\n');
}

static json_t *histogram(const struct pfc_latency *latency)
{
	json_t *buckets = pfc_json_array();
	size_t i;

	for (i = 0; i < latency->nr_buckets; i++) {
		json_t *bucket = pfc_json_object();

		pfc_json_set(bucket, "from_ns", pfc_json_u64(latency->buckets[i].from));
		pfc_json_set(bucket, "count", pfc_json_u64(latency->buckets[i].count));
		pfc_json_append(buckets, bucket);
	}
	return buckets;
}

static json_t *percentile_object(const struct pfc_latency *latency)
{
	json_t *object = pfc_json_object();
	size_t i;

	for (i = 0; i < NR_PERCENTILES; i++) {
		const struct pfc_bucket *bucket =
			pfc_latency_percentile(latency, percentiles[i].per_mille);
		json_t *range = bucket ? pfc_json_object() : json_null();

		if (bucket) {
			pfc_json_set(range, "from_ns", pfc_json_u64(bucket->from));
			pfc_json_set(range, "below_ns", pfc_json_u64(pfc_bucket_end(bucket)));
		}
		pfc_json_set(object, percentiles[i].name, range);
	}
	return object;
}

static void print_json(const struct input *input, const struct reading *reading)
{
	json_t *root = pfc_json_object(), *classes = pfc_json_object();
	json_t *unavailable = pfc_json_array();
	size_t class;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	if (input->interval) {
		pfc_json_set(root, "since_ns", pfc_json_u64(reading->since));
		pfc_json_set(root, "interval_ns", pfc_json_u64(reading->length));
		pfc_json_set(root, "reset", json_boolean(reading->reset));
	}
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		const struct pfc_latency *latency = &reading->all.of[class];
		json_t *entry = pfc_json_object();

		pfc_json_set(entry, "count", pfc_json_value(latency->count));
		if (latency->count.available) {
			pfc_json_set(entry, "sum_ns", pfc_json_u64(latency->sum));
			pfc_json_set(entry, "mean_ns", latency->count.n ?
				     json_real(mean(latency)) : json_null());
			pfc_json_set(entry, "percentiles", percentile_object(latency));
			if (!input->summary)
				pfc_json_set(entry, "buckets", histogram(latency));
		} else {
			pfc_json_append(unavailable, pfc_json_string(class_name(class)));
		}
		pfc_json_set(classes, class_name(class), entry);
	}
	pfc_json_set(root, "latency", classes);
	pfc_json_set(root, "unavailable", unavailable);
	pfc_json_print(root, input->interval);
}

/* Whether no class is measured: latency=0. */
static bool is_off(const struct pfc_latencies *all)
{
	size_t class;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (all->of[class].count.available)
			return false;
	return true;
}

static int read_all(struct pfc_reader *reader, struct reading *reading)
{
	int ret;

	reading->since = pfc_now();
	ret = pfc_read_latencies(reader, &reading->all);
	if (!ret && is_off(&reading->all)) {
		pfc_error("the module does not measure latency; reload it: rmmod pfclass; insmod "
			  "pfclass.ko latency=1");
		ret = PFC_EXIT_NO_LATENCY;
	}
	return ret;
}

static int print(const struct input *input, const struct reading *reading)
{
	if (input->options->json)
		print_json(input, reading);
	else
		print_tables(input, reading);
	return pfc_flush();
}

static bool is_scoped(const struct input *input)
{
	return input->scope.command || input->scope.pid;
}

/* Returns false when the scope has ended, or interrupted. */
static bool wait_until(struct input *input, uint64_t when)
{
	return is_scoped(input) ? pfc_scope_wait(&input->scope, when) : pfc_sleep_until(when);
}

/* Print what is measured in each interval, until interrupted, or until the scope ends. */
static int repeat(struct pfc_reader *reader, struct input *input, struct reading *then)
{
	const uint64_t start = then->since;
	uint64_t when = input->interval ? start : 0, done;
	struct reading next, diff;
	bool more = true;
	int ret;

	if (!is_scoped(input))
		pfc_catch_interrupts();
	ret = pfc_scope_start(&input->scope);
	/* The command keeps its standard output. */
	fflush(stdout);
	if (!ret && input->scope.command && dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		ret = PFC_EXIT_FAILURE;
	for (done = 0; !ret && more && (!input->count || done < input->count); done++) {
		/* Skip intervals that have passed already (suspend). */
		while (when && when <= then->since)
			when += input->interval;
		more = wait_until(input, when);
		/* The last one of a scope measures the rest. */
		if (!more && !is_scoped(input))
			break;
		ret = read_all(reader, &next);
		if (ret)
			break;
		diff = next;
		diff.since -= start;
		diff.length = next.since - then->since;
		diff.reset = !pfc_latencies_subtract(&diff.all, &then->all);
		if (diff.reset && !input->options->json)
			pfc_error("the counters were reset, or the module was reloaded: what "
				  "follows counts since then");
		ret = print(input, &diff);
		*then = next;
	}
	return ret;
}

/**
 * pfc_cmd_latency() - the subcommand "latency"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit; with a command that ran, the status of
 * the command.
 */
int pfc_cmd_latency(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct pfc_reader reader;
	struct reading reading;
	int ret;

	pfc_usage_around_command(argc, argv);
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_module_open(&reader, options->debugfs);
	if (!ret)
		ret = pfc_use_watch(&reader, input.watch);
	if (!ret && is_scoped(&input)) {
		ret = pfc_scope_open(&input.scope, &reader);
		if (!ret)
			ret = read_all(&reader, &reading);
		if (!ret)
			ret = repeat(&reader, &input, &reading);
		pfc_scope_close(&input.scope, &reader);
	} else if (!ret) {
		ret = read_all(&reader, &reading);
		if (!ret)
			ret = input.interval ? repeat(&reader, &input, &reading) :
					       print(&input, &reading);
	}
	if (!input.scope.command)
		return ret;
	return ret ? pfc_exit_around_command(ret) : input.scope.status;
}
