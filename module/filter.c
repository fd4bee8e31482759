// SPDX-License-Identifier: GPL-2.0
/*
 * Filters as text.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include "filter.h"

struct pfc_filter pfc_filter_none;

static const char *pfc_filter_parse_ids(pid_t *list, char *value)
{
	unsigned int i;
	char *id;

	for (i = 0; (id = strsep(&value, ",")); i++) {
		if (i == PFC_FILTER_IDS)
			return "there may be " __stringify(PFC_FILTER_IDS) " ids";
		if (kstrtoint(id, 10, &list[i]) || list[i] <= 0)
			return "an id is a positive decimal number";
	}
	return NULL;
}

static void pfc_filter_show_ids(struct seq_file *m, const pid_t *list)
{
	const char *comma = "";

	for (; *list; list++) {
		seq_printf(m, "%s%d", comma, *list);
		comma = ",";
	}
}

static const char *pfc_filter_parse_tgid(struct pfc_filter *f, char *value)
{
	return pfc_filter_parse_ids(f->tgid, value);
}

static void pfc_filter_show_tgid(struct seq_file *m, const struct pfc_filter *f)
{
	pfc_filter_show_ids(m, f->tgid);
}

static const char *pfc_filter_parse_pid(struct pfc_filter *f, char *value)
{
	return pfc_filter_parse_ids(f->pid, value);
}

static void pfc_filter_show_pid(struct seq_file *m, const struct pfc_filter *f)
{
	pfc_filter_show_ids(m, f->pid);
}

static const char pfc_filter_unknown[] =
	"the words are tgid=N,..., pid=N,..., comm=NAME, cgroup=PATH, addr=START-END, or clear";

static const char *pfc_filter_parse_comm(struct pfc_filter *f, char *value)
{
	/* A line of its own would be another row of "watches". */
	if (!*value || strlen(value) >= sizeof(f->comm) || strchr(value, '\n'))
		return "a comm has 1 to 15 characters, as in /proc/PID/comm";
	strscpy(f->comm, value, sizeof(f->comm));
	return NULL;
}

static void pfc_filter_show_comm(struct seq_file *m, const struct pfc_filter *f)
{
	seq_puts(m, f->comm);
}

static const char *pfc_filter_parse_addr(struct pfc_filter *f, char *value)
{
	char *dash = strchr(value, '-');
	unsigned long end;

	if (!dash)
		return "a range is START-END";
	*dash = '\0';
	if (kstrtoul(value, 0, &f->start) || kstrtoul(dash + 1, 0, &end))
		return "START and END are 0x... or decimal";
	if (end <= f->start)
		return "END must be above START";
	f->size = end - f->start;
	return NULL;
}

static void pfc_filter_show_addr(struct seq_file *m, const struct pfc_filter *f)
{
	seq_printf(m, "0x%lx-0x%lx", f->start, f->start + f->size);
}

static const char *pfc_filter_parse_cgroup(struct pfc_filter *f, char *value)
{
	struct cgroup *cgroup;

	if (*value != '/')
		return "a cgroup is a path that begins with /, as in /proc/PID/cgroup";
	cgroup = pfc_compat_cgroup_get(value);
	if (IS_ERR(cgroup))
		return "no such cgroup: a path below the cgroup v2 mount, as in /proc/PID/cgroup";
	f->cgroup = cgroup;
	f->level = pfc_compat_cgroup_level(cgroup);
	return NULL;
}

static void pfc_filter_show_cgroup(struct seq_file *m, const struct pfc_filter *f)
{
	pfc_compat_cgroup_show(m, f->cgroup);
}

/**
 * pfc_filter_free() - free a filter
 * @f: from pfc_filter_make(), or NULL
 *
 * Context: may sleep; no handler holds it.
 */
void pfc_filter_free(struct pfc_filter *f)
{
	if (!f || f == &pfc_filter_none)
		return;
	if (f->asks & PFC_FILTER_BY_CGROUP)
		pfc_compat_cgroup_put(f->cgroup);
	kfree(f);
}

/* One row a word, in the order in which they are shown. */
#define PFC_FILTER_WORD(id, name)						\
	{ PFC_FILTER_##id, PFC_FILTER_BY_##id, pfc_filter_parse_##name, pfc_filter_show_##name }

static const struct {
	const char *word;
	enum pfc_filter_word bit;
	const char *(*parse)(struct pfc_filter *f, char *value);
	void (*show)(struct seq_file *m, const struct pfc_filter *f);
} pfc_filter_words[] = {
	PFC_FILTER_WORD(TGID, tgid),
	PFC_FILTER_WORD(PID, pid),
	PFC_FILTER_WORD(COMM, comm),
	PFC_FILTER_WORD(CGROUP, cgroup),
	PFC_FILTER_WORD(ADDR, addr),
};

static const char *pfc_filter_parse(struct pfc_filter *f, char *text)
{
	unsigned int i, words = 0;
	char *word;

	while ((word = strsep(&text, " "))) {
		if (!*word)
			continue;
		words++;
		for (i = 0; i < ARRAY_SIZE(pfc_filter_words); i++) {
			size_t len = strlen(pfc_filter_words[i].word);
			const char *why;

			if (strncmp(word, pfc_filter_words[i].word, len))
				continue;
			if (f->asks & pfc_filter_words[i].bit)
				return "it is given twice";
			why = pfc_filter_words[i].parse(f, word + len);
			if (why)
				return why;
			f->asks |= pfc_filter_words[i].bit;
			break;
		}
		if (i == ARRAY_SIZE(pfc_filter_words))
			return pfc_filter_unknown;
	}
	return words ? NULL : "it is empty; write clear to remove it";
}

/**
 * pfc_filter_make() - make a filter of its text
 * @text: what was written; changed
 *
 * Says why once in the log when it refuses.
 *
 * Context: may sleep. Balanced by pfc_filter_free().
 * Return: the filter, or ERR_PTR(): -EINVAL if @text is none, or -ENOMEM.
 */
struct pfc_filter *pfc_filter_make(char *text)
{
	struct pfc_filter *f;
	const char *why;

	text = strim(text);
	if (!strcmp(text, PFC_FILTER_CLEAR))
		return &pfc_filter_none;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return ERR_PTR(-ENOMEM);
	why = pfc_filter_parse(f, text);
	if (!why)
		return f;
	pr_notice("filter refused: %s\n", why);
	pfc_filter_free(f);
	return ERR_PTR(-EINVAL);
}

/**
 * pfc_filter_show() - print a filter so that it can be written back
 * @m: where to
 * @f: the filter
 *
 * Context: may sleep; @f stays.
 */
void pfc_filter_show(struct seq_file *m, const struct pfc_filter *f)
{
	const char *space = "";
	unsigned int i;

	if (!f->asks)
		seq_puts(m, PFC_FILTER_CLEAR);
	for (i = 0; i < ARRAY_SIZE(pfc_filter_words); i++) {
		if (!(f->asks & pfc_filter_words[i].bit))
			continue;
		seq_printf(m, "%s%s", space, pfc_filter_words[i].word);
		pfc_filter_words[i].show(m, f);
		space = " ";
	}
	seq_putc(m, '\n');
}
