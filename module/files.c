// SPDX-License-Identifier: GPL-2.0
/*
 * The files, in debugfs and, with tighter modes, in /proc/pfclass: for kernels without
 * debugfs, and those whose lockdown lets nothing be written there. The contract is
 * include/uapi/pfclass.h and Documentation/debugfs.rst.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
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
#include <linux/uaccess.h>
#include <pfclass.h>
#include "counters.h"
#include "files.h"
#include "filter.h"
#include "probes.h"

/* Longer than any command: a cgroup's path is the longest part of one. */
#define PFC_WRITE_MAX	(PATH_MAX + 256)

static struct dentry *pfc_dir;
static struct proc_dir_entry *pfc_proc_dir;
static struct device *pfc_device;
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

static void pfc_show_totals(struct seq_file *m, const struct pfc_counters *c)
{
	u64 value[PFC_NR_TOTALS] = {
		[PFC_FAULTS]		= pfc_counters_faults(c),
		[PFC_VISITS]		= pfc_counters_visits(c),
		[PFC_RETRIES]		= c->retries,
		[PFC_UNCLASSIFIED]	= pfc_counters_leaf(c, PFC_LEAF_UNCLASSIFIED),
		[PFC_MISSED]		= pfc_probes_missed(c),
		[PFC_REFUSED]		= pfc_counters_leaf(c, PFC_LEAF_REFUSED),
	};
	bool available[PFC_NR_TOTALS] = {
		[PFC_FAULTS]		= !pfc_probes_why_none(),
		[PFC_VISITS]		= !pfc_probes_why_none(),
		[PFC_RETRIES]		= !pfc_probes_why_none(),
		[PFC_UNCLASSIFIED]	= !pfc_probes_why_none(),
		[PFC_MISSED]		= true,
		[PFC_REFUSED]		= !pfc_probes_why_not_refused(),
		[PFC_PGFAULT]		= pfc_pgfault(&value[PFC_PGFAULT]),
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
	bool available[PFC_NR_CLASSES];
	const struct pfc_suffix *s;
	unsigned int i;

	if (!c || !sum)
		goto err_free;
	mutex_lock(&pfc_control_lock);
	pfc_counters_total(c);
	pfc_probes_refresh(c);
	seq_printf(m, "abi %d\n", PFC_ABI);
	pfc_show_totals(m, c);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		available[i] = !pfc_probes_why_not(i);
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
	unsigned int cpu, i;

	if (!c)
		return -ENOMEM;
	mutex_lock(&pfc_control_lock);
	pfc_counters_total(c);
	pfc_probes_refresh(c);
	seq_puts(m, "cpu");
	for (i = 0; i < PFC_NR_CLASSES; i++)
		seq_printf(m, " %s", pfc_class_keys[i]);
	seq_putc(m, '\n');
	for_each_possible_cpu(cpu) {
		if (!pfc_counters_read(cpu, c))
			continue;
		seq_printf(m, "%u", cpu);
		for (i = 0; i < PFC_NR_CLASSES; i++) {
			if (pfc_probes_why_not(i))
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

/* "key value", as in stats: KEY count N, KEY sum NS, KEY FROM_NS N ... */
static int pfc_latency_show(struct seq_file *m, void *unused)
{
	bool measured = pfc_latency && pfc_account;
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
	pfc_counters_total(c);
	pfc_probes_refresh(c);
	if (measured)
		pfc_latency_total(l);
	for (i = 0; i < PFC_NR_CLASSES; i++) {
		const char *key = pfc_class_keys[i];
		u64 count = 0;

		if (!measured || pfc_probes_why_not(i)) {
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

static int pfc_probes_file_show(struct seq_file *m, void *unused)
{
	struct pfc_counters *c = kmalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	mutex_lock(&pfc_control_lock);
	pfc_counters_total(c);
	pfc_probes_refresh(c);
	pfc_probes_show(m, c);
	mutex_unlock(&pfc_control_lock);
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

static int pfc_enabled_write(char *text)
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
	pfc_filter_show(m);
	return 0;
}

static int pfc_reset_write(char *text)
{
	if (strcmp(strim(text), "1"))
		return -EINVAL;
	mutex_lock(&pfc_control_lock);
	pfc_counters_reset();
	pfc_probes_reset();
	mutex_unlock(&pfc_control_lock);
	return 0;
}

/* One row a file: mode, and what reading and writing do. */
static const struct pfc_file {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, void *unused);
	int (*write)(char *text);
} pfc_files[] = {
	{ PFC_FILE_STATS,	0444, pfc_stats_show, NULL },
	{ PFC_FILE_PERCPU,	0444, pfc_percpu_show, NULL },
	{ PFC_FILE_PROBES,	0444, pfc_probes_file_show, NULL },
	{ PFC_FILE_LATENCY,	0444, pfc_latency_show, NULL },
	{ PFC_FILE_ENABLED,	0600, pfc_enabled_show, pfc_enabled_write },
	{ PFC_FILE_FILTER,	0600, pfc_filter_file_show, pfc_filter_write },
	{ PFC_FILE_RESET,	0200, NULL, pfc_reset_write },
};

static int pfc_file_none(struct seq_file *m, void *unused)
{
	return 0;
}

/* One write is one command: a part of it would mean something else. */
static ssize_t pfc_file_write(const struct pfc_file *f, const char __user *from, size_t len,
			      loff_t *pos)
{
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
	err = strlen(text) == len ? f->write(text) : -EINVAL;
	kfree(text);
	return err ?: len;
}

static int pfc_debugfs_open(struct inode *inode, struct file *file)
{
	const struct pfc_file *f = inode->i_private;

	return single_open(file, f->show ?: pfc_file_none, NULL);
}

static ssize_t pfc_debugfs_write(struct file *file, const char __user *from, size_t len,
				 loff_t *pos)
{
	return pfc_file_write(file_inode(file)->i_private, from, len, pos);
}

static const struct file_operations pfc_debugfs_ops = {
	.owner = THIS_MODULE,
	.open = pfc_debugfs_open,
	.read = seq_read,
	.write = pfc_debugfs_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int pfc_proc_open(struct inode *inode, struct file *file)
{
	const struct pfc_file *f = pfc_compat_pde_data(inode);

	return single_open(file, f->show ?: pfc_file_none, NULL);
}

static ssize_t pfc_proc_write(struct file *file, const char __user *from, size_t len,
			      loff_t *pos)
{
	return pfc_file_write(pfc_compat_pde_data(file_inode(file)), from, len, pos);
}

static const struct proc_ops pfc_proc_ops = {
	.proc_open = pfc_proc_open,
	.proc_read = seq_read,
	.proc_write = pfc_proc_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

/*
 * A file that is only read borrows the operations of debugfs itself, which need no reference
 * to this module: full_proxy_open() warns when the reader of a file comes between the two
 * steps of rmmod, dropping the last reference and saying so (try_stop_module(), 5.10-7.2).
 */
static void pfc_file_init(const struct pfc_file *f)
{
	if (!f->write && !IS_ERR(pfc_device))
		debugfs_create_devm_seqfile(pfc_device, f->name, pfc_dir, f->show);
	else
		debugfs_create_file(f->name, f->mode, pfc_dir, (void *)f, &pfc_debugfs_ops);
	/* Only its owner's: /proc is open to all, unlike debugfs. */
	if (pfc_proc_dir)
		proc_create_data(f->name, f->mode & 0700, pfc_proc_dir, &pfc_proc_ops, (void *)f);
}

/**
 * pfc_files_init() - make the files
 *
 * debugfs or /proc may be off or refuse; the counters then count unseen, as debugfs wants
 * its users to bear, and nothing is returned.
 *
 * Context: may sleep. Balanced by pfc_files_exit().
 */
void pfc_files_init(void)
{
	const struct pfc_file *f;

	pfc_device = root_device_register(PFC_DIR);
	pfc_dir = debugfs_create_dir(PFC_DIR, NULL);
	pfc_proc_dir = proc_mkdir_mode(PFC_DIR, 0500, NULL);
	for (f = pfc_files; f < pfc_files + ARRAY_SIZE(pfc_files); f++)
		pfc_file_init(f);
}

/**
 * pfc_files_exit() - remove the files
 *
 * Context: may sleep; waits for running reads and writes.
 */
void pfc_files_exit(void)
{
	proc_remove(pfc_proc_dir);
	debugfs_remove(pfc_dir);
	if (!IS_ERR(pfc_device))
		root_device_unregister(pfc_device);
}
