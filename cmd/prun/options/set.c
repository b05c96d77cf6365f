/* SPDX-License-Identifier: ISC */

/*
 * Owns the store, the setters that set one field, and the setters of options about prun
 * itself: see set.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/set.h"

void *
store_grow(void *list, size_t n, size_t width)
{
	/* The list has room for n elements if n is a power of two, else for more. */
	if (n > 0 && (n & (n - 1)) != 0)
		return list;
	return reallocarray(list, n > 0 ? 2 * n : 1, width);
}

char *
store_keep(struct options_store *s, char *string)
{
	char **strings;

	if (string == NULL)
		return NULL;
	strings = store_grow(s->strings, s->nstrings, sizeof *strings);
	if (strings == NULL) {
		free(string);
		return NULL;
	}
	s->strings = strings;
	return s->strings[s->nstrings++] = string;
}

int
store_add_source(struct options *o, const struct source_spec *source)
{
	struct options_store *s = o->store;
	struct source_spec *sources = store_grow(s->sources, s->nsources,
	    sizeof *sources);

	if (sources == NULL)
		return -ENOMEM;
	s->sources = sources;
	s->sources[s->nsources++] = *source;
	return 0;
}

int
store_add_given(struct options_store *s, const char *name, const char *value)
{
	struct perl_given *given = store_grow(s->given, s->ngiven,
	    sizeof *given);

	if (given == NULL)
		return -ENOMEM;
	s->given = given;
	given[s->ngiven++] = (struct perl_given){ name,
		value != NULL ? value : "1" };
	return 0;
}

int
words_add(struct word_list *w, const char *string)
{
	const char **list = store_grow(w->list, w->n, sizeof *list);

	if (list == NULL)
		return -ENOMEM;
	w->list = list;
	list[w->n++] = string;
	return 0;
}

int
word_parse(const char *name, const char *value, const char *const *words,
    struct message *m)
{
	char list[128];
	size_t len = 0;
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(value, words[i]) == 0)
			return i;
	if (i == 2)
		return message_set(m, -EINVAL, "%s: '%s' is neither %s nor %s",
		    name, value, words[0], words[1]);
	for (i = 0; words[i] != NULL && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
		    i > 0 ? ", " : "", words[i]);
	return message_set(m, -EINVAL, "%s: '%s' is none of %s", name, value,
	    list);
}

static void *
field_of(struct options *o, const struct option_row *row)
{
	return (char *)o + row->field;
}

SETTER(set_true)
{
	*(bool *)field_of(o, row) = true;
	return 0;
}

static void *
stored(struct options *o, const struct option_row *row)
{
	return (char *)o->store + row->field;
}

SETTER(set_given)
{
	*(bool *)stored(o, row) = true;
	return 0;
}

SETTER(set_given_string)
{
	*(const char **)stored(o, row) = value;
	return 0;
}

SETTER(set_listed)
{
	return words_add(stored(o, row), value) != 0 ?
	    message_errno(m, -ENOMEM, "%s", name) :
	    0;
}

SETTER(set_string)
{
	*(const char **)field_of(o, row) = value;
	return 0;
}

/* Refuses an empty path, which an unset variable in quotes gives. */
SETTER(set_path)
{
	if (path_check(name, value, m) != 0)
		return -EINVAL;
	return set_string(o, row, name, value, m);
}

SETTER(set_seconds)
{
	return duration_parse(name, value, field_of(o, row), m);
}

SETTER(set_nothing)
{
	return 0;
}

_Static_assert(sizeof(enum options_action) == sizeof(int),
    "set_constant() stores an enum as an int");

SETTER(set_constant)
{
	*(int *)field_of(o, row) = row->constant;
	return 0;
}

SETTER(set_action)
{
	o->action = row->constant;
	o->action_argument = value;
	return 0;
}

/* The agent reads no config file: its options come from the prun that has started it. */
SETTER(set_remote_agent)
{
	o->action = ACTION_AGENT;
	o->action_argument = value;
	o->store->plain = true;
	return 0;
}

SETTER(set_min_version)
{
	if (*value == '\0' || value[strspn(value, "0123456789")] != '\0')
		return message_set(m, -EINVAL, "%s: '%s' is no version", name,
		    value);
	o->action = ACTION_MIN_VERSION;
	o->action_argument = value;
	return 0;
}

/* shebang_expand() removes this option where it is allowed, so here it is an error. */
SETTER(set_shebang)
{
	return message_set(m, -EINVAL,
	    "%s must be the first option of a script's first line", name);
}

SETTER(set_refused)
{
	return message_set(m, -ENOTSUP, "%s is not supported: %s", name,
	    row->help);
}

SETTER(set_combine)
{
	if (path_check(name, value, m) != 0)
		return -EINVAL;
	o->action = ACTION_COMBINE;
	o->action_argument = value;
	return 0;
}

SETTER(set_profile)
{
	struct options_store *s = o->store;
	char **profiles, *copy;

	if (path_check(name, value, m) != 0)
		return -EINVAL;
	profiles = store_grow(s->profiles, s->nprofiles, sizeof *profiles);
	copy = store_keep(s, strdup(value));
	if (profiles != NULL)
		s->profiles = profiles;
	if (profiles == NULL || copy == NULL)
		return message_errno(m, -ENOMEM, "%s", name);
	s->profiles[s->nprofiles++] = copy;
	return 0;
}
