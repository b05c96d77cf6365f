/* SPDX-License-Identifier: ISC */

/*
 * Owns how bytes come in: read, or moved from pipe to pipe and from pipe to
 * file when nobody needs to see them.  Whose turn it is, order knows.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "output/intake.h"

/* One attempt to move bytes without reading them. */
struct intake {
	struct order *order;
	struct outlet *o;
	struct outlet_stream *s;
	int stream;
	int fd;
	size_t span; /* bytes in the pipe up to the last one that was seen */
};

/* Whoever needs to know how they end looks first; small change is no worth it. */
static int
intake_look(struct intake *in, size_t most)
{
	ssize_t n;

	if (fd_pending(in->fd) < INTAKE_BUSY_READ)
		return -EOPNOTSUPP;
	n = peek_look(&in->order->peek, in->fd, most);
	if (n < 0)
		return -EOPNOTSUPP;
	in->span = (size_t)n;
	return 0;
}

/* No more may be moved than can be remembered, if that is asked for. */
static int
intake_bound(struct intake *in, size_t *most)
{
	int error;

	if (in->order->opts.tail == 0)
		return 0;
	error = intake_look(in, *most);
	*most = in->span;
	return error;
}

/* Of what was moved, that which was seen can still be remembered. */
static void
intake_remember(const struct intake *in, size_t moved)
{
	const struct peek *peek = &in->order->peek;
	size_t unseen = in->span - peek->len;

	if (moved > unseen)
		outlet_remember(in->o, in->order->opts.tail, peek->end,
		    moved - unseen);
}

static ssize_t
intake_capture(struct intake *in)
{
	struct order *order = in->order;
	size_t most = SPILL_BLOCK;

	if (intake_bound(in, &most) != 0)
		return -EOPNOTSUPP;
	return capture_splice(&in->s->capture, &order->store, in->fd, most);
}

static ssize_t
intake_deliver(struct intake *in)
{
	struct order *order = in->order;
	size_t most = SIZE_MAX;
	ssize_t n;

	if (!tag_is_empty(&in->o->tag) || intake_bound(in, &most) != 0)
		return -EOPNOTSUPP;
	n = deliver_splice(order->deliver, in->fd, most);
	if (n > 0)
		order_moved(order, in->o);
	return n;
}

/*
 * Up to the last newline that stands in the pipe now, all may go: the rest of a
 * line whose beginning was captured, and whole ones.
 */
static int
intake_find_lines(struct intake *in)
{
	const struct peek *peek = &in->order->peek;
	const char *newline;

	if (intake_look(in, SIZE_MAX) != 0)
		return -EOPNOTSUPP;
	if (in->s->through > 0)
		return 0;
	newline = memrchr(peek->end, '\n', peek->len);
	if (newline == NULL)
		return -EOPNOTSUPP;
	in->s->through = in->span - peek->len + (size_t)(newline - peek->end) +
	    1;
	return 0;
}

static ssize_t
intake_deliver_lines(struct intake *in)
{
	struct order *order = in->order;
	struct outlet_stream *s = in->s;
	size_t most;
	ssize_t n;

	if (in->stream != 1 || order->opts.hold || order->stalled ||
	    !tag_is_empty(&in->o->tag) || !order_has_turn(order, in->o))
		return -EOPNOTSUPP;
	if ((s->through == 0 || order->opts.tail > 0) &&
	    intake_find_lines(in) != 0)
		return -EOPNOTSUPP;
	n = order_write_stream(order, in->o, in->stream);
	if (n != 0)
		return n;
	most = s->through;
	if (order->opts.tail > 0 && most > in->span)
		most = in->span;
	n = deliver_splice(order->deliver, in->fd, most);
	if (n > 0) {
		s->through -= (uint64_t)n;
		s->midline_out = s->through > 0;
		order_moved(order, in->o);
	}
	return n;
}

static ssize_t
intake_splice(struct order *order, struct outlet *o, int stream, int fd)
{
	struct intake in = { .order = order,
		.o = o,
		.s = &o->stream[stream - 1],
		.stream = stream,
		.fd = fd };
	ssize_t n;

	if (!in.s->busy || order->opts.tail > PEEK_END)
		return -EOPNOTSUPP;
	if (order->opts.mode == PRUN_OUTPUT_LINE)
		n = intake_deliver_lines(&in);
	else if (order->opts.mode != PRUN_OUTPUT_GROUP)
		n = -EOPNOTSUPP;
	else if (order_passes_through(order, o, stream))
		n = intake_deliver(&in);
	else
		n = intake_capture(&in);
	if (n > 0 && order->opts.tail > 0)
		intake_remember(&in, (size_t)n);
	return n;
}

static ssize_t
intake_copy(struct order *order, struct outlet *o, int stream, int fd)
{
	struct outlet_stream *s = &o->stream[stream - 1];
	ssize_t n = fd_read(fd, order->scratch, SPILL_BLOCK);
	int error;

	if (n <= 0)
		return n;
	s->through = 0; /* these are its first bytes */
	if (n >= INTAKE_BUSY_READ && !s->busy) {
		s->busy = true;
		fd_widen_pipe(fd);
	}
	error = order_take(order, o, stream, order->scratch, (size_t)n);
	if (error != 0)
		return error;
	if (order->opts.tail > 0)
		outlet_remember(o, order->opts.tail, order->scratch, (size_t)n);
	return n;
}

ssize_t
intake_read(struct order *order, struct outlet *o, int stream, int fd)
{
	ssize_t n = intake_splice(order, o, stream, fd);

	if (n < 0 && n != -EAGAIN)
		n = intake_copy(order, o, stream, fd);
	if (n > 0)
		o->stream[stream - 1].total += (uint64_t)n;
	if (n >= INTAKE_BUSY_READ)
		order_flooded(order, o, stream);
	return n;
}
