/* SPDX-License-Identifier: ISC */

/*
 * The command: the words of the command line compiled once into a template,
 * and expanded for each job into a line for the shell or an argv to execute
 * directly.  This is the interface of the room, which knows no process and no
 * source of input.
 */
#ifndef TEMPLATE_COMMAND_H
#define TEMPLATE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "template/command_options.h"
#include "text/text.h"

struct command;
struct template;

/*
 * An expanded command.  Everything is lent until the next command_expand() of
 * the same command.  A job that {uniq}, {choose_k}, --match, --filter or skip()
 * leaves out is skipped: it counts as failed and is not run.
 */
struct command_line {
	/* To be executed directly; NULL: the shell executes line. */
	const char *const *argv;
	const char *file; /* with argv: the program's path */
	/* NUL-terminated; NULL when argv is set and nobody wanted the line. */
	const char *line;
	size_t line_len;
	bool skip;
};

/*
 *	command_new(&options, names, n, &message, &command);
 *	...
 *	command_expand(command, &job, want_line, &line, &message);
 *	...
 *	command_free(command);
 *
 * command_new() looks at the environment (PARALLEL_SHELL, SHELL, PATH,
 * BASH_ENV, ENV, exported functions) and at who has started prun, once.
 */
int command_new(const struct command_options *options,
    const struct command_name *names, size_t nnames, struct message *message,
    struct command **cp);
void command_free(struct command *c);

/* As template_expand(), -ECANCELED too. */
int command_expand(struct command *c, const struct command_job *job,
    bool want_line, struct command_line *line, struct message *message);

/* Does perl take part in making the lines? */
bool command_needs_perl(const struct command *c);

/*
 * Lines that perl takes part in are made faster many at a time: command_expect() is
 * called for each job, then command_collect(), then command_expand() for each.  0 or
 * -errno, as command_expand() has it.
 */
bool command_looks_ahead(const struct command *c);
int command_expect(struct command *c, const struct command_job *job,
    struct message *message);
int command_collect(struct command *c, struct message *message);

/* Does a template need command_job.total?  Then the whole input is read first. */
bool command_needs_total(const struct command *c);

/* Does a template need command_job.slot? */
bool command_needs_slot(const struct command *c);

/*
 * The parts of the line in their order: fn gets a literal text, or, with data NULL, is
 * told of a value that is quoted: the one at that position, or all of them (0).
 */
typedef void command_part_fn(void *arg, struct text literal, long position);
void command_each_part(const struct command *c, command_part_fn *fn, void *arg);

/*
 * The command's name, if it is the same for all jobs and the shell cannot find it, as far
 * as prun can tell; to be freed.  NULL: the shell must look for it.
 */
char *command_missing(const struct command *c);

/* Is the first word the same for all jobs? */
bool command_is_one(const struct command *c);

/* The shell that runs lines. */
const char *command_shell(const struct command *c);

/* False: no job needs it, and nobody has asked for it; it may be missing. */
bool command_needs_shell(const struct command *c);

/*
 * The variables that the shell would set (_, SHLVL, PWD), as "NAME=value": a job
 * that is executed directly gets them too.  NULL-terminated, lent until
 * command_free().
 */
const char *const *command_environment(const struct command *c);

/*
 * For struct batch_cost: the length of the line without any value, and how many
 * bytes a tuple adds whose first value is value number `first` (from 0).
 */
size_t command_base_cost(const struct command *c);
size_t command_tuple_cost(void *command, const struct text *values, size_t n,
    size_t first);

/* Bytes of the longest line, with its NUL, that this system can execute now. */
size_t command_limit(void);

/*
 * Other texts with the same replacement strings (--tagstring, --workdir,
 * --results): values are put in unquoted.  Lent: the command outlives it.
 */
int template_new(struct command *c, const char *text, struct message *message,
    struct template **tp);
void template_free(struct template *t);

/*
 * NUL-terminated and lent until the next expansion of t.  0 or -errno with a
 * message; -ECANCELED, without one: the run is to stop.
 */
int template_expand(struct template *t, const struct command_job *job,
    struct text *result, struct message *message);

/* It holds no replacement string. */
bool template_is_constant(const struct template *t);

/* Returns true if it holds one that stands for arguments. */
bool template_takes_values(const struct template *t);

#endif
