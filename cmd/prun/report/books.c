/* SPDX-License-Identifier: ISC */

/* Owns the life of the books: what is opened before the first job and closed
 * after the last. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/books_room.h"
#include "text/put.h"

#define INTERVAL 30 /* seconds between plain lines of progress */

static int
open_resume(struct books *b, struct message *message)
{
	const struct report_options *o = b->options;

	if (o->resume == RESUME_NONE)
		return 0;
	if (o->joblog == NULL && o->resume == RESUME_RETRY)
		return message_set(message, -EINVAL,
		    "--retry-failed needs --joblog");
	if (o->joblog == NULL &&
	    (o->results == NULL || b->output == BOOKS_ROWS))
		return message_set(message, -EINVAL,
		    "--resume and --resume-failed need --joblog, or --results with a folder");
	if (resume_new(o->resume, o->resume_key != NULL, &b->resume) != 0)
		return message_errno(message, -ENOMEM, "--resume");
	return 0;
}

static int
open_log(struct books *b, struct message *message)
{
	const struct report_options *o = b->options;
	struct joblog_options options = {
		.path = o->joblog,
		.append = b->resume != NULL,
		.columns = (o->joblog_extra ? JOBLOG_EXTRA | JOBLOG_FLAKY : 0) |
		    (o->resume_key != NULL ? JOBLOG_KEY : 0),
	};

	if (options.path == NULL)
		return 0;
	if (options.path[0] == '+') {
		options.path++;
		options.append = options.no_header = true;
	}
	b->log_path = options.path;
	return joblog_open(&options, b->resume != NULL ? resume_add : NULL,
	    b->resume, &b->log, message);
}

static bool
is_log(void)
{
	const char *ci = getenv("CI");

	return ci != NULL && *ci != '\0';
}

static int
open_watch(struct books *b, struct message *message)
{
	const struct report_options *o = b->options;
	const bool terminal = screen_is_possible(STDERR_FILENO);
	const bool rows = o->latest_line && screen_is_possible(STDOUT_FILENO);
	struct progress_options progress = {
		.bar = o->bar,
		.eta = o->eta,
		.interval = o->progress_interval > 0 ? o->progress_interval :
						       INTERVAL,
		.log = is_log() || o->progress_interval > 0,
		.off = !o->bar && !o->eta && !o->progress,
	};
	bool digest = o->digest == REPORT_ALWAYS ||
	    (o->digest == REPORT_AUTO && (is_log() || isatty(STDERR_FILENO)));

	/* One screen for all: nobody has two terminals. */
	if ((terminal || rows) &&
	    screen_new(rows ? STDOUT_FILENO : STDERR_FILENO, &b->screen) != 0)
		return message_errno(message, -ENOMEM, "--progress");
	progress.screen = terminal ? b->screen : NULL;
	if (digest && digest_new(&b->digest) != 0)
		return message_errno(message, -ENOMEM, "--digest");
	if (progress_new(&progress, &b->progress) != 0)
		return message_errno(message, -ENOMEM, "--progress");
	if (o->total_jobs > 0)
		progress_total(b->progress, o->total_jobs);
	if (o->resume == RESUME_RETRY)
		progress_total(b->progress, resume_failed(b->resume));
	return o->latest_line ? books_latest_open(b, message) : 0;
}

static int
keep_names(struct books *b, const struct text *names, size_t n)
{
	b->names = calloc(n + 1, sizeof(*b->names));
	if (b->names == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		b->names[i] = names[i];
	b->nnames = n;
	return 0;
}

int
books_open(const struct report_options *options, bool dry_run,
    struct command *command, const struct text *names, size_t nnames,
    struct books **bp, struct message *message)
{
	struct books *b = calloc(1, sizeof(*b));
	int error;

	if (b == NULL || keep_names(b, names, nnames) != 0) {
		free(b);
		return message_errno(message, -ENOMEM, "prun");
	}
	b->options = options;
	b->command = command;
	b->rows_fd = -1;
	SLIST_INIT(&b->idle);
	error = books_output_open(b, message);
	if (error == 0)
		error = open_resume(b, message);
	if (error == 0 && b->options->resume_key != NULL)
		error = template_new(command, b->options->resume_key, message,
		    &b->key);
	/* --dry-run looks, and leaves things as they are. */
	if (error == 0 && (!dry_run || b->resume != NULL))
		error = open_log(b, message);
	if (error == 0)
		error = open_watch(b, message);
	if (error == 0)
		*bp = b;
	else
		books_close(b);
	return error;
}

static void
warn_differing(const struct books *b)
{
	uint64_t n = b->resume != NULL ? resume_differing(b->resume) : 0;

	if (n > 0)
		warnx(
		    "Warning: %" PRIu64
		    " of the logged commands in %s differ from today's for the same job number",
		    n, b->log_path);
}

void
books_ended(struct books *b)
{
	if (b->latest != NULL)
		latest_finish(b->latest);
}

void
books_finish(struct books *b)
{
	progress_finish(b->progress);
	if (b->screen != NULL)
		screen_finish(b->screen);
	warn_differing(b);
}

void
books_close(struct books *b)
{
	struct books_job *job;

	if (b == NULL)
		return;
	progress_free(b->progress);
	latest_free(b->latest);
	screen_free(b->screen);
	while ((job = SLIST_FIRST(&b->idle)) != NULL) {
		SLIST_REMOVE_HEAD(&b->idle, entry);
		books_job_free(job);
	}
	joblog_close(b->log);
	resume_free(b->resume);
	template_free(b->key);
	books_output_close(b);
	digest_free(b->digest);
	free(b->names);
	free(b);
}

void
books_pool(struct books *b, struct prun_pool_opts *opts)
{
	if (b->output == BOOKS_ROWS) {
		opts->deliver = books_deliver;
		opts->deliver_arg = b;
	}
	if (b->output == BOOKS_ROWS || b->options->files) {
		opts->output = PRUN_OUTPUT_GROUP;
		opts->flags |= PRUN_POOL_HOLD;
	}
	/* Nobody stands between the jobs and the terminal. */
	if (opts->output == PRUN_OUTPUT_NONE)
		b->color = b->color_failed = false;
	if (b->color_failed && opts->output == PRUN_OUTPUT_GROUP)
		opts->flags |= PRUN_POOL_HOLD;
	if (b->digest != NULL)
		opts->tail = DIGEST_TAIL;
	if (b->screen != NULL) {
		opts->writing = screen_writing;
		opts->writing_arg = b->screen;
	}
	if (b->latest != NULL)
		books_latest_pool(b, opts);
	opts->tmpdir = b->tmpdir;
	if (b->options->compress)
		opts->flags |= PRUN_POOL_COMPRESS;
}

static int
books_has(struct books *b, const struct command_job *job, struct text command,
    struct message *message)
{
	struct text key = { 0 };
	int error;

	if (b->log == NULL)
		return books_output_has(b, job, message);
	if (b->key != NULL) {
		error = template_expand(b->key, job, &key);
		if (error != 0)
			return message_errno(message, error, "--resume-key");
	}
	return resume_has(b->resume, job->seq, command, key);
}

int
books_skip(struct books *b, const struct command_job *job, struct text command,
    struct message *message)
{
	int skip;

	if (b->resume == NULL)
		return 0;
	skip = books_has(b, job, command, message);
	if (skip > 0) {
		b->skipped++;
		books_total(b, b->total);
	}
	return skip;
}

bool
books_retries(const struct books *b)
{
	return b->options->resume == RESUME_RETRY;
}

bool
books_next_retry(struct books *b, uint64_t *seq, struct text *command)
{
	return resume_next_failed(b->resume, seq, command);
}

void
books_toggle(struct books *b)
{
	progress_toggle(b->progress);
}

int
books_tick(struct books *b)
{
	int log = progress_tick(b->progress);
	int screen = b->screen != NULL ? screen_tick(b->screen) : -1;

	return screen >= 0 && (log < 0 || screen < log) ? screen : log;
}

void
books_message(struct books *b, bool begin)
{
	if (b->screen != NULL)
		screen_message(b->screen, begin);
}

void
books_warn(struct books *b, int error, const char *option, const char *path)
{
	books_message(b, true);
	warnc(-error, "%s: %s", option, path);
	books_message(b, false);
}

void
books_question(struct books *b, bool begin)
{
	if (b->screen != NULL)
		screen_writing(begin, begin, b->screen);
}

bool
books_wants_total(const struct report_options *o)
{
	return (o->progress || o->bar || o->eta) && o->total_jobs == 0;
}

void
books_total(struct books *b, uint64_t total)
{
	if (b->options->total_jobs != 0 || total == 0)
		return;
	b->total = total;
	progress_total(b->progress,
	    total > b->skipped ? total - b->skipped : 0);
}

bool
books_wants_digest(const struct books *b, const struct tally *tally)
{
	return b->digest != NULL && (tally->failed > 0 || tally->flaky > 0);
}

int
books_digest(struct books *b, const struct tally *tally, uint64_t unstarted,
    bool more)
{
	const struct digest_rest rest = { unstarted, more };
	struct bytes text = { 0 };
	int error = digest_write(b->digest, tally, &rest, &text);

	books_message(b, true);
	if (error == 0)
		(void)put_all(STDERR_FILENO, bytes_text(&text));
	bytes_fini(&text);
	return error;
}
