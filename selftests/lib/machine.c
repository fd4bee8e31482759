// SPDX-License-Identifier: GPL-2.0
/*
 * What this machine is: page sizes, kernel, CPUs, NUMA nodes.
 */
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "machine.h"

/**
 * pfc_page_size() - the size of a page
 *
 * Return: bytes.
 */
size_t pfc_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/**
 * pfc_pmd_size() - the size of a transparent huge page
 *
 * Return: bytes, 0 if the kernel has none.
 */
size_t pfc_pmd_size(void)
{
	long long size = 0;

	if (pfc_read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size",
			    &size))
		return 0;
	return size;
}

/**
 * pfc_block_size() - the size of a contiguous block: what the page tables mark as one
 *
 * Return: bytes, 0 if this machine has none.
 */
size_t pfc_block_size(void)
{
#if defined(__aarch64__)
	switch (pfc_page_size()) {
	case 4096:
		return 16 * 4096;
	case 16384:
		return 128 * 16384;
	case 65536:
		return 32 * 65536;
	}
#endif
	return 0;
}

/**
 * pfc_mthp_size() - the size of the multi-size THPs that are tested
 *
 * Return: bytes: a contiguous block where there are any.
 */
size_t pfc_mthp_size(void)
{
	return pfc_block_size() ?: 65536;
}

/**
 * pfc_sized_path() - a path with this machine's sizes in it
 * @path: it may contain {thp} or {mthp}, for the size of one in kB
 * @sized: gets the path
 * @size: of @sized, bytes
 *
 * Return: @sized, or @path where it contains neither.
 */
const char *pfc_sized_path(const char *path, char *sized, size_t size)
{
	const char *open = strchr(path, '{'), *close = strchr(path, '}');

	if (!open || !close)
		return path;
	snprintf(sized, size, "%.*s%zu%s", (int)(open - path), path,
		 (open[1] == 't' ? pfc_pmd_size() : pfc_mthp_size()) >> 10, close + 1);
	return sized;
}

/**
 * pfc_kernel_version() - the running kernel's version
 *
 * Return: to be compared with PFC_KVER().
 */
unsigned int pfc_kernel_version(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	uname(&name);
	/* A release that is no version is older than all. */
	if (sscanf(name.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return PFC_KVER(major, minor);
}

/**
 * pfc_has_function() - whether the kernel has a function of its own for what could be inlined
 * @name: the function; what the compiler made of it is called NAME.SUFFIX
 *
 * Return: true if it does.
 */
bool pfc_has_function(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	size_t len = strlen(name);
	char line[1024], symbol[512];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*1[tT] %511s", symbol) == 1 &&
			!strncmp(symbol, name, len) &&
			(!symbol[len] || (symbol[len] == '.' && !strstr(symbol, ".cold")));
	if (file)
		fclose(file);
	return found;
}

/**
 * pfc_in_guest() - is this a guest that was booted for the tests (PFC_GUEST=1)?
 *
 * Nothing but the test runs there, so counters of the whole machine are exact, and
 * what cannot be undone may be done.
 *
 * Return: true if it is.
 */
bool pfc_in_guest(void)
{
	const char *guest = getenv("PFC_GUEST");

	return guest && !strcmp(guest, "1");
}

/**
 * pfc_swap_on() - is there any swap?
 *
 * Return: true if there is.
 */
bool pfc_swap_on(void)
{
	char text[4096], *line;

	if (pfc_read("/proc/swaps", text, sizeof(text)) <= 0)
		return false;
	line = strchr(text, '\n');
	return line && line[1];
}

/**
 * pfc_fault_around() - how much a read fault maps of a cached file
 *
 * Return: bytes, at least a page.
 */
size_t pfc_fault_around(void)
{
	const char *dir = pfc_mount_point("debugfs");
	char path[PFC_PATH_MAX + 32];
	long long bytes = 0;

	snprintf(path, sizeof(path), "%s/fault_around_bytes", dir ?: "");
	if (pfc_read_number(path, &bytes))
		bytes = 65536;	/* the kernel's default */
	return (size_t)bytes > pfc_page_size() ? (size_t)bytes : pfc_page_size();
}

/**
 * pfc_now_ms() - a clock
 *
 * Return: milliseconds since some time.
 */
long long pfc_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/**
 * pfc_pin() - run on one CPU
 * @cpu: which
 *
 * Return: 0 or -errno.
 */
int pfc_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/**
 * pfc_node_exists() - is there such a NUMA node?
 * @node: which
 *
 * Return: true if there is.
 */
bool pfc_node_exists(int node)
{
	char path[PFC_PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d", node);
	return !access(path, F_OK);
}

/**
 * pfc_cpu_of_node() - a CPU of a node
 * @node: which
 *
 * Return: the node's first CPU, -1 if it has none.
 */
int pfc_cpu_of_node(int node)
{
	char path[PFC_PATH_MAX], text[PFC_PATH_MAX];

	snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/cpulist",
		 node);
	if (pfc_read(path, text, sizeof(text)) <= 0 ||
	    text[0] < '0' || text[0] > '9')
		return -1;
	return atoi(text);
}

/**
 * pfc_meminfo_kb() - a line of /proc/meminfo
 * @key: its key
 *
 * Return: kilobytes, -1 if there is no such line.
 */
long long pfc_meminfo_kb(const char *key)
{
	static char text[8192];
	char line[64], *at;

	if (pfc_read("/proc/meminfo", text, sizeof(text)) < 0)
		return -1;
	snprintf(line, sizeof(line), "\n%s:", key);
	at = strstr(text, line);
	return at ? atoll(at + strlen(line)) : -1;
}

/**
 * pfc_shrink_slabs() - give back what slabs have without an object that is used
 *
 * So the line "Slab" of /proc/meminfo is of what is used. KASAN keeps what is freed for a
 * while, up to a 32nd of the memory, until its cache is shrunk (kasan_cache_shrink(), 6.12).
 * Nothing happens where the caches are not in /sys.
 */
void pfc_shrink_slabs(void)
{
	DIR *caches = opendir("/sys/kernel/slab");
	struct dirent *cache;
	char path[300];

	if (!caches)
		return;
	while ((cache = readdir(caches))) {
		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", cache->d_name);
		if (!access(path, W_OK))
			pfc_write(path, "1");
	}
	closedir(caches);
}

/**
 * pfc_fits() - whether a test can have so much memory
 * @bytes: how much
 *
 * Return: true if a quarter of what is available is enough: the rest is for its copies, and
 * for whoever else runs.
 */
bool pfc_fits(size_t bytes)
{
	long long kb = pfc_meminfo_kb("MemAvailable");

	return kb > 0 && bytes >> 10 <= (size_t)kb / 4;
}

/**
 * pfc_two_nodes() - two nodes that have CPUs and memory
 * @node: gets them
 * @why: gets the reason if there are none
 * @size: of @why, bytes
 *
 * Return: 0 if there are.
 */
int pfc_two_nodes(int node[2], char *why, size_t size)
{
	char path[PFC_PATH_MAX];
	int i, found = 0;

	for (i = 0; i < PFC_MAX_NODES && found < 2; i++) {
		long long total = 0;
		char text[4096], *at;

		snprintf(path, sizeof(path),
			 "/sys/devices/system/node/node%d/meminfo", i);
		if (pfc_cpu_of_node(i) < 0 ||
		    pfc_read(path, text, sizeof(text)) <= 0)
			continue;
		at = strstr(text, "MemTotal:");
		if (at && sscanf(at, "MemTotal: %lld", &total) == 1 && total)
			node[found++] = i;
	}
	if (found == 2)
		return 0;
	snprintf(why, size, "%d NUMA node%s with CPUs and memory; two are needed",
		 found, found == 1 ? "" : "s");
	return 1;
}

/**
 * pfc_nodes_of() - on which nodes pages are
 * @addr: the first page
 * @pages: how many, at most PFC_MAX_NODE_PAGES
 * @nodes: gets a node or -errno for each
 *
 * Return: 0 or -errno.
 */
int pfc_nodes_of(const void *addr, unsigned int pages, int *nodes)
{
	static void *page[PFC_MAX_NODE_PAGES];
	unsigned int i;

	if (pages > PFC_MAX_NODE_PAGES)
		return -EINVAL;
	for (i = 0; i < pages; i++)
		page[i] = (char *)addr + i * pfc_page_size();
	return syscall(SYS_move_pages, 0, pages, page, NULL, nodes, 0) ? -errno : 0;
}
