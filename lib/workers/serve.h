/* SPDX-License-Identifier: ISC */

/* What the process of a worker does: it reads tasks, calls their functions and answers. */
#ifndef WORKERS_SERVE_H
#define WORKERS_SERVE_H

#include <stdbool.h>

#include "prun.h"

struct slot;

struct serve_opts {
	int (*init)(void **state, void *arg); /* NULL: none */
	void (*fini)(void *state); /* NULL: none */
	void *arg;
	bool timed; /* somebody wants to know since when a task runs */
};

/*
 * Read tasks from the descriptor from and write answers to the descriptor to, until
 * FN_FRAME_END or the end of from.  What the process is to exit with.
 */
int serve(const struct serve_opts *opts, struct slot *slot, int from, int to);

#endif
