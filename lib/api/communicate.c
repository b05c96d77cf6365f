/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_process_communicate(): the input is written to the child's stdin while its
 * stdout and stderr are read, so that no full pipe blocks the other two.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/process.h"
#include "api/spec_in.h"
#include "base/clock.h"
#include "base/fd.h"

#define READ_SIZE ((size_t)64 * 1024)

static int
write_input(struct prun_process *p)
{
	ssize_t n = feed_write(&p->feed, p->stdio.parent[0]);

	if (n > 0 || n == -EAGAIN)
		return 0;
	/* It is no error that the child has closed its stdin before the end. */
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
	free(output->out);
	free(output->err);
	output->out = output->err = NULL;
	output->out_len = output->err_len = 0;
}
