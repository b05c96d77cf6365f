/* SPDX-License-Identifier: ISC */

/*
 * Owns the turn-taking of output: grouped, in order, or line by line.  Reads
 * jobs' pipes into captures and writes captures to the deliverer; knows neither
 * processes nor epoll.
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
	order->scratch = malloc(SPILL_BLOCK);
	return order->scratch == NULL ? -ENOMEM : 0;
}

void
order_fini(struct order *order)
{
	spill_fini(&order->spill);
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
	o->finished = o->full = o->whole = false;
	o->error = 0;
	o->live = order->opts.mode != PRUN_OUTPUT_GROUP && !order->opts.keep &&
	    !order->opts.hold;
	o->tail.len = 0;
	for (int i = 0; i < 2; i++) {
		struct outlet_stream *s = &o->stream[i];

		s->lines = s->total = 0;
		s->midline = s->midline_out = s->busy = false;
	}
	if (order->opts.keep)
		order_enqueue(order, o);
}

void
outlet_fini(struct outlet *o, struct order *order)
{
	order_dequeue(order, o);
	if (order->favourite == o)
		order->favourite = NULL;
	capture_fini(&o->stream[0].capture, &order->store);
	capture_fini(&o->stream[1].capture, &order->store);
	buf_fini(&o->tail);
}

void
order_reset(struct order *order, struct outlet *o)
{
	for (int i = 0; i < 2; i++) {
		struct outlet_stream *s = &o->stream[i];

		s->total = 0;
		s->lines = s->capture.length;
		if (!o->whole)
			continue;
		capture_clear(&s->capture, &order->store);
		s->lines = 0;
	}
	o->full = o->full && !o->whole;
	o->tail.len = 0;
}

static void
outlet_remember(struct outlet *o, size_t most, const char *data, size_t len)
{
	if (len > most) {
		data += len - most;
		len = most;
	}
	if (o->tail.len + len > 2 * most)
		buf_drop(&o->tail, o->tail.len + len - most);
	(void)buf_add(&o->tail, data, len); /* less of it is no harm */
}

const char *
outlet_tail(const struct outlet *o, const struct order *order, size_t *len)
{
	size_t skip = 0;

	if (o->tail.len > order->opts.tail)
		skip = o->tail.len - order->opts.tail;
	*len = o->tail.len - skip;
	return o->tail.data + skip;
}

/* Its turn: what it writes from now on goes out at once. */
static bool
has_turn(const struct order *order, const struct outlet *o)
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
	if (order->opts.mode == PRUN_OUTPUT_LINE)
		return s->lines;
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

/* The file cannot be read back: go on without those bytes. */
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

/* Write one stream as far as it may go. */
static int
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
		error = order_put(order, o, stream, data, len);
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

/* Over its caps until now: is there room again? */
static void
outlet_settle(struct order *order, struct outlet *o)
{
	if (o->full &&
	    capture_settle(&o->stream[0].capture, &order->store) == 0 &&
	    capture_settle(&o->stream[1].capture, &order->store) == 0)
		o->full = false;
}

static int
order_write(struct order *order, struct outlet *o)
{
	int error = order_write_stream(order, o, 1);

	if (error == 0)
		error = order_write_stream(order, o, 2);
	if (error != 0)
		return error;
	outlet_settle(order, o);
	if (o->finished) {
		order_dequeue(order, o);
		deliver_end(order->deliver, &o->job);
		order->opts.delivered(o, order->opts.arg);
	} else if (may_pass_on(order, o)) {
		order_dequeue(order, o);
	}
	return 0;
}

/*
 * Nobody can be written and somebody cannot spill: the disk is full.  Let that
 * job have the output to itself, then its bytes need no room.
 */
static void
order_relieve(struct order *order, struct outlet *o)
{
	if (order->opts.keep || order->owner != NULL ||
	    !TAILQ_EMPTY(&order->queue))
		return;
	o->live = true;
	order->owner = o;
	order_enqueue(order, o);
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
		outlet_settle(order, o);
		if (o->full)
			order_relieve(order, o);
	}
	if (order->stalled && (o->live || has_turn(order, o)))
		return false;
	return !o->full || has_turn(order, o);
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

/* An outlet whose turn it is, with nothing captured: no need to keep the bytes. */
static bool
order_passes_through(const struct order *order, const struct outlet *o,
    int stream)
{
	return order->opts.mode == PRUN_OUTPUT_GROUP && stream == 1 &&
	    !order->opts.hold && !order->stalled && has_turn(order, o) &&
	    o->stream[0].capture.length == 0;
}

static int
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
		order_relieve(order, o);
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

/* Nobody needs to see the bytes: they need not come into this process. */
static ssize_t
order_splice(struct order *order, struct outlet *o, int stream, int fd)
{
	struct outlet_stream *s = &o->stream[stream - 1];
	ssize_t n;

	if (order->opts.mode != PRUN_OUTPUT_GROUP || order->opts.tail > 0 ||
	    !s->busy)
		return -EOPNOTSUPP;
	if (!order_passes_through(order, o, stream)) {
		if (order->favourite == NULL)
			order->favourite = o;
		return capture_splice(&s->capture, &order->store, fd);
	}
	if (!tag_is_empty(&o->tag))
		return -EOPNOTSUPP;
	n = deliver_splice(order->deliver, fd);
	if (n > 0)
		order->owner = o;
	return n;
}

static ssize_t
order_read_once(struct order *order, struct outlet *o, int stream, int fd)
{
	ssize_t n = order_splice(order, o, stream, fd);
	int error;

	if (n >= 0 || n == -EAGAIN) {
		o->stream[stream - 1].total += n > 0 ? (uint64_t)n : 0;
		return n;
	}
	n = fd_read(fd, order->scratch, SPILL_BLOCK);
	if (n <= 0)
		return n;
	if (n >= ORDER_BUSY_READ && !o->stream[stream - 1].busy) {
		o->stream[stream - 1].busy = true;
		fd_widen_pipe(fd);
	}
	error = order_take(order, o, stream, order->scratch, (size_t)n);
	if (error != 0)
		return error;
	o->stream[stream - 1].total += (uint64_t)n;
	if (order->opts.tail > 0)
		outlet_remember(o, order->opts.tail, order->scratch, (size_t)n);
	return n;
}

ssize_t
order_read(struct order *order, struct outlet *o, int stream, int fd)
{
	ssize_t n = order_read_once(order, o, stream, fd);

	if (n >= ORDER_BUSY_READ && order_is_first(order, o))
		order->flood = clock_now() + FLOOD;
	return n;
}

void
order_finish(struct order *order, struct outlet *o)
{
	o->finished = true;
	if (order->favourite == o)
		order->favourite = NULL;
	for (int i = 0; i < 2; i++)
		capture_trim(&o->stream[i].capture);
	order_enqueue(order, o);
}
