/* SPDX-License-Identifier: ISC */

/*
 * Numbers, times, sizes and numbers of jobs, as options take them.
 */
#ifndef OPTIONS_VALUE_H
#define OPTIONS_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/*
 * -j as the user gives it: "8", "0" (all of max), "50%", "+2", "-1", or a file
 * that holds one of these.  cpus: 0 is the machine's.  *slots is at least 1 and
 * at most max.  -errno with a message that names -j; 0 with one (otherwise m is
 * left alone) when max was less than what is wanted.
 */
int jobs_from_spec(const char *spec, unsigned cpus, unsigned max,
    unsigned *slots, struct message *m);

/*
 * --load: in the forms of -j, but it may be broken ("1.5"), and 0 is next to
 * none.  *load is above 0.  -EINVAL with a message.
 */
int load_from_spec(const char *spec, unsigned cpus, double *load,
    struct message *m);

/*
 * Numbers as the options take them: "2s", "1.5m", "1d12h" (seconds when bare);
 * "10", "1k", "1M" (1000 and 1024 to the ...); a whole one between bounds, which
 * may be negative; one as great as can be.  -EINVAL with a message that begins
 * with name.
 */
int duration_parse(const char *name, const char *value, double *seconds,
    struct message *m);
int size_parse(const char *name, const char *value, size_t *size,
    struct message *m);
int number_parse(const char *name, const char *value, long long least,
    long long most, long long *number, struct message *m);
int count_parse(const char *name, const char *value, uint64_t *count,
    struct message *m);

/*
 * -d: append to out the bytes that value stands for.  The escapes in it are
 * C's: a letter, three octal digits, or \x with one or two hexadecimal digits.
 * -errno and a message that begins with name.
 */
int delimiter_parse(const char *name, const char *value, struct bytes *out,
    struct message *m);

#endif
