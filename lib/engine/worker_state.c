/* SPDX-License-Identifier: ISC */

/*
 * Owns the states of a worker, and tells its end.  The end has two parts, which may come
 * in any order: the death of the process and the end of its pipes.  Knows neither how the
 * process is started nor when a pipe is read.
 */
#include "engine/worker.h"
#include "output/mux.h"
#include "transport/transport.h"

#ifdef PRUN_DEBUG
#include <assert.h>
#else
#define assert(condition) ((void)sizeof(condition))
#endif

static const unsigned char worker_next[WORKER_STATES] = {
	/*
	 * An idle worker becomes DEAD when its start has failed because something was
	 * short, and is not tried again.
	 */
	[WORKER_IDLE] = 1u << WORKER_STARTING | 1u << WORKER_DEAD,
	/* From STARTING: it runs, could not be started, or may be started again later. */
	[WORKER_STARTING] = 1u << WORKER_RUNNING | 1u << WORKER_READY |
	    1u << WORKER_DEAD | 1u << WORKER_IDLE,
	[WORKER_RUNNING] = 1u << WORKER_READY | 1u << WORKER_DEAD,
	[WORKER_READY] = 1u << WORKER_RUNNING | 1u << WORKER_DEAD,
	[WORKER_DEAD] = 1u << WORKER_IDLE,
};

void
worker_set_state(struct worker *w, enum worker_state state)
{
	assert(worker_next[w->state] & 1u << state);
	w->state = state;
}

bool
worker_lives(const struct worker *w)
{
	return w->state == WORKER_RUNNING || w->state == WORKER_READY;
}

void
worker_count_output(struct worker *w)
{
	struct prun_result *r = w->job.result;
	const struct task_output *o = w->job.output;

	r->out_bytes = o->stream[0].total;
	r->err_bytes = o->stream[1].total;
	r->tail = task_output_tail(o, w->engine->mux.opts.tail, &r->tail_len);
}

void
worker_settle(struct worker *w)
{
	struct engine *engine = w->engine;
	struct prun_result *r = w->job.result;

	if (w->state == WORKER_RUNNING)
		w->service->settle(w);
	if (w->state != WORKER_DEAD || worker_pipes_are_open(w))
		return;
	r->flags |= transport_settle(w->job.transport);
	transport_detach(w->job.transport);
	loop_timer_stop(&engine->loop, &w->grace);
	mailbox_withdraw(&engine->loop.mailbox, &w->mail);
	if (atomic_load(&w->timed_out))
		r->flags |= PRUN_RESULT_TIMED_OUT;
	w->service->ended(w);
	if (w->job.task != NULL)
		worker_count_output(w);
	engine->ops->ended(w);
}
