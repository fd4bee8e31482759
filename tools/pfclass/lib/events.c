// SPDX-License-Identifier: GPL-2.0
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../../../include/uapi/pfclass.h"
#include "exit.h"
#include "output.h"

#define EVENT		"events/" PFC_DIR "/fault/"
#define MOST_BYTES	(64UL << 20)	/* of all buffers */
#define LEAST_BYTES	(512UL << 10)	/* of one */
#define LARGEST_BYTES	(8UL << 20)

/* Fields of the event: their index in @at, and their size in bytes. */
enum { ADDRESS, CLASS, REFINEMENT, ACCESS, NR_FIELDS };
static const struct field {
	const char *name;
	unsigned int size;
} fields[NR_FIELDS] = {
	[ADDRESS] = { "address", 8 },
	[CLASS] = { "class", 1 },
	[REFINEMENT] = { "refinement", 1 },
	[ACCESS] = { "access", 1 },
};

/**
 * struct pfc_events_cpu - the event on a CPU
 * @fd: from perf_event_open()
 * @page: the head of the buffer, which the data follow
 */
struct pfc_events_cpu {
	int fd;
	struct perf_event_mmap_page *page;
};

/* A sample, as PERF_SAMPLE_TIME and PERF_SAMPLE_RAW make it. */
struct sample {
	struct perf_event_header header;
	uint64_t time;
	uint32_t size;
	unsigned char raw[];
} __attribute__((packed));

struct lost {
	struct perf_event_header header;
	uint64_t id;
	uint64_t lost;
};

static FILE *open_event(const char *name)
{
	static const char *const dirs[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char path[128];
	FILE *file = NULL;
	size_t i;

	for (i = 0; !file && i < sizeof(dirs) / sizeof(*dirs); i++) {
		snprintf(path, sizeof(path), "%s/" EVENT "%s", dirs[i], name);
		file = fopen(path, "re");
	}
	if (!file)
		pfc_error("cannot read %s: %s; mount tracefs: mount -t tracefs nodev %s",
			  path, strerror(errno), dirs[0]);
	return file;
}

/* What the kernel says of the event: its number, and where its fields are. */
static int read_format(struct pfc_events *events, uint64_t *id)
{
	unsigned int found = 0, at, size, i;
	char line[512], name[64];
	FILE *file = open_event("id");

	if (!file)
		return PFC_EXIT_FAILURE;
	if (fscanf(file, "%" SCNu64, id) != 1)
		*id = 0;
	fclose(file);
	file = open_event("format");
	if (!file)
		return PFC_EXIT_FAILURE;
	while (fgets(line, sizeof(line), file)) {
		const char *word = strstr(line, "field:"), *end = strchr(line, ';');

		if (!word || !end || sscanf(end, "; offset:%u; size:%u;", &at, &size) != 2)
			continue;
		while (end > word && end[-1] != ' ')
			end--;
		if (sscanf(end, "%63[a-z_]", name) != 1)
			continue;
		for (i = 0; i < NR_FIELDS; i++)
			if (!strcmp(name, fields[i].name) && size == fields[i].size) {
				events->at[i] = at;
				found |= 1 << i;
			}
	}
	fclose(file);
	if (*id && found == (1 << NR_FIELDS) - 1)
		return PFC_EXIT_OK;
	pfc_error("the event " PFC_DIR ":fault has not the fields that it should have; load the "
		  "module that came with this tool");
	return PFC_EXIT_GARBLED;
}

static int open_cpu(struct pfc_events *events, struct perf_event_attr *attr, int cpu,
		    const char *filter)
{
	struct pfc_events_cpu *to = &events->cpus[events->nr];
	const long page = sysconf(_SC_PAGESIZE);

	to->fd = syscall(SYS_perf_event_open, attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	/* Not every CPU that there can be is online. */
	if (to->fd < 0 && errno == ENODEV)
		return 0;
	if (to->fd < 0)
		return errno;
	to->page = mmap(NULL, events->size + page, PROT_READ | PROT_WRITE, MAP_SHARED, to->fd, 0);
	if (to->page == MAP_FAILED || ioctl(to->fd, PERF_EVENT_IOC_SET_FILTER, filter)) {
		const int error = errno;

		if (to->page != MAP_FAILED)
			munmap(to->page, events->size + page);
		close(to->fd);
		return error;
	}
	events->nr++;
	return ioctl(to->fd, PERF_EVENT_IOC_ENABLE, 0) ? errno : 0;
}

/**
 * pfc_events_open() - begin to receive the faults in the memory of a process
 * @events: to be closed by pfc_events_close(), also when this fails
 * @tgid: the process
 *
 * The event obeys the module's own filter.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_FAILURE or
 * PFC_EXIT_GARBLED.
 */
int pfc_events_open(struct pfc_events *events, pid_t tgid)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
		.disabled = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};
	const int cpus = sysconf(_SC_NPROCESSORS_CONF);
	int cpu, error = 0, ret;
	uint64_t id;
	char *filter;

	*events = (struct pfc_events){ .size = LARGEST_BYTES };
	ret = read_format(events, &id);
	if (ret)
		return ret;
	attr.config = id;
	while (events->size > LEAST_BYTES && events->size * cpus > MOST_BYTES)
		events->size /= 2;
	events->cpus = pfc_alloc(NULL, cpus, sizeof(*events->cpus));
	filter = pfc_format("tgid == %d", (int)tgid);
	for (cpu = 0; !error && cpu < cpus; cpu++)
		error = open_cpu(events, &attr, cpu, filter);
	free(filter);
	if (!error)
		return PFC_EXIT_OK;
	pfc_error("cannot receive " PFC_DIR ":fault: %s; it takes a kernel with "
		  "CONFIG_PERF_EVENTS that is not locked down, and root", strerror(error));
	return PFC_EXIT_FAILURE;
}

/* Copy bytes out of the ring. */
static void copy(void *to, const unsigned char *data, size_t size, uint64_t from, size_t len)
{
	const size_t at = from % size, first = len < size - at ? len : size - at;

	memcpy(to, data + at, first);
	memcpy((char *)to + first, data, len - first);
}

static uint64_t field_of(const struct pfc_events *events, const struct sample *sample, int i)
{
	uint64_t value = 0;

	if (events->at[i] + fields[i].size > sample->size)
		return 0;
	if (fields[i].size == 1)
		return sample->raw[events->at[i]];
	memcpy(&value, sample->raw + events->at[i], sizeof(value));
	return value;
}

static void drain_cpu(struct pfc_events *events, struct perf_event_mmap_page *page,
		      void (*take)(const struct pfc_fault *fault, void *to), void *to)
{
	const unsigned char *data = (unsigned char *)page + sysconf(_SC_PAGESIZE);
	const uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = page->data_tail;
	union {
		struct perf_event_header header;
		struct sample sample;
		struct lost lost;
		unsigned char bytes[UINT16_MAX];
	} record;

	while (tail < head) {
		copy(&record, data, events->size, tail, sizeof(record.header));
		copy(&record, data, events->size, tail, record.header.size);
		tail += record.header.size;
		if (record.header.type == PERF_RECORD_LOST)
			events->lost += record.lost.lost;
		else if (record.header.type == PERF_RECORD_SAMPLE)
			take(&(struct pfc_fault){
				.when = record.sample.time,
				.address = field_of(events, &record.sample, ADDRESS),
				.class = field_of(events, &record.sample, CLASS),
				.refinement = field_of(events, &record.sample, REFINEMENT),
				.access = field_of(events, &record.sample, ACCESS),
			}, to);
	}
	__atomic_store_n(&page->data_tail, tail, __ATOMIC_RELEASE);
}

/**
 * pfc_events_drain() - take what has come in
 * @events: from pfc_events_open()
 * @take: called with each fault; in order of time on each CPU
 * @to: its second argument
 */
void pfc_events_drain(struct pfc_events *events,
		      void (*take)(const struct pfc_fault *fault, void *to), void *to)
{
	size_t i;

	for (i = 0; i < events->nr; i++)
		drain_cpu(events, events->cpus[i].page, take, to);
}

/**
 * pfc_events_close() - receive no more
 * @events: from pfc_events_open(), whatever that returned, or zero
 */
void pfc_events_close(struct pfc_events *events)
{
	size_t i;

	for (i = 0; i < events->nr; i++) {
		munmap(events->cpus[i].page, events->size + sysconf(_SC_PAGESIZE));
		close(events->cpus[i].fd);
	}
	free(events->cpus);
}
