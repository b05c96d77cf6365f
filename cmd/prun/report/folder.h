/* SPDX-License-Identifier: ISC */

/*
 * --results FOLDER and --results TEMPLATE: where the output of a job is kept.
 * Paths are made here, and made safe: no value leads out of the folder.
 */
#ifndef REPORT_FOLDER_H
#define REPORT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

/* The files of one job; all zero holds none. */
struct folder_files {
	struct bytes out, err, seq; /* NUL-terminated paths */
};

void folder_files_fini(struct folder_files *f);

/*
 * FOLDER/NAME/VALUE/.../stdout and its kin; names that are missing are numbers.
 * n values, of which each width (at least 1) are one from each source.
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

/*
 * mkdir -p of what stands before the last slash; path is given back as it was.
 * 0 or -errno.
 */
int folder_make_parents(char *path);

/*
 * Make the folders and open both files for writing, empty.  Descriptors are
 * the caller's.  0 or -errno.
 */
int folder_open(const struct folder_files *f, int *out, int *err);

/* The job has ended: the number is the sign of it.  0 or -errno. */
int folder_finish(const struct folder_files *f, uint64_t seq);

/* Has an earlier run finished this one? */
bool folder_is_finished(const struct folder_files *f);

#endif
