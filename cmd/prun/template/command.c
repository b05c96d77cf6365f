/* SPDX-License-Identifier: ISC */

/*
 * Owns the command of a run, which is compiled once: see command.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "template/command.h"
#include "template/command_internal.h"

/* Joins the words first, because an expression may extend over several words. */
static int
compile_joined(struct command *c, struct message *m)
{
	const struct command_options *o = &c->options;
	struct bytes line = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < o->nwords && r == 0; i++) {
		if (i > 0)
			r = bytes_add_char(&line, ' ');
		if (r == 0)
			r = bytes_add_text(&line, text_of(o->words[i]));
	}
	if (r < 0)
		message_errno(m, r, "command");
	else
		r = template_add_text(&c->line, c->placeholders,
		    bytes_text(&line), m);
	bytes_fini(&line);
	return r;
}

static int
compile_words(struct command *c, struct message *m)
{
	const struct command_options *o = &c->options;
	size_t i;
	int r = 0;

	if (!o->quote)
		return compile_joined(c, m);
	c->line.quoted_words = true;
	for (i = 0; i < o->nwords && r == 0; i++)
		r = template_add_word(&c->line, c->placeholders,
		    text_of(o->words[i]), m);
	return r;
}

/*
 * Without a command each value is a command line of its own, so it is not
 * quoted.  Values are not quoted either when the command begins with one.
 */
static int
compile_line(struct command *c, struct message *m)
{
	struct template *t = &c->line;
	int r;

	t->shell = c->kind;
	t->perl = c->options.perl;
	t->context = c->options.context;
	t->by_tuple = c->options.by_tuple;
	if ((r = compile_words(c, m)) < 0)
		return r;
	if (!c->options.quote)
		t->unquoted = c->options.nwords == 0 ||
		    template_begins_with_value(t);
	if (!t->has_values && !c->options.no_values &&
	    (r = template_add_all(t)) < 0)
		return message_errno(m, r, "command");
	c->needs_total = t->needs_total;
	c->needs_slot = t->needs_slot;
	return 0;
}

/* --filter: makes templates of the conditions, whose values are not quoted. */
static int
compile_filters(struct command *c, struct message *m)
{
	const struct command_options *o = &c->options;
	size_t i;
	int r = 0;

	if (o->nfilters == 0)
		return 0;
	if (o->perl == NULL)
		return message_set(m, -ENOTSUP, "--filter needs perl");
	if ((c->filters = calloc(o->nfilters, sizeof *c->filters)) == NULL)
		return message_errno(m, -ENOMEM, "--filter");
	for (i = 0; i < o->nfilters && r == 0; i++) {
		r = template_new(c, o->filters[i], m, &c->filters[i]);
		c->needs_total |= strstr(o->filters[i], "total_jobs") != NULL;
		c->needs_slot = true; /* the condition may call slot() */
	}
	return r;
}

static int
decide_execution(struct command *c, struct message *m)
{
	int r;

	if (c->options.execution == EXECUTION_SHELL ||
	    c->options.shell_quote > 0)
		return 0;
	if ((r = direct_init(&c->direct, &c->line, c->kind)) < 0)
		return message_errno(m, r, "command");
	c->is_direct = r > 0;
	return 0;
}

/*
 * How many bytes of arguments execve(2) takes besides the environment.  4096 are
 * left for what the system adds.
 */
static size_t
room_for_arguments(void)
{
	long most = sysconf(_SC_ARG_MAX);
	size_t used = 4096;
	char **entry;

	if (most < 0)
		return SIZE_MAX;
	for (entry = environ; *entry != NULL; entry++)
		used += strlen(*entry) + 1 + sizeof *entry;
	return (size_t)most > used ? (size_t)most - used : 0;
}

int
command_new(const struct command_options *options,
    const struct command_name *names, size_t nnames, struct message *message,
    struct command **cp)
{
	struct command *c;
	int r;

	if ((c = calloc(1, sizeof *c)) == NULL)
		return message_errno(message, -ENOMEM, "command");
	c->options = *options;
	c->shell = shell_choose(options->shell, options->shell_quote > 0);
	if (c->shell == NULL) {
		command_free(c);
		return message_errno(message, -ENOMEM, "command");
	}
	c->kind = shell_kind_of(c->shell);
	c->room = room_for_arguments();
	c->limit = options->max_chars > 0 ? options->max_chars :
					    command_limit();
	if ((r = placeholders_new(&c->options, names, nnames, message,
		 &c->placeholders)) < 0 ||
	    (r = compile_line(c, message)) < 0 ||
	    (r = compile_filters(c, message)) < 0 ||
	    (r = decide_execution(c, message)) < 0) {
		command_free(c);
		return r;
	}
	*cp = c;
	return 0;
}

void
command_free(struct command *c)
{
	if (c == NULL)
		return;
	template_fini(&c->line);
	for (size_t i = 0; c->filters != NULL && i < c->options.nfilters; i++)
		template_free(c->filters[i]);
	free(c->filters);
	direct_fini(&c->direct);
	placeholders_free(c->placeholders);
	bytes_fini(&c->out);
	bytes_fini(&c->arguments);
	bytes_fini(&c->argv);
	bytes_fini(&c->quoted);
	free(c->shell);
	free(c);
}

bool
command_needs_perl(const struct command *c)
{
	return template_needs_perl(&c->line);
}

/*
 * With --filter, or where words are repeated (-X), code is evaluated job by job: variables
 * that the code changes could have other values if it was evaluated ahead.
 */
bool
command_looks_ahead(const struct command *c)
{
	return c->options.nfilters == 0 && !c->options.context &&
	    template_needs_perl(&c->line);
}

int
command_expect(struct command *c, const struct command_job *job,
    struct message *message)
{
	int r = template_expect(&c->line, job);

	return r < 0 ? message_errno(message, r, "command") : 0;
}

int
command_collect(struct command *c, struct message *message)
{
	return c->options.perl->collect(c->options.perl->arg, message);
}

bool
command_needs_total(const struct command *c)
{
	return c->needs_total;
}

bool
command_needs_slot(const struct command *c)
{
	return c->needs_slot;
}

void
command_each_part(const struct command *c, command_part_fn *fn, void *arg)
{
	const struct template *t = &c->line;

	for (size_t i = 0; i < t->nsegments; i++) {
		const struct segment *s = &t->segments[i];

		if (!s->is_value)
			fn(arg,
			    (struct text){ t->source.data + s->begin, s->len },
			    0);
		else if (s->rewrite.origin == REWRITE_VALUE &&
		    s->rewrite.perl == 0 && !s->rewrite.unquoted)
			fn(arg, (struct text){ NULL, 0 }, s->position);
	}
}

char *
command_missing(const struct command *c)
{
	return c->is_direct ? NULL : direct_missing(&c->line, c->kind);
}

bool
command_is_one(const struct command *c)
{
	char *word = direct_word(&c->line);

	free(word);
	return word != NULL;
}

const char *
command_shell(const struct command *c)
{
	return c->shell;
}

bool
command_needs_shell(const struct command *c)
{
	return !c->is_direct || strcmp(c->shell, "/bin/sh") != 0;
}

const char *const *
command_environment(const struct command *c)
{
	return c->direct.environment;
}

size_t
command_base_cost(const struct command *c)
{
	struct command_job job = { .seq = 1, .slot = 1, .total = 1 };
	struct template *t = &((struct command *)(uintptr_t)c)->line;
	struct message ignored;
	struct bytes out = { 0 };
	size_t nwords, length;

	length = template_put(t, EXPAND_LINE, c->options.slots, &job, &out,
		     &nwords, &ignored) == 0 ?
	    out.len :
	    0;
	bytes_fini(&out);
	return length;
}

size_t
command_tuple_cost(void *command, const struct text *values, size_t n,
    size_t first)
{
	struct command *c = command;

	return template_cost(&c->line, values, n, first);
}

/*
 * The line is one argument of the shell, whose length MAX_ARGUMENT limits.  Its
 * words become arguments of the program that the shell executes, and each of
 * these costs a pointer besides its bytes.
 */
size_t
command_limit(void)
{
	/* Words of one byte cost most: one pointer for two bytes of the line. */
	size_t most = room_for_arguments() / (1 + sizeof(char *) / 2);

	return most < MAX_ARGUMENT ? most : MAX_ARGUMENT;
}

int
template_new(struct command *c, const char *text, struct message *message,
    struct template **tp)
{
	struct template *t;
	int r;

	if ((t = calloc(1, sizeof *t)) == NULL)
		return message_errno(message, -ENOMEM, "command");
	t->unquoted = true;
	t->context = c->options.context;
	t->by_tuple = c->options.by_tuple;
	t->shell = c->kind;
	t->perl = c->options.perl;
	t->slots = c->options.slots;
	if ((r = template_add_text(t, c->placeholders, text_of(text),
		 message)) < 0) {
		template_free(t);
		return r;
	}
	c->needs_total |= t->needs_total;
	c->needs_slot |= t->needs_slot;
	*tp = t;
	return 0;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	template_fini(t);
	free(t);
}

int
template_expand(struct template *t, const struct command_job *job,
    struct text *result, struct message *message)
{
	size_t nwords;
	int r;

	t->out.len = 0;
	r = template_put(t, EXPAND_LINE, t->slots, job, &t->out, &nwords,
	    message);
	if (r < 0)
		return r;
	if ((r = bytes_terminate(&t->out)) < 0)
		return message_errno(message, r, "command");
	*result = bytes_text(&t->out);
	return 0;
}

bool
template_is_constant(const struct template *t)
{
	return !t->has_values;
}

bool
template_takes_values(const struct template *t)
{
	for (size_t i = 0; i < t->nsegments; i++) {
		if (t->segments[i].is_value &&
		    t->segments[i].rewrite.origin == REWRITE_VALUE)
			return true;
	}
	return false;
}
