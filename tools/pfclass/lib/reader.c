// SPDX-License-Identifier: GPL-2.0
#include "reader.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "pfclass.h"

/* lint: allow CAMELCASE throughout: the names of inttypes.h */

#define DEFAULT_MOUNT	"/sys/kernel/debug"
#define MODULE_DIR	"/sys/module/" PFC_DIR
#define MOST_BYTES	(64UL << 20)	/* thousands of CPUs fit; /dev/zero ends */

/* Find the mount, the usual place first where there are several. */
static bool find_mount(char *root, size_t size)
{
	FILE *mounts = setmntent("/proc/mounts", "r");
	struct mntent *mount;
	bool found = false;

	if (!mounts) {
		/* Without /proc nothing says whether it is mounted: try. */
		snprintf(root, size, "%s", DEFAULT_MOUNT);
		return true;
	}
	while ((mount = getmntent(mounts))) {
		if (strcmp(mount->mnt_type, "debugfs"))
			continue;
		if (found && strcmp(mount->mnt_dir, DEFAULT_MOUNT))
			continue;
		snprintf(root, size, "%s", mount->mnt_dir);
		found = true;
	}
	endmntent(mounts);
	return found;
}

static bool kernel_has_debugfs(void)
{
	FILE *file = fopen("/proc/filesystems", "r");
	bool found = !file;	/* unknown: do not blame the kernel */
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (!strcmp(line, "nodev\tdebugfs\n"))
			found = true;
	if (file)
		fclose(file);
	return found;
}

/**
 * pfc_reader_open() - find the module's files
 * @reader: the reader
 * @debugfs: where debugfs is, or NULL to look for it in /proc/mounts
 *
 * Only finds the place; the files are opened by each reading, so that a module
 * that is loaded anew is seen.
 *
 * Return: PFC_EXIT_OK; PFC_EXIT_NO_DEBUGFS when it is not mounted (said on
 * standard error); PFC_EXIT_USAGE when @debugfs is too long a name.
 */
int pfc_reader_open(struct pfc_reader *reader, const char *debugfs)
{
	memset(reader, 0, sizeof(*reader));
	if (debugfs) {
		if (strlen(debugfs) >= sizeof(reader->root)) {
			pfc_error("--debugfs: the name is too long");
			return PFC_EXIT_USAGE;
		}
		strcpy(reader->root, debugfs);
	} else if (!find_mount(reader->root, sizeof(reader->root))) {
		if (kernel_has_debugfs())
			pfc_error("debugfs is not mounted; as root: mount -t debugfs none "
				  DEFAULT_MOUNT);
		else
			pfc_error("this kernel has no debugfs (see /proc/filesystems); it "
				  "takes CONFIG_DEBUG_FS=y and no debugfs=off on its command "
				  "line");
		return PFC_EXIT_NO_DEBUGFS;
	}
	snprintf(reader->dir, sizeof(reader->dir), "%s/%s", reader->root,
		 PFC_DIR);
	return PFC_EXIT_OK;
}

static int say_gone(const struct pfc_reader *reader, const char *file)
{
	pfc_error("%s/%s disappeared while it was read: the module was unloaded; load it "
		  "again: insmod pfclass.ko",
		  reader->dir, file);
	return PFC_EXIT_GONE;
}

/* Why there is no such file: the nearest thing that is missing. */
static int say_missing(const struct pfc_reader *reader, const char *file)
{
	struct stat st;

	if (!stat(reader->dir, &st)) {
		if (reader->seen && !strcmp(file, PFC_FILE_STATS))
			return say_gone(reader, file);
		pfc_error("%s has no file \"%s\": module and tool are of different versions; "
			  "load the module that came with this tool",
			  reader->dir, file);
		return PFC_EXIT_ABI;
	}
	if (reader->seen)
		return say_gone(reader, file);
	if (errno == EACCES) {
		pfc_error("no permission to look into %s; run this as root, for example with "
			  "sudo",
			  reader->root);
		return PFC_EXIT_PERMISSION;
	}
	if (stat(reader->root, &st)) {
		pfc_error("%s: %s; --debugfs names the directory where debugfs is mounted",
			  reader->root, strerror(errno));
		return PFC_EXIT_NO_DEBUGFS;
	}
	if (!stat(MODULE_DIR, &st)) {
		pfc_error("module pfclass is loaded but has no %s; the kernel log says why "
			  "(dmesg), the command line may say debugfs=no-mount",
			  reader->dir);
		return PFC_EXIT_NO_DEBUGFS;
	}
	pfc_error("module pfclass is not loaded (no %s); as root: insmod pfclass.ko",
		  reader->dir);
	return PFC_EXIT_NOT_LOADED;
}

static int say_errno(const struct pfc_reader *reader, const char *file,
		     const char *verb, int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return say_missing(reader, file);
	case EACCES:
		pfc_error("no permission to %s %s/%s; run this as root, for example with sudo",
			  verb, reader->dir, file);
		return PFC_EXIT_PERMISSION;
	case EPERM:
		pfc_error("the kernel does not let anybody %s %s/%s: it is locked down (see "
			  "/sys/kernel/security/lockdown)",
			  verb, reader->dir, file);
		return PFC_EXIT_PERMISSION;
	case EIO:
	case ENODEV:
	case ENXIO:
		/* What debugfs answers once the file's owner took it away. */
		return say_gone(reader, file);
	default:
		pfc_error("cannot %s %s/%s: %s", verb, reader->dir, file,
			  strerror(error));
		return PFC_EXIT_FAILURE;
	}
}

static int __attribute__((format(printf, 4, 5)))
say_garbled(const struct pfc_reader *reader, const char *file, size_t line,
	    const char *format, ...)
{
	char what[256];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	pfc_error("%s/%s:%zu: %s; is this the module that came with this tool?",
		  reader->dir, file, line, what);
	return PFC_EXIT_GARBLED;
}

static int open_file(struct pfc_reader *reader, const char *file, int flags,
		     int *fd)
{
	char path[sizeof(reader->dir) + 32];

	snprintf(path, sizeof(path), "%s/%s", reader->dir, file);
	do {
		*fd = open(path, flags | O_CLOEXEC);
	} while (*fd < 0 && errno == EINTR);
	if (*fd < 0)
		return say_errno(reader, file,
				 flags == O_WRONLY ? "write" : "read", errno);
	return PFC_EXIT_OK;
}

/**
 * pfc_read_text() - read one of the files as it is
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @text: on success the content with a NUL after it, to be released by free()
 * @len: on success its length in bytes
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_NOT_LOADED,
 * PFC_EXIT_NO_DEBUGFS, PFC_EXIT_PERMISSION, PFC_EXIT_GONE, PFC_EXIT_ABI (the
 * module has no such file), PFC_EXIT_GARBLED (endless), PFC_EXIT_FAILURE.
 */
int pfc_read_text(struct pfc_reader *reader, const char *file, char **text,
		  size_t *len)
{
	size_t size = 0, used = 0;
	char *buffer = NULL;
	ssize_t got;
	int fd, ret;

	ret = open_file(reader, file, O_RDONLY, &fd);
	if (ret)
		return ret;
	for (;;) {
		if (size - used < 2) {
			size = size ? size * 2 : 16384;
			buffer = pfc_alloc(buffer, size, 1);
		}
		got = read(fd, buffer + used, size - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			ret = say_errno(reader, file, "read", errno);
			goto err_free_buffer;
		}
		if (!got)
			break;
		used += got;
		if (used > MOST_BYTES) {
			ret = say_garbled(reader, file, 1, "the file does not end");
			goto err_free_buffer;
		}
	}
	close(fd);
	reader->seen = true;
	buffer[used] = '\0';
	*text = buffer;
	*len = used;
	return PFC_EXIT_OK;

err_free_buffer:
	free(buffer);
	close(fd);
	return ret;
}

/**
 * pfc_write_text() - write to one of the files, in a single write()
 * @reader: the reader
 * @file: the file's name below the module's directory
 * @text: what to write
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_REFUSED when
 * the module does not accept @text, else as pfc_read_text().
 */
int pfc_write_text(struct pfc_reader *reader, const char *file,
		   const char *text)
{
	size_t len = strlen(text);
	ssize_t put;
	int fd, ret;

	ret = open_file(reader, file, O_WRONLY, &fd);
	if (ret)
		return ret;
	do {
		put = write(fd, text, len);
	} while (put < 0 && errno == EINTR);
	if (put < 0 && (errno == EIO || errno == ENODEV || errno == ENXIO)) {
		ret = say_errno(reader, file, "write", errno);
	} else if (put < 0 || (size_t)put != len) {
		pfc_error("%s/%s refused \"%.*s\": %s; the kernel log says why: dmesg | tail",
			  reader->dir, file, (int)strcspn(text, "\n"), text,
			  put < 0 ? strerror(errno) : "only a part was taken");
		ret = PFC_EXIT_REFUSED;
	}
	if (close(fd) && !ret)
		ret = say_errno(reader, file, "write", errno);
	return ret;
}

/*
 * Cut the next line off. Returns it, or NULL at the end or, with *ret set, when
 * the line does not end or holds a NUL.
 */
static char *next_line(const struct pfc_reader *reader, const char *file,
		       char **text, const char *end, size_t *line, int *ret)
{
	char *start = *text, *newline;

	*ret = PFC_EXIT_OK;
	if (start == end)
		return NULL;
	(*line)++;
	newline = memchr(start, '\n', end - start);
	if (!newline) {
		*ret = say_garbled(reader, file, *line, "the last line is cut off");
		return NULL;
	}
	*newline = '\0';
	if (strlen(start) != (size_t)(newline - start)) {
		*ret = say_garbled(reader, file, *line, "there is a NUL byte in the line");
		return NULL;
	}
	*text = newline + 1;
	return start;
}

/* Nothing of what is read may reach a terminal as a control sequence. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
			*text = '?';
}

static bool parse_u64(const char *text, uint64_t *n)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*n = strtoumax(text, &end, 10);
	return !errno && !*end;
}

static bool parse_value(const char *text, struct pfc_value *value)
{
	*value = (struct pfc_value){ 0 };
	if (!strcmp(text, PFC_UNAVAILABLE))
		return true;
	value->available = parse_u64(text, &value->n);
	return value->available;
}

static bool is_key(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && len < PFC_KEY_LEN && !text[len];
}

static int parse_abi(const struct pfc_reader *reader, const char *line)
{
	uint64_t abi;

	if (strncmp(line, "abi ", 4) || !parse_u64(line + 4, &abi))
		return say_garbled(reader, PFC_FILE_STATS, 1,
				   "the first line is not \"abi N\"");
	if (abi == PFC_ABI)
		return PFC_EXIT_OK;
	pfc_error("the module speaks ABI %" PRIu64 ", this tool ABI %d; use the tool that came "
		  "with the module",
		  abi, PFC_ABI);
	return PFC_EXIT_ABI;
}

static int parse_stat(const struct pfc_reader *reader, char *text, size_t line,
		      struct pfc_stats *stats)
{
	char *blank = strchr(text, ' ');
	struct pfc_extra *extra;
	struct pfc_value value;
	size_t i;
	int key;

	if (blank)
		*blank = '\0';
	if (!blank || !is_key(text) || !parse_value(blank + 1, &value)) {
		if (blank)
			*blank = ' ';
		make_printable(text);
		return say_garbled(reader, PFC_FILE_STATS, line,
				   "\"%.60s\" is not a key and a number or \"%s\"",
				   text, PFC_UNAVAILABLE);
	}
	key = pfc_key_find(text, line - 2);
	if (key >= 0) {
		if (stats->listed[key])
			goto twice;
		stats->listed[key] = true;
		stats->values[key] = value;
		return PFC_EXIT_OK;
	}
	for (i = 0; i < stats->nr_extras; i++)
		if (!strcmp(stats->extras[i].name, text))
			goto twice;
	stats->extras = pfc_alloc(stats->extras, stats->nr_extras + 1,
				  sizeof(*stats->extras));
	extra = &stats->extras[stats->nr_extras++];
	strcpy(extra->name, text);
	extra->value = value;
	return PFC_EXIT_OK;

twice:
	return say_garbled(reader, PFC_FILE_STATS, line,
			   "the key \"%s\" appears twice", text);
}

/**
 * pfc_read_stats() - read and parse "stats"
 * @reader: the reader
 * @stats: on success the counters, to be released by pfc_free_stats()
 *
 * Every total and every class must be there. A refinement or split that is not
 * in the file is one that this module does not know.
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_ABI,
 * PFC_EXIT_GARBLED, else as pfc_read_text().
 */
int pfc_read_stats(struct pfc_reader *reader, struct pfc_stats *stats)
{
	char *text, *next, *end, *row;
	size_t line = 0, len, i;
	int ret;

	memset(stats, 0, sizeof(*stats));
	ret = pfc_read_text(reader, PFC_FILE_STATS, &text, &len);
	if (ret)
		return ret;
	next = text;
	end = text + len;
	while ((row = next_line(reader, PFC_FILE_STATS, &next, end, &line,
				&ret))) {
		ret = line == 1 ? parse_abi(reader, row) :
				  parse_stat(reader, row, line, stats);
		if (ret)
			break;
	}
	if (!ret && !line)
		ret = say_garbled(reader, PFC_FILE_STATS, 1, "the file is empty");
	for (i = 0; !ret && i < pfc_keys_nr(); i++)
		if (!stats->listed[i] && pfc_key(i)->kind <= PFC_KEY_CLASS)
			ret = say_garbled(reader, PFC_FILE_STATS, line + 1,
					  "the file ends without the key \"%s\"",
					  pfc_key(i)->name);
	free(text);
	if (ret)
		pfc_free_stats(stats);
	return ret;
}

/**
 * pfc_free_stats() - release what pfc_read_stats() allocated
 * @stats: the counters
 */
void pfc_free_stats(struct pfc_stats *stats)
{
	free(stats->extras);
	stats->extras = NULL;
	stats->nr_extras = 0;
}

static int parse_cpu_header(const struct pfc_reader *reader, char *row,
			    struct pfc_percpu *percpu)
{
	char *save, *word = strtok_r(row, " \t", &save);

	if (!word || strcmp(word, "cpu"))
		return say_garbled(reader, PFC_FILE_PERCPU, 1,
				   "the header does not begin with \"cpu\"");
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (!is_key(word))
			return say_garbled(reader, PFC_FILE_PERCPU, 1,
					   "column %zu is not a key",
					   percpu->nr_columns + 2);
		percpu->columns = pfc_alloc(percpu->columns,
					    percpu->nr_columns + 1,
					    sizeof(*percpu->columns));
		strcpy(percpu->columns[percpu->nr_columns++], word);
	}
	if (!percpu->nr_columns)
		return say_garbled(reader, PFC_FILE_PERCPU, 1,
				   "the header names no class");
	return PFC_EXIT_OK;
}

static int parse_cpu_row(const struct pfc_reader *reader, char *row,
			 size_t line, struct pfc_percpu *percpu)
{
	char *save, *word = strtok_r(row, " \t", &save);
	size_t column = 0;
	struct pfc_cpu *cpu;
	uint64_t number;

	if (!word || !parse_u64(word, &number) || number > INT_MAX)
		return say_garbled(reader, PFC_FILE_PERCPU, line,
				   "the row does not begin with a CPU's number");
	if (percpu->nr_cpus &&
	    percpu->cpus[percpu->nr_cpus - 1].cpu >= number)
		return say_garbled(reader, PFC_FILE_PERCPU, line,
				   "CPU %" PRIu64 " is out of order", number);
	percpu->cpus = pfc_alloc(percpu->cpus, percpu->nr_cpus + 1,
				 sizeof(*percpu->cpus));
	cpu = &percpu->cpus[percpu->nr_cpus++];
	cpu->cpu = number;
	cpu->values = pfc_alloc(NULL, percpu->nr_columns, sizeof(*cpu->values));
	while ((word = strtok_r(NULL, " \t", &save))) {
		if (column == percpu->nr_columns ||
		    !parse_value(word, &cpu->values[column]))
			break;
		column++;
	}
	if (word || column != percpu->nr_columns)
		return say_garbled(reader, PFC_FILE_PERCPU, line,
				   "the row is not %zu numbers or \"%s\"",
				   percpu->nr_columns + 1, PFC_UNAVAILABLE);
	return PFC_EXIT_OK;
}

/**
 * pfc_read_percpu() - read and parse "percpu"
 * @reader: the reader, which has read "stats": the ABI is said there only
 * @percpu: on success the table, to be released by pfc_free_percpu()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_GARBLED,
 * else as pfc_read_text().
 */
int pfc_read_percpu(struct pfc_reader *reader, struct pfc_percpu *percpu)
{
	char *text, *next, *end, *row;
	size_t line = 0, len;
	int ret;

	memset(percpu, 0, sizeof(*percpu));
	ret = pfc_read_text(reader, PFC_FILE_PERCPU, &text, &len);
	if (ret)
		return ret;
	next = text;
	end = text + len;
	while ((row = next_line(reader, PFC_FILE_PERCPU, &next, end, &line,
				&ret))) {
		ret = line == 1 ? parse_cpu_header(reader, row, percpu) :
				  parse_cpu_row(reader, row, line, percpu);
		if (ret)
			break;
	}
	if (!ret && !line)
		ret = say_garbled(reader, PFC_FILE_PERCPU, 1, "the file is empty");
	free(text);
	if (ret)
		pfc_free_percpu(percpu);
	return ret;
}

/**
 * pfc_free_percpu() - release what pfc_read_percpu() allocated
 * @percpu: the table
 */
void pfc_free_percpu(struct pfc_percpu *percpu)
{
	size_t i;

	for (i = 0; i < percpu->nr_cpus; i++)
		free(percpu->cpus[i].values);
	free(percpu->cpus);
	free(percpu->columns);
	memset(percpu, 0, sizeof(*percpu));
}

/* Cut a row into its columns; the last one is what remains of the row. */
static bool cut_probe(char *row, char **column)
{
	size_t i;

	for (i = 0; i < PFC_PROBE_COLUMNS; i++) {
		row += strspn(row, " \t");
		if (!*row)
			return false;
		column[i] = row;
		if (i == PFC_PROBE_REASON)
			break;
		row += strcspn(row, " \t");
		if (*row)
			*row++ = '\0';
	}
	row += strlen(row);
	while (row[-1] == ' ')
		*--row = '\0';
	return true;
}

static bool parse_hits(const char *text, struct pfc_value *value)
{
	*value = (struct pfc_value){ 0 };
	if (!strcmp(text, "-"))
		return true;
	value->available = parse_u64(text, &value->n);
	return value->available;
}

static int parse_probe(const struct pfc_reader *reader, char *row, size_t line,
		       struct pfc_probes *probes)
{
	struct pfc_probe *probe;

	probes->rows = pfc_alloc(probes->rows, probes->nr + 1,
				 sizeof(*probes->rows));
	probe = &probes->rows[probes->nr];
	if (!cut_probe(row, probe->text))
		return say_garbled(reader, PFC_FILE_PROBES, line,
				   "the row has fewer than %d columns",
				   PFC_PROBE_COLUMNS);
	if (!parse_hits(probe->text[PFC_PROBE_HITS], &probe->hits) ||
	    !parse_hits(probe->text[PFC_PROBE_MISSED], &probe->missed))
		return say_garbled(reader, PFC_FILE_PROBES, line,
				   "hits and missed are not numbers or \"-\"");
	if (!strcmp(probe->text[PFC_PROBE_REASON], "-"))
		probe->text[PFC_PROBE_REASON] += 1;
	probes->nr++;
	return PFC_EXIT_OK;
}

static bool is_probes_header(char *row)
{
	char want[] = PFC_PROBES_HEADER, *save, *save_want;
	char *word = strtok_r(row, " \t", &save);
	char *word_want = strtok_r(want, " ", &save_want);

	while (word && word_want && !strcmp(word, word_want)) {
		word = strtok_r(NULL, " \t", &save);
		word_want = strtok_r(NULL, " ", &save_want);
	}
	return !word && !word_want;
}

/**
 * pfc_read_probes() - read and parse "probes"
 * @reader: the reader, which has read "stats": the ABI is said there only
 * @probes: on success the rows, to be released by pfc_free_probes()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_GARBLED,
 * else as pfc_read_text().
 */
int pfc_read_probes(struct pfc_reader *reader, struct pfc_probes *probes)
{
	char *next, *end, *row;
	size_t line = 0, len;
	int ret;

	memset(probes, 0, sizeof(*probes));
	ret = pfc_read_text(reader, PFC_FILE_PROBES, &probes->text, &len);
	if (ret)
		return ret;
	next = probes->text;
	end = next + len;
	while ((row = next_line(reader, PFC_FILE_PROBES, &next, end, &line,
				&ret))) {
		if (line == 1) {
			if (!is_probes_header(row))
				ret = say_garbled(reader, PFC_FILE_PROBES, 1,
						  "the header is not \"%s\"",
						  PFC_PROBES_HEADER);
		} else {
			for (char *tab = row; (tab = strchr(tab, '\t')); )
				*tab = ' ';
			make_printable(row);
			ret = parse_probe(reader, row, line, probes);
		}
		if (ret)
			break;
	}
	if (!ret && !line)
		ret = say_garbled(reader, PFC_FILE_PROBES, 1, "the file is empty");
	if (ret)
		pfc_free_probes(probes);
	return ret;
}

/**
 * pfc_free_probes() - release what pfc_read_probes() allocated
 * @probes: the rows
 */
void pfc_free_probes(struct pfc_probes *probes)
{
	free(probes->rows);
	free(probes->text);
	memset(probes, 0, sizeof(*probes));
}

/* KEY count N, KEY sum NS, KEY FROM N. */
static int parse_latency(const struct pfc_reader *reader, char *row, size_t line,
			 struct pfc_latencies *all)
{
	char *word[4], *save;
	struct pfc_latency *latency;
	struct pfc_bucket *bucket;
	uint64_t from, nr;
	int class, i;

	word[0] = strtok_r(row, " ", &save);
	for (i = 1; i < 4; i++)
		word[i] = strtok_r(NULL, " ", &save);
	if (!word[2] || word[3] || !is_key(word[0])) {
		make_printable(row);
		return say_garbled(reader, PFC_FILE_LATENCY, line,
				   "\"%.40s\" does not begin \"CLASS WHAT NUMBER\"", row);
	}
	for (class = 0; class < PFC_NR_CLASSES; class++)
		if (!strcmp(word[0], pfc_key(pfc_key_class(class))->name))
			break;
	/* A class that is newer than this tool. */
	if (class == PFC_NR_CLASSES)
		return PFC_EXIT_OK;
	latency = &all->of[class];
	if (!strcmp(word[1], "count") && parse_value(word[2], &latency->count))
		return PFC_EXIT_OK;
	if (!strcmp(word[1], "sum") && parse_u64(word[2], &latency->sum))
		return PFC_EXIT_OK;
	bucket = &latency->buckets[latency->nr_buckets];
	if (latency->nr_buckets < sizeof(latency->buckets) / sizeof(*bucket) &&
	    parse_u64(word[1], &from) && parse_u64(word[2], &nr) && nr &&
	    (!latency->nr_buckets || from > bucket[-1].from)) {
		*bucket = (struct pfc_bucket){ .from = from, .count = nr };
		latency->nr_buckets++;
		return PFC_EXIT_OK;
	}
	make_printable(word[1]);
	make_printable(word[2]);
	return say_garbled(reader, PFC_FILE_LATENCY, line, "\"%s %.20s %.20s\" makes no sense",
			   word[0], word[1], word[2]);
}

/**
 * pfc_read_latencies() - read "latency"
 * @reader: the reader
 * @all: on success the content
 *
 * Return: PFC_EXIT_OK, or after a line on standard error: PFC_EXIT_ABI,
 * PFC_EXIT_GARBLED, else as pfc_read_text().
 */
int pfc_read_latencies(struct pfc_reader *reader, struct pfc_latencies *all)
{
	char *text, *next, *end, *row;
	size_t line = 0, len;
	int ret;

	memset(all, 0, sizeof(*all));
	ret = pfc_read_text(reader, PFC_FILE_LATENCY, &text, &len);
	if (ret)
		return ret;
	next = text;
	end = text + len;
	while ((row = next_line(reader, PFC_FILE_LATENCY, &next, end, &line, &ret))) {
		ret = line == 1 ? parse_abi(reader, row) :
				  parse_latency(reader, row, line, all);
		if (ret)
			break;
	}
	if (!ret && !line)
		ret = say_garbled(reader, PFC_FILE_LATENCY, 1, "the file is empty");
	free(text);
	return ret;
}
