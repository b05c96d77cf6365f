/* SPDX-License-Identifier: ISC */

/* The paths of the files of a job with --results FOLDER or --results TEMPLATE. */
#ifndef RESULTS_FOLDER_NAMES_H
#define RESULTS_FOLDER_NAMES_H

#include <stddef.h>

#include "text/text.h"

/* The paths of the files of one job; all zero holds none. */
struct folder_files {
	struct bytes out, err, seq; /* NUL-terminated paths */
};

/*
 * Sets the paths to FOLDER/HOST/NAME/VALUE/.../stdout, stderr and seq.  A source without a
 * name has its number as NAME.  If host is empty, HOST is left out.  The n values are tuples
 * of width values (at least 1), one from each source.
 */
int folder_name_by_values(struct folder_files *f, const char *folder,
    struct text host, const struct text *values, size_t n, size_t width,
    const struct text *names, size_t nnames);

/*
 * Sets the paths to PATH, PATH.err and PATH.seq, where PATH is the expanded template.  If it
 * ends in a slash, they are PATH/stdout, PATH/stderr and PATH/seq.
 */
int folder_name_by_template(struct folder_files *f, const char *template,
    struct text expanded);

#endif
