// SPDX-License-Identifier: GPL-2.0
/* pfclass latency: print how long the faults of each class took. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lib/json.h"
#include "lib/latencies.h"
#include "lib/output.h"
#include "lib/table.h"

#define BAR	40	/* columns of the longest bar */

static const char doc[] =
	"Show how long the faults of each class took since the module was loaded or "
	"the counters were reset, from the first visit to the end. Time spent waiting "
	"for others is included. The module measures it if loaded with latency=1."
	"\v"
	"A row of a histogram counts the faults that took at least its first time and "
	"less than its second.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass latency                    count, mean, sum and histogram by class\n"
	"  pfclass latency -s                 without the histograms\n"
	"  pfclass latency -j | jq '.latency.swap.mean_ns'\n";

struct input {
	struct pfc_options *options;
	bool summary;
};

static const struct argp_option latency_options[] = {
	{ "summary", 's', NULL, 0, "Print no histograms", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 's':
		input->summary = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = latency_options,
	.parser = parse_option,
	.doc = doc,
	.children = pfc_common_children,
};

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

static void print_histogram(const struct pfc_latency *latency, const char *name)
{
	struct pfc_table table;
	uint64_t most = 0;
	size_t i;

	for (i = 0; i < latency->nr_buckets; i++)
		if (latency->buckets[i].count > most)
			most = latency->buckets[i].count;
	printf("\n%s\n", name);
	pfc_table_init(&table, 4, 7);
	for (i = 0; i < latency->nr_buckets; i++) {
		const struct pfc_bucket *bucket = &latency->buckets[i];
		int bar = bucket->count * BAR / most;

		pfc_table_add(&table, "%s", time_text(bucket->from));
		pfc_table_add(&table, "%s", time_text(bucket->from ? 2.0 * bucket->from : 2));
		pfc_table_add(&table, "%" PRIu64, bucket->count);
		/* Even the smallest bucket has a bar. */
		pfc_table_add(&table, "%.*s", bar ? bar : 1,
			      "########################################");
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
}

static void print_tables(const struct input *input, const struct pfc_latencies *all)
{
	struct pfc_table table;
	size_t class;

	pfc_table_init(&table, 4, 14);
	pfc_table_add(&table, "class");
	pfc_table_add(&table, "count");
	pfc_table_add(&table, "mean");
	pfc_table_add(&table, "sum");
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		const struct pfc_latency *latency = &all->of[class];
		bool some = latency->count.available && latency->count.n;

		pfc_table_add(&table, "%s", pfc_key(pfc_key_class(class))->name);
		pfc_table_add_value(&table, latency->count);
		pfc_table_add(&table, "%s", some ? time_text(mean(latency)) : "");
		pfc_table_add(&table, "%s", some ? time_text(latency->sum) : "");
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	for (class = 0; !input->summary && class < PFC_NR_CLASSES; class++)
		if (all->of[class].nr_buckets)
			print_histogram(&all->of[class], pfc_key(pfc_key_class(class))->name);
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

static void print_json(const struct input *input, const struct pfc_latencies *all)
{
	json_t *root = pfc_json_object(), *classes = pfc_json_object();
	json_t *unavailable = pfc_json_array();
	size_t class;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		const struct pfc_latency *latency = &all->of[class];
		const char *name = pfc_key(pfc_key_class(class))->name;
		json_t *entry = pfc_json_object();

		pfc_json_set(entry, "count", pfc_json_value(latency->count));
		if (latency->count.available) {
			pfc_json_set(entry, "sum_ns", pfc_json_u64(latency->sum));
			pfc_json_set(entry, "mean_ns", latency->count.n ?
				     json_real(mean(latency)) : json_null());
			if (!input->summary)
				pfc_json_set(entry, "buckets", histogram(latency));
		} else {
			pfc_json_append(unavailable, pfc_json_string(name));
		}
		pfc_json_set(classes, name, entry);
	}
	pfc_json_set(root, "latency", classes);
	pfc_json_set(root, "unavailable", unavailable);
	pfc_json_print(root, false);
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

/**
 * pfc_cmd_latency() - the subcommand "latency"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_latency(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct pfc_latencies all;
	struct pfc_reader reader;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_module_open(&reader, options->debugfs);
	if (ret)
		return ret;
	ret = pfc_read_latencies(&reader, &all);
	if (ret)
		return ret;
	if (is_off(&all)) {
		pfc_error("the module does not measure latency; reload it: rmmod pfclass; insmod "
			  "pfclass.ko latency=1");
		ret = PFC_EXIT_NO_LATENCY;
	} else {
		if (options->json)
			print_json(&input, &all);
		else
			print_tables(&input, &all);
		ret = pfc_flush();
	}
	return ret;
}
