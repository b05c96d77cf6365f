/* SPDX-License-Identifier: ISC */

/* Owns how a text that is not prun's own is shown on a terminal or in a log. */
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

size_t
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

/*
 * Passes over one argument.  If it is a long string, returns how many bytes of it are
 * shown; else 0.
 */
static size_t
skip_argument(int type, va_list *args)
{
	const char *string;
	size_t len;

	switch (type & ~PA_FLAG_MASK) {
	case PA_STRING:
		string = va_arg(*args, const char *);
		len = string != NULL ? strlen(string) : 0;
		return len > SHOWN_MOST ?
		    shown_fit((struct text){ string, len }, SHOWN_MOST) :
		    0;
	case PA_DOUBLE:
		(void)va_arg(*args, double);
		return 0;
	default:
		/* NOLINTNEXTLINE(bugprone-branch-clone) */
		if (type & (PA_FLAG_LONG | PA_FLAG_LONG_LONG))
			(void)va_arg(*args, long long);
		else
			(void)va_arg(*args, int);
		return 0;
	}
}

/*
 * Writes the format again so that a long string is printed only in part.  Without this,
 * one string could fill the message, and the words that say what is wrong would be cut
 * off.
 */
static void
shorten_format(char *out, size_t size, const char *format, va_list *args)
{
	int types[ARGUMENTS_MOST];
	size_t count = parse_printf_format(format, ARGUMENTS_MOST, types);
	size_t n = 0, at = 0, fit, spec;

	while (*format != '\0' && n + 16 < size) {
		if (*format != '%' || format[1] == '%') {
			spec = *format == '%' ? 2 : 1;
			memcpy(out + n, format, spec);
			n += spec;
			format += spec;
			continue;
		}
		spec = strcspn(format, "diouxXcspeEfgG") + 1;
		fit = 0;
		for (size_t i = 0; i < spec; i++)
			if ((format[i] == '*' || i == spec - 1) && at < count)
				fit = skip_argument(types[at++], args);
		n += (size_t)(fit > 0 ?
			snprintf(out + n, size - n, "%%.%zus...", fit) :
			snprintf(out + n, size - n, "%.*s", (int)spec, format));
		format += spec;
	}
	out[n] = '\0';
}

static void
message_format(struct message *m, const char *format, va_list args)
{
	char shorter[sizeof m->text];
	va_list again, look;
	int n;

	va_copy(again, args);
	va_copy(look, args);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
	n = vsnprintf(m->text, sizeof m->text, format, args);
	if (n >= (int)sizeof m->text) {
		shorten_format(shorter, sizeof(shorter), format, &look);
		/* NOLINTNEXTLINE(clang-diagnostic-format-nonliteral) */
		n = vsnprintf(m->text, sizeof m->text, shorter, again);
	}
	va_end(look);
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
