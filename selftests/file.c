// SPDX-License-Identifier: GPL-2.0
/*
 * Class file: pages of files that are not mapped yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/class.h"
#include "lib/memory.h"
#include "lib/scratch.h"
#include "lib/signals.h"

/* ---- rows -------------------------------------------------------------- */

static int file_cached_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_SHARED);
}

static int file_hole_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, false, MAP_SHARED);
}

static int file_private_prepare(struct pfc_run *run)
{
	return pfc_file_mapped(run, true, MAP_PRIVATE);
}

#if defined(__aarch64__)
static const uint32_t return_code = 0xd65f03c0;
#elif defined(__x86_64__)
static const uint8_t return_code = 0xc3;
#else
#error "what is this machine's return instruction? add it here"
#endif

static int exec_prepare(struct pfc_run *run)
{
	size_t at;

	if (pfc_file(run, true))
		return -1;
	for (at = 0; at < run->len; at += run->page)
		if (pwrite(run->fd, &return_code, sizeof(return_code),
			   at) != sizeof(return_code))
			return pfc_bad(run->res, "memfd: %s", strerror(errno));
	return pfc_map_range(run, PROT_READ | PROT_EXEC, MAP_SHARED);
}

static const struct pfc_setting shmem_settings[] = {
	{ PFC_THP_DIR "shmem_enabled", "advise" },
	{ PFC_THP_DIR "hugepages-{thp}kB/shmem_enabled", "inherit", .optional = true },
	{ NULL }
};

PFC_ROW(file_around,
	.what = "read %u cached pages of a file",
	.prepare = file_cached_prepare,
	.expect = { { PFC_WINDOWS(FILE, FILE_AROUND) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(file_exec,
	.what = "run code in %u cached pages of a file",
	.touch = PFC_EXEC,
	.prepare = exec_prepare,
	.expect = { { PFC_WINDOWS(FILE, FILE_AROUND) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(file_read,
	.what = "read %u pages of a hole in a file",
	.prepare = file_hole_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_READ) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(file_shared,
	.what = "write %u cached pages of a shared file",
	.touch = PFC_WRITE,
	.prepare = file_cached_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_SHARED) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

PFC_ROW(file_cow,
	.what = "write %u cached pages of a private file mapping",
	.touch = PFC_WRITE,
	.prepare = file_private_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_COW) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

/* do_fault() maps a whole huge page: a file fault still. */
PFC_ROW(file_huge,
	.what = "read %u huge pages of a hole in a file",
	.needs = PFC_NEED_THP | PFC_NEED_HUGE_FILE,
	.unit = PFC_UNIT_PMD,
	.n = 3,
	.settings = shmem_settings,
	.prepare = file_hole_prepare,
	.expect = { { PFC_UNITS_REF(FILE, FILE_READ) } },
	.witness = { { PFC_W_MAPPED, PFC_PER_PAGE } }
);

#ifndef PFC_ROWS_ONLY

/* ---- file systems, devices, ends of files ------------------------------- */

/* Not mapped before: do_fault() asks the file system, do_wp_page() is not needed. */
TEST_F(pages, first_write_of_a_shared_file_is_file_shared)
{
	struct pfc_counting *c = &self->c;
	const char *dir, *why = pfc_scratch_mount(c->guard, &dir);
	/* Before 6.0 (VM_FAULT_COMPLETED) the fault ends in a second visit, as in wp.c. */
	unsigned int major = pfc_kernel_version() < PFC_KVER(6, 0) ? PFC_PAGES : 0;
	char *map;

	if (why)
		SKIP(return, "%s", why);
	map = pfc_scratch_map(dir, c->len, c->page);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	pfc_write_pages(map, c->len, c->page);
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_shared", PFC_PAGES },
		       { "file_write", PFC_PAGES }, { "file_major", major });
	EXPECT_EQ(PFC_PAGES - major, c->seen.minflt);
	EXPECT_EQ(major, c->seen.majflt);
	munmap(map, c->len);
}

/* A cold file: each page is read from the disk by the fault that maps it. */
TEST_F(pages, cold_file_is_major)
{
	struct pfc_counting *c = &self->c;
	const char *dir, *why = pfc_scratch_mount(c->guard, &dir);
	char path[128];
	char *map;
	int fd;

	if (why)
		SKIP(return, "%s", why);
	map = pfc_scratch_map(dir, c->len, c->page);
	ASSERT_NE(MAP_FAILED, map);
	snprintf(path, sizeof(path), "%s/file", dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED));
	close(fd);
	/* No read-ahead, no fault-around: every page waits for the disk. */
	ASSERT_EQ(0, madvise(map, c->len, MADV_RANDOM));
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	pfc_read_pages(map, c->len, c->page);
	ASSERT_EQ(0, pfc_counting_stop(c));
	TH_LOG("file %lld: read %lld around %lld, major %lld, %lld retries",
	       pfc_counted(c, "file"), pfc_counted(c, "file_read"),
	       pfc_counted(c, "file_around"), pfc_counted(c, "file_major"),
	       pfc_counted(c, "retries"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "faults"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "file"));
	EXPECT_EQ(PFC_PAGES, pfc_counted(c, "file_major"));
	EXPECT_EQ(PFC_PAGES, c->seen.majflt);
	EXPECT_LE(PFC_PAGES, pfc_counted(c, "retries"));
	EXPECT_EQ(0, pfc_counted(c, "unclassified"));
	munmap(map, c->len);
}

/*
 * A device's mapping that was filled when it was made, and has no ->fault(): what is
 * zapped of it is gone, and do_fault(), inlined or not, sends SIGBUS.
 */
TEST_F(pages, mapping_that_cannot_fault_is_file)
{
	struct pfc_counting *c = &self->c;
	struct tpacket_req ring = {
		.tp_block_size = c->page, .tp_block_nr = PFC_PAGES,
		.tp_frame_size = c->page, .tp_frame_nr = PFC_PAGES,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), last;
	char *map;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)))
		SKIP(return, "no packet socket with a ring (CONFIG_PACKET): %s",
		     strerror(errno));
	map = mmap(NULL, c->len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	if (madvise(map, c->len, MADV_DONTNEED))
		SKIP(return, "the ring stays mapped: %s", strerror(errno));
	pfc_forbidden(map, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(map, c->len, c->page, PFC_READ, &last));
	EXPECT_EQ(SIGBUS, last);
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_read", PFC_PAGES }, { "error", 0 },
		       { "file_user", PFC_PAGES });
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(map, c->len, c->page, PFC_WRITE, NULL));
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_shared", PFC_PAGES }, { "error", 0 },
		       { "file_write", PFC_PAGES });
	munmap(map, c->len);
	close(fd);
}

/* do_fault() sends SIGBUS. */
TEST_F(pages, access_beyond_the_end_of_a_file_is_file)
{
	struct pfc_counting *c = &self->c;
	int memfd = memfd_create("pfclass", MFD_CLOEXEC);
	char *map;

	ASSERT_LE(0, memfd);
	map = pfc_map(c->len, 0, PROT_READ, MAP_SHARED, memfd, 0);
	ASSERT_NE(MAP_FAILED, map);
	pfc_forbidden(map, c->page, c->page, PFC_READ, NULL);
	ASSERT_EQ(0, pfc_counting_start(c, map, c->len));
	EXPECT_EQ(PFC_PAGES, pfc_forbidden(map, c->len, c->page, PFC_READ, NULL));
	EXPECT_COUNTED(c, { "file", PFC_PAGES }, { "file_read", PFC_PAGES },
		       { "error", 0 }, { "file_user", PFC_PAGES });
	munmap(map, c->len);
	close(memfd);
}

TEST_HARNESS_MAIN

#endif
