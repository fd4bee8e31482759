// SPDX-License-Identifier: GPL-2.0
/*
 * pfclass wss: the memory that a process touches. In each interval its access flags are
 * cleared, and each page that it touches again takes a fault.
 */
#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd.h"
#include "lib/events.h"
#include "lib/interval.h"
#include "lib/json.h"
#include "lib/output.h"
#include "lib/picture.h"
#include "lib/scope.h"
#include "lib/smaps.h"
#include "lib/table.h"

#define STEP	(PFC_NSEC / 20)		/* the buffers of the events last longer */

static const char doc[] =
	"Show the working set of a process, PID or CMD: clear its access flags (clear_refs), and "
	"after each INTERVAL (default: 1 second) print the memory that it touched in it, by "
	"mapping, as kB of the pages that took a fault."
	"\v"
	"A page counts once an interval: as write if it took a write fault, else as its first "
	"access; later accesses take no fault, so that read means: not known to be written. "
	"new is that part of touched which was not mapped before: first touches and pages from "
	"files and swap. rss, swap and referenced are what the kernel's smaps says at the end of the "
	"interval. More may be referenced than touched: pages that the kernel mapped around one that "
	"was touched, pages that others read, and pages that share one access flag (contpte). A huge "
	"page counts as a whole. hugetlb pages keep their flag: they count when they are mapped, and "
	"never again.\n"
	"\n"
	"Where the CPU sets the flag itself (x86, arm64 with FEAT_HAFDBS) no access takes a fault: "
	"wss says so and ends. Descendants of CMD are left out.\n"
	"\n"
	"With -m the terminal shows a map of the last intervals: a row for each page that was touched, "
	"a letter for each kind of access. With -o the same goes into a file at the end.\n"
	"\n"
	"EXAMPLES\n"
	"  pfclass wss 1234                   each second, by mapping\n"
	"  pfclass wss -t 1234 10             a line every ten seconds\n"
	"  pfclass wss -m 1234 0.5            a live map\n"
	"  pfclass wss -o redis.svg -- redis-server\n";

static const struct pfc_kind kinds[PFC_NR_ACCESSES] = {
	[PFC_READ] = { "read", 'r', "#0072b2" },
	[PFC_WRITE] = { "write", 'w', "#d55e00" },
	[PFC_EXEC] = { "exec", 'x', "#009e73" },
};

/* What is printed of a mapping: first what smaps says, then what faults say. */
static const char *const columns[] = {
	"rss", "swap", "referenced", "touched", "read", "write", "exec", "new",
};

#define NR_OF_SMAPS	3
#define NR_COLUMNS	(sizeof(columns) / sizeof(*columns))

/**
 * struct input - the command line
 * @options: the options before it
 * @scope: the process
 * @words: the arguments
 * @nr_words: their number
 * @totals: print no mappings
 * @map: show a map instead of tables
 * @interval: nanoseconds
 * @count: intervals; 0: until interrupted
 * @picture: the map
 */
struct input {
	struct pfc_options *options;
	struct pfc_scope scope;
	const char *words[3];
	size_t nr_words;
	bool totals;
	bool map;
	uint64_t interval;
	uint64_t count;
	struct pfc_picture picture;
};

/**
 * struct touch - a page, or a huge one, that took a fault
 * @start: its first address, at first that of the fault
 * @end: the one behind its last
 * @when: nanoseconds
 * @class: of the fault
 * @refinement: of the fault
 * @access: of the fault; of the page, once its touches are merged
 * @mapping: of the page, or NULL
 */
struct touch {
	uint64_t start;
	uint64_t end;
	uint64_t when;
	unsigned int class;
	unsigned int refinement;
	unsigned int access;
	const struct pfc_mapping *mapping;
};

struct touches {
	struct touch *all;
	size_t nr;
	size_t size;
};

/**
 * struct row - what a mapping, or all of them, had
 * @mapping: the mapping, NULL for memory that was unmapped before the interval's end
 * @touched: bytes, by access
 * @fresh: bytes of them that were not mapped before
 */
struct row {
	const struct pfc_mapping *mapping;
	uint64_t touched[PFC_NR_ACCESSES];
	uint64_t fresh;
};

/**
 * struct work - the measurement
 * @input: the command line
 * @reader: reads the watch
 * @events: the faults
 * @now: in this interval
 * @next: since its end
 * @start: when the first interval began, nanoseconds
 * @begin: when this one began
 * @end: when it ended
 * @smaps: the mappings, at its end or as they were last
 * @ended: the process has ended
 * @huge: bytes of a huge page
 * @af: events of class af so far
 * @counted: what the watch had counted of them an interval ago, at most
 * @before: what it had when the events began
 * @missed: the watch's, an interval ago
 */
struct work {
	struct input *input;
	struct pfc_reader *reader;
	struct pfc_events events;
	struct touches now;
	struct touches next;
	uint64_t start;
	uint64_t begin;
	uint64_t end;
	struct pfc_smaps smaps;
	bool ended;
	uint64_t huge;
	uint64_t af;
	uint64_t counted;
	uint64_t before;
	uint64_t missed;
};

static const struct argp_option wss_options[] = {
	{ "total", 't', NULL, 0, "Print a line an interval, no mappings", 0 },
	{ "map", 'm', NULL, 0, "Show a map of addresses by time", 0 },
	PFC_PICTURE_OPTIONS,
	{ 0 }
};

static void parse_end(const struct argp_state *state, struct input *input)
{
	/* pfc_parse_intervals() counts the arguments from INTERVAL on. */
	struct argp_state at = *state;
	size_t i = 0;

	pfc_need_command(state, input->scope.command);
	if (!input->scope.command && !input->nr_words)
		argp_error(state, "PID or a command is missing");
	if (!input->scope.command)
		input->scope.pid = pfc_parse_pid(state, input->words[i++]);
	for (at.arg_num = 0; i < input->nr_words; i++, at.arg_num++)
		pfc_parse_intervals(&at, input->words[i], &input->interval, &input->count);
	if (input->options->json + input->map + input->totals > 1)
		argp_error(state, "-j, -m and -t exclude each other");
	pfc_check_scope(state, input->scope.command, 0, NULL, input->count);
	pfc_picture_parse_end(&input->picture);
	input->picture.kinds = kinds;
	input->picture.nr_kinds = PFC_NR_ACCESSES;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = input->options;
		return 0;
	case 't':
		input->totals = true;
		return 0;
	case 'm':
		input->map = true;
		return 0;
	case 'o':
		pfc_picture_parse_output(state, &input->picture, arg);
		return 0;
	case 's':
		pfc_picture_parse_size(state, &input->picture, arg);
		return 0;
	case ARGP_KEY_ARG:
		if (pfc_parse_command(state, &input->scope.command))
			return 0;
		if (input->nr_words == sizeof(input->words) / sizeof(*input->words))
			argp_error(state, "\"%s\" is one argument too many", arg);
		input->words[input->nr_words++] = arg;
		return 0;
	case ARGP_KEY_END:
		parse_end(state, input);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = wss_options,
	.parser = parse_option,
	.args_doc = "PID [INTERVAL [COUNT]]\n[INTERVAL] -- CMD [ARG...]",
	.doc = doc,
	.children = pfc_common_children,
};

/* The faults of class af and the misses of the reader's watch so far. */
static int read_watch(struct pfc_reader *reader, uint64_t *af, uint64_t *missed)
{
	struct pfc_stats stats;
	struct pfc_value value;
	int ret = pfc_read_stats(reader, &stats);

	if (ret)
		return ret;
	value = stats.values[pfc_key_class(PFC_AF)];
	*af = value.n;
	*missed = stats.values[pfc_key_total(PFC_MISSED)].n;
	if (!value.available) {
		pfc_error("class af is unavailable here, and with it the answer; pfclass probes "
			  "says why");
		ret = PFC_EXIT_NO_AF;
	} else if (!pfc_stats_split(&stats, PFC_AF, PFC_SUFFIX_READ).available) {
		pfc_error("the module counts hits, not faults; reload it: rmmod pfclass; insmod "
			  "pfclass.ko account=1");
		ret = PFC_EXIT_NO_AF;
	}
	pfc_free_stats(&stats);
	return ret;
}

/* Touch a page of this program after its flag was cleared: does that take a fault? */
static int try_cpu(struct pfc_reader *reader, volatile char *page, int cpu, uint64_t *af)
{
	uint64_t missed, now;
	int ret;

	*page = 1;
	errno = pfc_clear_refs(getpid());
	if (errno) {
		pfc_error("cannot write /proc/self/clear_refs: %s; it takes a kernel with "
			  "CONFIG_PROC_PAGE_MONITOR", strerror(errno));
		return PFC_EXIT_FAILURE;
	}
	(void)*page;
	ret = read_watch(reader, &now, &missed);
	if (ret)
		return ret;
	if (now == *af) {
		pfc_error("CPU %d sets the access flag itself (x86, arm64 with FEAT_HAFDBS): a "
			  "page that is touched takes no fault, and wss cannot see it; Referenced "
			  "in /proc/PID/smaps and DAMON can", cpu);
		return PFC_EXIT_NO_AF;
	}
	*af = now;
	return PFC_EXIT_OK;
}

/* Try every CPU that the process may use. */
static int check_cpus(struct pfc_reader *reader, pid_t pid)
{
	struct pfc_scope self = { .pid = getpid() };
	char *page = mmap(NULL, sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cpu_set_t theirs, ours, one;
	uint64_t af = 0, missed;
	int ret, cpu;

	if (page == MAP_FAILED)
		pfc_out_of_memory();
	CPU_ZERO(&theirs);
	if (sched_getaffinity(0, sizeof(ours), &ours) ||
	    (sched_getaffinity(pid, sizeof(theirs), &theirs) && errno != ESRCH)) {
		pfc_error("cannot find out on which CPUs %d runs: %s", (int)pid, strerror(errno));
		return PFC_EXIT_FAILURE;
	}
	ret = pfc_scope_open(&self, reader);
	if (!ret)
		ret = read_watch(reader, &af, &missed);
	for (cpu = 0; !ret && cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &theirs))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		/* One that this program may not use is left out. */
		if (!sched_setaffinity(0, sizeof(one), &one))
			ret = try_cpu(reader, page, cpu, &af);
	}
	sched_setaffinity(0, sizeof(ours), &ours);
	pfc_scope_close(&self, reader);
	munmap(page, sysconf(_SC_PAGESIZE));
	return ret;
}

/* The events are those that the module's own filter selects. */
static int check_filter(struct pfc_reader *reader)
{
	char *text;
	size_t len;
	int ret = pfc_read_text(reader, PFC_FILE_FILTER, &text, &len);

	if (ret)
		return ret;
	text[strcspn(text, "\n")] = '\0';
	if (strcmp(text, PFC_FILTER_CLEAR)) {
		pfc_error("the filter \"%s\" is set, and faults that it does not select have no "
			  "event; use a watch instead of it, and clear it: pfclass filter clear",
			  text);
		ret = PFC_EXIT_REFUSED;
	}
	free(text);
	return ret;
}

static void take(const struct pfc_fault *fault, void *to)
{
	struct work *work = to;
	struct touches *touches = fault->when < work->end ? &work->now : &work->next;

	work->af += fault->class == PFC_AF;
	/* Nothing was touched. */
	if (fault->when < work->begin || fault->class == PFC_NONE || fault->class == PFC_ERROR ||
	    fault->access >= PFC_NR_ACCESSES)
		return;
	if (touches->nr == touches->size) {
		touches->size = touches->size ? 2 * touches->size : 4096;
		touches->all = pfc_alloc(touches->all, touches->size, sizeof(*touches->all));
	}
	touches->all[touches->nr++] = (struct touch){
		.start = fault->address,
		.when = fault->when,
		.class = fault->class,
		.refinement = fault->refinement,
		.access = fault->access,
	};
}

/* Whether the page was not mapped before the fault. */
static bool is_fresh(const struct touch *touch)
{
	switch (touch->class) {
	case PFC_ANON:
	case PFC_FILE:
	case PFC_HUGETLB:
		return true;
	case PFC_SWAP:
		return touch->refinement != PFC_SWAP_MIGRATION;
	case PFC_THP:
		return touch->refinement == PFC_THP_ANON || touch->refinement == PFC_THP_FILE;
	default:
		return false;
	}
}

static int compare_touches(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* A huge page before what it became. */
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return (x->when > y->when) - (x->when < y->when);
}

/* Faults become pages, each once. */
static void merge(struct work *work)
{
	const uint64_t page = sysconf(_SC_PAGESIZE);
	struct touches *now = &work->now;
	struct touch *last = NULL;
	size_t i;

	for (i = 0; i < now->nr; i++) {
		struct touch *touch = &now->all[i];
		uint64_t size = page;

		touch->mapping = pfc_smaps_find(&work->smaps, touch->start);
		if (touch->class == PFC_THP)
			size = work->huge;
		else if (touch->class == PFC_HUGETLB && touch->mapping)
			size = touch->mapping->page;
		touch->start -= touch->start % size;
		touch->end = touch->start + size;
	}
	qsort(now->all, now->nr, sizeof(*now->all), compare_touches);
	for (i = 0; i < now->nr; i++) {
		const struct touch *touch = &now->all[i];

		if (!last || touch->start >= last->end) {
			last = last ? last + 1 : now->all;
			*last = *touch;
		} else if (touch->access == PFC_WRITE) {
			last->access = PFC_WRITE;
		}
	}
	now->nr = last ? last + 1 - now->all : 0;
}

static uint64_t touched(const struct row *row)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < PFC_NR_ACCESSES; i++)
		sum += row->touched[i];
	return sum;
}

/* The most touched first. */
static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const uint64_t m = touched(x), n = touched(y);

	if (m != n)
		return m > n ? -1 : 1;
	return (x->mapping > y->mapping) - (x->mapping < y->mapping);
}

/* A row for each mapping, and one for what has none; to be released by free(). */
static struct row *make_rows(const struct work *work, struct row *total)
{
	const size_t nr = work->smaps.nr;
	struct row *rows = calloc(nr + 1, sizeof(*rows)), *row;
	size_t i;

	if (!rows)
		pfc_out_of_memory();
	for (i = 0; i < nr; i++)
		rows[i].mapping = &work->smaps.mappings[i];
	*total = (struct row){ 0 };
	for (i = 0; i < work->now.nr; i++) {
		const struct touch *touch = &work->now.all[i];
		const uint64_t size = touch->end - touch->start;

		row = &rows[touch->mapping ? (size_t)(touch->mapping - work->smaps.mappings) : nr];
		row->touched[touch->access] += size;
		total->touched[touch->access] += size;
		row->fresh += is_fresh(touch) ? size : 0;
		total->fresh += is_fresh(touch) ? size : 0;
	}
	qsort(rows, nr + 1, sizeof(*rows), compare_rows);
	return rows;
}

/* Of all mappings. */
static struct pfc_mapping sum_of(const struct pfc_smaps *smaps)
{
	struct pfc_mapping sum = { 0 };
	size_t i;

	for (i = 0; i < smaps->nr; i++) {
		sum.rss += smaps->mappings[i].rss;
		sum.swap += smaps->mappings[i].swap;
		sum.referenced += smaps->mappings[i].referenced;
	}
	return sum;
}

/* The bytes of each column. */
static void fill(uint64_t bytes[NR_COLUMNS], const struct row *row,
		 const struct pfc_mapping *mapping)
{
	static const struct pfc_mapping none;
	size_t i;

	mapping = mapping ? mapping : &none;
	bytes[0] = mapping->rss;
	bytes[1] = mapping->swap;
	bytes[2] = mapping->referenced;
	bytes[NR_OF_SMAPS] = touched(row);
	for (i = 0; i < PFC_NR_ACCESSES; i++)
		bytes[NR_OF_SMAPS + 1 + i] = row->touched[i];
	bytes[NR_COLUMNS - 1] = row->fresh;
}

/* A cell in kB, as smaps has them; to be released by free(). */
static char *cell(const uint64_t bytes[NR_COLUMNS], size_t column,
		  const struct pfc_mapping *mapping)
{
	/* Of a process that has ended nothing is known but its faults. */
	if (column < NR_OF_SMAPS && !mapping)
		return pfc_format("-");
	return pfc_format("%" PRIu64, bytes[column] >> 10);
}

static void add_row(struct pfc_table *table, const struct row *row,
		    const struct pfc_mapping *mapping)
{
	uint64_t bytes[NR_COLUMNS];
	size_t i;

	fill(bytes, row, mapping);
	for (i = 0; i < NR_COLUMNS; i++) {
		char *text = cell(bytes, i, mapping);

		pfc_table_add(table, "%s", text);
		free(text);
	}
}

static void print_table(const struct work *work, const struct row *rows, const struct row *total)
{
	const struct pfc_mapping sum = sum_of(&work->smaps);
	struct pfc_table table;
	size_t i;

	pfc_table_init(&table, NR_COLUMNS + 2, (1 << (NR_COLUMNS + 1)) - 1);
	pfc_table_add(&table, "elapsed");
	for (i = 0; i < NR_COLUMNS; i++)
		pfc_table_add(&table, "%s", columns[i]);
	pfc_table_add(&table, "mapping (kB)");
	pfc_table_add(&table, "%.3f", (double)(work->end - work->start) / PFC_NSEC);
	add_row(&table, total, work->ended ? NULL : &sum);
	pfc_table_add(&table, "total");
	for (i = 0; i <= work->smaps.nr; i++) {
		const struct pfc_mapping *mapping = rows[i].mapping;

		if (!touched(&rows[i]) && (!mapping || !mapping->referenced || work->ended))
			continue;
		pfc_table_add(&table, "%s", "");
		add_row(&table, &rows[i], work->ended ? NULL : mapping);
		if (mapping)
			pfc_table_add(&table, "%" PRIx64 "-%" PRIx64 " %s %s", mapping->start,
				      mapping->end, mapping->perms, mapping->name);
		else
			pfc_table_add(&table, "(unmapped)");
	}
	pfc_table_print(&table);
	pfc_table_free(&table);
	putchar('\n');
}

/* A line an interval, in columns that are as wide in the next one. */
static void print_line(const struct work *work, const struct row *total)
{
	const struct pfc_mapping sum = sum_of(&work->smaps), *mapping = work->ended ? NULL : &sum;
	uint64_t bytes[NR_COLUMNS];
	size_t i;

	fill(bytes, total, mapping);
	if (work->begin == work->start) {
		printf("%8s", "elapsed");
		for (i = 0; i < NR_COLUMNS; i++)
			printf("%11s", columns[i]);
	}
	printf("%s%8.3f", work->begin == work->start ? "\n" : "",
	       (double)(work->end - work->start) / PFC_NSEC);
	for (i = 0; i < NR_COLUMNS; i++) {
		char *text = cell(bytes, i, mapping);

		printf("%11s", text);
		free(text);
	}
	putchar('\n');
}

static void set_bytes(json_t *object, const struct row *row, const struct pfc_mapping *mapping)
{
	uint64_t bytes[NR_COLUMNS];
	size_t i;

	fill(bytes, row, mapping);
	for (i = mapping ? 0 : NR_OF_SMAPS; i < NR_COLUMNS; i++)
		pfc_json_set(object, columns[i], pfc_json_u64(bytes[i]));
}

static void print_json(const struct work *work, const struct row *rows, const struct row *total)
{
	const struct pfc_mapping sum = sum_of(&work->smaps);
	json_t *root = pfc_json_object(), *mappings = pfc_json_array();
	size_t i;

	pfc_json_set(root, "abi", pfc_json_u64(PFC_ABI));
	pfc_json_set(root, "since_ns", pfc_json_u64(work->end - work->start));
	pfc_json_set(root, "interval_ns", pfc_json_u64(work->end - work->begin));
	set_bytes(root, total, work->ended ? NULL : &sum);
	for (i = 0; !work->input->totals && i <= work->smaps.nr; i++) {
		const struct pfc_mapping *mapping = rows[i].mapping;
		json_t *entry;

		if (!mapping && !touched(&rows[i]))
			continue;
		entry = pfc_json_object();
		if (mapping) {
			pfc_json_set(entry, "start", pfc_json_u64(mapping->start));
			pfc_json_set(entry, "end", pfc_json_u64(mapping->end));
			pfc_json_set(entry, "perms", pfc_json_string(mapping->perms));
			pfc_json_set(entry, "name", pfc_json_string(mapping->name));
		}
		set_bytes(entry, &rows[i], work->ended ? NULL : mapping);
		pfc_json_append(mappings, entry);
	}
	if (!work->input->totals)
		pfc_json_set(root, "mappings", mappings);
	else
		json_decref(mappings);
	pfc_json_print(root, true);
}

/* Keep the touches for the map, of as many intervals as it has columns. */
static void add_points(struct work *work)
{
	struct pfc_picture *picture = &work->input->picture;
	const uint64_t length = picture->width * work->input->interval;
	size_t i;

	for (i = 0; i < work->now.nr; i++)
		pfc_picture_add(picture, work->begin, work->end, work->now.all[i].start,
				work->now.all[i].access);
	if (work->end - work->start > length)
		pfc_picture_forget(picture, work->end - length);
}

/* ^C ends the measurement, not the picture that is being drawn. */
static int draw(struct pfc_picture *picture)
{
	sigset_t interrupt, old;
	int ret;

	sigemptyset(&interrupt);
	sigaddset(&interrupt, SIGINT);
	sigprocmask(SIG_BLOCK, &interrupt, &old);
	ret = pfc_picture_draw(picture);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

static int draw_live(struct pfc_picture *picture)
{
	struct pfc_picture screen = *picture;
	int ret;

	/* What was drawn before is replaced. */
	if (isatty(STDOUT_FILENO))
		printf("\033[H\033[2J");
	screen.output = NULL;
	screen.terminal = NULL;
	if (picture->terminal) {
		screen.width = 0;
		pfc_picture_parse_end(&screen);
	}
	ret = draw(&screen);
	picture->pages = screen.pages;
	return ret;
}

static int print(struct work *work)
{
	struct input *input = work->input;
	struct row *rows, total;

	merge(work);
	if (input->map || input->picture.output)
		add_points(work);
	if (input->map)
		return isatty(STDOUT_FILENO) && input->picture.nr ? draw_live(&input->picture) :
								    PFC_EXIT_OK;
	rows = make_rows(work, &total);
	if (input->options->json)
		print_json(work, rows, &total);
	else if (input->totals)
		print_line(work, &total);
	else
		print_table(work, rows, &total);
	free(rows);
	return pfc_flush();
}

/*
 * What the watch counted an interval ago has had its event since; the module counts before
 * it emits.
 */
static int check_books(struct work *work)
{
	uint64_t counted, missed;
	int ret;

	if (work->events.lost) {
		pfc_error("%" PRIu64 " faults found no room in the buffers: what is touched is "
			  "more than what is printed", work->events.lost);
		work->af += work->events.lost;
		work->events.lost = 0;
	}
	if (work->counted > work->before + work->af) {
		pfc_error("%" PRIu64 " faults were counted but had no event: what is touched is "
			  "more than what is printed; did somebody set a filter?",
			  work->counted - work->before - work->af);
		work->af = work->counted - work->before;
	}
	ret = read_watch(work->reader, &counted, &missed);
	if (ret)
		return ret;
	work->counted = counted;
	if (missed > work->missed)
		pfc_error("the module missed %" PRIu64 " faults, whosesoever they were",
			  missed - work->missed);
	work->missed = missed;
	return PFC_EXIT_OK;
}

/* The events until then; false when the process has ended, or this program was interrupted. */
static bool wait_until(struct work *work, uint64_t when)
{
	uint64_t step;
	bool more;

	do {
		step = pfc_now() + STEP;
		step = step < when ? step : when;
		more = pfc_scope_wait(&work->input->scope, step);
		pfc_events_drain(&work->events, take, work);
	} while (more && step < when);
	return more;
}

static int clear(const struct work *work)
{
	const int error = pfc_clear_refs(work->input->scope.pid);

	/* A process that has just ended is noticed elsewhere. */
	if (!error || error == ENOENT || error == ESRCH)
		return PFC_EXIT_OK;
	pfc_error("cannot write /proc/%d/clear_refs: %s", (int)work->input->scope.pid,
		  strerror(error));
	return PFC_EXIT_PERMISSION;
}

/* An interval ends and the next one begins where the access flags are cleared. */
static int end_interval(struct work *work, bool more)
{
	struct touches swap;
	struct pfc_smaps smaps;
	int ret = PFC_EXIT_OK;

	pfc_smaps_read(&smaps, work->input->scope.pid);
	work->ended = !smaps.nr;
	if (smaps.nr) {
		pfc_smaps_free(&work->smaps);
		work->smaps = smaps;
	}
	work->end = pfc_now();
	if (more)
		ret = clear(work);
	pfc_events_drain(&work->events, take, work);
	if (!ret)
		ret = check_books(work);
	if (!ret)
		ret = print(work);
	swap = work->now;
	work->now = work->next;
	work->next = swap;
	work->next.nr = 0;
	work->begin = work->end;
	work->end = UINT64_MAX;
	return ret;
}

static int measure(struct work *work)
{
	struct input *input = work->input;
	uint64_t when, done;
	bool more = true;
	int ret;

	ret = read_watch(work->reader, &work->before, &work->missed);
	if (ret)
		return ret;
	pfc_smaps_read(&work->smaps, input->scope.pid);
	if (!work->smaps.nr && !input->scope.command) {
		pfc_error("process %d has no memory: it is the kernel's, or has ended",
			  (int)input->scope.pid);
		return PFC_EXIT_NO_PROCESS;
	}
	work->start = pfc_now();
	work->begin = work->start;
	work->end = UINT64_MAX;
	when = work->start;
	ret = clear(work);
	for (done = 0; !ret && more && (!input->count || done < input->count); done++) {
		/* Skip intervals that have passed already. */
		while (when <= work->begin)
			when += input->interval;
		more = wait_until(work, when);
		ret = end_interval(work, more && done + 1 != input->count);
	}
	if (ret || (!input->map && !input->picture.output))
		return ret;
	if (!input->picture.nr) {
		pfc_error("nothing was touched: there is no map");
		return PFC_EXIT_OK;
	}
	if (input->map && !isatty(STDOUT_FILENO))
		ret = draw_live(&input->picture);
	return ret || !input->picture.output ? ret : draw(&input->picture);
}

static uint64_t huge_page(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	uint64_t size = 0;

	if (file && fscanf(file, "%" SCNu64, &size) != 1)
		size = 0;
	if (file)
		fclose(file);
	return size ? size : (uint64_t)sysconf(_SC_PAGESIZE);
}

/* From now on the watch is of the command alone, not of its descendants. */
static int watch_process(struct pfc_reader *reader, pid_t pid)
{
	char *word = pfc_format(PFC_FILTER_TGID "%d\n", (int)pid);
	int ret = pfc_write_text(reader, PFC_FILE_FILTER, word);

	free(word);
	return ret;
}

static int run(struct work *work)
{
	struct pfc_scope *scope = &work->input->scope;
	int ret = check_filter(work->reader);

	if (!ret)
		ret = check_cpus(work->reader, scope->pid);
	if (!ret)
		ret = pfc_scope_open(scope, work->reader);
	if (!ret)
		ret = pfc_scope_start(scope);
	/* Interrupted before the command ran. */
	if (!ret && !scope->pid)
		goto out;
	/* The command keeps its standard output. */
	if (!ret && scope->command) {
		fflush(stdout);
		if (dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
			ret = PFC_EXIT_FAILURE;
		else
			ret = watch_process(work->reader, scope->pid);
	}
	if (!ret)
		ret = pfc_events_open(&work->events, scope->pid);
	if (!ret)
		ret = measure(work);
out:
	pfc_events_close(&work->events);
	pfc_scope_close(scope, work->reader);
	return ret;
}

/**
 * pfc_cmd_wss() - the subcommand "wss"
 * @argc: its arguments, and their number
 * @argv: argv[0] is the name to use in messages
 * @options: the options before it
 *
 * Return: an exit status of enum pfc_exit; with a command that ran, the status of
 * the command.
 */
int pfc_cmd_wss(int argc, char **argv, struct pfc_options *options)
{
	struct input input = { .options = options, .interval = PFC_NSEC };
	struct pfc_reader reader;
	struct work work = { .input = &input, .reader = &reader, .huge = huge_page() };
	int ret;

	pfc_usage_around_command(argc, argv);
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &input))
		return PFC_EXIT_USAGE;
	ret = pfc_module_open(&reader, options->debugfs);
	if (!ret)
		ret = run(&work);
	free(work.now.all);
	free(work.next.all);
	pfc_smaps_free(&work.smaps);
	pfc_picture_free(&input.picture);
	if (!input.scope.command)
		return ret;
	return ret ? pfc_exit_around_command(ret) : input.scope.status;
}
