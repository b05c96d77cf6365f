/* SPDX-License-Identifier: ISC */

/* The way of a job's bytes from its pipe into the order.  One thread. */
#ifndef STREAM_READER_H
#define STREAM_READER_H

#include <sys/types.h>

#include "output/mux.h"

/* Bytes: who fills a whole pipe is worth some effort. */
#define READER_BUSY_READ ((ssize_t)64 * 1024)

/*
 * Read once from fd what the job wrote to stream (1 or 2).  Bytes taken in, 0
 * at the end of file, -EAGAIN when nothing is there, or another -errno.
 */
ssize_t reader_read(struct mux *mux, struct task_output *o, int stream, int fd);

#endif
