/* SPDX-License-Identifier: ISC */

/* Messages for the user: see text.h.  Knows how a long one is shortened. */
#include <printf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/shown.h"
#include "text/text.h"

#define ARGUMENTS_MOST 16

/* Control bytes would confuse a terminal or a log: each becomes a question mark. */
static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

/* Passes over one argument.  If that is a long string: how much of it is to be shown. */
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
 * Writes the format again so that a long string is printed only in part.  Otherwise one
 * string could fill the message, and the words that say what is wrong would be cut off.
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
