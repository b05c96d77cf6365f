/* SPDX-License-Identifier: ISC */

/*
 * Reads records from descriptors.  The buffer is as large as the longest record needs, and
 * no byte is searched twice for a delimiter.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/source.h"

#define READER_SIZE (128 * 1024)
/* If so many records end in CR-LF, the user is warned. */
#define READER_LOOKED_AT 3
#define BYTE_ORDER_MARK "\357\273\277" /* the byte order mark of UTF-8 */

/*
 * Without O_NONBLOCK, open(2) of a FIFO would wait for a writer, and prun would not react
 * to signals and jobs meanwhile.  No other process shares this open file, so the flag can
 * be set and cleared.
 */
static int
open_file(const char *path)
{
	struct stat st;
	int fd, flags, error;

	if ((fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) ==
	    -1)
		return -errno;
	if (fstat(fd, &st) == -1)
		goto fail;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		goto fail;
	}
	if ((flags = fcntl(fd, F_GETFL)) == -1 ||
	    fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == -1)
		goto fail;
	return fd;
fail:
	error = errno;
	close(fd);
	return -error;
}

static int
check_stdin(void)
{
	struct stat st;

	if (fstat(STDIN_FILENO, &st) == -1)
		return -errno;
	return S_ISDIR(st.st_mode) ? -EISDIR : 0;
}

int
reader_open(struct reader *r, const char *path,
    const struct input_options *options, struct message *m)
{
	int result;

	*r = (struct reader){ .fd = -1, .name = path, .options = options };
	if (strcmp(path, "-") == 0) {
		r->name = "stdin";
		if ((result = check_stdin()) == 0)
			r->fd = STDIN_FILENO;
	} else if ((result = open_file(path)) >= 0) {
		r->fd = result;
		r->own_fd = true;
		result = 0;
	}
	if (result < 0)
		return message_errno(m, result, "cannot read %s", r->name);
	return 0;
}

void
reader_close(struct reader *r)
{
	if (r->own_fd && r->fd != -1)
		close(r->fd);
	free(r->data);
	bytes_fini(&r->mended);
	*r = (struct reader){ .fd = -1 };
}

/*
 * On a FIFO that nobody has opened for writing yet, read(2) returns 0 as it does at the
 * end.  So poll(2) first waits for a writer.
 */
static ssize_t
plain_read(void *arg, int fd, void *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	ssize_t n;

	(void)arg;
	do {
		n = poll(&p, 1, -1);
		if (n >= 0)
			n = read(fd, buf, len);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	return n == -1 ? -errno : n;
}

static int
make_room(struct reader *r)
{
	size_t size = r->size ? r->size * 2 : READER_SIZE;
	char *data;

	if (r->begin > 0) {
		memmove(r->data, r->data + r->begin, r->end - r->begin);
		r->end -= r->begin;
		r->begin = 0;
	}
	if (r->size - r->end >= READER_SIZE / 2)
		return 0;
	if (size < r->size || (data = realloc(r->data, size)) == NULL)
		return -ENOMEM;
	r->data = data;
	r->size = size;
	return 0;
}

/* Reads more bytes.  Returns 1, 0 at the end, or -errno with a message. */
static int
read_more(struct reader *r, struct message *m)
{
	input_read_fn *read_fn = r->options->read ? r->options->read :
						    plain_read;
	ssize_t n;
	int result;

	if (r->eof)
		return 0;
	if ((result = make_room(r)) < 0)
		return message_errno(m, result, "cannot read %s", r->name);
	n = read_fn(r->options->read_arg, r->fd, r->data + r->end,
	    r->size - r->end);
	if (n == -ECANCELED)
		return -ECANCELED;
	if (n < 0)
		return message_errno(m, (int)n, "cannot read %s", r->name);
	r->eof = n == 0;
	r->end += (size_t)n;
	return n > 0;
}

/* Finds the first delimiter in the buffer.  Returns NULL if there is none. */
static const char *
find_delimiter(struct reader *r, size_t len)
{
	const char *delimiter = r->options->delimiter ? r->options->delimiter :
							"\n";
	const char *from;
	size_t n = r->end - r->begin - r->scanned;

	if (r->data == NULL)
		return NULL;
	from = r->data + r->begin + r->scanned;
	if (len == 1)
		return memchr(from, *delimiter, n);
	return memmem(from, n, delimiter, len);
}

static void
warn(const struct reader *r, const char *text)
{
	char *named;

	if (r->options->warn == NULL ||
	    asprintf(&named, "Warning: %s: %s", r->name, text) == -1)
		return;
	r->options->warn(r->options->warn_arg, named);
	free(named);
}

/*
 * No argument of a program can hold a NUL.  As GNU parallel does, "\0" is written instead.
 */
static int
mend(struct reader *r, struct text *record, struct message *m)
{
	int result = 0;
	size_t i;

	r->mended.len = 0;
	for (i = 0; i < record->len && result == 0; i++)
		result = record->data[i] != '\0' ?
		    bytes_add_char(&r->mended, record->data[i]) :
		    bytes_add(&r->mended, "\\0", 2);
	if (result < 0)
		return message_errno(m, result, "cannot read %s", r->name);
	*record = bytes_text(&r->mended);
	if (!r->warned)
		warn(r,
		    "a NUL in the input was replaced with \\0 (-0 takes NULs as ends of records)");
	r->warned = true;
	return 1;
}

/* With CSV, records may end in CR-LF, so nothing is said. */
static void
look_at_end(struct reader *r, struct text record)
{
	r->dos = (r->records == 0 || r->dos) && record.len > 0 &&
	    record.data[record.len - 1] == '\r';
	if (++r->records == READER_LOOKED_AT && r->dos &&
	    r->options->delimiter == NULL && !r->options->csv)
		warn(r,
		    "the first three records end in CR-LF; consider -d '\\r\\n'");
}

/* Editors on other systems write such a mark, which no user sees. */
static void
skip_byte_order_mark(struct text *record)
{
	const size_t len = sizeof(BYTE_ORDER_MARK) - 1;

	if (record->len < len ||
	    memcmp(record->data, BYTE_ORDER_MARK, len) != 0)
		return;
	record->data += len;
	record->len -= len;
}

static int
hand_out(struct reader *r, size_t len, size_t skip, struct text *record,
    struct message *m)
{
	*record = (struct text){ r->data + r->begin, len };
	r->begin += len + skip;
	r->scanned = 0;
	if (r->records == 0)
		skip_byte_order_mark(record);
	if (r->records < READER_LOOKED_AT)
		look_at_end(r, *record);
	len = record->len;
	if (len > 0 && memchr(record->data, '\0', len) != NULL)
		return mend(r, record, m);
	return 1;
}

int
reader_next(struct reader *r, struct text *record, struct message *m)
{
	size_t len = r->options->delimiter ? r->options->delimiter_len : 1;
	const char *at;
	int result;

	for (;;) {
		if ((at = find_delimiter(r, len)) != NULL)
			return hand_out(r, (size_t)(at - (r->data + r->begin)),
			    len, record, m);
		/* The delimiter may have begun in the last len - 1 bytes. */
		r->scanned = r->end - r->begin;
		r->scanned -= r->scanned < len - 1 ? r->scanned : len - 1;
		if ((result = read_more(r, m)) < 0)
			return result;
		if (result == 0)
			break;
	}
	if (r->begin == r->end)
		return 0;
	return hand_out(r, r->end - r->begin, 0, record, m);
}
