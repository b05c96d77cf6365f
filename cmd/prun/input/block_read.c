/* SPDX-License-Identifier: ISC */

/*
 * Owns the reading of a stream: the bytes that were read and are not handed out yet, and
 * the pieces and blocks that are handed out.  block_cut.c knows where these end.  The file
 * is long because all kinds of pieces are cut from one buffer, and the code that cuts a
 * piece must know where the next one begins.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/block_internal.h"
#include "text/pattern.h"

/* A header of more bytes is searched again only when it has grown by a quarter. */
#define HEADER_LONG ((size_t)1024 * 1024)

/*
 * Opens the next file.  Returns 1 if a file is open, 0 if there are no more files, or
 * -errno with a message.
 */
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

static struct text
blocks_unread(const struct blocks *b)
{
	if (b->chunk == NULL)
		return (struct text){ "", 0 };
	return (struct text){ b->chunk->data + b->at, b->len - b->at };
}

/*
 * Makes room to read into, after the bytes that are not handed out yet.  These are moved to
 * the beginning of the chunk, or to a new chunk.
 */
static int
blocks_make_room(struct blocks *b, struct message *m)
{
	const size_t back = blocks_back(b), keep = b->len - b->at + back;
	struct chunk *chunk = b->chunk;

	if (keep > b->record_most)
		return record_too_long(b, m);
	if (chunk != NULL && chunk->size - b->len >= CHUNK_SIZE / 2)
		return 0;
	if (chunk == NULL || chunk->users > 1 ||
	    chunk->size - keep < CHUNK_SIZE / 2) {
		/*
		 * A long record is copied into each new chunk.  So the chunk is at least
		 * twice as long as the record so far: then few copies are made.
		 */
		chunk = chunk_new(&b->chunks,
		    (keep > b->record_most / 2    ? b->record_most :
			    keep > CHUNK_SIZE / 2 ? 2 * keep :
						    0) +
			CHUNK_SIZE);
		if (chunk == NULL)
			return message_errno(m, -ENOMEM,
			    "--pipe: a record of more than %zu bytes", keep);
	}
	if (keep > 0)
		memmove(chunk->data, b->chunk->data + b->at - back, keep);
	if (chunk != b->chunk) {
		chunk_release(b->chunk);
		b->chunk = chunk;
	}
	b->at = back;
	b->len = keep;
	return 0;
}

static int
blocks_read(struct blocks *b, struct message *m)
{
	int error = blocks_make_room(b, m);
	ssize_t n;

	if (error != 0)
		return error;
	n = b->options->read(b->options->read_arg, b->fd,
	    b->chunk->data + b->len, b->chunk->size - b->len);
	if (n == -ECANCELED || (n == -ETIMEDOUT && b->timed))
		return (int)n;
	if (n < 0)
		return message_errno(m, (int)n, "input");
	b->len += (size_t)n;
	b->eof = n == 0;
	return 0;
}

static int
blocks_read_header(struct blocks *b, struct message *m)
{
	size_t skipped = 0, len = 0, searched = 0;
	struct text data;
	int r;

	if (!header_is_wanted(b))
		return 0;
	for (;;) {
		data = blocks_unread(b);
		/* A long header is not searched again after each read. */
		if (b->eof || data.len < HEADER_LONG ||
		    data.len - searched >= searched / 4) {
			r = header_length(b, data, &skipped, &len, m);
			searched = data.len;
			if (r != -EAGAIN)
				break;
		}
		r = blocks_read(b, m);
		if (r != 0)
			return r;
	}
	if (r == 0)
		r = header_keep(b,
		    (struct text){ blocks_unread(b).data + skipped, len }, m);
	if (r == 0)
		b->at += skipped + len;
	return r;
}

static int
blocks_begin(struct blocks *b, struct message *m)
{
	int error = blocks_read_header(b, m);

	if (error == 0 && b->keyed) {
		error = group_find_column(b, m);
		b->column_missing = false;
	}
	return error;
}

/* Tells read that the time of a block begins or ends: see block_options.begun. */
static void
blocks_time(struct blocks *b, bool begun)
{
	if (b->options->begun != NULL && b->timed != begun)
		b->options->begun(b->options->read_arg, begun);
	b->timed = b->options->begun != NULL && begun;
}

/* Hands out the next bytes of the chunk as a piece of the block. */
static int
blocks_hand_out(struct blocks *b, size_t len, bool ends, struct block *block)
{
	*block = (struct block){ .header = b->header,
		.len = len,
		.begins = b->passed == 0,
		.ends = ends,
		.fd = -1 };
	if (len > 0) {
		block->chunk = b->chunk;
		block->data = b->chunk->data + b->at;
		chunk_hold(b->chunk);
	}
	b->at += len;
	b->passed += len;
	b->handed += len;
	b->scanned = 0;
	if (ends) {
		b->passed = b->counted = 0;
		blocks_time(b, false);
	}
	if (b->part)
		part_passed(b, len, ends);
	if (b->column_missing)
		blocks_warn(b,
		    "Warning: --group-by: a record lacks the column.");
	return 1;
}

static bool
is_blank(struct text t)
{
	return text_trim_left(t).len == 0;
}

/*
 * With -r: was nothing but blanks read so far?  At the end of the file these blanks are
 * dropped.
 */
static bool
blocks_are_blank(struct blocks *b)
{
	if (!b->options->skip_blank || b->text_seen)
		return false;
	b->text_seen = !is_blank(blocks_unread(b));
	if (!b->text_seen && b->eof)
		b->at = b->len;
	return !b->text_seen;
}

/*
 * Gets the next piece of the open file.  Returns 1, 0 at the end of the file, or -errno
 * with a message.
 */
static int
blocks_next_read(struct blocks *b, struct block *block, struct message *m)
{
	size_t len;
	bool ends;
	int error = 0;

	if (b->passed == 0) {
		error = block_move(b, block, m);
		if (error == 1)
			return 1;
	}
	while (error == 0) {
		if (!blocks_are_blank(b) && cut_piece(b, &len, &ends))
			return blocks_hand_out(b, len, ends, block);
		if (b->eof)
			return 0;
		if (b->passed > 0 || b->at < b->len)
			blocks_time(b, true);
		error = blocks_read(b, m);
		if (error != -ETIMEDOUT)
			continue;
		if (b->passed > 0)
			return blocks_hand_out(b, 0, true, block);
		/* The time of the block is over, but no record is whole yet. */
		blocks_time(b, false);
		error = 0;
	}
	return error;
}

/*
 * Opens the next file and reads its header.  Returns 1, 0 after the last file, or -errno
 * with a message.
 */
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
	if (!b->part)
		b->ranged = part_takes(b);
	r = b->ranged ? part_begin(b, m) : blocks_begin(b, m);
	return r < 0 ? r : 1;
}

int
blocks_next_piece(struct blocks *b, struct block *block, struct message *m)
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

bool
blocks_leave(struct blocks *b)
{
	if (b->records != SIZE_MAX || b->passed == 0)
		return false;
	b->eof = true;
	b->at = b->len;
	b->passed = b->counted = 0;
	return true;
}

void
block_release(struct block *block)
{
	if (block->moved != NULL) {
		(void)close(block->fd);
		--*block->moved;
	}
	block->moved = NULL;
	if (block->chunk != NULL)
		chunk_release(block->chunk);
	else
		free(block->data);
	block->data = NULL;
	block->chunk = NULL;
}

/* Appends the other pieces of a block to bytes.  Returns 0, or -errno with a message. */
static int
blocks_gather(struct blocks *b, struct bytes *bytes, bool ends,
    struct message *m)
{
	while (!ends) {
		struct block piece = { 0 };
		int n = blocks_next_piece(b, &piece, m);

		if (n <= 0)
			return n;
		ends = piece.ends;
		n = bytes_add(bytes, piece.data, piece.len);
		block_release(&piece);
		if (n != 0)
			return message_errno(m, n,
			    "--pipe: a block of more than %zu bytes",
			    bytes->len);
	}
	return 0;
}

int
blocks_next(struct blocks *b, struct block *block, struct message *m)
{
	struct bytes bytes = { 0 };
	int n = blocks_next_piece(b, block, m);

	if (n <= 0 || block->fd != -1)
		return n;
	n = bytes_add(&bytes, block->data, block->len);
	if (n != 0)
		(void)message_errno(m, n, "--pipe");
	else
		n = blocks_gather(b, &bytes, block->ends, m);
	block_release(block);
	if (n < 0) {
		bytes_fini(&bytes);
		return n;
	}
	*block = (struct block){ .header = b->header,
		.data = bytes.data,
		.len = record_remove(&b->rule, bytes.data, bytes.len),
		.begins = true,
		.ends = true,
		.fd = -1 };
	return 1;
}

void
blocks_join(struct blocks *b, size_t n)
{
	if (b->passed == 0 && b->records != SIZE_MAX)
		b->joined = n;
}

/*
 * How many bytes of the regular files were not read yet; 0 if not all of them are regular
 * files.
 */
static uint64_t
blocks_count_bytes(const struct blocks *b)
{
	uint64_t total = 0;
	struct stat st;
	off_t at;

	for (size_t i = 0; i < b->nfiles || i == 0; i++) {
		const char *path = b->files != NULL ? b->files[i] : "-";
		const bool is_stdin = strcmp(path, "-") == 0;

		if ((is_stdin ? fstat(STDIN_FILENO, &st) : stat(path, &st)) ==
			-1 ||
		    !S_ISREG(st.st_mode))
			return 0;
		at = is_stdin ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;
		if (at >= 0 && at < st.st_size)
			total += (uint64_t)(st.st_size - at);
	}
	return total;
}

double
blocks_share(const struct blocks *b)
{
	/*
	 * The share may be above 1, as files may grow while they are read.  Headers are not
	 * counted.
	 */
	return b->total == 0 || b->handed == 0 ? 0 :
	    b->handed >= b->total              ? 1 :
				    (double)b->handed / (double)b->total;
}

bool
blocks_come_whole(const struct blocks *b)
{
	return b->options->record.remove;
}

size_t
blocks_size(const struct blocks *b)
{
	return b->size;
}

void
blocks_set_size(struct blocks *b, size_t size)
{
	b->size = b->part_size = size;
}

static int
blocks_init(struct blocks *b, struct message *m)
{
	const struct block_options *o = b->options;
	int error;

	b->fd = -1;
	b->joined = 1;
	b->size = o->size_given ? o->size : BLOCK_SIZE;
	b->record_most = o->record_most > 0 ? o->record_most : RECORD_MOST;
	b->records = o->records;
	if (o->lines > 0 && o->records > 0)
		b->records = o->lines * o->records;
	else
		b->lines = o->lines;
	b->total = blocks_count_bytes(b);
	error = record_rule_init(&b->rule, &o->record, m);
	if (error == 0)
		error = key_init(b, m);
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
	bytes_fini(&b->key[0]);
	bytes_fini(&b->key[1]);
	headers_free(b);
	bytes_fini(&b->buf);
	chunk_release(b->chunk);
	chunk_store_fini(&b->chunks);
	free(b->open);
	free(b);
}
