/* SPDX-License-Identifier: ISC */

/*
 * Owns the statements of --_parset.  The run is an ordinary one with --files0: the
 * names of the files go to a file without a name in place of stdout, and the files
 * are read at the end.
 */
#include <sys/mman.h>

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parset.h"
#include "run/exit.h"
#include "run/run.h"
#include "run/signals.h"
#include "template/quote.h"

/* What stands before the names: variables, as opposed to other ways to return. */
#define KIND "var,"

/* A name, and for an element of an array its index. */
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

/* The next name of the list, which has commas or blanks between them. */
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
	bool any = false;

	while (next_name(&list, &name)) {
		any = true;
		if (is_name(name))
			continue;
		warnx("parset: '%.*s' is no name of a variable", (int)name.len,
		    name.data);
		return false;
	}
	return any;
}

/* The file as a word of the shell, without the newlines at its end. */
static void
print_value(const char *path)
{
	struct bytes value = { 0 }, quoted = { 0 };
	FILE *file = fopen(path, "re");
	int c, error = 0;

	if (file == NULL)
		err(EXIT_OWN, "%s", path);
	/* A variable of a shell holds no NUL. */
	while (error == 0 && (c = getc(file)) != EOF)
		if (c != '\0')
			error = bytes_add_char(&value, (char)c);
	if (ferror(file))
		err(EXIT_OWN, "%s", path);
	(void)fclose(file);
	while (value.len > 0 && value.data[value.len - 1] == '\n')
		value.len--;
	if (error == 0)
		error = quote_add(&quoted, bytes_text(&value), SHELL_POSIX);
	if (error != 0)
		errc(EXIT_OWN, -error, "parset");
	(void)fwrite(quoted.data, 1, quoted.len, stdout);
	(void)putchar('\n');
	bytes_fini(&quoted);
	bytes_fini(&value);
}

/*
 * One name alone is that of an array; of several, each has the output of a job.
 * False: there are more jobs than names.
 */
static bool
print_assignments(const char *list, FILE *files)
{
	const bool several = list[strcspn(list, ", ")] != '\0';
	struct text name = { "", 0 };
	char *path = NULL;
	size_t size = 0;
	bool enough = true;

	if (!several)
		(void)printf("%s=(", list);
	while (getdelim(&path, &size, '\0', files) > 0) {
		if (!several || next_name(&list, &name)) {
			if (several)
				(void)printf("%.*s=", (int)name.len, name.data);
			print_value(path);
		} else {
			enough = false;
		}
		(void)unlink(path);
	}
	if (!several)
		(void)puts(")");
	free(path);
	return enough;
}

/* stdout is the file while the jobs run. */
static int
run_into(FILE *files, const struct options *o)
{
	struct options one = *o;
	struct signals signals;
	int out = dup(STDOUT_FILENO), status;

	if (out == -1 || dup2(fileno(files), STDOUT_FILENO) == -1)
		err(EXIT_OWN, "parset");
	one.report.files = one.report.files_nul = true;
	signals_init(&signals);
	status = run(&one, &signals);
	if (dup2(out, STDOUT_FILENO) == -1)
		err(EXIT_OWN, "stdout");
	(void)close(out);
	rewind(files);
	return status;
}

int
parset_main(const struct options *o)
{
	const char *list = o->parset + strlen(KIND);
	int status = EXIT_OWN, fd;
	FILE *files;

	if (strncmp(o->parset, KIND, strlen(KIND)) != 0 || !are_names(list)) {
		(void)printf("\nreturn %d", status);
		return status;
	}
	fd = memfd_create("prun-parset", MFD_CLOEXEC);
	if (fd == -1 || (files = fdopen(fd, "r+")) == NULL)
		err(EXIT_OWN, "parset");
	status = run_into(files, o);
	if (!print_assignments(list, files)) {
		warnx("parset: there are more jobs than variables");
		status = EXIT_OWN;
	}
	(void)fclose(files);
	(void)printf("\nreturn %d", status);
	return status;
}
