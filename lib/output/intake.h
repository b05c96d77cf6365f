/* SPDX-License-Identifier: ISC */

/* The way of a job's bytes from its pipe into the order.  One thread. */
#ifndef OUTPUT_INTAKE_H
#define OUTPUT_INTAKE_H

#include <sys/types.h>

#include "output/order.h"

/* Bytes: who fills a whole pipe is worth some effort. */
#define INTAKE_BUSY_READ ((ssize_t)64 * 1024)

/*
 * Read once from fd what the job wrote to stream (1 or 2).  Bytes taken in, 0
 * at the end of file, -EAGAIN when nothing is there, or another -errno.
 */
ssize_t intake_read(struct order *order, struct outlet *o, int stream, int fd);

#endif
