/* SPDX-License-Identifier: ISC */

/*
 * Owns the order of the steps of a start.  Knows neither who asks for it nor who
 * waits for the child.
 */
#include <errno.h>
#include <fcntl.h>

#include "base/fd.h"
#include "process/child.h"
#include "process/spawn.h"
#include "process/stdio.h"
#include "transport/start.h"
#include "transport/transport.h"

static int
start_open(const struct start_request *s)
{
	int error = stdio_open(s->stdio, s->kinds, s->null, s->nonblock);

	if (error == 0 && s->worker)
		error = stdio_open_status(s->stdio);
	if (error == 0)
		error = transport_attach(s->transport, s->kinds, s->stdio);
	s->result->step = error == 0 ? PRUN_STEP_NONE : PRUN_STEP_PIPE;
	if (error != 0)
		s->result->flags |= PRUN_RESULT_NOT_STARTED;
	return error;
}

int
start_child(const struct start_request *s, void *stack)
{
	int error = start_open(s);

	s->plan->worker_fd = s->worker ? s->stdio->status[1] : 0;
	if (error == 0)
		error = child_start(s->child, s->plan, s->stdio->child, stack,
		    s->result);
	stdio_close_child(s->stdio);
	if (error != 0) {
		stdio_close(s->stdio);
		transport_detach(s->transport);
		return error;
	}
	transport_started(s->transport, s->child->pid, s->child->pidfd);
	return 0;
}

int
start_one(struct start_request *s)
{
	void *stack = spawn_stack_new();
	int error = stack == NULL ? -ENOMEM : 0;

	s->null = fd_open("/dev/null", O_RDWR, 0);
	if (error == 0 && s->null < 0)
		error = s->null;
	if (error == 0)
		error = start_child(s, stack);
	if (s->null >= 0)
		fd_close(&s->null);
	spawn_stack_free(stack);
	return error;
}
