// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own function profiler as a witness: under a mixed load it counts the
 * calls of each function of the fault path, and the probe at the function's entry must
 * have as many hits, whether or not they were counted in a class.
 *
 * Both count the whole machine, the reader of their files included. So each is read
 * while nothing faults: pfclass, the profiler, and pfclass again, until both readings
 * of pfclass agree. A fault in between would have shown.
 *
 * PFC_FAULTS=N in the environment sets how many faults the load makes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <kselftest_harness.h>

#include "lib/guard.h"
#include "lib/hwaf.h"
#include "lib/memory.h"
#include "lib/stats.h"
#include "progs/mix.h"

#define LOAD_FAULTS	"20000"
#define LOAD_TIMEOUT	1800	/* seconds, for PFC_FAULTS in the millions */

#define MAX_FUNCTIONS	24
#define MAX_CPUS	64
#define MAX_TRIES	200
#define NAME_MAX_LEN	96
/* trace_stat shows so much of a name. */
#define SHOWN		30

/* A function at whose entry pfclass has a probe, and the visits' returns. */
struct function {
	char name[NAME_MAX_LEN];
	char backend[16];
	long long hits, missed;
	long long profiled;
};

struct snapshot {
	struct function function[MAX_FUNCTIONS];
	unsigned int nr;
	long long returns;	/* hits at the ends of visits, or -1 */
};

FIXTURE(profiler) {
	struct pfc_guard *guard;
	const char *tracing;
	int probes;		/* open, as are the following */
	int enabled;
	int cpu[MAX_CPUS];
	unsigned int nr_cpus;
	bool account;
	struct snapshot before, after;
	char why[PFC_WHY];
};

/*
 * With accounting pfclass has a probe at the entry of each of these that is out of
 * line, suffixed variants included. ptep_set_access_flags() and what do_numa_page()
 * calls may be probed where they are called.
 */
static const char * const wanted[] = {
	"handle_mm_fault", "do_anonymous_page", "do_wp_page", "do_swap_page",
	"do_fault", "hugetlb_fault", "do_huge_pmd_anonymous_page",
	"do_huge_pmd_wp_page", "do_huge_pmd_numa_page", "huge_pmd_set_accessed",
};

/* So that each of them is called. */
static const char * const rows[] = {
	"anon_write", "wp_fork_alive", "swap_read", "numa_remote", "af_read",
	"af_mthp", "file_read", "thp_anon", "thp_af", "thp_wp", "numa_thp",
	"hugetlb_cow",
};

static bool same_function(const char *symbol, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(symbol, name, len) && (!symbol[len] || symbol[len] == '.');
}

/* ---- the two files ------------------------------------------------------ */

static char text[65536], text_again[65536];

/* Static buffers and open files: once it has run, it takes no fault. */
static ssize_t read_again(int fd, char *buf, size_t size)
{
	size_t at = 0;
	ssize_t n;

	if (lseek(fd, 0, SEEK_SET))
		return -1;
	while ((n = read(fd, buf + at, size - 1 - at)) > 0)
		at += n;
	buf[at] = 0;
	return n < 0 ? -1 : (ssize_t)at;
}

#ifdef __x86_64__
#define ENDBR	"0x4"	/* a kprobe at an entry stands behind it */
#else
#define ENDBR	"0x0"
#endif

/* The hits in "probes" at entries of functions. */
static void parse_probes(char *from, struct snapshot *s)
{
	char class[64], method[32], probe[128], backend[16], state[16], hits[24], missed[24];
	char *line, *next, *plus;
	struct function *f;

	s->nr = 0;
	s->returns = -1;
	for (line = from; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (sscanf(line, "%63s %31s %127s %15s %15s %23s %23s", class, method,
			   probe, backend, state, hits, missed) != 7 ||
		    *hits < '0' || *hits > '9')
			continue;
		plus = strchr(probe, '+');
		if (!plus)
			continue;
		*plus++ = 0;
		/* ftrace's own call of a function's entry is not its first instruction. */
		if (strcmp(plus, "0x0") && strcmp(plus, ENDBR) && strcmp(backend, "ftrace")) {
			if (strcmp(class, "visit"))
				continue;
			s->returns = (s->returns < 0 ? 0 : s->returns) + atoll(hits);
			continue;
		}
		if (s->nr == MAX_FUNCTIONS)
			continue;
		f = &s->function[s->nr++];
		snprintf(f->name, sizeof(f->name), "%.95s", probe);
		strcpy(f->backend, backend);
		f->hits = atoll(hits);
		f->missed = *missed >= '0' && *missed <= '9' ? atoll(missed) : 0;
		f->profiled = 0;
	}
}

/* "  name   hits ..." of one CPU, below two lines of heading. */
static void parse_profile(char *from, struct snapshot *s)
{
	char name[NAME_MAX_LEN], *line, *next;
	long long hits;
	unsigned int i;

	for (line = from; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (sscanf(line, "%95s %lld", name, &hits) != 2)
			continue;
		for (i = 0; i < s->nr; i++)
			if (!strncmp(s->function[i].name, name, SHOWN))
				s->function[i].profiled += hits;
	}
}

static void pause_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	nanosleep(&t, NULL);
}

/* trace_stat lists what was there when the file was opened. */
static int open_profile(FIXTURE_DATA(profiler) *self)
{
	char path[256];
	unsigned int i;

	for (i = 0; i < self->nr_cpus; i++)
		close(self->cpu[i]);
	self->nr_cpus = 0;
	for (i = 0; i < MAX_CPUS; i++) {
		snprintf(path, sizeof(path), "%s/trace_stat/function%u",
			 self->tracing, i);
		self->cpu[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (self->cpu[i] < 0)
			break;
		self->nr_cpus++;
	}
	return self->nr_cpus ? 0 : -1;
}

/*
 * Reads both once. The pauses let a task go on that was stopped between a
 * function's entry and the profiler's count of it, one instruction later.
 */
static bool read_both(FIXTURE_DATA(profiler) *self, struct snapshot *s)
{
	static char cpu[MAX_CPUS][16384];
	unsigned int i;

	if (read_again(self->probes, text, sizeof(text)) < 0)
		return false;
	pause_ms(20);
	if (open_profile(self))
		return false;
	for (i = 0; i < self->nr_cpus; i++)
		if (read_again(self->cpu[i], cpu[i], sizeof(cpu[i])) < 0)
			return false;
	pause_ms(20);
	if (read_again(self->probes, text_again, sizeof(text_again)) < 0)
		return false;
	if (strcmp(text, text_again))
		return false;
	parse_probes(text, s);
	for (i = 0; i < self->nr_cpus; i++)
		parse_profile(cpu[i], s);
	return true;
}

/* Both while the machine is at rest, or -1: it never was. */
static int snapshot(FIXTURE_DATA(profiler) *self, struct snapshot *s)
{
	unsigned int i;

	for (i = 0; i < MAX_TRIES; i++) {
		pfc_settle(NULL, 0);
		if (read_both(self, s) && i)
			return 0;
	}
	return -1;
}

/* ---- the profiler -------------------------------------------------------- */

/* Until the guard's end only these functions are traced. ftrace takes a word at a time. */
static int trace_only(FIXTURE_DATA(profiler) *self, const char *value)
{
	char path[256];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/set_ftrace_filter", self->tracing);
	if (pfc_guard_undo(self->guard, PFC_UNDO_TRUNCATE, path, NULL))
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_TRUNC);
	if (fd < 0)
		return -1;
	for (; *value; value += n) {
		n = write(fd, value, strlen(value));
		if (n <= 0) {
			close(fd);
			return -1;
		}
	}
	return close(fd);
}

/* Reads all of a file of any length; the caller frees it. */
static char *tracing_read(FIXTURE_DATA(profiler) *self, const char *file)
{
	char path[256], *buf = NULL, *more;
	size_t size = 0, at = 0;
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", self->tracing, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	do {
		at += n;
		if (size - at < 4096) {
			size = size ? 2 * size : 65536;
			more = realloc(buf, size);
			if (!more)
				break;
			buf = more;
		}
		n = read(fd, buf + at, size - at - 1);
	} while (n > 0);
	close(fd);
	if (buf)
		buf[at] = 0;
	return buf;
}

/* Is SYMBOL a line of LIST? */
static bool listed(const char *list, const char *symbol)
{
	size_t len = strlen(symbol);
	const char *at = list;

	while (at && (at = strstr(at, symbol))) {
		if ((at == list || at[-1] == '\n') &&
		    (at[len] == '\n' || at[len] == ' ' || !at[len]))
			return true;
		at += len;
	}
	return false;
}

/* A function whose name is NAME or NAME.suffix, in LIST. */
static bool listed_variant(const char *list, const char *name)
{
	const char *at = list;

	while (at && (at = strstr(at, name))) {
		if (at == list || at[-1] == '\n') {
			char symbol[NAME_MAX_LEN];

			if (sscanf(at, "%95s", symbol) == 1 &&
			    same_function(symbol, name))
				return true;
		}
		at++;
	}
	return false;
}

FIXTURE_SETUP(profiler)
{
	char path[256], value[256], *list;
	static struct pfc_stats stats;

	if (pfc_not_ready(self->why, sizeof(self->why)))
		SKIP(return, "%s", self->why);
	self->tracing = strdup(pfc_tracefs() ?: "");
	snprintf(path, sizeof(path), "%s/function_profile_enabled", self->tracing);
	if (access(path, R_OK | W_OK))
		SKIP(return, "the kernel has no function profiler (CONFIG_FUNCTION_PROFILER)");
	if (pfc_read(path, value, sizeof(value)) < 0 || *value != '0')
		SKIP(return, "the function profiler is in use");
	list = tracing_read(self, "set_ftrace_filter");
	if (!list || strncmp(list, "#### all functions enabled", 26)) {
		free(list);
		SKIP(return, "set_ftrace_filter is in use");
	}
	free(list);

	ASSERT_EQ(0, pfc_stats_read(&stats, self->why, sizeof(self->why)))
		TH_LOG("%s", self->why);
	self->account = stats.val[PFC_FAULTS] >= 0;
	self->guard = pfc_guard_start();
	ASSERT_NE(NULL, self->guard);
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_FILTER), "clear"));
	ASSERT_EQ(0, pfc_guard_set(self->guard, pfc_path(PFC_FILE_ENABLED), "1"));
	self->probes = open(pfc_path(PFC_FILE_PROBES), O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, self->probes);
}

FIXTURE_TEARDOWN(profiler)
{
	EXPECT_EQ(0, pfc_guard_end(self->guard));
}

/* Its output goes to @said, not to the terminal: writing there may fault. */
static int run_row(FIXTURE_DATA(profiler) *self, const char *row, FILE *said)
{
	char path[4096];
	int status;
	pid_t pid;

	if (!said || pfc_beside(path, sizeof(path), "trigger"))
		return -1;
	pid = fork();
	if (!pid) {
		pfc_guard_forget(self->guard);
		dup2(fileno(said), 1);
		execl(path, "trigger", "-b", row, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* From now on nothing but this process may fault. */
static void calm_down(FIXTURE_DATA(profiler) *self)
{
	static const char * const off[][2] = {
		{ "/proc/sys/kernel/numa_balancing", "0" },
		{ "/sys/kernel/mm/ksm/run", "0" },
		{ "/sys/kernel/mm/transparent_hugepage/enabled", "never" },
		{ "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled", "never" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(off); i++)
		pfc_guard_set(self->guard, off[i][0], off[i][1]);
}

TEST_F_TIMEOUT(profiler, calls_are_as_many_as_hits, LOAD_TIMEOUT)
{
	const char *faults = getenv("PFC_FAULTS");
	struct function *old, *new;
	unsigned int i, j, compared = 0;
	char *list, names[4096], line[PFC_WHY], path[256];
	size_t at = 0;
	int status, hwaf;
	FILE *said;
	pid_t pid;

	hwaf = pfc_hwaf(line, sizeof(line));
	ASSERT_LE(0, hwaf)
		TH_LOG("%s", line);
	calm_down(self);
	list = tracing_read(self, "available_filter_functions");
	ASSERT_NE(NULL, list);
	ASSERT_LT(0, read_again(self->probes, text, sizeof(text)));
	parse_probes(text, &self->before);
	for (i = 0; i < self->before.nr; i++) {
		old = &self->before.function[i];
		if (listed(list, old->name)) {
			at += snprintf(names + at, sizeof(names) - at, "%s ", old->name);
			compared++;
		} else {
			TH_LOG("%s cannot be traced", old->name);
		}
	}
	if (!compared)
		SKIP(return, "ftrace can trace none of the probed functions");
	ASSERT_EQ(0, trace_only(self, names));
	snprintf(path, sizeof(path), "%s/function_profile_enabled", self->tracing);
	ASSERT_EQ(0, pfc_guard_set(self->guard, path, "1"));

	ASSERT_EQ(0, snapshot(self, &self->before))
		TH_LOG("the machine does not come to rest");
	pfc_mix_up(self->guard);
	pid = pfc_mix_start(self->guard, "-f", faults ? faults : LOAD_FAULTS,
			    "/dev/null");
	ASSERT_LT(0, pid);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	calm_down(self);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		said = tmpfile();
		status = run_row(self, rows[i], said);
		/* 4: nothing for this machine */
		EXPECT_TRUE(status == 0 || status == 4) {
			TH_LOG("trigger %s: status %d", rows[i], status);
			if (said)
				rewind(said);
			while (said && fgets(line, sizeof(line), said))
				TH_LOG("%.*s", (int)strcspn(line, "\n"), line);
		}
		if (said)
			fclose(said);
	}
	ASSERT_EQ(0, snapshot(self, &self->after))
		TH_LOG("the machine does not come to rest");

	ASSERT_EQ(self->before.nr, self->after.nr);
	for (i = 0; i < self->after.nr; i++) {
		old = &self->before.function[i];
		new = &self->after.function[i];
		if (!listed(list, new->name))
			continue;
		TH_LOG("%s, %s: %lld hits, %lld calls", new->name, new->backend,
		       new->hits - old->hits, new->profiled - old->profiled);
		EXPECT_EQ(new->profiled - old->profiled, new->hits - old->hits)
			TH_LOG("%s: not the same", new->name);
		EXPECT_EQ(0, new->missed - old->missed)
			TH_LOG("%s: the kernel missed hits", new->name);
		/* Some only set the access flag, which this CPU may do. */
		EXPECT_TRUE(new->profiled > old->profiled ||
			    (hwaf && strstr(new->name, "_set_access")))
			TH_LOG("%s: never called, so nothing was compared", new->name);
		if (same_function(new->name, "handle_mm_fault") && self->after.returns >= 0)
			EXPECT_EQ(new->profiled - old->profiled,
				  self->after.returns - self->before.returns)
				TH_LOG("%s: ends of visits", new->name);
	}
	for (i = 0; self->account && i < ARRAY_SIZE(wanted); i++) {
		for (j = 0; j < self->after.nr; j++)
			if (same_function(self->after.function[j].name, wanted[i]))
				break;
		EXPECT_TRUE(j < self->after.nr || !listed_variant(list, wanted[i]))
			TH_LOG("%s: no probe at its entry", wanted[i]);
	}
	free(list);
}

TEST_HARNESS_MAIN
