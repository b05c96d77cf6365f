/* SPDX-License-Identifier: ISC */

/*
 * One process with its pipes, its tree and its clock, here or on another machine.  A
 * worker serves the task
 * that it was given: the task's plan says what is executed, its result and its
 * output take what comes of it.  A worker has ended when its process is reaped
 * and its pipes are at their end; either may come first.
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
/* Memory that is kept for requests. */
#define SERVER_KEEP ((size_t)64 * 1024)

enum worker_state {
	WORKER_IDLE = 0,
	WORKER_STARTING, /* the spawner has it */
	WORKER_RUNNING,
	WORKER_READY, /* it stays, runs, and has no task */
	WORKER_DEAD, /* reaped, or never started; a pipe may be open */
	WORKER_STATES
};

/* What a worker works for: of the task, lent until it has ended. */
struct worker_job {
	struct plan *plan; /* what is executed */
	const struct plan
	    *task; /* what was asked; NULL: READY, there is no task */
	struct transport *transport;
	struct prun_result *result;
	struct task_output *output;
	const struct capture *input; /* for stdin; empty: plan.input */
};

/* One of stdout and stderr. */
struct worker_pipe {
	struct watch watch;
	struct worker *worker;
	int stream; /* 1 or 2 */
	bool paused; /* the mux does not want it now */
	size_t taken; /* bytes; when it is to be emptied, since then */
};

struct worker;

/*
 * What a process on another machine has otherwise than one here.  A worker that is being
 * started or runs has one.
 */
struct worker_kind {
	void (*start)(struct worker *w);
	void (*kill)(struct worker *w); /* it runs */
	/* SIGSTOP or SIGCONT; NULL: it is signalled by its tree, with others. */
	void (*signal)(struct worker *w, int sig);
	void (*arm)(struct worker *w);
	void (*resume)(struct worker *w); /* the mux wants its output again */
	void (*destroy)(struct worker *w); /* it has been started */
};

extern const struct worker_kind worker_local; /* worker.c */
extern const struct worker_kind worker_remote; /* worker_remote.c */

/* The status of a job whose host was lost: that of an ssh that has lost it. */
#define WORKER_LOST_STATUS 255

/* Of a worker on another machine. */
struct worker_remote {
	struct host_client client;
	struct watch input; /* of the pipe that its feed writes to */
	uint64_t credit; /* bytes of input that may be sent */
	size_t taken; /* bytes of output that came since the last credit */
	bool paused; /* the mux does not want its output now */
	bool sent; /* the job is among the bytes for the host */
	uint64_t place; /* where: see host_place() */
	int64_t sent_at; /* clock_now() time */
	bool was_ahead; /* it was sent ahead */
	bool recalled; /* the host was asked for it */
	struct file_sender *sender; /* its files are being sent; else NULL */
	struct file_taker *taker; /* files are to be fetched; else NULL */
	bool refused; /* its files were given up: it is not to run */
	bool fetched; /* no more files come */
};

/* The part of a worker that serves many tasks.  All zero but for the first ones. */
struct server {
	const struct framing *framing;
	const char *end, *init; /* as prun_worker_opts has them; lent */
	unsigned number; /* PRUN_WORKER, for messages */
	bool background; /* others are served while it starts */
	struct plan plan;
	struct transport transport;

	struct prun_result result; /* of the process */
	struct buf request; /* what is being written to it */
	struct watch status; /* PRUN_WORKER_FD's pipe */
	struct loop_timer
	    grace; /* its end, after it has closed that, or was let go */
	struct answer answer;
	bool
	    initializing; /* the answer to init is due, before that of the task */
	bool watched; /* its stdout and stderr are */
	bool spoiled; /* it is to be given no more */
	bool leaving; /* its stdin is closed: it ends by itself */
	bool unread; /* it has ended without having read its task */
	unsigned served; /* tasks so far */
	int64_t given; /* clock_now() time: the task's start */
	double given_wall;
	int64_t died; /* clock_now() time */
	char fault[SERVER_FAULT_SIZE]; /* what it did wrong; "": nothing */
};

struct worker {
	/* The scheduler's, all of them. */
	SLIST_ENTRY(worker) idle;
	LIST_ENTRY(worker) crew;
	void *owner; /* the task; NULL: it has none */
	void *pool;

	struct engine *engine;
	const struct worker_kind *kind;
	enum worker_state state;
	struct worker_job job;
	struct prun_result
	    *result; /* of the process: the job's, or the server's */
	struct server *server; /* of one that serves many tasks; else NULL */
	unsigned slot; /* from 1: its place in the guard's table; 0: none */

	struct worker_remote remote;

	struct child child;
	struct stdio stdio;
	struct spawn_task start;
	struct watch death;
	struct worker_pipe pipe[2]; /* stdout, stderr */
	struct feed feed; /* of its stdin, where that is a pipe */
	struct watch feed_watch;
	size_t
	    fed; /* bytes that its pipe of stdin took before it was started */
	size_t feed_wide; /* what its pipe of stdin adds to engine.wide */

	bool timed; /* its end may be a matter of time, which a thread keeps */
	bool checked; /* for what it left behind */
	bool emptying; /* what is in its pipes now is the last of its job's */
	bool no_grace; /* its pipes are not waited for once it is dead */
	bool kill_wanted; /* as soon as it runs */

	/* worker_clock.c */
	bool suspended;
	int64_t suspended_at; /* clock_now() time */
	int64_t suspended_for; /* before that, ns */
	struct timer_event timeout;
	atomic_bool timed_out;

	/* While it runs: the next look at its death.  After that: its pipes' grace. */
	struct loop_timer grace;
	struct termination termination;
	struct mail mail; /* from the Timer thread: its tree was killed */
	char mark
	    [WORKER_MARK_SIZE]; /* that its processes carry: see kill/tree.h */
};

/* In memory that is all zero. */
void worker_init(struct worker *w, struct engine *engine);
void worker_fini(struct worker *w);

/* An idle one: hand it to the spawner, or send it to its host.  mark is copied. */
void worker_start(struct worker *w, const struct worker_job *job, unsigned slot,
    const char *mark);

/* Ends a worker whose start has failed; error, a -errno, is the result of its job. */
void worker_fail(struct worker *w, int error);

/* It has ended: it may serve another. */
void worker_reset(struct worker *w);

/*
 * Kill its tree, now or when it has been started; its end is told as always.  What
 * holds its pipes after its death is not waited for.
 */
void worker_kill(struct worker *w);

/*
 * The engine's terminator calls it, in its own thread, when the kill of x's worker has
 * ended.  It posts that to the loop.
 */
void worker_killed(struct termination *x, void *arg);

/* Kill it at once because it does what it must not. */
void worker_abort(struct worker *w);

/* It runs, with a task or without one. */
bool worker_lives(const struct worker *w);

/* Its job begins: its heading, its time. */
void worker_begin(struct worker *w);

/* Its job has ended: what it has written. */
void worker_count_output(struct worker *w);

/* For kills and questions about its tree.  It has been started. */
struct tree_target worker_target(const struct worker *w);

/* The Timer thread has ended: kill it, and wait for it.  Its end is not told. */
void worker_destroy(struct worker *w);

/*
 * worker_clock.c: its time runs from the start on, but not while it is suspended.
 * _arm(): anew, after anything of that has changed.  _suspend() and _continue()
 * see to its clock alone: stopping the tree is the caller's, or _stop()'s.
 */
void worker_arm(struct worker *w);

/* When its time is up, as a clock_now() time; INT64_MAX: never. */
int64_t worker_deadline(const struct worker *w);

/* It is dead, its time is up, and its pipes are still held: kill what holds them. */
void worker_outlived(struct worker *w);

void worker_suspend(struct worker *w);
void worker_continue(struct worker *w);

/* Stop its tree: SIGSTOP to all of it. */
void worker_stop(struct worker *w);

/* The clock of a process here. */
void worker_arm_here(struct worker *w);

/*
 * Signal all trees that are to stand still (SIGSTOP) or go on (SIGCONT).
 * 0 or -errno.
 */
int workers_signal(struct tree_kill *tree, int sig);

/* worker_pipes.c; the rest of the worker calls these. */
void worker_pipes_init(struct worker *w);

/* Watch those that it has.  0 or -errno: see worker_pipes_close(). */
int worker_pipes_watch(struct worker *w);
void worker_pipes_close(struct worker *w);
bool worker_pipes_are_open(const struct worker *w);

/*
 * The last of the job is in them: the task is answered, or nothing more of the dead process
 * is waited for.  Read what is in them.  False: not all of it may be taken yet.
 */
bool worker_pipes_empty(struct worker *w);

/* The process is dead: read what is in them, as far as is fair. */
void worker_pipes_drain(struct worker *w);

/*
 * What is still open then waits for its end, or for the end of a grace: after that
 * the pipes go to the leftovers.
 */
void worker_pipes_linger(struct worker *w);

/* The grace of those that linger is over now. */
void worker_pipes_hurry(struct worker *w);

/* Take up again what was paused, where the mux wants it. */
void worker_pipes_resume(struct worker *w);

/* worker_feed.c */

/* It runs: feed its stdin, if that is a pipe.  0 or -errno. */
int worker_feed_start(struct worker *w);

/* Are there bytes that its pipe can take before it is started? */
bool worker_feeds_early(const struct worker *w);

/* The function that feeds it has more. */
void worker_feed_more(struct worker *w);

/* It is dead, or nothing more comes: the end of its stdin. */
void worker_feed_close(struct worker *w);

/*
 * worker_remote.c: it is being started, and was sent ahead and has no place at its host yet;
 * asks the host for it; the one that gets the place of a worker whose end the host has told,
 * or NULL.
 */
bool worker_is_ahead(const struct worker *w);
void worker_recall(struct worker *w);
struct worker *worker_next_ahead(const struct worker *w);

/*
 * worker_files.c: of a worker on another machine, whose files are sent first.  _open() and
 * _send(): may it run now?  False: more credit is needed, or it is not to run at all.
 */
bool worker_files_open(struct worker *w);
bool worker_files_send(struct worker *w);

/* FRAME_FILE and FRAME_BYTES; FRAME_FILES_END.  0 or -errno. */
int worker_files_take(struct worker *w, const struct frame *f);
int worker_files_end(struct worker *w, const struct frame *f);

/* Its result has come: what of its files went wrong is added, and the agent told. */
void worker_files_ended(struct worker *w);
void worker_files_close(struct worker *w);

/*
 * server.c: workers that stay.  One is given one task after the other, and its framing says
 * how.  The status comes after all output: first the answer is read, then both pipes
 * until they are empty, and then the task has ended.
 */

/*
 * Start it: w is idle, its server has what the first lines of struct server tell.  job may
 * be NULL: then it is READY when it is told as started.
 */
void server_start(struct worker *w, const struct worker_job *job,
    const char *mark);

/*
 * Give it a task: it is READY, not spoiled, and runs then; or it is being started and has
 * none.
 */
void server_give(struct worker *w, const struct worker_job *job);

/* It has its first task, and has not read it. */
bool server_is_starting(const struct worker *w);

/*
 * Is it READY for a task?  False: what it has written since its last task makes it
 * useless; fault may say why.
 */
bool server_is_fit(struct worker *w);

/* No more tasks: it sees the end of its stdin, and is killed if it does not end soon. */
void server_let_go(struct worker *w);

/* For worker.c and worker_pipes.c. */
int server_watch(struct worker *w);
void server_run(struct worker *w);
void server_settle(struct worker *w);
void server_died(struct worker *w);
void server_ended(struct worker *w);

/* worker_pipes.c calls it to read a pipe once; it returns what mux_pipe_read() returns. */
ssize_t server_read(struct worker *w, int stream, int fd);

/* server_request.c: write server.request, as much as its pipe takes, and the rest later. */
void server_write(struct worker *w);

/* Send init, which is short: see prun_pool_new(). */
void server_initialize(struct worker *w);

/* Does all that it was sent last still stand in its pipe?  Then it has answered nothing. */
bool server_has_not_read(const struct worker *w);

/* server.c: it has broken the rules, its task fails, and it serves no other. */
void server_fault(struct worker *w, const char *wrong, const char *data,
    size_t len);

/* server_silent.c: it has been given its task, and is to answer. */
void server_expect(struct worker *w);

void server_free(struct server *s);

/* worker.c, for the other files: tell its end if this was the last of it. */
void worker_settle(struct worker *w);
void worker_set_state(struct worker *w, enum worker_state state);

#endif
