/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What handle_mm_fault() returns, by kernel version: all that the classifier needs.
 */
#ifndef PFC_COMPAT_FAULT_H
#define PFC_COMPAT_FAULT_H

#include <linux/mm.h>
#include <linux/version.h>

/* 6.0: done, and the lock was dropped. Before, RETRY stood for that as well. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
#define PFC_FAULT_COMPLETED	VM_FAULT_COMPLETED
#else
#define PFC_FAULT_COMPLETED	((__force vm_fault_t)0)
#endif

/*
 * Before 6.0 a visit that had done its work and then let go of the lock, to throttle
 * the writer of a shared page, returned RETRY, and beside it what it had done.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 0, 0)
#define PFC_COMPAT_RETRY_DONE	0
#define PFC_FAULT_DONE		0
#else
#define PFC_COMPAT_RETRY_DONE	1
#define PFC_FAULT_DONE		(VM_FAULT_WRITE | VM_FAULT_LOCKED)
#endif

#endif /* PFC_COMPAT_FAULT_H */
