/* SPDX-License-Identifier: ISC */

/*
 * Config files and profiles: see profile.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/profile.h"
#include "text/file.h"

#define SYSTEM_CONFIG "/etc/parallel/config"

void
profile_fini(struct profile *p)
{
	size_t i;

	for (i = 0; i < p->nwords; i++) {
		free(p->words[i]);
		free(p->origins[i]);
	}
	free(p->words);
	free(p->origins);
	*p = (struct profile){ 0 };
}

int
profile_add(struct profile *p, const char *word, const char *origin)
{
	char **words, **origins;

	if ((words = reallocarray(p->words, p->nwords + 1, sizeof *words)) ==
	    NULL)
		return -ENOMEM;
	p->words = words;
	if ((origins = reallocarray(p->origins, p->nwords + 1,
		 sizeof *origins)) == NULL)
		return -ENOMEM;
	p->origins = origins;
	words[p->nwords] = strdup(word);
	origins[p->nwords] = strdup(origin);
	if (words[p->nwords] == NULL || origins[p->nwords] == NULL) {
		free(words[p->nwords]);
		free(origins[p->nwords]);
		return -ENOMEM;
	}
	p->nwords++;
	return 0;
}

/* The origin of a word of a file, whose name has a slash, says the line too. */
static int
add_word(struct profile *p, struct bytes *word, const char *name, size_t line)
{
	char *origin = NULL;
	int r = bytes_terminate(word);

	if (r == 0 && strchr(name, '/') != NULL &&
	    asprintf(&origin, "%s:%zu", name, line) == -1)
		r = -ENOMEM;
	if (r == 0)
		r = profile_add(p, word->data, origin != NULL ? origin : name);
	free(origin);
	word->len = 0;
	return r;
}

/*
 * Read one word of text from *at up to the next blank.  -EINVAL: a quote is not
 * closed.
 */
static int
read_word(struct text text, size_t *at, struct bytes *word)
{
	char quote = '\0';
	int r = 0;

	for (; *at < text.len && r == 0; (*at)++) {
		char c = text.data[*at];

		if (quote == '\0' && text_is_blank(c))
			break;
		if (quote == '\0' && (c == '\'' || c == '"'))
			quote = c;
		else if (c == quote)
			quote = '\0';
		else if (c == '\\' && quote != '\'' && *at + 1 < text.len)
			r = bytes_add_char(word, text.data[++*at]);
		else
			r = bytes_add_char(word, c);
	}
	return r < 0 ? r : quote != '\0' ? -EINVAL : 0;
}

static size_t
count_newlines(struct text text, size_t from, size_t to)
{
	size_t n = 0;

	for (; from < to; from++)
		n += text.data[from] == '\n';
	return n;
}

static size_t
end_of_line(struct text text, size_t at)
{
	const char *end = memchr(text.data + at, '\n', text.len - at);

	return end ? (size_t)(end - text.data) : text.len;
}

int
profile_split(struct profile *p, const char *name, struct text text,
    struct message *m)
{
	struct bytes word = { 0 };
	size_t at = 0, start = 0, line = 1;
	int r = 0;

	if (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		return message_set(m, -EINVAL, "%s: a NUL is no text", name);
	while (r == 0 && at < text.len) {
		if (text_is_blank(text.data[at])) {
			at++;
		} else if (text.data[at] == '#' &&
		    (at == 0 || text.data[at - 1] == '\n')) {
			at = end_of_line(text, at);
		} else {
			line += count_newlines(text, start, at);
			start = at;
			if ((r = read_word(text, &at, &word)) == 0)
				r = add_word(p, &word, name, line);
		}
	}
	bytes_fini(&word);
	if (r == -EINVAL)
		return message_set(m, r, "%s: a quote is not closed", name);
	return r < 0 ? message_errno(m, r, "%s", name) : 0;
}

/* The file does not exist, or a folder may not be searched: another user's $HOME. */
static bool
is_absent(const char *path, int error)
{
	struct stat st;

	return error == -ENOENT || error == -ENOTDIR ||
	    (error == -EACCES && stat(path, &st) == -1 && errno == EACCES);
}

static int
read_file(struct profile *p, const char *path, struct message *m)
{
	struct bytes text = { 0 };
	int r = get_file(path, &text);

	if (r == 0)
		r = profile_split(p, path, bytes_text(&text), m);
	else if (is_absent(path, r))
		r = 0;
	else
		message_errno(m, r, "%s", path);
	bytes_fini(&text);
	return r;
}

/* Read folder/below/name, if folder is set. */
static int
read_below(struct profile *p, const char *folder, const char *below,
    const char *name, struct message *m)
{
	char *path;
	int r;

	if (folder == NULL || *folder == '\0')
		return 0;
	if (asprintf(&path, "%s/%s%s", folder, below, name) == -1)
		return message_errno(m, -ENOMEM, "%s", name);
	r = read_file(p, path, m);
	free(path);
	return r;
}

/* The user's files of that name; the options of a later file count more. */
static int
read_of_user(struct profile *p, const char *name, struct message *m)
{
	const char *home = getenv("HOME"),
		   *parallel_home = getenv("PARALLEL_HOME");
	const char *config = getenv("XDG_CONFIG_HOME");
	bool other = config != NULL && *config != '\0';
	int r;

	if (parallel_home != NULL && *parallel_home != '\0')
		r = read_below(p, parallel_home, "", name, m);
	else
		r = read_below(p, home, ".parallel/", name, m);
	if (r == 0)
		r = read_below(p, other ? config : home,
		    other ? "parallel/" : ".config/parallel/", name, m);
	if (r == 0)
		r = read_below(p, other ? config : home,
		    other ? "prun/" : ".config/prun/", name, m);
	return r;
}

int
profile_read_config(struct profile *p, struct message *m)
{
	int r;

	if ((r = read_file(p, SYSTEM_CONFIG, m)) < 0)
		return r;
	return read_of_user(p, "config", m);
}

int
profile_read(struct profile *p, const char *name, struct message *m)
{
	if (*name == '/' || strncmp(name, "./", 2) == 0)
		return read_file(p, name, m);
	return read_of_user(p, name, m);
}
