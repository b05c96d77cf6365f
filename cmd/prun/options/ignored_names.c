/* SPDX-License-Identifier: ISC */

/*
 * Owns the path and the format of the file ignored_vars: see ignored_names.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/ignored_names.h"
#include "text/file.h"

#define NAME "ignored_vars"

/* The path of the file, to be freed; NULL with a message on failure. */
static char *
find_file(struct message *m)
{
	const char *own = getenv("PARALLEL_HOME"), *home = getenv("HOME");
	const bool has_own = own != NULL && *own != '\0';
	char *path;

	if (!has_own && (home == NULL || *home == '\0')) {
		(void)message_set(m, -ENOENT,
		    "--record-env: HOME is not set: no place for " NAME);
		return NULL;
	}
	if (asprintf(&path, "%s%s/" NAME, has_own ? own : home,
		has_own ? "" : "/.parallel") != -1)
		return path;
	(void)message_errno(m, -ENOMEM, NAME);
	return NULL;
}

int
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

bool
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
