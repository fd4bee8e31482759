/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's constants that the unit tests use where there is no kernel. The kernel's
 * own build of the tests asserts that they are right.
 */
#ifndef PFC_TESTS_VALUES_H
#define PFC_TESTS_VALUES_H

/* PFC_TESTS_VALUES(X): X(NAME, value). The same in 5.10 to 7.2. */
#define PFC_TESTS_VALUES(X) \
	X(VM_FAULT_OOM,			0x000001) \
	X(VM_FAULT_SIGBUS,		0x000002) \
	X(VM_FAULT_MAJOR,		0x000004) \
	X(VM_FAULT_HWPOISON,		0x000010) \
	X(VM_FAULT_HWPOISON_LARGE,	0x000020) \
	X(VM_FAULT_SIGSEGV,		0x000040) \
	X(VM_FAULT_NOPAGE,		0x000100) \
	X(VM_FAULT_LOCKED,		0x000200) \
	X(VM_FAULT_RETRY,		0x000400) \
	X(VM_FAULT_FALLBACK,		0x000800) \
	X(VM_FAULT_DONE_COW,		0x001000) \
	X(VM_FAULT_NEEDDSYNC,		0x002000) \
	X(VM_FAULT_ERROR,		0x000873) \
	X(FAULT_FLAG_WRITE,		0x000001) \
	X(FAULT_FLAG_TRIED,		0x000020) \
	X(FAULT_FLAG_USER,		0x000040) \
	X(FAULT_FLAG_INSTRUCTION,	0x000100)

/* Of some kernels only, see compat/fault.h. */
#define PFC_TESTS_VM_FAULT_WRITE	0x000008
#define PFC_TESTS_VM_FAULT_COMPLETED	0x004000

/* Of arch/arm64. */
#define PFC_TESTS_VALUES_ARM64(X) \
	X(KPROBES_BRK_IMM,		0x004) \
	X(ESR_ELx_EC_IABT_LOW,		0x20) \
	X(ESR_ELx_EC_DABT_LOW,		0x24) \
	X(ESR_ELx_WNR,			0x40) \
	X(ESR_ELx_CM,			0x100) \
	X(PSR_BTYPE_MASK,		0xc00)

#endif /* PFC_TESTS_VALUES_H */
