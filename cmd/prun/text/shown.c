/* SPDX-License-Identifier: ISC */

/* Owns what a terminal or a log is shown of a text that is not prun's own. */
#include <stdbool.h>
#include <string.h>

#include "text/shown.h"
#include "text/utf8.h"

/* U+0080 to U+009F, the second set of control characters. */
static bool
is_second_control(const unsigned char *c, size_t len)
{
	return len == 2 && c[0] == 0xc2 && c[1] < 0xa0;
}

/* Adds the next character of the text, and returns how many bytes of it that were. */
static size_t
shown_add(char *out, size_t *n, const unsigned char *c, size_t left)
{
	const int len = utf8_length(c, left);

	if (*c == 0x7f || (*c < ' ' && *c != '\t')) {
		out[(*n)++] = '^';
		out[(*n)++] = (char)(*c ^ 0x40);
		return 1;
	}
	if (len <= 0 || is_second_control(c, (size_t)len)) {
		out[(*n)++] = '?';
		return len <= 0 ? 1 : (size_t)len;
	}
	memcpy(out + *n, c, (size_t)len);
	*n += (size_t)len;
	return (size_t)len;
}

const char *
shown(struct shown *s, struct text text)
{
	const unsigned char *data = (const unsigned char *)text.data;
	char next[4];
	size_t n = 0, at = 0, more, used;

	while (at < text.len) {
		more = 0;
		used = shown_add(next, &more, data + at, text.len - at);
		if (n + more > SHOWN_MOST)
			break;
		memcpy(s->text + n, next, more);
		n += more;
		at += used;
	}
	(void)strlcpy(s->text + n, at < text.len ? "..." : "",
	    sizeof(s->text) - n);
	return s->text;
}

size_t
shown_fit(struct text t, size_t most)
{
	size_t len = t.len < most ? t.len : most;

	return len == t.len ?
	    len :
	    len - utf8_unfinished((struct text){ t.data, len });
}
