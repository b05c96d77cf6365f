/* SPDX-License-Identifier: ISC */

/*
 * Reads a whole file, writes all bytes of a text or of a range of a file, and makes folders.
 */
#ifndef TEXT_FILE_H
#define TEXT_FILE_H

#include <sys/types.h>

#include <stdint.h>

#include "text/text.h"

/*
 * Appends the bytes of the file to *bytes.  0 or -errno; -EINTR: a signal handler has
 * run.
 */
int get_file(const char *path, struct bytes *bytes);

/*
 * Writes all of the text.  Waits for a slow reader, even if another process has made
 * the descriptor non-blocking.  0 or -errno.
 */
int put_all(int fd, struct text text);

/*
 * Copies len bytes of the file `in`, beginning at offset at, to fd.  Waits as put_all()
 * does.  0 or -errno; -EIO: the file is shorter.
 */
int put_range(int fd, int in, off_t at, uint64_t len);

/* The folder for files that are soon removed: that one; NULL: $TMPDIR.  Empty: /tmp. */
const char *temporary_folder(const char *folder);

/* Makes a file without a name in the folder.  Returns its descriptor, or -errno. */
int temporary_file(const char *folder);

/*
 * Makes the folders of the file at path, as mkdir -p does.  The function changes path while
 * it works, and restores it before it returns.  0 or -errno.
 */
int make_parents(char *path);

/*
 * The folder for what the programs of one user share while they run: semaphores, and
 * the sockets of --control.  It belongs to the user, and nobody else may enter it.
 *
 * The folder's path, which the caller frees: $XDG_RUNTIME_DIR/prun, $TMPDIR/prun-UID or
 * /tmp/prun-UID.  NULL: there is no memory.
 */
char *runtime_folder(void);

/*
 * Makes the folder if it is missing.  0; -EPERM: it belongs to another user; -EACCES:
 * others may enter it; -ENOTDIR, -ELOOP: a file or a symbolic link is in its place.
 */
int runtime_folder_check(const char *path);

#endif
