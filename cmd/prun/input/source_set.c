/* SPDX-License-Identifier: ISC */

/*
 * Owns sources that go side by side: see source_set.h.  A source without any record stands
 * for one empty value, unless all sources are empty.  Only input.c knows that, so it calls
 * source_set_make_blank().
 */
#include <errno.h>
#include <stdlib.h>

#include "input/source_set.h"

void
source_set_fini(struct source_set *set)
{
	replay_fini(&set->kept);
	texts_fini(&set->values);
}

static int
add_list(struct source_set *set, const struct replay *s, size_t list)
{
	size_t first, i, n = replay_list(s, list, &first);
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = texts_add(&set->values, replay_value(s, first + i));
	return r;
}

static int
add_columns(struct source_set *set, const struct columns *c)
{
	size_t i;
	int r = 0;

	for (i = 0; i < c->values.n && r == 0; i++)
		r = texts_add(&set->values, c->values.list[i]);
	return r;
}

static bool
others_go_on(const struct source_set *set, const struct member *self)
{
	size_t i;

	for (i = 0; i < set->nmembers; i++)
		if (&set->members[i] != self && !set->members[i].ended)
			return true;
	return false;
}

/* A member that has ended begins again, as long as another one goes on. */
static int
repeat(struct source_set *set, struct member *member)
{
	size_t count = replay_count(&member->wrap);

	if (count == 0)
		return texts_add(&set->values, (struct text){ "", 0 });
	if (member->turn == count)
		member->turn = 0;
	return add_list(set, &member->wrap, member->turn++);
}

/*
 * Returns 1 if the member has a record of its own, 0 if it has ended, or -errno with a
 * message.
 */
static int
read_member(struct member *member, struct message *m)
{
	int r;

	if (member->ended)
		return 0;
	if ((r = columns_next(&member->columns, &member->source, m)) == 0)
		member->ended = true;
	return r;
}

/*
 * Keeps the member's records if they may be repeated: the member that ends last needs none.
 */
static int
store(struct source_set *set, struct member *member)
{
	if (!others_go_on(set, member)) {
		replay_fini(&member->wrap);
		return 0;
	}
	return replay_add(&member->wrap, member->columns.values.list,
	    member->columns.values.n);
}

static int
read_linked(struct source_set *set, struct message *m)
{
	bool any = false;
	size_t i;
	int r;

	for (i = 0; i < set->nmembers; i++) {
		if ((r = read_member(&set->members[i], m)) < 0)
			return r;
		any |= r > 0;
	}
	for (i = 0, r = 0; any && i < set->nmembers && r == 0; i++) {
		struct member *member = &set->members[i];

		if (member->ended)
			r = repeat(set, member);
		else if ((r = store(set, member)) == 0)
			r = add_columns(set, &member->columns);
	}
	return r < 0 ? message_errno(m, r, "--link") : any;
}

/*
 * :::+ ends with the shortest member.  A member without any record counts as one empty
 * value.
 */
static int
read_side_by_side(struct source_set *set, struct message *m)
{
	bool any = false, all = true;
	size_t i;
	int r;

	for (i = 0; i < set->nmembers; i++) {
		if ((r = read_member(&set->members[i], m)) < 0)
			return r;
		set->members[i].empty = r == 0 && set->nread == 0;
		any |= r > 0;
		all &= r > 0 || set->members[i].empty;
		if (!all)
			return 0;
	}
	for (i = 0, r = 0; any && i < set->nmembers && r == 0; i++)
		r = set->members[i].ended ?
		    texts_add(&set->values, (struct text){ "", 0 }) :
		    add_columns(set, &set->members[i].columns);
	return r < 0 ? message_errno(m, r, "input") : any;
}

static int
read_list(struct source_set *set, struct message *m)
{
	int r;

	if (set->ended)
		return 0;
	set->values.n = 0;
	r = set->wrap ? read_linked(set, m) : read_side_by_side(set, m);
	if (r > 0) {
		set->nread++;
		if (set->keep &&
		    (r = replay_add(&set->kept, set->values.list,
			 set->values.n)) < 0)
			return message_errno(m, r, "input");
		return 1;
	}
	set->ended = r == 0;
	return r;
}

int
source_set_next(struct source_set *set, struct message *m)
{
	int r;

	if (!set->keep)
		return read_list(set, m);
	if (set->position == replay_count(&set->kept) &&
	    (r = read_list(set, m)) <= 0)
		return r;
	set->values.n = 0;
	if ((r = add_list(set, &set->kept, set->position)) < 0)
		return message_errno(m, r, "input");
	set->position++;
	return 1;
}

int
source_set_make_blank(struct source_set *set, struct message *m)
{
	size_t i;
	int r = 0;

	set->values.n = 0;
	for (i = 0; i < set->nmembers && r == 0; i++)
		r = texts_add(&set->values, (struct text){ "", 0 });
	if (r == 0 && set->keep)
		r = replay_add(&set->kept, set->values.list, set->values.n);
	set->position = 1;
	return r < 0 ? message_errno(m, r, "input") : 0;
}

void
source_set_rewind(struct source_set *set)
{
	set->position = 0;
}
