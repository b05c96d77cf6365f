/* SPDX-License-Identifier: ISC */

/* agent_outbox: which frames may be held back, and what takes them along. */
#include <fcntl.h>

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
	if (job_waits)
		TAILQ_INSERT_TAIL(&l->agent.queue, &l->waiting, wait);
}

static void
line_close(struct line *l)
{
	CHECK(!l->agent.over);
	fd_sink_fini(&l->agent.sink);
	buf_fini(&l->agent.out);
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
