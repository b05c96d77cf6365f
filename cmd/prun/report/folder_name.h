/* SPDX-License-Identifier: ISC */

/*
 * The paths of what --results FOLDER and --results TEMPLATE keep of a job, made
 * safe: no value leads out of the folder.  Pure.
 */
#ifndef REPORT_FOLDER_NAME_H
#define REPORT_FOLDER_NAME_H

#include <stddef.h>

#include "text/text.h"

/* The files of one job; all zero holds none. */
struct folder_files {
	struct bytes out, err, seq; /* NUL-terminated paths */
};

/*
 * FOLDER/NAME/VALUE/.../stdout and its kin; names that are missing are numbers.
 * Of the n values each width (at least 1) are one from each source.
 */
int folder_name_by_values(struct folder_files *f, const char *folder,
    const struct text *values, size_t n, size_t width, const struct text *names,
    size_t nnames);

/*
 * From the template as given and as expanded: PATH, PATH.err and PATH.seq, or
 * PATH/stdout and so on when it ends in a slash.
 */
int folder_name_by_template(struct folder_files *f, const char *template,
    struct text expanded);

#endif
