/* SPDX-License-Identifier: ISC */

/*
 * Keeps bytes until they are written somewhere: what a job has printed, or the text of a
 * report.  They are in memory at first, and in an unlinked file when there are many.
 */
#ifndef TEXT_KEPT_OUTPUT_H
#define TEXT_KEPT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "text/text.h"

/* All zero: nothing is kept. */
struct kept_output {
	/* The last of them; call kept_output_settle() after you have added some here. */
	struct bytes memory;
	int fd; /* of the file that has those before */
	bool has_file;
	uint64_t filed; /* bytes in the file */
};

typedef int kept_output_fn(void *arg, struct text piece);

/*
 * Moves the bytes into the file if they are too many for memory.  folder: where the file is
 * made.  kept_output_add() adds bytes first.  0 or -errno.
 */
int kept_output_settle(struct kept_output *k, const char *folder);
int kept_output_add(struct kept_output *k, struct text bytes,
    const char *folder);

uint64_t kept_output_length(const struct kept_output *k);

/* Writes all bytes to fd.  0 or -errno. */
int kept_output_put(const struct kept_output *k, int fd);

/* Gives all bytes to fn, in pieces, until it returns an error, which is returned. */
int kept_output_read(const struct kept_output *k, kept_output_fn *fn,
    void *arg);

/* Forgets the bytes.  Memory of the usual size stays for what comes next. */
void kept_output_clear(struct kept_output *k);
void kept_output_fini(struct kept_output *k);

#endif
