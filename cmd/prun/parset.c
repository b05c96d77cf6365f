/* SPDX-License-Identifier: ISC */

/*
 * Owns the statements of --_parset.  The run is an ordinary one with --files0: the names of
 * the files go to a file without a name instead of stdout, and the files are read at the
 * end.
 */
#include <sys/mman.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/signals.h"
#include "programs.h"
#include "run/run.h"
#include "template/shell.h"
#include "text/shown.h"

/* The form of the statements.  The prefix of the list of names says which form it is. */
struct kind {
	const char *prefix;
	enum shell_kind shell;
	/*
	 * The variable is an associative array, and the key of a value is made of the
	 * arguments of its job.
	 */
	bool keys;
	bool scalars; /* the shell has no arrays, so each name is a variable */
	bool list; /* fish: the statement is "set name value ..." */
};

static const struct kind kinds[] = {
	{ .prefix = "var," },
	{ .prefix = "assoc,", .keys = true },
	{ .prefix = "scalar,", .scalars = true },
	{ .prefix = "fish,", .shell = SHELL_FISH, .list = true },
};

static const struct kind *
find_kind(const char **list)
{
	size_t i, len;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		len = strlen(kinds[i].prefix);
		if (strncmp(*list, kinds[i].prefix, len) == 0) {
			*list += len;
			return &kinds[i];
		}
	}
	return NULL;
}

/* Is it the name of a variable, or of an element of an array? */
static bool
is_name(struct text name)
{
	size_t i = 0;

	if (name.len == 0 || isdigit((unsigned char)name.data[0]))
		return false;
	while (i < name.len &&
	    (isalnum((unsigned char)name.data[i]) || name.data[i] == '_'))
		i++;
	return i == name.len ||
	    (i > 0 && name.data[i] == '[' && name.data[name.len - 1] == ']' &&
		memchr(name.data + i, ';', name.len - i) == NULL &&
		memchr(name.data + i, '$', name.len - i) == NULL &&
		memchr(name.data + i, '`', name.len - i) == NULL);
}

/* Takes the next name from the list, which has commas or blanks between the names. */
static bool
next_name(const char **list, struct text *name)
{
	*list += strspn(*list, ", ");
	*name = (struct text){ *list, strcspn(*list, ", ") };
	*list += name->len;
	return name->len > 0;
}

static bool
are_names(const char *list)
{
	struct text name;
	struct shown s;
	bool any = false;

	while (next_name(&list, &name)) {
		any = true;
		if (is_name(name))
			continue;
		warnx("parset: '%s' is no name of a variable", shown(&s, name));
		return false;
	}
	if (!any)
		warnx("parset: the name of a variable is missing");
	return any;
}

static void
print_word(struct text word, const struct kind *kind)
{
	struct bytes quoted = { 0 };
	int error = quote_add(&quoted, word, kind->shell);

	if (error != 0)
		errc(EXIT_OWN, -error, "parset");
	(void)fwrite(quoted.data, 1, quoted.len, stdout);
	bytes_fini(&quoted);
}

/*
 * Prints the content of the file as a word of the shell, without the newlines at its end.
 */
static void
print_value(const char *path, const struct kind *kind)
{
	struct bytes value = { 0 };
	FILE *file = fopen(path, "re");
	int c, error = 0;

	if (file == NULL)
		err(EXIT_OWN, "%s", path);
	/* A variable of a shell holds no NUL. */
	while (error == 0 && (c = getc(file)) != EOF)
		if (c != '\0')
			error = bytes_add_char(&value, (char)c);
	if (error != 0)
		errc(EXIT_OWN, -error, "parset");
	if (ferror(file))
		err(EXIT_OWN, "%s", path);
	(void)fclose(file);
	while (value.len > 0 && value.data[value.len - 1] == '\n')
		value.len--;
	print_word(bytes_text(&value), kind);
	bytes_fini(&value);
}

/*
 * Prints the beginning of a statement: what stands before the values of an array, or before
 * the value of a variable.
 */
static void
print_begin(struct text name, const struct kind *kind, bool array)
{
	const int len = (int)name.len;

	if (kind->list)
		(void)printf("set (set -q %.*s; or echo -g) %.*s", len,
		    name.data, len, name.data);
	else
		(void)printf("%.*s=%s", len, name.data, array ? "(" : "");
}

/* If a variable cannot be set (it may be read-only), the statements must stop there. */
static void
print_end(const struct kind *kind)
{
	(void)puts(kind->list ? "; or return" : " &&");
}

/*
 * Prints an element.  The row of a job is the path of its output; if kind->keys, a key and
 * a tab come before it.
 */
static void
print_element(const char *row, const struct kind *kind)
{
	const char *path = kind->keys ? strrchr(row, '\t') : NULL;

	(void)fputs(kind->list ? " " : "\n", stdout);
	if (path != NULL) {
		(void)putchar('[');
		print_word((struct text){ row, (size_t)(path - row) }, kind);
		(void)fputs("]=", stdout);
	}
	path = path != NULL ? path + 1 : row;
	print_value(path, kind);
	(void)unlink(path);
}

static void
print_array(const char *name, const struct kind *kind, FILE *files)
{
	char *row = NULL;
	size_t size = 0;

	print_begin(text_of(name), kind, true);
	while (getdelim(&row, &size, '\0', files) > 0)
		print_element(row, kind);
	(void)fputs(kind->list ? "" : "\n)", stdout);
	print_end(kind);
	free(row);
}

/*
 * Gives each name the output of one job.  Returns false if there are more jobs than names.
 */
static bool
print_variables(const char *list, const struct kind *kind, FILE *files)
{
	struct text name = { "", 0 };
	char *path = NULL;
	size_t size = 0;
	bool enough = true;

	while (getdelim(&path, &size, '\0', files) > 0) {
		if (next_name(&list, &name)) {
			print_begin(name, kind, false);
			(void)fputs(kind->list ? " " : "", stdout);
			print_value(path, kind);
			print_end(kind);
		} else {
			enough = false;
		}
		(void)unlink(path);
	}
	free(path);
	return enough;
}

/* Runs the jobs while stdout is the file. */
static int
run_into(FILE *files, const struct kind *kind, const struct options *o)
{
	struct options one = *o;
	struct signals signals;
	int out = dup(STDOUT_FILENO), status;

	if (out == -1 || dup2(fileno(files), STDOUT_FILENO) == -1)
		err(EXIT_OWN, "parset");
	one.report.files = one.report.files_nul = true;
	one.report.compress = false;
	one.report.compress_program = one.report.decompress_program = NULL;
	one.output.tag = kind->keys;
	one.output.tagstring = NULL;
	signals_init(&signals);
	status = run(&one, &signals);
	if (dup2(out, STDOUT_FILENO) == -1)
		err(EXIT_OWN, "stdout");
	(void)close(out);
	rewind(files);
	return status;
}

static int
parset(const char *list, const struct kind *kind, const struct options *o)
{
	const bool is_array = !kind->scalars &&
	    list[strcspn(list, ", ")] == '\0';
	int fd = memfd_create("prun-parset", MFD_CLOEXEC), status;
	FILE *files;

	if (fd == -1 || (files = fdopen(fd, "r+")) == NULL)
		err(EXIT_OWN, "parset");
	status = run_into(files, kind, o);
	if (is_array) {
		print_array(list, kind, files);
	} else if (!print_variables(list, kind, files)) {
		warnx("parset: there are more jobs than variables");
		status = EXIT_OWN;
	}
	(void)fclose(files);
	return status;
}

int
parset_main(const struct options *o)
{
	const char *list = o->parset;
	const struct kind *kind = find_kind(&list);
	struct shown s;
	int status = EXIT_OWN;

	if (kind == NULL)
		warnx("--_parset: '%s' is not the work of parset",
		    shown(&s, text_of(o->parset)));
	else if (kind->keys && list[strcspn(list, ", ")] != '\0')
		warnx("parset: an associative array stands alone");
	else if (are_names(list))
		status = parset(list, kind, o);
	if (kind == NULL || !kind->list)
		(void)printf("\nreturn %d", status);
	return status;
}
