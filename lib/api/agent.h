/* SPDX-License-Identifier: ISC */

/*
 * What the files of the agent share: agent.c for the connection and the pool,
 * agent_outbox.c for what is sent, agent_job.c for the jobs that come through the
 * connection.  A job's tasks in the pool (agent_task.c), its input file (agent_file.c) and
 * its files (agent_transfer.c) stand below it: they return what has happened, and
 * agent_job.c ends the job.
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

/*
 * The folder in which a process starts, if the agent has made it: its environment,
 * with PWD and OLDPWD.
 */
struct agent_place {
	const char **setenv;
	char *now, *before;
};

struct agent_job {
	RB_ENTRY(agent_job) entry;
	struct agent *agent;
	uint64_t id; /* its number at the other side */
	uint64_t
	    task; /* in the pool; or that of the task that writes its input file */
	uint64_t fed; /* the task that reads the job's input */
	int64_t credit; /* how many bytes of output may be sent */
	/* It waits in agent.blocked until the connection takes more. */
	bool blocked;
	TAILQ_ENTRY(agent_job) block;
	bool held; /* its output is not read, because of one of these */
	/* Its input: what the pool is reading, and what has come after that. */
	struct buf reading, queued;
	bool input_ended;
	double timeout; /* seconds from its start; 0: no limit */
	bool killed, stopped;
	bool ended; /* the other side has its result */
	struct agent_file
	    *file; /* the file that gets its input; NULL: its stdin does */
	struct buf kept; /* its result, which is sent a moment later */
	struct agent_transfer *transfer; /* the files of the job; NULL: none */
	/* The folder that was made for the job: absolute, without links; NULL: none. */
	char *folder;
	unsigned folder_flags; /* as prun_spec.flags */
	/* The folder must stay, because a file to fetch may be in it. */
	bool keeps_folder;
	/* 0: it was sent before it had a slot, and waits for one. */
	unsigned slot;
	bool waits; /* it is in agent.queue, and its frame is kept in waiting */
	bool ready; /* it has a slot, and starts when the loop turns */
	TAILQ_ENTRY(agent_job) wait;
	struct buf waiting;
};

struct agent_vacancy;

/*
 * The body of a frame whose bytes are moved from a job's pipe to the connection without
 * being read.  In between they wait in a pipe, since the head of the frame must say how
 * many they are.
 */
struct agent_body {
	int pipe[2]; /* -1: not made yet, or not to be had */
	bool refused; /* such bytes cannot be moved here */
	/* The body comes behind so many bytes of agent.out. */
	size_t at;
	/* Bytes of it that have not left yet; 0: there is no body. */
	size_t left;
};

struct agent {
	const struct prun_agent_opts *opts;
	struct frame_reader in;
	struct buf out;
	size_t sent;
	struct agent_body body;
	/* Jobs whose output is not read until all of out has left. */
	TAILQ_HEAD(, agent_job) blocked;
	bool urgent; /* out has frames that must not be held back */
	int64_t
	    due; /* clock_now() time until which the frames of out may be held back */
	struct fd_sink sink; /* for opts.out */
	bool wide; /* opts.out was widened, if it is a pipe */
	struct prun_watch *writable, *stop;
	struct prun_pool *pool;
	struct job_setup setup;
	struct buf setup_bytes; /* setup points into these */
	struct prun_secret *secret; /* the password for sudo; NULL: none */
	/* Has the size that jobs' terminals get; -1: not made yet. */
	int terminal;
	/* Folders to remove at the end, made for jobs that clean up. */
	struct file_trail folders;
	char *folder; /* the workers' folder; NULL: none was made */
	struct agent_place place; /* the workers' place */
	RB_HEAD(agent_jobs, agent_job) jobs;
	LIST_HEAD(, agent_transfer) transfers; /* of all jobs that have files */
	/* In agent_queue.c: the jobs that wait for a slot, and those that have got one. */
	TAILQ_HEAD(, agent_job) queue, ready;
	TAILQ_HEAD(, agent_vacancy) places; /* the free slots for them */
	uint64_t nended; /* how many ends of jobs the agent has sent */
	int64_t heard; /* clock_now() time at which the last bytes came */
	bool resting; /* the other side has said that it will be silent */
	bool bye; /* the other side has got all that it wanted */
	bool leaving; /* the agent was told to end, and ends its jobs */
	bool over;
	int error;
};

/*
 * Bytes of a password, with its NUL.  Together with the head of its frame they fit
 * into a new pipe.
 */
#define AGENT_SECRET_MOST 2048

int agent_job_compare(const struct agent_job *a, const struct agent_job *b);
RB_PROTOTYPE(agent_jobs, agent_job, entry, agent_job_compare)

/* The connection is over; error is 0 if that is no fault. */
static inline void
agent_end(struct agent *a, int error)
{
	a->over = true;
	if (a->error == 0)
		a->error = error;
}

/*
 * In agent_greeting.c: greet the other side; 0 or -errno.  Wait for the setup: 1: it has
 * come; 0: the connection has ended, or the agent was told to stop; or -errno.
 */
int agent_greet(struct agent *a);
int agent_await_setup(struct agent *a);

/*
 * In agent_outbox.c: send a frame when the loop turns.  If there is no memory, the
 * connection ends.
 */
void agent_send(struct agent *a, enum frame_type type, uint64_t id,
    const void *data, size_t len);
void agent_send_number(struct agent *a, enum frame_type type, uint64_t id,
    uint64_t number);

/*
 * The same, but while jobs wait here for a slot, and so no slot waits for the other
 * side, the frame is held back for up to JOB_HOLD_NS, and goes together with others:
 * each message wakes four processes.
 */
void agent_send_gathered(struct agent *a, enum frame_type type, uint64_t id,
    const void *data, size_t len);

/* Write what the connection takes. */
void agent_flush(struct agent *a);
void agent_writable(int fd, unsigned events, void *arg);

/*
 * Send a frame whose body is in the pipe of a job; most is how many bytes it may have.
 * Returns how many it has; -EAGAIN: other bytes have to leave first; -EOPNOTSUPP: read the
 * bytes, and send them with agent_send().
 */
ssize_t agent_send_body(struct agent *a, enum frame_type type, uint64_t id,
    int pipe, size_t most);

/*
 * In agent_body.c.  _wants(): are there so many bytes in the pipe of a job, and is the
 * connection such, that they should be moved and not read?  _take(): move them into the
 * body, which is empty; how many, or -EOPNOTSUPP.  _flush(): move what the connection
 * takes of them; 0: all have left; -EAGAIN; or another -errno.
 */
void agent_body_init(struct agent_body *body);
void agent_body_fini(struct agent_body *body);
bool agent_body_wants(struct agent_body *body, int pipe,
    const struct fd_sink *to);
ssize_t agent_body_take(struct agent_body *body, int pipe, size_t most);
int agent_body_flush(struct agent_body *body, const struct fd_sink *to);

/*
 * In agent_outbox.c: agent_flush(), unless all may be held back.  Returns after how many
 * seconds it has to be called again at the latest; negative: when something has happened.
 */
double agent_flush_due(struct agent *a);

/* In agent_file.c: start a job, which came in f and whose input is a file.  0 or -errno. */
int agent_file_start(struct agent_job *job, struct job_spec *j,
    const struct frame *f);

/*
 * The task that writes the input file has ended with r.  If the job ends by that, r becomes
 * the job's result.
 */
enum agent_file_event {
	FILE_JOB_GOES_ON, /* the job runs, or was started */
	FILE_HELD_JOB, /* the job had ended, and only waited for this */
	FILE_ENDS_JOB, /* the job was not started, and will not be */
	FILE_OUTLIVED_JOB /* the result of the job was sent before */
};
enum agent_file_event agent_file_fed(struct agent_job *job,
    struct prun_result *r);

/* The job has ended: make the writing task end, too.  true: it has not ended yet. */
bool agent_file_lingers(struct agent_job *job);

/*
 * The same.  If that task has not ended yet, agent_file_fed() gives r back when it has, and the
 * result is sent only then: who gets the result may start a job whose file has the same name.
 */
bool agent_file_holds(struct agent_job *job, const struct prun_result *r);
void agent_file_free(struct agent_file *file);

/* In agent_folder.c: make the folder and those above it.  0 or -errno. */
int agent_folder_make(struct agent *a, const char *path, unsigned flags);

/* Make the folder of the spec if its flags say so.  0 or -errno. */
int agent_folder_enter(struct agent_job *job, const struct prun_spec *spec);

/*
 * Set cwd, PWD and OLDPWD of a spec; they are lent until agent_place_fini(), which
 * is to be called after a failure, too.  0 or -errno.
 */
int agent_place_set(struct agent_place *place, const char *folder,
    struct prun_spec *spec);
void agent_place_fini(struct agent_place *place);

/* The job is over: remove its own folder. */
void agent_folder_leave(struct agent_job *job);

/* In agent_job.c: start the jobs that came before they had a slot, and have got one. */
void agent_jobs_begin(struct agent *a);

/*
 * In agent_queue.c.  _ended(): the end of a job was sent, so its slot is free for a
 * job that waits.  _known(): the other side knows of so many ends, and sends no
 * waiting job for their slots.  _add(): a job waits for a slot; 0 or -ENOMEM.
 * _remove(): it waits no more.
 */
void agent_queue_init(struct agent *a);
void agent_queue_fini(struct agent *a);
void agent_queue_ended(struct agent_job *job);
void agent_queue_known(struct agent *a, uint64_t ended);
int agent_queue_add(struct agent_job *job, const struct frame *f);
void agent_queue_remove(struct agent_job *job);

/*
 * Handle a frame that brings a job, one that names the files of a job that will come, or
 * one for a job that came before.  0 or -errno.
 */
int agent_take_files(struct agent *a, const struct frame *f);
int agent_run_job(struct agent *a, const struct frame *f);
int agent_take_for_job(struct agent *a, const struct frame *f);
void agent_jobs_free(struct agent *a);

/* Kill all jobs with the kill sequence.  When they have ended, the connection is over. */
void agent_jobs_kill(struct agent *a);

/* In agent_transfer.c: what follows for the job from a step of its files. */
enum agent_transfer_step {
	TRANSFER_NONE, /* it was not about files: go on without them */
	TRANSFER_GOES_ON, /* nothing */
	TRANSFER_ENDS_JOB, /* it ends with agent_transfer_result() */
	TRANSFER_OVER /* what becomes of its files is said: it is not needed any more */
};

/* The frame names the files of the job, which will come.  0 or -errno. */
int agent_transfer_open(struct agent_job *job, const struct frame *f);

/*
 * May the job run?  TRANSFER_NONE: yes; TRANSFER_ENDS_JOB: its files have not come.  0 or
 * -EPROTO.
 */
int agent_transfer_run(struct agent_job *job, enum agent_transfer_step *step);

/* The processes of the job have ended with r.  TRANSFER_NONE: no files are sent. */
enum agent_transfer_step agent_transfer_return(struct agent_job *job,
    const struct prun_result *r);
const struct prun_result *agent_transfer_result(const struct agent_transfer
	*files);

/* The job's result was sent: has the other side still to say what becomes of its files? */
bool agent_transfer_waits(struct agent_transfer *files);

/* Handle a frame about files, or for a job that does not run. */
enum agent_transfer_step agent_transfer_take(struct agent_job *job,
    const struct frame *f, int *error);
void agent_transfer_free(struct agent_transfer *files);

/*
 * In agent_task.c: give a process the attributes that all of the agent's processes
 * get: signals, limits.
 */
void agent_dress(const struct agent *a, struct prun_spec *spec);

/* Give the pool a task.  fed: the task reads the job's input. */
int agent_submit(struct agent_job *job, struct prun_spec *spec, bool fed,
    uint64_t *id);

/* Start the job, whose files have come, as a task.  0 or -errno. */
int agent_start(struct agent_job *job, struct prun_spec *spec, bool fed);

/*
 * Read the job from a frame, as job_get_spec() does, and add the agent's password
 * and the job's slot.
 */
int agent_get_job(struct agent_job *job, const struct frame *f,
    struct job_spec *j);

/* Handle frames for a job: bytes of its input, its credit, its timeout.  0 or -errno. */
int agent_take_input(struct agent_job *job, const struct frame *f);
int agent_take_credit(struct agent_job *job, const struct frame *f);
int agent_take_timeout(struct agent_job *job, const struct frame *f);

/* All has left, so the output of jobs that waited for that is read again. */
void agent_unblock(struct agent *a);

/*
 * Called by the agent's pool: a prun_deliver_fn, a writer_move_fn and, in agent_job.c, a
 * prun_delivered_fn.
 */
ssize_t agent_move(const struct prun_result *r, void *arg, int stream,
    int pipe);
int agent_deliver(const struct prun_result *r, void *arg, int stream,
    const char *data, size_t len, void *unused);
void agent_delivered(const struct prun_result *r, void *arg, void *unused);

#endif
