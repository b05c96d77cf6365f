/* SPDX-License-Identifier: ISC */

/* Owns the names of jobs in reports.  A name that is used again gets a number. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "report/job_name.h"
#include "text/text.h"
#include "text/utf8.h"

/* A longer name is cut. */
#define NAME_MOST ((size_t)500)

int
job_name_add_cut(struct bytes *out, struct text t, size_t most)
{
	int error;

	if (t.len <= most)
		return bytes_add_text(out, t);
	error = bytes_add_text(out, utf8_trim((struct text){ t.data, most }));
	return error != 0 ? error : bytes_add_string(out, "...");
}

int
job_name_add(struct bytes *out, const struct text *values, size_t n,
    uint64_t seq)
{
	const size_t from = out->len;
	int error = 0;

	for (size_t i = 0; i < n && error == 0; i++) {
		if (i > 0)
			error = bytes_add_char(out, ' ');
		if (error == 0)
			error = job_name_add_cut(out, values[i], NAME_MOST);
		if (out->len - from > NAME_MOST && i + 1 < n)
			return error != 0 ? error :
					    bytes_add_string(out, " ...");
	}
	if (error == 0 && out->len == from)
		error = bytes_add_format(out, "job %" PRIu64, seq);
	return error;
}

void
job_names_fini(struct job_names *names)
{
	free(names->hash);
	*names = (struct job_names){ 0 };
}

static uint64_t *
names_find(const struct job_names *names, uint64_t hash)
{
	size_t i = hash & (names->places - 1);

	while (names->hash[i] != 0 && names->hash[i] != hash)
		i = (i + 1) & (names->places - 1);
	return &names->hash[i];
}

static int
names_grow(struct job_names *names)
{
	struct job_names old = *names;

	if (names->n * 2 < names->places)
		return 0;
	names->places = old.places != 0 ? old.places * 2 : 64;
	names->hash = calloc(names->places, sizeof(*names->hash));
	if (names->hash == NULL) {
		*names = old;
		return -ENOMEM;
	}
	for (size_t i = 0; i < old.places; i++) {
		if (old.hash[i] != 0)
			*names_find(names, old.hash[i]) = old.hash[i];
	}
	free(old.hash);
	return 0;
}

/* 1: the name is new; 0: it, or a name with the same hash, was used; or -ENOMEM. */
static int
names_insert(struct job_names *names, struct text name)
{
	const uint64_t hash = text_hash(name);
	uint64_t *place;
	int error = names_grow(names);

	if (error != 0)
		return error;
	place = names_find(names, hash);
	if (*place == hash)
		return 0;
	*place = hash;
	names->n++;
	return 1;
}

int
job_names_add(struct job_names *names, struct bytes *out, size_t from,
    uint64_t seq)
{
	int r, error;

	for (;;) {
		r = names_insert(names,
		    (struct text){ out->data + from, out->len - from });
		if (r != 0)
			return r < 0 ? r : 0;
		error = bytes_add_format(out, " (#%" PRIu64 ")", seq);
		if (error != 0)
			return error;
	}
}
