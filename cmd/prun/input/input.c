/* SPDX-License-Identifier: ISC */

/*
 * Combines sets of sources to tuples: see input.h.  The sets make a cross product: for each
 * tuple the last set takes its next list.  When a set is at its end, it begins again, and
 * the set before it takes its next list.  The first set is read only once.  Each other set
 * is kept in memory while it is read for the first time, and its lists come from there
 * after that.  So the first tuple can be made as soon as each source has given one record.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/input.h"
#include "input/replay.h"
#include "input/source_set.h"

/*
 * The names that --header gives to positions of the tuple: those in the first record of
 * each source.
 */
struct header {
	struct input_name *names;
	size_t n;
	struct bytes data; /* the bytes to which the names point */
};

static int
add_name(struct header *h, struct text name, size_t position)
{
	struct input_name *names;
	int r;

	if ((names = reallocarray(h->names, h->n + 1, sizeof *names)) == NULL)
		return -ENOMEM;
	h->names = names;
	/* h->data moves while it grows, so place_names() sets the address later. */
	h->names[h->n].name = (struct text){ NULL, name.len };
	h->names[h->n].position = position;
	if ((r = bytes_add_text(&h->data, name)) == 0)
		h->n++;
	return r;
}

static void
place_names(struct header *h)
{
	size_t i, at = 0;

	for (i = 0; i < h->n; i++) {
		h->names[i].name.data = h->data.data + at;
		at += h->names[i].name.len;
	}
}

/* Takes the first record of each member.  Returns 0, or -errno with a message. */
static int
header_read(struct header *h, struct member *members, size_t nmembers,
    struct message *m)
{
	size_t i, column, position = 1;
	int r;

	for (i = 0; i < nmembers; i++) {
		struct columns *c = &members[i].columns;

		if ((r = columns_next(c, &members[i].source, m)) < 0)
			return r;
		for (column = 0; r > 0 && column < c->values.n; column++)
			if (add_name(h, c->values.list[column], position++) < 0)
				return message_errno(m, -ENOMEM, "--header");
	}
	place_names(h);
	return 0;
}

/* --header 0: the sources that are files are named by their paths. */
static int
header_from_paths(struct header *h, const struct input_options *options,
    struct message *m)
{
	size_t i;

	for (i = 0; i < options->nsources; i++)
		if (options->sources[i].kind == SOURCE_FILE &&
		    add_name(h, text_of(options->sources[i].path), i + 1) < 0)
			return message_errno(m, -ENOMEM, "--header");
	place_names(h);
	return 0;
}

static void
header_fini(struct header *h)
{
	free(h->names);
	bytes_fini(&h->data);
}

struct input {
	struct input_options options;
	struct source_spec stdin_spec; /* used if no source was given */
	struct member *members; /* an array of nsources members */
	size_t nready; /* how many members are open */
	struct source_set *sets;
	size_t nsets;
	bool started;
	bool ended;
	struct header header;

	/* the values of the tuple, if they come from several sets */
	struct texts values;

	struct shuffle *shuffle; /* NULL if the tuples keep their order */
};

static int
open_members(struct input *in, struct message *m)
{
	const struct input_options *o = &in->options;
	struct text dropped;
	int r;

	for (; in->nready < o->nsources; in->nready++) {
		struct member *member = &in->members[in->nready];

		if ((r = source_init(&member->source, &o->sources[in->nready],
			 o, m)) < 0)
			return r;
		if ((r = columns_init(&member->columns, o, m)) < 0) {
			columns_fini(&member->columns);
			source_fini(&member->source);
			return r;
		}
	}
	if (!o->skip_first)
		return 0;
	r = source_next_raw(&in->members[0].source, &dropped, m);
	return r < 0 ? r : 0;
}

static void
form_sets(struct input *in)
{
	const struct input_options *o = &in->options;
	size_t i;

	for (i = 0; i < o->nsources; i++) {
		if (i > 0 && (o->link || o->sources[i].linked)) {
			in->sets[in->nsets - 1].nmembers++;
			continue;
		}
		in->sets[in->nsets] = (struct source_set){
			.members = &in->members[i],
			.nmembers = 1,
			.wrap = o->link,
			.keep = in->nsets > 0,
		};
		in->nsets++;
	}
}

static int
prepare(struct input *in, struct message *m)
{
	struct input_options *o = &in->options;
	int r;

	if (o->nsources == 0) {
		in->stdin_spec = (struct source_spec){ .kind = SOURCE_FILE,
			.path = "-" };
		o->sources = &in->stdin_spec;
		o->nsources = 1;
	}
	in->members = calloc(o->nsources, sizeof *in->members);
	in->sets = calloc(o->nsources, sizeof *in->sets);
	if (in->members == NULL || in->sets == NULL)
		return message_errno(m, -ENOMEM, "input");
	if ((r = open_members(in, m)) < 0)
		return r;
	form_sets(in);
	if (o->header_paths)
		return header_from_paths(&in->header, o, m);
	return o->header ?
	    header_read(&in->header, in->members, o->nsources, m) :
	    0;
}

int
input_new(const struct input_options *options, struct message *message,
    struct input **inp)
{
	struct input *in;
	int r;

	if ((in = calloc(1, sizeof *in)) == NULL)
		return message_errno(message, -ENOMEM, "input");
	in->options = *options;
	if ((r = prepare(in, message)) < 0) {
		input_free(in);
		return r;
	}
	*inp = in;
	return 0;
}

void
input_free(struct input *in)
{
	size_t i;

	if (in == NULL)
		return;
	for (i = 0; i < in->nsets; i++)
		source_set_fini(&in->sets[i]);
	for (i = 0; i < in->nready; i++) {
		columns_fini(&in->members[i].columns);
		source_fini(&in->members[i].source);
		replay_fini(&in->members[i].wrap);
	}
	header_fini(&in->header);
	shuffle_free(in->shuffle);
	free(in->members);
	free(in->sets);
	texts_fini(&in->values);
	free(in);
}

void
input_names(const struct input *in, const struct input_name **names, size_t *n)
{
	*names = in->header.names;
	*n = in->header.n;
}

/*
 * Reads the first list of each set.  A set without any list stands for empty values, unless
 * all sets are empty.
 */
static int
start(struct input *in, struct message *m)
{
	size_t i, empty = 0;
	int r;

	in->started = true;
	for (i = 0; i < in->nsets; i++) {
		if ((r = source_set_next(&in->sets[i], m)) < 0)
			return r;
		empty += r == 0;
	}
	if (empty == in->nsets)
		return 0;
	for (i = 0; i < in->nsets; i++)
		if (in->sets[i].nread == 0 &&
		    (r = source_set_make_blank(&in->sets[i], m)) < 0)
			return r;
	return 1;
}

static int
turn(struct input *in, struct message *m)
{
	size_t i = in->nsets;
	int r = 0;

	while (i-- > 0) {
		if ((r = source_set_next(&in->sets[i], m)) != 0)
			break;
		if (i == 0)
			return 0;
		source_set_rewind(&in->sets[i]);
	}
	/*
	 * The sets after number i were set back to their beginning: each takes its first
	 * list.
	 */
	while (r > 0 && ++i < in->nsets)
		r = source_set_next(&in->sets[i], m);
	return r;
}

static int
put_together(struct input *in, struct tuple *tuple, struct message *m)
{
	const struct texts *part;
	size_t i, n = 0;

	for (i = 0; i < in->nsets; i++)
		n += in->sets[i].values.n;
	if (texts_reserve(&in->values, n) < 0)
		return message_errno(m, -ENOMEM, "input");
	for (i = 0, n = 0; i < in->nsets; i++) {
		part = &in->sets[i].values;
		memcpy(in->values.list + n, part->list,
		    part->n * sizeof *part->list);
		n += part->n;
	}
	*tuple = (struct tuple){ in->values.list, n };
	return 1;
}

static int
next_in_order(struct input *in, struct tuple *tuple, struct message *m)
{
	int r;

	if (in->ended)
		return 0;
	if ((r = in->started ? turn(in, m) : start(in, m)) <= 0) {
		in->ended = r == 0;
		return r;
	}
	if (in->nsets > 1)
		return put_together(in, tuple, m);
	*tuple = (struct tuple){ in->sets[0].values.list,
		in->sets[0].values.n };
	return 1;
}

static int
read_all(struct input *in, struct message *m)
{
	struct tuple tuple;
	int r;

	if ((r = shuffle_new(&in->shuffle)) < 0)
		return message_errno(m, r, "--shuf");
	while ((r = next_in_order(in, &tuple, m)) > 0)
		if (shuffle_add(in->shuffle, &tuple) < 0)
			return message_errno(m, -ENOMEM, "--shuf");
	if (r == 0 &&
	    (r = shuffle_deal(in->shuffle, in->options.seeded,
		 in->options.seed)) < 0)
		return message_errno(m, r, "--shuf");
	return r;
}

int
input_next(struct input *in, struct tuple *tuple, struct message *message)
{
	int r;

	if (!in->options.shuffle)
		return next_in_order(in, tuple, message);
	if (in->shuffle == NULL && (r = read_all(in, message)) < 0)
		return r;
	if ((r = shuffle_next(in->shuffle, tuple)) < 0)
		return message_errno(message, r, "--shuf");
	return r;
}
