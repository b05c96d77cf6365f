/* SPDX-License-Identifier: ISC */

/*
 * Memory into which a stream is read, shared by all who have a part of what stands in
 * it.  Chunks that nobody has any more are used again, so that a fast stream stays in
 * the CPU's cache.  One thread.
 */
#ifndef INPUT_CHUNK_H
#define INPUT_CHUNK_H

#include <sys/queue.h>

#include <stddef.h>

/* Room of an ordinary one, and of those that are kept. */
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

/* The spare ones.  No chunk may have a user any more. */
void chunk_store_fini(struct chunk_store *store);

/* With room for so many bytes at least, and one user; NULL: there is no memory. */
struct chunk *chunk_new(struct chunk_store *store, size_t size);
void chunk_hold(struct chunk *chunk);

/* NULL is fine. */
void chunk_release(struct chunk *chunk);

#endif
