/* SPDX-License-Identifier: ISC */

/*
 * Owns the escalation from TERM to KILL.  Jobs whose time is up at the same moment are
 * killed as one batch, so that a thousand timeouts cost one pass over /proc and not a
 * thousand.  Nobody reaps a leader while a batch holds it (child_hold()), so no pid is
 * used again meanwhile.  Also reads kill sequences as users write them.  Knows no pool and
 * no pipes.  The file is long because all kills of a batch go through the same steps.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/proc.h"
#include "kill/terminate.h"
#include "kill/tree.h"

#define NS_PER_MS INT64_C(1000000)
#define FIRST_LOOK (2 * NS_PER_MS)
/* The wait after the last signal of a sequence that does not say how long it is. */
#define LAST_WAIT (25 * NS_PER_MS)
#define LONGEST_WAIT 86400000 /* a day, in milliseconds */

static int
parse_wait(const char *text, size_t len, int64_t *ns)
{
	int64_t ms = 0;

	if (len == 0)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		ms = ms * 10 + (text[i] - '0');
		if (ms > LONGEST_WAIT)
			return -EINVAL;
	}
	*ns = ms * NS_PER_MS;
	return 0;
}

int
termseq_parse(const char *text, struct termseq *seq)
{
	struct termseq_step *step;
	size_t len;
	bool last;

	for (seq->n = 0; seq->n < TERMSEQ_STEPS;) {
		step = &seq->step[seq->n++];
		len = strcspn(text, ",");
		step->sig = status_signal(text, len);
		step->wait = LAST_WAIT;
		if (step->sig == 0)
			return -EINVAL;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
		len = strcspn(text, ",");
		last = text[len] == '\0';
		if (parse_wait(text, len, &step->wait) != 0)
			return -EINVAL;
		if (last)
			return 0;
		text += len + 1;
	}
	return -EINVAL;
}

struct terminate_batch {
	LIST_ENTRY(terminate_batch) entry;
	struct terminator *terminator;
	struct timer_event event;
	struct termination_list members;
	size_t leaders; /* how many leaders live */
	size_t step; /* index of the next step of the kill sequence */
	int64_t due; /* when the next step is taken */
	/* Time until the next look at the processes, once all leaders are dead. */
	int64_t look;
	bool hurry;
	/* That of a member which has one; NULL: no member has. */
	terminate_kill_fn *kill;
	void *kill_arg;
	struct tree_kill tree; /* only used by the Timer thread */
	/* Where tree.targets points if the batch has room for one job. */
	struct tree_target one;
};

static void terminator_gather(void *arg);

void
terminator_init(struct terminator *t, struct timer *timer,
    const struct termseq *seq, terminate_ended_fn *ended, void *arg)
{
	*t = (struct terminator){ .timer = timer,
		.seq = *seq,
		.ended = ended,
		.arg = arg };
	pthread_mutex_init(&t->lock, NULL);
	TAILQ_INIT(&t->waiting);
	LIST_INIT(&t->batches);
}

static void
batch_fini(struct terminate_batch *b)
{
	tree_kill_fini(&b->tree);
	if (b->tree.targets != &b->one)
		free((struct tree_target *)(uintptr_t)b->tree.targets);
}

static void
batch_free(struct terminate_batch *b)
{
	batch_fini(b);
	free(b);
}

static struct terminate_batch *
batch_new(size_t n)
{
	struct terminate_batch *b = calloc(1, sizeof(*b));

	if (b == NULL || n == 1)
		return b;
	b->tree.targets = calloc(n, sizeof(*b->tree.targets));
	if (b->tree.targets != NULL)
		return b;
	free(b);
	return NULL;
}

/* The caller holds the lock. */
static void
batch_put_away(struct terminate_batch *b)
{
	struct terminator *t = b->terminator;

	if (t->spare != NULL) {
		batch_free(b);
		return;
	}
	batch_fini(b);
	*b = (struct terminate_batch){ 0 };
	t->spare = b;
}

void
terminator_fini(struct terminator *t)
{
	struct terminate_batch *b;

	while ((b = LIST_FIRST(&t->batches)) != NULL) {
		LIST_REMOVE(b, entry);
		batch_free(b);
	}
	free(t->spare);
	pthread_mutex_destroy(&t->lock);
}

/*
 * A kill that has begun must not fail for want of memory, so a batch for one job is
 * kept.
 */
static int
terminator_provide(struct terminator *t)
{
	if (t->spare == NULL && LIST_EMPTY(&t->batches))
		t->spare = batch_new(1);
	return t->spare == NULL && LIST_EMPTY(&t->batches) ? -ENOMEM : 0;
}

int
terminator_start(struct terminator *t, struct termination *x)
{
	int error = child_hold(x->child);

	if (error != 0)
		return error;
	pthread_mutex_lock(&t->lock);
	error = terminator_provide(t);
	if (error == 0)
		error = timer_start(t->timer, &t->event, clock_now(),
		    terminator_gather, t);
	if (error == 0) {
		x->batch = NULL;
		x->active = true;
		TAILQ_INSERT_TAIL(&t->waiting, x, entry);
	}
	pthread_mutex_unlock(&t->lock);
	if (error != 0)
		child_release(x->child);
	return error;
}

/*
 * Tell each member that its termination has ended, then forget the batch.  The children
 * are still held, and whoever is told releases them: so none is reaped and freed
 * before.
 */
static void
batch_end(struct terminate_batch *b)
{
	struct terminator *t = b->terminator;
	struct termination *x;

	pthread_mutex_lock(&t->lock);
	/*
	 * The lock is held, since other threads start the event of any batch that is in
	 * the list.
	 */
	(void)timer_withdraw(t->timer, &b->event);
	LIST_REMOVE(b, entry);
	while ((x = TAILQ_FIRST(&b->members)) != NULL) {
		TAILQ_REMOVE(&b->members, x, entry);
		x->active = false;
		x->batch = NULL;
		t->ended(x, t->arg);
	}
	batch_put_away(b);
	pthread_mutex_unlock(&t->lock);
}

static void
batch_log(const struct terminate_batch *b, int sig)
{
	const struct log *log = b->terminator->log;
	const struct termination *x;
	const char *name = sigabbrev_np(sig);

	if (log == NULL || log->fn == NULL || sig == 0)
		return;
	TAILQ_FOREACH(x, &b->members, entry)
		log_line(log, LOG_INFO,
		    "pid %ld and its descendants get signal %d (%s)",
		    (long)x->child->pid, sig, name != NULL ? name : "RT");
}

static int
batch_signal(struct terminate_batch *b, int sig)
{
	batch_log(b, sig);
	if (sig == 0 || b->kill == NULL)
		return tree_kill(&b->tree, sig);
	return b->kill(&b->tree, sig, b->kill_arg);
}

/*
 * The whole sequence has been tried: note which jobs still have a process that this
 * process has no right to signal.
 */
static void
batch_judge(struct terminate_batch *b)
{
	struct termination *x;
	struct tree_target target;
	bool any = b->kill != NULL && tree_kill(&b->tree, 0) > 0;

	TAILQ_FOREACH(x, &b->members, entry) {
		target = (struct tree_target){ .leader = x->child->pid,
			.job_mark = x->job_mark,
			.started = x->started };
		x->survived = any && x->kill != NULL &&
		    (b->tree.count == 1 || tree_signal(&target, 0) > 0);
	}
}

/*
 * The signal that is due now; 0: only look which processes live; -1: the last step was
 * taken.
 */
static int
batch_next_signal(struct terminate_batch *b, int64_t now)
{
	const struct termseq *seq = &b->terminator->seq;
	int sig = 0;

	if (b->hurry) {
		b->hurry = false;
		b->step = seq->n;
		b->due = now + LAST_WAIT;
		return SIGKILL;
	}
	if (now < b->due)
		return 0;
	if (b->step == seq->n)
		return -1;
	sig = seq->step[b->step].sig;
	b->due = now + seq->step[b->step].wait;
	b->step++;
	b->look = FIRST_LOOK;
	return sig;
}

static int
batch_schedule(struct terminate_batch *b)
{
	int64_t next = b->due, look;

	if (b->leaders == 0) {
		look = clock_now() + b->look;
		b->look *= 2;
		if (look < next)
			next = look;
	}
	if (b->hurry)
		next = clock_now();
	/*
	 * The event has been started before, so the timer has memory for it and its
	 * thread runs.
	 */
	return timer_start(b->terminator->timer, &b->event, next, b->event.fn,
	    b);
}

static void
batch_fire(void *arg)
{
	struct terminate_batch *b = arg;
	struct terminator *t = b->terminator;
	int sig, alive = 0;

	pthread_mutex_lock(&t->lock);
	sig = batch_next_signal(b, clock_now());
	pthread_mutex_unlock(&t->lock);
	if (sig >= 0)
		alive = batch_signal(b, sig);
	if (sig < 0 || alive == 0) {
		if (sig < 0)
			batch_judge(b);
		batch_end(b);
		return;
	}
	pthread_mutex_lock(&t->lock);
	if (batch_schedule(b) != 0)
		sig = -1;
	pthread_mutex_unlock(&t->lock);
	if (sig < 0)
		batch_end(b);
}

/* Move the first n that wait into the batch. */
static void
batch_fill(struct terminate_batch *b, size_t n)
{
	struct terminator *t = b->terminator;
	struct tree_target *targets = (struct tree_target *)(uintptr_t)
					  b->tree.targets;
	struct termination *x;

	if (targets == NULL)
		b->tree.targets = targets = &b->one;
	while (n-- > 0) {
		x = TAILQ_FIRST(&t->waiting);
		TAILQ_REMOVE(&t->waiting, x, entry);
		TAILQ_INSERT_TAIL(&b->members, x, entry);
		x->batch = b;
		b->leaders += !x->dead;
		if (x->kill != NULL) {
			b->kill = x->kill;
			b->kill_arg = x->kill_arg;
		}
		x->survived = false;
		targets[b->tree.count++] = (struct tree_target){
			.leader = x->child->pid,
			.job_mark = x->job_mark,
			.started = x->started,
		};
	}
	LIST_INSERT_HEAD(&t->batches, b, entry);
}

/*
 * Make a batch of all terminations that wait.  If there is no memory, the spare batch
 * takes the first of them; NULL if the spare is in use.
 */
static struct terminate_batch *
terminator_make_batch(struct terminator *t)
{
	struct terminate_batch *b;
	struct termination *x;
	size_t n = 0;

	TAILQ_FOREACH(x, &t->waiting, entry)
		n++;
	if (n == 0)
		return NULL;
	b = batch_new(n);
	if (b == NULL) {
		n = 1;
		b = t->spare;
		t->spare = NULL;
	}
	if (b == NULL)
		return NULL;
	b->terminator = t;
	b->event.fn = batch_fire;
	b->look = FIRST_LOOK;
	TAILQ_INIT(&b->members);
	batch_fill(b, n);
	return b;
}

/*
 * The Timer thread runs this after all timeouts that were due at the same time: they
 * have put their jobs into the waiting list by now.
 */
static void
terminator_gather(void *arg)
{
	struct terminator *t = arg;
	struct terminate_batch *b;

	pthread_mutex_lock(&t->lock);
	b = terminator_make_batch(t);
	if (b != NULL)
		b->hurry = t->hurry;
	if (TAILQ_EMPTY(&t->waiting))
		t->hurry = false;
	else
		/* There was no memory for all of them: the others are tried again soon. */
		(void)timer_start(t->timer, &t->event,
		    clock_now() + 10 * NS_PER_MS, terminator_gather, t);
	pthread_mutex_unlock(&t->lock);
	if (b != NULL)
		batch_fire(b);
}

void
terminator_leader_died(struct terminator *t, struct termination *x)
{
	pthread_mutex_lock(&t->lock);
	/* A leader may die before x is in a batch. */
	if (!x->dead) {
		x->dead = true;
		if (x->batch != NULL && --x->batch->leaders == 0)
			(void)timer_start(t->timer, &x->batch->event,
			    clock_now(), batch_fire, x->batch);
	}
	pthread_mutex_unlock(&t->lock);
}

void
terminator_hurry(struct terminator *t)
{
	struct terminate_batch *b;

	pthread_mutex_lock(&t->lock);
	t->hurry = !TAILQ_EMPTY(&t->waiting);
	LIST_FOREACH(b, &t->batches, entry) {
		b->hurry = true;
		(void)timer_start(t->timer, &b->event, clock_now(), batch_fire,
		    b);
	}
	pthread_mutex_unlock(&t->lock);
}
