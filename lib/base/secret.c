/* SPDX-License-Identifier: ISC */

/*
 * Owns the pages of a password.  Only secret_write() reads them, and it copies the
 * password nowhere but to the descriptor.
 */
#include <sys/mman.h>
#include <sys/uio.h>

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/secret.h"

#define LARGEST ((size_t)64 * 1024)

static int
secret_map(struct prun_secret *s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *text;

	s->mapped = (s->size + page - 1) / page * page;
	text = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (text == MAP_FAILED)
		return -errno;
	s->text = text;
	if (mlock(text, s->mapped) == -1 ||
	    madvise(text, s->mapped, MADV_DONTDUMP) == -1 ||
	    madvise(text, s->mapped, MADV_DONTFORK) == -1)
		return -errno;
	return 0;
}

int
secret_new(size_t size, struct prun_secret **sp)
{
	struct prun_secret *s;
	int error;

	if (size == 0 || size > LARGEST)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->size = size;
	s->owner = getpid();
	error = secret_map(s);
	if (error != 0) {
		secret_free(s);
		return error;
	}
	*sp = s;
	return 0;
}

void
secret_free(struct prun_secret *s)
{
	if (s == NULL)
		return;
	/* A forked process does not have the pages (MADV_DONTFORK). */
	if (s->text != NULL && s->owner == getpid()) {
		explicit_bzero(s->text, s->mapped);
		(void)munmap(s->text, s->mapped);
	}
	free(s);
}

int
secret_write(const struct prun_secret *s, int fd)
{
	static const char newline = '\n';
	struct iovec part[2] = {
		{ s->text, strnlen(s->text, s->size) },
		{ (void *)(uintptr_t)&newline, 1 },
	};
	ssize_t n;

	for (int i = 0; i < 2;) {
		n = writev(fd, part + i, 2 - i);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -errno;
		for (; i < 2 && (size_t)n >= part[i].iov_len; i++)
			n -= (ssize_t)part[i].iov_len;
		if (i < 2) {
			part[i].iov_base = (char *)part[i].iov_base + n;
			part[i].iov_len -= (size_t)n;
		}
	}
	return 0;
}
