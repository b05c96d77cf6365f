/* SPDX-License-Identifier: ISC */

/* Owns the spill file and its blocks.  Knows no job and no order. */
#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "stream/spill.h"

int
spill_init(struct spill *s, const char *folder)
{
	*s = (struct spill){ .fd = -1 };
	s->folder = strdup(folder != NULL ? folder : "/tmp");
	return s->folder == NULL ? -ENOMEM : 0;
}

void
spill_fini(struct spill *s)
{
	fd_close(&s->fd);
	free(s->folder);
	free(s->free);
	s->folder = NULL;
	s->free = NULL;
}

/* For file systems that have no O_TMPFILE. */
static int
spill_open_named(const char *folder)
{
	char *name;
	int fd;

	if (asprintf(&name, "%s/prun.XXXXXX", folder) == -1)
		return -ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd == -1)
		fd = -errno;
	else
		(void)unlink(name);
	free(name);
	return fd_lift(fd);
}

static int
spill_open(struct spill *s)
{
	int fd;

	if (s->fd != -1)
		return 0;
	fd = fd_open(s->folder, O_TMPFILE | O_RDWR, 0600);
	if (fd == -EOPNOTSUPP || fd == -EISDIR || fd == -EINVAL)
		fd = spill_open_named(s->folder);
	if (fd < 0)
		return fd;
	s->fd = fd;
	return 0;
}

/* The list of free blocks has room for all, so that a release cannot fail. */
static int
spill_grow(struct spill *s)
{
	size_t size = s->size ? s->size * 2 : 64;
	uint32_t *list;

	if (s->blocks < s->size)
		return 0;
	if (s->blocks == UINT32_MAX)
		return -EFBIG;
	list = reallocarray(s->free, size, sizeof(*list));
	if (list == NULL)
		return -ENOMEM;
	s->free = list;
	s->size = size;
	return 0;
}

int
spill_alloc(struct spill *s, uint32_t *block)
{
	int error = spill_open(s);

	if (error != 0)
		return error;
	if (s->nfree > 0) {
		*block = s->free[--s->nfree];
		return 0;
	}
	error = spill_grow(s);
	if (error == 0)
		*block = s->blocks++;
	return error;
}

void
spill_release(struct spill *s, uint32_t block)
{
	s->free[s->nfree++] = block;
	if (s->nfree == s->blocks && ftruncate(s->fd, 0) == 0)
		s->nfree = s->blocks = 0;
}

static off_t
spill_offset(uint32_t block, size_t offset)
{
	return (off_t)block * (off_t)SPILL_BLOCK + (off_t)offset;
}

int
spill_write(struct spill *s, uint32_t block, size_t offset, const char *data,
    size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, offset += (size_t)n, len -= (size_t)n) {
		do
			n = pwrite(s->fd, data, len,
			    spill_offset(block, offset));
		while (n == -1 && errno == EINTR);
		if (n == -1)
			return -errno;
	}
	return 0;
}

ssize_t
spill_splice(struct spill *s, uint32_t block, size_t offset, int pipe,
    size_t most)
{
	off_t at = spill_offset(block, offset);

	if (most > SPILL_BLOCK - offset)
		most = SPILL_BLOCK - offset;
	return fd_splice(pipe, s->fd, &at, most);
}

int
spill_read(struct spill *s, uint32_t block, size_t offset, char *data,
    size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, offset += (size_t)n, len -= (size_t)n) {
		do
			n = pread(s->fd, data, len,
			    spill_offset(block, offset));
		while (n == -1 && errno == EINTR);
		if (n == -1)
			return -errno;
		if (n == 0)
			return -EIO; /* somebody cut our file */
	}
	return 0;
}
