/* SPDX-License-Identifier: ISC */

/*
 * Command lines of scripts: see shebang.h.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "options/shebang.h"
#include "template/quote.h"

/* How many bytes of a script's first line are read. */
#define LINE_SIZE 256

/* The names of the options; the first that matches counts, so the longest stands first. */
static const struct {
	const char *name;
	bool wraps;
} names[] = {
	{ "--shebang-wrap", true },
	{ "--shebang", false },
	{ "--hashbang", false },
};

/* The option with which the word begins, or -1.  *rest is the text behind its name. */
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

/* Is it a file whose first line holds the option? */
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

/* The script's words are its input, and what it is given are words of the command. */
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

/* A job is the parser with the script and one of the words that the script is given. */
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

/* The words before the script are those of its first line; *at is set to the script. */
static int
take_line(struct profile *line, const char *const *arguments, size_t n,
    size_t *at, struct message *m)
{
	struct bytes text = { 0 };
	const char *rest;
	bool bundled = false;
	int r;

	/* -Yk is -Y -k. */
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
