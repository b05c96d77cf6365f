/* SPDX-License-Identifier: ISC */

/*
 * Owns who is told of what comes from a host: the program that has made the host, and the
 * clients, each of which gets the frames of its number.  Knows no frame.
 */
#include "base/clock.h"
#include "engine/engine.h"
#include "engine/host.h"

static int
client_compare(const struct host_client *a, const struct host_client *b)
{
	return a->id < b->id ? -1 : a->id > b->id;
}

#define UNUSED __attribute__((unused)) static
RB_PROTOTYPE_INTERNAL(host_clients, host_client, entry, client_compare, UNUSED)
RB_GENERATE_INTERNAL(host_clients, host_client, entry, client_compare, UNUSED)

void
host_remove(struct prun_host *host, struct host_client *client)
{
	RB_REMOVE(host_clients, &host->clients, client);
	host_ahead_remove(host, client);
	host->nclients--;
}

void
host_lose_clients(void *arg)
{
	struct prun_host *host = arg;
	struct host_client *client;

	while ((client = RB_MIN(host_clients, &host->clients)) != NULL) {
		host_remove(host, client);
		client->ops->lose(client);
	}
}

void
host_tell(struct prun_host *host, enum prun_host_state state, unsigned cpus,
    const char *why)
{
	const struct prun_host_info info = { .state = state,
		.cpus = cpus,
		.why = why };

	if (host->fn != NULL)
		host->fn(host, &info, host->arg);
}

struct host_client *
host_client_find(struct prun_host *host, uint64_t id)
{
	struct host_client key = { .id = id };

	return RB_FIND(host_clients, &host->clients, &key);
}

void
host_add(struct prun_host *host, struct host_client *client)
{
	RB_INSERT(host_clients, &host->clients, client);
	host->nclients++;
	/*
	 * The client is told by a timer and not from here: whoever starts a job does
	 * not expect to be told of its end during the call.
	 */
	if (host->state == PRUN_HOST_DOWN)
		(void)loop_timer_start(&host->engine->loop, &host->losing,
		    clock_now(), host_lose_clients, host);
}
