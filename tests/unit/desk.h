/* SPDX-License-Identifier: ISC */

/*
 * A desk with jobs' pipes on one side and a reader's pipe on the other, for
 * tests of what is between.  Not every test uses all of it.
 */
#ifndef DESK_H
#define DESK_H

#include "base/fd.h"
#include "lab.h"
#include "output/intake.h"

enum {
	JOBS = 5,
	DELIVERED = 32
};

struct desk {
	struct order order;
	struct deliver deliver;
	struct outlet o[JOBS];
	int job[JOBS][2][2]; /* pipes: what a job writes to, and we read from */
	int out[2];
	char got[1 << 16];
	int delivered[DELIVERED], ndelivered;
};

static struct desk desk;

static void
delivered(struct outlet *o, void *arg)
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
	const struct order_opts opts = { .mode = mode,
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
	deliver_init(&d->deliver, &sinks);
	CHECK_INT(order_init(&d->order, &opts, &d->deliver), 0);
	for (int i = 0; i < JOBS; i++) {
		for (int k = 0; k < 2; k++) {
			CHECK_INT(fd_pipe(d->job[i][k]), 0);
			CHECK_INT(fd_nonblock(d->job[i][k][0]), 0);
		}
		desk_result[i].id = (uint64_t)i;
		d->o[i].job.result = &desk_result[i];
		d->o[i].tag.begin = tag;
		order_open(&d->order, &d->o[i]);
	}
}

LAB void
desk_close(void)
{
	struct desk *d = &desk;

	for (int i = 0; i < JOBS; i++)
		order_close(&d->order, &d->o[i]);
	CHECK_INT(d->order.store.used, 0);
	CHECK_INT(d->order.spill.blocks, d->order.spill.nfree);
	order_fini(&d->order);
	deliver_fini(&d->deliver);
}

/* A job writes, and it is read. */
LAB void
say_bytes(int job, int stream, const char *text, size_t len)
{
	struct desk *d = &desk;

	CHECK_INT(write(d->job[job][stream - 1][1], text, len), len);
	CHECK_INT(intake_read(&d->order, &d->o[job], stream,
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
	order_finish(&desk.order, &desk.o[job]);
}

/* What has come out since. */
LAB const char *
flushed(void)
{
	struct desk *d = &desk;
	size_t len;

	CHECK_INT(order_flush(&d->order), 0);
	len = lab_read_now(d->out[0], d->got, sizeof(d->got) - 1);
	d->got[len] = '\0';
	return d->got;
}

#endif
