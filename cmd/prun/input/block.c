/* SPDX-License-Identifier: ISC */

/*
 * Owns the cutting of a stream: what is read and not handed out, how long a block
 * may be, what belongs to a group.  What separates two records, record.c knows.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/block.h"
#include "text/pattern.h"

/* Bytes of one read where records are counted, and of a look at a file. */
#define PIECE ((size_t)128 * 1024)
/* Parts of a file for each slot, where --block does not say. */
#define PARTS 10

struct blocks {
	const struct block_options *options;
	struct record_rule rule;
	size_t size; /* bytes of a block */
	size_t records; /* of a block; 0: as many as fit */
	size_t lines; /* then: of a record; 0: it is no record of lines */
	struct bytes header;
	bool warned;

	const char *const *files; /* NULL: stdin */
	size_t nfiles, file; /* which is next */
	int fd; /* -1: none is open */
	bool eof; /* of this one */

	struct bytes buf; /* read and not handed out */
	size_t scanned, counted; /* up to the last border that was counted */

	/* --pipepart: the range of the file that is not handed out. */
	bool part;
	unsigned slots;
	int *open; /* all files */
	off_t at, end;
	size_t part_size;

	/* --group-by */
	struct pattern *colsep;
	size_t column; /* from 0 */
	bool column_missing;
};

static int
blocks_warn(struct blocks *b, const char *text)
{
	if (!b->warned && b->options->warn != NULL)
		b->options->warn(b->options->warn_arg, text);
	b->warned = true;
	return 0;
}

/* ---- groups of records ---- */

static struct text
group_key(struct blocks *b, struct text line)
{
	struct message ignored;
	size_t from = 0;

	for (size_t i = 0; i < b->column; i++) {
		if (pattern_match(b->colsep, line, from, true, &ignored) != 1) {
			b->column_missing = true;
			return (struct text){ NULL, 0 };
		}
		from = pattern_end(b->colsep);
	}
	line.data += from;
	line.len -= from;
	if (pattern_match(b->colsep, line, 0, true, &ignored) == 1)
		line.len = pattern_begin(b->colsep);
	while (line.len > 0 &&
	    (line.data[line.len - 1] == '\n' ||
		line.data[line.len - 1] == '\r'))
		line.len--;
	return line;
}

/* As record_next(), for records that are consecutive ones of the same key. */
static size_t
group_next(struct blocks *b, struct text data, size_t from, bool last)
{
	size_t border = record_next(&b->rule, data, from, last), next;
	struct text key, other;

	if (border == 0)
		return 0;
	key = group_key(b, (struct text){ data.data + from, border - from });
	for (; border < data.len; border = next) {
		next = record_next(&b->rule, data, border, last);
		if (next == 0 && !last)
			return 0;
		if (next == 0)
			next = data.len;
		other = group_key(b,
		    (struct text){ data.data + border, next - border });
		if (key.len != other.len ||
		    (key.data == NULL) != (other.data == NULL) ||
		    (key.len > 0 && memcmp(key.data, other.data, key.len) != 0))
			return border;
	}
	return last ? border : 0;
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

/* ---- reading ---- */

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

/* ---- the header ---- */

/* How long it is; 0: not known before more is read. */
static int
header_length(struct blocks *b, size_t *len, struct message *m)
{
	const char *header = b->options->header, *problem = NULL, *newline;
	struct text data = bytes_text(&b->buf);
	struct pattern *pattern;
	long long lines;
	int r;

	*len = 0;
	lines = strcmp(header, ":") == 0 ?
	    1 :
	    strtonum(header, 0, INT32_MAX, &problem);
	if (problem == NULL) {
		for (; lines > 0 && data.len > 0; lines--) {
			newline = memchr(data.data + *len, '\n',
			    data.len - *len);
			if (newline == NULL)
				break;
			*len = (size_t)(newline - data.data) + 1;
		}
		if (lines > 0)
			*len = b->eof ? data.len : 0;
		return lines > 0 && !b->eof ? -EAGAIN : 0;
	}
	if (!b->eof && data.len < b->size)
		return -EAGAIN;
	r = pattern_new("--header", text_of(header),
	    PATTERN_ANCHORED | PATTERN_MULTILINE, m, &pattern);
	if (r != 0)
		return r;
	if (pattern_match(pattern, data, 0, false, m) == 1)
		*len = pattern_end(pattern);
	pattern_free(pattern);
	return 0;
}

static void
bytes_cut(struct bytes *b, size_t n)
{
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

static int
blocks_read_header(struct blocks *b, struct message *m)
{
	size_t len = 0;
	int r;

	b->header.len = 0;
	if (b->options->header == NULL)
		return 0;
	while ((r = header_length(b, &len, m)) == -EAGAIN) {
		r = blocks_read(b, PIECE, m);
		if (r != 0)
			return r;
	}
	if (r != 0 || len == 0)
		return r;
	if (bytes_add(&b->header, b->buf.data, len) != 0)
		return message_errno(m, -ENOMEM, "--header");
	bytes_cut(&b->buf, len);
	return 0;
}

/* --group-by NAME: which column of the header has that name. */
static int
group_find_column(struct blocks *b, struct message *m)
{
	const char *group = b->options->group, *problem;
	const struct text name = text_of(group);
	struct text header = bytes_text(&b->header), key;

	b->column = (size_t)strtonum(group, 1, INT32_MAX, &problem) - 1;
	if (problem == NULL)
		return 0;
	for (b->column = 0;; b->column++) {
		b->column_missing = false;
		key = group_key(b, header);
		if (b->column_missing)
			return message_set(m, -EINVAL,
			    "--group-by: there is no column '%s'", group);
		if (key.len == name.len &&
		    memcmp(key.data, name.data, key.len) == 0)
			return 0;
	}
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

/* ---- blocks that are read ---- */

/* A record is longer than a block: the block grows, and stays so. */
static void
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
	block->header = bytes_text(&b->header);
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

/* ---- parts of files ---- */

static int
part_open(struct blocks *b, struct message *m)
{
	const char *path = b->files[b->file];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned parts = b->options->per_slot != 0 ? b->options->per_slot :
						     PARTS;

	if (fd == -1)
		return message_errno(m, -errno, "%s", path);
	b->open[b->file++] = fd;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return message_set(m, -EINVAL,
		    "%s: --pipepart needs a regular file", path);
	b->fd = fd;
	b->at = 0;
	b->end = st.st_size;
	b->part_size = b->options->size_given && b->options->per_slot == 0 ?
	    b->size :
	    (size_t)st.st_size / (parts * (size_t)b->slots);
	return 1;
}

static int
part_read(struct blocks *b, off_t at, size_t len, struct message *m)
{
	ssize_t n;

	if (bytes_reserve(&b->buf, len) != 0)
		return message_errno(m, -ENOMEM, "--pipepart");
	do
		n = pread(b->fd, b->buf.data + b->buf.len, len,
		    at + (off_t)b->buf.len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return message_errno(m, -errno, "%s", b->files[b->file - 1]);
	b->buf.len += (size_t)n;
	b->eof = n == 0 || at + (off_t)b->buf.len >= b->end;
	return 0;
}

/* The header stands at the file's beginning and is no part. */
static int
part_begin(struct blocks *b, struct message *m)
{
	size_t len = 0;
	int error = 0;

	b->header.len = b->buf.len = 0;
	if (b->options->header == NULL)
		return 0;
	do {
		error = part_read(b, 0, PIECE, m);
		if (error == 0)
			error = header_length(b, &len, m);
	} while (error == -EAGAIN);
	if (error == 0 && bytes_add(&b->header, b->buf.data, len) != 0)
		error = message_errno(m, -ENOMEM, "--header");
	b->at = (off_t)len;
	return error;
}

/* The first border behind that offset, or the end of the file. */
static int
part_find(struct blocks *b, off_t target, off_t *border, struct message *m)
{
	size_t found = 0, keep = b->rule.end.len + b->rule.start.len + 1;
	off_t from = target - (off_t)keep < b->at ? b->at :
						    target - (off_t)keep;
	int error;

	b->buf.len = 0;
	b->eof = false;
	*border = b->end;
	while (found == 0 && !b->eof) {
		error = part_read(b, from, PIECE, m);
		if (error != 0)
			return error;
		found = record_next(&b->rule, bytes_text(&b->buf),
		    (size_t)(target - from), b->eof);
	}
	if (found != 0)
		*border = from + (off_t)found;
	return 0;
}

static int
blocks_next_part(struct blocks *b, struct block *block, struct message *m)
{
	off_t border;
	int error = 0;

	if (b->at >= b->end)
		return 0;
	if (b->end - b->at <= (off_t)b->part_size)
		border = b->end;
	else
		error = part_find(b, b->at + (off_t)b->part_size, &border, m);
	if (error != 0)
		return error;
	*block = (struct block){ .header = bytes_text(&b->header),
		.len = (size_t)(border - b->at),
		.fd = b->fd,
		.offset = b->at };
	b->at = border;
	return 1;
}

int
blocks_next(struct blocks *b, struct block *block, struct message *m)
{
	int r;

	for (;;) {
		if (b->fd == -1) {
			if (b->part)
				r = b->file < b->nfiles ? part_open(b, m) : 0;
			else
				r = blocks_open_next(b, m);
			if (r <= 0)
				return r;
			r = b->part ? part_begin(b, m) : blocks_begin(b, m);
			if (r < 0)
				return r;
		}
		r = b->part ? blocks_next_part(b, block, m) :
			      blocks_next_read(b, block, m);
		if (r != 0)
			return r;
		if (b->part)
			b->fd = -1;
		else
			blocks_close_file(b);
	}
}

/* ---- its making ---- */

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
	if (error == 0 && b->part) {
		b->open = malloc(b->nfiles * sizeof(*b->open));
		if (b->open == NULL)
			return message_errno(m, -ENOMEM, "--pipepart");
		for (size_t i = 0; i < b->nfiles; i++)
			b->open[i] = -1;
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
	if (!b->part)
		blocks_close_file(b);
	for (size_t i = 0; b->open != NULL && i < b->nfiles; i++) {
		if (b->open[i] != -1)
			(void)close(b->open[i]);
	}
	record_rule_fini(&b->rule);
	pattern_free(b->colsep);
	bytes_fini(&b->header);
	bytes_fini(&b->buf);
	free(b->open);
	free(b);
}
