/* SPDX-License-Identifier: ISC */

/* Owns the loop around read(2) up to the end of a file. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "text/get.h"

/* Bytes that are read at a time. */
#define PIECE 4096

int
get_file(const char *path, struct bytes *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;
	ssize_t n = 0;

	if (fd == -1)
		return -errno;
	do {
		if ((error = bytes_reserve(bytes, PIECE)) != 0)
			break;
		n = read(fd, bytes->data + bytes->len, PIECE);
		if (n == -1)
			error = -errno;
		else
			bytes->len += (size_t)n;
	} while (n > 0);
	(void)close(fd);
	return error;
}
