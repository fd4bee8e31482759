// SPDX-License-Identifier: GPL-2.0
/*
 * The outline of a fault handler, for tests of "pfclass locate": compiled with
 * its inner functions inlined or not, its DWARF and code resemble those of a
 * kernel. It is never run.
 *
 *   -DINNER=...   attributes of the functions that may be inlined
 *   -DLOOP        a body that is executed several times in a fault
 *   -DBOTH        a body that another class follows
 *   -DCOLD        a part of handle_mm_fault() that the compiler puts elsewhere
 *   -DOTHER       one more part of the dispatcher, which calls ptep_set_access_flags()
 */

#ifndef INNER
#define INNER	inline __attribute__((always_inline))
#endif

#define OUTER	__attribute__((noinline, noclone, noipa))

struct vm_fault {
	volatile long flags;
	volatile long entry;
	volatile long file;
};

OUTER long vm_normal_page(struct vm_fault *vmf);
OUTER long ptep_set_access_flags(struct vm_fault *vmf);
OUTER long do_swap_page(struct vm_fault *vmf);
OUTER long do_wp_page(struct vm_fault *vmf);
OUTER long do_fault(struct vm_fault *vmf);
OUTER long alloc_page(struct vm_fault *vmf);
OUTER long handle_mm_fault(struct vm_fault *vmf);

long vm_normal_page(struct vm_fault *vmf) { return vmf->entry; }
long ptep_set_access_flags(struct vm_fault *vmf) { return vmf->entry | 1; }
long do_swap_page(struct vm_fault *vmf) { return vmf->entry + 2; }
long do_wp_page(struct vm_fault *vmf) { return vmf->entry + 3; }
long do_fault(struct vm_fault *vmf) { return vmf->file + 4; }
long alloc_page(struct vm_fault *vmf) { return vmf->file + 5; }

#ifdef COLD
OUTER __attribute__((cold)) long do_report(struct vm_fault *vmf);
long do_report(struct vm_fault *vmf) { return vmf->entry + 7; }
#endif

#ifdef OTHER
OUTER long do_other(struct vm_fault *vmf);
long do_other(struct vm_fault *vmf) { return ptep_set_access_flags(vmf) + 6; }
#endif

/* By which a kernel is known to have CONFIG_NUMA_BALANCING. */
long sched_numa_balancing = 1;

static INNER long do_anonymous_page(struct vm_fault *vmf)
{
	if (vmf->flags & 8)
		return 2;
	if (!(vmf->flags & 1)) {
		vmf->entry = 4096;
		return 0;
	}
	vmf->entry = alloc_page(vmf);
	return 0;
}

static INNER long do_numa_page(struct vm_fault *vmf)
{
	if (vmf->entry != vmf->file)
		return 0;
	vmf->entry = 7;
	return vm_normal_page(vmf) ? 4 : 0;
}

static INNER long handle_pte_fault(struct vm_fault *vmf)
{
	if (!vmf->entry) {
		if (vmf->file)
			return do_fault(vmf);
#ifdef LOOP
		for (long i = vmf->flags >> 8; i > 0; i--)
			do_anonymous_page(vmf);
		return 0;
#elif defined(BOTH)
		return do_anonymous_page(vmf) + do_fault(vmf);
#else
		return do_anonymous_page(vmf);
#endif
	}
	if (vmf->entry & 2)
		return do_swap_page(vmf);
	if (vmf->entry & 4)
		return do_numa_page(vmf);
	if (vmf->flags & 1 && vmf->entry & 8)
		return do_wp_page(vmf);
#ifdef OTHER
	if (vmf->entry & 16)
		return do_other(vmf);
#endif
	ptep_set_access_flags(vmf);
	return 0;
}

static INNER long __handle_mm_fault(struct vm_fault *vmf)
{
	return handle_pte_fault(vmf);
}

/**
 * handle_mm_fault() - the outermost function of the dispatcher
 * @vmf: the fault
 *
 * Return: nothing that matters.
 */
long handle_mm_fault(struct vm_fault *vmf)
{
	long ret = __handle_mm_fault(vmf);

#ifdef COLD
	if (vmf->flags & 32)
		vmf->entry = do_report(vmf);
#endif
	vmf->flags = ret;
	return ret;
}
