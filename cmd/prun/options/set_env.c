/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of --env, and of the options with which the shell function env_parallel
 * asks prun what to do.
 */
#include <errno.h>
#include <string.h>

#include "options/ignored_names.h"
#include "options/set.h"

static int
add_name(struct options *o, char *name, struct message *m)
{
	struct options_store *s = o->store;

	if (store_keep(s, name) == NULL || words_add(&s->env, name) != 0)
		return message_errno(m, -ENOMEM, "--env");
	return 0;
}

/*
 * Jobs on this machine get all exported variables and functions, with --env or without.  The
 * option says which of them prun copies to other hosts, which ones sudo keeps, and which ones
 * env_parallel copies to the jobs.
 */
SETTER(set_env)
{
	size_t len;
	int error = 0;

	if (value[strcspn(value, "= \t\n")] != '\0')
		return message_set(m, -EINVAL,
		    "%s: '%s' is no name of a variable", name, value);
	do {
		if ((len = strcspn(value, ",")) == 0)
			return message_set(m, -EINVAL,
			    "%s: an empty name is no name of a variable", name);
		error = add_name(o, strndup(value, len), m);
		value += len;
	} while (error == 0 && *value++ != '\0');
	return error;
}

SETTER(set_session)
{
	if (!o->store->env_request)
		return message_set(m, -EINVAL,
		    "%s is for the shell function env_parallel: see --shell-functions",
		    name);
	o->env.verb = row->name;
	return 0;
}

SETTER(set_record_env)
{
	o->action = ACTION_RECORD_ENV;
	o->env.verb = row->name;
	return 0;
}

/* Adds the names of all variables that the file ignored_vars does not list. */
static int
add_unlisted(struct options *o, struct message *m)
{
	struct bytes listed = { 0 };
	char **entry;
	int error = ignored_names_read(&listed, m);

	for (entry = environ; error == 0 && *entry != NULL; entry++) {
		const size_t len = strcspn(*entry, "=");
		const struct text name = { *entry, len };

		if (!ignored_names_has(bytes_text(&listed), name) && len > 0)
			error = add_name(o, strndup(*entry, len), m);
	}
	bytes_fini(&listed);
	return error;
}

static bool
take_underscore(struct options_store *s)
{
	size_t i, kept = 0;

	for (i = 0; i < s->env.n; i++)
		if (strcmp(s->env.list[i], "_") != 0)
			s->env.list[kept++] = s->env.list[i];
	i = s->env.n;
	s->env.n = kept;
	return kept < i;
}

int
env_finish(struct options *o, struct message *m)
{
	struct options_store *s = o->store;
	int error = 0;

	if (take_underscore(s)) {
		o->env.unlisted = true;
		error = add_unlisted(o, m);
	}
	if (error == 0 && s->env.n > 0 &&
	    (error = words_add(&s->env, NULL)) != 0)
		return message_errno(m, error, "--env");
	o->env.names = s->env.list;
	if (s->env_request)
		o->action = ACTION_ENV_REQUEST;
	return error;
}
