/* SPDX-License-Identifier: ISC */

/*
 * Owns the order of the steps of a start.  Knows neither who asks for the start nor who
 * waits for the child.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "process/child.h"
#include "process/plan.h"
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

/* This process still holds both ends of the pipe, so the write raises no SIGPIPE. */
static void
start_feed(const struct start_request *s)
{
	const struct prun_input input = plan_input(s->plan);
	ssize_t n;

	if (s->fed == NULL)
		return;
	n = write(s->stdio->parent[STDIN_FILENO], input.data, input.len);
	*s->fed = n > 0 ? (size_t)n : 0;
}

int
start_child(const struct start_request *s, void *stack)
{
	int error = start_open(s);

	if (s->worker)
		s->plan->worker_fd = s->stdio->status[1];
	if (error == 0) {
		start_feed(s);
		error = child_start(s->child, s->plan, s->stdio->child, stack,
		    s->result);
	}
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

struct function_call {
	const struct start_function *function;
	const struct start_request *start;
};

/*
 * Runs in the new process.  No exec closes the descriptors that are close-on-exec, so
 * they are closed here: a child that held this process's ends of its own pipes would
 * never see the pipes end.
 */
static int
call_function(void *arg)
{
	const struct function_call *call = arg;
	int null = call->start->null;

	stdio_close_child(call->start->stdio);
	stdio_close(call->start->stdio);
	fd_close(&null);
	return call->function->fn(call->function->arg);
}

int
start_spec(struct start_request *s, const struct prun_spec *spec,
    const struct start_function *function)
{
	static const char *const no_program[] = { "function", NULL };
	struct prun_spec copy = *spec;
	struct plan_base base;
	struct plan plan = { 0 };
	struct function_call call = { function, s };
	int error;

	plan_base_init(&base);
	if (function != NULL) {
		plan.fn = call_function;
		plan.fn_arg = &call;
		plan.fn_name = function->name;
		/* A plan needs the name of a program, but nobody looks for this one. */
		copy.argv = no_program;
		copy.file = no_program[0];
	}
	error = transport_plan(s->transport, s->ops, &plan, &copy, &base, NULL);
	for (int i = 0; i < 3; i++)
		s->kinds[i] = plan.stdio[i];
	s->plan = &plan;
	if (error == 0)
		error = start_one(s);
	s->plan = NULL;
	plan_fini(&plan);
	return error;
}
