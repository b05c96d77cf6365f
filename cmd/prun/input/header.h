/* SPDX-License-Identifier: ISC */

/*
 * The names that --header gives to positions of the tuple: the first record of
 * each source.  The room knows nothing of how names are used.
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
	struct bytes data; /* what the names point into */
};

/* Takes the first record of every member.  -errno and a message. */
int header_read(struct header *h, struct member *members, size_t nmembers,
    struct message *m);

/* --header 0: the paths of the sources that are files. */
int header_from_paths(struct header *h, const struct input_options *options,
    struct message *m);
void header_fini(struct header *h);

#endif
