/* SPDX-License-Identifier: ISC */

/* Owns the memory and the file: see kept_output.h. */
#include <errno.h>
#include <unistd.h>

#include "text/file.h"
#include "text/kept_output.h"

/* So many bytes are kept in memory, and read from a file at a time. */
#define PIECE ((size_t)64 * 1024)

static int
flush(struct kept_output *k, const char *folder)
{
	int error;

	if (!k->has_file) {
		k->fd = temporary_file(folder);
		if (k->fd < 0)
			return k->fd;
		k->has_file = true;
	}
	error = put_all(k->fd, bytes_text(&k->memory));
	if (error != 0)
		return error;
	k->filed += k->memory.len;
	k->memory.len = 0;
	return 0;
}

int
kept_output_settle(struct kept_output *k, const char *folder)
{
	return k->memory.len >= PIECE ? flush(k, folder) : 0;
}

int
kept_output_add(struct kept_output *k, struct text bytes, const char *folder)
{
	int error = bytes_add_text(&k->memory, bytes);

	return error == 0 ? kept_output_settle(k, folder) : error;
}

uint64_t
kept_output_length(const struct kept_output *k)
{
	return k->filed + k->memory.len;
}

int
kept_output_read(const struct kept_output *k, kept_output_fn *fn, void *arg)
{
	static char piece[PIECE];
	off_t at = 0;
	ssize_t n = 0;
	int error = 0;

	while (k->has_file && error == 0 &&
	    (n = pread(k->fd, piece, sizeof(piece), at)) != 0) {
		if (n == -1) {
			error = errno == EINTR ? 0 : -errno;
			continue;
		}
		error = fn(arg, (struct text){ piece, (size_t)n });
		at += n;
	}
	if (error == 0 && k->memory.len > 0)
		error = fn(arg, bytes_text(&k->memory));
	return error;
}

int
kept_output_put(const struct kept_output *k, int fd)
{
	int error = k->has_file ? put_range(fd, k->fd, 0, k->filed) : 0;

	return error == 0 ? put_all(fd, bytes_text(&k->memory)) : error;
}

void
kept_output_clear(struct kept_output *k)
{
	if (k->has_file)
		(void)close(k->fd);
	k->has_file = false;
	k->filed = 0;
	k->memory.len = 0;
}

void
kept_output_fini(struct kept_output *k)
{
	kept_output_clear(k);
	bytes_fini(&k->memory);
}
