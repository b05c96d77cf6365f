/* SPDX-License-Identifier: ISC */

/*
 * Owns --latest-line among the books: the output of jobs goes to their rows,
 * and with --results to their files as well.
 */
#include <errno.h>
#include <unistd.h>

#include "report/books_room.h"
#include "text/put.h"

int
books_latest_open(struct books *b, struct message *message)
{
	const struct latest_options options = {
		.screen = screen_is_possible(STDOUT_FILENO) ? b->screen : NULL,
		.fd = STDOUT_FILENO,
		.keep = b->options->keep_order,
		.color = b->color,
		.color_failed = b->color_failed,
	};
	const char *other = b->output == BOOKS_ROWS ?
	    "--results in a file for all jobs" :
	    b->options->files ? "--files" :
				NULL;

	if (other != NULL)
		return message_set(message, -EINVAL,
		    "--latest-line cannot be combined with %s", other);
	if (latest_new(&options, &b->latest) != 0)
		return message_errno(message, -ENOMEM, "--latest-line");
	return 0;
}

void
books_latest_pool(struct books *b, struct prun_pool_opts *opts)
{
	opts->deliver = books_latest_deliver;
	opts->deliver_arg = b;
	/* The rows keep it themselves, and want to see all jobs at once. */
	opts->flags &= ~PRUN_POOL_KEEP_ORDER;
}

int
books_latest_start(struct books *b, struct books_job *job,
    struct prun_spec *spec)
{
	job->row = latest_begin(b->latest, job->seq,
	    text_of(spec->tag != NULL ? spec->tag : ""));
	spec->tag = NULL;
	return job->row == NULL ? -ENOMEM : 0;
}

static int
keep_in_file(struct books *b, const struct books_job *job, int stream,
    struct text text)
{
	const struct bytes *path = stream == 1 ? &job->files.out :
						 &job->files.err;
	int fd = stream == 1 ? job->out : job->err;
	int error = fd == -1 ? 0 : put_all(fd, text);

	if (error != 0)
		books_warn(b, error, "--results", path->data);
	return error;
}

int
books_latest_deliver(const struct prun_result *r, void *job, int stream,
    const char *data, size_t len, void *arg)
{
	struct books_job *own = job;
	struct latest_row *row = own->row;
	struct books *b = arg;
	int error;

	if (stream == 0) {
		own->row = NULL;
		return latest_end(b->latest, row,
		    r->status != 0 || r->flags & PRUN_TIMED_OUT);
	}
	error = keep_in_file(b, own, stream, (struct text){ data, len });
	return error != 0 ? error : latest_add(row, stream, data, len);
}
