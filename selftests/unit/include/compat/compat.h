/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where there is no kernel, "/" is the one control group, and every task is in it.
 */
#ifndef PFC_COMPAT_H
#define PFC_COMPAT_H

#include <compat/fault.h>

#define PFC_COMPAT_CGROUPS	1

enum { CSS_NO_REF = 1, CSS_ONLINE = 2 };

struct cgroup {
	const char *path;
	int level;
	struct {
		unsigned int flags;
	} self;
};

extern struct cgroup shim_cgroup;
extern int shim_cgroup_references;

static inline struct cgroup *pfc_compat_cgroup_get(const char *path)
{
	if (strcmp(path, shim_cgroup.path))
		return ERR_PTR(-ENOENT);
	shim_cgroup_references++;
	return &shim_cgroup;
}

static inline void pfc_compat_cgroup_put(struct cgroup *cgroup)
{
	shim_cgroup_references--;
}

static inline int pfc_compat_cgroup_level(const struct cgroup *cgroup)
{
	return cgroup->level;
}

static inline bool pfc_compat_in_cgroup(struct cgroup *cgroup, int level)
{
	return true;
}

static inline void pfc_compat_cgroup_show(struct seq_file *m, struct cgroup *cgroup)
{
	seq_puts(m, cgroup->path);
}

static inline bool pfc_compat_cgroup_path(struct cgroup *cgroup, char *path, size_t size)
{
	strscpy(path, cgroup->path, size);
	return true;
}

static inline struct cgroup *pfc_compat_cgroup_mine(void)
{
	return &shim_cgroup;
}

static inline void pfc_compat_cgroup_hold(struct cgroup *cgroup)
{
	shim_cgroup_references++;
}

static inline bool pfc_compat_cgroup_is_removed(struct cgroup *cgroup)
{
	return !(cgroup->self.flags & CSS_ONLINE);
}

static inline u64 pfc_compat_cgroup_id(struct cgroup *cgroup)
{
	return 1;
}

#endif /* PFC_COMPAT_H */
