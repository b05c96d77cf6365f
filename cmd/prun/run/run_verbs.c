/* SPDX-License-Identifier: ISC */

/* Owns what each verb of the control socket does.  Knows neither sockets nor input. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "control/server.h"
#include "report/json.h"
#include "run/run_internal.h"
#include "run/run_verbs.h"
#include "text/clock.h"

/* The number and the pid of a job that runs. */
struct running {
	uint64_t id;
	pid_t pid;
};

struct running_list {
	struct running *list;
	size_t n, size;
};

static void
add_running(uint64_t id, pid_t pid, void *arg)
{
	struct running_list *l = arg;

	if (l->n < l->size)
		l->list[l->n++] = (struct running){ id, pid };
}

static int
compare_running(const void *a, const void *b)
{
	const struct running *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Returns NULL if the job does not run now. */
static const struct running *
running_of(const struct running_list *l, uint64_t id)
{
	const struct running key = { .id = id };

	return l->n > 0 ?
	    bsearch(&key, l->list, l->n, sizeof(key), compare_running) :
	    NULL;
}

static json_t *
describe_job(const struct run *run, const struct report_task *job,
    const struct running *running, double now)
{
	/* A job on another machine has no pid here. */
	const pid_t pid = running != NULL ? running->pid : 0;
	const char *state = running == NULL        ? "waiting" :
	    job->paused || run->mainloop.suspended ? "paused" :
	    job->still                             ? "suspended" :
						     "running";
	json_t *object = json_pack("{s:I, s:i, s:I, s:s, s:f}", "job",
	    (json_int_t)job->seq, "slot", (int)job->slot, "pid",
	    (json_int_t)pid, "state", state, "elapsed", now - job->since);

	if (object == NULL)
		return NULL;
	if (job->host_name != NULL)
		(void)json_object_set_new(object, "host",
		    json_text(text_of(job->host_name)));
	(void)json_object_set_new(object, "command",
	    json_text(bytes_text(&job->line)));
	return object;
}

static json_t *
describe_jobs(struct run *run)
{
	struct running_list running = { 0 };
	json_t *list = json_array();
	const double now = clock_date();
	const struct report_task *job;

	running.size = prun_pool_running(run->mainloop.pool);
	running.list = calloc(running.size + 1, sizeof(*running.list));
	if (running.list == NULL)
		return list;
	(void)prun_pool_each(run->mainloop.pool, add_running, &running);
	qsort(running.list, running.n, sizeof(*running.list), compare_running);
	TAILQ_FOREACH(job, &run->live, live)
		(void)json_array_append_new(list,
		    describe_job(run, job, running_of(&running, job->id), now));
	free(running.list);
	return list;
}

static int
verb_list(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	const struct mainloop *loop = &run->mainloop;

	(void)request, (void)client, (void)m;
	*answer = json_pack("{s:b, s:I, s:i, s:I, s:I, s:b, s:b, s:o}", "ok", 1,
	    "pid", (json_int_t)getpid(), "slots", (int)run->control.slots,
	    "succeeded", (json_int_t)run->tally.succeeded, "failed",
	    (json_int_t)run->tally.failed + (json_int_t)run->tally.skipped,
	    "paused", loop->suspended, "draining", loop->stop, "jobs",
	    describe_jobs(run));
	if (*answer == NULL)
		return 0;
	(void)json_object_set_new(*answer, "running",
	    json_integer(prun_pool_running(loop->pool)));
	(void)json_object_set_new(*answer, "waiting",
	    json_integer(run->waiters.n));
	(void)json_object_set_new(*answer, "total",
	    run->control.total > 0 ?
		json_integer((json_int_t)run->control.total) :
		json_null());
	return 0;
}

void
run_verbs_stop_again(struct run *run)
{
	const struct report_task *job;

	TAILQ_FOREACH(job, &run->live, live) {
		if (job->paused || job->still)
			(void)prun_pool_suspend(run->mainloop.pool, job->id);
	}
}

/* The pool says -ESRCH if the job waits for its next try. */
static int
answer_of(int error, uint64_t seq, struct message *m)
{
	if (error == -ESRCH)
		return message_set(m, error,
		    "job %" PRIu64 " waits for its next try", seq);
	return error == 0 ? 0 : message_errno(m, error, "job %" PRIu64, seq);
}

static int
verb_pause(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	struct report_task *job;
	int error;

	(void)client, (void)answer;
	if (request->job == 0) {
		run->mainloop.suspended = true;
		error = prun_pool_suspend(run->mainloop.pool, 0);
		return error == 0 ? 0 : message_errno(m, error, "pause");
	}
	job = run_find_live(run, request->job, m);
	if (job == NULL)
		return -ESRCH;
	error = job->paused || job->still ?
	    0 :
	    prun_pool_suspend(run->mainloop.pool, job->id);
	if (error == 0)
		job->paused = true;
	return answer_of(error, job->seq, m);
}

static int
verb_resume(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	struct report_task *job;
	int error = 0;

	(void)client, (void)answer;
	if (request->job == 0) {
		run->mainloop.suspended = false;
		TAILQ_FOREACH(job, &run->live, live)
			job->paused = false;
		error = prun_pool_resume(run->mainloop.pool, 0);
		run_verbs_stop_again(run);
		return error == 0 ? 0 : message_errno(m, error, "resume");
	}
	job = run_find_live(run, request->job, m);
	if (job == NULL)
		return -ESRCH;
	if (job->paused && !job->still && !run->mainloop.suspended)
		error = prun_pool_resume(run->mainloop.pool, job->id);
	job->paused = false;
	return answer_of(error, job->seq, m);
}

static int
verb_jobs(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	(void)client;
	/*
	 * -j also takes a file name, but a client's path would be one in prun's folder, not
	 * in the client's.
	 */
	if (request->value[strspn(request->value, "+-0123456789.%")] != '\0')
		return message_set(m, -EINVAL,
		    "jobs: '%s' is no number of jobs", request->value);
	*m = (struct message){ "" };
	if (control_resize(&run->control, request->value, m) != 0)
		return -EINVAL;
	*answer = json_pack("{s:i}", "slots", (int)run->control.slots);
	return 0;
}

static int
verb_timeout(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	double seconds;
	int error = duration_parse("timeout", request->value, &seconds, m);

	(void)client, (void)answer;
	if (error != 0)
		return error;
	error = control_set_timeout(&run->control, seconds);
	return error == 0 ? 0 : message_errno(m, error, "timeout");
}

static int
verb_delay(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	double seconds;
	int error = duration_parse("delay", request->value, &seconds, m);

	(void)client, (void)answer;
	if (error != 0)
		return error;
	error = control_set_delay(&run->control, seconds);
	return error == 0 ? 0 : message_errno(m, error, "delay");
}

static int
verb_drain(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	(void)request, (void)client, (void)answer, (void)m;
	mainloop_stop(&run->mainloop);
	return 0;
}

static int
verb_stop(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	(void)request, (void)client, (void)answer, (void)m;
	mainloop_end_by(&run->mainloop, SIGTERM);
	return 0;
}

/* A job that waits for its next try is not tried again. */
static int
verb_kill(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	struct report_task *job = run_find_live(run, request->job, m);
	int error;

	(void)client, (void)answer;
	if (job == NULL)
		return -ESRCH;
	job->once = true;
	error = prun_pool_kill(run->mainloop.pool, job->id);
	if (error == -ESRCH)
		error = prun_pool_cancel(run->mainloop.pool, job->id);
	return error == 0 ?
	    0 :
	    message_errno(m, error, "job %" PRIu64, request->job);
}

static run_verb_fn *const verbs[VERB_COUNT] = {
	[VERB_LIST] = verb_list,
	[VERB_PAUSE] = verb_pause,
	[VERB_RESUME] = verb_resume,
	[VERB_JOBS] = verb_jobs,
	[VERB_TIMEOUT] = verb_timeout,
	[VERB_DELAY] = verb_delay,
	[VERB_DRAIN] = verb_drain,
	[VERB_STOP] = verb_stop,
	[VERB_KILL] = verb_kill,
	[VERB_RETRY] = verb_retry,
	[VERB_ADD] = verb_add,
	[VERB_CLOSE] = verb_close,
	[VERB_TAIL] = verb_tail,
	[VERB_WAIT] = verb_wait,
	[VERB_EVENTS] = verb_events,
};

static int
act(void *arg, const struct request *request, struct control_client *client,
    json_t **answer, struct message *m)
{
	return verbs[request->verb](arg, request, client, answer, m);
}

static void
gone(void *arg, struct control_client *client)
{
	struct run *run = arg;

	waiters_remove(&run->waiters, client);
}

int
run_verbs_open(struct run *run, struct message *m)
{
	const struct options *o = run->options;
	int error;

	if (o->run.control == NULL)
		return 0;
	history_init(&run->history);
	waiters_init(&run->waiters);
	error = added_open(&run->added, o->run.queue, o->report.joblog,
	    o->report.resume != RESUME_NONE, m);
	return error != 0 ?
	    error :
	    control_server_open(o->run.control, run->mainloop.pool, act, gone,
		run, &run->server, m);
}

void
run_verbs_finish(struct run *run, int status)
{
	if (run->server == NULL)
		return;
	waiters_end(&run->waiters, status);
	control_server_finish(run->server);
}

void
run_verbs_close(struct run *run)
{
	control_server_close(run->server, true);
	run->server = NULL;
	waiters_fini(&run->waiters);
	history_fini(&run->history);
	added_close(&run->added);
}
