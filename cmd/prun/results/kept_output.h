/* SPDX-License-Identifier: ISC */

/*
 * What a job has written to one stream, kept until it is wanted: in memory at first, and in
 * an unlinked file when it becomes long.  Knows no rows and no sinks.
 */
#ifndef RESULTS_KEPT_OUTPUT_H
#define RESULTS_KEPT_OUTPUT_H

#include <stdbool.h>

#include "text/text.h"

/* All zero: nothing is kept. */
struct kept_output {
	struct bytes memory;
	int fd; /* of the file that has what was in memory before */
	bool has_file;
};

typedef int kept_output_fn(void *arg, struct text piece);

/* folder is that of the file.  0 or -errno. */
int kept_output_add(struct kept_output *k, struct text bytes,
    const char *folder);

/* Gives all bytes to fn, in pieces, until it returns an error, which is returned. */
int kept_output_read(const struct kept_output *k, kept_output_fn *fn,
    void *arg);

/* Forgets the bytes.  Memory of the usual size stays for what comes next. */
void kept_output_clear(struct kept_output *k);
void kept_output_fini(struct kept_output *k);

#endif
