/* SPDX-License-Identifier: ISC */

/*
 * Owns the turn-taking of output: grouped, in order, or line by line.  Writes
 * what was captured to the deliverer; knows neither processes nor pipes.
 *
 * In every mode one outlet at a time is the owner: it has begun to be written
 * and nobody else may write in between.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "output/order.h"

/* Tags can multiply the size of a piece: take less at a time. */
#define TAGGED_PIECE ((uint64_t)16 * 1024)
/* Ns: so long after a busy read there are likely to be more. */
#define FLOOD INT64_C(2000000)
/*
 * Bytes: who has written so many and floods on is not kept until its end.  No
 * reader follows that much by eye, and to capture it costs more than the rest.
 */
#define TORRENT ((uint64_t)16 * 1024 * 1024)

int
order_init(struct order *order, const struct order_opts *opts,
    struct deliver *d)
{
	int error;

	*order = (struct order){ .opts = *opts, .deliver = d };
	TAILQ_INIT(&order->queue);
	order->store = (struct capture_store){
		.spill = &order->spill,
		.pack = opts->compress ? &order->pack : NULL,
		.each = opts->each,
		.all = opts->all,
	};
	error = spill_init(&order->spill, opts->tmpdir);
	order->opts.tmpdir = NULL;
	if (error != 0)
		return error;
	peek_init(&order->peek);
	order->scratch = malloc(SPILL_BLOCK);
	return order->scratch == NULL ? -ENOMEM : 0;
}

void
order_fini(struct order *order)
{
	spill_fini(&order->spill);
	peek_fini(&order->peek);
	pack_fini(&order->pack);
	free(order->scratch);
	buf_fini(&order->tagged);
}

static void
order_enqueue(struct order *order, struct outlet *o)
{
	if (o->queued)
		return;
	TAILQ_INSERT_TAIL(&order->queue, o, entry);
	o->queued = true;
}

static void
order_dequeue(struct order *order, struct outlet *o)
{
	if (o->queued)
		TAILQ_REMOVE(&order->queue, o, entry);
	o->queued = false;
	if (order->owner == o)
		order->owner = NULL;
}

void
order_open(struct order *order, struct outlet *o)
{
	outlet_open(o,
	    order->opts.mode != PRUN_OUTPUT_GROUP && !order->opts.keep &&
		!order->opts.hold);
	if (order->opts.keep)
		order_enqueue(order, o);
}

void
order_close(struct order *order, struct outlet *o)
{
	order_dequeue(order, o);
	if (order->favourite == o)
		order->favourite = NULL;
	outlet_fini(o, &order->store);
}

void
order_reset(struct order *order, struct outlet *o)
{
	outlet_reset(o, &order->store);
}

/* Its turn: what it writes from now on goes out at once. */
bool
order_has_turn(const struct order *order, const struct outlet *o)
{
	if (order->owner != NULL && order->owner != o)
		return false;
	if (o->whole && !o->finished)
		return false;
	if (order->opts.keep)
		return TAILQ_FIRST(&order->queue) == o;
	return o->live;
}

/* How many captured bytes of the stream may go out now. */
static uint64_t
outlet_writable(const struct order *order, const struct outlet *o, int stream)
{
	const struct outlet_stream *s = &o->stream[stream - 1];

	if (o->whole && !o->finished)
		return 0;
	if (o->finished || o->full)
		return s->capture.length;
	if (order->opts.hold)
		return 0;
	if (order->opts.mode == PRUN_OUTPUT_RAW)
		return s->capture.length;
	if (order->opts.mode == PRUN_OUTPUT_LINE) {
		if (s->through > 0)
			return s->capture.length;
		if (o->stream[0].through > 0 && o->stream[0].midline_out)
			return 0; /* its own stderr would cut the line, too */
		return s->lines;
	}
	return stream == 1 ? s->capture.length : 0;
}

static const struct tag *
outlet_tag(const struct order *order, const struct outlet *o)
{
	const struct prun_result *r = o->job.result;

	if (order->opts.hold && o->finished &&
	    (r->status != 0 || r->flags & PRUN_TIMED_OUT) &&
	    !tag_is_empty(&o->failed_tag))
		return &o->failed_tag;
	return &o->tag;
}

static int
order_put(struct order *order, struct outlet *o, int stream, const char *data,
    size_t len)
{
	struct outlet_stream *s = &o->stream[stream - 1];
	const struct tag *tag = outlet_tag(order, o);
	bool midline = s->midline;
	int error;

	if (tag_is_empty(tag))
		return deliver_put(order->deliver, &o->job, stream, data, len);
	buf_clear(&order->tagged, SPILL_BLOCK * 4);
	error = tag_lines(&order->tagged, tag, data, len, &midline);
	if (error == 0)
		error = deliver_put(order->deliver, &o->job, stream,
		    order->tagged.data, order->tagged.len);
	if (error == 0)
		s->midline = midline;
	return error;
}

/* With little memory the piece is a smaller one. */
static int
order_put_some(struct order *order, struct outlet *o, int stream,
    const char *data, size_t *len)
{
	int error;

	while ((error = order_put(order, o, stream, data, *len)) == -ENOMEM &&
	    *len > 1)
		*len /= 2;
	return error;
}

/* They cannot be read back, or there is no memory: go on without those bytes. */
static void
order_lose(struct order *order, struct outlet *o, int stream, int error)
{
	struct outlet_stream *s = &o->stream[stream - 1];

	capture_clear(&s->capture, &order->store);
	s->lines = 0;
	o->error = error;
}

/* What ends a tagged line is due for an unfinished last one, too. */
static int
order_put_end(struct order *order, struct outlet *o, int stream)
{
	struct outlet_stream *s = &o->stream[stream - 1];
	const char *end = outlet_tag(order, o)->end;
	int error = 0;

	if (!o->finished || !s->midline)
		return 0;
	if (end != NULL)
		error = deliver_put(order->deliver, &o->job, stream, end,
		    strlen(end));
	if (error == 0)
		s->midline = false;
	return error;
}

int
order_write_stream(struct order *order, struct outlet *o, int stream)
{
	struct outlet_stream *s = &o->stream[stream - 1];
	const char *data;
	uint64_t limit;
	size_t len;
	int error;

	while ((limit = outlet_writable(order, o, stream)) > 0) {
		if (!tag_is_empty(outlet_tag(order, o)) && limit > TAGGED_PIECE)
			limit = TAGGED_PIECE;
		error = capture_peek(&s->capture, &order->store, order->scratch,
		    limit, &data, &len);
		if (error != 0) {
			order_lose(order, o, stream, error);
			return 0;
		}
		error = order_put_some(order, o, stream, data, &len);
		if (error != 0)
			return error;
		order->owner = o;
		s->midline_out = data[len - 1] != '\n';
		capture_consume(&s->capture, &order->store, len);
		s->lines -= s->lines < len ? s->lines : len;
	}
	return order_put_end(order, o, stream);
}

/* Between whole lines another job may write, in the mode that is about lines. */
static bool
may_pass_on(const struct order *order, const struct outlet *o)
{
	if (order->opts.keep || order->opts.mode == PRUN_OUTPUT_GROUP)
		return false;
	return order->opts.mode == PRUN_OUTPUT_RAW ||
	    (!o->stream[0].midline_out && !o->stream[1].midline_out);
}

static int
order_write(struct order *order, struct outlet *o)
{
	int error = 0;

	for (int stream = 1; stream <= 2 && error == 0; stream++) {
		error = order_write_stream(order, o, stream);
		if (error == -ENOMEM) {
			order_lose(order, o, stream, error);
			error = 0;
		}
	}
	if (error != 0)
		return error;
	outlet_settle(o, &order->store);
	if (o->finished) {
		order_dequeue(order, o);
		deliver_end(order->deliver, &o->job);
		order->opts.delivered(o, order->opts.arg);
	} else if (may_pass_on(order, o)) {
		order_dequeue(order, o);
	}
	return 0;
}

void
order_moved(struct order *order, struct outlet *o)
{
	order->owner = may_pass_on(order, o) ? NULL : o;
	if (o->live && outlet_writable(order, o, 2) > 0)
		order_enqueue(order, o);
}

/* It need not wait for its end: nobody else does, who could be written now. */
static void
order_let_out(struct order *order, struct outlet *o)
{
	if (order->opts.keep || order->owner != NULL ||
	    !TAILQ_EMPTY(&order->queue))
		return;
	o->live = true;
	order->owner = o;
	order_enqueue(order, o);
}

void
order_flooded(struct order *order, struct outlet *o, int stream)
{
	const struct outlet_stream *s = &o->stream[stream - 1];

	if (order->favourite == NULL && order->opts.mode == PRUN_OUTPUT_GROUP &&
	    capture_is_spilled(&s->capture))
		order->favourite = o;
	if (!order_is_first(order, o))
		return;
	order->flood = clock_now() + FLOOD;
	if (order->opts.mode == PRUN_OUTPUT_GROUP && stream == 1 &&
	    s->total >= TORRENT && !order->opts.hold && !o->whole &&
	    !order->stalled && order->deliver->fn == NULL)
		order_let_out(order, o);
}

bool
order_is_first(const struct order *order, const struct outlet *o)
{
	if (order->opts.keep)
		return TAILQ_FIRST(&order->queue) == o;
	return order->favourite == o;
}

bool
order_can_wait(const struct order *order, const struct outlet *o, int stream)
{
	return order->flood != 0 && !order_is_first(order, o) &&
	    capture_is_spilled(&o->stream[stream - 1].capture) &&
	    clock_now() < order->flood;
}

bool
order_wants(struct order *order, struct outlet *o)
{
	if (o->full) {
		outlet_settle(o, &order->store);
		if (o->full)
			order_let_out(order, o);
	}
	if (order->stalled && (o->live || order_has_turn(order, o)))
		return false;
	return !o->full || order_has_turn(order, o);
}

static int
order_flush_queue(struct order *order)
{
	struct outlet *o;
	int error;

	for (;;) {
		o = order->owner != NULL ? order->owner :
					   TAILQ_FIRST(&order->queue);
		if (o == NULL)
			return 0;
		error = order_write(order, o);
		if (error != 0)
			return error;
		if (order->owner == o || TAILQ_FIRST(&order->queue) == o)
			return 0; /* not finished: the rest waits for it */
	}
}

int
order_flush(struct order *order)
{
	int error = order_flush_queue(order);

	if (error == 0)
		error = deliver_flush(order->deliver);
	order->stalled = error == -EAGAIN;
	return error;
}

bool
order_passes_through(const struct order *order, const struct outlet *o,
    int stream)
{
	return order->opts.mode == PRUN_OUTPUT_GROUP && stream == 1 &&
	    !order->opts.hold && !order->stalled && order_has_turn(order, o) &&
	    o->stream[0].capture.length == 0;
}

int
order_take(struct order *order, struct outlet *o, int stream, const char *data,
    size_t len)
{
	struct outlet_stream *s = &o->stream[stream - 1];
	uint64_t before = s->capture.length;
	const char *newline;
	int error;

	if (order_passes_through(order, o, stream) &&
	    order_put(order, o, stream, data, len) == 0) {
		order->owner = o;
		return 0;
	}
	error = capture_add(&s->capture, &order->store, data, len);
	if (error == -ENOMEM)
		return error;
	newline = memrchr(data, '\n', len);
	if (newline != NULL)
		s->lines = before + (size_t)(newline - data) + 1;
	if (error != 0) {
		/* No room to wait for its end: it goes out as it comes. */
		o->full = true;
		o->whole = false;
		order_let_out(order, o);
	}
	if (o->live && outlet_writable(order, o, stream) > 0)
		order_enqueue(order, o);
	return 0;
}

int
order_heading(struct order *order, struct outlet *o, const char *heading,
    size_t len)
{
	return order_take(order, o, 1, heading, len);
}

void
order_finish(struct order *order, struct outlet *o)
{
	o->finished = true;
	if (order->favourite == o)
		order->favourite = NULL;
	for (int i = 0; i < 2; i++) {
		o->stream[i].through = 0;
		capture_trim(&o->stream[i].capture);
	}
	order_enqueue(order, o);
}
