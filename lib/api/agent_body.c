/* SPDX-License-Identifier: ISC */

/*
 * Owns the bytes that go from a job's pipe to the connection without being read, as the
 * body of a frame, and the pipe in which they wait.  What is in that pipe cannot be taken
 * away by anybody, so the head of the frame can say how much it is.  Knows nothing of
 * frames, and of the agent only this body.
 */
#include <errno.h>
#include <fcntl.h>

#include "api/agent.h"

/* For fewer bytes a read and a write cost less. */
#define BODY_LEAST ((ssize_t)64 * 1024)

void
agent_body_init(struct agent_body *body)
{
	*body = (struct agent_body){ .pipe = { -1, -1 } };
}

void
agent_body_fini(struct agent_body *body)
{
	fd_close(&body->pipe[0]);
	fd_close(&body->pipe[1]);
}

/*
 * Only a pipe takes what was in a pipe without copying it and without waiting for its
 * reader; and one that appends does not.
 */
static bool
body_is_possible(struct agent_body *body, const struct fd_sink *to)
{
	if (body->refused || to->kind != FD_PIPE)
		return false;
	if (body->pipe[0] != -1)
		return true;
	body->refused = fcntl(to->fd, F_GETFL) & O_APPEND ||
	    fd_pipe(body->pipe) != 0;
	if (!body->refused)
		(void)fd_widen_pipe(body->pipe[1], FD_PIPE_WIDE);
	return !body->refused;
}

bool
agent_body_wants(struct agent_body *body, int pipe, const struct fd_sink *to)
{
	return fd_pending(pipe) >= BODY_LEAST && body_is_possible(body, to);
}

ssize_t
agent_body_take(struct agent_body *body, int pipe, size_t most)
{
	ssize_t n = fd_splice(pipe, body->pipe[1], NULL, most);

	if (n <= 0) {
		body->refused = n != -EAGAIN;
		return -EOPNOTSUPP;
	}
	body->left = (size_t)n;
	return n;
}

int
agent_body_flush(struct agent_body *body, const struct fd_sink *to)
{
	ssize_t n;

	while (body->left > 0) {
		n = fd_splice(body->pipe[0], to->fd, NULL, body->left);
		if (n <= 0)
			return n == 0 ? -EPIPE : (int)n;
		body->left -= (size_t)n;
	}
	return 0;
}
