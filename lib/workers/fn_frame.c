/* SPDX-License-Identifier: ISC */

/*
 * Owns the cutting of bytes into frames.  Knows neither who sends the frames nor what
 * they say.
 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "workers/fn_frame.h"

#define READ_SIZE ((size_t)64 * 1024)

int
fn_frame_next(struct fn_frame_reader *r, struct fn_frame *frame,
    const char **data)
{
	size_t have = r->in.len - r->at;

	if (have < sizeof(*frame))
		return 0;
	memcpy(frame, r->in.data + r->at, sizeof(*frame));
	if (frame->kind < FN_FRAME_TASK || frame->kind > FN_FRAME_REOPENED ||
	    frame->length > SIZE_MAX / 4)
		return -EPROTO;
	if (have - sizeof(*frame) < fn_frame_padded(frame->length))
		return 0;
	*data = r->in.data + r->at + sizeof(*frame);
	r->at += sizeof(*frame) + fn_frame_padded(frame->length);
	return 1;
}

/*
 * How many more bytes the frame that has begun needs; at least one, so that a read is
 * worth it.
 */
static size_t
reader_needs(const struct fn_frame_reader *r)
{
	struct fn_frame frame;
	size_t need;

	if (r->in.len < sizeof(frame))
		return READ_SIZE;
	memcpy(&frame, r->in.data, sizeof(frame));
	need = sizeof(frame) + fn_frame_padded(frame.length) - r->in.len;
	return need > READ_SIZE ? need : READ_SIZE;
}

int
fn_frame_reader_add(struct fn_frame_reader *r, const void *data, size_t len)
{
	return buf_add(&r->in, data, len);
}

ssize_t
fn_frame_reader_fill(struct fn_frame_reader *r, int fd)
{
	ssize_t n;

	buf_drop(&r->in, r->at);
	r->at = 0;
	if (buf_reserve(&r->in, reader_needs(r)) != 0)
		return -ENOMEM;
	n = fd_read(fd, r->in.data + r->in.len, r->in.size - r->in.len);
	if (n > 0)
		r->in.len += (size_t)n;
	return n;
}

void
fn_frame_reader_clear(struct fn_frame_reader *r)
{
	buf_clear(&r->in, READ_SIZE * 2);
	r->at = 0;
}

void
fn_frame_reader_fini(struct fn_frame_reader *r)
{
	buf_fini(&r->in);
	r->at = 0;
}
