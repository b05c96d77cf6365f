/* SPDX-License-Identifier: ISC */

/*
 * How a worker that stays is given a task, and how the engine knows that the task is
 * done: a table of functions for each kind of worker.  The functions turn bytes into
 * bytes, and touch no descriptors.
 */
#ifndef ENGINE_FRAMING_H
#define ENGINE_FRAMING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "prun.h"

#define ANSWER_SHOWN 40

/* What has been read of the answer to one task.  All zero: nothing yet. */
struct answer {
	bool complete;
	int status; /* the task's status, when the answer is complete */
	/* "sent ...": how the worker has broken the rules; else NULL. */
	const char *wrong;
	char bytes
	    [ANSWER_SHOWN]; /* the first of a status, or of what is wrong */
	size_t len;
	/* How many bytes of the present line of stdout have come. */
	size_t column;
	/* The present line may still be the one that ends an answer. */
	bool ends;
};

/* Takes those bytes of an answer that are the task's output.  0 or -errno. */
typedef int answer_output_fn(void *arg, const char *data, size_t len);

struct framing {
	const char *name;
	/*
	 * True: the answer is a status, which comes on PRUN_WORKER_FD.  False: it is a
	 * part of stdout.
	 */
	bool has_status;
	/* The end of the process counts as an answer: a task may make the shell exit. */
	bool ends_by_exit;
	/*
	 * Append the task in the form in which it is sent.  0, -ENOMEM, or -EILSEQ when
	 * a task of one line contains a newline.
	 */
	int (*put)(struct buf *out, const char *task, size_t len);
	/*
	 * Only for shells, else NULL: append the program that serves tasks, which runs
	 * init once before.
	 */
	int (*program)(struct buf *out, const char *init);
};

/* The framing of that kind of worker.  NULL: there is no such kind. */
const struct framing *framing_of(enum prun_worker_kind kind);

/* Take bytes that the worker wrote to PRUN_WORKER_FD. */
void answer_take_status(struct answer *a, const char *data, size_t len);

/*
 * Take bytes of the worker's stdout.  If end is NULL, the answer is one line; else it
 * is all lines before one that is equal to end.  The answer goes to output.  0, or
 * -errno of output.
 */
int answer_take_line(struct answer *a, const char *end, const char *data,
    size_t len, answer_output_fn *output, void *arg);

/*
 * The worker has died: bytes that were held back because they might have become end are
 * output.  0, or -errno of output.
 */
int answer_take_death(struct answer *a, const char *end,
    answer_output_fn *output, void *arg);

#endif
