/* SPDX-License-Identifier: ISC */

/*
 * Four small types that all rooms of the command use: a text whose bytes somebody else
 * owns, an array of such texts, bytes that grow, and a message for the user.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that somebody else owns.  They may hold NULs, and no NUL ends them. */
struct text {
	const char *data;
	size_t len;
};

struct text text_of(const char *string);
bool text_equals(struct text t, const char *string);
bool text_begins(struct text t, const char *string);

/* Space, \t, \n, \r, \v and \f are blanks. */
bool text_is_blank(char c);

/* The text without the blanks at its beginning, or at its end. */
struct text text_trim_left(struct text t);
struct text text_trim_right(struct text t);

/*
 * An array of texts that grows: the values of a record, of a tuple, of a job.  It
 * owns the array; the bytes belong to somebody else.  All zero is empty.  Setting n to
 * 0 empties it and keeps the memory.
 */
struct texts {
	struct text *list;
	size_t n, size;
};

void texts_fini(struct texts *t);

/* Make room for n texts in all, including those of list.  0 or -ENOMEM. */
int texts_reserve(struct texts *t, size_t n);
int texts_add(struct texts *t, struct text text);

/* Bytes that grow; all zero is empty.  data may move whenever bytes are added. */
struct bytes {
	char *data;
	size_t len;
	size_t size;
};

void bytes_fini(struct bytes *b);

/* Make room for n more bytes behind the last one.  0 or -ENOMEM, as all that follow. */
int bytes_reserve(struct bytes *b, size_t n);
int bytes_add(struct bytes *b, const void *data, size_t len);
int bytes_add_text(struct bytes *b, struct text t);
int bytes_add_string(struct bytes *b, const char *string);
int bytes_add_char(struct bytes *b, char c);
int bytes_add_number(struct bytes *b, unsigned long long n);
int bytes_add_format(struct bytes *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Put a NUL behind the last byte; len does not count it. */
int bytes_terminate(struct bytes *b);
struct text bytes_text(const struct bytes *b);

/*
 * One line for the user, without the program's name and without a newline.  Control
 * bytes in it are shown as "?".  If the line would be too long, each string in it is
 * cut to SHOWN_MOST bytes and "..." (text/shown.h).  Unless its header says otherwise,
 * a function sets the message if and only if it returns a negative number.
 */
struct message {
	char text[1024];
};

/* r = message_set(m, -EINVAL, "--%s: ...", name): returns its second argument. */
int message_set(struct message *m, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As message_set(), with ": " and strerror(-result) after the text. */
int message_errno(struct message *m, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The value of a variable of the environment; NULL: it is empty or not set. */
const char *get_variable(const char *name);

/* How many strings the list has, which NULL ends.  NULL: none. */
static inline size_t
list_length(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* A hash of a text: FNV-1a, whose bits are then mixed.  prun(1) documents it. */

#define TEXT_HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* Adds one byte to a hash: for loops that look at each byte anyway. */
static inline uint64_t
text_hash_add(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * UINT64_C(0x100000001b3);
}

/*
 * Ends a hash.  The result is never 0.  All its bits are mixed, because tables use only
 * the low ones.
 */
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
