/* SPDX-License-Identifier: ISC */

/*
 * Locks of single bytes of a file (open file description locks, fcntl(2)).
 *
 * A lock belongs to the open file description, not to a process.  A forked process
 * shares it.  The kernel drops it when the last descriptor is closed, however its
 * process ends.  A description does not see its own locks.
 */
#ifndef IPC_OFD_LOCK_H
#define IPC_OFD_LOCK_H

#include <sys/types.h>

struct ofd_lock_census {
	unsigned count; /* how many bytes others have locked */
	off_t last; /* the last of these bytes; -1: none */
};

/* 0; -EAGAIN: another description has locked the byte; or -errno. */
int ofd_lock_take(int fd, off_t byte);

/* The same for all bytes that there may be. */
int ofd_lock_take_all(int fd);

void ofd_lock_drop(int fd, off_t byte);
void ofd_lock_drop_all(int fd);

/*
 * Count the locked bytes in [from, to), and stop after limit of them.  -EBUSY:
 * another description has locked all bytes at once.  A lock that is taken or
 * dropped meanwhile may be missed.
 */
int ofd_lock_count(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census);

#endif
