/* SPDX-License-Identifier: ISC */

/*
 * What the files of the agent share: agent.c for the connection and the pool, agent_job.c
 * for the jobs that come through it.
 */
#ifndef API_AGENT_H
#define API_AGENT_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/fd.h"
#include "pool/pool.h"
#include "remote/file.h"
#include "remote/frame.h"
#include "remote/job.h"

struct agent_transfer;

/* Where a process starts whose folder was made. */
struct agent_place {
	const char **setenv;
	char *now, *before;
};

struct agent_job {
	RB_ENTRY(agent_job) entry;
	struct agent *agent;
	uint64_t id; /* at the other end */
	uint64_t
	    task; /* in the pool; while its file is written, the one that writes */
	uint64_t fed; /* the task that gets the input */
	int64_t credit; /* bytes of output that may be sent */
	bool held; /* it has none */
	/* Of its input: what the pool is reading, and what has come since. */
	struct buf reading, queued;
	bool input_ended;
	double timeout; /* seconds from its start on; 0: any */
	bool killed, stopped;
	bool ended; /* the other end has its result */
	struct agent_file
	    *file; /* it gets its input in one; NULL: on its stdin */
	struct buf kept; /* its result, which waits for a moment */
	struct agent_transfer *transfer; /* that go with it; NULL: none */
	/* Absolute, without links, if it was made for the job; NULL: none was. */
	char *folder;
	unsigned folder_flags; /* as prun_spec.flags */
	bool keeps_folder; /* a file that was to be fetched may be in it */
	unsigned slot; /* 0: it was sent ahead, and waits */
	bool waits; /* it stands in the queue, and its frame is kept */
	bool ready; /* it has a slot, and starts when the loop turns */
	TAILQ_ENTRY(agent_job) wait;
	struct buf waiting;
};

struct agent_vacancy;

struct agent {
	const struct prun_agent_opts *opts;
	struct frame_reader in;
	struct buf out;
	size_t sent;
	struct fd_sink sink; /* of opts.out */
	bool wide; /* that is a pipe for many bytes */
	struct prun_watch *writable, *stop;
	struct prun_pool *pool;
	struct job_setup setup;
	struct buf setup_bytes; /* setup points into these */
	struct prun_secret *secret; /* for sudo; NULL: none */
	int terminal; /* as large as those of jobs are to be; -1: none yet */
	struct file_trail folders; /* made for jobs that clean up */
	char *folder; /* of workers; NULL: none was made */
	struct agent_place place; /* the same */
	RB_HEAD(agent_jobs, agent_job) jobs;
	/* agent_queue.c: jobs that wait for a slot, and those that have one. */
	TAILQ_HEAD(, agent_job) queue, ready;
	TAILQ_HEAD(, agent_vacancy) places; /* the same: for them */
	uint64_t nended; /* jobs whose end was told */
	int64_t heard; /* clock_now() time */
	bool resting; /* no sign of life is expected */
	bool bye; /* the other end has all that it wanted */
	bool leaving; /* it was told to end: so are its jobs */
	bool over;
	int error;
};

/* Bytes of a password, with its NUL: with the head of its frame they fit into a new pipe. */
#define AGENT_SECRET_MOST 2048

int agent_job_compare(const struct agent_job *a, const struct agent_job *b);
RB_PROTOTYPE(agent_jobs, agent_job, entry, agent_job_compare)

/* agent.c: the connection is over; error is 0 where that is no fault. */
void agent_end(struct agent *a, int error);

/* Sends a frame when the loop turns.  Without memory the connection ends. */
void agent_send(struct agent *a, enum frame_type type, uint64_t id,
    const void *data, size_t len);
void agent_send_number(struct agent *a, enum frame_type type, uint64_t id,
    uint64_t number);

/* agent_file.c: starts a job, which came in f, whose input is a file.  0 or -errno. */
int agent_file_start(struct agent_job *job, struct job_spec *j,
    const struct frame *f);

/* The task that writes the file has ended.  True: that was the end of the job. */
bool agent_file_fed(struct agent_job *job, const struct prun_result *r);

/* The job has ended: is the task that writes yet to end? */
bool agent_file_lingers(struct agent_job *job);
void agent_file_free(struct agent_file *file);

/* agent_folder.c: makes the folder and those above it.  0 or -errno. */
int agent_folder_make(struct agent *a, const char *path, unsigned flags);

/* Makes the folder that the spec names, if it is to be made.  False: the job has ended by that. */
bool agent_folder_enter(struct agent_job *job, const struct prun_spec *spec);

/* Sets cwd, PWD and OLDPWD of a spec, lent until _fini().  0 or -errno; then _fini() too. */
int agent_place_set(struct agent_place *place, const char *folder,
    struct prun_spec *spec);
void agent_place_fini(struct agent_place *place);

/* The job is over: its own folder is removed. */
void agent_folder_leave(struct agent_job *job);

/* agent_job.c: what a process has of the agent's own: signals, limits. */
void agent_dress(const struct agent *a, struct prun_spec *spec);

/* Hands a task to the pool.  fed: it gets the input of the job. */
int agent_submit(struct agent_job *job, struct prun_spec *spec, bool fed,
    uint64_t *id);

/* The job is over. */
void agent_tell_end(struct agent_job *job, const struct prun_result *r);

/* Reads the job from a frame, as job_get_spec(), with the agent's password and its slot. */
int agent_get_job(struct agent_job *job, const struct frame *f,
    struct job_spec *j);

/* Starts a job that came in that frame and has its slot now. */
void agent_begin_job(struct agent_job *job, const struct frame *f);

/*
 * agent_queue.c: the end of a job was told, and its slot is free for one that waits; the
 * other end knows of so many ends, and sends no job for their places; a job waits for a
 * place, 0 or -ENOMEM; it waits no more; those that have places start; the other end wants
 * the job back.
 */
void agent_queue_init(struct agent *a);
void agent_queue_fini(struct agent *a);
void agent_queue_ended(struct agent_job *job);
void agent_queue_known(struct agent *a, uint64_t ended);
int agent_queue_add(struct agent_job *job, const struct frame *f);
void agent_queue_remove(struct agent_job *job);
void agent_queue_run(struct agent *a);
void agent_take_recall(struct agent_job *job);

/* Starts the job, whose files have come by now.  0 or -errno. */
int agent_start(struct agent_job *job, struct prun_spec *spec, bool fed);

/* Handles a frame that brings a job, and one for a job that is here.  0 or -errno. */
int agent_run_job(struct agent *a, const struct frame *f);
int agent_take_for_job(struct agent *a, const struct frame *f);
void agent_jobs_free(struct agent *a);

/* Kills all jobs by the kill sequence; when they have ended the connection is over. */
void agent_jobs_kill(struct agent *a);
/*
 * For agent_transfer.c: a job that does not run yet.  _release(): the other end has its
 * result; the task that writes its file, or what is to be told of its files, may have to
 * come first.
 */
int agent_job_new(struct agent *a, uint64_t id, struct agent_job **jp);
void agent_job_free(struct agent_job *job);
void agent_job_release(struct agent_job *job);
int agent_take_credit(struct agent_job *job, const struct frame *f);

/* agent_transfer.c: files that go with a job that is to come.  0 or -errno. */
int agent_take_transfer(struct agent *a, const struct frame *f);

/* It is to run.  1: it may; 0: its files have not come, and it has ended; -EPROTO. */
int agent_transfer_run(struct agent_job *job);

/* It has ended: are its files sent first, and then its result? */
bool agent_transfer_return(struct agent_job *job, const struct prun_result *r);

/* Its result was sent: has the other end still to tell what becomes of its files? */
bool agent_transfer_waits(struct agent_transfer *files);

/* Was the frame about files, or the job does not run?  Then all is done, with *error. */
bool agent_transfer_take(struct agent_job *job, const struct frame *f,
    int *error);
void agent_transfer_free(struct agent_transfer *files);

/* What the pool of the agent calls: a prun_deliver_fn and a prun_delivered_fn. */
int agent_deliver(const struct prun_result *r, void *arg, int stream,
    const char *data, size_t len, void *unused);
void agent_delivered(const struct prun_result *r, void *arg, void *unused);

#endif
