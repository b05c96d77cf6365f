/* SPDX-License-Identifier: ISC */

/*
 * A desk with jobs' pipes on one side and a reader's pipe on the other, for
 * tests of what is between.  Not every test uses all of it.
 */
#ifndef DESK_H
#define DESK_H

#include "base/fd.h"
#include "lab.h"
#include "stream/reader.h"

enum {
	JOBS = 5,
	DELIVERED = 32
};

struct desk {
	struct mux mux;
	struct writer deliver;
	struct task_output o[JOBS];
	int job[JOBS][2][2]; /* pipes: what a job writes to, and we read from */
	int out[2];
	char got[1 << 16];
	int delivered[DELIVERED], ndelivered;
};

static struct desk desk;

static void
delivered(struct task_output *o, void *arg)
{
	struct desk *d = arg;

	d->delivered[d->ndelivered++ % DELIVERED] = (int)o->job.result->id;
}

static bool desk_hold;
static size_t desk_tail = 8;
static struct prun_result desk_result[JOBS];

LAB void
desk_open_mode(enum prun_output_mode mode, bool keep, size_t each,
    const char *tag)
{
	struct desk *d = &desk;
	const struct mux_opts opts = { .mode = mode,
		.keep = keep,
		.each = each,
		.all = each * 4,
		.tmpdir = "/tmp",
		.hold = desk_hold,
		.tail = desk_tail,
		.delivered = delivered,
		.arg = d };
	struct prun_pool_opts sinks = { 0 };

	CHECK_INT(fd_pipe(d->out), 0);
	sinks.out_fd = sinks.err_fd = d->out[1];
	writer_init(&d->deliver, &sinks);
	CHECK_INT(mux_init(&d->mux, &opts, &d->deliver), 0);
	for (int i = 0; i < JOBS; i++) {
		for (int k = 0; k < 2; k++) {
			CHECK_INT(fd_pipe(d->job[i][k]), 0);
			CHECK_INT(fd_nonblock(d->job[i][k][0]), 0);
		}
		desk_result[i].id = (uint64_t)i;
		d->o[i].job.result = &desk_result[i];
		d->o[i].tag.begin = tag;
		mux_open(&d->mux, &d->o[i]);
	}
}

LAB void
desk_close(void)
{
	struct desk *d = &desk;

	for (int i = 0; i < JOBS; i++)
		mux_close(&d->mux, &d->o[i]);
	CHECK_INT(d->mux.store.used, 0);
	CHECK_INT(d->mux.spill.blocks, d->mux.spill.nfree);
	mux_fini(&d->mux);
	writer_fini(&d->deliver);
}

/* A job writes, and it is read. */
LAB void
say_bytes(int job, int stream, const char *text, size_t len)
{
	struct desk *d = &desk;

	CHECK_INT(write(d->job[job][stream - 1][1], text, len), len);
	CHECK_INT(reader_read(&d->mux, &d->o[job], stream,
		      d->job[job][stream - 1][0]),
	    len);
}

LAB void
say(int job, int stream, const char *text)
{
	say_bytes(job, stream, text, strlen(text));
}

LAB void
finish(int job)
{
	mux_finish(&desk.mux, &desk.o[job]);
}

/* What has come out since. */
LAB const char *
flushed(void)
{
	struct desk *d = &desk;
	size_t len;

	CHECK_INT(mux_flush(&d->mux), 0);
	len = lab_read_now(d->out[0], d->got, sizeof(d->got) - 1);
	d->got[len] = '\0';
	return d->got;
}

#endif
