// SPDX-License-Identifier: GPL-2.0
/*
 * The filter as text, and its replacement under running handlers.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <pfclass.h>
#include "event.h"
#include "filter.h"

static struct pfc_filter pfc_filter_none;
struct pfc_filter __rcu *pfc_filter = RCU_INITIALIZER(&pfc_filter_none);
DEFINE_STATIC_KEY_FALSE(pfc_filter_set);
static DEFINE_MUTEX(pfc_filter_lock);

static const char *pfc_filter_parse_tgid(struct pfc_filter *f, char *value)
{
	if (f->asks & PFC_FILTER_BY_TGID)
		return "it is given twice";
	if (kstrtoint(value, 10, &f->tgid) || f->tgid <= 0)
		return "a process id is a positive decimal number";
	f->asks |= PFC_FILTER_BY_TGID;
	return NULL;
}

static const char *pfc_filter_parse_addr(struct pfc_filter *f, char *value)
{
	char *dash = strchr(value, '-');
	unsigned long end;

	if (f->asks & PFC_FILTER_BY_ADDR)
		return "it is given twice";
	if (!dash)
		return "a range is START-END";
	*dash = '\0';
	if (kstrtoul(value, 0, &f->start) || kstrtoul(dash + 1, 0, &end))
		return "START and END are 0x... or decimal";
	if (end <= f->start)
		return "END must be above START";
	f->size = end - f->start;
	f->asks |= PFC_FILTER_BY_ADDR;
	return NULL;
}

static const char *pfc_filter_parse_cgroup(struct pfc_filter *f, char *value)
{
	struct cgroup *cgroup;

	if (f->asks & PFC_FILTER_BY_CGROUP)
		return "it is given twice";
	if (*value != '/')
		return "a cgroup is a path that begins with /, as in /proc/PID/cgroup";
	cgroup = pfc_compat_cgroup_get(value);
	if (IS_ERR(cgroup))
		return "no such cgroup: a path below the cgroup v2 mount, as in /proc/PID/cgroup";
	f->cgroup = cgroup;
	f->level = pfc_compat_cgroup_level(cgroup);
	f->asks |= PFC_FILTER_BY_CGROUP;
	return NULL;
}

static void pfc_filter_free(struct pfc_filter *f)
{
	if (f == &pfc_filter_none)
		return;
	if (f->asks & PFC_FILTER_BY_CGROUP)
		pfc_compat_cgroup_put(f->cgroup);
	kfree(f);
}

static const struct {
	const char *word;
	const char *(*parse)(struct pfc_filter *f, char *value);
} pfc_filter_words[] = {
	{ PFC_FILTER_TGID, pfc_filter_parse_tgid },
	{ PFC_FILTER_CGROUP, pfc_filter_parse_cgroup },
	{ PFC_FILTER_ADDR, pfc_filter_parse_addr },
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
			why = pfc_filter_words[i].parse(f, word + len);
			if (why)
				return why;
			break;
		}
		if (i == ARRAY_SIZE(pfc_filter_words))
			return "the words are tgid=N, cgroup=PATH, addr=START-END, or clear alone";
	}
	return words ? NULL : "it is empty; write clear to remove it";
}

/* The old one is freed when no handler can hold it. */
static void pfc_filter_replace(struct pfc_filter *f)
{
	struct pfc_filter *old;

	mutex_lock(&pfc_filter_lock);
	old = rcu_dereference_protected(pfc_filter, lockdep_is_held(&pfc_filter_lock));
	rcu_assign_pointer(pfc_filter, f);
	if (f->asks && !old->asks) {
		static_branch_inc(&pfc_picky);
		static_branch_enable(&pfc_filter_set);
	} else if (!f->asks && old->asks) {
		static_branch_disable(&pfc_filter_set);
		static_branch_dec(&pfc_picky);
	}
	mutex_unlock(&pfc_filter_lock);
	/* Also: once the write returns, every handler uses the new filter. */
	synchronize_rcu();
	pfc_filter_free(old);
}

/**
 * pfc_filter_write() - set the whole filter
 * @text: what was written, without its newline; changed
 *
 * Says why once in the log when it refuses.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if @text is no filter (nothing changed), or -ENOMEM.
 */
int pfc_filter_write(char *text)
{
	struct pfc_filter *f;
	const char *why;

	text = strim(text);
	if (!strcmp(text, PFC_FILTER_CLEAR)) {
		pfc_filter_replace(&pfc_filter_none);
		return 0;
	}
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;
	why = pfc_filter_parse(f, text);
	if (why) {
		pr_notice("filter refused: %s\n", why);
		pfc_filter_free(f);
		return -EINVAL;
	}
	pfc_filter_replace(f);
	return 0;
}

/**
 * pfc_filter_show() - print the filter so that it can be written back
 * @m: where to
 *
 * Context: may sleep.
 */
void pfc_filter_show(struct seq_file *m)
{
	const char *space = "";
	struct pfc_filter *f;

	mutex_lock(&pfc_filter_lock);
	f = rcu_dereference_protected(pfc_filter, lockdep_is_held(&pfc_filter_lock));
	if (!f->asks)
		seq_puts(m, PFC_FILTER_CLEAR);
	if (f->asks & PFC_FILTER_BY_TGID) {
		seq_printf(m, PFC_FILTER_TGID "%d", f->tgid);
		space = " ";
	}
	if (f->asks & PFC_FILTER_BY_CGROUP) {
		seq_printf(m, "%s" PFC_FILTER_CGROUP, space);
		pfc_compat_cgroup_show(m, f->cgroup);
		space = " ";
	}
	if (f->asks & PFC_FILTER_BY_ADDR)
		seq_printf(m, "%s" PFC_FILTER_ADDR "0x%lx-0x%lx", space, f->start,
			   f->start + f->size);
	seq_putc(m, '\n');
	mutex_unlock(&pfc_filter_lock);
}

/**
 * pfc_filter_by_address() - whether the filter asks for the address
 *
 * Context: any.
 * Return: true if it does.
 */
bool pfc_filter_by_address(void)
{
	bool yes;

	rcu_read_lock();
	yes = rcu_dereference(pfc_filter)->asks & PFC_FILTER_BY_ADDR;
	rcu_read_unlock();
	return yes;
}

/**
 * pfc_filter_exit() - drop the filter
 *
 * Context: may sleep.
 */
void pfc_filter_exit(void)
{
	pfc_filter_replace(&pfc_filter_none);
}
