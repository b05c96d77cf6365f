/* SPDX-License-Identifier: ISC */

/*
 * Owns how bytes come in: read, or moved from pipe to pipe and from pipe to
 * file when nobody needs to see them.  Whose turn it is, order knows.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "stream/reader.h"

/* One attempt to move bytes without reading them. */
struct reader {
	struct mux *mux;
	struct task_output *o;
	struct task_output_stream *s;
	int stream;
	int fd;
	size_t span; /* bytes in the pipe up to the last one that was seen */
};

/* Whoever needs to know how they end looks first; small change is no worth it. */
static int
reader_look(struct reader *in, size_t most)
{
	ssize_t n;

	if (fd_pending(in->fd) < READER_BUSY_READ)
		return -EOPNOTSUPP;
	n = lookahead_look(&in->mux->lookahead, in->fd, most);
	if (n < 0)
		return -EOPNOTSUPP;
	in->span = (size_t)n;
	return 0;
}

/* No more may be moved than can be remembered, if that is asked for. */
static int
reader_bound(struct reader *in, size_t *most)
{
	int error;

	if (in->mux->opts.tail == 0)
		return 0;
	error = reader_look(in, *most);
	*most = in->span;
	return error;
}

/* Of what was moved, that which was seen can still be remembered. */
static void
reader_remember(const struct reader *in, size_t moved)
{
	const struct lookahead *lookahead = &in->mux->lookahead;
	size_t unseen = in->span - lookahead->len;

	if (moved > unseen)
		task_output_remember(in->o, in->mux->opts.tail, lookahead->end,
		    moved - unseen);
}

static ssize_t
reader_capture(struct reader *in)
{
	struct mux *mux = in->mux;
	size_t most = SPILL_BLOCK;

	if (reader_bound(in, &most) != 0)
		return -EOPNOTSUPP;
	return capture_splice(&in->s->capture, &mux->store, in->fd, most);
}

static ssize_t
reader_deliver(struct reader *in)
{
	struct mux *mux = in->mux;
	size_t most = SIZE_MAX;
	ssize_t n;

	if (!tag_is_empty(&in->o->tag) || reader_bound(in, &most) != 0)
		return -EOPNOTSUPP;
	n = writer_splice(mux->writer, in->fd, most);
	if (n > 0)
		mux_moved(mux, in->o, in->stream);
	return n;
}

/*
 * Up to the last newline that stands in the pipe now, all may go: the rest of a
 * line whose beginning was captured, and whole ones.
 */
static int
reader_find_lines(struct reader *in)
{
	const struct lookahead *lookahead = &in->mux->lookahead;
	const char *newline;

	if (reader_look(in, SIZE_MAX) != 0)
		return -EOPNOTSUPP;
	if (in->s->through > 0)
		return 0;
	newline = memrchr(lookahead->end, '\n', lookahead->len);
	if (newline == NULL)
		return -EOPNOTSUPP;
	in->s->through = in->span - lookahead->len +
	    (size_t)(newline - lookahead->end) + 1;
	return 0;
}

static ssize_t
reader_deliver_lines(struct reader *in)
{
	struct mux *mux = in->mux;
	struct task_output_stream *s = in->s;
	size_t most;
	ssize_t n;

	if (in->stream != 1 || mux->opts.hold || mux->stalled ||
	    !tag_is_empty(&in->o->tag) || !mux_has_turn(mux, in->o))
		return -EOPNOTSUPP;
	if ((s->through == 0 || mux->opts.tail > 0) &&
	    reader_find_lines(in) != 0)
		return -EOPNOTSUPP;
	n = mux_write_stream(mux, in->o, in->stream);
	if (n != 0)
		return n;
	most = s->through;
	if (mux->opts.tail > 0 && most > in->span)
		most = in->span;
	n = writer_splice(mux->writer, in->fd, most);
	if (n > 0) {
		s->through -= (uint64_t)n;
		s->midline_out = s->through > 0;
		mux_moved(mux, in->o, in->stream);
	}
	return n;
}

static ssize_t
reader_splice(struct mux *mux, struct task_output *o, int stream, int fd)
{
	struct reader in = { .mux = mux,
		.o = o,
		.s = &o->stream[stream - 1],
		.stream = stream,
		.fd = fd };
	ssize_t n;

	if (!in.s->busy || mux->opts.tail > LOOKAHEAD_END)
		return -EOPNOTSUPP;
	if (mux->opts.mode == PRUN_OUTPUT_LINE)
		n = reader_deliver_lines(&in);
	else if (mux->opts.mode != PRUN_OUTPUT_GROUP)
		n = -EOPNOTSUPP;
	else if (mux_passes_through(mux, o, stream))
		n = reader_deliver(&in);
	else
		n = reader_capture(&in);
	if (n > 0 && mux->opts.tail > 0)
		reader_remember(&in, (size_t)n);
	return n;
}

static ssize_t
reader_copy(struct mux *mux, struct task_output *o, int stream, int fd)
{
	struct task_output_stream *s = &o->stream[stream - 1];
	ssize_t n = fd_read(fd, mux->scratch, SPILL_BLOCK);
	int error;

	if (n <= 0)
		return n;
	s->through = 0; /* these are its first bytes */
	if (n >= READER_BUSY_READ && !s->busy) {
		s->busy = true;
		fd_widen_pipe(fd);
	}
	error = mux_take(mux, o, stream, mux->scratch, (size_t)n);
	if (error != 0)
		return error;
	if (mux->opts.tail > 0)
		task_output_remember(o, mux->opts.tail, mux->scratch,
		    (size_t)n);
	return n;
}

ssize_t
reader_read(struct mux *mux, struct task_output *o, int stream, int fd)
{
	ssize_t n = reader_splice(mux, o, stream, fd);

	if (n < 0 && n != -EAGAIN)
		n = reader_copy(mux, o, stream, fd);
	if (n > 0)
		o->stream[stream - 1].total += (uint64_t)n;
	if (n >= READER_BUSY_READ)
		mux_flooded(mux, o, stream);
	return n;
}
