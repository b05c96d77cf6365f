/* SPDX-License-Identifier: ISC */

/* Owns the setters of options about workers that stay, and adapts other options to them. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "options/set.h"

/* How many bytes a task may have if a program reads it as a line. */
#define TASK_MOST ((size_t)1024 * 1024 * 1024)

SETTER(set_worker)
{
	static const char *const words[] = { "fork", "shared", NULL };
	int i = value != NULL ? word_parse(name, value, words, m) : 0;

	if (i < 0)
		return i;
	o->worker.kind = i == 1 ? PRUN_WORKER_SHARED : PRUN_WORKER_FORK;
	return 0;
}

SETTER(set_worker_recycle)
{
	long long n;
	int error = number_parse(name, value, 1, INT_MAX, &n, m);

	o->worker.recycle = error == 0 ? (unsigned)n : 0;
	return error;
}

static const char *
worker_name(const struct worker_options *w)
{
	return w->kind == PRUN_WORKER_LINE ? "--worker-line" :
	    w->kind == PRUN_WORKER_STATUS  ? "--worker-status" :
					     "--worker";
}

/* The option given, if any, that no kind of worker can be combined with; or NULL. */
static const char *
worker_rival(const struct options *o)
{
	return o->semaphore.enabled            ? "--semaphore" :
	    o->sudo.enabled                    ? "--sudo" :
	    o->policy.open_tty                 ? "--open-tty or --tty" :
	    o->output.pty                      ? "--pty" :
	    o->policy.leak != PRUN_LEAK_IGNORE ? "--leak" :
	    o->store->nonall                   ? "--nonall" :
						 NULL;
}

/* The option given, if any, that workers whose tasks are lines exclude; or NULL. */
static const char *
worker_line_rival(const struct options *o)
{
	const struct pipe_options *p = &o->pipe;
	const char *workdir = o->policy.workdir;

	return o->policy.slot_variable != NULL ?
	    "--process-slot-var: workers have PRUN_WORKER" :
	    workdir != NULL &&
		(strchr(workdir, '{') != NULL || strcmp(workdir, "...") == 0) ?
	    "a --workdir for each job" :
	    o->command.quote           ? "--quote" :
	    o->command.pipefail        ? "--pipefail" :
	    o->command.shell_quote > 0 ? "--shellquote" :
	    p->round_robin             ? "--round-robin" :
	    p->tee                     ? "--tee" :
	    p->cat                     ? "--cat" :
	    p->fifo                    ? "--fifo" :
	    p->block.deal != NULL      ? "--shard or --bin" :
	    p->block.group != NULL     ? "--group-by" :
	    p->block.size_given        ? "--block: each record is a task" :
	    p->block.record.regexp     ? "--regexp" :
	    o->store->recstart != NULL ? "--recstart" :
	    o->store->records != NULL  ? "--records" :
					 NULL;
}

/* Makes the records of the stream the tasks, if --pipe is given. */
static int
worker_take_stream(struct options *o, struct message *m)
{
	static const struct source_spec standard_input = { .kind = SOURCE_FILE,
		.path = "-" };
	const char *end = o->store->recend;
	struct bytes bytes = { 0 };
	int r;

	o->worker.stream = true;
	o->pipe.enabled = o->pipe.part = false;
	if (o->input.nsources == 0) {
		o->input.sources = &standard_input;
		o->input.nsources = 1;
	}
	if (end == NULL)
		return 0;
	r = delimiter_parse("--recend", end, &bytes, m);
	if (r < 0)
		return r;
	o->input.delimiter_len = bytes.len;
	o->input.delimiter = store_keep(o->store, bytes.data);
	return o->input.delimiter == NULL ?
	    message_errno(m, -ENOMEM, "--recend") :
	    0;
}

/* Makes the words of the command the program of the workers: tasks are only the values. */
static int
worker_take_words(struct options *o, struct message *m)
{
	struct worker_options *w = &o->worker;

	w->words = o->command.words;
	w->nwords = o->command.nwords;
	if (w->nwords == 0)
		return message_set(m, -EINVAL, "%s needs a command: the worker",
		    worker_name(w));
	o->command.nwords = 0;
	o->command.execution = EXECUTION_SHELL;
	o->command.max_chars = o->batch.max_chars = TASK_MOST;
	if (w->kind == PRUN_WORKER_LINE && o->output.mode == OUTPUT_UNGROUP)
		o->output.mode = OUTPUT_LINE;
	o->report.ungroup = o->output.mode == OUTPUT_UNGROUP;
	if (!o->pipe.enabled && !o->pipe.part)
		return 0;
	return worker_take_stream(o, m);
}

int
worker_finish(struct options *o, struct message *m)
{
	struct worker_options *w = &o->worker;
	const char *rival = worker_rival(o);

	w->shell = w->kind == PRUN_WORKER_FORK || w->kind == PRUN_WORKER_SHARED;
	if (w->kind == PRUN_WORKER_NONE)
		return w->end == NULL && w->init == NULL && w->recycle == 0 ?
		    0 :
		    message_set(m, -EINVAL,
			"%s needs --worker, --worker-line or --worker-status",
			w->end != NULL      ? "--worker-end" :
			    w->init != NULL ? "--worker-init" :
					      "--worker-recycle");
	if (w->end != NULL && w->kind != PRUN_WORKER_LINE)
		return message_set(m, -EINVAL,
		    "--worker-end needs --worker-line");
	if (w->end != NULL && (*w->end == '\0' || strchr(w->end, '\n') != NULL))
		return message_set(m, -EINVAL, "--worker-end: '%s' is no line",
		    w->end);
	if (rival == NULL && !w->shell)
		rival = worker_line_rival(o);
	if (rival == NULL && w->shell &&
	    (o->pipe.enabled || o->pipe.part || o->pipe.round_robin))
		rival = "--pipe";
	if (rival != NULL)
		return message_set(m, -EINVAL, "%s cannot be combined with %s",
		    worker_name(w), rival);
	if (w->init != NULL && !w->shell &&
	    (strchr(w->init, '\n') != NULL ||
		strlen(w->init) > WORKER_INIT_MOST))
		return message_set(m, -EINVAL,
		    "--worker-init: what %s is given is one line of at most %d bytes",
		    worker_name(w), WORKER_INIT_MOST);
	return w->shell ? 0 : worker_take_words(o, m);
}
