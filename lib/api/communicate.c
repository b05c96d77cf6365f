/* SPDX-License-Identifier: ISC */

/*
 * Owns the functions that run one command from its start to its end.
 *
 * prun_process_communicate() writes the input to the child's stdin while it reads
 * its stdout and stderr, so that no full pipe blocks the other two.  prun_call(),
 * prun_check_call() and prun_check_output() run the command in a pool with one
 * slot, so that a timeout kills its whole tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/process.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fd.h"
#include "process/spec_copy.h"
#include "prun.h"

static int
call_keep(const struct prun_result *r, void *job, int stream, const char *data,
    size_t len, void *arg)
{
	(void)r;
	(void)job;
	return stream == 1 ? buf_add(arg, data, len) : 0;
}

/* Run the command in a pool; r tells how it ended. */
static int
call_run(struct prun_pool_opts *opts, struct prun_spec *spec,
    struct prun_result *r)
{
	struct prun_pool *pool;
	int error;

	*r = (struct prun_result){ .size = sizeof(*r) };
	opts->size = sizeof(*opts);
	opts->slots = 1;
	opts->log = spec->log;
	opts->log_arg = spec->log_arg;
	spec->log = NULL;
	error = prun_pool_new(opts, &pool);
	if (error != 0)
		return error;
	if (!(spec->flags & (PRUN_SPEC_NEW_GROUP | PRUN_SPEC_NEW_SESSION)))
		spec->flags |= PRUN_SPEC_KEEP_GROUP;
	error = prun_pool_apply(pool, spec, r);
	prun_pool_close(pool);
	if (error == 0)
		error = prun_pool_join(pool);
	prun_pool_free(pool);
	/*
	 * The caller asked for only one command, so it is an error that this one
	 * cannot be started.
	 */
	if (error == 0 && r->flags & PRUN_RESULT_NOT_STARTED)
		error = -r->error;
	return error;
}

static int
call_check(int error, const struct prun_result *r)
{
	if (error == 0 && r->flags & PRUN_RESULT_STATUS_UNKNOWN)
		return -ENODATA;
	if (error == 0 && (r->status != 0 || r->flags & PRUN_RESULT_TIMED_OUT))
		return -ECHILD;
	return error;
}

static int
call(const struct prun_spec *spec, struct prun_result *r, bool check)
{
	struct prun_pool_opts opts = { .output = PRUN_OUTPUT_NONE };
	struct spec_in in;
	struct prun_result own;
	int error = result_check(r);

	if (error == 0)
		error = spec_in(&in, spec, spec->size);
	if (error != 0)
		return error;
	error = call_run(&opts, &in.spec, &own);
	result_out(r, &own);
	return check ? call_check(error, &own) : error;
}

int
prun_call(const struct prun_spec *spec, struct prun_result *r)
{
	return call(spec, r, false);
}

int
prun_check_call(const struct prun_spec *spec, struct prun_result *r)
{
	return call(spec, r, true);
}

/* The pool captures stdout; the spec says what becomes of stderr. */
static void
output_streams(struct prun_spec *spec)
{
	if (spec->out.kind != PRUN_STDIO_PTY)
		spec->out.kind = PRUN_STDIO_INHERIT;
	if (spec->err.kind != PRUN_STDIO_INHERIT)
		return;
	spec->err.kind = fcntl(STDERR_FILENO, F_GETFD) == -1 ? PRUN_STDIO_NULL :
							       PRUN_STDIO_FD;
	spec->err.fd = STDERR_FILENO;
}

int
prun_check_output(const struct prun_spec *spec, char **out, size_t *len,
    struct prun_result *r)
{
	struct buf kept = { 0 };
	struct prun_pool_opts opts = {
		.flags =
		    PRUN_POOL_KEEP_ORDER, /* passed on at once, not captured */
		.leak_timeout = -1, /* wait for all output, whoever writes it */
		.deliver = call_keep,
		.deliver_arg = &kept,
	};
	struct spec_in in;
	struct prun_result own;
	size_t own_len;
	int error = result_check(r);

	*out = NULL;
	if (error == 0)
		error = spec_in(&in, spec, spec->size);
	if (error != 0)
		return error;
	output_streams(&in.spec);
	error = call_check(call_run(&opts, &in.spec, &own), &own);
	result_out(r, &own);
	if (error == 0 || error == -ECHILD || error == -ENODATA) {
		*out = buf_take(&kept, len != NULL ? len : &own_len);
		if (*out == NULL)
			error = -ENOMEM;
	}
	buf_fini(&kept);
	return error;
}

#define READ_SIZE ((size_t)64 * 1024)

static int
write_input(struct prun_process *p)
{
	ssize_t n = feed_write(&p->feed, p->stdio.parent[0]);

	if (n > 0 || n == -EAGAIN)
		return 0;
	/* It is no error if the child has closed its stdin before it has read all. */
	if (n < 0 && n != -EPIPE)
		return (int)n;
	fd_close(&p->stdio.parent[0]);
	feed_fini(&p->feed);
	buf_fini(&p->input);
	return 0;
}

static int
read_output(struct prun_process *p, int stream)
{
	struct buf *b = &p->output[stream - 1];
	ssize_t n;
	int error = buf_reserve(b, READ_SIZE);

	if (error != 0)
		return error;
	n = fd_read_output(p->stdio.parent[stream], b->data + b->len,
	    b->size - b->len);
	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	b->len += (size_t)n;
	if (n == 0)
		fd_close(&p->stdio.parent[stream]);
	return 0;
}

static int
exchange_once(struct prun_process *p, int timeout)
{
	struct pollfd pfd[3];
	int n, error = 0;

	for (int i = 0; i < 3; i++) {
		pfd[i].fd = p->stdio.parent[i];
		pfd[i].events = i == 0 ? POLLOUT : POLLIN;
		pfd[i].revents = 0;
	}
	n = poll(pfd, 3, timeout);
	if (n == -1 && errno != EINTR && errno != EAGAIN)
		return -errno;
	if (n <= 0)
		return 0;
	if (pfd[0].revents != 0)
		error = write_input(p);
	for (int i = 1; i < 3 && error == 0; i++) {
		if (pfd[i].revents != 0)
			error = read_output(p, i);
	}
	return error;
}

static bool
has_pipes(const struct prun_process *p)
{
	return p->stdio.parent[0] != -1 || p->stdio.parent[1] != -1 ||
	    p->stdio.parent[2] != -1;
}

static int
exchange(struct prun_process *p, int64_t deadline)
{
	int error;

	while (has_pipes(p)) {
		error = exchange_once(p, clock_poll_timeout(deadline));
		if (error != 0)
			return error;
		if (has_pipes(p) && deadline != INT64_MAX &&
		    clock_now() >= deadline)
			return -ETIMEDOUT;
	}
	return 0;
}

static int
take_input(struct prun_process *p, const void *input, size_t len)
{
	int error = 0;

	if (p->exchanging)
		return 0;
	if (input != NULL)
		error = buf_add(&p->input, input, len);
	if (error != 0)
		return error;
	for (int i = 0; i < 3 && error == 0; i++) {
		if (p->stdio.parent[i] != -1)
			error = fd_nonblock(p->stdio.parent[i]);
	}
	if (error != 0)
		return error;
	p->exchanging = true;
	feed_bytes(&p->feed, p->input.data, p->input.len);
	if (p->input.len == 0)
		fd_close(&p->stdio.parent[0]);
	return 0;
}

static int
take_output(struct prun_process *p, struct prun_output *output)
{
	struct prun_output own = { .result = p->result };

	own.result.out_bytes = p->output[0].len;
	own.result.err_bytes = p->output[1].len;
	own.result.size = output->size - offsetof(struct prun_output, result);
	own.out = buf_take(&p->output[0], &own.out_len);
	own.err = buf_take(&p->output[1], &own.err_len);
	if (own.out == NULL || own.err == NULL) {
		prun_output_free(&own);
		return -ENOMEM;
	}
	sized_out(output, output->size, &own, sizeof(own));
	return 0;
}

int
prun_process_communicate(struct prun_process *p, const void *input, size_t len,
    double timeout, struct prun_output *output)
{
	int64_t deadline = clock_deadline(timeout);
	int error = sized_check(output->size, OUTPUT_FIRST);

	if (error != 0)
		return error;
	output->out = output->err = NULL;
	output->out_len = output->err_len = 0;
	if (!process_is_ours(p))
		return -EPERM;
	error = take_input(p, input, len);
	if (error == 0)
		error = exchange(p, deadline);
	if (error == 0 && p->child.alive) {
		error = child_await(&p->child, deadline);
		error = error == 1 ? 0 : error == 0 ? -ETIMEDOUT : error;
	}
	if (error == 0)
		error = prun_process_wait(p, 0, NULL);
	return error == 0 ? take_output(p, output) : error;
}

void
prun_output_free(struct prun_output *output)
{
	if (output == NULL)
		return;
	free(output->out);
	free(output->err);
	output->out = output->err = NULL;
	output->out_len = output->err_len = 0;
}
