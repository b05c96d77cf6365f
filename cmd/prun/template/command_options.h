/* SPDX-License-Identifier: ISC */

/*
 * The types that all files of this room share: what the caller says about a command
 * once, when the command is compiled, and then again for each job.
 */
#ifndef TEMPLATE_COMMAND_OPTIONS_H
#define TEMPLATE_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct perl_evaluator;

enum command_execution {
	/* directly, where a job cannot tell the difference */
	EXECUTION_AUTO = 0,
	EXECUTION_SHELL, /* always through the shell */
};

/* All zero: each value is a command; GNU parallel's replacement strings. */
struct command_options {
	const char *const *words; /* lent until command_new() returns */
	size_t nwords;
	bool quote; /* -q */
	unsigned shell_quote; /* how often --shellquote was given */

	/* As --shell says; NULL: see shell_choose(). */
	const char *shell;
	enum command_execution execution;
	bool pipefail; /* a pipeline fails where one of its commands does */

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
	const char *const *rpl; /* --rpl, as given */
	size_t nrpl;
	const char *const *match; /* --match: for {n.m}, group m of value n */
	size_t nmatch;
	const char *const *filters; /* --filter: conditions in Perl */
	size_t nfilters;

	bool context; /* -X, -N, -L: the word around {} is repeated */
	/* -X alone: {1} in a repeated word is the first value of each tuple. */
	bool by_tuple;

	/* Set by the caller before command_new(). */
	/* NULL: other Perl than prun understands itself is an error. */
	const struct perl_evaluator *perl;
	bool line_only; /* --dry-run: nothing is executed */
	bool no_values; /* {} is not appended to a command without it */
	unsigned slots; /* how wide {0%} is */
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
	unsigned threads; /* {threads}; 0: 1 */
	/* The host it is for, without and with its user and port; NULL: none is known. */
	const char *host, *login;
	/* --hostgroups: where it may run, and of its host; NULL: there is none. */
	const char *groups, *host_groups;
};

#endif
