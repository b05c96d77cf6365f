/* SPDX-License-Identifier: ISC */

/*
 * Where captured output goes when memory is short: one unlinked file for all
 * jobs, handed out in blocks, so that a thousand waiting jobs cost one
 * descriptor.  One thread.
 */
#ifndef STREAM_SPILL_H
#define STREAM_SPILL_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#define SPILL_BLOCK ((size_t)128 * 1024)

struct spill {
	int fd; /* -1: nothing has been spilled yet */
	char *folder;
	uint32_t blocks; /* length of the file */
	uint32_t *free; /* blocks below that which nobody uses */
	size_t nfree, size;
};

/* folder: NULL for /tmp. */
int spill_init(struct spill *s, const char *folder);
void spill_fini(struct spill *s);

/* A block to write to.  0, or -errno when there is no file. */
int spill_alloc(struct spill *s, uint32_t *block);

/* Give it back.  When nobody holds one any more the disk space goes as well. */
void spill_release(struct spill *s, uint32_t block);

/*
 * Within one block.  0 or -errno; what a failed write (-ENOSPC) left there does
 * not count.
 */
int spill_write(struct spill *s, uint32_t block, size_t offset,
    const char *data, size_t len);

/* The same from a pipe, as far as the block goes: see fd_splice(). */
ssize_t spill_splice(struct spill *s, uint32_t block, size_t offset, int pipe,
    size_t most);
int spill_read(struct spill *s, uint32_t block, size_t offset, char *data,
    size_t len);

#endif
