/* SPDX-License-Identifier: ISC */

/*
 * Owns the rule of make's job server: one of the running jobs needs no token, and each
 * other job has one.  A job of weight N counts as N jobs: it gets all of its tokens at
 * once, or gives back those that it has got.
 */
#include <sys/epoll.h>

#include "policy/jobserver.h"
#include "policy/limit.h"

/*
 * Tokens that are given back can be read again at once.  So a job that needs more of them
 * waits so many seconds before it tries again.
 */
#define PAUSE 0.05

struct limit_jobserver {
	struct limit limit;
	unsigned running; /* the sum of the weights of the running jobs */
	bool waits;
	struct prun_watch *watch;
	uint64_t timer; /* 0 if no timer runs */
};

static bool
wanted(const struct limit_rules *rules)
{
	return rules->jobserver != NULL;
}

/* A job that is heavier than the number of all jobs counts as that number. */
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

/* Makes the loop call wake when tokens may have come, or after a pause. */
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
	/* If the watch fails, the pool asks again after a second. */
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
	/* The job that needs no token may be another one now. */
	if (l->waits && l->running == 0)
		look_again(l);
}

/* Also gives back the tokens of jobs that were dropped before they began. */
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
