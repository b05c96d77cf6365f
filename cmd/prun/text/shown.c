/* SPDX-License-Identifier: ISC */

/* Owns how a text that is not prun's own is shown on a terminal or in a log. */
#include <limits.h>
#include <printf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text/shown.h"
#include "text/text.h"
#include "text/utf8.h"

/* Is it one of U+0080 to U+009F, the second set of control characters? */
static bool
is_second_control(const unsigned char *c, size_t len)
{
	return len == 2 && c[0] == 0xc2 && c[1] < 0xa0;
}

/* Adds the next character of the text.  Returns how many bytes of the text it has. */
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

/*
 * How many bytes the longest part of the text has that begins it, ends with a whole
 * character, and is not longer than most.
 */
static size_t
shown_fit(struct text t, size_t most)
{
	size_t len = t.len < most ? t.len : most;

	return len == t.len ?
	    len :
	    len - utf8_unfinished((struct text){ t.data, len });
}

#define ARGUMENTS_MOST 16

/* Control bytes would confuse a terminal or a log, so each becomes a question mark. */
static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

/* Adds a string, of which only the begin is shown if it is long.  Returns the bytes added. */
static int
put_string(char *out, size_t size, const char *string, size_t len)
{
	const size_t fit = shown_fit((struct text){ string, len }, SHOWN_MOST);

	return snprintf(out, size, "%.*s%s", (int)fit, string,
	    fit < len ? "..." : "");
}

static int
put_number(char *out, size_t size, const char *spec, ...)
{
	va_list args;
	int n;

	va_start(args, spec);
	/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) */
	n = vsnprintf(out, size, spec, args);
	va_end(args);
	return n;
}

/*
 * Adds one argument as spec says, which is a part of a format.  most is the precision of a
 * string.  Returns the bytes that it would add.
 */
static int
put_argument(char *out, size_t size, const char *spec, int type, size_t most,
    va_list *args)
{
	const char *string;

	switch (type & ~PA_FLAG_MASK) {
	case PA_STRING:
		string = va_arg(*args, const char *);
		return string != NULL ?
		    put_string(out, size, string, strnlen(string, most)) :
		    0;
	case PA_DOUBLE:
		return put_number(out, size, spec, va_arg(*args, double));
	default:
		if (type & (PA_FLAG_LONG | PA_FLAG_LONG_LONG))
			return put_number(out, size, spec,
			    va_arg(*args, long long));
		return put_number(out, size, spec, va_arg(*args, int));
	}
}

/*
 * As vsnprintf(3), but of a long string only the begin is printed.  Without this, one
 * string could fill the message, and the words that say what is wrong would be cut off.
 * In the format, * stands for the precision of strings only.
 */
static void
put_shortened(char *out, size_t size, const char *format, va_list *args)
{
	int types[ARGUMENTS_MOST], most, n;
	const size_t count = parse_printf_format(format, ARGUMENTS_MOST, types);
	size_t at = 0;
	char spec[16];

	while (*format != '\0' && size > 1) {
		if (*format != '%' || format[1] == '%') {
			format += *format == '%';
			*out++ = *format++;
			size--;
			continue;
		}
		(void)strlcpy(spec, format, sizeof(spec));
		spec[strcspn(spec, "diouxXcspeEfgG") + 1] = '\0';
		format += strlen(spec);
		most = strchr(spec, '*') != NULL && at++ < count ?
		    va_arg(*args, int) :
		    INT_MAX;
		n = at < count ? put_argument(out, size, spec, types[at++],
				     (size_t)most, args) :
				 0;
		n = n < 0 ? 0 : n < (int)size ? n : (int)size - 1;
		out += n;
		size -= (size_t)n;
	}
	*out = '\0';
}

static void
message_format(struct message *m, const char *format, va_list args)
{
	va_list again;
	int n;

	va_copy(again, args);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	n = vsnprintf(m->text, sizeof m->text, format, args);
	if (n >= (int)sizeof m->text)
		put_shortened(m->text, sizeof m->text, format, &again);
	va_end(again);
	if (n < 0)
		m->text[0] = '\0';
	make_printable(m->text);
}

int
message_set(struct message *m, int result, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message_format(m, format, args);
	va_end(args);
	return result;
}

int
message_errno(struct message *m, int result, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	message_format(m, format, args);
	va_end(args);
	len = strlen(m->text);
	(void)snprintf(m->text + len, sizeof m->text - len, ": %s",
	    strerror(-result));
	return result;
}
