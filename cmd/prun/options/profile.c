/* SPDX-License-Identifier: ISC */

/*
 * Reads options from files: config files, which are always read, the profiles of --profile,
 * and the #! line of scripts.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options/profile.h"
#include "template/shell.h"
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

/* Appends a word.  If it is from a file, whose name has a slash, its origin says the line. */
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
 * Reads one word of text, from *at up to the next blank.  -EINVAL: a quote is not closed.
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

/*
 * Does the error mean that there is no such file?  It also does if a folder of the path may
 * not be searched: $HOME may be that of another user.
 */
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

/* Reads the file folder/below/name, if folder is set. */
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

/* Reads the user's files of that name.  The options of a later file count more. */
static int
read_of_user(struct profile *p, const char *name, struct message *m)
{
	const char *home = getenv("HOME");
	const char *parallel_home = get_variable("PARALLEL_HOME");
	const char *config = get_variable("XDG_CONFIG_HOME");
	int r;

	if (parallel_home != NULL)
		r = read_below(p, parallel_home, "", name, m);
	else
		r = read_below(p, home, ".parallel/", name, m);
	if (r == 0)
		r = read_below(p, config != NULL ? config : home,
		    config != NULL ? "parallel/" : ".config/parallel/", name,
		    m);
	if (r == 0)
		r = read_below(p, config != NULL ? config : home,
		    config != NULL ? "prun/" : ".config/prun/", name, m);
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

/* How many bytes of a script's first line are read. */
#define LINE_SIZE 256

/* The options of a #! line.  The first that matches is taken, so the longest is first. */
static const struct {
	const char *name;
	bool wraps;
} names[] = {
	{ "--shebang-wrap", true },
	{ "--shebang", false },
	{ "--hashbang", false },
};

/* The index of the option with which the word begins, or -1.  *rest is what follows it. */
static int
find_name(const char *word, const char **rest)
{
	size_t i, len;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		len = strlen(names[i].name);
		*rest = word + len;
		if (strncmp(word, names[i].name, len) == 0 &&
		    (word[len] == '\0' || text_is_blank(word[len])))
			return (int)i;
	}
	return -1;
}

bool
shebang_is_one(const char *argument)
{
	const char *rest;

	return find_name(argument, &rest) >= 0 ||
	    strncmp(argument, "-Y", 2) == 0;
}

static int
add(struct profile *p, const char *word, struct message *m)
{
	int r = profile_add(p, word, "--shebang");

	return r < 0 ? message_errno(m, r, "--shebang") : 0;
}

/* Is path a file whose first line has one of these options? */
static bool
is_script(const char *path)
{
	char line[LINE_SIZE];
	struct stat st;
	ssize_t n;
	int fd;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, line, sizeof(line) - 1);
	(void)close(fd);
	if (n < 0)
		return false;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return strncmp(line, "#!", 2) == 0 &&
	    (strstr(line, " --shebang") != NULL ||
		strstr(line, " --hashbang") != NULL ||
		strstr(line, " -Y") != NULL);
}

/* --shebang: the lines of the script are the input; its arguments belong to the command. */
static int
expand_input(struct profile *p, const struct profile *line, const char *script,
    const char *const *arguments, size_t n, struct message *m)
{
	size_t i;
	int r;

	if ((r = add(p, "--skip-first-line", m)) < 0 ||
	    (r = add(p, "--arg-file", m)) < 0 || (r = add(p, script, m)) < 0)
		return r;
	for (i = 0; i < line->nwords && r == 0; i++)
		r = add(p, line->words[i], m);
	for (i = 0; i < n && r == 0; i++)
		r = add(p, arguments[i], m);
	return r;
}

/* --shebang-wrap: each job runs the parser with the script and one of its arguments. */
static int
expand_wrapped(struct profile *p, const struct profile *line,
    const char *script, const char *const *arguments, size_t n,
    struct message *m)
{
	struct bytes quoted = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < line->nwords && r == 0; i++)
		r = add(p, line->words[i], m);
	if (r == 0 &&
	    ((r = quote_add(&quoted, text_of(script), SHELL_POSIX)) < 0 ||
		(r = bytes_terminate(&quoted)) < 0))
		r = message_errno(m, r, "--shebang");
	if (r == 0)
		r = add(p, quoted.data, m);
	bytes_fini(&quoted);
	if (r == 0 && n > 0)
		r = add(p, ":::", m);
	for (i = 0; i < n && r == 0; i++)
		r = add(p, arguments[i], m);
	return r;
}

/* Takes the words of the script's first line, which stand before the script at *at. */
static int
take_line(struct profile *line, const char *const *arguments, size_t n,
    size_t *at, struct message *m)
{
	struct bytes text = { 0 };
	const char *rest;
	bool bundled = false;
	int r;

	/* "-Yk" means "-Y -k". */
	if (find_name(arguments[0], &rest) < 0) {
		rest = arguments[0] + 2;
		bundled = *rest != '\0' && !text_is_blank(*rest);
	}
	if ((r = bytes_add_format(&text, "%s%s", bundled ? "-" : "", rest)) < 0)
		r = message_errno(m, r, "--shebang");
	else
		r = profile_split(line, "--shebang", bytes_text(&text), m);
	bytes_fini(&text);
	for (*at = 1; r == 0 && *at < n && !is_script(arguments[*at]); ++*at)
		r = add(line, arguments[*at], m);
	return r;
}

int
shebang_expand(struct profile *p, const char *const *arguments, size_t n,
    struct message *m)
{
	struct profile line = { 0 };
	const char *rest;
	int name = find_name(arguments[0], &rest);
	bool wraps = name >= 0 && names[name].wraps;
	size_t at;
	int r;

	r = take_line(&line, arguments, n, &at, m);
	if (r == 0 && at == n)
		r = message_set(m, -EINVAL,
		    "%s must be the first option of a script's first line",
		    name >= 0 ? names[name].name : "--shebang");
	else if (r == 0)
		r = (wraps ? expand_wrapped : expand_input)(p, &line,
		    arguments[at], arguments + at + 1, n - at - 1, m);
	profile_fini(&line);
	return r;
}
