/* SPDX-License-Identifier: ISC */

/*
 * Gathers tuples into batches, the input of one job each: one tuple, as many as -n, -N or
 * -L say, or as many as fit (-X, -m, --xargs, -s), the last ones spread evenly over the
 * slots.  Does not know what a command looks like, only how many bytes a value adds to it.
 */
#ifndef INPUT_BATCH_H
#define INPUT_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct input;
struct batches;

/* All zero means that each job gets one tuple. */
struct batch_options {
	bool fill; /* -m, -X, --xargs: a job gets as many tuples as fit */
	/* -m, -X: the last tuples are spread evenly over the slots */
	bool spread;
	bool no_values; /* -N0: a job takes one tuple, but gets no value */
	/* -n, -N, -L: how many tuples a job gets; 0 means one, or with fill any number. */
	size_t max_args;

	/* The caller sets these before batches_new(). */
	/* the most bytes of a line and its NUL; 0: no limit */
	size_t max_chars;
	unsigned slots; /* how many slots spread uses; 0 means one */
};

/* The input of one job, which is lent until the next batches_next(). */
struct batch {
	/* the values of all its tuples, one after the other */
	const struct text *values;
	size_t nvalues;
	/* For each tuple: how many values stand before its end. */
	const size_t *ends;
	size_t ntuples;
	uint64_t seq; /* the number of the job, from 1 */
	uint64_t total; /* the number of all jobs; 0 if it is not known */
};

/*
 * How long a command becomes: it has base bytes without any value.  tuple() returns how
 * many bytes a tuple adds; the first value of the tuple is value number `first` (from 0) of
 * the batch.
 */
struct batch_cost {
	size_t base;
	size_t (*tuple)(void *arg, const struct text *values, size_t n,
	    size_t first);
	void *arg;
};

/* `in` must outlive the batches.  cost is copied; if it is NULL, no command is too long. */
int batches_new(const struct batch_options *options,
    const struct batch_cost *cost, struct input *in, struct batches **bp);
void batches_free(struct batches *b);

/*
 * Call it before the first batches_next().  That call then reads the whole input and keeps
 * it in memory, so that batch.total is known.
 */
void batches_need_total(struct batches *b);

/* Lets batch.total be a number that is known already, and read nothing for it. */
void batches_set_total(struct batches *b, uint64_t total);

/*
 * Returns 1 and a batch, 0 at the end, or -errno with a message (-ECANCELED without one).
 */
int batches_next(struct batches *b, struct batch *batch,
    struct message *message);

#endif
