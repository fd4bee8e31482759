/* SPDX-License-Identifier: GPL-2.0 */
/* The shim's part that arch/arm64 needs. */
#ifndef PFC_SHIM_ARM64_H
#define PFC_SHIM_ARM64_H

#include "shim.h"

struct pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
};

/* The one option that the code of this architecture asks for. */
#undef IS_ENABLED
#define IS_ENABLED(option)	PFC_SHIM_##option
#define PFC_SHIM_CONFIG_ARM64_BTI_KERNEL	1
#define PFC_SHIM_CONFIG_VM_EVENT_COUNTERS	0

#define PTE_CONT		(1UL << 52)
#define ESR_ELx_EC(esr)		(((esr) >> 26) & 0x3f)

#endif /* PFC_SHIM_ARM64_H */
