/* SPDX-License-Identifier: ISC */

/*
 * Deals the records of a stream to n receivers by a key in each record: by the hash of the
 * key (--shard), or by its number (--bin).  Knows no job.
 */
#ifndef INPUT_DEAL_H
#define INPUT_DEAL_H

#include "input/block.h"
#include "input/chunk.h"

/*
 * Gives receiver i a block; the receiver becomes a user of its chunk.  Returns 0 or -errno.
 */
typedef int deal_give_fn(void *arg, size_t i, struct block *block);

struct deal_hand;

struct deal {
	struct blocks *blocks; /* lent; finds the key of a record */
	struct chunk_store *chunks; /* lent */
	deal_give_fn *give;
	void *arg;
	size_t n;
	bool by_number;
	/* one for each receiver; deal_init() makes them */
	struct deal_hand *hand;
};

/* The caller has set the other fields.  Returns 0 or -ENOMEM. */
int deal_init(struct deal *d);
void deal_fini(struct deal *d);

/* Gives each record of a piece to its receiver.  Returns 0 or -errno. */
int deal_piece(struct deal *d, const struct block *piece);

/* Which of n receivers gets a key: by the hash of the key, and by its number. */
size_t deal_by_hash(struct text key, size_t n);
size_t deal_by_number(struct text key, size_t n);

#endif
