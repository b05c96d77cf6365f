/* SPDX-License-Identifier: ISC */

/* A hash of a text: FNV-1a, whose bits are then mixed.  prun(1) documents it. */
#ifndef TEXT_HASH_H
#define TEXT_HASH_H

#include <stdint.h>

#include "text/text.h"

#define TEXT_HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* One byte more: for loops that look at each byte anyway. */
static inline uint64_t
text_hash_add(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

/* Never 0; all bits of it are mixed, because tables use only the low bits. */
static inline uint64_t
text_hash_end(uint64_t hash)
{
	hash ^= hash >> 33;
	hash *= UINT64_C(0xff51afd7ed558ccd);
	hash ^= hash >> 33;
	return hash != 0 ? hash : 1;
}

static inline uint64_t
text_hash(struct text t)
{
	uint64_t h = TEXT_HASH_BEGIN;

	for (size_t i = 0; i < t.len; i++)
		h = text_hash_add(h, t.data[i]);
	return text_hash_end(h);
}

#endif
