/* SPDX-License-Identifier: ISC */

/* Owns the hash of a text whose length is known. */
#include "text/hash.h"

uint64_t
text_hash(struct text t)
{
	uint64_t h = TEXT_HASH_BEGIN;

	for (size_t i = 0; i < t.len; i++)
		h = text_hash_add(h, t.data[i]);
	return text_hash_end(h);
}
