/* SPDX-License-Identifier: ISC */

/*
 * One process with its pipes, its tree and its clock, on this machine or on another.  A
 * worker serves the task that it was given: the task's plan says what is executed; the
 * task's result and output take what comes of it.  A worker has ended when its process
 * is reaped and its pipes are at their ends; either may come first.  The file is long
 * because all kinds of workers share this structure.
 */
#ifndef ENGINE_WORKER_H
#define ENGINE_WORKER_H

#include <sys/queue.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "engine/engine.h"
#include "engine/framing.h"
#include "engine/host.h"
#include "event/loop.h"
#include "kill/terminate.h"
#include "process/child.h"
#include "process/plan.h"
#include "process/stdio.h"
#include "prun.h"
#include "stream/feed.h"
#include "transport/transport.h"

#define WORKER_MARK_SIZE 64
#define SERVER_FAULT_SIZE 320
/* A request's memory of at most so many bytes is kept for the next request. */
#define SERVER_KEEP ((size_t)64 * 1024)

enum worker_state {
	WORKER_IDLE = 0,
	WORKER_STARTING, /* the spawner, or its host, has it */
	WORKER_RUNNING,
	WORKER_READY, /* it stays, runs, and has no task */
	/* Its process is reaped, or was never started; a pipe may be open. */
	WORKER_DEAD,
	WORKER_STATES
};

/*
 * What a worker works for.  All of it belongs to the task and is lent until the worker
 * has ended.
 */
struct worker_job {
	struct plan *plan; /* what is executed */
	const struct plan
	    *task; /* what the user asked for; NULL: READY, no task */
	struct transport *transport;
	struct prun_result *result;
	struct task_output *output;
	/* Bytes for stdin; empty: those of plan.input. */
	const struct capture *input;
};

/* The pipe of stdout or of stderr. */
struct worker_pipe {
	struct watch watch;
	struct worker *worker;
	int stream; /* 1 or 2 */
	bool paused; /* it is not read, since the mux has no room now */
	/* Bytes that were read; while it is being emptied, since that began. */
	size_t taken;
};

struct worker;

/*
 * What is done in one way for a process here, and in another for one on another
 * machine.  A worker that is being started or runs has one of the two.
 */
struct worker_kind {
	void (*start)(struct worker *w);
	void (*kill)(struct worker *w); /* the worker runs: kill it */
	/*
	 * Send SIGSTOP or SIGCONT.  NULL: the caller signals the worker's tree,
	 * together with others.
	 */
	void (*signal)(struct worker *w, int sig);
	void (*arm)(struct worker *w);
	/* The mux has room again for its output. */
	void (*resume)(struct worker *w);
	/* The worker has been started: kill it, and wait for its end. */
	void (*destroy)(struct worker *w);
};

/*
 * What is done in one way for a worker that serves one task, and in another for one that
 * stays and serves many.
 */
struct worker_service {
	/* The process has been started: watch what it has.  0 or -errno. */
	int (*watch)(struct worker *w);
	/* The process is watched: begin its task, if it has one already. */
	void (*run)(struct worker *w);
	/* Read a pipe once.  Returns what mux_pipe_read() returns. */
	ssize_t (*read)(struct worker *w, int stream, int fd);
	/* Something has come from the worker, and its task may have ended by that. */
	void (*settle)(struct worker *w);
	/* The process is dead; its pipes may still be open. */
	void (*died)(struct worker *w);
	/* Nothing of the process is left: complete the result of the task. */
	void (*ended)(struct worker *w);
};

extern const struct worker_kind worker_local; /* worker.c */
extern const struct worker_kind worker_remote; /* worker_remote.c */
extern const struct worker_service worker_serves_one; /* worker.c */

/*
 * The status of a job whose host was lost: the same as that of an ssh that loses its
 * connection.
 */
#define WORKER_LOST_STATUS 255

/* Only for a worker on another machine. */
struct worker_remote {
	struct host_client client;
	struct watch input; /* of the pipe into which its feed writes */
	uint64_t credit; /* bytes of input that may be sent */
	size_t taken; /* bytes of output that came since the last credit */
	bool paused; /* the mux has no room for its output now */
	bool sent; /* its job is among the bytes for the host */
	uint64_t place; /* where it is there: see host_place() */
	int64_t sent_at; /* clock_now() time */
	bool was_ahead; /* it was sent ahead */
	bool recalled; /* the host was asked to give it back */
	/* While its files are being sent; else NULL. */
	struct file_sender *sender;
	/* If files are fetched when it has ended; else NULL. */
	struct file_taker *taker;
	bool refused; /* its files could not be sent, so it must not run */
	bool fetched; /* all its files have come */
};

/*
 * What a worker has that serves many tasks.  When it starts, all but the first fields
 * are zero.
 */
struct server {
	const struct framing *framing;
	const char *end, *init; /* lent: as in prun_worker_opts */
	unsigned number; /* PRUN_WORKER, for messages */
	bool background; /* a thread starts it: others are served meanwhile */
	struct plan plan;
	struct transport transport;

	struct prun_result result; /* of the worker's process */
	struct buf request; /* the bytes that are being written to it */
	struct watch status; /* of PRUN_WORKER_FD's pipe */
	struct loop_timer
	    grace; /* it closed its answers, or was let go: time to end */
	struct answer answer;
	bool
	    initializing; /* the answer to init is due, before that of the task */
	bool watched; /* its stdout and stderr are watched */
	bool spoiled; /* it gets no more tasks, because something went wrong */
	bool leaving; /* its stdin was closed, so it ends by itself */
	bool unread; /* it has ended before it read its task */
	unsigned served; /* how many tasks it has answered */
	int64_t given; /* clock_now() time at which it was given its task */
	double given_wall;
	int64_t died; /* clock_now() time */
	char fault[SERVER_FAULT_SIZE]; /* which rule it has broken; "": none */
};

struct worker {
	/* The scheduler uses these four. */
	SLIST_ENTRY(worker) idle;
	LIST_ENTRY(worker) crew;
	void *owner; /* the task; NULL: none */
	void *pool;

	struct engine *engine;
	const struct worker_kind *kind;
	const struct worker_service *service;
	enum worker_state state;
	struct worker_job job;
	struct prun_result
	    *result; /* of the process: that of the job, or of the server */
	struct server *server; /* NULL: it serves one task */
	unsigned slot; /* its place in the guard's table, from 1; 0: none */

	struct worker_remote remote;

	struct child child;
	struct stdio stdio;
	struct spawn_task start;
	struct watch death;
	struct worker_pipe pipe[2]; /* stdout, stderr */
	struct feed feed; /* what is written to its stdin, if that is a pipe */
	struct watch feed_watch;
	size_t
	    fed; /* bytes that its pipe of stdin took before it was started */
	size_t feed_wide; /* bytes that its pipe of stdin adds to engine.wide */

	/* It may be killed at a time which the Timer thread keeps. */
	bool timed;
	bool checked; /* it was looked at for processes that it left behind */
	/* Its pipes are being emptied: nothing after that is its job's. */
	bool emptying;
	/* Once it is dead, the end of its pipes is not waited for. */
	bool no_grace;
	bool kill_wanted; /* it is to be killed as soon as it runs */

	/* worker_clock.c */
	bool suspended;
	int64_t suspended_at; /* clock_now() time */
	int64_t suspended_for; /* nanoseconds of earlier suspensions */
	struct timer_event timeout;
	atomic_bool timed_out;

	/*
	 * While the worker runs, the time of the next look at its death.  After its
	 * death, how long its pipes may stay open.
	 */
	struct loop_timer grace;
	struct termination termination;
	/* From the Timer thread, when it has killed the tree. */
	struct mail mail;
	char mark
	    [WORKER_MARK_SIZE]; /* that its processes carry: see kill/tree.h */
};

/* The memory of w has to be all zero. */
void worker_init(struct worker *w, struct engine *engine);
void worker_fini(struct worker *w);

/* w is idle: hand it to the spawner, or send it to its host.  mark is copied. */
void worker_start(struct worker *w, const struct worker_job *job, unsigned slot,
    const char *mark);

/*
 * End a worker whose start has failed; error is a -errno, which becomes the result of
 * its job.
 */
void worker_fail(struct worker *w, int error);

/* The worker has ended: make it ready to serve another task. */
void worker_reset(struct worker *w);

/*
 * Kill the worker's tree, now or as soon as it has been started.  Its end is told as
 * always.  Processes that still hold its pipes after its death are not waited for.
 */
void worker_kill(struct worker *w);

/*
 * The engine's terminator calls this, in the Timer thread, when the kill of x's worker
 * has ended.  It posts the news to the loop.
 */
void worker_killed(struct termination *x, void *arg);

/* Kill the worker at once because it has broken the rules. */
void worker_abort(struct worker *w);

/* The worker's job begins: write its heading, and start its time. */
void worker_begin(struct worker *w);

/* The worker's tree, for kills and questions.  The worker has been started. */
static inline struct tree_target
worker_target(const struct worker *w)
{
	return (struct tree_target){ .leader = w->child.pid,
		.job_mark = w->mark,
		.started = w->termination.started };
}

/*
 * The Timer thread has ended: kill the worker and wait for its death, which is not
 * told.
 */
void worker_destroy(struct worker *w);

/*
 * worker_clock.c: the worker's time runs from its start on, but not while it is
 * suspended.  worker_arm() sets the timeout anew after one of these has changed.
 * worker_suspend() and worker_continue() change the clock alone: the caller stops the
 * tree, or calls worker_stop().
 */
void worker_arm(struct worker *w);

/* When the worker's time is up, as a clock_now() time; INT64_MAX: never. */
int64_t worker_deadline(const struct worker *w);

/*
 * The worker is dead, its time is up, and its pipes are still open: kill the processes
 * that hold them.
 */
void worker_outlived(struct worker *w);

void worker_suspend(struct worker *w);
void worker_continue(struct worker *w);

/* Send SIGSTOP to the worker's whole tree. */
void worker_stop(struct worker *w);

/* As worker_arm(), for a worker on this machine. */
void worker_arm_here(struct worker *w);

/* Signal all processes of the trees, with SIGSTOP or SIGCONT.  0 or -errno. */
int workers_signal(struct tree_kill *tree, int sig);

/*
 * worker_state.c: worker_settle() tells the worker's end, if nothing of it is left, or
 * the end of its task, if that has ended before.
 */
void worker_set_state(struct worker *w, enum worker_state state);
void worker_settle(struct worker *w);

/* Does the worker run, with a task or without one? */
bool worker_lives(const struct worker *w);

/* The worker's job has ended: note in its result how much it has written. */
void worker_count_output(struct worker *w);

/* worker_pipes.c, called by the other files of the worker. */
void worker_pipes_init(struct worker *w);

/* Watch the pipes that the worker has.  0, or -errno: then call worker_pipes_close(). */
int worker_pipes_watch(struct worker *w);
void worker_pipes_close(struct worker *w);

static inline bool
worker_pipes_are_open(const struct worker *w)
{
	return w->pipe[0].watch.fd != -1 || w->pipe[1].watch.fd != -1;
}

/*
 * The last bytes of the job are in the pipes, since the task is answered or the process
 * is dead: read them.  False: not all of them may be taken yet.
 */
bool worker_pipes_empty(struct worker *w);

/*
 * The process is dead: read what is in its pipes, but not for so long that others have
 * to wait.
 */
void worker_pipes_drain(struct worker *w);

/*
 * Wait for the end of those pipes that are still open, but no longer than a grace.
 * After that the pipes go to the leftovers.
 */
void worker_pipes_linger(struct worker *w);

/* End that grace now. */
void worker_pipes_hurry(struct worker *w);

/* Read the paused pipes again, where the mux has room. */
void worker_pipes_resume(struct worker *w);

/* worker_feed.c */

/* The worker runs: feed its stdin, if that is a pipe.  0 or -errno. */
int worker_feed_start(struct worker *w);

/* Are there bytes that the worker's pipe can take before the worker is started? */
bool worker_feeds_early(const struct worker *w);

/* The function that feeds the worker has more bytes. */
void worker_feed_more(struct worker *w);

/* The worker is dead, or no more bytes come: close its stdin. */
void worker_feed_close(struct worker *w);

/*
 * worker_remote.c.  worker_is_ahead(): the worker is being started, was sent ahead and
 * has no place at its host yet.  worker_recall() asks the host to give the worker's job
 * back.  worker_next_ahead(): the end of w was told, so the worker that was sent ahead
 * first gets its place; NULL: there is none.
 */
bool worker_is_ahead(const struct worker *w);
void worker_recall(struct worker *w);
struct worker *worker_next_ahead(const struct worker *w);

/*
 * worker_files.c: the files of a worker on another machine, which are sent before the
 * worker runs.  worker_files_open() and worker_files_send() return whether it may run
 * now.  False: more credit is needed, or it must not run at all.
 */
bool worker_files_open(struct worker *w);
bool worker_files_send(struct worker *w);

/* Take FRAME_FILE and FRAME_BYTES, or FRAME_FILES_END.  0 or -errno. */
int worker_files_take(struct worker *w, const struct frame *f);
int worker_files_end(struct worker *w, const struct frame *f);

/*
 * The worker's result has come: faults of its files are added to the result, and the
 * agent is told whether all files have come.
 */
void worker_files_ended(struct worker *w);
void worker_files_close(struct worker *w);

/*
 * server.c: workers that stay.  Such a worker is given one task after the other; its
 * framing says how.  The status comes after all output: the answer is read first, then
 * both pipes until they are empty, and then the task has ended.
 */

/*
 * Start a worker: w is idle, and the first fields of its server are set.  job may be
 * NULL: then the worker is READY when it is told as started.
 */
void server_start(struct worker *w, const struct worker_job *job,
    const char *mark);

/*
 * Give the worker a task.  The worker is READY and not spoiled, and runs from then on;
 * or it is being started and has no task.
 */
void server_give(struct worker *w, const struct worker_job *job);

/* Has the worker been given its first task and not read it yet? */
bool server_is_starting(const struct worker *w);

/*
 * Is the worker READY for a task?  False: what it has written since its last task makes
 * it useless; server.fault may say why.
 */
bool server_is_fit(struct worker *w);

/* The worker gets no more tasks: close its stdin, and kill it if it does not end soon. */
void server_let_go(struct worker *w);

/*
 * server_request.c: write server.request, as much as the worker's pipe takes now and
 * the rest later.
 */
void server_write(struct worker *w);

/* Send init, which is so short that the pipe takes it whole: see prun_pool_new(). */
void server_initialize(struct worker *w);

/*
 * Does all of the last request still stand in the pipe?  Then the worker cannot have
 * answered it.
 */
bool server_has_not_read(const struct worker *w);

/* The worker has been given its task, so its answer is expected. */
void server_expect(struct worker *w);

/*
 * server_fault.c: the worker has broken the rules, so its task fails and it serves no
 * other.  wrong and data say what it did.  server_note() only takes that down, if nothing
 * was wrong before.
 */
void server_fault(struct worker *w, const char *wrong, const char *data,
    size_t len);
void server_note(struct worker *w, const char *wrong, const char *data,
    size_t len);

void server_free(struct server *s);

#endif
