/* SPDX-License-Identifier: ISC */

/* Owns FNV-1a.  The last steps mix the bits, because tables use only the low bits. */
#include "text/hash.h"

uint64_t
text_hash(struct text t)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < t.len; i++)
		h = (h ^ (unsigned char)t.data[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	return h != 0 ? h : 1;
}
