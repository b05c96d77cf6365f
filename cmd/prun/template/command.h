/* SPDX-License-Identifier: ISC */

/*
 * The command of a run.  Its words are compiled once into a template.  For each job the
 * template is expanded into a line for the shell, or into an argv to execute directly.
 * This is the interface of the room, which knows neither processes nor sources of input.
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
	/* The words to execute directly; NULL: the shell executes line. */
	const char *const *argv;
	const char *file; /* with argv: the path of the program */
	/* NUL-terminated; NULL if argv is set and want_line was false. */
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

/* Expands the command for a job.  Returns what template_expand() returns. */
int command_expand(struct command *c, const struct command_job *job,
    bool want_line, struct command_line *line, struct message *message);

/* Does perl take part in making the lines? */
bool command_needs_perl(const struct command *c);

/*
 * Lines in whose making perl takes part are made faster many at a time.  If
 * command_looks_ahead() is true, the caller calls command_expect() for each of some jobs,
 * then command_collect() once, and then command_expand() for each of them.  They return 0
 * or -errno as command_expand() does.
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
 * Calls fn for each part of the line, in their order.  A part is a literal text; or a value,
 * which is quoted: then literal.data is NULL, and position is that of the value, or 0 for
 * all values.
 */
typedef void command_part_fn(void *arg, struct text literal, long position);
void command_each_part(const struct command *c, command_part_fn *fn, void *arg);

/*
 * The name of the command, to be freed, if it is the same for all jobs and prun is sure
 * that the shell cannot find it.  NULL: the shell may find it.
 */
char *command_missing(const struct command *c);

/* Is the first word of the command the same for all jobs? */
bool command_is_one(const struct command *c);

/* The shell that runs lines. */
const char *command_shell(const struct command *c);

/* Must the shell exist?  False: no job needs it, and the user has not named one. */
bool command_needs_shell(const struct command *c);

/*
 * The variables that the shell would set (_, SHLVL, PWD), as "NAME=value": a job
 * that is executed directly gets them too.  NULL-terminated, lent until
 * command_free().
 */
const char *const *command_environment(const struct command *c);

/*
 * The functions of struct batch_cost: the length of the line without any value, and how many
 * bytes a tuple adds to it.  The first value of the tuple is value number `first` (from 0).
 */
size_t command_base_cost(const struct command *c);
size_t command_tuple_cost(void *command, const struct text *values, size_t n,
    size_t first);

/* Bytes of the longest line, with its NUL, that this system can execute now. */
size_t command_limit(void);

/*
 * Makes a template of another text with the same replacement strings, as of --tagstring,
 * --workdir and --results.  Its values are not quoted.  The command must outlive it.
 */
int template_new(struct command *c, const char *text, struct message *message,
    struct template **tp);
void template_free(struct template *t);

/*
 * Expands t for a job.  *result is NUL-terminated, and lent until the next expansion of t.
 * 0, or -errno with a message; -ECANCELED, without a message, means that the run is to stop.
 */
int template_expand(struct template *t, const struct command_job *job,
    struct text *result, struct message *message);

/* Is the template without replacement strings, so that all jobs get the same text? */
bool template_is_constant(const struct template *t);

/* Returns true if it holds one that stands for arguments. */
bool template_takes_values(const struct template *t);

#endif
