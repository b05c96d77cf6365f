/* SPDX-License-Identifier: ISC */

/*
 * Tuples gathered into the input of one job each: one tuple, -n, -N, -L, or as
 * many as fit (-X, -m, --xargs, -s), spread evenly over the slots at the end.
 * It does not know how a command looks, only what a value adds to its length.
 */
#ifndef INPUT_BATCH_H
#define INPUT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct input;
struct batches;

enum batch_mode {
	BATCH_SINGLE = 0, /* one tuple a job, or max_args of them */
	BATCH_MULTIPLE, /* -m, --xargs, -n, -L: {} becomes all the values */
	BATCH_CONTEXT, /* -X: the word around {} is repeated */
};

/* All zero: one tuple a job. */
struct batch_options {
	enum batch_mode mode;
	bool
	    spread; /* -m, -X: at the end of the input, evenly over the slots */
	bool exact; /* -N: values have positions over the whole batch */
	bool no_values; /* -N0, -n0, -L0: one tuple is read, none is given */
	size_t max_args; /* tuples a job at most; 0: no limit of that kind */
	size_t
	    max_lines; /* -L: records a job at most; 0: no limit of that kind */
	size_t
	    max_chars; /* -s: bytes of the line and its NUL; 0: the system's */
	bool exit_if_exceeded; /* -x */

	/* Set by the caller before batches_new(). */
	unsigned slots; /* to spread over */
	bool
	    need_total; /* hold the whole input, so that batch.total is known */
};

/* One job's input: lent until the next batches_next(). */
struct batch {
	const struct text *values; /* of all its tuples, flat */
	size_t nvalues;
	size_t ntuples;
	uint64_t seq; /* from 1 */
	uint64_t total; /* jobs in all; 0: not known (need_total) */
};

/*
 * How long a command gets: base bytes, and what value number index (from 0)
 * of the batch adds.
 */
struct batch_cost {
	size_t base;
	size_t (*value)(void *arg, struct text value, size_t index);
	void *arg;
};

/* in stays the caller's and outlives the batches; cost is copied. */
int batches_new(const struct batch_options *options,
    const struct batch_cost *cost, struct input *in, struct batches **bp);
void batches_free(struct batches *b);

/* 1 and a batch, 0 at the end, -errno with a message (none for -ECANCELED). */
int batches_next(struct batches *b, struct batch *batch,
    struct message *message);

#endif
