/* SPDX-License-Identifier: ISC */

/*
 * How a worker that stays is given a task, and how it is known that the task is done: a
 * table of functions for each kind.  Bytes in, bytes out: no descriptors.
 */
#ifndef ENGINE_FRAMING_H
#define ENGINE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "prun.h"

#define ANSWER_SHOWN 40

/* What has come of the answer to one task.  All zero: nothing. */
struct answer {
	bool complete;
	int status; /* of the task, when it is complete */
	const char *wrong; /* "sent ...": the worker has broken the rules */
	char bytes
	    [ANSWER_SHOWN]; /* the first of a status, or of what is wrong */
	size_t len;
	size_t column; /* bytes of the present line of stdout */
	bool ends; /* so far the line is what ends an answer */
};

/* Takes bytes of an answer that are output.  0 or -errno. */
typedef int answer_output_fn(void *arg, const char *data, size_t len);

struct framing {
	const char *name;
	/* The answer is a status on PRUN_WORKER_FD; else a part of stdout. */
	bool has_status;
	/* The end of the process is an answer: a shell that exits. */
	bool ends_by_exit;
	/* Append the task, as it is sent.  0, -ENOMEM, or -EILSEQ: it has a newline. */
	int (*put)(struct buf *out, const char *task, size_t len);
	/* Shells: the program that serves tasks, with init run once before; else NULL. */
	int (*program)(struct buf *out, const char *init);
};

/* NULL: there is no such kind. */
const struct framing *framing_of(enum prun_worker_kind kind);

/* Bytes of descriptor PRUN_WORKER_FD. */
void answer_take_status(struct answer *a, const char *data, size_t len);

/*
 * Bytes of stdout.  The answer is one line; or, with end, all lines before one that is
 * equal to end.  Those go to output.  0, or -errno of output.
 */
int answer_take_line(struct answer *a, const char *end, const char *data,
    size_t len, answer_output_fn *output, void *arg);

/* No more bytes come: what might have become end is output. */
int answer_take_death(struct answer *a, const char *end,
    answer_output_fn *output, void *arg);

#endif
