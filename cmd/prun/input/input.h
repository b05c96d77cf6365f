/* SPDX-License-Identifier: ISC */

/*
 * The stream of argument tuples: the sources of the command line, cut into records and
 * columns and combined (cross product, --link, :::+).  This header is the interface of the
 * room, which reads descriptors and knows no command and no process.
 */
#ifndef INPUT_INPUT_H
#define INPUT_INPUT_H

#include <stddef.h>

#include "input/input_options.h"
#include "text/text.h"

struct input;

/*
 *	input_new(&options, &message, &in);
 *	input_names(in, &names, &n);
 *	while ((r = input_next(in, &tuple, &message)) > 0)
 *		...
 *	input_free(in);
 *
 * input_new() copies options, opens every file and reads the headers: it may
 * block in the read function.  Whoever returns -errno sets the message, except
 * for -ECANCELED.
 */
int input_new(const struct input_options *options, struct message *message,
    struct input **inp);
void input_free(struct input *in);

/* The names are lent until input_free(). */
void input_names(const struct input *in, const struct input_name **names,
    size_t *n);

/*
 * Returns 1 and a tuple, which is valid until the next call; 0 at the end; or -errno.  A
 * record that was read is handed out before the next read(2).
 */
int input_next(struct input *in, struct tuple *tuple, struct message *message);

#endif
