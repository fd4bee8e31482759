/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the preparations of several classes share: mappings, children, swap, files.
 */
#ifndef PFC_PREPARE_H
#define PFC_PREPARE_H

#include "row.h"

/* Since 6.8 each size has a switch, too. */
#define PFC_THP_SETTINGS \
	{ PFC_THP_DIR "enabled", "madvise" }, \
	{ PFC_THP_DIR "hugepages-{thp}kB/enabled", "inherit", .optional = true }

extern const struct pfc_setting pfc_swap_settings[];
extern const struct pfc_setting pfc_thp_settings[];
extern const struct pfc_setting pfc_mthp_settings[];

int pfc_map_range(struct pfc_run *run, int prot, int flags);
int pfc_map_anon(struct pfc_run *run);
int pfc_anon_written(struct pfc_run *run);
int pfc_fork_alive(struct pfc_run *run);
int pfc_fork_reaped(struct pfc_run *run);
int pfc_swap_out(struct pfc_run *run);
int pfc_clear_access(struct pfc_run *run, const char *what, bool cleared);
int pfc_file(struct pfc_run *run, bool cached);
int pfc_file_mapped(struct pfc_run *run, bool cached, int flags);
int pfc_mthp_made(struct pfc_run *run);
int pfc_thp_made(struct pfc_run *run);

#endif /* PFC_PREPARE_H */
