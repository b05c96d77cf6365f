/* SPDX-License-Identifier: ISC */

/* Waiting until another process closes a file, by its will or by its death. */
#ifndef IPC_FILE_WATCH_H
#define IPC_FILE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct file_watch {
	int fd; /* -1: only time passes */
};

/* Watches the file that fd has open; where that is impossible, nothing. */
void file_watch_open(struct file_watch *w, int fd);
void file_watch_close(struct file_watch *w);

/*
 * true: since the last time somebody has closed it who could have written it.
 * false: the moment (clock_now() time) has come.
 */
bool file_watch_wait(struct file_watch *w, int64_t until);

#endif
