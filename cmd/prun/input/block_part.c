/* SPDX-License-Identifier: ISC */

/*
 * Owns the parts of files (--pipepart): only what stands around a border is read.  The
 * part itself is moved from the file into the job's pipe.
 */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "input/block_internal.h"

int
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
int
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

int
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
