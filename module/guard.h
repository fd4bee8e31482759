/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notices when somebody switches all kprobes off.
 */
#ifndef PFC_GUARD_H
#define PFC_GUARD_H

int pfc_guard_init(void);
void pfc_guard_exit(void);

#endif /* PFC_GUARD_H */
