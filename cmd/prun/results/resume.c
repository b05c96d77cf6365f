/* SPDX-License-Identifier: ISC */

/*
 * Owns what is known of an earlier run.  If jobs are recognized by number, that is an array.
 * If they are recognized by content, it is a hash table with a count for each content,
 * because two jobs may have the same content.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/resume.h"
#include "text/text.h"

/* A greater sequence number in a log is an error: the array would take all memory. */
#define SEQ_MAX ((uint64_t)1 << 32)

enum past {
	PAST_NONE = 0,
	PAST_SUCCEEDED,
	PAST_FAILED,
};

/* How a job ended. */
struct resume_end {
	double started;
	float elapsed;
	short exitval, signal;
};

struct resume_job {
	uint64_t hash; /* the hash of its command */
	struct resume_end end;
	char *command; /* RESUME_RETRY: kept if the job failed; else NULL */
	size_t len;
	enum past past;
};

struct resume_content {
	uint64_t hash; /* 0: the place is free */
	struct resume_end end; /* how the last job with this content ended */
	/* How many jobs with this content the log has that resume_has() did not find yet. */
	uint64_t done;
};

struct resume {
	enum resume_kind kind;
	bool by_content;
	bool has_keys; /* the log has a column of keys */

	struct resume_job *job; /* the job with number seq is at seq - 1 */
	uint64_t njobs, size;
	uint64_t next; /* where resume_next_failed() goes on */
	uint64_t differing;
	struct resume_end found; /* how the job that resume_has() found ended */

	struct resume_content *content;
	size_t ncontent, places; /* a power of two */

	bool by_host;
	/* the host whose jobs this struct knows, if it is in such a list; else NULL */
	char *host;
	/* by_host: a list with one struct for each host */
	struct resume *other;
};

int
resume_new(enum resume_kind kind, bool by_content, bool by_host,
    struct resume **rp)
{
	struct resume *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->kind = kind;
	r->by_content = by_content;
	r->by_host = by_host;
	*rp = r;
	return 0;
}

void
resume_free(struct resume *r)
{
	struct resume *other;

	for (; r != NULL; r = other) {
		other = r->other;
		for (uint64_t i = 0; i < r->njobs; i++)
			free(r->job[i].command);
		free(r->job);
		free(r->content);
		free(r->host);
		free(r);
	}
}

/* The struct that knows the jobs of that host; NULL: the log has no job of that host. */
static struct resume *
resume_of(struct resume *r, struct text host)
{
	struct resume *of = r->by_host ? r->other : r;

	while (r->by_host && of != NULL && !text_equals(host, of->host))
		of = of->other;
	return of;
}

static struct resume *
resume_of_new(struct resume *r, struct text host)
{
	struct resume *of = resume_of(r, host);

	if (of != NULL || resume_new(r->kind, r->by_content, false, &of) != 0)
		return of;
	of->host = strndup(host.data, host.len);
	if (of->host == NULL) {
		resume_free(of);
		return NULL;
	}
	of->other = r->other;
	r->other = of;
	return of;
}

/*
 * The length of the name at the beginning of the text that --cat or --fifo has given to a
 * file: "/parXXXXX.ABCDEF", or "/par01234567.89abcdef" on another host.  0: it is none.
 */
static size_t
temporary_length(struct text t)
{
	const size_t most = sizeof("/par01234567.89abcdef") - 1;
	size_t dot = 4, end;

	if (t.len < 4 || memcmp(t.data, "/par", 4) != 0)
		return 0;
	while (dot < t.len && isalnum((unsigned char)t.data[dot]) != 0)
		dot++;
	for (end = dot + 1; end < t.len && end < most &&
	     isalnum((unsigned char)t.data[end]) != 0;)
		end++;
	if (dot == 12 && end == most)
		return end;
	/* What follows the six bytes need not be a part of the name. */
	if (dot == 9 && end >= 16 && memcmp(t.data + 4, "XXXXX.", 6) == 0)
		return 16;
	return 0;
}

/* The names of temporary files are other ones in each run, so they do not count. */
static uint64_t
command_hash(struct text command)
{
	uint64_t hash = TEXT_HASH_BEGIN;
	size_t len;

	while (command.len > 0) {
		len = *command.data == '/' ? temporary_length(command) : 0;
		if (len == 0) {
			hash = text_hash_add(hash, *command.data);
			len = 1;
		}
		command.data += len;
		command.len -= len;
	}
	return text_hash_end(hash);
}

static int
job_reserve(struct resume *r, uint64_t seq)
{
	uint64_t size = r->size ? r->size : 64;
	struct resume_job *job;

	if (seq > SEQ_MAX)
		return -EINVAL;
	while (size < seq)
		size *= 2;
	if (size > r->size) {
		job = reallocarray(r->job, size, sizeof(*job));
		if (job == NULL)
			return -ENOMEM;
		memset(job + r->size, 0, (size - r->size) * sizeof(*job));
		r->job = job;
		r->size = size;
	}
	if (seq > r->njobs)
		r->njobs = seq;
	return 0;
}

static struct resume_end
end_of(const struct joblog_row *row)
{
	return (struct resume_end){ row->started, (float)row->elapsed,
		(short)row->exitval, (short)row->signal };
}

/* Adds a row by number.  If a job has several rows, the last one counts. */
static int
add_number(struct resume *r, const struct joblog_row *row, bool failed)
{
	struct resume_job *job;
	int error = job_reserve(r, row->seq);

	if (error != 0)
		return error;
	job = &r->job[row->seq - 1];
	job->hash = command_hash(row->command);
	job->end = end_of(row);
	job->past = failed ? PAST_FAILED : PAST_SUCCEEDED;
	free(job->command);
	job->command = NULL;
	if (r->kind != RESUME_RETRY || !failed)
		return 0;
	job->command = malloc(row->command.len + 1);
	if (job->command == NULL)
		return -ENOMEM;
	memcpy(job->command, row->command.data, row->command.len);
	job->command[row->command.len] = '\0';
	job->len = row->command.len;
	return 0;
}

static struct resume_content *
content_find(const struct resume *r, uint64_t hash)
{
	size_t i = hash & (r->places - 1);

	while (r->content[i].hash != 0 && r->content[i].hash != hash)
		i = (i + 1) & (r->places - 1);
	return &r->content[i];
}

static int
content_grow(struct resume *r)
{
	struct resume_content *old = r->content, *place;
	size_t n = r->places;

	if (r->ncontent * 2 < r->places)
		return 0;
	r->places = n != 0 ? n * 2 : 64;
	r->content = calloc(r->places, sizeof(*r->content));
	if (r->content == NULL) {
		r->content = old;
		r->places = n;
		return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		place = content_find(r, old[i].hash);
		if (old[i].hash != 0)
			*place = old[i];
	}
	free(old);
	return 0;
}

static int
add_content(struct resume *r, const struct joblog_row *row)
{
	struct resume_content *place;
	int error = content_grow(r);

	if (error != 0)
		return error;
	r->has_keys = row->key.data != NULL;
	place = content_find(r,
	    command_hash(r->has_keys ? row->key : row->command));
	if (place->hash == 0) {
		place->hash = command_hash(r->has_keys ? row->key :
							 row->command);
		r->ncontent++;
	}
	place->end = end_of(row);
	place->done++;
	return 0;
}

int
resume_add(const struct joblog_row *row, void *arg)
{
	struct resume *r = resume_of_new(arg, row->host);
	bool failed = row->exitval != 0 || row->signal != 0;

	if (r == NULL)
		return -ENOMEM;
	/* A job that was left out did not fail: it is not run again. */
	if (r->kind == RESUME_RETRY && row->exitval == JOBLOG_LEFT_OUT)
		failed = false;

	if (!r->by_content)
		return add_number(r, row, failed);
	if (failed && r->kind != RESUME_ENDED)
		return 0;
	return add_content(r, row);
}

static bool
has_content(struct resume *r, struct text command, struct text key)
{
	struct resume_content *place;

	if (r->places == 0)
		return false;
	place = content_find(r, command_hash(r->has_keys ? key : command));
	if (place->done == 0)
		return false;
	place->done--;
	r->found = place->end;
	return true;
}

static bool
has_number(struct resume *r, uint64_t seq, struct text command)
{
	const struct resume_job *job;

	if (seq > r->njobs)
		return false;
	job = &r->job[seq - 1];
	if (job->past == PAST_NONE)
		return false;
	if (job->hash != command_hash(command))
		r->differing++;
	r->found = job->end;
	return r->kind == RESUME_ENDED || job->past == PAST_SUCCEEDED;
}

bool
resume_has(struct resume *r, struct text host, uint64_t seq,
    struct text command, struct text key)
{
	struct resume *of = resume_of(r, host);
	bool has;

	if (of == NULL)
		return false;
	has = r->by_content ? has_content(of, command, key) :
			      has_number(of, seq, command);
	r->found = of->found;
	return has;
}

void
resume_past(const struct resume *r, struct prun_result *past)
{
	const struct resume_end *end = &r->found;

	*past = (struct prun_result){ .tries = 1,
		.started = end->started,
		.elapsed = (double)end->elapsed,
		.status = end->exitval & 0xff,
		.signal = end->signal,
		.flags = end->exitval == JOBLOG_TIMED_OUT ?
		    PRUN_RESULT_TIMED_OUT :
		    0 };
	/* A job that was left out had no try. */
	if (end->exitval == JOBLOG_LEFT_OUT)
		past->tries = 0;
}

uint64_t
resume_differing(const struct resume *r)
{
	uint64_t n = 0;

	for (; r != NULL; r = r->other)
		n += r->differing;
	return n;
}

static bool
next_failed(struct resume *r, uint64_t *seq, struct text *command)
{
	const struct resume_job *job;

	while (r->next < r->njobs) {
		job = &r->job[r->next++];
		if (job->past != PAST_FAILED)
			continue;
		*seq = r->next;
		*command = (struct text){ job->command, job->len };
		return true;
	}
	return false;
}

bool
resume_next_failed(struct resume *r, struct text host, uint64_t *seq,
    struct text *command)
{
	struct resume *of = host.data != NULL ? resume_of(r, host) : r;

	for (; of != NULL; of = host.data != NULL ? NULL : of->other) {
		if (next_failed(of, seq, command))
			return true;
	}
	return false;
}

uint64_t
resume_failed(const struct resume *r)
{
	uint64_t n = 0;

	for (; r != NULL; r = r->other)
		for (uint64_t i = 0; i < r->njobs; i++)
			n += r->job[i].past == PAST_FAILED;
	return n;
}
