// SPDX-License-Identifier: GPL-2.0
/* pfclass top: read the histogram, and find out whose faults they are. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cgroup.h"
#include "lib/output.h"
#include "lib/parse.h"
#include "lib/scope.h"
#include "top.h"

/* Entries beyond which a histogram begins anew. */
#define FULL	(PFC_HIST_SIZE / 4 * 3)

static const char unknown[] = "?";

static void set_text(struct top_process *process, enum top_column column, const char *text)
{
	char *new = pfc_format("%s", text);

	pfc_make_printable(new);
	free(process->text[column]);
	process->text[column] = new;
}

/* Returns the index of the first process whose ID is not below @pid. */
static size_t index_of(const struct top *top, pid_t pid)
{
	size_t low = 0, high = top->nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (top->processes[middle]->pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct top_process *find_process(struct top *top, pid_t pid)
{
	size_t at = index_of(top, pid);
	struct top_process *process;

	if (at < top->nr && top->processes[at]->pid == pid)
		return top->processes[at];
	top->processes = pfc_alloc(top->processes, top->nr + 1, sizeof(*top->processes));
	memmove(top->processes + at + 1, top->processes + at,
		(top->nr - at) * sizeof(*top->processes));
	top->nr++;
	process = pfc_alloc(NULL, 1, sizeof(*process));
	*process = (struct top_process){ .pid = pid };
	top->processes[at] = process;
	set_text(process, TOP_USER, unknown);
	set_text(process, TOP_COMMAND, unknown);
	set_text(process, TOP_CGROUP, unknown);
	process->text[TOP_PID] = pid > 0 ? pfc_format("%d", (int)pid) : pfc_format("%s", unknown);
	return process;
}

static void free_process(struct top_process *process)
{
	size_t i;

	for (i = 0; i < TOP_FAULTS; i++)
		free(process->text[i]);
	free(process);
}

static const struct pfc_hist_entry *find_entry(const struct pfc_hist *hist, pid_t tid, pid_t tgid)
{
	size_t low = 0, high = hist->nr;
	const struct pfc_hist_entry key = { .tid = tid, .tgid = tgid };

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (pfc_hist_compare(&hist->entries[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == hist->nr || hist->entries[low].tid != tid || hist->entries[low].tgid != tgid)
		return NULL;
	return &hist->entries[low];
}

/*
 * The process of a thread. The event's tgid is the one that owns the memory, which is the
 * same unless the thread worked on another's memory (ptrace, process_vm_readv()).
 */
static pid_t process_of(const struct top *top, const struct pfc_hist *hist,
			const struct pfc_hist_entry *entry)
{
	struct pfc_status status;

	if (entry->tid == entry->tgid)
		return entry->tgid;
	if (!top->input->file && pfc_read_status(entry->tid, &status))
		return status.tgid;
	return find_entry(hist, entry->tid, entry->tid) ? entry->tid : entry->tgid;
}

static int read_file(const char *path, char **text)
{
	FILE *in = fopen(path, "r");
	size_t size = 0;
	ssize_t len = -1;

	*text = NULL;
	if (in) {
		errno = 0;
		len = getdelim(text, &size, '\0', in);
	}
	if (!in || ferror(in)) {
		pfc_error("cannot read %s: %s", path, strerror(errno));
		free(*text);
		if (in)
			fclose(in);
		return PFC_EXIT_FAILURE;
	}
	fclose(in);
	if (len < 0) {
		free(*text);
		*text = pfc_format("%s", "");
	}
	return PFC_EXIT_OK;
}

static int read_hist(struct top *top, const char *keys, struct pfc_hist *hist)
{
	const char *path = top->input->file ? top->input->file : "hist";
	char *text;
	int ret = top->input->file ? read_file(path, &text) :
				     pfc_instance_read(&top->instance, keys, &text);

	if (ret)
		return ret;
	ret = pfc_parse_hist(path, keys, text, hist);
	free(text);
	return ret;
}

/* What a process that has ended was called last. */
static void name_ended(struct top *top, struct top_process *process)
{
	const struct pfc_hist_entry *entry;

	if (!top->ended_read) {
		pfc_free_hist(&top->ended);
		top->ended_read = !read_hist(top, PFC_HIST_ENDED, &top->ended);
	}
	entry = find_entry(&top->ended, process->pid, 0);
	if (entry)
		set_text(process, TOP_COMMAND, entry->comm);
}

/* Find out what the process is called now. */
static void look_up(struct top *top, struct top_process *process)
{
	struct pfc_status status;
	struct passwd *user;
	char *text;

	if (top->input->file || process->pid <= 0)
		return;
	process->gone = !pfc_read_status(process->pid, &status);
	if (process->gone) {
		name_ended(top, process);
		return;
	}
	process->known = true;
	set_text(process, TOP_COMMAND, status.name);
	user = getpwuid(status.uid);
	text = user ? pfc_format("%s", user->pw_name) : pfc_format("%u", status.uid);
	set_text(process, TOP_USER, text);
	free(text);
	text = pfc_cgroup_of(process->pid);
	if (text)
		set_text(process, TOP_CGROUP, *text ? text : "/");
	free(text);
}

/* A process that was never seen has the name that its first thread had, or another. */
static void name_it(const struct pfc_hist *hist, struct top_process *process,
		    const struct pfc_hist_entry *entry)
{
	const struct pfc_hist_entry *first = find_entry(hist, process->pid, process->pid);

	if (!process->known)
		set_text(process, TOP_COMMAND, first ? first->comm : entry->comm);
}

/* Add what the histogram grew by to the processes, and keep it. */
static void count(struct top *top, const struct pfc_hist *hist)
{
	struct top_process **owners = pfc_alloc(NULL, hist->nr, sizeof(*owners)), *process;
	size_t i, old = 0;

	for (i = 0; i < top->nr; i++)
		memset(top->processes[i]->grown, 0, sizeof(top->processes[i]->grown));
	for (i = 0; i < hist->nr; i++) {
		const struct pfc_hist_entry *entry = &hist->entries[i], *before = NULL;
		size_t class = entry->class < TOP_OTHER ? entry->class : TOP_OTHER;
		uint64_t n = entry->n;

		while (old < top->hist.nr && pfc_hist_compare(&top->hist.entries[old], entry) < 0)
			old++;
		if (old < top->hist.nr && !pfc_hist_compare(&top->hist.entries[old], entry))
			before = &top->hist.entries[old];
		if (before)
			process = top->owners[old];
		else if (i && entry[-1].tid == entry->tid && entry[-1].tgid == entry->tgid)
			process = owners[i - 1];
		else
			process = find_process(top, process_of(top, hist, entry));
		owners[i] = process;
		/* Somebody else's histogram may have begun anew. */
		if (before && before->n <= n)
			n -= before->n;
		process->grown[class] += n;
		process->total[class] += n;
		if (!before)
			name_it(hist, process, entry);
	}
	free(top->owners);
	pfc_free_hist(&top->hist);
	top->owners = owners;
	top->hist = *hist;
	for (i = 0; i < top->nr; i++) {
		size_t class;

		for (class = 0; class < TOP_CLASSES; class++)
			if (top->processes[i]->grown[class])
				break;
		if (class < TOP_CLASSES)
			look_up(top, top->processes[i]);
	}
}

/* What stands for all processes that ended and were called the same. */
static struct top_process *find_ended(struct top *top, const struct top_process *process)
{
	struct top_process *ended;
	size_t i, column;

	for (i = 0; i < top->nr && top->processes[i]->pid < 0; i++) {
		for (column = TOP_USER; column < TOP_FAULTS; column++)
			if (strcmp(top->processes[i]->text[column], process->text[column]))
				break;
		if (column == TOP_FAULTS)
			return top->processes[i];
	}
	ended = find_process(top, -1 - (pid_t)i);
	for (column = TOP_USER; column < TOP_FAULTS; column++)
		set_text(ended, column, process->text[column]);
	return ended;
}

/* Processes that have ended are kept by name only: there is no end of them. */
static void forget_ended(struct top *top)
{
	struct top_process **all = top->processes;
	size_t nr = top->nr, i, class;

	top->processes = pfc_alloc(NULL, nr, sizeof(*all));
	top->nr = 0;
	for (i = 0; i < nr; i++) {
		look_up(top, all[i]);
		if (!all[i]->gone)
			top->processes[top->nr++] = all[i];
	}
	for (i = 0; i < nr; i++) {
		struct top_process *ended;

		if (!all[i]->gone)
			continue;
		ended = find_ended(top, all[i]);
		for (class = 0; class < TOP_CLASSES; class++)
			ended->total[class] += all[i]->total[class];
		free_process(all[i]);
	}
	free(all);
	top->restarted = false;
}

/* Begin with an empty histogram. */
static int restart(struct top *top)
{
	pfc_free_hist(&top->hist);
	top->dropped_before = 0;
	top->restarted = true;
	top->restarts++;
	return pfc_instance_restart(&top->instance);
}

static void grow(struct top *top, const struct pfc_stats *now)
{
	static const enum pfc_total totals[] = { PFC_MISSED, PFC_UNCLASSIFIED };
	uint64_t *const grown[] = { &top->missed, &top->unclassified };
	size_t i;

	for (i = 0; i < 2; i++) {
		uint64_t before = top->stats.values[pfc_key_total(totals[i])].n;
		uint64_t n = now->values[pfc_key_total(totals[i])].n;

		/* Smaller: the counters were reset. */
		*grown[i] += n >= before ? n - before : n;
	}
}

static int read_module(struct top *top)
{
	struct pfc_stats stats;
	size_t len;
	int ret = pfc_read_stats(&top->reader, &stats);

	if (ret)
		return ret;
	if (top->readings)
		grow(top, &stats);
	pfc_free_stats(&top->stats);
	top->stats = stats;
	free(top->filter);
	top->filter = NULL;
	ret = pfc_read_text(&top->reader, PFC_FILE_FILTER, &top->filter, &len);
	if (!ret)
		top->filter[strcspn(top->filter, "\n")] = '\0';
	return ret;
}

/**
 * top_open() - begin to count
 * @top: @input is set, the rest is zero; to be closed by top_close(), also when this fails
 *
 * Return: an exit status of enum pfc_exit.
 */
int top_open(struct top *top)
{
	int ret = PFC_EXIT_OK;

	top->instance.lock = -1;
	if (!top->input->file) {
		ret = pfc_module_open(&top->reader, top->input->options->debugfs);
		if (!ret)
			ret = pfc_check_enabled(&top->reader);
		if (!ret)
			ret = read_module(top);
		if (!ret && !top->stats.values[pfc_key_total(PFC_FAULTS)].available) {
			pfc_error("the module counts hits, not faults, and has no events; load it "
				  "with account=1");
			ret = PFC_EXIT_NO_EVENTS;
		}
		if (!ret)
			ret = pfc_instance_open(&top->instance);
		top->readings = 1;
	}
	top->begin = pfc_now();
	top->when = top->begin;
	/* What somebody else's histogram holds already. */
	return ret || !top->input->file ? ret : top_read(top);
}

/**
 * top_read() - count what happened since the last reading
 * @top: from top_open()
 *
 * Return: an exit status of enum pfc_exit.
 */
int top_read(struct top *top)
{
	struct pfc_hist hist;
	uint64_t now;
	int ret;

	if (top->restarted)
		forget_ended(top);
	ret = top->input->file ? PFC_EXIT_OK : read_module(top);

	if (!ret)
		ret = read_hist(top, PFC_HIST_FAULTS, &hist);
	if (ret)
		return ret;
	now = pfc_now();
	top->length = now - top->when;
	top->when = now;
	top->dropped += hist.dropped - (hist.dropped >= top->dropped_before ?
					top->dropped_before : 0);
	top->dropped_before = hist.dropped;
	top->ended_read = false;
	count(top, &hist);
	top->readings++;
	if (!top->input->file &&
	    (hist.nr > FULL || (top->ended_read && top->ended.nr > FULL)))
		ret = restart(top);
	return ret;
}

/**
 * top_close() - remove what was made in tracefs, and release all
 * @top: from top_open()
 */
void top_close(struct top *top)
{
	size_t i;

	pfc_instance_close(&top->instance);
	for (i = 0; i < top->nr; i++)
		free_process(top->processes[i]);
	free(top->processes);
	free(top->owners);
	free(top->filter);
	pfc_free_hist(&top->hist);
	pfc_free_hist(&top->ended);
	pfc_free_stats(&top->stats);
}
