/* SPDX-License-Identifier: ISC */

/* Waiting until another process closes a file, by its will or by its death. */
#ifndef SYNC_LOOKOUT_H
#define SYNC_LOOKOUT_H

#include <stdbool.h>
#include <stdint.h>

struct lookout {
	int fd; /* -1: only time passes */
};

/* Watches the file that fd has open; where that is impossible, nothing. */
void lookout_open(struct lookout *w, int fd);
void lookout_close(struct lookout *w);

/*
 * true: since the last time somebody has closed it who could have written it.
 * false: the moment (clock_now() time) has come.
 */
bool lookout_wait(struct lookout *w, int64_t until);

#endif
