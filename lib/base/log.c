/* SPDX-License-Identifier: ISC */

/* Owns the making of log lines. */
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

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
