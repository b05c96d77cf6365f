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

/* All zero: one tuple a job. */
struct batch_options {
	bool fill; /* -m, -X, --xargs: as many as fit */
	bool spread; /* -m, -X: the rest of the input evenly over the slots */
	bool no_values; /* -N0: one tuple is read, and none given */
	/* -n, -N, -L: tuples a job; 0: one, or with fill any. */
	size_t max_args;

	/* Set by the caller before batches_new(). */
	size_t max_chars; /* bytes of a line and its NUL; 0: no limit */
	unsigned slots; /* to spread over; 0: one */
};

/* One job's input: lent until the next batches_next(). */
struct batch {
	const struct text *values; /* of all its tuples, flat */
	size_t nvalues;
	/* For each tuple, how many values there are up to its end. */
	const size_t *ends;
	size_t ntuples;
	uint64_t seq; /* from 1 */
	uint64_t total; /* jobs in all; 0: not known */
};

/*
 * How long a command gets: base bytes with no value, and what a tuple adds
 * whose values are number first (from 0) and following of the batch.
 */
struct batch_cost {
	size_t base;
	size_t (*tuple)(void *arg, const struct text *values, size_t n,
	    size_t first);
	void *arg;
};

/*
 * in stays the caller's and outlives the batches; cost is copied, NULL: nothing
 * is too long.
 */
int batches_new(const struct batch_options *options,
    const struct batch_cost *cost, struct input *in, struct batches **bp);
void batches_free(struct batches *b);

/*
 * Before the first batches_next(): that one reads the whole input, and holds it,
 * so that batch.total is known.
 */
void batches_need_total(struct batches *b);

/* 1 and a batch, 0 at the end, -errno with a message (none for -ECANCELED). */
int batches_next(struct batches *b, struct batch *batch,
    struct message *message);

#endif
