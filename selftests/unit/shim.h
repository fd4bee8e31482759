/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as module/'s pure parts need to be compiled for this machine. The
 * headers beside this one carry the kernel's names and include it.
 */
#ifndef PFC_SHIM_H
#define PFC_SHIM_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <tests/values.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef int32_t s32;
typedef unsigned long long u64;
typedef long long s64;
typedef u32 __le32;
typedef unsigned int vm_fault_t;

/* ---- the compiler ---------------------------------------------------------- */

#undef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#define __aligned(n)		__attribute__((aligned(n)))
#define ____cacheline_aligned	__attribute__((aligned(64)))
#define __force
#define __percpu
#define __rcu
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT(n)			(1UL << (n))
#define IS_ENABLED(option)	0
#define NOKPROBE_SYMBOL(name)	_Static_assert(sizeof(&name), "")
#define MODULE_LICENSE(text)	_Static_assert(sizeof(text), "")
#define MODULE_DESCRIPTION(text) _Static_assert(sizeof(text), "")
#define static_assert		_Static_assert
#define __stringify_(x)		#x
#define __stringify(x)		__stringify_(x)

#define data_race(x)		(x)	/* nobody looks for any here */
#define kcsan_disable_current()	do { } while (0)
#define kcsan_enable_current()	do { } while (0)
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile __typeof__(x) *)&(x) = (value))

/* ---- constants ------------------------------------------------------------- */

enum {
#define PFC_X(name, value) name = value,
	PFC_TESTS_VALUES(PFC_X)
	PFC_TESTS_VALUES_ARM64(PFC_X)
#undef PFC_X
	VM_FAULT_WRITE = PFC_TESTS_VM_FAULT_WRITE,
	VM_FAULT_COMPLETED = PFC_TESTS_VM_FAULT_COMPLETED,
};

#define KERNEL_VERSION(a, b, c)	(((a) << 16) + ((b) << 8) + (c))
#ifndef LINUX_VERSION_CODE
#define LINUX_VERSION_CODE	KERNEL_VERSION(6, 12, 0)
#endif

#define HZ			250
#define THREAD_SIZE		16384UL
#define PAGE_SIZE		4096UL
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PTR_ALIGN(p, a)								\
	((__typeof__(p))(((unsigned long)(p) + (a) - 1) & -(unsigned long)(a)))
#define GOLDEN_RATIO_32		0x61C88647
#define GOLDEN_RATIO_64		0x61C8864680B583EBull

#define OPTIMIZER_HIDE_VAR(var)	((void)(var))
#define GFP_KERNEL		0
#define __GFP_NOFAIL		0

/* ---- bits and numbers ------------------------------------------------------ */

#define min(a, b)		((a) < (b) ? (a) : (b))
#define __ffs(x)		((unsigned int)__builtin_ctzl(x))
#define __fls(x)		(63 - (unsigned int)__builtin_clzl(x))
#define ilog2(x)		((int)__fls(x))
#define is_power_of_2(x)	((x) && !((x) & ((x) - 1)))
#define roundup_pow_of_two(x)	((x) <= 1 ? 1UL : 2UL << __fls((x) - 1UL))
#define swap(a, b) do { __typeof__(a) old = a; a = b; b = old; } while (0)
#define array_size(a, b)	((size_t)(a) * (b))
#define le32_to_cpu(x)		(x)

#define hash_64(value, bits)	((u32)((u64)(value) * GOLDEN_RATIO_64 >> (64 - (bits))))
#define reciprocal_scale(value, end) ((u32)((u64)(value) * (end) >> 32))

static inline s64 sign_extend64(u64 value, int index)
{
	return (s64)(value << (63 - index)) >> (63 - index);
}

int kstrtoul(const char *s, unsigned int base, unsigned long *out);
int kstrtoint(const char *s, unsigned int base, int *out);
int kstrtouint(const char *s, unsigned int base, unsigned int *out);

/* ---- memory ---------------------------------------------------------------- */

#define kzalloc(size, gfp)	calloc(1, size)
#define kmalloc(size, gfp)	malloc(size)
#define vzalloc(size)		shim_vzalloc(size)
#define kcalloc(n, size, gfp)	calloc(n, size)
#define kvcalloc(n, size, gfp)	calloc(n, size)
#define kfree			free
#define vfree			free
#define kvfree			free

static inline void *shim_vzalloc(size_t size)
{
	size = (size + 4095) & ~4095UL;
	return memset(aligned_alloc(4096, size), 0, size);
}

bool memchr_inv(const void *p, int c, size_t size);
char *skip_spaces(const char *s);
char *strim(char *s);
ssize_t strscpy(char *to, const char *from, size_t size);

#define IS_ERR(p)		((unsigned long)(p) >= -4095UL)
#define ERR_PTR(error)		((void *)(long)(error))
#define PTR_ERR(p)		((long)(p))
#define ERR_CAST(p)		((void *)(p))

/* ---- atomics, which one thread can have cheaply ---------------------------- */

typedef struct {
	int counter;
} atomic_t;

#define atomic_read(a)		READ_ONCE((a)->counter)
#define atomic_inc(a)		((void)__atomic_add_fetch(&(a)->counter, 1, __ATOMIC_SEQ_CST))
#define atomic_dec(a)		((void)__atomic_sub_fetch(&(a)->counter, 1, __ATOMIC_SEQ_CST))
#define set_bit(i, p)		((void)__atomic_or_fetch(p, 1UL << (i), __ATOMIC_RELAXED))
#define clear_bit(i, p)		((void)__atomic_and_fetch(p, ~(1UL << (i)), __ATOMIC_RELAXED))
#define test_bit(i, p)		(READ_ONCE(*(p)) >> (i) & 1)
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define cmpxchg_acquire		cmpxchg
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define cpu_relax()		((void)0)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)

/* ---- static keys, locks, RCU ----------------------------------------------- */

struct static_key_false {
	int on;
};

#define DEFINE_STATIC_KEY_FALSE(name)	struct static_key_false name
#define DECLARE_STATIC_KEY_FALSE(name)	extern struct static_key_false name
#define static_branch_unlikely(key)	((key)->on)
#define static_key_enabled(key)		((key)->on != 0)
#define static_branch_enable(key)	((void)((key)->on = 1))
#define static_branch_disable(key)	((void)((key)->on = 0))
#define static_branch_inc(key)		((void)(key)->on++)
#define static_branch_dec(key)		((void)(key)->on--)

#define BUILD_BUG_ON(condition)		_Static_assert(!(condition), #condition)

struct mutex {
	int held;
};

#define DEFINE_MUTEX(name)		struct mutex name
#define mutex_lock(lock)		((void)((lock)->held = 1))
#define mutex_unlock(lock)		((void)((lock)->held = 0))
#define lockdep_is_held(lock)		((lock)->held)
#define lockdep_assert_held(lock)	((void)0)
#define preempt_disable()		((void)0)
#define preempt_enable()		((void)0)
#define rcu_read_lock()			((void)0)
#define rcu_read_unlock()		((void)0)
#define synchronize_rcu()		((void)0)
#define RCU_INITIALIZER(p)		(p)
#define rcu_dereference(p)		(p)
#define rcu_dereference_sched(p)	(p)
#define rcu_dereference_protected(p, condition) ((void)(condition), (p))
#define rcu_assign_pointer(p, value)	((p) = (value))
#define RCU_INIT_POINTER(p, value)	((p) = (value))

/* ---- CPUs ------------------------------------------------------------------ */

#define nr_cpu_ids		4u
#define SHIM_CPU_SIZE		32768
extern unsigned int shim_cpu;	/* the one that we are on */

#define for_each_possible_cpu(cpu) for ((cpu) = 0; (cpu) < nr_cpu_ids; (cpu)++)
#define per_cpu_ptr(p, cpu)	((__typeof__(p))((char *)(p) + (size_t)(cpu) * SHIM_CPU_SIZE))
#define alloc_percpu(type) ({							\
	_Static_assert(sizeof(type) <= SHIM_CPU_SIZE, "");			\
	(type *)calloc(nr_cpu_ids, SHIM_CPU_SIZE);				\
})
#define free_percpu		free
#define DECLARE_PER_CPU(type, name) extern type name
#define DEFINE_PER_CPU(type, name)						\
	char shim_##name[nr_cpu_ids * SHIM_CPU_SIZE] __aligned(64);		\
	extern type name __attribute__((alias("shim_" #name)))
#define raw_cpu_ptr(p)		per_cpu_ptr(p, shim_cpu)
#define smp_processor_id()	shim_cpu
#define cpus_read_lock()	((void)0)
#define cpus_read_unlock()	((void)0)

static inline int smp_call_on_cpu(unsigned int cpu, int (*func)(void *), void *arg, bool phys)
{
	unsigned int was = shim_cpu, err;

	shim_cpu = cpu;
	err = func(arg);
	shim_cpu = was;
	return err;
}

#define raw_cpu_add(x, value)	((*per_cpu_ptr(&(x), shim_cpu)) += (value))

/* ---- work, which nobody does ------------------------------------------------ */

struct work_struct {
	int unused;
};

struct delayed_work {
	struct work_struct work;
	void (*func)(struct work_struct *work);
};

#define DECLARE_DELAYED_WORK(name, f)	struct delayed_work name = { .func = (f) }
#define to_delayed_work(w)		((struct delayed_work *)(w))
#define schedule_delayed_work(w, delay)	((void)(w))
#define cancel_delayed_work_sync(w)	((void)(w))

/* ---- tasks and time -------------------------------------------------------- */

#define TASK_COMM_LEN		16

struct task_struct {
	pid_t tgid;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	u64 start_time;
	/* Of arm64, and of x86. */
	struct {
		unsigned long fault_code;
		unsigned long trap_nr;
		unsigned long error_code;
	} thread;
};

extern struct task_struct *current;
extern unsigned long jiffies;

/* ---- files and the log ----------------------------------------------------- */

struct seq_file {
	char *buf;
	size_t size;
	size_t count;
};

void seq_printf(struct seq_file *m, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
#define scnprintf		snprintf
#define seq_puts(m, text)	seq_printf(m, "%s", text)
#define seq_escape(m, text, which) seq_puts(m, text)
#define seq_putc(m, c)		seq_printf(m, "%c", c)

/* Why a test's filter is refused is the test's business. */
#define pr_notice(...)		((void)(0 && printf(__VA_ARGS__)))

/* ---- machines -------------------------------------------------------------- */

typedef struct {
	unsigned long pte;
} pte_t;

#define pte_val(x)		((x).pte)
#define __pte(x)		((pte_t){ x })

typedef u32 kprobe_opcode_t;

#define KPROBE_FLAG_DISABLED	2
#define KSYM_SYMBOL_LEN		512

struct kprobe {
	void *addr;
	const char *symbol_name;
	unsigned int offset;
	kprobe_opcode_t opcode;
	u32 flags;
	bool ftrace;
};

#define kprobe_ftrace(kp)	((kp)->ftrace)

static inline int copy_from_kernel_nofault(void *to, const void *from, size_t size)
{
	if (!from)
		return -EFAULT;
	memcpy(to, from, size);
	return 0;
}

#endif /* PFC_SHIM_H */
