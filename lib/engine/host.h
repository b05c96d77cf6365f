/* SPDX-License-Identifier: ISC */

/*
 * The connection to another machine, where an agent (api/agent.c) starts and watches
 * jobs.  A process here (ssh, or another that the program names) carries the bytes.  A
 * connection that has ended does not come back: all jobs that ran there have ended with
 * it, since the agent kills them.  Only the loop's thread calls these functions.
 */
#ifndef ENGINE_HOST_H
#define ENGINE_HOST_H

#include <sys/queue.h>
#include <sys/tree.h>

#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"
#include "process/child.h"
#include "process/stdio.h"
#include "remote/frame.h"

#define HOST_SAID_SIZE 1024
/* The number in frames of files that belong to the host and to no job. */
#define HOST_FILES_ID UINT64_MAX

struct engine;
struct host_client;
struct host_files;
struct file_sender;

/* The functions of a client: somebody who has a job on the host. */
struct host_client_ops {
	/*
	 * Take a frame that has the client's number.  0, or -errno when the agent
	 * should not have sent it.
	 */
	int (*take)(struct host_client *client, const struct frame *f);
	/*
	 * Move bytes of a long frame of that type out of the pipe, at most `most`.  NULL:
	 * there are no such frames.  Returns what mux_pipe_move() returns.
	 */
	ssize_t (*move)(struct host_client *client, enum frame_type type,
	    int pipe, size_t most);
	/* The connection has ended, and the host has forgotten the client. */
	void (*lose)(struct host_client *client);
};

struct host_client {
	RB_ENTRY(host_client) entry;
	uint64_t id; /* the number in its frames */
	const struct host_client_ops *ops;
	/* It was sent ahead, and the agent has no place for it yet. */
	bool ahead;
	TAILQ_ENTRY(host_client) ahead_entry;
};

/*
 * host_ahead.c: the clients whose jobs were sent ahead, and what is measured to know
 * how many of these are useful.
 */
struct host_ahead {
	/* In the order in which they were sent. */
	TAILQ_HEAD(, host_client) clients;
	unsigned n;
	uint64_t nended; /* jobs whose end the host has told */
	/*
	 * In nanoseconds, 0: not known.  The round trip; how long jobs took there
	 * lately.
	 */
	int64_t trip, length;
	int64_t last_end; /* clock_now() time */
};

struct prun_host {
	LIST_ENTRY(prun_host) entry; /* in engine.hosts */
	struct engine *engine;
	enum prun_host_state state;
	bool here; /* this machine, without a connection */
	/*
	 * NULL if there is an agent; else the words of a program that leads to a shell
	 * there, one call for each job.
	 */
	char **words;
	prun_host_fn *fn;
	prun_host_move_fn *move;
	void *arg;
	unsigned slots;
	double heartbeat; /* seconds */
	const char *const *setenv; /* lent */
	const struct prun_worker_opts *worker; /* lent; NULL: none */
	const struct prun_secret *secret; /* lent; NULL: none */
	/* Why the last task failed whose worker had a fault. */
	char fault[HOST_SAID_SIZE];
	/* Lent: the files that all jobs there need; NULL: none. */
	const struct prun_spec *base;
	/* While these files are being sent; else NULL. */
	struct host_files *files;
	unsigned cpus;
	const char *const *slotenv; /* lent until the host is connected */
	prun_host_answer_fn *answered; /* NULL: there are no questions */
	uint64_t open_questions; /* how many have no answer yet */
	RB_HEAD(host_clients, host_client) clients; /* by id */
	unsigned nclients;
	struct host_ahead ahead;

	struct child child;
	struct stdio stdio;
	struct prun_result result; /* of the connection's process */
	struct watch watch[3]; /* of that process's stdin, stdout and stderr */
	struct watch death;
	/* Bytes to be sent; the first `sent` of them have left. */
	struct buf out;
	size_t sent;
	struct buf later; /* frames of jobs, which wait until the host is up */
	/*
	 * Counts of bytes: early are of frames that go ahead of the first job's, put
	 * are of all frames after these, left have left this process.
	 */
	uint64_t early, put, left;
	struct frame_reader in;
	bool wide; /* its stdout is a pipe for many bytes */
	/* The next `coming` bytes of stdout are the end of that long frame. */
	struct frame rest;
	size_t coming;
	/*
	 * A long frame has come, and another may follow: no more than its head is read,
	 * so that its bytes can be moved.
	 */
	bool flows;
	bool waited; /* more bytes were waited for, until `lull` */
	struct loop_timer lull; /* stdout is read again */
	char token[FRAME_TOKEN_SIZE];
	bool greeted; /* its greeting has come, and frames follow */
	bool leaving; /* its agent was told to end, and kills its jobs */
	/* One side stands still: no sign of life is sent or expected. */
	bool resting;
	int64_t heard; /* clock_now() time at which the last bytes came */
	int64_t deadline; /* clock_now() time by which it has to be connected */
	struct loop_timer pulse; /* sends the next sign of life */
	struct loop_timer
	    ending; /* its process has closed stdout and has to die now */
	/* Tells clients that were added after the end. */
	struct loop_timer losing;
	char said
	    [HOST_SAID_SIZE]; /* the last that the process wrote to stderr */
	size_t said_len;
};

/*
 * host.c, called by host_life.c.  host_watch() watches what the connection's process
 * writes: 0 or -errno.  host_say_bye() tells the agent to end.
 */
int host_watch(struct prun_host *host);
void host_say_bye(struct prun_host *host);

/*
 * host_files.c: host_is_up() tells that the host has all that its jobs need; 0 or -errno.
 * host_clients.c: host_tell() calls prun_host_opts.fn with the host's new state.
 * host_lose_clients() tells all clients of the host, arg, that the connection has ended.
 * host_client_find() returns the client that gets the frames of that number; NULL: none.
 */
struct host_client *host_client_find(struct prun_host *host, uint64_t id);
int host_is_up(struct prun_host *host);
void host_tell(struct prun_host *host, enum prun_host_state state,
    unsigned cpus, const char *why);
void host_lose_clients(void *arg);

/*
 * host_end.c: host_shut() closes the pipes and stops the timers.  host_lose() kills the
 * connection's process and tells why; host_fail() does so because of that error.
 * host_end_of_stdout(): no more bytes come.  host_forget_said(): what the process has
 * written to stderr until now is not the reason of its end.  The others are called by
 * the loop.
 */
void host_shut(struct prun_host *host);
void host_lose(struct prun_host *host, const char *why);
void host_fail(struct prun_host *host, int error);
void host_end_of_stdout(struct prun_host *host);
void host_forget_said(struct prun_host *host);
void host_said_ready(struct watch *watch, uint32_t events);
void host_died(struct watch *watch, uint32_t events);

/*
 * host_files.c: host_files_open() starts to send the host's files, and host_is_up() is
 * called when all are there.  0 or -errno; the host may be down afterwards.
 */
int host_files_open(struct prun_host *host, const struct prun_spec *spec);
void host_files_close(struct prun_host *host);

/*
 * Sends as much of the files as the credit allows.  0: all is sent.  1: more credit is
 * needed, or the host is down and *s is freed.  -errno: s->fault says why.
 */
int host_send_files(struct prun_host *host, uint64_t id, struct file_sender *s,
    uint64_t *credit);

/*
 * host_outbox.c: host_flush() writes what the pipe takes; host_send_later() releases the
 * frames of jobs, which waited until the host was up; host_send_secret() writes the
 * password from its locked memory into the pipe, without a copy.
 */
void host_flush(struct prun_host *host);
void host_writable(struct watch *watch, uint32_t events);
int host_send_later(struct prun_host *host);
int host_send_secret(const struct prun_host *host);

/*
 * host_place() is the place of the next frame among the bytes of jobs that go to the
 * host.  host_has_left(): has the frame's first byte left this process?  Then the agent
 * may have the frame.
 */
uint64_t host_place(const struct prun_host *host);
bool host_has_left(const struct prun_host *host, uint64_t place);

/* Do the host's jobs go through the connection to an agent? */
static inline bool
host_has_agent(const struct prun_host *host)
{
	return !host->here && host->words == NULL;
}

/*
 * host_ahead.c: the start of a job was told ns after the job had been sent; a job that
 * took so many seconds has ended there.
 */
void host_trip(struct prun_host *host, int64_t ns);
void host_job_ended(struct prun_host *host, double seconds);

/* How many jobs should be sent ahead. */
unsigned host_wants_ahead(const struct prun_host *host);

/*
 * host_ahead_add(): the client's job was sent ahead.  host_ahead_remove(): it is not
 * ahead any more.  host_ahead_next(): a job has ended there, so the client that was
 * sent ahead first gets its place and is not ahead any more; NULL: there is none.
 */
void host_ahead_add(struct prun_host *host, struct host_client *client);
void host_ahead_remove(struct prun_host *host, struct host_client *client);
struct host_client *host_ahead_next(struct prun_host *host);

/*
 * host_question.c: host_ask() asks the agent's program; 0 or -errno.  host_take_answer()
 * takes the frame with its answer: 0 or -EPROTO.
 */
int host_ask(struct prun_host *host, const char *question);
int host_take_answer(struct prun_host *host, const struct frame *f);

/* host_life.c: starts to connect to the host.  0 or -errno. */
int host_open(struct engine *engine, const struct prun_host_opts *opts,
    struct prun_host **hp);

/*
 * Ends the connection: its jobs are lost.  The memory of the host stays until
 * hosts_free().
 */
void host_close(struct prun_host *host);

/*
 * Ends all connections without telling anybody, and frees the hosts.  With done, no job
 * was ended by force, so the agents are told to end without killing what jobs have left
 * behind.
 */
void hosts_free(struct engine *engine, bool done);

/* Forget the hosts in a forked process, whose parent has the connections. */
void hosts_forget(struct engine *engine);

/* Calls host_close() for each host: the clients are told that their jobs are lost. */
void hosts_drop(struct engine *engine);

/* Is there a connection through which something may still come? */
bool hosts_may_tell(const struct engine *engine);

/*
 * Tells the agents that this process is about to stand still (rest), or that it goes
 * on.
 */
void hosts_rest(struct engine *engine, bool rest);

/*
 * Copies the text of a worker's fault into the host, where a result can point to it
 * until the next fault.
 */
const char *host_fault(struct prun_host *host, const char *fault);

/*
 * host_clients.c: host_add(): frames with the client's number go to the client from now on.
 * host_remove() ends this.
 */
void host_add(struct prun_host *host, struct host_client *client);
void host_remove(struct prun_host *host, struct host_client *client);

/* Sends a frame soon.  If there is no memory for it, the connection ends. */
void host_send(struct prun_host *host, enum frame_type type, uint64_t id,
    const void *data, size_t len);
void host_send_number(struct prun_host *host, enum frame_type type, uint64_t id,
    uint64_t number);

#endif
