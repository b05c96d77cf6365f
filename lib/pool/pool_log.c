/* SPDX-License-Identifier: ISC */

/*
 * Owns the words of the lines about jobs in a pool's log.  The results tell what has
 * happened to the jobs.
 */
#include <string.h>

#include "pool/pool.h"

#define JOB "job %llu: "

static unsigned long long
job(const struct task *task)
{
	return task->id;
}

static const struct {
	unsigned flag; /* of prun_result.flags */
	int level;
	const char *text;
} notes[] = {
	{ PRUN_RESULT_TIMED_OUT, LOG_NOTICE, "its time was up" },
	{ PRUN_RESULT_TERMINATED, LOG_NOTICE, "it was terminated" },
	{ PRUN_RESULT_LEAKY, LOG_WARNING,
	    "something that it left behind holds its pipes" },
	{ PRUN_RESULT_LEFT_BEHIND, LOG_WARNING, "it left processes behind" },
	{ PRUN_RESULT_SUDO_REFUSED, LOG_WARNING, "sudo refused the password" },
	{ PRUN_RESULT_NOT_KILLED, LOG_WARNING,
	    "processes that are or may be its own live on" },
	{ PRUN_RESULT_STATUS_UNKNOWN, LOG_WARNING, "its status is not known" },
	{ PRUN_RESULT_WORKER_FAULT, LOG_ERR, "its worker broke the rules" },
	{ PRUN_RESULT_HOST_LOST, LOG_ERR, "its host was lost" },
	{ PRUN_RESULT_FILE_LOST, LOG_ERR,
	    "a file was not taken there, or not fetched" },
	{ PRUN_RESULT_INPUT_LOST, LOG_ERR, "it got less than its input" },
	{ PRUN_RESULT_NOT_HELD, LOG_WARNING,
	    "its output was not held back, for want of room" },
};

void
pool_log_started(const struct task *task)
{
	const struct prun_result *r = &task->result;

	log_line(&task->pool->engine.log, LOG_INFO,
	    JOB "started: pid %ld, slot %u, try %u", job(task), (long)r->pid,
	    r->slot, r->tries);
}

void
pool_log_waits(const struct task *task, int error)
{
	log_line(&task->pool->engine.log, LOG_NOTICE, JOB "waits: %s",
	    job(task), strerrordesc_np(-error));
}

void
pool_log_ended(const struct task *task)
{
	const struct prun_result *r = &task->result;
	const struct log *log = &task->pool->engine.log;

	if (log->fn == NULL)
		return;
	if (r->flags & PRUN_RESULT_NOT_STARTED) {
		log_line(log, LOG_WARNING, JOB "not started: %s: %s", job(task),
		    prun_step_name(r->step), strerrordesc_np(r->error));
		return;
	}
	log_line(log, LOG_INFO, JOB "ended: status %d after %.3f s", job(task),
	    r->status, r->elapsed);
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		if (r->flags & notes[i].flag)
			log_line(log, notes[i].level, JOB "%s", job(task),
			    notes[i].text);
	}
}

void
pool_log_again(const struct task *task, double seconds)
{
	log_line(&task->pool->engine.log, LOG_NOTICE,
	    JOB "is tried again in %.3f s", job(task), seconds);
}

void
pool_log_lost(const struct task *task, int error)
{
	log_line(&task->pool->engine.log, LOG_ERR, JOB "output was lost: %s",
	    job(task), strerrordesc_np(-error));
}
