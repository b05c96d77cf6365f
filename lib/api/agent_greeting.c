/* SPDX-License-Identifier: ISC */

/*
 * Owns the beginning of an agent's connection: the greeting, the password if one comes,
 * and the setup.  Until then there is no pool, and no loop that turns.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "api/agent.h"
#include "base/clock.h"

/* The setup must come within this time. */
#define SETUP_NS INT64_C(60000000000)

int
agent_greet(struct agent *a)
{
	char line[sizeof(FRAME_GREETING) + FRAME_TOKEN_SIZE + 16];
	int n = snprintf(line, sizeof(line), FRAME_GREETING "%.*s %d\n",
	    FRAME_TOKEN_SIZE - 1, a->opts->token, FRAME_VERSION);
	int error = buf_add(&a->out, line, (size_t)n);

	if (error == 0)
		agent_send_number(a, FRAME_HELLO, 0,
		    (uint64_t)prun_cpu_count());
	agent_flush(a);
	return error != 0 ? error : a->error;
}

/* The frame's bytes are copied, because the setup points into them. */
static int
agent_take_setup(struct agent *a, const struct frame *f)
{
	struct field_reader r;
	int error;

	if (f->type != FRAME_SETUP)
		return -EPROTO;
	error = buf_add(&a->setup_bytes, f->data, f->len);
	if (error != 0)
		return error;
	r = (struct field_reader){ .data = a->setup_bytes.data, .len = f->len };
	return job_get_setup(&r, &a->setup);
}

/*
 * Wait for bytes of the connection.  1: there are some; 0: the agent was told to
 * stop; or -errno.
 */
static int
agent_await(const struct agent *a, int64_t deadline)
{
	struct pollfd pfd[2] = { { .fd = a->opts->in, .events = POLLIN },
		{ .fd = a->opts->stop, .events = POLLIN } };
	int r;

	do {
		r = poll(pfd, 2, clock_poll_timeout(deadline));
	} while (r == -1 && errno == EINTR);
	if (r == -1)
		return -errno;
	return r == 0 ? -ETIMEDOUT : pfd[1].revents == 0;
}

/*
 * Read exactly len bytes.  1; 0: the connection has ended, or the agent was told to
 * stop; or -errno.
 */
static int
agent_read(const struct agent *a, char *to, size_t len, int64_t deadline)
{
	ssize_t n;
	int r;

	while (len > 0) {
		r = agent_await(a, deadline);
		if (r <= 0)
			return r;
		n = fd_read(a->opts->in, to, len);
		if (n <= 0 && n != -EAGAIN)
			return (int)n;
		if (n > 0) {
			to += n;
			len -= (size_t)n;
		}
	}
	return 1;
}

/*
 * If the first frame is a password, read it into locked memory, and nowhere else.
 * Returns the same as agent_read().
 */
static int
agent_await_secret(struct agent *a, int64_t deadline)
{
	char head[FRAME_HEAD];
	struct frame f;
	int r = agent_read(a, head, sizeof(head), deadline);

	if (r <= 0)
		return r;
	r = frame_get_head(head, &f);
	if (r == 0 && f.type != FRAME_SECRET)
		r = buf_add(&a->in.in, head, sizeof(head));
	else if (r == 0)
		r = f.len < AGENT_SECRET_MOST ?
		    prun_secret_new(AGENT_SECRET_MOST, &a->secret) :
		    -EPROTO;
	if (r != 0 || a->secret == NULL)
		return r < 0 ? r : 1;
	return agent_read(a, prun_secret_text(a->secret), f.len, deadline);
}

int
agent_await_setup(struct agent *a)
{
	const int64_t deadline = clock_now() + SETUP_NS;
	struct frame f;
	ssize_t n;
	int r = agent_await_secret(a, deadline);

	if (r <= 0)
		return r;
	while ((r = frame_next(&a->in, &f)) == 0) {
		r = agent_await(a, deadline);
		if (r <= 0)
			return r;
		n = frame_read(&a->in, a->opts->in);
		if (n <= 0 && n != -EAGAIN)
			return (int)n;
	}
	if (r > 0)
		r = agent_take_setup(a, &f);
	return r < 0 ? r : 1;
}
