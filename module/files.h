/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files that users read and write.
 */
#ifndef PFC_FILES_H
#define PFC_FILES_H

int pfc_files_init(void);
void pfc_files_exit(void);

#endif /* PFC_FILES_H */
