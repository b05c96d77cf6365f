/* SPDX-License-Identifier: ISC */

/* Waiting until another process closes a file, by its will or by its death. */
#ifndef SYNC_WATCH_H
#define SYNC_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct watch {
	int fd; /* -1: only time passes */
};

/* Watches the file that fd has open; where that is impossible, nothing. */
void watch_open(struct watch *w, int fd);
void watch_close(struct watch *w);

/*
 * true: since the last time somebody has closed it who could have written it.
 * false: the moment (clock_now() time) has come.
 */
bool watch_wait(struct watch *w, int64_t until);

#endif
