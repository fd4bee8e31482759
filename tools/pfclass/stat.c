// SPDX-License-Identifier: GPL-2.0
/* pfclass stat: the counters, once or every so often. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "output.h"
#include "pfclass.h"
#include "reader.h"
#include "scope.h"

/* lint: allow CAMELCASE throughout: the names of inttypes.h */

#define NSEC		1000000000ULL
#define SHORTEST	0.001		/* seconds */
#define LONGEST		1e6
#define LINE_COLUMN	6		/* the narrowest column of a line */

static const char why[] = "\"pfclass probes\" says why.";

static const char doc[] =
	"Show how many faults of each class the kernel handled: since the module "
	"was loaded or reset or, every INTERVAL seconds, since the line before; or how "
	"many CMD and all its descendants took, and nobody else."
	"\v"
	"INTERVAL is in seconds and may have a fraction. Each line counts one "
	"interval, the first one too; COUNT lines are printed, or until interrupted.\n"
	"\n"
	"CMD is counted from its start to its end, in a control group of its own. The "
	"result goes to standard error or to FILE, and CMD's exit status is passed on. "
	"Meanwhile the module's filter is replaced.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass stat                 every class, and what happened inside it\n"
	"  pfclass stat -v              every counter there is\n"
	"  pfclass stat 1               a line each second\n"
	"  pfclass stat 0.5 10          ten lines, half a second each\n"
	"  pfclass stat --percpu        a line for each CPU\n"
	"  pfclass stat -- make -j4     what a command and its children do\n"
	"  pfclass stat 1 -- make -j4   the same, a line each second\n"
	"  pfclass stat -p 1234         what a process does until ^C or its end\n"
	"  pfclass stat -j | jq '.classes.wp'\n"
	"  pfclass stat -j 1            a JSON object on a line each second\n"
	"  pfclass stat -x,             VALUE,KEY,PERCENT for a spreadsheet\n";

struct input {
	struct pfc_options *options;
	struct pfc_scope scope;
	const char *separator;
	const char *output;
	bool verbose;
	bool percpu;
	bool repeat;
	bool counted;		/* COUNT was given */
	uint64_t interval;	/* nanoseconds */
	uint64_t count;
};

/* One reading, or the difference of two. */
struct sample {
	struct pfc_stats stats;
	struct pfc_percpu percpu;
	uint64_t since;		/* nanoseconds from the start, for differences */
	uint64_t length;
	bool reset;		/* the counters began anew in between */
};

static bool is_scoped(const struct input *input)
{
	return input->scope.command || input->scope.pid;
}

static volatile sig_atomic_t interrupted;

static void interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static const struct argp_option stat_options[] = {
	{ "verbose", 'v', NULL, 0, "Show what is zero or unavailable too", 0 },
	{ "separator", 'x', "SEP", 0, "A line for each counter: VALUE SEP KEY SEP PERCENT", 0 },
	{ "percpu", 'P', NULL, 0, "A row for each CPU that handled a fault", 0 },
	{ "pid", 'p', "PID", 0, "Only the process PID, until ^C or its end", 0 },
	{ "output", 'o', "FILE", 0, "Write to FILE", 0 },
	{ 0 }
};

static void parse_positional(struct argp_state *state, struct input *input,
			     const char *arg)
{
	double seconds;
	char *end;

	errno = 0;
	switch (state->arg_num) {
	case 0:
		seconds = strtod(arg, &end);
		if (end == arg || *end || !(seconds >= SHORTEST) ||
		    seconds > LONGEST)
			argp_error(state, "INTERVAL is seconds from %g to %.0f, not \"%s\"",
				   SHORTEST, LONGEST, arg);
		input->interval = (uint64_t)llround(seconds * NSEC);
		input->repeat = true;
		return;
	case 1:
		input->count = strtoumax(arg, &end, 10);
		if (*arg < '0' || *arg > '9' || *end || errno || !input->count)
			argp_error(state, "COUNT is a number of lines from 1, not \"%s\"",
				   arg);
		input->counted = true;
		return;
	default:
		argp_error(state, "\"%s\" is one argument too many", arg);
	}
}

static void parse_pid(struct argp_state *state, struct input *input, const char *arg)
{
	uintmax_t pid;
	char *end;

	errno = 0;
	pid = strtoumax(arg, &end, 10);
	if (*arg < '0' || *arg > '9' || *end || errno || !pid || pid > INT32_MAX)
		argp_error(state, "-p takes the number of a process, not \"%s\"", arg);
	input->scope.pid = pid;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 'p':
		parse_pid(state, input, arg);
		return 0;
	case 'o':
		input->output = arg;
		return 0;
	case 'v':
		input->verbose = true;
		return 0;
	case 'x':
		if (!*arg)
			argp_error(state, "-x takes a separator, for example: -x,");
		input->separator = arg;
		return 0;
	case 'P':
		input->percpu = true;
		return 0;
	case ARGP_KEY_ARG:
		/* What follows "--" is the command's own to parse. */
		if (state->quoted && state->next > state->quoted) {
			input->scope.command = state->argv + state->next - 1;
			state->next = state->argc;
		} else {
			parse_positional(state, input, arg);
		}
		return 0;
	case ARGP_KEY_END:
		if (state->quoted == state->argc && !input->scope.command)
			argp_error(state, "the command after \"--\" is missing");
		if (input->scope.command && input->scope.pid)
			argp_error(state, "-p and a command exclude each other");
		if (input->scope.command && input->counted)
			argp_error(state, "with a command there is no COUNT: its end is the end");
		if (input->separator && input->options->json)
			argp_error(state, "-j and -x exclude each other");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { .argp = &pfc_common_argp }, { 0 } };
static const struct argp argp = {
	.options = stat_options,
	.parser = parse_option,
	.args_doc = "[INTERVAL [COUNT]]\n[INTERVAL] -- CMD [ARG...]",
	.doc = doc,
	.children = children,
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

/* Returns false when interrupted. */
static bool sleep_until(uint64_t when)
{
	struct timespec ts = { .tv_sec = when / NSEC, .tv_nsec = when % NSEC };

	while (!interrupted)
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
				    NULL) != EINTR)
			return true;
	return false;
}

static void free_sample(struct sample *sample)
{
	pfc_free_stats(&sample->stats);
	pfc_free_percpu(&sample->percpu);
}

static void *duplicate(const void *old, size_t nr, size_t size)
{
	void *new = pfc_alloc(NULL, nr, size);

	if (nr)
		memcpy(new, old, nr * size);
	return new;
}

static void copy_sample(struct sample *to, const struct sample *from)
{
	const struct pfc_percpu *old = &from->percpu;
	struct pfc_percpu *new = &to->percpu;
	size_t i;

	*to = *from;
	to->stats.extras = duplicate(from->stats.extras, from->stats.nr_extras,
				     sizeof(*from->stats.extras));
	new->columns = duplicate(old->columns, old->nr_columns,
				 sizeof(*old->columns));
	new->cpus = duplicate(old->cpus, old->nr_cpus, sizeof(*old->cpus));
	for (i = 0; i < old->nr_cpus; i++)
		new->cpus[i].values = duplicate(old->cpus[i].values,
						old->nr_columns,
						sizeof(*old->cpus[i].values));
}

static int read_sample(struct pfc_reader *reader, const struct input *input,
		       struct sample *sample)
{
	int ret;

	memset(sample, 0, sizeof(*sample));
	sample->since = now();
	ret = pfc_read_stats(reader, &sample->stats);
	if (ret || !input->percpu)
		return ret;
	ret = pfc_read_percpu(reader, &sample->percpu);
	if (ret)
		pfc_free_stats(&sample->stats);
	return ret;
}

static const struct pfc_value *find_extra(const struct pfc_stats *stats,
					  const char *name)
{
	size_t i;

	for (i = 0; i < stats->nr_extras; i++)
		if (!strcmp(stats->extras[i].name, name))
			return &stats->extras[i].value;
	return NULL;
}

static const struct pfc_cpu *find_cpu(const struct pfc_percpu *percpu,
				      unsigned int cpu)
{
	size_t i;

	for (i = 0; i < percpu->nr_cpus; i++)
		if (percpu->cpus[i].cpu == cpu)
			return &percpu->cpus[i];
	return NULL;
}

static bool same_columns(const struct pfc_percpu *a, const struct pfc_percpu *b)
{
	size_t i;

	if (a->nr_columns != b->nr_columns)
		return false;
	for (i = 0; i < a->nr_columns; i++)
		if (strcmp(a->columns[i], b->columns[i]))
			return false;
	return true;
}

static bool went_back(struct pfc_value then, struct pfc_value now)
{
	return then.available && now.available && now.n < then.n;
}

/*
 * A class only ever grows. One that did not was reset, and with it everything
 * else: by "reset", or because the module was unloaded and loaded.
 */
static bool was_reset(const struct sample *then, const struct sample *now)
{
	size_t i, column;

	for (i = 0; i < PFC_NR_CLASSES; i++) {
		size_t key = pfc_key_class(i);

		if (went_back(then->stats.values[key], now->stats.values[key]))
			return true;
	}
	if (!same_columns(&then->percpu, &now->percpu))
		return true;
	for (i = 0; i < then->percpu.nr_cpus; i++) {
		const struct pfc_cpu *old = &then->percpu.cpus[i];
		const struct pfc_cpu *new = find_cpu(&now->percpu, old->cpu);

		/* A CPU's row appears with its first fault and stays. */
		if (!new)
			return true;
		for (column = 0; column < now->percpu.nr_columns; column++)
			if (went_back(old->values[column], new->values[column]))
				return true;
	}
	return false;
}

static struct pfc_value grown(const struct pfc_value *then, struct pfc_value now)
{
	/* What was not counted before cannot be compared. */
	if (!then || !then->available || !now.available)
		return (struct pfc_value){ 0 };
	/*
	 * A total that the module works out while faults go on (unclassified)
	 * may fall by the few that were being counted.
	 */
	now.n = now.n > then->n ? now.n - then->n : 0;
	return now;
}

/* Turn @diff, a reading, into what it grew by since @then. */
static void subtract(struct sample *diff, const struct sample *then,
		     uint64_t start)
{
	static const struct pfc_value zero = { .available = true };
	size_t i, column;

	diff->length = diff->since - then->since;
	diff->since -= start;
	diff->reset = was_reset(then, diff);
	if (diff->reset)
		return;
	for (i = 0; i < pfc_keys_nr(); i++)
		diff->stats.values[i] = grown(&then->stats.values[i],
					      diff->stats.values[i]);
	for (i = 0; i < diff->stats.nr_extras; i++) {
		struct pfc_extra *extra = &diff->stats.extras[i];

		extra->value = grown(find_extra(&then->stats, extra->name),
				     extra->value);
	}
	for (i = 0; i < diff->percpu.nr_cpus; i++) {
		struct pfc_cpu *new = &diff->percpu.cpus[i];
		const struct pfc_cpu *old = find_cpu(&then->percpu, new->cpu);

		for (column = 0; column < diff->percpu.nr_columns; column++)
			new->values[column] = grown(old ? &old->values[column] :
						    &zero, new->values[column]);
	}
}

static struct pfc_value faults(const struct sample *sample)
{
	return sample->stats.values[pfc_key_total(PFC_FAULTS)];
}

/* Percent of all faults, or "" when that cannot be said. */
static const char *share(const struct sample *sample, struct pfc_value value,
			 const char *unit)
{
	struct pfc_value all = faults(sample);
	static char text[32];
	double percent;

	if (!value.available || !all.available || !all.n)
		return "";
	percent = 100.0 * value.n / all.n;
	if (value.n && percent < 0.05 && *unit)
		snprintf(text, sizeof(text), "<0.1%s", unit);
	else
		snprintf(text, sizeof(text), *unit ? "%.1f%s" : "%.2f%s",
			 percent, unit);
	return text;
}

static void append(char **list, size_t *len, const char *word)
{
	size_t add = strlen(word);

	*list = pfc_alloc(*list, *len + add + 2, 1);
	if (*len)
		(*list)[(*len)++] = ' ';
	strcpy(*list + *len, word);
	*len += add;
}

static bool is_unavailable(const struct sample *sample, size_t index)
{
	return sample->stats.listed[index] && !sample->stats.values[index].available;
}

static bool none_available(const struct sample *sample, enum pfc_key_kind kind)
{
	bool any = false;
	size_t i;

	for (i = 0; i < pfc_keys_nr(); i++) {
		if (pfc_key(i)->kind != kind)
			continue;
		if (sample->stats.values[i].available)
			return false;
		any |= sample->stats.listed[i];
	}
	return any;
}

/* Say once what the rows leave out: what cannot be counted is not zero. */
static bool print_unavailable(const struct sample *sample,
			      enum pfc_key_kind first, enum pfc_key_kind last)
{
	static const char *const every[] = {
		[PFC_KEY_REFINEMENT] = "every refinement of a class",
		[PFC_KEY_SPLIT] = "every split by access, origin and outcome",
	};
	enum pfc_key_kind kind;
	bool printed = false;
	char *list = NULL;
	size_t len = 0, i;

	for (kind = first; kind <= last; kind++) {
		if (kind >= PFC_KEY_REFINEMENT && none_available(sample, kind)) {
			printf("%s: %s\n", PFC_UNAVAILABLE, every[kind]);
			printed = true;
			continue;
		}
		for (i = 0; i < pfc_keys_nr(); i++)
			if (pfc_key(i)->kind == kind && is_unavailable(sample, i))
				append(&list, &len, pfc_key(i)->name);
	}
	if (list)
		pfc_print_wrapped(PFC_UNAVAILABLE ": ", list);
	printed |= !!list;
	free(list);
	return printed;
}

static void add_row(struct pfc_table *table, const struct sample *sample,
		    const char *indent, const char *name,
		    struct pfc_value value)
{
	pfc_table_add(table, "%s%s", indent, name);
	pfc_table_add_value(table, value);
	pfc_table_add(table, "%s", share(sample, value, "%"));
}

static void print_table(const struct input *input, const struct sample *sample)
{
	const struct pfc_stats *stats = &sample->stats;
	struct pfc_table table;
	size_t class, i;

	pfc_table_init(&table, 3, 1 << 1 | 1 << 2);
	pfc_table_add(&table, "class");
	pfc_table_add(&table, "count");
	pfc_table_add(&table, "share");
	for (class = 0; class < PFC_NR_CLASSES; class++) {
		i = pfc_key_class(class);
		add_row(&table, sample, "", pfc_key(i)->name, stats->values[i]);
		for (i++; i < pfc_keys_nr(); i++) {
			const struct pfc_key *key = pfc_key(i);

			if (key->class == (int)class && stats->listed[i] &&
			    (input->verbose || stats->values[i].n))
				add_row(&table, sample, "  ", key->name,
					stats->values[i]);
		}
	}
	for (i = 0; i < stats->nr_extras; i++)
		if (input->verbose || stats->extras[i].value.n)
			add_row(&table, sample, "", stats->extras[i].name,
				stats->extras[i].value);
	for (i = 0; i < PFC_NR_TOTALS; i++) {
		size_t key = pfc_key_total(i);

		pfc_table_add(&table, "%s", pfc_key(key)->name);
		pfc_table_add_value(&table, stats->values[key]);
		pfc_table_add(&table, "%s", "");
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	/* With -v every key has its row. */
	if (!input->verbose)
		print_unavailable(sample, PFC_KEY_REFINEMENT, PFC_KEY_SPLIT);
	for (i = 0; i < pfc_keys_nr(); i++) {
		if (is_unavailable(sample, i)) {
			puts(why);
			break;
		}
	}
}

/*
 * A line for each interval. The columns are those that can be counted; what is
 * normally zero (and in the way) joins when it is not. Whenever the set changes
 * the header is printed again.
 */
struct lines {
	bool shown[PFC_MAX_KEYS];
	bool joined[PFC_MAX_KEYS];
	bool available[PFC_MAX_KEYS];
	int width[PFC_MAX_KEYS];
	size_t printed;		/* lines since the header, with it; 0: none yet */
};

static bool is_quiet(const struct pfc_key *key, size_t index)
{
	return key->kind != PFC_KEY_CLASS &&
	       index != pfc_key_total(PFC_FAULTS);
}

static bool wants_column(const struct input *input, struct lines *lines,
			 const struct sample *sample, size_t index)
{
	const struct pfc_key *key = pfc_key(index);

	if (!sample->stats.values[index].available)
		return false;
	if (!is_quiet(key, index))
		return true;
	if (input->verbose)
		return key->kind != PFC_KEY_SPLIT;
	if (index != pfc_key_total(PFC_UNCLASSIFIED) &&
	    index != pfc_key_total(PFC_MISSED))
		return false;
	if (sample->stats.values[index].n)
		lines->joined[index] = true;
	return lines->joined[index];
}

/* A column never narrows: what is below it stays aligned. */
static bool widen(struct lines *lines, const struct sample *sample, size_t index)
{
	int name = strlen(pfc_key(index)->name);
	int width = snprintf(NULL, 0, "%" PRIu64, sample->stats.values[index].n);

	if (width < name)
		width = name;
	if (width < LINE_COLUMN)
		width = LINE_COLUMN;
	if (width <= lines->width[index])
		return false;
	lines->width[index] = width;
	return true;
}

static void print_line(const struct input *input, struct lines *lines,
		       const struct sample *sample)
{
	bool header = !lines->printed || lines->printed >= pfc_screen_height();
	bool unavailable = !lines->printed;
	const char *gap = "";
	size_t i;

	for (i = 0; i < pfc_keys_nr(); i++) {
		bool available = sample->stats.values[i].available;
		bool shown = wants_column(input, lines, sample, i);

		header |= shown != lines->shown[i];
		header |= shown && widen(lines, sample, i);
		unavailable |= available != lines->available[i] &&
			       pfc_key(i)->kind <= PFC_KEY_CLASS;
		lines->shown[i] = shown;
		lines->available[i] = available;
	}
	if (unavailable &&
	    print_unavailable(sample, PFC_KEY_TOTAL,
			      input->verbose ? PFC_KEY_REFINEMENT : PFC_KEY_CLASS))
		puts(why);
	for (i = 0; header && i < pfc_keys_nr(); i++) {
		if (!lines->shown[i])
			continue;
		printf("%s%*s", gap, lines->width[i], pfc_key(i)->name);
		gap = " ";
	}
	if (header) {
		putchar('\n');
		lines->printed = 1;
	}
	gap = "";
	for (i = 0; i < pfc_keys_nr(); i++) {
		if (!lines->shown[i])
			continue;
		printf("%s%*" PRIu64, gap, lines->width[i],
		       sample->stats.values[i].n);
		gap = " ";
	}
	putchar('\n');
	lines->printed++;
}

/* Whether a column of "percpu" can be counted; with no row "stats" knows. */
static bool column_available(const struct sample *sample, size_t column)
{
	const struct pfc_percpu *percpu = &sample->percpu;
	size_t i;
	int key;

	if (!percpu->nr_cpus) {
		key = pfc_key_find(percpu->columns[column], 0);
		return key >= 0 && sample->stats.values[key].available;
	}
	for (i = 0; i < percpu->nr_cpus; i++)
		if (percpu->cpus[i].values[column].available)
			return true;
	return false;
}

static struct pfc_value column_sum(const struct sample *sample, size_t column)
{
	const struct pfc_percpu *percpu = &sample->percpu;
	struct pfc_value sum = { .available = column_available(sample, column) };
	size_t i;

	for (i = 0; i < percpu->nr_cpus; i++)
		sum.n += percpu->cpus[i].values[column].n;
	return sum;
}

static void print_cpus(const struct sample *sample)
{
	const struct pfc_percpu *percpu = &sample->percpu;
	bool *shown = pfc_alloc(NULL, percpu->nr_columns, sizeof(*shown));
	size_t columns = 1, len = 0, i, column;
	struct pfc_table table;
	char *hidden = NULL;

	for (column = 0; column < percpu->nr_columns; column++) {
		shown[column] = column_available(sample, column);
		columns += shown[column];
		if (!shown[column])
			append(&hidden, &len, percpu->columns[column]);
	}
	pfc_table_init(&table, columns, UINT64_MAX);
	pfc_table_add(&table, "cpu");
	for (column = 0; column < percpu->nr_columns; column++)
		if (shown[column])
			pfc_table_add(&table, "%s", percpu->columns[column]);
	for (i = 0; i < percpu->nr_cpus; i++) {
		pfc_table_add(&table, "%u", percpu->cpus[i].cpu);
		for (column = 0; column < percpu->nr_columns; column++)
			if (shown[column])
				pfc_table_add_value(&table,
						    percpu->cpus[i].values[column]);
	}
	pfc_table_add(&table, "sum");
	for (column = 0; column < percpu->nr_columns; column++)
		if (shown[column])
			pfc_table_add_value(&table, column_sum(sample, column));
	pfc_table_print(&table);
	pfc_table_free(&table);
	if (hidden) {
		pfc_print_wrapped(PFC_UNAVAILABLE ": ", hidden);
		puts(why);
	}
	free(hidden);
	free(shown);
}

static void print_cells(const struct input *input, const struct sample *sample)
{
	const struct pfc_stats *stats = &sample->stats;
	const struct pfc_percpu *percpu = &sample->percpu;
	const char *sep = input->separator;
	struct pfc_table cells;
	size_t i, column;

	/* Two columns: what stands before the separator, the name behind it. */
	pfc_table_init(&cells, 2, 0);
	for (i = 0; !input->percpu && i < pfc_keys_nr(); i++) {
		if (!stats->listed[i])
			continue;
		pfc_table_add_value(&cells, stats->values[i]);
		pfc_table_add(&cells, "%s%s%s", pfc_key(i)->name, sep,
			      share(sample, stats->values[i], ""));
	}
	for (i = 0; !input->percpu && i < stats->nr_extras; i++) {
		pfc_table_add_value(&cells, stats->extras[i].value);
		pfc_table_add(&cells, "%s%s%s", stats->extras[i].name, sep,
			      share(sample, stats->extras[i].value, ""));
	}
	for (i = 0; i < percpu->nr_cpus; i++) {
		for (column = 0; column < percpu->nr_columns; column++) {
			struct pfc_value value = percpu->cpus[i].values[column];

			pfc_table_add_value(&cells, value);
			pfc_table_add(&cells, "%s%s%s",
				      percpu->columns[column], sep,
				      share(sample, value, ""));
		}
	}
	for (i = 0; i < cells.rows; i++) {
		if (input->repeat)
			printf("%" PRIu64 ".%09" PRIu64 "%s",
			       (uint64_t)(sample->since / NSEC),
			       (uint64_t)(sample->since % NSEC), sep);
		if (input->percpu)
			printf("CPU%u%s",
			       percpu->cpus[i / percpu->nr_columns].cpu, sep);
		printf("%s%s%s\n", cells.cells[2 * i], sep,
		       cells.cells[2 * i + 1]);
	}
	pfc_table_free(&cells);
}

static void print_json(const struct input *input, const struct sample *sample)
{
	static const char *const sections[] = {
		[PFC_KEY_TOTAL] = "totals",
		[PFC_KEY_CLASS] = "classes",
		[PFC_KEY_REFINEMENT] = "refinements",
		[PFC_KEY_SPLIT] = "splits",
	};
	const struct pfc_stats *stats = &sample->stats;
	const struct pfc_percpu *percpu = &sample->percpu;
	json_t *root = pfc_json_object(), *unavailable = pfc_json_array();
	json_t *section[sizeof(sections) / sizeof(*sections)];
	size_t i, column;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	if (input->repeat) {
		pfc_json_set(root, "since_ns", pfc_json_u64(sample->since));
		pfc_json_set(root, "interval_ns", pfc_json_u64(sample->length));
		pfc_json_set(root, "reset", json_boolean(sample->reset));
	}
	for (i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		section[i] = pfc_json_object();
		pfc_json_set(root, sections[i], section[i]);
	}
	for (i = 0; i < pfc_keys_nr(); i++) {
		const struct pfc_key *key = pfc_key(i);

		if (!stats->listed[i])
			continue;
		pfc_json_set(section[key->kind], key->name,
			     pfc_json_value(stats->values[i]));
		if (!stats->values[i].available)
			pfc_json_append(unavailable, pfc_json_string(key->name));
	}
	if (stats->nr_extras) {
		json_t *extras = pfc_json_object();

		for (i = 0; i < stats->nr_extras; i++)
			pfc_json_set(extras, stats->extras[i].name,
				     pfc_json_value(stats->extras[i].value));
		pfc_json_set(root, "others", extras);
	}
	if (input->percpu) {
		json_t *rows = pfc_json_array();

		for (i = 0; i < percpu->nr_cpus; i++) {
			const struct pfc_cpu *cpu = &percpu->cpus[i];
			json_t *row = pfc_json_object();

			pfc_json_set(row, "cpu", pfc_json_u64(cpu->cpu));
			for (column = 0; column < percpu->nr_columns; column++)
				pfc_json_set(row, percpu->columns[column],
					     pfc_json_value(cpu->values[column]));
			pfc_json_append(rows, row);
		}
		pfc_json_set(root, "percpu", rows);
	}
	pfc_json_set(root, "unavailable", unavailable);
	pfc_json_print(root, input->repeat);
}

static int print(const struct input *input, struct lines *lines,
		 const struct sample *sample)
{
	if (input->options->json)
		print_json(input, sample);
	else if (input->separator)
		print_cells(input, sample);
	else if (input->percpu)
		print_cpus(sample);
	else if (input->repeat)
		print_line(input, lines, sample);
	else
		print_table(input, sample);
	if (input->repeat && input->percpu && !input->options->json &&
	    !input->separator)
		putchar('\n');
	return pfc_flush();
}

/* Returns false when it is over, or interrupted. */
static bool wait_until(struct input *input, uint64_t when)
{
	return is_scoped(input) ? pfc_scope_wait(&input->scope, when) :
				    sleep_until(when);
}

/* The rest of standard output goes elsewhere; the command has the old one. */
static int redirect(const struct input *input)
{
	int fd = STDERR_FILENO;

	if (!input->output && !input->scope.command)
		return PFC_EXIT_OK;
	if (input->output) {
		fd = open(input->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0) {
			pfc_error("cannot write %s: %s", input->output, strerror(errno));
			return PFC_EXIT_FAILURE;
		}
	}
	fflush(stdout);
	if (dup2(fd, STDOUT_FILENO) < 0)
		return PFC_EXIT_FAILURE;
	if (fd != STDERR_FILENO)
		close(fd);
	return PFC_EXIT_OK;
}

/* Print what is counted in each interval, or until the end of whom is counted. */
static int repeat(struct pfc_reader *reader, struct input *input)
{
	struct sigaction action = { .sa_handler = interrupt };
	struct lines lines = { .printed = 0 };
	struct sample then, next, diff;
	uint64_t start, when, done;
	bool more = true;
	int ret;

	/* No SA_RESTART: the sleep ends, and no line is cut off. */
	if (!is_scoped(input)) {
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
	}
	ret = read_sample(reader, input, &then);
	if (ret)
		return ret;
	ret = pfc_scope_start(&input->scope);
	if (!ret)
		ret = redirect(input);
	start = then.since;
	when = input->repeat ? start : 0;
	for (done = 0; !ret && more && (!input->counted || done < input->count); done++) {
		/* A beat that was slept through (suspend) is not made up for. */
		while (when && when <= then.since)
			when += input->interval;
		more = wait_until(input, when);
		/* Its last line counts what is left. */
		if (!more && !is_scoped(input))
			break;
		ret = read_sample(reader, input, &next);
		if (ret)
			break;
		copy_sample(&diff, &next);
		subtract(&diff, &then, start);
		if (diff.reset && !input->options->json)
			pfc_error("the counters began anew (reset, or the module was loaded "
				  "again): the next line counts since then");
		ret = print(input, &lines, &diff);
		free_sample(&diff);
		free_sample(&then);
		then = next;
	}
	free_sample(&then);
	return ret;
}

static int run_scope(struct pfc_reader *reader, struct input *input)
{
	struct sample sample;
	int ret, err;

	/* Know whom one talks to before one writes. */
	ret = read_sample(reader, input, &sample);
	if (ret)
		return ret;
	free_sample(&sample);
	ret = pfc_scope_open(&input->scope, reader);
	if (!ret)
		ret = repeat(reader, input);
	err = pfc_scope_close(&input->scope, reader);
	return ret ? ret : err;
}

/**
 * pfc_cmd_stat() - the subcommand "stat"
 * @argc: the arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options that stood before it
 *
 * Return: an exit status of enum pfc_exit.
 */
int pfc_cmd_stat(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options };
	struct pfc_reader reader;
	struct sample sample;
	int ret;

	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_reader_open(&reader, options->debugfs);
	if (ret)
		return ret;
	if (is_scoped(&input))
		return run_scope(&reader, &input);
	if (input.repeat)
		return repeat(&reader, &input);
	ret = read_sample(&reader, &input, &sample);
	if (!ret)
		ret = redirect(&input);
	if (ret)
		return ret;
	ret = print(&input, NULL, &sample);
	free_sample(&sample);
	return ret;
}
