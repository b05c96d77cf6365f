/* SPDX-License-Identifier: ISC */

/*
 * Owns how bytes come out of a pipe: they are read and given to the mux, or moved
 * from pipe to pipe or from pipe to file when nobody needs to see them.  The mux
 * knows whose turn it is.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/fd.h"
#include "output/mux.h"

/* One attempt to move bytes without reading them. */
struct splice {
	struct mux *mux;
	struct task_output *o;
	struct task_output_stream *s;
	int stream;
	int fd;
	size_t most; /* no more bytes of the pipe may be moved */
	size_t span; /* how many bytes the last look has found in the pipe */
};

/*
 * Before bytes are moved, look at the last of them, for a caller that must know how
 * they end.  For few bytes a look costs more than reading them all.
 */
static int
splice_look(struct splice *in, size_t most)
{
	ssize_t n;

	if (fd_pending(in->fd) < (ssize_t)MUX_BUSY_READ)
		return -EOPNOTSUPP;
	n = lookahead_look(&in->mux->lookahead, in->fd, most);
	if (n < 0)
		return -EOPNOTSUPP;
	in->span = (size_t)n;
	return 0;
}

/* If the last bytes are to be remembered, no more bytes may be moved than were looked at. */
static int
splice_bound(struct splice *in, size_t *most)
{
	int error;

	if (*most > in->most)
		*most = in->most;
	if (in->mux->opts.tail == 0)
		return 0;
	error = splice_look(in, *most);
	*most = in->span;
	return error;
}

/* Remember the moved bytes that the look has read. */
static void
splice_remember(const struct splice *in, size_t moved)
{
	const struct lookahead *lookahead = &in->mux->lookahead;
	size_t unseen = in->span - lookahead->len;

	if (moved > unseen)
		task_output_remember(in->o, in->mux->opts.tail, lookahead->end,
		    moved - unseen);
}

static ssize_t
splice_capture(struct splice *in)
{
	struct mux *mux = in->mux;
	size_t most = SPILL_BLOCK;

	if (splice_bound(in, &most) != 0)
		return -EOPNOTSUPP;
	return capture_splice(&in->s->capture, &mux->store, in->fd, most);
}

static ssize_t
splice_deliver(struct splice *in)
{
	struct mux *mux = in->mux;
	size_t most = SIZE_MAX;
	ssize_t n;

	if (!tag_is_empty(&in->o->tag) || splice_bound(in, &most) != 0)
		return -EOPNOTSUPP;
	n = writer_splice(mux->writer, in->fd, most);
	if (n > 0)
		mux_moved(mux, in->o, in->stream);
	return n;
}

/*
 * All bytes up to the last newline in the pipe may be moved: the end of a line
 * whose beginning was captured, and whole lines.
 */
static int
splice_find_lines(struct splice *in)
{
	const struct lookahead *lookahead = &in->mux->lookahead;
	const char *newline;

	if (splice_look(in, in->most) != 0)
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
splice_deliver_lines(struct splice *in)
{
	struct mux *mux = in->mux;
	struct task_output_stream *s = in->s;
	size_t most;
	ssize_t n;

	if (in->stream != 1 || mux->opts.hold || mux->stalled ||
	    !tag_is_empty(&in->o->tag) || !mux_has_turn(mux, in->o))
		return -EOPNOTSUPP;
	if ((s->through == 0 || mux->opts.tail > 0) &&
	    splice_find_lines(in) != 0)
		return -EOPNOTSUPP;
	n = mux_write_stream(mux, in->o, in->stream);
	if (n != 0)
		return n;
	most = s->through < in->most ? s->through : in->most;
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

/* With PRUN_OUTPUT_RAW it is always a task's turn, so its bytes pass by what is captured. */
static ssize_t
splice_hand_over(struct splice *in)
{
	struct mux *mux = in->mux;
	ssize_t n;

	if (mux->opts.hold || mux->opts.tail > 0 ||
	    !tag_is_empty(&in->o->tag) || in->s->capture.length > 0 ||
	    !mux_has_turn(mux, in->o))
		return -EOPNOTSUPP;
	n = writer_move(mux->writer, &in->o->job, in->stream, in->fd);
	if (n > 0)
		mux_moved(mux, in->o, in->stream);
	return n;
}

static ssize_t
mux_pipe_splice(struct mux *mux, struct task_output *o, int stream, int fd,
    size_t most)
{
	struct splice in = { .mux = mux,
		.o = o,
		.s = &o->stream[stream - 1],
		.stream = stream,
		.fd = fd,
		.most = most };
	ssize_t n;

	if (!in.s->busy || mux->opts.tail > LOOKAHEAD_END)
		return -EOPNOTSUPP;
	if (mux->opts.mode == PRUN_OUTPUT_LINE)
		n = splice_deliver_lines(&in);
	else if (mux->opts.mode == PRUN_OUTPUT_RAW)
		n = splice_hand_over(&in);
	else if (mux->opts.mode != PRUN_OUTPUT_GROUP)
		n = -EOPNOTSUPP;
	else if (mux_passes_through(mux, o, stream))
		n = splice_deliver(&in);
	else
		n = splice_capture(&in);
	if (n > 0 && mux->opts.tail > 0)
		splice_remember(&in, (size_t)n);
	return n;
}

static ssize_t
mux_pipe_copy(struct mux *mux, struct task_output *o, int stream, int fd)
{
	struct task_output_stream *s = &o->stream[stream - 1];
	ssize_t n = fd_read_output(fd, mux->scratch, SPILL_BLOCK);
	int error;

	if (n <= 0)
		return n;
	if (n >= (ssize_t)MUX_BUSY_READ && !s->busy) {
		s->busy = true;
		(void)fd_widen_pipe(fd, FD_PIPE_WIDE);
	}
	error = mux_take(mux, o, stream, mux->scratch, (size_t)n);
	return error != 0 ? error : n;
}

ssize_t
mux_pipe_read(struct mux *mux, struct task_output *o, int stream, int fd)
{
	ssize_t n = mux_pipe_splice(mux, o, stream, fd, SIZE_MAX);

	if (n < 0 && n != -EAGAIN)
		return mux_pipe_copy(mux, o, stream, fd);
	if (n > 0)
		mux_count(mux, o, stream, (size_t)n);
	return n;
}

/*
 * The process that writes to the pipe writes much in small pieces, so what counts is how
 * many bytes are coming.
 */
ssize_t
mux_pipe_move(struct mux *mux, struct task_output *o, int stream, int fd,
    size_t coming)
{
	ssize_t n;

	if (coming >= MUX_BUSY_READ) {
		o->stream[stream - 1].busy = true;
		mux_flooded(mux, o, stream);
	}
	/* To read bytes for a capture costs less than to splice them to its file. */
	if (mux->opts.mode == PRUN_OUTPUT_GROUP &&
	    !mux_passes_through(mux, o, stream))
		return -EOPNOTSUPP;
	n = mux_pipe_splice(mux, o, stream, fd, coming);
	if (n > 0)
		mux_count(mux, o, stream, (size_t)n);
	return n;
}
