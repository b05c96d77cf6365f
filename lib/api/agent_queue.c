/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that were sent before they had a slot, and the slots of jobs that
 * have ended: a waiting job starts in such a slot.  Both ends of the connection give
 * the slots to the jobs in the same order, so they need not tell each other.
 */
#include <errno.h>
#include <stdlib.h>

#include "api/agent.h"

/* A slot in which a job has ended. */
struct agent_vacancy {
	TAILQ_ENTRY(agent_vacancy) entry;
	unsigned slot;
	uint64_t end; /* how many jobs had ended, this one included */
};

static void
place_drop(struct agent *a, struct agent_vacancy *place)
{
	TAILQ_REMOVE(&a->places, place, entry);
	free(place);
}

void
agent_queue_init(struct agent *a)
{
	TAILQ_INIT(&a->places);
	TAILQ_INIT(&a->queue);
	TAILQ_INIT(&a->ready);
}

void
agent_queue_fini(struct agent *a)
{
	struct agent_vacancy *place;

	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the first place is removed. */
	while ((place = TAILQ_FIRST(&a->places)) != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		place_drop(a, place);
}

/*
 * The other side knows of these ends: it has given the slots to other jobs, or to
 * jobs that wait here.
 */
void
agent_queue_known(struct agent *a, uint64_t ended)
{
	struct agent_vacancy *place;

	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the first place is removed. */
	while ((place = TAILQ_FIRST(&a->places)) != NULL && place->end <= ended)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		place_drop(a, place);
}

/*
 * The other side gives the same slots to the same jobs before it reads the next
 * frame.  So it never asks for a job back that has a slot.
 */
static void
give_places(struct agent *a)
{
	struct agent_vacancy *place;
	struct agent_job *job;

	while ((job = TAILQ_FIRST(&a->queue)) != NULL &&
	    (place = TAILQ_FIRST(&a->places)) != NULL) {
		TAILQ_REMOVE(&a->queue, job, wait);
		TAILQ_INSERT_TAIL(&a->ready, job, wait);
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the first place is removed. */
		job->slot = place->slot;
		job->ready = true;
		place_drop(a, place);
	}
}

void
agent_queue_ended(struct agent_job *job)
{
	struct agent *a = job->agent;
	struct agent_vacancy *place = calloc(1, sizeof(*place));

	if (place == NULL) {
		agent_end(a, -ENOMEM);
		return;
	}
	place->slot = job->slot;
	place->end = ++a->nended;
	TAILQ_INSERT_TAIL(&a->places, place, entry);
	give_places(a);
}

int
agent_queue_add(struct agent_job *job, const struct frame *f)
{
	int error = buf_add(&job->waiting, f->data, f->len);

	if (error != 0)
		return error;
	job->waits = true;
	TAILQ_INSERT_TAIL(&job->agent->queue, job, wait);
	give_places(job->agent);
	return 0;
}

void
agent_queue_remove(struct agent_job *job)
{
	if (!job->waits)
		return;
	if (job->ready)
		TAILQ_REMOVE(&job->agent->ready, job, wait);
	else
		TAILQ_REMOVE(&job->agent->queue, job, wait);
	job->waits = job->ready = false;
	buf_fini(&job->waiting);
}
