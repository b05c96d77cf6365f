/* SPDX-License-Identifier: ISC */

/*
 * Owns the second pipe.  Knows neither whose bytes they are nor what the caller
 * looks for in them.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "stream/lookahead.h"

void
lookahead_init(struct lookahead *p)
{
	p->pipe[0] = p->pipe[1] = p->null = -1;
}

void
lookahead_fini(struct lookahead *p)
{
	fd_close(&p->pipe[0]);
	fd_close(&p->pipe[1]);
	fd_close(&p->null);
}

static int
lookahead_open(struct lookahead *p)
{
	int error;

	if (p->null != -1)
		return 0;
	error = fd_pipe(p->pipe);
	if (error != 0)
		return error;
	(void)fd_widen_pipe(p->pipe[1], FD_PIPE_WIDE);
	p->null = fd_open("/dev/null", O_WRONLY, 0);
	if (p->null >= 0)
		return 0;
	error = p->null;
	p->null = -1;
	lookahead_fini(p);
	return error;
}

/* Move the first n bytes of the second pipe to /dev/null. */
static int
lookahead_skip(const struct lookahead *p, size_t n)
{
	ssize_t skipped;

	for (; n > 0; n -= (size_t)skipped) {
		skipped = fd_splice(p->pipe[0], p->null, NULL, n);
		if (skipped <= 0)
			return skipped == 0 ? -EIO : (int)skipped;
	}
	return 0;
}

static int
lookahead_read(struct lookahead *p)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < p->len; done += (size_t)n) {
		n = fd_read(p->pipe[0], p->end + done, p->len - done);
		if (n <= 0)
			return n == 0 ? -EIO : (int)n;
	}
	return 0;
}

ssize_t
lookahead_look(struct lookahead *p, int fd, size_t most)
{
	int error = lookahead_open(p);
	ssize_t n;

	if (error != 0)
		return error;
	do
		n = tee(fd, p->pipe[1], most, SPLICE_F_NONBLOCK);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		return n == 0 ? -ENODATA : -errno;
	p->len = (size_t)n < LOOKAHEAD_END ? (size_t)n : LOOKAHEAD_END;
	error = lookahead_skip(p, (size_t)n - p->len);
	if (error == 0)
		error = lookahead_read(p);
	if (error == 0)
		return n;
	lookahead_fini(p); /* bytes may be left in it */
	return error;
}
