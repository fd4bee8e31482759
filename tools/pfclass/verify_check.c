// SPDX-License-Identifier: GPL-2.0
/* pfclass verify: the verdict on each identity. Prints nothing. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/output.h"
#include "verify.h"

#define ALL_MAJOR	"*_major"

/* What a key of "stats" grew by. */
static bool growth(const struct verify_input *input, size_t key, int64_t *n)
{
	struct pfc_value then = input->start.stats.values[key];
	struct pfc_value now = input->end.stats.values[key];

	*n = now.n - then.n;
	return then.available && now.available;
}

static int64_t all_major(const struct verify_input *input)
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
static bool evaluate(const struct verify_input *input, const char *text, int64_t *sum, char *why)
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
			snprintf(why, VERIFY_WHY_LEN,
				 "%s is unavailable; for the reason see: pfclass probes", word);
	}
	free(words);
	return ok;
}

/* What the kernel counted; false where the source lacks a key. */
static bool evaluate_kernel(const struct verify_input *input, const struct verify_book *book,
			    struct verify_result *result, char *missing, size_t size)
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
static const char *not_the_same(const struct verify_input *input, enum verify_source source)
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

static void add_why(struct verify_result *result, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void add_why(struct verify_result *result, const char *format, ...)
{
	size_t len = strlen(result->why);
	va_list args;

	if (len && len < VERIFY_WHY_LEN - 3)
		len += sprintf(result->why + len, "; ");
	va_start(args, format);
	vsnprintf(result->why + len, VERIFY_WHY_LEN - len, format, args);
	va_end(args);
}

static bool is_global(enum verify_source source)
{
	return source != VERIFY_RUSAGE && source != VERIFY_MEMCG;
}

/* How many events the two may be apart for reasons that hold for every identity. */
static int64_t in_flight(const struct verify_input *input, const struct verify_book *book,
			 struct verify_result *result)
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
static int64_t spread(const struct verify_input *input, const struct verify_book *book,
		      struct verify_result *result)
{
	int64_t faults = verify_faults_during(&input->start) + verify_faults_during(&input->end);
	int64_t most = book->source == VERIFY_STATS ? faults : result->high - result->low;

	if (most)
		add_why(result, "%" PRId64 " events during the readings", most);
	return book->source == VERIFY_STATS ? faults : 0;
}

static void compare(const struct verify_input *input, const struct verify_book *book,
		    struct verify_result *result)
{
	int64_t apart = 0, less = 0, missed, lag, either, surplus, lack;
	char unused[VERIFY_WHY_LEN];

	if (result->low == result->high && result->left == result->low) {
		result->verdict = VERIFY_EQUAL;
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
	result->verdict = surplus <= either + less && lack <= either + missed ? VERIFY_WITHIN :
										 VERIFY_OFF;
}

/**
 * verify_has_bound() - whether the two sides of an identity can be compared at all
 * @book: the identity
 *
 * Return: true if it allows a difference for a reason that can be measured.
 */
bool verify_has_bound(const struct verify_book *book)
{
	return book->at_most || book->apart || book->less || book->lag;
}

/**
 * verify_check() - check one identity
 * @input: both readings
 * @book: the identity
 * @result: filled in; zero before
 */
void verify_check(const struct verify_input *input, const struct verify_book *book,
		  struct verify_result *result)
{
	const char *why = not_the_same(input, book->source);
	struct verify_book other = { .right = book->unless, .source = VERIFY_VMSTAT };
	char missing[64];

	result->verdict = VERIFY_NOT_COMPARABLE;
	if (why) {
		add_why(result, "%s", why);
	} else if (book->reason && !verify_has_bound(book)) {
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

/**
 * verify_applies() - whether an identity is one of this kernel
 * @input: the kernel
 * @book: the identity
 *
 * Return: true if so.
 */
bool verify_applies(const struct verify_input *input, const struct verify_book *book)
{
	return input->kernel >= book->since && (!book->before || input->kernel < book->before);
}

/**
 * verify_was_reset() - whether the counters were reset between the readings
 * @input: both readings
 *
 * Return: true if a class shrank.
 */
bool verify_was_reset(const struct verify_input *input)
{
	size_t class;
	int64_t n;

	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (growth(input, pfc_key_class(class), &n) && n < 0)
			return true;
	return false;
}
