/* SPDX-License-Identifier: ISC */

/*
 * The three small nouns that all rooms of the command language speak with: a
 * piece of text that somebody else owns, bytes that grow, and a message for
 * the user (a row of texts is in texts.h).  It knows nothing of sources,
 * templates or jobs.
 */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes lent by somebody, NULs and all; not NUL-terminated. */
struct text {
	const char *data;
	size_t len;
};

struct text text_of(const char *string);
bool text_equals(struct text t, const char *string);
bool text_begins(struct text t, const char *string);

/* Space, \t, \n, \r, \v and \f are blanks. */
bool text_is_blank(char c);

/* What is left of it when blanks at the ends go. */
struct text text_trim_left(struct text t);
struct text text_trim_right(struct text t);

/* Bytes that grow; all zero is empty.  What it lends is good until it changes. */
struct bytes {
	char *data;
	size_t len;
	size_t size;
};

void bytes_fini(struct bytes *b);

/* Room for n more at data + len.  0 or -ENOMEM. */
int bytes_reserve(struct bytes *b, size_t n);
int bytes_add(struct bytes *b, const void *data, size_t len);
int bytes_add_text(struct bytes *b, struct text t);
int bytes_add_string(struct bytes *b, const char *string);
int bytes_add_char(struct bytes *b, char c);
int bytes_add_number(struct bytes *b, unsigned long long n);
int bytes_add_format(struct bytes *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* NUL behind the last byte, not counted in len. */
int bytes_terminate(struct bytes *b);
struct text bytes_text(const struct bytes *b);

/*
 * One line for the user, without the program's name and without a newline.
 * Control bytes in it are shown as "?".  It is set exactly when
 * the function that was given it returns a negative number.
 */
struct message {
	char text[1024];
};

/* r = message_set(m, -EINVAL, "--%s: ...", name): returns its second argument. */
int message_set(struct message *m, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the words for -result (an errno value) behind. */
int message_errno(struct message *m, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
