/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel's ELF file: its symbols, its code, its build id. */
#ifndef PFC_IMAGE_H
#define PFC_IMAGE_H

#include <gelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PFC_BUILD_ID_LEN	64

/**
 * struct pfc_symbol - a symbol of the file
 * @name: its name, suffixes (.isra.0, ...) included
 * @addr: its address, as linked
 * @size: its size in bytes
 * @function: whether it is code
 */
struct pfc_symbol {
	const char *name;
	uint64_t addr;
	uint64_t size;
	bool function;
};

/**
 * struct pfc_alternative - the kernel's struct alt_instr
 * @size: its size in bytes, 0 if it is not known
 * @len_at: offset of the number of bytes that are replaced
 * @new_len_at: offset of the number of bytes that replace them
 */
struct pfc_alternative {
	size_t size;
	size_t len_at;
	size_t new_len_at;
};

/**
 * struct pfc_image - a kernel's ELF file
 * @path: its name, for messages
 * @fd: the open file
 * @elf: the same, for libelf
 * @machine: EM_AARCH64 or EM_X86_64
 * @build_id: in hexadecimal, "" if there is none
 * @symbols: by ascending address
 * @nr_symbols: their number
 * @alternative: set by whoever reads it in the debugging information
 */
struct pfc_image {
	const char *path;
	int fd;
	Elf *elf;
	int machine;
	char build_id[PFC_BUILD_ID_LEN * 2 + 1];
	struct pfc_symbol *symbols;
	size_t nr_symbols;
	struct pfc_alternative alternative;
};

int pfc_image_open(struct pfc_image *image, const char *path);
void pfc_image_close(struct pfc_image *image);
int pfc_image_check_running(const struct pfc_image *image);
const struct pfc_symbol *pfc_image_function_at(const struct pfc_image *image,
					       uint64_t addr);
const struct pfc_symbol *pfc_image_symbols_at(const struct pfc_image *image,
					      uint64_t addr, size_t *nr);
const struct pfc_symbol *pfc_image_symbol(const struct pfc_image *image,
					  const char *name, size_t *count);
const void *pfc_image_data(const struct pfc_image *image, uint64_t addr,
			   size_t len);
bool pfc_image_read(const struct pfc_image *image, uint64_t addr, void *buffer,
		    size_t len);
bool pfc_image_call_target(const struct pfc_image *image, uint64_t addr,
			   uint64_t *target);
unsigned int pfc_image_call_len(const struct pfc_image *image);

#endif /* PFC_IMAGE_H */
