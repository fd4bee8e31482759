// SPDX-License-Identifier: GPL-2.0
/*
 * What of the shim is neither a macro nor inline.
 */
#include <stdarg.h>
#include <compat/compat.h>

unsigned int shim_cpu;
unsigned long jiffies = -300UL * HZ;
static struct task_struct shim_init_task = { .tgid = 42 };
struct task_struct *current = &shim_init_task;
struct cgroup shim_cgroup = { .path = "/" };
int shim_cgroup_references;

int kstrtoul(const char *s, unsigned int base, unsigned long *out)
{
	char *end;

	if (*s == '+')
		s++;
	/* Unlike the kernel's, the C library's takes space and signs. */
	if (!isxdigit(*s))
		return -EINVAL;
	errno = 0;
	*out = strtoul(s, &end, base);
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;
	return -errno;
}

int kstrtoint(const char *s, unsigned int base, int *out)
{
	bool minus = *s == '-';
	unsigned long value;
	int err = kstrtoul(s + minus, base, &value);

	if (err)
		return err;
	if (value > (unsigned long)INT_MAX + minus)
		return -ERANGE;
	*out = minus ? -value : value;
	return 0;
}

bool memchr_inv(const void *p, int c, size_t size)
{
	const unsigned char *byte = p;

	while (size--)
		if (*byte++ != (unsigned char)c)
			return true;
	return false;
}

char *strim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace(end[-1]))
		*--end = '\0';
	while (isspace(*s))
		s++;
	return s;
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	snprintf(to, size, "%s", from);
	return strlen(to);
}

void seq_printf(struct seq_file *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->count += vsnprintf(m->buf + m->count, m->size - m->count, format, args);
	va_end(args);
}
