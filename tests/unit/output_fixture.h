/* SPDX-License-Identifier: ISC */

/*
 * Jobs' pipes on one side and a reader's pipe on the other, for
 * tests of what is between.  Not every test uses all of it.
 */
#ifndef OUTPUT_FIXTURE_H
#define OUTPUT_FIXTURE_H

#include "base/fd.h"
#include "output/mux.h"
#include "test_util.h"

enum {
	JOBS = 5,
	DELIVERED = 32
};

struct output_fixture {
	struct mux mux;
	struct writer deliver;
	struct task_output o[JOBS];
	int job[JOBS][2][2]; /* pipes: what a job writes to, and we read from */
	int out[2];
	char got[1 << 16];
	int delivered[DELIVERED], ndelivered;
};

static struct output_fixture fixture;

static void
delivered(struct task_output *o, void *arg)
{
	struct output_fixture *f = arg;

	f->delivered[f->ndelivered++ % DELIVERED] = (int)o->job.result->id;
}

static bool fixture_hold;
static size_t fixture_tail = 8;
static struct prun_result fixture_result[JOBS];

MAYBE_UNUSED void
fixture_open_mode(enum prun_output_mode mode, bool keep, size_t each,
    const char *tag)
{
	struct output_fixture *f = &fixture;
	const struct mux_opts opts = { .mode = mode,
		.keep = keep,
		.each = each,
		.all = each * 4,
		.group_limit = (size_t)16 * 1024 * 1024,
		.tmpdir = "/tmp",
		.hold = fixture_hold,
		.tail = fixture_tail,
		.delivered = delivered,
		.arg = f };
	struct prun_pool_opts sinks = { .size = sizeof(sinks) };

	CHECK_INT(fd_pipe(f->out), 0);
	sinks.out_fd = sinks.err_fd = f->out[1];
	writer_init(&f->deliver, &sinks);
	CHECK_INT(mux_init(&f->mux, &opts, &f->deliver), 0);
	for (int i = 0; i < JOBS; i++) {
		for (int k = 0; k < 2; k++) {
			CHECK_INT(fd_pipe(f->job[i][k]), 0);
			CHECK_INT(fd_nonblock(f->job[i][k][0]), 0);
		}
		fixture_result[i].id = (uint64_t)i;
		f->o[i].job.result = &fixture_result[i];
		f->o[i].tag.begin = tag;
		mux_open(&f->mux, &f->o[i]);
	}
}

MAYBE_UNUSED void
fixture_close(void)
{
	struct output_fixture *f = &fixture;

	for (int i = 0; i < JOBS; i++)
		mux_close(&f->mux, &f->o[i]);
	CHECK_INT(f->mux.store.used, 0);
	CHECK_INT(f->mux.spill.blocks, f->mux.spill.nfree);
	mux_fini(&f->mux);
	writer_fini(&f->deliver);
}

/* A job writes, and it is read. */
MAYBE_UNUSED void
say_bytes(int job, int stream, const char *text, size_t len)
{
	struct output_fixture *f = &fixture;

	CHECK_INT(write(f->job[job][stream - 1][1], text, len), len);
	CHECK_INT(mux_pipe_read(&f->mux, &f->o[job], stream,
		      f->job[job][stream - 1][0]),
	    len);
}

MAYBE_UNUSED void
say(int job, int stream, const char *text)
{
	say_bytes(job, stream, text, strlen(text));
}

MAYBE_UNUSED void
finish(int job)
{
	mux_finish(&fixture.mux, &fixture.o[job]);
}

/* What has come out since. */
MAYBE_UNUSED const char *
flushed(void)
{
	struct output_fixture *f = &fixture;
	size_t len;

	CHECK_INT(mux_flush(&f->mux), 0);
	len = util_read_now(f->out[0], f->got, sizeof(f->got) - 1);
	f->got[len] = '\0';
	return f->got;
}

#endif
