/* SPDX-License-Identifier: ISC */

/*
 * Owns the expressions and what they have made of the values of the job in hand:
 * see perl.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "perl/perl.h"
#include "perl/perl_process.h"

/* Bytes of code that a message shows. */
#define SHOWN 200

struct code {
	const char *name;
	struct bytes text;
	struct bytes *parameters;
	size_t nparameters;
	bool sent;
};

/* What a code has made of a value of the job. */
struct known {
	uint64_t round; /* it is known if this is the evaluator's */
	size_t begin, len; /* in texts */
	bool unquoted, skip;
};

struct perl {
	struct perl_options options;
	struct perl_evaluator evaluator;
	struct perl_process process;
	struct code *codes;
	size_t ncodes;
	bool options_sent;
	bool
	    warned; /* a condition could not be evaluated, and the user knows */

	/* Of the job in hand. */
	uint64_t seq;
	unsigned slot;
	bool job_sent;
	uint64_t round;
	struct known *known; /* code by code, of each value */
	size_t nknown;
	struct bytes texts;
};

static bool
is_same(const struct code *code, const struct perl_code *other)
{
	size_t i;

	if (code->nparameters != other->nparameters ||
	    strcmp(code->name, other->name) != 0 ||
	    code->text.len != other->text.len ||
	    memcmp(code->text.data, other->text.data, other->text.len) != 0)
		return false;
	for (i = 0; i < other->nparameters; i++)
		if (code->parameters[i].len != other->parameters[i].len ||
		    memcmp(code->parameters[i].data, other->parameters[i].data,
			other->parameters[i].len) != 0)
			return false;
	return true;
}

static int
copy_code(struct code *code, const struct perl_code *from)
{
	size_t i;
	int r;

	code->name = from->name;
	code->parameters = calloc(from->nparameters + 1,
	    sizeof *code->parameters);
	if (code->parameters == NULL)
		return -ENOMEM;
	code->nparameters = from->nparameters;
	/* An empty text has data, too. */
	if ((r = bytes_add_text(&code->text, from->text)) == 0)
		r = bytes_terminate(&code->text);
	for (i = 0; i < from->nparameters && r == 0; i++)
		if ((r = bytes_add_text(&code->parameters[i],
			 from->parameters[i])) == 0)
			r = bytes_terminate(&code->parameters[i]);
	return r;
}

static int
define(void *arg, const struct perl_code *from, size_t *id)
{
	struct perl *p = arg;
	struct code *codes;

	for (*id = 0; *id < p->ncodes; ++*id)
		if (is_same(&p->codes[*id], from))
			return 0;
	codes = reallocarray(p->codes, p->ncodes + 1, sizeof *codes);
	if (codes == NULL)
		return -ENOMEM;
	p->codes = codes;
	codes[p->ncodes] = (struct code){ 0 };
	return copy_code(&codes[p->ncodes++], from);
}

static void
add_word(struct perl *p, const char *word)
{
	perl_process_add(&p->process, text_of(word));
}

static void
add_options(struct perl *p)
{
	size_t i;

	if (p->options_sent)
		return;
	p->options_sent = true;
	add_word(p, "S");
	perl_process_add_number(&p->process, p->options.slots);
	for (i = 0; i < p->options.ngiven; i++) {
		add_word(p, "O");
		add_word(p, p->options.given[i].name);
		add_word(p, p->options.given[i].value);
	}
}

static void
add_definition(struct perl *p, size_t id)
{
	struct code *code = &p->codes[id];
	size_t i;

	if (code->sent)
		return;
	code->sent = true;
	add_word(p, "D");
	perl_process_add_number(&p->process, id);
	add_word(p, code->name);
	perl_process_add(&p->process, bytes_text(&code->text));
	perl_process_add_number(&p->process, code->nparameters);
	for (i = 0; i < code->nparameters; i++)
		perl_process_add(&p->process, bytes_text(&code->parameters[i]));
}

static void
add_job(struct perl *p, const struct command_job *job)
{
	size_t i;

	if (p->job_sent)
		return;
	p->job_sent = true;
	add_word(p, "J");
	perl_process_add_number(&p->process, job->seq);
	perl_process_add_number(&p->process, job->slot);
	perl_process_add_number(&p->process, job->total);
	perl_process_add_number(&p->process, job->nvalues);
	for (i = 0; i < job->nvalues; i++)
		perl_process_add(&p->process, job->values[i]);
}

/*
 * A new job: forget the values of the one before.  Values without a number are those
 * of a job that is being made up, and other ones each time.
 */
static int
enter_job(struct perl *p, const struct command_job *job)
{
	size_t n = p->ncodes * job->nvalues;
	struct known *known;

	if (n > p->nknown) {
		known = recallocarray(p->known, p->nknown, n, sizeof *known);
		if (known == NULL)
			return -ENOMEM;
		p->known = known;
		p->nknown = n;
	}
	if (job->seq != 0 && job->seq == p->seq && job->slot == p->slot)
		return 0;
	p->seq = job->seq;
	p->slot = job->slot;
	p->job_sent = false;
	p->round++;
	p->texts.len = 0;
	return 0;
}

/* Put the code that was at fault ahead of what perl says. */
static int
blame(const char *name, struct text code, int error, struct text said,
    struct message *m)
{
	char text[sizeof m->text];
	int shown;

	code = text_trim_right(text_trim_left(code));
	shown = code.len > SHOWN ? SHOWN : (int)code.len;
	said = text_trim_right(said);
	memcpy(text, said.data,
	    said.len < sizeof text ? said.len : sizeof text);
	return message_set(m, error, "%s: '%.*s': %.*s", name, shown, code.data,
	    said.len < sizeof text ? (int)said.len : (int)sizeof text, text);
}

/* Ask for what the last fields are about.  *answer begins behind its two bytes. */
static int
ask(struct perl *p, const char *name, struct text code, struct text *answer,
    struct message *m)
{
	int r = perl_process_ask(&p->process, answer, m);

	if (r == -ECANCELED)
		return r;
	if (r < 0)
		return blame(name, code, r, text_of(m->text), m);
	if (answer->len < 2)
		return blame(name, code, -EPROTO, text_of("no answer"), m);
	*answer = (struct text){ answer->data + 2, answer->len - 2 };
	if (answer->data[-2] == 'e')
		return blame(name, code, -EINVAL, *answer, m);
	return 0;
}

static int
remember(struct perl *p, struct known *known, struct text answer)
{
	known->begin = p->texts.len;
	known->len = answer.len;
	known->unquoted = (answer.data[-1] - '0') & 1;
	known->skip = (answer.data[-1] - '0') & 2;
	/* texts has data, even if the text is empty. */
	if (bytes_reserve(&p->texts, answer.len + 1) < 0 ||
	    bytes_add_text(&p->texts, answer) < 0)
		return -ENOMEM;
	known->round = p->round;
	return 0;
}

static int
evaluate(void *arg, size_t id, const struct command_job *job, size_t at,
    struct perl_answer *answer, struct message *m)
{
	struct perl *p = arg;
	const struct code *code = &p->codes[id];
	struct known *known;
	struct text text;
	int r;

	if (enter_job(p, job) < 0)
		return message_errno(m, -ENOMEM, "%s", code->name);
	known = &p->known[id * job->nvalues + at];
	if (known->round != p->round) {
		add_options(p);
		add_definition(p, id);
		add_job(p, job);
		add_word(p, "E");
		perl_process_add_number(&p->process, id);
		perl_process_add_number(&p->process, at);
		if ((r = ask(p, code->name, bytes_text(&code->text), &text,
			 m)) < 0)
			return r;
		if (remember(p, known, text) < 0)
			return message_errno(m, -ENOMEM, "%s", code->name);
	}
	*answer = (struct perl_answer){ { p->texts.data + known->begin,
					    known->len },
		known->unquoted, known->skip };
	return 0;
}

/*
 * Values are part of the code: where that makes no sense with some of them, those
 * are left out, as GNU parallel does it, but not without a word.
 */
static int
holds(void *arg, struct text condition, const struct command_job *job,
    struct message *m)
{
	struct perl *p = arg;
	struct text answer;
	int r;

	if (enter_job(p, job) < 0)
		return message_errno(m, -ENOMEM, "--filter");
	add_options(p);
	add_job(p, job);
	add_word(p, "F");
	perl_process_add(&p->process, condition);
	if ((r = ask(p, "--filter", condition, &answer, m)) != -EINVAL)
		return r < 0 ? r : answer.len > 0;
	if (!p->warned) {
		strlcat(m->text, " (such jobs are left out)", sizeof m->text);
		p->options.warn(p->options.arg, m->text);
	}
	p->warned = true;
	return 0;
}

int
perl_new(const struct perl_options *options, struct perl **pp)
{
	struct perl *p = calloc(1, sizeof *p);

	if (p == NULL)
		return -ENOMEM;
	p->options = *options;
	p->process = (struct perl_process){ .sigmask = options->sigmask,
		.sigdefault = options->sigdefault,
		.read = options->read,
		.arg = options->arg };
	p->evaluator = (struct perl_evaluator){ define, evaluate, holds, p };
	*pp = p;
	return 0;
}

void
perl_free(struct perl *p)
{
	size_t i, k;

	if (p == NULL)
		return;
	perl_process_fini(&p->process);
	for (i = 0; i < p->ncodes; i++) {
		bytes_fini(&p->codes[i].text);
		for (k = 0; k < p->codes[i].nparameters; k++)
			bytes_fini(&p->codes[i].parameters[k]);
		free(p->codes[i].parameters);
	}
	free(p->codes);
	free(p->known);
	bytes_fini(&p->texts);
	free(p);
}

const struct perl_evaluator *
perl_evaluator(struct perl *p)
{
	return &p->evaluator;
}
