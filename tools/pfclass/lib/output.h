/* SPDX-License-Identifier: GPL-2.0 */
/* Messages and memory. */
#ifndef PFC_OUTPUT_H
#define PFC_OUTPUT_H

#include <stddef.h>

void pfc_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
__attribute__((noreturn)) void pfc_out_of_memory(void);
void *pfc_alloc(void *old, size_t nr, size_t size);
void *pfc_duplicate(const void *old, size_t nr, size_t size);
char *pfc_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
int pfc_flush(void);

size_t pfc_screen_width(void);
size_t pfc_screen_height(void);
void pfc_print_wrapped(const char *first, const char *text);

#endif /* PFC_OUTPUT_H */
