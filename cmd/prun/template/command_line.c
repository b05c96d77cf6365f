/* SPDX-License-Identifier: ISC */

/*
 * Makes the line or the argv of one job from the command of the run: see command_expand()
 * in command.h.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "template/command.h"
#include "template/command_internal.h"
#include "template/shell.h"

/* How many bytes of the first value the message about a long line shows. */
#define SHOWN 50

/* 1: all conditions of --filter are true; 0: one is false; or -errno. */
static int
passes_filters(struct command *c, const struct command_job *job,
    struct message *m)
{
	const struct perl_evaluator *perl = c->options.perl;
	struct text condition = { NULL, 0 };
	size_t i;
	int r = 1;

	for (i = 0; i < c->options.nfilters && r > 0; i++)
		if ((r = template_expand(c->filters[i], job, &condition, m)) ==
		    0)
			r = perl->holds(perl->arg, condition, job, m);
	return r;
}

static int
too_long(const struct command_job *job, size_t length, size_t limit,
    struct message *m)
{
	struct text shown = job->nvalues > 0 ? job->values[0] :
					       (struct text){ "", 0 };
	int n = shown.len < SHOWN ? (int)shown.len : SHOWN;

	return message_set(m, -E2BIG,
	    "command line too long (%zu >= %zu) at input %llu: %.*s%s", length,
	    limit, (unsigned long long)job->seq, n, shown.data,
	    shown.len > SHOWN ? "..." : "");
}

/*
 * Fills c->argv with pointers to the words in c->arguments, which must not grow afterwards.
 * -EILSEQ: a word has a NUL in it, which perl can make.
 */
static int
build_argv(struct command *c, size_t nwords)
{
	const char *at = c->arguments.data;
	size_t i, len, longest = 0;
	int r;

	c->argv.len = 0;
	if ((r = bytes_reserve(&c->argv, (nwords + 1) * sizeof at)) < 0)
		return r;
	for (i = 0; i < nwords; i++) {
		r = bytes_add(&c->argv, &at, sizeof at);
		len = strlen(at) + 1;
		longest = len > longest ? len : longest;
		at += len;
	}
	if (at != c->arguments.data + c->arguments.len)
		return -EILSEQ;
	at = NULL;
	if (r < 0 || (r = bytes_add(&c->argv, &at, sizeof at)) < 0)
		return r;
	return longest > MAX_ARGUMENT ||
		c->argv.len + c->arguments.len > c->room ?
	    -E2BIG :
	    0;
}

/* --shellquote: quote the line, as many times as the option was given. */
static int
quote_line(struct command *c)
{
	unsigned i;
	int r = 0;

	for (i = 0; i < c->options.shell_quote && r == 0; i++) {
		c->quoted.len = 0;
		r = quote_add(&c->quoted, bytes_text(&c->out), c->kind);
		c->out.len = 0;
		if (r == 0)
			r = bytes_add_text(&c->out, bytes_text(&c->quoted));
	}
	return r;
}

static int
expand_line(struct command *c, const struct command_job *job, size_t limit,
    struct command_line *line, struct message *m)
{
	size_t nwords;
	int r;

	c->out.len = 0;
	r = template_put(&c->line, EXPAND_LINE, c->options.slots, job, &c->out,
	    &nwords, m);
	line->skip = r > 0;
	if (r < 0)
		return r;
	if (r == 0 && c->out.len + 1 > limit)
		return too_long(job, c->out.len, limit, m);
	if (c->options.shell_quote > 0 && r == 0 && (r = quote_line(c)) < 0)
		return message_errno(m, r, "command");
	if ((r = bytes_terminate(&c->out)) < 0)
		return message_errno(m, r, "command");
	line->line = c->out.data;
	line->line_len = c->out.len;
	return 0;
}

/* Makes the line for the shell, unless it has been made already. */
static int
fall_back(struct command *c, const struct command_job *job,
    struct command_line *line, struct message *m)
{
	return line->line != NULL ? 0 : expand_line(c, job, c->limit, line, m);
}

static int
expand_argv(struct command *c, const struct command_job *job,
    struct command_line *line, struct message *m)
{
	size_t nwords;
	int r;

	c->arguments.len = 0;
	r = template_put(&c->line, EXPAND_ARGV, c->options.slots, job,
	    &c->arguments, &nwords, m);
	line->skip = r > 0;
	if (r != 0)
		return r < 0 ? r : 0;
	if (!direct_takes(&c->direct, c->arguments.data, nwords))
		return fall_back(c, job, line, m);
	if ((r = build_argv(c, nwords)) == -EILSEQ)
		return fall_back(c, job, line, m);
	if (r == -E2BIG)
		return too_long(job, c->arguments.len - 1, c->limit, m);
	if (r < 0)
		return message_errno(m, r, "command");
	line->argv = (const char *const *)(const void *)c->argv.data;
	line->file = c->direct.file;
	return 0;
}

/*
 * Does the argv of every line of that length fit?  Two bytes of a line are at most one word,
 * and each word needs a pointer besides its bytes.
 */
static bool
argv_fits(const struct command *c, size_t length)
{
	return length < MAX_ARGUMENT &&
	    (length / 2 + 2) * sizeof(char *) + length < c->room;
}

int
command_expand(struct command *c, const struct command_job *job, bool want_line,
    struct command_line *line, struct message *m)
{
	/*
	 * If argv is executed, the line is only shown: it may be longer than the system
	 * allows, but not longer than the user allows.
	 */
	size_t limit = c->options.max_chars > 0 ? c->limit : SIZE_MAX;
	int r = passes_filters(c, job, m);

	*line = (struct command_line){ 0 };
	if (r < 0)
		return r;
	if (r == 0) {
		/* The job is left out.  Its line is made for the log only, and may be missing. */
		if (expand_line(c, job, c->limit, line, m) < 0)
			*line = (struct command_line){ 0 };
		line->skip = true;
		return 0;
	}
	if (!c->is_direct)
		return expand_line(c, job, c->limit, line, m);
	if ((want_line || c->options.max_chars > 0) &&
	    ((r = expand_line(c, job, limit, line, m)) < 0 || line->skip))
		return r;
	if (c->options.line_only && argv_fits(c, line->line_len))
		return 0;
	return expand_argv(c, job, line, m);
}
