/* SPDX-License-Identifier: ISC */

/*
 * Makes batches of tuples: see batch.h.  A job of one tuple gets the tuple without a copy.
 * The tuples of a larger job are copied to `gathered`.  A tuple that does not fit any more
 * waits for the next batch.
 */
#include <errno.h>
#include <stdlib.h>

#include "input/batch.h"
#include "input/input.h"
#include "input/input_options.h"
#include "input/replay.h"
#include "text/text.h"

struct batches {
	struct batch_options options;
	struct batch_cost cost;
	struct input *in;
	uint64_t seq;
	size_t single_end; /* batch.ends points here if a job has one tuple */
	bool ended; /* the input is at its end */

	struct replay gathered; /* the tuples of the batch that is being made */
	/* the length of the line that the gathered tuples make, in bytes */
	size_t length;
	/* At most one tuple: the first one of the next batch. */
	struct replay waiting;
	/* how many of the gathered tuples have been handed out */
	size_t emitted;
	/*
	 * With spread, once the input has ended: how many tuples each job gets.  Before
	 * that 0.
	 */
	size_t share;

	bool need_total;
	bool held; /* the whole input has been read into `all` */
	struct replay all; /* with need_total: all tuples */
	/* With need_total: for each job, how many tuples of `all` stand before its end. */
	size_t *jobs;
	size_t total, jobs_size;

	/* the values of the batch that was handed out last */
	struct texts values;
	size_t *ends;
	size_t ends_size;
};

int
batches_new(const struct batch_options *options, const struct batch_cost *cost,
    struct input *in, struct batches **bp)
{
	struct batches *b;

	if ((b = calloc(1, sizeof *b)) == NULL)
		return -ENOMEM;
	b->options = *options;
	if (cost != NULL)
		b->cost = *cost;
	b->in = in;
	*bp = b;
	return 0;
}

void
batches_free(struct batches *b)
{
	if (b == NULL)
		return;
	replay_fini(&b->gathered);
	replay_fini(&b->waiting);
	replay_fini(&b->all);
	free(b->jobs);
	texts_fini(&b->values);
	free(b->ends);
	free(b);
}

void
batches_need_total(struct batches *b)
{
	b->need_total = true;
}

void
batches_set_total(struct batches *b, uint64_t total)
{
	b->total = total;
}

static bool
is_single(const struct batches *b)
{
	return !b->options.fill && b->options.max_args <= 1;
}

static int
next_single(struct batches *b, struct batch *batch, struct message *m)
{
	struct tuple tuple;
	int r;

	if ((r = input_next(b->in, &tuple, m)) <= 0)
		return r;
	*batch = (struct batch){ .values = tuple.values,
		.nvalues = tuple.nvalues,
		.ends = &b->single_end,
		.ntuples = 1 };
	if (b->options.no_values)
		batch->nvalues = 0;
	b->single_end = batch->nvalues;
	return 1;
}

static int
grow(size_t **numbers, size_t *size, size_t n)
{
	size_t *bigger;

	if (n <= *size)
		return 0;
	n = n < *size * 2 ? *size * 2 : n;
	if ((bigger = reallocarray(*numbers, n, sizeof *bigger)) == NULL)
		return -ENOMEM;
	*numbers = bigger;
	*size = n;
	return 0;
}

/* Makes a batch of the lists [from, from + n) of s. */
static int
lend(struct batches *b, const struct replay *s, size_t from, size_t n,
    struct batch *batch)
{
	size_t first, begin, i, nvalues, count;

	replay_list(s, from, &begin);
	nvalues = replay_list(s, from + n - 1, &first) + first - begin;
	if (texts_reserve(&b->values, nvalues) < 0 ||
	    grow(&b->ends, &b->ends_size, n) < 0)
		return -ENOMEM;
	for (i = 0; i < nvalues; i++)
		b->values.list[i] = replay_value(s, begin + i);
	for (i = 0; i < n; i++) {
		count = replay_list(s, from + i, &first);
		b->ends[i] = first + count - begin;
	}
	*batch = (struct batch){ .values = b->values.list,
		.nvalues = nvalues,
		.ends = b->ends,
		.ntuples = n };
	return 1;
}

/* The length that the line would have with this tuple. */
static size_t
length_with(struct batches *b, const struct text *values, size_t n)
{
	size_t length = replay_count(&b->gathered) > 0 ? b->length :
							 b->cost.base;

	if (b->cost.tuple == NULL)
		return 0;
	return length +
	    b->cost.tuple(b->cost.arg, values, n, replay_values(&b->gathered));
}

static bool
is_too_long(const struct batches *b, size_t length)
{
	return b->options.max_chars > 0 && length + 1 > b->options.max_chars;
}

/* Adds a tuple to the batch; length is the length of the line with it. */
static int
add_tuple(struct batches *b, const struct text *values, size_t n, size_t length)
{
	b->length = length;
	return replay_add(&b->gathered, values, n);
}

/* Returns 1 if the tuple was added to this batch; 0 if it does not fit, and waits. */
static int
take(struct batches *b, const struct tuple *tuple, struct message *m)
{
	size_t length = length_with(b, tuple->values, tuple->nvalues);
	int r;

	if (replay_count(&b->gathered) > 0 && is_too_long(b, length)) {
		r = replay_add(&b->waiting, tuple->values, tuple->nvalues);
		return r < 0 ? message_errno(m, r, "input") : 0;
	}
	r = add_tuple(b, tuple->values, tuple->nvalues, length);
	return r < 0 ? message_errno(m, r, "input") : 1;
}

/* Begins a new batch with the tuple that has waited. */
static int
take_waiting(struct batches *b)
{
	struct batch one;
	int r;

	if (replay_count(&b->waiting) == 0)
		return 0;
	if ((r = lend(b, &b->waiting, 0, 1, &one)) < 0 ||
	    (r = add_tuple(b, one.values, one.nvalues,
		 length_with(b, one.values, one.nvalues))) < 0)
		return r;
	replay_clear(&b->waiting);
	return 0;
}

static bool
is_full(const struct batches *b)
{
	return b->options.max_args > 0 &&
	    replay_count(&b->gathered) >= b->options.max_args;
}

/*
 * Gathers the tuples of the next batch.  With spread, the last batch is divided among the
 * slots.  So after a full batch one more tuple is read, which shows whether the input goes
 * on; that tuple waits for the next batch.
 */
static int
gather(struct batches *b, struct message *m)
{
	struct tuple tuple;
	int r;

	replay_clear(&b->gathered);
	b->emitted = 0;
	if ((r = take_waiting(b)) < 0)
		return message_errno(m, r, "input");
	while (!b->ended && (!is_full(b) || b->options.spread)) {
		if ((r = input_next(b->in, &tuple, m)) < 0)
			return r;
		if (r == 0) {
			b->ended = true;
			break;
		}
		if (is_full(b)) {
			r = replay_add(&b->waiting, tuple.values,
			    tuple.nvalues);
			if (r < 0)
				return message_errno(m, r, "input");
			break;
		}
		if ((r = take(b, &tuple, m)) <= 0)
			break;
	}
	return r < 0 ? r : replay_count(&b->gathered) > 0;
}

static int
next_gathered(struct batches *b, struct batch *batch, struct message *m)
{
	size_t count, share;
	unsigned slots = b->options.slots > 0 ? b->options.slots : 1;
	int r;

	if (b->emitted == replay_count(&b->gathered)) {
		if (b->share > 0)
			return 0;
		if ((r = gather(b, m)) <= 0)
			return r;
		if (b->options.spread && b->ended &&
		    replay_count(&b->waiting) == 0)
			b->share = (replay_count(&b->gathered) + slots - 1) /
			    slots;
	}
	count = replay_count(&b->gathered) - b->emitted;
	share = b->share > 0 && b->share < count ? b->share : count;
	if ((r = lend(b, &b->gathered, b->emitted, share, batch)) < 0)
		return message_errno(m, r, "input");
	b->emitted += share;
	if (b->options.no_values)
		batch->nvalues = 0;
	return 1;
}

static int
next_batch(struct batches *b, struct batch *batch, struct message *m)
{
	return is_single(b) ? next_single(b, batch, m) :
			      next_gathered(b, batch, m);
}

static int
hold(struct batches *b, const struct batch *batch)
{
	size_t i, from = 0, to;
	int r = grow(&b->jobs, &b->jobs_size, b->total + 1);

	for (i = 0; i < batch->ntuples && r == 0; i++) {
		to = b->options.no_values ? 0 : batch->ends[i];
		r = replay_add(&b->all, batch->values + from, to - from);
		from = to;
	}
	if (r == 0)
		b->jobs[b->total++] = replay_count(&b->all);
	return r;
}

static int
hold_all(struct batches *b, struct message *m)
{
	struct batch batch;
	int r;

	while ((r = next_batch(b, &batch, m)) > 0)
		if (hold(b, &batch) < 0)
			return message_errno(m, -ENOMEM, "input");
	b->held = r == 0;
	return r;
}

static int
next_held(struct batches *b, struct batch *batch, struct message *m)
{
	size_t from;
	int r;

	if (!b->held && (r = hold_all(b, m)) < 0)
		return r;
	if (b->seq == b->total)
		return 0;
	from = b->seq > 0 ? b->jobs[b->seq - 1] : 0;
	r = lend(b, &b->all, from, b->jobs[b->seq] - from, batch);
	return r < 0 ? message_errno(m, r, "input") : r;
}

int
batches_next(struct batches *b, struct batch *batch, struct message *message)
{
	int r;

	if (b->need_total)
		r = next_held(b, batch, message);
	else
		r = next_batch(b, batch, message);
	if (r <= 0)
		return r;
	batch->seq = ++b->seq;
	batch->total = b->total;
	return 1;
}
