/* SPDX-License-Identifier: ISC */

/* Reads a whole file, and writes all bytes of a text, or of a range of a file. */
#ifndef TEXT_FILE_H
#define TEXT_FILE_H

#include <sys/types.h>

#include <stdint.h>

#include "text/text.h"

/*
 * Appends the bytes of the file to *bytes.  0 or -errno; -EINTR: a handler of a signal
 * has run.
 */
int get_file(const char *path, struct bytes *bytes);

/*
 * Waits for a slow reader, even if another process has made the descriptor
 * non-blocking.  0 or -errno.
 */
int put_all(int fd, struct text text);

/*
 * Copies len bytes of the file in, from the offset at on, to fd, and waits as
 * put_all() does.  0 or -errno; -EIO: the file ends before.
 */
int put_range(int fd, int in, off_t at, uint64_t len);

/* A new file in the folder that has no name: its descriptor, or -errno. */
int temporary_file(const char *folder);

#endif
