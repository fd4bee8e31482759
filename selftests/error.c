// SPDX-License-Identifier: GPL-2.0
/*
 * Class error: accesses that the architecture refuses before handle_mm_fault(), and
 * visits that fail before any class. Errors inside a class are that class's.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lib/pages.h"
#include "lib/signals.h"

/* ---- refused ------------------------------------------------------------ */

/*
 * Refused by the architecture's code, which does not call handle_mm_fault(): faults of
 * class error that are no visits, and no page faults to vmstat and getrusage().
 */
static void expect_refused(struct __test_metadata *_metadata, struct pfc_counting *c,
			   char *base, enum pfc_access access)
{
	int last;

	pfc_forbidden(base, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, base, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(base, c->len, c->page, access, &last));
	EXPECT_EQ(SIGSEGV, last);
	EXPECT_COUNTED(c, { "faults", PFC_PAGES }, { "visits", 0 },
		       { "refused", PFC_PAGES }, { "error", PFC_PAGES },
		       { "error_segv", PFC_PAGES }, { "error_user", PFC_PAGES },
		       { "error_read", access == PFC_READ ? PFC_PAGES : 0 },
		       { "error_write", access == PFC_WRITE ? PFC_PAGES : 0 },
		       { "error_exec", access == PFC_EXEC ? PFC_PAGES : 0 },
		       { "error_major", 0 });
	EXPECT_EQ(0, c->seen.minflt);
	EXPECT_EQ(0, c->seen.majflt);
}

TEST_F(pages, access_without_a_mapping_is_error_segv)
{
	struct pfc_counting *c = &self->c;
	char *hole;

	if (c->before.val[PFC_REFUSED] == PFC_NA)
		SKIP(return, "'refused' is unavailable");
	hole = pfc_map(c->len, 0, PROT_NONE, MAP_PRIVATE, -1, 0);
	ASSERT_NE(MAP_FAILED, hole);
	munmap(hole, c->len);
	expect_refused(_metadata, c, hole, PFC_READ);
	expect_refused(_metadata, c, hole, PFC_WRITE);
	expect_refused(_metadata, c, hole, PFC_EXEC);
	/* The kernel's half of the addresses. */
	expect_refused(_metadata, c, (char *)(0xffff8UL << 44), PFC_READ);
#ifdef __aarch64__
	/* The byte at the top is not a part of the address. */
	pfc_forbidden(hole, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, hole, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden((char *)((uintptr_t)hole | 0x5aUL << 56),
					   c->len, c->page, PFC_READ, NULL));
	EXPECT_COUNTED(c, { "refused", PFC_PAGES }, { "error_segv", PFC_PAGES },
		       { "error", PFC_PAGES });
#endif
}

TEST_F(pages, access_against_permission_is_error_segv)
{
	struct pfc_counting *c = &self->c;

	if (c->before.val[PFC_REFUSED] == PFC_NA)
		SKIP(return, "'refused' is unavailable");
	pfc_write_pages(c->base, c->len, c->page);
	ASSERT_EQ(0, mprotect(c->base, c->len, PROT_NONE));
	expect_refused(_metadata, c, c->base, PFC_READ);
	expect_refused(_metadata, c, c->base, PFC_WRITE);
	ASSERT_EQ(0, mprotect(c->base, c->len, PROT_READ));
	expect_refused(_metadata, c, c->base, PFC_WRITE);
	expect_refused(_metadata, c, c->base, PFC_EXEC);
	/* What is permitted is not refused. */
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_read_pages(c->base, c->len, c->page);
	EXPECT_COUNTED(c, { "faults", 0 }, { "refused", 0 });
}

/* Each has its event, like any fault. */
TEST_F(pages, refused_access_has_an_event)
{
	static char text[65536];
	struct pfc_counting *c = &self->c;
	char instance[128], path[160], want[128];
	const char *tracefs = pfc_tracefs(), *line;
	unsigned int i, seen = 0;

	if (c->before.val[PFC_REFUSED] == PFC_NA)
		SKIP(return, "'refused' is unavailable");
	if (!tracefs)
		SKIP(return, "no tracefs");
	/* A buffer of its own: others' traces stay. */
	snprintf(instance, sizeof(instance), "%s/instances/pfclass-test.%d", tracefs, getpid());
	ASSERT_EQ(0, pfc_guard_mkdir(c->guard, instance));
	snprintf(path, sizeof(path), "%s/events/pfclass/fault/enable", instance);
	ASSERT_EQ(0, mprotect(c->base, c->len, PROT_READ));
	pfc_forbidden(c->base, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_write(path, "1"));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(c->base, c->len, c->page, PFC_WRITE, NULL));
	ASSERT_EQ(0, pfc_write(path, "0"));
	EXPECT_COUNTED(c, { "refused", PFC_PAGES }, { "error", PFC_PAGES });
	snprintf(path, sizeof(path), "%s/trace", instance);
	ASSERT_LT(0, pfc_read(path, text, sizeof(text)));
	for (i = 0; i < PFC_PAGES; i++) {
		snprintf(want, sizeof(want), " %s address=0x%lx pc=0x",
			 "class=error refinement=error_segv",
			 (unsigned long)(c->base + i * c->page));
		line = strstr(text, want);
		if (line && sscanf(line + strlen(want), "%*x%127[^\n]", want) == 1) {
			char rest[96];

			snprintf(rest, sizeof(rest),
				 " access=write origin=user ret=SIGSEGV ns=0 tgid=%d", getpid());
			seen += !strcmp(rest, want);
		}
	}
	EXPECT_EQ(PFC_PAGES, seen)
		TH_LOG("%s", text);
}

/* A system call's access is refused with EFAULT and without a signal: not observed. */
TEST_F(pages, access_refused_to_the_kernel_is_not_counted)
{
	struct pfc_counting *c = &self->c;
	int pipe_fd[2];

	ASSERT_EQ(0, pipe(pipe_fd));
	ASSERT_EQ(0, mprotect(c->base, c->len, PROT_NONE));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ(-1, write(pipe_fd[1], c->base, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_COUNTED(c, { "faults", 0 });
}

static void caught(int signal)
{
}

/* SIGSEGV that is no access: sent by a process. */
TEST_F(pages, signal_that_was_sent_is_not_counted)
{
	struct pfc_counting *c = &self->c;

	signal(SIGSEGV, caught);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	/* Wherever a fault would be. */
	ASSERT_EQ(0, pfc_printf_file(pfc_path(PFC_FILE_FILTER), PFC_FILTER_TGID "%d", getpid()));
	ASSERT_EQ(0, pfc_stats_read(&c->before, c->why, sizeof(c->why)));
	raise(SIGSEGV);
	ASSERT_EQ(0, pfc_counting_stop(c));
	EXPECT_EQ(0, pfc_counted(c, "error"));
	signal(SIGSEGV, SIG_DFL);
}

/* ---- failed visits ------------------------------------------------------ */

/*
 * No memory for a page table: handle_mm_fault() gives up before any class. Through GUP,
 * since an exception would be repeated for as long as there is none. The kernel's own
 * fault injection makes the first allocation fail.
 */
TEST_F(pages, no_memory_for_page_tables_is_error_oom)
{
	static const char fail[] = "/sys/kernel/debug/fail_page_alloc/";
	static const char nth[] = "/proc/thread-self/fail-nth";
	static const char * const settings[][2] = {
		{ "min-order", "0" }, { "ignore-gfp-wait", "N" }, { "verbose", "0" },
	};
	/* Where nothing else of the process is: no table is there yet. */
	char *far = (char *)(1UL << 44), byte = 1;
	struct iovec local = { &byte, 1 }, remote = { far, 1 };
	struct pfc_counting *c = &self->c;
	char path[96];
	unsigned int i;

	if (access(fail, F_OK) || access(nth, W_OK))
		SKIP(return, "the kernel cannot make allocations fail (CONFIG_FAIL_PAGE_ALLOC)");
	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		snprintf(path, sizeof(path), "%s%s", fail, settings[i][0]);
		ASSERT_EQ(0, pfc_guard_set(c->guard, path, settings[i][1]));
	}
	ASSERT_EQ(far, mmap(far, c->page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
	ASSERT_EQ(0, pfc_counting_start(c, far, c->page));
	for (i = 0; i < PFC_PAGES; i++) {
		ASSERT_EQ(0, pfc_write(nth, "1"));
		EXPECT_EQ(-1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
		EXPECT_EQ(EFAULT, errno);
		pfc_write(nth, "0");
	}
	EXPECT_COUNTED(c, { "faults", PFC_PAGES }, { "visits", PFC_PAGES },
		       { "error", PFC_PAGES }, { "error_oom", PFC_PAGES },
		       { "error_gup", PFC_PAGES }, { "error_write", PFC_PAGES },
		       { "error_segv", 0 });
	/* With memory there is a page. */
	ASSERT_EQ(0, pfc_counting_start(c, far, c->page));
	EXPECT_EQ(1, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_COUNTED(c, { "anon", 1 }, { "error", 0 });
	munmap(far, c->page);
}

TEST_HARNESS_MAIN
