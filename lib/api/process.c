/* SPDX-License-Identifier: ISC */

/*
 * Owns prun_process: one child that its caller looks after himself, with our
 * ends of its pipes.  Knows no pool.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/process.h"
#include "base/clock.h"
#include "base/fd.h"
#include "kill/proc.h"
#include "process/plan.h"
#include "process/spawn.h"
#include "process/stdio.h"
#include "transport/sudo_prompt.h"
#include "transport/sudo_run.h"

static int
process_start(struct prun_process *p, const struct prun_spec *spec)
{
	struct plan_base base;
	struct plan *plan = &p->plan;
	void *stack = NULL;
	int error, null = -1;

	plan_base_init(&base);
	error = plan_set(plan, spec, &base, NULL);
	if (error != 0)
		goto out;
	null = fd_open("/dev/null", O_RDWR, 0);
	error = null < 0 ? null :
			   stdio_open(&p->stdio, plan->stdio, null, false);
	if (error == 0 && plan->sudo.asks)
		error = sudo_talk_new(&plan->sudo, plan->stdio, &p->stdio,
		    &p->talk);
	if (error != 0)
		goto out;
	p->since = proc_now();
	stack = spawn_stack_new();
	error = stack == NULL ?
	    -ENOMEM :
	    child_start(&p->child, plan, p->stdio.child, stack, &p->result);
out:
	spawn_stack_free(stack);
	stdio_close_child(&p->stdio);
	if (null >= 0)
		fd_close(&null);
	if (error == 0 && p->talk != NULL)
		error = sudo_talk_start(p->talk, p->child.pid, p->child.pidfd);
	if (!plan->sudo.on)
		plan_fini(plan);
	return error;
}

int
prun_process_start(const struct prun_spec *spec, struct prun_process **pp)
{
	struct prun_process *p = calloc(1, sizeof(*p));
	int error;

	if (p == NULL)
		return -ENOMEM;
	child_init(&p->child);
	stdio_init(&p->stdio);
	error = process_start(p, spec);
	if (error != 0) {
		prun_process_free(p);
		return error;
	}
	*pp = p;
	return 0;
}

void
prun_process_free(struct prun_process *p)
{
	if (p == NULL)
		return;
	if (p->child.alive) {
		(void)prun_process_kill(p);
		(void)prun_process_wait(p, -1, NULL);
	}
	stdio_close(&p->stdio);
	sudo_talk_free(p->talk);
	plan_fini(&p->plan);
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

int
prun_process_poll(struct prun_process *p, struct prun_result *r)
{
	int rc = 1;

	if (p->child.alive)
		rc = child_reap(&p->child, &p->result);
	if (rc == 1 && p->talk != NULL)
		p->result.flags |= sudo_talk_verdict(p->talk);
	if (rc == 1 && r != NULL)
		*r = p->result;
	return rc;
}

int
prun_process_wait(struct prun_process *p, double timeout, struct prun_result *r)
{
	int rc = 1;

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
	return child_signal(&p->child, sig);
}

int
prun_process_terminate(struct prun_process *p)
{
	return child_signal(&p->child, SIGTERM);
}

int
prun_process_kill(struct prun_process *p)
{
	const struct tree_target target = { .leader = p->child.pid,
		.started = p->since };

	/* Of sudo alone its command would survive; held, its number is ours. */
	if (p->plan.sudo.on && child_hold(&p->child) == 0) {
		(void)sudo_kill_tree(&p->plan.sudo, &target);
		child_release(&p->child);
	}
	return child_signal(&p->child, SIGKILL);
}
