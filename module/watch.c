// SPDX-License-Identifier: GPL-2.0
/*
 * The observers: how they come and go while handlers run. Knows no files.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "event.h"
#include "watch.h"

struct pfc_watch pfc_root = { .filter = RCU_INITIALIZER(&pfc_filter_none) };
DEFINE_STATIC_KEY_FALSE(pfc_picky);
DEFINE_STATIC_KEY_FALSE(pfc_details);
unsigned int pfc_watches_max = 16;
/* @next and @filter of all; taken for a moment only. */
static DEFINE_MUTEX(pfc_watch_lock);

#define pfc_watch_locked(p) rcu_dereference_protected(p, lockdep_is_held(&pfc_watch_lock))

/**
 * pfc_watch_init() - make the root
 * @latency: with histograms
 *
 * Context: may sleep. Balanced by pfc_watch_exit().
 * Return: 0 or -ENOMEM.
 */
int pfc_watch_init(bool latency)
{
	int err = pfc_counters_init(&pfc_root.set, latency);

	if (err)
		return err;
	pfc_counters = pfc_root.set.counters;
	if (latency)
		static_branch_enable(&pfc_measures);
	return 0;
}

/* The old filter is freed when no handler can hold it. */
static void pfc_watch_replace(struct pfc_watch *watch, struct pfc_filter *f)
{
	struct pfc_filter *old;

	mutex_lock(&pfc_watch_lock);
	old = pfc_watch_locked(watch->filter);
	rcu_assign_pointer(watch->filter, f);
	/* A watch is why the key is on, whatever its filter. */
	if (watch == &pfc_root && f->asks && !old->asks)
		static_branch_inc(&pfc_picky);
	else if (watch == &pfc_root && !f->asks && old->asks)
		static_branch_dec(&pfc_picky);
	mutex_unlock(&pfc_watch_lock);
	/* Also: once the write returns, every handler uses the new filter. */
	synchronize_rcu();
	pfc_filter_free(old);
}

/**
 * pfc_watch_exit() - free what the root has
 *
 * Context: may sleep; no handler runs and none will, and there is no watch.
 */
void pfc_watch_exit(void)
{
	pfc_watch_replace(&pfc_root, &pfc_filter_none);
	pfc_counters_exit(&pfc_root.set);
	pfc_counters = NULL;
}

/* The next word of a text, which is cut behind it. */
static char *pfc_watch_word(char **text)
{
	char *word = skip_spaces(*text);

	*text = word + strcspn(word, " ");
	if (**text)
		*(*text)++ = '\0';
	*text = skip_spaces(*text);
	return word;
}

/**
 * pfc_watch_parse() - understand a command of "watches"
 * @text: what was written; changed, and the strings of @command are in it
 * @command: filled in if it is one
 *
 * Context: any.
 * Return: 0, or -EINVAL if it is none; then the log says which there are.
 */
int pfc_watch_parse(char *text, struct pfc_watch_command *command)
{
	const size_t len = strlen(PFC_WATCH_HOLD);
	const char *verb;

	text = strim(text);
	verb = pfc_watch_word(&text);
	command->name = pfc_watch_word(&text);
	command->add = !strcmp(verb, PFC_WATCH_ADD);
	command->hold = command->add && !strncmp(text, PFC_WATCH_HOLD, len) &&
			(!text[len] || text[len] == ' ');
	command->filter = command->hold ? skip_spaces(text + len) : text;
	if (*command->name &&
	    (command->add || (!strcmp(verb, PFC_WATCH_REMOVE) && !*command->filter)))
		return 0;
	pr_notice("watch refused: the commands are add NAME [hold] [FILTER], and remove NAME\n");
	return -EINVAL;
}

static bool pfc_watch_is_name(const char *name)
{
	size_t len = strlen(name);

	/* It becomes that of a directory. */
	return len && len <= PFC_WATCH_NAME && strcmp(name, ".") && strcmp(name, "..") &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
	       len;
}

/**
 * pfc_watch_make() - make a watch that does not count yet
 * @name: its name
 * @text: its filter, or empty; changed
 *
 * Context: may sleep. Balanced by pfc_watch_free().
 * Return: the watch, or ERR_PTR(): -EINVAL if @name or @text is none (the log says why), or
 * -ENOMEM.
 */
struct pfc_watch *pfc_watch_make(const char *name, char *text)
{
	struct pfc_filter *f = &pfc_filter_none;
	struct pfc_watch *watch;
	int err = -ENOMEM;

	if (!pfc_watch_is_name(name)) {
		pr_notice("watch refused: a name has 1 to 32 characters of [A-Za-z0-9_.-]\n");
		return ERR_PTR(-EINVAL);
	}
	if (*text)
		f = pfc_filter_make(text);
	if (IS_ERR(f))
		return ERR_CAST(f);
	watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	if (watch)
		err = pfc_counters_init(&watch->set, pfc_root.set.latency);
	if (err) {
		kfree(watch);
		pfc_filter_free(f);
		return ERR_PTR(err);
	}
	strscpy(watch->name, name, sizeof(watch->name));
	RCU_INIT_POINTER(watch->filter, f);
	pfc_counters_reset(&watch->set);
	return watch;
}

/**
 * pfc_watch_free() - free a watch that does not count
 * @watch: from pfc_watch_make(), never or no longer started
 *
 * Context: may sleep; waits for handlers.
 */
void pfc_watch_free(struct pfc_watch *watch)
{
	synchronize_rcu();
	pfc_filter_free(rcu_dereference_protected(watch->filter, true));
	pfc_counters_exit(&watch->set);
	kfree(watch);
}

/**
 * pfc_watch_start() - let a watch count
 * @watch: from pfc_watch_make()
 *
 * Context: may sleep.
 */
void pfc_watch_start(struct pfc_watch *watch)
{
	struct pfc_watch *last = &pfc_root;

	mutex_lock(&pfc_watch_lock);
	while (pfc_watch_locked(last->next))
		last = pfc_watch_locked(last->next);
	rcu_assign_pointer(last->next, watch);
	mutex_unlock(&pfc_watch_lock);
	static_branch_inc(&pfc_picky);
}

/**
 * pfc_watch_stop() - let a watch count no more
 * @watch: from pfc_watch_start(); pfc_watch_free() follows
 *
 * Context: may sleep.
 */
void pfc_watch_stop(struct pfc_watch *watch)
{
	struct pfc_watch *before = &pfc_root;

	static_branch_dec(&pfc_picky);
	mutex_lock(&pfc_watch_lock);
	while (pfc_watch_locked(before->next) != watch)
		before = pfc_watch_locked(before->next);
	rcu_assign_pointer(before->next, pfc_watch_locked(watch->next));
	mutex_unlock(&pfc_watch_lock);
}

/**
 * pfc_watch_next() - the watch after another one
 * @watch: that, or the root for the first one
 *
 * Context: may sleep; the caller serialises with pfc_watch_start() and pfc_watch_stop().
 * Return: the watch, or NULL: there is none.
 */
struct pfc_watch *pfc_watch_next(const struct pfc_watch *watch)
{
	return rcu_dereference_protected(watch->next, true);
}

/**
 * pfc_watch_set_filter() - set the whole filter of an observer
 * @watch: the observer
 * @text: what was written, without its newline; changed
 *
 * Context: may sleep.
 * Return: 0, -EINVAL if @text is no filter (nothing changed, the log says why), or -ENOMEM.
 */
int pfc_watch_set_filter(struct pfc_watch *watch, char *text)
{
	struct pfc_filter *f = pfc_filter_make(text);

	if (IS_ERR(f))
		return PTR_ERR(f);
	pfc_watch_replace(watch, f);
	return 0;
}

/**
 * pfc_watch_show_filter() - print the filter of an observer so that it can be written back
 * @m: where to
 * @watch: the observer
 *
 * Context: may sleep.
 */
void pfc_watch_show_filter(struct seq_file *m, const struct pfc_watch *watch)
{
	mutex_lock(&pfc_watch_lock);
	pfc_filter_show(m, pfc_watch_locked(watch->filter));
	mutex_unlock(&pfc_watch_lock);
}

/**
 * pfc_watch_by_address() - whether the filter of an observer asks for the address
 * @watch: the observer
 *
 * Context: any.
 * Return: true if it does.
 */
bool pfc_watch_by_address(const struct pfc_watch *watch)
{
	bool yes;

	rcu_read_lock();
	yes = rcu_dereference(watch->filter)->asks & PFC_FILTER_BY_ADDR;
	rcu_read_unlock();
	return yes;
}
