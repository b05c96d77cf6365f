/* SPDX-License-Identifier: ISC */

/* Lines for whoever wants to know what an object does: see prun_log_fn. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <syslog.h>

/* All zero: nobody wants to know. */
struct log {
	void (*fn)(int level, const char *line, void *arg);
	void *arg;
};

/* One line, without its newline; what is longer than half a KiB is cut.  Any thread. */
__attribute__((format(printf, 3, 4))) void log_line(const struct log *log,
    int level, const char *format, ...);

#endif
