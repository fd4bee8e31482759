/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Settings that come back, and whatever else a test changes on the machine.
 */
#ifndef PFC_GUARD_H
#define PFC_GUARD_H

struct pfc_guard;

/* What was done, and is undone at the guard's end, the last first. */
enum pfc_undo {
	PFC_UNDO_WRITE,		/* a file was written to: write the old value */
	PFC_UNDO_TRUNCATE,	/* a list was filled: open it for writing with O_TRUNC */
	PFC_UNDO_MKDIR,
	PFC_UNDO_MOUNT,
	PFC_UNDO_SWAPON,
	PFC_NR_UNDOS
};

struct pfc_guard *pfc_guard_start(void);
int pfc_guard_set(struct pfc_guard *guard, const char *path, const char *value);
int pfc_guard_keep(struct pfc_guard *guard, const char *path);
int pfc_guard_mkdir(struct pfc_guard *guard, const char *path);
int pfc_guard_undo(struct pfc_guard *guard, enum pfc_undo undo, const char *path,
		   const char *value);
int pfc_guard_end(struct pfc_guard *guard);
void pfc_guard_forget(struct pfc_guard *guard);

#endif /* PFC_GUARD_H */
