/* SPDX-License-Identifier: ISC */

/*
 * Memory into which a stream is read.  Several blocks may lie in the same chunk; each of
 * them is a user of it.  A chunk without users is used again, so that a fast stream stays
 * in the CPU's cache.  One thread.
 */
#ifndef INPUT_CHUNK_H
#define INPUT_CHUNK_H

#include <sys/queue.h>

#include <stddef.h>

/* Bytes of an ordinary chunk, and how many spare chunks are kept. */
#define CHUNK_SIZE ((size_t)128 * 1024)
#define CHUNKS_KEPT 64

struct chunk {
	SLIST_ENTRY(chunk) entry; /* in chunk_store.spare */
	struct chunk_store *store;
	unsigned users;
	size_t size;
	char data[];
};

SLIST_HEAD(chunk_list, chunk);

/* All zero: empty. */
struct chunk_store {
	struct chunk_list spare;
	unsigned nspare;
};

/* Frees the spare chunks.  No chunk may have a user any more. */
void chunk_store_fini(struct chunk_store *store);

/* A chunk with room for at least size bytes, and one user; NULL: there is no memory. */
struct chunk *chunk_new(struct chunk_store *store, size_t size);
void chunk_hold(struct chunk *chunk);

/* One user less; NULL is fine. */
void chunk_release(struct chunk *chunk);

#endif
