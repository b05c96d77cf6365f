/* SPDX-License-Identifier: ISC */

/* Owns the records of one source: see source.h. */
#include <string.h>

#include "input/source.h"

int
source_init(struct source *s, const struct source_spec *spec,
    const struct input_options *options, struct message *m)
{
	*s = (struct source){ .spec = spec,
		.options = options,
		.reader = { .fd = -1 } };
	if (spec->kind == SOURCE_ARGUMENTS)
		return 0;
	return reader_open(&s->reader, spec->path, options, m);
}

void
source_fini(struct source *s)
{
	if (s->spec != NULL && s->spec->kind == SOURCE_FILE)
		reader_close(&s->reader);
	bytes_fini(&s->joined);
}

/*
 * -d also cuts the words after :::.  Without -d a newline in such a word stays there,
 * although it ends the records of files.
 */
static struct text
cut_word(struct source *s)
{
	const struct input_options *o = s->options;
	struct text t = s->rest;
	const char *at;

	s->inside = false;
	if (o->delimiter == NULL || t.len == 0)
		return t;
	if ((at = memmem(t.data, t.len, o->delimiter, o->delimiter_len)) ==
	    NULL)
		return t;
	t.len = (size_t)(at - t.data);
	s->rest.data += t.len + o->delimiter_len;
	s->rest.len -= t.len + o->delimiter_len;
	s->inside = true;
	return t;
}

static int
next_word(struct source *s, struct text *record)
{
	if (!s->inside) {
		if (s->word == s->spec->nwords)
			return 0;
		s->rest = text_of(s->spec->words[s->word++]);
	}
	*record = cut_word(s);
	return 1;
}

/* What comes after the end of the only source is cut as the words after ::: are. */
static int
next_more(struct source *s, struct text *record)
{
	const struct input_options *o = s->options;
	int r = 1;

	s->at_end = true;
	if (!s->inside && (o->more == NULL || o->nsources > 1))
		return 0;
	if (!s->inside)
		r = o->more(o->more_arg, &s->rest);
	if (r > 0)
		*record = cut_word(s);
	return r;
}

int
source_next_raw(struct source *s, struct text *record, struct message *m)
{
	int r;

	if (s->ended)
		return 0;
	if (s->at_end)
		r = 0;
	else if (s->spec->kind == SOURCE_ARGUMENTS)
		r = next_word(s, record);
	else
		r = reader_next(&s->reader, record, m);
	if (r == 0)
		r = next_more(s, record);
	s->ended = r == 0;
	return r;
}

static bool
is_blank(struct text t)
{
	return text_trim_left(t).len == 0;
}

/* Returns the next record that -r does not leave out; 0 at the record that -E names. */
static int
next_kept(struct source *s, struct text *record, struct message *m)
{
	int r;

	while ((r = source_next_raw(s, record, m)) > 0) {
		if (s->options->eof != NULL &&
		    text_equals(*record, s->options->eof)) {
			s->ended = true;
			return 0;
		}
		if (!s->options->skip_blank || !is_blank(*record))
			break;
	}
	return r;
}

static bool
goes_on(struct text t)
{
	return t.len > 0 && text_is_blank(t.data[t.len - 1]);
}

int
source_next(struct source *s, struct text *record, struct message *m)
{
	int r;

	if ((r = next_kept(s, record, m)) <= 0)
		return r;
	if (!s->options->join_lines || !goes_on(*record))
		return 1;
	s->joined.len = 0;
	do {
		if ((r = bytes_add_text(&s->joined, *record)) < 0)
			return message_errno(m, r, "input");
		if (!goes_on(bytes_text(&s->joined)))
			break;
	} while ((r = next_kept(s, record, m)) > 0);
	if (r < 0)
		return r;
	*record = bytes_text(&s->joined);
	return 1;
}
