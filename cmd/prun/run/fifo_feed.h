/* SPDX-License-Identifier: ISC */

/*
 * A FIFO for one job, and a thread that writes a block to it as soon as the job opens
 * it: until then open(2) waits, which the main loop must not.
 */
#ifndef RUN_FIFO_FEED_H
#define RUN_FIFO_FEED_H

#include <stdbool.h>

#include "text/text.h"

struct block;
struct fifo_feed;

/*
 * Make the FIFO at that path, and the thread.  The block's data is the feed's from now
 * on; its header is lent.  -errno with a message.
 */
int fifo_feed_new(const char *path, struct block *block, struct message *m,
    struct fifo_feed **fp);

/*
 * The job has ended: the thread ends, the FIFO is removed.  True: the job would have read
 * more, but the file of the block was cut meanwhile.  NULL is fine.
 */
bool fifo_feed_free(struct fifo_feed *f);

#endif
