/* SPDX-License-Identifier: ISC */

/*
 * Owns how regular files are cut at offsets: those of --pipe-part, and those that --pipe
 * reads.  prun reads only what stands around a border; the block itself is moved from the
 * file into the job's pipe.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input/block_internal.h"

/* The most files that are cut at offsets: each stays open until the end of the run. */
#define OPEN_MOST 64

bool
blocks_are_ranges(const struct blocks *b)
{
	return b->records == 0 && b->lines == 0 && !b->keyed &&
	    b->options->record.format == RECORD_SEPARATED &&
	    !b->options->record.remove && !b->options->skip_blank;
}

/* If the user gives no size, the files together make so many blocks for each slot. */
static void
part_set_size(struct blocks *b)
{
	const unsigned parts = b->options->per_slot != 0 ?
	    b->options->per_slot :
	    PARTS;
	const uint64_t blocks = (uint64_t)parts * b->slots;

	b->part_size = blocks_have_size(b) ?
	    b->size :
	    (size_t)((b->total + blocks - 1) / blocks);
	if (!b->ranged && b->options->deal == NULL)
		b->size = b->part_size;
}

/*
 * If little would be left after the next block, that block becomes the last one and takes
 * it too.
 */
void
part_passed(struct blocks *b, size_t len, bool block_ends)
{
	b->offset += (off_t)len;
	if (block_ends && !blocks_have_size(b) &&
	    b->end - b->offset < (off_t)(b->part_size + b->part_size / 2))
		b->size = (size_t)(b->end - b->offset) + 1;
}

int
part_open(struct blocks *b, struct message *m)
{
	const char *path = b->files[b->file];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1)
		return message_errno(m, -errno, "%s", path);
	b->file++;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		return message_set(m, -EINVAL,
		    "%s: --pipepart needs a regular file", path);
	}
	b->fd = fd;
	b->eof = false;
	b->ranged = blocks_are_ranges(b);
	if (b->ranged)
		b->open[b->nopen++] = fd;
	b->offset = 0;
	b->end = st.st_size;
	part_set_size(b);
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
		return message_errno(m, -errno, "%s",
		    b->files != NULL ? b->files[b->file - 1] : "stdin");
	b->buf.len += (size_t)n;
	/* Somebody has made the file shorter meanwhile: its end is here now. */
	if (n == 0 && at + (off_t)b->buf.len < b->end)
		b->end = at + (off_t)b->buf.len;
	b->eof = at + (off_t)b->buf.len >= b->end;
	return 0;
}

/* Reads the header: the first block begins after it. */
int
part_begin(struct blocks *b, struct message *m)
{
	size_t skipped = 0, len = 0;
	int error = 0;

	b->buf.len = 0;
	if (!header_is_wanted(b))
		return 0;
	do {
		/* What was read is searched again, so each read brings more. */
		error = part_read(b, b->offset, PIECE + b->buf.len / 4, m);
		if (error == 0 && b->buf.len > b->record_most)
			error = record_too_long(b, m);
		if (error == 0)
			error = header_length(b, bytes_text(&b->buf), &skipped,
			    &len, m);
	} while (error == -EAGAIN);
	if (error == 0)
		error = header_keep(b,
		    (struct text){ b->buf.data + skipped, len }, m);
	b->offset += (off_t)(skipped + len);
	b->buf.len = 0;
	return error;
}

/* How many bytes before a border must be known to find it. */
static off_t
part_reach(const struct blocks *b)
{
	return (off_t)(b->rule.end.len + b->rule.start.len + 1);
}

/*
 * How far behind target the border of a separator is that begins at target or behind it, as
 * GNU parallel wants it.  An expression is searched from before target on, so that no
 * half of a match is taken for one.
 */
static off_t
part_ahead(const struct blocks *b)
{
	return b->rule.pattern != NULL ||
		b->options->record.format != RECORD_SEPARATED ?
	    0 :
	    (off_t)b->rule.end.len - 1;
}

/*
 * Finds the first border after target, or the end of the file.  Bytes that cannot be part
 * of a border any more are dropped from memory.  With an expression none are dropped, as
 * nobody knows how long its match is.
 */
static int
part_find(struct blocks *b, off_t target, off_t *border, struct message *m)
{
	off_t from = target - part_reach(b);
	size_t found = 0, look, done;
	int error;

	if (from < b->offset)
		from = b->offset;
	b->buf.len = 0;
	b->eof = false;
	look = (size_t)(target - from + part_ahead(b));
	while (found == 0 && !b->eof) {
		error = part_read(b, from, PIECE, m);
		if (error == 0 && b->buf.len > b->record_most)
			error = record_too_long(b, m);
		if (error != 0)
			return error;
		found = record_next(&b->rule, bytes_text(&b->buf), look,
		    b->eof);
		if (found != 0 || b->rule.pattern != NULL ||
		    b->buf.len < look + 2 * (size_t)part_reach(b))
			continue;
		done = b->buf.len - (size_t)part_reach(b);
		memmove(b->buf.data, b->buf.data + done, b->buf.len - done);
		b->buf.len -= done;
		from += (off_t)done;
		look = 0;
	}
	*border = found != 0 ? from + (off_t)found : b->end;
	return 0;
}

/* Reads these bytes of the file; fewer, if somebody has made the file shorter. */
static int
part_look(struct blocks *b, off_t from, off_t to, struct message *m)
{
	int error = 0;

	b->buf.len = 0;
	b->eof = false;
	while (error == 0 && from + (off_t)b->buf.len < to && !b->eof)
		error = part_read(b, from, (size_t)(to - from) - b->buf.len, m);
	return error;
}

/*
 * Finds the last border in a block that begins here; *border stays 0 if there is none.
 * Mostly the last bytes of the block have one, so they are read first.  In the first
 * b->scanned bytes an earlier search has found no border.
 */
static int
part_find_last(struct blocks *b, off_t *border, struct message *m)
{
	const off_t most = b->offset + (off_t)b->size, reach = part_reach(b);
	off_t from = most, to, first = b->offset;
	size_t found = 0;
	int error;

	if ((off_t)b->scanned > reach)
		first += (off_t)b->scanned - reach;
	while (found == 0 && from > first) {
		to = from + reach < most ? from + reach : most;
		from = from - first > (off_t)PIECE ? from - (off_t)PIECE :
						     first;
		error = part_look(b, from, to, m);
		if (error != 0 || b->end < most)
			return error;
		found = record_last(&b->rule, bytes_text(&b->buf), false);
	}
	b->scanned = found == 0 ? b->size : 0;
	*border = found != 0 ? from + (off_t)found : 0;
	return 0;
}

/*
 * Finds the border where the next block ends: it is the place where --pipe would cut a
 * stream.
 */
static int
part_cut(struct blocks *b, off_t *border, struct message *m)
{
	int error = 0;

	*border = 0;
	b->scanned = 0;
	while (error == 0 && b->end - b->offset >= (off_t)b->size) {
		error = part_find_last(b, border, m);
		if (*border != 0 || error != 0)
			return error;
		/* The block grows, unless somebody has made the file shorter meanwhile. */
		if (b->end - b->offset >= (off_t)b->size)
			blocks_grow(b);
	}
	*border = b->end;
	return error;
}

bool
block_rest_of_file(int fd, struct block *block)
{
	struct stat st;
	off_t at;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return false;
	at = lseek(fd, 0, SEEK_CUR);
	/* Files in /proc have the length 0. */
	if (at == -1 || at >= st.st_size ||
	    lseek(fd, st.st_size, SEEK_SET) == -1)
		return false;
	*block = (struct block){ .len = (size_t)(st.st_size - at),
		.begins = true,
		.ends = true,
		.fd = fd,
		.offset = at };
	return true;
}

bool
part_takes(struct blocks *b)
{
	struct block rest;

	if (!blocks_are_ranges(b) || b->rule.pattern != NULL ||
	    b->nopen >= OPEN_MOST)
		return false;
	if (!block_rest_of_file(b->fd, &rest))
		return false;
	b->offset = rest.offset;
	b->end = rest.offset + (off_t)rest.len;
	b->eof = false;
	/*
	 * Jobs read their blocks from the file, so it stays open until the end of the run.
	 */
	if (b->fd > STDERR_FILENO)
		b->open[b->nopen++] = b->fd;
	return true;
}

/* Sets stdin's offset to the place where a reader of the file would have left it. */
void
part_end(struct blocks *b)
{
	if (b->fd <= STDERR_FILENO)
		(void)lseek(b->fd, b->end, SEEK_SET);
	b->fd = -1;
	b->ranged = false;
}

/*
 * Was all of the file handed out?  Somebody may have made it shorter.  If it has become
 * longer, --pipe goes on with what was added, as a reader of the file would.
 */
static bool
part_is_over(struct blocks *b)
{
	struct stat st;

	if (fstat(b->fd, &st) == -1)
		return b->offset >= b->end;
	if (st.st_size < b->end)
		blocks_warn(b,
		    "Warning: a file has become shorter while it was read.");
	if (st.st_size < b->end || (!b->part && b->offset >= b->end))
		b->end = st.st_size;
	return b->offset >= b->end;
}

int
blocks_next_part(struct blocks *b, struct block *block, struct message *m)
{
	off_t border;
	int error = 0;

	if (part_is_over(b))
		return 0;
	if (!b->part)
		error = part_cut(b, &border, m);
	else if (b->end - b->offset <= (off_t)b->part_size)
		border = b->end;
	else
		error = part_find(b, b->offset + (off_t)b->part_size, &border,
		    m);
	if (error != 0)
		return error;
	/* Somebody has cut off all that was left of the file. */
	if (border <= b->offset)
		return 0;
	*block = (struct block){ .header = b->header,
		.len = (size_t)(border - b->offset),
		.begins = true,
		.ends = true,
		.fd = b->fd,
		.offset = b->offset };
	b->handed += block->len;
	b->offset = border;
	return 1;
}
