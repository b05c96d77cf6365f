/* SPDX-License-Identifier: ISC */

/*
 * Owns the rule of make's job server: of the jobs that run one is free, and there is a
 * token for each other one.  A job of weight N counts as N jobs: it gets all of its tokens
 * at once, or gives back those that it has got.
 */
#include <sys/epoll.h>

#include "policy/jobserver.h"
#include "policy/limit.h"

/*
 * Tokens that were given back can be read at once: who needs more of them waits so long
 * before it looks again.
 */
#define PAUSE 0.05

struct limit_jobserver {
	struct limit limit;
	unsigned running; /* their weights */
	bool waits;
	struct prun_watch *watch;
	uint64_t timer; /* 0: none */
};

static bool
wanted(const struct limit_rules *rules)
{
	return rules->jobserver != NULL;
}

/* A job that is heavier than all that there can be counts as all of it. */
static unsigned
bounded(const struct limit_jobserver *l, unsigned weight)
{
	const struct jobserver *j = l->limit.context->rules->jobserver;

	if (weight > j->most + 1)
		weight = j->most + 1;
	if (j->jobs > 0 && weight > j->jobs)
		weight = j->jobs;
	return weight > 0 ? weight : 1;
}

static unsigned
tokens_for(unsigned running)
{
	return running > 0 ? running - 1 : 0;
}

static void
give_back(struct limit_jobserver *l)
{
	struct jobserver *j = l->limit.context->rules->jobserver;

	for (unsigned n = j->ntokens; n > tokens_for(l->running); n--)
		jobserver_give(j);
}

static void
look_again(struct limit_jobserver *l)
{
	const struct limit_context *context = l->limit.context;

	l->waits = false;
	(void)prun_watch_set(l->watch, 0);
	context->wake(context->arg);
}

static void
readable(int fd, unsigned events, void *arg)
{
	(void)fd, (void)events;
	look_again(arg);
}

static void
paused(void *arg)
{
	struct limit_jobserver *l = arg;

	l->timer = 0;
	look_again(l);
}

/* From now on the loop says when it is worth trying again. */
static enum limit_answer
wait_for_tokens(struct limit_jobserver *l, bool pause)
{
	const struct limit_context *context = l->limit.context;
	int error = 0;

	l->waits = true;
	if (pause && l->timer == 0)
		error = prun_pool_after(context->pool, PAUSE, paused, l,
		    &l->timer);
	else if (!pause && l->watch != NULL)
		error = prun_watch_set(l->watch, EPOLLIN);
	else if (!pause)
		error = prun_pool_watch(context->pool,
		    context->rules->jobserver->in, EPOLLIN, readable, l,
		    &l->watch);
	/* Without a watch the pool asks again a second later. */
	(void)error;
	return LIMIT_FULL;
}

static enum limit_answer
try(struct limit *limit, int64_t now)
{
	struct limit_jobserver *l = (struct limit_jobserver *)limit;
	struct jobserver *j = limit->context->rules->jobserver;
	const unsigned running = l->running +
	    bounded(l, limit->context->weight);
	const unsigned before = j->ntokens;

	(void)now;
	while (j->ntokens < tokens_for(running)) {
		if (j->ntokens >= j->most || !jobserver_take(j)) {
			const bool some = j->ntokens > before;

			give_back(l);
			return wait_for_tokens(l, some || before >= j->most);
		}
	}
	l->running = running;
	return LIMIT_YES;
}

static void
release(struct limit *limit)
{
	struct limit_jobserver *l = (struct limit_jobserver *)limit;
	const unsigned weight = bounded(l, limit->context->ended);

	l->running -= weight < l->running ? weight : l->running;
	give_back(l);
	if (l->running == 0)
		jobserver_refill(limit->context->rules->jobserver);
	/* The job that is free may be another one now. */
	if (l->waits && l->running == 0)
		look_again(l);
}

/* Some jobs may have been dropped before they began. */
static void
fini(struct limit *limit)
{
	struct limit_jobserver *l = (struct limit_jobserver *)limit;

	l->running = 0;
	give_back(l);
}

const struct limit_ops limit_jobserver = {
	.size = sizeof(struct limit_jobserver),
	.wanted = wanted,
	.try = try,
	.release = release,
	.fini = fini,
};
