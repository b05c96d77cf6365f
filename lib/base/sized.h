/* SPDX-License-Identifier: ISC */

/*
 * What a program and the library hand to each other.
 *
 * Structures begin with their size, so that they can grow at the end: a program may have
 * been compiled with an older or a newer prun.h than the library. Lines of a log go to
 * the function that the program gave (prun_log_fn).
 */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stddef.h>
#include <syslog.h>

/* No structure is ever so large: a size above it was not set. */
#define SIZED_MOST 4096

/* The size of a structure whose last member was this one when it was published. */
#define SIZED_UP_TO(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))

/* -EINVAL: size was not set, or is less than that of the first published structure. */
int sized_check(size_t size, size_t first);

/*
 * Copy the program's structure, which has size bytes, to own, which has own_size; what the
 * program does not have is zero.  -EINVAL as above.  -E2BIG: the program has more than
 * own, and that is not all zero.
 */
int sized_in(void *own, size_t own_size, const void *from, size_t size,
    size_t first);

/*
 * Fill in the program's structure, which has size bytes and was checked, from own, which
 * has own_size; what own does not have becomes zero.
 */
void sized_out(void *to, size_t size, const void *own, size_t own_size);

/* All zero: nobody wants to know. */
struct log {
	void (*fn)(int level, const char *line, void *arg);
	void *arg;
};

/* One line, without its newline; what is longer than half a KiB is cut.  Any thread. */
__attribute__((format(printf, 3, 4))) void log_line(const struct log *log,
    int level, const char *format, ...);

#endif
