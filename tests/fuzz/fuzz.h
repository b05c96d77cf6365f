/* SPDX-License-Identifier: ISC */

/*
 * What the fuzz targets share: cut the fuzzer's bytes into the things that a
 * user gives: flags, and words without NULs.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct fuzz {
	const uint8_t *data;
	size_t len;
};

/* The next byte, 0 at the end. */
static inline unsigned
fuzz_byte(struct fuzz *f)
{
	if (f->len == 0)
		return 0;
	f->len--;
	return *f->data++;
}

/* Up to the next NUL or the end; to be freed. */
static inline char *
fuzz_word(struct fuzz *f)
{
	size_t n = strnlen((const char *)f->data, f->len);
	char *word = malloc(n + 1);

	if (word == NULL)
		abort();
	if (n > 0)
		memcpy(word, f->data, n);
	word[n] = '\0';
	f->data += n < f->len ? n + 1 : n;
	f->len -= n < f->len ? n + 1 : n;
	return word;
}

/* A promise of the code under test. */
#define PROMISE(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

#endif
