/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files that users read and write.
 */
#ifndef PFC_DEBUGFS_H
#define PFC_DEBUGFS_H

void pfc_debugfs_init(void);
void pfc_debugfs_exit(void);

#endif /* PFC_DEBUGFS_H */
