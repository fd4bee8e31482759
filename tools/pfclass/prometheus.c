// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass prometheus: print the counters in the text format of Prometheus (0.0.4).
 * Knows no network: node_exporter's textfile collector serves the file of -o.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/latencies.h"
#include "lib/output.h"
#include "lib/rows.h"
#include "lib/stats.h"

/* The buckets of the histogram end at 2^SHORTEST - 1 to 2^LONGEST - 1 ns: 127 ns to 8.6 s. */
#define SHORTEST	7
#define LONGEST		33

static const char doc[] =
	"Print the counters, and the histograms if the module was loaded with latency=1, "
	"in the text format of Prometheus. What is unavailable has no sample but is 0 in "
	"pfclass_class_available."
	"\v"
	"EXAMPLES\n"
	"  pfclass prometheus\n"
	"  pfclass prometheus -o /var/lib/prometheus/node-exporter/pfclass.prom\n";

/* The counters that split the classes. */
static const struct family {
	const char *name;		/* after "pfclass_" */
	const char *help;
	const char *label;		/* beside class; NULL: none */
	enum pfc_suffix first, last;	/* its values */
} families[] = {
	{ "faults_by_access_total", "completed faults by class and access", "access",
	  PFC_SUFFIX_READ, PFC_SUFFIX_EXEC },
	{ "faults_by_origin_total", "completed faults by class and origin", "origin",
	  PFC_SUFFIX_USER, PFC_SUFFIX_MAJOR - 1 },
	{ "major_faults_total", "completed faults by class", NULL,
	  PFC_SUFFIX_MAJOR, PFC_SUFFIX_MAJOR },
};

static const enum pfc_total totals[] = { PFC_VISITS, PFC_RETRIES, PFC_REFUSED, PFC_MISSED };

struct input {
	struct pfc_options *options;
	const char *output;
};

/**
 * struct reading - what is printed
 * @stats: the counters
 * @latencies: the histograms
 * @cgroups: the classes by control group
 * @filter: whether a filter is set
 */
struct reading {
	struct pfc_stats stats;
	struct pfc_latencies latencies;
	struct pfc_rows cgroups;
	struct pfc_value filter;
};

static const struct argp_option prometheus_options[] = {
	{ "output", 'o', "FILE", 0, "Replace FILE at once, instead of standard output", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'o':
		input->output = arg;
		return 0;
	case ARGP_KEY_END:
		if (input->options->json)
			argp_error(state, "-j: prometheus has a format of its own");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = prometheus_options,
	.parser = parse_option,
	.doc = doc,
	.children = pfc_common_children,
};

static const char *class_name(size_t class)
{
	return pfc_key(pfc_key_class(class))->name;
}

/* A family begins with its HELP line: what it counts, then its label's values. */
static void print_help(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP pfclass_%s %s", name, help);
}

static void print_meaning(FILE *out, const char *word, const char *meaning)
{
	fprintf(out, "; %s: %s", word, meaning);
}

static void print_type(FILE *out, const char *name, const char *type)
{
	fprintf(out, "\n# TYPE pfclass_%s %s\n", name, type);
}

/* What is unavailable has no sample. */
static void print_sample(FILE *out, const char *name, const char *class, const char *label,
			 const char *word, struct pfc_value value)
{
	if (!value.available)
		return;
	fprintf(out, "pfclass_%s", name);
	if (class)
		fprintf(out, "{class=\"%s\"", class);
	if (label)
		fprintf(out, ",%s=\"%s\"", label, word);
	fprintf(out, "%s %" PRIu64 "\n", class ? "}" : "", value.n);
}

static void print_plain(FILE *out, const char *name, const char *type, const char *help,
			struct pfc_value value)
{
	print_help(out, name, help);
	print_type(out, name, type);
	print_sample(out, name, NULL, NULL, NULL, value);
}

static void print_state(FILE *out, const struct reading *reading)
{
	size_t class;

	print_help(out, "build_info", "always 1; the version of the tool, and of the interface "
		   "that it shares with the module");
	print_type(out, "build_info", "gauge");
	fprintf(out, "pfclass_build_info{version=\"%s\",abi=\"%d\"} 1\n", PFC_VERSION, PFC_ABI);
	print_plain(out, "filter_active", "gauge",
		    "1: a filter is set, and only the faults that match it are counted",
		    reading->filter);
	print_help(out, "class_available", "0: this kernel, or this mode of the module, cannot "
		   "count the class, which has no sample elsewhere");
	print_type(out, "class_available", "gauge");
	for (class = 0; class < PFC_NR_CLASSES; class++)
		print_sample(out, "class_available", class_name(class), NULL, NULL,
			     (struct pfc_value){
				.n = reading->stats.values[pfc_key_class(class)].available,
				.available = true,
			     });
}

static void print_classes(FILE *out, const struct pfc_stats *stats)
{
	static const char name[] = "faults_total";
	const size_t unclassified = pfc_key_total(PFC_UNCLASSIFIED);
	size_t class;

	print_help(out, name, pfc_key(pfc_key_total(PFC_FAULTS))->meaning);
	for (class = 0; class < PFC_NR_CLASSES; class++)
		print_meaning(out, class_name(class), pfc_key(pfc_key_class(class))->meaning);
	print_meaning(out, pfc_key(unclassified)->name, pfc_key(unclassified)->meaning);
	print_type(out, name, "counter");
	for (class = 0; class < PFC_NR_CLASSES; class++)
		print_sample(out, name, class_name(class), NULL, NULL,
			     stats->values[pfc_key_class(class)]);
	print_sample(out, name, pfc_key(unclassified)->name, NULL, NULL,
		     stats->values[unclassified]);
}

static void print_refinements(FILE *out, const struct pfc_stats *stats)
{
	static const char name[] = "fault_refinements_total";
	size_t i;

	print_help(out, name, "what happened inside a class; a fault can be in more than one");
	for (i = 0; i < pfc_keys_nr(); i++)
		if (pfc_key(i)->kind == PFC_KEY_REFINEMENT)
			print_meaning(out, pfc_key(i)->name, pfc_key(i)->meaning);
	print_type(out, name, "counter");
	for (i = 0; i < pfc_keys_nr(); i++)
		if (pfc_key(i)->kind == PFC_KEY_REFINEMENT)
			print_sample(out, name, class_name(pfc_key(i)->class), "refinement",
				     pfc_key(i)->name, stats->values[i]);
}

static void print_family(FILE *out, const struct family *family, const struct pfc_stats *stats)
{
	size_t class, i;

	print_help(out, family->name, family->help);
	for (i = family->first; i <= family->last; i++)
		print_meaning(out, pfc_suffix(i) + 1, pfc_suffix_meaning(i));
	print_type(out, family->name, "counter");
	for (class = 0; class < PFC_NR_CLASSES; class++)
		for (i = family->first; i <= family->last; i++)
			print_sample(out, family->name, class_name(class), family->label,
				     pfc_suffix(i) + 1, pfc_stats_split(stats, class, i));
}

/* As a label's value. */
static void print_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\\"\n", *text))
			putc('\\', out);
		putc(*text == '\n' ? 'n' : *text, out);
	}
}

/* Nothing without cgroups=N. A group that is removed has no sample any more. */
static void print_cgroups(FILE *out, const struct pfc_rows *rows)
{
	static const char name[] = "cgroup_faults_total";
	size_t i, column;

	if (!pfc_rows_available(rows))
		return;
	print_help(out, name, "completed faults by control group (v2) and class");
	print_meaning(out, PFC_CGROUP_REMOVED, "groups that were removed");
	print_meaning(out, PFC_CGROUP_OTHER, "groups that found no row, see cgroups=N");
	print_type(out, name, "counter");
	for (i = 0; i < rows->nr_rows; i++) {
		char *path = pfc_row_path(&rows->rows[i]);

		for (column = 0; column < rows->nr_columns; column++) {
			if (!rows->rows[i].values[column].available)
				continue;
			fprintf(out, "pfclass_%s{cgroup=\"", name);
			print_quoted(out, path);
			fprintf(out, "\",class=\"%s\"} %" PRIu64 "\n", rows->columns[column],
				rows->rows[i].values[column].n);
		}
		free(path);
	}
}

static void print_totals(FILE *out, const struct pfc_stats *stats)
{
	size_t i;

	for (i = 0; i < sizeof(totals) / sizeof(*totals); i++) {
		const size_t key = pfc_key_total(totals[i]);
		char *name = pfc_format("%s_total", pfc_key(key)->name);

		print_plain(out, name, "counter", pfc_key(key)->meaning, stats->values[key]);
		free(name);
	}
}

/* Every bucket, empty or not: a series that appears late has no rate. */
static void print_histogram(FILE *out, const char *class, const struct pfc_latency *latency)
{
	static const char name[] = "pfclass_fault_duration_seconds";
	uint64_t count = 0;
	unsigned int k;
	size_t i = 0;

	for (k = SHORTEST; k <= LONGEST; k++) {
		for (; i < latency->nr_buckets && latency->buckets[i].from < 1ULL << k; i++)
			count += latency->buckets[i].count;
		fprintf(out, "%s_bucket{class=\"%s\",le=\"%.15g\"} %" PRIu64 "\n", name, class,
			((1ULL << k) - 1) / 1e9, count);
	}
	for (; i < latency->nr_buckets; i++)
		count += latency->buckets[i].count;
	fprintf(out, "%s_bucket{class=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", name, class, count);
	fprintf(out, "%s_sum{class=\"%s\"} %" PRIu64 ".%09" PRIu64 "\n", name, class,
		latency->sum / 1000000000, latency->sum % 1000000000);
	fprintf(out, "%s_count{class=\"%s\"} %" PRIu64 "\n", name, class, count);
}

static void print_durations(FILE *out, const struct pfc_latencies *all)
{
	bool begun = false;
	size_t class;

	for (class = 0; class < PFC_NR_CLASSES; class++) {
		if (!all->of[class].count.available)
			continue;
		if (!begun) {
			print_help(out, "fault_duration_seconds",
				   "how long faults took, from the first visit to the end");
			print_type(out, "fault_duration_seconds", "histogram");
			begun = true;
		}
		print_histogram(out, class_name(class), &all->of[class]);
	}
}

static void print_all(FILE *out, const struct reading *reading)
{
	size_t i;

	print_state(out, reading);
	print_classes(out, &reading->stats);
	print_refinements(out, &reading->stats);
	for (i = 0; i < sizeof(families) / sizeof(*families); i++)
		print_family(out, &families[i], &reading->stats);
	print_totals(out, &reading->stats);
	print_cgroups(out, &reading->cgroups);
	print_durations(out, &reading->latencies);
}

static int read_filter(struct pfc_reader *reader, struct pfc_value *active)
{
	char *text;
	size_t len;
	int ret;

	ret = pfc_read_text(reader, PFC_FILE_FILTER, &text, &len);
	if (ret)
		return ret;
	active->available = true;
	active->n = strcmp(text, PFC_FILTER_CLEAR "\n") != 0;
	free(text);
	return PFC_EXIT_OK;
}

static int read_all(struct pfc_reader *reader, struct reading *reading)
{
	int ret = pfc_read_stats(reader, &reading->stats);

	if (!ret)
		ret = pfc_read_latencies(reader, &reading->latencies);
	if (!ret)
		ret = pfc_read_rows(reader, &pfc_rows_cgroups, &reading->cgroups);
	if (!ret)
		ret = read_filter(reader, &reading->filter);
	return ret;
}

static int write_and_rename(int fd, const char *temporary, const char *path, const char *text,
			    size_t len)
{
	FILE *file = fdopen(fd, "w");
	int error;

	if (!file) {
		close(fd);
		return -1;
	}
	error = fwrite(text, 1, len, file) != len || fchmod(fd, 0644);
	/* Not all that fwrite() took may fit on the disk. */
	error |= fclose(file);
	return error ? -1 : rename(temporary, path);
}

/* Whoever reads FILE meanwhile has the old content or the new one, whole. */
static int replace_file(const char *path, const char *text, size_t len)
{
	char *temporary = pfc_format("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	int ret = PFC_EXIT_OK;

	if (fd < 0 || write_and_rename(fd, temporary, path, text, len)) {
		pfc_error("cannot write %s: %s; name another file", path, strerror(errno));
		if (fd >= 0)
			unlink(temporary);
		ret = PFC_EXIT_FAILURE;
	}
	free(temporary);
	return ret;
}

static int write_all(const char *path, const struct reading *reading)
{
	size_t len = 0;
	char *text;
	FILE *out;
	int ret;

	out = open_memstream(&text, &len);
	if (!out)
		pfc_out_of_memory();
	print_all(out, reading);
	if (ferror(out) || fclose(out))
		pfc_out_of_memory();
	if (path) {
		ret = replace_file(path, text, len);
	} else {
		fwrite(text, 1, len, stdout);
		ret = pfc_flush();
	}
	free(text);
	return ret;
}

/**
 * pfc_cmd_prometheus() - the subcommand "prometheus"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_prometheus(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct reading reading = { 0 };
	struct pfc_reader reader;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_reader_open(&reader, options->debugfs);
	if (!ret)
		ret = read_all(&reader, &reading);
	if (!ret)
		ret = write_all(input.output, &reading);
	pfc_free_stats(&reading.stats);
	pfc_free_rows(&reading.cgroups);
	return ret;
}
