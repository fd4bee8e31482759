// SPDX-License-Identifier: GPL-2.0
/*
 * The files, in debugfs and, with tighter modes, in /proc/pfclass: for kernels without
 * debugfs, and those whose lockdown lets nothing be written there. The contract is
 * include/uapi/pfclass.h and Documentation/debugfs.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/cpumask.h>
#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait_bit.h>
#include <pfclass.h>
#include "cgroups.h"
#include "counters.h"
#include "files.h"
#include "probes.h"
#include "watch.h"

/* Longer than any command: a cgroup's path is the longest part of one. */
#define PFC_WRITE_MAX	(PATH_MAX + 256)

static const char * const pfc_refinement_keys[] = {
#define PFC_X(id, class, key, meaning) key,
	PFC_REFINEMENTS(PFC_X)
#undef PFC_X
};

static const char * const pfc_total_keys[] = {
#define PFC_X(id, key, meaning) key,
	PFC_TOTALS(PFC_X)
#undef PFC_X
};

/* The three splits of a class as suffixes, each with what it selects. */
static const struct pfc_suffix {
	const char *suffix;
	int access;
	int origin;
	int outcome;
} pfc_suffixes[] = {
#define PFC_X(id, word, meaning) { word, PFC_##id, -1, -1 },
	PFC_ACCESSES(PFC_X)
#undef PFC_X
#define PFC_X(id, word, meaning) { word, -1, PFC_##id, -1 },
	PFC_ORIGINS(PFC_X)
#undef PFC_X
	{ "_major", -1, -1, PFC_MAJOR },
};

/*
 * One adds or removes watches at a time. Whoever uses the files of a watch must not need it,
 * since their removal waits for him. It is taken before pfc_control_lock.
 */
static DEFINE_MUTEX(pfc_watches_lock);

/*
 * What a seq_file's @private is: a device, since debugfs_create_devm_seqfile() wants it so.
 * It is that of a struct pfc_dir.
 */
static struct pfc_watch *pfc_watch_of(const struct seq_file *m)
{
	return dev_get_drvdata(m->private);
}

/* What an observer counted; the caller holds pfc_control_lock. */
static void pfc_files_read(const struct pfc_watch *watch, struct pfc_counters *c)
{
	struct pfc_counters *all = c;

	pfc_counters_total(&watch->set, c);
	if (watch != &pfc_root) {
		all = kmalloc(sizeof(*all), GFP_KERNEL | __GFP_NOFAIL);
		pfc_counters_total(&pfc_root.set, all);
	}
	pfc_probes_refresh(all, c);
	if (all != c)
		kfree(all);
}

static void pfc_show_value(struct seq_file *m, const char *key, const char *suffix,
			   bool available, u64 value)
{
	seq_puts(m, key);
	seq_puts(m, suffix);
	if (available)
		seq_put_decimal_ull(m, " ", value);
	else
		seq_puts(m, " " PFC_UNAVAILABLE);
	seq_putc(m, '\n');
}

static void pfc_show_totals(struct seq_file *m, const struct pfc_watch *watch,
			    const struct pfc_counters *c)
{
	u64 value[PFC_NR_TOTALS] = {
		[PFC_FAULTS]		= pfc_counters_faults(c),
		[PFC_VISITS]		= pfc_counters_visits(c),
		[PFC_RETRIES]		= c->retries,
		[PFC_UNCLASSIFIED]	= pfc_counters_leaf(c, PFC_LEAF_UNCLASSIFIED),
		[PFC_MISSED]		= pfc_probes_missed() - watch->missed_base,
		[PFC_REFUSED]		= pfc_counters_leaf(c, PFC_LEAF_REFUSED),
	};
	bool available[PFC_NR_TOTALS] = {
		[PFC_FAULTS]		= !pfc_probes_why_none(),
		[PFC_VISITS]		= !pfc_probes_why_none(),
		[PFC_RETRIES]		= !pfc_probes_why_none(),
		[PFC_UNCLASSIFIED]	= !pfc_probes_why_none(),
		[PFC_MISSED]		= true,
		[PFC_REFUSED]		= !pfc_probes_why_not_refused(),
		[PFC_PGFAULT]		= pfc_pgfault(&watch->set, &value[PFC_PGFAULT]),
	};
	unsigned int i;

	for (i = 0; i < PFC_NR_TOTALS; i++)
		pfc_show_value(m, pfc_total_keys[i], "", available[i], value[i]);
}

/* By class and split, each cell being read once. */
static void pfc_fold(const struct pfc_counters *c, u64 sum[][PFC_NR_SPLITS])
{
	unsigned int leaf, split;
	enum pfc_class class;

	memset(sum, 0, PFC_NR_CLASSES * sizeof(*sum));
	for (leaf = 0; leaf < PFC_NR_CELLS; leaf++) {
		class = pfc_leaf_class(leaf);
		for (split = 0; class < PFC_NR_CLASSES && split < PFC_NR_SPLITS; split++)
			sum[class][split] += c->cell[leaf][split];
	}
}

static u64 pfc_select(const u64 sum[PFC_NR_SPLITS], const struct pfc_suffix *s)
{
	unsigned int access, origin, outcome;
	u64 selected = 0;

	for (access = 0; access < PFC_NR_ACCESSES; access++)
		for (origin = 0; origin < PFC_NR_ORIGINS; origin++)
			for (outcome = 0; outcome < PFC_NR_OUTCOMES; outcome++)
				if ((s->access < 0 || s->access == access) &&
				    (s->origin < 0 || s->origin == origin) &&
				    (s->outcome < 0 || s->outcome == outcome))
					selected += sum[pfc_split(access, origin, outcome)];
	return selected;
}

static bool pfc_is_refinement(enum pfc_class class, const char *suffix)
{
	const char *key = pfc_class_keys[class];
	size_t len = strlen(key);
	unsigned int i;

	for (i = 0; i < PFC_NR_REFINEMENTS; i++)
		if (pfc_refinement_class(i) == class &&
		    !strncmp(pfc_refinement_keys[i], key, len) &&
		    !strcmp(pfc_refinement_keys[i] + len, suffix))
			return true;
	return false;
}

static int pfc_stats_show(struct seq_file *m, void *unused)
{
	u64 (*sum)[PFC_NR_SPLITS] = kmalloc_array(PFC_NR_CLASSES, sizeof(*sum), GFP_KERNEL);
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);
	const struct pfc_watch *watch = pfc_watch_of(m);
	bool available[PFC_NR_CLASSES];
	const struct pfc_suffix *s;
	unsigned int i;

	if (!c || !sum)
		goto err_free;
	mutex_lock(&pfc_control_lock);
	pfc_files_read(watch, c);
	seq_printf(m, "abi %d\n", PFC_ABI);
	pfc_show_totals(m, watch, c);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		available[i] = !pfc_probes_why_not(i, watch);
		pfc_show_value(m, pfc_class_keys[i], "", available[i], pfc_probes_class(c, i));
	}
	for (i = 0; i < PFC_NR_REFINEMENTS; i++)
		pfc_show_value(m, pfc_refinement_keys[i], "",
			       available[pfc_refinement_class(i)] && pfc_probes_refines(i),
			       pfc_counters_refinement(c, i));
	pfc_fold(c, sum);
	for (i = 0; i < PFC_NR_CLASSES; i++)
		for (s = pfc_suffixes; s < pfc_suffixes + ARRAY_SIZE(pfc_suffixes); s++)
			if (!pfc_is_refinement(i, s->suffix))
				pfc_show_value(m, pfc_class_keys[i], s->suffix,
					       available[i] && pfc_account,
					       pfc_select(sum[i], s));
	mutex_unlock(&pfc_control_lock);
	kfree(c);
	kfree(sum);
	return 0;

err_free:
	kfree(c);
	kfree(sum);
	return -ENOMEM;
}

static int pfc_percpu_show(struct seq_file *m, void *unused)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);
	const struct pfc_watch *watch = pfc_watch_of(m);
	unsigned int cpu, i;

	if (!c)
		return -ENOMEM;
	mutex_lock(&pfc_control_lock);
	pfc_files_read(watch, c);
	seq_puts(m, "cpu");
	for (i = 0; i < PFC_NR_CLASSES; i++)
		seq_printf(m, " %s", pfc_class_keys[i]);
	seq_putc(m, '\n');
	for_each_possible_cpu(cpu) {
		if (!pfc_counters_read(&watch->set, cpu, c))
			continue;
		seq_printf(m, "%u", cpu);
		for (i = 0; i < PFC_NR_CLASSES; i++) {
			if (pfc_probes_why_not(i, watch))
				seq_puts(m, " " PFC_UNAVAILABLE);
			else
				seq_printf(m, " %llu", pfc_probes_class(c, i));
		}
		seq_putc(m, '\n');
	}
	mutex_unlock(&pfc_control_lock);
	kfree(c);
	return 0;
}

static int pfc_cgroups_file_show(struct seq_file *m, void *unused)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);
	bool available[PFC_NR_CLASSES];
	unsigned int i;
	int err;

	if (!c)
		return -ENOMEM;
	seq_puts(m, "cgroup id");
	for (i = 0; i < PFC_NR_CLASSES; i++)
		seq_printf(m, " %s", pfc_class_keys[i]);
	seq_putc(m, '\n');
	mutex_lock(&pfc_control_lock);
	pfc_files_read(&pfc_root, c);
	for (i = 0; i < PFC_NR_CLASSES; i++)
		available[i] = pfc_cgroups_on() && pfc_account &&
			       !pfc_probes_why_not(i, &pfc_root);
	err = pfc_cgroups_show(m, available);
	mutex_unlock(&pfc_control_lock);
	kfree(c);
	return err;
}

/* "key value", as in stats: KEY count N, KEY sum NS, KEY FROM_NS N ... */
static int pfc_latency_show(struct seq_file *m, void *unused)
{
	const struct pfc_watch *watch = pfc_watch_of(m);
	bool measured = watch->set.latency && pfc_account;
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);
	struct pfc_latency *l = kmalloc(sizeof(*l), GFP_KERNEL);
	unsigned int i, n;

	if (!c || !l) {
		kfree(c);
		kfree(l);
		return -ENOMEM;
	}
	seq_printf(m, "abi %d\n", PFC_ABI);
	mutex_lock(&pfc_control_lock);
	pfc_files_read(watch, c);
	if (measured)
		pfc_latency_total(&watch->set, l);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		const char *key = pfc_class_keys[i];
		u64 count = 0;

		if (!measured || pfc_probes_why_not(i, watch)) {
			seq_printf(m, "%s count " PFC_UNAVAILABLE "\n", key);
			continue;
		}
		for (n = 0; n < PFC_NR_BUCKETS; n++)
			count += l->bucket[i][n];
		seq_printf(m, "%s count %llu\n%s sum %llu\n", key, count, key, l->sum[i]);
		for (n = 0; n < PFC_NR_BUCKETS; n++)
			if (l->bucket[i][n])
				seq_printf(m, "%s %llu %llu\n", key, n ? 1ULL << n : 0,
					   l->bucket[i][n]);
	}
	mutex_unlock(&pfc_control_lock);
	kfree(c);
	kfree(l);
	return 0;
}

/* Without accounting a class may be lost to one watch alone: by its filter, or till its reset. */
static void pfc_show_watches_alone(struct seq_file *m, struct pfc_counters *c)
{
	struct pfc_watch *watch = &pfc_root;
	unsigned long shown = 0;
	int i;

	for (i = 0; i < PFC_NR_CLASSES; i++)
		if (pfc_probes_why_not(i, watch))
			shown |= BIT(i);
	while ((watch = pfc_watch_next(watch))) {
		pfc_files_read(watch, c);
		pfc_probes_show_watch(m, watch, shown);
	}
}

static int pfc_probes_file_show(struct seq_file *m, void *unused)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	mutex_lock(&pfc_watches_lock);
	mutex_lock(&pfc_control_lock);
	pfc_files_read(&pfc_root, c);
	pfc_probes_show(m, c);
	if (!pfc_account)
		pfc_show_watches_alone(m, c);
	mutex_unlock(&pfc_control_lock);
	mutex_unlock(&pfc_watches_lock);
	kfree(c);
	return 0;
}

static int pfc_enabled_show(struct seq_file *m, void *unused)
{
	mutex_lock(&pfc_control_lock);
	seq_printf(m, "%d\n", pfc_armed);
	mutex_unlock(&pfc_control_lock);
	return 0;
}

static int pfc_enabled_write(struct file *file, struct pfc_watch *watch, char *text)
{
	bool enable;
	int err = 0;

	text = strim(text);
	if (strcmp(text, "0") && strcmp(text, "1"))
		return -EINVAL;
	enable = *text == '1';
	mutex_lock(&pfc_control_lock);
	if (enable)
		err = pfc_probes_arm();
	else
		pfc_probes_disarm();
	mutex_unlock(&pfc_control_lock);
	return err;
}

static int pfc_filter_file_show(struct seq_file *m, void *unused)
{
	pfc_watch_show_filter(m, pfc_watch_of(m));
	return 0;
}

static int pfc_filter_write(struct file *file, struct pfc_watch *watch, char *text)
{
	return pfc_watch_set_filter(watch, text);
}

static int pfc_reset_write(struct file *file, struct pfc_watch *watch, char *text)
{
	if (strcmp(strim(text), "1"))
		return -EINVAL;
	mutex_lock(&pfc_control_lock);
	pfc_counters_reset(&watch->set);
	watch->missed_base = pfc_probes_missed();
	if (watch == &pfc_root) {
		pfc_probes_reset();
		pfc_cgroups_reset();
	}
	mutex_unlock(&pfc_control_lock);
	return 0;
}

static int pfc_watches_show(struct seq_file *m, void *unused);
static int pfc_watches_write(struct file *file, struct pfc_watch *watch, char *text);
static void pfc_watches_release(struct file *file);

/* One row a file: mode, and what reading, writing and closing do. */
static const struct pfc_file {
	const char *name;
	umode_t mode;
	bool only_top;		/* there is none in the directory of a watch */
	int (*show)(struct seq_file *m, void *unused);
	int (*write)(struct file *file, struct pfc_watch *watch, char *text);
	void (*release)(struct file *file);
} pfc_files[] = {
	{ PFC_FILE_STATS,	0444, false, pfc_stats_show },
	{ PFC_FILE_PERCPU,	0444, false, pfc_percpu_show },
	{ PFC_FILE_CGROUPS,	0444, true, pfc_cgroups_file_show },
	{ PFC_FILE_PROBES,	0444, true, pfc_probes_file_show },
	{ PFC_FILE_LATENCY,	0444, false, pfc_latency_show },
	{ PFC_FILE_ENABLED,	0600, true, pfc_enabled_show, pfc_enabled_write },
	{ PFC_FILE_FILTER,	0600, false, pfc_filter_file_show, pfc_filter_write },
	{ PFC_FILE_RESET,	0200, false, NULL, pfc_reset_write },
	{ PFC_FILE_WATCHES,	0600, true, pfc_watches_show, pfc_watches_write,
	  pfc_watches_release },
};

/* What a file is found by. */
struct pfc_node {
	const struct pfc_file *file;
	struct pfc_dir *dir;
};

/**
 * struct pfc_dir - the files of one observer
 * @dev: owns what debugfs keeps of them, and is known to nobody else
 * @debugfs: their directory, or an error
 * @proc: likewise, or NULL
 * @node: by the rows of pfc_files
 */
struct pfc_dir {
	struct device dev;
	struct dentry *debugfs;
	struct proc_dir_entry *proc;
	struct pfc_node node[ARRAY_SIZE(pfc_files)];
};

static int pfc_file_none(struct seq_file *m, void *unused)
{
	return 0;
}

/* debugfs lets a file be closed after it was removed: its directory stays until then. */
static int pfc_file_open(struct file *file, const struct pfc_node *node)
{
	int err = single_open(file, node->file->show ?: pfc_file_none, &node->dir->dev);

	if (!err)
		get_device(&node->dir->dev);
	return err;
}

/* One write is one command: a part of it would mean something else. */
static ssize_t pfc_file_write(struct file *file, const struct pfc_node *node,
			      const char __user *from, size_t len, loff_t *pos)
{
	const struct pfc_file *f = node->file;
	char *text;
	int err;

	if (!f->write || *pos)
		return -EINVAL;
	if (len >= PFC_WRITE_MAX) {
		pr_notice("%s refused: %zu bytes are too many\n", f->name, len);
		return -EINVAL;
	}
	text = memdup_user_nul(from, len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	/* What follows a NUL would be dropped in silence. */
	err = strlen(text) == len ? f->write(file, dev_get_drvdata(&node->dir->dev), text) :
				    -EINVAL;
	kfree(text);
	return err ?: len;
}

static int pfc_file_release(struct inode *inode, struct file *file, const struct pfc_node *node)
{
	struct device *dev = &node->dir->dev;

	if (node->file->release)
		node->file->release(file);
	single_release(inode, file);
	put_device(dev);
	return 0;
}

static int pfc_debugfs_open(struct inode *inode, struct file *file)
{
	return pfc_file_open(file, inode->i_private);
}

static ssize_t pfc_debugfs_write(struct file *file, const char __user *from, size_t len,
				 loff_t *pos)
{
	return pfc_file_write(file, file_inode(file)->i_private, from, len, pos);
}

static int pfc_debugfs_release(struct inode *inode, struct file *file)
{
	return pfc_file_release(inode, file, inode->i_private);
}

static const struct file_operations pfc_debugfs_ops = {
	.owner = THIS_MODULE,
	.open = pfc_debugfs_open,
	.read = seq_read,
	.write = pfc_debugfs_write,
	.llseek = seq_lseek,
	.release = pfc_debugfs_release,
};

static int pfc_proc_open(struct inode *inode, struct file *file)
{
	return pfc_file_open(file, pfc_compat_pde_data(inode));
}

static ssize_t pfc_proc_write(struct file *file, const char __user *from, size_t len,
			      loff_t *pos)
{
	return pfc_file_write(file, pfc_compat_pde_data(file_inode(file)), from, len, pos);
}

static int pfc_proc_release(struct inode *inode, struct file *file)
{
	return pfc_file_release(inode, file, pfc_compat_pde_data(inode));
}

static const struct proc_ops pfc_proc_ops = {
	.proc_open = pfc_proc_open,
	.proc_read = seq_read,
	.proc_write = pfc_proc_write,
	.proc_lseek = seq_lseek,
	.proc_release = pfc_proc_release,
};

/* How many are there still. */
static atomic_t pfc_nr_dirs;

static void pfc_dir_release(struct device *dev)
{
	kfree(container_of(dev, struct pfc_dir, dev));
	if (atomic_dec_and_test(&pfc_nr_dirs))
		wake_up_var(&pfc_nr_dirs);
}

/*
 * A file that is only read borrows the operations of debugfs itself, which need no reference
 * to this module: full_proxy_open() warns when the reader of a file comes between the two
 * steps of rmmod, dropping the last reference and saying so (try_stop_module(), 5.10-7.2).
 */
static int pfc_file_make(struct pfc_dir *dir, const struct pfc_file *f)
{
	struct pfc_node *node = &dir->node[f - pfc_files];
	struct dentry *made;

	node->file = f;
	node->dir = dir;
	if (!f->write)
		debugfs_create_devm_seqfile(&dir->dev, f->name, dir->debugfs, f->show);
	else
		debugfs_create_file(f->name, f->mode, dir->debugfs, node, &pfc_debugfs_ops);
	if (!IS_ERR(dir->debugfs)) {
		/* The first of the two returns nothing. */
		made = debugfs_lookup(f->name, dir->debugfs);
		if (!made)
			return -ENOMEM;
		dput(made);
	}
	/* Only its owner's: /proc is open to all, unlike debugfs. */
	if (dir->proc &&
	    !proc_create_data(f->name, f->mode & 0700, dir->proc, &pfc_proc_ops, node))
		return -ENOMEM;
	return 0;
}

/*
 * Make the files of an observer in directories that are there, or are not. Whatever it
 * returns, pfc_dir_remove() must follow.
 */
static int pfc_dir_make(struct pfc_watch *watch, struct dentry *debugfs,
			struct proc_dir_entry *proc)
{
	struct pfc_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL | __GFP_NOFAIL);
	const struct pfc_file *f;
	int err = 0;

	atomic_inc(&pfc_nr_dirs);
	device_initialize(&dir->dev);
	dir->dev.release = pfc_dir_release;
	dev_set_drvdata(&dir->dev, watch);
	dir->debugfs = debugfs;
	dir->proc = proc;
	watch->files = dir;
	for (f = pfc_files; !err && f < pfc_files + ARRAY_SIZE(pfc_files); f++)
		if (!f->only_top || watch == &pfc_root)
			err = pfc_file_make(dir, f);
	return err;
}

/* Waits for running reads and writes. */
static void pfc_dir_remove(struct pfc_watch *watch)
{
	struct pfc_dir *dir = watch->files;

	proc_remove(dir->proc);
	debugfs_remove(dir->debugfs);
	put_device(&dir->dev);
}

/* ---- watches --------------------------------------------------------------- */

static bool pfc_watches_closed;
static struct dentry *pfc_watches_debugfs;
static struct proc_dir_entry *pfc_watches_proc;

static int pfc_watches_show(struct seq_file *m, void *unused)
{
	struct pfc_watch *watch;

	mutex_lock(&pfc_watches_lock);
	for (watch = pfc_watch_next(&pfc_root); watch; watch = pfc_watch_next(watch)) {
		seq_printf(m, "%s ", watch->name);
		pfc_watch_show_filter(m, watch);
	}
	mutex_unlock(&pfc_watches_lock);
	return 0;
}

static struct pfc_watch *pfc_watches_find(const char *name)
{
	struct pfc_watch *watch = pfc_watch_next(&pfc_root);

	while (watch && strcmp(watch->name, name))
		watch = pfc_watch_next(watch);
	return watch;
}

static int pfc_watches_add(const struct file *holder, const char *name, char *filter)
{
	struct proc_dir_entry *proc = NULL;
	struct pfc_watch *watch;
	struct dentry *debugfs;
	unsigned int nr = 0;
	int err;

	for (watch = pfc_watch_next(&pfc_root); watch; watch = pfc_watch_next(watch))
		nr++;
	if (pfc_watches_closed)
		return -ENODEV;
	if (pfc_watches_find(name))
		return -EEXIST;
	if (nr >= pfc_watches_max) {
		pr_notice("watch refused: there are %u already, see the parameter watches\n", nr);
		return -ENOSPC;
	}
	watch = pfc_watch_make(name, filter);
	if (IS_ERR(watch))
		return PTR_ERR(watch);
	watch->holder = holder;
	watch->missed_base = pfc_probes_missed();
	debugfs = debugfs_create_dir(name, pfc_watches_debugfs);
	if (pfc_watches_proc)
		proc = proc_mkdir_mode(name, 0500, pfc_watches_proc);
	err = pfc_dir_make(watch, debugfs, proc);
	if (IS_ERR(debugfs) != IS_ERR(pfc_watches_debugfs) || !proc != !pfc_watches_proc)
		err = -ENOMEM;
	if (err) {
		pfc_dir_remove(watch);
		pfc_watch_free(watch);
		return err;
	}
	pfc_watch_start(watch);
	return 0;
}

/* pfc_watch_free() follows, without the lock, since it waits. */
static void pfc_watches_remove(struct pfc_watch *watch)
{
	pfc_watch_stop(watch);
	pfc_dir_remove(watch);
}

static int pfc_watches_write(struct file *file, struct pfc_watch *unused, char *text)
{
	struct pfc_watch_command command;
	struct pfc_watch *watch = NULL;
	int err;

	err = pfc_watch_parse(text, &command);
	if (err)
		return err;
	mutex_lock(&pfc_watches_lock);
	if (command.add) {
		err = pfc_watches_add(command.hold ? file : NULL, command.name, command.filter);
	} else {
		watch = pfc_watches_find(command.name);
		if (watch)
			pfc_watches_remove(watch);
		err = watch ? 0 : -ENOENT;
	}
	mutex_unlock(&pfc_watches_lock);
	if (watch)
		pfc_watch_free(watch);
	return err;
}

/* Remove the watches that go with an open file, or all. */
static void pfc_watches_drop(const struct file *holder)
{
	struct pfc_watch *watch;

	do {
		mutex_lock(&pfc_watches_lock);
		pfc_watches_closed |= !holder;
		watch = pfc_watch_next(&pfc_root);
		while (watch && holder && watch->holder != holder)
			watch = pfc_watch_next(watch);
		if (watch)
			pfc_watches_remove(watch);
		mutex_unlock(&pfc_watches_lock);
		if (watch)
			pfc_watch_free(watch);
	} while (watch);
}

static void pfc_watches_release(struct file *file)
{
	pfc_watches_drop(file);
}

/* ---- all of them ----------------------------------------------------------- */

/**
 * pfc_files_init() - make the files
 *
 * debugfs may be off or refuse, as it wants its users to bear: then there is /proc.
 *
 * Context: may sleep. Balanced by pfc_files_exit().
 * Return: 0, or -ENOMEM; then there are none.
 */
int pfc_files_init(void)
{
	struct dentry *debugfs = debugfs_create_dir(PFC_DIR, NULL);
	struct proc_dir_entry *proc = proc_mkdir_mode(PFC_DIR, 0500, NULL);
	int err;

	pfc_watches_debugfs = debugfs_create_dir(PFC_DIR_WATCH, debugfs);
	if (proc)
		pfc_watches_proc = proc_mkdir_mode(PFC_DIR_WATCH, 0500, proc);
	err = pfc_dir_make(&pfc_root, debugfs, proc);
	if (debugfs == ERR_PTR(-ENOMEM) || pfc_watches_debugfs == ERR_PTR(-ENOMEM) ||
	    (IS_ENABLED(CONFIG_PROC_FS) && !pfc_watches_proc))
		err = -ENOMEM;
	if (err)
		pfc_files_exit();
	return err;
}

/**
 * pfc_files_exit() - remove the watches and the files
 *
 * Context: may sleep; waits for running reads and writes.
 */
void pfc_files_exit(void)
{
	pfc_watches_drop(NULL);
	pfc_dir_remove(&pfc_root);
	/* With CONFIG_DEBUG_KOBJECT_RELEASE the last one goes later. */
	wait_var_event(&pfc_nr_dirs, !atomic_read(&pfc_nr_dirs));
}
