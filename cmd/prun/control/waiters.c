/* SPDX-License-Identifier: ISC */

/* Owns the list of clients that wait, and what they are told.  Knows no pool. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "control/request.h"
#include "control/server.h"
#include "control/waiters.h"
#include "report/outcome.h"

struct waiter {
	TAILQ_ENTRY(waiter) entry;
	struct control_client *client;
	enum waiter_kind kind;
	uint64_t seq;
	/* WAITER_FOLLOW: how many bytes of each part the client has got or missed */
	uint64_t told[3];
};

void
waiters_init(struct waiters *w)
{
	*w = (struct waiters){ 0 };
	TAILQ_INIT(&w->list);
}

static void
drop(struct waiters *w, struct waiter *waiter)
{
	w->following -= waiter->kind == WAITER_FOLLOW;
	TAILQ_REMOVE(&w->list, waiter, entry);
	w->n--;
	free(waiter);
}

void
waiters_fini(struct waiters *w)
{
	struct waiter *waiter, *next;

	TAILQ_FOREACH_SAFE(waiter, &w->list, entry, next)
		drop(w, waiter);
}

int
waiters_add(struct waiters *w, struct control_client *client,
    enum waiter_kind kind, uint64_t seq)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));

	if (waiter == NULL)
		return -ENOMEM;
	*waiter = (struct waiter){ .client = client, .kind = kind, .seq = seq };
	TAILQ_INSERT_TAIL(&w->list, waiter, entry);
	w->n++;
	w->following += kind == WAITER_FOLLOW;
	return 0;
}

void
waiters_remove(struct waiters *w, struct control_client *client)
{
	struct waiter *waiter, *next;

	TAILQ_FOREACH_SAFE(waiter, &w->list, entry, next)
		if (waiter->client == client)
			drop(w, waiter);
}

static void
answer(struct waiters *w, struct waiter *waiter, json_t *text)
{
	struct control_client *client = waiter->client;

	drop(w, waiter);
	control_answer(client, text);
}

json_t *
waiters_result(const struct prun_result *r)
{
	return json_pack("{s:b, s:i, s:s}", "ok", 1, "status", r->status,
	    "outcome", outcome_name(outcome_of(r)));
}

/*
 * Sends new output to a client that follows the job.  A slow client misses what comes
 * meanwhile.
 */
static void
tell_output(struct waiter *waiter, int part, uint64_t written, struct text tail)
{
	uint64_t fresh;
	json_t *piece;

	/* The job is tried again, and its output begins anew. */
	if (written < waiter->told[part])
		waiter->told[part] = 0;
	fresh = written - waiter->told[part];
	if (fresh == 0 || control_client_is_slow(waiter->client))
		return;
	if (fresh < tail.len) {
		tail.data += tail.len - fresh;
		tail.len = (size_t)fresh;
	}
	piece = json_pack("{s:b, s:o, s:I}", "ok", 1, "data",
	    request_bytes(tail), "missed", (json_int_t)(fresh - tail.len));
	waiter->told[part] = written;
	control_tell(waiter->client, piece);
}

void
waiters_output(struct waiters *w, uint64_t seq, int part, uint64_t written,
    struct text tail)
{
	struct waiter *waiter;

	TAILQ_FOREACH(waiter, &w->list, entry)
		if (waiter->kind == WAITER_FOLLOW && waiter->seq == seq)
			tell_output(waiter, part, written, tail);
}

void
waiters_ended(struct waiters *w, uint64_t seq, const struct prun_result *r)
{
	struct waiter *waiter, *next;

	TAILQ_FOREACH_SAFE(waiter, &w->list, entry, next) {
		if (waiter->seq != seq || waiter->kind == WAITER_ALL ||
		    waiter->kind == WAITER_EVENTS)
			continue;
		answer(w, waiter, waiters_result(r));
	}
}

void
waiters_each_followed(const struct waiters *w,
    void (*fn)(uint64_t seq, void *arg), void *arg)
{
	const struct waiter *waiter, *next;

	TAILQ_FOREACH_SAFE(waiter, &w->list, entry, next)
		if (waiter->kind == WAITER_FOLLOW)
			fn(waiter->seq, arg);
}

void
waiters_idle(struct waiters *w, int status)
{
	struct waiter *waiter, *next;

	TAILQ_FOREACH_SAFE(waiter, &w->list, entry, next)
		if (waiter->kind == WAITER_ALL)
			answer(w, waiter,
			    json_pack("{s:b, s:i}", "ok", 1, "status", status));
}

void
waiters_end(struct waiters *w, int status)
{
	struct waiter *waiter, *next;
	json_t *text;

	waiters_idle(w, status);
	TAILQ_FOREACH_SAFE(waiter, &w->list, entry, next) {
		if (waiter->kind == WAITER_EVENTS)
			continue;
		text = json_pack("{s:b}", "ok", 0);
		(void)json_object_set_new(text, "error",
		    json_sprintf("job %" PRIu64 " was not run", waiter->seq));
		answer(w, waiter, text);
	}
}
