/* SPDX-License-Identifier: ISC */

/*
 * The types that all files of this room share: what the caller says about the command once,
 * when it is compiled, and what the caller says about each job.
 */
#ifndef TEMPLATE_COMMAND_OPTIONS_H
#define TEMPLATE_COMMAND_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text/text.h"

struct perl_evaluator;

enum command_execution {
	/* directly, if the job cannot see a difference; else through the shell */
	EXECUTION_AUTO = 0,
	EXECUTION_SHELL, /* always through the shell */
};

/* All zero: each value is a command, and replacement strings are GNU parallel's. */
struct command_options {
	const char *const *words; /* lent until command_new() returns */
	size_t nwords;
	bool quote; /* -q */
	unsigned shell_quote; /* how often --shellquote was given */

	/* The shell of --shell; NULL: shell_choose() chooses one. */
	const char *shell;
	enum command_execution execution;
	bool pipefail; /* a pipeline fails if one of its commands fails */

	/* What stands for {}, {.} and so on; NULL: GNU parallel's string */
	const char *replace; /* {} */
	const char *replace_extension; /* {.} */
	const char *replace_basename; /* {/} */
	const char *replace_dirname; /* {//} */
	const char *replace_basename_extension; /* {/.} */
	const char *replace_sequence; /* {#} */
	const char *replace_slot; /* {%} */
	const char *parens; /* "{==}" */
	bool plus;
	const char *const *rpl; /* the definitions of --rpl, as given */
	size_t nrpl;
	const char *const *match; /* --match: for {n.m}, group m of value n */
	size_t nmatch;
	const char *const *filters; /* --filter: conditions in Perl */
	size_t nfilters;

	bool context; /* -X, -N, -L: the word around {} is repeated */
	/* -X alone: {1} in a repeated word is the first value of each tuple. */
	bool by_tuple;

	/* The caller sets these members before command_new(). */
	/* NULL: Perl that prun does not understand itself is an error. */
	const struct perl_evaluator *perl;
	bool line_only; /* --dry-run: nothing is executed */
	bool no_values; /* {} is not appended to a command without it */
	/* the greatest slot number, which sets the width of {0%} */
	unsigned slots;
	size_t max_chars; /* a longer line is an error; 0: command_limit() */
};

/* The name that a header gives to the values at a position: see input_names(). */
struct command_name {
	struct text name;
	size_t position;
};

/* What is known of a job before its line is made: see struct batch. */
struct command_job {
	const struct text *values;
	size_t nvalues;
	const size_t *ends;
	size_t ntuples;
	uint64_t seq;
	uint64_t total;
	unsigned slot;
	unsigned threads; /* {threads}; 0: 1 */
	/* The host that will run it, without and with user and port; NULL: not known. */
	const char *host, *login;
	/* --hostgroups: the groups that may run it, and those of its host; NULL: none. */
	const char *groups, *host_groups;
};

#endif
