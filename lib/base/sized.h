/* SPDX-License-Identifier: ISC */

/*
 * Structures and log lines that a program and the library hand to each other.
 *
 * Such a structure begins with its size, so that members can be added at its end: a
 * program may have been compiled with an older or a newer prun.h than the library.
 * Lines of a log go to the function that the program gave (prun_log_fn).
 */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stddef.h>
#include <syslog.h>

/* No structure is ever so large: if size is larger, the program has not set it. */
#define SIZED_MOST 4096

/* The size of a structure that ended with this member when it was first published. */
#define SIZED_UP_TO(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))

/* 0; -EINVAL: size was not set, or is less than first, the size that was published first. */
int sized_check(size_t size, size_t first);

/*
 * Copy the program's structure, which has size bytes, to own, which has own_size
 * bytes.  Members that the program does not have become zero.  0; -EINVAL as above;
 * -E2BIG: the program has more members than own, and they are not all zero.
 */
int sized_in(void *own, size_t own_size, const void *from, size_t size,
    size_t first);

/*
 * Copy own, which has own_size bytes, to the program's structure, which has size
 * bytes and was checked.  Members that own does not have become zero.
 */
void sized_out(void *to, size_t size, const void *own, size_t own_size);

/* All zero: no lines are wanted. */
struct log {
	void (*fn)(int level, const char *line, void *arg);
	void *arg;
};

/*
 * Give the program one line, without a newline.  A line of more than half a KiB is
 * cut.  Any thread.
 */
__attribute__((format(printf, 3, 4))) void log_line(const struct log *log,
    int level, const char *format, ...);

#endif
