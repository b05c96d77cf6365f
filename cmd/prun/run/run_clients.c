/* SPDX-License-Identifier: ISC */

/*
 * Owns what clients of --control may ask about single jobs and the input: to see a job's
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

/* Clients that follow a job get its new output every so many seconds. */
#define FOLLOW_SECONDS 0.05

struct report_task *
run_find_live(struct run *run, uint64_t seq, struct message *m)
{
	struct report_task *job;

	TAILQ_FOREACH(job, &run->live, live) {
		if (job->seq == seq)
			return job;
	}
	(void)message_set(m, -ESRCH, "job %" PRIu64 " does not run", seq);
	return NULL;
}

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

/* Finds a job that has ended.  Returns NULL with a message if there is none. */
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
