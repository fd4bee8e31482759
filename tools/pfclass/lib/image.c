// SPDX-License-Identifier: GPL-2.0
#include "image.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "exit.h"
#include "output.h"

#define NOTES		"/sys/kernel/notes"
#define NOTES_MOST	(1 << 16)

static void to_hex(const unsigned char *bytes, size_t len, char *text)
{
	size_t i;

	if (len > PFC_BUILD_ID_LEN)
		len = PFC_BUILD_ID_LEN;
	for (i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	text[2 * len] = '\0';
}

static int by_address(const void *a, const void *b)
{
	const struct pfc_symbol *one = a, *two = b;

	return (one->addr > two->addr) - (one->addr < two->addr);
}

static void read_symbols(struct pfc_image *image)
{
	Elf_Scn *section = NULL;
	Elf_Data *data = NULL;
	size_t room = 0, i;
	GElf_Shdr header;
	GElf_Sym symbol;

	while ((section = elf_nextscn(image->elf, section)))
		if (gelf_getshdr(section, &header) &&
		    header.sh_type == SHT_SYMTAB) {
			data = elf_getdata(section, NULL);
			break;
		}
	if (!data || !header.sh_entsize)
		return;
	room = data->d_size / header.sh_entsize;
	image->symbols = pfc_alloc(NULL, room, sizeof(*image->symbols));
	for (i = 0; i < room; i++) {
		struct pfc_symbol *new = &image->symbols[image->nr_symbols];
		int type;

		if (!gelf_getsym(data, i, &symbol) ||
		    symbol.st_shndx == SHN_UNDEF)
			continue;
		type = GELF_ST_TYPE(symbol.st_info);
		if (type == STT_FILE || type == STT_SECTION)
			continue;
		new->name = elf_strptr(image->elf, header.sh_link,
				       symbol.st_name);
		/* $x, $d and the like mark stretches of code, they name nothing. */
		if (!new->name || !*new->name || *new->name == '$')
			continue;
		new->addr = symbol.st_value;
		new->size = symbol.st_size;
		new->function = type == STT_FUNC;
		image->nr_symbols++;
	}
	qsort(image->symbols, image->nr_symbols, sizeof(*image->symbols),
	      by_address);
}

static int check_header(struct pfc_image *image)
{
	GElf_Ehdr header;

	if (elf_kind(image->elf) != ELF_K_ELF ||
	    !gelf_getehdr(image->elf, &header)) {
		pfc_error("%s is not an ELF file; name the vmlinux with debugging symbols, "
			  "not a boot image",
			  image->path);
		return PFC_EXIT_NOT_ELF;
	}
	image->machine = header.e_machine;
	if ((header.e_machine != EM_AARCH64 && header.e_machine != EM_X86_64) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_ident[EI_DATA] != ELFDATA2LSB) {
		pfc_error("%s is for an unsupported machine (ELF machine %u); use a vmlinux of "
			  "arm64 or x86_64",
			  image->path, header.e_machine);
		return PFC_EXIT_NOT_ELF;
	}
	return PFC_EXIT_OK;
}

/**
 * pfc_image_open() - open a kernel's ELF file
 * @image: filled in; to be closed by pfc_image_close()
 * @path: the file
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_NOT_ELF after a line on standard error.
 */
int pfc_image_open(struct pfc_image *image, const char *path)
{
	const void *id;
	struct stat st;
	ssize_t len;
	int ret;

	memset(image, 0, sizeof(*image));
	image->path = path;
	elf_version(EV_CURRENT);
	image->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (image->fd < 0) {
		pfc_error("cannot open %s: %s; name the kernel's vmlinux", path, strerror(errno));
		return PFC_EXIT_NOT_ELF;
	}
	if (!fstat(image->fd, &st) && !S_ISREG(st.st_mode)) {
		pfc_error("%s is not a file; name the kernel's vmlinux", path);
		ret = PFC_EXIT_NOT_ELF;
		goto err_close_fd;
	}
	image->elf = elf_begin(image->fd, ELF_C_READ_MMAP, NULL);
	if (!image->elf) {
		pfc_error("cannot read %s: %s; name the kernel's vmlinux", path, elf_errmsg(-1));
		ret = PFC_EXIT_NOT_ELF;
		goto err_close_fd;
	}
	ret = check_header(image);
	if (ret)
		goto err_end_elf;
	len = dwelf_elf_gnu_build_id(image->elf, &id);
	if (len > 0)
		to_hex(id, len, image->build_id);
	read_symbols(image);
	return PFC_EXIT_OK;

err_end_elf:
	elf_end(image->elf);
err_close_fd:
	close(image->fd);
	return ret;
}

/**
 * pfc_image_close() - close what pfc_image_open() opened
 * @image: the file
 */
void pfc_image_close(struct pfc_image *image)
{
	free(image->symbols);
	elf_end(image->elf);
	close(image->fd);
}

static size_t read_notes(unsigned char *notes)
{
	int fd = open(NOTES, O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	ssize_t got;

	if (fd < 0)
		return 0;
	while ((got = read(fd, notes + used, NOTES_MOST - used)) > 0)
		used += got;
	close(fd);
	return used;
}

/* The running kernel's build id, "" where it has none. */
static void running_id(char *text)
{
	unsigned char *notes = pfc_alloc(NULL, NOTES_MOST, 1);
	size_t len = read_notes(notes), at = 0;

	*text = '\0';
	while (at + sizeof(Elf64_Nhdr) <= len) {
		Elf64_Nhdr note;
		size_t name, desc, end;

		memcpy(&note, notes + at, sizeof(note));
		name = at + sizeof(note);
		desc = name + ((note.n_namesz + 3UL) & ~3UL);
		end = desc + ((note.n_descsz + 3UL) & ~3UL);
		if (end > len)
			break;
		if (note.n_type == NT_GNU_BUILD_ID &&
		    note.n_namesz == sizeof(ELF_NOTE_GNU) &&
		    !memcmp(notes + name, ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU))) {
			to_hex(notes + desc, note.n_descsz, text);
			break;
		}
		at = end;
	}
	free(notes);
}

/**
 * pfc_image_check_running() - compare the file with the running kernel
 * @image: the file
 *
 * Return: PFC_EXIT_OK, or PFC_EXIT_BUILD_ID after a line on standard error when
 * the build ids differ or one of them is not known.
 */
int pfc_image_check_running(const struct pfc_image *image)
{
	char id[PFC_BUILD_ID_LEN * 2 + 1];
	struct utsname name;

	if (uname(&name))
		strcpy(name.release, "?");
	running_id(id);
	if (!*image->build_id)
		pfc_error("%s has no build id to compare with the running kernel's; use --force "
			  "to skip the comparison",
			  image->path);
	else if (!*id)
		pfc_error("the running kernel shows no build id in %s; use --force to skip the "
			  "comparison",
			  NOTES);
	else if (strcmp(id, image->build_id))
		pfc_error("%s is another build (%.12s...) than the running kernel %s "
			  "(%.12s...); use --force if it is for another machine",
			  image->path, image->build_id, name.release, id);
	else
		return PFC_EXIT_OK;
	return PFC_EXIT_BUILD_ID;
}

/* How many symbols are at an address or below it. */
static size_t symbols_up_to(const struct pfc_image *image, uint64_t addr)
{
	size_t low = 0, high = image->nr_symbols;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (image->symbols[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/**
 * pfc_image_function_at() - the function that holds an address
 * @image: the file
 * @addr: the address, as linked
 *
 * Return: the function, or NULL.
 */
const struct pfc_symbol *pfc_image_function_at(const struct pfc_image *image,
					       uint64_t addr)
{
	size_t at = symbols_up_to(image, addr);

	while (at-- > 0) {
		const struct pfc_symbol *symbol = &image->symbols[at];

		if (symbol->function && addr - symbol->addr < symbol->size)
			return symbol;
	}
	return NULL;
}

/**
 * pfc_image_symbols_at() - the symbols of an address, of functions or not
 * @image: the file
 * @addr: the address, as linked
 * @nr: set to their number
 *
 * Return: the first one.
 */
const struct pfc_symbol *pfc_image_symbols_at(const struct pfc_image *image, uint64_t addr,
					      size_t *nr)
{
	size_t end = symbols_up_to(image, addr), first = end;

	while (first && image->symbols[first - 1].addr == addr)
		first--;
	*nr = end - first;
	return image->symbols + first;
}

/**
 * pfc_image_symbol() - find a symbol by its name
 * @image: the file
 * @name: its exact name
 * @count: set to how many symbols are called so, or NULL
 *
 * Return: the first one, or NULL.
 */
const struct pfc_symbol *pfc_image_symbol(const struct pfc_image *image,
					  const char *name, size_t *count)
{
	const struct pfc_symbol *found = NULL;
	size_t i, nr = 0;

	for (i = 0; i < image->nr_symbols; i++)
		if (!strcmp(image->symbols[i].name, name)) {
			if (!nr++)
				found = &image->symbols[i];
		}
	if (count)
		*count = nr;
	return found;
}

/**
 * pfc_image_data() - what is linked at an address
 * @image: the file
 * @addr: the address
 * @len: bytes
 *
 * Return: the bytes, valid until the file is closed, or NULL if the file does
 * not hold all of them.
 */
const void *pfc_image_data(const struct pfc_image *image, uint64_t addr, size_t len)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	Elf_Data *data;

	while ((section = elf_nextscn(image->elf, section))) {
		if (!gelf_getshdr(section, &header) ||
		    !(header.sh_flags & SHF_ALLOC) ||
		    header.sh_type == SHT_NOBITS || addr < header.sh_addr ||
		    addr - header.sh_addr >= header.sh_size ||
		    header.sh_size - (addr - header.sh_addr) < len)
			continue;
		data = elf_rawdata(section, NULL);
		if (!data || data->d_size < header.sh_size)
			return NULL;
		return (const char *)data->d_buf + (addr - header.sh_addr);
	}
	return NULL;
}

/**
 * pfc_image_read() - read what is linked at an address
 * @image: the file
 * @addr: the address
 * @buffer: where to put it
 * @len: bytes
 *
 * Return: true if the file holds all of it.
 */
bool pfc_image_read(const struct pfc_image *image, uint64_t addr, void *buffer,
		    size_t len)
{
	const void *data = pfc_image_data(image, addr, len);

	if (data)
		memcpy(buffer, data, len);
	return data;
}

/**
 * pfc_image_call_len() - how long a direct call is
 * @image: the file
 *
 * Return: bytes from the call to its return address.
 */
unsigned int pfc_image_call_len(const struct pfc_image *image)
{
	return image->machine == EM_AARCH64 ? 4 : 5;
}

/**
 * pfc_image_call_target() - what the instruction at an address calls
 * @image: the file
 * @addr: the address
 * @target: set when the answer is yes
 *
 * Return: true if there is a direct call (bl, call rel32).
 */
bool pfc_image_call_target(const struct pfc_image *image, uint64_t addr,
			   uint64_t *target)
{
	unsigned char code[5];
	uint32_t insn;
	int32_t rel;

	if (!pfc_image_read(image, addr, code, pfc_image_call_len(image)))
		return false;
	if (image->machine == EM_AARCH64) {
		memcpy(&insn, code, sizeof(insn));
		if (insn >> 26 != 0x25)
			return false;
		/* 26 bits of signed words */
		*target = addr + (int64_t)(int32_t)(insn << 6) / 64 * 4;
		return true;
	}
	if (code[0] != 0xe8)
		return false;
	memcpy(&rel, code + 1, sizeof(rel));
	*target = addr + 5 + (int64_t)rel;
	return true;
}
