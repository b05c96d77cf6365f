/* SPDX-License-Identifier: ISC */

/*
 * Parses the values of options: numbers, times, sizes, numbers of jobs, delimiters.
 */
#ifndef OPTIONS_VALUE_H
#define OPTIONS_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/*
 * Parses the value of -j: "8", "0" (as many as max), "50%", "+2", "-1", or the path of a
 * file that holds one of these.  cpus is the number of CPUs; 0: the machine is asked.  Sets
 * *slots, which is at least 1 and at most max.  -errno with a message that names -j.  0: m
 * is not changed, unless the user wants more than max: then it is a warning.
 */
int jobs_from_spec(const char *spec, unsigned cpus, unsigned max,
    unsigned *slots, struct message *m);

/*
 * Parses the value of --load, which has the forms of -j, and may be a fraction such as
 * "1.5".  *load becomes a number above 0; for "0" it is close to 0.  -EINVAL with a message.
 */
int load_from_spec(const char *spec, unsigned cpus, double *load,
    struct message *m);

/*
 * duration: "2s", "1.5m", "1d12h"; a number without a unit means seconds.
 * size: "10", "1k" (1000), "1K" (1024), and so on up to p and P.
 * number: an integer from least to most.
 * count: an integer from 0 to UINT64_MAX.
 * All of them return 0, or -EINVAL with a message that begins with name.
 */
int duration_parse(const char *name, const char *value, double *seconds,
    struct message *m);
int size_parse(const char *name, const char *value, size_t *size,
    struct message *m);
int number_parse(const char *name, const char *value, long long least,
    long long most, long long *number, struct message *m);
int count_parse(const char *name, const char *value, uint64_t *count,
    struct message *m);

/* Refuses an empty path.  0, or -EINVAL with a message that begins with name. */
int path_check(const char *name, const char *path, struct message *m);

/*
 * Append to out the bytes for which the value of -d stands.  It may hold escapes of C: a
 * letter, three octal digits, or \x with one or two hexadecimal digits.  0, or -errno
 * and a message that begins with name.
 */
int delimiter_parse(const char *name, const char *value, struct bytes *out,
    struct message *m);

#endif
