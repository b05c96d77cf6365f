/* SPDX-License-Identifier: ISC */

/*
 * Owns the cutting of a stream: what is read and not handed out, how long a block
 * may be.  What separates two records, record.c knows.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/block_internal.h"
#include "text/pattern.h"

static int
blocks_warn(struct blocks *b, const char *text)
{
	if (!b->warned && b->options->warn != NULL)
		b->options->warn(b->options->warn_arg, text);
	b->warned = true;
	return 0;
}

static size_t
blocks_border(struct blocks *b, size_t from)
{
	const struct text data = bytes_text(&b->buf);

	return b->colsep != NULL ? group_next(b, data, from, b->eof) :
				   record_next(&b->rule, data, from, b->eof);
}

/* -L alone: as many records of so many lines as fit; a short last one for itself. */
static size_t
blocks_last_lines(struct blocks *b, size_t most, bool whole)
{
	size_t border = 0, next, lines = 0, found = 0;

	while ((next = blocks_border(b, border)) > border && next <= most) {
		border = next;
		if (++lines % b->lines == 0)
			found = border;
	}
	return found == 0 && whole ? b->buf.len : found;
}

/* The last border within the first bytes; 0: there is none. */
static size_t
blocks_last_border(struct blocks *b, size_t most)
{
	const bool whole = b->eof && b->buf.len <= most;
	struct text data = bytes_text(&b->buf);
	size_t border, found = 0;

	if (b->lines > 0)
		return blocks_last_lines(b, most, whole);
	if (whole)
		return b->buf.len;
	if (b->colsep == NULL) {
		if (data.len > most)
			data.len = most;
		return record_last(&b->rule, data, false);
	}
	while ((border = blocks_border(b, found)) > found && border <= most)
		found = border;
	return found;
}

/* 1: a file is open; 0: there is none any more. */
static int
blocks_open_next(struct blocks *b, struct message *m)
{
	const char *path;

	if (b->fd != -1)
		return 1;
	b->eof = false;
	if (b->files == NULL) {
		if (b->file++ > 0)
			return 0;
		b->fd = STDIN_FILENO;
		return 1;
	}
	if (b->file == b->nfiles)
		return 0;
	path = b->files[b->file++];
	if (strcmp(path, "-") == 0) {
		b->fd = STDIN_FILENO;
		return 1;
	}
	b->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (b->fd == -1)
		return message_errno(m, -errno, "%s", path);
	return 1;
}

static void
blocks_close_file(struct blocks *b)
{
	if (b->fd > STDERR_FILENO)
		(void)close(b->fd);
	b->fd = -1;
}

/* At most so many bytes behind those in the buffer. */
static int
blocks_read(struct blocks *b, size_t most, struct message *m)
{
	ssize_t n;

	if (bytes_reserve(&b->buf, most) != 0)
		return message_errno(m, -ENOMEM, "--block");
	n = b->options->read(b->options->read_arg, b->fd,
	    b->buf.data + b->buf.len, most);
	if (n < 0)
		return n == -ECANCELED ? (int)n :
					 message_errno(m, (int)n, "input");
	b->buf.len += (size_t)n;
	b->eof = n == 0;
	return 0;
}

static void
bytes_cut(struct bytes *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

static int
blocks_read_header(struct blocks *b, struct message *m)
{
	size_t len = 0;
	int r;

	if (b->options->header == NULL)
		return 0;
	while ((r = header_length(b, &len, m)) == -EAGAIN) {
		r = blocks_read(b, PIECE, m);
		if (r != 0)
			return r;
	}
	if (r == 0)
		r = header_keep(b, len, m);
	if (r == 0)
		bytes_cut(&b->buf, len);
	return r;
}

static int
blocks_begin(struct blocks *b, struct message *m)
{
	int error = blocks_read_header(b, m);

	if (error == 0 && b->colsep != NULL) {
		error = group_find_column(b, m);
		b->column_missing = false;
	}
	return error;
}

void
blocks_grow(struct blocks *b)
{
	struct message text;
	double size = (double)b->size * 1.3 + 1;
	size_t was = b->size;

	b->size = (size_t)size + (size > (double)(size_t)size);
	(void)message_set(&text, 0,
	    "Warning: A record was longer than %zu. Increasing to --blocksize %zu.",
	    was, b->size);
	(void)blocks_warn(b, text.text);
}

/* The end of the next block in the buffer; 0: more must be read. */
static size_t
blocks_cut(struct blocks *b)
{
	size_t border;

	if (b->records == 0) {
		if (b->buf.len < b->size && !b->eof)
			return 0;
		return blocks_last_border(b, b->size);
	}
	while ((border = blocks_border(b, b->scanned)) > 0) {
		b->scanned = border;
		if (++b->counted == b->records)
			return border;
	}
	return b->eof ? b->buf.len : 0;
}

/* Big ones take the buffer with them, small ones a copy. */
static int
blocks_hand_out(struct blocks *b, size_t len, struct block *block,
    struct message *m)
{
	const size_t rest = b->buf.len - len;
	struct bytes next = { 0 };

	*block = (struct block){ .len = len, .fd = -1 };
	if (len < rest) {
		block->data = malloc(len);
		if (block->data == NULL)
			return message_errno(m, -ENOMEM, "--block");
		memcpy(block->data, b->buf.data, len);
		bytes_cut(&b->buf, len);
	} else {
		if (rest > 0 && bytes_add(&next, b->buf.data + len, rest) != 0)
			return message_errno(m, -ENOMEM, "--block");
		block->data = b->buf.data;
		b->buf = next;
	}
	b->scanned = b->counted = 0;
	block->len = record_remove(&b->rule, block->data, len);
	block->header = b->header;
	if (b->column_missing)
		(void)blocks_warn(b,
		    "Warning: --group-by: a record lacks the column.");
	return 1;
}

static bool
is_blank(struct text t)
{
	return text_trim_left(t).len == 0;
}

/* -r: nothing but blanks is no input. */
static bool
blocks_are_blank(const struct blocks *b)
{
	return b->options->skip_blank && b->eof &&
	    is_blank(bytes_text(&b->buf));
}

/* 1, 0 at the end of this file, -errno. */
static int
blocks_next_read(struct blocks *b, struct block *block, struct message *m)
{
	size_t cut, want;
	int error;

	for (;;) {
		cut = b->buf.len > 0 || !b->eof ? blocks_cut(b) : 0;
		if (cut > 0)
			return blocks_hand_out(b, cut, block, m);
		if (b->eof && b->buf.len == 0)
			return 0;
		if (b->records == 0 && b->buf.len >= b->size) {
			blocks_grow(b);
			continue;
		}
		want = b->records > 0 || b->buf.len >= b->size ?
		    PIECE :
		    b->size - b->buf.len;
		error = blocks_read(b, want, m);
		if (error != 0)
			return error;
		if (blocks_are_blank(b))
			b->buf.len = 0;
	}
}

/* The next file, as far as its header: 1, 0 at the end of all, or -errno. */
static int
blocks_next_file(struct blocks *b, struct message *m)
{
	int r;

	if (b->part)
		r = b->file < b->nfiles ? part_open(b, m) : 0;
	else
		r = blocks_open_next(b, m);
	if (r <= 0)
		return r;
	b->ranged = b->part || part_takes(b);
	r = b->ranged ? part_begin(b, m) : blocks_begin(b, m);
	return r < 0 ? r : 1;
}

int
blocks_next(struct blocks *b, struct block *block, struct message *m)
{
	int r;

	for (;;) {
		r = b->fd == -1 ? blocks_next_file(b, m) : 1;
		if (r <= 0)
			return r;
		r = b->ranged ? blocks_next_part(b, block, m) :
				blocks_next_read(b, block, m);
		if (r != 0)
			return r;
		if (b->ranged)
			part_end(b);
		else
			blocks_close_file(b);
	}
}

size_t
blocks_size(const struct blocks *b)
{
	return b->size;
}

static int
blocks_init(struct blocks *b, struct message *m)
{
	const struct block_options *o = b->options;
	int error;

	b->fd = -1;
	b->size = o->size_given ? o->size : BLOCK_SIZE;
	b->records = o->records;
	if (o->lines > 0 && o->records > 0)
		b->records = o->lines * o->records;
	else
		b->lines = o->lines;
	error = record_rule_init(&b->rule, &o->record, m);
	if (error == 0 && o->group != NULL)
		error = pattern_new("--colsep",
		    text_of(o->colsep != NULL ? o->colsep : "[ \t]+"), 0, m,
		    &b->colsep);
	if (error == 0 && b->nfiles > 0) {
		b->open = calloc(b->nfiles, sizeof(*b->open));
		if (b->open == NULL)
			return message_errno(m, -ENOMEM, "-a");
	}
	return error;
}

int
blocks_new(const struct block_options *options, const char *const *files,
    size_t nfiles, bool part, unsigned slots, struct message *m,
    struct blocks **bp)
{
	struct blocks *b = calloc(1, sizeof(*b));
	int error;

	if (b == NULL)
		return message_errno(m, -ENOMEM, "--pipe");
	b->options = options;
	b->files = nfiles > 0 ? files : NULL;
	b->nfiles = nfiles;
	b->part = part;
	b->slots = slots;
	error = blocks_init(b, m);
	if (error != 0)
		blocks_free(b);
	else
		*bp = b;
	return error;
}

void
blocks_free(struct blocks *b)
{
	if (b == NULL)
		return;
	if (!b->ranged)
		blocks_close_file(b);
	for (size_t i = 0; i < b->nopen; i++)
		(void)close(b->open[i]);
	record_rule_fini(&b->rule);
	pattern_free(b->colsep);
	headers_free(b);
	bytes_fini(&b->buf);
	free(b->open);
	free(b);
}
