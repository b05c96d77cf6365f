/* SPDX-License-Identifier: ISC */

/*
 * The values of options: numbers, times, sizes, numbers of jobs, delimiters.
 */
#ifndef OPTIONS_VALUE_H
#define OPTIONS_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/*
 * -j as the user gives it: "8", "0" (as many as max), "50%", "+2", "-1", or the
 * path of a file that holds one of these.  cpus: how many CPUs there are; 0: ask
 * the machine.  *slots is at least 1 and at most max.  -errno with a message that
 * names -j.  When the user wants more than max: 0 with a warning in m, which is
 * otherwise not touched.
 */
int jobs_from_spec(const char *spec, unsigned cpus, unsigned max,
    unsigned *slots, struct message *m);

/*
 * --load takes the forms of -j, and fractions such as "1.5".  "0" is a load close
 * to 0.  *load is above 0.  -EINVAL with a message.
 */
int load_from_spec(const char *spec, unsigned cpus, double *load,
    struct message *m);

/*
 * duration: "2s", "1.5m", "1d12h"; seconds without a unit.
 * size: "10", "1k" (1000), "1K" (1024), and so on up to p and P.
 * number: an integer between least and most.
 * count: an integer from 0 to UINT64_MAX.
 * All: 0, or -EINVAL with a message that begins with name.
 */
int duration_parse(const char *name, const char *value, double *seconds,
    struct message *m);
int size_parse(const char *name, const char *value, size_t *size,
    struct message *m);
int number_parse(const char *name, const char *value, long long least,
    long long most, long long *number, struct message *m);
int count_parse(const char *name, const char *value, uint64_t *count,
    struct message *m);

/* 0, or -EINVAL with a message that begins with name: an empty path names no file. */
int path_check(const char *name, const char *path, struct message *m);

/*
 * -d: append to out the bytes that value stands for.  The escapes in it are
 * C's: a letter, three octal digits, or \x with one or two hexadecimal digits.
 * -errno and a message that begins with name.
 */
int delimiter_parse(const char *name, const char *value, struct bytes *out,
    struct message *m);

#endif
