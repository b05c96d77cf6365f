/* SPDX-License-Identifier: ISC */

/*
 * What two files share: command.c, which compiles the command of a run, and command_line.c,
 * which makes the line of a job from it.
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
 * direct.c decides whether a command may be executed without its shell: only if the job
 * could see no difference.  It looks once at the words, at PATH and at the environment, and
 * starts no process.
 */
struct stand_in;

struct direct {
	char *file; /* the path of the program to execute */
	/* The row of the program that replaces a builtin; NULL: the command is no builtin. */
	const struct stand_in *stand_in;
	char *argument_name; /* "_=FILE" when the shell is bash, or NULL */
	char *directory; /* "PWD=FOLDER" when the shell would set it, or NULL */
	const char *environment[4]; /* these two and SHLVL; NULL-terminated */
};

/* 1: the command may be executed directly, and d says how; 0: it may not; -ENOMEM. */
int direct_init(struct direct *d, const struct template *t,
    enum shell_kind shell);
void direct_fini(struct direct *d);

/* The name of the command, to be freed; NULL: it holds a value, or there is no memory. */
char *direct_word(const struct template *t);

/*
 * The name of the command, to be freed, if no shell of that kind can find it: the words are
 * plain, and the name is no builtin, function or program.  NULL: the shell may find it.
 */
char *direct_missing(const struct template *t, enum shell_kind shell);

/*
 * May the command be executed directly with these words?  Each word ends in a NUL, and the
 * first is the name of the command.  With some words, the program that replaces a builtin
 * would do something else than the builtin does.
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
	/* the line or another template needs command_job.total */
	bool needs_total;
	/* the line or another template needs command_job.slot */
	bool needs_slot;
	size_t limit; /* bytes of the longest line, with its NUL */
	/* how many bytes argv may have: the words with their NULs, and the pointers */
	size_t room;

	/* The line and the argv of the job that was expanded last. */
	struct bytes out, arguments, argv, quoted;
};

#endif
