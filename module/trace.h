/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pfclass:fault for every completed fault, and the same event again under the
 * name of each founding class, for engines that count or record one kind.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pfclass

#if !defined(PFC_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define PFC_TRACE_H

#include <linux/tracepoint.h>
#include <compat/compat.h>
#include "classify.h"
#include "frames.h"

/* Registering the first user of an event turns the one static branch on. */
int pfc_event_on(void);
void pfc_event_off(void);

/* perf and trace-cmd read the print format: they want numbers in it. */
#define PFC_X(id, ...) TRACE_DEFINE_ENUM(PFC_##id);
PFC_CLASSES(PFC_X)
PFC_REFINEMENTS(PFC_X)
PFC_ACCESSES(PFC_X)
PFC_ORIGINS(PFC_X)
#undef PFC_X
#ifndef __CHECKER__ /* for which VM_FAULT_* are no numbers */
#define PFC_X(name) TRACE_DEFINE_ENUM(VM_FAULT_##name);
PFC_COMPAT_FAULT_RESULTS(PFC_X)
#undef PFC_X
#endif

#ifndef PFC_TRACE_SYMBOLS
#define PFC_TRACE_SYMBOLS
#define PFC_TRACE_CLASS(id, key, where)		{ PFC_##id, key },
#define PFC_TRACE_REFINEMENT(id, class, key, meaning) { PFC_##id, key },
/* sparse knows VM_FAULT_* as a type of its own; in a print format a cast would show. */
#ifdef __CHECKER__
#define PFC_TRACE_RESULT(name)
#else
#define PFC_TRACE_RESULT(name)			{ VM_FAULT_##name, #name },
#endif
#endif

DECLARE_EVENT_CLASS(pfc_fault,
	TP_PROTO(enum pfc_class class, unsigned int refinement,
		 const struct pfc_frame *frame, u64 ns),
	TP_ARGS(class, refinement, frame, ns),
	TP_STRUCT__entry(
		__field(unsigned long,	address)
		__field(unsigned long,	pc)
		__field(u64,		ns)
		__field(u32,		ret)
		__field(pid_t,		tgid)
		__field(u8,		class)
		__field(u8,		refinement)
		__field(u8,		access)
		__field(u8,		origin)
	),
	TP_fast_assign(
		__entry->address	= frame->address;
		__entry->pc		= frame->pc;
		__entry->ns		= ns;
		__entry->ret		= (__force u32)frame->facts.ret;
		__entry->tgid		= pfc_compat_mm_tgid(frame->mm);
		__entry->class		= class;
		__entry->refinement	= refinement;
		__entry->access		= pfc_classify_access(&frame->facts);
		__entry->origin		= pfc_classify_origin(&frame->facts);
	),
	TP_printk("class=%s refinement=%s address=0x%lx pc=0x%lx access=%s origin=%s ret=%s%s ns=%llu tgid=%d",
		  __print_symbolic(__entry->class,
				   PFC_CLASSES(PFC_TRACE_CLASS) { 255, "?" }),
		  __print_symbolic(__entry->refinement,
				   PFC_REFINEMENTS(PFC_TRACE_REFINEMENT) { 255, "-" }),
		  __entry->address, __entry->pc,
		  __print_symbolic(__entry->access,
				   { PFC_READ, "read" }, { PFC_WRITE, "write" },
				   { PFC_EXEC, "exec" }),
		  __print_symbolic(__entry->origin,
				   { PFC_USER, "user" }, { PFC_KERNEL, "kernel" },
				   { PFC_GUP, "gup" }),
		  /* Of 0 __print_flags() makes nothing. */
		  __entry->ret ? "" : "0",
		  __print_flags(__entry->ret, "|",
				PFC_COMPAT_FAULT_RESULTS(PFC_TRACE_RESULT) { 0, "" }),
		  __entry->ns, __entry->tgid)
);

#define PFC_TRACE_EVENT(name)							\
DEFINE_EVENT_FN(pfc_fault, name,						\
	TP_PROTO(enum pfc_class class, unsigned int refinement,			\
		 const struct pfc_frame *frame, u64 ns),			\
	TP_ARGS(class, refinement, frame, ns),					\
	pfc_event_on, pfc_event_off)

PFC_TRACE_EVENT(fault);
PFC_TRACE_EVENT(anon);
PFC_TRACE_EVENT(wp);
PFC_TRACE_EVENT(swap);
PFC_TRACE_EVENT(numa);
PFC_TRACE_EVENT(af);

#endif /* PFC_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
