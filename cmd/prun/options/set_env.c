/* SPDX-License-Identifier: ISC */

/*
 * Owns the setters of --env, and of the options with which the shell function env_parallel
 * asks prun what to do; and the file ignored_vars in $PARALLEL_HOME or ~/.parallel, which
 * has names of variables, one a line: --record-env writes it, --env _ leaves out its names.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/options.h"
#include "options/set.h"
#include "text/file.h"

#define NAME "ignored_vars"

/* The path of the file, to be freed; NULL with a message on failure. */
static char *
find_file(struct message *m)
{
	const char *own = get_variable("PARALLEL_HOME");
	const char *home = get_variable("HOME");
	char *path;

	if (own == NULL && home == NULL) {
		(void)message_set(m, -ENOENT,
		    "--record-env: HOME is not set: no place for " NAME);
		return NULL;
	}
	if (asprintf(&path, "%s%s/" NAME, own != NULL ? own : home,
		own != NULL ? "" : "/.parallel") != -1)
		return path;
	(void)message_errno(m, -ENOMEM, NAME);
	return NULL;
}

/* Appends the file's text, which ends in a newline.  0, or -errno and a message. */
static int
ignored_names_read(struct bytes *text, struct message *m)
{
	char *path = find_file(m);
	int error;

	if (path == NULL)
		return -ENOENT;
	error = get_file(path, text);
	if (error == 0)
		error = bytes_add_char(text, '\n');
	if (error == -ENOENT)
		(void)message_set(m, error,
		    "--env _: %s: not there: call --record-env in a clean environment first",
		    path);
	else if (error != 0)
		(void)message_errno(m, error, "--env _: %s", path);
	free(path);
	return error;
}

/* Is name one of the lines of text? */
static bool
ignored_names_has(struct text text, struct text name)
{
	const char *line = text.data, *end;
	size_t left = text.len;

	while (left > 0 && (end = memchr(line, '\n', left)) != NULL) {
		if ((size_t)(end - line) == name.len &&
		    memcmp(line, name.data, name.len) == 0)
			return true;
		left -= (size_t)(end + 1 - line);
		line = end + 1;
	}
	return false;
}

static int
write_names(const char *path)
{
	FILE *file = fopen(path, "we");
	char **entry;
	int error = 0;

	if (file == NULL)
		return -errno;
	for (entry = environ; *entry != NULL; entry++)
		(void)fprintf(file, "%.*s\n", (int)strcspn(*entry, "="),
		    *entry);
	if (ferror(file))
		error = -EIO;
	if (fclose(file) == EOF && error == 0)
		error = -errno;
	return error;
}

int
ignored_names_record(struct message *m)
{
	char *path = find_file(m), *slash;
	int error = 0;

	if (path == NULL)
		return -ENOENT;
	slash = strrchr(path, '/');
	*slash = '\0';
	if (mkdir(path, 0777) == -1 && errno != EEXIST) {
		error = message_errno(m, -errno, "--record-env: %s", path);
	} else {
		*slash = '/';
		if ((error = write_names(path)) != 0)
			(void)message_errno(m, error, "--record-env: %s", path);
	}
	free(path);
	return error;
}

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
