/* SPDX-License-Identifier: ISC */

/*
 * Owns the turns of the tasks to write output: grouped, in order, or line by line.
 * Gives captured bytes to the writer; knows neither processes nor pipes.
 *
 * In every mode at most one task is the owner: some of its output is written, and
 * no other task may write before the rest follows.  The file is long because all
 * modes share that rule.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "output/mux.h"

/* Tags can multiply the size of a piece, so a smaller piece is taken at a time. */
#define TAGGED_PIECE ((uint64_t)16 * 1024)

int
mux_init(struct mux *mux, const struct mux_opts *opts, struct writer *d)
{
	int error;

	*mux = (struct mux){ .opts = *opts, .writer = d };
	TAILQ_INIT(&mux->queue);
	TAILQ_INIT(&mux->sent);
	TAILQ_INIT(&mux->groups);
	mux->store = (struct capture_store){
		.spill = &mux->spill,
		.zstd = opts->compress ? &mux->zstd : NULL,
		.each = opts->each,
		.all = opts->all,
	};
	error = spill_init(&mux->spill, opts->tmpdir);
	mux->opts.tmpdir = NULL;
	if (error != 0)
		return error;
	lookahead_init(&mux->lookahead);
	mux->scratch = malloc(SPILL_BLOCK);
	return mux->scratch == NULL ? -ENOMEM : 0;
}

void
mux_fini(struct mux *mux)
{
	mux_groups_fini(mux);
	spill_fini(&mux->spill);
	lookahead_fini(&mux->lookahead);
	spill_zstd_fini(&mux->zstd);
	free(mux->scratch);
	buf_fini(&mux->tagged);
}

static void
mux_enqueue(struct mux *mux, struct task_output *o)
{
	if (o->queue != NULL)
		return;
	o->queue = mux_group_queue(mux, o);
	TAILQ_INSERT_TAIL(o->queue, o, entry);
}

static void
mux_dequeue(struct mux *mux, struct task_output *o)
{
	if (o->queue != NULL)
		TAILQ_REMOVE(o->queue, o, entry);
	o->queue = NULL;
	if (mux->owner == o)
		mux->owner = NULL;
}

void
mux_open(struct mux *mux, struct task_output *o)
{
	task_output_open(o,
	    mux->opts.mode != PRUN_OUTPUT_GROUP && !mux->opts.keep &&
		!mux->opts.hold);
	mux_group_join(o->group);
	if (mux->opts.keep)
		mux_enqueue(mux, o);
}

/* The task will write nothing more: its group need not wait for it. */
static void
mux_leave_group(struct task_output *o)
{
	struct prun_output_group *group = o->group;

	o->group = NULL;
	mux_group_leave(group);
}

void
mux_close(struct mux *mux, struct task_output *o)
{
	mux_dequeue(mux, o);
	if (o->sent)
		TAILQ_REMOVE(&mux->sent, o, entry);
	o->sent = false;
	if (mux->preferred == o)
		mux->preferred = NULL;
	mux_leave_group(o);
	task_output_fini(o, &mux->store);
}

void
mux_reset(struct mux *mux, struct task_output *o)
{
	task_output_reset(o, &mux->store);
}

/* Has nothing of this output been written yet? */
static bool
task_output_is_unseen(const struct mux *mux, const struct task_output *o)
{
	return mux->owner != o && o->put[0] == 0 && o->put[1] == 0;
}

/*
 * When the job is being killed, and nobody has seen any of its output, mux_drops()
 * will drop it.  So it must not begin to be written, although the tasks before it are
 * gone and it is its turn.
 */
static bool
mux_holds_back(const struct mux *mux, const struct task_output *o)
{
	return mux->terminating && mux->opts.drop_terminated && !o->finished &&
	    task_output_is_unseen(mux, o);
}

bool
mux_has_turn(const struct mux *mux, const struct task_output *o)
{
	if (mux->owner != NULL && mux->owner != o)
		return false;
	if ((o->whole && !o->finished && !o->full) || mux_holds_back(mux, o))
		return false;
	if (mux->opts.keep)
		return TAILQ_FIRST(&mux->queue) == o;
	return o->live;
}

/* How many captured bytes of the stream may be written now. */
static uint64_t
task_output_writable(const struct mux *mux, const struct task_output *o,
    int stream)
{
	const struct task_output_stream *s = &o->stream[stream - 1];

	if (o->finished || o->full)
		return s->capture.length;
	if (mux->opts.hold || o->whole || mux_holds_back(mux, o))
		return 0;
	if (mux->opts.mode == PRUN_OUTPUT_RAW)
		return s->capture.length;
	if (mux->opts.mode == PRUN_OUTPUT_LINE) {
		if (s->through > 0)
			return s->capture.length;
		if (o->stream[0].through > 0 && o->stream[0].midline_out)
			return 0; /* the task's own stderr would cut the line */
		return s->lines;
	}
	return stream == 1 ? s->capture.length : 0;
}

static bool
task_output_has_failed(const struct task_output *o)
{
	const struct prun_result *r = o->job.result;

	return r->status != 0 ||
	    r->flags & (PRUN_RESULT_TIMED_OUT | PRUN_RESULT_OUTPUT_LOST);
}

static const struct tag *
task_output_tag(const struct mux *mux, const struct task_output *o)
{
	if (mux->opts.hold && o->finished && !o->escaped &&
	    task_output_has_failed(o) && !tag_is_empty(&o->failed_tag))
		return &o->failed_tag;
	return &o->tag;
}

static int
mux_put_bytes(struct mux *mux, struct task_output *o, int stream,
    const char *data, size_t len)
{
	int error = writer_put(mux->writer, &o->job, stream, data, len);

	if (error == 0)
		o->put[stream - 1] = writer_position(mux->writer, stream);
	return error;
}

static int
mux_put(struct mux *mux, struct task_output *o, int stream, const char *data,
    size_t len)
{
	struct task_output_stream *s = &o->stream[stream - 1];
	const struct tag *tag = task_output_tag(mux, o);
	bool midline = s->midline;
	int error;

	if (tag_is_empty(tag))
		return mux_put_bytes(mux, o, stream, data, len);
	buf_clear(&mux->tagged, SPILL_BLOCK * 4);
	error = tag_lines(&mux->tagged, tag, data, len, &midline);
	if (error == 0)
		error = mux_put_bytes(mux, o, stream, mux->tagged.data,
		    mux->tagged.len);
	if (error == 0)
		s->midline = midline;
	return error;
}

/* If memory is short, a smaller piece is written, and *len is set to its size. */
static int
mux_put_some(struct mux *mux, struct task_output *o, int stream,
    const char *data, size_t *len)
{
	int error;

	while ((error = mux_put(mux, o, stream, data, *len)) == -ENOMEM &&
	    *len > 1)
		*len /= 2;
	return error;
}

/*
 * The captured bytes cannot be read back, or there is no memory: give them up, and
 * remember the error.
 */
static void
mux_lose(struct mux *mux, struct task_output *o, int stream, int error)
{
	struct task_output_stream *s = &o->stream[stream - 1];

	capture_clear(&s->capture, &mux->store);
	s->lines = 0;
	o->error = error;
}

/* If the task's last line has no newline, the tag that ends a line is still missing. */
static int
mux_put_end(struct mux *mux, struct task_output *o, int stream)
{
	struct task_output_stream *s = &o->stream[stream - 1];
	const char *end = task_output_tag(mux, o)->end;
	int error = 0;

	if (!o->finished || !s->midline)
		return 0;
	if (end != NULL)
		error = mux_put_bytes(mux, o, stream, end, strlen(end));
	if (error == 0)
		s->midline = false;
	return error;
}

/* Output that was to be held back has begun to be written, so it can no longer be dropped. */
static void
mux_escapes(const struct mux *mux, struct task_output *o)
{
	if (o->finished || (!mux->opts.hold && !o->whole))
		return;
	o->escaped = true;
	o->whole = false;
}

int
mux_write_stream(struct mux *mux, struct task_output *o, int stream)
{
	struct task_output_stream *s = &o->stream[stream - 1];
	const char *data;
	uint64_t limit;
	size_t len;
	int error;

	while ((limit = task_output_writable(mux, o, stream)) > 0) {
		if (!tag_is_empty(task_output_tag(mux, o)) &&
		    limit > TAGGED_PIECE)
			limit = TAGGED_PIECE;
		error = capture_peek(&s->capture, &mux->store, mux->scratch,
		    limit, &data, &len);
		if (error != 0) {
			mux_lose(mux, o, stream, error);
			return 0;
		}
		error = mux_put_some(mux, o, stream, data, &len);
		if (error != 0)
			return error;
		mux_escapes(mux, o);
		mux->owner = o;
		s->midline_out = data[len - 1] != '\n';
		capture_consume(&s->capture, &mux->store, len);
		s->lines -= s->lines < len ? s->lines : len;
	}
	return mux_put_end(mux, o, stream);
}

/* May another task write now? In line mode it may if no line is half written. */
static bool
may_pass_on(const struct mux *mux, const struct task_output *o)
{
	if (mux->opts.keep || mux->opts.mode == PRUN_OUTPUT_GROUP)
		return false;
	return mux->opts.mode == PRUN_OUTPUT_RAW ||
	    (!o->stream[0].midline_out && !o->stream[1].midline_out);
}

/* All bytes are with the writer.  They are delivered when the writer has written them. */
static void
mux_send(struct mux *mux, struct task_output *o)
{
	mux_dequeue(mux, o);
	TAILQ_INSERT_TAIL(&mux->sent, o, entry);
	o->sent = true;
}

/* Report as delivered every output whose bytes the writer has written. */
static void
mux_settle(struct mux *mux)
{
	struct task_output *o;
	int error;

	while ((o = TAILQ_FIRST(&mux->sent)) != NULL &&
	    writer_has_left(mux->writer, o->put, &error)) {
		if (error != 0)
			o->unwritten = error;
		TAILQ_REMOVE(&mux->sent, o, entry);
		o->sent = false;
		mux->opts.delivered(o, mux->opts.arg);
	}
}

static int
mux_write(struct mux *mux, struct task_output *o)
{
	int error = 0;

	for (int stream = 1; stream <= 2 && error == 0; stream++) {
		error = mux_write_stream(mux, o, stream);
		if (error == -ENOMEM) {
			mux_lose(mux, o, stream, error);
			error = 0;
		}
	}
	if (error != 0)
		return error;
	task_output_settle(o, &mux->store);
	if (o->finished) {
		o->unwritten = writer_end(mux->writer, &o->job);
		mux_send(mux, o);
	} else if (may_pass_on(mux, o)) {
		mux_dequeue(mux, o);
	}
	return 0;
}

void
mux_moved(struct mux *mux, struct task_output *o, int stream)
{
	o->put[stream - 1] = writer_position(mux->writer, stream);
	mux->owner = may_pass_on(mux, o) ? NULL : o;
	if (o->live && task_output_writable(mux, o, 2) > 0)
		mux_enqueue(mux, o);
}

/* Write this output before its task has ended, if no other output could be written now. */
static void
mux_let_out(struct mux *mux, struct task_output *o)
{
	if (mux->opts.keep || mux->owner != NULL || !TAILQ_EMPTY(&mux->queue))
		return;
	o->live = true;
	mux->owner = o;
	mux_enqueue(mux, o);
}

/* Is it the output that is read first, because the others wait for it? */
static bool
mux_is_first(const struct mux *mux, const struct task_output *o)
{
	if (mux->opts.keep)
		return TAILQ_FIRST(&mux->queue) == o;
	return mux->preferred == o;
}

/*
 * The task had much to write at once.  If no other is preferred, and it has already
 * been spilled, it becomes the preferred one.
 */
void
mux_flooded(struct mux *mux, struct task_output *o, int stream)
{
	const struct task_output_stream *s = &o->stream[stream - 1];

	if (mux->preferred == NULL && mux->opts.mode == PRUN_OUTPUT_GROUP &&
	    capture_is_spilled(&s->capture))
		mux->preferred = o;
	if (!mux_is_first(mux, o))
		return;
	mux->flood = clock_now() + MUX_FLOOD_NS;
	if (mux->opts.mode == PRUN_OUTPUT_GROUP && stream == 1 &&
	    s->total >= mux->opts.group_limit && !mux->opts.hold && !o->whole &&
	    o->group == NULL && !mux->stalled && mux->writer->fn == NULL)
		mux_let_out(mux, o);
}

bool
mux_can_wait(const struct mux *mux, const struct task_output *o, int stream)
{
	return mux->flood != 0 && !mux_is_first(mux, o) &&
	    capture_is_spilled(&o->stream[stream - 1].capture) &&
	    clock_now() < mux->flood;
}

bool
mux_wants(struct mux *mux, struct task_output *o)
{
	if (o->held)
		return false;
	if (o->full) {
		task_output_settle(o, &mux->store);
		if (o->full)
			mux_let_out(mux, o);
	}
	if (mux->stalled && (o->live || mux_has_turn(mux, o)))
		return false;
	return !o->full || mux->opts.never_pause || mux_has_turn(mux, o);
}

static int
mux_flush_queue(struct mux *mux)
{
	struct task_output *o;
	int error;

	for (;;) {
		o = mux->owner != NULL ? mux->owner : TAILQ_FIRST(&mux->queue);
		if (o == NULL)
			return 0;
		error = mux_write(mux, o);
		if (error != 0)
			return error;
		if (mux->owner == o || TAILQ_FIRST(&mux->queue) == o)
			return 0; /* not finished: the others wait for it */
	}
}

int
mux_flush(struct mux *mux)
{
	int error = mux_flush_queue(mux);

	if (error == 0)
		error = writer_flush(mux->writer);
	mux_settle(mux);
	mux->stalled = error == -EAGAIN;
	return error;
}

bool
mux_passes_through(const struct mux *mux, const struct task_output *o,
    int stream)
{
	return mux->opts.mode == PRUN_OUTPUT_GROUP && stream == 1 &&
	    !mux->opts.hold && !o->whole && !mux->stalled &&
	    mux_has_turn(mux, o) && o->stream[0].capture.length == 0;
}

static int
mux_accept(struct mux *mux, struct task_output *o, int stream, const char *data,
    size_t len)
{
	struct task_output_stream *s = &o->stream[stream - 1];
	uint64_t before = s->capture.length;
	const char *newline;
	int error;

	if (mux_passes_through(mux, o, stream) &&
	    mux_put(mux, o, stream, data, len) == 0) {
		mux->owner = o;
		return 0;
	}
	error = capture_add(&s->capture, &mux->store, data, len);
	if (error == -ENOMEM)
		return error;
	newline = memrchr(data, '\n', len);
	if (newline != NULL)
		s->lines = before + (size_t)(newline - data) + 1;
	if (error != 0) {
		/*
		 * There is no room to keep it until the task's end: it is written as
		 * it comes.
		 */
		o->full = true;
		o->no_room = error;
		mux_let_out(mux, o);
		if (mux->opts.never_pause && !mux_has_turn(mux, o))
			return error;
	}
	if (o->live && task_output_writable(mux, o, stream) > 0)
		mux_enqueue(mux, o);
	return 0;
}

void
mux_count(struct mux *mux, struct task_output *o, int stream, size_t len)
{
	o->stream[stream - 1].total += len;
	if (len >= MUX_BUSY_READ)
		mux_flooded(mux, o, stream);
}

int
mux_take(struct mux *mux, struct task_output *o, int stream, const char *data,
    size_t len)
{
	int error;

	/* They were the first of those that were to be moved. */
	o->stream[stream - 1].through = 0;
	error = mux_accept(mux, o, stream, data, len);
	if (error != 0)
		return error;
	if (mux->opts.tail > 0)
		task_output_remember(o, mux->opts.tail, data, len);
	mux_count(mux, o, stream, len);
	return 0;
}

int
mux_heading(struct mux *mux, struct task_output *o, const char *heading,
    size_t len)
{
	return mux_accept(mux, o, 1, heading, len);
}

/* Is what was captured not wanted by anybody? */
static bool
mux_drops(const struct mux *mux, const struct task_output *o)
{
	if (mux->opts.errors_only && !o->escaped && !task_output_has_failed(o))
		return true;
	return mux->terminating && mux->opts.drop_terminated &&
	    o->job.result->flags & PRUN_RESULT_TERMINATED &&
	    task_output_is_unseen(mux, o);
}

void
mux_finish(struct mux *mux, struct task_output *o)
{
	o->finished = true;
	if (mux->preferred == o)
		mux->preferred = NULL;
	for (int i = 0; i < 2; i++) {
		o->stream[i].through = 0;
		capture_trim(&o->stream[i].capture);
	}
	if (mux_drops(mux, o))
		task_output_drop(o, &mux->store);
	/*
	 * A task that wrote nothing need not wait for others; but a deliver function
	 * is called in order.
	 */
	if (mux->writer->fn == NULL && task_output_is_empty(o)) {
		mux_dequeue(mux, o);
		mux_leave_group(o);
		mux->opts.delivered(o, mux->opts.arg);
		return;
	}
	mux_enqueue(mux, o);
	mux_leave_group(o);
}
