// SPDX-License-Identifier: GPL-2.0
/*
 * Class anon: fresh anonymous pages, by whoever touches them first.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/class.h"
#include "lib/memory.h"
#include "lib/signals.h"

/* ---- rows -------------------------------------------------------------- */

static int kernel_prepare(struct pfc_run *run)
{
	if (pfc_map_anon(run))
		return -1;
	run->fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (run->fd < 0)
		return pfc_bad(run->res, "/dev/zero: %s", strerror(errno));
	return 0;
}

static int kernel_fault(struct pfc_run *run)
{
	ssize_t got = read(run->fd, run->base, run->len);

	if (got != (ssize_t)run->len)
		return pfc_bad(run->res, "read of /dev/zero: %s",
			       got < 0 ? strerror(errno) : "short");
	return 0;
}

static int populate_fault(struct pfc_run *run)
{
	if (madvise(run->base, run->len, MADV_POPULATE_WRITE))
		return pfc_bad(run->res, "MADV_POPULATE_WRITE: %s",
			       strerror(errno));
	return 0;
}

PFC_ROW(anon_read,
	.what = "read %u fresh pages",
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ZERO) } },
	.witness = { { PFC_W_ONE_FRAME, PFC_PER_PAGE } }
);

PFC_ROW(anon_write,
	.what = "write %u fresh pages",
	.touch = PFC_WRITE,
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(anon_kernel,
	.what = "have the kernel write %u fresh pages (read of /dev/zero)",
	.touch = PFC_WRITE,
	.origin = PFC_KERNEL,
	.prepare = kernel_prepare,
	.fault = kernel_fault,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(anon_populate,
	.what = "MADV_POPULATE_WRITE of %u fresh pages",
	.since = PFC_KVER(5, 14),
	.since_why = "MADV_POPULATE_WRITE is new in 5.14",
	.touch = PFC_WRITE,
	.origin = PFC_GUP,
	.prepare = pfc_map_anon,
	.fault = populate_fault,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(anon_mthp,
	.what = "write %u fresh multi-size huge pages",
	.needs = PFC_NEED_MTHP,
	.unit = PFC_UNIT_MTHP,
	.touch = PFC_WRITE,
	.settings = pfc_mthp_settings,
	.prepare = pfc_map_anon,
	.expect = { { PFC_UNITS_REF(ANON, ANON_ALLOC) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

#ifndef PFC_ROWS_ONLY

/* ---- who touches them -------------------------------------------------- */

/* Another process's memory, through get_user_pages() of the one that writes. */
TEST_F(pages, process_vm_writev_is_gup)
{
	struct pfc_counting *c = &self->c;
	struct iovec local = { .iov_len = c->len }, remote = { c->base, c->len };
	int from[2];
	pid_t pid;
	char byte;

	local.iov_base = calloc(1, c->len);
	ASSERT_NE(NULL, local.iov_base);
	memset(local.iov_base, 1, c->len);
	ASSERT_EQ(0, pipe(from));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pfc_guard_forget(c->guard);
		if (write(from[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	ASSERT_EQ(1, read(from[0], &byte, 1));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ((ssize_t)c->len, process_vm_writev(pid, &local, 1, &remote, 1, 0));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_alloc", PFC_PAGES },
		       { "anon_gup", PFC_PAGES }, { "anon_user", 0 }, { "anon_kernel", 0 },
		       { "anon_write", PFC_PAGES });
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	free(local.iov_base);
}

/* The same pages by the process itself, in a system call. */
TEST_F(pages, read_into_memory_is_kernel)
{
	struct pfc_counting *c = &self->c;
	int fd = open("/dev/zero", O_RDONLY);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	EXPECT_EQ((ssize_t)c->len, read(fd, c->base, c->len));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_kernel", PFC_PAGES },
		       { "anon_user", 0 }, { "anon_gup", 0 }, { "anon_write", PFC_PAGES });
	close(fd);
}

#ifdef __aarch64__
/* The byte at the top of a pointer is no part of the address. */
TEST_F(pages, tagged_pointers)
{
	struct pfc_counting *c = &self->c;

	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	pfc_write_pages((char *)((uintptr_t)c->base | 0x5aUL << 56), c->len, c->page);
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_write", PFC_PAGES },
		       { "faults", PFC_PAGES });
}

/* To store a tag is an access like others; to have the wrong one is no page fault. */
TEST_F(pages, tagged_memory)
{
	const unsigned long control = PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_SYNC;
	struct pfc_counting *c = &self->c;
	char *tagged = (char *)((uintptr_t)c->base | 5UL << 56);
	unsigned int i;
	int last;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_MTE))
		SKIP(return, "the CPU tags no memory (MTE)");
	ASSERT_EQ(0, prctl(PR_SET_TAGGED_ADDR_CTRL, control, 0, 0, 0));
	ASSERT_EQ(0, mprotect(c->base, c->len, PROT_READ | PROT_WRITE | PROT_MTE));
	pfc_forbidden((char *)c->page, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	for (i = 0; i < PFC_PAGES; i++)
		asm volatile(".arch_extension memtag\n"
			     "stg %0, [%0]" : : "r" (tagged + i * c->page) : "memory");
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(c->base, c->len, c->page, PFC_READ, &last));
	EXPECT_EQ(SIGSEGV, last);
	pfc_read_pages(tagged, c->len, c->page);
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_write", PFC_PAGES },
		       { "faults", PFC_PAGES }, { "refused", 0 }, { "error", 0 });
}
#endif

/* And read by the kernel: the zero page. */
TEST_F(pages, write_from_memory_is_kernel)
{
	struct pfc_counting *c = &self->c;
	int pipe_fd[2];
	unsigned int i;

	ASSERT_EQ(0, pipe(pipe_fd));
	ASSERT_EQ(0, pfc_counting_start(c, c->base, c->len));
	for (i = 0; i < PFC_PAGES; i++)
		EXPECT_EQ(1, write(pipe_fd[1], c->base + i * c->page, 1));
	EXPECT_COUNTED(c, { "anon", PFC_PAGES }, { "anon_zero", PFC_PAGES },
		       { "anon_kernel", PFC_PAGES }, { "anon_read", PFC_PAGES });
}

TEST_HARNESS_MAIN

#endif
