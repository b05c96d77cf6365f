/* SPDX-License-Identifier: ISC */

/* Owns the names of columns: see header.h. */
#include <errno.h>
#include <stdlib.h>

#include "input/header.h"

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

int
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

int
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

void
header_fini(struct header *h)
{
	free(h->names);
	bytes_fini(&h->data);
}
