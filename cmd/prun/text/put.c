/* SPDX-License-Identifier: ISC */

/* Owns the loop around write(2). */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "text/put.h"

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
