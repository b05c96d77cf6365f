/* SPDX-License-Identifier: ISC */

/* Owns the public functions for the hosts of a pool. */
#include <errno.h>

#include "api/agent.h"
#include "base/secret.h"
#include "base/sized.h"
#include "engine/host.h"
#include "pool/pool.h"
#include "transport/remote.h"

/* The size of the structures when they were first published. */
#define HOST_FIRST SIZED_UP_TO(struct prun_host_opts, arg)
#define FILES_FIRST SIZED_UP_TO(struct prun_spec, nfetch)
#define SLOTS 1024
#define SLOTS_MOST 1000000
#define HEARTBEAT 5.0
#define HEARTBEAT_LEAST 0.05
#define CONNECT_TIMEOUT 30.0

int
prun_host_new(struct prun_pool *pool, const struct prun_host_opts *opts,
    struct prun_host **hp)
{
	struct prun_host_opts own;
	int error;

	if (!pool_is_ours(pool))
		return -EPERM;
	error = sized_in(&own, sizeof(own), opts, opts->size, HOST_FIRST);
	if (error == 0 && own.files != NULL)
		error = sized_check(own.files->size, FILES_FIRST);
	if (error != 0)
		return error;
	if (own.slots == 0)
		own.slots = SLOTS;
	if (own.heartbeat == 0)
		own.heartbeat = HEARTBEAT;
	if (own.connect_timeout == 0)
		own.connect_timeout = CONNECT_TIMEOUT;
	if ((own.argv != NULL && own.argv[0] == NULL) ||
	    (own.job_argv != NULL &&
		(own.argv == NULL || own.job_argv[0] == NULL ||
		    own.worker != NULL || own.secret != NULL)) ||
	    (own.secret != NULL && own.secret->size > AGENT_SECRET_MOST) ||
	    own.slots > SLOTS_MOST || !(own.heartbeat >= HEARTBEAT_LEAST) ||
	    !(own.heartbeat < 1e6) || !(own.connect_timeout > 0))
		return -EINVAL;
	return host_open(&pool->engine, &own, hp);
}

void
prun_host_close(struct prun_host *host)
{
	host_close(host);
}

int
prun_host_ask(struct prun_host *host, const char *question)
{
	return host_ask(host, question);
}

int
prun_host_ahead(const struct prun_pool *pool, const struct prun_host *host)
{
	return pool_is_ours(pool) ? pool_room_ahead(pool, host) : 0;
}

unsigned
prun_pool_ahead(const struct prun_pool *pool)
{
	return ahead_count(pool);
}

int
prun_pool_recall(struct prun_pool *pool, uint64_t id)
{
	if (!pool_is_ours(pool))
		return -EPERM;
	return ahead_recall(pool, id) ? 0 : -ESRCH;
}

int
prun_pool_move(struct prun_pool *pool, uint64_t id, struct prun_host *host)
{
	struct task *task = task_find(&pool->tasks, TASK_TRIED, id);
	struct remote_job *job;

	if (!pool_is_ours(pool))
		return -EPERM;
	if (task == NULL)
		task = task_find(&pool->tasks, TASK_WAITING, id);
	if (task == NULL)
		return -ESRCH;
	job = transport_remote_job(&task->transport);
	if (job == NULL || (host != NULL && host->engine != &pool->engine))
		return -EINVAL;
	if (host != NULL)
		job->host = host;
	task->no_host = host == NULL;
	return 0;
}
