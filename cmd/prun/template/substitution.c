/* SPDX-License-Identifier: ISC */

/*
 * Owns s///: see substitution.h.  The replacement is parsed once into pieces: literal bytes,
 * groups, and the case switches \U \L \u \l \E.  The file is long because one cursor parses
 * both the regular expression and the replacement, which have the same parameters.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/substitution.h"
#include "text/pattern.h"

enum piece_kind {
	PIECE_LITERAL,
	PIECE_GROUP,
	PIECE_UPPER, /* \U */
	PIECE_LOWER, /* \L */
	PIECE_UPPER_ONE, /* \u */
	PIECE_LOWER_ONE, /* \l */
	PIECE_PLAIN, /* \E */
};

struct piece {
	enum piece_kind kind;
	size_t group;
	size_t begin, len; /* PIECE_LITERAL: in substitution.literals */
};

struct substitution {
	struct pattern *pattern;
	bool global;
	struct piece *pieces;
	size_t npieces;
	struct bytes literals;
};

/* The place in a regular expression or a replacement that is being parsed. */
struct cursor {
	const char *name;
	struct text text;
	size_t at;
	const struct text *parameters;
	size_t nparameters;
};

/* How the case of the next bytes is changed. */
struct casing {
	int all; /* 'U', 'L' or 0 */
	int one; /* 'u', 'l' or 0: of the next byte only */
};

static int
add_piece(struct substitution *s, enum piece_kind kind, size_t group)
{
	struct piece *pieces;

	pieces = reallocarray(s->pieces, s->npieces + 1, sizeof *pieces);
	if (pieces == NULL)
		return -ENOMEM;
	s->pieces = pieces;
	s->pieces[s->npieces++] = (struct piece){ kind, group, s->literals.len,
		0 };
	return 0;
}

static int
add_literal(struct substitution *s, const char *data, size_t len)
{
	struct piece *last = s->npieces ? &s->pieces[s->npieces - 1] : NULL;
	int r;

	if (last == NULL || last->kind != PIECE_LITERAL) {
		if ((r = add_piece(s, PIECE_LITERAL, 0)) < 0)
			return r;
		last = &s->pieces[s->npieces - 1];
	}
	last->len += len;
	return bytes_add(&s->literals, data, len);
}

static int
add_byte(struct substitution *s, int byte)
{
	char c = (char)byte;

	return add_literal(s, &c, 1);
}

static bool
is_digit(const struct cursor *c, size_t at)
{
	return at < c->text.len && isdigit((unsigned char)c->text.data[at]);
}

static size_t
read_number(struct cursor *c)
{
	size_t n = 0;

	while (is_digit(c, c->at) && n < 1000)
		n = n * 10 + (size_t)(c->text.data[c->at++] - '0');
	return n;
}

static int
not_understood(const struct cursor *c, struct message *m)
{
	size_t left = c->text.len - c->at;

	return message_set(m, -ENOTSUP,
	    "%s: '%.*s' in a replacement is Perl that is not supported",
	    c->name, (int)left, c->text.data + c->at);
}

/* Reads \xHH or \x{HH}; c->at is behind the x.  -ENOTSUP: it is more than a byte. */
static int
read_hex(struct cursor *c)
{
	bool braces = c->at < c->text.len && c->text.data[c->at] == '{';
	int value = 0, digits = 0;

	c->at += braces;
	while (digits < 2 && c->at < c->text.len &&
	    isxdigit((unsigned char)c->text.data[c->at])) {
		int digit = tolower((unsigned char)c->text.data[c->at++]);

		value = value * 16 +
		    (isdigit(digit) ? digit - '0' : digit - 'a' + 10);
		digits++;
	}
	if (braces && c->at < c->text.len && c->text.data[c->at] == '}')
		c->at++;
	else if (braces)
		return -ENOTSUP;
	return value;
}

static int
case_piece(char c)
{
	switch (c) {
	case 'U':
		return PIECE_UPPER;
	case 'L':
		return PIECE_LOWER;
	case 'u':
		return PIECE_UPPER_ONE;
	case 'l':
		return PIECE_LOWER_ONE;
	case 'E':
		return PIECE_PLAIN;
	}
	return -1;
}

/* Compiles the escape whose backslash is at c->at. */
static int
compile_escape(struct substitution *s, struct cursor *c, struct message *m)
{
	size_t start = c->at;
	char next;
	int value;

	if (++c->at == c->text.len)
		return add_byte(s, '\\');
	if (c->text.data[c->at] != '0' && is_digit(c, c->at))
		return add_piece(s, PIECE_GROUP, read_number(c));
	next = c->text.data[c->at++];
	if (case_piece(next) >= 0)
		return add_piece(s, (enum piece_kind)case_piece(next), 0);
	if (next == 'x') {
		if ((value = read_hex(c)) >= 0)
			return add_byte(s, value);
		c->at = start;
		return not_understood(c, m);
	}
	return add_byte(s, escape_byte(next));
}

static int
compile_parameter(struct substitution *s, struct cursor *c, struct message *m)
{
	size_t start = c->at, n;

	c->at += 2;
	n = read_number(c);
	if (n == 0 || n > c->nparameters) {
		c->at = start;
		return not_understood(c, m);
	}
	return add_literal(s, c->parameters[n - 1].data,
	    c->parameters[n - 1].len);
}

/* Compiles what begins with a dollar sign: $1, ${1}, $&, $$1. */
static int
compile_dollar(struct substitution *s, struct cursor *c, struct message *m)
{
	const char *data = c->text.data;
	size_t at = c->at, len = c->text.len;

	if (at + 1 == len) {
		c->at++;
		return add_byte(s, '$');
	}
	if (data[at + 1] == '&') {
		c->at += 2;
		return add_piece(s, PIECE_GROUP, 0);
	}
	if (is_digit(c, at + 1)) {
		c->at++;
		return add_piece(s, PIECE_GROUP, read_number(c));
	}
	if (data[at + 1] == '$' && is_digit(c, at + 2))
		return compile_parameter(s, c, m);
	if (data[at + 1] == '{' && is_digit(c, at + 2)) {
		c->at += 2;
		at = read_number(c);
		if (c->at < len && data[c->at] == '}') {
			c->at++;
			return add_piece(s, PIECE_GROUP, at);
		}
	}
	return not_understood(c, m);
}

static int
compile_replacement(struct substitution *s, struct cursor *c, struct message *m)
{
	int r = 0;

	while (r == 0 && c->at < c->text.len) {
		char next = c->text.data[c->at];

		if (next == '\\')
			r = compile_escape(s, c, m);
		else if (next == '$')
			r = compile_dollar(s, c, m);
		else if (next == '@' && c->at + 1 < c->text.len &&
		    (isalpha((unsigned char)c->text.data[c->at + 1]) ||
			c->text.data[c->at + 1] == '_'))
			r = not_understood(c, m);
		else {
			r = add_byte(s, next);
			c->at++;
		}
	}
	return r;
}

/* Copies the regex with its parameters put in.  A variable of Perl in it is an error. */
static int
fill_regex(struct cursor *c, struct bytes *out, struct message *m)
{
	size_t n;
	int r = 0;

	while (r == 0 && c->at < c->text.len) {
		const char *at = c->text.data + c->at;
		size_t left = c->text.len - c->at;

		if (*at == '\\' && left > 1) {
			r = bytes_add(out, at, 2);
			c->at += 2;
		} else if (*at == '$' && left > 2 && at[1] == '$' &&
		    is_digit(c, c->at + 2)) {
			c->at += 2;
			n = read_number(c);
			if (n == 0 || n > c->nparameters)
				return message_set(m, -EINVAL,
				    "%s: there is no parameter $$%zu", c->name,
				    n);
			r = bytes_add_text(out, c->parameters[n - 1]);
		} else if ((*at == '$' || *at == '@') && left > 1 &&
		    (isalpha((unsigned char)at[1]) || at[1] == '_' ||
			at[1] == '{')) {
			return message_set(m, -ENOTSUP,
			    "%s: '%.*s' in a regular expression is Perl that is not supported",
			    c->name, (int)left, at);
		} else {
			r = bytes_add_char(out, *at);
			c->at++;
		}
	}
	return r;
}

static int
read_flags(struct substitution *s, const char *name, struct text flags,
    unsigned *result, struct message *m)
{
	size_t i;

	*result = 0;
	for (i = 0; i < flags.len; i++) {
		switch (flags.data[i]) {
		case 'g':
			s->global = true;
			break;
		case 'i':
			*result |= PATTERN_IGNORE_CASE;
			break;
		case 'm':
			*result |= PATTERN_MULTILINE;
			break;
		case 's':
			*result |= PATTERN_DOT_ALL;
			break;
		case 'x':
			*result |= PATTERN_EXTENDED;
			break;
		case 'o':
			break;
		default:
			return message_set(m, -ENOTSUP,
			    "%s: s///%c is not supported", name, flags.data[i]);
		}
	}
	return 0;
}

int
substitution_new(const char *name, struct text regex, struct text replacement,
    struct text flags, const struct text *parameters, size_t nparameters,
    struct message *m, struct substitution **sp)
{
	struct cursor c = { name, regex, 0, parameters, nparameters };
	struct bytes filled = { 0 };
	struct substitution *s;
	unsigned pattern_flags;
	int r = -ENOMEM;

	if ((s = calloc(1, sizeof *s)) == NULL)
		goto out;
	if ((r = read_flags(s, name, flags, &pattern_flags, m)) < 0 ||
	    (r = fill_regex(&c, &filled, m)) < 0 ||
	    (r = pattern_new(name, bytes_text(&filled), pattern_flags, m,
		 &s->pattern)) < 0)
		goto out;
	c.text = replacement;
	c.at = 0;
	r = compile_replacement(s, &c, m);
out:
	bytes_fini(&filled);
	if (r < 0)
		substitution_free(s);
	else
		*sp = s;
	return r == -ENOMEM ? message_errno(m, r, "%s", name) : r;
}

void
substitution_free(struct substitution *s)
{
	if (s == NULL)
		return;
	pattern_free(s->pattern);
	bytes_fini(&s->literals);
	free(s->pieces);
	free(s);
}

static int
add_cased(struct bytes *out, struct text t, struct casing *casing)
{
	size_t i, from = out->len;
	int r;

	if ((r = bytes_add_text(out, t)) < 0 || t.len == 0)
		return r;
	for (i = from; i < out->len && casing->all != 0; i++)
		out->data[i] = (char)(casing->all == 'U' ?
			toupper((unsigned char)out->data[i]) :
			tolower((unsigned char)out->data[i]));
	if (casing->one != 0)
		out->data[from] = (char)(casing->one == 'u' ?
			toupper((unsigned char)out->data[from]) :
			tolower((unsigned char)out->data[from]));
	casing->one = 0;
	return 0;
}

static int
add_replacement(struct substitution *s, struct text value, struct bytes *out)
{
	struct casing casing = { 0, 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < s->npieces && r == 0; i++) {
		const struct piece *p = &s->pieces[i];

		switch (p->kind) {
		case PIECE_LITERAL:
			r = add_cased(out,
			    (struct text){ s->literals.data + p->begin,
				p->len },
			    &casing);
			break;
		case PIECE_GROUP:
			r = add_cased(out,
			    pattern_group(s->pattern, value, p->group),
			    &casing);
			break;
		case PIECE_UPPER:
			casing.all = 'U';
			break;
		case PIECE_LOWER:
			casing.all = 'L';
			break;
		case PIECE_UPPER_ONE:
			casing.one = 'u';
			break;
		case PIECE_LOWER_ONE:
			casing.one = 'l';
			break;
		case PIECE_PLAIN:
			casing.all = 0;
			break;
		}
	}
	return r;
}

int
substitution_apply(struct substitution *s, struct text value, struct bytes *out,
    struct message *m)
{
	size_t copied = 0, from = 0;
	bool not_empty = false, changed = false;
	int r;

	while ((r = pattern_match(s->pattern, value, from, not_empty, m)) > 0) {
		size_t begin = pattern_begin(s->pattern),
		       end = pattern_end(s->pattern);

		if (bytes_add(out, value.data + copied, begin - copied) < 0 ||
		    add_replacement(s, value, out) < 0)
			return message_errno(m, -ENOMEM, "s///");
		changed = true;
		copied = from = end;
		/* After an empty match, the next one at this place must not be empty. */
		not_empty = begin == end;
		if (!s->global)
			break;
	}
	if (r < 0)
		return r;
	if (bytes_add(out, value.data + copied, value.len - copied) < 0)
		return message_errno(m, -ENOMEM, "s///");
	return changed;
}
