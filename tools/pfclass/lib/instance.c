// SPDX-License-Identifier: GPL-2.0
#include "instance.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <tracefs.h>
#include <unistd.h>

#include "../../../include/uapi/pfclass.h"
#include "exit.h"
#include "hist.h"
#include "interval.h"
#include "output.h"

#define SYSTEM		"pfclass"
#define EVENT		"fault"
#define EVENT_DIR	"events/" SYSTEM "/" EVENT
#define NAME		"pfclass-top."

/*
 * A module with a trigger on its event can be unloaded, and the kernel warns. A trigger of
 * another event that would switch this one off, which it is anyway, keeps the module in.
 */
#define HOLD_SYSTEM	"module"
#define HOLD_EVENT	"module_load"
#define HOLD		"disable_event:" SYSTEM ":" EVENT

/* When a thread ends, it has the last of its names. */
static const struct histogram {
	const char *system;
	const char *event;
	const char *keys;
} histograms[] = {
	{ SYSTEM, EVENT, PFC_HIST_FAULTS },
	{ "sched", "sched_process_exit", PFC_HIST_ENDED },
};

#define NR_HISTOGRAMS	(sizeof(histograms) / sizeof(*histograms))

static int report(const char *what, const char *path)
{
	switch (errno) {
	case EACCES:
		pfc_error("no permission to %s %s; run this as root, for example with sudo", what,
			  path);
		return PFC_EXIT_PERMISSION;
	case EPERM:
		pfc_error("cannot %s %s: the kernel is locked down; see "
			  "/sys/kernel/security/lockdown", what, path);
		return PFC_EXIT_PERMISSION;
	default:
		pfc_error("cannot %s %s: %s", what, path, strerror(errno));
		return PFC_EXIT_FAILURE;
	}
}

/* Check that the kernel can count the event, and find tracefs. */
static int check(const char **tracing)
{
	char *path;
	int ret = PFC_EXIT_OK;

	if (tracefs_tracing_dir_is_mounted(false, tracing) <= 0) {
		pfc_error("tracefs is not mounted; as root: mount -t tracefs none "
			  "/sys/kernel/tracing");
		return PFC_EXIT_NO_EVENTS;
	}
	path = pfc_format("%s/" EVENT_DIR, *tracing);
	if (access(path, F_OK)) {
		ret = PFC_EXIT_NO_EVENTS;
		if (errno == ENOENT)
			pfc_error("there is no %s: the kernel made no trace events for the module; "
				  "look for the reason in the kernel log (dmesg)", path);
		else
			ret = report("read", path);
	} else {
		free(path);
		path = pfc_format("%s/" EVENT_DIR "/hist", *tracing);
		if (access(path, F_OK)) {
			pfc_error("this kernel has no histograms of trace events "
				  "(CONFIG_HIST_TRIGGERS); instead: perf record -e pfclass:fault "
				  "-a, pfclass stat -p");
			ret = PFC_EXIT_NO_EVENTS;
		}
	}
	free(path);
	return ret;
}

/* Open and lock a directory; -1 if it is locked, or gone. */
static int lock(const char *path, int how)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd >= 0 && flock(fd, how)) {
		err = errno;
		close(fd);
		errno = err;
		fd = -1;
	}
	return fd;
}

/* Remove an instance: the histogram before what keeps the module in. */
static int remove_instance(const char *path)
{
	char *trigger = pfc_format("%s/" EVENT_DIR "/trigger", path);
	int fd = open(trigger, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	free(trigger);
	return rmdir(path);
}

/* Remove the instances whose owners ended without doing it, as by SIGKILL. */
static void remove_stale(const char *dir)
{
	char **names = tracefs_instances("^" NAME), *path;
	size_t i;
	int fd;

	for (i = 0; names && names[i]; i++) {
		path = pfc_format("%s/%s", dir, names[i]);
		fd = lock(path, LOCK_EX | LOCK_NB);
		if (fd >= 0) {
			remove_instance(path);
			close(fd);
		}
		free(path);
	}
	tracefs_list_free(names);
}

static int make_instance(struct pfc_instance *instance, const char *dir)
{
	char *name = pfc_format(NAME "%d.%x", (int)getpid(), (unsigned int)pfc_now());
	char *path = pfc_format("%s/%s", dir, name);
	int ret = PFC_EXIT_OK;

	instance->instance = tracefs_instance_create(name);
	if (!instance->instance)
		ret = report("create", path);
	else
		instance->lock = lock(path, LOCK_EX);
	free(path);
	free(name);
	return ret;
}

/* Add the histograms, or with "!" remove them. */
static int set_triggers(struct pfc_instance *instance, const char *prefix)
{
	int ret = PFC_EXIT_OK;
	size_t i;

	for (i = 0; !ret && i < NR_HISTOGRAMS; i++) {
		const struct histogram *h = &histograms[i];
		char *text = pfc_format("%shist:keys=%s:size=%d", prefix, h->keys, PFC_HIST_SIZE);

		if (tracefs_event_file_write(instance->instance, h->system, h->event, "trigger",
					     text) < 0)
			ret = report("write the trigger of event", h->event);
		free(text);
	}
	return ret;
}

/**
 * pfc_instance_open() - begin to count, and keep the module from being unloaded
 * @instance: zero; to be closed by pfc_instance_close(), also when this fails
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_NO_EVENTS,
 * PFC_EXIT_PERMISSION, PFC_EXIT_FAILURE.
 */
int pfc_instance_open(struct pfc_instance *instance)
{
	const char *tracing;
	int all, ret = check(&tracing);
	char *dir;

	instance->lock = -1;
	if (ret)
		return ret;
	dir = pfc_format("%s/instances", tracing);
	/* Nobody takes an instance for stale that has no lock yet. */
	all = lock(dir, LOCK_EX);
	if (all < 0) {
		ret = report("read", dir);
	} else {
		remove_stale(dir);
		ret = make_instance(instance, dir);
		close(all);
	}
	free(dir);
	if (!ret && tracefs_event_file_write(instance->instance, HOLD_SYSTEM, HOLD_EVENT, "trigger",
					     HOLD) < 0)
		ret = report("write the trigger of event", HOLD_EVENT);
	return ret ? ret : set_triggers(instance, "");
}

/**
 * pfc_instance_read() - read a histogram
 * @instance: from pfc_instance_open()
 * @keys: PFC_HIST_FAULTS or PFC_HIST_ENDED
 * @text: on success what the file "hist" holds, to be released by free()
 *
 * Return: PFC_EXIT_OK, or after a line on standard error PFC_EXIT_GONE.
 */
int pfc_instance_read(struct pfc_instance *instance, const char *keys, char **text)
{
	const struct histogram *h = histograms;

	while (strcmp(h->keys, keys))
		h++;
	*text = tracefs_event_file_read(instance->instance, h->system, h->event, "hist", NULL);
	if (*text)
		return PFC_EXIT_OK;
	pfc_error("the histogram of the event disappeared: the module was unloaded; load it again: "
		  "insmod pfclass.ko");
	return PFC_EXIT_GONE;
}

/**
 * pfc_instance_restart() - begin to count anew, with empty histograms
 * @instance: from pfc_instance_open()
 *
 * Faults that happen meanwhile are not counted.
 *
 * Return: as pfc_instance_open().
 */
int pfc_instance_restart(struct pfc_instance *instance)
{
	int ret = set_triggers(instance, "!");

	return ret ? ret : set_triggers(instance, "");
}

/**
 * pfc_instance_close() - remove the instance
 * @instance: from pfc_instance_open(), or zero
 */
void pfc_instance_close(struct pfc_instance *instance)
{
	char *path;

	if (!instance->instance)
		return;
	path = tracefs_instance_get_dir(instance->instance);
	if (path && remove_instance(path))
		pfc_error("cannot remove %s: %s; the next pfclass top does", path, strerror(errno));
	tracefs_put_tracing_file(path);
	tracefs_instance_free(instance->instance);
	instance->instance = NULL;
	if (instance->lock >= 0)
		close(instance->lock);
}
