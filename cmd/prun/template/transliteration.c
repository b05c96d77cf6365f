/* SPDX-License-Identifier: ISC */

/*
 * Owns tr///: see substitution.h.  A table of 256 entries says what is made of each byte.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "template/substitution.h"

#define KEEP (-1)

char
escape_byte(char c)
{
	static const char letters[] = "ntrfae0", bytes[] = "\n\t\r\f\a\033";
	const char *letter = c != '\0' ? strchr(letters, c) : NULL;

	/* The last letter, 0, stands for the NUL that ends bytes[]. */
	return letter != NULL ? bytes[letter - letters] : c;
}

#define DELETE (-2)

struct transliteration {
	int map[256]; /* for each byte another byte, KEEP or DELETE */
	bool squeeze; /* the flag s: equal results in a row become one */
};

/* Reads the next byte of a list, which may be an escape; *at moves behind it. */
static int
next_byte(struct text t, size_t *at)
{
	char c = t.data[(*at)++];

	if (c == '\\' && *at < t.len)
		return (unsigned char)escape_byte(t.data[(*at)++]);
	return (unsigned char)c;
}

/* Expands the ranges of a list: a-cx becomes abcx. */
static int
expand(const char *name, struct text t, struct bytes *out, struct message *m)
{
	size_t at = 0;
	int first, last, r = 0;

	while (r == 0 && at < t.len) {
		first = last = next_byte(t, &at);
		if (at + 1 < t.len && t.data[at] == '-') {
			at++;
			last = next_byte(t, &at);
		}
		if (last < first)
			return message_set(m, -EINVAL,
			    "%s: invalid range '%c-%c' in tr///", name, first,
			    last);
		for (; first <= last && r == 0; first++)
			r = bytes_add_char(out, (char)first);
	}
	return r < 0 ? message_errno(m, r, "%s", name) : 0;
}

static void
complement(struct bytes *list)
{
	bool listed[256] = { false };
	char *data = list->data;
	size_t i;

	for (i = 0; i < list->len; i++)
		listed[(unsigned char)data[i]] = true;
	list->len = 0;
	for (i = 0; i < 256; i++)
		if (!listed[i])
			data[list->len++] = (char)i;
}

/*
 * If `from` has a byte twice, its first place counts.  If `to` is shorter than `from`, the
 * last byte of `to` is used for the rest.
 */
static void
fill_map(struct transliteration *t, const struct bytes *from,
    const struct bytes *to, bool delete)
{
	size_t i;

	for (i = 0; i < 256; i++)
		t->map[i] = KEEP;
	for (i = 0; i < from->len; i++) {
		unsigned char c = (unsigned char)from->data[i];

		if (t->map[c] != KEEP)
			continue;
		if (i < to->len)
			t->map[c] = (unsigned char)to->data[i];
		else if (delete)
			t->map[c] = DELETE;
		else if (to->len > 0)
			t->map[c] = (unsigned char)to->data[to->len - 1];
		else
			t->map[c] = c;
	}
}

int
transliteration_new(const char *name, struct text from, struct text to,
    struct text flags, struct message *m, struct transliteration **tp)
{
	struct bytes from_list = { 0 }, to_list = { 0 };
	struct transliteration *t;
	bool others = false, delete = false;
	size_t i;
	int r;

	if ((t = calloc(1, sizeof *t)) == NULL)
		return message_errno(m, -ENOMEM, "%s", name);
	for (i = 0, r = 0; i < flags.len && r == 0; i++) {
		others |= flags.data[i] == 'c';
		delete |= flags.data[i] == 'd';
		t->squeeze |= flags.data[i] == 's';
		if (strchr("cds", flags.data[i]) == NULL ||
		    flags.data[i] == '\0')
			r = message_set(m, -ENOTSUP,
			    "%s: tr///%c is not supported", name,
			    flags.data[i]);
	}
	if (r == 0 && bytes_reserve(&from_list, 256) < 0)
		r = message_errno(m, -ENOMEM, "%s", name);
	if (r == 0 && (r = expand(name, from, &from_list, m)) == 0)
		r = expand(name, to, &to_list, m);
	if (r == 0) {
		if (others)
			complement(&from_list);
		fill_map(t, &from_list, &to_list, delete);
		*tp = t;
	} else {
		free(t);
	}
	bytes_fini(&from_list);
	bytes_fini(&to_list);
	return r;
}

void
transliteration_free(struct transliteration *t)
{
	free(t);
}

int
transliteration_apply(const struct transliteration *t, struct text value,
    struct bytes *out)
{
	int to, last = KEEP;
	bool found = false;
	size_t i;
	int r;

	if ((r = bytes_reserve(out, value.len)) < 0)
		return r;
	for (i = 0; i < value.len; i++) {
		to = t->map[(unsigned char)value.data[i]];
		found |= to != KEEP;
		if (to == DELETE)
			continue;
		if (to == KEEP)
			out->data[out->len++] = value.data[i];
		else if (!t->squeeze || to != last)
			out->data[out->len++] = (char)to;
		last = to;
	}
	return found;
}
