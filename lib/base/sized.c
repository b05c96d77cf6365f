/* SPDX-License-Identifier: ISC */

/*
 * Owns the copying between a structure as the program knows it and as the library
 * knows it, and the making of log lines.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sized.h"

static bool
all_zero(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

int
sized_check(size_t size, size_t first)
{
	return size < first || size > SIZED_MOST ? -EINVAL : 0;
}

int
sized_in(void *own, size_t own_size, const void *from, size_t size,
    size_t first)
{
	const size_t shared = size < own_size ? size : own_size;

	if (sized_check(size, first) != 0)
		return -EINVAL;
	if (!all_zero((const char *)from + shared, size - shared))
		return -E2BIG;
	memcpy(own, from, shared);
	memset((char *)own + shared, 0, own_size - shared);
	memcpy(own, &own_size, sizeof(own_size));
	return 0;
}

void
sized_out(void *to, size_t size, const void *own, size_t own_size)
{
	const size_t shared = size < own_size ? size : own_size;

	memcpy(to, own, shared);
	memset((char *)to + shared, 0, size - shared);
	memcpy(to, &size, sizeof(size));
}

void
log_line(const struct log *log, int level, const char *format, ...)
{
	char line[512];
	va_list ap;

	if (log->fn == NULL)
		return;
	va_start(ap, format);
	(void)vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	log->fn(level, line, log->arg);
}
