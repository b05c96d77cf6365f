/* SPDX-License-Identifier: ISC */

/*
 * Owns the traps and the warnings about them.  A warning must be certain: nobody reads
 * warnings that are often wrong.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/parse.h"
#include "options/traps.h"
#include "template/shell.h"

#define SHOWN 40 /* the most bytes of a word that a warning shows */

static void __attribute__((format(printf, 2, 3)))
warn_of(const struct traps *t, const char *format, ...)
{
	char text[512];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	t->warn(t->arg, text);
}

static bool
is_separator(const char *word)
{
	return strcmp(word, ":::") == 0 || strcmp(word, "::::") == 0 ||
	    strcmp(word, ":::+") == 0 || strcmp(word, "::::+") == 0;
}

/*
 * Does each value of a job come from a source of its own?  Then it is known how many there
 * are.
 */
static bool
has_plain_sources(const struct options *o)
{
	return o->input.colsep == NULL && !o->input.csv && !o->input.header &&
	    !o->input.header_paths && o->batch.max_args <= 1 &&
	    !o->batch.fill && !o->batch.no_values && !o->pipe.enabled &&
	    o->report.resume != RESUME_RETRY;
}

/* The trap: {3}, though a job has two values. */
static void
look_at_position(struct traps *t, long position)
{
	const size_t n = t->options->input.nsources;

	if (n == 0 || t->position_told || position <= (long)n ||
	    !has_plain_sources(t->options))
		return;
	t->position_told = true;
	warn_of(t, "Warning: {%ld} is empty: there %s %zu source%s of values",
	    position, n == 1 ? "is" : "are", n, n == 1 ? "" : "s");
}

/* The trap: {nam}, though the header has the name "name".  text begins with the brace. */
static void
look_at_name(struct traps *t, struct text text)
{
	size_t len = 0;

	while (1 + len < text.len &&
	    (isalnum((unsigned char)text.data[1 + len]) ||
		text.data[1 + len] == '_' || text.data[1 + len] == '-'))
		len++;
	if (1 + len == text.len || text.data[1 + len] != '}')
		return;
	for (size_t i = 0; i < t->nnames && len > 1; i++) {
		const struct text name = t->names[i].name;

		if (!suggestion_is_like((struct text){ text.data + 1, len },
			name))
			continue;
		warn_of(t,
		    "Warning: no column has the name %.*s: is {%.*s} meant?",
		    (int)len, text.data + 1, (int)name.len, name.data);
		t->nnames = 0; /* no second warning */
		return;
	}
}

/* A command_part_fn.  Follows the quotes of the shell from part to part. */
static void
look_at_part(void *arg, struct text literal, long position)
{
	struct traps *t = arg;

	if (literal.data == NULL) {
		look_at_position(t, position);
		t->in_quotes |= t->quote == '\'' && !t->options->command.quote;
		return;
	}
	for (size_t i = 0; i < literal.len; i++) {
		const char c = literal.data[i];

		if (c == '\\' && t->quote != '\'')
			i++;
		else if ((c == '\'' || c == '"') && t->quote == 0)
			t->quote = c;
		else if (c == t->quote)
			t->quote = 0;
		else if (c == '{')
			look_at_name(t,
			    (struct text){ literal.data + i, literal.len - i });
	}
}

/*
 * The trap: sh -c 'two words' _.  The line goes through a shell, which splits it into words
 * again.
 */
static void
look_at_shell(const struct traps *t)
{
	const struct command_options *o = &t->options->command;
	const char *name, *flag;

	if (o->nwords < 3 || o->quote)
		return;
	name = strrchr(o->words[0], '/');
	name = name != NULL ? name + 1 : o->words[0];
	flag = o->words[1];
	if ((strcmp(name, "sh") != 0 && strcmp(name, "bash") != 0 &&
		strcmp(name, "zsh") != 0 && strcmp(name, "dash") != 0 &&
		strcmp(name, "ksh") != 0) ||
	    *flag != '-' || flag[strspn(flag, "-elux")] != 'c' ||
	    strchr(o->words[2], ' ') == NULL ||
	    strpbrk(o->words[2], "'\"\\") != NULL)
		return;
	warn_of(t,
	    "Warning: %s -c gets only the first word of '%.*s': the shell of the job takes it apart (-q keeps it whole)",
	    name, SHOWN, o->words[2]);
}

/* The trap: prun echo ::: a b -k, with an option among the values. */
static void
look_at_source(const struct traps *t, const struct source_spec *s)
{
	bool plain = false;

	if (s->kind != SOURCE_ARGUMENTS)
		return;
	for (size_t i = 0; i < s->nwords; i++) {
		if (*s->words[i] != '-')
			plain = true;
		else if (plain && options_is_one(s->words[i])) {
			warn_of(t,
			    "Warning: %.*s is a value, as it stands behind ':::': options stand before the command",
			    SHOWN, s->words[i]);
			return;
		}
	}
}

/*
 * Some options only change what another one does.  Returns the other one if it was not
 * given, else NULL.
 */
static const char *
main_option(const char *name, const struct options *o)
{
	const struct report_options *r = &o->report;
	const bool retries = o->policy.retry.set || o->policy.tries != NULL;

	const struct {
		const char *name, *needs;
		bool there;
	} rows[] = {
		{ "retry-delay", "--retries", retries },
		{ "retry-on", "--retries", retries },
		{ "joblog-extra", "--joblog or --results FILE.json",
		    r->joblog != NULL || report_results(r) > RESULTS_FILES },
		{ "resume-key", "--resume", r->resume != RESUME_NONE },
		{ "recstart", "--pipe", o->pipe.enabled },
		{ "recend", "--pipe", o->pipe.enabled || o->worker.stream },
		{ "remove-rec-sep", "--pipe",
		    o->pipe.enabled || o->worker.stream },
		{ "regexp", "--pipe", o->pipe.enabled },
		{ "records", "--pipe", o->pipe.enabled },
		{ "tee", "--pipe", o->pipe.enabled },
		{ "block", "--pipe", o->pipe.enabled },
		{ "block-timeout", "--pipe", o->pipe.enabled },
		{ "via", "--sshlogin", o->hosts.logins != NULL },
		{ "remote", "--sshlogin", o->hosts.logins != NULL },
		{ "heartbeat", "--sshlogin", o->hosts.logins != NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0 && !rows[i].there)
			return rows[i].needs;
	return NULL;
}

/* Looks only at the command line: a profile may hold options for other runs. */
static void
look_at_modifiers(const struct traps *t)
{
	const struct options *o = t->options;
	const char *needs;

	for (size_t i = o->ndefaults; i < o->ngiven; i++) {
		needs = main_option(o->given[i].name, o);
		if (needs != NULL)
			warn_of(t, "Warning: --%s does nothing without %s",
			    o->given[i].name, needs);
	}
}

/*
 * Does not warn inside a job of prun, which sees the same allocation and does not ask for
 * it again.
 */
static void
look_at_allocation(const struct traps *t)
{
	const struct options *o = t->options;
	const char *nodes = getenv("SLURM_JOB_NUM_NODES");

	if (getenv("SLURM_JOB_ID") == NULL || getenv("PARALLEL_SEQ") != NULL ||
	    o->hosts.logins != NULL ||
	    (nodes != NULL && strcmp(nodes, "1") == 0))
		return;
	warn_of(t,
	    "Warning: this is a job of Slurm, of which one node is used: --slurm runs on all%s%.9s%s",
	    nodes != NULL ? " " : "", nodes != NULL ? nodes : "",
	    nodes != NULL ? " of them" : "");
}

void
traps_look(struct traps *t)
{
	const struct options *o = t->options;

	if (o->swallowed != NULL)
		warn_of(t,
		    "Warning: --%s takes the next word, which is a separator of values, for its argument",
		    o->swallowed);
	for (size_t i = 0; i < o->input.nsources; i++)
		look_at_source(t, &o->input.sources[i]);
	look_at_modifiers(t);
	command_each_part(t->command, look_at_part, t);
	look_at_shell(t);
	look_at_allocation(t);
}

void
traps_look_at(struct traps *t, const struct text *values, size_t n)
{
	const enum shell_kind kind = shell_kind_of(command_shell(t->command));

	for (size_t i = 0; i < n && t->in_quotes; i++) {
		if (values[i].len == 0 ||
		    quote_length(values[i], kind) == values[i].len)
			continue;
		t->in_quotes = false;
		warn_of(t,
		    "Warning: {} stands between apostrophes, which end where the quotes of the value '%.*s' begin: leave them out",
		    (int)(values[i].len < SHOWN ? values[i].len : SHOWN),
		    values[i].data);
	}
}

void
traps_terminal(const struct traps *t)
{
	const struct command_options *o = &t->options->command;
	const char *what = t->options->pipe.enabled ? "a stream" :
	    o->nwords == 0                          ? "commands" :
						      "values";

	for (size_t i = 0; i < o->nwords; i++) {
		if (strncmp(o->words[i], ":::", 3) != 0 ||
		    is_separator(o->words[i]))
			continue;
		warn_of(t,
		    "reading %s from the terminal: '%.*s' is no source without a blank behind the colons; Ctrl-D ends the input",
		    what, SHOWN, o->words[i]);
		return;
	}
	warn_of(t, "reading %s from the terminal, %sCtrl-D ends the input%s",
	    what, t->options->pipe.enabled ? "" : "one in each line; ",
	    t->options->pipe.enabled || o->nwords == 0 ?
		"" :
		" (values of the command line stand behind ':::')");
}
