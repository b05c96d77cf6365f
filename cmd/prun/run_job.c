/* SPDX-License-Identifier: ISC */

/*
 * Owns one job of a run: its line, its environment and tag, what is said when it
 * has ended.  Knows neither input nor slots.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "run_room.h"

void
run_check(int error)
{
	if (error < 0)
		errc(EXIT_OWN, -error, NULL);
}

static void
run_done(const struct prun_result *r, void *arg)
{
	struct books_job *job = arg;
	struct run *run = job->owner;

	tally_add(&run->tally, r);
	run->status = r->flags & PRUN_TIMED_OUT ? EXIT_OWN : r->status;
	books_message(run->books, true);
	if (r->flags & PRUN_NOT_STARTED)
		warnc(r->error, "job %llu: %s: %s",
		    (unsigned long long)job->seq, job->line.data,
		    prun_step_name(r->step));
	else if (r->flags & PRUN_OUTPUT_LOST)
		warnc(r->error, "job %llu: output lost: %s",
		    (unsigned long long)job->seq, job->line.data);
	if (r->flags & PRUN_TIMED_OUT) {
		warnx("Warning: This job was killed because it timed out:");
		warnx("Warning: %s", job->line.data);
	}
	books_message(run->books, false);
	if (books_end(run->books, job, r) == 0)
		return;
	/* What nobody can take note of is not worth running. */
	run->failed = true;
	run->drive.stop = true;
}

/* The text before each line of a job; NULL: none. */
static const char *
run_tag(struct run *run, const struct command_job *job)
{
	struct text text;

	if (run->tag == NULL)
		return NULL;
	run_check(template_expand(run->tag, job, &text));
	run->tag_text.len = 0;
	run_check(bytes_add_text(&run->tag_text, text));
	run_check(bytes_add_char(&run->tag_text, '\t'));
	run_check(bytes_terminate(&run->tag_text));
	return run->tag_text.data;
}

/* -v and -t: the line itself, with the job's output or at once. */
static const char *
run_announce(struct run *run, const struct command_line *line)
{
	const struct output_options *o = &run->options->output;

	if (o->trace && fprintf(stderr, "%s\n", line->line) < 0)
		return NULL;
	if (o->verbose == 0)
		return NULL;
	run->heading.len = 0;
	run_check(bytes_add(&run->heading, line->line, line->line_len));
	run_check(bytes_add_char(&run->heading, '\n'));
	run_check(bytes_terminate(&run->heading));
	if (o->mode != OUTPUT_UNGROUP)
		return run->heading.data;
	if (fputs(run->heading.data, stdout) == EOF || fflush(stdout) == EOF)
		err(EXIT_OWN, "stdout");
	return NULL;
}

static int
run_apply(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message)
{
	const char *argv_shell[] = { command_shell(run->command), "-c",
		line->line, NULL };
	struct prun_spec spec = {
		.argv = line->argv != NULL ? line->argv : argv_shell,
		.file = line->file,
		.in = { .kind = run->options->run.single ? PRUN_STDIO_INHERIT :
							   PRUN_STDIO_NULL },
		.setenv = run->environment,
		.sigmask = &run->signals->jobs_mask,
		.sigdefault = &run->signals->jobs_default,
		.rlimit = run->limits.jobs,
		.nrlimit = run->limits.njobs,
		.tag = run_tag(run, job),
		.heading = run_announce(run, line),
	};
	struct books_job *record;
	int error;

	error = books_start(run->books, job,
	    (struct text){ line->line, line->line_len }, &spec, &record,
	    message);
	if (error != 0)
		return error;
	record->owner = run;
	(void)snprintf(run->seq, sizeof(run->seq), "PARALLEL_SEQ=%llu",
	    (unsigned long long)job->seq);
	(void)snprintf(run->slot, sizeof(run->slot), "PARALLEL_JOBSLOT=%u",
	    job->slot);
	run->started++;
	run_check(prun_pool_apply_async(run->drive.pool, &spec, run_done,
	    record));
	return 0;
}

static void
run_print(struct run *run, const struct command_job *job,
    const struct command_line *line)
{
	const char *tag = run_tag(run, job);

	if (tag != NULL)
		(void)fputs_unlocked(tag, stdout);
	(void)fwrite_unlocked(line->line, 1, line->line_len, stdout);
	if (putc_unlocked('\n', stdout) == EOF || ferror_unlocked(stdout)) {
		run->drive.error = -errno;
		run->drive.stop = true;
	}
}

/* A job that an earlier run has done is left out as if it were no input. */
static int
run_line(struct run *run, const struct command_job *job,
    const struct command_line *line, struct message *message)
{
	int skip = books_skip(run->books, job,
	    (struct text){ line->line, line->line_len }, message);

	if (skip != 0)
		return skip < 0 ? skip : 0;
	if (run->drive.pool != NULL)
		return run_apply(run, job, line, message);
	run_print(run, job, line);
	return 0;
}

int
run_job(struct run *run, const struct command_job *job, struct message *message)
{
	struct command_line line;
	int error = command_expand(run->command, job, true, &line, message);

	if (error != 0)
		return error;
	if (job->total > 0)
		books_total(run->books, job->total);
	if (!line.skip)
		return run_line(run, job, &line, message);
	run->tally.skipped++;
	return 0;
}

int
run_job_again(struct run *run, uint64_t seq, struct text line, unsigned slot,
    struct message *message)
{
	const struct command_job job = {
		.values = &line,
		.nvalues = 1,
		.seq = seq,
		.slot = slot,
	};
	const struct command_line command = { .line = line.data,
		.line_len = line.len };

	if (run->drive.pool != NULL)
		return run_apply(run, &job, &command, message);
	run_print(run, &job, &command);
	return 0;
}
