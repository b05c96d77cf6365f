/* SPDX-License-Identifier: ISC */

/*
 * Sources side by side: see group.h.
 *
 * What a source that has no record at all stands for, one empty value, is
 * decided by the input: only there is it known whether all sources are empty.
 */
#include <errno.h>
#include <stdlib.h>

#include "input/source_set.h"

void
source_set_fini(struct source_set *g)
{
	replay_fini(&g->shelf);
	texts_fini(&g->values);
}

static int
add_list(struct source_set *g, const struct replay *s, size_t list)
{
	size_t first, i, n = replay_list(s, list, &first);
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = texts_add(&g->values, replay_value(s, first + i));
	return r;
}

static int
add_columns(struct source_set *g, const struct columns *c)
{
	size_t i;
	int r = 0;

	for (i = 0; i < c->values.n && r == 0; i++)
		r = texts_add(&g->values, c->values.list[i]);
	return r;
}

static bool
others_go_on(const struct source_set *g, const struct member *self)
{
	size_t i;

	for (i = 0; i < g->nmembers; i++)
		if (&g->members[i] != self && !g->members[i].ended)
			return true;
	return false;
}

/* A member that has ended repeats itself as long as another one goes on. */
static int
repeat(struct source_set *g, struct member *member)
{
	size_t count = replay_count(&member->wrap);

	if (count == 0)
		return texts_add(&g->values, (struct text){ "", 0 });
	if (member->turn == count)
		member->turn = 0;
	return add_list(g, &member->wrap, member->turn++);
}

/* 1 when the member has a record of its own, 0 when it has ended. */
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

/* A member needs no store for repeating once nobody else is left to outlast it. */
static int
store(struct source_set *g, struct member *member)
{
	if (!others_go_on(g, member)) {
		replay_fini(&member->wrap);
		return 0;
	}
	return replay_add(&member->wrap, member->columns.values.list,
	    member->columns.values.n);
}

static int
read_linked(struct source_set *g, struct message *m)
{
	bool any = false;
	size_t i;
	int r;

	for (i = 0; i < g->nmembers; i++) {
		if ((r = read_member(&g->members[i], m)) < 0)
			return r;
		any |= r > 0;
	}
	for (i = 0, r = 0; any && i < g->nmembers && r == 0; i++) {
		struct member *member = &g->members[i];

		if (member->ended)
			r = repeat(g, member);
		else if ((r = store(g, member)) == 0)
			r = add_columns(g, &member->columns);
	}
	return r < 0 ? message_errno(m, r, "--link") : any;
}

/*
 * :::+ ends with the shortest.  One that is empty from the start counts as one
 * empty value.
 */
static int
read_side_by_side(struct source_set *g, struct message *m)
{
	bool any = false, all = true;
	size_t i;
	int r;

	for (i = 0; i < g->nmembers; i++) {
		if ((r = read_member(&g->members[i], m)) < 0)
			return r;
		g->members[i].empty = r == 0 && g->nread == 0;
		any |= r > 0;
		all &= r > 0 || g->members[i].empty;
		if (!all)
			return 0;
	}
	for (i = 0, r = 0; any && i < g->nmembers && r == 0; i++)
		r = g->members[i].ended ?
		    texts_add(&g->values, (struct text){ "", 0 }) :
		    add_columns(g, &g->members[i].columns);
	return r < 0 ? message_errno(m, r, "input") : any;
}

static int
read_list(struct source_set *g, struct message *m)
{
	int r;

	if (g->ended)
		return 0;
	g->values.n = 0;
	r = g->wrap ? read_linked(g, m) : read_side_by_side(g, m);
	if (r > 0) {
		g->nread++;
		if (g->keep &&
		    (r = replay_add(&g->shelf, g->values.list, g->values.n)) <
			0)
			return message_errno(m, r, "input");
		return 1;
	}
	g->ended = r == 0;
	return r;
}

int
source_set_next(struct source_set *g, struct message *m)
{
	int r;

	if (!g->keep)
		return read_list(g, m);
	if (g->position == replay_count(&g->shelf) &&
	    (r = read_list(g, m)) <= 0)
		return r;
	g->values.n = 0;
	if ((r = add_list(g, &g->shelf, g->position)) < 0)
		return message_errno(m, r, "input");
	g->position++;
	return 1;
}

int
source_set_make_blank(struct source_set *g, struct message *m)
{
	size_t i;
	int r = 0;

	g->values.n = 0;
	for (i = 0; i < g->nmembers && r == 0; i++)
		r = texts_add(&g->values, (struct text){ "", 0 });
	if (r == 0 && g->keep)
		r = replay_add(&g->shelf, g->values.list, g->values.n);
	g->position = 1;
	return r < 0 ? message_errno(m, r, "input") : 0;
}

void
source_set_rewind(struct source_set *g)
{
	g->position = 0;
}
