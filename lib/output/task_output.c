/* SPDX-License-Identifier: ISC */

/*
 * Owns what is kept of one job's output, and what counts as a line for --tag.  Knows
 * neither the other jobs nor whose turn it is to be written.
 */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "output/task_output.h"

static size_t
line_length(const char *data, size_t len)
{
	const char *newline = memchr(data, '\n', len);
	const char *cr;

	if (newline != NULL)
		len = (size_t)(newline - data) + 1;
	cr = memchr(data, '\r', len);
	return cr != NULL ? (size_t)(cr - data) + 1 : len;
}

static size_t
length_of(const char *s)
{
	return s != NULL ? strlen(s) : 0;
}

bool
tag_is_empty(const struct tag *tag)
{
	return length_of(tag->begin) + length_of(tag->end) == 0;
}

int
tag_lines(struct buf *out, const struct tag *tag, const char *data, size_t len,
    bool *midline)
{
	size_t begin = length_of(tag->begin), end = length_of(tag->end), n;
	bool ended;

	for (; len > 0; data += n, len -= n) {
		n = line_length(data, len);
		ended = data[n - 1] == '\n' || data[n - 1] == '\r';
		if (buf_reserve(out, begin + n + end) != 0)
			return -ENOMEM;
		if (!*midline)
			(void)buf_add(out, tag->begin, begin);
		(void)buf_add(out, data, n - ended);
		if (ended) {
			(void)buf_add(out, tag->end, end);
			(void)buf_add(out, data + n - 1, 1);
		}
		*midline = !ended;
	}
	return 0;
}

void
task_output_open(struct task_output *o, bool live)
{
	o->finished = o->full = o->whole = false;
	o->error = o->unwritten = o->no_room = 0;
	o->escaped = false;
	o->put[0] = o->put[1] = 0;
	o->live = live;
	o->held = false;
	o->tail.len = 0;
	for (int i = 0; i < 2; i++) {
		struct task_output_stream *s = &o->stream[i];

		s->lines = s->total = s->through = 0;
		s->midline = s->midline_out = s->busy = false;
	}
}

void
task_output_reset(struct task_output *o, struct capture_store *store)
{
	for (int i = 0; i < 2; i++) {
		struct task_output_stream *s = &o->stream[i];

		s->total = s->through = 0;
		s->lines = s->capture.length;
		if (!o->whole)
			continue;
		capture_clear(&s->capture, store);
		s->lines = 0;
	}
	o->full = o->full && !o->whole;
	o->tail.len = 0;
}

void
task_output_drop(struct task_output *o, struct capture_store *store)
{
	for (int i = 0; i < 2; i++) {
		capture_clear(&o->stream[i].capture, store);
		o->stream[i].lines = 0;
	}
}

void
task_output_remember(struct task_output *o, size_t most, const char *data,
    size_t len)
{
	if (len > most) {
		data += len - most;
		len = most;
	}
	if (o->tail.len + len > 2 * most)
		buf_drop(&o->tail, o->tail.len + len - most);
	(void)buf_add(&o->tail, data, len); /* a shorter tail does no harm */
}

const char *
task_output_tail(const struct task_output *o, size_t most, size_t *len)
{
	size_t skip = o->tail.len > most ? o->tail.len - most : 0;

	*len = o->tail.len - skip;
	return o->tail.data + skip;
}

bool
task_output_is_empty(const struct task_output *o)
{
	return o->put[0] == 0 && o->put[1] == 0 &&
	    o->stream[0].capture.length == 0 &&
	    o->stream[1].capture.length == 0;
}

void
task_output_settle(struct task_output *o, struct capture_store *store)
{
	if (o->full && capture_settle(&o->stream[0].capture, store) == 0 &&
	    capture_settle(&o->stream[1].capture, store) == 0)
		o->full = false;
}

void
task_output_fini(struct task_output *o, struct capture_store *store)
{
	capture_fini(&o->stream[0].capture, store);
	capture_fini(&o->stream[1].capture, store);
	buf_fini(&o->tail);
}
