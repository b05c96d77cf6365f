/* SPDX-License-Identifier: ISC */

/* Owns the words of the digest and the jobs that it remembers.  Knows no sink. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "live/digest.h"
#include "report/color.h"
#include "report/outcome.h"
#include "template/shell.h"
#include "text/shown.h"

#define JOBS_MOST 10 /* more of them, with last lines, do not fit on a screen */
#define LINES_MOST 10
#define SLOWEST 5
#define COLUMNS \
	40 /* length of an average line, to guess how many lines bytes make */

struct digest_job {
	/* 0: the job was run once more, and the digest leaves it out */
	uint64_t seq;
	/* where its last lines begin and end in digest.text */
	size_t tail, end;
	uint64_t written; /* bytes that jobs had written when it ended */
};

struct digest_slow {
	double elapsed;
	uint64_t seq;
	struct bytes command;
};

struct digest {
	struct digest_options options;
	/* what is told of each job, in the order of their ends */
	struct bytes text;
	struct digest_job *jobs;
	size_t njobs, room;
	uint64_t left_out, written;
	struct digest_slow slow[SLOWEST]; /* the slowest first */
};

int
digest_new(const struct digest_options *options, struct digest **dp)
{
	*dp = calloc(1, sizeof(**dp));
	if (*dp == NULL)
		return -ENOMEM;
	(*dp)->options = *options;
	return 0;
}

void
digest_free(struct digest *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < SLOWEST; i++)
		bytes_fini(&d->slow[i].command);
	bytes_fini(&d->text);
	free(d->jobs);
	free(d);
}

/* The length of the escape sequence for a colour with which t begins; 0: there is none. */
static size_t
color_length(struct text t)
{
	size_t n = 2;

	if (t.len < 3 || t.data[0] != '\033' || t.data[1] != '[')
		return 0;
	while (n < t.len && strchr("0123456789;:", t.data[n]) != NULL &&
	    t.data[n] != '\0')
		n++;
	return n < t.len && t.data[n] == 'm' ? n + 1 : 0;
}

/*
 * Adds t without its colours.  Other control bytes are added as ^X, because they could
 * change the terminal.
 */
static int
add_visible(struct bytes *out, struct text t)
{
	int error = 0;
	size_t color;

	for (size_t i = 0; i < t.len && error == 0; i++) {
		unsigned char c = (unsigned char)t.data[i];

		color = color_length((struct text){ t.data + i, t.len - i });
		if (color > 0)
			i += color - 1;
		else if ((c < ' ' && c != '\t') || c == 0x7f)
			error = bytes_add_format(out, "^%c", c ^ 0x40);
		else
			error = bytes_add_char(out, (char)c);
	}
	return error;
}

/* Where the last LINES_MOST lines of the data begin. */
static size_t
last_lines(const char *data, size_t len)
{
	size_t lines = 0, i = len;

	if (i > 0 && data[i - 1] == '\n')
		i--;
	for (; i > 0; i--) {
		if (data[i - 1] == '\n' && ++lines == LINES_MOST)
			break;
	}
	return i;
}

static int
add_tail(struct bytes *out, const char *data, size_t len)
{
	size_t start = last_lines(data, len), n;
	const char *newline;
	int error = 0;

	for (; start < len && error == 0; start += n + 1) {
		newline = memchr(data + start, '\n', len - start);
		n = newline != NULL ? (size_t)(newline - data) - start :
				      len - start;
		error = bytes_add_string(out, "    | ");
		if (error == 0)
			error = add_visible(out,
			    (struct text){ data + start, n });
		if (error == 0)
			error = bytes_add_char(out, '\n');
	}
	return error;
}

/* 1: the digest will show the job; 0: the digest only counts the job; -ENOMEM. */
static int
add_job(struct digest *d, uint64_t seq)
{
	struct digest_job *jobs;
	size_t room;

	if (!d->options.all && d->njobs == JOBS_MOST) {
		d->left_out++;
		return 0;
	}
	if (d->njobs == d->room) {
		room = d->room == 0 ? JOBS_MOST : 2 * d->room;
		jobs = reallocarray(d->jobs, room, sizeof(*jobs));
		if (jobs == NULL)
			return -ENOMEM;
		d->jobs = jobs;
		d->room = room;
	}
	d->jobs[d->njobs++] = (struct digest_job){ .seq = seq };
	return 1;
}

static int
add_command(struct bytes *out, struct text command)
{
	struct shown text;
	int error = bytes_add_string(out, shown(&text, command));

	return error != 0 ? error : bytes_add_char(out, '\n');
}

static const char *
color(const struct digest *d, const char *sequence)
{
	return d->options.colors ? sequence : "";
}

static int
add_head(struct bytes *out, uint64_t seq, const char *host)
{
	return bytes_add_format(out, "  job %" PRIu64 "%s%s: ", seq,
	    host != NULL ? " on " : "", host != NULL ? host : "");
}

int
digest_add(struct digest *d, uint64_t seq, const char *host,
    struct text command, const struct prun_result *r)
{
	char outcome[256];
	struct digest_job *job;
	int error = add_job(d, seq);

	if (error <= 0)
		return error;
	job = &d->jobs[d->njobs - 1];
	outcome_text(r, outcome, sizeof(outcome));
	error = add_head(&d->text, seq, host);
	if (error == 0)
		error = bytes_add_format(&d->text,
		    "%s%s%s after %.3f s: ", color(d, COLOR_RED), outcome,
		    color(d, COLOR_END), r->elapsed);
	if (error == 0)
		error = add_command(&d->text, command);
	job->tail = d->text.len;
	if (error == 0 && r->tail_len > 0)
		error = add_tail(&d->text, r->tail, r->tail_len);
	job->end = d->text.len;
	job->written = d->written + r->out_bytes + r->err_bytes;
	return error;
}

int
digest_add_flaky(struct digest *d, uint64_t seq, const char *host,
    struct text command, const char *failure, const struct prun_result *r)
{
	int error = add_job(d, seq);

	if (error <= 0)
		return error;
	error = add_head(&d->text, seq, host);
	if (error == 0)
		error = bytes_add_format(&d->text,
		    "%sflaky (%s)%s, succeeded in try %u: ",
		    color(d, COLOR_YELLOW), failure, color(d, COLOR_END),
		    r->tries);
	if (error == 0)
		error = add_command(&d->text, command);
	d->jobs[d->njobs - 1].tail = d->jobs[d->njobs - 1].end = d->text.len;
	return error;
}

void
digest_take_back(struct digest *d, uint64_t seq)
{
	for (size_t i = 0; i < d->njobs; i++) {
		if (d->jobs[i].seq != seq)
			continue;
		d->jobs[i].seq = 0;
		return;
	}
	/* The job is not in the list: add_job() has only counted it. */
	if (d->left_out > 0)
		d->left_out--;
}

int
digest_count(struct digest *d, uint64_t seq, struct text command,
    const struct prun_result *r)
{
	struct digest_slow last = d->slow[SLOWEST - 1];
	size_t i = SLOWEST;

	d->written += r->out_bytes + r->err_bytes;
	if (!d->options.slow || r->elapsed <= last.elapsed)
		return 0;
	for (; i > 1 && d->slow[i - 2].elapsed < r->elapsed; i--)
		d->slow[i - 1] = d->slow[i - 2];
	last.elapsed = r->elapsed;
	last.seq = seq;
	last.command.len = 0;
	d->slow[i - 1] = last;
	return bytes_add_text(&d->slow[i - 1].command, command);
}

static int
add_interrupted(const struct digest_end *end, struct bytes *out)
{
	const struct tally *t = end->tally;

	return bytes_add_format(out,
	    "prun: interrupted: %" PRIu64 " %s stopped, %s%" PRIu64
	    " never started, %" PRIu64 " done\n",
	    t->stopped, t->stopped == 1 ? "job" : "jobs",
	    end->more ? "at least " : "", end->unstarted,
	    t->succeeded + t->failed);
}

static int
add_part(struct bytes *out, const char *before, uint64_t n, const char *words)
{
	return n == 0 ?
	    0 :
	    bytes_add_format(out, "%s%" PRIu64 " %s", before, n, words);
}

static int
add_summary(const struct digest_end *end, struct bytes *out)
{
	const struct tally *t = end->tally;
	int error = bytes_add_format(out,
	    "prun: %" PRIu64 " ok, %" PRIu64 " failed", t->succeeded,
	    t->failed);

	if (error == 0)
		error = add_part(out, " (", t->timed_out, "timed out");
	if (error == 0)
		error = add_part(out, t->timed_out > 0 ? ", " : " (",
		    t->not_started, "could not be started");
	if (error == 0 && t->timed_out + t->not_started > 0)
		error = bytes_add_char(out, ')');
	if (error == 0)
		error = add_part(out, ", ", t->flaky, "flaky");
	if (error == 0)
		error = add_part(out, ", ", t->stopped, "stopped");
	if (error == 0)
		error = add_part(out, ", ", t->skipped, "left out");
	if (error == 0)
		error = add_part(out, end->more ? ", at least " : ", ",
		    end->unstarted, "never started");
	if (error == 0 && end->more && end->unstarted == 0)
		error = bytes_add_string(out, ", the rest never started");
	if (error == 0)
		error = bytes_add_format(out, " in %.1f s (%.1f s of work)\n",
		    end->elapsed, t->work);
	return error;
}

/* Are the last lines of the job still on the screen, as far as one can guess? */
static bool
is_on_screen(const struct digest *d, const struct digest_job *job)
{
	return (d->written - job->written) / COLUMNS < d->options.rows;
}

static int
add_jobs(const struct digest *d, struct bytes *out)
{
	size_t from = 0, to;
	int error = 0;

	for (size_t i = 0; i < d->njobs && error == 0; i++) {
		const struct digest_job *job = &d->jobs[i];

		to = is_on_screen(d, job) ? job->tail : job->end;
		if (job->seq != 0)
			error = bytes_add(out, d->text.data + from, to - from);
		from = job->end;
	}
	if (error == 0 && d->left_out > 0)
		error = bytes_add_format(out,
		    "  and %" PRIu64 " more: --digest=all tells of %s\n",
		    d->left_out,
		    d->options.joblog != NULL ? "all, as the job log does" :
						"all, --joblog logs them");
	return error;
}

static int
add_slowest(const struct digest *d, struct bytes *out)
{
	int error = 0;

	for (size_t i = 0; i < SLOWEST && error == 0; i++) {
		const struct digest_slow *s = &d->slow[i];

		if (s->seq == 0)
			break;
		error = bytes_add_format(out,
		    "%s  job %" PRIu64 ": %.3f s: ", i == 0 ? "slowest:\n" : "",
		    s->seq, s->elapsed);
		if (error == 0)
			error = add_command(out, bytes_text(&s->command));
	}
	return error;
}

/* Adds the prun command that runs the failed jobs again. */
static int
add_again(const struct digest *d, struct bytes *out)
{
	int error = bytes_add_string(out,
	    "run the failed ones again: prun --retry-failed --joblog ");

	if (error == 0)
		error = quote_add(out, text_of(d->options.joblog), SHELL_POSIX);
	return error == 0 ? bytes_add_char(out, '\n') : error;
}

int
digest_write(const struct digest *d, const struct digest_end *end,
    struct bytes *out)
{
	const struct tally *t = end->tally;
	int error;

	if (t->failed == 0 && t->flaky == 0 && t->skipped == 0 &&
	    !d->options.slow && !end->interrupted)
		return 0;
	error = end->interrupted ? add_interrupted(end, out) :
				   add_summary(end, out);
	if (error != 0 || (end->interrupted && end->brief))
		return error;
	error = add_jobs(d, out);
	if (error == 0)
		error = add_slowest(d, out);
	if (error == 0 && t->failed > 0 && d->options.joblog != NULL)
		error = add_again(d, out);
	return error;
}
