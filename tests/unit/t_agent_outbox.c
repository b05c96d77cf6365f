/* SPDX-License-Identifier: ISC */

/* agent_outbox: which frames may be held back, and what takes them along. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "api/agent.h"
#include "base/clock.h"
#include "test_util.h"

struct line {
	struct agent agent;
	struct agent_job waiting;
	int fds[2];
};

/* An agent that writes to a pipe.  While a job waits there, news may be held back. */
static void
line_open(struct line *l, bool job_waits)
{
	*l = (struct line){ .agent.error = 0 };
	CHECK_INT(pipe2(l->fds, O_CLOEXEC | O_NONBLOCK), 0);
	fd_sink_init(&l->agent.sink, l->fds[1]);
	agent_queue_init(&l->agent);
	agent_body_init(&l->agent.body);
	TAILQ_INIT(&l->agent.blocked);
	if (job_waits)
		TAILQ_INSERT_TAIL(&l->agent.queue, &l->waiting, wait);
}

static void
line_close(struct line *l)
{
	CHECK(!l->agent.over);
	fd_sink_fini(&l->agent.sink);
	buf_fini(&l->agent.out);
	agent_body_fini(&l->agent.body);
	fd_close(&l->fds[0]);
	fd_close(&l->fds[1]);
}

/* The numbers of the frames that have come, as digits. */
static void
check_come(struct line *l, const char *numbers)
{
	struct frame_reader r = { 0 };
	struct frame f;

	(void)frame_read(&r, l->fds[0]);
	while (frame_next(&r, &f) == 1) {
		CHECK_INT(f.id, (uint64_t)(*numbers - '0'));
		numbers++;
	}
	CHECK_STR(numbers, "");
	frame_reader_fini(&r);
}

TEST(news_are_held_back_while_a_job_waits)
{
	struct line l;
	double wait;

	line_open(&l, true);
	agent_send_gathered(&l.agent, FRAME_STARTED, 1, NULL, 0);
	l.agent.due = clock_now() + INT64_C(3600000000000);
	wait = agent_flush_due(&l.agent);
	CHECK(wait > 0 && wait <= 3600);
	check_come(&l, "");
	agent_send_gathered(&l.agent, FRAME_ENDED, 2, NULL, 0);
	l.agent.due = 0;
	CHECK(agent_flush_due(&l.agent) > 0);
	check_come(&l, "12");
	line_close(&l);
}

TEST(what_is_urgent_takes_along_what_was_held_back)
{
	struct line l;

	line_open(&l, true);
	agent_send_gathered(&l.agent, FRAME_STARTED, 1, NULL, 0);
	agent_send(&l.agent, FRAME_ENDED, 2, NULL, 0);
	l.agent.due = clock_now() + INT64_C(3600000000000);
	CHECK(agent_flush_due(&l.agent) > 0);
	check_come(&l, "12");
	/* What comes after it may be held back again. */
	agent_send_gathered(&l.agent, FRAME_STARTED, 3, NULL, 0);
	l.agent.due = clock_now() + INT64_C(3600000000000);
	CHECK(agent_flush_due(&l.agent) > 0);
	check_come(&l, "");
	line_close(&l);
}

TEST(nothing_is_held_back_when_no_job_waits)
{
	struct line l;

	line_open(&l, true);
	agent_send_gathered(&l.agent, FRAME_STARTED, 1, NULL, 0);
	TAILQ_REMOVE(&l.agent.queue, &l.waiting, wait);
	agent_send_gathered(&l.agent, FRAME_STARTED, 2, NULL, 0);
	CHECK(agent_flush_due(&l.agent) < 0);
	check_come(&l, "12");
	line_close(&l);
}

TEST(many_bytes_are_not_held_back)
{
	static const char bytes[20000];
	struct line l;

	line_open(&l, true);
	agent_send_gathered(&l.agent, FRAME_OUT, 1, bytes, sizeof(bytes));
	agent_send_gathered(&l.agent, FRAME_ERR, 2, bytes, sizeof(bytes));
	l.agent.due = clock_now() + INT64_C(3600000000000);
	CHECK(agent_flush_due(&l.agent) > 0);
	check_come(&l, "12");
	line_close(&l);
}

enum {
	MANY = 512 * 1024
};

/* A job's pipe with MANY bytes that are all c. */
static int
job_pipe(char c)
{
	static char bytes[MANY];
	int fds[2];

	CHECK_INT(fd_pipe(fds), 0);
	CHECK_INT(fd_widen_pipe(fds[1], FD_PIPE_WIDE), 0);
	memset(bytes, c, sizeof(bytes));
	CHECK_INT(write(fds[1], bytes, sizeof(bytes)), sizeof(bytes));
	fd_close(&fds[1]);
	return fds[0];
}

/* Read what has come, and flush, until a frame is whole. */
static void
next_frame(struct line *l, struct frame_reader *r, struct frame *f)
{
	int n;

	while ((n = frame_next(r, f)) == 0) {
		CHECK(frame_read(r, l->fds[0]) > 0);
		agent_flush(&l->agent);
	}
	CHECK_INT(n, 1);
}

TEST(bodies_are_moved_and_nothing_overtakes_them)
{
	struct line l;
	struct frame_reader r = { 0 };
	struct frame f;
	int one = job_pipe('1'), two = job_pipe('2');

	line_open(&l, false);
	agent_send(&l.agent, FRAME_STARTED, 5, NULL, 0);
	/* The connection cannot be widened any more, and takes less than the body. */
	CHECK_INT(fd_widen_pipe(l.fds[1], 64 * 1024), 0);
	l.agent.wide = true;
	CHECK_INT(agent_send_body(&l.agent, FRAME_OUT, 1, one, MANY - 10),
	    MANY - 10);
	CHECK_INT(fd_pending(one), 10);
	agent_send(&l.agent, FRAME_PONG, 6, NULL, 0);
	/* There is one body at a time. */
	CHECK_INT(agent_send_body(&l.agent, FRAME_OUT, 2, two, MANY), -EAGAIN);
	CHECK_INT(fd_pending(two), MANY);
	/* The job's pipe may go: the bytes are here. */
	fd_close(&one);
	next_frame(&l, &r, &f);
	CHECK_INT(f.id, 5);
	next_frame(&l, &r, &f);
	CHECK_INT(f.type, FRAME_OUT);
	CHECK_INT(f.id, 1);
	CHECK_INT(f.len, MANY - 10);
	CHECK(f.data[0] == '1' && f.data[f.len - 1] == '1');
	next_frame(&l, &r, &f);
	CHECK_INT(f.type, FRAME_PONG);
	CHECK_INT(l.agent.out.len, 0);
	CHECK_INT(agent_send_body(&l.agent, FRAME_ERR, 2, two, MANY), MANY);
	agent_flush(&l.agent);
	next_frame(&l, &r, &f);
	CHECK_INT(f.type, FRAME_ERR);
	CHECK_INT(f.id, 2);
	CHECK_INT(f.len, MANY);
	CHECK_INT(frame_next(&r, &f), 0);
	fd_close(&two);
	frame_reader_fini(&r);
	line_close(&l);
}

TEST(few_bytes_and_other_connections_are_written)
{
	struct line l;
	int job = job_pipe('1'), few[2];

	line_open(&l, false);
	CHECK_INT(fd_pipe(few), 0);
	CHECK_INT(write(few[1], "few", 3), 3);
	CHECK_INT(agent_send_body(&l.agent, FRAME_OUT, 1, few[0], MANY),
	    -EOPNOTSUPP);
	l.agent.sink.kind = FD_SOCKET;
	CHECK_INT(agent_send_body(&l.agent, FRAME_OUT, 1, job, MANY),
	    -EOPNOTSUPP);
	l.agent.sink.kind = FD_PIPE;
	CHECK_INT(fcntl(l.fds[1], F_SETFL, O_APPEND), 0);
	CHECK_INT(agent_send_body(&l.agent, FRAME_OUT, 1, job, MANY),
	    -EOPNOTSUPP);
	CHECK_INT(fd_pending(job), MANY);
	CHECK_INT(fd_pending(few[0]), 3);
	fd_close(&few[0]);
	fd_close(&few[1]);
	fd_close(&job);
	line_close(&l);
}

TEST(a_reader_that_has_gone_ends_the_connection)
{
	struct line l;
	int job = job_pipe('1');

	line_open(&l, false);
	CHECK_INT(agent_send_body(&l.agent, FRAME_OUT, 1, job, MANY), MANY);
	fd_close(&l.fds[0]);
	agent_flush(&l.agent);
	CHECK(l.agent.over);
	l.agent.over = false;
	fd_close(&job);
	line_close(&l);
}
