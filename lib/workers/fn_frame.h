/* SPDX-License-Identifier: ISC */

/*
 * The messages between the owner of workers and one of its workers: each is a header
 * and its data.  A message begins at a multiple of FN_FRAME_ALIGN bytes of its pipe, so
 * that the data may be any C structure.
 */
#ifndef WORKERS_FN_FRAME_H
#define WORKERS_FN_FRAME_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "prun.h"

#define FN_FRAME_ALIGN 16

enum fn_frame_kind {
	/* From the owner to the worker. */
	FN_FRAME_TASK = 1,
	/* Tasks that were sent before and are not begun are taken back. */
	FN_FRAME_REOPEN,
	FN_FRAME_END, /* no more tasks come */
	/* From the worker to the owner. */
	FN_FRAME_READY, /* status is what init returned */
	FN_FRAME_REPLY,
	FN_FRAME_REOPENED, /* the answer to FN_FRAME_REOPEN */
};

struct fn_frame {
	/* The number of the task, counted from 1 for each worker. */
	uint64_t number;
	uint64_t length; /* bytes of the data, without the padding */
	prun_task_fn *fn;
	int32_t status; /* what fn or init returned */
	uint16_t kind;
	/*
	 * The last of the tasks that were sent together: the worker sends all its
	 * answers then.
	 */
	uint16_t last;
};

_Static_assert(sizeof(struct fn_frame) % FN_FRAME_ALIGN == 0,
    "data is aligned");

/* How many bytes the data takes in the pipe, with its padding. */
static inline size_t
fn_frame_padded(size_t length)
{
	return (length + FN_FRAME_ALIGN - 1) & ~(size_t)(FN_FRAME_ALIGN - 1);
}

/* Bytes that were read, and are cut into frames.  All zero: nothing was read. */
struct fn_frame_reader {
	struct buf in;
	size_t at; /* where the next frame begins */
};

/*
 * The next frame, if all of it has been read; data is lent until the next
 * fn_frame_reader_fill().  1: there is one.  0: more must be read.  -EPROTO: the bytes
 * are no frame.
 */
int fn_frame_next(struct fn_frame_reader *r, struct fn_frame *frame,
    const char **data);

/* Add bytes that do not come from a descriptor.  0 or -ENOMEM. */
int fn_frame_reader_add(struct fn_frame_reader *r, const void *data,
    size_t len);

/* Read once from fd.  How many bytes, 0 at the end, or -errno (-EAGAIN, -ENOMEM). */
ssize_t fn_frame_reader_fill(struct fn_frame_reader *r, int fd);

/* Forget all bytes that were read. */
void fn_frame_reader_clear(struct fn_frame_reader *r);
void fn_frame_reader_fini(struct fn_frame_reader *r);

#endif
