/* SPDX-License-Identifier: ISC */

/* Waits until another process closes a file, with close(2) or by its death. */
#ifndef IPC_FILE_WATCH_H
#define IPC_FILE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct file_watch {
	int fd; /* of inotify(7); -1: file_watch_wait() only sleeps */
};

/* Watch the file that fd has open.  If that is impossible, w->fd is -1. */
void file_watch_open(struct file_watch *w, int fd);
void file_watch_close(struct file_watch *w);

/*
 * true: since the last call, a process has closed the file, which it had open for
 * writing.  false: the time `until` (of clock_now()) has come.
 */
bool file_watch_wait(struct file_watch *w, int64_t until);

#endif
