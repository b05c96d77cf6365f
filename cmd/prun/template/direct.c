/* SPDX-License-Identifier: ISC */

/*
 * Decides when a command needs no shell: see command_internal.h.
 *
 * How bash and dash change the environment of a command was found by trying every variable
 * that means something to them.  They reset some variables: if prun has one of these, the
 * shell executes the job.  They set other variables: this file sets these as well.
 */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "template/command_internal.h"

/*
 * Programs that do the same as a builtin of bash, except for some arguments, and
 * that start sooner than bash does.  dash is faster than they are, so it keeps
 * its builtins.  PATH is not searched for them, as bash does not search it for a
 * builtin.
 */
struct stand_in {
	const char *word;
	const char *file;
	bool (*takes)(const char *arguments, size_t n);
};

static bool
takes_no_lone_option(const char *arguments, size_t n)
{
	return n != 1 || strncmp(arguments, "--", 2) != 0;
}

/* Every echo treats options and backslashes in a different way. */
static bool
takes_no_option_or_backslash(const char *arguments, size_t n)
{
	if (n > 0 && *arguments == '-')
		return false;
	for (; n > 0; n--, arguments += strlen(arguments) + 1)
		if (strchr(arguments, '\\') != NULL)
			return false;
	return true;
}

static const struct stand_in stand_ins[] = {
	{ "true", "/bin/true", takes_no_lone_option },
	{ "false", "/bin/false", takes_no_lone_option },
	{ "echo", "/bin/echo", takes_no_option_or_backslash },
	{ NULL, NULL, NULL },
};

/* Variables to which bash gives another value, or that change how bash behaves. */
static const char *const bash_resets[] = { "IFS", "OPTIND", "OPTERR", "PPID",
	"PS1", "PS2", "PS4", "RANDOM", "SRANDOM", "LINENO", "HISTCMD",
	"EPOCHSECONDS", "EPOCHREALTIME", "COMP_WORDBREAKS", "SHELLOPTS", "ENV",
	"SECONDS", "UID", "EUID", "GROUPS", "DIRSTACK", "FUNCNAME",
	"PIPESTATUS", NULL };

static const char *const dash_resets[] = { "IFS", "OPTIND", "PPID", "ENV",
	NULL };

/* The value of "name=value"; NULL when entry has another name. */
static const char *
value_of(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncmp(entry, name, len) == 0 && entry[len] == '=' ?
	    entry + len + 1 :
	    NULL;
}

static bool
is_one_of(const char *entry, const char *const *names)
{
	for (; *names != NULL; names++)
		if (value_of(entry, *names) != NULL)
			return true;
	return false;
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return *path == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Is the value a SHLVL from 0 to 998?  Bash would reset any other value. */
static bool
is_shell_level(const char *value)
{
	size_t len = strlen(value);

	return len >= 1 && len <= 3 && strspn(value, "0123456789") == len &&
	    (len == 1 || *value != '0') && strcmp(value, "999") != 0;
}

/* Is the entry an exported function of that name?  The shell would call the function. */
static bool
is_function(const char *entry, const char *word)
{
	size_t len = strlen(word);

	return strncmp(entry, "BASH_FUNC_", 10) == 0 &&
	    strncmp(entry + 10, word, len) == 0 &&
	    strncmp(entry + 10 + len, "%%=", 3) == 0;
}

static bool
bash_keeps(const char *entry, const char *word)
{
	const char *value;

	if (*entry == '=' || strchr(entry, '=') == NULL ||
	    is_one_of(entry, bash_resets) || is_function(entry, word))
		return false;
	if (strncmp(entry, "BASH", 4) == 0 &&
	    strncmp(entry, "BASH_FUNC_", 10) != 0)
		return false;
	if ((value = value_of(entry, "OLDPWD")) != NULL)
		return is_directory(value);
	if ((value = value_of(entry, "SHLVL")) != NULL)
		return is_shell_level(value);
	return true;
}

static bool
dash_keeps(const char *entry)
{
	const char *c = entry;

	if (isdigit((unsigned char)*c) || is_one_of(entry, dash_resets))
		return false;
	while (isalnum((unsigned char)*c) || *c == '_')
		c++;
	return *c == '=' && c > entry;
}

static bool
environment_is_kept(enum shell_kind shell, const char *word)
{
	char **entry;

	for (entry = environ; *entry != NULL; entry++)
		if (shell == SHELL_BASH ? !bash_keeps(*entry, word) :
					  !dash_keeps(*entry))
			return false;
	return true;
}

/* Does execve(2) execute the file: a binary, or a script whose interpreter exists? */
static bool
is_executable(const char *path)
{
	struct stat st;
	char head[256];
	char *interpreter;
	ssize_t n;
	int fd;

	if (stat(path, &st) == -1 || !S_ISREG(st.st_mode) ||
	    access(path, X_OK) == -1)
		return false;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return false;
	n = read(fd, head, sizeof head - 1);
	close(fd);
	if (n < 4)
		return false;
	if (memcmp(head, "\177ELF", 4) == 0)
		return true;
	head[n] = '\0';
	if (memcmp(head, "#!", 2) != 0 || strchr(head, '\n') == NULL)
		return false;
	interpreter = head + 2 + strspn(head + 2, " \t");
	interpreter[strcspn(interpreter, " \t\n")] = '\0';
	return *interpreter == '/' && access(interpreter, X_OK) == 0;
}

static int
take_program(const char *path, char **file)
{
	if (!is_executable(path))
		return 0;
	return (*file = strdup(path)) == NULL ? -ENOMEM : 1;
}

/*
 * Sets *file to the first regular file of that name on PATH, and returns 1 if it can be
 * executed.  0: the shell must search.
 */
static int
find_program(const char *word, char **file)
{
	const char *path = getenv("PATH"), *end;
	struct stat st;

	if (strchr(word, '/') != NULL)
		return take_program(word, file);
	for (; path != NULL && *path == '/'; path = end + 1) {
		end = strchrnul(path, ':');
		if (asprintf(file, "%.*s/%s", (int)(end - path), path, word) ==
		    -1) {
			*file = NULL;
			return -ENOMEM;
		}
		if (stat(*file, &st) == 0 && S_ISREG(st.st_mode))
			return is_executable(*file);
		free(*file);
		*file = NULL;
		if (*end == '\0')
			break;
	}
	return 0;
}

/* Would the shell pass every word to the command as it is written? */
static bool
has_plain_words(const struct template *t)
{
	const struct segment *s;
	size_t i;

	for (i = 0; i < t->nsegments; i++) {
		s = &t->segments[i];
		if (s->is_value ? s->rewrite.unquoted ||
			    s->rewrite.origin == REWRITE_FIXED :
				  !t->quoted_words &&
			    !shell_is_plain((struct text){
				t->source.data + s->begin, s->len }))
			return false;
	}
	return true;
}

char *
direct_word(const struct template *t)
{
	const struct word *word;
	const struct segment *s;
	size_t i;

	for (i = 0; i < t->nwords; i++) {
		word = &t->words[i];
		if (word->kind == WORD_BLANK)
			continue;
		s = &t->segments[word->first];
		if (word->count != 1 || word->glued || s->is_value)
			return NULL;
		return strndup(t->source.data + s->begin, s->len);
	}
	return NULL;
}

static int
set_directory(struct direct *d)
{
	const char *pwd = getenv("PWD");
	struct stat here, there;
	char *cwd;
	int r;

	if (pwd != NULL && *pwd == '/' && stat(pwd, &there) == 0 &&
	    stat(".", &here) == 0 && here.st_dev == there.st_dev &&
	    here.st_ino == there.st_ino)
		return 1;
	if ((cwd = getcwd(NULL, 0)) == NULL)
		return errno == ENOMEM ? -ENOMEM : 0;
	r = asprintf(&d->directory, "PWD=%s", cwd);
	free(cwd);
	if (r == -1) {
		d->directory = NULL;
		return -ENOMEM;
	}
	return 1;
}

static int
set_environment(struct direct *d, enum shell_kind shell)
{
	size_t n = 0;
	int r;

	if ((r = set_directory(d)) <= 0)
		return r;
	if (d->directory != NULL)
		d->environment[n++] = d->directory;
	if (shell == SHELL_BASH) {
		if (asprintf(&d->argument_name, "_=%s", d->file) == -1) {
			d->argument_name = NULL;
			return -ENOMEM;
		}
		d->environment[n++] = d->argument_name;
		if (getenv("SHLVL") == NULL)
			d->environment[n++] = "SHLVL=0";
	}
	return 1;
}

static const struct stand_in *
stand_in_for(const char *word, enum shell_kind shell)
{
	const struct stand_in *s;

	for (s = stand_ins; shell == SHELL_BASH && s->word != NULL; s++)
		if (strcmp(s->word, word) == 0)
			return s;
	return NULL;
}

int
direct_init(struct direct *d, const struct template *t, enum shell_kind shell)
{
	char *word = NULL;
	int r = 0;

	*d = (struct direct){ 0 };
	if ((shell != SHELL_BASH && shell != SHELL_DASH) || t->unquoted ||
	    !has_plain_words(t) || (word = direct_word(t)) == NULL)
		goto out;
	d->stand_in = stand_in_for(word, shell);
	if (*word == '\0' || strchr(word, '=') != NULL ||
	    (shell_has_word(shell, word) && d->stand_in == NULL) ||
	    !environment_is_kept(shell, word))
		goto out;
	r = d->stand_in != NULL ? take_program(d->stand_in->file, &d->file) :
				  find_program(word, &d->file);
	if (r <= 0)
		goto out;
	r = set_environment(d, shell);
out:
	free(word);
	if (r <= 0)
		direct_fini(d);
	return r;
}

/* Is there a file of that name in a folder of PATH?  An empty name is the current folder. */
static bool
is_on_path(const char *word)
{
	const char *path = getenv("PATH"), *end;
	char file[PATH_MAX];

	for (; path != NULL; path = end + 1) {
		end = strchrnul(path, ':');
		if (snprintf(file, sizeof(file), "%.*s%s%s", (int)(end - path),
			path, end > path ? "/" : "",
			word) >= (int)sizeof(file) ||
		    access(file, F_OK) == 0)
			return true;
		if (*end == '\0')
			return false;
	}
	/* PATH is not set: the shell has a default that prun does not know */
	return true;
}

static bool
is_exported_function(const char *word)
{
	for (char **entry = environ; *entry != NULL; entry++)
		if (is_function(*entry, word))
			return true;
	return false;
}

char *
direct_missing(const struct template *t, enum shell_kind shell)
{
	char *word;

	if ((shell != SHELL_BASH && shell != SHELL_DASH) || t->unquoted ||
	    getenv("BASH_ENV") != NULL || !has_plain_words(t) ||
	    (word = direct_word(t)) == NULL)
		return NULL;
	if (*word != '\0' && strchr(word, '=') == NULL &&
	    !shell_has_word(shell, word) && !is_exported_function(word) &&
	    !(strchr(word, '/') != NULL ? access(word, F_OK) == 0 :
					  is_on_path(word)))
		return word;
	free(word);
	return NULL;
}

void
direct_fini(struct direct *d)
{
	free(d->file);
	free(d->argument_name);
	free(d->directory);
	*d = (struct direct){ 0 };
}

bool
direct_takes(const struct direct *d, const char *words, size_t nwords)
{
	return d->stand_in == NULL ||
	    d->stand_in->takes(words + strlen(words) + 1, nwords - 1);
}
