/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The first paragraph of the page of each class. The table is made from
 * Documentation/classes when the program is built, by pages.awk.
 */
#ifndef PFC_PAGES_H
#define PFC_PAGES_H

#include "../../../include/uapi/pfclass.h"

extern const char *const pfc_pages[PFC_NR_CLASSES];

#endif /* PFC_PAGES_H */
