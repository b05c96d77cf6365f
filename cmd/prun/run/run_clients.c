/* SPDX-License-Identifier: ISC */

/*
 * Owns what clients of --control may ask of single jobs and of the input: to see a job's
 * output, to wait for its end, to run it once more, and to add records.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "control/server.h"
#include "report/json.h"
#include "run/run_internal.h"
#include "run/run_verbs.h"

/* How often those who follow a job are told what is new. */
#define FOLLOW_SECONDS 0.05

/* ---- output ---- */

static void
tell_files(struct run *run, const struct report_task *job)
{
	char buffer[REPORT_CONTROL_TAIL];
	uint64_t written;
	ssize_t n;

	for (int i = 0; i < 2; i++) {
		n = report_task_file_tail(job, i, buffer, sizeof(buffer),
		    &written);
		if (n >= 0)
			waiters_output(&run->waiters, job->seq, i + 1, written,
			    (struct text){ buffer, (size_t)n });
	}
}

static void
tell_followers(uint64_t seq, void *arg)
{
	struct run *run = arg;
	struct message m;
	const struct report_task *job = run_find_live(run, seq, &m);
	char buffer[REPORT_CONTROL_TAIL];
	uint64_t written;
	ssize_t n;

	if (job == NULL)
		return;
	n = prun_pool_tail(run->mainloop.pool, job->id, buffer, sizeof(buffer),
	    &written);
	if (n >= 0)
		waiters_output(&run->waiters, seq, 0, written,
		    (struct text){ buffer, (size_t)n });
	tell_files(run, job);
}

static void
follow(void *arg)
{
	struct run *run = arg;

	run->follow_timer = 0;
	waiters_each_followed(&run->waiters, tell_followers, run);
	if (run->waiters.following > 0)
		(void)prun_pool_after(run->mainloop.pool, FOLLOW_SECONDS,
		    follow, run, &run->follow_timer);
}

static int
wait_for(struct run *run, struct control_client *client, enum waiter_kind kind,
    uint64_t seq, struct message *m)
{
	int error = waiters_add(&run->waiters, client, kind, seq);

	if (error == 0 && kind == WAITER_FOLLOW && run->follow_timer == 0)
		error = prun_pool_after(run->mainloop.pool, 0, follow, run,
		    &run->follow_timer);
	return error == 0 ? CONTROL_LATER : message_errno(m, error, "prunctl");
}

/* A job that has ended; NULL: with a message. */
static struct ended_job *
find_ended(struct run *run, uint64_t seq, struct message *m)
{
	struct ended_job *job = history_find(&run->history, seq);

	if (job == NULL)
		(void)message_set(m, -ESRCH,
		    seq > run->seen ?
			"job %" PRIu64 " has not been started yet" :
			"of job %" PRIu64 " nothing is known any more",
		    seq);
	return job;
}

static struct text
live_tail(struct run *run, const struct report_task *job,
    char buffer[static REPORT_CONTROL_TAIL])
{
	static const struct prun_result none = { .size = sizeof(none) };
	uint64_t written;
	ssize_t n = prun_pool_tail(run->mainloop.pool, job->id, buffer,
	    REPORT_CONTROL_TAIL, &written);

	return n > 0 ?
	    (struct text){ buffer, (size_t)n } :
	    report_task_tail(job, &none, buffer, REPORT_CONTROL_TAIL);
}

int
verb_tail(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	struct report_task *job = run_find_live(run, request->job, m);
	char buffer[REPORT_CONTROL_TAIL];
	struct ended_job *ended;

	if (run->options->output.mode == OUTPUT_UNGROUP)
		return message_set(m, -ENOTSUP,
		    "tail: with --ungroup prun does not see what jobs write");
	if (job != NULL && request->follow)
		return wait_for(run, client, WAITER_FOLLOW, job->seq, m);
	if (job != NULL) {
		*answer = json_pack("{s:o}", "data",
		    request_bytes(live_tail(run, job, buffer)));
		return 0;
	}
	ended = find_ended(run, request->job, m);
	if (ended == NULL)
		return -ESRCH;
	*answer = waiters_result(&ended->result);
	(void)json_object_set_new(*answer, "data",
	    request_bytes(bytes_text(&ended->tail)));
	return 0;
}

int
verb_events(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	int fd, error;

	(void)request, (void)answer;
	control_tell(client, json_pack("{s:b}", "ok", 1));
	fd = fcntl(control_client_fd(client), F_DUPFD_CLOEXEC, 3);
	error = fd == -1 ? -errno : report_subscribe(run->report, fd);
	if (error == 0)
		return wait_for(run, client, WAITER_EVENTS, 0, m);
	if (fd != -1)
		(void)close(fd);
	return message_errno(m, error, "events");
}

/* ---- ends ---- */

static bool
is_idle(const struct run *run)
{
	return prun_pool_pending(run->mainloop.pool) == 0 &&
	    TAILQ_EMPTY(&run->history.again);
}

int
verb_wait(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	struct ended_job *ended;

	if (request->job == 0)
		return wait_for(run, client, WAITER_ALL, 0, m);
	if (run_find_live(run, request->job, m) != NULL ||
	    history_is_again(&run->history, request->job) ||
	    (request->job > run->seen && !run->mainloop.stop))
		return wait_for(run, client, WAITER_JOB, request->job, m);
	ended = find_ended(run, request->job, m);
	if (ended == NULL)
		return -ESRCH;
	*answer = waiters_result(&ended->result);
	return 0;
}

void
run_verbs_ended(struct run *run, const struct report_task *job,
    const struct prun_result *r)
{
	char buffer[REPORT_CONTROL_TAIL];
	const struct text tail = report_task_tail(job, r, buffer,
	    sizeof(buffer));

	if (r->tail_len > 0)
		waiters_output(&run->waiters, job->seq, 0,
		    r->out_bytes + r->err_bytes, tail);
	tell_files(run, job);
	history_add(&run->history, job, r, tail);
	waiters_ended(&run->waiters, job->seq, r);
}

/* ---- once more ---- */

int
verb_retry(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	struct ended_job *job;

	(void)client, (void)answer;
	if (run->mainloop.stop)
		return message_set(m, -ESHUTDOWN,
		    "the run starts no more jobs");
	if (run_find_live(run, request->job, m) != NULL ||
	    history_is_again(&run->history, request->job))
		return message_set(m, -EBUSY,
		    "job %" PRIu64 " has not ended yet", request->job);
	job = find_ended(run, request->job, m);
	if (job == NULL)
		return -ESRCH;
	if (job->once)
		return message_set(m, -ENOTSUP,
		    "job %" PRIu64 " has read its input, which is gone",
		    request->job);
	history_again(&run->history, job);
	return 0;
}

static int
start_again(struct run *run, const struct ended_job *ended, unsigned slot,
    struct message *m)
{
	struct command_job job = ended_job_values(ended);
	const uint64_t started = run->started;
	int error;

	job.slot = slot;
	job.total = run->control.total;
	job.threads = run_threads(run);
	error = run_job_anew(run, &job, m);
	if (run->started == started)
		admission_release(&run->admission, run->weight);
	else {
		tally_take_back(&run->tally, &ended->result);
		control_again(&run->control, &ended->result);
		report_again(run->report, job.seq, &ended->result);
		run->taken_back++;
	}
	return error;
}

int
run_start_again(struct run *run, struct message *m)
{
	const struct ended_job *first;
	struct ended_job *job;
	unsigned slot, need;
	int error = 0;

	while (error == 0 && !run->mainloop.stop &&
	    (first = TAILQ_FIRST(&run->history.again)) != NULL) {
		const struct command_job values = ended_job_values(first);

		error = job_attributes_weight(&run->job_attributes, &values,
		    &run->weight, m);
		need = run->weight < run->control.slots ? run->weight :
							  run->control.slots;
		slot = prun_pool_slot(run->mainloop.pool);
		if (error != 0 || slot == 0 ||
		    prun_pool_room(run->mainloop.pool) < need ||
		    !admission_grants(&run->admission, run->weight))
			break;
		job = history_next(&run->history);
		error = start_again(run, job, slot, m);
		ended_job_free(job);
	}
	return error;
}

void
run_idle(void *arg)
{
	struct run *run = arg;
	int error = run_start_again(run, &run->ahead.message);

	while (error == 0 && !run->mainloop.stop && run->held.n > 0) {
		error = run_held_start(run, &run->ahead.message);
		if (error == 0)
			return;
		error = error > 0 ? 0 : error;
	}
	if (error == 0)
		return;
	run->ahead.error = error;
	run->mainloop.stop = true;
}

int
run_linger(struct run *run, struct message *m)
{
	int error = 0;

	if (run->server == NULL)
		return 0;
	run->added.ended = true;
	while (error == 0 && !run->mainloop.stop && !is_idle(run)) {
		error = run_start_again(run, m);
		if (error == 0 && !run->mainloop.stop && !is_idle(run))
			mainloop_wait(&run->mainloop);
	}
	return error == -ECANCELED ? 0 : error;
}

/* ---- the input ---- */

int
verb_add(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	int error;

	(void)client;
	if (run->mainloop.stop)
		return message_set(m, -ESHUTDOWN,
		    "the run starts no more jobs");
	if (run->blocks != NULL || report_retries(run->report) ||
	    run->options->input.nsources > 1)
		return message_set(m, -ENOTSUP,
		    "add: only to an input that is one list of values");
	if (run->added.ended)
		return message_set(m, -ESHUTDOWN, "add: the input has ended");
	error = added_add(&run->added, &request->arguments, m);
	if (error != 0)
		return error;
	run->added.open = true;
	*answer = json_pack("{s:I}", "waiting", (json_int_t)run->added.n);
	return 0;
}

int
verb_close(struct run *run, const struct request *request,
    struct control_client *client, json_t **answer, struct message *m)
{
	(void)request, (void)client, (void)answer, (void)m;
	run->added.open = false;
	return 0;
}

int
run_more(void *arg, struct text *record)
{
	struct run *run = arg;

	/* The headers are read before there are jobs and clients. */
	while (run->server != NULL && !run->added.ended) {
		if (run->mainloop.stop)
			return -ECANCELED;
		if (added_next(&run->added, record))
			return 1;
		run_idle(run);
		if (!is_idle(run)) {
			mainloop_wait(&run->mainloop);
			continue;
		}
		waiters_idle(&run->waiters,
		    control_status(&run->control, &run->tally));
		if (!run->added.open)
			break;
		mainloop_wait(&run->mainloop);
	}
	run->added.ended = true;
	return run->mainloop.stop ? -ECANCELED : 0;
}
