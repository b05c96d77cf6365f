/* SPDX-License-Identifier: ISC */

/*
 * Owns the writing to the pool's two descriptors: small pieces are gathered,
 * partial writes are continued, and the order between the two is kept in case they
 * are one file.  Knows no job's state.
 */
#include <sys/uio.h>

#include <errno.h>
#include <unistd.h>

#include "base/tuning.h"
#include "output/writer.h"

#define KEEP ((size_t)64 * 1024)
#define SPLICE_MOST ((size_t)1024 * 1024)

void
writer_init(struct writer *d, const struct prun_pool_opts *opts)
{
	*d = (struct writer){
		.fn = opts->deliver,
		.arg = opts->deliver_arg,
		.copy = opts->flags & PRUN_POOL_DELIVER_COPY,
		.writing = opts->writing,
		.writing_arg = opts->writing_arg,
	};
	fd_sink_init(&d->sink[0].out,
	    opts->out_fd != 0 ? opts->out_fd : STDOUT_FILENO);
	fd_sink_init(&d->sink[1].out,
	    opts->err_fd != 0 ? opts->err_fd : STDERR_FILENO);
}

void
writer_fini(struct writer *d)
{
	for (int i = 0; i < 2; i++) {
		fd_sink_fini(&d->sink[i].out);
		buf_fini(&d->sink[i].pending);
	}
}

static void
sink_fail(struct writer_sink *s, int error)
{
	s->failed = error;
	s->done = 0;
	buf_clear(&s->pending, 0);
}

static bool
sink_empty(const struct writer_sink *s)
{
	return s->pending.len == s->done;
}

static void
writer_begin(struct writer *d, const struct writer_sink *s)
{
	if (d->writing == NULL || d->begun || s->out.kind != FD_TTY)
		return;
	d->begun = true;
	d->writing(true, d->midline, d->writing_arg);
}

/*
 * Write directly.  Returns how many bytes were written: less than len if the reader
 * is slow; len if the sink failed.
 */
static size_t
sink_write(struct writer *d, struct writer_sink *s, const char *data,
    size_t len)
{
	struct iovec iov;
	size_t done = 0;
	ssize_t n;

	if (len > 0)
		writer_begin(d, s);
	while (done < len) {
		iov.iov_base = (char *)(uintptr_t)data + done;
		iov.iov_len = len - done;
		n = fd_write(&s->out, &iov, 1);
		if (n == -EAGAIN)
			break;
		if (n < 0) {
			sink_fail(s, (int)n);
			return len;
		}
		done += (size_t)n;
		s->written += (uint64_t)n;
	}
	if (done > 0 && s->out.kind == FD_TTY)
		d->midline = data[done - 1] != '\n';
	return done;
}

static int
sink_flush(struct writer *d, struct writer_sink *s)
{
	size_t n;

	if (s->choked && fd_is_full(s->out.fd))
		return -EAGAIN;
	s->choked = false;
	if (sink_empty(s))
		return 0;
	n = sink_write(d, s, s->pending.data + s->done,
	    s->pending.len - s->done);
	if (s->failed != 0)
		return 0;
	s->done += n;
	if (!sink_empty(s))
		return -EAGAIN;
	s->done = 0;
	buf_clear(&s->pending, KEEP);
	return 0;
}

/*
 * What was written is dropped first: pending must not grow without bound if the
 * reader never catches up.
 */
static int
sink_gather(struct writer_sink *s, const char *data, size_t len)
{
	buf_drop(&s->pending, s->done);
	s->done = 0;
	return buf_add(&s->pending, data, len);
}

static int
sink_put(struct writer *d, struct writer_sink *s, const char *data, size_t len)
{
	size_t written;

	if (s->failed != 0)
		return 0;
	if (s->pending.len - s->done + len > WRITER_GATHER) {
		if (sink_flush(d, s) == -EAGAIN)
			return -EAGAIN;
		if (s->failed != 0)
			return 0;
	}
	if (len < WRITER_GATHER / 2)
		return sink_gather(s, data, len);
	if (sink_flush(d, s) == -EAGAIN)
		return -EAGAIN;
	/*
	 * Get memory for the rest first: when a part is written, it is too late to
	 * return an error.
	 */
	if (s->failed != 0 || buf_reserve(&s->pending, len) != 0)
		return s->failed != 0 ? 0 : -ENOMEM;
	written = sink_write(d, s, data, len);
	if (s->failed != 0 || written == len)
		return 0;
	return buf_add(&s->pending, data + written, len - written);
}

/* Call the deliver function.  What it has taken counts as written. */
static void
sink_deliver(struct writer *d, struct writer_sink *s,
    const struct writer_task *job, int stream, const char *data, size_t len)
{
	int error;

	if (s->failed != 0)
		return;
	error = d->fn(job->result, job->arg, stream, data, len, d->arg);
	if (error != 0)
		sink_fail(s, error < 0 ? error : -EINVAL);
	else
		s->written += len;
}

int
writer_put(struct writer *d, const struct writer_task *job, int stream,
    const char *data, size_t len)
{
	struct writer_sink *s = &d->sink[stream - 1];
	struct writer_sink *other = &d->sink[2 - stream];
	int error = 0;

	/*
	 * The two streams may be the same file, so the bytes of one must not overtake
	 * those of the other.
	 */
	if (d->fn != NULL && !d->copy)
		sink_deliver(d, s, job, stream, data, len);
	else if (sink_flush(d, other) == -EAGAIN)
		return -EAGAIN;
	else
		error = sink_put(d, s, data, len);
	if (error == 0 && d->copy)
		(void)d->fn(job->result, job->arg, stream, data, len, d->arg);
	if (error == 0)
		s->put += len;
	return error;
}

ssize_t
writer_splice(struct writer *d, int pipe, size_t most)
{
	struct writer_sink *s = &d->sink[0];
	ssize_t n;

	if (d->fn != NULL || d->no_splice || s->failed != 0 ||
	    (s->out.kind != FD_PIPE && s->out.kind != FD_BLOCKING))
		return -EOPNOTSUPP;
	if (writer_flush(d) == -EAGAIN)
		return -EAGAIN;
	/*
	 * A job whose bytes are spliced writes a lot; a narrow pipe would take them
	 * in many small pieces.
	 */
	if (s->out.kind == FD_PIPE && !s->wide)
		(void)fd_widen_pipe(s->out.fd, FD_PIPE_WIDE);
	s->wide = true;
	n = fd_splice(pipe, s->out.fd, NULL,
	    most < SPLICE_MOST ? most : SPLICE_MOST);
	if (n == -EAGAIN && s->out.kind == FD_PIPE && fd_is_full(s->out.fd)) {
		s->choked = true;
		return -EAGAIN;
	}
	if (n > 0) {
		s->put += (uint64_t)n;
		s->written += (uint64_t)n;
	}
	if (n >= 0 || n == -EAGAIN)
		return n;
	/* The write that follows will report the error. */
	d->no_splice = true;
	return -EOPNOTSUPP;
}

ssize_t
writer_move(struct writer *d, const struct writer_task *job, int stream,
    int pipe)
{
	struct writer_sink *s = &d->sink[stream - 1];
	ssize_t n = d->move != NULL && s->failed == 0 ?
	    d->move(job->result, job->arg, stream, pipe) :
	    -EOPNOTSUPP;

	if (n > 0) {
		s->put += (uint64_t)n;
		s->written += (uint64_t)n;
	}
	return n;
}

int
writer_end(struct writer *d, const struct writer_task *job)
{
	int error = 0;

	if (d->fn != NULL)
		error = d->fn(job->result, job->arg, 0, NULL, 0, d->arg);
	if (d->copy)
		return 0;
	if (error != 0 && d->sink[0].failed == 0)
		sink_fail(&d->sink[0], error < 0 ? error : -EINVAL);
	return error;
}

uint64_t
writer_position(const struct writer *d, int stream)
{
	return d->sink[stream - 1].put;
}

bool
writer_has_left(const struct writer *d, const uint64_t position[2], int *error)
{
	*error = 0;
	for (int i = 0; i < 2; i++) {
		const struct writer_sink *s = &d->sink[i];

		if (position[i] <= s->written)
			continue;
		if (s->failed == 0)
			return false;
		*error = s->failed;
	}
	return true;
}

int
writer_flush(struct writer *d)
{
	int error = sink_flush(d, &d->sink[0]);

	if (error == 0)
		error = sink_flush(d, &d->sink[1]);
	if (d->begun) {
		d->begun = false;
		d->writing(false, d->midline, d->writing_arg);
	}
	return error;
}

int
writer_waits_for(const struct writer *d)
{
	for (int i = 0; i < 2; i++) {
		if (!sink_empty(&d->sink[i]) || d->sink[i].choked)
			return d->sink[i].out.fd;
	}
	return -1;
}

int
writer_take_error(struct writer *d)
{
	for (int i = 0; i < 2; i++) {
		struct writer_sink *s = &d->sink[i];

		if (s->failed != 0 && !s->told) {
			s->told = true;
			return s->failed;
		}
	}
	return 0;
}
