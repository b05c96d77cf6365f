/* SPDX-License-Identifier: ISC */

/* Owns the form of frames and of their fields.  Does not know what they mean. */
#include <sys/endian.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "remote/frame.h"

#define LENGTH 4
#define HEAD ((size_t)FRAME_HEAD)
#define READ_SIZE ((size_t)128 * 1024)
/* At most so many bytes may come before the greeting: shell start-up files may print some. */
#define NOISE_MOST ((size_t)1024 * 1024)
#define NUMBER 8

void
frame_put_head(char head[static FRAME_HEAD], enum frame_type type, uint64_t id,
    size_t len)
{
	le32enc(head, (uint32_t)(HEAD - LENGTH + len));
	head[LENGTH] = (char)type;
	le64enc(head + LENGTH + 1, id);
}

int
frame_get_head(const char head[static FRAME_HEAD], struct frame *f)
{
	const size_t len = le32dec(head);
	const unsigned type = (unsigned char)head[LENGTH];

	if (len < HEAD - LENGTH || len > FRAME_MOST - LENGTH || type == 0 ||
	    type >= FRAME_TYPES)
		return -EPROTO;
	*f = (struct frame){ .type = (enum frame_type)type,
		.id = le64dec(head + LENGTH + 1),
		.len = len - (HEAD - LENGTH) };
	return 0;
}

int
frame_put(struct buf *out, enum frame_type type, uint64_t id, const void *data,
    size_t len)
{
	char head[FRAME_HEAD];
	int error;

	if (len > FRAME_MOST - HEAD)
		return -E2BIG;
	frame_put_head(head, type, id, len);
	error = buf_reserve(out, HEAD + len);
	if (error == 0)
		error = buf_add(out, head, HEAD);
	return error != 0 ? error : buf_add(out, data, len);
}

int
frame_put_number(struct buf *out, enum frame_type type, uint64_t id,
    uint64_t number)
{
	unsigned char bytes[NUMBER];

	le64enc(bytes, number);
	return frame_put(out, type, id, bytes, sizeof(bytes));
}

void
frame_reader_fini(struct frame_reader *r)
{
	buf_fini(&r->in);
	r->at = 0;
}

/* Drop the bytes of frames that were returned before. */
static void
frame_forget(struct frame_reader *r)
{
	buf_drop(&r->in, r->at);
	r->at = 0;
}

static ssize_t
frame_read_some(struct frame_reader *r, int fd, size_t most)
{
	ssize_t n;
	int error;

	frame_forget(r);
	error = buf_reserve(&r->in, most);
	if (error != 0)
		return error;
	n = fd_read(fd, r->in.data + r->in.len, most);
	if (n > 0)
		r->in.len += (size_t)n;
	return n;
}

ssize_t
frame_read(struct frame_reader *r, int fd)
{
	return frame_read_some(r, fd, READ_SIZE);
}

ssize_t
frame_read_head(struct frame_reader *r, int fd)
{
	const size_t there = r->in.len - r->at;

	return frame_read_some(r, fd, there < HEAD ? HEAD - there : READ_SIZE);
}

int
frame_begin(struct frame_reader *r, const char *token, unsigned *version)
{
	char line[sizeof(FRAME_GREETING) + FRAME_TOKEN_SIZE];
	const char *found, *end;
	size_t len;

	(void)snprintf(line, sizeof(line), FRAME_GREETING "%s ", token);
	len = strlen(line);
	found = r->in.len == 0 ? NULL :
				 memmem(r->in.data, r->in.len, line, len);
	if (found == NULL)
		return r->in.len > NOISE_MOST ? -EPROTO : 0;
	found += len;
	len = r->in.len - (size_t)(found - r->in.data);
	end = memchr(found, '\n', len);
	if (end == NULL)
		return len > FRAME_TOKEN_SIZE ? -EPROTO : 0;
	*version = (unsigned)strtoul(found, NULL, 10);
	r->at = (size_t)(end + 1 - r->in.data);
	return 1;
}

int
frame_next(struct frame_reader *r, struct frame *f)
{
	const size_t there = r->in.len - r->at;
	const char *head;

	if (there < HEAD)
		return 0;
	head = r->in.data + r->at;
	if (frame_get_head(head, f) != 0)
		return -EPROTO;
	if (there - HEAD < f->len)
		return 0;
	f->data = head + HEAD;
	r->at += HEAD + f->len;
	return 1;
}

int
frame_next_begun(struct frame_reader *r, struct frame *f, size_t *left)
{
	const size_t there = r->in.len - r->at;
	const char *head;

	if (there < HEAD)
		return 0;
	head = r->in.data + r->at;
	if (frame_get_head(head, f) != 0 ||
	    f->len < there - HEAD + FRAME_LONG ||
	    (f->type != FRAME_OUT && f->type != FRAME_ERR))
		return 0;
	*left = f->len - (there - HEAD);
	f->data = head + HEAD;
	f->len = there - HEAD;
	r->at = r->in.len;
	return 1;
}

ssize_t
frame_read_rest(struct frame_reader *r, int fd, size_t most, struct frame *f)
{
	ssize_t n = frame_read_some(r, fd, most < READ_SIZE ? most : READ_SIZE);

	if (n > 0) {
		f->data = r->in.data;
		f->len = (size_t)n;
		r->at = r->in.len;
	}
	return n;
}

static void
field_put(struct field_writer *w, const void *data, size_t len)
{
	if (w->error == 0)
		w->error = buf_add(w->out, data, len);
}

void
field_put_number(struct field_writer *w, uint64_t number)
{
	unsigned char bytes[NUMBER];

	le64enc(bytes, number);
	field_put(w, bytes, sizeof(bytes));
}

void
field_put_seconds(struct field_writer *w, double seconds)
{
	uint64_t bits;

	memcpy(&bits, &seconds, sizeof(bits));
	field_put_number(w, bits);
}

/* The length counts the NUL, so that a length of 0 stands for NULL. */
void
field_put_string(struct field_writer *w, const char *s)
{
	size_t len = s != NULL ? strlen(s) + 1 : 0;

	field_put_number(w, len);
	if (s != NULL)
		field_put(w, s, len);
}

void
field_put_bytes(struct field_writer *w, const void *data, size_t len)
{
	field_put_number(w, len);
	field_put(w, data, len);
}

void
field_put_strings(struct field_writer *w, const char *const *list)
{
	field_put_number(w, list != NULL ? list_length(list) + 1 : 0);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		field_put_string(w, list[i]);
}

struct field_reader
field_reader(const struct frame *f)
{
	return (struct field_reader){ .data = f->data, .len = f->len };
}

static const char *
field_take(struct field_reader *r, uint64_t len)
{
	const char *data = r->data;

	if (r->error == 0 && len > r->len)
		r->error = -EPROTO;
	if (r->error != 0)
		return NULL;
	r->data += len;
	r->len -= (size_t)len;
	return data;
}

uint64_t
field_number(struct field_reader *r)
{
	const char *bytes = field_take(r, NUMBER);

	return bytes != NULL ? le64dec(bytes) : 0;
}

uint64_t
field_number_to(struct field_reader *r, uint64_t most)
{
	uint64_t number = field_number(r);

	if (number <= most)
		return number;
	r->error = -EPROTO;
	return 0;
}

double
field_seconds(struct field_reader *r)
{
	uint64_t bits = field_number(r);
	double seconds;

	memcpy(&seconds, &bits, sizeof(seconds));
	if (isfinite(seconds) && seconds >= 0)
		return seconds;
	r->error = -EPROTO;
	return 0;
}

const char *
field_string(struct field_reader *r)
{
	uint64_t len = field_number(r);
	const char *s = field_take(r, len);

	if (s == NULL || len == 0)
		return NULL;
	if (memchr(s, '\0', (size_t)len) == s + len - 1)
		return s;
	r->error = -EPROTO;
	return NULL;
}

const char *
field_bytes(struct field_reader *r, size_t *len)
{
	uint64_t n = field_number(r);
	const char *data = field_take(r, n);

	*len = data != NULL ? (size_t)n : 0;
	return data;
}

/*
 * Each string takes at least 8 bytes for its length, so the frame's size limits how
 * many there can be.
 */
const char **
field_strings(struct field_reader *r)
{
	uint64_t n = field_number(r);
	const char **list;

	if (r->error == 0 && n > 0 && n - 1 > r->len / NUMBER)
		r->error = -EPROTO;
	if (r->error != 0 || n == 0)
		return NULL;
	list = calloc((size_t)n, sizeof(*list));
	if (list == NULL) {
		r->error = -ENOMEM;
		return NULL;
	}
	for (uint64_t i = 0; i < n - 1 && r->error == 0; i++) {
		list[i] = field_string(r);
		if (list[i] == NULL && r->error == 0)
			r->error = -EPROTO;
	}
	return list;
}

int
fields_end(const struct field_reader *r)
{
	if (r->error == 0 && r->len > 0)
		return -EPROTO;
	return r->error;
}
