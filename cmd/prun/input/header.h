/* SPDX-License-Identifier: ISC */

/*
 * The names that --header gives to positions of the tuple: those in the first record of
 * each source.  Does not know how names are used.
 */
#ifndef INPUT_HEADER_H
#define INPUT_HEADER_H

#include <stddef.h>

#include "input/input_options.h"
#include "input/source_set.h"
#include "text/text.h"

struct header {
	struct input_name *names;
	size_t n;
	struct bytes data; /* the bytes to which the names point */
};

/* Takes the first record of each member.  Returns 0, or -errno with a message. */
int header_read(struct header *h, struct member *members, size_t nmembers,
    struct message *m);

/* --header 0: the sources that are files are named by their paths. */
int header_from_paths(struct header *h, const struct input_options *options,
    struct message *m);
void header_fini(struct header *h);

#endif
