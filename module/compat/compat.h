/* SPDX-License-Identifier: GPL-2.0 */
/*
 * With fault.h, the only place that tests kernel versions and configurations.
 *
 * Supported: 5.10 and newer. PFC_NEWEST is the newest kernel that the tests
 * know; newer ones build with a note.
 */
#ifndef PFC_COMPAT_H
#define PFC_COMPAT_H

#include <linux/version.h>
#include <linux/kconfig.h>
#include <linux/kprobes.h>
#include <linux/cgroup.h>
#include <linux/ftrace.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sched.h>
#include <linux/dax.h>
#include <linux/userfaultfd_k.h>
#include <pfclass.h>
#include "fault.h"
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#include <linux/leafops.h>
#else
#include <linux/swap.h>
#include <linux/swapops.h>
#endif

#define PFC_NEWEST KERNEL_VERSION(7, 2, 255)

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 10, 0)
#error "pfclass: kernels before 5.10 are not supported: their fault path is another one"
#endif
#if LINUX_VERSION_CODE > PFC_NEWEST
#pragma message("pfclass was not tested on a kernel this new: read `probes` before you trust it")
#endif
#ifndef CONFIG_KPROBES
#error "pfclass: this kernel has no CONFIG_KPROBES, and kprobes are how pfclass sees faults"
#endif
#if !defined(CONFIG_DEBUG_FS) && !defined(CONFIG_PROC_FS)
#error "pfclass: this kernel has neither CONFIG_DEBUG_FS nor CONFIG_PROC_FS to show counters in"
#endif
#ifndef CONFIG_MMU
#error "pfclass: this kernel has no CONFIG_MMU, so it has no page faults"
#endif
#ifndef CONFIG_KALLSYMS
#error "pfclass: this kernel has no CONFIG_KALLSYMS, so no function of it can be found"
#endif

/* Whether function entries can be probed by ftrace, with arguments. */
#if defined(CONFIG_DYNAMIC_FTRACE) && (defined(CONFIG_DYNAMIC_FTRACE_WITH_REGS) || \
				       defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS))
#define PFC_COMPAT_FTRACE 1

/*
 * Where each call site calls the ops that is alone there (6.2 on arm64, x86), an
 * ops for each probe is best. Otherwise each hit walks one list of all ops of the
 * system: one ops for all probes.
 */
#if defined(CONFIG_DYNAMIC_FTRACE_WITH_CALL_OPS) || defined(CONFIG_X86)
#define PFC_COMPAT_FTRACE_EACH 1
#else
#define PFC_COMPAT_FTRACE_EACH 0
#endif

/*
 * The handlers cannot recurse: they call nothing that is probed. 5.10 has a flag for
 * that; since 5.11 the flag asks for protection.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
typedef struct ftrace_regs pfc_compat_ftrace_regs;
#define PFC_COMPAT_FTRACE_FLAGS 0
#else
typedef struct pt_regs pfc_compat_ftrace_regs;
/* x86 passes regs to those only that ask for them. */
#define PFC_COMPAT_FTRACE_FLAGS (FTRACE_OPS_FL_RECURSION_SAFE | FTRACE_OPS_FL_SAVE_REGS)
#endif

/* As kernel/livepatch/patch.c has them, 5.10 to 7.2. */
#ifdef CONFIG_HAVE_DYNAMIC_FTRACE_WITH_ARGS
#define PFC_COMPAT_FTRACE_REDIRECTS (PFC_COMPAT_FTRACE_FLAGS | FTRACE_OPS_FL_IPMODIFY)
#else
#define PFC_COMPAT_FTRACE_REDIRECTS \
	(PFC_COMPAT_FTRACE_FLAGS | FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_SAVE_REGS)
#endif

/* Arguments and stack pointer are saved for every ops, all registers for none. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define pfc_compat_ftrace_arg(regs, n)	ftrace_regs_get_argument(regs, n)
#define pfc_compat_ftrace_sp(regs)	ftrace_regs_get_stack_pointer(regs)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define pfc_compat_ftrace_arg(fregs, n)	regs_get_kernel_argument(&(fregs)->regs, n)
#define pfc_compat_ftrace_sp(fregs)	kernel_stack_pointer(&(fregs)->regs)
#else
#define pfc_compat_ftrace_arg(pregs, n)	regs_get_kernel_argument(pregs, n)
#define pfc_compat_ftrace_sp(pregs)	kernel_stack_pointer(pregs)
#endif
#else
#define PFC_COMPAT_FTRACE 0
#endif

/* What handle_mm_fault() may return, by name. */
#define PFC_FAULT_RESULTS(X) \
	X(OOM) X(SIGBUS) X(MAJOR) X(HWPOISON) X(HWPOISON_LARGE) X(SIGSEGV) X(NOPAGE) \
	X(LOCKED) X(RETRY) X(FALLBACK) X(DONE_COW) X(NEEDDSYNC)
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define PFC_COMPAT_FAULT_RESULTS(X) PFC_FAULT_RESULTS(X) X(COMPLETED)
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
#define PFC_COMPAT_FAULT_RESULTS(X) PFC_FAULT_RESULTS(X) X(COMPLETED) X(WRITE)
#else
#define PFC_COMPAT_FAULT_RESULTS(X) PFC_FAULT_RESULTS(X) X(WRITE)
#endif

/*
 * Where the function that was entered last under somebody's kretprobe returns to, once the
 * trampoline is through; 0: that is not known here.
 */
static __always_inline unsigned long pfc_compat_probed_return(void)
{
#if defined(CONFIG_KRETPROBE_ON_RETHOOK)
	struct llist_node *node = current->rethooks.first;

	return node ? llist_entry(node, struct rethook_node, llist)->ret_addr : 0;
#elif defined(CONFIG_KRETPROBES) && LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	struct llist_node *node = current->kretprobe_instances.first;

	if (!node)
		return 0;
	return (unsigned long)llist_entry(node, struct kretprobe_instance, llist)->ret_addr;
#else
	return 0;
#endif
}

/* 5.17 made it a function with a lower-case name. */
static inline void *pfc_compat_pde_data(const struct inode *inode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	return pde_data(inode);
#else
	return PDE_DATA(inode);
#endif
}

/* 5.11 made it a function. */
static __always_inline struct kretprobe *pfc_compat_kretprobe(struct kretprobe_instance *ri)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
	return get_kretprobe(ri);
#else
	return ri->rp;
#endif
}

/* 5.18 kept the whole address; before it only the page's is there. */
static __always_inline unsigned long pfc_compat_vmf_address(const struct vm_fault *vmf)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
	return vmf->real_address;
#else
	return vmf->address;
#endif
}

/* Since 6.12 at the latest a private mapping of a shared file is not shared. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define PFC_VM_SHARED	(VM_SHARED | VM_MAYSHARE)
#else
#define PFC_VM_SHARED	VM_SHARED
#endif

/* Whether do_wp_page() takes a shared mapping's entry for one without a page. */
static __always_inline bool pfc_compat_is_pfn(struct vm_area_struct *vma, pte_t pte)
{
	/* 6.15 and later: pages of fsdax are normal, but are handled as before. */
	return pte_special(pte) || vma_is_dax(vma);
}

/* Whose memory: the process that a mm belongs to, 0 where the kernel does not know. */
static __always_inline pid_t pfc_compat_mm_tgid(struct mm_struct *mm)
{
#ifdef CONFIG_MEMCG
	struct task_struct *owner;
	pid_t tgid;
#endif

	if (mm == current->mm)
		return current->tgid;
#ifdef CONFIG_MEMCG
	rcu_read_lock();
	owner = rcu_dereference(mm->owner);
	tgid = owner ? owner->tgid : 0;
	rcu_read_unlock();
	return tgid;
#else
	return 0;
#endif
}

/* The default hierarchy is cgroup v2's; without it there is no cgroup to name. */
#ifdef CONFIG_CGROUPS
#define PFC_COMPAT_CGROUPS 1

static inline int pfc_compat_cgroup_level(const struct cgroup *cgroup)
{
	return cgroup->level;
}

/*
 * cgroup_is_descendant() of the current task, where both are known to be of the default
 * hierarchy, and the level of one. Preemption is disabled, which is all that RCU wants.
 */
static __always_inline bool pfc_compat_in_cgroup(struct cgroup *cgroup, int level)
{
	const struct cgroup *mine = task_dfl_cgroup(current);

	if (mine->level < level)
		return false;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 1, 0)
	return mine->ancestors[level] == cgroup;
#else
	return mine->ancestor_ids[level] == cgroup_id(cgroup);
#endif
}

static inline struct cgroup *pfc_compat_cgroup_get(const char *path)
{
	return cgroup_get_from_path(path);
}

static inline void pfc_compat_cgroup_put(struct cgroup *cgroup)
{
	cgroup_put(cgroup);
}

/* False if it is too long. */
static inline bool pfc_compat_cgroup_path(struct cgroup *cgroup, char *path, size_t size)
{
	int len = cgroup_path(cgroup, path, size);

	return len > 0 && len < size;
}

static inline void pfc_compat_cgroup_show(struct seq_file *m, struct cgroup *cgroup)
{
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);

	/* A path that is too long, or no memory: it is not lost, only not shown. */
	if (path && pfc_compat_cgroup_path(cgroup, path, PATH_MAX))
		seq_puts(m, path);
	else
		seq_putc(m, '?');
	kfree(path);
}

/* The current task's; preemption is disabled, which is all that RCU wants. */
static __always_inline struct cgroup *pfc_compat_cgroup_mine(void)
{
	return task_dfl_cgroup(current);
}

/*
 * Only of a group that the current task is in, or was in since preemption was disabled: its
 * references cannot end before RCU waited for that (percpu_ref_kill()). Takes no lock.
 */
static __always_inline void pfc_compat_cgroup_hold(struct cgroup *cgroup)
{
	css_get(&cgroup->self);
}

/* Whether it had its rmdir(): cgroup_is_dead(), which is the kernel's own. */
static inline bool pfc_compat_cgroup_is_removed(struct cgroup *cgroup)
{
	return !(READ_ONCE(cgroup->self.flags) & CSS_ONLINE);
}

/* The inode number of its directory, as bpf_get_current_cgroup_id() has it. */
static inline u64 pfc_compat_cgroup_id(struct cgroup *cgroup)
{
	return cgroup_id(cgroup);
}
#else
#define PFC_COMPAT_CGROUPS 0

static inline int pfc_compat_cgroup_level(const struct cgroup *cgroup)
{
	return 0;
}

static __always_inline bool pfc_compat_in_cgroup(struct cgroup *cgroup, int level)
{
	return true;
}

static inline struct cgroup *pfc_compat_cgroup_get(const char *path)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void pfc_compat_cgroup_put(struct cgroup *cgroup)
{
}

static inline bool pfc_compat_cgroup_path(struct cgroup *cgroup, char *path, size_t size)
{
	return false;
}

static inline void pfc_compat_cgroup_show(struct seq_file *m, struct cgroup *cgroup)
{
}

static __always_inline struct cgroup *pfc_compat_cgroup_mine(void)
{
	return NULL;
}

static __always_inline void pfc_compat_cgroup_hold(struct cgroup *cgroup)
{
}

static inline bool pfc_compat_cgroup_is_removed(struct cgroup *cgroup)
{
	return false;
}

static inline u64 pfc_compat_cgroup_id(struct cgroup *cgroup)
{
	return 0;
}
#endif

/* Whether an anonymous page or folio is mapped at the PMD level. */
static __always_inline bool pfc_compat_is_huge(void *page)
{
	return IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) &&
	       compound_nr((struct page *)page) >= HPAGE_PMD_NR;
}

/* What an entry is that is not present: a refinement of class swap, or 0. */
static __always_inline unsigned int pfc_compat_swap(pte_t pte)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	softleaf_t entry = softleaf_from_pte(pte);

	if (softleaf_is_swap(entry))
		return PFC_SWAP_IN;
	if (softleaf_is_migration(entry))
		return PFC_SWAP_MIGRATION;
	if (softleaf_is_device_private(entry) || softleaf_is_device_exclusive(entry))
		return PFC_SWAP_DEVICE;
	if (softleaf_is_hwpoison(entry))
		return PFC_SWAP_HWPOISON;
	return softleaf_is_marker(entry) ? PFC_SWAP_MARKER : 0;
#else
	swp_entry_t entry = pte_to_swp_entry(pte);

	if (!non_swap_entry(entry))
		return PFC_SWAP_IN;
	if (is_migration_entry(entry))
		return PFC_SWAP_MIGRATION;
	if (is_device_private_entry(entry))
		return PFC_SWAP_DEVICE;
	if (is_hwpoison_entry(entry))
		return PFC_SWAP_HWPOISON;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 13, 0)
	if (is_device_exclusive_entry(entry))
		return PFC_SWAP_DEVICE;
#endif
	/* A marker, or what became one: swapin_error of 5.19 to 6.2. */
	return PFC_SWAP_MARKER;
#endif
}

#endif /* PFC_COMPAT_H */
