/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * pfclass: what the module and its readers agree on.
 *
 * The one list of classes, refinements, splits and files. The module, the tool
 * and the selftests expand the lists below; nothing else spells a key. Keys are
 * ABI: lower case, never renamed, only ever appended to their list.
 */
#ifndef _UAPI_PFCLASS_H
#define _UAPI_PFCLASS_H

/* The one version: of the module, the tool, the manual and the packages. */
#define PFC_VERSION		"0.9.0"

/* First line of "stats": "abi 1". Raised only when a reader would misread. */
#define PFC_ABI			1

/* Below the debugfs mount. The first four are exactly 0444 (lockdown). */
#define PFC_DIR			"pfclass"
#define PFC_FILE_STATS		"stats"
#define PFC_FILE_PERCPU		"percpu"
#define PFC_FILE_PROBES		"probes"
#define PFC_FILE_LATENCY	"latency"
#define PFC_FILE_ENABLED	"enabled"
#define PFC_FILE_FILTER		"filter"
#define PFC_FILE_RESET		"reset"
#define PFC_FILE_WATCHES	"watches"
#define PFC_FILE_CGROUPS	"cgroups"

/* Below it: a directory a watch, with stats, percpu, latency, filter and reset. */
#define PFC_DIR_WATCH		"watch"

/* The value of a key that this kernel, or this mode, cannot count. */
#define PFC_UNAVAILABLE		"unavailable"

/*
 * PFC_CLASSES(X): X(ID, key, where the fault was resolved). A completed fault
 * is in exactly one of them.
 */
#define PFC_CLASSES(X) \
	X(ANON,		"anon",		"do_anonymous_page") \
	X(WP,		"wp",		"do_wp_page, called by the dispatcher") \
	X(SWAP,		"swap",		"do_swap_page, called by the dispatcher") \
	X(NUMA,		"numa",		"do_numa_page") \
	X(AF,		"af",		"access-flag update: the access flag was clear") \
	X(DIRTY,	"dirty",	"access-flag update: a young entry was made dirty") \
	X(SPURIOUS,	"spurious",	"access-flag update: nothing had to change") \
	X(FILE,		"file",		"do_fault") \
	X(THP,		"thp",		"the PMD level") \
	X(HUGETLB,	"hugetlb",	"hugetlb_fault") \
	X(NONE,		"none",		"completed without doing anything (raced, busy)") \
	X(ERROR,	"error",	"VM_FAULT_ERROR before any class, or refused")

/* The classes that pfclass was founded to count are the first five. */
#define PFC_NR_FOUNDING		5

enum pfc_class {
#define PFC_X(id, key, where) PFC_##id,
	PFC_CLASSES(PFC_X)
#undef PFC_X
	PFC_NR_CLASSES
};

/*
 * PFC_REFINEMENTS(X): X(ID, class, key, meaning). What happened inside a class. They sum
 * to their class wherever all of them are available; SWAP_WP and AF_DIRTY are
 * the exceptions: they say something more of faults counted in their siblings.
 */
#define PFC_REFINEMENTS(X) \
	X(ANON_ZERO,		ANON,	"anon_zero",	"a read mapped the zero page") \
	X(ANON_ALLOC,		ANON,	"anon_alloc",	"a write got a page of its own") \
	X(WP_COPY,		WP,	"wp_copy",	"the page was copied") \
	X(WP_REUSE,		WP,	"wp_reuse",	"the page had no other user and was made writable") \
	X(WP_SHARED,		WP,	"wp_shared",	"shared mapping: the file system was asked first") \
	X(WP_PFN,		WP,	"wp_pfn",	"shared mapping of memory without struct page") \
	X(WP_UFFD,		WP,	"wp_uffd",	"write protection by userfaultfd") \
	X(SWAP_IN,		SWAP,	"swap_in",	"a page came back from swap or the swap cache") \
	X(SWAP_MIGRATION,	SWAP,	"swap_migration", "waited for a page under migration") \
	X(SWAP_DEVICE,		SWAP,	"swap_device",	"the page was in, or exclusive to, a device") \
	X(SWAP_HWPOISON,	SWAP,	"swap_hwpoison", "the page has a memory error") \
	X(SWAP_MARKER,		SWAP,	"swap_marker",	"a marker stood for the page (userfaultfd, guard, poison)") \
	X(SWAP_WP,		SWAP,	"swap_wp",	"of class swap: do_swap_page went on into do_wp_page") \
	X(AF_DIRTY,		AF,	"af_dirty",	"the entry was made dirty as well") \
	X(FILE_READ,		FILE,	"file_read",	"a read or fetch mapped one page") \
	X(FILE_COW,		FILE,	"file_cow",	"a write to a private mapping copied the page") \
	X(FILE_SHARED,		FILE,	"file_shared",	"a write to a shared mapping") \
	X(FILE_AROUND,		FILE,	"file_around",	"fault-around mapped the page and its cached neighbours") \
	X(THP_ANON,		THP,	"thp_anon",	"a huge page, or the huge zero page, was mapped") \
	X(THP_FILE,		THP,	"thp_file",	"the file system mapped a huge page") \
	X(THP_WP,		THP,	"thp_wp",	"a write to a write-protected huge page") \
	X(THP_NUMA,		THP,	"thp_numa",	"a NUMA hint fault on a huge page") \
	X(THP_AF,		THP,	"thp_af",	"access flag or dirty bit of a huge page") \
	X(ERROR_SIGBUS,		ERROR,	"error_sigbus",	"VM_FAULT_SIGBUS") \
	X(ERROR_SEGV,		ERROR,	"error_segv",	"VM_FAULT_SIGSEGV, or refused by the architecture") \
	X(ERROR_OOM,		ERROR,	"error_oom",	"VM_FAULT_OOM") \
	X(ERROR_HWPOISON,	ERROR,	"error_hwpoison", "VM_FAULT_HWPOISON")

enum pfc_refinement {
#define PFC_X(id, class, key, meaning) PFC_##id,
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
	PFC_NR_REFINEMENTS
};

/*
 * Each class is also split by access, origin and outcome; the key is the class's key and the
 * suffix. Where that key is a refinement already ("file_read", which includes
 * instruction fetches and excludes fault-around) only the refinement exists. Of
 * the outcomes only major is shown: the rest of the class is minor.
 */
#define PFC_ACCESSES(X) \
	X(READ,		"_read",	"reads") \
	X(WRITE,	"_write",	"writes") \
	X(EXEC,		"_exec",	"instruction fetches")
#define PFC_ORIGINS(X) \
	X(USER,		"_user",	"exceptions taken in user mode") \
	X(KERNEL,	"_kernel",	"exceptions taken in the kernel (uaccess)") \
	X(GUP,		"_gup",		"no exception: get_user_pages() and the like")
#define PFC_OUTCOMES(X) \
	X(MINOR,	"_minor",	"completed without I/O") \
	X(MAJOR,	"_major",	"completed with I/O, or retried after it")

#define PFC_X(id, suffix, meaning) PFC_##id,
enum pfc_access  { PFC_ACCESSES(PFC_X) PFC_NR_ACCESSES };
enum pfc_origin  { PFC_ORIGINS(PFC_X) PFC_NR_ORIGINS };
enum pfc_outcome { PFC_OUTCOMES(PFC_X) PFC_NR_OUTCOMES };
#undef PFC_X

/*
 * PFC_TOTALS(X): X(ID, key, meaning). They stand in "stats" after "abi" and
 * before the classes; the classes are followed by the refinements, then by the
 * splits, class by class.
 */
#define PFC_TOTALS(X) \
	X(FAULTS,	"faults",	"completed faults: the sum of all classes") \
	X(VISITS,	"visits",	"calls of handle_mm_fault(): faults + retries - refused") \
	X(RETRIES,	"retries",	"of which ended in VM_FAULT_RETRY: the fault goes on") \
	X(UNCLASSIFIED,	"unclassified",	"faults that fitted no class or more than one") \
	X(MISSED,	"missed",	"probe hits or visits lost: no frame, or a nested probe") \
	X(REFUSED,	"refused",	"faults that the architecture refused: no visit") \
	X(PGFAULT,	"pgfault",	"what the kernel's own pgfault event grew by")

enum pfc_total {
#define PFC_X(id, key, meaning) PFC_##id,
	PFC_TOTALS(PFC_X)
#undef PFC_X
	PFC_NR_TOTALS
};

/*
 * "probes": a header line, then one row a probe point, columns separated by
 * white space, the last one free text ("-" when there is nothing to say):
 *
 *	class how place backend state hits missed reason
 *
 * class is a key, or keys joined by commas where one probe serves several, or
 * "visit" for the two ends of handle_mm_fault(). A number that does not exist
 * is "-".
 */
#define PFC_PROBES_HEADER \
	"class how place backend state hits missed reason"

/* PFC_METHODS(X): X(ID, word). How a probe point was found, best first. */
#define PFC_METHODS(X) \
	X(GIVEN,		"given") \
	X(DIRECT,		"direct") \
	X(CALL_SITE,		"call-site") \
	X(IN_VISIT,		"in-visit")	/* others call it too: a visit's first mark counts */ \
	X(CALLER_FILTER,	"caller-filter") \
	X(INFERRED,		"inferred") \
	X(UNAVAILABLE,		PFC_UNAVAILABLE)

enum pfc_method {
#define PFC_X(id, word) PFC_METHOD_##id,
	PFC_METHODS(PFC_X)
#undef PFC_X
	PFC_NR_METHODS
};

/* PFC_STATES(X): X(ID, word). What a probe is doing now. */
#define PFC_STATES(X) \
	X(OFF,		"off")		/* never placed */ \
	X(DISARMED,	"disarmed")	/* "enabled" is 0 */ \
	X(ARMED,	"armed") \
	X(DEAD,		"dead")		/* armed, but the kernel took the probe out */

enum pfc_state {
#define PFC_X(id, word) PFC_STATE_##id,
	PFC_STATES(PFC_X)
#undef PFC_X
	PFC_NR_STATES
};

/*
 * "latency": "abi 1", then lines of three words: KEY count FAULTS, KEY sum NS and,
 * for each bucket that is not empty, KEY FROM FAULTS: faults that took FROM to
 * 2 * FROM - 1 ns (0 to 1 for FROM 0; the last bucket has no end). Without
 * latency=1 only KEY count unavailable.
 */

/*
 * "filter": words separated by spaces, each at most once, ANDed; or "clear".
 * Reading shows them in this order, or "clear". tgid and pid take up to
 * PFC_FILTER_IDS numbers separated by commas, comm what /proc/PID/comm shows, without
 * spaces. addr is the faulting address, in [START, END), hexadecimal with 0x or decimal.
 */
#define PFC_FILTER_CLEAR	"clear"
#define PFC_FILTER_TGID		"tgid="
#define PFC_FILTER_PID		"pid="
#define PFC_FILTER_COMM		"comm="
#define PFC_FILTER_CGROUP	"cgroup="
#define PFC_FILTER_ADDR		"addr="
#define PFC_FILTER_IDS		8

/*
 * "watches": reading shows a line a watch, NAME FILTER. Writing takes one command:
 *
 *	add NAME [hold] [FILTER]
 *	remove NAME
 *
 * A NAME has up to PFC_WATCH_NAME characters of [A-Za-z0-9_.-], and is neither "." nor
 * "..". With "hold" the watch is removed when the file that the command was written
 * through is closed.
 */
#define PFC_WATCH_ADD		"add"
#define PFC_WATCH_REMOVE	"remove"
#define PFC_WATCH_HOLD		"hold"
#define PFC_WATCH_NAME		32

/*
 * "cgroups": a header line, "cgroup id" and the classes, then a row a control group (v2) that
 * faulted: its path, in which space, tab, newline and backslash are \ooo as in /proc/mounts,
 * its id, which is the inode number of its directory, and its faults by class. Then two
 * rows with the id "-": of the groups that were removed, and of those that found no row.
 * Without cgroups=N there are these two alone, and all their counts are unavailable.
 */
#define PFC_CGROUP_REMOVED	"(removed)"
#define PFC_CGROUP_OTHER	"(other)"

#endif /* _UAPI_PFCLASS_H */
