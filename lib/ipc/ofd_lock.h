/* SPDX-License-Identifier: ISC */

/*
 * Locks of single bytes of a file (open file description locks, fcntl(2)).
 *
 * They belong to the open file description, not to a process: fork(2) shares
 * them, and the kernel drops them with the last descriptor, however its process
 * ends.  Only the locks of other descriptions can be seen.
 */
#ifndef IPC_OFD_LOCK_H
#define IPC_OFD_LOCK_H

#include <sys/types.h>

struct ofd_lock_census {
	unsigned count; /* bytes that others hold */
	off_t last; /* the highest of them; -1: none */
};

/* 0, -EAGAIN: another has it, or -errno. */
int ofd_lock_take(int fd, off_t byte);

/* The same for every byte that there may be. */
int ofd_lock_take_all(int fd);

void ofd_lock_drop(int fd, off_t byte);
void ofd_lock_drop_all(int fd);

/*
 * Look at the bytes from..to-1, and stop after limit of them.  -EBUSY: another
 * has taken all bytes at once.  What comes and goes meanwhile may be missed.
 */
int ofd_lock_count(int fd, off_t from, off_t to, unsigned limit,
    struct ofd_lock_census *census);

#endif
