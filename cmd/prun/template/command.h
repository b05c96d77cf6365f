/* SPDX-License-Identifier: ISC */

/*
 * The command: the words of the command line compiled once into a template,
 * and expanded for each job into a line for the shell or an argv to execute
 * directly.  The face of this room.  It knows no process, and no source.
 */
#ifndef TEMPLATE_COMMAND_H
#define TEMPLATE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct command;
struct template;

enum command_execution {
	EXECUTION_AUTO = 0, /* directly where nobody can tell the difference */
	EXECUTION_SHELL, /* always through the shell */
};

/* --rpl '{tag} code' */
struct command_rule {
	const char *tag;
	const char *code;
};

/* All zero: no command, so that each value is one; strings of GNU parallel. */
struct command_options {
	const char *const *words; /* lent until command_new() returns */
	size_t nwords;
	bool quote; /* -q */
	unsigned shell_quote; /* --shellquote, how many times: nothing is run */

	/* As --shell says; NULL: $PARALLEL_SHELL, $SHELL, /bin/sh. */
	const char *shell;
	enum command_execution execution;

	/* Replacement strings; NULL: GNU parallel's */
	const char *replace; /* {} */
	const char *replace_extension; /* {.} */
	const char *replace_basename; /* {/} */
	const char *replace_dirname; /* {//} */
	const char *replace_basename_extension; /* {/.} */
	const char *replace_sequence; /* {#} */
	const char *replace_slot; /* {%} */
	const char *parens; /* "{==}" */
	bool plus;
	const char *const *rules; /* --rpl, as given */
	size_t nrules;
	const char *const *match; /* --match: for {n.m}, group m of value n */
	size_t nmatch;

	bool context; /* -X, -N, -L: the word around {} is repeated */
	/* -X alone: {1} in such a word is its tuple's first value. */
	bool by_tuple;

	/* Set by the caller before command_new(). */
	bool no_values; /* {} is not appended */
	unsigned slots; /* for {0%} */
	size_t max_chars; /* a longer line is an error; 0: command_limit() */
};

/* Names that the header gave to positions: see input_names(). */
struct command_name {
	struct text name;
	size_t position;
};

/* What is known of a job when its line is made: see struct batch. */
struct command_job {
	const struct text *values;
	size_t nvalues;
	const size_t *ends;
	size_t ntuples;
	uint64_t seq;
	uint64_t total;
	unsigned slot;
};

/*
 * An expanded command.  Everything is lent until the next command_expand() of
 * the same command.  A job that {uniq}, {choose_k} or --match leaves out is
 * skipped: it counts as failed and is not run.
 */
struct command_line {
	/* To execute directly; NULL: line goes to the shell. */
	const char *const *argv;
	const char *file; /* with argv: the program's path */
	/* NUL-terminated; NULL when argv is set and it was not wanted. */
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
 * BASH_ENV, ENV, exported functions), once.
 */
int command_new(const struct command_options *options,
    const struct command_name *names, size_t nnames, struct message *message,
    struct command **cp);
void command_free(struct command *c);

int command_expand(struct command *c, const struct command_job *job,
    bool want_line, struct command_line *line, struct message *message);

/* Does a template need total, that is: the whole input before the first job? */
bool command_needs_total(const struct command *c);

/* The shell that runs lines. */
const char *command_shell(const struct command *c);

/*
 * "NAME=value" that a job gets when it is executed directly, since the shell
 * would have set them (_, SHLVL, PWD); NULL-terminated, lent until
 * command_free().
 */
const char *const *command_environment(const struct command *c);

/*
 * For struct batch_cost: the length of the line with no value, and what a
 * tuple adds whose values are number first (from 0) and following.
 */
size_t command_base_cost(const struct command *c);
size_t command_tuple_cost(void *command, const struct text *values, size_t n,
    size_t first);

/* The longest line, with its NUL, that this system executes in this environment. */
size_t command_limit(void);

/*
 * Other texts with the same replacement strings (--tagstring, --workdir,
 * --results): values are put in unquoted.  Lent: the command outlives it.
 */
int template_new(struct command *c, const char *text, struct message *message,
    struct template **tp);
void template_free(struct template *t);

/* NUL-terminated and lent until the next expansion of t. */
int template_expand(struct template *t, const struct command_job *job,
    struct text *result);

/* Does it hold any replacement string at all? */
bool template_is_constant(const struct template *t);

#endif
