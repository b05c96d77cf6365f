/* SPDX-License-Identifier: ISC */

/*
 * Owns --limit COMMAND: a command that is run before each start, and whose exit
 * status says whether the job may start.  It may run for long: the pool's loop
 * watches for its end.
 */
#include <sys/epoll.h>

#include "policy/limit.h"

enum {
	STATUS_OVER = 1,
	STATUS_WAY_OVER = 2
};

struct limit_command {
	struct limit limit;
	struct prun_process *process; /* NULL if the command does not run */
	struct prun_watch *watch;
	bool known; /* the answer has come, and was not used yet */
	enum limit_answer answer;
};

static bool
wanted(const struct limit_rules *rules)
{
	return rules->command != NULL;
}

static void
ended(int fd, unsigned events, void *arg)
{
	struct limit_command *c = arg;
	struct prun_result r = { .size = sizeof(r) };

	(void)fd, (void)events;
	if (prun_process_poll(c->process, &r) == 0)
		return;
	prun_watch_free(c->watch);
	prun_process_free(c->process);
	c->process = NULL;
	c->known = true;
	c->answer = r.status == STATUS_OVER ? LIMIT_NO :
	    r.status == STATUS_WAY_OVER     ? LIMIT_KILL :
					      LIMIT_YES;
	c->limit.context->wake(c->limit.context->arg);
	/* The next start runs the command again. */
	c->known = false;
}

static enum limit_answer
start(struct limit_command *c)
{
	const struct limit_context *context = c->limit.context;
	const char *argv[] = { context->shell, "-c", context->rules->command,
		NULL };
	const struct prun_spec spec = {
		.size = sizeof(spec),
		.argv = argv,
		.in = { .kind = PRUN_STDIO_NULL },
		.flags = PRUN_SPEC_NEW_GROUP | PRUN_SPEC_KEEP_IGNORED |
		    PRUN_SPEC_DIE_WITH_PARENT,
		.setenv = context->setenv,
		.sigmask = context->sigmask,
		.sigdefault = context->sigdefault,
	};

	if (prun_process_start(&spec, &c->process) != 0)
		return LIMIT_NO;
	if (prun_pool_watch(context->pool, prun_process_fd(c->process), EPOLLIN,
		ended, c, &c->watch) == 0)
		return LIMIT_LATER;
	prun_process_free(c->process);
	c->process = NULL;
	return LIMIT_NO;
}

static enum limit_answer
try(struct limit *l, int64_t now)
{
	struct limit_command *c = (struct limit_command *)l;

	(void)now;
	if (c->process != NULL)
		return LIMIT_LATER;
	if (c->known) {
		c->known = false;
		return c->answer;
	}
	return start(c);
}

static void
fini(struct limit *l)
{
	prun_process_free(((struct limit_command *)l)->process);
}

const struct limit_ops limit_command = {
	.size = sizeof(struct limit_command),
	.wanted = wanted,
	.try = try,
	.fini = fini,
};
