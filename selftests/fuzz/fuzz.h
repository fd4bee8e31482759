/* SPDX-License-Identifier: GPL-2.0 */
/* What libFuzzer calls, by its names. */
#ifndef PFC_FUZZ_H
#define PFC_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int pfc_fuzz_begin(int *argc, char ***argv) __asm__("LLVMFuzzerInitialize");
int pfc_fuzz_input(const uint8_t *data, size_t size) __asm__("LLVMFuzzerTestOneInput");

/* The tool's own main(), see Makefile. */
int pfc_main(int argc, char **argv);

#endif /* PFC_FUZZ_H */
