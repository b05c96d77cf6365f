/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_process: one child that the program itself waits for and kills, and our
 * ends of its pipes.  Knows no pool.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/process.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/proc.h"
#include "process/spec_copy.h"
#include "process/stdio.h"
#include "transport/start.h"
#include "transport/transport.h"

bool
process_is_ours(const struct prun_process *p)
{
	return p->owner == getpid();
}

static int
process_start(struct prun_process *p, const struct prun_spec *spec,
    const struct start_function *function)
{
	struct start_request start = { .transport = &p->transport,
		.ops = transport_of(spec),
		.child = &p->child,
		.stdio = &p->stdio,
		.result = &p->result };

	p->since = proc_now();
	return start_spec(&start, spec, function);
}

int
prun_process_start(const struct prun_spec *spec, struct prun_process **pp)
{
	enum prun_step step;

	return prun_process_start_step(spec, &step, pp);
}

static int
process_new(const struct prun_spec *spec, const struct start_function *function,
    enum prun_step *step, struct prun_process **pp)
{
	struct prun_process *p = calloc(1, sizeof(*p));
	int error;

	*step = PRUN_STEP_NONE;
	if (p == NULL)
		return -ENOMEM;
	p->owner = getpid();
	p->log = (struct log){ spec->log, spec->log_arg };
	child_init(&p->child);
	/* The caller may have it in a loop of his own, from which he takes it out later. */
	p->child.keeps_pidfd = true;
	stdio_init(&p->stdio);
	error = process_start(p, spec, function);
	if (error != 0) {
		*step = p->result.step;
		log_line(&p->log, LOG_WARNING, "not started: %s: %s",
		    prun_step_name(*step), strerrordesc_np(-error));
		prun_process_free(p);
		return error;
	}
	log_line(&p->log, LOG_INFO, "pid %ld: started", (long)p->child.pid);
	*pp = p;
	return 0;
}

int
prun_process_start_step(const struct prun_spec *spec, enum prun_step *step,
    struct prun_process **pp)
{
	struct spec_in own;
	int error = spec_in(&own, spec, spec->size);

	*step = PRUN_STEP_NONE;
	return error != 0 ? error : process_new(&own.spec, NULL, step, pp);
}

int
prun_process_start_fn(const struct prun_spec *spec, const char *name,
    prun_process_fn *fn, void *arg, struct prun_process **pp)
{
	const struct start_function function = { fn, arg, name };
	struct spec_in own = { 0 };
	const struct prun_spec *copy = &own.spec;
	enum prun_step step;
	int error = spec != NULL ? spec_in(&own, spec, spec->size) : 0;

	if (error != 0)
		return error;
	if (fn == NULL || copy->argv != NULL || copy->command != NULL ||
	    copy->file != NULL || copy->sudo != NULL)
		return -EINVAL;
	return process_new(copy, &function, &step, pp);
}

void
prun_process_free(struct prun_process *p)
{
	if (p == NULL)
		return;
	if (p->child.alive && process_is_ours(p)) {
		(void)prun_process_kill(p);
		(void)prun_process_wait(p, -1, NULL);
	}
	stdio_close(&p->stdio);
	transport_detach(&p->transport);
	transport_fini(&p->transport);
	child_fini(&p->child);
	buf_fini(&p->input);
	buf_fini(&p->output[0]);
	buf_fini(&p->output[1]);
	free(p);
}

pid_t
prun_process_pid(const struct prun_process *p)
{
	return p->child.pid;
}

int
prun_process_fd(const struct prun_process *p)
{
	return p->child.pidfd;
}

int
prun_process_stdin(const struct prun_process *p)
{
	return p->stdio.parent[0];
}

int
prun_process_stdout(const struct prun_process *p)
{
	return p->stdio.parent[1];
}

int
prun_process_stderr(const struct prun_process *p)
{
	return p->stdio.parent[2];
}

void
prun_process_close_stdin(struct prun_process *p)
{
	fd_close(&p->stdio.parent[0]);
}

void
prun_process_close_stdout(struct prun_process *p)
{
	fd_close(&p->stdio.parent[1]);
}

void
prun_process_close_stderr(struct prun_process *p)
{
	fd_close(&p->stdio.parent[2]);
}

int
prun_process_poll(struct prun_process *p, struct prun_result *r)
{
	const bool alive = p->child.alive;
	int rc = 1;

	if (!process_is_ours(p))
		return -EPERM;
	if (result_check(r) != 0)
		return -EINVAL;
	if (alive)
		rc = child_reap(&p->child, &p->result);
	if (rc == 1)
		p->result.flags |= transport_settle(&p->transport);
	if (rc == 1 && alive)
		log_line(&p->log, LOG_INFO, "pid %ld: ended: status %d",
		    (long)p->child.pid, p->result.status);
	if (rc == 1)
		result_out(r, &p->result);
	return rc;
}

int
prun_process_wait(struct prun_process *p, double timeout, struct prun_result *r)
{
	int rc = 1;

	if (!process_is_ours(p))
		return -EPERM;
	if (result_check(r) != 0)
		return -EINVAL;
	if (p->child.alive)
		rc = child_await(&p->child, clock_deadline(timeout));
	if (rc == 0)
		return -ETIMEDOUT;
	if (rc > 0)
		rc = prun_process_poll(p, r);
	return rc < 0 ? rc : 0;
}

int
prun_process_signal(struct prun_process *p, int sig)
{
	return process_is_ours(p) ? child_signal(&p->child, sig) : -EPERM;
}

int
prun_process_terminate(struct prun_process *p)
{
	return prun_process_signal(p, SIGTERM);
}

int
prun_process_kill(struct prun_process *p)
{
	const struct tree_target target = { .leader = p->child.pid,
		.started = p->since };

	if (!process_is_ours(p))
		return -EPERM;
	/*
	 * The command may be a child of the process that was started here, and may
	 * outlive it.  While the child is held, no other process gets its pid.
	 */
	if (transport_is_foreign(&p->transport) && child_hold(&p->child) == 0) {
		(void)transport_kill_tree(&p->transport, &target);
		child_release(&p->child);
	}
	return child_signal(&p->child, SIGKILL);
}
