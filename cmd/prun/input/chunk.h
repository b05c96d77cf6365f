/* SPDX-License-Identifier: ISC */

/*
 * Memory into which a stream is read.  Several blocks may lie in the same chunk; each of
 * them is a user of it.  A chunk without users is used again, so that a fast stream stays
 * in the CPU's cache.  Only one thread may use these functions.
 */
#ifndef INPUT_CHUNK_H
#define INPUT_CHUNK_H

#include <sys/queue.h>

#include <stddef.h>

/* How many bytes an ordinary chunk has, and how many spare chunks are kept. */
#define CHUNK_SIZE ((size_t)128 * 1024)
#define CHUNKS_KEPT 64

struct chunk {
	SLIST_ENTRY(chunk) entry; /* the entry in chunk_store.spare */
	struct chunk_store *store;
	unsigned users;
	size_t size;
	char data[];
};

SLIST_HEAD(chunk_list, chunk);

/* All zero means an empty store. */
struct chunk_store {
	struct chunk_list spare;
	unsigned nspare;
};

/* Frees the spare chunks.  No chunk may have a user any more. */
void chunk_store_fini(struct chunk_store *store);

/*
 * Returns a chunk with room for at least size bytes, and with one user; NULL if there is no
 * memory.
 */
struct chunk *chunk_new(struct chunk_store *store, size_t size);
void chunk_hold(struct chunk *chunk);

/* Tell that a user is done with the chunk, which may be NULL. */
void chunk_release(struct chunk *chunk);

#endif
