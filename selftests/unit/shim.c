// SPDX-License-Identifier: GPL-2.0
/*
 * What of the shim is neither a macro nor inline.
 */
#include <stdarg.h>
#include <compat/compat.h>

unsigned int shim_cpu;
unsigned long jiffies = -300UL * HZ;
static struct task_struct shim_init_task = { .tgid = 42, .pid = 43 };
struct task_struct *current = &shim_init_task;
struct cgroup shim_cgroup = { .path = "/", .self.flags = CSS_NO_REF | CSS_ONLINE };
int shim_cgroup_references;

/**
 * kstrtoul() - as the kernel's
 * @s: a number and nothing else, but for a newline
 * @base: of the number; 0: by its prefix
 * @out: gets the number
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
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

/**
 * kstrtoint() - as the kernel's
 * @s: a number, perhaps with a minus
 * @base: as for kstrtoul()
 * @out: gets the number
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
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

/**
 * kstrtouint() - as the kernel's
 * @s: a number
 * @base: as for kstrtoul()
 * @out: gets the number
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int kstrtouint(const char *s, unsigned int base, unsigned int *out)
{
	unsigned long value;
	int err = kstrtoul(s, base, &value);

	if (err)
		return err;
	if (value > UINT_MAX)
		return -ERANGE;
	*out = value;
	return 0;
}

/**
 * memchr_inv() - as the kernel's, but for what it returns
 * @p: some bytes
 * @c: what they should be
 * @size: how many there are
 *
 * Return: true if one of them is another.
 */
bool memchr_inv(const void *p, int c, size_t size)
{
	const unsigned char *byte = p;

	while (size--)
		if (*byte++ != (unsigned char)c)
			return true;
	return false;
}

/**
 * skip_spaces() - as the kernel's
 * @s: a string
 *
 * Return: its first character that is no space.
 */
char *skip_spaces(const char *s)
{
	while (isspace(*s))
		s++;
	return (char *)s;
}

/**
 * strim() - as the kernel's
 * @s: a string, which is cut at its end
 *
 * Return: its first character that is no space.
 */
char *strim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace(end[-1]))
		*--end = '\0';
	return skip_spaces(s);
}

/**
 * strscpy() - as the kernel's, but for what it returns of a string that was cut
 * @to: gets the string
 * @from: the string
 * @size: of @to
 *
 * Return: the length of what was copied.
 */
ssize_t strscpy(char *to, const char *from, size_t size)
{
	snprintf(to, size, "%s", from);
	return strlen(to);
}

/**
 * seq_printf() - as the kernel's, to a buffer that is large enough
 * @m: the buffer
 * @format: as for printf()
 */
void seq_printf(struct seq_file *m, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	m->count += vsnprintf(m->buf + m->count, m->size - m->count, format, args);
	va_end(args);
}
