/* SPDX-License-Identifier: ISC */

/*
 * Tuples gathered into the input of one job each: one tuple, -n, -N, -L, or as
 * many as fit (-X, -m, --xargs, -s), spread evenly over the slots at the end.
 * The room does not know what a command looks like, only how many bytes a value
 * adds to it.
 */
#ifndef INPUT_BATCH_H
#define INPUT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct input;
struct batches;

/* All zero: one tuple a job. */
struct batch_options {
	bool fill; /* -m, -X, --xargs: as many as fit */
	bool spread; /* -m, -X: the last tuples evenly over the slots */
	bool no_values; /* -N0: a job takes one tuple, but gets no value */
	/* -n, -N, -L: tuples a job; 0: one, or with fill any number. */
	size_t max_args;

	/* Set by the caller before batches_new(). */
	size_t max_chars; /* bytes of a line and its NUL; 0: no limit */
	unsigned slots; /* for spread; 0: one */
};

/* One job's input: lent until the next batches_next(). */
struct batch {
	const struct text *values; /* of all its tuples, one after the other */
	size_t nvalues;
	/* For each tuple: how many values stand before its end. */
	const size_t *ends;
	size_t ntuples;
	uint64_t seq; /* from 1 */
	uint64_t total; /* jobs in all; 0: not known */
};

/*
 * How long a command becomes: it has base bytes without any value.  tuple()
 * returns how many bytes a tuple adds; the first of its values is value number
 * `first` (from 0) of the batch.
 */
struct batch_cost {
	size_t base;
	size_t (*tuple)(void *arg, const struct text *values, size_t n,
	    size_t first);
	void *arg;
};

/*
 * The caller keeps `in`, which outlives the batches.  cost is copied; NULL:
 * nothing is too long.
 */
int batches_new(const struct batch_options *options,
    const struct batch_cost *cost, struct input *in, struct batches **bp);
void batches_free(struct batches *b);

/*
 * Call it before the first batches_next().  That first call then reads the whole
 * input and keeps it in memory, so that batch.total is known.
 */
void batches_need_total(struct batches *b);

/* 1 and a batch, 0 at the end, -errno with a message (none for -ECANCELED). */
int batches_next(struct batches *b, struct batch *batch,
    struct message *message);

#endif
