/* SPDX-License-Identifier: ISC */

/*
 * Owns the jobs that were sent to a host ahead: how many of them keep the host busy for
 * a round trip, and which of them gets the place of a job that has ended there.  The
 * agent gives the places in the same order (api/agent_queue.c).
 */
#include "base/clock.h"
#include "engine/engine.h"
#include "engine/host.h"
#include "remote/job.h"

/*
 * If jobs take longer than so many round trips, none is sent ahead: the host loses
 * little time while it waits for the next.
 */
#define SHORT_TRIPS 2
/* So many jobs are sent ahead at most, for each one that runs there. */
#define AHEAD_MOST 16
/*
 * A new value moves the mean by this part of the difference; the mean counts only when
 * so many values have come.
 */
#define MEAN_PART 8

static void
mean_add(int64_t *mean, int64_t value)
{
	*mean += *mean == 0 ? value : (value - *mean) / MEAN_PART;
}

void
host_trip(struct prun_host *host, int64_t ns)
{
	struct host_ahead *a = &host->ahead;

	/* The shortest trip counts: in a longer one the news waited for a CPU. */
	if (ns > 0 && (a->trip == 0 || ns < a->trip))
		a->trip = ns;
}

void
host_job_ended(struct prun_host *host, double seconds)
{
	struct host_ahead *a = &host->ahead;
	int64_t ns = 0;

	a->nended++;
	a->last_end = clock_now();
	if (clock_from_seconds(seconds, &ns) == 0)
		mean_add(&a->length, ns > 0 ? ns : 1);
}

unsigned
host_wants_ahead(const struct prun_host *host)
{
	const struct host_ahead *a = &host->ahead;
	/* The news of an end may be held back, and travels then. */
	const int64_t trip = a->trip + JOB_HOLD_NS;
	const int64_t most_length = SHORT_TRIPS * trip;
	const unsigned there = host->nclients - a->n;
	uint64_t wanted;

	if (host->state != PRUN_HOST_UP || !host_has_agent(host) ||
	    host->leaving || host->resting || a->trip == 0 ||
	    a->nended < MEAN_PART || a->length >= most_length ||
	    clock_now() - a->last_end > trip + most_length)
		return 0;
	/* So many jobs end there during one round trip. */
	wanted = (uint64_t)there * (uint64_t)trip / (uint64_t)a->length;
	if (wanted > (uint64_t)there * AHEAD_MOST)
		wanted = (uint64_t)there * AHEAD_MOST;
	return (unsigned)wanted;
}

void
host_ahead_add(struct prun_host *host, struct host_client *client)
{
	TAILQ_INSERT_TAIL(&host->ahead.clients, client, ahead_entry);
	client->ahead = true;
	host->ahead.n++;
}

void
host_ahead_remove(struct prun_host *host, struct host_client *client)
{
	if (!client->ahead)
		return;
	TAILQ_REMOVE(&host->ahead.clients, client, ahead_entry);
	client->ahead = false;
	host->ahead.n--;
}

struct host_client *
host_ahead_next(struct prun_host *host)
{
	struct host_client *client = TAILQ_FIRST(&host->ahead.clients);

	if (client == NULL || host->state == PRUN_HOST_DOWN)
		return NULL;
	host_ahead_remove(host, client);
	return client;
}
