/* SPDX-License-Identifier: ISC */

/*
 * Owns the loop of a worker's process and what its functions answer.  Knows neither the
 * owner's queue nor who watches over the process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "workers/fn_frame.h"
#include "workers/helper.h"
#include "workers/slot.h"

/* A reply's memory is used again for the next reply if it is not larger. */
#define REPLY_KEEP ((size_t)1024 * 1024)

struct prun_reply {
	struct buf data;
	/* Of prun_reply_add(), in case the function has not looked at it. */
	int error;
};

struct server {
	const struct serve_opts *opts;
	struct slot *slot;
	struct outbox outbox;
	struct fn_frame_reader reader;
	int from;
	int64_t since; /* clock_now() time since which the worker has worked */
	void *state;
	struct prun_reply reply;
	/* It skips tasks that were sent before the next FN_FRAME_REOPEN. */
	bool skips;
};

int
prun_reply_add(struct prun_reply *reply, const void *data, size_t len)
{
	int error = buf_add(&reply->data, data, len);

	if (error != 0)
		reply->error = error;
	return error;
}

/*
 * The time is noted before the owner gets the answers, so that it knows how long they
 * took.
 */
static void
server_note_time(struct server *s)
{
	int64_t now = clock_now();

	(void)atomic_fetch_add(&s->slot->busy, now - s->since);
	s->since = now;
}

static int
server_flush(struct server *s)
{
	int error;

	server_note_time(s);
	error = outbox_flush(&s->outbox);
	s->since = clock_now();
	return error;
}

static int
server_answer(struct server *s, enum fn_frame_kind kind, int status)
{
	const struct fn_frame answer = { .kind = (uint16_t)kind,
		.status = status };
	int error = outbox_put(&s->outbox, &answer, NULL);

	return error != 0 ? error : server_flush(s);
}

/* The task has been condemned: the helper kills the worker and all that it has started. */
static _Noreturn void
await_kill(void)
{
	for (;;)
		(void)pause();
}

static int
server_call(struct server *s, const struct fn_frame *task, const char *data)
{
	struct fn_frame answer = { .number = task->number,
		.kind = FN_FRAME_REPLY };
	int error;

	if (s->skips)
		return 0;
	if (s->opts->timed)
		atomic_store(&s->slot->since, clock_now());
	if (!slot_claim(s->slot, task->number)) {
		s->skips = true;
		return 0;
	}
	buf_clear(&s->reply.data, REPLY_KEEP);
	s->reply.error = 0;
	answer.status = task->fn(s->state, data, task->length, &s->reply);
	if (!slot_return(s->slot))
		await_kill();
	if (s->reply.error != 0)
		answer.status = s->reply.error;
	answer.length = s->reply.data.len;
	error = outbox_put(&s->outbox, &answer, s->reply.data.data);
	slot_idle(s->slot);
	if (error == 0 && task->last)
		error = server_flush(s);
	return error;
}

static int
server_reopen(struct server *s)
{
	slot_reopen(s->slot);
	s->skips = false;
	return server_answer(s, FN_FRAME_REOPENED, 0);
}

/* Reads the next frame.  False: no more come. */
static bool
server_read(struct server *s, struct fn_frame *frame, const char **data)
{
	ssize_t n;
	int rc;

	while ((rc = fn_frame_next(&s->reader, frame, data)) == 0) {
		server_note_time(s);
		n = fn_frame_reader_fill(&s->reader, s->from);
		if (n <= 0)
			return false;
		s->since = clock_now();
	}
	return rc == 1;
}

static int
server_run(struct server *s)
{
	struct fn_frame frame;
	const char *data;
	int error = 0;

	while (error == 0 && server_read(s, &frame, &data)) {
		if (frame.kind == FN_FRAME_TASK)
			error = server_call(s, &frame, data);
		else if (frame.kind == FN_FRAME_REOPEN)
			error = server_reopen(s);
		else
			return 0;
	}
	return EXIT_FAILURE;
}

int
serve(const struct serve_opts *opts, struct slot *slot, int from, int to)
{
	struct server s = { .opts = opts,
		.slot = slot,
		.outbox = { .slot = slot, .fd = to },
		.from = from,
		.since = clock_now() };
	int error = 0, status = EXIT_FAILURE;

	if (opts->init != NULL)
		error = opts->init(&s.state, opts->arg);
	if (server_answer(&s, FN_FRAME_READY, error) == 0 && error == 0)
		status = server_run(&s);
	/*
	 * fini is called only after FN_FRAME_END: if the owner is gone, fini may need
	 * something of it.
	 */
	if (status == 0 && opts->fini != NULL)
		opts->fini(s.state);
	buf_fini(&s.reply.data);
	fn_frame_reader_fini(&s.reader);
	(void)fflush(stdout);
	return status;
}
