/* SPDX-License-Identifier: ISC */

/*
 * What command.c, which takes the command of a run apart, and command_line.c, which
 * makes a job's line of it, share.
 */
#ifndef TEMPLATE_COMMAND_INTERNAL_H
#define TEMPLATE_COMMAND_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "template/placeholders.h"
#include "template/shell.h"
#include "template/template.h"
#include "text/text.h"

/* MAX_ARG_STRLEN: the longest string that execve(2) takes, with its NUL. */
#define MAX_ARGUMENT (128u * 1024)

/*
 * May a command be executed without its shell?  Only if the job could see no
 * difference.  This room looks once at the words, at PATH and at the environment,
 * and starts nothing.
 */
struct stand_in;

struct direct {
	char *file; /* what to execute */
	/* The row of the program that replaces a builtin; NULL: no builtin. */
	const struct stand_in *stand_in;
	char *argument_name; /* "_=FILE" when the shell is bash, or NULL */
	char *directory; /* "PWD=FOLDER" when the shell would set it, or NULL */
	const char *environment[4]; /* these two and SHLVL, NULL-terminated */
};

/* 1: it may, and d says how; 0: it may not; -ENOMEM. */
int direct_init(struct direct *d, const struct template *t,
    enum shell_kind shell);
void direct_fini(struct direct *d);

/* The command's name, to be freed; NULL: a value is in it, or there is no memory. */
char *direct_word(const struct template *t);

/*
 * The command's name, to be freed, if no shell of that kind can find it: the words are
 * plain, and it is neither builtin nor function nor program.  NULL: it may be there.
 */
char *direct_missing(const struct template *t, enum shell_kind shell);

/*
 * May it be executed with these words?  Each ends in a NUL, and the first is the
 * command's name.  With some words, the program that replaces a builtin would do
 * something else than the builtin.
 */
bool direct_takes(const struct direct *d, const char *words, size_t nwords);

struct command {
	struct command_options options;
	enum shell_kind kind;
	char *shell;
	struct placeholders *placeholders;
	struct template line;
	struct template **filters; /* one for each of options.filters */
	struct direct direct;
	bool is_direct;
	bool needs_total; /* the line or another template needs it */
	bool needs_slot; /* the same */
	size_t limit; /* bytes of the longest line, with its NUL */
	/* bytes for argv: the words with their NULs, and the pointers */
	size_t room;

	/* Of the job last expanded. */
	struct bytes out, arguments, argv, quoted;
};

#endif
