/* SPDX-License-Identifier: ISC */

/* Owns the memory into which streams are read.  Does not know what it holds. */
#include <stdlib.h>

#include "input/chunk.h"

struct chunk *
chunk_new(struct chunk_store *store, size_t size)
{
	struct chunk *chunk = SLIST_FIRST(&store->spare);

	if (size < CHUNK_SIZE)
		size = CHUNK_SIZE;
	if (size == CHUNK_SIZE && chunk != NULL) {
		SLIST_REMOVE_HEAD(&store->spare, entry);
		store->nspare--;
	} else {
		chunk = malloc(sizeof(*chunk) + size);
		if (chunk == NULL)
			return NULL;
		chunk->store = store;
		chunk->size = size;
	}
	chunk->users = 1;
	return chunk;
}

void
chunk_hold(struct chunk *chunk)
{
	chunk->users++;
}

void
chunk_release(struct chunk *chunk)
{
	struct chunk_store *store;

	if (chunk == NULL || --chunk->users > 0)
		return;
	store = chunk->store;
	if (chunk->size != CHUNK_SIZE || store->nspare == CHUNKS_KEPT) {
		free(chunk);
		return;
	}
	SLIST_INSERT_HEAD(&store->spare, chunk, entry);
	store->nspare++;
}

void
chunk_store_fini(struct chunk_store *store)
{
	struct chunk *chunk;

	while ((chunk = SLIST_FIRST(&store->spare)) != NULL) {
		SLIST_REMOVE_HEAD(&store->spare, entry);
		free(chunk);
	}
	store->nspare = 0;
}
