/* SPDX-License-Identifier: ISC */

/* The way of a task's bytes from a pipe into the mux.  One thread. */
#ifndef OUTPUT_MUX_PIPE_H
#define OUTPUT_MUX_PIPE_H

#include <sys/types.h>

#include "output/mux.h"

/*
 * Read once from fd what the task wrote to stream (1 or 2).  Bytes taken in, 0
 * at the end of file, -EAGAIN when nothing is there, or another -errno.
 */
ssize_t mux_pipe_read(struct mux *mux, struct task_output *o, int stream,
    int fd);

#endif
