/* SPDX-License-Identifier: ISC */

/*
 * Owns --onall and --nonall: every host gets every job, one at a time, and so many hosts
 * as -j says have jobs at the same time.  Records of the input are kept until all hosts
 * have had their jobs; --retry-failed takes them from there by number.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hosts/login.h"
#include "run/run_internal.h"

/* A batch that is kept.  Its values are in each_host.values, its ends in each_host.ends. */
struct kept {
	uint64_t seq, total;
	size_t ntuples, ends; /* where its ends begin in each_host.ends */
};

static struct kept
kept_at(const struct each_host *e, uint64_t i)
{
	return ((const struct kept *)e->batches.data)[i];
}

static int
keep(struct each_host *e, const struct batch *batch)
{
	const struct kept kept = { batch->seq, batch->total, batch->ntuples,
		e->ends.len / sizeof(size_t) };
	int error = replay_add(&e->values, batch->values, batch->nvalues);

	if (error == 0)
		error = bytes_add(&e->ends, (const char *)batch->ends,
		    batch->ntuples * sizeof(size_t));
	if (error == 0)
		error = bytes_add(&e->batches, (const char *)&kept,
		    sizeof(kept));
	e->kept += error == 0;
	return error;
}

/* Drops the kept batches once all hosts have had them. */
static void
forget(struct each_host *e)
{
	for (size_t i = 0; i < e->n; i++) {
		if (!e->places[i].ended && e->places[i].next < e->kept)
			return;
	}
	for (size_t i = 0; i < e->n; i++)
		e->places[i].next = 0;
	replay_clear(&e->values);
	e->batches.len = e->ends.len = 0;
	e->kept = 0;
}

/* Lends kept batch `number` until the next one is lent or kept. */
static void
lend_kept(struct each_host *e, uint64_t number, struct batch *batch)
{
	const struct kept kept = kept_at(e, number);
	size_t first, n = replay_list(&e->values, number, &first);

	e->list.n = 0;
	run_check(texts_reserve(&e->list, n));
	for (size_t i = 0; i < n; i++)
		run_check(texts_add(&e->list,
		    replay_value(&e->values, first + i)));
	*batch = (struct batch){ .values = e->list.list,
		.nvalues = n,
		.ends = (const size_t *)(const void *)e->ends.data + kept.ends,
		.ntuples = kept.ntuples,
		.seq = kept.seq,
		.total = kept.total };
}

/* Takes the host's next kept batch, which is lent. */
static void
take_kept(struct each_host *e, struct each_place *place, struct batch *batch)
{
	lend_kept(e, place->next, batch);
	place->next++;
	e->now = place;
}

/* The host has had its last job. */
static void
place_end(struct each_host *e, struct each_place *place)
{
	e->left -= !place->ended;
	prun_output_group_end(place->group);
	place->group = NULL;
	place->ended = true;
}

/*
 * May the host get a job now?  With --filter-hosts a host that cannot be reached gets none.
 */
static bool
place_is_idle(struct run *run, struct each_place *place)
{
	const struct host_options *o = &run->options->hosts;

	if (run->hosts == NULL)
		return true;
	if (o->filter && !hosts_are_known(run->hosts))
		return false;
	place->host = hosts_find(run->hosts, place->login);
	if (place->host == NULL)
		return false;
	if (o->filter && host_is_gone(place->host) && !place->begun)
		place_end(&run->each, place);
	return !place->ended && host_may_start(place->host);
}

/*
 * Chooses a host that may get a job now; hosts that have had a job come first.  Returns
 * NULL if there is none.
 */
static struct each_place *
choose(struct run *run, bool kept_only)
{
	struct each_host *e = &run->each;
	struct each_place *first = NULL;
	unsigned begun = 0;

	for (size_t i = 0; i < e->n; i++) {
		struct each_place *place = &e->places[i];

		begun += place->begun &&
		    (!place->ended ||
			(place->host != NULL && host_is_busy(place->host)));
		if (place->ended || (kept_only && place->next == e->kept) ||
		    (!place->begun && first != NULL) ||
		    !place_is_idle(run, place))
			continue;
		/*
		 * With --dry-run no host is connected: one host after the other gets all
		 * its jobs.
		 */
		if (place->begun || run->hosts == NULL)
			return place;
		first = place;
	}
	return begun < run->control.slots ? first : NULL;
}

/* Takes the host's next job: 1; 0 if it has had all jobs; or -errno with a message. */
static int
next_job(struct run *run, struct each_place *place, struct batch *batch,
    struct message *m)
{
	struct each_host *e = &run->each;
	int n;

	if (place->next == e->kept) {
		forget(e);
		n = e->all_read ? 0 : batches_next(run->batches, batch, m);
		if (n < 0)
			return n;
		e->all_read = n == 0;
		if (n == 0)
			return 0;
		run_check(keep(e, batch));
	}
	take_kept(e, place, batch);
	return 1;
}

int
run_each_next(struct run *run, struct batch *batch, struct message *m)
{
	struct each_host *e = &run->each;
	struct each_place *place;
	int n;

	while (!run->mainloop.stop) {
		place = run->hosts != NULL ? choose(run, true) : NULL;
		if (place == NULL)
			place = choose(run, false);
		if (place == NULL && e->left == 0)
			return 0;
		if (place == NULL) {
			mainloop_wait(&run->mainloop);
			continue;
		}
		place->begun = true;
		n = next_job(run, place, batch, m);
		if (n != 0)
			return n;
		place_end(e, place);
	}
	return -ECANCELED;
}

bool
run_each_kept(struct run *run, struct batch *batch)
{
	/* With --retry-failed they are for those that have failed. */
	struct each_place *place = report_retries(run->report) ?
	    NULL :
	    choose(run, true);

	if (place == NULL)
		return false;
	place->begun = true;
	take_kept(&run->each, place, batch);
	return true;
}

int
run_each_rest(struct run *run, struct batch *batch, struct message *m)
{
	struct each_host *e = &run->each;
	int n;

	for (size_t i = 0; i < e->n; i++) {
		while (!e->places[i].ended && !e->places[i].given_up) {
			n = next_job(run, &e->places[i], batch, m);
			if (n != 0)
				return n;
			e->places[i].given_up = true;
		}
	}
	return 0;
}

int
run_each_retry(struct run *run, uint64_t *seq, struct text *line)
{
	struct each_host *e = &run->each;
	struct each_place *place;

	while (!run->mainloop.stop && e->left > 0) {
		place = choose(run, false);
		if (place == NULL) {
			mainloop_wait(&run->mainloop);
			continue;
		}
		place->begun = true;
		e->now = place;
		if (report_next_retry(run->report, place->login->name, seq,
			line))
			return 1;
		place_end(e, place);
	}
	return 0;
}

int
run_each_keep(struct run *run, struct message *m)
{
	struct batch batch;
	int n = 0;

	if (!run->retry_values)
		return 0;
	/* Nothing can be added to the log. */
	run->added.ended = true;
	while (!run->mainloop.stop &&
	    (n = batches_next(run->batches, &batch, m)) > 0)
		run_check(keep(&run->each, &batch));
	return n < 0 ? n : 0;
}

int
run_each_input(struct run *run, struct command_job *job, struct message *m)
{
	struct batch batch;

	if (job->seq > run->each.kept)
		return message_set(m, -EINVAL,
		    "--retry-failed: the arguments of job %llu are not among those that were given",
		    (unsigned long long)job->seq);
	lend_kept(&run->each, job->seq - 1, &batch);
	run_lend_values(job, &batch);
	return 0;
}

uint64_t
run_all_jobs(const struct run *run, uint64_t input)
{
	return run->options->hosts.each ? input * run->options->hosts.n : input;
}

/* Groups that no host is in stand for all hosts. */
bool
run_each_is_elsewhere(const struct run *run)
{
	const struct text groups = bytes_text(&run->host_groups);
	bool any = false;

	if (run->each.now == NULL || groups.len == 0)
		return false;
	for (size_t i = 0; i < run->each.n && !any; i++)
		any = login_groups_meet(groups,
		    text_of(run->each.places[i].login->groups));
	return any &&
	    !login_groups_meet(groups, text_of(run->each.now->login->groups));
}

static int
compare_names(const void *a, const void *b)
{
	const struct each_place *one = a, *two = b;

	return strcmp(one->login->name, two->login->name);
}

void
run_each_open(struct run *run)
{
	const struct host_options *o = &run->options->hosts;
	struct each_host *e = &run->each;

	if (!o->each)
		return;
	e->places = calloc(o->n, sizeof(*e->places));
	if (e->places == NULL) {
		run_check(-ENOMEM);
		return;
	}
	e->n = e->left = o->n;
	for (size_t i = 0; i < o->n; i++)
		e->places[i].login = &o->logins[i];
	qsort(e->places, e->n, sizeof(*e->places), compare_names);
	for (size_t i = 0; i < e->n && run->mainloop.pool != NULL; i++)
		run_check(prun_output_group_new(run->mainloop.pool,
		    &e->places[i].group));
}

void
run_each_end(struct run *run)
{
	for (size_t i = 0; i < run->each.n; i++) {
		prun_output_group_end(run->each.places[i].group);
		run->each.places[i].group = NULL;
	}
}

void
run_each_close(struct run *run)
{
	free(run->each.places);
	texts_fini(&run->each.list);
	replay_fini(&run->each.values);
	bytes_fini(&run->each.ends);
	bytes_fini(&run->each.batches);
}
