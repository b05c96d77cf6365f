/* SPDX-License-Identifier: ISC */

/*
 * Owns the values that expressions have made for the jobs in hand, and writes the
 * requests for them: see perl.h.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "perl/code.h"
#include "perl/perl.h"
#include "perl/perl_process.h"

/* How many bytes of an expression a message shows. */
#define SHOWN 200

/* What an expression has made of one value of a job. */
struct known {
	/* The other fields are valid only if this is equal to perl.round. */
	uint64_t round;
	bool expected; /* the request asks for it, and there is no answer yet */
	size_t begin, len; /* where the result stands in perl.texts */
	bool unquoted, skip;
};

/* A job in hand. */
struct job {
	uint64_t seq;
	unsigned slot;
	/*
	 * The index of its first result: expression by expression, and of each its
	 * values.
	 */
	size_t known;
};

/*
 * A result that the request asks for: the number of its expression, and its index in
 * known.
 */
struct expected {
	size_t code, known;
};

struct perl {
	struct perl_options options;
	struct perl_evaluator evaluator;
	struct perl_process process;
	struct codes codes;
	bool options_sent;
	bool
	    warned; /* a condition could not be evaluated, and the user knows */

	uint64_t seq; /* of the job that perl was told of last */
	unsigned slot;

	/*
	 * The jobs in hand, sorted by number: a single one, or all that the request is
	 * about.
	 */
	uint64_t round;
	struct bytes jobs; /* holds struct job */
	struct known *known;
	size_t nknown, room;
	struct bytes texts;
	struct bytes expected; /* holds struct expected */
	/* The request was answered: the next job begins a new one. */
	bool collected;
};

static void
forget_jobs(struct perl *p)
{
	p->round++;
	p->jobs.len = p->texts.len = 0;
	p->nknown = 0;
	p->collected = true;
}

static int
define(void *arg, const struct perl_code *code, size_t *id)
{
	struct perl *p = arg;
	int r = codes_add(&p->codes, code, id);

	/*
	 * The expression is new, so known has no room for its results of the jobs in
	 * hand.
	 */
	if (r > 0)
		forget_jobs(p);
	return r < 0 ? r : 0;
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
	struct code *code = &p->codes.list[id];
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

	if (job->seq != 0 && job->seq == p->seq && job->slot == p->slot)
		return;
	p->seq = job->seq;
	p->slot = job->slot;
	add_word(p, "J");
	perl_process_add_number(&p->process, job->seq);
	perl_process_add_number(&p->process, job->slot);
	perl_process_add_number(&p->process, job->total);
	perl_process_add_number(&p->process, job->nvalues);
	for (i = 0; i < job->nvalues; i++)
		perl_process_add(&p->process, job->values[i]);
}

/*
 * The entry of the job, if it is in hand; else NULL.  A job without a number is made
 * up, and is a different one each time.
 */
static const struct job *
find_job(const struct perl *p, const struct command_job *job)
{
	const struct job *jobs = (const void *)p->jobs.data;
	size_t n = p->jobs.len / sizeof *jobs;

	if (n == 0 || job->seq == 0 || job->seq < jobs->seq ||
	    job->seq - jobs->seq >= n)
		return NULL;
	jobs += job->seq - jobs->seq;
	return jobs->seq == job->seq && jobs->slot == job->slot ? jobs : NULL;
}

/* Adds the job to the jobs in hand.  0 or -ENOMEM. */
static int
add_to_hand(struct perl *p, const struct command_job *job)
{
	struct job entry = { job->seq, job->slot, p->nknown };
	size_t room = p->nknown + p->codes.n * job->nvalues;
	struct known *known;

	if (room > p->room) {
		known = recallocarray(p->known, p->room, 2 * room,
		    sizeof *known);
		if (known == NULL)
			return -ENOMEM;
		p->known = known;
		p->room = 2 * room;
	}
	p->nknown = room;
	return bytes_add(&p->jobs, &entry, sizeof entry);
}

/*
 * The place for the result of expression id of that value of the job.  A job that is
 * not in hand takes the place of the others, or joins them (join).  NULL: there is no
 * memory.
 */
static struct known *
place(struct perl *p, size_t id, const struct command_job *job, size_t at,
    bool join)
{
	const struct job *entry = find_job(p, job);
	struct known *known;

	if (entry == NULL) {
		if (!join)
			forget_jobs(p);
		if (add_to_hand(p, job) < 0)
			return NULL;
		entry = (const void *)(p->jobs.data + p->jobs.len -
		    sizeof *entry);
	}
	known = &p->known[entry->known + id * job->nvalues + at];
	if (known->round != p->round)
		*known = (struct known){ 0 };
	return known;
}

/* Sets a message that names the expression at fault, and then what perl says. */
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

/*
 * Takes the next field of the answer, without its first two bytes.  False: there is
 * none.
 */
static bool
next_field(struct text *answers, struct text *field)
{
	struct text next;

	if (!perl_process_field(answers, &next) || next.len < 2)
		return false;
	*field = (struct text){ next.data + 2, next.len - 2 };
	return true;
}

/* Sends a request about one thing, and takes its answer. */
static int
ask(struct perl *p, const char *name, struct text code, struct text *answer,
    struct message *m)
{
	struct text answers;
	int r = perl_process_ask(&p->process, &answers, m);

	if (r == -ECANCELED)
		return r;
	if (r < 0)
		return blame(name, code, r, text_of(m->text), m);
	if (!next_field(&answers, answer))
		return blame(name, code, -EPROTO, text_of("no answer"), m);
	if (answer->data[-2] == 'e')
		return blame(name, code, -EINVAL, *answer, m);
	return 0;
}

static void
add_evaluation(struct perl *p, size_t id, const struct command_job *job,
    size_t at)
{
	add_options(p);
	add_definition(p, id);
	add_job(p, job);
	add_word(p, "E");
	perl_process_add_number(&p->process, id);
	perl_process_add_number(&p->process, at);
}

static int
remember(struct perl *p, struct known *known, struct text answer)
{
	known->begin = p->texts.len;
	known->len = answer.len;
	/* ask() has set answer: NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
	known->unquoted = (answer.data[-1] - '0') & 1;
	known->skip = (answer.data[-1] - '0') & 2;
	/* One byte more is reserved, so that an empty text has memory, too. */
	if (bytes_reserve(&p->texts, answer.len + 1) < 0 ||
	    bytes_add_text(&p->texts, answer) < 0)
		return -ENOMEM;
	known->expected = false;
	known->round = p->round;
	return 0;
}

static int
expect(void *arg, size_t id, const struct command_job *job, size_t at)
{
	struct perl *p = arg;
	struct expected entry = { id, 0 };
	struct known *known;

	if (p->collected)
		forget_jobs(p);
	p->collected = false;
	if ((known = place(p, id, job, at, true)) == NULL)
		return -ENOMEM;
	/* It was asked for already: the same expression may stand in several places. */
	if (known->round == p->round)
		return 0;
	known->round = p->round;
	known->expected = true;
	entry.known = (size_t)(known - p->known);
	add_evaluation(p, id, job, at);
	return bytes_add(&p->expected, &entry, sizeof entry);
}

static int
collect(void *arg, struct message *m)
{
	struct perl *p = arg;
	const struct expected *list = (const void *)p->expected.data;
	size_t i, n = p->expected.len / sizeof *list;
	struct text answers, field;
	struct code *first;
	int r;

	p->collected = true;
	p->expected.len = 0;
	if (n == 0)
		return 0;
	if ((r = perl_process_ask(&p->process, &answers, m)) < 0) {
		first = &p->codes.list[list->code];
		return r == -ECANCELED ?
		    r :
		    blame(first->name, bytes_text(&first->text), r,
			text_of(m->text), m);
	}
	/*
	 * Results that have failed are left out: they are asked for again when their
	 * job comes.
	 */
	for (i = 0; i < n && next_field(&answers, &field); i++)
		if (field.data[-2] == 'v' &&
		    remember(p, &p->known[list[i].known], field) < 0)
			return message_errno(m, -ENOMEM, "{= =}");
	return 0;
}

static int
evaluate(void *arg, size_t id, const struct command_job *job, size_t at,
    struct perl_answer *answer, struct message *m)
{
	struct perl *p = arg;
	const struct code *code = &p->codes.list[id];
	struct known *known;
	struct text text = { NULL, 0 };
	int r;

	if ((r = collect(p, m)) < 0)
		return r;
	if ((known = place(p, id, job, at, false)) == NULL)
		return message_errno(m, -ENOMEM, "%s", code->name);
	if (known->round != p->round || known->expected) {
		add_evaluation(p, id, job, at);
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
 * Values become part of the condition's code, which may make no sense with some of
 * them.  Such a job is left out, as GNU parallel does, but the user is told.
 */
static int
holds(void *arg, struct text condition, const struct command_job *job,
    struct message *m)
{
	struct perl *p = arg;
	struct text answer = { NULL, 0 };
	int r;

	if ((r = collect(p, m)) < 0)
		return r;
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
	p->evaluator = (struct perl_evaluator){ define, evaluate, expect,
		collect, holds, p };
	*pp = p;
	return 0;
}

void
perl_free(struct perl *p)
{
	if (p == NULL)
		return;
	perl_process_fini(&p->process);
	codes_fini(&p->codes);
	free(p->known);
	bytes_fini(&p->jobs);
	bytes_fini(&p->texts);
	bytes_fini(&p->expected);
	free(p);
}

const struct perl_evaluator *
perl_evaluator(struct perl *p)
{
	return &p->evaluator;
}
