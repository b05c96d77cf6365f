/* SPDX-License-Identifier: ISC */

/*
 * The messages between the owner of workers and one of its workers: a header, then data.
 * Each begins at a multiple of FN_FRAME_ALIGN bytes of its pipe, so that data may be any C
 * structure.
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
	/* To the worker. */
	FN_FRAME_TASK = 1,
	FN_FRAME_REOPEN, /* what was sent before and is not begun does not count */
	FN_FRAME_END, /* no more will come */
	/* From the worker. */
	FN_FRAME_READY, /* status is what init has returned */
	FN_FRAME_REPLY,
	FN_FRAME_REOPENED, /* the answer to FN_FRAME_REOPEN */
};

struct fn_frame {
	uint64_t number; /* of the task, among those of this worker: from 1 */
	uint64_t length; /* of the data; what pads it is not counted */
	prun_task_fn *fn;
	int32_t status; /* what fn or init has returned */
	uint16_t kind;
	uint16_t last; /* of the tasks that were sent together: answer now */
};

_Static_assert(sizeof(struct fn_frame) % FN_FRAME_ALIGN == 0,
    "data is aligned");

/* How many bytes the data takes in the pipe. */
static inline size_t
fn_frame_padded(size_t length)
{
	return (length + FN_FRAME_ALIGN - 1) & ~(size_t)(FN_FRAME_ALIGN - 1);
}

/* All zero: nothing was read. */
struct fn_frame_reader {
	struct buf in;
	size_t at; /* where the next frame begins */
};

/*
 * The next frame, if all of it has been read; data is lent until the next
 * fn_frame_reader_fill().  1: here it is; 0: more must be read; -EPROTO: this is no frame.
 */
int fn_frame_next(struct fn_frame_reader *r, struct fn_frame *frame,
    const char **data);

/* Bytes that are there already, instead of those of a descriptor.  0 or -ENOMEM. */
int fn_frame_reader_add(struct fn_frame_reader *r, const void *data,
    size_t len);

/* Read once.  How many bytes, 0 at the end, or -errno (-EAGAIN, -ENOMEM). */
ssize_t fn_frame_reader_fill(struct fn_frame_reader *r, int fd);

/* Forget what was read. */
void fn_frame_reader_clear(struct fn_frame_reader *r);
void fn_frame_reader_fini(struct fn_frame_reader *r);

#endif
