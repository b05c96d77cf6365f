/* SPDX-License-Identifier: ISC */

/* Owns the loop around write(2), and the copying of a range of a file. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "text/put.h"

/* Bytes of a file that are copied at a time. */
#define PIECE ((size_t)64 * 1024)

int
put_all(int fd, struct text text)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	size_t done = 0;
	ssize_t n;

	while (done < text.len) {
		n = write(fd, text.data + done, text.len - done);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			(void)poll(&pfd, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int
put_range(int fd, int in, off_t at, uint64_t len)
{
	char piece[PIECE];
	ssize_t n;
	int error = 0;

	while (len > 0 && error == 0) {
		n = pread(in, piece, len < PIECE ? (size_t)len : PIECE, at);
		if (n <= 0)
			return n == 0 ? -EIO : -errno;
		error = put_all(fd, (struct text){ piece, (size_t)n });
		at += n;
		len -= (uint64_t)n;
	}
	return error;
}
