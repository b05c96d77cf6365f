/* SPDX-License-Identifier: ISC */

/*
 * Owns the bytes that go from the agent to the other side, and when they are written.
 * One body is moved at a time; frames that are sent meanwhile come behind it.
 * Knows nothing of what they mean.
 */
#include <sys/epoll.h>

#include <errno.h>

#include "api/agent.h"
#include "base/clock.h"

#define NS_PER_S 1e9
#define KEEP ((size_t)1024 * 1024)
/* So many bytes are written at once, and not gathered with others. */
#define LONG ((size_t)32 * 1024)

/* Write the bytes of out up to there.  True: all of them have left. */
static bool
outbox_write(struct agent *a, size_t end)
{
	struct iovec iov;
	ssize_t n;

	while (a->sent < end) {
		iov = (struct iovec){ a->out.data + a->sent, end - a->sent };
		n = fd_write(&a->sink, &iov, 1);
		if (n < 0 && n != -EAGAIN)
			agent_end(a, 0); /* nobody reads any more */
		if (n <= 0)
			return false;
		a->sent += (size_t)n;
	}
	return true;
}

/* Move what comes behind the head of its frame.  True: all of it has left. */
static bool
outbox_move(struct agent *a)
{
	const int error = agent_body_flush(&a->body, &a->sink);

	if (error != 0 && error != -EAGAIN)
		agent_end(a, 0); /* nobody reads any more */
	return error == 0;
}

void
agent_flush(struct agent *a)
{
	if ((a->body.left == 0 ||
		(outbox_write(a, a->body.at) && outbox_move(a))) &&
	    outbox_write(a, a->out.len)) {
		buf_clear(&a->out, KEEP);
		a->sent = 0;
		a->urgent = false;
	}
	if (a->writable != NULL)
		(void)prun_watch_set(a->writable,
		    a->out.len > 0 ? EPOLLOUT : 0);
}

void
agent_writable(int fd, unsigned events, void *arg)
{
	(void)fd, (void)events;
	agent_flush(arg);
}

/* Frames are written when the loop turns, so that all frames of one turn go together. */
static void
agent_sent(struct agent *a, int error)
{
	a->urgent = true;
	if (error == 0 && a->writable != NULL)
		error = prun_watch_set(a->writable, EPOLLOUT);
	if (error != 0)
		agent_end(a, error);
}

/* Many bytes go through the connection. */
static void
agent_widen(struct agent *a)
{
	if (!a->wide)
		(void)fd_widen_pipe(a->sink.fd, FD_PIPE_WIDE);
	a->wide = true;
}

/*
 * To be called when no other bytes wait: what the connection takes at once is not
 * copied.  0 or -ENOMEM.
 */
static int
agent_send_long(struct agent *a, const char head[static FRAME_HEAD],
    const void *data, size_t len)
{
	const struct iovec iov[2] = { { (char *)(uintptr_t)head, FRAME_HEAD },
		{ (void *)(uintptr_t)data, len } };
	size_t sent, of_head = FRAME_HEAD;
	ssize_t n;
	int error;

	agent_widen(a);
	n = fd_write(&a->sink, iov, 2);
	/* The next write will report the error, too. */
	sent = n > 0 ? (size_t)n : 0;
	if (of_head > sent)
		of_head = sent;
	error = buf_add(&a->out, head + of_head, FRAME_HEAD - of_head);
	sent -= of_head;
	return error != 0 ?
	    error :
	    buf_add(&a->out, (const char *)data + sent, len - sent);
}

void
agent_send(struct agent *a, enum frame_type type, uint64_t id, const void *data,
    size_t len)
{
	char head[FRAME_HEAD];

	if (a->out.len > 0 || len < LONG || len > FRAME_MOST - FRAME_HEAD) {
		agent_sent(a, frame_put(&a->out, type, id, data, len));
		return;
	}
	frame_put_head(head, type, id, len);
	agent_sent(a, agent_send_long(a, head, data, len));
}

void
agent_send_number(struct agent *a, enum frame_type type, uint64_t id,
    uint64_t number)
{
	agent_sent(a, frame_put_number(&a->out, type, id, number));
}

void
agent_send_gathered(struct agent *a, enum frame_type type, uint64_t id,
    const void *data, size_t len)
{
	int error;

	if (TAILQ_EMPTY(&a->queue) || len >= LONG) {
		agent_send(a, type, id, data, len);
		return;
	}
	if (a->out.len == 0)
		a->due = clock_now() + JOB_HOLD_NS;
	error = frame_put(&a->out, type, id, data, len);
	if (error != 0)
		agent_end(a, error);
}

ssize_t
agent_send_body(struct agent *a, enum frame_type type, uint64_t id, int pipe,
    size_t most)
{
	char head[FRAME_HEAD];
	ssize_t n;

	if (!agent_body_wants(&a->body, pipe, &a->sink))
		return -EOPNOTSUPP;
	agent_widen(a);
	if (a->out.len > 0)
		agent_flush(a);
	if (a->out.len > 0)
		return -EAGAIN;
	n = agent_body_take(&a->body, pipe, most);
	if (n < 0)
		return n;
	frame_put_head(head, type, id, (size_t)n);
	a->body.at = sizeof(head);
	agent_sent(a, buf_add(&a->out, head, sizeof(head)));
	return n;
}

double
agent_flush_due(struct agent *a)
{
	const int64_t left = a->due - clock_now();
	const bool held = !TAILQ_EMPTY(&a->queue);

	if (!held || a->urgent || a->out.len >= LONG || left <= 0)
		agent_flush(a);
	if (!held)
		return -1;
	return (double)(left > 0 ? left : JOB_HOLD_NS) / NS_PER_S;
}
